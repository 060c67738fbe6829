"""The verdict table on a terminal: words, the one warning of a demonstration, the worst rule of each service."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
from typer.testing import CliRunner

from circles.area import load_area
from circles.cli.app import app
from circles.cli.console import width
from circles.cli.verdicts import COLUMNS_MAX, matrix
from circles.foundation.schema.tables import TABLES
from circles.outputs.stated import stated
from circles.pipeline.judging import Judgement


def said(*rows, demonstration=True):
    """The statement of one township of the embedded area from these rows of check."""
    names = ["rule_id", "category", "measure", "value", "threshold", "verdict", "rule_status"]
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    area = dataclasses.replace(load_area(), demonstration=demonstration)
    check = frame.assign(township_code="a", township="甲", numerator=1.0, denominator=2.0, shortfall=1.0)
    towns = pd.DataFrame({"code": ["a"], "name": ["甲"]})
    return stated(Judgement(area, check, TABLES["coverage"].empty(), towns, TABLES["residents"].empty()), "zh")


def test_words_and_percentages():
    """A real area says 达标, a demonstration 达到参考值; a share below its threshold never shows as reaching it."""
    check = [
        ("r", "clinic", "population_share", 0.89996, 0.9, "not_met", "adopted"),
        ("s", "meals", "population_share", 0.9, 0.9, "met", "adopted"),
        ("overall", "", "", 0.5, 1.0, "not_met", "adopted"),
    ]
    shown = matrix(said(*check))
    assert "▲89.9%" in shown
    assert "●90.0%" in shown
    assert "● 达到参考值　▲ 低于参考值" in shown
    assert "达标" not in shown
    assert "● 达标　▲ 未达标" in matrix(said(*check, demonstration=False))


def test_proposed_rules_do_not_stand_for_a_service():
    """A proposed rule that fails is not what the table shows where an adopted one is met."""
    shown = matrix(
        said(
            ("p", "clinic", "population_share", 0.1, 0.9, "not_met", "proposed"),
            ("r", "clinic", "facility_count", 2.0, 1.0, "met", "adopted"),
        )
    )
    assert "●2" in shown
    assert "▲" not in shown


def test_a_wide_table_is_split_at_the_terminals_width():
    """Twelve kinds of service stand in tables of at most a hundred columns, and none is lost."""
    area = load_area()
    kinds = tuple(
        area.categories[0].model_copy(update={"id": f"k{n}", "name": f"服务类别之{n}", "heading": ""})
        for n in range(12)
    )
    wide = dataclasses.replace(area, categories=kinds, rules=())
    towns, check = pd.DataFrame({"code": ["a"], "name": ["甲"]}), TABLES["check"].empty()
    found = Judgement(wide, check, TABLES["coverage"].empty(), towns, TABLES["residents"].empty())
    shown = matrix(stated(found, "zh"))
    assert max(map(width, shown.splitlines())) <= COLUMNS_MAX
    assert all(f"服务类别之{n} " in shown + " " or f"服务类别之{n}\n" in shown for n in range(12))


def test_a_demonstration_warns_once():
    """Below the table on stdout; beside data for programs on stderr, so that they stay parseable."""
    shown = CliRunner().invoke(app, ["check"])
    assert shown.stdout.count("不作达标结论") == 1
    assert shown.stderr == ""
    assert shown.stdout.startswith("嵊泗县：7个乡镇")  # the conclusion first, as everywhere
    data = CliRunner().invoke(app, ["check", "--format", "json"])
    assert set(TABLES["check"].names) == set(json.loads(data.stdout)[0])
    assert data.stderr.count("不作达标结论") == 1
