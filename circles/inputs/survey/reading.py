"""Files of a survey → its lines, or everything that is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from circles.area import Area
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import check_file
from circles.inputs.survey import table, timed, tracks
from circles.inputs.survey.model import Named, Surveyed

_TRACKS = (".gpx", *timed.READERS)
_DRAWN = (".dxf", ".fgb", ".geojsonl", ".geojsons", ".gpkg", ".kmz", ".mif", ".parquet", ".shp", ".tab", ".zip")
"""Formats of layers, whose lines have no time for each point."""


def read_survey(
    files: Sequence[Path], area: Area, named: Named, *, day: dt.date | None = None
) -> tuple[list[Surveyed], list[Finding]]:
    """Read GPX tracks and tables of steps and paths.

    Parameters
    ----------
    files : each a track (``.gpx``, ``.kml``, ``.geojson``), or a table of rows
    area : gives the CRS and the time zone
    named : places that a table may name
    day : when rows without a date of their own were surveyed

    Returns
    -------
    lines, notes : in the order of the files

    Raises
    ------
    InputError
        With every problem of every file: no track, no time, a format whose lines have none, time that runs backwards, jumps, places that are not
        known, cells that are no number or no date.
    """
    lines: list[Surveyed] = []
    notes: list[Finding] = []
    wrong: list[Finding] = []
    seen: dict[Path, None] = {}
    for file in files:
        if file.resolve() in seen:
            wrong.append(errors.error("survey-file-twice", file.name, value=file.name))
            continue
        seen[file.resolve()] = None
        try:
            check_file(file, file.name)
            if file.suffix.lower() in _TRACKS:
                own, more = tracks.read_tracks(file, file.name, time_zone=area.time_zone)
            else:
                own, more = _rows(file, named, day)
            lines += own
            notes += more
        except InputError as e:
            wrong += e.findings
    if wrong:
        raise InputError(wrong)
    return lines, notes


def _rows(file: Path, named: Named, day: dt.date | None) -> tuple[list[Surveyed], list[Finding]]:
    """Read a table; a layer that is none is a drawing."""
    try:
        return table.read_rows(file, file.name, named, day=day)
    except InputError as e:
        if file.suffix.lower() not in _DRAWN or "column-missing" not in {item.code for item in e.findings}:
            raise
        raise InputError(errors.error("survey-format", file.name, value=file.suffix.lower())) from e
