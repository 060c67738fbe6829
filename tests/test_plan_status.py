"""Status worked out by hand, and the rules behind it."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import json
import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circles.outputs.plan_papers.book import write_book
from circles.outputs.plan_papers.page import write_page
from circles.plan.chain import Basis, Draft, Status
from circles.plan.figures import AsOf, Figure
from circles.plan.indicators import Measure, Plan
from circles.plan.judging import judge
from circles.plan.ledger import open_ledger
from circles.plan.periods import elapsed_share, last_closed, parse
from circles.plan.reading import load_plan
from circles.plan.rules import Band, Frequency, Light, Lights
from circles.plan.status import status
from circles.plan.view import build_view, gap_text

DATES = (dt.date(2024, 2, 10), dt.date(2024, 4, 10), dt.date(2024, 7, 10), dt.date(2025, 1, 10))
MONTHS = ("2024-01", "2024-03", "2024-06", "2024-12")
# 序号 | reported for January, March, June, December | light and gap in points at the four dates (paces: 8.33, 25, 50, 100)
# D done · G green · Y yellow · R red · U not reported · P to be issued by others · N not due; the gap is attainment − pace,
# or attainment − 100 without a pace. 21 and 24 go by pieces: ⌊1 × pace⌋ and ⌊3 × pace⌋ are 0, 0, 0, 1 and 0, 0, 1, 3.
# 2, 4, 5, 20, 23, 25 equal a strict target at some date: yellow, to be decided. 7 and 8 are done or not: 326, 265 … days left.
BY_HAND = """
1   | 10     20     55     100    | G +1.67    Y -5.00    G +5.00    D +0.00
2   | 0.0867 0.1734 0.3468 0.867  | G +1.67    Y -5.00    Y -10.00   Y +0.00
3   | 2.6    2.34   2.3    2.6    | G +0.00    Y -10.00   R -11.54   D +0.00
4   | 63     63.1   -      64     | Y +0.00    G +0.16    U +0.16    D +1.59
5   | 91     90     80     90     | G +1.11    Y +0.00    R -11.11   Y +0.00
6   | 0      18     30     90     | Y -8.33    Y -5.00    R -16.67   D +0.00
7   | 0      0      100    -      | N -100.00  N -100.00  D +0.00    D +0.00
8   | 0      0      0      0      | N -100.00  N -100.00  N -100.00  R -100.00
9   | -      94.7   95     94.6   | P          G +0.00    G +0.32    R -0.11
10  | 4.9    5      5.5    4.5    | G +2.00    Y +0.00    Y -10.00   D +10.00
11  | 3      7      15     31     | G +1.67    Y -1.67    G +0.00    D +3.33
12  | 92     82.8   82     93     | G +0.00    Y -10.00   R -10.87   D +1.09
13  | 0.09   0.288  0.48   1.2    | G -0.83    G -1.00    Y -10.00   D +0.00
14a | 86     85     86.5   86     | G +0.00    Y -1.16    G +0.58    D +0.00
14b | 63     62.9   70     69.9   | Y -10.00   R -10.14   G +0.00    R -0.14
15  | 66.7   100    100    100    | R -33.30   G +0.00    G +0.00    D +0.00
16  | 4.12   4.2    -      -      | G +0.00    G +1.94    U +1.94    U +1.94
17  | 1.5    5      8      19.9   | G -0.83    G +0.00    Y -10.00   R -0.50
18  | 24.6   24     24.6   24.6   | G +0.00    Y -2.44    G +0.00    D +0.00
19  | 6      6.05   6.07   6.08   | Y -1.15    Y -0.33    G +0.00    D +0.16
20  | 125    375    1500   1500   | G +0.00    G +0.00    Y +50.00   Y +0.00
21  | 0      0      1      1      | N -8.33    N -25.00   D +50.00   D +0.00
22  | 0      3      20     20     | Y -8.33    Y -10.00   D +50.00   D +0.00
23  | 90.1   90     95     90.5   | G +0.11    Y +0.00    G +5.56    D +0.56
24  | 0      1      2      2      | N -8.33    G +8.33    G +16.67   R -33.33
25  | 13300  13301  13301  13500  | Y +0.00    G +0.01    G +0.01    D +1.50
26  | -      -      80     80     | U          U          G +0.00    D +0.00
27  | 85     76.5   76     85     | G +0.00    Y -10.00   R -10.59   D +0.00
28  | 5      12     20     50     | G +1.67    G -1.00    Y -10.00   D +0.00
"""
LETTERS = {
    "D": Light.DONE,
    "G": Light.GREEN,
    "Y": Light.YELLOW,
    "R": Light.RED,
    "U": Light.UNREPORTED,
    "P": Light.PENDING,
    "N": Light.NOT_DUE,
}


@pytest.fixture(scope="module")
def plan():
    """The shipped plan."""
    return load_plan()


def by_hand() -> dict[str, tuple[list[str], list[tuple[Light, str | None]]]]:
    """Return the table above: number -> values told, and light and gap at each date."""
    table = {}
    for line in BY_HAND.strip().splitlines():
        no, seen, expected = (part.strip() for part in line.split("|"))
        lights: list[tuple[Light, str | None]] = []
        for word in expected.split():
            if word in LETTERS:
                lights.append((LETTERS[word], None))
            else:
                lights[-1] = (lights[-1][0], word)
        table[no] = (seen.split(), lights)
    return table


@pytest.fixture(scope="module")
def reported(plan, tmp_path_factory):
    """A ledger in which every indicator was reported as the table says, each figure on the 3rd of the next month."""
    book = open_ledger(tmp_path_factory.mktemp("status") / "ledger.sqlite")
    drafts = []
    for item in plan.indicators:
        for month, value in zip(MONTHS, by_hand()[f"{item.no}{item.part}"][0], strict=True):
            if value != "-":
                day = parse(month).end + dt.timedelta(days=3)
                drafts.append(Draft(item.id, month, day, Decimal(value), item.unit, plan=plan.plan.id))
    book.append(drafts)
    yield book
    book.close()


@pytest.mark.parametrize("date", range(4))
def test_28_indicators_at_four_dates(plan, reported, tmp_path, date):
    """Light and gap of every indicator, in the program and in the workbook, are those worked out by hand."""
    table = by_hand()
    assert len(table) == 29
    items = {
        f"{i.measure.no}{i.measure.part}": i
        for i in status(reported, plan, AsOf(DATES[date]))
        if i.group == "indicator"
    }
    sheet = openpyxl.load_workbook(write_book(build_view(reported, plan, AsOf(DATES[date])), tmp_path / "p.xlsx"))[
        "指标与任务"
    ]
    heads = [cell.value for cell in sheet[3]]
    written = {row[heads.index("序号")]: row for row in sheet.iter_rows(min_row=4, values_only=True)}
    words = {
        "done": "已完成",
        "green": "绿",
        "yellow": "黄",
        "red": "红",
        "unreported": "未报送",
        "pending": "待发布",
        "not_due": "未到期",
    }
    for no, (_, expected) in table.items():
        light, gap = expected[date]
        item, row = items[no], written[no]
        assert item.light is light, no
        assert (None if item.gap_points is None else f"{item.gap_points:+.2f}".replace("-0.00", "+0.00")) == gap, no
        assert row[heads.index("灯号")] == words[light], no
        shown = row[heads.index("差距（百分点）")]
        assert (shown is None) == (gap is None), no
        assert gap is None or abs(shown - float(gap)) < 0.005, no


def expected_light(kind, target, value, month, due_month, *, strict=False, lower=False, basis="时点", outlook=""):
    """The rules of the document in this test's own words: a figure for ``month`` 2024, looked at on its last day."""
    target, value = Fraction(target), Fraction(value)
    last = calendar.monthrange(2024, month)[1]
    left = (dt.date(2024, due_month, calendar.monthrange(2024, due_month)[1]) - dt.date(2024, month, last)).days
    met = (value < target if strict else value <= target) if lower else (value > target if strict else value >= target)
    if kind == "done":
        if met:
            return "done"
        return "not_due" if left > 60 else "yellow" if left >= 0 else "red"
    grows = kind == "cumulative" or (kind == "rate" and basis == "累计推进")
    if met:
        return "done" if kind == "cumulative" or left <= 0 else "green"
    if strict and value == target:
        light = "yellow"
    elif left <= 0:
        light = "red"
    elif grows and kind == "cumulative" and target.denominator == 1 and target <= 10:
        expected = math.floor(target * month / due_month)
        short = expected - value
        light = "green" if short <= 0 else "yellow" if short <= 1 else "red"
        light = "not_due" if expected == 0 and value == 0 else light
        light = "yellow" if left <= 60 and light in {"green", "not_due"} else light
    elif grows:
        gap = 100 * value / target - Fraction(100 * month, due_month)
        light = "green" if gap >= -1 else "yellow" if gap >= -10 else "red"
    else:
        short = (value - target if lower else target - value) / target
        light = "yellow" if short <= Fraction(1, 10) else "red"
    cap = {"hard": "yellow", "cannot": "red"}.get(outlook)
    order = ["green", "yellow", "red"]
    return cap if cap and light in order and order.index(cap) > order.index(light) else light


def generated_cells():
    """Every kind of figure × months × values around every border."""
    for month, due in itertools.product((1, 3, 6, 9, 10, 11, 12), (9, 12)):
        if month > due:
            continue
        for target, values in (
            (3, "0 1 2 3"),
            (1, "0 1"),
            (7, "0 3 4 5 6"),
            (20, "0 9.8 13 18.4 20"),
            ("1.2", "0 0.5 1 1.2"),
        ):
            for value in values.split():
                yield {"kind": "cumulative", "target": target, "value": value, "month": month, "due_month": due}
        for outlook in ("on_time", "hard", "cannot"):
            yield {
                "kind": "cumulative",
                "target": 20,
                "value": "20" if outlook == "x" else "19",
                "month": month,
                "due_month": due,
                "outlook": outlook,
            }
        for value in ("56.6", "56.7", "62.9", "63", "63.1"):
            yield {"kind": "rate", "target": 63, "value": value, "month": month, "due_month": due, "strict": True}
        for value in ("4.9", "5", "5.5", "5.6"):
            yield {"kind": "rate", "target": 5, "value": value, "month": month, "due_month": due, "lower": True}
        for value in ("0", "30", "50", "80", "100"):
            yield {"kind": "rate", "target": 100, "value": value, "month": month, "due_month": due, "basis": "累计推进"}
        for value in ("0", "1"):
            yield {"kind": "done", "target": 1, "value": value, "month": month, "due_month": due}


def test_every_cell_of_a_generated_table_of_lights(plan):
    """Some 500 figures, each with the light that the rules give in this test's own words."""
    cells = list(generated_cells())
    assert len(cells) >= 400
    for cell in cells:
        lower, strict = cell.get("lower", False), cell.get("strict", False)
        measure = Measure(
            id="m", field="f", name="n", unit="", lead="u", source="s", kind=cell["kind"], target=Decimal(str(cell["target"])),
            better="lower" if lower else "higher", comparison=("<" if strict else "<=") if lower else (">" if strict else ">="),
            basis=cell.get("basis") if cell["kind"] == "rate" else None, due=parse(f"2024-{cell['due_month']:02d}").end,
        )  # fmt: skip
        period = parse(f"2024-{cell['month']:02d}")
        detail = f'{{"outlook":"{cell["outlook"]}"}}' if "outlook" in cell else ""
        figure = Figure(period, Decimal(cell["value"]), SimpleNamespace(details=json.loads(detail or "{}")))
        assert judge(plan, measure, [figure], None, period.end).light == expected_light(**cell), cell


def test_one_lift_of_three_is_yellow_everywhere(plan, tmp_path):
    """加装电梯 1/3 at the end of October: ⌊3 × 10/12⌋ = 2 expected, 1 short: yellow in program, workbook and page, once."""
    book = open_ledger(tmp_path / "l.sqlite")
    book.append([Draft("lifts", "2024-10", dt.date(2024, 11, 3), Decimal(1), "台", plan=plan.plan.id)])
    view = build_view(book, plan, AsOf(dt.date(2024, 11, 4)))
    lines = [item for item in view.standings if "电梯" in item.measure.name]
    assert [(item.light, item.why, gap_text(item, "zh")) for item in lines] == [(Light.YELLOW, "count", "差1台")]
    sheet = openpyxl.load_workbook(write_book(view, tmp_path / "p.xlsx"))["指标与任务"]
    heads = [cell.value for cell in sheet[3]]
    written = [row for row in sheet.iter_rows(min_row=4, values_only=True) if "电梯" in str(row[heads.index("名称")])]
    assert [(row[heads.index("灯号")], row[heads.index("差距")]) for row in written] == [("黄", "差1台")]
    page = write_page(view, tmp_path / "p.html").read_text(encoding="utf-8")
    data = json.loads(page.split('id="data"', 1)[1].split(">", 1)[1].split("</script>", 1)[0])
    assert [item["light"] for item in data["items"] if "电梯" in item["name"]] == ["yellow"]
    book.close()


def test_states_partition_and_lists_are_counted_apart(plan, reported):
    """In every field and unit the eight states add up; 28 indicators and 3 projects are counted as such."""
    view = build_view(reported, plan, AsOf(DATES[2]))
    for by, key in (("field", "field"), ("unit", "lead")):
        for item in (item for item in view.rollups if item.by == by):
            assert item.total == sum(getattr(one.measure, key) == item.name for one in view.standings)
    lists = {item.name: item.total for item in view.rollups if item.by == "group"}
    assert (lists["indicator"], lists["project"]) == (28, 3)
    assert lists["commitment"] == sum(item.group == "commitment" for item in view.standings)


def test_overdue_is_counted_from_the_due_date(plan, reported):
    """On 10 January what was due on 31 December and is not met is 10 days overdue; nothing else is."""
    late = {item.measure.id: item.days_overdue for item in status(reported, plan, AsOf(DATES[3])) if item.days_overdue}
    assert set(late.values()) == {10}
    assert "meal-deliveries" in late
    assert "major-investment" not in late  # equals its strict target: to be decided
    assert "livelihood-projects" not in late


def test_forecast_and_its_method(plan, reported):
    """A cumulative figure is extrapolated by its run rate, a level is held, a thing done or not is not forecast."""
    items = {item.measure.id: item for item in status(reported, plan, AsOf(DATES[2]))}
    assert (items["meal-deliveries"].forecast, items["meal-deliveries"].forecast_method) == (Decimal(16), "run_rate")
    assert items["meal-deliveries"].forecast_meets is False
    assert (items["unemployment"].forecast, items["unemployment"].forecast_method) == (Decimal("5.5"), "hold")
    assert items["lifts"].forecast == 4  # two by June
    assert items["preschool-assessment"].forecast is None
    assert items["meal-deliveries"].increment == 3  # 8 to June, 5 to March


def test_nothing_reported_is_never_red_and_never_zero(plan, tmp_path):
    """In an empty ledger nothing is red, and a figure that is not due yet is not even called missing."""
    book = open_ledger(tmp_path / "l.sqlite")
    early = status(book, plan, AsOf(dt.date(2024, 2, 5)))
    assert {item.light for item in early} == {Light.NOT_DUE, Light.MONITORED}
    items = status(book, plan, AsOf(dt.date(2024, 2, 6)))
    assert {item.light for item in items} == {Light.NOT_DUE, Light.MONITORED, Light.PENDING, Light.UNREPORTED}
    assert all(item.value is None and item.gap_points is None for item in items)
    assert next(item for item in items if item.measure.id == "lifts").report_overdue_days == 1
    book.close()


def test_a_project_is_judged_by_its_own_quarters(plan, tmp_path):
    """一季度完工 is red in April when not done; 二季度开工 has days left; its investment starts in April."""
    book = open_ledger(tmp_path / "l.sqlite")
    for name, value in (("dormitory/finish", 0), ("care-complex/start", 0), ("care-complex/investment", 0)):
        book.append([Draft(name, "2024-03", dt.date(2024, 4, 2), Decimal(value))])
    items = {item.measure.id: item for item in status(book, plan, AsOf(dt.date(2024, 4, 9)))}
    assert (items["dormitory/finish"].light, items["dormitory/finish"].days_overdue) == (Light.RED, 9)
    assert items["care-complex/start"].light is Light.NOT_DUE  # 82 days from 9 April to 30 June
    assert items["care-complex/investment"].expected_pct == 0
    book.append([Draft("care-complex/start", "2024-05", dt.date(2024, 6, 2), Decimal(0))])
    items = {item.measure.id: item for item in status(book, plan, AsOf(dt.date(2024, 6, 3)))}
    assert items["care-complex/start"].light is Light.YELLOW
    book.close()


def test_demands_on_one_figure_are_one_line(plan, reported):
    """1500 assessments (text: ≥1500, table: >1500) are one line with both targets, judged by the stricter, yellow."""
    items = {item.measure.id: item for item in status(reported, plan, AsOf(DATES[3]))}
    assert "elder-checks" not in items
    assert [other.id for other in items["elder-assessments"].also] == ["elder-checks"]
    assert (items["elder-assessments"].light, items["elder-assessments"].why) == (Light.YELLOW, "equal")


def test_projects_are_a_second_opinion_on_the_total(plan, tmp_path):
    """The sum of the projects' investments stands beside the reported total, with the difference."""
    book = open_ledger(tmp_path / "l.sqlite")
    day = dt.date(2024, 4, 2)
    seen = {"major-investment": "0.3", **dict.fromkeys((f"{p.id}/investment" for p in plan.leaf_projects()), "0.05")}
    book.append([Draft(name, "2024-03", day, Decimal(value)) for name, value in seen.items()])
    item = next(i for i in status(book, plan, AsOf(dt.date(2024, 4, 3))) if i.measure.id == "major-investment")
    assert (item.computed, item.computed_from, item.difference) == (Decimal("0.2"), "projects", Decimal("0.1"))
    book.close()


def test_a_computed_figure_stands_beside_the_reported_one(plan, tmp_path):
    """The light follows what the unit reported; the computed figure and the difference are shown."""
    book = open_ledger(tmp_path / "l.sqlite")
    day = dt.date(2024, 4, 2)
    book.append([Draft("childcare-seats", "2024-03", day, Decimal("2.6"))])
    book.append(
        [Draft("childcare-seats", "2024-03", day, Decimal("2.1"), status=Status.COMPUTED, basis=Basis.COMPUTED)]
    )
    item = next(i for i in status(book, plan, AsOf(dt.date(2024, 4, 3))) if i.measure.id == "childcare-seats")
    assert (item.light, item.computed, item.difference) == (Light.GREEN, Decimal("2.1"), Decimal("0.5"))
    book.close()


@given(value=st.decimals(-1000, 1000, places=3), target=st.decimals(-100, 100, places=2))
def test_strict_and_not_strict_differ_only_at_the_target(value, target):
    """> and ≥ disagree exactly at the target, and so do < and ≤."""
    base = {
        "id": "a",
        "field": "f",
        "name": "n",
        "unit": "",
        "kind": "level",
        "lead": "u",
        "source": "s",
        "target": target,
    }
    above, at_least = (Measure(**base, better="higher", comparison=sign) for sign in (">", ">="))
    below, at_most = (Measure(**base, better="lower", comparison=sign) for sign in ("<", "<="))
    assert (above.meets(value) != at_least.meets(value)) == (value == target)
    assert (below.meets(value) != at_most.meets(value)) == (value == target)
    assert above.meets(value) != at_most.meets(value)
    assert at_least.attainment(value) >= 0


@given(
    gap=st.decimals(-1000, 1000, places=4), days=st.integers(-400, 400), table=st.sampled_from(["pace", "state", "due"])
)
def test_every_possible_value_has_exactly_one_light(gap, days, table):
    """Whatever the gap and the days left, some line of each table holds, so the first one is always there."""
    bands = getattr(load_plan_once().lights, table)
    assert any(band.holds(gap, days) for band in bands)


_PLAN = []


def load_plan_once():
    if not _PLAN:
        _PLAN.append(load_plan())
    return _PLAN[0]


@pytest.mark.parametrize(
    "bands",
    [
        [],
        [Band(light="green", gap_at_least=0)],
        [Band(light="red"), Band(light="green", gap_at_least=0)],
        [Band(light="yellow", gap_at_least=-10), Band(light="green", gap_at_least=0), Band(light="red")],
    ],
)
def test_bands_that_leave_a_value_out_are_refused(bands):
    """A table of lights that misses a value, or has a line that is never reached, is no table."""
    good = (Band(light="red"),)
    with pytest.raises(ValueError):
        Lights(version="1", status="assumed", pace=tuple(bands), state=good, due=good)


@given(day=st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 31)))
def test_the_pace_never_falls(day):
    """The expected share rises from day to day, from above 0 to exactly 1."""
    first, last = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    share, before = (elapsed_share(d, first, last) for d in (day, day - dt.timedelta(days=1)))
    assert 0 < share <= 1
    assert before < share


def test_quarter_ends_are_exact():
    """The ends of the quarters are 25, 50, 75 and 100 %, as 时序进度 is read in every office."""
    ends = [parse(f"2024-Q{n}").end for n in range(1, 5)]
    shares = [elapsed_share(end, dt.date(2024, 1, 1), dt.date(2024, 12, 31)) for end in ends]
    assert shares == [Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), 1]


def test_a_month_is_missing_only_after_its_last_day_to_report():
    """With 5 days to report, May is due through 5 June and missing from 6 June on."""
    assert last_closed(dt.date(2024, 6, 5), Frequency.MONTH, due_days=5).text == "2024-04"
    assert last_closed(dt.date(2024, 6, 6), Frequency.MONTH, due_days=5).text == "2024-05"
    assert last_closed(dt.date(2024, 1, 3), Frequency.WEEK, due_days=1).text == "2023-W52"


def test_the_share_of_livelihood_projects_is_counted(tmp_path):
    """Of three 民生实事, one done in March and one in June: indicator 1 is 33.33 %, then 66.67 %, not what anybody reports."""
    shipped = load_plan()
    rows = [
        {"id": f"good-{n}", "name": f"实事{n}", "lead": "县卫健局", "source": "表 序号1", "report": "month"}
        for n in range(3)
    ]
    plan = Plan.model_validate(shipped.model_dump() | {"livelihood": rows})
    book = open_ledger(tmp_path / "l.sqlite")
    for name, month, done in (("good-0", 3, 1), ("good-1", 3, 0), ("good-1", 6, 1), ("good-2", 6, 0)):
        end = parse(f"2024-{month:02d}").end
        book.append([Draft(name, f"2024-{month:02d}", end + dt.timedelta(days=2), Decimal(done), plan=plan.plan.id)])
    for day, value in ((dt.date(2024, 4, 4), "33.33"), (dt.date(2024, 7, 4), "66.67")):
        found = next(item for item in status(book, plan, AsOf(day)) if item.measure.id == plan.counted_id)
        assert found.value == Decimal(value)
    book.close()
