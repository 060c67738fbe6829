"""Villages that delivered meals and mobile services name as theirs: the column ``serves`` of facilities."""

from __future__ import annotations

import re

import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.nearest_word import near
from circles.foundation.schema.tables import ServiceMode

_BETWEEN = re.compile(r"[;；,，、|/+\n\[\]\"']")
"""What stands between the villages of one cell; a list as JSON writes it is read like any other."""
_MOST_SHOWN = 20


def villages_named(text: str) -> tuple[str, ...]:
    """Return the villages that a cell of ``serves`` names, each once, in order.

    >>> villages_named("会城村、 峙岙村；会城村")
    ('会城村', '峙岙村')
    """
    parts = (part.strip() for part in _BETWEEN.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def villages_served(
    facilities: pd.DataFrame, villages: pd.DataFrame, residents: pd.DataFrame
) -> tuple[tuple[tuple[str, ...], ...], list[Finding]]:
    """Return the codes of the villages that each facility serves without being walked to, and what is wrong.

    Parameters
    ----------
    facilities : with ``serves``, codes or names of villages, read for ``delivery`` and ``mobile`` only
    villages : table of this name, or an empty one; ``residents``: their ``village_code`` are known villages too

    Returns
    -------
    A tuple of codes per facility, and findings: errors for villages that are unknown or several, a note where a fixed
    facility names any.
    """
    names: dict[str, list[str]] = {}
    for code, name in zip(villages.get("code", ()), villages.get("name", ()), strict=True):
        names.setdefault(str(name), []).append(str(code))
    codes = {str(code) for code in (*villages.get("code", ()), *residents["village_code"].unique()) if code}
    found: list[Finding] = []
    served: list[tuple[str, ...]] = []
    texts = facilities["serves"].tolist() if "serves" in facilities else [""] * len(facilities)
    for at, text in enumerate(texts):
        wanted = villages_named(text) if isinstance(text, str) else ()
        if not wanted:
            served.append(())
            continue
        row = facilities.iloc[at]
        where = (str(row["file"]), int(row["row"]) if row["row"] > 0 else None, str(row["id"]))
        if row["service_mode"] == ServiceMode.FIXED:
            found.append(errors.info("serves-fixed", *where))
            served.append(())
            continue
        own: list[str] = []
        for name in wanted:
            hits = [name] if name in codes else names.get(name, [])
            if len(hits) == 1:
                own += hits
            elif hits:
                found.append(errors.error("served-village-several", *where, value=name, valid=", ".join(hits)))
            else:
                known = [*names, *sorted(codes)]
                guess = near(name, known) if known else "–"
                found.append(
                    errors.error(
                        "served-village-unknown",
                        *where,
                        value=name,
                        valid=errors.few(known, most=_MOST_SHOWN),
                        near=guess,
                    )
                )
        served.append(tuple(dict.fromkeys(own)))
    return tuple(served), found
