"""Ten years of 500 indicators, month by month: 60,000 figures through forms into the ledger and out to the dashboard."""

from __future__ import annotations

import datetime as dt
import sys
import time
from decimal import Decimal

import openpyxl
import pytest

from circles.outputs.plan_papers.form import write_form
from circles.outputs.plan_papers.page import write_page
from circles.plan.chain import Draft, Topic
from circles.plan.figures import AsOf, Known
from circles.plan.form_checks import check_forms
from circles.plan.forms import FIRST_ROW, build_form, cell
from circles.plan.indicators import Plan
from circles.plan.ledger import open_ledger
from circles.plan.periods import Frequency, of_year
from circles.plan.reading import load_plan
from circles.plan.returned import read_form
from circles.plan.status import status
from circles.plan.view import build_view

YEARS = range(2015, 2025)


def large_plan(year: int, count: int = 500) -> Plan:
    """Return a plan of ``count`` indicators that one unit reports."""
    data = load_plan().model_dump()
    first = data["indicators"][5]
    data["indicators"] = [
        first | {"id": f"i{n}", "no": n + 1, "name": f"指标{n}", "target": 12 * (n + 10), "lead": "县卫健局"}
        for n in range(count)
    ]
    data |= {"projects": (), "commitments": (), "notes": (), "plan": data["plan"] | {"year": year}}
    return Plan.model_validate(data)


def returned_forms(plan, folder):
    """Write the twelve monthly forms of a year, filled in."""
    files = []
    for number, period in enumerate(of_year(plan.plan.year, Frequency.MONTH), start=1):
        nothing = Known(AsOf(period.end), {}, {}, 0)
        file = write_form(
            build_form(plan, nothing, unit="县卫健局", period=period.text), folder / f"{period.text}.xlsx"
        )
        book = openpyxl.load_workbook(file)
        sheet = book["填报"]
        sheet["I2"], sheet["L2"] = "张三", period.end + dt.timedelta(days=3)
        for n in range(len(plan.indicators)):
            sheet[cell("value", FIRST_ROW + n)] = number * (n + 10)
        book.save(file)
        files.append(file)
    return files


def test_status_and_dashboard_of_a_large_year(tmp_path):
    """A year of figures of 500 indicators has a status each, and a dashboard of at most 2 MB."""
    plan = large_plan(2024)
    book = open_ledger(tmp_path / "l.sqlite")
    drafts = [
        Draft(item.id, period.text, period.end, Decimal(number * (n + 10)), item.unit)
        for n, item in enumerate(plan.indicators)
        for number, period in enumerate(of_year(2024, Frequency.MONTH), start=1)
    ]
    book.append(drafts)
    as_of = AsOf(dt.date(2024, 12, 31))
    assert len(status(book, plan, as_of)) == 500
    file = write_page(build_view(book, plan, as_of), tmp_path / "plan.html")
    assert file.stat().st_size <= 2_000_000
    book.close()


@pytest.mark.long
def test_ten_years_of_500_indicators(tmp_path):
    """60,000 figures in 120 forms import in ≤ 20 s; then status ≤ 1 s, dashboard ≤ 3 s and ≤ 2 MB."""
    plans = [large_plan(year) for year in YEARS]
    files = [returned_forms(plan, tmp_path) for plan in plans]
    book = open_ledger(tmp_path / "l.sqlite")
    start = time.perf_counter()
    for plan, year in zip(plans, files, strict=True):
        history = book.entries(
            topic=Topic.OBSERVATION, ended_from=plan.first_day.isoformat(), ended_to=plan.last_day.isoformat()
        )
        checked = check_forms(plan, history, [read_form(file) for file in year], today=dt.date(2025, 1, 10))
        assert checked.findings == ()
        book.append(checked.drafts)
    seconds = {"import": time.perf_counter() - start}
    assert book.head().seq == 60_000
    as_of = AsOf(dt.date(2024, 12, 31))
    start = time.perf_counter()
    status(book, plans[-1], as_of)
    seconds["status"] = time.perf_counter() - start
    start = time.perf_counter()
    file = write_page(build_view(book, plans[-1], as_of), tmp_path / "plan.html")
    seconds["dashboard"] = time.perf_counter() - start
    start = time.perf_counter()
    assert book.verify() == []
    seconds["verify"] = time.perf_counter() - start
    sys.stdout.write(f"{seconds}\n")  # shown by pytest -rP
    assert seconds["import"] <= 20
    assert seconds["status"] <= 1
    assert seconds["dashboard"] <= 3
    assert file.stat().st_size <= 2_000_000
    book.close()
