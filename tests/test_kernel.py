"""The reach kernels against brute force: small random networks, every question, every corner the contract names.

Runs compiled and uncompiled (``NUMBA_DISABLE_JIT=1``); the same cases in both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from unittest import mock

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circles.network import Network, Positions
from circles.network.engine import arrays, driver

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
TIE_S = 1e-6
MANY = settings(max_examples=60 if UNCOMPILED else 200, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=6000, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def cases(draw):
    """A network with loops, parallel, closed and zero-length streets, and places on it that often coincide."""
    n = draw(st.integers(1, 7))
    m = draw(st.integers(1, 12))
    node = st.integers(0, n - 1)
    # whole and quarter seconds make exact ties; 3e-7 more or less makes sources that tie without being equal
    nudge = st.sampled_from([0.0, 0.0, 0.0, 3e-7, 6e-7])
    whole = st.builds(lambda a, b: a + b, st.integers(0, 4).map(float), nudge)
    any_s = st.floats(0, 20, allow_nan=False).filter(lambda x: x == 0 or x > 1e-3)
    second = draw(st.sampled_from([whole, any_s]))
    street = st.one_of(second, second, second, st.just(np.inf))
    row = st.tuples(node, node, street, street)
    streets = draw(st.lists(row, min_size=m, max_size=m))
    tail, head, forward_s, backward_s = (np.array(column) for column in zip(*streets, strict=True))
    place = st.tuples(
        st.integers(0, m - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0, 1 / 3]), st.sampled_from([0.0, 1.0, 2.0, 4e-7])
    )
    sources = draw(st.lists(place, min_size=1, max_size=5))
    goals = draw(st.lists(place, min_size=1, max_size=5))
    limit_s = draw(st.sampled_from([np.inf, 0.0, 2.0, 5.0, 12.0]))
    return (tail, head, forward_s, backward_s, n), sources, goals, limit_s


def positions(places):
    """Positions of a list of (edge, fraction, start) triples."""
    edge, fraction, start_s = (np.array(column) for column in zip(*places, strict=True))
    return Positions(edge, fraction, start_s)


def split_graph(streets, places):
    """The same network as a graph in which every place is a node on its street: the independent method."""
    tail, head, forward_s, backward_s, n = streets
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_nodes_from(("place", i) for i in range(len(places)))

    def arc(u, v, seconds):
        if seconds < np.inf and not (graph.has_edge(u, v) and graph[u][v]["s"] <= seconds):
            graph.add_edge(u, v, s=seconds)

    for e in range(tail.size):
        inside = sorted((p[1], ("place", i)) for i, p in enumerate(places) if p[0] == e)
        stops = [(0.0, int(tail[e])), *inside, (1.0, int(head[e]))]
        for (at_u, u), (at_v, v) in pairwise(stops):
            share = at_v - at_u
            arc(u, v, share * forward_s[e] if share else 0.0)
            arc(v, u, share * backward_s[e] if share else 0.0)
    return graph


def brute(streets, sources, goals):
    """Seconds source→goal, goal→source (starts included), source→node and node→source, by networkx."""
    graph = split_graph(streets, sources + goals)
    far = dict(nx.all_pairs_dijkstra_path_length(graph, weight="s"))
    k, n = len(sources), streets[4]
    own = np.array([p[2] for p in sources])[:, None]
    goal_own = np.array([p[2] for p in goals])[None, :]
    s, g, v = [("place", i) for i in range(k)], [("place", k + j) for j in range(len(goals))], range(n)
    away = np.array([[far[a].get(b, np.inf) for b in g] for a in s]) + own + goal_own
    back = np.array([[far[b].get(a, np.inf) for b in g] for a in s]) + own + goal_own
    from_s = np.array([[far[a].get(b, np.inf) for b in v] for a in s]) + own
    to_s = np.array([[far[b].get(a, np.inf) for b in v] for a in s]) + own
    return {"from": (away, from_s), "to": (back, to_s)}


def off_limit(expected, limit_s):
    """Where rounding cannot decide whether the limit holds."""
    return np.abs(expected - (limit_s + 1e-6)) > 1e-9 if limit_s < np.inf else np.ones(expected.shape, bool)


def check_nearest(seconds, source, expected, limit_s):
    """The least seconds within the limit, and the first source that ties with it.

    Rounding differs between the methods, so that a tie closer than 1e-9 to its tolerance may fall either way.
    """
    least = expected.min(axis=0)
    sure = off_limit(least, limit_s)
    least = np.where(least <= limit_s + 1e-6, least, np.inf)
    np.testing.assert_allclose(seconds[sure], least[sure], rtol=0, atol=1e-9)
    for j in np.flatnonzero(sure):
        if least[j] == np.inf:
            assert source[j] == -1
            continue
        surely = np.flatnonzero(expected[:, j] <= least[j] + TIE_S - 1e-9)[0]
        perhaps = np.flatnonzero(expected[:, j] <= least[j] + TIE_S + 1e-9)[0]
        assert source[j] in (surely, perhaps)


def dense(first, number, seconds, shape):
    """A ragged answer as a full table."""
    out = np.full(shape, np.inf)
    for i in range(shape[0]):
        group = slice(first[i], first[i + 1])
        assert len(set(number[group].tolist())) == number[group].size
        out[i, number[group]] = seconds[group]
    return out


def agree(case):
    """Every question about one case, answered by the kernels and by networkx."""
    streets, sources, goals, limit_s = case
    net = Network.from_arrays(*streets)
    expected = brute(streets, sources, goals)
    at, to = positions(sources), positions(goals)
    for direction, (to_goals, to_nodes) in expected.items():
        for bits, window in ((13, 32), (1, 2)):  # all nodes in one region; regions of two nodes, two buckets at a time
            with mock.patch.multiple(driver, REGION_BITS=bits, WINDOW=window):
                check_nearest(*net.nearest(at, limit_s=limit_s, direction=direction), to_nodes, limit_s)
                check_nearest(*net.nearest_at(at, to, limit_s=limit_s, direction=direction), to_goals, limit_s)
        found = dense(*net.reach(at, limit_s=limit_s, direction=direction, threads=1), to_nodes.shape)
        reached_alike(found, to_nodes, limit_s)
    table = net.matrix(at, to, limit_s=limit_s, threads=1)
    assert table.has_sorted_indices
    reached_alike(dense(table.indptr, table.indices, table.data, table.shape), expected["from"][0], limit_s)


def reached_alike(found, expected, limit_s):
    """Two tables of seconds agree, but for entries that rounding puts on either side of the limit."""
    sure = off_limit(expected, limit_s)
    wanted = np.where(expected <= limit_s + 1e-6, expected, np.inf)
    np.testing.assert_allclose(found[sure], wanted[sure], rtol=0, atol=1e-9)


@MANY
@given(cases())
def test_agrees_with_networkx_on_a_split_graph(case):
    """Nearest, reach and matrix equal networkx on the graph in which each place is a node, ties and limits included."""
    agree(case)


@pytest.mark.long
@LONG
@given(cases())
def test_agrees_with_networkx_on_thousands_of_networks(case):
    """The same agreement, on thousands of networks."""
    agree(case)


@MANY
@given(cases())
def test_path_seconds_and_joints(case):
    """A path exists exactly where the matrix has an entry, its pieces join, and its seconds add up to the entry."""
    streets, sources, goals, _ = case
    tail, head = streets[0], streets[1]
    net = Network.from_arrays(*streets)
    bare = [(e, f, 0.0) for e, f, _ in sources], [(e, f, 0.0) for e, f, _ in goals]
    expected = brute(streets, *bare)["from"][0]

    def place(edge, fraction):
        return int((tail if fraction == 0 else head)[edge]) if fraction in (0, 1) else (int(edge), fraction)

    for i, a in enumerate(bare[0]):
        for j, b in enumerate(bare[1]):
            steps = net.path(positions([a]), positions([b]))
            if expected[i, j] == np.inf:
                assert steps is None
                continue
            assert steps is not None
            assert sum(step.seconds for step in steps) == pytest.approx(expected[i, j], abs=1e-9)
            stops = [place(a[0], a[1])]
            for step in steps:
                assert place(step.edge, step.from_fraction) == stops[-1]
                stops.append(place(step.edge, step.to_fraction))
            assert stops[-1] == place(b[0], b[1])
            assert net.path(positions([b]), positions([a]), direction="to") == steps


@MANY
@given(cases())
def test_invariants(case):
    """A longer limit loses no node, one more source raises no second, reversing the streets swaps to and from."""
    streets, sources, goals, limit_s = case
    tail, head, forward_s, backward_s, n = streets
    net = Network.from_arrays(*streets)
    at, to = positions(sources), positions(goals)
    seconds, _ = net.nearest(at, limit_s=limit_s)
    further, _ = net.nearest(at, limit_s=limit_s + 3)
    near = seconds < np.inf
    assert np.array_equal(further[near], seconds[near])
    more, _ = net.nearest(positions(sources + goals), limit_s=limit_s)
    assert (more <= seconds).all()
    reverse = Network.from_arrays(tail, head, backward_s, forward_s, n)
    for direction, other in (("to", "from"), ("from", "to")):
        one = net.nearest(at, limit_s=limit_s, direction=direction)
        two = reverse.nearest(at, limit_s=limit_s, direction=other)
        np.testing.assert_allclose(one[0], two[0], rtol=0, atol=1e-9)
        one = net.nearest_at(at, to, limit_s=limit_s, direction=direction)
        two = reverse.nearest_at(at, to, limit_s=limit_s, direction=other)
        np.testing.assert_allclose(one[0], two[0], rtol=0, atol=1e-9)


@MANY
@given(cases(), st.data())
def test_splitting_a_street_changes_nothing(case, data):
    """A street cut in two by a new node leaves every second at every old node as it was."""
    (tail, head, forward_s, backward_s, n), sources, _, _ = case
    e = data.draw(st.integers(0, tail.size - 1))
    nodes = np.unique(np.concatenate([tail, head]))[: len(sources)]
    whole = Network.from_arrays(tail, head, forward_s, backward_s, n)
    cut = Network.from_arrays(
        np.append(tail, n),
        np.append(np.where(np.arange(tail.size) == e, n, head), head[e]),
        np.append(np.where(np.arange(tail.size) == e, forward_s * 0.25, forward_s), forward_s[e] * 0.75),
        np.append(np.where(np.arange(tail.size) == e, backward_s * 0.25, backward_s), backward_s[e] * 0.75),
        n + 1,
    )
    for direction in ("to", "from"):
        one = whole.nearest(nodes, direction=direction)[0]
        two = cut.nearest(nodes, direction=direction)[0]
        np.testing.assert_allclose(two[:n], one, rtol=0, atol=1e-9)


@MANY
@given(cases())
def test_triangle_inequality(case):
    """From a to c never takes longer than from a to b and on to c."""
    streets = case[0]
    every = np.arange(streets[4])
    net = Network.from_arrays(*streets)
    table = net.matrix(every, every)
    far = dense(table.indptr, table.indices, table.data, table.shape)
    assert (far[:, None, :] <= far[:, :, None] + far[None, :, :] + 1e-9).all()
    assert (np.diag(far) == 0).all()


def lattice(side, seed=0, *, whole=True):
    """A street lattice with different seconds each way."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    forward_s, backward_s = rng.uniform(1, 30, (2, tail.size))
    if whole:
        forward_s, backward_s = np.rint(forward_s), np.rint(backward_s)
    return tail, head, forward_s, backward_s, side * side


def csgraph(streets):
    """The same streets as a scipy graph, arcs by the node they leave."""
    from scipy import sparse

    tail, head, forward_s, backward_s, n = streets
    rows = (np.concatenate([forward_s, backward_s]), (np.concatenate([tail, head]), np.concatenate([head, tail])))
    return sparse.csr_matrix(rows, shape=(n, n))


@pytest.mark.parametrize("whole", [True, False])
def test_large_lattice_agrees_with_scipy(whole):
    """On a large network, seconds are exactly scipy's and the source is the first of those that tie."""
    from scipy.sparse.csgraph import dijkstra

    side = 15 if UNCOMPILED else 70
    streets = lattice(side, whole=whole)
    net = Network.from_arrays(*streets)
    sources = np.random.default_rng(1).integers(0, side * side, 12)
    for direction, graph in (("from", csgraph(streets)), ("to", csgraph(streets).T.tocsr())):
        expected = dijkstra(graph, indices=sources)
        seconds, source = net.nearest(sources, limit_s=400, direction=direction)
        check_nearest(seconds, source, expected, 400)
        found = dense(*net.reach(sources, limit_s=150, direction=direction), expected.shape)
        reached_alike(found, expected, 150)


@pytest.mark.parametrize("whole", [True, False])
def test_regions_change_no_answer(monkeypatch, whole):
    """Fronts worked region by region, of any size, leave the seconds and sources of one region for all."""
    side = 12 if UNCOMPILED else 60
    streets = lattice(side, seed=3, whole=whole)
    net = Network.from_arrays(*streets)
    sources = np.random.default_rng(4).integers(0, side * side, 9)
    start_s = np.random.default_rng(5).integers(0, 200, 9).astype(float)
    for limit_s in (90.0, np.inf):
        plain = net.nearest(sources, limit_s=limit_s, start_s=start_s)
        for bits, window in ((2, 1), (4, 4), (7, 32), (7, 64)):
            monkeypatch.setattr(driver, "REGION_BITS", bits)
            monkeypatch.setattr(driver, "WINDOW", window)
            for a, b in zip(net.nearest(sources, limit_s=limit_s, start_s=start_s), plain, strict=True):
                assert a.tobytes() == b.tobytes()
        monkeypatch.undo()


def test_ties_go_to_the_first_source_by_less_than_the_tolerance():
    """A source that is later by half a tolerance still wins if it stands first, one later by two tolerances does not."""
    streets = ([0, 1], [1, 2], [10.0, 10.0 - 5e-7], [10.0, 10.0 - 5e-7], 3)
    net = Network.from_arrays(*streets)
    assert net.nearest([0, 2])[1].tolist() == [0, 0, 1]
    assert net.nearest([2, 0])[1].tolist() == [1, 0, 0]
    assert net.nearest([0, 2], tie_s=1e-7)[1].tolist() == [0, 1, 1]
    seconds, _ = net.nearest([0, 2])
    assert seconds[1] == 10.0 - 5e-7


def test_tie_survives_a_third_source_between():
    """A source ousted as the nearest stays a candidate further on, where its slack still counts."""
    # sources 0 and 1 meet at node 2; source 2 joins at node 3 just ahead of both
    streets = ([0, 1, 2, 4], [2, 2, 3, 3], [5.0, 5.0 - 4e-7, 5.0, 10.0 - 8e-7], [np.inf] * 4, 5)
    net = Network.from_arrays(*streets)
    seconds, source = net.nearest([0, 1, 4], direction="from")
    assert source.tolist() == [0, 1, 0, 0, 2]
    assert seconds[3] == 10.0 - 8e-7
    to_spot = net.nearest_at([0, 1, 4], Positions([2], [1.0]), direction="from")
    assert to_spot[1].tolist() == [0]


def test_limit_is_inclusive():
    """Seconds equal to the limit are reached, and 1e-3 above are not."""
    net = Network.from_arrays([0], [1], [900.0], [900.001], 2)
    assert net.nearest([0], limit_s=900, direction="from")[0].tolist() == [0, 900]
    assert net.nearest([0], limit_s=900, direction="to")[0].tolist() == [0, np.inf]
    assert net.nearest([0], limit_s=900.001 - 5e-7, direction="to")[1].tolist() == [0, 0]
    assert net.matrix([0], [1], limit_s=900).nnz == 1
    assert net.matrix([1], [0], limit_s=900).nnz == 0
    assert net.reach([0], limit_s=900)[1].tolist() == [0, 1]


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12, 1e300])
def test_any_range_of_seconds(scale):
    """Seconds from nothing to astronomical, in one network, need neither memory nor luck."""
    rng = np.random.default_rng(3)
    n = 60
    tail, head = rng.integers(0, n, 200), rng.integers(0, n, 200)
    forward_s = rng.choice([0.0, 1.0, 1e-9, 1e6, 1e-3], 200) * scale
    forward_s[::17] = 0
    net = Network.from_arrays(tail, head, forward_s, forward_s, n)
    expected = nx.single_source_dijkstra_path_length(net.to_networkx(), 5, weight="travel_time")
    seconds, _ = net.nearest([5])
    for v in range(n):
        assert seconds[v] == expected.get(v, np.inf)
    first, nodes, secs = net.reach([5])
    assert dict(zip(nodes.tolist(), secs.tolist(), strict=True)) == expected
    assert first.tolist() == [0, len(expected)]


def test_one_very_long_street_among_short_ones():
    """Beyond the ring of buckets lies the overflow, and it is emptied in order."""
    n = 300
    tail, head = np.arange(n - 1), np.arange(1, n)
    seconds = np.where(np.arange(n - 1) % 50 == 25, 5e7, 1.0)
    net = Network.from_arrays(tail, head, seconds, seconds, n)
    late_s = np.zeros(3)
    late_s[1] = 3e8
    found, _ = net.nearest([0, 150, n - 1], start_s=late_s)
    along = np.concatenate([[0.0], np.cumsum(seconds)])
    expected = np.minimum(along, along[-1] - along)
    expected = np.minimum(expected, np.abs(along - along[150]) + 3e8)
    np.testing.assert_allclose(found, expected)


def test_waiting_node_that_is_walked_through():
    """A source with a late start in mid-street, passed by an earlier one, neither hides nor repeats anything."""
    n = 12
    net = Network.from_arrays(np.arange(n - 1), np.arange(1, n), np.full(n - 1, 5.0), np.full(n - 1, 5.0), n)
    seconds, source = net.nearest([0, 6, 11], start_s=[0.0, 28.0, 500.0])
    assert seconds.tolist() == [0, 5, 10, 15, 20, 25, 28, 33, 38, 43, 48, 53]
    assert source.tolist() == [0] * 6 + [1] * 6
    one_way = Network.from_arrays([0, 1, 3, 2, 2], [1, 2, 2, 4, 5], [1.0] * 5, [np.inf] * 5, 6)
    assert one_way.nearest([0, 3, 2], start_s=[0, 5, 40], direction="from")[0].tolist() == [0, 1, 2, 5, 3, 3]


def test_threads_do_not_change_the_answer():
    """One thread and several return the same arrays, byte for byte."""
    streets = lattice(12 if UNCOMPILED else 40, whole=False)
    net = Network.from_arrays(*streets)
    sources = np.random.default_rng(2).integers(0, streets[4], 90)
    one, two = net.reach(sources, limit_s=120, threads=1), net.reach(sources, limit_s=120, threads=3)
    for a, b in zip(one, two, strict=True):
        assert a.tobytes() == b.tobytes()
    one, two = (
        net.matrix(sources, sources, limit_s=120, threads=1),
        net.matrix(sources, sources, limit_s=120, threads=3),
    )
    assert one.data.tobytes() == two.data.tobytes()
    assert one.indices.tobytes() == two.indices.tobytes()


def test_answer_larger_than_one_buffer(monkeypatch):
    """Reach and matrix go on where a full buffer made them stop, and put long answers together part by part."""
    streets = lattice(6)
    net = Network.from_arrays(*streets)
    every = np.random.default_rng(0).permutation(streets[4])
    plain = net.reach(every, limit_s=60, threads=1)
    monkeypatch.setattr(arrays, "LEAST_BUFFER", 1)
    first, nodes, secs = net.reach(every, threads=1)
    assert nodes.size == streets[4] ** 2
    table = net.matrix(every, np.arange(streets[4]), threads=1)
    assert np.array_equal(table.toarray(), dense(first, nodes, secs, table.shape))
    for a, b in zip(net.reach(every, limit_s=60, threads=1), plain, strict=True):
        assert np.array_equal(a, b)


def test_few_reached_of_many_goals():
    """A matrix row of few reached nodes among many goals holds the same entries, on shared streets too."""
    n = 400
    net = Network.from_arrays(np.arange(n - 1), np.arange(1, n), np.full(n - 1, 10.0), np.full(n - 1, 20.0), n)
    rng = np.random.default_rng(5)
    origins = Positions(rng.integers(0, n - 1, 40), rng.random(40))
    goals = Positions(rng.integers(0, n - 1, 900), rng.random(900))
    a, b = origins.edge + origins.fraction, goals.edge + goals.fraction
    ahead = b[None, :] - a[:, None]
    expected = np.where(ahead > 0, ahead * 10, -ahead * 20)
    for limit_s in (3.0, 25.0):
        table = net.matrix(origins, goals, limit_s=limit_s)
        found = dense(table.indptr, table.indices, table.data, table.shape)
        reached_alike(found, expected, limit_s)
        turned = net.matrix(goals, origins, limit_s=limit_s)
        back = np.where(ahead > 0, ahead * 20, -ahead * 10).T
        reached_alike(dense(turned.indptr, turned.indices, turned.data, turned.shape), back, limit_s)


def test_repeated_calls_start_clean():
    """A search leaves nothing behind for the next one, whatever ran before."""
    streets = lattice(10, whole=False)
    net = Network.from_arrays(*streets)
    fresh = [
        Network.from_arrays(*streets).nearest([3, 77], limit_s=90),
        Network.from_arrays(*streets).reach([5], limit_s=60),
    ]
    net.nearest_at([1, 1], Positions([4], [0.5]), limit_s=70)
    net.matrix([1, 2], [3, 4, 5], limit_s=80)
    net.nearest([9, 9, 10], limit_s=30)
    for a, b in zip(net.nearest([3, 77], limit_s=90), fresh[0], strict=True):
        assert np.array_equal(a, b)
    for a, b in zip(net.reach([5], limit_s=60), fresh[1], strict=True):
        assert np.array_equal(a, b)


WARMED = """
import sys
import numpy as np
from circles.network import engine
from circles.network.engine import around, fronts, search, ties
from circles.network import Network, Positions
engine.warm_up()
net = Network.from_arrays([0, 1, 2], [1, 2, 3], [3.0, 4.0, 5.0], [3.0, 5.0, 4.0], 6)
late_s = np.ones(3)
late_s.flags.writeable = False
net.nearest([0, 0, 5], limit_s=100, start_s=late_s)
net.nearest_at(Positions([0, 1], [0.5, 0.5]), Positions([2], [0.1]), limit_s=50)
net.reach([1, 2], limit_s=9)
net.matrix([1, 2], Positions([2], [0.1]), limit_s=9)
compiled = [
    around.fill_rows, around.find_onward, fronts.nearest, search.reach, search.matrix, ties.settle_ties,
    around.nearest_goals, around.unload, around.put_in_order,
]
sys.exit([len(function.signatures) for function in compiled] != [1] * len(compiled))
"""


def test_warm_up_compiles_one_signature_each():
    """After the set-up's warm-up, later calls compile nothing new (in a process of its own: others may call otherwise)."""
    if UNCOMPILED:
        return
    done = subprocess.run([sys.executable, "-c", WARMED], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


LOADED = """
import sys
from circles.network import engine
engine.warm_up()
sys.exit("numba.np.linalg" in sys.modules)
"""


def test_loops_that_were_compiled_are_loaded_without_the_compilers_tables():
    """A process that compiles nothing loads nothing of what only compiling needs (the first of two may compile)."""
    if UNCOMPILED:
        return
    codes = [
        subprocess.run([sys.executable, "-c", LOADED], check=False, capture_output=True, timeout=300).returncode
        for _ in range(2)
    ]
    assert codes[-1] == 0
