"""Townships of one name: distinguished by their island, else by their code, before anything prints them."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding


def with_distinct_names(towns: gpd.GeoDataFrame, people: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return townships of which no two have one name, and a notice per name that was completed.

    Parameters
    ----------
    towns : GeoDataFrame
        ``code, name`` and more, in the file's order; the caller's table is left as it is.
    people : DataFrame
        Resident points with ``township_code`` and, where known, ``island``.

    Returns
    -------
    GeoDataFrame, list of Finding
        The same rows; a name that stands twice is followed by what distinguishes it, in brackets.
    """
    names = towns["name"].astype(str)
    shared = names.duplicated(keep=False)
    if not shared.any():
        return towns, []
    codes, done = towns["code"].astype(str), names.copy()
    found = []
    for name, rows in names[shared].groupby(names[shared], sort=False):
        marks = _marks([codes[i] for i in rows.index], people)
        for i, mark in zip(rows.index, marks, strict=True):
            done[i] = bracketed(str(name), mark)
        apart = [done[i] for i in rows.index]
        found.append(
            errors.info("townships-one-name", "townships", name=str(name), count=len(rows), names=errors.few(apart))
        )
    return towns.assign(name=done), found


def bracketed(name: str, mark: str) -> str:
    """Return a name with what distinguishes it: ``城关镇（东岛）``, ``Ir-Rabat (Malta)``."""
    is_wide = any(unicodedata.east_asian_width(sign) == "W" for sign in name)
    return f"{name}（{mark}）" if is_wide else f"{name} ({mark})"


def _marks(codes: list[str], people: pd.DataFrame) -> list[str]:
    """Return one mark per township that no other of them has: islands, else codes."""
    own = [people[people["township_code"].astype(str) == code] for code in codes]
    marks = [_island(part) for part in own]
    return marks if all(marks) and len(set(marks)) == len(marks) else codes


def _island(part: pd.DataFrame) -> str:
    """Return the island on which most points are, the first by name among equals; empty where none is known."""
    if "island" not in part:
        return ""
    islands = part["island"].dropna().astype(str)
    return min(islands[islands != ""].mode(), default="")
