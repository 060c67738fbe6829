"""Names that the outputs use themselves, so that no category, rule or group of people may bear them.

Compared without regard to case, since a GeoPackage's columns are.
"""

from __future__ import annotations

from circles.foundation.schema.tables import RESERVED

CATEGORY_IDS = frozenset({"any", "all", "none"})
"""In tables over several kinds of service: any of them, all of them, no rule."""
RULE_IDS = frozenset({"overall", "none"})
"""In ``check``: a township's overall verdict, and a category without a rule."""
GROUPS = RESERVED - {"population"}
"""Columns that stand beside the groups' own in a table or a layer."""


def is_reserved(name: str, names: frozenset[str]) -> bool:
    """Return whether a name is one of these, in capital or small letters."""
    return name.casefold() in names
