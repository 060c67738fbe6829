"""The network as users meet it: input that is refused, shapes of answers, networkx and OSMnx, components, order."""

from __future__ import annotations

import pickle
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest

from circles.foundation import words
from circles.foundation.errors import NetworkError
from circles.network import Network, Positions

GOOD = {"tail": [0, 1], "head": [1, 2], "forward_s": [1.0, 2.0], "backward_s": [1.0, np.inf], "n_nodes": 3}


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"n_nodes": 0}, "network-no-nodes", "0"),
        ({"n_nodes": 2.5}, "network-no-nodes", "2.5"),
        ({"n_nodes": True}, "network-no-nodes", "True"),
        ({"tail": [[0, 1]]}, "network-not-a-row", "tail"),
        ({"tail": [0, 1, 2]}, "network-shapes-differ", "tail 3, head 2"),
        ({"tail": [0.0, 1.0]}, "network-not-whole-numbers", "tail"),
        ({"head": [1, 3]}, "network-index-out-of-range", "head"),
        ({"head": [-1, 2]}, "network-index-out-of-range", "0 到 2"),
        ({"forward_s": [np.nan, 1]}, "network-nan", "forward_s"),
        ({"backward_s": [1, -1e-9]}, "network-negative", "第 1 个"),
        ({"forward_s": ["a", "b"]}, "network-not-numbers", "forward_s"),
        ({"forward_s": [[1.0, 2.0]]}, "network-not-a-row", "forward_s"),
        ({"xy": [[0, 0]]}, "network-shapes-differ", "xy"),
        ({"xy": [[0, 0], [0, np.nan], [1, 1]]}, "network-not-finite", "xy"),
    ],
)
def test_wrong_arrays_are_refused(change, code, says):
    """Wrong arrays raise NetworkError with a code, the array's name and the place."""
    with pytest.raises(NetworkError) as caught:
        Network.from_arrays(**(GOOD | change))
    assert code in [finding.code for finding in caught.value.findings]
    assert says in str(caught.value)


def test_every_problem_is_listed_at_once():
    """An input with several faults names all of them."""
    with pytest.raises(NetworkError) as caught:
        Network.from_arrays([0, 9], [5, 1], [np.nan, -1], [1, 1], 2)
    codes = [finding.code for finding in caught.value.findings]
    assert codes == ["network-index-out-of-range"] * 2 + ["network-nan", "network-negative"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda net: net.nearest([3]), "network-index-out-of-range"),
        (lambda net: net.nearest([0.5]), "network-not-whole-numbers"),
        (lambda net: net.nearest([[0]]), "network-not-a-row"),
        (lambda net: net.nearest([0], limit_s=-1), "network-bad-number"),
        (lambda net: net.nearest([0], limit_s=np.nan), "network-bad-number"),
        (lambda net: net.nearest([0], tie_s=-1), "network-bad-number"),
        (lambda net: net.nearest([0], direction="towards"), "network-bad-direction"),
        (lambda net: net.nearest([0], start_s=[1.0, 2.0]), "network-shapes-differ"),
        (lambda net: net.nearest([0], start_s=[-1.0]), "network-negative"),
        (lambda net: net.nearest([0], start_s=[np.inf]), "network-not-finite"),
        (lambda net: net.nearest(Positions([2], [0.5])), "network-index-out-of-range"),
        (lambda net: net.nearest(Positions([0], [0.5]), start_s=[1.0]), "network-start-twice"),
        (lambda net: net.reach([0], threads=0), "network-bad-threads"),
        (lambda net: net.matrix([0], [7]), "network-index-out-of-range"),
        (lambda net: net.path([0, 1], 2), "network-one-place"),
        (lambda net: Positions([0], [1.1]), "network-fraction-out-of-range"),
        (lambda net: Positions([0], [np.nan]), "network-fraction-out-of-range"),
        (lambda net: Positions([0, 1], [0.5]), "network-shapes-differ"),
        (lambda net: Positions([0], [0.5], [-2.0]), "network-negative"),
        (lambda net: Positions([-1], [0.5]), "network-index-out-of-range"),
    ],
)
def test_wrong_calls_are_refused(call, code):
    """Wrong sources, limits, directions and positions raise NetworkError with a code."""
    with pytest.raises(NetworkError) as caught:
        call(Network.from_arrays(**GOOD))
    assert code in [finding.code for finding in caught.value.findings]


def test_every_finding_has_both_languages():
    """Each of this room's findings reads in Chinese and English, remedy included."""
    mine = {code: texts for code, texts in words.finding_codes().items() if code.startswith("network-")}
    assert len(mine) >= 15
    for texts in mine.values():
        assert set(texts) == {"zh", "en", "fix_zh", "fix_en"}


def test_shapes_and_types():
    """Seconds are float64 and sources int64 per node; inf and -1 where nothing is reached."""
    net = Network.from_arrays(**GOOD)
    seconds, source = net.nearest([2, 2], limit_s=900, direction="to")
    assert seconds.dtype == np.float64
    assert source.dtype == np.int64
    assert seconds.tolist() == [3, 2, 0]
    assert source.tolist() == [0, 0, 0]
    seconds, source = net.nearest([2], direction="from")
    assert seconds.tolist() == [np.inf, np.inf, 0]
    assert source.tolist() == [-1, -1, 0]
    matrix = net.matrix([0, 2], [0, 2, 2])
    assert matrix.format == "csr"
    assert matrix.toarray().tolist() == [[0, 3, 3], [0, 0, 0]]
    assert matrix.indptr.tolist() == [0, 3, 5]  # the zeros of a place to itself are stored


def test_nothing_to_do():
    """No streets, no sources or no destinations give empty answers of the right shape."""
    net = Network.from_arrays([], [], [], [], 3)
    assert net.nearest([])[0].tolist() == [np.inf] * 3
    assert net.nearest([1])[1].tolist() == [-1, 0, -1]
    assert net.reach([])[0].tolist() == [0]
    assert net.matrix([], [1, 2]).shape == (0, 2)
    assert net.matrix([0, 1], []).shape == (2, 0)
    assert net.nearest_at([0], Positions([], []))[0].size == 0
    assert net.components().tolist() == [0, 1, 2]
    assert net.path(0, 0) == []
    assert net.path(0, 1) is None


def test_place_at_a_street_end_that_is_closed_towards_it():
    """A place exactly at a node needs no open direction to be at that node."""
    net = Network.from_arrays([0, 1], [1, 2], [np.inf, 5.0], [np.inf, 5.0], 3)
    assert net.nearest(Positions([0], [1.0], [2.0]))[0].tolist() == [np.inf, 2, 7]
    assert net.nearest(Positions([0], [0.0]))[0].tolist() == [0, np.inf, np.inf]
    seconds, _ = net.nearest_at(Positions([0], [0.4]), Positions([0, 0], [0.4, 0.5]))
    assert seconds.tolist() == [0, np.inf]


def test_both_walk_along_the_street_they_share():
    """Source and destination on one street meet along it, each way at its own seconds, starts included."""
    net = Network.from_arrays([0], [1], [100.0], [300.0], 2)
    shop = Positions([0], [0.5], [7.0])
    homes = Positions([0, 0, 0], [0.25, 0.75, 0.5], [1.0, 2.0, 3.0])
    assert net.nearest_at(shop, homes)[0].tolist() == [25 + 8, 75 + 9, 10]
    assert net.nearest_at(shop, homes, direction="from")[0].tolist() == [75 + 8, 25 + 9, 10]
    assert net.matrix(homes, shop).toarray().ravel().tolist() == [33, 84, 10]
    assert net.nearest_at(shop, homes, limit_s=33)[1].tolist() == [0, -1, 0]


def test_caller_arrays_stay_and_network_is_frozen():
    """Neither building nor asking changes the caller's arrays, and the network's own cannot be written."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 50, 80), rng.integers(0, 50, 80), rng.random(80), rng.random(80)]
    before = [row.copy() for row in rows]
    sources = np.array([4, 2, 2])
    net = Network.from_arrays(*rows, 50, xy=rng.random((50, 2)))
    net.nearest(sources)
    net.reach(sources)
    net.matrix(sources, sources)
    for row, kept in zip(rows, before, strict=True):
        assert np.array_equal(row, kept)
    assert sources.tolist() == [4, 2, 2]
    with pytest.raises(ValueError, match="read-only"):
        net.forward_s[0] = 1
    with pytest.raises(AttributeError):
        net.n_nodes = 4
    rows[2][:] = 0
    assert net.forward_s.max() > 0


@pytest.mark.parametrize("order", ["xy", "scattered"])
def test_inner_order_never_shows(order):
    """Whatever the nodes' inner order, answers are in the caller's numbers."""
    n = 6000 if order == "scattered" else 300
    rng = np.random.default_rng(8)
    shuffled = rng.permutation(n)
    tail, head = shuffled[:-1], shuffled[1:]
    seconds = np.full(n - 1, 2.0)
    xy = rng.random((n, 2)) if order == "xy" else None
    net = Network.from_arrays(tail, head, seconds, seconds, n, xy=xy)
    found, _ = net.nearest(shuffled[:1])
    assert np.array_equal(found[shuffled], 2.0 * np.arange(n))
    _, nodes, secs = net.reach(shuffled[:1], limit_s=10)
    assert dict(zip(nodes.tolist(), secs.tolist(), strict=True)) == dict(
        zip(shuffled[:6].tolist(), [0, 2, 4, 6, 8, 10], strict=True)
    )
    assert (net.inner[net.outer] == np.arange(n)).all()


def test_components_are_weak_and_numbered_by_their_first_node():
    """A closed or one-way street still connects, and numbers do not depend on the order of the rows."""
    net = Network.from_arrays([4, 0, 5], [2, 3, 5], [np.inf, 1, 1], [np.inf, np.inf, 1], 6)
    assert net.components().tolist() == [0, 1, 2, 0, 2, 3]


def test_to_networkx_and_back():
    """A network survives the way through networkx: same nodes, same arcs, same seconds."""
    net = Network.from_arrays(**GOOD)
    graph = net.to_networkx()
    assert isinstance(graph, nx.MultiDiGraph)
    assert sorted(graph.edges(data="travel_time")) == [(0, 1, 1.0), (1, 0, 1.0), (1, 2, 2.0)]
    again = Network.from_networkx(graph)
    assert again.names == (0, 1, 2)
    assert np.array_equal(again.nearest([2])[0], net.nearest([2])[0])


def test_from_osmnx_graph():
    """An OSMnx graph (lengths, coordinates, parallel streets, own node numbers) is walked at the speed given."""
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(901, x=122.45, y=30.72)
    graph.add_node(502, x=122.46, y=30.72)
    graph.add_edge(901, 502, length=120.0, highway="residential")
    graph.add_edge(901, 502, length=100.0, highway="footway")
    graph.add_edge(502, 901, length=240.0, highway="residential")
    net = Network.from_networkx(graph, speed_m_per_s=1.2)
    assert net.names == (901, 502)
    assert net.nearest([1], direction="to")[0].tolist() == pytest.approx([100 / 1.2, 0])
    assert net.nearest([1], direction="from")[0].tolist() == pytest.approx([200, 0])
    assert set(net.to_networkx()) == {901, 502}
    with pytest.raises(NetworkError, match="travel_time"):
        Network.from_networkx(graph)


def test_undirected_graph_is_open_both_ways():
    """An edge of an undirected networkx graph takes the same seconds in both directions."""
    graph = nx.path_graph(3)
    nx.set_edge_attributes(graph, 4.0, "s")
    net = Network.from_networkx(graph, weight="s")
    assert net.nearest([0], direction="from")[0].tolist() == [0, 4, 8]
    assert net.nearest([0], direction="to")[0].tolist() == [0, 4, 8]


def test_path_names_streets_and_directions():
    """A path lists whole and partial streets in walking order, against the street's direction where it is so walked."""
    net = Network.from_arrays([0, 2, 2], [1, 1, 3], [10.0, 20.0, 30.0], [11.0, 21.0, 31.0], 4)
    steps = net.path(0, 3)
    assert [tuple(step) for step in steps] == [(0, 0, 1, 10), (1, 1, 0, 21), (2, 0, 1, 30)]
    back = net.path(0, 3, direction="to")
    assert [tuple(step) for step in back] == [(2, 1, 0, 31), (1, 0, 1, 20), (0, 1, 0, 11)]
    part = net.path(Positions([0], [0.5], [99.0]), Positions([2], [0.1]))
    assert [(s.edge, s.from_fraction, s.to_fraction) for s in part] == [(0, 0.5, 1), (1, 1, 0), (2, 0, 0.1)]
    assert [s.seconds for s in part] == pytest.approx([5, 21, 3])


def test_path_takes_the_faster_of_parallel_streets_and_survives_zero_length():
    """Of parallel streets the least counts, and rings of zero-length streets do not trap the way back."""
    net = Network.from_arrays(
        [0, 0, 1, 2, 1, 3], [1, 1, 2, 1, 3, 1], [9.0, 4.0, 0.0, 0.0, 0.0, 0.0], [9.0, 4.0, 0.0, 0.0, 0.0, 0.0], 4
    )
    steps = net.path(0, 2)
    assert sum(step.seconds for step in steps) == 4
    assert steps[0].edge == 1
    assert steps[-1].edge in (2, 3)


def test_network_travels_between_processes():
    """A network can be pickled, for analyses that run in several processes."""
    net = Network.from_arrays(**GOOD)
    net.reach([0])
    again = pickle.loads(pickle.dumps(net))  # noqa: S301 - our own bytes
    assert np.array_equal(again.nearest([2])[0], net.nearest([2])[0])


def test_import_circles_is_light():
    """Importing the package does not import numba; only asking for the network does."""
    code = "import sys, circles, circles.foundation.errors; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_street_grid_keeps_within_its_cells():
    """Where the extent is a whole number of cells but for rounding, streets at its far edge stand in the last cells."""
    from circles.network import nearest_line

    # 27 streets in 400 × 300 m: cells of 33.33… m, so that 400 // cell is 11 and 400 / cell is 12.0
    ends = [((400.0, 0.0), (400.0, 300.0)), *(((10.0 * i, 0.0), (10.0 * i, 10.0)) for i in range(26))]
    xy, offsets = np.array(ends).reshape(-1, 2), np.arange(0, 55, 2)
    grid = nearest_line.grid(offsets, xy, np.arange(27))
    assert grid.n_columns * grid.cell_m - 400.0 < grid.cell_m / 2
    assert sorted(set(grid.segment.tolist())) == list(range(27))
    found = nearest_line.nearest_edge(
        grid, xy, np.array([[399.0, 150.0]]), np.array([0]), island_indptr=np.arange(28), island_index=np.zeros(27, int),
        weight=np.zeros(27), within_m=50.0,
    )  # fmt: skip
    assert found.tolist() == [0]
