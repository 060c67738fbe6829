"""Check returned forms cell by cell; all of them together become rows for the ledger, or none does."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors, words
from circles.plan import forms, periods
from circles.plan.chain import Draft, Entry, Status, number_text
from circles.plan.forms import ENTRIES, cell
from circles.plan.plausible import Cell, Header, Past
from circles.plan.returned import Returned, data_rows
from circles.plan.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circles.foundation.errors import Finding
    from circles.plan.indicators import Measure, Plan
    from circles.plan.periods import Period

_MAGNITUDES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
MAX_TEXT = 500
"""Characters in a cell of text."""


@dataclass(frozen=True)
class Checked:
    """The outcome: rows for the ledger, what is wrong, and how many rows only repeat what the ledger holds."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]
    unchanged: int

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
        header = _header(plan, form, found, today=today, unit=unit, period=period)
        own = [] if header is None else _rows(plan, form, header, found)
        if any(form.sha256 in row.detail for row in rows):
            unchanged += len(own)  # the ledger took this very file: to take it again would undo what came after it
        else:
            cells += own
    found += _twice(cells)
    past = Past(plan, rows)
    kept = [item for item in cells if not past.repeats(item)]
    for item in kept:
        found += past.entry_problems(item)
    past.add(kept)
    for item in kept:
        found += past.value_problems(item)
    drafts = tuple(_draft(plan, item, past) for item in sorted(kept, key=lambda item: item.header.period))
    return Checked(drafts, tuple(found), unchanged + len(cells) - len(kept))


def _header(
    plan: Plan, form: Returned, found: list[Finding], *, today: dt.date, unit: str | None, period: str | None
) -> Header | None:
    before = len(found)
    found += _unread(form, [forms.UNIT_CELL, forms.PERIOD_CELL, forms.REPORTER_CELL, forms.DATE_CELL])
    issued = {_text(row[0]): _text(row[1]) for row in form.dictionary if len(row) > 1}
    given_unit = _unit(plan, form, found, issued, wanted=unit)
    about = _period(plan, form, found, issued, wanted=period)
    if issued.get("plan", plan.plan.id) != plan.plan.id:
        found.append(errors.error("form-other-plan", form.file, value=issued["plan"], expected=plan.plan.id))
    reporter = _text(form.at(forms.REPORTER_CELL))
    if not reporter:
        found.append(errors.error("form-no-reporter", form.place(forms.REPORTER_CELL)))
    found += _text_problems(form, forms.REPORTER_CELL, reporter)
    day = _date(form, found, about, today)
    if len(found) > before or about is None or day is None:
        return None
    return Header(given_unit, about, reporter, day)


def _unread(form: Returned, addresses: Iterable[str]) -> list[Finding]:
    """Return an error for each cell that reads as empty and is not: an error value, or a formula without a result."""
    return [
        errors.error("form-cell-error", form.place(at), value=form.unread[at])
        if form.unread[at]
        else errors.error("form-formula-empty", form.place(at))
        for at in addresses
        if at in form.unread
    ]


def _unit(plan: Plan, form: Returned, found: list[Finding], issued: dict[str, str], *, wanted: str | None) -> str:
    given, place = _text(form.at(forms.UNIT_CELL)), form.place(forms.UNIT_CELL)
    units = [item.name for item in plan.units]
    if given not in units or (wanted is not None and given != wanted):
        found.append(errors.error("form-unit", place, value=given, valid=wanted or "、".join(units)))
    elif issued.get("unit", given) != given:
        found.append(errors.error("form-other-unit", place, value=given, expected=issued["unit"]))
    return given


def _period(
    plan: Plan, form: Returned, found: list[Finding], issued: dict[str, str], *, wanted: str | None
) -> Period | None:
    given, place = _text(form.at(forms.PERIOD_CELL)), form.place(forms.PERIOD_CELL)
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
        found.append(errors.error("form-date", place, value=_text(given)))
    elif day > today:
        found.append(errors.error("form-date-future", place, value=day.isoformat(), today=today.isoformat()))
    elif about is not None and day < about.start:
        found.append(errors.error("form-date-early", place, value=day.isoformat(), period=about.text))
    return day


def read_date(given: Any) -> dt.date | None:
    """Return a cell's date: a date cell, or text such as 2024-06-03, 2024/6/3, 2024.6.3, 2024年6月3日."""
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", _text(given))
    try:
        return dt.date(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    except ValueError:
        return None


def _rows(plan: Plan, form: Returned, header: Header, found: list[Finding]) -> list[Cell]:
    cells, seen = [], dict[str, int]()
    for row in data_rows(form):
        subject = _text(form.at(cell("id", row)))
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
            found += _locked_cells(form, row, measure)
            item = _filled(form, row, header, measure, found)
            if item is not None:
                cells.append(item)
    return cells


def _locked_cells(form: Returned, row: int, measure: Measure) -> list[Finding]:
    """Return the cells of a row that were locked and yet say something else than the plan."""
    expected = {
        "name": forms.full_name(measure),
        "unit": measure.unit,
        "lead": measure.lead,
        "target": forms.target_text(measure),
    }
    return [
        errors.error("form-locked", form.place(cell(key, row)), id=measure.id, value=given[:80], expected=right or "–")
        for key, right in expected.items()
        if (given := _text(form.at(cell(key, row)))) != right
    ]


def _filled(form: Returned, row: int, header: Header, measure: Measure, found: list[Finding]) -> Cell | None:
    """Return a row that says something; None for one left blank or marked 暂缺."""
    before = len(found)
    found += _unread(form, [cell(key, row) for key in ("value", "entry", "evidence", "reason", "problem")])
    given, entry = form.at(cell("value", row)), _entry(form, row, measure, found)
    texts = {key: _text(form.at(cell(key, row))) for key in ("evidence", "reason", "problem")}
    for key, text in texts.items():
        found += _text_problems(form, cell(key, row), text)
    place_of_value = cell("value", row)
    place = form.place(place_of_value)
    value = None
    if place_of_value in form.unread:
        pass
    elif _text(given) == "":
        if entry in {"corrected", "confirmed"}:
            found.append(errors.error("form-no-value", place, id=measure.id))
        elif entry != "withdrawn":
            return None
    elif entry in {"missing", "withdrawn"}:
        found.append(errors.error("form-value-too-much", place, id=measure.id, value=_text(given)[:40]))
    else:
        value = _number(measure, given, place, found, is_percent=place_of_value in form.percent)
    if entry in {"corrected", "withdrawn", "confirmed"} and not texts["reason"]:
        found.append(errors.error("form-no-reason", form.place(cell("reason", row)), id=measure.id))
    if len(found) > before:
        return None
    return Cell(form, row, header, measure, entry, value, texts["evidence"], texts["reason"], texts["problem"])


@cache
def _entry_words() -> dict[str, str]:
    return {words.text(f"plan.entry_{key}", lang): key for key in ENTRIES for lang in words.LANGS}


def _entry(form: Returned, row: int, measure: Measure, found: list[Finding]) -> str:
    given = _text(form.at(cell("entry", row)))
    known = _entry_words()
    if given and given not in known:
        valid = "、".join(words.text(f"plan.entry_{key}", "zh") for key in ENTRIES)
        place = form.place(cell("entry", row))
        found.append(errors.error("form-entry", place, id=measure.id, value=given[:40], valid=valid))
    return known.get(given, "reported")


def _number(
    measure: Measure, given: Any, place: str, found: list[Finding], *, is_percent: bool = False
) -> Decimal | None:
    """Return a cell's number; anything else, or one out of range, is a finding, with the number it was probably meant to be.

    A cell formatted as a percentage holds a hundredth of what it shows; what it shows is what was meant.
    """
    if measure.kind is Kind.DONE:
        answers = {words.text(f"plan.{key}", lang): key for key in ("yes", "no") for lang in words.LANGS}
        if _text(given) in answers:
            return (measure.target or Decimal(1)) if answers[_text(given)] == "yes" else Decimal(0)
        found.append(errors.error("form-yes-no", place, id=measure.id, value=_text(given)[:40]))
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        found.append(errors.error("form-text", place, id=measure.id, value=_text(given)[:40], meant=_meant(given)))
        return None
    if is_percent and measure.unit != "%":
        shown = f"{100 * given:.15g}%"
        found.append(errors.error("form-percent", place, id=measure.id, value=shown, unit=measure.unit or "–"))
        return None
    value = Decimal(f"{given:.15g}") * (100 if is_percent else 1)
    low, high = measure.range or (Decimal(0), None)
    if value < low or (high is not None and value > high):
        limits = f"{forms.number(low)} … {'' if high is None else forms.number(high)}".strip(" …")
        found.append(errors.error("form-range", place, id=measure.id, value=forms.number(value), limits=limits))
    if measure.decimals is not None and value != round(value, measure.decimals):
        shown = forms.number(value)
        found.append(errors.error("form-decimals", place, id=measure.id, value=shown, decimals=measure.decimals))
    return value


def _meant(written: Any) -> str:
    """Return the number that a text probably stands for: full-width digits, thousands, 万, a unit or a sign glued on."""
    plain = unicodedata.normalize("NFKC", _text(written))[:MAX_TEXT].replace(",", "").replace(" ", "")
    match = re.search(r"(-?\d+(?:\.\d+)?)(亿|万|千|百)?", plain)
    try:
        return (number_text(Decimal(match[1]) * _MAGNITUDES.get(match[2] or "", 1)) or "–") if match else "–"
    except InvalidOperation:
        return "–"


def _text(given: Any) -> str:
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def _text_problems(form: Returned, address: str, text: str) -> list[Finding]:
    if len(text) > MAX_TEXT:
        return [errors.error("form-text-long", form.place(address), value=len(text), limit=MAX_TEXT)]
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        return [errors.error("form-control", form.place(address), value=ascii(text)[:60])]
    return []


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
        detail=detail | ({"problem": item.problem} if item.problem else {}),
        expects=past.seq(item) if status is not Status.REPORTED else None,
    )
