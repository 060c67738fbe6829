"""The compiled loops, run as plain Python: the same answers, and coverage sees every branch."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import test_kernel
from hypothesis import HealthCheck, given, settings

import circles
from circles import testing
from circles.network import Network, components, nearest_line
from circles.network.engine import around, fronts, queue, search, ties
from circles.network.isochrones import compiled

ROOMS = (around, fronts, queue, search, ties, components, nearest_line, compiled)


@pytest.fixture
def plain(monkeypatch):
    """Let every loop run uncompiled, those that another one calls too."""
    for room in ROOMS:
        for name, loop in vars(room).copy().items():
            if hasattr(loop, "py_func"):
                monkeypatch.setattr(room, name, loop.py_func)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The hand-computable city on two islands, with shores, and its analysis by the compiled loops."""
    folder = tmp_path_factory.mktemp("city")
    area = circles.load_area(
        testing.write_county(folder, name="县", side=4, seed=3, residents=15, facilities=4, islands=2)
    )
    result = circles.analyse(area)
    result.drawn.tables()
    return area, result


@pytest.mark.usefixtures("plain")
def test_a_county_comes_out_the_same_uncompiled(city):
    """Joining, minutes, reached streets and areas of a whole county are those of the compiled loops."""
    area, before = city
    after = circles.analyse(area)
    assert after.access.equals(before.access)
    assert after.reached_streets.drop(columns="geometry").equals(before.reached_streets.drop(columns="geometry"))
    ours, theirs = after.service_areas.geometry.to_numpy(), before.service_areas.geometry.to_numpy()
    assert len(ours) == len(theirs) > 0
    # the compiler may contract the field's arithmetic, so an outline may lie a hair elsewhere
    assert (shapely.area(shapely.symmetric_difference(ours, theirs)) <= 1e-4 * shapely.area(theirs)).all()


@pytest.mark.usefixtures("plain")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(test_kernel.cases())
def test_searches_agree_with_networkx_uncompiled(case):
    """Nearest, reach and matrix of the uncompiled searches equal networkx, in regions of two nodes too."""
    test_kernel.agree(case)


@pytest.mark.usefixtures("plain")
def test_searches_on_a_lattice_uncompiled():
    """Many sources and ties, few reached of many goals, limits and long rows: the uncompiled searches equal the compiled."""
    streets = test_kernel.lattice(9, whole=True)
    net = Network.from_arrays(*streets)
    sources = np.arange(0, 81, 5)
    seconds, source = net.nearest(sources, limit_s=150)
    expected = [net.path(int(v), int(sources[s])) for v, s in zip(range(81), source, strict=True) if s >= 0]
    assert seconds[source >= 0].tolist() == pytest.approx([sum(step.seconds for step in path) for path in expected])
    first, nodes, secs = net.reach(sources, limit_s=90, threads=2)
    every = net.matrix(sources, np.arange(81), limit_s=90, threads=2)
    reached = test_kernel.dense(first, nodes, secs, every.shape)
    assert np.array_equal(every.toarray(), np.where(np.isfinite(reached), reached, 0.0))
    few = net.matrix(sources, np.tile(np.arange(81), 9), limit_s=20, threads=1)
    assert few.has_sorted_indices
    assert few.nnz == 9 * net.reach(sources, limit_s=20, threads=1)[1].size


@pytest.mark.usefixtures("plain")
def test_pieces_where_the_metres_left_meet_the_cap():
    """A part along which the metres left rise above the cap is cut where they meet it; a part without length is a disc."""
    offsets, xy = np.array([0, 3]), np.array([[0.0, 0.0], [50.0, 0.0], [100.0, 0.0]])
    metres = np.array([0.0, 50.0, 100.0])
    edge, start, stop = np.array([0, 0]), np.array([0.0, 0.5]), np.array([1.0, 0.5])
    # 10 s left at the start and 110 s at the end of the first part; 30 s on the spot
    found = compiled.discs(
        edge, start, stop, np.array([110.0, 90.0]), np.array([10.0, 90.0]), offsets, xy, metres, 120.0, 1.0, 40.0
    )
    rows = [[0, 0, 10, 30, 0, 40], [30, 0, 40, 50, 0, 40], [50, 0, 40, 100, 0, 40], [50, 0, 30, 50, 0, 30]]
    assert found.tolist() == np.array(rows, float).tolist()


@pytest.mark.usefixtures("plain")
def test_rings_around_crossed_cells_holes_and_islands_in_holes():
    """Crosswise cells are settled by their middle, holes know their outer ring, and lines close along the border."""
    field = np.full((9, 9), -1.0, np.float32)
    field[1:8, 1:8] = 1.0
    field[2:7, 2:7] = -1.0
    field[4, 4] = 1.0
    at, start, inside = compiled.rings(field)
    assert inside.tolist() == [-1, 0, -1]
    for ring in range(3):
        assert (at[start[ring]] == at[start[ring + 1] - 1]).all()
    for middle, n_rings in ((0.5, 1), (-3.0, 2)):  # two corners that meet crosswise: one ring, or two
        cross = np.full((4, 4), -1.0, np.float32)
        cross[1, 1] = cross[2, 2] = 1.0 if middle < 0 else 3.0
        if middle < 0:
            cross[1, 2] = cross[2, 1] = -3.0
        assert compiled.rings(cross)[2].size == n_rings
    whole = np.ones((3, 3), np.float32)
    at, start, inside = compiled.rings(whole)
    assert inside.tolist() == [-1]
    assert shapely.Polygon(at).area == 4.0


@pytest.mark.usefixtures("plain")
def test_a_field_of_discs_that_grow_along_a_piece():
    """The field is the greatest radius minus distance: along a cone, over an end that holds the other, off the grid."""
    cone = np.array([[2.0, 5.0, 1.0, 8.0, 5.0, 2.0]])
    values = compiled.field(cone, 0.0, 0.0, 1.0, 11, 11)
    share = np.linspace(0, 1, 2001)
    x, y = np.meshgrid(np.arange(11.0), np.arange(11.0))
    exact = np.max(
        (1 + share) - np.hypot(x[..., None] - (2 + 6 * share), y[..., None] - 5.0), axis=2
    )  # by trying many places
    near = exact > -1.0
    assert np.allclose(values[near], exact[near], atol=2e-3)
    held = compiled.field(
        np.array([[5.0, 5.0, 1.0, 5.5, 5.0, 3.0], [90.0, 90.0, 1.0, 95.0, 95.0, 1.0]]), 0.0, 0.0, 1.0, 11, 11
    )
    assert values.dtype == held.dtype == np.float32
    assert held[5, 5] == pytest.approx(2.5, abs=1e-5)
    assert held[0, 0] == -2.0


@pytest.mark.usefixtures("plain")
def test_a_place_reaches_both_ways_until_time_runs_out():
    """From the middle of a street of 100 s each way with 30 s to go, 30 of its hundredths are reached on either side."""
    none = np.full(2, np.inf)
    edge, low, high, low_s, high_s = compiled.parts_of_one(
        np.empty(0, np.int64), np.empty(0), 0, 0.5, 0.0, np.array([0]), np.array([1]), np.array([100.0]),
        np.array([100.0]), np.array([0, 1, 2]), np.array([0, 0]), none, 30.0,
    )  # fmt: skip
    order = np.argsort(low)
    assert edge.tolist() == [0, 0]
    assert low[order] == pytest.approx([0.2, 0.5])
    assert high[order] == pytest.approx([0.5, 0.8])
    assert sorted(zip(low_s[order], high_s[order], strict=True)) == [(0.0, 30.0), (30.0, 0.0)]
