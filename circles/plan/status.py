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
from circles.plan.indicators import Commitment, Indicator, Livelihood, Measure, Plan
from circles.plan.judging import Why, expected_share, judge
from circles.plan.rules import Kind, Light, Pace, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circles.plan.figures import AsOf, Figure, Known
    from circles.plan.ledger import Ledger
    from circles.plan.periods import Period
    from circles.plan.projects import Project, StepName

Group = Literal["indicator", "livelihood", "project", "commitment"]
ComputedFrom = Literal["map", "projects", "livelihood", "register", ""]
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Standing:
    """Where one measure stands.

    ``attainment_pct``, ``expected_pct`` and ``gap_points`` are percent and percentage points. ``gap_points`` is
    against the pace where there is one, else against the target; ``gap`` is the same in the figure's own unit.
    ``also`` are the other demands on the same figure (``same_as``): the strictest of all is the ``measure`` judged.
    ``why`` names the rule that gave the light.
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
    gap: Decimal | None = None
    also: tuple[Measure, ...] = ()
    days_late: int = 0
    days_left: int = 0
    days_overdue: int = 0
    report_overdue_days: int = 0
    missing_period: str = ""
    forecast: Decimal | None = None
    forecast_method: Literal["run_rate", "hold", ""] = ""
    computed: Decimal | None = None
    computed_from: ComputedFrom = ""
    sample: Decimal | None = None
    done_in: Period | None = None

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
    """Return where every measure stands, given the figures in force; demands on one figure are one line."""
    return [standing(plan, item, known) for item in plan.measures.values() if item.same_as is None]


def strictest(plan: Plan, measure: Measure) -> tuple[Measure, tuple[Measure, ...]]:
    """Return a measure with the strictest target among those on its figure, and the demands that repeat it."""
    also = tuple(item for item in plan.measures.values() if item.same_as == measure.id)
    demands = [item for item in (measure, *also) if item.target is not None]
    if not also or not demands or measure.better == "exact":
        return measure, also
    sign = -1 if measure.better == "lower" else 1
    hard = max(demands, key=lambda item: (sign * (item.target or Decimal(0)), item.is_strict, item is measure))
    dues = [item.due for item in demands if item.due is not None]
    changes = {"target": hard.target, "comparison": hard.comparison, "due": min(dues) if dues else None}
    return measure.model_copy(update=changes), also


def group_of(measure: Measure) -> Group:
    """Return which of the plan's lists a measure comes from."""
    if isinstance(measure, Indicator):
        return "indicator"
    if isinstance(measure, Livelihood):
        return "livelihood"
    return "commitment" if isinstance(measure, Commitment) else "project"


def standing(plan: Plan, measure: Measure, known: Known) -> Standing:
    """Return where one measure stands."""
    subject = measure.same_as or measure.id
    measure, also = strictest(plan, measure)
    day = known.as_of.day
    due = measure.due or plan.last_day
    reported = known.reported.get(subject, [])
    computed = known.computed.get(subject, [])
    series, basis = (reported, Basis.REPORTED) if reported else (computed, Basis.COMPUTED)
    figure = series[-1] if series else None
    second, second_from = _second_opinion(plan, measure, known, computed)
    missing = _missing(plan, measure, figure, day)
    verdict = judge(plan, measure, series, missing, day)
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
        gap=verdict.gap,
        also=also,
        days_late=verdict.days_late,
        days_left=max(0, (due - day).days),
        days_overdue=max(0, (day - due).days) if verdict.why == "overdue" else 0,
        report_overdue_days=_days_late(plan, missing, day),
        missing_period="" if missing is None else missing.text,
        forecast=forecast,
        forecast_method=method,
        computed=second,
        computed_from=second_from,
        sample=_sample(measure, figure, known),
        done_in=next((item.period for item in series if item.value > 0), None) if measure.kind is Kind.DONE else None,
    )  # fmt: skip


def _sample(measure: Measure, figure: Figure | None, known: Known) -> Decimal | None:
    """Return the size of the sample that a survey's figure rests on, of the same period."""
    name = measure.sample if isinstance(measure, Commitment) else None
    sizes = known.reported.get(name, []) if name and figure is not None else []
    return next((item.value for item in sizes if figure is not None and item.period == figure.period), None)


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
    value = round(figure.value / share, 4)
    return (min(value, measure.range[1]) if measure.range else value), "run_rate"


@dataclass(frozen=True)
class StepStanding:
    """A step of a project: the period it was planned for, the one it was reported done in, and whether it is late."""

    step: StepName
    planned: str | None
    actual: str | None
    is_late: bool


@dataclass(frozen=True)
class ProjectStanding:
    """A project with the worst light of its parts (its own figures and its sub-projects'), counted once."""

    project: Project
    light: Light
    parts: tuple[Standing, ...]
    children: tuple[ProjectStanding, ...] = ()
    steps: tuple[StepStanding, ...] = ()


def project_standings(plan: Plan, items: Sequence[Standing]) -> list[ProjectStanding]:
    """Return the plan's projects, sub-projects within their packages, each with the worst light of its parts."""
    return [_project(plan, project, items) for project in plan.projects if project.part_of is None]


def _step(project: Project, step: StepName, items: Sequence[Standing]) -> StepStanding:
    """Return where a step stands: late if it was done after its planned period, or is not done and that is over."""
    planned = project.planned[step]
    item = next((item for item in items if item.measure.id == f"{project.id}/{step}"), None)
    actual = None if item is None or item.done_in is None else item.done_in.text
    if item is None or planned is None:
        return StepStanding(step, planned, actual, is_late=False)
    ended = item.as_of if item.done_in is None else item.done_in.end
    return StepStanding(step, planned, actual, is_late=ended > periods.parse(planned).end)


def _project(plan: Plan, project: Project, items: Sequence[Standing]) -> ProjectStanding:
    parts = tuple(item for item in items if item.measure.id.partition("/")[0] == project.id and item.group == "project")
    children = tuple(_project(plan, child, items) for child in plan.projects if child.part_of == project.id)
    light = worst([*(i.light for i in parts), *(c.light for c in children)])
    steps = () if children else tuple(_step(project, step, parts) for step in project.planned)
    return ProjectStanding(project, light, parts, children, steps)


def _second_opinion(
    plan: Plan, measure: Measure, known: Known, computed: list[Figure]
) -> tuple[Decimal | None, ComputedFrom]:
    """Return what the map computes, or what the projects' own figures add up to, beside the reported value."""
    if computed:
        sources: dict[str | None, ComputedFrom] = {plan.counted_id: "livelihood", plan.register_id: "register"}
        return computed[-1].value, sources.get(measure.id, "map")
    if isinstance(measure, Indicator) and measure.sum_of_projects:
        parts = [ledger_figures.latest(known.reported, f"{item.id}/investment") for item in plan.leaf_projects()]
        there = [item.value for item in parts if item is not None]
        if parts and len(there) == len(parts):
            return sum(there, Decimal(0)), "projects"
    return None, ""
