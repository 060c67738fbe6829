"""Whether a figure can be right, given its neighbours in time, its target, and what the ledger already holds."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from circles.foundation import errors
from circles.plan import forms, periods
from circles.plan.forms import cell
from circles.plan.rules import Checks, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from circles.foundation.errors import Finding
    from circles.plan.chain import Entry
    from circles.plan.indicators import Measure, Plan
    from circles.plan.periods import Period
    from circles.plan.returned import Returned

Point = tuple[dt.date, str, Decimal]
"""A figure in time: the last day of its period, the period, the value."""


@dataclass(frozen=True)
class Header:
    """What a form says about itself."""

    unit: str
    period: Period
    reporter: str
    reported_on: dt.date


@dataclass(frozen=True)
class Cell:
    """A filled-in row of a form, read but not yet compared with anything."""

    form: Returned
    row: int
    header: Header
    measure: Measure
    entry: str
    value: Decimal | None
    evidence: str
    reason: str
    problem: str
    outlook: str = ""
    progress: str = ""
    internal: str = ""
    carried: str = ""

    @property
    def place(self) -> str:
        """Return the value's cell as findings name it."""
        return self.form.place(cell("value", self.row))


class Past:
    """What is known of each measure: the ledger's figures in force, and on top of them those of the forms."""

    def __init__(self, plan: Plan, history: Iterable[Entry]) -> None:
        self.plan = plan
        self.rows: dict[tuple[str, str], Entry] = {}
        self._replaced: dict[tuple[str, str], list[Entry]] = {}
        for row in history:
            if row.basis == "reported" and row.topic == "observation":
                key = (row.subject, row.period)
                if key in self.rows:
                    self._replaced.setdefault(key, []).append(self.rows[key])
                self.rows[key] = row
        self.points: dict[str, list[tuple[dt.date, str, Decimal]]] = {}
        for (subject, period), row in self.rows.items():
            if row.number is not None:
                point = (periods.parse(period).end, period, row.number)
                self.points.setdefault(subject, []).append(point)
        for points in self.points.values():
            points.sort()

    def seq(self, item: Cell) -> int | None:
        """Return the ledger's row that a cell corrects."""
        row = self.rows.get((item.measure.id, item.header.period.text))
        return None if row is None else row.seq

    def repeats(self, item: Cell) -> bool:
        """Return whether a cell only says again what the ledger holds."""
        row = self.rows.get((item.measure.id, item.header.period.text))
        if row is None or item.entry not in {"reported", "confirmed", "carried"} or row.number != item.value:
            return False
        said = {key: text for key in ("problem", "outlook", "progress") if (text := getattr(item, key))}
        return not said or all(row.details.get(key) == text for key, text in said.items())

    def entry_problems(self, item: Cell) -> list[Finding]:
        """Return a first figure where there is one, or a correction of nothing."""
        row = self.rows.get((item.measure.id, item.header.period.text))
        place = item.form.place(cell("entry", item.row))
        if item.entry in {"reported", "confirmed", "carried"} and row is not None:
            shown = "–" if row.value is None else row.value
            return [errors.error("form-differs", place, id=item.measure.id, before=shown, seq=row.seq)]
        if item.entry in {"corrected", "withdrawn"} and row is None:
            return [errors.error("form-nothing-to-correct", place, id=item.measure.id)]
        if item.entry in {"corrected", "withdrawn"} and row is not None and self._is_old(item):
            shown = "–" if row.value is None else row.value
            return [errors.error("form-old-correction", place, id=item.measure.id, before=shown, seq=row.seq)]
        return []

    def _is_old(self, item: Cell) -> bool:
        """Return whether a correction is older than the figure in force, or was itself corrected since it was taken."""
        row = self.rows[item.measure.id, item.header.period.text]
        if row.supersedes is not None and item.header.reported_on.isoformat() < row.reported_on:
            return True
        status = {"corrected": "corrected", "withdrawn": "withdrawn"}[item.entry]
        day = item.header.reported_on.isoformat()
        return any(
            (row.status, row.number, row.reason, row.reported_on) == (status, item.value, item.reason, day)
            for row in self._replaced.get((item.measure.id, item.header.period.text), [])
        )

    def before(self, item: Cell) -> Point | None:
        """Return the last figure of an earlier period: the one that 沿用 repeats."""
        points = [point for point in self.points.get(item.measure.id, []) if point[0] < item.header.period.end]
        return points[-1] if points else None

    def add(self, cells: Iterable[Cell]) -> None:
        """Put the forms' figures on top of the ledger's."""
        changed = set()
        for item in cells:
            period = item.header.period
            points = self.points.setdefault(item.measure.id, [])
            points[:] = [point for point in points if point[1] != period.text]
            if item.value is not None:
                points.append((period.end, period.text, item.value))
            changed.add(item.measure.id)
        for subject in changed:
            self.points[subject].sort()

    def value_problems(self, item: Cell) -> list[Finding]:
        """Return what is implausible about a figure, given its neighbours in time and its target."""
        if item.value is None:
            return []
        sure = item.entry == "confirmed"
        return self.problems_at(item.measure, item.header.period, item.value, sure=sure, place=item.place)

    def problems_at(self, measure: Measure, period: Period, value: Decimal, *, sure: bool, place: str) -> list[Finding]:
        """Return what is implausible about a figure, at most one finding.

        Parameters
        ----------
        measure : the measure it is given for
        period : the period it is given for
        value : the figure
        sure : whether the reporter confirms it: lets jumps pass, never falls or slips of the decimal point
        place : where the figure stands, for the message
        """
        if measure.kind is Kind.DONE:
            return []
        points = [point for point in self.points.get(measure.id, []) if point[1] != period.text]
        first = bisect_left(points, period.end, key=lambda point: point[0])
        last = bisect_right(points, period.end, key=lambda point: point[0])
        at = _Neighbours(
            measure,
            value,
            before=points[first - 1] if first else None,
            after=points[last] if last < len(points) else None,
            same=tuple(point for point in points[first:last] if point[2] != value),
            sure=sure,
            checks=self.plan.checks,
        )
        verdict = next((found for rule in _RULES if (found := rule(at)) is not None), None)
        if verdict is None:
            return []
        code, before, about = verdict
        shown = forms.number(value)
        return [errors.error(code, place, id=measure.id, value=shown, before=before, period=about)]


@dataclass(frozen=True)
class _Neighbours:
    """A figure between those around it; ``sure`` says that the reporter marked it 核实无误."""

    measure: Measure
    value: Decimal
    before: Point | None
    after: Point | None
    same: tuple[Point, ...]
    sure: bool
    checks: Checks

    @property
    def reference(self) -> Decimal | None:
        """Return what the size of the figure is compared with: the figure before, else the target."""
        return self.before[2] if self.before and self.before[2] > 0 else self.measure.target


_Verdict = tuple[str, str, str] | None
"""The code, what the figure was compared with, and of which period that is."""


def _conflict(at: _Neighbours) -> _Verdict:
    return ("form-conflict", forms.number(at.same[0][2]), at.same[0][1]) if at.same else None


def _slip(at: _Neighbours) -> _Verdict:
    reference = at.reference
    if not reference or reference < 0:
        return None
    too_large = at.value >= at.checks.slip_ratio * reference
    too_small = 0 < at.value * at.checks.slip_ratio <= reference and not (at.sure and at.before is None)
    return ("form-slip", forms.number(reference), "") if too_large or too_small else None


def _fall(at: _Neighbours) -> _Verdict:
    if at.measure.kind is Kind.CUMULATIVE and at.before and at.value < at.before[2]:
        return "form-fall", forms.number(at.before[2]), at.before[1]
    if at.measure.kind is Kind.CUMULATIVE and at.after and at.value > at.after[2]:
        return "form-above-later", forms.number(at.after[2]), at.after[1]
    return None


def _fraction(at: _Neighbours) -> _Verdict:
    target = at.measure.target
    looks_it = at.measure.unit == "%" and target and 0 < at.value <= 1 and at.checks.share_ratio * at.value <= target
    return ("form-share", forms.number(target), "") if looks_it and target and not at.sure else None


def _jump(at: _Neighbours) -> _Verdict:
    target, ratio = at.measure.target, at.checks.jump_ratio
    if at.sure:
        return None
    if at.measure.kind is Kind.CUMULATIVE:
        return ("form-jump", forms.number(target), "") if target and at.value > ratio * target else None
    if not at.before or at.before[2] <= 0:
        return None
    near = at.before[2] <= ratio * at.value and at.value <= ratio * at.before[2]
    return None if near else ("form-jump", forms.number(at.before[2]), at.before[1])


_RULES: tuple[Callable[[_Neighbours], _Verdict], ...] = (_conflict, _slip, _fall, _fraction, _jump)
