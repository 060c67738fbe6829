"""``boats.csv`` and ``piers.csv`` → a timetable, with every problem of every row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from circles.area import Area, PlacesFile
from circles.foundation import errors, nearest_word
from circles.foundation.errors import Finding, InputError
from circles.inputs.hours import UnreadableHours, calendar_of, openings, read_hours
from circles.inputs.hours.evaluate import OPEN
from circles.inputs.readers import cells
from circles.inputs.readers.columns import declared_crs, duplicate_ids, id_column, require_columns
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.sheets import Sheet, read_sheet
from circles.inputs.timetable.model import Hop, Piers, Service, Timetable, Trips

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_LATEST_H = 48
_COUNTED = {"", "existing", "运营", "现有"}
_EXAMPLE = {"example", "示例"}
_KNOWN_STATUS = _COUNTED | _EXAMPLE | {"planned", "under_construction", "closed", "规划", "停运"}


@dataclass(frozen=True)
class _Hop:
    row: int
    trip: str
    line: str
    start: int
    end: int
    departs_s: float
    arrives_s: float
    service: tuple[str, str, str]
    is_example: bool


def read_piers(area: Area, entry: PlacesFile, path: Path, errs: list[Finding], notes: list[Finding]) -> Piers:
    """Read ``piers.csv``: ``id, name, lon, lat, source``; a pier may lack a location.

    Parameters
    ----------
    area : gives the CRS
    entry : the file's entry in ``area.toml``
    path : the file
    errs, notes : lists to which errors, and notes on piers without a location, are appended

    Raises
    ------
    InputError
        The file cannot be read.
    """
    sheet = read_sheet(path, entry, "piers")
    require_columns(sheet, ["id", "name"], errs)
    ids = id_column(sheet, errs)
    lon, lat, bad = locate(sheet, ids, crs=declared_crs(entry), area_crs=area.crs)
    notes += [
        errors.info("pier-unplaced", sheet.file, item.row, item.id)
        for item in bad
        if item.code == "coordinates-missing"
    ]
    errs += [item for item in bad if item.code != "coordinates-missing"]
    errs += duplicate_ids([pd.DataFrame({"id": ids, "file": sheet.file, "row": sheet.rows})])
    rows = tuple(int(row) for row in sheet.rows)
    return Piers(
        tuple(ids), tuple(sheet.column("name")), np.asarray(lon), np.asarray(lat), (sheet.file,) * len(ids), rows
    )


def read_table(area: Area, entry: PlacesFile, path: Path, piers: Piers) -> tuple[Timetable, list[Finding]]:
    """Read ``boats.csv``: one row per hop of a trip between two piers.

    Parameters
    ----------
    area : gives the time zone and the calendar
    entry : the file's entry in ``area.toml``
    path : the file
    piers : the piers that rows may name

    Returns
    -------
    timetable, findings : warnings and notes

    Raises
    ------
    InputError
        With every problem of every row.
    """
    sheet = read_sheet(path, entry, "boats")
    errs: list[Finding] = []
    notes: list[Finding] = []
    require_columns(sheet, ["line", "from_pier", "to_pier", "departs", "arrives", "days"], errs)
    if errs:
        raise InputError(errs)
    read = _Reading(sheet, area, piers, errs, notes)
    hops = [hop for number in range(len(sheet.rows)) if (hop := _hop(read, number))]
    _trips_fit(sheet.file, hops, errs)
    if errs:
        raise InputError(errs)
    return _timetable(area, sheet.file, hops, piers, notes), [*sheet.findings, *notes]


def _cell(sheet: Sheet, name: str, number: int) -> str:
    return cells.plain(sheet.column(name)[number])


@dataclass(frozen=True)
class _Reading:
    """A table while it is read; what is wrong and what is noted are gathered."""

    sheet: Sheet
    area: Area
    piers: Piers
    errs: list[Finding]
    notes: list[Finding]


def _hop(read: _Reading, number: int) -> _Hop | None:
    """Return one row as a hop; None where it is wrong or does not count."""
    sheet, area, piers, errs = read.sheet, read.area, read.piers, read.errs
    row, file = int(sheet.rows[number]), sheet.file
    line = _cell(sheet, "line", number)
    trip = _cell(sheet, "trip", number) or f"{line}#{row}"
    before = len(errs)
    status = _cell(sheet, "status", number).casefold()
    if status not in _KNOWN_STATUS:
        errs.append(
            errors.error(
                "unknown-status", file, row, trip, value=status, valid="existing, example, planned, closed", near="–"
            )
        )
    ends = []
    for name in ("from_pier", "to_pier"):
        pier = _cell(sheet, name, number)
        if pier not in piers.ids:
            near = nearest_word.near(pier, list(piers.ids))
            errs.append(errors.error("boat-pier-unknown", file, row, trip, value=pier, near=near))
        else:
            ends.append(piers.ids.index(pier))
    times = [_clock(sheet, name, number, trip, errs) for name in ("departs", "arrives")]
    service = tuple(_cell(sheet, name, number) for name in ("days", "valid_from", "valid_to"))
    if not service[0]:
        errs.append(errors.error("boat-days-missing", file, row, trip, line=line))
    elif _runs(service, area.time_zone) is None:
        errs.append(
            errors.error("boat-days-unreadable", file, row, trip, value=tuple(part for part in service if part))
        )
    if len(errs) == before and times[1] <= times[0]:
        errs.append(
            errors.error("boat-arrives-first", file, row, trip, departs=_shown(times[0]), arrives=_shown(times[1]))
        )
    if len(errs) == before and ends[0] == ends[1]:
        errs.append(errors.error("boat-goes-nowhere", file, row, trip, value=piers.ids[ends[0]]))
    if len(errs) > before or status not in _COUNTED | _EXAMPLE or (status in _EXAMPLE and not area.demonstration):
        return None
    if times[0] >= 86_400:
        read.notes.append(errors.info("boat-after-midnight", file, row, trip, value=_shown(times[0])))
    return _Hop(row, trip, line, ends[0], ends[1], times[0], times[1], service, status in _EXAMPLE)  # type: ignore[arg-type]


def _clock(sheet: Sheet, name: str, number: int, trip: str, errs: list[Finding]) -> float:
    text = _cell(sheet, name, number)
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) >= _LATEST_H or int(match[2]) > 59 or int(match[3] or 0) > 59:
        errs.append(
            errors.error("boat-time-unreadable", sheet.file, int(sheet.rows[number]), trip, column=name, value=text)
        )
        return float("nan")
    return int(match[1]) * 3600.0 + int(match[2]) * 60 + int(match[3] or 0)


def _shown(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


def _trips_fit(file: str, hops: list[_Hop], errs: list[Finding]) -> None:
    """Report trips whose hops do not follow each other: a boat leaves where and after it has arrived."""
    by_trip: dict[tuple[str, tuple[str, str, str]], list[_Hop]] = {}
    for hop in hops:
        by_trip.setdefault((hop.trip, hop.service), []).append(hop)
    for (trip, _), own in by_trip.items():
        own.sort(key=lambda hop: hop.departs_s)
        for before, after in pairwise(own):
            if before.end != after.start or after.departs_s < before.arrives_s:
                errs.append(errors.error("boat-trip-broken", file, after.row, trip, other_row=before.row))


@lru_cache(maxsize=2000)
def _runs(service: tuple[str, ...], time_zone: str) -> Callable[[dt.date], bool] | None:
    """Return whether a service runs on a date, None where its days are not read."""
    days, *bounds = service
    try:
        first, last = (dt.date.fromisoformat(text) if text else None for text in bounds)
    except ValueError:
        return None
    on_days = _days(days, time_zone)
    if on_days is None:
        return None
    return lambda day: (first is None or first <= day) and (last is None or day <= last) and on_days(day)


def _days(text: str, time_zone: str) -> Callable[[dt.date], bool] | None:
    """Return whether a cell of days holds on a date, None where it is not read."""
    short = text.replace(" ", "")
    if short.casefold() in ("daily", "每天", "每日", "天天"):
        return lambda _: True
    span = re.fullmatch(r"([1-7])-([1-7])", short)
    if span or re.fullmatch(r"[1-7]+", short):
        week = range(int(span[1]), int(span[2]) + 1) if span else [int(sign) for sign in short]
        return lambda day: day.isoweekday() in week
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}([;,、]\d{4}-\d{2}-\d{2})*", short):
            chosen = {dt.date.fromisoformat(part) for part in re.split("[;,、]", short)}
            return lambda day: day in chosen
        return _as_hours(text, time_zone)
    except ValueError:
        return None


def _as_hours(text: str, time_zone: str) -> Callable[[dt.date], bool]:
    """Return whether 周一至周五, 工作日, Mo-Fr … holds on a date, read as opening hours are.

    Raises
    ------
    UnreadableHours
        The text names no days.
    """
    calendar, hours = calendar_of(time_zone), read_hours(f"{text} 00:00-24:00")
    if hours is None or len(hours.variants) != 1:
        raise UnreadableHours("hours-unreadable", text)

    @lru_cache(maxsize=1000)
    def on(day: dt.date) -> bool:
        start = dt.datetime.combine(day, dt.time())
        return int(openings(hours, start, start + dt.timedelta(days=1), calendar=calendar).state[0]) == OPEN

    on(dt.date(2024, 5, 15))
    return on


def _timetable(area: Area, file: str, hops: list[_Hop], piers: Piers, notes: list[Finding]) -> Timetable:
    services: dict[tuple[str, str, str], int] = {}
    for hop in hops:
        services.setdefault(hop.service, len(services))
    made = tuple(Service(" ".join(key), _runs(key, area.time_zone) or (lambda _: False)) for key in services)
    year = [dt.date(area.as_of.year, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    for number, one in enumerate(made):
        if not any(one.runs(day) for day in year if day.year == area.as_of.year):
            first = next(hop for hop in hops if services[hop.service] == number)
            notes.append(
                errors.warning("boat-never-runs", file, first.row, first.trip, line=first.line, year=area.as_of.year)
            )
    order: dict[str, int] = {}
    counted: list[Hop] = []
    for hop in sorted(hops, key=lambda one: one.departs_s):
        trip, service = f"{hop.trip}|{services[hop.service]}", services[hop.service]
        number = order.setdefault(trip, 0)
        order[trip] += 1
        counted.append(
            Hop(trip, hop.line, service, hop.start, hop.end, hop.departs_s, hop.arrives_s, number, hop.is_example)
        )
    return Timetable(piers, Trips.of(counted), made, area.time_zone)
