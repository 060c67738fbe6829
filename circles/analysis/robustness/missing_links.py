"""Missing links: short pieces of street that are not there, between an end of one street and another street nearby.

They are looked for where they could help a rule that is not met, guessed at by adding the walk over them to what is
walked already, and only the most promising are handed on, to be built and walked for real.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer
from scipy import sparse

from circles.analysis.access import CategoryReach, Walks
from circles.analysis.robustness.least_change import limit_of
from circles.analysis.verdicts import Facts
from circles.analysis.verdicts.measures import MEASURES, Improvement
from circles.area import Rule
from circles.foundation.limits import within
from circles.foundation.types import F64, I64
from circles.inputs import fragments
from circles.network import AccessLeg, Positions, Snapped, StreetNetwork, snapping

LONGEST_M = 150.0
"""A missing link is no longer than this: beyond, it is a new road."""
TRIED_MAX = 8
"""Links that are built and walked for real."""
_LOOKED_AT_MAX = 400
_OFF_LAND_MAX_M = 10.0
_TARGETS_MAX = 6


@dataclass(frozen=True)
class MissingLink:
    """A straight piece of footway that is not there.

    Attributes
    ----------
    id : ``link-<node>-<edge>``
    name : what it ties together, by the names of streets or villages, and its length
    lon_lat : its two ends, WGS 84
    length_m : its length
    """

    id: str
    name: str
    lon_lat: tuple[tuple[float, float], tuple[float, float]]
    length_m: float


@dataclass(frozen=True)
class _Ends:
    """Ends of streets and where another street is near: one row per pair.

    ``start_xy`` is where the link begins: the node, or of a fragment the place nearest to the street it should meet,
    whose node is then the next one.
    """

    node: I64
    start_xy: F64
    edge: I64
    fraction: F64
    foot_xy: F64
    length_m: F64

    def __len__(self) -> int:
        return len(self.node)

    def taken(self, which: npt.NDArray[np.bool_] | I64) -> _Ends:
        return _Ends(*(getattr(self, name)[which] for name in _Ends.__dataclass_fields__))


def promising(
    walks: Walks,
    facts: Facts,
    failed: Iterable[tuple[str, Rule, float]],
    reaches: Mapping[tuple[str, str], CategoryReach],
    *,
    villages: Mapping[str, str],
) -> list[MissingLink]:
    """Return the links most likely to turn a verdict that is not met, at most ``TRIED_MAX``, the best first.

    Parameters
    ----------
    walks : residents and facilities, snapped to the network
    facts : limits and profiles of each rule
    failed : (township, rule, shortfall) not met
    reaches : (category, profile) → the walk, for every rule of ``failed``
    villages : village code → name
    """
    asked = [item for item in failed if MEASURES[item[1].measure].counts_people]
    ends = _near_misses(walks.network, fragment_max_m=walks.area.walk.fragment_max_m) if asked else None
    if ends is None or not len(ends):
        return []
    best: dict[int, float] = {}
    for rule in {rule.id: rule for _, rule, _ in asked}.values():
        own = [reaches[category, facts.profile(rule, category)] for category in rule.category_ids]
        missing = {town: _least_gain(rule, shortfall) for town, of, shortfall in asked if of.id == rule.id}
        for row, gains in _gains(facts, rule, own, ends=ends, towns=list(missing)).items():
            worth = [gain for gain, least in zip(gains, missing.values(), strict=True) if gain >= least]
            if worth:
                best[row] = max(best.get(row, 0.0), *worth)
    order = sorted(best, key=lambda row: (-best[row], row))
    chosen = _one_per_place(ends, order)[:TRIED_MAX]
    return [_named(walks, ends.taken(np.array([row])), villages) for row in chosen]


def _near_misses(network: StreetNetwork, *, fragment_max_m: float) -> _Ends:
    """Return ends of streets, and fragments, with the nearest points of other streets of their island, over land."""
    edges, n = network.edges, network.n_nodes
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    degree = np.bincount(np.concatenate([tail, head]), minlength=n)
    loose = np.flatnonzero(degree == 1)
    lines = shapely.linestrings(network.xy, indices=np.repeat(np.arange(len(edges)), np.diff(network.offsets)))
    points = shapely.points(network.node_xy[loose])
    at, edge = shapely.STRtree(lines).query(points, predicate="dwithin", distance=LONGEST_M)
    other = (tail[edge] != loose[at]) & (head[edge] != loose[at])
    at, edge = at[other], edge[other]
    along = shapely.line_locate_point(lines[edge], points[at])
    foot = shapely.line_interpolate_point(lines[edge], along)
    length = shapely.distance(points[at], foot)
    order = np.lexsort((edge, length, at))
    rank = np.arange(len(at)) - np.searchsorted(at[order], at[order], side="left")
    kept = order[(rank < _TARGETS_MAX) & (length[order] > 1.0)]
    fraction = np.clip(along[kept] / np.maximum(shapely.length(lines[edge[kept]]), 1e-9), 0.0, 1.0)
    node = loose[at[kept]]
    found = _Ends(node, network.node_xy[node], edge[kept], fraction, shapely.get_coordinates(foot[kept]), length[kept])
    found = _both(_gaps_of_fragments(network, fragment_max_m), found)
    return found.taken(_is_over_land(network, found))


def _gaps_of_fragments(network: StreetNetwork, fragment_max_m: float) -> _Ends:
    """Return the shortest gap between each cut-off piece of street and a longer one."""
    component, metres = network.connected
    edges = network.edges
    gaps = fragments.gaps_of(network, np.unique(component[metres < fragment_max_m]).tolist(), within_m=LONGEST_M)
    found = [gaps[piece] for piece in sorted(gaps) if gaps[piece].metres > 0]
    own = np.array([gap.edge for gap in found], dtype=np.int64)
    other = np.array([gap.other for gap in found], dtype=np.int64)
    start = np.array([gap.from_xy for gap in found]).reshape(-1, 2)
    foot = np.array([gap.to_xy for gap in found]).reshape(-1, 2)
    ends = np.stack([edges["tail"].to_numpy()[own], edges["head"].to_numpy()[own]])
    off = np.hypot(*np.moveaxis(network.node_xy[ends] - start, -1, 0))
    node = np.where(off[0] <= off[1], ends[0], ends[1])
    at, _, _ = snapping.project(network.offsets, network.xy, edges["length_m"].to_numpy(), foot, other)
    return _Ends(node, start, other, at, foot, np.array([gap.metres for gap in found], dtype=np.float64))


def _both(one: _Ends, other: _Ends) -> _Ends:
    return _Ends(*(np.concatenate([getattr(one, f), getattr(other, f)]) for f in _Ends.__dataclass_fields__))


def _is_over_land(network: StreetNetwork, ends: _Ends) -> npt.NDArray[np.bool_]:
    """Return which links stay on their island but for a few metres: across water it would be a bridge."""
    ground = network.islands
    if not len(ground.polygons) or not len(ends):
        return np.ones(len(ends), dtype=bool)
    start = ends.start_xy
    island = ground.of_points(start, within_m=LONGEST_M)[0]
    same = (island >= 0) & (ground.of_points(ends.foot_xy, within_m=LONGEST_M)[0] == island)
    pieces = shapely.linestrings(np.stack([start, ends.foot_xy], axis=1))
    for number in np.unique(island[same]):
        rows = np.flatnonzero(same & (island == number))
        dry = shapely.length(shapely.intersection(pieces[rows], ground.geometry(int(number))))
        same[rows] = ends.length_m[rows] - dry <= _OFF_LAND_MAX_M
    return np.asarray(same)


def _least_gain(rule: Rule, shortfall: float) -> float:
    """Return the people that a link must seem to bring: all that are missing, but for what the guess may be off."""
    return 1e-9 if MEASURES[rule.measure].improved_by is Improvement.REACH_VILLAGES else max(1e-9, 0.8 * shortfall)


def _gains(
    facts: Facts, rule: Rule, own: Sequence[CategoryReach], *, ends: _Ends, towns: Sequence[str]
) -> dict[int, list[float]]:
    """Return, per row of ``ends`` that helps, the people of each township newly within the rule's limit."""
    limit_s = limit_of(rule, facts) * 60.0
    after = [_after(found, ends) for found in own]
    with np.errstate(invalid="ignore"):
        saved = [found.node_seconds[ends.node] - seconds for found, seconds in zip(own, after, strict=True)]
    helps = np.any([(seconds < limit_s) & (gain > 1.0) for seconds, gain in zip(after, saved, strict=True)], axis=0)
    worth = np.max([np.minimum(np.nan_to_num(gain, posinf=limit_s), limit_s) for gain in saved], axis=0)
    rows = np.flatnonzero(helps)
    rows = rows[np.argsort(-worth[rows], kind="stable")][:_LOOKED_AT_MAX]
    weights = facts.people(rule.group)
    was = _all_within([found.seconds for found in own], limit_s)
    of_town = {town: facts.rows(town) for town in towns}
    nodes, column = np.unique(ends.node[rows], return_inverse=True)
    walked = {found.walker: _seconds_to_nodes(found, nodes, limit_s) for found in own}
    gained: dict[int, list[float]] = {}
    for row, at in zip(rows.tolist(), column.tolist(), strict=True):
        to_node = {walker: _column(table, at) for walker, table in walked.items()}
        then = [np.fmin(f.seconds, to_node[f.walker] + seconds[row]) for f, seconds in zip(own, after, strict=True)]
        newly = _all_within(then, limit_s) & ~was
        gained[row] = [math.fsum(weights[mine[newly[mine]]].tolist()) for mine in of_town.values()]
    return gained


def _all_within(seconds: Sequence[F64], limit_s: float) -> npt.NDArray[np.bool_]:
    return within(np.max(np.nan_to_num(np.stack(seconds), nan=np.inf), axis=0), limit_s)


def _after(found: CategoryReach, ends: _Ends) -> F64:
    """Return the seconds from each end of a street over the link to the nearest facility, as if the link were level."""
    beyond = np.full(len(ends), np.inf)
    if len(found.facility_ids):
        there = Positions(ends.edge, np.clip(ends.fraction, 0.0, 1.0))
        beyond = found.network.graph(found.walker).nearest_at(found.positions, there, direction=found.direction)[0]
    return np.asarray(beyond + ends.length_m / found.walker.speed_m_per_s)


def _seconds_to_nodes(found: CategoryReach, nodes: I64, limit_s: float) -> sparse.csc_matrix:
    """Return the seconds between residents (rows) and nodes (columns); an unstored entry is beyond the limit."""
    homes, edges = found.resident_snapped, found.edges
    indptr, edge_at = edges.at_node
    edge = edge_at[indptr[nodes]]
    at_end = np.where(edges.tail[edge] == nodes, 0.0, 1.0)
    places = Snapped.single(AccessLeg(edge, at_end, np.zeros(len(nodes)), found.network.node_xy[nodes]))
    seconds = found.network.od_seconds(homes, places, found.walker, direction=found.direction, limit_s=limit_s)
    return sparse.csc_matrix(seconds)


def _column(table: sparse.csc_matrix, number: int) -> F64:
    """Return a column with inf where nothing is stored."""
    out = np.full(table.shape[0], np.inf)
    part = slice(table.indptr[number], table.indptr[number + 1])
    out[table.indices[part]] = table.data[part]
    return out


def _one_per_place(ends: _Ends, order: Sequence[int]) -> list[int]:
    """Return the rows in order without those that start where, or lead onto the edge that, a better one does."""
    nodes: set[int] = set()
    pairs: set[tuple[int, int]] = set()
    kept = []
    for row in order:
        node, edge = int(ends.node[row]), int(ends.edge[row])
        if node not in nodes and (node, edge) not in pairs:
            kept.append(row)
            nodes.add(node)
            pairs.add((node, edge))
    return kept


def _named(walks: Walks, end: _Ends, villages: Mapping[str, str]) -> MissingLink:
    """Return a link with a name that people know: its streets, else the villages of those who live nearest."""
    network = walks.network
    start, stop = end.start_xy[0], end.foot_xy[0]
    edges = network.edges
    touching = np.flatnonzero((edges["tail"] == end.node[0]) | (edges["head"] == end.node[0]))[0]
    names = [
        str(edges["name"].iloc[edge]) or _village(walks, at, villages)
        for edge, at in ((touching, start), (end.edge[0], stop))
    ]
    name = "—".join(dict.fromkeys(name for name in names if name)) or network.islands.names[0]
    lon, lat = Transformer.from_crs(network.crs, "EPSG:4326", always_xy=True).transform([start[0], stop[0]], [start[1], stop[1]])  # fmt: skip
    corners = tuple((round(float(x), 8), round(float(y), 8)) for x, y in zip(lon, lat, strict=True))
    length = float(end.length_m[0])
    return MissingLink(f"link-{end.node[0]}-{end.edge[0]}", f"{name} {length:.0f} m", (corners[0], corners[1]), length)


def _village(walks: Walks, at: F64, villages: Mapping[str, str]) -> str:
    """Return the name of the village of the resident nearest to a place; '' where none has one."""
    codes = pd.Series(walks.residents["village_code"]).fillna("").astype(str).to_numpy(dtype=object)
    has = np.flatnonzero((codes != "") & np.isfinite(walks.resident_at.xy).all(axis=1))
    if not len(has):
        return ""
    nearest = has[np.argmin(np.hypot(*(walks.resident_at.xy[has] - at).T))]
    return villages.get(codes[nearest], str(codes[nearest]))
