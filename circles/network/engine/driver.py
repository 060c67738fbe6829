"""Plain Python around the compiled searches: threads, blocks of sources, and pieces of answers put together."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from circles.foundation.cpu import usable_cores
from circles.foundation.limits import TOLERANCE_S
from circles.foundation.types import F64, I32, I64
from circles.network.engine import around, arrays, fronts, search, ties
from circles.network.engine.arrays import Goals, Rows, Seeds, Workspace, Workspaces, build_rows
from circles.network.engine.queue import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")

REGION_BITS = 13
"""Nodes of a region, as a power of two: some 100 bytes each with their arcs, so that a region fits a core's cache."""
WINDOW = 32
"""Buckets that fronts move on before the next region's turn: of 4 to 64 the fastest from 40 thousand to 10 million nodes."""
BLOCKS_PER_THREAD = 8


def _per_s(rows: Rows, seeds: Seeds) -> float:
    """Buckets per second, such that no number of a bucket leaves 60 bits."""
    longest_s = rows.total_s + float(seeds.start_s.max(initial=0.0)) + rows.width_s
    return min(1.0 / rows.width_s, 2.0**60 / longest_s)


@dataclass(frozen=True)
class _Found:
    """What `nearest` found in a workspace; the candidates are empty where no two sources tie."""

    n_met: int
    last: I64
    previous: I64
    whose: I64
    when_s: F64


def _search_all(rows: Rows, seeds: Seeds, space: Workspace, limit_s: float, tie_s: float) -> _Found:
    """Search from all sources at once, a little beyond the limit, so that ties at the limit are seen."""
    whose = np.repeat(np.arange(seeds.n_sources, dtype=np.int32), np.diff(seeds.first))
    per_s = _per_s(rows, seeds)
    least = np.full(((rows.n_nodes - 1) >> REGION_BITS) + 1, fronts.EMPTY, np.int64)
    heads = np.full(WINDOW + least.size, NONE, np.int32)
    n_met, tied = fronts.nearest(
        rows.first, rows.other, rows.onward, rows.cost, seeds.node, seeds.start_s, whose, limit_s + tie_s, tie_s, per_s,
        REGION_BITS, space.seconds, space.label, space.after, space.before, heads, space.met, least,
    )  # fmt: skip
    if not tied:
        none = np.empty(0, np.int64)
        return _Found(n_met, none, none, none, np.empty(0))
    space.label[space.met[:n_met]] = NONE
    best = np.full(rows.n_nodes, np.inf)
    last = np.full(rows.n_nodes, NONE, np.int64)
    candidates = ties.settle_ties(
        rows.first, rows.other, rows.cost, seeds.node, seeds.start_s, whose, tie_s, per_s,
        space.seconds, space.label, best, last, space.after, space.before, space.heads,
    )  # fmt: skip
    return _Found(n_met, last, *candidates)


def nearest(
    rows: Rows, seeds: Seeds, outer: I32, spaces: Workspaces, *, limit_s: float, tie_s: float
) -> tuple[F64, I64]:
    """Return, per node, the seconds of the nearest source and that source, inf and -1 if none.

    Parameters
    ----------
    rows : the arcs
    seeds : where the searches start
    outer : (nodes,) the caller's number of each node
    spaces : workspaces to take one from
    limit_s : seconds, inclusive
    tie_s : of sources within this many seconds of the nearest the first wins

    Returns
    -------
    seconds, source : (nodes,) each, by the caller's numbers
    """
    space = spaces.take(rows.n_nodes, rows.ring)
    found = _search_all(rows, seeds, space, limit_s, tie_s)
    out_s = np.full(rows.n_nodes, np.inf)
    out_source = np.full(rows.n_nodes, NONE, np.int64)
    around.unload(space.met, found.n_met, space.seconds, space.label, outer, limit_s, out_s, out_source)
    spaces.give_back(space)
    return out_s, out_source


def nearest_goals(
    rows: Rows, seeds: Seeds, goals: Goals, spaces: Workspaces, *, limit_s: float, tie_s: float
) -> tuple[F64, I64]:
    """Return, per goal, the seconds of the nearest source and that source, inf and -1 if none.

    Parameters
    ----------
    rows : the arcs
    seeds : where the searches start
    goals : what is asked for; ``goals.direct_*`` are rows by goal here: the sources on the goal's own street
    spaces : workspaces to take one from
    limit_s : seconds, inclusive
    tie_s : of sources within this many seconds of the nearest the first wins

    Returns
    -------
    seconds, source : (goals,) each
    """
    space = spaces.take(rows.n_nodes, rows.ring)
    found = _search_all(rows, seeds, space, limit_s, tie_s)
    out_s = np.full(goals.a.size, np.inf)
    out_source = np.full(goals.a.size, NONE, np.int64)
    around.nearest_goals(
        space.seconds, space.label, found.last, found.previous, found.whose, found.when_s,
        goals.a, goals.a_s, goals.b, goals.b_s, goals.direct_first, goals.direct_other, goals.direct_s,
        limit_s, tie_s, out_s, out_source,
    )  # fmt: skip
    space.seconds[space.met[: found.n_met]] = np.inf
    space.label[space.met[: found.n_met]] = NONE
    spaces.give_back(space)
    return out_s, out_source


Block = tuple[int, int]
Pieces = list[tuple[I32, F64]]


def _in_blocks(work: Callable[[Iterable[Block]], Iterator[Pieces]], n_sources: int, threads: int | None) -> Pieces:
    """Let ``threads`` threads take blocks of sources until none is left, and chain their pieces in order.

    ``work`` yields the pieces of each block it is given. Its arrays are its own from the first block to the last, so
    that no core fetches what another one has written, or asks the system for memory again at every block.
    """
    workers = threads if threads is not None else usable_cores()
    if workers <= 1 or n_sources < 2:
        return [piece for pieces in work([(0, n_sources)]) for piece in pieces]
    n_blocks = min(n_sources, BLOCKS_PER_THREAD * workers)
    edges = np.linspace(0, n_sources, n_blocks + 1).astype(np.int64).tolist()
    waiting = deque(enumerate(pairwise(edges)))
    found: list[Pieces] = [[] for _ in range(n_blocks)]

    def one_thread(_: int) -> None:
        at_work = [0]

        def taken() -> Iterator[Block]:
            with suppress(IndexError):
                while True:
                    at_work[0], block = waiting.popleft()
                    yield block

        for pieces in work(taken()):
            found[at_work[0]] = pieces

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one_thread, range(workers)))
    return [piece for pieces in found for piece in pieces]


def side_by_side(work: Callable[[Item], Answer], items: Sequence[Item], *, threads: int | None = None) -> list[Answer]:
    """Return ``work`` of each item, in order, on ``threads`` threads (all usable cores if left out)."""
    workers = min(threads if threads is not None else usable_cores(), len(items))
    if workers <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, items))


def _by_neighbourhood(seeds: Seeds) -> I64:
    """Return the sources so that neighbours follow each other, and one search finds in the cache what the last one left."""
    start = np.minimum(seeds.first[:-1], max(seeds.node.size - 1, 0))
    return np.argsort(seeds.node[start], kind="stable") if seeds.node.size else np.arange(seeds.n_sources)


def _concatenated(count: I64, order: I64, pieces: Pieces) -> tuple[I64, I32, F64]:
    """Return the answer of all sources in their own order: ``(first, number, seconds)``; ``pieces`` follow ``order``."""
    first = np.zeros(count.size + 1, np.int64)
    np.cumsum(count, out=first[1:])
    if not pieces:
        return first, np.empty(0, np.int32), np.empty(0)
    numbers, seconds = (
        pieces[0] if len(pieces) == 1 else (np.concatenate(column) for column in zip(*pieces, strict=True))
    )
    if (np.diff(order) >= 0).all():
        return first, numbers, seconds
    begin = np.empty(count.size, np.int64)
    begin[order] = np.cumsum(count[order]) - count[order]
    out_numbers, out_seconds = np.empty_like(numbers), np.empty_like(seconds)
    around.put_in_order(first, begin, numbers, seconds, out_numbers, out_seconds)
    return first, out_numbers, out_seconds


def reach(
    rows: Rows, seeds: Seeds, outer: I32, spaces: Workspaces, *, limit_s: float, threads: int | None
) -> tuple[I64, I32, F64]:
    """Search from each source on its own and return the nodes it reaches.

    Parameters
    ----------
    rows : the arcs
    seeds : where the searches start
    outer : (nodes,) the caller's number of each node
    spaces : workspaces, one per thread
    limit_s : seconds, inclusive
    threads : number of threads; all usable cores where None

    Returns
    -------
    first : (sources + 1,) where the answer of each source begins
    node, seconds : (found,) nodes of source i are ``node[first[i]:first[i + 1]]``, in the caller's numbers
    """
    per_s = _per_s(rows, seeds)
    count = np.zeros(seeds.n_sources, np.int64)
    order = _by_neighbourhood(seeds)

    def work(blocks: Iterable[Block]) -> Iterator[Pieces]:
        space = spaces.take(rows.n_nodes, rows.ring)
        for block in blocks:
            pieces: Pieces = []
            begin, end = block
            while begin < end:
                begin, filled = search.reach(
                    rows.first, rows.other, rows.onward, rows.cost, outer, seeds.first, seeds.node, seeds.start_s, order, begin, end,
                    limit_s, per_s, space.seconds, space.after, space.before, space.heads, space.met,
                    count, space.number, space.when_s,
                )  # fmt: skip
                pieces.append((space.number[:filled].copy(), space.when_s[:filled].copy()))
            yield pieces
        spaces.give_back(space)

    return _concatenated(count, order, _in_blocks(work, seeds.n_sources, threads))


def matrix(
    rows: Rows, seeds: Seeds, goals: Goals, spaces: Workspaces, *, limit_s: float, threads: int | None
) -> tuple[I64, I32, F64]:
    """Search from each source on its own and return the goals it reaches: a sparse OD matrix.

    Parameters
    ----------
    rows : the arcs
    seeds : where the searches start
    goals : what is asked for; ``goals.direct_*`` are rows by source: the goals on the source's own street
    spaces : workspaces, one per thread
    limit_s : seconds, inclusive
    threads : number of threads; all usable cores where None

    Returns
    -------
    first : (sources + 1,) where the answer of each source begins
    goal, seconds : (found,) goals of source i are ``goal[first[i]:first[i + 1]]``
    """
    per_s = _per_s(rows, seeds)
    count = np.zeros(seeds.n_sources, np.int64)
    order = _by_neighbourhood(seeds)
    wanted, at_first, at_goal = _goals_by_node(goals)

    def work(blocks: Iterable[Block]) -> Iterator[Pieces]:
        space = spaces.take(rows.n_nodes, rows.ring)
        goal = np.empty(max(goals.a.size, arrays.LEAST_BUFFER), np.int32)
        seconds = np.empty(goal.size)
        straight_s = np.full(goals.a.size, np.inf)
        space.label[wanted] = np.arange(wanted.size)
        for block in blocks:
            pieces: Pieces = []
            begin, end = block
            while begin < end:
                begin, filled = search.matrix(
                    rows.first, rows.other, rows.onward, rows.cost, seeds.first, seeds.node, seeds.start_s, order, begin, end,
                    limit_s, per_s, space.seconds, space.after, space.before, space.heads, space.met,
                    goals.direct_first, goals.direct_other, goals.direct_s, goals.a, goals.a_s, goals.b, goals.b_s,
                    space.label, at_first, at_goal, straight_s, count, goal, seconds,
                )  # fmt: skip
                pieces.append((goal[:filled].copy(), seconds[:filled].copy()))
            yield pieces
        space.label[wanted] = NONE
        spaces.give_back(space)

    return _concatenated(count, order, _in_blocks(work, seeds.n_sources, threads))


def _goals_by_node(goals: Goals) -> tuple[I32, I64, I64]:
    """Return ``(node, first, goal)``: the nodes that goals have as a or b, and the goals of each, once each."""
    number = np.arange(goals.a.size)
    twice = goals.a != goals.b
    node = np.concatenate([goals.a, goals.b[twice]])
    goal = np.concatenate([number, number[twice]])
    order = np.argsort(node, kind="stable")
    wanted, first = np.unique(node[order], return_index=True)
    return wanted, np.append(first, node.size), goal[order]


def warm_up() -> None:
    """Compile every search once, into numba's cache; later processes load it in a fraction of a second."""
    tail, head = np.array([0, 1], np.int32), np.array([1, 2], np.int32)
    second_s, outer = np.array([1.0, 1.0]), np.arange(3, dtype=np.int32)
    for array in (second_s, outer):  # a network's own arrays cannot be written, which is another type to numba
        array.flags.writeable = False
    rows = build_rows(tail, head, second_s, second_s, 3)
    # the first source comes later by less than the tolerance: a tie, in whatever order nodes are walked
    seeds = Seeds(np.array([0, 1, 2]), np.array([2, 0], np.int32), np.array([5e-7, 0.0]))
    node, zero, none = np.array([1], np.int32), np.zeros(1), np.empty(0, np.int64)
    goals = Goals(node, zero, node, zero, np.zeros(3, np.int64), none, np.empty(0))
    spaces = Workspaces()
    for limit_s in (np.inf, 1.0):
        nearest(rows, seeds, outer, spaces, limit_s=limit_s, tie_s=TOLERANCE_S)
        nearest_goals(rows, seeds, goals, spaces, limit_s=limit_s, tie_s=TOLERANCE_S)
        reach(rows, seeds, outer, spaces, limit_s=limit_s, threads=1)
        matrix(rows, seeds, goals, spaces, limit_s=limit_s, threads=1)
