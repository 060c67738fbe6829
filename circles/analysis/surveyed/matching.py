"""Surveyed lines against the streets of an area: what agrees, what is new, what contradicts; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.surveyed import rows
from circles.analysis.surveyed.ground import Ground, length_m
from circles.analysis.surveyed.pieces import pieces_of
from circles.foundation import errors
from circles.foundation.crs import WGS84, projected
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64, Bools
from circles.inputs.loading import Inputs
from circles.inputs.survey import Named, Surveyed

FAR_M = 2000.0
"""So far is looked for a street, to say how far the nearest is."""
_PLACES = 7


@dataclass(frozen=True)
class Matched:
    """What a survey says of an area's streets.

    Attributes
    ----------
    table : columns of the table ``survey_match``, geometry in EPSG:4326
    is_track : (rows,) which pieces were walked, and not only measured between two ends
    findings : a warning per piece that contradicts the streets, or meets none
    """

    table: gpd.GeoDataFrame
    is_track: Bools
    findings: tuple[Finding, ...]


def named_places(inputs: Inputs) -> Named:
    """Return the facilities and villages that a row may name instead of coordinates."""
    found: list[tuple[str, str, float, float]] = []
    for frame, key in ((inputs.facilities, "id"), (inputs.villages, "code")):
        if frame is None or not len(frame):
            continue
        points = frame.geometry.to_numpy()
        has = ~shapely.is_missing(points) & ~shapely.is_empty(points)
        lon_lat = shapely.get_coordinates(shapely.centroid(points[has]))
        ids, names = (frame[name].astype(str).to_numpy(dtype=object)[has] for name in (key, "name"))
        found += [(str(i), str(n), float(x), float(y)) for i, n, (x, y) in zip(ids, names, lon_lat, strict=True)]
    return Named.of(found)


def match(inputs: Inputs, lines: Sequence[Surveyed]) -> Matched:
    """Hold surveyed lines against the streets of an area.

    Parameters
    ----------
    inputs : the area's streets and land
    lines : from `circles.inputs.survey.read_survey`

    Raises
    ------
    InputError
        With each line that lies outside the area: at sea, or further from its land than any place may be.
    """
    ground = Ground(inputs.network, inputs.streets)
    xy = [projected(line.lon_lat, WGS84, inputs.area.crs) for line in lines]
    wrong = [found for line, own in zip(lines, xy, strict=True) if (found := _outside(inputs, line, own))]
    if wrong:
        raise InputError(wrong)
    records: list[dict[str, Any]] = []
    walked: list[bool] = []
    for line, own in zip(lines, xy, strict=True):
        of_line = _of_track(ground, line, own) if line.is_track else [_of_row(inputs, ground, line, own)]
        records += of_line
        walked += [line.is_track] * len(of_line)
    table = _table(records, inputs.area.crs)
    return Matched(table, np.array(walked, dtype=bool), tuple(_doubts(table)))


def _outside(inputs: Inputs, line: Surveyed, xy: F64) -> Finding | None:
    snap = inputs.area.walk.snap_max_m
    where = (line.file, line.row, line.name or line.id)
    if np.isfinite(xy).all():
        island, _ = inputs.network.islands.of_points(xy, within_m=snap)
        low, high = inputs.network.xy.min(axis=0) - FAR_M, inputs.network.xy.max(axis=0) + FAR_M
        off = np.flatnonzero((island < 0) | (xy < low).any(axis=1) | (xy > high).any(axis=1))
    else:
        off = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if not len(off):
        return None
    lon, lat = line.lon_lat[off[0]]
    values: dict[str, Any] = {"lon": f"{lon:.5f}", "lat": f"{lat:.5f}", "count": len(off), "of": len(xy)}
    return errors.error("survey-outside", *where, area=inputs.area.name, snap=f"{snap:g}", **values)


def _of_track(ground: Ground, line: Surveyed, xy: F64) -> list[dict[str, Any]]:
    found = pieces_of(ground, xy)
    if not found:
        return [_record(line, 1, xy, state="apart", why="apart", off_m=_far(ground, xy), length_m=length_m(xy))]
    out = []
    for number, piece in enumerate(found, 1):
        state = ("contradict" if piece.why == "closed" else "new") if piece.is_new else "agree"
        ids = list(piece.street_ids) or ground.street_ids(piece.edges)
        out.append(
            _record(
                line, number, piece.xy, state=state, why=piece.why, network_m=piece.network_m, off_m=piece.off_m,
                ids=ids, highway="" if state == "agree" else line.highway or "footway", length_m=length_m(piece.xy),
            )
        )  # fmt: skip
    return out


def _of_row(inputs: Inputs, ground: Ground, line: Surveyed, xy: F64) -> dict[str, Any]:
    held = rows.hold(ground, line, xy, reach_m=inputs.area.walk.snap_max_m)
    shown = list(held.whole_ids) if held.why in ("gone", "kind") else ground.street_ids(held.edges)
    length = line.length_m if np.isfinite(line.length_m) else float(np.hypot(*(xy[1] - xy[0])))
    off = _far(ground, xy) if held.state == "apart" else held.off_m
    return _record(
        line, 1, xy, state=held.state, why=held.why, network_m=held.network_m, off_m=off, ids=shown,
        highway="" if line.is_gone else line.highway or "footway", length_m=length,
    )  # fmt: skip


def _far(ground: Ground, xy: F64) -> float:
    """Return how far the further end of a line is from the nearest street."""
    ends = shapely.points(xy[[0, -1]])
    return float(shapely.distance(ends, ground.lines.geometries[ground.lines.nearest(ends)]).max())


def _record(
    line: Surveyed, part: int, xy: F64, *, state: str, why: str, network_m: float = np.nan, off_m: float = np.nan,
    ids: Sequence[int] = (), highway: str = "", length_m: float,
) -> dict[str, Any]:  # fmt: skip
    return {
        "file": line.file, "row": line.row, "part": part, "id": line.id, "name": line.name, "state": state, "why": why,
        "highway": highway, "length_m": length_m, "network_m": network_m, "off_m": off_m,
        "street_ids": ";".join(str(number) for number in ids), "steps": line.steps, "width_m": line.width_m,
        "surveyed_on": "" if line.day is None else line.day.isoformat(), "source": line.source, "xy": xy,
    }  # fmt: skip


def _table(records: list[dict[str, Any]], crs: str) -> gpd.GeoDataFrame:
    lon_lat = [np.round(projected(record["xy"], crs, WGS84), _PLACES) for record in records]
    shapes = [shapely.LineString(own) for own in lon_lat]
    frame = pd.DataFrame([{key: value for key, value in record.items() if key != "xy"} for record in records])
    for name in ("length_m", "network_m", "off_m"):
        frame[name] = frame[name].astype(np.float64).round(1)
    frame = frame.assign(
        lon_from=[float(own[0, 0]) for own in lon_lat], lat_from=[float(own[0, 1]) for own in lon_lat],
        lon_to=[float(own[-1, 0]) for own in lon_lat], lat_to=[float(own[-1, 1]) for own in lon_lat],
    )  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84)[TABLES["survey_match"].names]


def _doubts(table: gpd.GeoDataFrame) -> list[Finding]:
    found = []
    for row in table.to_dict("records"):
        where = (row["file"], int(row["row"]), row["name"] or row["id"])
        metres: dict[str, Any] = {
            "metres": f"{row['length_m']:.0f}",
            "network": f"{row['network_m']:.0f}",
            "off": f"{row['off_m']:.0f}",
        }
        if row["state"] == "contradict":
            ids = row["street_ids"].replace(";", "、") or "–"
            found.append(errors.warning(f"survey-contradicts-{row['why']}", *where, streets=ids, **metres))
        elif row["state"] == "apart":
            found.append(errors.warning("survey-apart", *where, **metres))
    return found
