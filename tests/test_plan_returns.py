"""Forms that come back: what is good is kept, what is wrong goes back, and what was locked is compared."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import openpyxl
import pytest

from circles.foundation.errors import PlanError
from circles.outputs.plan_papers.form import write_form
from circles.plan.chain import Draft, Topic
from circles.plan.figures import AsOf, Known, read_known
from circles.plan.form_checks import check_forms
from circles.plan.forms import FIRST_ROW, build_form, cell
from circles.plan.ledger import open_ledger
from circles.plan.pending import hold, pending
from circles.plan.reading import load_plan
from circles.plan.returned import read_form
from circles.plan.slips import slip_of

UNIT, TODAY = "县住建局", dt.date(2024, 7, 10)
GOOD = {"old-estates": 1, "rental-housing": 8, "property-management": 91.5, "lifts": 1}


@pytest.fixture(scope="module")
def plan():
    """The shipped plan."""
    return load_plan()


@pytest.fixture(scope="module")
def issued(plan, tmp_path_factory):
    """The form of 县住建局 for June with May's figures in it, and the row of each measure."""
    book = open_ledger(tmp_path_factory.mktemp("l") / "l.sqlite")
    day = dt.date(2024, 6, 3)
    book.append([Draft(name, "2024-05", day, Decimal(str(value)), plan=plan.plan.id) for name, value in GOOD.items()])
    form = build_form(plan, read_known(book, plan, AsOf(dt.date(2024, 6, 30))), unit=UNIT, period="2024-06")
    file = write_form(form, tmp_path_factory.mktemp("f") / "form.xlsx")
    rows = {row.measure.id: FIRST_ROW + index for index, row in enumerate(form.rows)}
    yield file, rows, book
    book.close()


def fill(issued, folder, changes=None, *, values=GOOD, name="June.xlsx"):
    """Return a returned form with the good figures, then the cells given as measure, column."""
    file, rows, _ = issued
    book = openpyxl.load_workbook(file)
    sheet = book["填报"]
    sheet["I2"], sheet["L2"] = "王五", dt.date(2024, 7, 3)
    for measure, value in values.items():
        sheet[cell("value", rows[measure])] = value
    for (measure, column), value in (changes or {}).items():
        sheet[cell(column, rows[measure])] = value
    book.save(folder / name)
    return folder / name


def checked(plan, issued, *files):
    return check_forms(plan, issued[2].entries(), [read_form(file) for file in files], today=TODAY)


def codes(result):
    return [item.code for item in result.findings]


@pytest.mark.parametrize(
    ("column", "value"),
    [("last", 2), ("kind", "比率"), ("light", "红"), ("pace", 0.9), ("attainment", 1), ("gap", 0.5), ("no", "99"),
     ("attainment", "=1"), ("gap", '=IF(I8="","",M8+0.5)')],
)  # fmt: skip
def test_an_edited_locked_cell_is_told_at_its_cell(plan, issued, tmp_path, column, value):
    """上期值, 类型, 灯号, 时序进度 and the formulas are compared with what was sent out, whoever lifted the protection."""
    row = issued[1]["lifts"]
    result = checked(plan, issued, fill(issued, tmp_path, {("lifts", column): value}))
    assert codes(result) == ["form-locked"]
    assert result.findings[0].table.endswith(f"!{cell(column, row)}")
    assert checked(plan, issued, fill(issued, tmp_path)).findings == ()


def test_what_is_good_is_kept_and_what_is_wrong_goes_back(plan, issued, tmp_path):
    """Good cells are kept and no figures; the slip is the same form, red where it is wrong; mended, it imports whole."""
    _, rows, book = issued
    file = fill(
        issued,
        tmp_path,
        {("lifts", "value"): "1.34万", ("lifts", "progress"): "第二台已开工", ("lifts", "internal"): "甲方拖款"},
    )
    form = read_form(file)
    result = checked(plan, issued, file)
    assert codes(result) == ["form-text"]
    assert "13400" in result.findings[0].line()
    assert {item.subject for item in result.held} == set(GOOD) - {"lifts"}
    hold(book, result.held)
    assert hold(book, result.held) == []
    assert {name for name, _ in pending(book.entries())} == set(GOOD) - {"lifts"}
    known = read_known(book, plan, AsOf(dt.date(2024, 12, 31), known_on=dt.date.max))
    assert all(figure.period.text == "2024-05" for figures in known.reported.values() for figure in figures)
    slip = slip_of(plan, known, form, result.findings)
    sent = write_form(slip.form, tmp_path / "slip.xlsx", slip=slip)
    sheet = openpyxl.load_workbook(sent)
    bad = sheet["填报"][cell("value", rows["lifts"])]
    assert (bad.value, bad.fill.start_color.rgb, bad.protection.locked) == ("1.34万", "FFB3261E", False)
    assert "13400" in bad.comment.text
    assert sheet["退回原因"]["A3"].value == cell("value", rows["lifts"])
    assert sheet["填报"][cell("progress", rows["lifts"])].value == "第二台已开工"
    bad.value = 2
    sheet.save(sent)
    mended = checked(plan, issued, sent)
    assert mended.findings == ()
    assert {item.subject: item.value for item in mended.drafts} == {
        name: Decimal(str(value)) for name, value in (GOOD | {"lifts": 2}).items()
    }
    detail = next(item for item in mended.drafts if item.subject == "lifts").detail
    assert (detail["progress"], detail["internal"]) == ("第二台已开工", "甲方拖款")
    again = build_form(plan, known, unit=UNIT, period="2024-06", kept=pending(book.entries()))
    assert {row.measure.id for row in again.rows if row.current} == set(GOOD) - {"lifts"}


def test_a_form_sent_out_before_a_column_came_is_still_read(plan, issued, tmp_path):
    """A form without the column 内部说明, and one without 能否按期 and 进展情况 too, is read like a new one."""
    for left in (17, 19):
        file = fill(issued, tmp_path, {("lifts", "problem"): "缺人"})
        book = openpyxl.load_workbook(file)
        book["填报"].delete_cols(left + 1, 20 - left)
        book.save(file)
        result = checked(plan, issued, file)
        assert result.findings == ()
        assert next(item for item in result.drafts if item.subject == "lifts").detail["problem"] == "缺人"


def test_unchanged_repeats_the_figure_before(plan, issued, tmp_path):
    """沿用 takes the last figure; with another number, or with nothing to repeat, it is an error; so is a text alone."""
    only = {"rental-housing": 8}
    result = checked(
        plan, issued, fill(issued, tmp_path, {("lifts", "entry"): "沿用", ("lifts", "outlook"): "有困难"}, values=only)
    )
    assert result.findings == ()
    row = next(item for item in result.drafts if item.subject == "lifts")
    assert (row.value, row.topic, row.detail["carried"], row.detail["outlook"]) == (
        1,
        Topic.OBSERVATION,
        "2024-05",
        "hard",
    )
    other = fill(issued, tmp_path, {("lifts", "entry"): "沿用", ("lifts", "value"): 2}, values=only)
    assert codes(checked(plan, issued, other)) == ["form-carried-differs"]
    assert codes(check_forms(plan, [], [read_form(other)], today=TODAY)) == ["form-nothing-to-carry"]
    alone = fill(issued, tmp_path, {("lifts", "progress"): "在做"}, values=only)
    assert codes(checked(plan, issued, alone)) == ["form-text-alone"]


def test_files_that_are_not_the_form_are_told_what_they_are(plan, issued, tmp_path):
    """Excel's lock file, a renamed sheet and a copied one each have a message of their own."""
    (tmp_path / "~$June.xlsx").write_bytes(b"\x05user")
    file = fill(issued, tmp_path)
    book = openpyxl.load_workbook(file)
    book["填报"].title = "填报 (2)"
    book.save(tmp_path / "renamed.xlsx")
    book = openpyxl.load_workbook(file)
    book.copy_worksheet(book["填报"])
    book.save(tmp_path / "copied.xlsx")
    for name, code in {
        "~$June": "form-lock-file",
        "renamed": "form-renamed-sheet",
        "copied": "form-copied-sheet",
    }.items():
        with pytest.raises(PlanError) as caught:
            read_form(tmp_path / f"{name}.xlsx")
        assert [item.code for item in caught.value.findings] == [code]


def test_an_older_correction_never_replaces_a_newer_one(plan, tmp_path):
    """A correction dated before the one in force is refused, also if it was never handed in before."""
    book = open_ledger(tmp_path / "l.sqlite")
    book.append([Draft("lifts", "2024-06", dt.date(2024, 7, 1), Decimal(1), plan=plan.plan.id)])
    newer = {"status": "corrected", "reason": "验收", "expects": None}
    book.append([Draft("lifts", "2024-06", dt.date(2024, 7, 8), Decimal(3), plan=plan.plan.id, **newer)])
    nothing = Known(AsOf(dt.date(2024, 6, 30)), {}, {}, 0)
    form = build_form(plan, nothing, unit=UNIT, period="2024-06")
    file = write_form(form, tmp_path / "form.xlsx")
    rows = {row.measure.id: FIRST_ROW + index for index, row in enumerate(form.rows)}
    old = fill(
        (file, rows, book), tmp_path, {("lifts", "entry"): "更正", ("lifts", "reason"): "漏报一台"}, values={"lifts": 2}
    )
    assert codes(check_forms(plan, book.entries(), [read_form(old)], today=TODAY)) == ["form-old-correction"]
    book.close()


def test_a_survey_needs_the_size_of_its_sample(plan, tmp_path):
    """满意度 is only monitored, and refused without 有效样本数 of the same period."""
    office = "县公共服务七优享工程工作专班办公室"
    form = build_form(plan, Known(AsOf(dt.date(2024, 6, 30)), {}, {}, 0), unit=office, period="2024-Q2")
    file = write_form(form, tmp_path / "form.xlsx")
    rows = {row.measure.id: FIRST_ROW + index for index, row in enumerate(form.rows)}
    whole = {"satisfaction": 93.5, "satisfaction-sample": 812}
    for values, expected in ((whole, []), ({"satisfaction": 93.5}, ["form-no-sample"])):
        result = check_forms(plan, [], [read_form(fill((file, rows, None), tmp_path, values=values))], today=TODAY)
        assert codes(result) == expected
