"""Reached parts of streets and drawn service areas: exact cuts, honest shapes, never on another island."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circles.network import Network, Positions
from circles.network.isochrones import (
    RADIUS_M,
    Edges,
    Shores,
    areas_for,
    band_parts,
    beyond_parts,
    compiled,
    concatenated,
    drawing,
    facility_areas,
    isochrone,
    nested_isochrones,
    outline,
    part_lines,
    pieces_within,
    reached_parts,
    time_profile,
)

if TYPE_CHECKING:
    from circles.network.isochrones import Parts

INF = np.inf
NOWHERE = np.array([INF])


def streets(
    *lines: list[tuple[float, float]], speed: float = 1.0, ends: list[tuple[int, int]] | None = None, **more
) -> Edges:
    """Edges from lines walked at one speed both ways; ends meet where coordinates are equal."""
    xy = [np.asarray(line, float) for line in lines]
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in xy])
    nodes: dict[tuple[float, float], int] = {}
    ends = ends or [tuple(nodes.setdefault(tuple(line[k]), len(nodes)) for k in (0, -1)) for line in xy]
    tail, head = np.array(ends, np.int64).reshape(-1, 2).T
    given_s = {"forward_s": length / speed, "backward_s": length / speed} | more
    offsets = np.concatenate([[0], np.cumsum([len(line) for line in xy])]).astype(np.int64)
    return Edges(tail=tail.copy(), head=head.copy(), offsets=offsets, xy=np.concatenate(xy), **given_s)


def cuts(parts: Parts) -> list[tuple[int, float, float]]:
    """The parts as plain numbers."""
    return [
        (int(e), round(float(a), 9), round(float(b), 9))
        for e, a, b in zip(parts.edge, parts.from_fraction, parts.to_fraction, strict=True)
    ]


STREET = streets([(0, 0), (300, 0), (1000, 0)])


def profile_at(fraction: float, start_s: float = 0.0, edges: Edges = STREET, **options) -> Parts:
    """The profile of one street with a facility in it and none elsewhere."""
    return time_profile(edges, NOWHERE, NOWHERE, Positions([0], [fraction], [start_s]), **options)


def test_a_street_with_a_facility_in_its_middle():
    """On 1000 m at 1 m/s, 200 s reach exactly from 300 m to 700 m; the rest lies beyond."""
    profile = profile_at(0.5)
    assert cuts(reached_parts(profile, limit_s=200)) == [(0, 0.3, 0.7)]
    assert cuts(beyond_parts(profile, STREET, limit_s=200)) == [(0, 0.0, 0.3), (0, 0.7, 1.0)]
    assert cuts(band_parts(profile, after_s=200, limit_s=300)) == [(0, 0.2, 0.3), (0, 0.7, 0.8)]
    reached = reached_parts(profile, limit_s=200)
    assert (reached.from_s[0], reached.to_s[0]) == pytest.approx((200, 200))
    assert part_lines(STREET, reached)[0].equals(shapely.LineString([(300, 0), (700, 0)]))


def test_the_leg_takes_its_time():
    """Seconds of the leg are gone before the street is walked; a leg longer than the limit reaches nothing."""
    assert cuts(reached_parts(profile_at(0.5, 50.0), limit_s=200)) == [(0, 0.35, 0.65)]
    assert cuts(reached_parts(profile_at(0.5, 201.0), limit_s=200)) == []
    assert cuts(beyond_parts(profile_at(0.5, 201.0), STREET, limit_s=200)) == [(0, 0.0, 1.0)]


def test_both_ends_leave_the_middle_beyond():
    """With 100 s at one end and none at the other, what lies between is cut from both sides."""
    profile = time_profile(STREET, np.array([100.0]), np.array([0.0]))
    assert cuts(reached_parts(profile, limit_s=300)) == [(0, 0.0, 0.2), (0, 0.7, 1.0)]
    assert cuts(beyond_parts(profile, STREET, limit_s=300)) == [(0, 0.2, 0.7)]
    assert cuts(reached_parts(profile, limit_s=600)) == [(0, 0.0, 1.0)]
    assert cuts(beyond_parts(profile, STREET, limit_s=600)) == []


def test_uphill_and_downhill_differ_and_direction_swaps_them():
    """Where one way takes twice as long, a street is reached further on the side from which it is quicker."""
    slope = streets([(0, 0), (1000, 0)], forward_s=np.array([2000.0]), backward_s=np.array([1000.0]))
    # towards the facility: from the tail's side one walks forward, 2 s per metre
    assert cuts(reached_parts(profile_at(0.5, edges=slope), limit_s=200)) == [(0, 0.4, 0.7)]
    assert cuts(reached_parts(profile_at(0.5, edges=slope, direction="from"), limit_s=200)) == [(0, 0.3, 0.6)]


def test_a_closed_direction_reaches_one_side_only():
    """A street open only forward is reached from behind its facility, not from beyond it."""
    one_way = streets([(0, 0), (1000, 0)], backward_s=np.array([INF]))
    assert cuts(reached_parts(profile_at(0.5, edges=one_way), limit_s=200)) == [(0, 0.3, 0.5)]
    assert cuts(beyond_parts(profile_at(0.5, edges=one_way), one_way, limit_s=200)) == [(0, 0.0, 0.3), (0, 0.5, 1.0)]


def test_closed_streets_are_not_beyond():
    """A street that the walker cannot use at all is neither reached nor beyond."""
    closed = streets([(0, 0), (1000, 0)], forward_s=np.array([INF]), backward_s=np.array([INF]))
    profile = time_profile(closed, np.array([0.0]), np.array([0.0]))
    assert cuts(reached_parts(profile, limit_s=900)) == []
    assert cuts(beyond_parts(profile, closed, limit_s=900)) == []


def test_several_facilities_on_one_street():
    """Two facilities on one street reach two parts, which merge once they meet."""
    profile = time_profile(STREET, NOWHERE, NOWHERE, Positions([0, 0], [0.8, 0.2], [0.0, 0.0]))
    assert cuts(reached_parts(profile, limit_s=100)) == [(0, 0.1, 0.3), (0, 0.7, 0.9)]
    assert cuts(beyond_parts(profile, STREET, limit_s=100)) == [(0, 0.0, 0.1), (0, 0.3, 0.7), (0, 0.9, 1.0)]
    assert cuts(reached_parts(profile, limit_s=300)) == [(0, 0.0, 1.0)]


def test_streets_of_no_length_and_no_time():
    """A street of zero length belongs wholly to what its end reaches, and is drawn as a disc."""
    dot = streets([(5, 5), (5, 5)], ends=[(0, 1)])
    profile = time_profile(dot, np.array([10.0]), np.array([10.0]))
    assert cuts(reached_parts(profile, limit_s=10)) == [(0, 0.0, 1.0)]
    assert cuts(reached_parts(profile, limit_s=9)) == []
    assert part_lines(dot, reached_parts(profile, limit_s=10))[0].coords[:] == [(5, 5), (5, 5)]
    area = isochrone(dot, profile, limit_s=40, speed_m_per_s=1.0, tolerance_m=0)
    assert area.area == pytest.approx(np.pi * 30**2, rel=0.02)


def test_nothing_reached_is_an_empty_shape():
    """Without any facility there are no parts and the area is an empty MultiPolygon."""
    profile = time_profile(STREET, NOWHERE, NOWHERE)
    assert len(profile) == 0
    assert part_lines(STREET, profile).size == 0
    area = isochrone(STREET, profile, limit_s=900, speed_m_per_s=1.0)
    assert area.is_empty
    assert area.geom_type == "MultiPolygon"


def test_bends_are_followed():
    """A part keeps the bends of its street, and its ends lie exactly where time runs out."""
    bent = streets([(0, 0), (100, 0), (100, 100), (200, 100)])
    profile = time_profile(bent, NOWHERE, NOWHERE, Positions([0], [0.5]))
    line = part_lines(bent, reached_parts(profile, limit_s=100))[0]
    assert np.array(line.coords) == pytest.approx(np.array([(50, 0), (100, 0), (100, 100), (150, 100)]))
    assert line.length == pytest.approx(200)


@st.composite
def small_profiles(draw):
    """A few streets with seconds at their ends and facilities in between."""
    m = draw(st.integers(1, 4))
    seconds = st.one_of(st.just(INF), st.floats(0, 500))
    each = lambda strategy: np.array(draw(st.lists(strategy, min_size=m, max_size=m)))  # noqa: E731
    lines = [[(0, 50.0 * i), (draw(st.floats(1, 900)), 50.0 * i)] for i in range(m)]
    edges = streets(
        *lines, forward_s=each(st.one_of(st.just(INF), st.floats(0, 900))), backward_s=each(st.floats(0, 900))
    )
    k = draw(st.integers(0, 4))
    listed = lambda strategy: draw(st.lists(strategy, min_size=k, max_size=k))  # noqa: E731
    points = Positions(
        np.array(listed(st.integers(0, m - 1)), np.int64),
        np.array(listed(st.floats(0, 1)), float),
        np.array(listed(st.floats(0, 400)), float),
    )
    return edges, each(seconds), each(seconds), points, draw(st.sampled_from(["to", "from"]))


def seconds_by_definition(case, edge, g):
    """Seconds at a place of a street, from the contract's words."""
    edges, tail_s, head_s, points, direction = case
    out, back = edges.forward_s[edge], edges.backward_s[edge]
    out, back = (out, back) if direction == "to" else (back, out)
    walk = lambda share, whole: share * whole if share > 0 else 0.0  # noqa: E731
    ways = [head_s[edge] + walk(1 - g, out), tail_s[edge] + walk(g, back)]
    for e, f, s in zip(points.edge, points.fraction, points.start_s, strict=True):
        if e == edge:
            ways.append(s + (walk(f - g, out) if f >= g else walk(g - f, back)))
    return min(ways)


@settings(deadline=None, max_examples=60)
@given(small_profiles(), st.floats(0, 900), st.integers(0, 2**31))
def test_parts_are_where_the_definition_says(case, limit, seed):
    """Any place of any street is in a reached part exactly if its seconds by definition are within the limit."""
    edges, tail_s, head_s, points, direction = case
    profile = time_profile(edges, tail_s, head_s, points, direction=direction)
    reached = reached_parts(profile, limit_s=limit)
    beyond = beyond_parts(profile, edges, limit_s=limit)
    rng = np.random.default_rng(seed)
    for edge in range(len(edges)):
        for g in rng.random(6):
            seconds = seconds_by_definition(case, edge, g)
            if abs(seconds - limit) < 1e-6:
                continue
            for parts, wanted in ((reached, seconds <= limit), (beyond, seconds > limit)):
                inside = (parts.edge == edge) & (parts.from_fraction <= g) & (g <= parts.to_fraction)
                assert inside.any() == wanted


@settings(deadline=None, max_examples=40)
@given(small_profiles(), st.floats(0, 900), st.floats(0, 900))
def test_bands_and_the_rest_make_up_the_streets(case, one, two):
    """Reached, the band up to a later limit, and what lies beyond it add up to each street once."""
    edges, tail_s, head_s, points, direction = case
    low, high = sorted((one, two))
    profile = time_profile(edges, tail_s, head_s, points, direction=direction)
    parts = [
        reached_parts(profile, limit_s=low),
        band_parts(profile, after_s=low, limit_s=high),
        beyond_parts(profile, edges, limit_s=high),
    ]
    whole = concatenated(parts)
    assert (np.diff(whole.edge) >= 0).all()
    shares = np.bincount(whole.edge, whole.to_fraction - whole.from_fraction, minlength=len(edges))
    assert shares == pytest.approx(np.ones(len(edges)), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(small_profiles(), st.floats(0, 900))
def test_lines_are_as_long_as_their_share(case, limit):
    """The line of a part is as long as its share of the street says."""
    edges, tail_s, head_s, points, direction = case
    parts = reached_parts(time_profile(edges, tail_s, head_s, points, direction=direction), limit_s=limit)
    length = shapely.length(part_lines(edges, concatenated([parts])))
    whole = np.array([shapely.LineString(edges.xy[2 * e : 2 * e + 2]).length for e in parts.edge])
    assert length == pytest.approx((parts.to_fraction - parts.from_fraction) * whole, abs=1e-6)


def buffers(edges: Edges, profile: Parts, limit_s: float, speed: float):
    """The same union by shapely, from buffers at fine steps."""
    within = pieces_within(profile, limit_s=limit_s)
    centres, radii = [], []
    for line, a, b in zip(part_lines(edges, within), within.from_s, within.to_s, strict=True):
        share = np.linspace(0, 1, max(2, int(line.length / 2)))
        centres.append(shapely.line_interpolate_point(line, share, normalized=True))
        radii.append(np.minimum(RADIUS_M, (limit_s - a - share * (b - a)) * speed))
    return shapely.union_all(shapely.buffer(np.concatenate(centres), np.concatenate(radii), quad_segs=16))


def town(seed: int, side: int = 7, step: float = 90.0) -> Edges:
    """A shaken lattice of streets with some missing, uphill slower than downhill."""
    rng = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * step + rng.uniform(-25, 25, (side, side, 2))
    lines = [[tuple(xy[i, j]), tuple(xy[i, j + 1])] for i in range(side) for j in range(side - 1)]
    lines += [[tuple(xy[i, j]), tuple(xy[i + 1, j])] for i in range(side - 1) for j in range(side)]
    lines = [line for line in lines if rng.random() < 0.75]
    length = np.array([np.hypot(*np.subtract(*line)) for line in lines])
    return streets(
        *lines, forward_s=length * rng.uniform(0.8, 2, len(lines)), backward_s=length * rng.uniform(0.8, 2, len(lines))
    )


def reach_of(edges: Edges, points: Positions, limit_s: float):
    """The network's answer for each point."""
    n = int(max(edges.tail.max(), edges.head.max())) + 1
    net = Network.from_arrays(edges.tail, edges.head, edges.forward_s, edges.backward_s, n)
    return net, net.reach(points, limit_s=limit_s, direction="to")


@pytest.mark.parametrize("seed", range(8))
def test_areas_agree_with_the_union_of_buffers(seed):
    """A drawn area differs from shapely's union of the same buffers by less than 3 %, and is valid."""
    edges = town(seed)
    points = Positions([3], [0.4], [20.0])
    limit = [60.0, 150.0, 300.0, 500.0][seed % 4]
    _, reached = reach_of(edges, points, limit)
    drawn = next(facility_areas(edges, reached, points, limits_s=[limit], speed_m_per_s=1.2))[0]
    node_s = np.full(edges.at_node[0].size - 1, INF)
    node_s[reached[1]] = reached[2]
    wanted = buffers(edges, time_profile(edges, node_s[edges.tail], node_s[edges.head], points), limit, 1.2)
    assert drawn.is_valid
    assert drawn.area == pytest.approx(wanted.area, rel=0.03)
    assert drawn.symmetric_difference(wanted).area < 0.03 * wanted.area


def test_areas_of_a_category_and_of_its_only_facility_are_one():
    """The area of a category with one facility is the facility's own, at every limit; longer limits hold shorter ones."""
    edges = town(1)
    points = Positions([5], [0.2], [10.0])
    net, reached = reach_of(edges, points, 400.0)
    node_s, _ = net.nearest(points, limit_s=400.0, direction="to")
    whole = areas_for(edges, node_s[edges.tail], node_s[edges.head], points, limits_s=[200, 400], speed_m_per_s=1.2)
    alone = next(facility_areas(edges, reached, points, limits_s=[200, 400], speed_m_per_s=1.2))
    assert [area.wkb for area in whole] == [area.wkb for area in alone]
    assert whole[0].difference(whole[1].buffer(drawing.TOLERANCE_M + 1)).area == pytest.approx(0, abs=1.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_break_is_the_same_by_itself_and_among_others(seed):
    """An isochrone drawn upon the field of narrower ones is the one drawn alone, within 1 %; limits must ascend."""
    edges, limits = town(seed), [150.0, 180.0, 400.0]
    points = Positions([5], [0.2], [10.0])
    net, _ = reach_of(edges, points, 400.0)
    node_s, _ = net.nearest(points, limit_s=400.0, direction="to")
    profile = time_profile(edges, node_s[edges.tail], node_s[edges.head], points)
    nested = nested_isochrones(edges, profile, limits_s=limits, speed_m_per_s=1.2)
    for limit, drawn in zip(limits, nested, strict=True):
        alone = isochrone(edges, profile, limit_s=limit, speed_m_per_s=1.2)
        assert drawn.is_valid
        assert drawn.symmetric_difference(alone).area < 0.01 * alone.area
    with pytest.raises(ValueError, match="ascend"):
        nested_isochrones(edges, profile, limits_s=limits[::-1], speed_m_per_s=1.2)


def test_holes_are_kept():
    """Streets around a block too wide to be walked into leave a hole."""
    ring = streets([(0, 0), (300, 0), (300, 300), (0, 300), (0, 0)])
    area = isochrone(ring, time_profile(ring, np.array([0.0]), np.array([0.0])), limit_s=9999, speed_m_per_s=1.0)
    assert len(area.geoms) == 1
    assert len(area.geoms[0].interiors) == 1
    assert shapely.Polygon(area.geoms[0].interiors[0]).area == pytest.approx(180**2, rel=0.03)


def test_never_on_another_island():
    """A street 30 m from a strait is not drawn across it, nor is the sea; a bridge is drawn at both its ends only."""
    west, east = shapely.box(-500, -500, 30, 500), shapely.box(60, -500, 600, 500)
    edges = streets(
        [(0, -200), (0, 0)],
        [(0, 0), (90, 0)],
        [(90, 0), (90, 200)],
        island_indptr=np.array([0, 1, 3, 4]),
        island_index=np.array([0, 0, 1, 1]),
    )
    shores = Shores([west, east])
    only_west = time_profile(edges, np.array([0, 0, INF]), np.array([0, INF, INF]), rows=np.array([0]))
    area = isochrone(edges, only_west, limit_s=9999, speed_m_per_s=1.0, shores=shores)
    assert area.difference(west).area == pytest.approx(0, abs=1e-6)
    assert area.area == pytest.approx(200 * 90 + np.pi * 60**2 / 2 + 2 * quarter(60, 30), rel=0.02)
    everything = time_profile(edges, np.zeros(3), np.zeros(3))
    area = isochrone(edges, everything, limit_s=9999, speed_m_per_s=1.0, shores=shores)
    assert area.is_valid
    assert area.intersection(shapely.box(30, -500, 60, 500)).area == pytest.approx(0, abs=1e-6)
    # the part of the first street that would reach over the strait beside the bridge stays on its own island
    assert area.intersection(shapely.box(60, -500, 600, -61)).area == 0


def quarter(radius: float, across: float) -> float:
    """Area of a quarter disc up to a line ``across`` from its centre."""
    x = np.linspace(0, across, 10_001)
    return float(np.trapezoid(np.sqrt(radius**2 - x**2), x))


def test_inland_areas_are_not_touched_by_the_shore():
    """An area that does not meet the shore is the same with and without land."""
    profile = profile_at(0.5)
    far = Shores([shapely.box(-5000, -5000, 5000, 5000)])
    edges = streets([(0, 0), (300, 0), (1000, 0)], island_indptr=np.array([0, 1]), island_index=np.array([0]))
    with_land = isochrone(edges, profile, limit_s=200, speed_m_per_s=1.0, shores=far)
    assert with_land.wkb == isochrone(STREET, profile, limit_s=200, speed_m_per_s=1.0).wkb


def test_large_areas_are_drawn_in_tiles_without_seams(monkeypatch):
    """Drawn in small tiles, an area is the same as drawn in one."""
    edges = town(4, side=14)
    profile = time_profile(edges, np.zeros(len(edges)), np.zeros(len(edges)))
    options = {"limit_s": 9999, "speed_m_per_s": 1.0}
    whole = isochrone(edges, profile, **options)
    monkeypatch.setattr(drawing, "TILE_CELLS", 40)
    monkeypatch.setattr(drawing, "LARGEST_CELL_M", drawing.MIN_CELL_M)
    tiled = isochrone(edges, profile, **options)
    assert tiled.is_valid
    assert len(tiled.geoms) == len(whole.geoms)
    assert tiled.symmetric_difference(whole).area < 0.004 * whole.area


@pytest.mark.parametrize("extent", [300.0, 3_000.0, 30_000.0, 90_000.0])
def test_sizes_of_areas_from_a_block_to_a_county(extent):
    """Whatever the size of an area, and so of its cells, it agrees with shapely's buffers within 2 %."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, extent, (2, 60))
    turn = rng.uniform(0, 2 * np.pi, 60)
    pieces = np.stack(
        [x, y, np.full(60, 60.0), x + 90 * np.cos(turn), y + 90 * np.sin(turn), np.full(60, 60.0)], axis=1
    )
    wanted = shapely.union_all(shapely.buffer(shapely.linestrings(pieces[:, [0, 1, 3, 4]].reshape(-1, 2, 2)), 60.0, 32))
    drawn = outline(pieces)
    assert drawn.is_valid
    assert drawn.area == pytest.approx(wanted.area, rel=0.02)
    assert drawn.symmetric_difference(wanted).area < 0.025 * wanted.area


def test_drawing_is_deterministic_and_independent_of_place_in_the_table():
    """The same streets in another order give the same outline."""
    edges = town(2)
    rng = np.random.default_rng(0)
    pieces = rng.uniform(0, 500, (40, 6))
    pieces[:, [2, 5]] %= 60
    assert outline(pieces).wkb == outline(pieces).wkb == outline(pieces[::-1].copy()).wkb
    profile = time_profile(edges, np.zeros(len(edges)), np.zeros(len(edges)))
    one, two = (isochrone(edges, profile, limit_s=99, speed_m_per_s=1.0) for _ in range(2))
    assert one.wkb == two.wkb


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.floats(0.1, 60), st.floats(1, 2000))
def test_every_outline_is_valid(seed, radius, extent):
    """Whatever the pieces, the outline is a valid MultiPolygon whose area is near that of the buffers."""
    rng = np.random.default_rng(seed)
    pieces = rng.uniform(0, extent, (6, 6))
    pieces[:, [2, 5]] = radius
    shape = outline(pieces)
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    if radius > 20:
        lines = shapely.linestrings(pieces[:, [0, 1, 3, 4]].reshape(-1, 2, 2))
        assert shape.area == pytest.approx(shapely.union_all(shapely.buffer(lines, radius)).area, rel=0.04)


@pytest.mark.parametrize("slope", [-1.5, -1.0, -0.6, 0.0, 0.6, 1.0, 1.5])
def test_a_radius_that_runs_out_along_the_street(slope):
    """The field at a node is the greatest of radius minus distance along the piece, however fast the radius shrinks."""
    first = 30.0 - 20 * slope
    piece = np.array([[0.0, 0.0, first, 40.0, 0.0, first + 40 * slope]])
    got = compiled.field(piece, -100.0, -100.0, 10.0, 21, 25)
    s = np.linspace(0, 40, 4001)
    x, y = np.meshgrid(np.arange(25) * 10.0 - 100, np.arange(21) * 10.0 - 100)
    wanted = (first + slope * s - np.hypot(x[..., None] - s, y[..., None])).max(axis=-1)
    near = wanted > -14
    assert 10.0 * got[near] == pytest.approx(wanted[near], abs=0.01)
    assert (got[~near] <= -1.3).all()


def test_island_sets():
    """Streets of one island share a set; a bridge has its own; without land there is one set."""
    edges = streets(
        [(0, 0), (1, 0)], [(1, 0), (2, 0)], [(2, 0), (3, 0)],
        island_indptr=np.array([0, 1, 3, 4]), island_index=np.array([4, 7, 4, 4]),
    )  # fmt: skip
    number, sets = edges.island_sets
    assert [sets[i] for i in number] == [(4,), (4, 7), (4,)]
    assert [STREET.island_sets[1][i] for i in STREET.island_sets[0]] == [()]


@pytest.mark.long
def test_real_areas_agree(shared_dir):
    """Areas of 15 minutes on Malta's streets agree with shapely's union within 3 % (timed in benchmarks)."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    import street_data

    found = street_data.from_osm(shared_dir / "osm" / "malta.osm.pbf")
    m = found.tail.size
    xy = np.stack([found.xy[found.tail], found.xy[found.head]], axis=1).reshape(-1, 2)
    edges = Edges(found.tail, found.head, found.seconds, found.seconds, np.arange(m + 1) * 2, xy)
    rng = np.random.default_rng(3)
    points = Positions(rng.choice(m, 20, replace=False), rng.random(20))
    _, reached = reach_of(edges, points, 900.0)
    areas = [area for (area,) in facility_areas(edges, reached, points, limits_s=[900.0], speed_m_per_s=1.2)]
    for i, area in enumerate(areas[:4]):
        node_s = np.full(found.n_nodes, INF)
        node_s[reached[1][reached[0][i] : reached[0][i + 1]]] = reached[2][reached[0][i] : reached[0][i + 1]]
        point = Positions(points.edge[[i]], points.fraction[[i]])
        wanted = buffers(edges, time_profile(edges, node_s[edges.tail], node_s[edges.head], point), 900.0, 1.2)
        assert area.symmetric_difference(wanted).area < 0.03 * wanted.area


def ringed(field):
    at, start, inside = compiled.rings(field)
    lines = [at[start[i] : start[i + 1]] for i in range(inside.size)]
    holes = [[lines[j] for j in np.flatnonzero(inside == i)] for i in range(inside.size)]
    return shapely.MultiPolygon([shapely.Polygon(lines[i], holes[i]) for i in np.flatnonzero(inside < 0)])


@pytest.mark.parametrize("seed", range(20))
def test_rings_go_round_what_is_inside(seed):
    """Outlines of any field are valid, holes are kept, and a node lies within exactly where the field is above zero."""
    random = np.random.default_rng(seed)
    field = random.choice([-1.0, -0.3, 0.4, 2.0], size=random.integers(1, 12, 2)).astype(np.float32)
    y, x = np.indices(field.shape).astype(float)
    shape = ringed(np.pad(field, 1, constant_values=-2.0))
    assert shape.is_valid
    assert (shapely.contains_xy(shape, x + 1, y + 1) == (field > 0)).all()
    cut = shapely.make_valid(ringed(field))  # of a tile: closed along its border
    inner = (slice(1, -1), slice(1, -1))
    assert (shapely.contains_xy(cut, x, y) == (field > 0))[inner].all()
    assert (shapely.distance(shapely.points(x, y), cut)[field > 0] < 1e-9).all()


@pytest.mark.long
def test_the_warm_up_compiles_what_an_analysis_needs():
    """After the set-up's warm-up an analysis compiles nothing: every compiled loop has the one signature it met there."""
    import subprocess
    import sys

    program = """
from circles.network import engine, isochrones
from circles.network import meeting, nearest_line
engine.warm_up(), meeting.warm_up(), nearest_line.warm_up(), isochrones.warm_up()
from circles.network.isochrones import chains, compiled
from circles.network.engine import search, ties, around
loops = [getattr(m, n) for m in (chains, compiled, meeting, nearest_line, search, around) for n in dir(m) if hasattr(getattr(m, n), "signatures")]
before = [len(loop.signatures) for loop in loops]
import circles
circles.analyse(circles.load_area())
after = [len(loop.signatures) for loop in loops]
assert before == after, [loop.__name__ for loop, a, b in zip(loops, before, after) if a != b]
"""
    subprocess.run([sys.executable, "-c", program], check=True)
