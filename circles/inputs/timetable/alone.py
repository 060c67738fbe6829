"""``circles doctor boats.csv``, ``piers.csv``, ``feed.zip``: a table of boats or piers, or a GTFS feed, looked at by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np

from circles.area import Area, PlacesFile
from circles.foundation.errors import Finding, InputError
from circles.inputs.readers import cells
from circles.inputs.readers.columns import require_columns
from circles.inputs.readers.sheets import read_sheet
from circles.inputs.timetable.gtfs import read_gtfs
from circles.inputs.timetable.model import Piers
from circles.inputs.timetable.tables import read_piers, read_table

_ANY_DAY = dt.date(2024, 12, 31)
_OF_A_YEAR = frozenset({"boat-never-runs"})
"""What only an area's date can say."""


def doubts_of_boats(area: Area, file: Path, entry: PlacesFile) -> list[Finding]:
    """Return what is wrong or doubtful in a table of boats; its piers are those of ``piers.csv`` beside it, if there is one.

    Without such a file every pier that a row names is taken to exist.
    """
    beside = file.with_name("piers.csv")
    try:
        if beside.is_file():
            piers = read_piers(area, PlacesFile(file=str(beside)), beside, [], [])
        else:
            piers = _as_named(file, entry)
        found = read_table(replace(area, demonstration=True, as_of=_ANY_DAY), entry, file, piers)[1]
    except InputError as e:
        return list(e.findings)
    return [item for item in found if item.code not in _OF_A_YEAR]


def doubts_of_piers(area: Area, file: Path, entry: PlacesFile) -> list[Finding]:
    """Return what is wrong or doubtful in a table of piers."""
    found: list[Finding] = []
    notes: list[Finding] = []
    try:
        read_piers(area, entry, file, found, notes)
    except InputError as e:
        found += e.findings
    return [*found, *notes]


def doubts_of_feed(file: Path, entry: PlacesFile) -> list[Finding]:
    """Return what is wrong or doubtful in a GTFS feed: in its boats, or in everything where it has none."""
    name = Path(entry.file).name
    try:
        timetable, found = read_gtfs(file, name)
        if not len(timetable.trips.trip):
            found = read_gtfs(file, name, boats_only=False)[1]
    except InputError as e:
        return list(e.findings)
    return found


def _as_named(file: Path, entry: PlacesFile) -> Piers:
    """Return the piers that a table of boats names, none of them placed."""
    sheet = read_sheet(file, entry, "boats")
    found: list[Finding] = []
    require_columns(sheet, ["from_pier", "to_pier"], found)
    if found:
        raise InputError(found)
    both = [cells.plain(text) for name in ("from_pier", "to_pier") for text in sheet.column(name)]
    ids = tuple(dict.fromkeys(text for text in both if text))
    nowhere = np.full(len(ids), np.nan)
    return Piers(ids, ids, nowhere, nowhere.copy(), (sheet.file,) * len(ids), (-1,) * len(ids))
