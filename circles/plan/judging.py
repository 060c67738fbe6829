"""The light of one figure: the rules of the plan's ``[lights]``, the first that fits decides.

仅监测 (no target) · 未到期 (before its start, its first report, or more than 60 days before a thing is to be done) ·
待发布 (issued by others, not yet out) · 未报送 (its deadline is past) · 已完成 · 红黄绿. A figure is judged at the end of its
own period; only a thing that is done or not is judged by the days left today.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from circles.plan import periods
from circles.plan.rules import Band, Kind, Light, Outlook, Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circles.plan.figures import Figure
    from circles.plan.indicators import Measure, Plan
    from circles.plan.periods import Period

Why = Literal[
    "monitored", "not_yet_due", "not_started", "pending", "no_report", "late_report", "met", "met_late", "holds", "equal",
    "pace", "count", "last_days", "state", "days", "overdue", "hard", "cannot",
]  # fmt: skip
_HUNDRED = Decimal(100)
_ROUNDING = Decimal("1e-12")
_CAPS: dict[Outlook, tuple[Light, Why]] = {Outlook.HARD: (Light.YELLOW, "hard"), Outlook.CANNOT: (Light.RED, "cannot")}
_RANK = {Light.GREEN: 0, Light.YELLOW: 1, Light.RED: 2}


@dataclass(frozen=True)
class Judgement:
    """A light and the rule that gave it.

    ``expected_pct`` is what the pace expects, in percent of the target; ``gap_points`` the attainment less the pace (or
    less 100) in percentage points; ``gap`` what is short in the figure's own unit (below 0: ahead), against the same;
    ``days_late`` the days by which a thing was done after its date.
    """

    light: Light
    why: Why
    expected_pct: Decimal | None = None
    gap_points: Decimal | None = None
    gap: Decimal | None = None
    days_late: int = 0


def judge(plan: Plan, measure: Measure, series: Sequence[Figure], missing: Period | None, day: dt.date) -> Judgement:
    """Return the light of a measure on ``day``.

    Parameters
    ----------
    plan : gives the rules of the lights
    series
        The measure's figures in force on ``day``, in order of their periods.
    missing
        The latest period of which a figure had to be in by ``day`` and is not; None if nothing is owed.
    """
    figure = series[-1] if series else None
    if measure.target is None:
        return Judgement(Light.MONITORED, "monitored")
    if figure is None:
        return _without_figure(measure, missing, day)
    numbers = _numbers(plan, measure, figure)
    met = measure.meets(figure.value)
    if measure.start is not None and measure.start > figure.period.end and not met:
        return replace(numbers, light=Light.NOT_DUE, why="not_started")
    if missing is not None and not (met and measure.kind is Kind.DONE):
        light, why = _owed(measure, "late_report")
        return replace(numbers, light=light, why=why)
    if met:
        return _met(plan, measure, series, numbers)
    return _capped(_unmet(plan, measure, figure, numbers, day), figure)


def _without_figure(measure: Measure, missing: Period | None, day: dt.date) -> Judgement:
    if measure.start is not None and measure.start > day:
        return Judgement(Light.NOT_DUE, "not_started")
    if missing is None:
        return Judgement(Light.NOT_DUE, "not_yet_due")
    return Judgement(*_owed(measure, "no_report"))


def _owed(measure: Measure, why: Literal["no_report", "late_report"]) -> tuple[Light, Why]:
    return (Light.PENDING, "pending") if measure.issued_by else (Light.UNREPORTED, why)


def _numbers(plan: Plan, measure: Measure, figure: Figure) -> Judgement:
    """Return the pace and the gaps of a figure; the light is filled in later."""
    paced = measure.judged_by in {Pace.LINEAR, Pace.SCHEDULE}
    expected = _HUNDRED * expected_share(plan, measure, figure.period.end) if paced else None
    against = _HUNDRED if expected is None else expected
    target = measure.target or Decimal(0)
    points = (measure.attainment(figure.value) or Decimal(0)) - against
    gap = figure.value - target if measure.better == "lower" else target * against / _HUNDRED - figure.value
    gap = abs(figure.value - target) if measure.better == "exact" else gap
    return Judgement(Light.GREEN, "holds", expected, round(points, 12), round(gap, 12))


def _met(plan: Plan, measure: Measure, series: Sequence[Figure], numbers: Judgement) -> Judgement:
    """Return 已完成 for what stays met or is due, 绿「目前达到」 for a state that has to hold."""
    due = measure.due or plan.last_day
    stays = measure.better == "higher" and measure.kind in {Kind.CUMULATIVE, Kind.DONE}
    if not stays and series[-1].period.end < due:
        return replace(numbers, light=Light.GREEN, why="holds")
    since = next(item for item in series if measure.meets(item.value))
    late = (since.period.end - due).days if measure.kind is Kind.DONE else 0
    return replace(numbers, light=Light.DONE, why="met_late" if late > 0 else "met", days_late=max(0, late))


def _unmet(plan: Plan, measure: Measure, figure: Figure, numbers: Judgement, day: dt.date) -> Judgement:
    due, on = measure.due or plan.last_day, figure.period.end
    if measure.is_strict and figure.value == measure.target:
        return replace(numbers, light=Light.YELLOW, why="equal")
    if measure.judged_by is Pace.DUE:
        light = _first(plan.lights.due, numbers, (due - day).days)
        return replace(numbers, light=light, why="overdue" if day > due else "days")
    if on >= due:
        return replace(numbers, light=Light.RED, why="overdue")
    if measure.judged_by is Pace.STATE:
        return replace(numbers, light=_first(plan.lights.state, numbers, (due - on).days), why="state")
    found = _counted(plan, measure, figure, numbers) if _in_pieces(plan, measure) else None
    if found is None:
        found = replace(numbers, light=_first(plan.lights.pace, numbers, (due - on).days), why="pace")
    if (due - on).days <= plan.lights.last_days and found.light in {Light.GREEN, Light.NOT_DUE}:
        return replace(found, light=Light.YELLOW, why="last_days") if _in_pieces(plan, measure) else found
    return found


def _first(bands: Sequence[Band], numbers: Judgement, days_left: int) -> Light:
    return next(Light(band.light) for band in bands if band.holds(numbers.gap_points, days_left))


def _in_pieces(plan: Plan, measure: Measure) -> bool:
    """Return whether a target is a small whole number, which is reached piece by piece and not by percent."""
    target = measure.target
    return (
        measure.kind is Kind.CUMULATIVE
        and target is not None
        and target == target.to_integral_value()
        and target <= plan.lights.count_target_at_most
    )


def _counted(plan: Plan, measure: Measure, figure: Figure, numbers: Judgement) -> Judgement:
    """Judge by pieces: as many as ⌊target × pace⌋ are expected."""
    # a third of three is one, not 0.999…
    expected = ((measure.target or Decimal(0)) * (numbers.expected_pct or Decimal(0)) / _HUNDRED + _ROUNDING) // 1
    short = expected - figure.value
    if expected == 0 and figure.value == 0:
        return replace(numbers, light=Light.NOT_DUE, why="count", gap=Decimal(0))
    light = next(Light(band.light) for band in plan.lights.count if band.holds(numbers.gap_points, 0, short))
    return replace(numbers, light=light, why="count", gap=short)


def _capped(found: Judgement, figure: Figure) -> Judgement:
    """Return a light no better than the unit's own word allows: 有困难 at most yellow, 不能 red."""
    word = figure.entry.details.get("outlook", "")
    if word not in set(Outlook) or Outlook(word) not in _CAPS or found.light not in _RANK:
        return found
    light, reason = _CAPS[Outlook(word)]
    return replace(found, light=light, why=reason) if _RANK[light] > _RANK[found.light] else found


def expected_share(plan: Plan, measure: Measure, day: dt.date) -> Decimal:
    """Return the share of the target that the pace expects at the end of ``day``, from 0 to 1.

    Linear: by months elapsed between the first day (the year's, or the measure's ``start``) and the due date. A
    schedule: straight lines between its points, from 0 on the first day, and its last share after the last point.
    """
    first = measure.start or plan.first_day
    if measure.judged_by is not Pace.SCHEDULE:
        return periods.elapsed_share(day, first, measure.due or plan.last_day)
    share = Decimal(0)
    for step in measure.schedule:
        if day <= step.by:
            return share + (step.share - share) * periods.elapsed_share(day, first, step.by)
        share, first = step.share, step.by + dt.timedelta(days=1)
    return share
