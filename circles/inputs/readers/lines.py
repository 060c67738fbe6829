"""Lines of a walking network on disk → :class:`circles.foundation.schema.tables.Streets`."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from circles.foundation import errors
from circles.foundation.crs import between
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs.readers import cells
from circles.inputs.readers.line_columns import line_columns
from circles.inputs.readers.line_values import not_always
from circles.inputs.readers.texts import as_text
from circles.inputs.readers.transforms import doubtful_datum
from circles.inputs.readers.vectors import read_vector

TEXTS = (
    "name", "highway", "bridge", "tunnel", "foot", "access", "route", "oneway_foot", "conveying", "layer", "sidewalk",
    "motorroad", "service", "area", "source", "confidence", "ice_road", "winter_road", "seasonal", "tidal", "sac_scale",
    "abandoned", "disused", "ford", "opening_hours",
    "construction", "proposed", "demolished", "razed", "removed", "impassable", "foot_conditional",
    "access_conditional", "abandoned_highway", "disused_highway", "flood_prone", "trail_visibility", "start_date",
    "opening_date", "end_date",
)  # fmt: skip
ELEVATIONS = ("ele_from_m", "ele_to_m")
ENDS = ("from_node", "to_node")
_EARTH_M = 5e7
"""More metres than around the Earth: no projected coordinate is that large."""
_SAME_NODE_M = 0.5
_SAME_HEIGHT_M = 1.0
_LARGEST_NUMBER = 10**18 - 1
"""The largest number of a node: eighteen digits."""
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


def read_lines(
    path: Path, crs: str, *, layer: str | None = None, encoding: str | None = None, given_crs: str | None = None
) -> tuple[Streets, tuple[Finding, ...]]:
    """Read network lines in the metric CRS ``crs``, lines of several parts taken apart.

    Coordinates of a file that is in ``crs`` already stay bit by bit as they are, since lines meet where they are
    equal. With integer columns ``from_node`` and ``to_node`` the file is a kept network: its lines are whole edges,
    ``vertex_id`` holds these numbers at their ends and -1 at inner vertices.

    Parameters
    ----------
    path : the file
    crs : metric CRS of the streets
    layer : layer of a GeoPackage
    encoding : of its text, as declared
    given_crs : the declared one of a file that says none

    Raises
    ------
    InputError
        No CRS, no line at all, and every feature that is empty, no line, not finite or without two distinct points.
    """
    table = path.name
    frame, found = read_vector(path, table, layer=layer, encoding=encoding, keeps_heights=True, layer_crs=given_crs)
    kept = set(ENDS) <= set(frame.columns)
    named = line_columns(pd.DataFrame(frame.drop(columns=frame.geometry.name)), TEXTS, table=table)
    apart = _heights_apart(frame.geometry.to_numpy(), table)
    shapes = frame.geometry.to_numpy()
    shapes = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes
    errs = _bad_lines(shapes, table, kept=kept)
    numbers = {name: _elevations(frame, name, table, errs) for name in ELEVATIONS if name in frame.columns}
    ends = [_node_numbers(frame, name, table, errs) for name in ENDS] if kept else []
    if errs:
        raise InputError(errs)
    found = (*found, *named.findings, *apart, *_datum_doubts(shapes, frame.crs, table))
    parts, owner = _apart(shapes, np.flatnonzero(named.is_street))
    if not len(parts):
        raise InputError(errors.error("network-no-lines", table))
    lines = pd.DataFrame({"street_id": _street_ids(frame)[owner]})
    for name in (name for name in TEXTS if name in named.texts):
        known, number = _texts(pd.Series(named.texts[name], dtype="str"))
        lines[name] = pd.array(known, dtype="str").take(number[owner])
    for name, values in numbers.items():
        lines[name] = values[owner]
    found = (*found, *not_always(lines, table))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(parts)))]).astype(np.int64)
    metric = _metric(xy, frame.crs, crs, table)
    off = np.unique(owner[line[(np.abs(metric) > _EARTH_M).any(axis=1)]])
    if len(off):
        raise InputError([errors.error("geometry-off-earth", table, int(at) + 1) for at in off])
    if not kept:
        return Streets(lines, offsets, metric), found
    vertex_id = np.full(len(xy), -1, dtype=np.int64)
    vertex_id[offsets[:-1]] = ends[0][owner]
    vertex_id[offsets[1:] - 1] = ends[1][owner]
    misnumbered = _numbers_apart(vertex_id, metric, table)
    if misnumbered:
        return Streets(lines, offsets, metric), (*found, *misnumbered)
    return Streets(lines, offsets, metric, vertex_id, is_noded=True), found


def _apart(
    shapes: npt.NDArray[np.object_], chosen: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    """Return the single lines of the chosen features, and of which feature each is a part."""
    lines = shapes[chosen]
    if (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING).all():
        return lines, chosen
    parts, owner = shapely.get_parts(lines, return_index=True)
    return parts, chosen[owner]


def _datum_doubts(shapes: npt.NDArray[np.object_], crs: CRS, table: str) -> list[Finding]:
    """Return a warning where the way from the file's system to WGS 84 is not well known."""
    corners = shapely.total_bounds(shapes).reshape(2, 2)
    if not np.isfinite(corners).all():
        return []
    lon, lat = between(crs, "EPSG:4326").transform(*corners.T)
    return doubtful_datum(crs, np.asarray(lon), np.asarray(lat), table)


def _numbers_apart(vertex_id: npt.NDArray[np.int64], xy: npt.NDArray[np.float64], table: str) -> list[Finding]:
    """Return a finding where one number of a node stands at places apart: such numbers do not say where lines meet."""
    at = np.flatnonzero(vertex_id >= 0)
    order = at[np.argsort(vertex_id[at], kind="stable")]
    first = np.flatnonzero(np.diff(vertex_id[order], prepend=-1))
    low, high = np.minimum.reduceat(xy[order], first), np.maximum.reduceat(xy[order], first)
    off = np.hypot(*(high - low).T)
    wrong = np.flatnonzero(off > _SAME_NODE_M)
    if not len(wrong):
        return []
    worst = wrong[np.argmax(off[wrong])]
    number = int(vertex_id[order[first[worst]]])
    return [
        errors.warning(
            "node-numbers-apart", table, id=str(number), n=len(wrong), number=number, metres=f"{off[worst]:,.1f}",
            x=round(float(low[worst, 0]), 1), y=round(float(low[worst, 1]), 1),
        )
    ]  # fmt: skip


def _heights_apart(shapes: npt.NDArray[np.object_], table: str) -> list[Finding]:
    """Return a finding where lines share a vertex in the plane and differ in height there."""
    if not shapely.has_z(shapes).any():
        return []
    xyz = shapely.get_coordinates(shapes, include_z=True)
    xyz = xyz[np.isfinite(xyz).all(axis=1)]
    order = np.lexsort((xyz[:, 1], xyz[:, 0]))
    xyz = xyz[order]
    new = np.ones(len(xyz), dtype=bool)
    new[1:] = (xyz[1:, :2] != xyz[:-1, :2]).any(axis=1)
    first = np.flatnonzero(new)
    if not len(first):
        return []
    off = np.maximum.reduceat(xyz[:, 2], first) - np.minimum.reduceat(xyz[:, 2], first)
    wrong = np.flatnonzero(off > _SAME_HEIGHT_M)
    if not len(wrong):
        return []
    worst = wrong[np.argmax(off[wrong])]
    x, y = xyz[first[worst], :2].tolist()
    return [
        errors.warning(
            "lines-differ-in-height", table, n=len(wrong), x=round(x, 6), y=round(y, 6), metres=f"{off[worst]:.1f}"
        )
    ]


def _bad_lines(shapes: npt.NDArray[np.object_], table: str, *, kept: bool) -> list[Finding]:
    """Return an error for every feature that is no line one can walk, or one for a file without any."""
    if not len(shapes):
        return [errors.error("network-no-lines", table)]
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = shapely.get_type_id(shapes)
    other = ~missing & ~np.isin(kinds, _LINES)
    found = [errors.error("geometry-missing", table, int(at) + 1, kind="") for at in np.flatnonzero(missing).tolist()]
    found += [
        errors.error("geometry-not-line", table, at + 1, kind=shapes[at].geom_type)
        for at in np.flatnonzero(other).tolist()
    ]
    if missing.all() or (missing | other).all():
        return [*found, errors.error("network-no-lines", table)]
    if kept:
        several = shapely.get_num_geometries(shapes) > 1
        found += [errors.error("kept-line-parts", table, int(at) + 1) for at in np.flatnonzero(several).tolist()]
    usable = np.flatnonzero(~(missing | other))
    parts, owner = _apart(shapes, usable)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    infinite = np.unique(owner[line[~np.isfinite(xy).all(axis=1)]])
    found += [errors.error("geometry-not-finite", table, int(at) + 1) for at in infinite]
    # a line of one place only: no vertex differs from its first
    count = np.bincount(line, minlength=len(parts))
    first = np.concatenate([[0], np.cumsum(count)])[:-1]
    differs = np.bincount(line, weights=(xy != xy[first[line]]).any(axis=1), minlength=len(parts)) > 0
    points = np.setdiff1d(np.unique(owner[~differs]), infinite)
    return found + [errors.error("line-degenerate", table, int(at) + 1) for at in points]


def _texts(column: pd.Series) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    """Return the distinct cells of a column as texts, and which of them each cell is; an empty one is the last, ''."""
    if not isinstance(column.dtype, pd.StringDtype):  # in a mixed column 1 and true are equal, their texts are not
        column = pd.Series(_cells(column), dtype=object)
    number, distinct = pd.factorize(column)
    return np.array([*(as_text(cell).strip() for cell in distinct), ""], dtype=object), number


def _cells(column: pd.Series) -> list[str]:
    return [as_text(cell).strip() for cell in column.to_numpy(dtype=object)]


def _elevations(frame: gpd.GeoDataFrame, name: str, table: str, errs: list[Finding]) -> npt.NDArray[np.float64]:
    """Return elevations in metres, NaN where a cell is empty."""
    if frame[name].dtype.kind == "f" and not np.isinf(frame[name]).any():
        return np.asarray(frame[name], dtype=np.float64)
    texts = _cells(frame[name])
    values = cells.numbers(texts)
    errs += [
        errors.error("bad-number", table, at + 1, column=name, value=texts[at][:80])
        for at in np.flatnonzero(~np.isfinite(values)).tolist()
        if texts[at]
    ]
    return values


def _node_numbers(frame: gpd.GeoDataFrame, name: str, table: str, errs: list[Finding]) -> npt.NDArray[np.int64]:
    """Return the node numbers of a kept network's ends."""
    column = frame[name]
    if column.dtype.kind in "iu" and column.between(0, _LARGEST_NUMBER).all():
        return np.asarray(column, dtype=np.int64)
    texts = _cells(column)
    numbers = np.full(len(texts), -1, dtype=np.int64)
    for at, text in enumerate(texts):
        if text.isascii() and text.isdigit() and len(text) < 19:
            numbers[at] = int(text)
        else:
            errs.append(errors.error("bad-number", table, at + 1, column=name, value=text[:80]))
    return numbers


def _street_ids(frame: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return the file's own whole-number ids where all are, else the number of the feature, from 1."""
    for name in ("street_id", "id"):
        if name in frame.columns and frame[name].dtype.kind in "iu":
            return np.asarray(frame[name], dtype=np.int64)
    return np.arange(1, len(frame) + 1, dtype=np.int64)


def _metric(xy: npt.NDArray[np.float64], given: CRS, crs: str, table: str) -> npt.NDArray[np.float64]:
    wanted = CRS.from_user_input(crs)
    same = given == wanted or given.equals(wanted, ignore_axis_order=True)
    if same or (given.to_epsg() is not None and given.to_epsg() == wanted.to_epsg()):
        return np.ascontiguousarray(xy)
    x, y = between(given, wanted).transform(xy[:, 0], xy[:, 1])
    metric = np.column_stack([x, y])
    if not np.isfinite(metric).all():
        raise InputError(errors.error("crs-does-not-fit", table, value=given.name, crs=wanted.name))
    return metric
