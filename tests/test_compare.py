"""Comparisons: the parts add up to the difference, each cause is told from the others, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import circles
from circles.analysis import compare
from circles.cli.app import app
from circles.foundation.errors import CallError
from circles.testing import area_toml, lattice_city, places, write_city

CLINICS = [{"id": "c1", "name": "甲", "category": "clinic", "x": 0, "y": 0}]
# along the street y = 0, one person more per block; all within 300 m of the clinic
HOMES = [{"id": f"r{i}", "x": 100 * i, "y": 0, "population": 10 + i, "old": i} for i in range(4)]


def run(
    folder: Path, *, clinics=CLINICS, homes=HOMES, limit=5, speed=1.0, threshold=0.5, streets=None, saves=False
) -> compare.State:
    """Write a city, analyse it, save it beside itself if asked, and return it as one side of a comparison."""
    folder.mkdir()
    toml = area_toml(
        {"clinic": "plain"},
        walk={"limit_min": limit, "snap_max_m": 50},
        walkers={"plain": {"speed_m_per_s": speed, "steps_m_per_s": 0.5}},
        rules=[{"id": "near", "category": "clinic", "measure": "population_share", "threshold": threshold}],
    )
    net = lattice_city() if streets is None else streets
    result = circles.analyse(circles.load_area(write_city(folder, net, places(clinics), places(homes), toml)))
    if saves:
        result.save(folder / "out")
    return compare.state_of(result)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def base(root: Path) -> compare.State:
    """c1 at (0, 0), 5 minutes = 300 m: r0 … r3 at 0 … 300 m are all within."""
    return run(root / "base", saves=True)


def all_row(found: compare.Comparison, group: str = "population") -> dict:
    rows = found.compare.query("township_code == 'ALL' and group == @group")
    (row,) = rows.to_dict("records")
    return row


def parts(row: dict) -> dict[str, float]:
    return {cause: row[f"by_{cause}"] for cause in compare.CAUSES if row[f"by_{cause}"]}


def test_nothing_changed(base):
    """A run compared with itself shows no difference, no turned verdict, no sentence."""
    found = compare.compare(base, base)
    assert not found.compare["covered_change"].any()
    assert not found.compare_rules["why"].any()
    assert compare.sentences(found.compare, found.compare_rules, base, base, "zh") == []


def test_facility_change(base, root):
    """People whose nearest clinic is gone or new count as facility change, and nothing else does."""
    # the clinic moves to (400, 0): r0 at 400 m is lost, r1 … r3 stay within 300 m
    after = run(root / "moved", clinics=[CLINICS[0] | {"x": 400}])
    row = all_row(compare.compare(base, after))
    assert (row["covered_before"], row["covered_after"]) == (46, 36)
    assert parts(row) == {"facilities": -10}
    assert (row["gained"], row["lost"]) == (0, 10)
    back = all_row(compare.compare(after, base))
    assert parts(back) == {"facilities": 10}


def test_network_change(base, root):
    """People whose way to the same clinic became longer count as network change."""
    streets = lattice_city()
    # without the street from (200, 0) to (300, 0), r3 walks 500 m round the block
    after = run(root / "cut", streets=streets[streets["name"] != "2,0→3,0"].reset_index(drop=True))
    found = compare.compare(base, after)
    assert parts(all_row(found)) == {"network": -13}
    # 46 of 46 before, 33 of 46 after: the verdict stays
    assert not found.compare_rules["why"].any()


def test_residents_change(base, root):
    """People who came, went, moved or became more count as residents' change, in every group."""
    homes = [HOMES[0] | {"population": 12}, HOMES[1] | {"x": 110}, HOMES[2],
             {"id": "new", "x": 50, "y": 0, "population": 7, "old": 3}, {"id": "far", "x": 400, "y": 300, "population": 9, "old": 1}]  # fmt: skip
    after = run(root / "people", homes=homes)
    found = compare.compare(base, after)
    # r0 +2, r1 moved within reach ±0, r3 gone −13, new +7, far is out of reach
    assert parts(all_row(found)) == {"residents": -4}
    assert parts(all_row(found, "old")) == {}
    assert all_row(found)["covered_after"] == 12 + 11 + 12 + 7


def test_rule_change(base, root):
    """A verdict that turned though the numbers are equal is told as a change of the rule."""
    streets = lattice_city()
    cut = streets[streets["name"] != "2,0→3,0"].reset_index(drop=True)
    lax, strict = run(root / "lax", streets=cut), run(root / "strict", streets=cut, threshold=0.9)
    found = compare.compare(lax, strict)
    row = found.compare_rules.set_index("rule_id").loc["near"]
    assert (row["verdict_before"], row["verdict_after"], row["why"], row["causes"]) == ("met", "not_met", "rule", "")
    assert not found.compare["covered_change"].any()
    # against the uncut city: 46/46 meets 0.9 and 33/46 does not, so the numbers turned it, by the network
    numbers = compare.compare(run(root / "strict_base", threshold=0.9), strict).compare_rules.set_index("rule_id")
    assert tuple(numbers.loc["near", ["why", "causes"]]) == ("numbers", "network")
    assert tuple(numbers.loc["overall", ["why", "causes"]]) == ("numbers", "network")
    # base (0.5) → strict (0.9) with fewer covered: 46/46 would meet 0.9 and 33/46 would meet 0.5: it takes both
    both = compare.compare(base, strict).compare_rules.set_index("rule_id")
    assert tuple(both.loc["near", ["why", "causes"]]) == ("both", "network")
    shown = compare.sentences(found.compare, found.compare_rules, lax, strict, "zh")
    assert any("因标准变化" in line for line in shown)


def test_parameters_are_refused_or_reported(base, root):
    """Runs that walk differently are refused, each parameter by name; on request they are taken apart."""
    slow = run(root / "slow", speed=0.7, limit=4)
    with pytest.raises(CallError) as caught:
        compare.compare(base, slow)
    assert {item.id for item in caught.value.findings} == {"walk.limit_min", "walkers.plain.speed_m_per_s"}
    row = all_row(compare.compare(base, slow, any_parameters=True))
    # 240 s × 0.7 m/s = 168 m: r2 and r3 are lost
    assert parts(row) == {"parameters": -25}


def test_parts_add_up_whatever_changes(base, root):
    """With people, clinics, streets and limit all changed at once the five parts add up exactly, in every row."""
    rng = np.random.default_rng(7)
    homes = [
        {"id": f"r{i}", "x": float(rng.uniform(0, 400)), "y": float(rng.uniform(0, 300)), "population": float(rng.uniform(0.1, 9)), "old": 0.1 * i}
        for i in range(40)
    ]  # fmt: skip
    one = run(root / "one", homes=homes[:30])
    two = run(
        root / "two", homes=[*homes[5:25], *({**h, "population": h["population"] + 0.1} for h in homes[25:])],
        clinics=[{"id": "c1", "name": "甲", "category": "clinic", "x": 100, "y": 10},
                 {"id": "c2", "name": "乙", "category": "clinic", "x": 300, "y": 250}],
        streets=lattice_city().drop(index=[3, 8]).reset_index(drop=True), limit=3,
    )  # fmt: skip
    for a, b in ((one, two), (two, one)):
        table = compare.compare(a, b, any_parameters=True).compare
        total = table[[f"by_{cause}" for cause in compare.CAUSES]].sum(axis=1)
        np.testing.assert_allclose(total, table["covered_change"], atol=1e-9, rtol=0)
        change = table["gained"] - table["lost"] + table["by_residents"]
        np.testing.assert_allclose(change, table["covered_change"], atol=1e-9, rtol=0)
        for state, side in ((a, "before"), (b, "after")):
            own = state.coverage.set_index(["township_code", "category", "group"])["covered"]
            mine = table.set_index(["township_code", "category", "group"])[f"covered_{side}"]
            pd.testing.assert_series_equal(mine, own.reindex(mine.index), check_names=False)


def test_folders_give_what_memory_gives(base, root):
    """A comparison of two folders equals that of the analyses they were written by."""
    after = run(root / "again", clinics=[CLINICS[0] | {"x": 400}], homes=HOMES[:3], saves=True)
    memory = compare.compare(base, after)
    files = compare.compare(compare.read(root / "base" / "out"), compare.read(root / "again" / "out"))
    pd.testing.assert_frame_equal(memory.compare, files.compare)
    pd.testing.assert_frame_equal(memory.compare_rules, files.compare_rules)


@pytest.mark.parametrize("case", ["nowhere", "foreign", "halved", "spoilt", "other area", "contract"])
def test_wrong_folders_are_reported(case, base, root, tmp_path):
    """A folder that is missing, foreign, incomplete, spoilt or of another area is refused by name."""
    folder = tmp_path / "run"
    if case != "nowhere":
        shutil.copytree(root / "base" / "out", folder)
    mark = folder / "run.json"
    if case == "foreign":
        mark.unlink()
    elif case == "halved":
        (folder / "access.parquet").unlink()
        (folder / "check.csv").unlink()
    elif case == "spoilt":
        (folder / "residents.parquet").write_bytes(b"nothing")
    elif case in ("other area", "contract"):
        key = "area" if case == "other area" else "contract"
        mark.write_text(json.dumps(json.loads(mark.read_text(encoding="utf-8")) | {key: 7}), encoding="utf-8")
    with pytest.raises(CallError) as caught:
        compare.compare(compare.read(folder), base)
    assert len(caught.value.findings) == (2 if case == "halved" else 1)
    assert case == "other area" or str(folder) in str(caught.value)


def test_a_file_changed_by_hand_is_reported(root, tmp_path):
    """A table that was edited after the run is compared as it is, with a warning."""
    folder = tmp_path / "run"
    shutil.copytree(root / "base" / "out", folder)
    table = folder / "check.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    assert [item.id for item in compare.changed_files(folder, compare.read(folder))] == ["check.csv"]


def test_command_line(base, root, tmp_path, monkeypatch):
    """The command prints table and sentences, writes the folder, and refuses with exit code 2 and no traceback."""
    run(root / "cli", clinics=[CLINICS[0] | {"x": 400}], saves=True)
    one, two = str(root / "base" / "out"), str(root / "cli" / "out")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["compare", one, two, "--out", "diff"])
    assert done.exit_code == 0, done.stderr
    assert "设施增减 -10" in done.stdout
    names = {p.name for p in (tmp_path / "diff").iterdir()}
    assert names == {"compare.csv", "compare_rules.csv", "compare.xlsx", "index.html", "run.json"}
    printed = CliRunner().invoke(app, ["compare", one, two, "--format", "json", "--lang", "en"])
    assert {row["covered_change"] for row in json.loads(printed.stdout)} == {-10.0, 0.0}
    refused = CliRunner().invoke(app, ["compare", one, str(tmp_path / "diff")])
    assert refused.exit_code == 2, refused.exception
    assert "diff" in refused.stderr
