"""Decomposition: a problem whose rows and sites form unconnected groups is solved group by group.

The best for every number of sites in each group, and the best way to share the number out among them, is the best of
all. Only the number of sites ties the groups together, so this needs rules without further rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from circles.foundation.types import F64, I64
from circles.siting.models.constraints import SiteRules
from circles.siting.models.cover import cheapest_cover
from circles.siting.models.highs import Clock

__all__ = ["Group", "groups_of", "shared_out"]

Sites = tuple[int, ...]
Solve = Callable[[sparse.csr_array, F64, SiteRules, Clock], tuple[Sites, float, bool]]


@dataclass(frozen=True, eq=False)
class Group:
    """Rows and sites that reach each other and no others; ``rows`` may be empty."""

    rows: I64
    sites: I64


@dataclass(frozen=True, eq=False)
class _Choice:
    """The best found with so many sites in a group: local sites, its value, what no other can beat."""

    sites: Sites
    value: float
    bound: float
    finished: bool


def groups_of(cost: sparse.csr_array) -> list[Group]:
    """Return the groups of a cost matrix, those with the fewest entries first."""
    n_rows, n_sites = cost.shape
    entries = cost.tocoo()
    links = (np.ones(cost.indices.size, np.int8), (entries.coords[0], n_rows + entries.coords[1]))
    label = connected_components(sparse.coo_matrix(links, shape=(n_rows + n_sites,) * 2), directed=False)[1]
    of_row, of_site = label[:n_rows], label[n_rows:]
    lived_in = np.unique(of_row)
    found = [Group(np.flatnonzero(of_row == own), np.flatnonzero(of_site == own)) for own in lived_in]
    idle = np.flatnonzero(~np.isin(of_site, lived_in))
    if idle.size:
        found.append(Group(np.empty(0, dtype=np.int64), idle))
    return sorted(found, key=lambda group: (group.rows.size * group.sites.size, int(group.sites[0])))


def shared_out(
    cost: sparse.csr_array, weights: F64, rules: SiteRules, clock: Clock, *, groups: list[Group],
    solve: Solve, value_of: Callable[[sparse.csr_array, F64, Sites], float],
) -> tuple[Sites, float, bool] | None:  # fmt: skip
    """Return ``(sites, lower bound, finished)`` of a problem of least cost that is solved group by group.

    Parameters
    ----------
    cost, weights, rules, clock : as for `best_median`
    groups : connected components of the cost matrix
    solve : the model, from costs, weights and rules to the same three
    value_of : the cost of given sites

    Returns
    -------
    None where the number of sites cannot reach every row, or the time limit comes first.
    """
    least = [_least(cost, rules, group, clock) for group in groups]
    spare = rules.to_add - sum(number for number in least if number is not None)
    if spare < 0 or None in least:
        return None
    tables = []
    for place, (group, fewest) in enumerate(zip(groups, least, strict=True)):
        part, own = cost[group.rows][:, group.sites], _rules_of(rules, group)
        most = min(int(fewest or 0) + spare, int(own.free.size))
        table: dict[int, _Choice] = {}
        for number in range(int(fewest or 0), most + 1):
            left = sum(spare + 1 for _ in groups[place + 1 :]) + most - number + 1
            wanted = replace(own, p=int(own.is_open.sum()) + number)
            patience = replace(clock.options, time_limit_s=max(0.3, min(clock.left(), 4 * clock.left() / left)))
            table[number] = _choice(part, weights[group.rows], wanted, Clock(patience), solve=solve, value_of=value_of)
        tables.append(table)
    return _shared(groups, tables, rules.to_add)


def _choice(
    cost: sparse.csr_array, weights: F64, rules: SiteRules, clock: Clock, *, solve: Solve,
    value_of: Callable[[sparse.csr_array, F64, Sites], float],
) -> _Choice:  # fmt: skip
    if cost.shape[0] == 0:
        chosen = [*np.flatnonzero(rules.is_open).tolist(), *rules.free[: rules.to_add].tolist()]
        return _Choice(tuple(chosen), 0.0, 0.0, finished=True)
    sites, bound, finished = solve(cost, weights, rules, clock)
    value = value_of(cost, weights, sites)
    return _Choice(sites, value, min(bound, value), finished)


def _least(cost: sparse.csr_array, rules: SiteRules, group: Group, clock: Clock) -> int | None:
    """Return the fewest sites to add that reach every row of a group; None where it is not known in time."""
    if group.rows.size == 0:
        return 0
    own = replace(_rules_of(rules, group), p=None)
    part = cost[group.rows][:, group.sites]
    reach = sparse.csr_array((np.ones(part.indices.size), part.indices, part.indptr), shape=part.shape)
    found = cheapest_cover(reach, np.ones(group.sites.size), own, clock)
    if found is None or not found[2]:
        return None
    return len(found[0]) - int(own.is_open.sum())


def _rules_of(rules: SiteRules, group: Group) -> SiteRules:
    nothing = sparse.csr_array((0, group.sites.size))
    return replace(
        rules, n_sites=group.sites.size, is_open=rules.is_open[group.sites], is_closed=rules.is_closed[group.sites],
        rows=nothing,
    )  # fmt: skip


def _shared(groups: list[Group], tables: list[dict[int, _Choice]], total: int) -> tuple[Sites, float, bool] | None:
    """Share ``total`` sites out: one table of values and one of bounds, group after group."""
    value: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    bound: dict[int, float] = {0: 0.0}
    for table in tables:
        more: dict[int, tuple[float, tuple[int, ...]]] = {}
        floor: dict[int, float] = {}
        for had, (cost, taken) in value.items():
            for number, choice in table.items():
                count = had + number
                if count <= total and (count not in more or cost + choice.value < more[count][0]):
                    more[count] = (cost + choice.value, (*taken, number))
                if count <= total:
                    floor[count] = min(floor.get(count, np.inf), bound[had] + choice.bound)
        value, bound = more, floor
    if total not in value:
        return None
    numbers = value[total][1]
    picks = {k: table[number].sites for k, (table, number) in enumerate(zip(tables, numbers, strict=True))}
    sites = sorted(int(group.sites[site]) for k, group in enumerate(groups) for site in picks[k])
    return tuple(sites), bound[total], all(choice.finished for table in tables for choice in table.values())
