"""Faults found by reading, each held for good: names of the outputs, empty numbers, help, shapes, places in sentences."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import circles
from circles.analysis import compare
from circles.analysis.coverage import groups
from circles.area import load_area
from circles.area.reserved import CATEGORY_IDS, GROUPS, RULE_IDS
from circles.cli.app import app
from circles.foundation import errors, words
from circles.foundation.errors import InputError
from circles.inputs.dispatch import read_residents
from circles.outputs.map.payload import COLOURS, SHAPES
from circles.testing import write_county


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small generated county, made once."""
    return write_county(tmp_path_factory.mktemp("county"), name="某", side=3, seed=1, residents=20, facilities=4)


@pytest.fixture
def county(made, tmp_path):
    """The county in a folder of its own."""
    return Path(shutil.copytree(made.parent, tmp_path / "county")) / made.name


def codes(caught) -> list[str]:
    """The codes of what was raised."""
    return [item.code for item in caught.value.findings]


def with_column(county, **columns):
    """Give the residents further columns."""
    file = county.parent / "residents.csv"
    pd.read_csv(file).assign(**columns).to_csv(file, index=False)
    return county


@pytest.mark.parametrize("name", [*sorted(GROUPS - {"id", "lon", "lat", "x", "y", "population"}), "Category", "ROW"])
def test_a_group_may_not_bear_a_name_of_the_outputs(county, name):
    """A numeric column named as a column of the outputs is an error that names it, never a defect of the program."""
    try:
        residents, _ = read_residents(load_area(with_column(county, **{name: 1})))
    except InputError as e:
        assert all(item.code in ("group-reserved", "bad-number", "column-twice") for item in e.findings)  # noqa: PT017
        assert name in e.render("en")  # noqa: PT017
    else:  # the column is one that the table knows, and is no group
        assert groups(residents) == ["population"]


def test_groups_that_differ_in_case_only_are_refused(county):
    """Two groups whose names differ in capital letters only are one column of a layer, and so an error."""
    with pytest.raises(InputError) as caught:
        read_residents(load_area(with_column(county, Elders=1, elders=2)))
    assert codes(caught) == ["group-twice"]


@pytest.mark.parametrize(
    ("old", "new"),
    [*(('"clinic"', f'"{name}"') for name in sorted(CATEGORY_IDS)), *(('"clinic-town"', f'"{name}"') for name in sorted(RULE_IDS)),
     ('"clinic"', '"ANY"')],
)  # fmt: skip
def test_ids_may_not_be_words_of_the_outputs(county, old, new):
    """A category or a rule whose id has a meaning of its own in the outputs is refused."""
    county.write_text(county.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_area(county)
    assert {"area-reserved-id", "area-rule-overall"} & set(codes(caught))


@pytest.mark.parametrize("breaks", ["[-5, 0]", "[0]", "[5, -1]", "[2000]", "[nan]"])
def test_breaks_are_minutes(county, breaks):
    """Further limits are more than nothing and no more than a day."""
    county.write_text(county.read_text(encoding="utf-8") + f"[walk]\nbreaks_min = {breaks}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_area(county)
    assert set(codes(caught)) == {"area-bad-value"}


def test_a_run_without_rules_compares_with_itself(county, tmp_path):
    """Rows of ``check`` whose numbers are empty (no rule, no data) are read back as empty."""
    text = county.read_text(encoding="utf-8")
    county.write_text(text[: text.index("[[rules]]")], encoding="utf-8")
    circles.analyse(load_area(county)).save(tmp_path / "a")
    one, other = (compare.read(tmp_path / "a") for _ in range(2))
    assert one.check["threshold"].isna().all()
    assert not compare.compare(one, other).compare["covered_change"].any()


def test_every_category_looks_its_own_way():
    """No two of the first 64 kinds of service have the same shape and colour on the map."""
    looks = {(SHAPES[(i + i // len(COLOURS)) % len(SHAPES)], COLOURS[i % len(COLOURS)]) for i in range(64)}
    assert len(looks) == 64


def test_a_finding_fills_its_sentence_with_its_own_place():
    """Sentences that name the row, the id or the table take the finding's own, in both languages."""
    for lang in words.LANGS:
        assert errors.error("form-twice", "f", id="aed", before="a.xlsx").line(lang)
    assert "aed" in errors.error("form-twice", "f", id="aed", before="a.xlsx").message("zh")
    assert "–" in errors.error("form-twice", "f", before="a.xlsx").message("zh")


HAN = re.compile(r"[一-鿿]")
COMMANDS = [
    "run", "check", "doctor", "network", "batch", "compare", "closures", "site", "register check", "plan status",
    "plan import", "plan action open",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_the_language_asked_for(command):
    """With --lang en, before or after --help, help holds no Chinese but a file's or a place's name; without it is Chinese."""
    runner = CliRunner()
    for tail in (["--lang", "en", "--help"], ["--help", "--lang=en"]):
        shown = runner.invoke(app, [*command.split(), *tail]).output
        assert "--help" in shown
        assert not HAN.search(re.sub(r"[“\"(（][^”\")）]*[”\")）]", "", shown)), shown
    assert HAN.search(runner.invoke(app, [*command.split(), "--help"]).output)
