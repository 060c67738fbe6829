"""Check returned forms cell by cell; all of them together become rows for the ledger, or none does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.plan import forms, periods
from circles.plan.chain import Draft, Entry, Status, Topic
from circles.plan.form_cells import choice, number, read_date, text, text_problems, unread
from circles.plan.form_locked import locked_cells
from circles.plan.forms import TEXTS, cell
from circles.plan.indicators import Commitment
from circles.plan.plausible import Cell, Header, Past, Point
from circles.plan.returned import Returned, data_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circles.foundation.errors import Finding
    from circles.plan.indicators import Measure, Plan
    from circles.plan.periods import Period


@dataclass(frozen=True)
class Checked:
    """The outcome: rows for the ledger, what is wrong, and how many rows only repeat what the ledger holds.

    ``held`` are the good figures of forms with which something is wrong: they are kept apart (暂存) and are no figures yet.
    """

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]
    unchanged: int
    held: tuple[Draft, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Return whether there is no error."""
        return all(item.severity != "error" for item in self.findings)


def check_forms(
    plan: Plan, history: Iterable[Entry], returned: Sequence[Returned], *, today: dt.date, unit: str | None = None,
    period: str | None = None,
) -> Checked:  # fmt: skip
    """Check forms against the plan, the ledger's rows of the year, and each other.

    Parameters
    ----------
    history
        The ledger's observations of the plan's year, in order of sequence.
    today
        The day of the import: nothing is reported from the future.
    unit, period
        If given, the unit and period that the forms must be for.
    returned : the forms as read
    """
    found: list[Finding] = []
    cells: list[Cell] = []
    rows = list(history)
    unchanged = 0
    for form in returned:
        taken = next((row.seq for row in rows if form.sha256 in row.detail), None)
        problems: list[Finding] = []
        header = _header(plan, form, problems, today=today, unit=unit, period=period)
        own = [] if header is None else _rows(plan, form, header, problems)
        if taken is not None:
            unchanged += len(own)  # the ledger took this very file: to take it again would undo what came after it
            found.append(errors.warning("form-again", form.file, seq=taken, count=len(own)))
        else:
            found += problems
            cells += own
    past = Past(plan, rows)
    twice = _twice(cells)
    carried, problems = _carried(cells, past)
    kept = [item for item in carried if not past.repeats(item)]
    wrong = _problems(kept, past)
    found += [*twice, *problems, *(item for items in wrong.values() for item in items)]
    held = [item for item in kept if not wrong[item.place] and item.entry in _KEPT]
    whole = Checked(_drafts(plan, kept, past), tuple(found), unchanged + len(carried) - len(kept))
    return whole if whole.is_clean else replace(whole, held=_drafts(plan, _alone(held, cells), past, topic=Topic.DRAFT))


_KEPT = frozenset({"reported", "confirmed", "carried"})
"""Entries that can be kept as 暂存: to correct or withdraw a figure is done at once or not at all."""


def _alone(cells: Sequence[Cell], every: Sequence[Cell]) -> list[Cell]:
    """Return the cells of the forms that contradict no other form of the import."""
    count = Counter((item.measure.id, item.header.period.text) for item in every)
    clashing = {id(item.form) for item in every if count[item.measure.id, item.header.period.text] > 1}
    return [item for item in cells if id(item.form) not in clashing]


def _problems(cells: Sequence[Cell], past: Past) -> dict[str, list[Finding]]:
    """Return what is wrong with each figure given the ledger and the other figures, by the place of its cell."""
    found = {item.place: past.entry_problems(item) for item in cells}
    past.add(cells)
    surveyed = {(item.measure.id, item.header.period.text) for item in cells}
    for item in cells:
        found[item.place] += past.value_problems(item)
        size = item.measure.sample if isinstance(item.measure, Commitment) else None
        key = (size or "", item.header.period.text)
        if size and item.value is not None and key not in surveyed and key not in past.rows:
            found[item.place].append(errors.error("form-no-sample", item.place, id=item.measure.id, value=size))
    return found


def _carried(cells: Sequence[Cell], past: Past) -> tuple[list[Cell], list[Finding]]:
    """Return the cells with 沿用 filled in from the figure before, in order of their periods, and where there is none."""
    kept: list[Cell] = []
    found: list[Finding] = []
    last: dict[str, Point] = {}
    for item in sorted(cells, key=lambda item: item.header.period):
        period, subject = item.header.period, item.measure.id
        value, known = item.value, past.before(item)
        if item.entry == "carried":
            points = [point for point in (known, last.get(subject)) if point is not None and point[0] < period.end]
            before = max(points, default=None)
            place = item.form.place(cell("entry", item.row))
            if before is None:
                found.append(errors.error("form-nothing-to-carry", place, id=subject))
                continue
            if value is not None and value != before[2]:
                shown: dict[str, Any] = {
                    "value": forms.number(value),
                    "before": forms.number(before[2]),
                    "period": before[1],
                }
                found.append(errors.error("form-carried-differs", item.place, id=subject, **shown))
                continue
            value = before[2]
            kept.append(replace(item, value=value, carried=before[1]))
        else:
            kept.append(item)
        if value is not None:
            last[subject] = (period.end, period.text, value)
    return kept, found


def _header(
    plan: Plan, form: Returned, found: list[Finding], *, today: dt.date, unit: str | None, period: str | None
) -> Header | None:
    before = len(found)
    found += unread(form, [forms.UNIT_CELL, forms.PERIOD_CELL, forms.REPORTER_CELL, forms.DATE_CELL])
    issued = {text(row[0]): text(row[1]) for row in form.dictionary if len(row) > 1}
    given_unit = _unit(plan, form, found, issued, wanted=unit)
    about = _period(plan, form, found, issued, wanted=period)
    if issued.get("plan", plan.plan.id) != plan.plan.id:
        found.append(errors.error("form-other-plan", form.file, value=issued["plan"], expected=plan.plan.id))
    reporter = text(form.at(forms.REPORTER_CELL))
    if not reporter:
        found.append(errors.error("form-no-reporter", form.place(forms.REPORTER_CELL)))
    found += text_problems(form, forms.REPORTER_CELL, reporter)
    day = _date(form, found, about, today)
    if len(found) > before or about is None or day is None:
        return None
    return Header(given_unit, about, reporter, day)


def _unit(plan: Plan, form: Returned, found: list[Finding], issued: dict[str, str], *, wanted: str | None) -> str:
    given, place = text(form.at(forms.UNIT_CELL)), form.place(forms.UNIT_CELL)
    units = [item.name for item in plan.units]
    if given not in units or (wanted is not None and given != wanted):
        found.append(errors.error("form-unit", place, value=given, valid=wanted or "、".join(units)))
    elif issued.get("unit", given) != given:
        found.append(errors.error("form-other-unit", place, value=given, expected=issued["unit"]))
    return given


def _period(
    plan: Plan, form: Returned, found: list[Finding], issued: dict[str, str], *, wanted: str | None
) -> Period | None:
    given, place = text(form.at(forms.PERIOD_CELL)), form.place(forms.PERIOD_CELL)
    try:
        about = periods.parse(given)
    except ValueError:
        found.append(errors.error("form-period", place, value=given))
        return None
    expected = wanted or issued.get("period") or given
    if expected != given:
        found.append(errors.error("form-other-period", place, value=given, expected=expected))
    if about.year != plan.plan.year:
        found.append(errors.error("form-year", place, value=given, year=plan.plan.year))
    return about


def _date(form: Returned, found: list[Finding], about: Period | None, today: dt.date) -> dt.date | None:
    given = form.at(forms.DATE_CELL)
    place = form.place(forms.DATE_CELL)
    day = read_date(given)
    if day is None:
        found.append(errors.error("form-date", place, value=text(given)))
    elif day > today:
        found.append(errors.error("form-date-future", place, value=day.isoformat(), today=today.isoformat()))
    elif about is not None and day < about.start:
        found.append(errors.error("form-date-early", place, value=day.isoformat(), period=about.text))
    return day


def _rows(plan: Plan, form: Returned, header: Header, found: list[Finding]) -> list[Cell]:
    cells, seen = [], dict[str, int]()
    for row in data_rows(form):
        subject = text(form.at(cell("id", row)))
        measure = plan.measures.get(subject)
        place = form.place(cell("id", row))
        if measure is None or measure.same_as is not None:
            found.append(errors.error("form-unknown-row", place, value=subject[:80]))
        elif measure.lead != header.unit:
            found.append(errors.error("form-others-row", place, value=subject, lead=measure.lead, unit=header.unit))
        elif subject in seen:
            found.append(errors.error("form-row-twice", place, value=subject, before=seen[subject]))
        else:
            seen[subject] = row
            found += locked_cells(form, row, measure)
            item = _filled(form, row, header, measure, found)
            if item is not None:
                cells.append(item)
    return cells


def _filled(form: Returned, row: int, header: Header, measure: Measure, found: list[Finding]) -> Cell | None:
    """Return a row that says something; None for one left blank or marked 暂缺."""
    before = len(found)
    found += unread(form, [cell(key, row) for key in forms.COLUMNS if key in forms.INPUTS])
    given, entry = form.at(cell("value", row)), choice(form, row, measure, found, column="entry") or "reported"
    outlook = choice(form, row, measure, found, column="outlook")
    texts = {key: text(form.at(cell(key, row))) for key in TEXTS}
    for key, content in texts.items():
        found += text_problems(form, cell(key, row), content)
    place_of_value = cell("value", row)
    place = form.place(place_of_value)
    value = None
    if place_of_value in form.unread:
        pass
    elif text(given) == "":
        if entry in {"corrected", "confirmed"}:
            found.append(errors.error("form-no-value", place, id=measure.id))
        elif entry not in {"withdrawn", "carried"}:
            said = [key for key in (*TEXTS, "outlook") if text(form.at(cell(key, row)))]
            if said and entry == "reported":
                found.append(errors.error("form-text-alone", form.place(cell(said[0], row)), id=measure.id))
            return None
    elif entry in {"missing", "withdrawn"}:
        found.append(errors.error("form-value-too-much", place, id=measure.id, value=text(given)[:40]))
    else:
        value = number(measure, given, place, found, is_percent=place_of_value in form.percent)
    if entry in {"corrected", "withdrawn", "confirmed"} and not texts["reason"]:
        found.append(errors.error("form-no-reason", form.place(cell("reason", row)), id=measure.id))
    if len(found) > before:
        return None
    return Cell(form, row, header, measure, entry, value, outlook=outlook, **texts)


def _twice(cells: Sequence[Cell]) -> list[Finding]:
    """Return the figures that two files of one import both give."""
    seen: dict[tuple[str, str], str] = {}
    found = []
    for item in cells:
        key = (item.measure.id, item.header.period.text)
        if key in seen:
            found.append(errors.error("form-twice", item.place, id=key[0], before=seen[key]))
        seen.setdefault(key, item.place)
    return found


def _drafts(plan: Plan, cells: Iterable[Cell], past: Past, *, topic: Topic = Topic.OBSERVATION) -> tuple[Draft, ...]:
    found = (_draft(plan, item, past) for item in sorted(cells, key=lambda item: item.header.period))
    return tuple(replace(item, topic=topic) for item in found)


_SAID = ("problem", "outlook", "progress", "internal", "carried")
"""What stands in a row's detail beside where it came from."""


def _draft(plan: Plan, item: Cell, past: Past) -> Draft:
    proof = item.form.folder / Path(item.evidence).name if item.evidence else None
    is_file = proof is not None and proof.is_file()
    status = {"corrected": Status.CORRECTED, "withdrawn": Status.WITHDRAWN}.get(item.entry, Status.REPORTED)
    detail = {"form": item.form.file, "form_sha256": item.form.sha256, "cell": cell("value", item.row)}
    return Draft(
        subject=item.measure.id,
        period=item.header.period.text,
        reported_on=item.header.reported_on,
        value=item.value,
        unit=item.measure.unit,
        status=status,
        plan=plan.plan.id,
        evidence=item.evidence,
        evidence_sha256=hashlib.sha256(proof.read_bytes()).hexdigest() if proof is not None and is_file else "",
        organisation=item.header.unit,
        reporter=item.header.reporter,
        reason=item.reason,
        detail=detail | {key: content for key in _SAID if (content := getattr(item, key))},
        expects=past.seq(item) if status is not Status.REPORTED else None,
    )
