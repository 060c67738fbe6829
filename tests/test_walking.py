"""Walkers: Tobler's factor and the built-in speeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circles.area.walkers import BUILT_IN, MAX_SLOPE, Walker, slope_factor


@pytest.mark.parametrize(
    ("degrees", "km_per_h"),
    [(-10, 3.86), (-5, 5.26), (0, 5.04), (1, 4.74), (5, 3.71), (10, 2.72), (15, 1.97)],
)
def test_factor_follows_the_published_table(degrees, km_per_h):
    """Speed on a slope is Tobler's published speed there as a share of his speed on the flat."""
    # Tobler(0) = 6 · exp(−3.5 · 0.05) = 6 · 0.83946 = 5.0367 km/h, which the table rounds to 5.04
    assert slope_factor(math.tan(math.radians(degrees))) * 6 * math.exp(-0.175) == pytest.approx(km_per_h, abs=0.006)


def test_fastest_gently_downhill():
    """One walks fastest where it falls by 5 in 100: exp(3.5 · 0.05) = 1.1912 times the speed on the flat."""
    slopes = np.linspace(-MAX_SLOPE, MAX_SLOPE, 2401)
    factors = slope_factor(slopes)
    assert slopes[np.argmax(factors)] == pytest.approx(-0.05)
    assert factors.max() == pytest.approx(math.exp(0.175))


def test_no_elevation_is_flat():
    """Where no height is known the slope changes nothing."""
    assert slope_factor(np.array([np.nan, 0.0])).tolist() == [1.0, 1.0]


@given(st.floats(min_value=MAX_SLOPE, max_value=1e6))
def test_steeper_than_the_limit_counts_as_the_limit(slope):
    """A slope above 0.6 is a doubtful height, and counts as 0.6 in either direction."""
    assert slope_factor(slope) == slope_factor(MAX_SLOPE)
    assert slope_factor(-slope) == slope_factor(-MAX_SLOPE)


@given(st.floats(-MAX_SLOPE, MAX_SLOPE), st.floats(-MAX_SLOPE, MAX_SLOPE))
def test_steeper_is_never_faster_on_either_side_of_the_best(one, other):
    """Away from the best slope of −0.05 every further step, up or down, slows the walker."""
    near, far = sorted((one, other), key=lambda s: abs(s + 0.05))
    assert slope_factor(far) <= slope_factor(near) * (1 + 1e-12)


def test_built_in_walkers():
    """The built-in walkers have the speeds that docs/walkers.md gives; who walks feels slopes and uses steps, a cyclist neither."""
    speeds = {name: (w.speed_m_per_s, w.steps_m_per_s, w.uses_slope) for name, w in BUILT_IN.items()}
    cyclist = speeds.pop("cyclist")
    assert speeds == {"adult": (1.2, 0.45, True), "elder": (0.92, 0.35, True), "carer": (0.92, 0.35, True)}
    assert cyclist == (3.3, 0.0, False)


def test_walkers_are_documented(repository):
    """docs/walkers.md names every built-in walker with its speeds."""
    text = (repository / "docs" / "walkers.md").read_text(encoding="utf-8")
    for walker in BUILT_IN.values():
        assert f"| `{walker.id}` | {walker.speed_m_per_s:g} | {walker.steps_m_per_s:g} |" in text


def test_walkers_cannot_be_changed():
    """A walker is a frozen value: no room can change another room's walker."""
    with pytest.raises(AttributeError):
        BUILT_IN["adult"].speed_m_per_s = 2.0
    assert Walker("x", 1.0, 0.0).uses_slope
