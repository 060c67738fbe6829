"""Forms out and back: every seeded mistake is caught at its cell, the clean twin imports, hostile files are refused."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import time
import zipfile

import openpyxl
import pytest

from circles.foundation.errors import PlanError
from circles.outputs.plan_papers.form import write_form
from circles.plan.figures import AsOf, Known, read_known
from circles.plan.form_checks import check_forms, read_date
from circles.plan.forms import COLUMNS, FIRST_ROW, build_form, cell
from circles.plan.indicators import Plan
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan
from circles.plan.returned import read_form

TODAY = dt.date(2024, 7, 5)
UNIT = "县卫健局"
NOTHING = Known(AsOf(TODAY), {}, {}, 0)
GOOD = {
    "childcare-seats": 2.4, "childcare-use": 61.5, "child-screening": 92, "free-checkups": 0.6, "physicians": 4.0,
    "elder-assessments": 700, "emergency-centres": 66.7, "sports-hall/investment": 0.2, "sports-hall/start": "是",
    "aed": 8, "first-aiders": 45, "health-benefits": 0.55, "village-gym": 0, "sports-area": 3.9,
}  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    """The shipped plan, of a county that asks for its tasks by month as well."""
    data = load_plan().model_dump()
    data["commitments"] = [
        item | {"report": "month" if item["report"] == "quarter" else item["report"]} for item in data["commitments"]
    ]
    return Plan.model_validate(data)


@pytest.fixture(scope="module")
def blank(plan, tmp_path_factory):
    """The form of 县卫健局 for May, as sent out, and the row of each measure in it."""
    form = build_form(plan, NOTHING, unit=UNIT, period="2024-05")
    file = write_form(form, tmp_path_factory.mktemp("forms") / "form.xlsx")
    rows = {row.measure.id: FIRST_ROW + index for index, row in enumerate(form.rows)}
    return file, rows


@pytest.fixture
def ledger(tmp_path):
    """An empty ledger."""
    book = open_ledger(tmp_path / "l.sqlite")
    yield book
    book.close()


def fill(blank, folder, *, name="May.xlsx", period=None, values=None, **cells):
    """Return a returned form: the good figures, with the cells given by address replaced."""
    file, rows = blank
    book = openpyxl.load_workbook(file)
    sheet = book["填报"]
    sheet["I2"], sheet["L2"] = "王医生 0580-5080000", dt.date(2024, 6, 3)
    for measure, value in (GOOD if values is None else values).items():
        sheet[cell("value", rows[measure])] = value
    if period:
        sheet["G2"] = period
        book["字典"]["B3"] = period
        sheet["L2"] = dt.date(2024, int(period[-2:]) % 12 + 1, 4)
    for address, value in cells.items():
        sheet[address] = value
    target = folder / name
    book.save(target)
    return target


def checked(plan, ledger, *files, **more):
    returned = [read_form(file) for file in files]
    return check_forms(plan, ledger.entries(), returned, today=TODAY, **more)


def test_a_form_holds_the_units_own_rows_locked_but_for_the_inputs(plan, blank):
    """The form lists exactly what the unit reports, locks all but the input cells, and draws its lists from 字典."""
    file, rows = blank
    book = openpyxl.load_workbook(file)
    sheet = book["填报"]
    assert set(rows) == {item.id for item in plan.reported_by(UNIT) if item.report == "month"}
    assert book["字典"].sheet_state == "hidden"
    assert sheet.protection.sheet
    assert "A1:T1" in {str(merged) for merged in sheet.merged_cells.ranges}
    unlocked = {c.column_letter for c in sheet[rows["aed"]] if not c.protection.locked}
    assert unlocked == {
        cell(name, 1)[0]
        for name in ("value", "entry", "evidence", "reason", "problem", "outlook", "progress", "internal")
    }
    lists = [v for v in sheet.data_validations.dataValidation if v.type == "list"]
    assert lists
    assert all("字典" in v.formula1 for v in lists)
    assert [c.value for c in sheet[4]][2:4] == ["指标名称", "单位"]
    assert sheet[cell("target", rows["childcare-use"])].value == ">63"
    assert sheet.freeze_panes == "D5"
    assert sheet.print_title_rows == "$1:$4"
    assert "&P" in sheet.oddFooter.right.text
    formulas = [
        c.value for row in sheet.iter_rows() for c in row if isinstance(c.value, str) and c.value.startswith("=")
    ]
    assert formulas
    assert len(COLUMNS) == 20


def test_the_clean_twin_imports(plan, blank, ledger, tmp_path):
    """A correctly filled form gives one row per figure with its evidence and its cell, and importing it again none."""
    (tmp_path / "台账.pdf").write_bytes(b"proof")
    _, rows = blank
    file = fill(blank, tmp_path, **{cell("evidence", rows["aed"]): "台账.pdf", cell("problem", rows["aed"]): "采购慢"})
    result = checked(plan, ledger, file, unit=UNIT, period="2024-05")
    assert result.findings == ()
    assert len(result.drafts) == len(GOOD)
    entries = ledger.append(result.drafts)
    row = next(item for item in entries if item.subject == "aed")
    assert (row.value, row.unit, row.organisation, row.reporter, row.reported_on) == (
        "8",
        "台",
        UNIT,
        "王医生 0580-5080000",
        "2024-06-03",
    )
    assert row.evidence == "台账.pdf"
    assert len(row.evidence_sha256) == 64
    assert row.details["cell"] == cell("value", rows["aed"])
    assert row.details["problem"] == "采购慢"
    again = checked(plan, ledger, file)
    assert (again.drafts, again.unchanged) == ((), len(GOOD))
    assert [(item.severity, item.code) for item in again.findings] == [("warning", "form-again")]


# what is wrong | measure or cell | column | value | code | column in which it is reported
MISTAKES = [
    ("text in a number cell", "aed", "value", "约8台", "form-text", "value"),
    ("full-width digits as text", "aed", "value", "８", "form-text", "value"),
    ("a percent sign typed in", "childcare-use", "value", "61.5%", "form-text", "value"),
    ("a date in a number cell", "aed", "value", dt.date(2024, 5, 8), "form-text", "value"),
    ("a truth value", "aed", "value", True, "form-text", "value"),
    ("persons instead of ten thousands", "free-checkups", "value", 6000, "form-range", "value"),
    ("persons within the range", "health-benefits", "value", 19.9, "form-jump", "value"),
    ("a fraction instead of percent", "childcare-use", "value", 0.615, "form-share", "value"),
    ("above 100 %", "child-screening", "value", 192, "form-range", "value"),
    ("negative", "aed", "value", -1, "form-range", "value"),
    ("half a person", "first-aiders", "value", 45.5, "form-decimals", "value"),
    ("a fall of the year's total", "elder-assessments", "value", 120, "form-fall", "value"),
    ("an impossible jump of a level", "sports-area", "value", 13, "form-jump", "value"),
    ("a number where yes or no is asked", "sports-hall/start", "value", 3, "form-yes-no", "value"),
    ("an unknown kind of entry", "aed", "entry", "随便", "form-entry", "entry"),
    ("a correction without a reason", "aed", "entry", "更正", "form-no-reason", "reason"),
    ("missing and yet a figure", "aed", "entry", "暂缺", "form-value-too-much", "value"),
    ("another unit's row", "aed", "id", "lifts", "form-others-row", "id"),
    ("a row twice", "aed", "id", "first-aiders", "form-row-twice", "id"),
    ("a row that does not exist", "aed", "id", "aeds", "form-unknown-row", "id"),
    ("a changed target", "aed", "target", "≥2", "form-locked", "target"),
    ("a changed unit", "free-checkups", "unit", "人", "form-locked", "unit"),
    ("too long a text", "aed", "evidence", "长" * 600, "form-text-long", "evidence"),
]
HEADER_MISTAKES = [
    ("the wrong month", "G2", "2024-06", "form-other-period"),
    ("no month at all", "G2", "五月", "form-period"),
    ("another year", "G2", "2023-05", "form-year"),
    ("another unit", "C2", "县民政局", "form-other-unit"),
    ("an unknown unit", "C2", "县卫生局", "form-unit"),
    ("no reporter", "I2", None, "form-no-reporter"),
    ("no date", "L2", None, "form-date"),
    ("a date in the future", "L2", dt.date(2024, 8, 1), "form-date-future"),
    ("a date before the month", "L2", dt.date(2024, 4, 30), "form-date-early"),
    ("a changed heading", "I4", "完成情况", "form-header"),
]


@pytest.fixture
def april(plan, blank, ledger, tmp_path):
    """A ledger that holds April's figures."""
    values = {key: value if isinstance(value, str) else value * 0.9 for key, value in GOOD.items()}
    values |= {"aed": 7, "first-aiders": 40, "elder-assessments": 600, "village-gym": 0}
    result = checked(plan, ledger, fill(blank, tmp_path, name="April.xlsx", period="2024-04", values=values))
    assert result.findings == ()
    ledger.append(result.drafts)
    return ledger


@pytest.mark.parametrize(
    ("what", "measure", "column", "value", "code", "where"), MISTAKES, ids=[m[0] for m in MISTAKES]
)
def test_each_mistake_is_caught_at_its_cell(plan, blank, april, tmp_path, what, measure, column, value, code, where):  # noqa: PLR0917 - a row of the table
    """A seeded mistake gives a finding that names the sheet and the cell it was made in, and nothing is taken."""
    row = blank[1][measure]
    result = checked(plan, april, fill(blank, tmp_path, **{cell(column, row): value}))
    assert not result.is_clean
    row = {"form-row-twice": max(row, blank[1]["first-aiders"])}.get(code, row)
    assert (f"May.xlsx 填报!{cell(where, row)}", code) in {(item.table, item.code) for item in result.findings}
    for item in result.findings:
        for lang in ("zh", "en"):
            assert item.line(lang)


@pytest.mark.parametrize(("what", "address", "value", "code"), HEADER_MISTAKES, ids=[m[0] for m in HEADER_MISTAKES])
def test_each_mistake_in_the_head_is_caught(plan, blank, ledger, tmp_path, what, address, value, code):  # noqa: PLR0917 - a row of the table
    """A wrong month, unit, date or reporter is found before any row is looked at."""
    file = fill(blank, tmp_path, **{address: value})
    if code == "form-header":
        with pytest.raises(PlanError, match="form-header"):
            read_form(file)
        return
    result = checked(plan, ledger, file)
    assert (f"May.xlsx 填报!{address}", code) in {(item.table, item.code) for item in result.findings}
    assert result.drafts == ()


def test_a_total_may_leap_and_a_level_may_not(plan, blank, april, tmp_path):
    """7 AEDs in April and 25 in May is work that was done, within three times the target; 3.5 to 12 m² a head is doubted."""
    row = blank[1]
    leap = checked(plan, april, fill(blank, tmp_path, **{cell("value", row["aed"]): 25}))
    assert "form-jump" not in {item.code for item in leap.findings}
    level = checked(plan, april, fill(blank, tmp_path, **{cell("value", row["sports-area"]): 12}))
    assert {item.code for item in level.findings} == {"form-jump"}


def test_all_or_nothing_over_files(plan, blank, april, tmp_path):
    """Two forms for the same unit and month contradict each other; a wrong one stops the good one as well."""
    first = fill(blank, tmp_path)
    second = fill(blank, tmp_path, name="again.xlsx", **{cell("value", blank[1]["aed"]): 9})
    result = checked(plan, april, first, second)
    assert {item.code for item in result.findings} >= {"form-twice"}
    assert not result.is_clean


def test_a_correction_needs_a_figure_to_correct_and_may_lower_it(plan, blank, april, tmp_path):
    """A total that was reported too high is corrected with its reason; before that, a lower total is an error."""
    row = blank[1]["elder-assessments"]
    only = {"elder-assessments": 550}
    fix = {cell("entry", row): "更正", cell("reason", row): "重复计数"}
    late = fill(blank, tmp_path, name="Apr2.xlsx", period="2024-04", values=only, **fix)
    result = checked(plan, april, late)
    assert result.findings == ()
    assert result.drafts[0].expects is not None
    april.append(result.drafts)
    assert checked(plan, april, fill(blank, tmp_path, values=only)).is_clean
    wrong = checked(plan, april, fill(blank, tmp_path, values=only, **fix))
    assert {item.code for item in wrong.findings} == {"form-nothing-to-correct"}
    differs = checked(plan, april, fill(blank, tmp_path, name="Apr3.xlsx", period="2024-04", values={"aed": 6}))
    assert {item.code for item in differs.findings} == {"form-differs"}


def test_a_slip_by_ten_thousand_is_an_error_whatever_is_said(plan, blank, april, tmp_path):
    """人 entered for 万人 is refused even when marked 核实无误; a real jump passes when it is confirmed and explained."""
    row = blank[1]["elder-assessments"]
    sure = {cell("entry", row): "核实无误", cell("reason", row): "已核"}
    slip = checked(plan, april, fill(blank, tmp_path, values={"elder-assessments": 700 * 10_000}, **sure))
    assert {item.code for item in slip.findings} == {"form-slip"}
    row = blank[1]["sports-area"]
    sure = {cell("entry", row): "核实无误", cell("reason", row): "新体育馆启用"}
    assert checked(plan, april, fill(blank, tmp_path, values={"sports-area": 13}, **sure)).is_clean


def test_a_year_of_monthly_forms_imports_in_one_call(plan, ledger, tmp_path):
    """Twelve forms, handed over in any order, become one import; the month's own share is derived from the totals."""
    files = []
    for month in range(1, 13):
        form = build_form(plan, NOTHING, unit="县总工会", period=f"2024-{month:02d}")
        file = write_form(form, tmp_path / f"{month}.xlsx")
        book = openpyxl.load_workbook(file)
        sheet = book["填报"]
        sheet["I2"], sheet["L2"] = "李四", dt.date(2024 + month // 12, month % 12 + 1, 3)
        sheet[cell("value", FIRST_ROW)] = 4 * month + 1
        book.save(file)
        files.append(file)
    returned = [read_form(file) for file in reversed(files)]
    result = check_forms(plan, [], returned, today=dt.date(2025, 1, 6))
    assert result.findings == ()
    ledger.append(result.drafts)
    known = read_known(ledger, plan, AsOf(dt.date(2025, 1, 6)))
    assert [str(item.value) for item in known.reported["mutual-help"]] == [str(4 * m + 1) for m in range(1, 13)]


@pytest.mark.parametrize("period", ["2024-W21", "2024-05", "2024-Q2", "2024"])
def test_templates_by_week_month_quarter_and_year(tmp_path, period):
    """Each rhythm has its form, every figure stands in one of them, and a form that is filled in comes back clean."""
    plan = load_plan()
    form = build_form(plan, NOTHING, unit="县教育局", period=period)
    asked = {row.measure.id for row in form.rows}
    often = period in {"2024-W21", "2024-05"}
    assert ("vocational-training" in asked) == ("dormitory/finish" in asked) == often
    assert ("pupils-fitness" in asked) == ("teacher-degrees" in asked) == (period == "2024-Q2")
    assert ("quota-enrolment" in asked) == (period == "2024")
    file = write_form(form, tmp_path / "f.xlsx", lang="en" if period == "2024" else "zh")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    sheet["I2"], sheet["L2"] = "赵六", "2024年12月31日"
    row = next(i for i, item in enumerate(form.rows) if item.measure.kind != "done")
    sheet[cell("value", FIRST_ROW + row)] = 90
    book.save(file)
    result = check_forms(plan, [], [read_form(file)], today=dt.date(2025, 1, 6))
    assert result.findings == ()
    assert [item.period for item in result.drafts] == [period]


def test_formulas_and_scripts_typed_into_a_form_stay_text(plan, blank, ledger, tmp_path):
    """What looks like a formula in a text cell is stored as typed and never written as a formula."""
    row = blank[1]["aed"]
    nasty = "@SUM(1+1)*cmd|' /C calc'!A0 <script>alert(1)</script>"
    result = checked(plan, ledger, fill(blank, tmp_path, **{cell("evidence", row): nasty}))
    assert result.findings == ()
    assert next(item for item in result.drafts if item.subject == "aed").evidence == nasty


def test_dates_as_people_write_them():
    """Four ways to write a date are understood; nothing else is guessed."""
    day = dt.date(2024, 6, 3)
    assert {read_date(text) for text in ("2024-06-03", "2024/6/3", "2024.6.3", "2024年6月3日")} == {day}
    assert {read_date(text) for text in ("6月3日", "03/06/2024", "", "2024-13-01", 45446.0)} == {None}


def rewritten(file, target, part, change):
    """Copy a workbook with one part changed."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    return target


@pytest.mark.parametrize(
    ("what", "change"),
    [
        (
            "a far cell",
            lambda xml: xml.replace(
                b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            ),
        ),
        ("a far dimension", lambda xml: xml.replace(b'<dimension ref="', b'<dimension ref="A1:XFD1048576" x="')),
        ("a far merge", lambda xml: xml.replace(b"<mergeCell ", b'<mergeCell ref="A1:XFD1048576"/><mergeCell ', 1)),
        ("a bomb", lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + b" " * 90_000_000)),
        (
            "millions of cells",
            lambda xml: xml.replace(b"</sheetData>", b"<row>" + b"<c/>" * 3_000_000 + b"</row></sheetData>"),
        ),
        ("an entity", lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1)),
    ],
)
def test_hostile_workbooks_are_refused_fast(blank, tmp_path, what, change):
    """A workbook that would take gigabytes or abort the reader is refused by looking, in well under 5 seconds."""
    target = rewritten(blank[0], tmp_path / "bad.xlsx", "xl/worksheets/sheet1.xml", change)
    start = time.monotonic()
    with pytest.raises(PlanError, match=r"form-(too-wide|too-large|unreadable)"):
        read_form(target)
    assert time.monotonic() - start < 5


def test_a_form_whose_styles_are_no_xml_is_refused(blank, tmp_path):
    """The scan beside the cells stops at damage that the reader of cells passes over."""
    target = rewritten(blank[0], tmp_path / "bad.xlsx", "xl/styles.xml", lambda xml: xml[:-30])
    with pytest.raises(PlanError, match="form-unreadable"):
        read_form(target)


def test_files_that_are_no_forms_are_refused(blank, tmp_path):
    """A text, a torn zip, another workbook and a missing file each give one finding."""
    (tmp_path / "text.xlsx").write_text("hello", encoding="utf-8")
    (tmp_path / "torn.xlsx").write_bytes(blank[0].read_bytes()[:3000])
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    with zipfile.ZipFile(tmp_path / "empty.xlsx", "w") as archive:
        archive.writestr("a.txt", "b")
    for name in ("text", "torn", "other", "empty", "none"):
        with pytest.raises(PlanError, match=r"form-(foreign|unreadable)"):
            read_form(tmp_path / f"{name}.xlsx")


@pytest.mark.long
def test_mutated_forms_never_crash(plan, blank, ledger, tmp_path):
    """2,000 forms with random bytes changed inside their parts: findings or a clean read, never a traceback."""
    import random

    pick = random.Random(1)
    file = fill(blank, tmp_path)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    target = tmp_path / "mutated.xlsx"
    for _ in range(2000):
        name = pick.choice(sorted(parts))
        data = bytearray(parts[name])
        for _ in range(pick.randint(1, 8)):
            data[pick.randrange(len(data))] = pick.randrange(256)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for other, content in parts.items():
                archive.writestr(other, bytes(data) if other == name else content)
        target.write_bytes(buffer.getvalue())
        try:
            returned = read_form(target)
        except PlanError:
            continue
        check_forms(plan, ledger.entries(), [returned], today=TODAY)
    shutil.rmtree(tmp_path, ignore_errors=True)
