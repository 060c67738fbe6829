"""``[data] boats`` → one timetable, checked against the area: piers without streets, boats over land."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import shapely

from circles.area import Area, Feed, PlacesFile, piers_name
from circles.foundation import errors
from circles.foundation.crs import WGS84, projected
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64, Bools
from circles.inputs.readers.columns import raised, require_columns
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import read_sheet
from circles.inputs.timetable.gtfs import read_gtfs
from circles.inputs.timetable.model import Piers, Timetable, Trips
from circles.inputs.timetable.tables import read_piers, read_table
from circles.network import Islands, StreetNetwork

_MOST_OVER_LAND = 0.6
"""Of the straight line between two piers: more is no voyage around a headland."""


def read_boats(area: Area) -> tuple[Timetable | None, list[Finding]]:
    """Read the timetable of an area, None where it names none.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    if not area.data.boats:
        return None, []
    read: list[Timetable] = []
    notes: list[Finding] = []
    errs: list[Finding] = []
    piers: Piers | None = None
    for given in area.data.boats:
        try:
            feed = _feed(area, given)
            if feed is not None:
                name, boats_only = feed.gtfs, not feed.buses
                one, found = read_gtfs(area.path(name), name, boats_only=boats_only)
            else:
                entry = given if isinstance(given, PlacesFile) else PlacesFile(file=str(given))
                if piers is None:
                    where = _piers_entry(area)
                    piers = read_piers(area, where, area.path(where.file), errs, notes)
                one, found = read_table(area, entry, area.path(entry.file), piers)
        except InputError as e:
            errs += e.findings
            continue
        read.append(one)
        notes += found
    errs += [
        errors.error("boat-zones-differ", area.file.name, id="data.boats", value=one.time_zone, other=read[0].time_zone)
        for one in read[1:]
        if one.time_zone != read[0].time_zone
    ]
    if errs:
        raise InputError(errs)
    whole = merged(read)
    if area.data.no_sailing is not None:
        whole = _with_blackout(area, whole)
    return whole, notes


def _feed(area: Area, given: str | PlacesFile | Feed) -> Feed | None:
    if isinstance(given, str) and (given.lower().endswith(".zip") or area.path(given).is_dir()):
        return Feed(gtfs=given)
    return given if isinstance(given, Feed) else None


def _piers_entry(area: Area) -> PlacesFile:
    return (
        area.data.piers if isinstance(area.data.piers, PlacesFile) else PlacesFile(file=piers_name(area) or "piers.csv")
    )


def merged(parts: list[Timetable]) -> Timetable:
    """Return several timetables of one time zone as one; piers with one id are one pier, at its first place."""
    if len(parts) == 1:
        return parts[0]
    ids: dict[str, int] = {}
    kept: list[tuple[int, int]] = []
    for number, part in enumerate(parts):
        for row, id_ in enumerate(part.piers.ids):
            if id_ not in ids:
                ids[id_] = len(ids)
                kept.append((number, row))
    piers = Piers(
        tuple(ids), tuple(parts[n].piers.names[r] for n, r in kept), np.array([parts[n].piers.lon[r] for n, r in kept]),
        np.array([parts[n].piers.lat[r] for n, r in kept]), tuple(parts[n].piers.file[r] for n, r in kept),
        tuple(parts[n].piers.row[r] for n, r in kept),
    )  # fmt: skip
    before = np.cumsum([0, *(len(part.services) for part in parts)])
    place = [np.array([ids[id_] for id_ in part.piers.ids], dtype=np.int64) for part in parts]
    trips = [part.trips for part in parts]
    whole = Trips(
        tuple(f"{n}:{name}" for n, one in enumerate(trips) for name in one.trip), tuple(x for one in trips for x in one.line),
        np.concatenate([one.service + shift for one, shift in zip(trips, before[:-1], strict=True)]),
        np.concatenate([here[one.from_pier] for one, here in zip(trips, place, strict=True)]),
        np.concatenate([here[one.to_pier] for one, here in zip(trips, place, strict=True)]),
        np.concatenate([one.departs_s for one in trips]), np.concatenate([one.arrives_s for one in trips]),
        np.concatenate([one.order for one in trips]), tuple(x for one in trips for x in one.is_example),
        tuple(x for one in trips for x in one.may_board), tuple(x for one in trips for x in one.may_leave),
    )  # fmt: skip
    transfers = {
        (int(here[a]), int(here[b])): s
        for part, here in zip(parts, place, strict=True)
        for (a, b), s in part.transfers.items()
    }
    return Timetable(piers, whole, tuple(s for part in parts for s in part.services), parts[0].time_zone, transfers)


def _with_blackout(area: Area, timetable: Timetable) -> Timetable:
    """Return the timetable with the days on which nothing sails: ``from, to, probability`` (1 where left out)."""
    given = area.data.no_sailing
    entry = given if isinstance(given, PlacesFile) else PlacesFile(file=given or "")
    sheet = read_sheet(area.path(entry.file), entry, "no_sailing")
    errs: list[Finding] = []
    require_columns(sheet, ["from"], errs)
    ids = [f"{text}" for text in sheet.column("from")]
    chance = numeric(sheet, "probability", ids, errs, is_positive=True)
    spans: list[tuple[dt.date, dt.date, float]] = []
    for row, first, last, p in zip(sheet.rows.tolist(), ids, sheet.column("to"), chance, strict=True):
        try:
            start = dt.date.fromisoformat(first.strip())
            end = dt.date.fromisoformat(last.strip()) if last.strip() else start
        except ValueError:
            errs.append(errors.error("no-sailing-unreadable", sheet.file, row, first, value=f"{first}–{last}"))
            continue
        if end < start or p > 1:
            errs.append(errors.error("no-sailing-unreadable", sheet.file, row, first, value=f"{first}–{last} {p:g}"))
        spans.append((start, end, 1.0 if np.isnan(p) else float(p)))
    raised(errs)
    known = timetable
    return Timetable(known.piers, known.trips, known.services, known.time_zone, known.transfers, _chance(spans))


def _chance(spans: list[tuple[dt.date, dt.date, float]]) -> Callable[[dt.date], float]:
    def blackout(day: dt.date) -> float:
        return max((p for first, last, p in spans if first <= day <= last), default=0.0)

    return blackout


def piers_xy(timetable: Timetable, crs: str) -> F64:
    """Return the piers in the area's CRS, (piers, 2); not finite where a pier has no place."""
    lonlat = np.column_stack([timetable.piers.lon, timetable.piers.lat])
    known = np.isfinite(lonlat).all(axis=1)
    xy = np.full(lonlat.shape, np.nan)
    if known.any():
        xy[known] = projected(lonlat[known], WGS84, crs)
    return xy


def doubts(area: Area, timetable: Timetable, network: StreetNetwork) -> list[Finding]:
    """Return warnings: piers at sea or far from any street, boats that run more over land than over water."""
    xy, piers, ground = piers_xy(timetable, area.crs), timetable.piers, network.islands
    known: Bools = np.asarray(np.isfinite(xy).all(axis=1))
    island, _ = ground.of_points(np.where(known[:, None], xy, 0.0), within_m=area.walk.snap_max_m)
    used = set(timetable.trips.from_pier.tolist()) | set(timetable.trips.to_pier.tolist())
    found = [
        errors.warning("pier-at-sea", piers.file[n], piers.row[n], piers.ids[n], name=piers.names[n])
        for n in sorted(used)
        if known[n] and island[n] < 0
    ]
    walk = area.walk
    snapped = network.snap(
        xy, np.where(known, island, -1), area.walkers["adult"], snap_max_m=walk.snap_max_m,
        fragment_max_m=walk.fragment_max_m,
    )  # fmt: skip
    metres = f"{area.walk.snap_max_m:g}"
    found += [
        errors.warning("pier-far", piers.file[n], piers.row[n], piers.ids[n], name=piers.names[n], metres=metres)
        for n in sorted(used)
        if known[n] and island[n] >= 0 and not snapped.is_snapped[n]
    ]
    found += _unknown_goals(area, timetable)
    return [*found, *_over_land(timetable, xy, known, ground)] if len(ground.polygons) else found


def _unknown_goals(area: Area, timetable: Timetable) -> list[Finding]:
    return [
        errors.error("boat-pier-unknown", area.file.name, id=one.id, value=one.to.pier, near="–")
        for one in area.journeys
        if one.to.pier is not None and one.to.pier not in timetable.piers.ids
    ]


def _over_land(timetable: Timetable, xy: F64, known: Bools, ground: Islands) -> list[Finding]:
    piers, found = timetable.piers, []
    seen: set[tuple[int, int]] = set()
    land = shapely.union_all(ground.polygons)
    shapely.prepare(land)
    for hop, ends in enumerate(zip(timetable.trips.from_pier.tolist(), timetable.trips.to_pier.tolist(), strict=True)):
        if ends in seen or not (known[ends[0]] and known[ends[1]]):
            continue
        seen.add(ends)
        way = shapely.linestrings(xy[list(ends)])
        over = shapely.length(shapely.intersection(way, land))
        if shapely.length(way) > 0 and over > _MOST_OVER_LAND * shapely.length(way):
            start, end = (piers.names[n] or piers.ids[n] for n in ends)
            share = f"{100 * over / shapely.length(way):.0f}"
            found.append(
                errors.warning(
                    "boat-over-land", "boats", id=timetable.trips.line[hop], start=start, end=end, share=share
                )
            )
    return found
