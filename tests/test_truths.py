"""One truth for each concept: reached, direction, which facilities count; each held against its definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from circles.foundation.direction import Direction
from circles.foundation.limits import TOLERANCE_S, inclusive, reached, within
from circles.foundation.schema.counted import is_counted
from circles.network import Network
from circles.siting import LIMIT_TOLERANCE


def test_the_tolerance_of_the_limit_is_one_number():
    """A microsecond beyond the limit is within it, two are not; minutes, seconds and siting agree."""
    limit_s = np.array([0.0, 60.0, 900.0, 3600.0])
    assert (within(limit_s + 0.9e-6, limit_s)).all()
    assert not (within(limit_s + 2e-6, limit_s)).any()
    assert reached((limit_s + 0.9e-6) / 60.0, limit_s / 60.0).all()
    assert not reached((limit_s + 2e-6) / 60.0, limit_s / 60.0).any()
    assert not within([np.nan, np.inf], 900.0).any()
    assert not reached([np.nan, np.inf], 15.0).any()
    assert LIMIT_TOLERANCE == TOLERANCE_S == inclusive(0.0) == 1e-6


def test_minutes_never_lose_a_second_that_is_within_the_limit():
    """Seconds divided by 60 and compared in minutes give the answer of the seconds, for limits that are no round number."""
    random = np.random.default_rng(1)
    limit_min = random.uniform(0.01, 1440.0, 20_000)
    assert reached(limit_min * 60.0 / 60.0, limit_min).all()


@pytest.mark.parametrize(("short", "member"), [("to", Direction.TO_FACILITY), ("from", Direction.FROM_FACILITY)])
def test_the_direction_of_a_call_is_that_of_the_area_file(short, member):
    """A network takes the short word and the area's own value alike, and refuses any other."""
    net = Network.from_arrays([0], [1], [3.0], [7.0], 2)
    assert Direction.of(short) is member is Direction(member.value)
    for one, other in zip(net.nearest([1], direction=short), net.nearest([1], direction=member), strict=True):
        assert np.array_equal(one, other)
    assert net.nearest([1], direction=short)[0][0] == (3.0 if short == "to" else 7.0)
    with pytest.raises(ValueError, match="towards"):
        Direction.of("towards")


@pytest.mark.parametrize(("demonstration", "expected"), [(False, ["a"]), (True, ["a", "d"])])
def test_only_existing_fixed_facilities_count(demonstration, expected):
    """Facilities under construction, planned, closed, delivering or mobile never count; examples in a demonstration do."""
    rows = [
        ("a", "existing", "fixed"), ("b", "existing", "delivery"), ("c", "existing", "mobile"), ("d", "example", "fixed"),
        ("e", "planned", "fixed"), ("f", "under_construction", "fixed"), ("g", "closed", "fixed"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["id", "status", "service_mode"])
    assert table["id"][is_counted(table, is_demonstration=demonstration)].tolist() == expected
