"""The form that a unit fills in: which rows it has, what stands in them, and where each thing is on the sheet.

The layout is written by :mod:`circles.outputs.plan_papers.book` and read back by :mod:`circles.plan.returned`; both take it
from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from circles.foundation import errors, words
from circles.foundation.errors import PlanError
from circles.foundation.file_names import bearable
from circles.plan import periods
from circles.plan.figures import Figure
from circles.plan.indicators import Indicator, Measure, Plan
from circles.plan.judging import expected_share
from circles.plan.periods import Frequency, Period
from circles.plan.rules import Kind, Light
from circles.plan.status import standing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from decimal import Decimal

    from circles.plan.chain import Entry
    from circles.plan.figures import Known

SHEET = {"zh": "填报", "en": "Form"}
DICTIONARY = "字典"
"""The hidden sheet that the drop-downs come from; its first column says what form this is."""
TITLE_ROW, HEAD_ROW, NOTE_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 3, 4, 5
COLUMNS = (
    "id", "no", "name", "unit", "lead", "target", "kind", "last", "value", "entry", "evidence", "reason",
    "attainment", "pace", "gap", "light", "problem", "outlook", "progress", "internal",
)  # fmt: skip
"""The form's columns, A to T; their headings are ``plan.form_<column>`` of the word catalogue."""
OLD_COLUMNS = (17, 19)
"""Forms sent out by earlier versions end with the column 存在问题及下步措施, or with 进展情况."""
TEXTS = ("evidence", "reason", "problem", "progress", "internal")
INPUTS = frozenset({"value", "entry", "outlook", *TEXTS})
UNIT_CELL, PERIOD_CELL, REPORTER_CELL, DATE_CELL = "C2", "G2", "I2", "L2"
ENTRIES = ("reported", "carried", "corrected", "withdrawn", "confirmed", "missing")
"""What a row can be: 填报 · 沿用 · 更正 · 撤回 · 核实无误 · 暂缺; the words are ``plan.entry_<key>``."""
ISSUED_COLUMN, ISSUED = 7, ("last", "light", "pace")
"""Where the hidden sheet lists what was sent out: each row's id, and behind it what its locked cells said."""
_LETTERS = {column: chr(ord("A") + index) for index, column in enumerate(COLUMNS)}


@dataclass(frozen=True)
class FormRow:
    """One row: what is asked, what was said last, and where the figure should be."""

    measure: Measure
    last: Figure | None
    current: Figure | None
    expected_pct: Decimal | None
    light: Light


@dataclass(frozen=True)
class Form:
    """An empty form for one unit and one period."""

    plan: Plan
    unit: str
    period: Period
    rows: tuple[FormRow, ...]


def build_form(
    plan: Plan, known: Known, *, unit: str, period: str, kept: Mapping[tuple[str, str], Entry] | None = None,
    also: Collection[str] = (),
) -> Form:  # fmt: skip
    """Return the form that a unit fills in for a period.

    A form asks for what is reported in its rhythm; a weekly form for all that a monthly one does.

    Parameters
    ----------
    plan : the plan
    known : figures given so far, which the form shows
    unit : name of the unit
    period : ``2024-W21``, ``2024-05``, ``2024-Q2`` or ``2024``
    kept : cells of forms that were sent back (:func:`circles.plan.pending.pending`), which the form shows filled in
    also : ids of measures of the unit that the form holds although another rhythm asks for them

    Raises
    ------
    PlanError
        An unknown unit, no such period, a period outside the plan's year, or nothing that ``unit`` reports in this rhythm.
    """
    units = [item.name for item in plan.units]
    if unit not in units:
        raise PlanError(errors.error("plan-unknown-unit", id=unit, value=unit, valid=tuple(units)))
    wanted = plan_period(plan, period)
    asked = asked_for(plan, unit, wanted)
    asked += [item for item in plan.reported_by(unit) if item.id in also and item not in asked]
    if not asked:
        raise PlanError(errors.error("plan-nothing-asked", id=unit, value=unit, period=wanted.text))
    return Form(plan, unit, wanted, tuple(_row(plan, known, item, wanted, kept or {}) for item in asked))


def asked_for(plan: Plan, unit: str, period: Period) -> list[Measure]:
    """Return what ``unit`` is asked for in a form of ``period``: each figure in its own rhythm, none of them twice.

    What is reported by week or by month stands in weekly and monthly forms, quarterly figures in those of a quarter.
    """
    often = {Frequency.WEEK, Frequency.MONTH}
    asked = often if period.frequency in often else {period.frequency}
    return [item for item in plan.reported_by(unit) if item.report in asked]


def file_name(sheet: str, unit: str, period: Period) -> str:
    """Return the name of a unit's form as a file, which Windows can bear as well, whatever the unit is called."""
    return f"{sheet}-{bearable(unit[:60])}-{period.text}.xlsx"


def plan_period(plan: Plan, text: str) -> Period:
    """Return the period written as ``text``, which must end in the plan's year.

    Raises
    ------
    PlanError
        It is no period, or ends in another year.
    """
    try:
        period = periods.parse(text)
    except ValueError as e:
        raise PlanError(errors.error("plan-period", value=text)) from e
    if period.year != plan.plan.year:
        raise PlanError(errors.error("plan-period-year", value=text, year=plan.plan.year))
    return period


def _row(plan: Plan, known: Known, measure: Measure, period: Period, kept: Mapping[tuple[str, str], Entry]) -> FormRow:
    figures = known.reported.get(measure.id, [])
    before = [item for item in figures if item.period.end < period.end]
    current = [item for item in figures if item.period.text == period.text]
    draft = kept.get((measure.id, period.text))
    if draft is not None and draft.number is not None and not current:
        current = [Figure(period, draft.number, draft)]
    paced = measure.target is not None and measure.judged_by in {"linear", "schedule"}
    return FormRow(
        measure,
        last=before[-1] if before else None,
        current=current[-1] if current else None,
        expected_pct=100 * expected_share(plan, measure, period.end) if paced else None,
        light=standing(plan, measure, known).light,
    )


def target_text(measure: Measure, lang: words.Lang = "zh") -> str:
    """Return the target as the form shows it: ``>63``, ``≥2.6``, ``<5``; 只监测 where there is none."""
    if measure.target is None:
        return words.text("plan.monitored", lang)
    sign = {">=": "≥", "<=": "≤"}.get(measure.comparison or "", measure.comparison or "")
    if measure.kind is Kind.DONE and measure.target == 1:
        return words.text("plan.yes", lang)
    return f"{sign}{number(measure.target)}"


def number(value: Decimal) -> str:
    """Return a number as people write it: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_text(measure: Measure, value: Decimal | None, lang: words.Lang = "zh") -> str:
    """Return a value as people read it: 是 or 否 for what is done or not, else the number; empty for None."""
    if value is None:
        return ""
    if measure.kind is Kind.DONE:
        return words.text("plan.yes" if value >= (measure.target or 1) else "plan.no", lang)
    return number(value)


def full_name(measure: Measure) -> str:
    """Return a measure's printed name, with its part where the target is double."""
    return measure.label if isinstance(measure, Indicator) else measure.name


def number_label(measure: Measure) -> str:
    """Return what stands in the column 序号: the table's number, the text's section, or nothing."""
    if isinstance(measure, Indicator):
        return f"{measure.no}{measure.part}"
    return str(getattr(measure, "section", ""))


def cell(column: str, row: int) -> str:
    """Return the address of a form's cell: ``cell("value", 7)`` is ``I7``."""
    return f"{_LETTERS[column]}{row}"


def formulas(measure: Measure, row: int, *, has_pace: bool) -> dict[str, str]:
    """Return the formulas of a row, by column: 完成率 and 差距 over the value's cell; none without a target."""
    if not measure.target:
        return {}
    value, target, attainment = cell("value", row), number(measure.target), cell("attainment", row)
    ratio = {
        "higher": f"{value}/{target}",
        "lower": f"2-{value}/{target}",
        "exact": f"1-ABS({value}-{target})/ABS({target})",
    }[measure.better]
    if measure.kind is Kind.DONE:
        ratio = f'IF(OR({value}="是",{value}="yes"),1,0)'
    against = cell("pace", row) if has_pace else "1"
    return {
        "attainment": f'=IF({value}="","",MAX(0,{ratio}))',
        "gap": f'=IF({value}="","",{attainment}-{against})',
    }
