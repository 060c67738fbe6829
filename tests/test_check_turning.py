"""Stability of verdicts, and the least change that turns one: by hand and beside brute force."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circles.analysis import verdicts
from circles.analysis.robustness import least_change as least
from circles.analysis.robustness import stability, turning
from circles.area import Area, Category, DataFiles, MapOptions, Rule, Walk
from circles.area.walkers import BUILT_IN

CATEGORIES = (
    Category(id="clinic", name="卫生院", profile="adult"),
    Category(id="meals", name="助餐点", profile="elder"),
)
TOWNSHIPS = pd.DataFrame({"code": ["t"], "name": ["镇"], "class": ["town"]})
# One township of 100 people at five points; only the first reaches the clinic within 15 minutes, nobody a canteen.
RESIDENTS = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e"],
        "population": [30.0, 25.0, 20.0, 15.0, 10.0],
        "township_code": "t",
        "village_code": ["v1", "v2", "v2", "v3", "v3"],
        "island": ["大岛", "大岛", "小岛", "小岛", "礁"],
    }
)
MINUTES = {
    ("clinic", "adult"): [5.0, 16.0, 30.0, math.nan, math.nan],
    ("meals", "elder"): [20.0, 20.0, 20.0, 20.0, math.nan],
}
# Sites: s1 reaches b and c, s2 reaches c and d, s3 reaches e, s4 reaches b. Elders reach from s1 only c.
SITES = pd.DataFrame(
    {
        "id": ["s1", "s2", "s3", "s4"],
        "name": ["学校", "村委", "码头", "祠堂"],
        "township_code": ["t", "t", "t", "elsewhere"],
        "island": ["大岛", "小岛", "礁", "大岛"],
    }
)
REACH = {
    "adult": np.array([[0, 0, 0, 0], [1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], dtype=bool),
    "elder": np.array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], dtype=bool),
}
FACILITIES = pd.DataFrame(
    {
        "id": ["c1"], "name": ["一院"], "category": ["clinic"], "township_code": ["t"], "island": ["大岛"],
        "capacity": [40.0], "is_counted": [True],
    }
)  # fmt: skip


def an_area(*rules: Rule, **walk) -> Area:
    return Area(
        "city", "试城", "EPSG:4550", dt.date(2024, 12, 31), False, DataFiles(network="n.gpkg", facilities=("f.csv",)),
        Walk(**walk), CATEGORIES, rules, MapOptions(), dict(BUILT_IN), Path("area.toml"),
    )  # fmt: skip


def rule(measure: str, threshold: float, **more) -> Rule:
    if "categories" not in more:
        more.setdefault("category", "clinic")
    return Rule(id="rule", measure=measure, threshold=threshold, source="试验", status="adopted", **more)


def lookup(category: str, profile: str) -> pd.Series:
    return pd.Series(MINUTES[category, profile], index=RESIDENTS["id"])


def change(the_rule: Rule, *, links=None, seed: int | None = None) -> pd.DataFrame:
    area, sites, reach = an_area(the_rule), SITES, REACH
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(SITES))
        sites, reach = SITES.iloc[order], {profile: r[:, order] for profile, r in REACH.items()}
    facts = verdicts.Facts(area, RESIDENTS, lookup, FACILITIES, pd.DataFrame(), lambda *_: (100.0, 1000.0))
    table = verdicts.check(area, RESIDENTS, lookup, FACILITIES, TOWNSHIPS, pd.DataFrame(), facts.street_share)
    candidates = least.Candidates(sites, lambda profile, _limit: reach[profile])
    return least.least_change(table, facts, candidates, links=links)


@pytest.mark.parametrize(
    ("the_rule", "expected"),
    [
        # 30 of 100 reached. s1 brings b + c = 45, s2 c + d = 35, s3 e = 10, s4 b = 25
        (rule("population_share", 0.6), ("facility", 1, "s1", 45, 0.75)),
        # 85 needed: 55 more. s1 + s2 bring b, c, d = 60; no single one does
        (rule("population_share", 0.85), ("facility", 2, "s1+s2", 60, 0.9)),
        (rule("population_share", 1.0), ("facility", 3, "s1+s2+s3", 70, 1.0)),
        # both kinds: a lacks only the canteen, which no site brings; elders reach c, d, e, b from s1/s2, s2, s3, s4.
        # 40 needed: s2 brings c and d for both = 35, s4 brings b = 25: 60
        (rule("population_share", 0.4, categories=("clinic", "meals")), ("facility", 2, "s2+s4", 60, 0.6)),
        (rule("population_share", 0.9, categories=("clinic", "meals")), ("none", None, "", 0, 0.7)),
        # a at 5, b at 16 minutes; 70 % within 16: 55 there, 15 more: s2 brings c + d = 35, s1 brings c = 20
        (rule("nearest_minutes", 16, percentile=70), ("facility", 1, "s2", 35, 16)),
        # v1 counts; v2 = b + c, v3 = d + e of whom 15 of 25 suffice: s1 turns v2, s2 gives c (20 of 45) and v3
        (rule("village_share", 0.6), ("facility", 1, "s1", 45, 2 / 3)),
        (rule("village_share", 1.0), ("facility", 2, "s1+s2", 60, 1.0)),
        # one clinic stands in t; s4 is elsewhere; s1 covers most, then s2 adds d
        (rule("facility_count", 3), ("facility", 2, "s1+s2", 60, 3)),
        # 40 places for 0.1 thousand people; 1000 per thousand need 60 more
        (rule("capacity_per_1000", 1000), ("capacity", 60, "", 0, 1000)),
        # 大岛 has one; 小岛 (35 people) comes before 礁 (10)
        (rule("island_share", 0.6), ("facility", 1, "s2", 35, 2 / 3)),
        (rule("island_share", 1.0), ("facility", 2, "s2+s3", 45, 1.0)),
        (rule("street_share", 0.5), ("none", None, "", 0, None)),
    ],
)  # fmt: skip
def test_least_change_by_hand(the_rule, expected):
    """The fewest sites, the people they newly cover and the value after equal the figures on paper."""
    table = change(the_rule)
    assert tuple(table.columns) == tuple(least.least_change.__globals__["COLUMNS"])
    assert len(table) == 1
    row = table.iloc[0]
    got = row["change"], row["count"], row["sites"], row["newly_covered"], row["value"]
    for cell, should in zip(got, expected, strict=True):
        if should is None:
            assert math.isnan(cell)
        else:
            assert cell == (should if isinstance(should, str) else pytest.approx(should))
    assert row["is_proven"]
    assert row["verdict"] == ("not_met" if expected[0] == "none" else "met")
    pd.testing.assert_frame_equal(table, change(the_rule, seed=3))


def test_a_missing_link_may_be_the_least_change():
    """Of the links that turn the verdict the one that covers most is named; one that does not is not."""

    def with_minutes(minutes: list[float]):
        return lambda category, _profile: pd.Series(minutes, index=RESIDENTS["id"])

    links = {
        "weak": least.Link("小桥", with_minutes([5, 16, 30, 14, math.nan])),
        "strong": least.Link("大桥", with_minutes([5, 14, 14, 30, math.nan])),
        "good": least.Link("栈道", with_minutes([5, 16, 14, 14, math.nan])),
    }
    table = change(rule("population_share", 0.6), links=links)
    assert table["change"].tolist() == ["facility", "link"]
    row = table.iloc[1]
    assert (row["sites"], row["names"], row["newly_covered"], row["value"]) == ("strong", "大桥", 45, 0.75)


def test_verdicts_that_are_met_need_no_change():
    """A met verdict has no row."""
    assert change(rule("population_share", 0.3)).empty


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 2))
def test_the_fewest_sites_beside_brute_force(seed, by_village, walkers):
    """On small random cases the number of sites is that of trying every set, for people and for villages."""
    rng = np.random.default_rng(seed)
    people, sites = int(rng.integers(1, 12)), int(rng.integers(1, 7))
    reach = tuple(rng.random((people, sites)) < 0.3 for _ in range(walkers))
    done = [rng.random(people) < 0.3 for _ in range(walkers)]
    done[0] &= ~np.logical_and.reduce(done)  # what is open still needs something
    weights = rng.integers(1, 9, people).astype(float)
    village = rng.integers(0, 4, people) if by_village else None
    extra = rng.integers(0, 9, 4).astype(float)
    total = (np.bincount(village, weights, 4) + extra + 1e-9) if by_village else None
    needed = float(rng.integers(1, 5)) if by_village else float(rng.integers(1, int(weights.sum()) + 1))
    base = float((extra / total >= 0.5 - 1e-12).sum()) if by_village else 0.0
    problem = turning.Turning(weights, reach, tuple(done), base, needed, village, extra if by_village else None, total)
    if problem.numerator(tuple(done)) >= needed:
        return
    least = None
    for count in range(1, sites + 1):
        for chosen in itertools.combinations(range(sites), count):
            state = tuple(done)
            for site in chosen:
                state = problem.after(state, site)
            if problem.numerator(state) >= needed:
                least = count
                break
        if least:
            break
    found, is_proven = turning.fewest(problem)
    assert is_proven
    assert (found is None) == (least is None)
    if found is not None:
        assert len(found) == least


def some_check(verdicts: dict[str, str], value: float = 0.5) -> pd.DataFrame:
    rows = [("t", rule_id, value, verdict) for rule_id, verdict in verdicts.items()]
    return pd.DataFrame(rows, columns=["township_code", "rule_id", "value", "verdict"])


def test_stability_by_hand():
    """Met whatever varies is stable_met; turned once is borderline with the variant's name; no data is neither."""
    base = some_check(
        {"safe": "met", "edge": "met", "far": "not_met", "lucky": "not_met", "?": "no_data", "none": "no_rule"}
    )
    calls = []

    def rerun(speed_factor, snap_max_m, uses_slope, jitter_seed):
        calls.append((speed_factor, snap_max_m, uses_slope, jitter_seed))
        slow, close = speed_factor < 1, snap_max_m == 50
        return some_check(
            {
                "safe": "met",
                "edge": "not_met" if slow or close else "met",
                "far": "no_data" if close else "not_met",
                "lucky": "met" if uses_slope is False else "not_met",
                "?": "no_data",
                "none": "no_rule",
            },
            value=speed_factor,
        )

    variants = [
        stability.Variant("speed=0.8", speed_factor=0.8),
        stability.Variant("snap=50", snap_max_m=50),
        stability.Variant("slope=off", uses_slope=False),
        stability.Variant("positions=1", jitter_seed=1),
    ]
    table = stability.stability(base, rerun, variants)
    assert calls == [(0.8, None, None, None), (1.0, 50, None, None), (1.0, None, False, None), (1.0, None, None, 1)]
    assert len(table) == 5 * 5  # rules × (base and variants); a category without rule has no verdict to vary
    assert not table.duplicated(["township_code", "rule_id", "variant"]).any()
    once = table[table["variant"] == "base"].set_index("rule_id")
    assert once["stability"].to_dict() == {
        "safe": "stable_met", "edge": "borderline", "far": "stable_not_met", "lucky": "borderline", "?": "",
    }  # fmt: skip
    assert once["turned_by"].to_dict() == {
        "safe": "", "edge": "speed=0.8+snap=50", "far": "", "lucky": "slope=off", "?": "",
    }  # fmt: skip
    assert table[table["variant"] == "speed=0.8"]["value"].tolist() == [0.8] * 5


def test_assumptions_leave_out_what_changes_nothing():
    """The area's own joining distance, slope without elevations and exact positions are no variants."""
    names = [variant.name for variant in stability.assumptions(an_area(), jitter_seeds=(1, 2))]
    assert names == [
        "speed=0.8", "speed=0.9", "speed=1.1", "speed=1.2", "snap=50", "snap=100", "slope=off", "positions=1",
        "positions=2",
    ]  # fmt: skip
    few = stability.assumptions(an_area(snap_max_m=80), has_slope=False, jitter_seeds=())
    assert [v.snap_max_m for v in few if v.snap_max_m] == [50, 100, 200]
    assert "slope=off" not in [v.name for v in few]
