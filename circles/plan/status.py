"""Where each figure of the plan stands on a date: attainment, pace, light, forecast, delay.

A light never says more than the figure it stands on: it is judged at the end of that figure's period. If a later
figure had to be in by the date and is not, the light is 未报, whatever the last figure was.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from circles.plan import figures as ledger_figures
from circles.plan import periods
from circles.plan.chain import Basis
from circles.plan.indicators import Commitment, Indicator, Measure, Plan
from circles.plan.rules import Band, Kind, Light, Pace

if TYPE_CHECKING:
    from circles.plan.figures import AsOf, Figure, Known
    from circles.plan.ledger import Ledger
    from circles.plan.periods import Period

Group = Literal["indicator", "project", "commitment"]
Why = Literal[
    "monitored", "not_yet_due", "not_started", "no_report", "late_report", "met", "holds", "pace", "state", "days", "overdue",
]  # fmt: skip
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Standing:
    """Where one measure stands.

    ``attainment_pct``, ``expected_pct`` and ``gap_points`` are percent and percentage points. ``gap_points`` is
    against the pace where there is one, else against the target. ``judged_on`` is the last day of the figure's
    period. ``why`` names the rule that gave the light.
    """

    measure: Measure
    group: Group
    as_of: dt.date
    light: Light
    why: Why
    due: dt.date
    figure: Figure | None = None
    basis: Basis | None = None
    increment: Decimal | None = None
    met: bool = False
    attainment_pct: Decimal | None = None
    expected_pct: Decimal | None = None
    gap_points: Decimal | None = None
    days_left: int = 0
    days_overdue: int = 0
    report_overdue_days: int = 0
    missing_period: str = ""
    forecast: Decimal | None = None
    forecast_method: Literal["run_rate", "hold", ""] = ""
    computed: Decimal | None = None
    computed_from: Literal["map", "projects", ""] = ""

    @property
    def value(self) -> Decimal | None:
        """Return the figure's value."""
        return None if self.figure is None else self.figure.value

    @property
    def expected(self) -> Decimal | None:
        """Return the value that the pace expects."""
        if self.expected_pct is None or self.measure.target is None:
            return None
        return self.measure.target * self.expected_pct / _HUNDRED

    @property
    def difference(self) -> Decimal | None:
        """Return reported less computed, where both are there."""
        if self.value is None or self.computed is None or self.basis is Basis.COMPUTED:
            return None
        return self.value - self.computed

    @property
    def forecast_meets(self) -> bool | None:
        """Return whether the forecast meets the target."""
        return None if self.forecast is None or self.measure.target is None else self.measure.meets(self.forecast)


def status(ledger: Ledger, plan: Plan, as_of: AsOf) -> list[Standing]:
    """Return where every measure of the plan stands, in the plan's order."""
    return standings(plan, ledger_figures.read_known(ledger, plan, as_of))


def standings(plan: Plan, known: Known) -> list[Standing]:
    """Return where every measure stands, given the figures in force."""
    return [standing(plan, measure, known) for measure in plan.measures.values()]


def group_of(measure: Measure) -> Group:
    """Return which of the plan's three lists a measure comes from."""
    if isinstance(measure, Indicator):
        return "indicator"
    return "commitment" if isinstance(measure, Commitment) else "project"


def standing(plan: Plan, measure: Measure, known: Known) -> Standing:
    """Return where one measure stands."""
    subject = measure.same_as or measure.id
    day = known.as_of.day
    due = measure.due or plan.last_day
    reported = known.reported.get(subject, [])
    computed = known.computed.get(subject, [])
    series, basis = (reported, Basis.REPORTED) if reported else (computed, Basis.COMPUTED)
    figure = series[-1] if series else None
    second, second_from = _second_opinion(plan, measure, known, computed)
    missing = _missing(plan, measure, figure, day)
    verdict = judge(plan, measure, figure, missing, day)
    met = figure is not None and measure.meets(figure.value)
    forecast, method = _forecast(plan, measure, figure)
    return Standing(
        measure, group_of(measure), day, verdict.light, verdict.why, due,
        figure=figure,
        basis=basis if figure else None,
        increment=ledger_figures.increment(series) if measure.kind is Kind.CUMULATIVE else None,
        met=met,
        attainment_pct=None if figure is None else measure.attainment(figure.value),
        expected_pct=verdict.expected_pct,
        gap_points=verdict.gap_points,
        days_left=max(0, (due - day).days),
        days_overdue=max(0, (day - due).days) if verdict.why == "overdue" else 0,
        report_overdue_days=_days_late(plan, missing, day),
        missing_period="" if missing is None else missing.text,
        forecast=forecast,
        forecast_method=method,
        computed=second,
        computed_from=second_from,
    )  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """A light, the rule that gave it, the expected percent of the target, and the gap in percentage points."""

    light: Light
    why: Why
    expected_pct: Decimal | None = None
    gap_points: Decimal | None = None


def judge(plan: Plan, measure: Measure, figure: Figure | None, missing: Period | None, day: dt.date) -> Judgement:
    """Return the light of a measure whose latest figure is ``figure`` and which lacks that of ``missing``."""
    if measure.target is None:
        return Judgement(Light.NOT_APPLICABLE, "monitored")
    if figure is not None:
        return _judge_figure(plan, measure, figure, is_late=missing is not None)
    if measure.start is not None and measure.start > day:
        return Judgement(Light.NOT_APPLICABLE, "not_started")
    if missing is None:
        return Judgement(Light.NOT_APPLICABLE, "not_yet_due")
    return Judgement(Light.UNREPORTED, "no_report")


def _judge_figure(plan: Plan, measure: Measure, figure: Figure, *, is_late: bool) -> Judgement:
    due = measure.due or plan.last_day
    on, met = figure.period.end, measure.meets(figure.value)
    paced = measure.judged_by in {Pace.LINEAR, Pace.SCHEDULE}
    expected = _HUNDRED * expected_share(plan, measure, on) if paced else None
    gap = (measure.attainment(figure.value) or Decimal(0)) - (_HUNDRED if expected is None else expected)
    stays_met = measure.better == "higher" and measure.kind in {Kind.CUMULATIVE, Kind.DONE}
    light: Light
    why: Why
    if met and (stays_met or on >= due):
        light, why = Light.DONE, "met"
    elif is_late:
        light, why = Light.UNREPORTED, "late_report"
    elif met:
        light, why = Light.GREEN, "holds"
    elif on >= due:
        light, why = Light.RED, "overdue"
    else:
        bands, why = _bands(plan, measure)
        light = next(Light(band.light) for band in bands if band.holds(gap, (due - on).days))
    return Judgement(light, why, expected, gap)


def _bands(plan: Plan, measure: Measure) -> tuple[tuple[Band, ...], Why]:
    """Return the table of lights for a figure that is not met and not yet due, and its name."""
    if measure.judged_by in {Pace.LINEAR, Pace.SCHEDULE}:
        return plan.lights.pace, "pace"
    return (plan.lights.due, "days") if measure.judged_by is Pace.DUE else (plan.lights.state, "state")


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


def _missing(plan: Plan, measure: Measure, figure: Figure | None, day: dt.date) -> Period | None:
    """Return the latest period of which a figure had to be in by ``day`` and is not."""
    due_days = plan.rhythm.report_due_days[measure.report]
    wanted = periods.last_closed(day, measure.report, due_days=due_days)
    while wanted.end > plan.last_day:
        wanted = periods.containing(wanted.start - dt.timedelta(days=1), measure.report)
    if wanted.end < max(plan.first_day, measure.start or plan.first_day):
        return None
    return None if figure is not None and figure.period.end >= wanted.end else wanted


def _days_late(plan: Plan, missing: Period | None, day: dt.date) -> int:
    if missing is None:
        return 0
    return (day - missing.end).days - plan.rhythm.report_due_days[missing.frequency]


def _forecast(
    plan: Plan, measure: Measure, figure: Figure | None
) -> tuple[Decimal | None, Literal["run_rate", "hold", ""]]:
    """Return the value expected on the due date: run rate for what has a pace, the last value for levels and rates."""
    if figure is None or measure.judged_by is Pace.DUE:
        return None, ""
    if measure.judged_by is Pace.STATE:
        return figure.value, "hold"
    share = expected_share(plan, measure, figure.period.end)
    if share <= 0:
        return None, ""
    return round(figure.value / share, 4), "run_rate"


def _second_opinion(
    plan: Plan, measure: Measure, known: Known, computed: list[Figure]
) -> tuple[Decimal | None, Literal["map", "projects", ""]]:
    """Return what the map computes, or what the projects' own figures add up to, beside the reported value."""
    if computed:
        return computed[-1].value, "map"
    if isinstance(measure, Indicator) and measure.sum_of_projects:
        parts = [ledger_figures.latest(known.reported, f"{item.id}/investment") for item in plan.leaf_projects()]
        there = [item.value for item in parts if item is not None]
        if parts and len(there) == len(parts):
            return sum(there, Decimal(0)), "projects"
    return None, ""
