"""The statement of verdicts: one value, base, threshold, word and order for each township × category."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from atlas_tables import shengsi

import circles
from circles.analysis.verdicts.words import word_key
from circles.foundation.schema.tables import ALL, Verdict
from circles.outputs.statement import COLOURS, county, statement


@pytest.fixture(scope="module")
def tables(repository):
    """Shengsi with invented minutes."""
    return shengsi(repository / "data" / "gis" / "shengsi")


def test_cells_are_the_rows_of_check(tables):
    """Each cell shows the worst of its rules with that rule's own numbers, in the order of the townships' file."""
    found = statement(tables)
    assert [town.code for town in found.towns] == list(tables.townships["code"])
    for row in found.rows:
        own = tables.check[(tables.check["township_code"] == row.code) & (tables.check["category"] == row.category)]
        if row.code == ALL:
            continue
        check = own[own["rule_id"] == row.rule_id].iloc[0]
        assert (row.numerator, row.denominator, row.needed) == (
            check["numerator"],
            check["denominator"],
            check["shortfall"],
        )
        assert row.verdict == ("not_met" if "not_met" in set(own["verdict"]) else "met")


def test_county_counts_its_own_base(tables):
    """The county's row is the ALL row of the coverage for the rule's group, and people still needed add up."""
    tables.coverage = all_rows(tables.coverage)
    found = statement(tables)
    rows = [row for row in found.rows if row.category == "meals"]
    (whole,) = (row for row in rows if row.code == ALL)
    assert whole.group == "age_60_plus"
    assert whole.denominator == sum(tables.residents["age_60_plus"])
    assert whole.needed == sum(row.needed for row in rows if row.code != ALL and row.measure == "population_share")
    assert whole.uncovered == whole.denominator - whole.numerator


def all_rows(coverage):
    """The coverage with its ALL rows."""
    import pandas as pd

    keys = ["category", "profile", "limit_min", "group"]
    total = (
        coverage.groupby(keys, as_index=False)[["population", "covered"]].sum().assign(township_code=ALL, township="")
    )
    return pd.concat([coverage, total], ignore_index=True)


def test_headline_counts(tables):
    """The headline's counts are those of the cells."""
    found = statement(tables)
    said = county(found)
    assert said["townships"] == 7
    assert said["belowTowns"] + len(said["met"]) == 7
    for category, count in said["below"].items():
        assert count == sum(r.verdict == "not_met" for r in found.rows if r.category == category and r.code != ALL)
    assert said["below"][said["widest"]] == max(said["below"].values())


@pytest.mark.parametrize(
    ("is_demonstration", "statuses", "word"),
    [
        (False, ["adopted"], "verdict"), (False, ["adopted", "adopted"], "verdict"), (False, ["adopted", "assumed"], "reference"),
        (False, ["proposed"], "reference"), (True, ["adopted"], "reference"), (True, ["assumed"], "reference"),
    ],
)  # fmt: skip
def test_who_may_read_as_a_verdict(is_demonstration, statuses, word):
    """达标 stands only outside demonstrations and where every rule of the cell is adopted."""
    assert word_key("met", statuses, is_demonstration=is_demonstration) == f"{word}_met"


def test_area_without_rules_shows_numbers(tables):
    """Without rules a cell still holds covered people and their share."""
    bare = type(tables)(**vars(tables))
    bare.area = dataclasses.replace(tables.area, rules=())
    bare.check = tables.check.iloc[:0]
    found = statement(bare)
    assert {row.verdict for row in found.rows} == {"no_rule"}
    assert all(row.value is not None for row in found.rows if row.code != ALL)
    assert county(found)["townships"] == 0


def test_the_colour_of_a_verdict_is_written_once():
    """No page, style sheet or script repeats the colour of a verdict: all take it from the statement."""
    package = Path(circles.__file__).parent
    once = re.compile("|".join({COLOURS[Verdict.MET], COLOURS[Verdict.NOT_MET]}), re.IGNORECASE)
    # the desk's map draws kinds of places, not verdicts, in a palette that happens to hold the same two
    apart = {package / "outputs" / "statement.py", package / "desk" / "static" / "map.js"}
    files = [file for ending in ("py", "js", "css", "html", "ts") for file in package.rglob(f"*.{ending}")]
    assert [file.name for file in files if file not in apart and once.search(file.read_text(encoding="utf-8"))] == []
