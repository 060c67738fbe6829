"""OSM ways → the lines of the walking network: one line per way, vertices known by their node ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64
from circles.inputs.osm.scan import Element, Places, refs_of, sorted_unique
from circles.inputs.readers.line_values import not_always, tag_of
from circles.network.passability import closed_by, crosses_on_foot

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTRIBUTES: dict[str, str] = {
    column: tag_of(column)
    for column in (
        "name", "highway", "bridge", "tunnel", "layer", "foot", "access", "route", "oneway_foot", "conveying",
        "sidewalk", "motorroad", "service", "area", "ice_road", "winter_road", "seasonal", "tidal", "sac_scale",
        "abandoned", "disused", "ford", "opening_hours",
        "construction", "proposed", "demolished", "razed", "removed", "impassable", "foot_conditional",
        "access_conditional", "abandoned_highway", "disused_highway", "flood_prone", "trail_visibility", "start_date",
        "opening_date", "end_date",
    )
}  # fmt: skip
"""Column of ``Streets.lines`` -> OSM key."""
KEYS = frozenset({"highway", "route", "waterway", "man_made"})
"""Ways without one of these keys are no streets."""
_BLOCK = 100_000


def is_street(tags: Mapping[str, str]) -> bool:
    """Return whether a way belongs to the table of streets; whether one may walk there, the rules say later."""
    return "highway" in tags or tags.get("route") == "ferry" or crosses_on_foot(tags)


class StreetRows:
    """Collects ways as columns; a way is never held as an object."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.versions: list[int] = []
        self._cells: dict[str, tuple[list[int], list[str]]] = {key: ([], []) for key in ATTRIBUTES.values()}
        self._bodies: list[str] = []
        self._blocks: list[tuple[I64, I64]] = []

    def add(self, way: Element, tags: Mapping[str, str] | None = None) -> None:
        """Take a way, with its own tags or with those of the area that it outlines."""
        tags = way.tags if tags is None else tags
        row = len(self.ids)
        self.ids.append(way.id)
        self.versions.append(way.version)
        for key in tags.keys() & self._cells.keys():
            rows, values = self._cells[key]
            rows.append(row)
            values.append(tags[key])
        self._bodies.append(way.body)
        if len(self._bodies) >= _BLOCK:
            self._flush()

    def refs(self) -> tuple[I64, I64]:
        """Return the node ids of all ways, concatenated, and how many each has."""
        self._flush()
        empty = np.empty(0, np.int64)
        refs, counts = zip(*self._blocks, strict=True) if self._blocks else ((empty,), (empty,))
        return np.concatenate(refs), np.concatenate(counts)

    def _flush(self) -> None:
        if self._bodies:
            self._blocks.append(refs_of(self._bodies))
            self._bodies = []

    def frame(self) -> pd.DataFrame:
        """Return one row per way taken, in the order of taking."""
        data: dict[str, object] = {"street_id": np.array(self.ids, dtype=np.int64)}
        for column, key in ATTRIBUTES.items():
            rows, values = self._cells[key]
            cells = np.full(len(self.ids), "", dtype=object)
            cells[rows] = values
            data[column] = pd.array(cells, dtype="str")
        return pd.DataFrame(data)


def streets(rows: StreetRows, places: Places, *, crs: str, file: str) -> tuple[Streets, list[Finding]]:
    """Return the lines of the walking network, sorted by way id, and findings.

    A way that lacks nodes in the file is kept as the parts that are there; these share its ``street_id``. Vertices that
    repeat the one before them are dropped, and so are lines of fewer than two vertices.

    Parameters
    ----------
    rows : the ways, column by column
    places : coordinates of their nodes
    crs : metric CRS of the result
    file : name of the extract, for findings
    """
    refs, counts = rows.refs()
    frame = rows.frame()
    keep, findings = _one_of_each(frame["street_id"].to_numpy(), np.array(rows.versions, dtype=np.int64), file)
    way = np.repeat(np.arange(len(counts)), counts)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    refs, way = _in_order(refs, way, starts, counts, keep)
    fresh = np.ones(len(refs), dtype=bool)
    fresh[1:] = (refs[1:] != refs[:-1]) | (way[1:] != way[:-1])
    refs, way = refs[fresh], way[fresh]
    at = np.searchsorted(places.id, refs)
    present = np.isfinite(places.lonlat[at, 0])
    part = _parts(way, present)
    kept = _long_enough(part)
    vertex = np.flatnonzero(present)[kept]
    first = np.flatnonzero(np.diff(part[kept], prepend=-1))
    offsets = np.append(first, len(vertex)).astype(np.int64)
    of_line = way[vertex[first]]
    findings += _missing(frame["street_id"].to_numpy(), keep, cut=sorted_unique(way[~present]), left=of_line, file=file)
    lines = frame.iloc[of_line].reset_index(drop=True).assign(source="openstreetmap")
    xy = _projected(places, crs)[at[vertex]]
    return Streets(lines, offsets, xy, refs[vertex]), findings + _closed(lines, file)


def _one_of_each(ids: I64, versions: I64, file: str) -> tuple[I64, list[Finding]]:
    """Return the rows to keep, by way id: of several with one id the newest, of those the first."""
    order = np.lexsort((np.arange(len(ids)), -versions, ids))
    first = np.ones(len(ids), dtype=bool)
    first[1:] = ids[order][1:] != ids[order][:-1]
    twice = np.unique(ids[order][~first])
    return order[first], _listed("osm-way-twice", "warning", file, [f"w{i}" for i in twice])


def _in_order(refs: I64, way: I64, starts: I64, counts: I64, keep: I64) -> tuple[I64, I64]:
    if len(keep) == len(counts) and (keep == np.arange(len(counts))).all():
        return refs, way
    lengths = counts[keep]
    shift = np.repeat(starts[keep] - np.concatenate([[0], np.cumsum(lengths)])[:-1], lengths)
    vertex = np.arange(lengths.sum()) + shift
    return refs[vertex], way[vertex]


def _parts(way: I64, present: npt.NDArray[np.bool_]) -> I64:
    """Return the number of the run of present vertices that each is in; a new run at each way and behind each gap."""
    index = np.flatnonzero(present)
    new = np.ones(len(index), dtype=bool)
    new[1:] = (np.diff(index) > 1) | (way[index][1:] != way[index][:-1])
    return np.asarray(np.cumsum(new) - 1, dtype=np.int64)


def _long_enough(part: I64) -> npt.NDArray[np.bool_]:
    return np.asarray(np.bincount(part)[part] >= 2) if len(part) else np.empty(0, dtype=bool)


def _missing(ids: I64, keep: I64, *, cut: I64, left: I64, file: str) -> list[Finding]:
    """Report ways that lack nodes in the file, and ways of which nothing is left."""
    gone = np.setdiff1d(keep, left)
    return [
        *_listed("osm-way-cut", "warning", file, [f"w{i}" for i in sorted(ids[np.intersect1d(cut, left)])]),
        *_listed("osm-way-dropped", "info", file, [f"w{i}" for i in sorted(ids[gone])]),
    ]


def _projected(places: Places, crs: str) -> F64:
    """Return (n, 2) metres of all places; NaN where the file lacks the node."""
    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = transformer.transform(places.lonlat[:, 0], places.lonlat[:, 1])
    return np.column_stack([x, y])


def _closed(lines: pd.DataFrame, file: str) -> list[Finding]:
    """Say, rule by rule, how many lines the walking rules close."""
    codes, counts = np.unique(closed_by(lines).astype(str), return_counts=True)
    found = [
        errors.info("osm-lines-closed", file, id=rule, rule=rule, n=int(n))
        for rule, n in zip(codes, counts, strict=True)
        if rule
    ]
    return found + not_always(lines, file, prefix="w")


def _listed(code: str, severity: errors.Severity, file: str, ids: list[str]) -> list[Finding]:
    if not ids:
        return []
    return [Finding(severity, code, file, None, ids[0], {"n": len(ids), "ids": errors.few(ids)})]
