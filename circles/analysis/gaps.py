"""Connected groups of streets whose people lack a service, any service, or all of them (contract, section 3.12)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.analysis.access import CategoryReach, Walks
from circles.analysis.coverage import groups, people
from circles.foundation.crs import WGS84, projected
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES, Reason
from circles.foundation.types import F64, I64, Bools
from circles.network.components import components
from circles.network.isochrones import Edges, Parts, chained, concatenated

TOO_FAR = "too_far"
ANY, ALL_KINDS = "any", "all"
"""``category`` of gaps of people who lack at least one kind of service, and of people who lack every kind."""
_SEVERITY = (TOO_FAR, *(str(r) for r in (Reason.BEYOND_HORIZON, Reason.NO_ROUTE, Reason.NO_FACILITY_ON_ISLAND, Reason.NOT_JOINED)))  # fmt: skip
_NEAR = 1e-9


@dataclass(frozen=True)
class _Lack:
    """What is lacked: by whom, on which parts of streets, and why.

    ``rows`` are the residents who lack it, ``edge`` and ``fraction`` where each resident is snapped (-1 = nowhere),
    ``minutes`` and ``reason`` those of all residents.
    """

    name: str
    edges: Edges
    parts: Parts
    rows: I64
    edge: I64
    fraction: F64
    minutes: F64
    reason: npt.NDArray[np.object_]


@dataclass(frozen=True)
class _Homes:
    """Columns of the residents as arrays, and the names of villages by code."""

    population: F64
    township: npt.NDArray[np.object_]
    island: npt.NDArray[np.object_]
    village: npt.NDArray[np.object_]
    groups: Mapping[str, F64]


def gaps(
    walks: Walks, reaches: Mapping[str, CategoryReach], villages: Mapping[str, str] | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the tables ``gaps`` and ``gaps_any``; per category the gaps' people add up to population − covered.

    A gap is a connected component of the street parts beyond the limit that has unreached people; a person whose
    street is within the limit, but not with the access leg to it, belongs to the gap nearest on the same street, else to one
    of that street alone. Residents who are not snapped form one gap per township. ``villages`` names village codes.

    ``gaps_any`` are gaps of people who lack at least one kind of service (``any``), and who lack every kind (``all``):
    streets beyond the limit of at least one category, or of each. ``nearest_minutes_median`` is of the minutes until
    every kind (``any``) or the first (``all``) is reached, and so is the reason; ``gaps`` names the gaps of single
    services that their people belong to.
    """
    found, homes = list(reaches.values()), _homes(walks, villages or {})
    own = [row for reach in found for row in _rows(walks, homes, _of_category(walks, reach))]
    of = _memberships(own, len(homes.population))
    both = [row for name in (ANY, ALL_KINDS) if found for row in _rows(walks, homes, _together(walks, found, name))]
    for row in both:
        row["gaps"] = " ".join(key for number in of for key in _distinct(number[row["_people"]]))
    return _table(homes, own), _table(homes, both, "gaps")


def _memberships(rows: Sequence[dict[str, Any]], n_residents: int) -> list[npt.NDArray[np.object_]]:
    """Return, per category, the id of the gap that each resident belongs to, '' = none."""
    of: dict[str, npt.NDArray[np.object_]] = {}
    for row in rows:
        if row["category"] not in of:
            of[row["category"]] = np.full(n_residents, "", dtype=object)
        of[row["category"]][row["_people"]] = row["gap_id"]
    return list(of.values())


def _distinct(keys: npt.NDArray[np.object_]) -> list[str]:
    """Return the ids of gaps in the order of their numbers, each once, without the empty one."""
    return sorted({str(key) for key in keys.tolist()} - {""}, key=lambda key: int(key.rpartition("-")[2]))


def _of_category(walks: Walks, found: CategoryReach) -> _Lack:
    snapped, limit = found.resident_leg, walks.area.walk.limit_min
    rows = np.flatnonzero(_lacking(walks, found))
    return _Lack(
        found.category, found.edges, found.beyond(limit_min=limit), rows, snapped.edge, snapped.fraction, found.minutes,
        np.where(found.reason == "", TOO_FAR, found.reason).astype(object),
    )  # fmt: skip


def _together(walks: Walks, found: Sequence[CategoryReach], name: str) -> _Lack:
    """Return what lies beyond the limit of some category, or of all of them."""
    is_any = name == ANY
    lacks = np.stack([_lacking(walks, item) for item in found])
    edge, fraction = found[0].resident_leg.edge.copy(), found[0].resident_leg.fraction.copy()
    for item in found[1:]:  # a walker who cannot use steps may be snapped elsewhere, or nowhere
        loose = edge < 0
        edge[loose], fraction[loose] = item.resident_leg.edge[loose], item.resident_leg.fraction[loose]
    minutes = np.stack([np.where(np.isnan(item.minutes), np.inf, item.minutes) for item in found])
    whole = minutes.max(axis=0) if is_any else minutes.min(axis=0)
    rank = np.stack([_rank(item.reason) for item in found])
    worst = np.where(lacks, rank, -1).max(axis=0) if is_any else rank.min(axis=0)
    parts = _overlaid(
        [item.beyond(limit_min=walks.area.walk.limit_min) for item in found], least=1 if is_any else len(found)
    )
    return _Lack(
        name, found[0].edges, parts, np.flatnonzero(lacks.any(axis=0) if is_any else lacks.all(axis=0)), edge, fraction,
        np.where(np.isfinite(whole), whole, np.nan), np.array(_SEVERITY, dtype=object)[np.maximum(worst, 0)],
    )  # fmt: skip


def _rank(reason: npt.NDArray[np.object_]) -> I64:
    rank = np.zeros(len(reason), dtype=np.int64)
    for number, code in enumerate(_SEVERITY):
        rank[reason == code] = number
    return rank


def _overlaid(lists: Sequence[Parts], *, least: int) -> Parts:
    """Return the parts of streets that lie in at least ``least`` of some lists, none of which overlaps itself."""
    every = concatenated(lists)
    n = len(every)
    edge, at = np.tile(every.edge, 2), np.concatenate([every.from_fraction, every.to_fraction])
    step = np.repeat([1, -1], n)
    order = np.lexsort((-step, at, edge))
    edge, at, depth = edge[order], at[order], np.cumsum(step[order])
    is_in = depth >= least
    opens = np.flatnonzero(is_in & ~np.r_[False, is_in[:-1]])
    closes = np.flatnonzero(~is_in & np.r_[False, is_in[:-1]])
    wide = at[closes] > at[opens]
    edge, start, stop = edge[opens][wide], at[opens][wide], at[closes][wide]
    unsaid = np.full(edge.size, np.nan)
    return Parts(edge, start, stop, unsaid, unsaid)


def _rows(walks: Walks, homes: _Homes, lack: _Lack) -> list[dict[str, Any]]:
    """Return a row per gap, those of most people first."""
    return _ranked([*_street_gaps(walks, homes, lack), *_loose_gaps(walks, homes, lack)], lack.name)


def _table(homes: _Homes, rows: Sequence[dict[str, Any]], *more: str) -> gpd.GeoDataFrame:
    names = [*TABLES["gaps"].names[:-1], *homes.groups, *more]
    if not rows:
        empty = TABLES["gaps"].empty().drop(columns="geometry").reindex(columns=names)
        return gpd.GeoDataFrame(empty, geometry=[], crs=WGS84)
    table = gpd.GeoDataFrame(pd.DataFrame(list(rows)), geometry="geometry", crs=WGS84)
    return table[[*names, "geometry"]]


def _homes(walks: Walks, villages: Mapping[str, str]) -> _Homes:
    plain = pd.DataFrame(walks.residents.drop(columns="geometry"))
    township, island, village = (
        plain[name].fillna("").astype(str).to_numpy(dtype=object)
        for name in ("township_code", "island", "village_code")
    )
    number, codes = pd.factorize(village)
    named = np.array([villages.get(code, code) for code in codes], dtype=object)[number]
    more = {group: people(plain, group) for group in groups(plain)[1:]}
    return _Homes(people(plain, "population"), township, island, named, more)


def _lacking(walks: Walks, found: CategoryReach) -> Bools:
    """Return which residents are not within the limit; those that weigh nothing are in no gap."""
    has_people = walks.residents["population"].to_numpy() > 0
    return np.asarray(~reached(found.seconds / 60.0, walks.area.walk.limit_min) & has_people)


def _street_gaps(walks: Walks, homes: _Homes, lack: _Lack) -> list[dict[str, Any]]:
    rows = lack.rows[lack.edge[lack.rows] >= 0]
    if not len(rows):
        return []
    parts, part_of = _located(lack.parts, lack.edge[rows], lack.fraction[rows])
    label = _components(parts, lack.edges)
    lived_in, gap_of = np.unique(label[part_of], return_inverse=True)
    place = np.searchsorted(lived_in, label)
    of_part = np.where(lived_in[np.minimum(place, len(lived_in) - 1)] == label, place, -1)
    lines = chained(lack.edges, parts.taken(of_part >= 0), of_part[of_part >= 0], len(lived_in))
    shapes = lines.shapes(projected(lines.xy, walks.area.crs, WGS84))
    people_of = _grouped(rows, gap_of, len(lived_in))
    return [_row(homes, lack, mine, shape) for mine, shape in zip(people_of, shapes, strict=True)]


def _grouped(values: npt.NDArray[Any], group: I64, count: int) -> list[npt.NDArray[Any]]:
    """Return the values of each group 0 … count - 1, in their order."""
    order = np.argsort(group, kind="stable")
    return np.split(values[order], np.searchsorted(group[order], np.arange(1, count)))


def _located(parts: Parts, edge: I64, fraction: F64) -> tuple[Parts, I64]:
    """Return the part each place belongs to; places in none go to the nearest of their edge, else make one."""
    n = len(parts)
    own = np.full(len(edge), -1, dtype=np.int64)
    if n:
        after = np.searchsorted(2.0 * parts.edge + parts.from_fraction, 2.0 * edge + fraction, side="right")
        off = np.full((2, len(edge)), np.inf)
        for way, part in enumerate((after - 1, after)):
            near = np.clip(part, 0, n - 1)
            apart = np.maximum(parts.from_fraction[near] - fraction, fraction - parts.to_fraction[near])
            off[way] = np.where((parts.edge[near] == edge) & (near == part), np.maximum(apart, 0.0), np.inf)
        nearest = np.where(off[1] < off[0], after, after - 1)
        own = np.where(np.isfinite(off.min(axis=0)), nearest, -1)
    alone = np.flatnonzero(own < 0)
    if not len(alone):
        return parts, own
    fresh, number = np.unique(edge[alone], return_inverse=True)
    own[alone] = n + number
    low, high = np.ones(len(fresh)), np.zeros(len(fresh))
    np.minimum.at(low, number, fraction[alone])
    np.maximum.at(high, number, fraction[alone])
    # such a part lies within the limit: it must not tie neighbours together at its nodes
    low, high = np.clip(low, 2 * _NEAR, 1 - 2 * _NEAR), np.clip(high, 2 * _NEAR, 1 - 2 * _NEAR)
    unsaid = np.full(len(fresh), np.nan)
    more = Parts(fresh, low, high, unsaid, unsaid)
    return Parts(*(np.concatenate([getattr(parts, f), getattr(more, f)]) for f in Parts.__dataclass_fields__)), own


def _components(parts: Parts, edges: Edges) -> I64:
    """Return a component number per part: parts touch where both run up to the node they share."""
    n = len(parts)
    n_nodes = int(max(edges.tail.max(initial=0), edges.head.max(initial=0))) + 1
    at_tail = np.flatnonzero(parts.from_fraction <= _NEAR)
    at_head = np.flatnonzero(parts.to_fraction >= 1 - _NEAR)
    part = np.concatenate([at_tail, at_head])
    node = np.concatenate([edges.tail[parts.edge[at_tail]], edges.head[parts.edge[at_head]]])
    return components(part, n + node, n + n_nodes)[:n]


def _loose_gaps(walks: Walks, homes: _Homes, lack: _Lack) -> list[dict[str, Any]]:
    rows = lack.rows[lack.edge[lack.rows] < 0]
    township = homes.township[rows]
    out = []
    for code in sorted(set(township.tolist())):
        mine = rows[township == code]
        xy = walks.resident_at.xy[mine]
        xy = projected(xy[np.isfinite(xy).all(axis=1)], walks.area.crs, WGS84)
        points = shapely.multipoints(xy)
        out.append(_row(homes, lack, mine, points))
    return out


def _row(homes: _Homes, lack: _Lack, rows: I64, geometry: shapely.Geometry) -> dict[str, Any]:
    weights = homes.population[rows]
    by_township, by_reason = _weighed(homes.township[rows], weights), _weighed(lack.reason[rows], weights)
    return {
        "township_code": by_township[0],
        "category": lack.name,
        "population": math.fsum(weights.tolist()),
        "nearest_minutes_median": _median(lack.minutes[rows], weights),
        "reason": by_reason[0],
        "townships": " ".join(by_township),
        "residents": len(rows),
        "reasons": " ".join(by_reason),
        "islands": "、".join(_weighed(homes.island[rows], weights)),
        "villages": "、".join(_weighed(homes.village[rows], weights)),
        **{group: math.fsum(values[rows].tolist()) for group, values in homes.groups.items()},
        "geometry": geometry,
        "_people": rows,
    }


def _weighed(values: npt.NDArray[np.object_], weights: F64) -> list[str]:
    """Return the distinct texts, those of most people first, then by name; the empty one left out."""
    distinct = set(values.tolist()) - {""}
    if len(distinct) < 2:  # as nearly always
        return list(distinct)
    total = {value: math.fsum(weights[values == value].tolist()) for value in distinct}
    return sorted(total, key=lambda value: (-total[value], value))


def _median(minutes: F64, weights: F64) -> float:
    """Return the least minutes within which half of those who have any are; NaN where none has."""
    has = ~np.isnan(minutes)
    if not has.any():
        return math.nan
    order = np.argsort(minutes[has], kind="stable")
    weight = np.cumsum(weights[has][order])
    return float(minutes[has][order][np.searchsorted(weight, weight[-1] / 2)])


def _ranked(rows: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    not_snapped = Reason.NOT_JOINED.value
    rows.sort(key=lambda r: (-r["population"], r["reason"] == not_snapped, r["township_code"], int(r["_people"][0])))
    return [{"gap_id": f"{category}-{i}", **row} for i, row in enumerate(rows, 1)]
