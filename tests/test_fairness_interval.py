"""Fairness with an interval where people are estimates, held against draws made one by one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import circles
from circles.analysis.certainty.doubts import doubtful_villages
from circles.analysis.certainty.fairness_interval import DRAWS, drawn_factors, with_intervals
from circles.analysis.certainty.redistributing import redistributed
from circles.analysis.coverage.fairness import concentration, poverty_of_minutes, theil
from circles.analysis.coverage.share import minutes_to
from circles.inputs.loading import load


@pytest.mark.long
def test_intervals_are_those_of_draws_made_one_by_one(tmp_path):
    """On Shengsi each bound equals the quantile of indices that the plain definitions give for each draw; it holds the index."""
    area = circles.load_area()
    inputs, result = load(area), circles.analyse(area)
    people = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    villages = doubtful_villages(inputs)
    assert villages is not None
    factors = drawn_factors(villages, area, DRAWS)
    category = area.categories[0].id
    minutes = minutes_to(category, result.access, people)
    has = ~np.isnan(minutes)
    rank = people["age_60_plus"].to_numpy() / people["population"].to_numpy()
    found = {"theil": [], "concentration": [], "fgt_1": []}
    for factor in factors:
        w = redistributed(villages, factor)["population"]
        assert math.fsum(w) == pytest.approx(math.fsum(people["population"]), rel=1e-12)
        found["theil"].append(theil(minutes[has], np.zeros(has.sum()), w[has]).total)
        found["concentration"].append(concentration(minutes[has], rank[has], w[has]))
        found["fgt_1"].append(
            poverty_of_minutes(minutes, area.walk.limit_min, power=1, horizon_min=area.horizon_min, weights=w)
        )
    table = result.fairness
    row = table[(table["category"] == category) & (table["group"] == "population")].iloc[0]
    for name, values in found.items():
        low, high = np.quantile(values, [0.05, 0.95])
        assert row[f"{name}_p05"] == pytest.approx(low, abs=1e-9)
        assert row[f"{name}_p95"] == pytest.approx(high, abs=1e-9)
        assert row[f"{name}_p05"] < row[name] < row[f"{name}_p95"]


def test_people_who_are_counted_have_no_interval(tmp_path):
    """Where no village is an estimate the bounds stay empty, and the table itself is left as it is."""
    from circles import testing

    file = testing.write_county(tmp_path, name="县", side=4, seed=1, residents=40, facilities=6)
    result = circles.analyse(circles.load_area(file))
    bounds = [name for name in result.fairness if name.endswith(("_p05", "_p95"))]
    assert len(bounds) == 10
    assert result.fairness[bounds].isna().all().all()
    before = result.fairness.copy()
    with_intervals(result.fairness, load(circles.load_area(file)), result.access)
    pd.testing.assert_frame_equal(result.fairness, before)
