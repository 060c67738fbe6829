"""The desk in a real browser: the first hour of a new county, every page without a violation, hostile names, keyboard, closing."""

from __future__ import annotations

import time

import openpyxl
import pytest
from atlas_browser import axe, chromium
from desk_server import desk

pytestmark = pytest.mark.long
CASES = {"malta": ("malta.osm.pbf", (14.51, 35.895)), "monaco": ("monaco.osm.gz", (7.42, 43.737))}
PAYLOADS = [
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</script><script>alert(1)</script>", '"><svg onload=alert(1)>',
    "{{7*7}}{{cycler.__init__.__globals__.os.system('x')}}", "javascript:alert(1)", "' onmouseover='alert(1)", "=HYPERLINK(1)", "\u202eevil",
]  # fmt: skip


class Clerk:
    """A browser page that counts its clicks, and keeps what the page complained about or asked of other machines."""

    def __init__(self, browser, base, **options):
        self.page = browser.new_context(viewport={"width": 1366, "height": 768}, **options).new_page()
        self.page.set_default_timeout(240_000)
        self.clicks, self.wrong = 0, []
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda asked: None if asked.url.startswith((base, "data:", "blob:")) else self.wrong.append(asked.url))  # fmt: skip

    def click(self, selector):
        """Press something; a choice in a list or in a file dialog is counted as two."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def send(self, file):
        """Choose a file and send it."""
        self.clicks += 2
        self.page.set_input_files("input[type=file]", str(file))
        self.click("main form button.main")

    def drawn(self):
        """Wait until the page's map is drawn, then look for violations."""
        self.page.wait_for_selector("[data-map][data-drawn=yes]")
        assert axe(self.page) == []


def nine_rows(file, centre, names):
    """Write nine rows with a running number, words of the bureau's own, and hostile names."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", "名称", "类型", "经度", "纬度", "床位"])
    kinds = ["托育机构", "社区卫生服务站", "卫生院", "托育机构", "其他", "社区卫生服务站", "卫生院", "托育机构", "其他"]
    for at, (kind, name) in enumerate(zip(kinds, names, strict=True), 1):
        sheet.append([at, "", kind, centre[0] + 0.001 * at - 0.005, centre[1] + 0.0005 * (at % 4), 10 + at])
        sheet.cell(at + 1, 2).value, sheet.cell(at + 1, 2).data_type = name, "s"
    book.save(file)
    return file


@pytest.mark.parametrize("name", CASES)
def test_the_first_hour(shared_dir, tmp_path, name):
    """From an extract and a spreadsheet with unknown words to verdicts on a map, in 25 clicks, no file touched, no name run."""
    file, centre = CASES[name]
    extract = shared_dir / "osm" / file
    if not extract.is_file():
        pytest.skip(f"{file} is not here")
    space = tmp_path / "我的 县"
    table = nine_rows(tmp_path / "九行.xlsx", centre, PAYLOADS)
    with desk(space) as running, chromium() as browser:
        clerk = Clerk(browser, running.base)
        page, began = clerk.page, time.monotonic()
        page.goto(running.address)
        assert axe(page) == []
        clerk.click("section.first a.button")
        page.wait_for_selector("input[type=file]")
        clerk.send(extract)
        clerk.drawn()
        clerk.click("form.pick button.main")
        page.wait_for_url("**/areas/**")
        clerk.drawn()
        clerk.click("form[action$='/rules'] button")
        page.wait_for_selector(".notice.good")
        clerk.click("a.button[href^='/tables/']")
        page.wait_for_selector("input[type=file]")
        clerk.send(table)
        clerk.drawn()
        words = page.locator("select[name^=word-]")
        for at in range(words.count()):
            if not words.nth(at).input_value():
                clerk.clicks += 2
                words.nth(at).select_option("-")
        clerk.click("form[action$='/use'] button.main")
        page.wait_for_selector(".notice.good a")
        clerk.drawn()
        shown = page.locator("table.grid td").all_inner_texts()
        assert sum(any(payload[:12] in cell for cell in shown) for payload in PAYLOADS[:-1]) == len(PAYLOADS) - 1
        clerk.click(".notice.good a")
        page.wait_for_selector("form[action='/run']")
        clerk.click("form[action='/run'] button")
        page.wait_for_selector("[data-job]")
        page.wait_for_url("**/runs/**")
        page.frame_locator("iframe.result").locator("html[data-ready=yes]").wait_for()
        seconds = time.monotonic() - began
        assert page.locator("table.verdicts tbody tr").count() >= 1
        assert axe(page) == []
        assert clerk.wrong == []
    (tmp_path / "figures.txt").write_text(f"{name}: {clerk.clicks} clicks, {seconds:.0f} s", encoding="ascii")
    assert clerk.clicks <= 25


PAGES = (
    "/",
    "/new",
    "/tables",
    "/maps",
    "/compare",
    "/forms",
    "/missing",
    "/papers",
    "/site",
    "/who",
    "/jobs",
    "/nowhere",
)


def test_every_page_without_violations(tmp_path):
    """axe-core finds nothing, the page complains of nothing and fits its window, at 1366 × 768, at 125 % and in a narrow window."""
    with desk(tmp_path / "w") as running, chromium() as browser:
        for options in ({}, {"device_scale_factor": 1.25, "viewport": {"width": 1092, "height": 614}}, {"viewport": {"width": 700, "height": 600}}):  # fmt: skip
            context = browser.new_context(**({"viewport": {"width": 1366, "height": 768}} | options))
            page = context.new_page()
            wrong = []
            page.on("console", lambda said, wrong=wrong: wrong.append(said.text) if said.type == "warning" else None)
            page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
            page.goto(running.address)
            for path in PAGES:
                page.goto(running.base + path)
                page.wait_for_selector("html[data-ready=yes]")
                assert axe(page) == [], path
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert wrong == []
            context.close()


def test_by_keyboard_alone(tmp_path):
    """Tab reaches every control in order with a visible focus; the name of who works is typed and sent with Enter."""
    with desk(tmp_path / "w") as running, chromium() as browser:
        page = browser.new_page()
        page.goto(running.address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        reached = []
        for _ in range(25):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.tagName")
            )
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none" or reached[-1] in ("BODY", "HTML"), reached
        assert {"/forms", "/tables", "/papers", "/maps", "/missing", "/new", "/site", "/compare", "/who"} <= set(
            reached
        )
        page.goto(running.base + "/who")
        page.focus("input[name=person]")
        page.keyboard.type("张三<b>")
        page.keyboard.press("Enter")
        page.wait_for_selector(".notice.good")
        assert "张三<b>" in page.inner_text("header")


def test_closing_the_last_page_ends_the_desk(tmp_path):
    """Opened without --no-browser, the desk ends by itself within some 45 s of its last page being closed, not before."""
    with desk(tmp_path / "w", is_seen=True) as running, chromium() as browser:
        page = browser.new_page()
        page.goto(running.address)
        page.wait_for_selector("html[data-ready=yes]")
        time.sleep(3)
        page.close()
        closed = time.monotonic()
        running.process.wait(90)
        assert 40 <= time.monotonic() - closed <= 75
        assert running.process.returncode == 0
