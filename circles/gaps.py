"""Connected groups of streets whose people lack a service (contract, section 3.12)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from circles.coverage import reached
from circles.reach import CategoryReach, Walks
from circles.service_areas import Edges, Parts, part_lines
from circles.tables import TABLES, Reason

TOO_FAR = "too_far"
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_NEAR = 1e-9


def gaps(walks: Walks, reaches: Mapping[str, CategoryReach]) -> gpd.GeoDataFrame:
    """Return the table ``gaps``; per category the gaps' people add up to population − covered.

    A gap is a connected component of the street parts beyond the limit that has unreached people; a person whose
    street is within the limit, but not with the leg to it, belongs to the gap nearest on the same street, else to one
    of that street alone. Residents who are not joined form one gap per township.
    """
    rows: list[dict[str, Any]] = []
    for found in reaches.values():
        rows += _ranked([*_street_gaps(walks, found), *_loose_gaps(walks, found)], found.category)
    names = TABLES["gaps"].names
    if not rows:
        return gpd.GeoDataFrame(TABLES["gaps"].empty().drop(columns="geometry"), geometry=[], crs="EPSG:4326")
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=walks.area.crs)
    return table.to_crs("EPSG:4326")[[*names[:-1], "townships", "residents", "geometry"]]


def _lacking(walks: Walks, found: CategoryReach) -> npt.NDArray[np.bool_]:
    """Return which residents are not within the limit; those that weigh nothing are in no gap."""
    has_people = walks.residents["population"].to_numpy() > 0
    return np.asarray(~reached(found.seconds / 60.0, walks.area.walk.limit_min) & has_people)


def _street_gaps(walks: Walks, found: CategoryReach) -> list[dict[str, Any]]:
    edges = found.edges
    parts = found.beyond(limit_min=walks.area.walk.limit_min)
    rows = np.flatnonzero(_lacking(walks, found) & found.resident_joined.is_joined)
    parts, part_of = _located(parts, found.resident_joined.edge[rows], found.resident_joined.fraction[rows])
    if not len(rows):
        return []
    label = _components(parts, edges)
    gap_of = label[part_of]
    out = []
    for gap in np.unique(gap_of):
        mine = np.flatnonzero(label == gap)
        lines = part_lines(edges, _taken(parts, mine))
        out.append(_row(walks, found, rows[gap_of == gap], shapely.multilinestrings(lines)))
    return out


def _located(parts: Parts, edge: Ints, fraction: Floats) -> tuple[Parts, Ints]:
    """Return the part each place belongs to; places in none go to the nearest of their edge, else make one."""
    order = np.lexsort((parts.from_fraction, parts.edge))
    by_edge: dict[int, list[int]] = {}
    for row in order.tolist():
        by_edge.setdefault(int(parts.edge[row]), []).append(row)
    own = np.empty(len(edge), dtype=np.int64)
    extra: dict[int, list[float]] = {}
    number: dict[int, int] = {}
    for i, (e, f) in enumerate(zip(edge.tolist(), fraction.tolist(), strict=True)):
        rows = by_edge.get(e)
        if rows:
            off = [max(parts.from_fraction[r] - f, f - parts.to_fraction[r], 0.0) for r in rows]
            own[i] = rows[int(np.argmin(off))]
        else:
            own[i] = number.setdefault(e, len(parts) + len(number))
            extra.setdefault(e, []).append(f)
    if extra:
        low, high = [min(v) for v in extra.values()], [max(v) for v in extra.values()]
        unsaid = np.full(len(extra), np.nan)
        more = Parts(np.array(list(extra), dtype=np.int64), np.array(low), np.array(high), unsaid, unsaid)
        parts = Parts(*(np.concatenate([getattr(parts, n), getattr(more, n)]) for n in Parts.__dataclass_fields__))
        is_alone = np.arange(len(parts)) >= len(parts) - len(extra)
        # such a part lies within the limit: it must not tie neighbours together at its nodes
        parts = Parts(
            parts.edge,
            np.where(is_alone, np.clip(parts.from_fraction, 2 * _NEAR, 1 - 2 * _NEAR), parts.from_fraction),
            np.where(is_alone, np.clip(parts.to_fraction, 2 * _NEAR, 1 - 2 * _NEAR), parts.to_fraction),
            parts.from_s,
            parts.to_s,
        )
    return parts, own


def _components(parts: Parts, edges: Edges) -> Ints:
    """Return a component number per part: parts touch where both run up to the node they share."""
    n = len(parts)
    n_nodes = int(max(edges.tail.max(initial=0), edges.head.max(initial=0))) + 1
    at_tail = np.flatnonzero(parts.from_fraction <= _NEAR)
    at_head = np.flatnonzero(parts.to_fraction >= 1 - _NEAR)
    part = np.concatenate([at_tail, at_head])
    node = np.concatenate([edges.tail[parts.edge[at_tail]], edges.head[parts.edge[at_head]]])
    links = sparse.coo_matrix((np.ones(len(part), np.int8), (part, n + node)), shape=(n + n_nodes,) * 2)
    return np.asarray(connected_components(links, directed=False)[1][:n], dtype=np.int64)


def _taken(parts: Parts, which: Ints) -> Parts:
    return Parts(*(getattr(parts, name)[which] for name in Parts.__dataclass_fields__))


def _loose_gaps(walks: Walks, found: CategoryReach) -> list[dict[str, Any]]:
    rows = np.flatnonzero(_lacking(walks, found) & ~found.resident_joined.is_joined)
    township = walks.residents["township_code"].to_numpy(dtype=object)
    out = []
    for code in sorted(set(township[rows].tolist())):
        mine = rows[township[rows] == code]
        xy = walks.resident_at.xy[mine]
        points = shapely.multipoints(xy[np.isfinite(xy).all(axis=1)])
        out.append(_row(walks, found, mine, points))
    return out


def _row(walks: Walks, found: CategoryReach, rows: Ints, geometry: shapely.Geometry) -> dict[str, Any]:
    people = walks.residents["population"].to_numpy(dtype=np.float64)[rows]
    township = walks.residents["township_code"].to_numpy(dtype=object)[rows]
    reason = np.where(found.reason[rows] == "", TOO_FAR, found.reason[rows]).astype(object)
    by_township = _weighed(township, people)
    return {
        "township_code": by_township[0][0],
        "category": found.category,
        "population": math.fsum(people.tolist()),
        "nearest_minutes_median": _median(found.minutes[rows], people),
        "reason": _weighed(reason, people)[0][0],
        "townships": " ".join(code for code, _ in by_township),
        "residents": len(rows),
        "geometry": geometry,
        "_first": int(rows[0]),
    }


def _weighed(values: npt.NDArray[np.object_], people: Floats) -> list[tuple[str, float]]:
    """Return values with their people, most first, then by name."""
    total = {value: math.fsum(people[values == value].tolist()) for value in set(values.tolist())}
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _median(minutes: Floats, people: Floats) -> float:
    """Return the least minutes within which half of those who have any are; NaN where none has."""
    has = ~np.isnan(minutes)
    if not has.any():
        return math.nan
    order = np.argsort(minutes[has], kind="stable")
    weight = np.cumsum(people[has][order])
    return float(minutes[has][order][np.searchsorted(weight, weight[-1] / 2)])


def _ranked(rows: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    not_joined = Reason.NOT_JOINED.value
    rows.sort(key=lambda r: (-r["population"], r["reason"] == not_joined, r["township_code"], r["_first"]))
    return [
        {"gap_id": f"{category}-{i}", **{k: v for k, v in r.items() if k != "_first"}} for i, r in enumerate(rows, 1)
    ]
