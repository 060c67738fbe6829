"""A month of the ledger through the pages: three people, forms out and back, review, papers, what is missing; and who may not."""

from __future__ import annotations

import datetime as dt
import html
import re
from contextlib import ExitStack

import openpyxl
import pytest
from desk_server import desk, send

from circles.plan.forms import FIRST_ROW, cell
from circles.plan.ledger import open_ledger
from circles.plan.reading import shipped_plan

pytestmark = pytest.mark.long
UNIT, OTHER, OFFICE, MONTH = "县医保局", "县总工会", "县公共服务七优享工程工作专班办公室", "2024-05"
ROLES = [
    ("报", UNIT, "reporter"), ("审", UNIT, "head"), ("兼", UNIT, "reporter"), ("兼", UNIT, "head"), ("外报", OTHER, "reporter"),
    ("外审", OTHER, "head"), ("办", OFFICE, "office"), ("兼", OFFICE, "office"),
]  # fmt: skip
PAGE = f"/forms?period={MONTH}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with a plan that names people."""
    found = tmp_path_factory.mktemp("县 里")
    rows = "".join(f'\n[[roles]]\nperson = "{a}"\nunit = "{b}"\nrole = "{c}"\n' for a, b, c in ROLES)
    (found / "plan.toml").write_text(shipped_plan().read_text("utf-8") + rows, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def people(folder):
    """A browser for each person, and for a stranger and nobody, on one desk."""
    with desk(folder) as running, ExitStack() as stack:
        found = {}
        for name in ["报", "审", "办", "兼", "外报", "外审", "生人", ""]:
            client = stack.enter_context(running.client())
            if name:
                assert f"现在由 {name} 操作" in send(client, "/who", {"person": name}, page="/who").text
            found[name] = client
        yield found


def notices(page):
    """What a page says first."""
    return [html.unescape(re.sub("<br>", "\n", text)) for text in re.findall(r'<p class="notice (?:good|bad)">(.*?)</p>', page.text, re.DOTALL)]  # fmt: skip


def state(client):
    """The line of the unit on the month's page, without its marks."""
    text = client.get(PAGE).text
    row = next(item for item in text.split("<tr>") if f"{UNIT}</th>" in item)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", row))


def take(client, step, unit=UNIT, reason="口径不符"):
    """Press a button of the unit's row."""
    return send(client, "/forms/step", {"period": MONTH, "unit": unit, "step": step, "reason": reason}, page=PAGE)


def filled(folder, value):
    """Fill in the unit's form as it was made, and return it as it comes back."""
    source = next((folder / "forms" / MONTH).glob(f"*{UNIT}*.xlsx"))
    book = openpyxl.load_workbook(source)
    sheet = book["填报"]
    sheet["I2"], sheet["L2"] = "报", dt.date(2024, 6, 3)
    row = FIRST_ROW
    while sheet[cell("id", row)].value:
        sheet[cell("value", row)] = value or (90 if sheet[cell("unit", row)].value == "%" else 1)
        row += 1
    file = folder.parent / "back.xlsx"
    book.save(file)
    return file


def test_a_month_by_three_people(folder, people):
    """Forms out, a spoilt one refused by its cells, a good one taken, submitted, returned, submitted, checked, accepted, locked, papers."""
    office, reporter, head = people["办"], people["报"], people["审"]
    assert "填报表已做好" in send(office, "/forms/make", {"period": MONTH}, page=PAGE).text
    assert len(list((folder / "forms" / MONTH).glob("*.xlsx"))) > 5
    with filled(folder, "很多").open("rb") as sent:
        page = send(reporter, "/forms/upload", {"period": MONTH}, {"file": ("回 来.xlsx", sent)}, page=PAGE)
    assert any("!I5" in text for text in notices(page)), notices(page)
    assert list((folder / "slips" / MONTH).glob("*.xlsx"))
    assert take(reporter, "submit").status_code == 200
    assert "未提交" in state(reporter)
    with filled(folder, None).open("rb") as sent:
        page = send(reporter, "/forms/upload", {"period": MONTH}, {"file": ("回 来.xlsx", sent)}, page=PAGE)
    assert 'class="notice bad"' not in page.text, notices(page)
    for client, step, shown in [
        (reporter, "submit", "待审核"), (head, "return", "已退回"), (reporter, "submit", "待审核"), (head, "check", "待审定"), (office, "accept", "已审定"),
    ]:  # fmt: skip
        page = take(client, step)
        assert shown in state(client), notices(page)
    assert "bad" not in str(
        send(office, "/forms/lock", {"period": MONTH}, page=PAGE).text.split("<h1>")[0].count("notice bad")
    )
    assert "已锁定" in office.get(PAGE).text
    for fields in ({"meeting": "monthly", "period": MONTH}, {"meeting": ""}):
        assert "材料已写好" in send(office, "/papers", fields, page="/papers").text
    link = re.search(r'href="(/files/papers/[^"]+\.docx)"', office.get("/papers").text)[1]
    assert office.get(link).content[:2] == b"PK"
    book = open_ledger(folder / "plan-ledger.sqlite", create=False)
    try:
        steps = [row.reporter for row in book.entries() if row.topic == "review"]
        assert steps == ["报", "审", "报", "审", "办"]
        assert book.verify() == []
    finally:
        book.close()


VIOLATIONS = [
    ("", "submit"), ("生人", "submit"), ("外报", "submit"), ("审", "submit"), ("办", "submit"), ("报", "check"), ("外审", "check"),
    ("生人", "check"), ("办", "check"), ("", "check"), ("报", "accept"), ("审", "accept"), ("外审", "accept"), ("生人", "accept"), ("", "accept"),
    ("生人", "return"), ("", "return"), ("外报", "return"), ("外审", "return"), ("报", "return"),
]  # fmt: skip


@pytest.mark.parametrize(("person", "step"), VIOLATIONS)
def test_who_may_not_is_refused(folder, people, person, step):
    """Twenty steps by people who may not take them: each is refused in words, and the ledger has not a row more."""

    def rows():
        book = open_ledger(folder / "plan-ledger.sqlite", create=False)
        try:
            return len(book.entries())
        finally:
            book.close()

    before = rows()
    page = take(people[person], step)
    assert any("role-" in text for text in notices(page)), notices(page)
    assert rows() == before
