"""What the map computes for the plan, on a run small enough to check on paper, and what is never stored."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from circles.foundation.errors import PlanError
from circles.plan.computed import Run, compute, store
from circles.plan.figures import AsOf
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan
from circles.plan.rules import NOT_JUDGED, Light
from circles.plan.status import status

KINDS = ("childcare", "meals", "clinic", "sports")
# 1,000 residents: 600 in town T1, 400 on T2. Childcare reaches r1 (600), meals all, clinic all, sports r2 (400).
MINUTES = {("r1", "childcare"): 5, ("r2", "childcare"): None, ("r1", "sports"): 15.5, ("r2", "sports"): 3}


def make_run(folder, *, demonstration=False, places=()):
    """Write the files of a finished run."""
    folder.mkdir()
    covered = {"childcare": 600, "meals": 1000, "clinic": 1000, "sports": 400}
    rows = [
        {"township_code": code, "township": code, "category": kind, "profile": "elder", "limit_min": 15.0, "group": "population",
         "population": people, "covered": covered[kind] if code == "ALL" else 0, "share": 0.0}
        for kind in KINDS
        for code, people in (("T1", 600), ("T2", 400), ("NONE", 0), ("ALL", 1000))
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "coverage.csv", index=False, encoding="utf-8-sig")
    access = [
        {"resident_id": r, "category": k, "minutes": MINUTES.get((r, k), 1.0)} for r in ("r1", "r2") for k in KINDS
    ]
    pd.DataFrame(access).to_csv(folder / "access.csv", index=False, encoding="utf-8-sig")
    pd.DataFrame({"id": ["r1", "r2"], "population": [600, 400]}).to_parquet(folder / "residents.parquet")
    base = [("c1", "childcare", "existing", 3.0, 0.5), ("c2", "childcare", "planned", 50.0, 0.5), ("m1", "meals", "existing", None, 0.5),
            ("m2", "meals", "existing", None, 1.5), ("s1", "sports", "existing", 4200.0, 1.5), ("k1", "clinic", "existing", None, 0.5)]  # fmt: skip
    table = pd.DataFrame([*base, *places], columns=["id", "category", "status", "capacity", "x"])
    points = gpd.GeoDataFrame(table.drop(columns="x"), geometry=[Point(x, 0.5) for x in table["x"]], crs="EPSG:4326")
    points.to_file(folder / "circles.gpkg", layer="facilities", driver="GPKG")
    towns = gpd.GeoDataFrame({"code": ["T1", "T2"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4326")
    towns.to_file(folder / "circles.gpkg", layer="townships", driver="GPKG")
    outputs = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}
    about = {
        "contract": 1,
        "run_id": folder.name,
        "area": {"id": "x", "demonstration": demonstration},
        "outputs": outputs,
    }
    if demonstration is None:
        del about["area"]["demonstration"]
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return Run(folder)


@pytest.fixture(scope="module")
def plan():
    """The shipped plan."""
    return load_plan()


def test_every_formula_by_hand(plan, tmp_path):
    """Seats, area per head, counts, new ones, coverage and all four kinds agree with what a pencil gives."""
    january = make_run(tmp_path / "january")
    june = make_run(
        tmp_path / "june", places=[("m3", "meals", "existing", None, 0.2), ("m4", "meals", "closed", None, 0.2)]
    )
    values = {item.id: item.value for item in compute(plan, june, earlier=january)}
    assert values == {
        "childcare-seats": Decimal(3),  # 3 places for 1,000 people; the planned 50 do not count
        "sports-area": Decimal("4.2"),  # 4,200 m² for 1,000 people
        "meal-points-total": Decimal(3),
        "meal-points": Decimal(1),  # m3; m4 is closed
        "childcare-circle": Decimal(60),
        "meals-circle": Decimal(100),
        "clinic-circle": Decimal(100),
        "sports-circle": Decimal(40),
        "circle-overall": Decimal(0),  # r1 lacks sports by half a minute, r2 lacks childcare
        "care-unions": None,  # not a category of this run
    }
    reasons = {item.id: item.reason for item in compute(plan, june) if item.reason}
    assert reasons == {
        "meal-points": "no earlier run to compare with",
        "care-unions": "no category care_union in the run",
    }
    assert all(item.formula and len(item.inputs) >= 2 for item in compute(plan, june))


def test_townships_with_a_facility(tmp_path):
    """The share of townships that have a facility is found by the polygons where no code is given."""
    from circles.plan.computed import _townships

    run = make_run(tmp_path / "run")
    assert _townships(run, "meals", None) == 100
    assert _townships(run, "childcare", None) == 50


def test_a_missing_capacity_gives_no_figure(plan, tmp_path):
    """One facility without a capacity makes the sum unknown, not smaller."""
    run = make_run(tmp_path / "run", places=[("c3", "childcare", "existing", None, 0.1)])
    item = next(item for item in compute(plan, run) if item.id == "childcare-seats")
    assert (item.value, item.reason) == (None, "a facility without a capacity")


def test_a_computed_figure_is_stored_beside_the_reported_one(plan, tmp_path):
    """Stored with run, formula and hashes; a second run that differs supersedes it, an equal one adds nothing."""
    book = open_ledger(tmp_path / "l.sqlite")
    day = dt.date(2024, 6, 3)
    run = make_run(tmp_path / "run")
    rows = store(book, plan, run, compute(plan, run), period="2024-05", reported_on=day)
    seats = next(row for row in rows if row.subject == "childcare-seats")
    assert (seats.status, seats.basis, seats.value, seats.evidence) == ("computed", "computed", "3", "run run")
    assert set(seats.details["inputs"]) == {"coverage.csv", "circles.gpkg"}
    assert store(book, plan, run, compute(plan, run), period="2024-05", reported_on=day) == []
    other = make_run(tmp_path / "other", places=[("c9", "childcare", "existing", 1.0, 0.1)])
    again = store(book, plan, other, compute(plan, other), period="2024-05", reported_on=day)
    assert [(row.subject, row.status, row.value) for row in again] == [("childcare-seats", "corrected", "4")]
    assert book.verify() == []
    book.close()


@pytest.mark.parametrize("shown", [True, None])
def test_a_demonstration_is_never_stored_and_touches_no_light(plan, tmp_path, shown):
    """A run on demonstration data, or one that does not say, gives values to look at and leaves the ledger empty."""
    book = open_ledger(tmp_path / "l.sqlite")
    run = make_run(tmp_path / "run", demonstration=shown, places=[("c5", "childcare", "example", 7.0, 0.3)])
    found = compute(plan, run)
    assert next(item for item in found if item.id == "childcare-seats").value == 10
    with pytest.raises(PlanError, match="plan-run-demonstration"):
        store(book, plan, run, found, period="2024-05", reported_on=dt.date(2024, 6, 3))
    assert book.head().seq == 0
    assert all(item.light in {Light.UNREPORTED, *NOT_JUDGED} for item in status(book, plan, AsOf(dt.date(2024, 6, 10))))
    book.close()


def test_examples_do_not_count_in_a_real_area(plan, tmp_path):
    """An example facility in a run on real data adds nothing to any figure."""
    run = make_run(tmp_path / "run", places=[("c5", "childcare", "example", 7.0, 0.3)])
    assert next(item for item in compute(plan, run) if item.id == "childcare-seats").value == 3


def test_a_run_that_was_edited_is_refused(plan, tmp_path):
    """A table that differs from the hash in run.json is not computed from."""
    run = make_run(tmp_path / "run")
    file = run.folder / "coverage.csv"
    file.write_bytes(file.read_bytes().replace(b"600", b"900"))
    with pytest.raises(PlanError, match="plan-run-changed"):
        compute(plan, Run(run.folder))
    with pytest.raises(PlanError, match="plan-run-missing"):
        compute(plan, Run(tmp_path))
