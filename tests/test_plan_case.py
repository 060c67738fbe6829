"""典型案例: an item that was mended, on one page, from the ledger and two runs."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json

import docx
import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from circles.foundation.errors import PlanError
from circles.outputs.plan_papers.case import before_and_after, write_case
from circles.plan import missing
from circles.plan.case import build_case
from circles.plan.computed import Run
from circles.plan.figures import AsOf
from circles.plan.indicators import Role
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan
from circles.plan.view import build_view

OFFICE, ITEM = "县公共服务七优享工程工作专班办公室", "330922100.childcare"
HOMES = [("h1", 30, 0.0), ("h2", 50, 0.01), ("h3", 20, 0.02)]
"""Id, children, degrees east of the township's corner."""


@pytest.fixture(scope="module")
def plan():
    """The shipped plan with a table of roles."""
    roles = [("卫", "县卫健局", "head"), ("甲", OFFICE, "office"), ("乙", OFFICE, "office")]
    return load_plan().model_copy(update={"roles": tuple(Role(person=a, unit=b, role=c) for a, b, c in roles)})


def write_run(folder, minutes, facilities, *, covered, residents="r", demonstration=False):
    """Write what a case reads of a run: minutes per home, facilities as id and place, children within the limit."""
    folder.mkdir()
    places = [Point(122.4 + east, 30.7) for _, _, east in HOMES]
    table = {"id": [h[0] for h in HOMES], "population": [100.0] * 3, "age_0_2": [float(h[1]) for h in HOMES]}
    homes = gpd.GeoDataFrame(table | {"township_code": ["330922100"] * 3}, geometry=places, crs=4326)
    homes.to_parquet(folder / "residents.parquet")
    pd.DataFrame(
        {"resident_id": table["id"], "category": "childcare", "profile": "carer", "minutes": minutes}
    ).to_parquet(folder / "access.parquet")
    head = "township_code,township,category,profile,limit_min,group,population,covered,share\n"
    row = f"330922100,菜园镇,childcare,carer,15.0,age_0_2,100.0,{covered},{covered / 100}\n"
    (folder / "coverage.csv").write_text(head + row, encoding="utf-8-sig")
    with (folder / "missing.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, missing.COLUMNS)
        writer.writeheader()
        if covered < 90:
            writer.writerow(dict.fromkeys(missing.COLUMNS, "") | {
                "item_id": "330922100.childcare-town", "township_code": "330922100", "township": "菜园镇", "category": "childcare",
                "rule_id": "childcare-town", "group": "age_0_2", "value": covered / 100, "threshold": 0.9, "people_short": 90 - covered,
                "people_uncovered": 100 - covered, "villages": "青沙村、石柱村", "cause": "too_far", "lead": "县卫健局", "support": "菜园镇",
            })  # fmt: skip
    table = {"id": [f[0] for f in facilities], "name": [f"{f[0]}托育园" for f in facilities], "category": "childcare"}
    places = [Point(122.4 + east, 30.7) for _, east in facilities]
    here = gpd.GeoDataFrame(table | {"status": "existing"}, geometry=places, crs=4326)
    here.to_file(folder / "circles.gpkg", layer="facilities")
    gpd.GeoDataFrame(geometry=[box(122.39, 30.69, 122.43, 30.71)], crs=4326).to_file(
        folder / "circles.gpkg", layer="land"
    )
    hashes = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("coverage.csv", "missing.csv")
    }
    about = {
        "run_id": f"run-{folder.name}", "demonstration": demonstration, "network_sha256": "s", "outputs": hashes | {"residents.parquet": residents},
        "parameters": {"as_of": f"2024-0{3 if folder.name == 'a' else 9}-30", "rules": [], "categories": [{"id": "childcare", "heading": "托育服务"}]},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def closed(book, plan, before, after):
    """Take an item from its finding to 已销号."""
    missing.import_run(book, plan, missing.read_run(before), reported_on=dt.date(2024, 4, 2))
    missing.step(book, plan, ITEM, "assign", reported_on=dt.date(2024, 4, 8), reporter="甲", due=dt.date(2024, 9, 30))
    missing.import_run(book, plan, missing.read_run(after), reported_on=dt.date(2024, 9, 20))
    missing.step(book, plan, ITEM, "apply", reported_on=dt.date(2024, 9, 22), reporter="卫", evidence="验收单.pdf")
    missing.step(book, plan, ITEM, "close", reported_on=dt.date(2024, 9, 25), reporter="乙")


@pytest.fixture
def book(tmp_path):
    """An empty ledger."""
    found = open_ledger(tmp_path / "l.sqlite")
    yield found
    found.close()


def test_a_case_says_what_was_missing_what_was_done_and_what_came_of_it(book, plan, tmp_path):
    """30 of 100 children become 100 of 100 by one facility: background, four dated steps, effect, map; same bytes again."""
    before = write_run(tmp_path / "a", [10.0, 16.0, 30.0], [("f1", 0.0)], covered=30)
    after = write_run(tmp_path / "b", [10.0, 5.0, 12.0], [("f1", 0.0), ("f2", 0.011)], covered=100)
    closed(book, plan, before, after)
    case = build_case(book, ITEM, before=Run(before), after=Run(after))
    assert [step.kind for step in case.steps] == ["found", "assigned", "applied", "closed"]
    assert (case.before.covered, case.after.covered, case.added) == (30, 100, ("f2托育园",))
    assert case.before.residents["is_within"].tolist() == [True, False, False]
    view = build_view(book, plan, AsOf(dt.date(2024, 10, 1)))
    files = [
        write_case(case, view, tmp_path / f"{n}.docx", written_on=dt.date(2024, 10, 1)).read_bytes() for n in range(2)
    ]
    assert files[0] == files[1]
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(tmp_path / "0.docx")).paragraphs)
    for wanted in ("菜园镇", "30人（占30.0%）", "70人享受不到", "青沙村、石柱村", "步行超过15分钟", "2024年4月8日", "县卫健局", "限2024年9月30日前",
                   "验收单.pdf", "f2托育园", "由30人增至100人，增加70人，占比由30.0%升至100.0%", "2024年9月30日的数据", "run-a", "run-b"):  # fmt: skip
        assert wanted in text, wanted
    assert "尚有" not in text
    assert before_and_after(case).startswith(b"\x89PNG")


def refused(book, before, after):
    """Return the codes of the findings with which a case is refused."""
    with pytest.raises(PlanError) as caught:
        build_case(book, ITEM, before=Run(before), after=Run(after))
    assert caught.value.render("zh")
    assert caught.value.render("en")
    return {item.code for item in caught.value.findings}


def test_only_what_was_mended_and_closed_makes_a_case(book, plan, tmp_path):
    """No item, an open one, other runs, a run altered since: each refused with its finding."""
    before = write_run(tmp_path / "a", [10.0, 16.0, 30.0], [("f1", 0.0)], covered=30)
    after = write_run(tmp_path / "b", [10.0, 5.0, 12.0], [("f1", 0.0), ("f2", 0.011)], covered=100)
    assert refused(book, before, after) == {"missing-item"}
    missing.import_run(book, plan, missing.read_run(before), reported_on=dt.date(2024, 4, 2))
    assert refused(book, before, after) == {"case-not-closed"}
    missing.import_run(book, plan, missing.read_run(after), reported_on=dt.date(2024, 9, 20))
    missing.step(book, plan, ITEM, "apply", reported_on=dt.date(2024, 9, 22), reporter="卫", evidence="验收单.pdf")
    missing.step(book, plan, ITEM, "close", reported_on=dt.date(2024, 9, 25), reporter="乙")
    assert refused(book, after, before) == {"case-run"}
    (before / "coverage.csv").write_text("township_code\n", encoding="utf-8")
    assert refused(book, before, after) == {"plan-run-changed"}


def test_another_population_is_no_effect(book, plan, tmp_path):
    """An item that is met because the population changed makes no case, although a facility was added as well."""
    before = write_run(tmp_path / "a", [10.0, 16.0, 30.0], [("f1", 0.0)], covered=30)
    after = write_run(tmp_path / "b", [10.0, 5.0, 12.0], [("f1", 0.0), ("f2", 0.011)], covered=100, residents="x")
    closed(book, plan, before, after)
    assert refused(book, before, after) == {"case-not-effect"}
