"""Files of a survey → its lines, or everything that is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from circles.area import Area
from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.guards.files import check_file
from circles.inputs.survey import table, tracks
from circles.inputs.survey.model import Named, Surveyed


def read_survey(
    files: Sequence[Path], area: Area, named: Named, *, day: dt.date | None = None
) -> tuple[list[Surveyed], list[Finding]]:
    """Read GPX tracks and tables of steps and paths.

    Parameters
    ----------
    files : each a ``.gpx``, or a table of rows
    area : gives the CRS and the time zone
    named : places that a table may name
    day : when rows without a date of their own were surveyed

    Returns
    -------
    lines, notes : in the order of the files

    Raises
    ------
    InputError
        With every problem of every file: no track, no time, time that runs backwards, jumps, places that are not
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
            if file.suffix.lower() == ".gpx":
                lines += tracks.read_tracks(file, file.name, time_zone=area.time_zone)
            else:
                own, more = table.read_rows(file, file.name, named, day=day)
                lines += own
                notes += more
        except InputError as e:
            wrong += e.findings
    if wrong:
        raise InputError(wrong)
    return lines, notes
