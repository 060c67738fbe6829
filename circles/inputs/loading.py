"""An area → its tables and its network, read by the readers that `dispatch` names, checked and placed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.area import Area, OsmFile, StreetPoints, VillagePeople
from circles.foundation import errors
from circles.foundation.crs import WGS84, to_crs
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.counted import is_counted, opens_later
from circles.foundation.schema.tables import NONE, TABLES, Status, Streets
from circles.foundation.types import F64, I64
from circles.inputs import checks, dispatch
from circles.inputs.checks.scale import street_scale_doubts
from circles.inputs.crossing import across_squares
from circles.inputs.entrances import Doors, doors_of_buildings, placed_doors
from circles.inputs.entrances import read_table as read_doors
from circles.inputs.guards.child import reading
from circles.inputs.land_use import LandPoints, land_points
from circles.inputs.locating import placed, project, township_overlaps
from circles.inputs.osm.extract import Extract
from circles.inputs.readers import places, polygons
from circles.inputs.readers.line_values import of_another_time
from circles.inputs.readers.people import read_village_people
from circles.inputs.same_names import with_distinct_names
from circles.inputs.served_villages import villages_served
from circles.inputs.timetable import Timetable, read_boats
from circles.inputs.timetable.reading import doubts as doubts_of_boats
from circles.network import Islands, StreetNetwork, build, islands
from circles.network.slopes import Heights

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """What an area's files hold, complete and checked; geometry in EPSG:4326, the network in the area's CRS."""

    area: Area
    facilities: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    streets: Streets
    network: StreetNetwork
    facility_xy: F64
    resident_xy: F64
    facility_island: I64
    resident_island: I64
    findings: tuple[Finding, ...]
    digests: dict[str, str]
    heights: Heights | None = None
    reconciliation: pd.DataFrame = field(default_factory=pd.DataFrame)
    neighbours: gpd.GeoDataFrame | None = None
    timetable: Timetable | None = None
    residential_land: LandPoints | None = None
    doors: Doors | None = None

    @property
    def all_townships(self) -> gpd.GeoDataFrame:
        """Return the area's townships and those around it, which own streets and facilities but are not judged."""
        return _with_neighbours(self.townships, self.neighbours)


@reading()
def load(area: Area, *, progress: Progress = lambda _: None) -> Inputs:
    """Read every file of an area, check it, and build its network.

    Raises
    ------
    InputError
        With every error of every table, not only the first.
    """
    progress("read")
    before = _stamps(area)
    tables, found = _read_tables(area)
    timetable, about_boats = read_boats(area)
    found += about_boats
    progress("network")
    streets, notes = dispatch.read_streets(area, tables.extracts)
    found += notes
    land = tables.land
    metric_land = None if land is None else to_crs(land, area.crs)
    ground = islands(metric_land)
    bounds = tables.townships if land is not None or tables.townships is not None else _box(streets, area)
    bounds = None if bounds is None else _with_neighbours(bounds, tables.neighbours)
    found += checks.check(area, tables.facilities, tables.residents, bounds, land)
    _raise_errors(found)
    heights = _heights(area, found)
    found += [
        *street_scale_doubts(streets, area.crs, table=area.file.name),
        *of_another_time(streets.lines, area.as_of, "network"),
    ]
    _raise_errors(found)
    network = build(streets, ground, crs=area.crs, heights=heights)
    found += network.findings
    if timetable is not None:
        doubtful = doubts_of_boats(area, timetable, network)
        found += doubtful
        _raise_errors(doubtful)
    people, more = _residents(area, tables, streets, ground)
    found += more
    towns = _townships(area, tables.townships, land, streets)
    facility_xy, resident_xy = project(tables.facilities, area.crs), project(people, area.crs)
    facilities, facility_island, more = placed(
        area, tables.facilities, facility_xy, ground=ground, towns=_with_neighbours(towns, tables.neighbours),
        table="facilities",
    )  # fmt: skip
    found += more
    doors, about_doors = _doors(area, tables.doors, facilities, (facility_xy, facility_island), ground)
    people, resident_island, more = placed(area, people, resident_xy, ground=ground, towns=towns, table="residents")
    if isinstance(area.data.residents, StreetPoints) and area.data.residents.inside_townships:
        own = people["township_code"].ne(NONE).to_numpy()
        people, resident_xy = people[own].reset_index(drop=True), resident_xy[own]
        resident_island = resident_island[own]
        more = [item for item in more if not item.code.startswith("no-township")]  # left out because the area says so
    dwellings, about_land = land_points(area, ground, towns)
    found += [
        *more,
        *about_land,
        *township_overlaps(area, towns, people, resident_xy),
        *villages_served(facilities, tables.villages, people)[1],
    ]
    people, reconciliation, more = dispatch.controlled(area, people, towns)
    towns, about_names = with_distinct_names(towns, people)
    found += [*about_doors, *more, *about_names]
    _raise_errors(found)
    network, more = across_squares(
        area, streets, network, (facility_xy, facility_island), (resident_xy, resident_island), heights=heights, doors=doors
    )  # fmt: skip
    facilities["is_counted"] = is_counted(facilities, is_demonstration=area.demonstration) & ~opens_later(
        facilities["opened_on"], area.as_of
    )
    found += [*more, *_empty_townships(towns, people), *_nothing_to_count(area, people, facilities)]
    shown = land if land is not None else gpd.GeoDataFrame({"island": []}, geometry=[], crs="EPSG:4326")
    if land is not None:
        shown = _land_table(ground, area.crs)
    return Inputs(
        area, facilities, people, towns, tables.villages, shown, streets, network, facility_xy, resident_xy,
        facility_island, resident_island, tuple(found), _digests(area, before), heights, reconciliation, tables.neighbours,
        timetable, dwellings, doors,
    )  # fmt: skip


@dataclass(frozen=True)
class _Tables:
    facilities: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame | None
    townships: gpd.GeoDataFrame | None
    neighbours: gpd.GeoDataFrame | None
    villages: gpd.GeoDataFrame
    village_people: pd.DataFrame | None
    land: gpd.GeoDataFrame | None
    extracts: dict[str, Extract]
    doors: gpd.GeoDataFrame | None = None


def _read_tables(area: Area) -> tuple[_Tables, list[Finding]]:
    """Read every table but the streets; complain about all of them at once."""
    found: list[Finding] = []
    wrong: list[Finding] = []

    def tried(read: Callable[[Area], tuple[Any, tuple[Finding, ...]]], empty: Any) -> Any:
        try:
            table, doubts = read(area)
        except InputError as e:
            wrong.extend(e.findings)
            return empty
        found.extend(doubts)
        return table

    nothing = gpd.GeoDataFrame(TABLES["villages"].empty().drop(columns="geometry"), geometry=[], crs="EPSG:4326")
    own = any(not isinstance(item, OsmFile) for item in area.data.facilities)
    facilities = tried(places.read_facilities, None) if own else None
    points = dispatch.is_table_of_points(area)
    people = tried(dispatch.read_residents, None) if points else None
    extracts = tried(lambda of: dispatch.read_extracts(of, around=_box_of([facilities, people])), {})
    towns = tried(polygons.read_townships, None) if dispatch.is_own(area.data.townships) else None
    around = tried(polygons.read_neighbours, None) if area.data.neighbours is not None else None
    land = tried(polygons.read_land, None) if dispatch.is_own(area.data.land) else None
    shore = _of_extract(extracts, area.data.land, "land", land)
    bounds = _of_extract(extracts, area.data.townships, "townships", towns)
    if around is not None and bounds is not None:
        bounds = _with_neighbours(bounds, around)
    if dispatch.is_own(area.data.residents) and not points:
        people = tried(lambda of: dispatch.read_residents(of, land=shore, townships=bounds), None)
    villages = tried(places.read_villages, nothing) if area.data.villages is not None else nothing
    in_villages = tried(read_village_people, None) if isinstance(area.data.residents, VillagePeople) else None
    doors = tried(read_doors, None) if dispatch.is_own(area.data.entrances) else None
    if wrong:
        raise InputError(wrong)
    if isinstance(area.data.townships, OsmFile):
        towns = extracts[area.data.townships.osm].townships
    if isinstance(area.data.land, OsmFile):
        land = extracts[area.data.land.osm].land
    names = [item.osm for item in area.data.facilities if isinstance(item, OsmFile)]
    read = [places.without_ended(extracts[name].facilities, table=name, as_of=area.as_of) for name in names]
    found += [item for _, more in read for item in more]
    facilities = _all_facilities([facilities, *(part for part, _ in read)])
    return _Tables(facilities, people, towns, around, villages, in_villages, land, extracts, doors), found


def _box_of(tables: list[gpd.GeoDataFrame | None]) -> tuple[float, float, float, float] | None:
    """Return the box of points in EPSG:4326; None where there are none."""
    boxes = [table.total_bounds for table in tables if table is not None and len(table)]
    boxes = [box for box in boxes if np.isfinite(box).all()]
    if not boxes:
        return None
    west, south, east, north = (
        float(function([box[at] for box in boxes])) for at, function in enumerate((np.min, np.min, np.max, np.max))
    )
    return west, south, east, north


@reading()
def tables_without_streets(area: Area) -> tuple[_Tables, list[Finding]]:
    """Read every table of an area but the streets, which may be too many for memory at once."""
    data = area.data.model_copy(update={"network": ""})
    return _read_tables(replace(area, data=data))


def _of_extract(
    extracts: dict[str, Extract], entry: object, what: str, otherwise: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return land or townships of an extract, where that is where the area takes them from; None where it has none."""
    if isinstance(entry, OsmFile):
        otherwise = getattr(extracts.get(entry.osm), what, None)
    return otherwise if otherwise is not None and len(otherwise) else None


def _all_facilities(parts: list[pd.DataFrame | None]) -> gpd.GeoDataFrame:
    """Return facilities of all sources with every column of the table, in order; missing texts are ''."""
    complete = []
    for part in parts:
        if part is None or part.empty:
            continue
        frame = pd.DataFrame(part)
        if "geometry" not in frame:
            frame = frame.assign(geometry=shapely.points(frame["lon"].to_numpy(), frame["lat"].to_numpy()))
        defaults: dict[str, Any] = {
            "status": Status.EXISTING.value,
            "service_mode": "fixed",
            "is_counted": False,
            "row": -1,
        }
        for column in TABLES["facilities"].columns:
            if column.name not in frame:
                blank = np.nan if column.dtype == "float64" else ""
                frame[column.name] = defaults.get(column.name, blank)
        complete.append(frame[TABLES["facilities"].names])
    if not complete:
        empty = TABLES["facilities"].empty().drop(columns="geometry")
        return gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:4326")
    return gpd.GeoDataFrame(pd.concat(complete, ignore_index=True), geometry="geometry", crs="EPSG:4326")


def _doors(
    area: Area, table: gpd.GeoDataFrame | None, facilities: gpd.GeoDataFrame, at: tuple[F64, I64], ground: Islands
) -> tuple[Doors | None, list[Finding]]:
    """Return the doors of the facilities, None where the area names none, and what is wrong or doubtful about them."""
    found: list[Finding] = []
    if isinstance(area.data.entrances, OsmFile):
        table, found = doors_of_buildings(area.path(area.data.entrances.osm), facilities)
    if table is None:
        return None, found
    doors, more = placed_doors(area, table, facilities, at, ground)
    return doors, found + more


def _heights(area: Area, found: list[Finding]) -> Heights | None:
    ground = dispatch.read_terrain(area)
    if ground is None:
        return None
    found += ground.findings
    return lambda xy: ground.heights(xy, crs=area.crs)


def _residents(
    area: Area, tables: _Tables, streets: Streets, ground: Islands
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the residents as read, or points along streets, with the villages' people where they are to be spread."""
    if tables.residents is not None:
        return tables.residents, []
    return dispatch.residents_along_streets(
        area, streets, ground, villages=tables.villages, village_people=tables.village_people
    )


def _with_neighbours(towns: gpd.GeoDataFrame, neighbours: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return all townships; where ``neighbours`` hold the area's own too, theirs is the order, since the first wins."""
    if neighbours is None:
        return towns
    rest = towns[~towns["code"].isin(neighbours["code"])]
    parts = [rest, neighbours.to_crs(towns.crs)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=towns.crs)


def _box(streets: Streets, area: Area) -> gpd.GeoDataFrame:
    """Return the box of all streets as the one township, for areas that give neither land nor townships."""
    box = shapely.box(*streets.xy.min(axis=0) - 1.0, *streets.xy.max(axis=0) + 1.0)
    row = {"code": [area.id], "name": [area.name], "class": [""]}
    return to_crs(gpd.GeoDataFrame(row, geometry=[box], crs=area.crs), WGS84)


def _townships(
    area: Area, given: gpd.GeoDataFrame | None, land: gpd.GeoDataFrame | None, streets: Streets
) -> gpd.GeoDataFrame:
    if given is not None:
        return given.reset_index(drop=True)
    if land is None or land.empty:
        return _box(streets, area)
    row = {"code": [area.id], "name": [area.name], "class": [""]}
    return gpd.GeoDataFrame(row, geometry=[shapely.union_all(land.geometry.to_numpy())], crs="EPSG:4326")


def _empty_townships(towns: gpd.GeoDataFrame, homes: gpd.GeoDataFrame) -> list[Finding]:
    lived_in = set(homes.loc[homes["population"] > 0, "township_code"].unique())
    rows = towns[~towns["code"].isin(lived_in)]
    return [
        errors.warning("township-empty", "townships", id=str(r.code), name=r.name_)
        for r in rows.rename(columns={"name": "name_"}).itertuples()
    ]


def _nothing_to_count(area: Area, people: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> list[Finding]:
    """Return findings where there are no residents, and for each kind of which no facility counts."""
    found = []
    if not (people["population"] > 0).any():
        code = "residents-no-street" if area.counts_points else "residents-none"
        found.append(errors.warning(code, "residents"))
    later = opens_later(facilities["opened_on"], area.as_of) & facilities["status"].isin(
        [Status.EXISTING, Status.EXAMPLE]
    )
    if later.any():
        ids = facilities.loc[later, "id"].astype(str).tolist()
        found.append(
            errors.warning(
                "facility-opens-later", "facilities", id=ids[0], n=len(ids), ids=errors.few(ids), as_of=area.as_of
            )
        )
    there = set(facilities.loc[facilities["is_counted"].astype(bool), "category"])
    return found + [
        errors.warning("category-empty", "facilities", id=c.id, name=c.name)
        for c in area.categories
        if c.id not in there
    ]


def _land_table(ground: Islands, crs: str) -> gpd.GeoDataFrame:
    """Return one row per island, by falling area."""
    shapes = [ground.geometry(i) for i in range(len(ground.names))]
    table = gpd.GeoDataFrame({"island": list(ground.names)}, geometry=shapes, crs=crs)
    return to_crs(table, WGS84)


def _raise_errors(found: list[Finding]) -> None:
    wrong = [item for item in found if item.severity == "error"]
    if wrong:
        raise InputError(wrong)


_Stamps = dict[str, tuple[int, int, int]]


def _stamps(area: Area) -> _Stamps:
    """Return size, time of the last change and number of every input file that there is, by its name."""
    found = {}
    for name, file in dispatch.input_files(area).items():
        with contextlib.suppress(OSError):
            state = file.stat()
            found[name] = state.st_size, state.st_mtime_ns, state.st_ino
    return found


def _digests(area: Area, before: _Stamps) -> dict[str, str]:
    """Return the SHA-256 of every input file, by its name in the area file (a shapefile's companions included).

    Raises
    ------
    InputError
        A file is not what it was before it was read: the digest would be of other bytes than the results.
    """
    digests = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in dispatch.input_files(area).items()}
    after = _stamps(area)
    if changed := sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)):
        raise InputError([errors.error("file-changed", name) for name in changed])
    return digests
