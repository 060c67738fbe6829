"""One large extract → one area folder per region: the same inputs as a run of its own, within reach of its people.

The large area is an ordinary area (`circles run` would take it, given the memory). Its tables are read once, its
streets go by block by block. What a region is given is written as files of the contract's section 2, so that
``circles run DIR/areas/<code>/area.toml`` is the same run.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.area import Area, OsmFile, PlacesFile, StreetPoints, VillagePeople, load_area
from circles.area.model import AreaFile
from circles.batch import halo, keys, left_out, stream
from circles.batch import people as people_room
from circles.batch.membership import Membership, membership
from circles.batch.regions import ExtractPlan, Region
from circles.foundation import atomic, errors, toml
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.counted import is_counted
from circles.inputs.dispatch import network_file, terrain_names
from circles.inputs.loading import tables_without_streets
from circles.inputs.locating import project
from circles.network import Islands, islands
from circles.outputs import files

AREA_FILE, MARK, RECONCILIATION = "area.toml", left_out.MARK, "reconciliation.csv"
_OFF_TOWN_M = 10_000.0
"""No street is further than this from every township that its nearest one would be left out."""
_NOT_AREA_ID = re.compile(r"[^a-z0-9_-]+")
_RESIDENTS_DROPPED = ("geometry", "island", "file", "row")
_FACILITIES_DROPPED = ("geometry", "island", "is_counted", "file", "row")
Report = Callable[[str], None]


def cut(plan: ExtractPlan, folder: Path, *, report: Report = lambda _: None) -> tuple[Region, ...]:
    """Cut a large area into regions, or take them from ``folder`` where they were cut from the same inputs before.

    Parameters
    ----------
    plan : from `load_regions`
    folder : where each region gets a folder of its own; replaced atomically
    report : called with the name of each stage

    Returns
    -------
    regions : by code

    Raises
    ------
    InputError
        With every problem of the large area's tables and of the boundaries.
    """
    key = _key(plan)
    if _known(folder) != key:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic.folder_in_place(folder) as fresh:
            work = _Cut(plan, fresh, report)
            content = {"key": key, "regions": work.run(), "findings": left_out.dumped(work.findings)}
            (fresh / MARK).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    names: dict[str, str] = json.loads((folder / MARK).read_text(encoding="utf-8"))["regions"]
    return tuple(Region(code, name, load_area(folder / code / AREA_FILE)) for code, name in sorted(names.items()))


class _Cut:
    """The work of one cut: tables first, then the streets, then one region after the other."""

    def __init__(self, plan: ExtractPlan, folder: Path, report: Report) -> None:
        self.plan, self.area, self.folder, self.report = plan, plan.area, folder, report
        self.findings: list[Finding] = []
        self._villages: _Placed | None = None
        _refuse_unsupported(self.area)

    def run(self) -> dict[str, str]:
        """Write every region's folder and return its name by code."""
        self.report("read_extract")
        tables, found = tables_without_streets(self.area)
        wrong = [item for item in found if item.severity == "error"]
        if wrong:
            raise InputError(wrong)
        ground = islands(None if tables.land is None else tables.land.to_crs(self.area.crs))
        member = membership(self.plan, tables.townships)
        homes = [self._members(tables.residents, ground, member)] if tables.residents is not None else []
        shops = self._members(tables.facilities, ground, member)
        given = self.area.data.residents
        points = stream.PointStream(given.streets, self.area.crs) if isinstance(given, StreetPoints) else None
        path, wanted, crs = stream.scan(self.area.path(network_file(self.area) or ""), self.area.crs)
        self.report("lines")
        with stream.scanned(path, wanted) as dump:
            scan = stream.Scan(dump, crs, path.name)
            scan.prepare()
            if isinstance(given, VillagePeople):
                laid, more = people_room.spread(self.area, tables, (block.streets for block in scan.blocks()), ground)
                found += more
                homes.append(self._members(laid, ground, member))
            reach = self._reach(member, homes, shops, ground)
            spools = [stream.Spool(self._region_folder(code)) for code in member.boundaries["code"]]
            seen: list[set[int]] = [set() for _ in spools]
            for block in scan.blocks():
                self._share(block, reach, ground, spools, seen)
                if points is not None:
                    homes.append(self._members(points.points(block.streets), ground, member))
            self.report("write")
            people, more = self._counted(_concatenated(homes), member)
            found += more
            missing = [code for code, spool in zip(member.boundaries["code"], spools, strict=True) if not spool.ways]
            if missing:
                names = member.boundaries.set_index("code")["name"]
                raise InputError([errors.error("extract-no-streets", path.name, id=c, name=names[c]) for c in missing])
            for number, spool in enumerate(spools):
                target = spool.folder / "network.osm.pbf"
                spool.close(scan.squares, scan.gates, target)
                self._write(
                    number, member, tables=tables, ground=ground, seen=seen[number], reach=reach[number], box=spool.box,
                    people=people, shops=shops,
                )  # fmt: skip
        lists = self._left_out(member, tables, ground, people=people, shops=shops, reach=reach)
        left_out.write(lists, self.folder / left_out.FILE)
        self.findings = [*found, *_not_shared(self.area), *left_out.reported(lists)]
        return dict(zip(member.boundaries["code"], member.boundaries["name"], strict=True))

    def _left_out(
        self,
        member: Membership,
        tables: Any,
        ground: Islands,
        *,
        people: _Placed,
        shops: _Placed,
        reach: list[shapely.Geometry],
    ) -> list[pd.DataFrame]:
        """Return the residents, villages and townships of no region, and the facilities that no region is given."""
        given = np.any([_is_near(shops, within) for within in reach], axis=0)
        lists = [
            left_out.listed("residents", people.frame, people.region < 0),
            left_out.listed("facilities", shops.frame, ~given),
            left_out.listed("townships", member.towns, ~member.towns["code"].isin(member.region_of_town).to_numpy()),
        ]
        if self.area.data.villages is not None:
            villages = self._village_members(tables, ground, member)
            lists.append(left_out.listed("villages", villages.frame, villages.region < 0))
        return lists

    def _counted(self, people: _Placed, member: Membership) -> tuple[_Placed, list[Finding]]:
        """Return the people scaled to the townships' totals, where there are any; the table of both stays with the cut."""
        frame, table, found = people_room.controlled(self.area, people.frame, member.towns)
        if len(table):
            files.write_csv(table, self.folder / RECONCILIATION)
        return _Placed(frame, people.xy, people.region), found

    def _region_folder(self, code: str) -> Path:
        folder = self.folder / code
        folder.mkdir(parents=True)
        return folder

    def _village_members(self, tables: Any, ground: Islands, member: Membership) -> _Placed:
        """Return the villages with the region of each, which is found once for all regions."""
        if self._villages is None:
            named = tables.villages.assign(id=tables.villages["code"])
            self._villages = self._members(named, ground, member)
        return self._villages

    def _members(self, frame: gpd.GeoDataFrame, ground: Islands, member: Membership) -> _Placed:
        xy = project(frame, self.area.crs)
        out, region = member.of_points(frame, xy, ground)
        return _Placed(out, xy, region)

    def _reach(
        self, member: Membership, homes: list[_Placed], shops: _Placed, ground: Islands
    ) -> list[shapely.Geometry]:
        """Return, per region, everything that its residents can reach; residents of a table may live anywhere."""
        counted = is_counted(shops.frame, is_demonstration=self.area.demonstration)
        numbers, _ = pd.factorize(shops.frame.loc[counted, "category"])
        island, _ = ground.of_points(shops.xy[counted], within_m=self.area.walk.snap_max_m)
        witnesses = halo.Facilities(shops.xy[counted], numbers.astype(np.int64), island)
        found = []
        for number, polygon in enumerate(member.polygons):
            off = [h.xy[(h.region == number) & ~shapely.intersects_xy(polygon, h.xy[:, 0], h.xy[:, 1])] for h in homes]
            reach = halo.around(polygon, np.concatenate([*off, np.empty((0, 2))]), self.area)
            found.append(halo.with_witnesses(reach, polygon, witnesses, ground))
        return found

    def _share(
        self,
        block: stream.Block,
        reach: list[shapely.Geometry],
        ground: Islands,
        spools: list[stream.Spool],
        seen: list[set[int]],
    ) -> None:
        """Give a block's streets to every region within whose reach they lie, and note the islands they belong to."""
        lines = block.streets
        if not len(lines.lines):
            return
        line_of = np.repeat(np.arange(len(lines.lines)), np.diff(lines.offsets))
        shapes = shapely.linestrings(lines.xy, indices=line_of)
        indptr, island = ground.of_lines(line_of, lines.xy, len(lines.lines))
        row_of_way = {way.id: row for row, way in enumerate(block.ways)}
        street = lines.lines["street_id"].to_numpy()
        at, region = shapely.STRtree(reach).query(shapes, predicate="intersects")
        for number in np.unique(region).tolist():
            kept = np.unique(at[region == number])
            spools[number].add(block, dict.fromkeys(row_of_way[int(way)] for way in street[kept]))
            spools[number].widen(shapes[kept])
            for line in kept.tolist():
                seen[number].update(island[indptr[line] : indptr[line + 1]].tolist())

    def _write(
        self,
        number: int,
        member: Membership,
        *,
        tables: Any,
        ground: Islands,
        seen: set[int],
        reach: shapely.Geometry,
        box: tuple[float, float, float, float],
        people: _Placed,
        shops: _Placed,
    ) -> None:
        """Write the tables of one region and its area file."""
        code = str(member.boundaries["code"].iloc[number])
        folder = self.folder / code
        data: dict[str, Any] = {"network": "network.osm.pbf", "facilities": ["facilities.csv"]}
        own = [town for town, region in member.region_of_town.items() if region == number]
        towns = member.towns[member.towns["code"].isin(own)]
        if len(towns):
            towns.to_parquet(folder / "townships.parquet", index=False)
            data["townships"] = "townships.parquet"
        others = _others(member, own, box)
        if len(towns) and len(others) > len(towns):
            others.to_parquet(folder / "neighbours.parquet", index=False)
            data["neighbours"] = "neighbours.parquet"
        own_people = people.frame[people.region == number]
        _csv(own_people, folder / "residents.csv", _RESIDENTS_DROPPED)
        traits = {"may_be_empty": not len(own_people), "are_points": self.area.counts_points}
        said = {key: True for key, value in traits.items() if value}
        data["residents"] = {"file": "residents.csv", **said} if said else "residents.csv"
        _csv(_near(shops, reach), folder / "facilities.csv", _FACILITIES_DROPPED)
        if tables.land is not None:
            _land(tables.land, ground, seen, reach).to_parquet(folder / "land.parquet", index=False)
            data["land"] = "land.parquet"
        if self.area.data.villages is not None:
            villages = self._village_members(tables, ground, member)
            own_villages = villages.frame[villages.region == number]
            _csv(own_villages, folder / "villages.csv", ("geometry", "island", "id"))
            if len(own_villages):
                data["villages"] = "villages.csv"
        if self.area.data.terrain is not None:
            data["terrain"] = [_linked(self.area.path(name), folder) for name in terrain_names(self.area)]
        for one in self.area.populations:
            own_file = one.factors.file if isinstance(one.factors, PlacesFile) else one.factors or one.raster
            if own_file is not None:
                _linked(self.area.path(own_file), folder)
        content = self._area_file(code, str(member.boundaries["name"].iloc[number]), data)
        (folder / AREA_FILE).write_text(content, encoding="utf-8", newline="\n")

    def _area_file(self, code: str, name: str, data: dict[str, Any]) -> str:
        given = AreaFile.model_validate(toml.loads(toml.read(self.area.file)))
        whole = given.model_dump(mode="json", exclude_none=True)
        whole["area"] |= {"id": _area_id(code), "name": name}
        whole["data"] = data
        whole.pop("journeys", None)
        for one in whole.get("populations", ()):
            for key in ("factors", "raster"):
                if isinstance(one.get(key), str):
                    one[key] = Path(one[key]).name
                elif key in one:
                    one[key]["file"] = Path(one[key]["file"]).name
        whole["rules"] = [rule.model_dump(mode="json", exclude_none=True) for rule in self.area.rules]
        return "\n".join(f"{key} = {_toml(value)}" for key, value in whole.items()) + "\n"


class _Placed:
    """Points with the region of each."""

    def __init__(self, frame: gpd.GeoDataFrame, xy: npt.NDArray[np.float64], region: npt.NDArray[np.int64]) -> None:
        self.frame, self.xy, self.region = frame, xy, region


def _concatenated(parts: list[_Placed]) -> _Placed:
    frame = gpd.GeoDataFrame(
        pd.concat([p.frame for p in parts], ignore_index=True), geometry="geometry", crs="EPSG:4326"
    )
    return _Placed(frame, np.concatenate([p.xy for p in parts]), np.concatenate([p.region for p in parts]))


def _refuse_unsupported(area: Area) -> None:
    """Raise where the large area asks for what cannot be shared out: totals of townships that are not there."""
    found = []
    if area.data.totals is not None and area.data.townships is None:
        found.append(errors.error("extract-not-supported", area.file.name, id="data.totals", key="data.totals"))
    if found:
        raise InputError(found)


def _not_shared(area: Area) -> list[Finding]:
    """Return a warning for each thing that regions do without: timetables go beyond them, doors may be another's."""
    given = {
        "data.boats, [[journeys]]": area.data.boats or area.journeys,
        "data.entrances": area.data.entrances is not None,
    }
    return [errors.warning("extract-not-shared", area.file.name, id=key, key=key) for key, own in given.items() if own]


def _others(member: Membership, own: list[str], box: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return the townships around a region's streets: theirs are the streets and facilities over the border.

    A street off every township is the nearest one's, so those some way around count too. Its own are among them: where
    townships overlap the first wins, so their order must be that of the whole.
    """
    around_m = shapely.box(box[0] - _OFF_TOWN_M, box[1] - _OFF_TOWN_M, box[2] + _OFF_TOWN_M, box[3] + _OFF_TOWN_M)
    within = shapely.intersects(member.towns.to_crs(member.area.crs).geometry.to_numpy(), around_m)
    return member.towns[within | member.towns["code"].isin(own).to_numpy()]


def _near(shops: _Placed, reach: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the facilities within reach; where there are none the nearest one, since a table must have a row."""
    return shops.frame[_is_near(shops, reach)]


def _is_near(shops: _Placed, reach: shapely.Geometry) -> npt.NDArray[np.bool_]:
    near: npt.NDArray[np.bool_] = shapely.intersects_xy(reach, shops.xy[:, 0], shops.xy[:, 1])
    if not near.any() and len(near):
        near[np.argmin(shapely.distance(shapely.points(shops.xy), reach))] = True
    return near


def _land(land: gpd.GeoDataFrame, ground: Islands, seen: set[int], reach: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the islands that streets within reach belong to and those within reach, whole and by their names.

    Whole, since a cape and its hinterland are one island even where the land between them is far away.
    """
    parts = land[["geometry"]].explode(index_parts=False).reset_index(drop=True)
    within = shapely.STRtree(ground.polygons).query(reach, predicate="intersects")
    wanted = np.isin(ground.island_of, sorted(seen | set(ground.island_of[within].tolist())))
    names = np.array(ground.names, dtype=object)[ground.island_of]
    return gpd.GeoDataFrame({"island": names[wanted]}, geometry=parts.geometry[wanted].to_numpy(), crs=land.crs)


def _csv(frame: gpd.GeoDataFrame, file: Path, dropped: tuple[str, ...]) -> None:
    """Write points as a table that an area can name: places in WGS 84, numbers so that they read back as the same."""
    plain = pd.DataFrame(frame.drop(columns=list(dropped), errors="ignore"))
    lonlat = shapely.get_coordinates(frame.geometry.to_numpy())
    plain = plain.assign(lon=lonlat[:, 0], lat=lonlat[:, 1])
    file.write_bytes(plain.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace"))


def _linked(file: Path, folder: Path) -> str:
    """Give a region a file of the large area: by a link where the system can, else by a copy."""
    target = folder / file.name
    try:
        target.hardlink_to(file)
    except (OSError, NotImplementedError):
        shutil.copyfile(file, target)
    return file.name


def _area_id(code: str) -> str:
    return _NOT_AREA_ID.sub("-", code.lower()).strip("-_") or "region"


def _key(plan: ExtractPlan) -> str:
    if isinstance(plan.boundaries, OsmFile):
        border: list[Any] = [keys.digest(Path(plan.boundaries.osm)), plan.boundaries.admin_level]
    else:
        border = [keys.digest(plan.boundaries), plan.code, plan.name]
    return f"{keys.key_of(plan.area, lang='zh', is_full=False)}-{json.dumps(border)}"


def _known(folder: Path) -> str | None:
    """Return the key of the cut that stands in ``folder``, None where there is none or it is not whole."""
    try:
        content = json.loads((folder / MARK).read_text(encoding="utf-8"))
        whole = all((folder / code / AREA_FILE).is_file() for code in content["regions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(content["key"]) if whole else None


def _toml(value: Any) -> str:
    """Return a value as TOML writes it, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
