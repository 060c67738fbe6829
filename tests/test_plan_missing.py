"""缺项: a run's list in the ledger, item by item, until a person confirms."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

import circles
from circles.foundation.errors import PlanError
from circles.foundation.schema.tables import TABLES
from circles.plan import missing
from circles.plan.chain import Topic
from circles.plan.indicators import Role
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan

DAY = dt.date(2024, 6, 3)
LEADS = {"childcare": "县卫健局", "meals": "县民政局", "clinic": "县卫健局", "sports": "县文广旅体局"}
OFFICE = "县公共服务七优享工程工作专班办公室"


@pytest.fixture(scope="module")
def plan():
    """The shipped plan with a table of roles."""
    roles = [
        ("卫", "县卫健局", "head"),
        ("民", "县民政局", "head"),
        ("甲", OFFICE, "office"),
        ("乙", OFFICE, "office"),
        ("卫", OFFICE, "office"),
    ]
    return load_plan().model_copy(update={"roles": tuple(Role(person=a, unit=b, role=c) for a, b, c in roles)})


def write_run(folder, cells, *, demonstration=False, leads=None, facilities=(("f1", "childcare", b"p"),), **more):
    """Write what an import reads of a run: cells are township × category × rule below their value."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "missing.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, missing.COLUMNS, lineterminator="\n")
        writer.writeheader()
        for town, category, rule in cells:
            row = dict.fromkeys(missing.COLUMNS, "") | {
                "item_id": f"{town}.{rule}", "township_code": town, "township": f"乡{town}", "category": category, "rule_id": rule,
                "group": "population", "value": "0.5", "threshold": "0.9", "people_short": "40.0", "people_uncovered": "60.0",
                "villages": "甲村、乙村", "cause": "too_far", "lead": (leads or LEADS)[category], "support": f"乡{town}",
            }  # fmt: skip
            writer.writerow(row)
    (folder / "circles.gpkg").unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "circles.gpkg")) as connection:
        connection.execute("CREATE TABLE facilities (id TEXT, category TEXT, status TEXT, geom BLOB)")
        connection.executemany("INSERT INTO facilities VALUES (?, ?, 'existing', ?)", facilities)
        connection.commit()
    about = {"run_id": more.pop("run_id", folder.name), "demonstration": demonstration, "network_sha256": more.pop("streets", "s"),
             "outputs": {"residents.parquet": more.pop("residents", "r")},
             "parameters": {"rules": more.pop("rules", []), "walk": more.pop("walk", 15), "as_of": more.pop("as_of", "2024-03-31")}}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return missing.read_run(folder)


def states(book):
    return {name: item.state for name, item in missing.items(book.entries(topic=Topic.MISSING)).items()}


def test_columns_are_the_contract_s():
    """The reader's columns are those of the table that a run writes."""
    assert list(missing.COLUMNS) == TABLES["missing"].names


def test_items_of_100_random_areas_are_their_cells(plan, tmp_path):
    """Items = township × category below a value; after random repairs exactly those become 待核销, the rest stay."""
    pick = random.Random(22)
    for number in range(100):
        if number % 5 == 0:
            book = open_ledger(tmp_path / f"{number}.sqlite")
        towns = [f"{number}{t}" for t in range(pick.randrange(1, 6))]
        every = [(town, category, f"{category}-{n}") for town in towns for category in LEADS for n in range(2)]
        cells = pick.sample(every, pick.randrange(1, len(every)))
        before = states(book)
        carried = [tuple(name.rsplit(".", 1)) for name, state in before.items() if state == "open"]
        kept = [(town, category, f"{category}-0") for town, category in carried]
        missing.import_run(book, plan, write_run(tmp_path / "run", cells + kept), reported_on=DAY)
        items = {f"{town}.{category}" for town, category, _ in cells}
        assert {name for name in states(book) if name not in before} == items
        repaired = set(pick.sample(sorted(items), pick.randrange(0, len(items) + 1)))
        left = [cell for cell in cells if f"{cell[0]}.{cell[1]}" not in repaired] + kept
        missing.import_run(book, plan, write_run(tmp_path / "run", left), reported_on=DAY)
        after = states(book)
        assert {name for name in items if after[name] == "to_confirm"} == repaired
        assert {name for name in items if after[name] == "open"} == items - repaired
        if number % 5 == 4:
            assert book.verify() == []
            book.close()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"facilities": (("f1", "childcare", b"p"), ("f2", "childcare", b"q"))}, ["facility"]),
        ({"facilities": (("f1", "childcare", b"moved"),)}, ["position"]),
        ({"facilities": (("f1", "childcare", b"p"), ("x", "meals", b"q"))}, []),
        ({"residents": "other"}, ["residents"]),
        ({"rules": [{"id": "r", "threshold": 0.4}]}, ["rules"]),
        ({"walk": 20}, ["parameters"]),
        ({"as_of": "2024-09-30"}, []),
        ({"as_of": "2024-09-30", "facilities": (("f1", "childcare", b"p"), ("f2", "childcare", b"q"))}, ["facility"]),
        ({"streets": "t"}, ["streets"]),
        ({"facilities": (("f1", "childcare", b"moved"), ("f2", "childcare", b"q")), "residents": "other"},
         ["facility", "position", "residents"]),
    ],
)  # fmt: skip
def test_the_cause_of_being_met_is_told_right(plan, tmp_path, change, expected):
    """A new facility is an effect; a moved position, another population, rule, parameter or network is none."""
    with closing(open_ledger(tmp_path / "l.sqlite")) as book:
        missing.import_run(book, plan, write_run(tmp_path / "a", [("1", "childcare", "r")]), reported_on=DAY)
        missing.import_run(book, plan, write_run(tmp_path / "b", [], **change), reported_on=DAY)
        item = missing.items(book.entries())["1.childcare"]
        assert (item.state, item.detail["met_by"]) == ("to_confirm", expected)
        assert item.detail["is_effect"] == (expected == ["facility"])


def test_a_facility_that_opens_in_between_is_an_effect(plan, tmp_path):
    """A facility that was listed before it opened, and is counted in the later run, mended the item."""
    with closing(open_ledger(tmp_path / "l.sqlite")) as book:
        for name, cells, counted in (("a", [("1", "childcare", "r")], 0), ("b", [], 1)):
            write_run(tmp_path / name, cells)
            with closing(sqlite3.connect(tmp_path / name / "circles.gpkg")) as connection:
                connection.execute("ALTER TABLE facilities ADD COLUMN is_counted INTEGER")
                connection.execute("UPDATE facilities SET is_counted = ?", (counted,))
                connection.commit()
            missing.import_run(book, plan, missing.read_run(tmp_path / name), reported_on=DAY)
        assert missing.items(book.entries())["1.childcare"].detail["met_by"] == ["facility"]


def test_an_item_is_closed_by_application_and_another_person_only(plan, tmp_path):
    """待交办 → 整改中 → 待核销 → 已销号 with a binding deadline, evidence, and two people; it comes back under its number."""
    book = open_ledger(tmp_path / "l.sqlite")
    run = write_run(tmp_path / "a", [("1", "childcare", "r"), ("1", "childcare", "q"), ("2", "meals", "m")])
    missing.import_run(book, plan, run, reported_on=DAY)
    assert missing.import_run(book, plan, run, reported_on=DAY) == []
    name = "1.childcare"

    def refused(action, code, *, by="甲", on=DAY, **more):
        with pytest.raises(PlanError) as caught:
            missing.step(book, plan, name, action, reported_on=on, reporter=by, **more)
        assert code in {item.code for item in caught.value.findings}
        assert caught.value.render("zh")

    item = missing.items(book.entries())[name]
    assert item.detail["rules"] == ["q", "r"]
    assert not item.is_overdue(dt.date(2030, 1, 1))  # nothing is overdue before it is assigned
    refused("assign", "missing-asks")
    refused("assign", "role-not-office", by="民", due=dt.date(2024, 9, 30))
    refused("close", "missing-state")
    missing.step(book, plan, name, "assign", reported_on=DAY, reporter="甲", due=dt.date(2024, 9, 30))
    missing.step(book, plan, name, "extend", reported_on=DAY, reporter="卫", due=dt.date(2024, 10, 31), reason="施工")
    assert missing.items(book.entries())[name].is_overdue(dt.date(2024, 11, 1))
    refused("extend", "missing-too-late", on=dt.date(2024, 11, 1), due=dt.date(2024, 12, 1), reason="施工")
    refused("apply", "missing-state", by="卫", evidence="照片")
    built = {"facilities": (("f1", "childcare", b"p"), ("f2", "childcare", b"q"))}
    met = write_run(tmp_path / "b", [("2", "meals", "m")], **built)
    missing.import_run(book, plan, met, reported_on=dt.date(2024, 10, 1))
    assert states(book) == {name: "to_confirm", "2.meals": "open"}
    refused("close", "missing-not-applied")
    refused("apply", "role-other-unit", by="民", evidence="照片")
    refused("apply", "missing-asks", by="卫")
    missing.step(book, plan, name, "apply", reported_on=DAY, reporter="卫", evidence="开业照片")
    refused("close", "role-same-person", by="卫")
    assert missing.step(book, plan, name, "close", reported_on=DAY, reporter="乙").state == "closed"
    missing.import_run(book, plan, run, reported_on=dt.date(2024, 11, 1))
    back = missing.items(book.entries())[name]
    assert (back.state, back.detail["rebounds"]) == ("open", 1)
    assert book.verify() == []
    book.close()


def test_an_unknown_unit_and_a_demonstration_refuse_the_whole_import(plan, tmp_path):
    """Every unknown lead unit is named and nothing is imported; demonstrations never mix with real items."""
    with closing(open_ledger(tmp_path / "l.sqlite")) as book:
        wrong = write_run(
            tmp_path / "a", [("1", "childcare", "r"), ("2", "meals", "m")], leads=dict.fromkeys(LEADS, "无此局")
        )
        with pytest.raises(PlanError) as caught:
            missing.import_run(book, plan, wrong, reported_on=DAY)
        assert [item.code for item in caught.value.findings] == ["missing-unit"] * 2
        assert book.head().seq == 0
        missing.import_run(book, plan, write_run(tmp_path / "b", [("1", "meals", "m")]), reported_on=DAY)
        with pytest.raises(PlanError, match="missing-demonstration"):
            missing.import_run(book, plan, write_run(tmp_path / "c", [], demonstration=True), reported_on=DAY)


def test_a_list_that_was_cut_is_refused(plan, tmp_path):
    """A row without its columns is named; a folder without a list is no run."""
    write_run(tmp_path / "a", [("1", "childcare", "r")])
    text = (tmp_path / "a" / "missing.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "a" / "missing.csv").write_text(text + "1.x,1\n", encoding="utf-8-sig")
    with pytest.raises(PlanError, match="missing-row"):
        missing.read_run(tmp_path / "a")
    with pytest.raises(PlanError, match="plan-run-missing"):
        missing.read_run(tmp_path)


def test_a_run_lists_what_its_verdicts_lack():
    """One row per verdict not met of a rule of one category; people beyond the limit are those that coverage lacks."""
    result = circles.analyse(circles.load_area())
    lacking = result.check[(result.check["verdict"] == "not_met") & (result.check["rule_id"] != "overall")]
    one = lacking[~lacking["category"].str.contains("+", regex=False)]
    assert set(result.missing["item_id"]) == set(one["township_code"] + "." + one["rule_id"])
    covered = result.coverage.set_index(["township_code", "category", "group"])
    for row in result.missing.itertuples():
        cell = covered.loc[(row.township_code, row.category, row.group)]
        assert row.people_uncovered == pytest.approx(cell["population"] - cell["covered"])
    gathered = result.missing.drop_duplicates(["township_code", "category"])["category"].value_counts()
    # read off check.csv, township by township: childcare in all seven (花鸟乡 by both its rules, one item), the clinic in
    # all but 花鸟乡, sports in 菜园镇 五龙乡 枸杞乡 花鸟乡, meals in 菜园镇 (9,062 of 10,347) and 洋山镇 (2,177 of 2,802)
    assert gathered.to_dict() == {"childcare": 7, "clinic": 6, "sports": 4, "meals": 2}
    assert set(result.missing["lead"]) <= set(LEADS.values())
    assert isinstance(result.missing, pd.DataFrame)
