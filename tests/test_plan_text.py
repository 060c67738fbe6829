"""The plan file against the plan's own text."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from circles.foundation.errors import PlanError
from circles.plan.forms import asked_for
from circles.plan.periods import parse
from circles.plan.reading import check_plan, load_plan, plan_schema, schema_text, shipped_plan

PLAN_TEXT = Path("plan") / "2024_work_points.md"
CHINESE = {"一": "1", "十": "10", "百分百": "100"}
NOT_COMMITMENTS = {
    "5+X", "1+1+X", "0-3", "2024", "2023", "一对一", "3+2", "15分钟公共服务圈", "七八十年代",
}  # fmt: skip
"""What holds digits without being a promise: years, names of programmes and age bands."""


@pytest.fixture(scope="module")
def plan():
    """The shipped plan."""
    return load_plan()


@pytest.fixture(scope="module")
def source(repository):
    """The plan's text, or a skip."""
    file = repository.parent / "shared" / PLAN_TEXT
    if not file.is_file():
        pytest.skip("the plan's text (../shared/plan) is not on this machine")
    return file.read_text(encoding="utf-8")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def table_rows(source: str) -> list[tuple[str, int, str, str, str, str]]:
    """Return field, number, name, unit, target text and lead unit of each row of the printed table."""
    rows, field = [], ""
    for line in source.splitlines():
        parts = line.split("\t")
        if len(parts) != 5 or not parts[1].isdigit():
            continue
        field = parts[0] or field
        name, unit = parts[2], ""
        if name.endswith("))"):
            name, unit = name[: name.index("(")], name[name.index("(") + 1 : -1]
        elif name.endswith(")"):
            name, unit = name[: name.rindex("(")], name[name.rindex("(") + 1 : -1]
        rows.append((field, int(parts[1]), name, unit, parts[3], parts[4]))
    return rows


def read_target(text: str) -> list[tuple[str, Decimal]]:
    """Return comparison and number of each part of a printed target; a bare number reads as at least."""
    signs = {"≥": ">=", "≤": "<="}
    found = re.findall(r"([><≥≤]?)(\d+(?:\.\d+)?)", text)
    return [(signs.get(sign, sign) or ">=", Decimal(number)) for sign, number in found]


def test_every_row_of_the_table_is_in_the_plan(plan, source):
    """Each of the 28 printed indicators has the same field, name, unit, lead, comparison and value in the TOML."""
    rows = table_rows(source)
    assert [row[1] for row in rows] == list(range(1, 29))
    for field, no, name, unit, target, lead in rows:
        entries = sorted((item for item in plan.indicators if item.no == no), key=lambda item: item.part)
        assert [(item.comparison, item.target) for item in entries] == read_target(target), no
        assert {(item.field, item.name, item.unit, item.lead) for item in entries} == {(field, name, unit, lead)}
    assert len(plan.indicators) == 29  # the double target of no. 14 is two entries
    assert [item.part_name for item in plan.indicators if item.no == 14] == ["职工", "城乡居民"]


def test_every_quote_is_in_the_text_and_holds_its_number(plan, source):
    """Each commitment quotes the text word for word, in its own section, and an explicit number stands in the quote."""
    plain = squeezed(source)
    assert sum(1 for item in plan.commitments if not item.implied) >= 70
    for item in plan.commitments:
        quote = squeezed(item.quote)
        assert quote in plain, item.id
        if item.implied or item.target is None or item.kind == "done":
            continue
        numbers = re.findall(r"\d+(?:\.\d+)?", quote)
        numbers += [number for word, number in CHINESE.items() if word in quote]
        assert any(Decimal(number) == item.target for number in numbers), item.id


def test_every_quote_is_in_its_own_section(plan, source):
    """The section that a commitment names is the one in which its quote stands."""
    chapters = dict(zip("一二三四五六七八", re.split(r"\n[（(][一二三四五六七八][）)]\s*", source)[1:9], strict=True))
    for item in plan.commitments:
        match = re.fullmatch(r"二\((.)\)(\d)", item.section)
        if match is None:
            assert item.section == "一"
            continue
        chapter = chapters[match[1]]
        parts = re.split(r"\n\d\.\s*", chapter)
        assert squeezed(item.quote) in squeezed(parts[int(match[2])]), item.id


def test_no_number_of_the_tasks_is_left_out(plan, source):
    """Every number in chapter two stands in some commitment's quote, or is a year or a programme's name."""
    tasks = source[source.index("## 二、重点任务") : source.index("### 三、保障措施")]
    tasks = squeezed(re.sub(r"\n\d\.\s*", "\n", tasks))
    for quote in sorted({squeezed(item.quote) for item in plan.commitments}, key=len, reverse=True):
        tasks = tasks.replace(quote, "｜")
    for name in sorted(NOT_COMMITMENTS, key=len, reverse=True):
        tasks = tasks.replace(squeezed(name), "")
    tasks = tasks.replace("“15分钟公共服务圈”", "")
    left = [tasks[max(0, match.start() - 12) : match.end() + 8] for match in re.finditer(r"\d+(?:\.\d+)?", tasks)]
    assert left == []


def test_projects_add_up_and_miss_the_strict_target(plan):
    """0.33 + 0.48 + 0.057 is exactly 0.867 and 0.017 + 0.04 exactly 0.057, which does not meet > 0.867: a warning."""
    whole = [item for item in plan.projects if item.part_of is None]
    assert [str(item.investment) for item in whole] == ["0.33", "0.48", "0.057"]
    assert sum(item.investment for item in whole) == Decimal("0.867") == plan.plan.investment
    parts = [item.investment for item in plan.projects if item.part_of == "circle-package"]
    assert parts == [Decimal("0.017"), Decimal("0.04")]
    assert [item.code for item in check_plan(plan)] == ["plan-sum-misses"]
    assert plan.plan.total_investment == Decimal("4.85")
    assert {item.id: (item.start, item.finish) for item in plan.projects if item.part_of} == {
        "dormitory": (None, "2024-Q1"),
        "care-complex": ("2024-Q2", None),
    }


def test_doubts_are_written_down(plan):
    """At least ten places where the plan disagrees with itself or leaves something out are kept, and point somewhere."""
    assert len(plan.notes) >= 10
    assert {note.kind for note in plan.notes} >= {"disagreement", "no_baseline", "no_denominator"}
    assert plan.measures["elder-assessments"].comparison == ">"
    assert plan.measures["elder-checks"].comparison == ">="


def test_known_figures(plan):
    """A sample of the text's figures, read by eye, is in the TOML."""
    known = {
        "aed": "20", "first-aiders": "100", "digital-training": "187", "sports-area": "4.1", "dementia-beds": "17",
        "care-unions": "100", "care-insurance": "5.8", "meal-points": "4", "fitness-tests": "94.3", "regular-exercise": "42.8",
        "assistive-devices": "105", "disabled-jobs": "24", "quota-enrolment": "60", "housing-fund": "1",
    }  # fmt: skip
    assert {key: str(plan.measures[key].target) for key in known} == known


def test_schema_in_the_repository_is_current_and_accepts_the_plan(plan, repository):
    """The JSON schema that editors use is the one that the models emit, and the shipped plan is valid under it."""
    jsonschema = pytest.importorskip("jsonschema")
    import tomllib

    file = repository / "data" / "plan" / "plan.schema.json"
    assert file.read_text(encoding="utf-8") == schema_text()
    data = tomllib.loads(shipped_plan().read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(data, default=lambda day: day.isoformat()))
    jsonschema.Draft202012Validator(plan_schema()).validate(plain)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('lead = "县总工会"', 'lead = "县工会"', "plan-unknown-unit"),
        ('id = "lifts"', 'id = "aed"', "plan-duplicate-id"),
        ("investment_2024 = 0.017", "investment_2024 = 0.018", "plan-parts"),
        ("investment_2024 = 0.017", "investment_2023 = 0.017", "plan-wrong-year"),
        ('same_as = "lifts"', 'same_as = "lift"', "plan-dangling"),
        ('kind = "level"', 'kind = "levl"', "plan-file-value"),
        ('{ light = "red" }]\n# 没有', '{ light = "red", gap_at_least = -90 }]\n# 没有', "plan-file-value"),
        ('comparison = "<"', 'comparison = ">"', "plan-file-value"),
        ("no = 28", "no = 27", "plan-duplicate-no"),
        ("[plan]", "[plan", "plan-file-syntax"),
    ],
)
def test_a_wrong_plan_file_is_refused_with_its_place(tmp_path, old, new, code):
    """A slip in a plan file is an error with a stable code, never a silent default."""
    text = shipped_plan().read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "plan.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load_plan(file)
    assert code in {item.code for item in caught.value.findings}


def test_each_of_the_41_tasks_is_reported_of_and_bears_its_heading(plan, source):
    """The document numbers 41 tasks; each has its printed heading and at least one commitment of its section."""
    body = source[source.index("二、重点任务") : source.index("三、保障措施")]
    printed = re.findall(r"^\d\.\s*([^。]+)。", body, flags=re.MULTILINE)
    assert [squeezed(item.title) for item in plan.tasks] == [squeezed(title) for title in printed]
    assert len(printed) == 41
    assert {item.section for item in plan.commitments} >= {item.section for item in plan.tasks}
    survey = plan.measures["satisfaction"]
    assert (survey.target, survey.sample) == (None, "satisfaction-sample")


def test_the_rhythm_halves_what_a_month_asks_and_loses_nothing(plan):
    """Indicators and dated steps are monthly, tasks quarterly: half the cells at most, and each figure is asked for once."""
    everything = [item for unit in plan.units for item in plan.reported_by(unit.name)]
    asked = {
        period: [item for unit in plan.units for item in asked_for(plan, unit.name, parse(period))]
        for period in ("2024-05", "2024-Q2", "2024")
    }
    assert sorted(item.id for items in asked.values() for item in items) == sorted(item.id for item in everything)
    assert {item.id for item in plan.indicators} <= {item.id for item in asked["2024-05"]}
    assert {f"{item.id}/investment" for item in plan.leaf_projects()} <= {item.id for item in asked["2024-05"]}
    monthly_before = 115
    assert len(asked["2024-05"]) <= monthly_before / 2
    for unit, before in {
        "县发改局": 7,
        "县卫健局": 27,
        "县教育局": 26,
        "县人力社保局": 16,
        "县民政局": 31,
        "县住建局": 11,
    }.items():
        assert len(asked_for(plan, unit, parse("2024-05"))) <= before / 2, unit
