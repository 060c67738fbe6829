"""The verdict table on a terminal: words, the one warning of a demonstration, the worst rule of each service."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
from typer.testing import CliRunner

from circles.area import load_area
from circles.cli.app import app
from circles.cli.verdicts import matrix
from circles.foundation.schema.tables import TABLES


def table(*rows) -> pd.DataFrame:
    names = ["rule_id", "category", "measure", "value", "threshold", "verdict", "rule_status"]
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    return frame.assign(township_code="a", township="甲")


def test_words_and_percentages():
    """A real area says 达标, a demonstration 达到参考值; a share below its threshold never shows as reaching it."""
    check = table(
        ("r", "clinic", "population_share", 0.89996, 0.9, "not_met", "adopted"),
        ("s", "meals", "population_share", 0.9, 0.9, "met", "adopted"),
        ("overall", "", "", 0.5, 1.0, "not_met", "adopted"),
    )
    area = load_area()
    shown = matrix(check, area, "zh")
    assert "✘ 低于参考值 89.9%" in shown
    assert "✔ 达到参考值 90.0%" in shown
    assert "达标" not in shown
    assert "✘ 未达标 89.9%" in matrix(check, dataclasses.replace(area, demonstration=False), "zh")


def test_proposed_rules_do_not_stand_for_a_service():
    """A proposed rule that fails is not what the table shows where an adopted one is met."""
    check = table(
        ("p", "clinic", "population_share", 0.1, 0.9, "not_met", "proposed"),
        ("r", "clinic", "facility_count", 2.0, 1.0, "met", "adopted"),
    )
    assert "✔ 达到参考值 2" in matrix(check, load_area(), "zh")


def test_a_demonstration_warns_once():
    """Below the table on stdout; beside data for programs on stderr, so that they stay parseable."""
    shown = CliRunner().invoke(app, ["check"])
    assert shown.stdout.count("不作达标结论") == 1
    assert shown.stderr == ""
    data = CliRunner().invoke(app, ["check", "--format", "json"])
    assert set(TABLES["check"].names) == set(json.loads(data.stdout)[0])
    assert data.stderr.count("不作达标结论") == 1
