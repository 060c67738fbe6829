"""Monthly forms, papers, and what is missing: the ledger of the plan."""

from __future__ import annotations

from circles.desk.asking import Ask


def people(ask: Ask) -> list[tuple[str, str]]:
    """Return who may be chosen: name, and unit and role."""
    del ask
    return []
