"""达标 verdicts: every measure on paper, the edges of a threshold, what leaves a row and what does not."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circles.analysis import coverage, verdicts
from circles.area import Area, Category, DataFiles, MapOptions, Rule, Walk
from circles.area.walkers import BUILT_IN
from circles.foundation.schema.tables import TABLES

CATEGORIES = (
    Category(id="clinic", name="卫生院", profile="adult"),
    Category(id="meals", name="助餐点", profile="elder"),
)
TOWNSHIPS = pd.DataFrame({"code": ["t", "r", "u"], "name": ["镇", "乡", "无类"], "class": ["town", "rural", ""]})
VILLAGES = pd.DataFrame({"code": ["v1", "v2", "v3"], "township_code": ["t", "t", "r"]})

# Township t (town): four points of 40, 30, 20, 10 people, 100 in all; 10 of them are old, all at the last point.
#   clinic (adult):  5, 10, 20 minutes, none   → within 15 min: 40 + 30 = 70 of 100
#   meals (elder):  16,  8, 14 minutes, none   → within 15 min: 30 + 20 = 50 of 100
#   both:            –,  ✓,  –                 → 30 of 100
# Township r (rural): one point of 50 people, none of them old, clinic at exactly 15 min, no meals. Township u: nobody.
RESIDENTS = pd.DataFrame(
    {
        "id": ["t1", "t2", "t3", "t4", "r1", "sea"],
        "population": [40.0, 30.0, 20.0, 10.0, 50.0, 1000.0],
        "old": [0.0, 0.0, 0.0, 10.0, 0.0, 7.0],
        "township_code": ["t", "t", "t", "t", "r", "NONE"],
        "village_code": ["v1", "v1", "v2", "v2", "v3", "v3"],
        "island": ["大岛", "大岛", "大岛", "小岛", "乡岛", ""],
    }
)
MINUTES = {
    ("clinic", "adult"): [5.0, 10.0, 20.0, math.nan, 15.0, 1.0],
    ("clinic", "elder"): [7.0, 14.0, 28.0, math.nan, 21.0, 1.0],
    ("meals", "elder"): [16.0, 8.0, 14.0, math.nan, math.nan, 1.0],
    ("meals", "adult"): [12.0, 6.0, 10.0, math.nan, math.nan, 1.0],
}
FACILITIES = pd.DataFrame(
    {
        "id": ["c1", "c2", "c3", "m1", "m2"],
        "name": ["一院", "二院", "三院", "一餐", "二餐"],
        "category": ["clinic", "clinic", "clinic", "meals", "meals"],
        "township_code": ["t", "t", "t", "t", "r"],
        "island": ["大岛", "大岛", "大岛", "大岛", ""],
        "capacity": [0.1, 0.2, 99.0, 20.0, math.nan],
        "is_counted": [True, True, False, True, True],
    }
)


def rule(measure: str, threshold: float, **more) -> Rule:
    more.setdefault("id", "the-rule")
    more.setdefault("status", "adopted")
    if "categories" not in more:
        more.setdefault("category", "clinic")
    return Rule(measure=measure, threshold=threshold, source="试验", **more)


def area_with(*rules: Rule) -> Area:
    return Area(
        "city", "试城", "EPSG:4550", dt.date(2024, 12, 31), False, DataFiles(network="n.gpkg", facilities=("f.csv",)),
        Walk(), CATEGORIES, rules, MapOptions(), dict(BUILT_IN), Path("area.toml"),
    )  # fmt: skip


def lookup(category: str, profile: str) -> pd.Series:
    return pd.Series(MINUTES[category, profile], index=RESIDENTS["id"])


def streets(township: str, categories: tuple[str, ...], limit_min: float, profile: str | None) -> tuple[float, float]:
    """Of 2000 m in t the clinic reaches 1500 m; with both categories 600 m; no streets elsewhere."""
    if township != "t":
        return 0.0, 0.0
    assert limit_min == 15
    assert profile == ("adult" if categories == ("clinic",) else None)
    return (1500.0 if categories == ("clinic",) else 600.0), 2000.0


def judged(*rules: Rule, residents: pd.DataFrame = RESIDENTS) -> pd.DataFrame:
    return verdicts.check(area_with(*rules), residents, lookup, FACILITIES, TOWNSHIPS, VILLAGES, streets)


def judge(township: str, the_rule: Rule, **more) -> tuple:
    """Return (numerator, denominator, value, verdict, shortfall); None for an empty cell."""
    table = judged(the_rule, **more)
    row = table[(table["township_code"] == township) & (table["rule_id"] == the_rule.id)].iloc[0]
    cells = row[["numerator", "denominator", "value", "verdict", "shortfall"]]
    return tuple(None if pd.isna(cell) else cell for cell in cells)


BOTH = ("clinic", "meals")


@pytest.mark.parametrize(
    ("township", "the_rule", "expected"),
    [
        ("t", rule("population_share", 0.9), (70, 100, 0.7, "not_met", 20)),  # 0.9 × 100 − 70
        ("t", rule("population_share", 0.7), (70, 100, 0.7, "met", 0)),
        ("t", rule("population_share", 0.701), (70, 100, 0.7, "not_met", 1)),  # ceil(0.1)
        ("t", rule("population_share", 0.9, categories=BOTH), (30, 100, 0.3, "not_met", 60)),
        ("t", rule("population_share", 0.9, limit_min=20), (90, 100, 0.9, "met", 0)),
        ("t", rule("population_share", 0.9, profile="elder"), (70, 100, 0.7, "not_met", 20)),  # 7 and 14 min
        # with adults' speed meals take 12, 6, 10 and clinics 5, 10, 20 minutes: t1 and t2 reach both
        ("t", rule("population_share", 0.9, categories=BOTH, profile="adult"), (70, 100, 0.7, "not_met", 20)),
        ("t", rule("population_share", 0.9, group="old"), (0, 10, 0, "not_met", 9)),
        ("r", rule("population_share", 1.0), (50, 50, 1, "met", 0)),  # exactly 15 minutes
        ("r", rule("population_share", 0.9, group="old"), (0, 0, None, "no_data", None)),
        ("u", rule("population_share", 0.9), (0, 0, None, "no_data", None)),
        ("t", rule("population_share", 0.9, group="young"), (0, 0, None, "no_data", None)),  # no such column
        ("t", rule("population_share", 0.9, limit_min=61), (None, 100, None, "no_data", None)),  # beyond the horizon
        # v1: 70 of 70 reached; v2: t3 is at 20 min, t4 nowhere: 0 of 30
        ("t", rule("village_share", 0.9), (1, 2, 0.5, "not_met", 1)),
        ("t", rule("village_share", 0.5), (1, 2, 0.5, "met", 0)),
        # within 20 min, 20 of the 30 people of v2: it counts at 2/3 and not at 0.67
        ("t", rule("village_share", 1.0, limit_min=20, village_min_share=2 / 3), (2, 2, 1, "met", 0)),
        ("t", rule("village_share", 1.0, limit_min=20, village_min_share=0.67), (1, 2, 0.5, "not_met", 1)),
        ("t", rule("village_share", 0.5, group="old"), (0, 1, 0, "not_met", 1)),  # v1 has no old people: left out
        ("r", rule("village_share", 0.5), (1, 1, 1, "met", 0)),  # the 1000 at sea of v3 are in no township
        ("u", rule("village_share", 0.5), (0, 0, None, "no_data", None)),
        ("t", rule("facility_count", 2), (2, 1, 2, "met", 0)),  # c3 is not counted
        ("t", rule("facility_count", 5), (2, 1, 2, "not_met", 3)),
        ("t", rule("facility_count", 2, categories=BOTH), (1, 1, 1, "not_met", 1)),  # 2 clinics, 1 canteen
        ("r", rule("facility_count", 1), (0, 1, 0, "not_met", 1)),  # a township without facility
        ("u", rule("facility_count", 1), (0, 1, 0, "not_met", 1)),
        ("t", rule("capacity_per_1000", 3.0), (0.1 + 0.2, 0.1, 3.0, "met", 0)),  # 0.3 places, 100 people
        ("t", rule("capacity_per_1000", 30.0), (0.1 + 0.2, 0.1, 3.0, "not_met", 3)),  # 30 × 0.1 − 0.3 = 2.7
        ("t", rule("capacity_per_1000", 2000, category="meals", group="old"), (20, 0.01, 2000, "met", 0)),
        ("r", rule("capacity_per_1000", 1, category="meals"), (None, 0.05, None, "no_data", None)),  # not filled in
        ("r", rule("capacity_per_1000", 1), (0, 0.05, 0, "not_met", 1)),  # no clinic at all is 0, not unknown
        ("u", rule("capacity_per_1000", 1), (0, 0, None, "no_data", None)),
        ("t", rule("street_share", 0.75), (1500, 2000, 0.75, "met", 0)),
        ("t", rule("street_share", 0.75, categories=BOTH), (600, 2000, 0.3, "not_met", 900)),
        ("u", rule("street_share", 0.75), (0, 0, None, "no_data", None)),
        # 40 people within 5 min, 70 within 10, 90 within 20, 10 nowhere
        ("t", rule("nearest_minutes", 10, percentile=70), (70, 100, 10, "met", 0)),
        ("t", rule("nearest_minutes", 10, percentile=70.5), (70, 100, 20, "not_met", 1)),
        ("t", rule("nearest_minutes", 20), (90, 100, 20, "met", 0)),  # the 90th percentile if left out
        ("t", rule("nearest_minutes", 19), (70, 100, 20, "not_met", 20)),
        ("t", rule("nearest_minutes", 60, percentile=95), (90, 100, None, "not_met", 5)),  # t4 has no way
        ("t", rule("nearest_minutes", 61, percentile=95), (None, 100, None, "no_data", None)),  # nobody knows
        # until both are reached: 16, 10, 20 minutes
        ("t", rule("nearest_minutes", 16, percentile=50, categories=BOTH), (70, 100, 16, "met", 0)),
        ("u", rule("nearest_minutes", 10), (0, 0, None, "no_data", None)),
        ("t", rule("island_share", 1.0), (1, 2, 0.5, "not_met", 1)),  # 大岛 has a clinic, 小岛 has none
        ("t", rule("island_share", 1.0, group="old"), (0, 1, 0, "not_met", 1)),  # old people live on 小岛 only
        ("u", rule("island_share", 1.0), (0, 0, None, "no_data", None)),
    ],
)  # fmt: skip
def test_measures_by_hand(township, the_rule, expected):
    """Every measure equals the figure on paper, with its verdict and what is missing."""
    got = judge(township, the_rule)
    assert got[3] == expected[3]
    for number, should in zip((*got[:3], got[4]), (*expected[:3], expected[4]), strict=True):
        assert number == (should if should is None else pytest.approx(should, rel=1e-12, abs=1e-12))


def test_columns_and_rows():
    """One row per township × rule that applies, one per category without a rule, one overall; in this order."""
    table = judged(
        rule("population_share", 0.9, id="town", applies_to="town"),
        rule("population_share", 0.9, id="rural", applies_to="rural"),
        rule("facility_count", 1, id="all", category="meals"),
    )
    assert list(table.columns) == TABLES["check"].names
    keys = list(zip(table["township_code"], table["rule_id"], table["category"], strict=True))
    assert keys == [
        ("t", "town", "clinic"), ("t", "all", "meals"), ("t", "overall", ""),
        ("r", "rural", "clinic"), ("r", "all", "meals"), ("r", "overall", ""),
        ("u", "all", "meals"), ("u", "none", "clinic"), ("u", "overall", ""),
    ]  # fmt: skip
    assert table["verdict"].tolist() == [
        "not_met", "met", "not_met",
        "met", "met", "met",
        "not_met", "no_rule", "not_met",
    ]  # fmt: skip


def test_residents_outside_every_township_are_in_no_verdict():
    """NONE has rows in coverage, never in check."""
    table = judged(rule("population_share", 0.9))
    assert set(table["township_code"]) == {"t", "r", "u"}
    assert "NONE" not in set(table["township_code"])


def test_overall_takes_the_worst():
    """Overall: not_met if any is; else no_data if any is; else met; the shares count rules."""
    met, failed = rule("facility_count", 1, id="a"), rule("facility_count", 9, id="b")
    unknown = rule("population_share", 0.9, id="c", group="young")

    def overall(*rules):
        table = judged(*rules)
        row = table[(table["township_code"] == "t") & (table["rule_id"] == "overall")].iloc[0]
        return row["verdict"], row["numerator"], row["denominator"], row["rule_status"]

    assert overall(met) == ("met", 1, 1, "adopted")
    assert overall(met, failed, unknown) == ("not_met", 1, 2, "adopted")
    assert overall(met, unknown) == ("no_data", 1, 1, "adopted")
    assert overall(met.model_copy(update={"status": "assumed"})) == ("met", 1, 1, "assumed")


def test_proposed_rules_are_shown_and_decide_nothing():
    """A proposed rule has its row; without an adopted or assumed one category and township read no_rule."""
    table = judged(rule("facility_count", 9, status="proposed"))
    part = table[table["township_code"] == "t"].set_index(["rule_id", "category"])["verdict"]
    assert part.to_dict() == {
        ("the-rule", "clinic"): "not_met",
        ("none", "clinic"): "no_rule",
        ("none", "meals"): "no_rule",
        ("overall", ""): "no_rule",
    }


def test_no_rules_at_all():
    """Without any rule every township reads no_rule."""
    table = judged()
    assert set(table["verdict"]) == {"no_rule"}
    assert (table["rule_id"] == "overall").sum() == 3


def test_a_rule_of_several_categories_covers_each():
    """A category that only a combined rule judges is not without a rule; the row names all of them."""
    table = judged(rule("population_share", 0.1, categories=BOTH))
    assert "none" not in set(table["rule_id"])
    assert table["category"].iloc[0] == "clinic+meals"


def test_thresholds_survive_binary_fractions():
    """0.1 + 0.2 people of 1 meet a threshold of 0.3, and 0.3 meets 0.1 + 0.2."""
    residents = RESIDENTS.assign(population=[0.1, 0.2, 0.7, 0.0, 1.0, 1.0])
    assert judge("t", rule("population_share", 0.3), residents=residents)[3:] == ("met", 0)
    assert str(verdicts.verdict(0.3, 0.1 + 0.2)) == "met"
    assert str(verdicts.verdict(0.3 - 2e-12, 0.3)) == "not_met"
    # 0.7 × 10 = 7 exactly on paper, 0.7 × 10 − 6.3 = 0.7000000000000002 in binary
    assert verdicts.shortfall(6.0, 10, 0.7) == 1
    assert verdicts.shortfall(0.9, 3, 0.3 + 0.1) == 1  # 1.2 − 0.9 = 0.3, rounded up to a whole person


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 100))
def test_the_shortfall_is_enough_and_not_more(part, whole, percent):
    """Adding the shortfall to the numerator meets the threshold; one less does not."""
    numerator, threshold = float(min(part, whole)), percent / 100
    if str(verdicts.verdict(numerator / whole, threshold)) == "met":
        return
    missing = verdicts.shortfall(numerator, whole, threshold)
    assert missing >= 1
    assert str(verdicts.verdict((numerator + missing) / whole, threshold)) == "met"
    assert str(verdicts.verdict((numerator + missing - 1) / whole, threshold)) == "not_met"


@pytest.mark.parametrize(
    ("percent", "expected"), [(40, 5), (40.1, 10), (70, 10), (89.9, 20), (90, 20), (90.1, math.inf), (100, math.inf)]
)
def test_percentile_by_hand(percent, expected):
    """The least minutes within which so many per cent of the people are; people with none count as infinitely far."""
    part = RESIDENTS["township_code"] == "t"
    minutes = lookup("clinic", "adult").to_numpy()[part]
    assert coverage.percentile(minutes, RESIDENTS["population"].to_numpy()[part], percent) == expected


def test_row_order_changes_nothing():
    """Shuffled residents, facilities and villages give the same table, bit for bit."""
    rules = [rule(m, 0.5, id=m) for m in ("population_share", "village_share", "facility_count", "capacity_per_1000")]
    area = area_with(*rules, rule("nearest_minutes", 10, id="n"), rule("island_share", 1, id="i"))
    one = verdicts.check(area, RESIDENTS, lookup, FACILITIES, TOWNSHIPS, VILLAGES, streets)
    two = verdicts.check(area, RESIDENTS[::-1], lookup, FACILITIES[::-1], TOWNSHIPS, VILLAGES[::-1], streets)
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_doubts_name_what_a_rule_cannot_answer():
    """Unknown groups, limits beyond the horizon, missing capacities and townships without class are findings."""
    area = area_with(
        rule("population_share", 0.9, group="yuong", applies_to="town"),
        rule("population_share", 0.9, id="far", limit_min=90),
        rule("capacity_per_1000", 1, id="places", category="meals", status="assumed"),
    )
    found = verdicts.doubts(area, RESIDENTS, FACILITIES, TOWNSHIPS)
    assert [(f.code, f.id) for f in found] == [
        ("rule-group-unknown", "the-rule"),
        ("rule-limit-beyond-horizon", "far"),
        ("capacity-missing", "m2"),
        ("township-without-class", "u"),
        ("rules-assumed", None),
    ]
    for finding in found:
        assert finding.line("zh")
        assert finding.line("en")
