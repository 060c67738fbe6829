"""Streets chained through crossings: every part once, as few lines as there can be, straight on where there is a choice."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from circles.network.isochrones import Edges, Parts, chained, part_lines
from circles.network.isochrones.chains import MANY


def streets(pairs, node_xy):
    """Return straight edges between nodes."""
    tail, head = np.array(pairs).T
    xy = np.asarray(node_xy, dtype=float)[np.array(pairs).ravel()]
    second = np.ones(len(pairs))
    return Edges(tail, head, second, second, np.arange(0, 2 * len(pairs) + 1, 2), xy)


def whole(edges, rows=None, start=0.0, stop=1.0):
    """Return whole edges as parts."""
    rows = np.arange(len(edges)) if rows is None else np.asarray(rows)
    unsaid = np.full(len(rows), np.nan)
    return Parts(rows, np.full(len(rows), start), np.full(len(rows), stop), unsaid, unsaid)


def test_a_crossing_becomes_two_straight_lines():
    """Four streets at one node are two lines, each straight through it."""
    edges = streets([(0, 1), (2, 0), (0, 3), (4, 0)], [(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)])
    found = chained(edges, whole(edges), np.zeros(4, np.int64), 1)
    lines = {tuple(map(tuple, sorted(line.coords))) for line in shapely.get_parts(found.shapes()[0])}
    assert lines == {((-1, 0), (0, 0), (1, 0)), ((0, -1), (0, 0), (0, 1))}


def test_a_ring_is_one_closed_line_and_a_part_in_mid_street_a_line_of_its_own():
    """Three streets in a ring close; what touches no node joins nothing."""
    edges = streets([(0, 1), (1, 2), (2, 0), (0, 3)], [(0, 0), (1, 0), (0, 1), (-1, -1)])
    ring = shapely.get_parts(chained(edges, whole(edges, [0, 1, 2]), np.zeros(3, np.int64), 1).shapes()[0])
    assert len(ring) == 1
    assert ring[0].is_closed
    middle = whole(edges, [0, 3], 0.25, 0.75)
    assert np.diff(chained(edges, middle, np.zeros(2, np.int64), 1).groups).tolist() == [2]


def segments(lines):
    """Return the straight pieces of lines, in whichever direction, sorted."""
    pieces = [tuple(sorted(pair)) for line in lines for pair in pairwise(line.coords)]
    return sorted(pieces)


@pytest.mark.parametrize("seed", range(25))
def test_every_part_once_per_group_in_as_few_lines_as_its_odd_nodes_allow(seed):
    """Chains of random streets cover what the parts cover, and each group has half as many open lines as odd nodes."""
    random = np.random.default_rng(seed)
    nodes = random.random((12, 2)) * 100
    pairs = random.integers(0, 12, (30, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    edges = streets(pairs.tolist(), nodes)
    parts = whole(edges)
    stop = np.where(random.random(len(parts)) < 0.2, 0.6, 1.0)
    parts = Parts(parts.edge, parts.from_fraction, stop, parts.from_s, parts.to_s)
    group = random.integers(0, 3, len(parts))
    shapes = chained(edges, parts, group, 4).shapes()
    lines = part_lines(edges, parts)
    assert shapes[3].is_empty
    for number in range(3):
        mine = group == number
        assert segments(shapely.get_parts(shapes[number])) == segments(lines[mine])
        ends = np.concatenate([pairs[mine][:, 0], pairs[mine][stop[mine] == 1][:, 1]])
        loose = int((stop[mine] < 1).sum())
        odd = int((np.bincount(ends, minlength=12) % 2).sum()) + loose
        is_open = ~shapely.is_closed(shapely.get_parts(shapes[number]))
        assert is_open.sum() <= odd / 2
        assert odd % 2 == 0


def test_a_star_of_very_many_streets_takes_no_time():
    """Of five thousand streets at one node nobody looks for the straightest pairs."""
    n = 5000
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False)
    nodes = np.vstack([[0, 0], np.column_stack([np.cos(turn), np.sin(turn)])])
    edges = streets([(0, i + 1) for i in range(n)], nodes)
    assert n > MANY
    assert np.diff(chained(edges, whole(edges), np.zeros(n, np.int64), 1).groups).tolist() == [n // 2]
