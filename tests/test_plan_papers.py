"""The papers of the four meetings: which period they name, what stands in them."""

from __future__ import annotations

import calendar
import datetime as dt
import json
import random
import re
from decimal import Decimal
from typing import Any

import docx
import openpyxl
import pytest
from docx.shared import Pt

from circles.foundation.errors import PlanError
from circles.outputs.plan_papers import steps
from circles.outputs.plan_papers.book import write_book
from circles.outputs.plan_papers.brief import write_brief
from circles.outputs.plan_papers.meeting import MAX_WEEKLY_ROWS, write_paper
from circles.outputs.plan_papers.page import page
from circles.outputs.plan_papers.unclear import write_unclear
from circles.plan.chain import Draft, Status
from circles.plan.figures import AsOf
from circles.plan.forms import full_name
from circles.plan.indicators import Plan, Role
from circles.plan.ledger import open_ledger
from circles.plan.papers import Meeting, paper_of
from circles.plan.periods import parse
from circles.plan.projects import STEPS
from circles.plan.reading import load_plan
from circles.plan.resources import read_check, store
from circles.plan.view import build_view

YEAR = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(366)]


@pytest.fixture(scope="module")
def plan():
    """The shipped plan."""
    return load_plan()


def expected(meeting, day):
    """The period and the one compared with, in this test's own words; None where nothing has ended yet."""
    last = day.day == calendar.monthrange(2024, day.month)[1]
    if meeting == "weekly":
        year, week, _ = day.isocalendar()
        if year > 2024:
            return "2024-W52", "2024-W51"
        return f"2024-W{week:02d}", f"2024-W{week - 1:02d}" if week > 1 else None
    if meeting == "monthly":
        month = day.month if last else day.month - 1
        return None if month == 0 else (f"2024-{month:02d}", f"2024-{month - 1:02d}" if month > 1 else None)
    if meeting == "quarterly":
        quarter = (day.month // 3) if (last or day.month % 3) else day.month // 3 - 1
        return None if quarter == 0 else (f"2024-Q{quarter}", f"2024-Q{quarter - 1}" if quarter > 1 else None)
    return "2024", None


@pytest.mark.parametrize("meeting", list(Meeting))
def test_every_day_of_the_year_has_its_period(plan, meeting):
    """Each day of 2024 × 4 meetings: the heading's period is the last that has ended, compared with the one before it."""
    for day in YEAR:
        wanted = expected(meeting, day)
        if wanted is None:
            with pytest.raises(PlanError, match="plan-meeting-early"):
                paper_of(plan, meeting, day)
            continue
        paper = paper_of(plan, meeting, day)
        assert (paper.period.text, paper.compared.text if paper.compared else None) == wanted, day
        assert paper.as_of.known_on == day
        assert paper.as_of.day <= day


def test_headings_name_their_span(plan):
    """The quarterly heading is 第一季度, 上半年, 前三季度, 全年; another period can be asked for once it has ended."""
    named = [
        paper_of(plan, Meeting.QUARTERLY, dt.date(2025, 1, 20), period=f"2024-Q{n}").title(plan, "zh")
        for n in range(1, 5)
    ]
    assert [next(word for word in ("第一季度", "上半年", "前三季度", "全年") if word in text) for text in named] == [
        "第一季度", "上半年", "前三季度", "全年",
    ]  # fmt: skip
    assert "10月份" in paper_of(plan, Meeting.MONTHLY, dt.date(2024, 11, 5)).title(plan, "zh")
    for wrong in ("2024-Q4", "2024-10", "2023-Q3", "x"):
        with pytest.raises(PlanError):
            paper_of(plan, Meeting.QUARTERLY, dt.date(2024, 11, 5), period=wrong)


@pytest.fixture(scope="module")
def year(plan, tmp_path_factory):
    """A ledger filled from January to October: some late, some corrected, one unit silent."""
    book = open_ledger(tmp_path_factory.mktemp("papers") / "l.sqlite")
    pick = random.Random(7)
    measures = [item for item in plan.measures.values() if item.same_as is None and item.lead != "县总工会"]
    for month in range(1, 11):
        end = parse(f"2024-{month:02d}").end
        book.append(
            [
                Draft(item.id, f"2024-{month:02d}", end + dt.timedelta(days=pick.choice([2, 3, 9])),
                      Decimal(int((item.target or 10) * month * pick.choice([6, 8, 9, 10]))) / 100, item.unit, plan=plan.plan.id,
                      organisation=item.lead, detail={"problem": "施工队伍进场较晚，下月增加班组，确保年底完成。"})
                for item in measures
                if item.kind != "done"
            ]
        )  # fmt: skip
    book.append(
        [
            Draft(
                "lifts",
                "2024-09",
                dt.date(2024, 11, 2),
                Decimal(1),
                "台",
                status=Status.CORRECTED,
                reason="多计一台",
                detail={"internal": "甲方拖款"},
            )
        ]
    )
    yield book
    book.close()


def text_of(document: Any) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("meeting", list(Meeting))
def test_a_paper_has_its_parts_and_can_be_read(plan, year, tmp_path, meeting):
    """Each paper names office, dates and an empty signature, prints at 9 pt or more, and is the same twice."""
    paper = paper_of(plan, meeting, dt.date(2024, 11, 5))
    view = build_view(year, plan, paper.as_of, since=paper.since)
    file = write_paper(view, paper, tmp_path / "p.docx")
    assert file.read_bytes() == write_paper(view, paper, tmp_path / "q.docx").read_bytes()
    document = docx.Document(str(file))
    text = text_of(document)
    assert document.paragraphs[0].text.split("\n")[0] == "嵊泗县公共服务“七优享”工程" + (
        "周调度单" if meeting == "weekly" else ""
    )
    assert document.paragraphs[0].text.replace("\n", "") == paper.title(plan, "zh")
    assert "甲方拖款" not in text  # what is said inside stays inside
    for part in ("编制：", "成文日期：2024年11月5日", "数据截至：2024年", "签发："):
        assert part in text
    runs = [
        run
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        for p in cell.paragraphs
        for run in p.runs
    ]
    assert all(run.font.size is None or run.font.size >= Pt(9) for run in runs)
    if meeting is Meeting.WEEKLY:
        before = text[: text.index("签发：")]
        assert sum(before.count(head) for head in ("一、", "二、", "三、")) == 3
        main = document.tables[:-1] if "附表" in text else document.tables
        assert sum(len(table.rows) - 1 for table in main) <= MAX_WEEKLY_ROWS
    if meeting is Meeting.MONTHLY:
        assert all(part in text for part in ("附件1", "附件2", "附件3", "附件4", "附件5", "多计一台", "28项重点指标"))
    if meeting is Meeting.QUARTERLY:
        assert "前三季度" in text
        assert "与上半年相比" in text
        assert "施工队伍进场较晚，下月增加班组，确保年底完成。" in text
        assert all(f"{task.section} {task.title}" in text for task in plan.tasks)
        assert len(plan.tasks) == 41
    if meeting is Meeting.YEARLY:
        assert "试算" in text


def register(folder, **changes):
    """Write what ``circles register check --format json`` prints, for three departments."""
    rows = [
        {"township_code": "330922100", "reported_by": unit, "expected": expected, "missing": missing, "stale": stale,
         "registered": expected - missing}
        for unit, expected, missing, stale in (("县卫健局", 30, 4, 2), ("县民政局", 20, 0, 5), ("县卫健局", 1, 0, 0))
    ]  # fmt: skip
    rows.append({"township_code": "ALL", "reported_by": "", "expected": 51, "missing": 4, "stale": 7, "registered": 47})
    file = folder / "check.json"
    file.write_text(json.dumps({"demonstration": False, "completeness": rows} | changes), encoding="utf-8")
    return file


def test_the_register_fills_its_task_and_stands_in_papers_and_page(plan, tmp_path):
    """应报, 已报, 过期, 催报 per department; 二(八)3 is 已报 ÷ 应报, nobody types it in, no demonstration counts."""
    file = register(tmp_path)
    found = read_check(file)
    assert [(item.unit, item.expected, item.registered, item.stale, item.urged) for item in found] == [
        ("县卫健局", 31, 27, 2, 6), ("县民政局", 20, 20, 5, 5),
    ]  # fmt: skip
    book = open_ledger(tmp_path / "l.sqlite")
    day = dt.date(2024, 10, 8)
    assert store(book, plan, found, period="2024-Q3", reported_on=day, file=file) == Decimal("92.16")
    store(book, plan, found, period="2024-Q3", reported_on=day, file=file)
    assert book.head().seq == 1
    paper = paper_of(plan, Meeting.MONTHLY, dt.date(2024, 11, 5))
    view = build_view(book, plan, paper.as_of, since=paper.since)
    filled = view.find("resources-reported")
    assert (filled.value, filled.computed_from, filled.light) == (Decimal("92.16"), "register", "yellow")
    assert "resources-reported" not in {item.id for item in plan.reported_by("县发改局")}
    text = text_of(docx.Document(str(write_paper(view, paper, tmp_path / "p.docx"))))
    assert "应报 51 处，已报 47 处，过期 7 处，催报 11 处" in text
    assert '["县卫健局",31,27,2,6]' in page(view)
    for changes in ({"demonstration": True}, {"completeness": [{"reported_by": "x", "expected": None, "registered": 3}]},
                    {"completeness": 3}):  # fmt: skip
        with pytest.raises(PlanError):
            read_check(register(tmp_path, **changes))
    book.close()


def test_projects_stand_on_one_page_with_late_steps_red(plan, tmp_path):
    """Three projects and two sub-projects, five steps each; what is overdue or was done late is red and says so."""
    book = open_ledger(tmp_path / "l.sqlite")
    for name, period, day in (("dormitory/finish", "2024-04", 3), ("care-complex/start", "2024-06", 3)):
        on = dt.date(2024, int(period[-2:]) + 1, day)
        book.append([Draft(name, period, on, Decimal(1), plan=plan.plan.id)])
    view = build_view(book, plan, AsOf(dt.date(2024, 11, 5)))
    rows = steps.rows(view, "zh")
    assert len(rows) == 5
    told = {row[0].strip("　"): row for row in rows}
    finish = 2 + STEPS.index("finish")
    kindergarten, dormitory = told["西城区幼儿园新建工程（县教育局）"], told["嵊泗中学学生公寓改造工程（县教育局）"]
    assert (str(kindergarten[finish]), isinstance(kindergarten[finish], steps.Red)) == ("计划 2024-08\n逾期", True)
    assert (str(dormitory[finish]), isinstance(dormitory[finish], steps.Red)) == (
        "计划 2024-Q1\n实际 2024-04\n逾期完成", True,
    )  # fmt: skip
    start = told["嵊泗县医康养联合体（县民政局）"][2 + STEPS.index("start")]
    assert (str(start), isinstance(start, steps.Red)) == ("计划 2024-Q2\n实际 2024-06", False)
    book.close()


def test_an_unaccepted_light_is_hollow_in_every_product(plan, tmp_path):
    """Where the plan has roles, a figure nobody accepted has a hollow light in page, workbook and papers alike."""
    roled = plan.model_copy(update={"roles": (Role(person="甲", unit="县住建局", role="reporter"),)})
    book = open_ledger(tmp_path / "l.sqlite")
    book.append([Draft("lifts", "2024-10", dt.date(2024, 11, 2), Decimal(1), plan=plan.plan.id)])
    for data, hollow in ((roled, True), (plan, False)):
        view = build_view(book, data, AsOf(dt.date(2024, 11, 5)))
        sheet = openpyxl.load_workbook(write_book(view, tmp_path / "b.xlsx"))["指标与任务"]
        shown = next(row for row in sheet.iter_rows(min_row=4, values_only=True) if row[1] == "lifts")
        assert ("◇黄（未审定）" in shown) == hollow
        assert ('"hollow":true' in page(view)) == hollow
    book.close()


def numbers_checked(paper, measures):
    """Check every cell that holds a digit: its column is known, and a figure stands with its unit and its period."""
    named = {
        "事项",
        "任务",
        "名称",
        "序号",
        "领域",
        "时限",
        "数据期",
        "项目（牵头单位）",
        "前期",
        "开工",
        "封顶",
        "完工",
        "投用",
    }
    counts = {"已完成", "绿", "黄", "红", "未报送", "待发布", "未到期", "仅监测", "项数"}  # of matters: 项
    period = r"2024(-\d\d|-Q\d|-W\d\d)?"
    seen = 0
    for table in docx.Document(str(paper)).tables:
        heads = [cell.text for cell in table.rows[0].cells]
        for row in table.rows[1:]:
            cells = dict(zip(heads, (cell.text for cell in row.cells), strict=True))
            for head, text in cells.items():
                if not re.search(r"\d", text) or head in named | counts or re.search(r"（(处|分|人)）$", head):
                    continue
                seen += 1
                if head == "进展／目标":
                    for line in text.replace("\n（", "（").split("\n"):
                        figure = line.rpartition("：")[2]
                        own = [item for item in measures if full_name(item) in cells.get("事项", line)] or measures
                        assert figure.startswith("–") or re.search(rf"（{period}[^）]*）$", figure), line
                        assert any(not item.unit or f" {item.unit}" in figure for item in own), line
                elif head in {"目前完成", "年度目标（原文“完成值”）"}:
                    assert cells["数据期"] or not cells["目前完成"], cells
                    assert cells["单位"] or "指数" in cells["名称"] or cells["目前完成"] in {"", "是", "否"}, cells
                elif head in {"差距", "原因", "扣分原因", "原因、存在问题及下步措施"}:
                    assert "指数" in str(cells) or not re.search(r"(差|超出)[\d.]+(。|$)", text), text
                elif head in {"原值", "现值"}:
                    assert "（" in cells["名称"], cells
                    assert cells["数据期"], cells
                elif head in {"第一季度", "上半年", "前三季度"}:
                    assert re.search("（|指数", cells["名称"]) or text[0] in "是否–", cells
                elif head == "年度投资":
                    assert re.search(rf"亿元（{period}）$", text), text
                else:
                    assert head in {"进展情况", "单位自述", "存在问题及下步措施", "措施"}, (head, text)
    return seen


def sentences_checked(paper, names):
    """Check the running text: take away dates, names, numbering; every number left has its unit right behind it."""
    units = "项|个|件|分|处|行|人|周"
    known = sorted(names, key=len, reverse=True)
    seen = 0
    for paragraph in docx.Document(str(paper)).paragraphs:
        text = paragraph.text
        for name in known:
            text = text.replace(name, "")
        text = re.sub(r"20\d\d年(\d{1,2}月(\d{1,2}日|份)?)?|2024-\d\d(-\d\d)?|2024-Q\d", "", text)
        text = re.sub(r"\d+年度|A\d{3}|附件\d|哈希 [0-9a-f]+|规则 \d{4}-\d", "", text)
        numbers = re.findall(r"\d[\d.]*", text)
        assert len(re.findall(rf"\d[\d.]* ?(?:{units}|%|–)", text)) == len(numbers), paragraph.text
        seen += len(numbers)
    return seen


UNITS_OF_HEADS = r"（(分|处|人)）$|%$|（百分点）$|天数$|样本数$"


def workbook_checked(file):
    """Check every number of the workbook: its head or its row names the unit, its sheet or row the day."""
    lights = {"已完成", "绿", "黄", "红", "未报送", "待发布", "未到期", "仅监测", "项数"}
    indices = {"安薪指数", "劳动争议“无讼指数”", "社会救助服务联合体规范运行指数"}
    named = {"序号", "账本行号", "编号", "名称"}
    seen = 0
    for sheet in openpyxl.load_workbook(file):
        assert re.search(r"截至 2024-\d\d-\d\d", sheet["A1"].value), sheet.title
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        start = next(n for n, row in enumerate(rows) if sum(value is not None for value in row) > 2)
        for values in rows[start + 1 :]:
            row = dict(zip(rows[start], values, strict=True))
            for head, value in row.items():
                is_number = isinstance(value, int | float) or re.fullmatch(r"[<>≥≤]?-?[\d.]+", str(value))
                if not is_number or head in named | lights or re.search(UNITS_OF_HEADS, head):
                    continue
                seen += 1
                name = str(row.get("名称"))
                assert row.get("单位") or name.endswith("）") or any(i in name for i in indices), (
                    sheet.title,
                    head,
                    row,
                )
                assert head.startswith("年度目标") or row.get("数据期") or head == "到期预测", (sheet.title, head, row)
    return seen


@pytest.mark.long
def test_every_number_of_the_papers_has_its_unit_and_its_period(plan, tmp_path):
    """Four papers of a year with figures, a correction and resources: no number stands without unit, date and base."""
    book = open_ledger(tmp_path / "l.sqlite")
    pick = random.Random(4)
    for month in range(1, 10):
        period = parse(f"2024-{month:02d}")
        day = period.end + dt.timedelta(days=3)
        rows = []
        for item in plan.measures.values():
            if item.same_as or item.id in {plan.counted_id, plan.register_id}:
                continue
            wanted = {"month": period.text, "quarter": f"2024-Q{month // 3}" if month % 3 == 0 else ""}.get(
                item.report, ""
            )
            if wanted:
                value = (
                    Decimal(month > 7)
                    if item.kind == "done"
                    else Decimal(int((item.target or 10) * month * pick.choice([6, 9, 11]))) / 100
                )
                rows.append(Draft(item.id, wanted, day, value, item.unit, plan=plan.plan.id))
        book.append(rows)
    book.append(
        [
            Draft(
                "lifts",
                "2024-08",
                dt.date(2024, 10, 8),
                Decimal(1),
                "台",
                status=Status.CORRECTED,
                reason="多计一台",
                plan=plan.plan.id,
            )
        ]
    )
    file = tmp_path / "check.json"
    file.write_text(json.dumps({"demonstration": False, "completeness": [
        {"township_code": "1", "reported_by": "县卫健局", "expected": 31, "missing": 4, "stale": 2, "registered": 27}]}))  # fmt: skip
    store(book, plan, read_check(file), period="2024-Q3", reported_on=dt.date(2024, 10, 8), file=file)
    seen = said = 0
    for meeting in Meeting:
        paper = paper_of(plan, meeting, dt.date(2024, 10, 12))
        view = build_view(book, plan, paper.as_of, since=paper.since)
        file = write_paper(view, paper, tmp_path / f"{meeting}.docx")
        seen += numbers_checked(file, list(plan.measures.values()))
        said += sentences_checked(file, [full_name(item) for item in plan.measures.values()])
    assert seen > 150
    assert said > 15
    view = build_view(book, plan, AsOf(dt.date(2024, 10, 12)), since=dt.date(2024, 9, 12))
    assert workbook_checked(write_book(view, tmp_path / "b.xlsx")) > 300
    file = write_unclear(
        build_view(book, plan, AsOf(dt.date(2024, 10, 12))), tmp_path / "u.docx", written_on=dt.date(2024, 10, 12)
    )
    [table] = docx.Document(str(file)).tables
    assert len(table.rows) - 1 >= len(plan.notes)
    assert {row.cells[5].text for row in table.rows[1:]} == {""}
    book.close()


CHINESE = re.compile(r"[\u2e80-\u2fff\u3001-\u9fff\uff01-\uffef]")


def in_latin(value: Any) -> Any:
    """Return plan data with every Chinese sign replaced by a letter, so that what is left is the program's; names have no parts."""
    if isinstance(value, str):
        return CHINESE.sub("x", value)
    if isinstance(value, dict):
        return {key: "" if key == "part_name" else in_latin(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [in_latin(one) for one in value]
    return value


def test_english_papers_hold_no_chinese_sign(plan, tmp_path):
    """Of a plan whose every name is Latin, the English papers, workbook, page and forms hold no Chinese letter or punctuation."""
    data = plan.model_dump() | {"projects": ()}  # whose figures are named in Chinese, as the document names them
    latin = Plan.model_validate(in_latin(data))
    book = open_ledger(tmp_path / "l.sqlite")
    for month in (8, 9):
        end = parse(f"2024-{month:02d}").end
        book.append(
            [
                Draft(item.id, f"2024-{month:02d}", end + dt.timedelta(days=3), Decimal(int((item.target or 10) * 50)) / 100,
                      item.unit, plan=latin.plan.id, organisation=item.lead, detail={"problem": "late", "progress": "begun"})
                for item in latin.measures.values()
                if item.same_as is None and item.kind != "done" and item.report == "month"
            ]
        )  # fmt: skip
    for meeting in Meeting:
        paper = paper_of(latin, meeting, dt.date(2024, 10, 12))
        view = build_view(book, latin, paper.as_of, since=paper.since)
        text = text_of(docx.Document(str(write_paper(view, paper, tmp_path / f"{meeting}.docx", lang="en"))))
        assert len(text) > 300
        assert not CHINESE.search(text), (meeting, CHINESE.sub(lambda found: f"<<{found[0]}>>", text)[:400])
    day = AsOf(dt.date(2024, 10, 12))
    view = build_view(book, latin, day, since=dt.date(2024, 9, 12))
    for file in (write_brief(view, tmp_path / "b.docx", lang="en"),
                 write_unclear(view, tmp_path / "u.docx", written_on=day.day, lang="en")):  # fmt: skip
        assert not CHINESE.search(text_of(docx.Document(str(file))))
    for sheet in openpyxl.load_workbook(write_book(view, tmp_path / "b.xlsx", lang="en")).worksheets:
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not CHINESE.search("\n".join([sheet.title, *cells])), (
            sheet.title,
            [c for c in cells if CHINESE.search(c)][:3],
        )
    book.close()
