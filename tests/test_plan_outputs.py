"""Dashboard, workbook, brief and commands: what they show, what can never run in them, and that they are reproducible."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import hashlib
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from atlas_browser import Opened, chromium
from typer.testing import CliRunner

from circles.cli.plan import plan_app
from circles.foundation import words
from circles.foundation.errors import CallError, PlanError
from circles.outputs.plan_papers.book import write_book
from circles.outputs.plan_papers.brief import write_brief
from circles.outputs.plan_papers.page import embedded, page, write_page
from circles.plan import forms, meetings
from circles.plan.chain import Draft, Status, Topic
from circles.plan.figures import AsOf
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan, shipped_plan
from circles.plan.rules import Light
from circles.plan.scoring import assess
from circles.plan.status import status
from circles.plan.view import build_view

DAY = dt.date(2024, 6, 10)
PAYLOADS = [
    "</script><script>window.hit=1</script>", "<img src=x onerror=window.hit=1>", "{{7*7}}{% for x in y %}",
    "C:\\users\\unit5\u2028\u2029", '=HYPERLINK("http://x")', "<!--<script>", "javascript:window.hit=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A plan whose names, units, leads and notes are attacks, and a ledger that has some more."""
    folder = tmp_path_factory.mktemp("hostile")
    text = shipped_plan().read_text(encoding="utf-8")
    pairs = {"托位使用率": 0, "县卫健局": 1, "幼有善育": 2, "原文没有覆盖率目标，只监测": 3, "“应配尽配”按 100% 读": 5}
    for word, index in pairs.items():
        text = text.replace(word, json.dumps(PAYLOADS[index], ensure_ascii=True)[1:-1])
    file = folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    plan = load_plan(file)
    book = open_ledger(folder / "l.sqlite")
    on = dt.date(2024, 6, 3)
    book.append([Draft("childcare-use", "2024-05", on, Decimal(61), reporter=PAYLOADS[1], evidence=PAYLOADS[4])])
    book.append([Draft("childcare-use", "2024-05", on, Decimal(60), status=Status.CORRECTED, reason=PAYLOADS[0])])
    meetings.open_action(book, plan, subject="aed", problem=PAYLOADS[4], unit=PAYLOADS[1], due=DAY, reported_on=on)
    yield plan, book
    book.close()


@pytest.fixture(scope="module")
def view(hostile):
    """The hostile plan's state in June."""
    plan, book = hostile
    return build_view(book, plan, AsOf(DAY))


def test_the_page_holds_no_user_text_as_markup_or_script(view):
    """Names reach the page only as escaped JSON or escaped text; the policy names the one script by its hash."""
    text = page(view)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
    assert not set("<>&\u2028\u2029") & set(data)
    known = json.loads(data)
    assert PAYLOADS[0] in {item["name"] for item in known["items"]}
    assert PAYLOADS[4] in {item["problem"] for item in known["actions"]}
    markup = text.replace(data, "").replace(scripts[0], "")
    assert not any(payload in markup for payload in PAYLOADS)
    assert not re.search(r'(?:src|href)\s*=\s*"(?!#)', markup)
    assert "http" not in markup.replace("http-equiv", "")
    assert ".innerHTML" not in scripts[0]
    assert "eval" not in scripts[0]


@pytest.mark.long
@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_the_dashboard_works_in_a_browser(view, tmp_path, size):
    """It opens without a complaint or a request, runs no text of users, fits its window, filters, and prints units and periods."""
    file = tmp_path / "plan.html"
    write_page(view, file)
    with chromium() as browser:
        opened = Opened(browser, file, size=size)
        page = opened.page
        assert [url for url in opened.requests if not url.startswith("file:")] == []
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        rows = page.locator("#measures > li")
        assert rows.count() == len(view.standings)
        page.select_option("#f-light", "red")
        red = sum(item.light == "red" for item in view.standings)
        assert page.locator("#measures > li:visible").count() == red
        assert page.locator("#red tbody tr").count() == len(view.red)
        for item, row in zip(view.standings, rows.all(), strict=True):
            if item.value is not None and item.measure.kind != "done":
                text = row.text_content()
                assert f"{forms.value_text(item.measure, item.value)} {item.measure.unit}" in text
                assert item.figure.period.text in text
        assert opened.errors == []
        opened.close()


def test_embedded_json_is_still_the_same_value():
    """Escaping for the script element changes the text, never the value."""
    assert json.loads(embedded(PAYLOADS)) == PAYLOADS


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://x/a.html", "//x/a.html", 'a.html" onclick', "/etc/a.html"]
)
def test_only_a_relative_map_is_linked(view, link):
    """The link to the map is a relative path to a page, nothing else."""
    with pytest.raises(CallError):
        page(view, map_link=link)
    assert "../maps/shengsi/index.html" in page(view, map_link="../maps/shengsi/index.html#z=1")


def test_the_workbook_has_text_where_text_was_given(view, tmp_path):
    """What looks like a formula or a link is a string cell; the lights are words, not only colours."""
    book = openpyxl.load_workbook(write_book(view, tmp_path / "p.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert PAYLOADS[4] in {cell.value for cell in cells}
    assert book.sheetnames == [
        "总览",
        "指标与任务",
        "红灯与逾期",
        "未报送清单",
        "项目节点",
        "应报尽报",
        "整改销号",
        "变化",
        "季度汇总",
        "年度考核",
        "口径待明确",
    ]
    sheet = book["指标与任务"]
    column = [cell.value for cell in sheet[3]].index("灯号")
    seen = {row[column] for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert seen <= {words.text(f"plan.light_{light}", "zh") for light in Light}


def test_outputs_are_byte_identical(view, tmp_path):
    """The same state gives the same bytes, page, workbook and brief, in both languages."""
    for lang in ("zh", "en"):
        for write, name in ((write_page, "p.html"), (write_book, "p.xlsx"), (write_brief, "p.docx")):
            first = write(view, tmp_path / name, lang=lang).read_bytes()
            assert write(view, tmp_path / f"2{name}", lang=lang).read_bytes() == first, name


def test_the_brief_is_set_as_the_standard_asks(view, tmp_path):
    """A4, margins, exact line height and an East Asian font are in the document (GB/T 9704-2012)."""
    with zipfile.ZipFile(write_brief(view, tmp_path / "p.docx")) as archive:
        styles, body = (archive.read(f"word/{name}.xml").decode() for name in ("styles", "document"))
    assert 'w:eastAsia="仿宋"' in styles
    assert 'w:line="579"' in styles
    assert 'w:lineRule="exact"' in styles
    assert 'w:top="2098"' in body
    assert PAYLOADS[1] not in body
    assert html.escape(PAYLOADS[1], quote=False) in body


def test_changes_since_the_last_meeting(tmp_path):
    """Light changes, corrections with their reason, and new figures since the month was locked are listed."""
    plan = load_plan()
    book = open_ledger(tmp_path / "l.sqlite")
    book.append(
        [
            Draft("aed", "2024-04", dt.date(2024, 5, 3), Decimal(7)),
            Draft("lifts", "2024-04", dt.date(2024, 5, 3), Decimal(1)),
        ]
    )
    meetings.lock_month(book, plan, month="2024-04", reported_on=dt.date(2024, 5, 10))
    on = dt.date(2024, 6, 3)
    book.append([Draft("aed", "2024-05", on, Decimal(7))])
    book.append([Draft("lifts", "2024-04", on, Decimal(0), status=Status.CORRECTED, reason="未验收")])
    found = build_view(book, plan, AsOf(dt.date(2024, 6, 5)))
    assert found.since == dt.date(2024, 5, 10)
    seen = [(c.id, c.kind, c.before, c.after, c.reason) for c in found.changes if c.id in {"aed", "lifts"}]
    assert ("aed", "light", "green", "yellow", "pace") in seen  # 35 % against 33.3, then against 41.7
    assert ("lifts", "correction", "1", "0", "未验收") in seen
    assert ("aed", "value", "7", "7", "") in seen
    embedded_data = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page(found), re.DOTALL)
    shown = {(row[0], row[1]): row[-1] for row in json.loads(embedded_data[1])["changes"]}
    assert next(why for (name, kind), why in shown.items() if kind == "correction") == "未验收"
    assert {why for (_, kind), why in shown.items() if kind == "light"} == {""}  # a light has no reason of its own
    book.close()


def test_actions_are_opened_closed_and_overdue(tmp_path):
    """问题、责任单位、期限、销号: an action is overdue after its date until it is closed, as of any date."""
    plan = load_plan()
    book = open_ledger(tmp_path / "l.sqlite")
    on = dt.date(2024, 6, 3)
    first = meetings.open_action(
        book, plan, subject="aed", problem="未采购", unit="县卫健局", due=dt.date(2024, 6, 20), reported_on=on
    )
    meetings.close_action(book, first.id, note="已到货", reported_on=dt.date(2024, 7, 1))
    rows = book.entries(topic=Topic.ACTION)
    states = [[a.state(day) for a in meetings.actions(rows, AsOf(day))] for day in (
        dt.date(2024, 6, 2), dt.date(2024, 6, 20), dt.date(2024, 6, 21), dt.date(2024, 7, 1),
    )]  # fmt: skip
    assert states == [[], ["open"], ["overdue"], ["closed"]]
    with pytest.raises(PlanError, match="plan-no-action"):
        meetings.close_action(book, "A009", note="x", reported_on=on)
    assert book.verify() == []
    book.close()


def test_the_assessment_is_worked_out_by_hand_and_frozen(tmp_path):
    """Met gives the weight, unmet its attainment up to 0.9, unreported nothing; frozen, the year takes corrections without effect."""
    plan = load_plan()
    book = open_ledger(tmp_path / "l.sqlite")
    on = dt.date(2025, 1, 3)
    seen = {
        "aed": "20",
        "lifts": "3",
        "meal-deliveries": "19.9",
        "vocational-training": "45",
        "reimbursement-residents": "70",
    }
    book.append([Draft(name, "2024-12", on, Decimal(value)) for name, value in seen.items()])
    day = dt.date(2025, 3, 10)  # 69 days after the year's end: twice 5 % off
    result = assess(plan, status(book, plan, AsOf(day)))
    points = {item.id: item.points for item in result.scores}
    assert points["lifts"] == 1
    assert points["meal-deliveries"] == Decimal("0.8")  # 0.9 at most, less 0.1
    assert points["vocational-training"] == Decimal("0.4")
    assert points["reimbursement-residents"] == Decimal("0.5")  # half an indicator
    assert points["childcare-use"] == 0
    assert result.total == round(Decimal(100) * Decimal("2.7") / 28, 2)
    meetings.freeze_year(book, plan, result, reported_on=day)
    with pytest.raises(PlanError, match="ledger-frozen"):
        book.append([Draft("aed", "2024-12", day, Decimal(21))])
    book.append([Draft("lifts", "2024-12", day, Decimal(1), status=Status.CORRECTED, reason="两台未验收")])
    later = build_view(book, plan, AsOf(dt.date(2025, 12, 1)))
    assert later.is_frozen
    assert later.assessment.total == result.total
    book.close()


def run(*arguments, code=0):
    """Run a command and return its standard output."""
    result = CliRunner().invoke(plan_app, [str(item) for item in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.stdout


def test_the_commands_from_form_to_report(tmp_path, monkeypatch):
    """Form, import, status, report, history, verify, export and restore work one after another, as the guide says."""
    monkeypatch.chdir(tmp_path)
    run("template", "--unit", "县总工会", "--month", "2024-05", "--out", "form.xlsx")
    book = openpyxl.load_workbook("form.xlsx")
    sheet = book["填报"]
    sheet["I2"], sheet["L2"], sheet["I5"] = "李四", "2024-06-03", 19
    book.save("form.xlsx")
    run(
        "template", "--unit", "县总工会", "--month", "2024-05", "--out", "form.xlsx", code=2
    )  # what was typed in is kept
    run("import", "form.xlsx", "--unit", "县总工会", "--month", "2024-05")
    run("import", "form.xlsx")  # again: nothing new
    seen = json.loads(run("status", "--as-of", "2024-05-31", "--unit", "县总工会", "--format", "json"))
    assert [(item["id"], item["value"], item["light"]) for item in seen] == [("mutual-help", 19, "yellow")]
    table = list(csv.DictReader(io.StringIO(run("status", "--as-of", "2024-05-31", "--format", "csv"))))
    assert len(table) == sum(item.same_as is None for item in load_plan().measures.values())
    assert "县总工会" in run("status", "--as-of", "2024-05-31", "--by", "unit", "--lang", "en")
    run(
        "record",
        "mutual-help",
        "18",
        "--period",
        "2024-05",
        "--correct",
        "重复",
        "--internal",
        "录入员误填",
        "--on",
        "2024-06-08",
        "--evidence",
        "form.xlsx",
    )
    assert (
        json.loads(run("status", "--as-of", "2024-06-07", "--unit", "县总工会", "--format", "json"))[0]["value"] == 19
    )
    assert (
        json.loads(run("status", "--as-of", "2024-06-08", "--unit", "县总工会", "--format", "json"))[0]["value"] == 18
    )
    rows = json.loads(run("history", "mutual-help", "--format", "json"))
    assert [(row["col_value"], row["change_reason"], row["history_note"]) for row in rows] == [
        (19, "", ""),
        (18, "重复", "录入员误填"),
    ]
    run(
        "action",
        "open",
        "mutual-help",
        "--problem",
        "进度慢",
        "--unit",
        "县总工会",
        "--due",
        "2024-07-01",
        "--on",
        "2024-06-10",
    )
    run("action", "close", "A001", "--note", "已补", "--on", "2024-06-20")
    assert "A001" in run("action", "list", "--as-of", "2024-06-30")
    run("lock", "2024-05", "--on", "2024-06-12")
    run("report", "--as-of", "2024-06-15")
    run("report", "--as-of", "2024-06-15")  # ours: replaced as a whole
    assert "录入员误填" not in (tmp_path / "plan-report" / "plan.html").read_text(encoding="utf-8")
    for name in ("plan.xlsx", "plan.docx"):
        with zipfile.ZipFile(tmp_path / "plan-report" / name) as packed:
            assert not any("录入员误填".encode() in packed.read(part) for part in packed.namelist())
    assert {file.name for file in (tmp_path / "plan-report").iterdir()} == {
        "plan.html",
        "plan.xlsx",
        "plan.docx",
        "plan.json",
    }
    run("export", "--out", "copy")
    run("import", "copy/ledger.json", "--ledger", "other.sqlite")
    anchor = json.loads((tmp_path / "copy" / "plan.json").read_text(encoding="utf-8"))["head"]
    run("verify", "--anchor", anchor)
    run("verify", "--ledger", "other.sqlite", "--anchor", anchor, "--lang", "en")


def test_errors_are_one_message_and_exit_code_2(tmp_path, monkeypatch):
    """Wrong calls and wrong inputs end with code 2 and a stable code on stderr; a foreign folder is left alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("keep", encoding="utf-8")
    open_ledger("plan-ledger.sqlite").close()
    (tmp_path / "bad.xlsx").write_text("x", encoding="utf-8")
    for arguments in (
        ["status", "--ledger", "none.sqlite"], ["status", "--as-of", "yesterday"], ["status", "--format", "xml"],
        ["report", "--out", "mine"], ["history", "aeds"], ["import", "bad.xlsx"], ["verify", "--anchor", "x"],
        ["template", "--unit", "县卫健局"], ["template", "--unit", "县局", "--month", "2024-05"],
        ["template", "--month", "2024-05", "--out", "all.xlsx"], ["template", "--unit", "县卫健局", "--month", "2025-05"],
        ["record", "aed", "many", "--period", "2024-05"], ["record", "childcare-use", "101", "--period", "2024-05"],
        ["record", "aed", "1e99999", "--period", "2024-05"], ["record", "meal-deliveries", "85000", "--period", "2024-05"],
        ["status", "--by", "colour"], ["lock", "2024-13"], ["status", "--plan", "none.toml"], ["import", "none.json"],
    ):  # fmt: skip
        run(*arguments, code=2)
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "keep"
    run("record", "aed", "9", "--period", "2024-05", "--on", "2024-06-01")
    run("record", "aed", "8", "--period", "2024-06", "--on", "2024-07-01", code=2)  # a total does not fall
    run("record", "aed", "61", "--period", "2024-06", "--on", "2024-07-01", code=2)
    run("record", "aed", "61", "--period", "2024-06", "--on", "2024-07-01", "--confirmed", "捐赠 50 台")
    run("status", "--strict", "--as-of", "2024-06-30")
    run("record", "dormitory/finish", "0", "--period", "2024-06", "--on", "2024-07-01")
    run("status", "--strict", "--as-of", "2024-07-02", code=1)


def test_every_word_is_there_in_both_languages():
    """Each entry of the plan's catalogue and each of its findings has Chinese and English."""
    for entry in words.catalogue("plan").values():
        assert entry["zh"].strip()
        assert entry["en"].strip()
    for code, entry in words.finding_codes().items():
        if code.startswith(("plan-", "ledger-", "form-")):
            assert all(entry[key].strip() for key in ("zh", "en", "fix_zh", "fix_en")), code


@pytest.mark.browser
def test_the_dashboard_opens_offline_and_runs_nothing_foreign(hostile, view, tmp_path):
    """In a real browser the page is filled, hostile names are shown as typed, and none of them ran."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    file = write_page(view, tmp_path / "plan.html")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000",
        "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert dom.count('id="m-') == sum(item.same_as is None for item in load_plan().measures.values())
    shown = re.sub(r'<script type="application/json".*?</script>', "", dom, flags=re.DOTALL)
    assert html.escape(PAYLOADS[0], quote=False) in shown
    assert "<img" not in shown
    assert shown.count("<script>") == 1
