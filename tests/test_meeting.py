"""Which streets are looked at for crossings and near ends: no pair is lost, whatever the geometry."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from circles.network import junctions, meeting

FAR = np.array([500_000.0, 3_400_000.0])


def lines(seed: int):
    """Return lines at random, on a coarse raster for odd seeds, with shared ends for every third."""
    random = np.random.default_rng(seed)
    n = int(random.integers(2, 120))
    offsets = np.concatenate([[0], np.cumsum(random.integers(2, 6, n))])
    xy = random.random((offsets[-1], 2)) * 300 + FAR
    if seed % 2:
        xy = np.round(xy / 10) * 10
    if seed % 3 == 0:
        xy[offsets[1:] - 1] = xy[offsets[:-1]][random.integers(0, n, n)]
    level = random.choice(["0", "1", ""], n, p=[0.7, 0.2, 0.1]).astype(object)
    shapes = np.array([shapely.LineString(xy[a:b]) for a, b in pairwise(offsets)], dtype=object)
    return offsets, xy, level, shapes


@pytest.mark.parametrize("seed", range(20))
def test_crossings_are_those_that_a_tree_over_all_lines_finds(seed):
    """Of all pairs of one level that geometry calls crossing, only those that meet at a shared vertex alone are left out."""
    offsets, xy, level, shapes = lines(seed)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    keep = (a < b) & (level[a] == level[b]) & (level[a] != "")
    expected = {
        (one, other, *at.round(6))
        for one, other in zip(a[keep].tolist(), b[keep].tolist(), strict=True)
        for at in shapely.get_coordinates(shapely.intersection(shapes[one], shapes[other]))
        if not junctions._shares(at, (one, other), offsets, xy, None)
    }
    found = junctions.crossings(junctions._grid(offsets, xy), level, offsets, xy, None)
    assert {(a, b, *at.round(6)) for a, b, at in zip(found.one, found.other, found.xy, strict=True)} == expected


@pytest.mark.parametrize("seed", range(10))
def test_candidates_near_a_point_hold_every_line_within_reach(seed):
    """Every line that a tree finds within 5 m of a point is among the candidates."""
    offsets, xy, _, shapes = lines(seed)
    at, line = shapely.STRtree(shapes).query(shapely.points(xy), predicate="dwithin", distance=5.0)
    one, other = meeting.near_candidates(junctions._grid(offsets, xy), xy, xy, 5.0)
    assert set(zip(at.tolist(), line.tolist(), strict=True)) <= set(zip(one.tolist(), other.tolist(), strict=True))


def test_a_list_that_overflows_is_made_again():
    """More crossings than the first list has room for: 60 lines across 60 others meet 3,600 times."""
    at = np.arange(60.0) + 0.5
    one = np.stack([np.stack([at, np.zeros(60)], axis=1), np.stack([at, np.full(60, 60.0)], axis=1)], axis=1)
    xy = np.concatenate([one, one[:, :, ::-1]]).reshape(-1, 2)
    offsets = np.arange(0, 241, 2)
    a, b = meeting.crossing_candidates(junctions._grid(offsets, xy), xy, offsets, np.zeros(120, np.int64))
    assert len(a) == 3600
    assert (a < b).all()
