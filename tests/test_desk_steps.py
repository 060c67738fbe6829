"""What is missing and where to build, step by step through the pages in a real browser, to an answer."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from atlas_browser import axe, chromium
from desk_server import desk
from test_new_area import osm_file
from test_plan_missing import LEADS, OFFICE, write_run

from circles.foundation.version import CONTRACT
from circles.inputs.new_area import new_area
from circles.outputs.folder import PROGRAM
from circles.plan import missing
from circles.plan.chain import Topic
from circles.plan.ledger import open_ledger

pytestmark = pytest.mark.long
WHERE = "1.childcare"


class Person:
    """A browser of one person, who is registered on the page and chosen there."""

    def __init__(self, browser, running, name, role, unit):
        self.page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        self.page.set_default_timeout(60_000)
        self.base = running.base
        self.page.goto(running.address)
        self.page.goto(f"{self.base}/who")
        form = self.page.locator("form[action='/who/register']").last
        form.locator("input[name=person]").fill(name)
        form.locator("select[name=unit]").select_option(unit)
        form.locator("select[name=role]").select_option(role)
        form.locator("button.main").click()
        self.page.wait_for_selector(".notice.good")
        self.page.check(f"input[type=radio][value='{name}']")
        self.page.click("form[action='/who'] button.main")
        self.page.wait_for_selector(".notice.good")
        assert name in self.page.inner_text("header")

    def item(self):
        """Return the line of the item on the page of what is missing."""
        self.page.goto(f"{self.base}/missing")
        return self.page.locator("tbody tr").filter(has=self.page.locator(f"input[name=item][value='{WHERE}']"))

    def press(self, step, **fields):
        """Fill in the item's fields, press a button of it, and return what the page says then."""
        row = self.item()
        for name, value in fields.items():
            if name == "file":
                row.locator("input[type=file]").set_input_files(value)
            else:
                row.locator(f"input[name={name}]").fill(value)
        row.locator(f"button[value={step}]").click()
        self.page.wait_for_selector(".notice.good, .notice.bad")
        assert axe(self.page) == []
        return self.page.locator(".notice.good, .notice.bad").first.inner_text()

    def take(self, run):
        """Take what a run finds missing."""
        self.page.goto(f"{self.base}/missing")
        self.page.select_option("select[name=run]", run)
        self.page.click("form[action='/missing/import'] button")
        self.page.wait_for_selector(".notice.good, .notice.bad")


def test_an_item_from_its_assignment_to_its_end(tmp_path):
    """交办 with a deadline, 延期, mended by a later run, 申请销号 with a photograph, 核销 by another person; who may not is refused in words."""
    space = tmp_path / "我的 县"
    for name, cells, more in [
        ("a", [("1", "childcare", "r"), ("2", "meals", "m")], {}),
        ("b", [("2", "meals", "m")], {"facilities": (("f1", "childcare", b"p"), ("f2", "childcare", b"q"))}),
    ]:
        write_run(space / "runs" / name, cells, **more)
        folder = space / "runs" / name
        (folder / "check.csv").write_bytes(b"")
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        mark = {"program": PROGRAM, "contract": CONTRACT, "area": "county", "area_name": "某县"}
        (folder / "run.json").write_text(json.dumps(about | mark), encoding="utf-8")
    photo = tmp_path / "开业 照片.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0")
    with desk(space) as running, chromium() as browser:
        office = Person(browser, running, "甲办", "office", OFFICE)
        lead = Person(browser, running, "卫审", "head", LEADS["childcare"])
        lead_too = Person(browser, running, "卫报", "reporter", LEADS["childcare"])
        office.take("runs-a")
        assert "托育" in office.item().inner_text()
        assert "childcare" not in office.item().inner_text()
        assert "role-not-office" in lead.press("assign", due="2099-09-30")
        assert "missing-asks" in office.press("assign")
        office.press("assign", due="2099-09-30")
        assert "2099-09-30" in office.item().inner_text()
        office.press("extend", due="2099-12-31", reason="施工")
        office.take("runs-b")
        assert "待核销" in office.item().inner_text()
        assert "missing-not-applied" in office.press("close")
        lead_too.press("apply", file=str(photo))
        assert list((space / "evidence").glob("*照片*.jpg"))
        office.press("close")
        assert office.item().count() == 0 or "已销号" in office.page.inner_text("main")
    with closing(open_ledger(space / "plan-ledger.sqlite", create=False)) as book:
        rows = book.entries(topic=Topic.MISSING)
        assert missing.items(rows)[WHERE].state == "closed"
        assert [row.reporter for row in rows if row.subject == WHERE][-2:] == ["卫报", "甲办"]
        assert book.verify() == []


def test_siting_to_an_answer(tmp_path):
    """Kind, number and what matters are chosen, and the answer is a map in the page; no id of ours is in sight on the way."""
    space = tmp_path / "w"
    space.mkdir()
    new_area(osm_file(tmp_path), space / "county", name="landkreis")
    with desk(space) as running, chromium() as browser:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.set_default_timeout(120_000)
        page.goto(running.address)
        page.goto(f"{running.base}/site")
        assert axe(page) == []
        page.click("form[action='/site'] button.main")
        page.wait_for_selector("[data-job]")
        page.wait_for_url("**/runs/**")
        page.frame_locator("iframe.result").locator("html[data-ready=yes]").wait_for()
        assert axe(page) == []
        for path in ("/site", "/jobs"):
            page.goto(running.base + path)
            seen = page.locator("main").inner_text()
            assert "Landkreis" in seen
        assert (space / "runs").is_dir()
