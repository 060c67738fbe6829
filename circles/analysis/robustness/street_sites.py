"""What one more facility would reach of the streets: pieces of street not yet within a limit, and sites that reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from circles.analysis.access import CategoryReach, Walks
from circles.analysis.robustness.least_change import Streets
from circles.analysis.verdicts import Facts
from circles.area import Rule
from circles.area.walkers import Walker
from circles.foundation.limits import inclusive
from circles.foundation.types import F64, I64, Bools
from circles.network import Snapped
from circles.network.isochrones import Edges, Parts, concatenated, reached_parts, time_profile

_SHORT = 1e-9


@dataclass
class StreetSites:
    """The sites of `check.Candidates`, and the parts of streets that each reaches; walked once per walker and limit."""

    walks: Walks
    snapped: dict[str, Snapped]
    _parts: dict[tuple[str, float], tuple[Parts, I64]] = field(default_factory=dict)

    def of_township(self, rule: Rule, facts: Facts, rows: I64, own: Sequence[CategoryReach]) -> Streets:
        """Return the pieces of a township's streets that the rule does not count yet, and which site would reach them.

        Parameters
        ----------
        rule : the rule
        facts : limits and profiles of each rule
        rows : the township's edges
        own : the walk to each category of the rule
        """
        limit_min = facts.limit_min(rule)
        walkers = {found.walker.id: found for found in own}
        beyond = [_within(found.beyond(limit_min=limit_min, rows=rows), rows) for found in own]
        reached = {name: self._reached(found, limit_min * 60.0) for name, found in walkers.items()}
        near = {name: _of_rows(parts, site, rows) for name, (parts, site) in reached.items()}
        edge, low, high = _pieces(concatenated([*beyond, *(parts for parts, _ in near.values())]))
        metres = (high - low) * own[0].network.edges["length_m"].to_numpy()[edge]
        middle = 2.0 * edge + (low + high) / 2.0
        lacks = {name: np.zeros(len(edge), dtype=bool) for name in walkers}
        for found, parts in zip(own, beyond, strict=True):
            lacks[found.walker.id] |= _inside(middle, parts)
        open_still = np.logical_or.reduce(list(lacks.values()))
        n_sites = len(next(iter(self.snapped.values())).edge)
        reach = tuple(_matrix(middle[open_still], *near[name], n_sites=n_sites) for name in walkers)
        done = tuple(~lacks[name][open_still] for name in walkers)
        return _merged(metres[open_still], reach, done)

    def _reached(self, found: CategoryReach, limit_s: float) -> tuple[Parts, I64]:
        """Return the parts of all streets that each site reaches by itself, and the site of each part."""
        key = found.walker.id, limit_s
        if key not in self._parts:
            self._parts[key] = _alone(self.walks, found.walker, found.edges, self.snapped[found.walker.id], limit_s)
        return self._parts[key]


def _alone(walks: Walks, walker: Walker, edges: Edges, sites: Snapped, limit_s: float) -> tuple[Parts, I64]:
    places = sites.positions(speed_m_per_s=walker.speed_m_per_s)
    way = walks.area.walk.direction
    indptr, node, seconds = walks.network.graph(walker).reach(places, limit_s=limit_s, direction=way)
    at_node, edge_at = edges.at_node
    found: list[Parts] = []
    whose: list[I64] = []
    to_node = np.full(walks.network.n_nodes, np.inf)
    for number, site in enumerate(np.flatnonzero(sites.is_snapped).tolist()):
        mine = node[indptr[number] : indptr[number + 1]]
        to_node[mine] = seconds[indptr[number] : indptr[number + 1]]
        touched = np.concatenate(
            [places.edge[places.place == number], *(edge_at[at_node[n] : at_node[n + 1]] for n in mine.tolist())]
        )
        rows = np.unique(touched.astype(np.int64))
        tail_s, head_s = np.full(len(edges), np.inf), np.full(len(edges), np.inf)
        tail_s[rows], head_s[rows] = to_node[edges.tail[rows]], to_node[edges.head[rows]]
        profile = time_profile(edges, tail_s, head_s, places.of(number), direction=way, rows=rows)
        parts = reached_parts(profile, limit_s=inclusive(limit_s))
        found.append(parts)
        whose.append(np.full(len(parts), site, dtype=np.int64))
        to_node[mine] = np.inf
    if not found:
        empty = np.zeros(0)
        return Parts(empty.astype(np.int64), empty, empty, empty, empty), empty.astype(np.int64)
    columns = [np.concatenate([getattr(part, name) for part in found]) for name in Parts.__dataclass_fields__]
    return Parts(*columns), np.concatenate(whose)


def _within(parts: Parts, rows: I64) -> Parts:
    return parts.taken(np.isin(parts.edge, rows))


def _of_rows(parts: Parts, site: I64, rows: I64) -> tuple[Parts, I64]:
    keep = np.isin(parts.edge, rows)
    return parts.taken(keep), site[keep]


def _pieces(parts: Parts) -> tuple[I64, F64, F64]:
    """Return the pieces between all ends of parts, edge by edge."""
    edge, at = np.tile(parts.edge, 2), np.concatenate([parts.from_fraction, parts.to_fraction])
    order = np.lexsort((at, edge))
    edge, at = edge[order], at[order]
    keep = (edge[1:] == edge[:-1]) & (np.diff(at) > _SHORT)
    return edge[:-1][keep], at[:-1][keep], at[1:][keep]


def _inside(middle: F64, parts: Parts) -> Bools:
    """Return which pieces lie inside one of some parts, none of which overlaps itself."""
    start, stop = _range(middle, parts)
    change = np.zeros(len(middle) + 1, dtype=np.int64)
    np.add.at(change, start, 1)
    np.add.at(change, stop, -1)
    return np.asarray(np.cumsum(change)[:-1] > 0)


def _matrix(middle: F64, parts: Parts, site: I64, *, n_sites: int) -> sparse.csr_matrix:
    """Return which piece (row) each site (column) reaches."""
    start, stop = _range(middle, parts)
    size = np.maximum(stop - start, 0)
    rows = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)
    columns = np.repeat(site, size)
    found = sparse.coo_matrix((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(middle), n_sites))
    return sparse.csr_matrix(found).astype(bool)


def _range(middle: F64, parts: Parts) -> tuple[I64, I64]:
    base = 2.0 * parts.edge
    return (
        np.searchsorted(middle, base + parts.from_fraction, side="left"),
        np.searchsorted(middle, base + parts.to_fraction, side="right"),
    )


def _merged(metres: F64, reach: tuple[sparse.csr_matrix, ...], done: tuple[Bools, ...]) -> Streets:
    """Return pieces that the same sites reach, and that lack the same, as one."""
    if not len(metres):
        return Streets(metres, reach, done)
    marks = sparse.hstack([*reach, *(sparse.csr_matrix(d[:, None]) for d in done)]).tocsr()
    marks.sort_indices()
    keys = [marks.indices[a:b].tobytes() for a, b in zip(marks.indptr[:-1], marks.indptr[1:], strict=True)]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    of = np.array([number[key] for key in keys], dtype=np.int64)
    first = np.zeros(len(number), dtype=np.int64)
    first[of[::-1]] = np.arange(len(of))[::-1]
    summed = np.asarray(np.bincount(of, weights=metres, minlength=len(number)), dtype=np.float64)
    return Streets(summed, tuple(part[first] for part in reach), tuple(d[first] for d in done))
