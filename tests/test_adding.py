"""Adding a measure, a formula or a walker: one registered value and its words, in a copy of the package, by the docs alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from circles import testing
from circles.analysis.verdicts import MEASURES
from circles.foundation import words
from circles.plan.computed import FORMULAS

_FUNCTION = '''
def _covered_or_empty(rule: Rule, township: str, facts: Facts) -> Measured:
    """The share of people, 1 where nobody lives."""
    got = _population_share(rule, township, facts)
    return got if got.denominator > 0 else Measured(1.0, 1.0, 1.0, 1.0, rule.threshold)


_PEOPLE = '''
_VALUE = """_REGISTERED = (
    Measure("covered_or_empty", _covered_or_empty, Unit.SHARE, _PEOPLE, Improvement.REACH_PEOPLE),"""
_WORDS = """
[covered_or_empty]
zh = "有人即覆盖"
en = "covered or empty"
unit_zh = "{people}"
unit_en = "{people}"
short_zh = "{people}"
short_en = "{people}"
"""
_FORMULA = """_REGISTERED = (
    Formula("places_named", lambda run, category, earlier: Decimal(len(set(run.of_category(category)["name"])))),"""
_FORMULA_WORDS = """
[places_named]
zh = "不同名称的设施数"
en = "facilities of different names"
"""
_WALKER = """BUILT_IN: dict[str, Walker] = {
    "porter": Walker("porter", speed_m_per_s=0.8, steps_m_per_s=0.3),"""
_RULES = """[[rules]]
id = "near"
category = "clinic"
measure = "covered_or_empty"
profile = "porter"
threshold = 0.999
source = "试验"
status = "assumed"
"""


def _put(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{file.name}: {old}"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(repository, tmp_path_factory):
    """A copy of the package with a measure, a formula and a walker added, each by one value and its words."""
    root = tmp_path_factory.mktemp("copy")
    package = root / "circles"
    shutil.copytree(repository / "circles", package)  # compiled loops too: their sources are the same
    _put(package / "analysis/verdicts/measures.py", ("\n_PEOPLE = ", _FUNCTION), ("_REGISTERED = (", _VALUE))
    _put(package / "plan/computed.py", ("_REGISTERED = (", _FORMULA))
    _put(package / "area/walkers.py", ("BUILT_IN: dict[str, Walker] = {", _WALKER))
    for name, text in (("measures", _WORDS), ("formulas", _FORMULA_WORDS)):
        file = package / "foundation/words" / f"{name}.toml"
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def circles_of(copy):
    """Run a command of the copy; return what it printed."""

    def run(*arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "circles", *map(str, arguments)], cwd=copy, capture_output=True, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONUTF8": "1"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def runs(circles_of, tmp_path_factory):
    """Two runs with stability and least change, the second with a facility more; the terminal's table of the first."""
    folder = tmp_path_factory.mktemp("area")
    area = testing.write_county(folder, name="县", side=12, seed=3, residents=60, facilities=3)
    text = area.read_text(encoding="utf-8")
    area.write_text(text[: text.index("[[rules]]")] + _RULES, encoding="utf-8")
    shown = circles_of("run", area, "--out", folder / "before", "--full")
    facilities = (folder / "facilities.csv").read_text(encoding="utf-8-sig").splitlines()
    head, homes = facilities[0].split(","), pd.read_csv(folder / "residents.csv", encoding="utf-8-sig")
    far = {"id": "extra", "name": "新院", "category": "clinic", "x": homes["x"].max(), "y": homes["y"].max()}
    (folder / "facilities.csv").write_text(
        "\n".join([*facilities, ",".join(str(far.get(name, "")) for name in head)]) + "\n", encoding="utf-8"
    )
    circles_of("run", area, "--out", folder / "after", "--full")
    return folder, shown


@pytest.mark.long
def test_an_added_measure_works_from_the_area_file_to_every_product(runs, circles_of):
    """Registered once, it is judged, stable or not, turned, compared, drawn, written to the workbook and printed."""
    folder, shown = runs
    before = folder / "before"
    check = pd.read_csv(before / "check.csv", encoding="utf-8-sig").query("measure == 'covered_or_empty'")
    assert set(check["verdict"]) <= {"met", "not_met"}
    assert "not_met" in set(check["verdict"])
    first = check.query("verdict == 'not_met'").iloc[0]
    assert f"{first['value'] * 100:.1f}%" in shown
    sure = pd.read_csv(before / "stability.csv", encoding="utf-8-sig").query("rule_id == 'near'")
    assert set(sure["variant"]) >= {"base", "speed=0.8"}
    turned = pd.read_csv(before / "least_change.csv", encoding="utf-8-sig").query("rule_id == 'near'")
    assert len(turned) == (check["verdict"] == "not_met").sum()
    block = re.search(r'id="data">(.*?)</script>', (before / "index.html").read_text(encoding="utf-8"), re.DOTALL)
    rule = json.loads(block[1])["verdicts"]["rules"]["near"] if block else {}
    if rule:  # the form of the page's data is the page's own
        assert rule["isShare"] is True
        assert rule["measure"] == "有人即覆盖"
    book = openpyxl.load_workbook(before / "report.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "有人即覆盖" in cells
    circles_of("compare", before, folder / "after", "--out", folder / "compared")
    compared = pd.read_csv(folder / "compared" / "compare_rules.csv", encoding="utf-8-sig")
    assert "covered_or_empty" in set(compared["measure"])


@pytest.mark.long
def test_an_added_formula_computes_a_figure_of_the_plan(runs, circles_of, repository, tmp_path):
    """A plan that names the new formula gets its figure and its words."""
    plan = tmp_path / "plan.toml"
    text = next((repository / "data" / "plan").glob("shengsi-2024.toml")).read_text(encoding="utf-8")
    known = tomllib.loads(text)
    owner = next(item for item in known["indicators"] if "computed" in item)
    formula = owner["computed"]["formula"]
    plan.write_text(text.replace(f'"{formula}"', '"places_named"'), encoding="utf-8")
    shown = circles_of("plan", "compute", "--plan", plan, runs[0] / "before")
    assert "不同名称的设施数" in shown


def test_every_registered_value_has_words_in_both_languages():
    """A measure without words cannot be asked for, words without a measure would be asked for in vain."""
    catalogues = {"measures": set(MEASURES), "formulas": set(FORMULAS)}
    for name, ids in catalogues.items():
        entries = {key: entry for key, entry in words.catalogue(name).items() if not key.startswith("why_")}
        assert set(entries) == ids
        assert all(entry[lang] for entry in entries.values() for lang in words.LANGS)
