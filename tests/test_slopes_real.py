"""Slopes on real ground: Monaco's and Andorra's streets with SRTM heights (contract, section 3.3)."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=["monaco", "andorra"])
def hills(request, repository, shared_dir, tmp_path_factory):
    """Walks of one area in both directions, minutes on the flat and with slopes per category."""
    sys.path.insert(0, str(repository / "benchmarks"))
    try:
        import slopes
    finally:
        sys.path.pop(0)
    folder = tmp_path_factory.mktemp(request.param)
    return {
        direction: list(slopes.compared(slopes.area_of(request.param, shared_dir / "osm", folder, direction=direction)))
        for direction in ("to_facility", "from_facility")
    }


def test_there_and_back_is_never_shorter_with_slopes(hills):
    """Uphill takes longer than on the flat on every street, and there and back is never shorter than on the flat."""
    walks, _, walker, *_ = hills["to_facility"][0]
    net = walks.network
    slope = net.edges["slope"].to_numpy()
    up, down = (np.where(slope >= 0, *pair) for pair in (net.seconds(walker), net.seconds(walker)[::-1]))
    flat, _ = net.seconds(replace(walker, id="flat", uses_slope=False))
    known = np.isfinite(slope) & np.isfinite(flat) & ~net.edges["is_level"] & ~net.edges["is_steps"]
    assert known.mean() > 0.8
    assert (np.abs(slope[known]) > 0.05).mean() > 0.4
    assert (up[known] >= flat[known] * (1 - 1e-12)).all()
    assert (up + down)[known].min() > 0
    assert ((up + down)[known] >= 2 * flat[known] * (1 - 1e-12)).all()
    both = known & (np.abs(slope) > 0.1) & (flat > 0)
    assert (up[both] > 1.2 * flat[both]).all()


def test_slopes_lengthen_minutes_and_lower_coverage(hills):
    """Over all services and both ways, slopes lengthen the median walk and let fewer points be within 15 minutes."""
    reached = {"flat": 0, "hilly": 0}
    for rows in hills.values():
        for _, _, _, flat, hilly in rows:
            both = np.isfinite(flat)
            assert (np.isfinite(hilly) == both).all()
            assert np.median(hilly[both]) > np.median(flat[both])
            reached["flat"] += int((flat <= 15).sum())
            reached["hilly"] += int((hilly <= 15).sum())
    assert reached["hilly"] < reached["flat"]


def test_walking_home_differs_from_walking_there(hills):
    """Costs are directed: on hills the way home is not the way there; on the flat it is."""
    for there, home in zip(hills["to_facility"], hills["from_facility"], strict=True):
        both = np.isfinite(there[3]) & np.isfinite(home[3])
        assert there[3][both] == pytest.approx(home[3][both], abs=1e-6)
        assert np.abs(there[4][both] - home[4][both]).mean() > 0.1
