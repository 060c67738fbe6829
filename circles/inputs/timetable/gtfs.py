"""GTFS → a timetable: six tables by pandas, with our own findings; boats only, unless other vehicles are asked for."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.timetable.gtfs_files import Frames, column_of, frames_of, rows_of
from circles.inputs.timetable.model import Hop, Piers, Service, Timetable, Trips

_CLOCK = re.compile(r"\s*(\d{1,3}):(\d{2}):(\d{2})\s*")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COLUMNS = {
    "stops": ("stop_id", "stop_lat", "stop_lon"), "routes": ("route_id", "route_type"),
    "trips": ("route_id", "service_id", "trip_id"),
    "stop_times": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar": ("service_id", *_WEEK, "start_date", "end_date"), "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"), "transfers": ("from_stop_id", "to_stop_id"),
    "agency": ("agency_timezone",),
}  # fmt: skip


@dataclass(frozen=True)
class _Feed:
    """A feed while it is read; what is wrong and what is noted are gathered."""

    frames: Frames
    name: str
    piers: Piers
    errs: list[Finding]
    notes: list[Finding]


def read_gtfs(path: Path, name: str, *, boats_only: bool = True) -> tuple[Timetable, list[Finding]]:
    """Read a GTFS feed, a zip or a folder.

    Parameters
    ----------
    path, name : the feed, and its name for findings
    boats_only : leave out routes that are no ferries (types 4 and 1000 to 1099, 1200 to 1299)

    Raises
    ------
    InputError
        With every problem: files or columns missing, a zip that leaves its folder or is too large, times that go back,
        unknown stops, services without days, transfers that lead in a circle.
    """
    frames = frames_of(path, name)
    errs: list[Finding] = []
    notes: list[Finding] = []
    for table, frame in frames.items():
        errs += [
            errors.error("gtfs-column-missing", f"{name}/{table}.txt", column=column)
            for column in _COLUMNS[table]
            if column not in frame.columns
        ]
    if "calendar" not in frames and "calendar_dates" not in frames:
        errs.append(errors.error("gtfs-file-missing", name, file="calendar.txt / calendar_dates.txt"))
    if errs:
        raise InputError(errs)
    routes, trips = _chosen(frames, name, boats_only=boats_only, errs=errs, notes=notes)
    piers = _piers(frames["stops"], name, errs)
    services = _services(frames, name, errs)
    feed = _Feed(frames, name, piers, errs, notes)
    hops = _hops(feed, trips, routes, services)
    transfers = _transfers(feed)
    if errs:
        raise InputError(errs)
    zone = str(frames["agency"]["agency_timezone"].iloc[0]) if len(frames.get("agency", ())) else "UTC"
    return Timetable(piers, hops, tuple(services.values()), zone, transfers), notes


def _is_boat(route_type: str) -> bool:
    return route_type == "4" or (
        route_type.isdigit() and (1000 <= int(route_type) < 1100 or 1200 <= int(route_type) < 1300)
    )


def _chosen(
    frames: Frames, name: str, *, boats_only: bool, errs: list[Finding], notes: list[Finding]
) -> tuple[dict[str, str], pd.DataFrame]:
    """Return line names by route, and the trips of the routes wanted."""
    routes, kept = frames["routes"], {}
    titles = zip(column_of(routes, "route_short_name"), column_of(routes, "route_long_name"), strict=True)
    for id_, kind, (short, long) in zip(
        column_of(routes, "route_id"), column_of(routes, "route_type"), titles, strict=True
    ):
        if not boats_only or _is_boat(kind):
            kept[id_] = long or short or id_
    trips = frames["trips"]
    known = set(column_of(routes, "route_id"))
    for row, id_, route in zip(rows_of(trips), column_of(trips, "trip_id"), column_of(trips, "route_id"), strict=True):
        if route not in known:
            errs.append(errors.error("gtfs-unknown-id", f"{name}/trips.txt", row, id_, column="route_id", value=route))
    if len(kept) < len(routes):
        notes.append(errors.info("gtfs-left-out", name, count=len(routes) - len(kept)))
    return kept, trips[trips["route_id"].str.strip().isin(list(kept))]


def _piers(stops: pd.DataFrame, name: str, errs: list[Finding]) -> Piers:
    lon, lat = (
        pd.to_numeric(stops[column].str.strip(), errors="coerce").to_numpy() for column in ("stop_lon", "stop_lat")
    )
    kind = column_of(stops, "location_type", "0")
    for row, id_, x, y, what in zip(rows_of(stops), column_of(stops, "stop_id"), lon, lat, kind, strict=True):
        if what in ("", "0") and not (abs(x) <= 180 and abs(y) <= 90):
            errs.append(errors.error("coordinates-missing", f"{name}/stops.txt", row, id_))
    ids = tuple(column_of(stops, "stop_id"))
    for row, id_ in zip(rows_of(stops), ids, strict=True):
        if ids.index(id_) != row - 2:
            errs.append(
                errors.error(
                    "id-duplicate",
                    f"{name}/stops.txt",
                    row,
                    id_,
                    value=id_,
                    other=f"{name}/stops.txt",
                    other_row=ids.index(id_) + 2,
                )
            )
    return Piers(
        ids, tuple(column_of(stops, "stop_name")), lon, lat, (f"{name}/stops.txt",) * len(ids), tuple(rows_of(stops))
    )


def _date(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date
    except ValueError:
        return None


def _services(frames: Frames, name: str, errs: list[Finding]) -> dict[str, Service]:
    """Return services by id: the week within its dates, then the exceptions."""
    weeks: dict[str, tuple[frozenset[int], dt.date, dt.date]] = {}
    table = frames.get("calendar", pd.DataFrame(columns=list(_COLUMNS["calendar"])))
    for number, row in enumerate(rows_of(table)):
        record = {column: str(table[column].iloc[number]).strip() for column in _COLUMNS["calendar"]}
        first, last = _date(record["start_date"]), _date(record["end_date"])
        weeks[record["service_id"]] = frozenset(), dt.date.max, dt.date.min  # known, whatever is wrong with its dates
        if first is None or last is None or last < first:
            errs.append(
                errors.error(
                    "gtfs-bad-date",
                    f"{name}/calendar.txt",
                    row,
                    record["service_id"],
                    value=f"{record['start_date']}–{record['end_date']}",
                )
            )
            continue
        weeks[record["service_id"]] = frozenset(n for n, day in enumerate(_WEEK) if record[day] == "1"), first, last
    added: dict[str, set[dt.date]] = {}
    taken: dict[str, set[dt.date]] = {}
    table = frames.get("calendar_dates", pd.DataFrame(columns=list(_COLUMNS["calendar_dates"])))
    for row, id_, text, kind in zip(
        rows_of(table), *(column_of(table, c) for c in _COLUMNS["calendar_dates"]), strict=True
    ):
        day = _date(text)
        if day is None or kind not in ("1", "2"):
            errs.append(errors.error("gtfs-bad-date", f"{name}/calendar_dates.txt", row, id_, value=f"{text} {kind}"))
            taken.setdefault(id_, set())  # known, whatever is wrong with its day
            continue
        (added if kind == "1" else taken).setdefault(id_, set()).add(day)
    return {
        id_: Service(id_, _runner(weeks.get(id_), frozenset(added.get(id_, ())), frozenset(taken.get(id_, ()))))
        for id_ in sorted({*weeks, *added, *taken})
    }


def _runner(
    week: tuple[frozenset[int], dt.date, dt.date] | None, added: frozenset[dt.date], taken: frozenset[dt.date]
) -> Callable[[dt.date], bool]:
    def runs(day: dt.date) -> bool:
        if day in added or day in taken:
            return day in added
        return week is not None and day.weekday() in week[0] and week[1] <= day <= week[2]

    return runs


def seconds(text: str) -> float:
    """Return the seconds of hh:mm:ss, NaN for a blank, inf where it is no time."""
    if not text.strip():
        return np.nan
    match = _CLOCK.fullmatch(text)
    return (
        np.inf
        if match is None or int(match[2]) > 59 or int(match[3]) > 59
        else int(match[1]) * 3600.0 + int(match[2]) * 60 + int(match[3])
    )


def _hops(feed: _Feed, trips: pd.DataFrame, routes: dict[str, str], services: dict[str, Service]) -> Trips:
    """Return the hops of every trip wanted, blank times interpolated, frequencies unrolled."""
    numbers = {id_: number for number, id_ in enumerate(services)}
    line = dict(zip(column_of(trips, "trip_id"), [routes[r] for r in column_of(trips, "route_id")], strict=True))
    service = dict(zip(column_of(trips, "trip_id"), column_of(trips, "service_id"), strict=True))
    file, errs = f"{feed.name}/stop_times.txt", feed.errs
    for row, trip, id_ in zip(rows_of(trips), column_of(trips, "trip_id"), column_of(trips, "service_id"), strict=True):
        if id_ not in numbers:
            errs.append(
                errors.error("gtfs-unknown-id", f"{feed.name}/trips.txt", row, trip, column="service_id", value=id_)
            )
    times = feed.frames["stop_times"]
    order = pd.to_numeric(times["stop_sequence"], errors="coerce")
    times = times.assign(trip_id=times["trip_id"].str.strip(), _seq=order, _row=rows_of(times))
    times = times[times["trip_id"].isin(list(line))].sort_values(["trip_id", "_seq"], kind="stable")
    place = {id_: number for number, id_ in enumerate(feed.piers.ids)}
    starts, hops = _frequencies(feed), []
    for trip, own in _calls(times):
        made = _trip_hops(trip, own, place, file, errs)
        if made is None or service[trip] not in numbers:
            continue
        if not made:
            feed.notes.append(errors.warning("gtfs-one-stop", file, own.rows[0], trip))
            continue
        shifts = [start - made[0][2] for start in starts.get(trip, [])] or [0.0]
        for copy, shift in enumerate(shifts):
            hops += [
                Hop(
                    f"{trip}~{copy}", line[trip], numbers[service[trip]], a, b, leaves + shift, comes + shift,
                    number, may_board=on, may_leave=off,
                )
                for number, (a, b, leaves, comes, on, off) in enumerate(made)
            ]  # fmt: skip
    return Trips.of(hops)


@dataclass(frozen=True)
class _Calls:
    """The stops of one trip in their order, column by column, texts without blanks around."""

    rows: list[int]
    arrives: list[str]
    leaves: list[str]
    stops: list[str]
    sequence: list[float]
    may_board: list[bool]
    may_leave: list[bool]


def _calls(times: pd.DataFrame) -> Iterator[tuple[str, _Calls]]:
    """Yield every trip with its stops; ``times`` is sorted by trip and sequence."""
    names = [str(name) for name in times["trip_id"]]
    arrives, leaves, stops = (column_of(times, name) for name in ("arrival_time", "departure_time", "stop_id"))
    on, off = ([text != "1" for text in column_of(times, name, "0")] for name in ("pickup_type", "drop_off_type"))
    rows, sequence = times["_row"].tolist(), times["_seq"].tolist()
    for trip, own in groupby(range(len(names)), key=names.__getitem__):
        first, *more = own
        part = slice(first, first + 1 + len(more))
        yield trip, _Calls(
            rows[part], arrives[part], leaves[part], stops[part], sequence[part], on[part], off[part]
        )  # fmt: skip


def _trip_hops(
    trip: str, own: _Calls, place: dict[str, int], file: str, errs: list[Finding]
) -> list[tuple[int, int, float, float, bool, bool]] | None:
    """Return ``(from, to, departs, arrives, may board, may leave)`` of one trip; None where something is wrong."""
    before = len(errs)
    arrive, leave = ([seconds(text) for text in column] for column in (own.arrives, own.leaves))
    arrive = [b if math.isnan(a) else a for a, b in zip(arrive, leave, strict=True)]
    leave = [a if math.isnan(b) else b for a, b in zip(arrive, leave, strict=True)]
    for row, stop, text, a, b in zip(own.rows, own.stops, own.arrives, arrive, leave, strict=True):
        if stop not in place:
            errs.append(errors.error("gtfs-unknown-id", file, row, trip, column="stop_id", value=stop))
        if math.isinf(a) or math.isinf(b):
            errs.append(errors.error("boat-time-unreadable", file, row, trip, column="arrival_time", value=text))
    if any(map(math.isnan, own.sequence)) or len(set(own.sequence)) < len(own.sequence):
        errs.append(errors.error("gtfs-bad-sequence", file, own.rows[0], trip))
    if math.isnan(arrive[0]) or math.isnan(arrive[-1]):
        errs.append(errors.error("gtfs-ends-blank", file, own.rows[0], trip))
    if len(errs) > before:
        return None
    flat = [moment for pair in zip(arrive, leave, strict=True) for moment in pair]
    given = [at for at, moment in enumerate(flat) if not math.isnan(moment)]
    back = next((b for a, b in pairwise(given) if flat[b] < flat[a]), None)
    if back is not None:  # reported with the row that was written, not with a blank one between
        errs.append(errors.error("gtfs-goes-back", file, own.rows[back // 2], trip))
        return None
    comes, goes = _filled(arrive, leave) if any(map(math.isnan, arrive)) else (arrive, leave)
    stops = [place[text] for text in own.stops]
    return [
        (stops[n], stops[n + 1], goes[n], comes[n + 1], own.may_board[n], own.may_leave[n + 1])
        for n in range(len(stops) - 1)
    ]


def _filled(arrive: list[float], leave: list[float]) -> tuple[list[float], list[float]]:
    """Return the times with those that are left blank between two stops: evenly by stop from departure to arrival."""
    known = np.flatnonzero(~np.isnan(arrive))
    comes, goes = np.array(arrive), np.array(leave)
    for low, high in pairwise(known.tolist()):
        inner = np.arange(low + 1, high)
        even = goes[low] + (comes[high] - goes[low]) * (inner - low) / (high - low)
        comes[inner], goes[inner] = even, even
    return comes.tolist(), goes.tolist()


def _frequencies(feed: _Feed) -> dict[str, list[float]]:
    """Return, per trip that runs at a headway, when its copies depart."""
    table, name, errs = feed.frames.get("frequencies"), feed.name, feed.errs
    found: dict[str, list[float]] = {}
    if table is None:
        return {}
    for row, trip, first, last, gap in zip(
        rows_of(table), *(column_of(table, c) for c in _COLUMNS["frequencies"]), strict=True
    ):
        start, end = seconds(first), seconds(last)
        headway = float(gap) if re.fullmatch(r"\d+(\.\d+)?", gap) else 0.0
        if not (np.isfinite(start) and np.isfinite(end) and headway > 0 and end > start):
            errs.append(
                errors.error(
                    "gtfs-bad-frequency", f"{name}/frequencies.txt", row, trip, value=f"{first}–{last} / {gap}"
                )
            )
            continue
        found.setdefault(trip, []).extend(np.arange(start, end, headway).tolist())
    return found


def _transfers(feed: _Feed) -> dict[tuple[int, int], float]:
    """Return least seconds of transfers; inf where none is possible."""
    table, name, errs = feed.frames.get("transfers"), feed.name, feed.errs
    if table is None:
        return {}
    place = {id_: number for number, id_ in enumerate(feed.piers.ids)}
    found: dict[tuple[int, int], float] = {}
    onward: dict[str, str] = {}
    file = f"{name}/transfers.txt"
    columns = [
        column_of(table, c)
        for c in ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", "from_trip_id", "to_trip_id")
    ]
    for row, start, end, kind, least, trip, other in zip(rows_of(table), *columns, strict=True):
        if kind in ("4", "5"):
            if kind == "4" and _leads_back(onward, trip, other):
                errs.append(errors.error("gtfs-transfer-cycle", file, row, trip, value=other))
            onward[trip] = other
            continue
        if start not in place or end not in place:
            errs.append(
                errors.error(
                    "gtfs-unknown-id", file, row, start, column="to_stop_id", value=end if start in place else start
                )
            )
        elif kind == "3":
            found[place[start], place[end]] = np.inf
        elif least and not re.fullmatch(r"\d+(\.\d+)?", least):
            errs.append(errors.error("bad-number", file, row, start, column="min_transfer_time", value=least))
        elif kind == "2" and least:
            found[place[start], place[end]] = float(least)
    return found


def _leads_back(onward: dict[str, str], start: str, end: str) -> bool:
    """Return whether staying seated from ``start`` to ``end`` would close a circle."""
    seen = {start}
    while end:
        if end in seen:
            return True
        seen.add(end)
        end = onward.get(end, "")
    return False
