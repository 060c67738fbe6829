"""The plan as data: indicators, projects, commitments, and the rules by which they are judged.

Every number is a :class:`~decimal.Decimal`, read from the text of the file: 0.33 + 0.48 + 0.057 is 0.867 here and is
therefore not more than 0.867, which binary fractions get wrong.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from circles.foundation import words
from circles.plan import periods
from circles.plan.periods import Frequency
from circles.plan.projects import Id, Project, StepName
from circles.plan.rules import Checks, Frozen, Kind, Lights, Pace, RateBasis, Rhythm, Scoring, Step, Text

Comparison = Literal[">", ">=", "<", "<=", "="]
Better = Literal["higher", "lower", "exact"]
_STEPS: dict[StepName, str] = {"prepare": "前期", "start": "开工", "top": "封顶", "finish": "完工", "use": "投入使用"}
_RARE = {"prepare", "top"}
"""Steps that are asked for by quarter unless they have a planned date."""


def _formulas() -> tuple[str, ...]:
    """Return the ids of the formulas, as their words have them."""
    return tuple(key for key in words.catalogue("formulas") if not key.startswith("why_"))


class Computed(Frozen):
    """How the map computes the figure; the formulas are in :mod:`circles.plan.computed`."""

    formula: str = Field(json_schema_extra={"enum": list(_formulas())})  # for editors
    category: str | None = None

    @field_validator("formula")
    @classmethod
    def _known_formula(cls, value: str) -> str:
        valid = sorted(_formulas())
        if value not in valid:
            raise ValueError(", ".join(valid))
        return value


class Measure(Frozen):
    """What can be reported: an indicator, a commitment, or a project's investment or milestone.

    ``target`` None means only monitored (只监测). ``due`` None means the end of the plan's year. ``start`` is the
    first day of the pace. ``same_as`` names the measure whose figures are also this one's. ``basis`` says how a rate is
    judged. ``issued_by`` names the province's or city's office that issues the figure: until it does, the state is
    待发布 and no unit owes it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*(/[a-z]+)?$", max_length=100)]
    field: Text
    name: Text
    unit: Annotated[str, Field(max_length=20)]
    comparison: Comparison | None = None
    target: Decimal | None = None
    kind: Kind
    better: Better
    lead: Text
    source: Text
    due: dt.date | None = None
    start: dt.date | None = None
    report: Frequency = Frequency.MONTH
    pace: Pace | None = None
    schedule: tuple[Step, ...] = ()
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    range: tuple[Decimal, Decimal] | None = None
    computed: Computed | None = None
    same_as: str | None = None
    weight: Annotated[Decimal, Field(ge=0)] = Decimal(1)
    basis: RateBasis | None = None
    issued_by: Annotated[str, Field(max_length=40)] = ""
    note: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.target is None) != (self.comparison is None):
            raise ValueError("target and comparison belong together")
        if self.better == "higher" and self.comparison in {"<", "<="}:
            raise ValueError("a higher-is-better figure has > or >=")
        if self.better == "lower" and self.comparison in {">", ">="}:
            raise ValueError("a lower-is-better figure has < or <=")
        if (self.pace is Pace.SCHEDULE) != bool(self.schedule):
            raise ValueError('pace = "schedule" and a schedule belong together')
        if [step.by for step in self.schedule] != sorted({step.by for step in self.schedule}):
            raise ValueError("the schedule's dates rise")
        if self.basis is not None and self.kind is not Kind.RATE:
            raise ValueError("only a rate has a basis")
        grows = self.grows
        if not grows and self.pace in {Pace.LINEAR, Pace.SCHEDULE}:
            raise ValueError(
                "only what grows over the year (cumulative, or a rate with basis 累计推进) has a linear pace or a schedule"
            )
        if self.range and self.range[0] > self.range[1]:
            raise ValueError("the range runs from low to high")
        return self

    @property
    def grows(self) -> bool:
        """Return whether the figure grows over the year towards its target."""
        return self.better == "higher" and (self.kind is Kind.CUMULATIVE or self.basis is RateBasis.PROGRESS)

    @property
    def is_strict(self) -> bool:
        """Return whether the target itself does not satisfy it."""
        return self.comparison in {">", "<"}

    @property
    def judged_by(self) -> Pace:
        """Return how the figure is judged before it is due: its own ``pace``, else the one of its kind."""
        if self.pace is not None:
            return self.pace
        if self.grows:
            return Pace.LINEAR
        return Pace.DUE if self.kind is Kind.DONE else Pace.STATE

    def meets(self, value: Decimal) -> bool:
        """Return whether ``value`` satisfies the target; ``>`` and ``<`` are strict."""
        if self.target is None:
            return False
        return {
            ">": value > self.target,
            ">=": value >= self.target,
            "<": value < self.target,
            "<=": value <= self.target,
            "=": value == self.target,
        }[self.comparison or "="]

    def attainment(self, value: Decimal) -> Decimal | None:
        """Return the attainment in percent.

        Higher is better: value / target. Lower is better: 2 − value / target, so that the target gives 100 and twice
        the target 0. Exact: 1 − |value − target| / |target|. Never below 0. A target of 0 gives 100 or 0.
        """
        if self.target is None:
            return None
        if self.target == 0:
            good = value == 0 or (self.better == "lower" and value < 0) or (self.better == "higher" and value > 0)
            return Decimal(100 if good else 0)
        ratio = value / self.target
        if self.better == "lower":
            ratio = 2 - ratio
        elif self.better == "exact":
            ratio = 1 - abs(value - self.target) / abs(self.target)
        return max(Decimal(0), 100 * ratio)


class Indicator(Measure):
    """One row of the plan's table; a double target is two entries with the same ``no`` and a ``part``."""

    no: Annotated[int, Field(ge=1)]
    part: Annotated[str, Field(pattern=r"^[a-z]?$")] = ""
    part_name: str = ""
    sum_of_projects: bool = False
    share_of_livelihood: bool = False

    @property
    def label(self) -> str:
        """Return the name as it is printed: with the part in brackets where there is one."""
        return f"{self.name}（{self.part_name}）" if self.part_name else self.name


class Commitment(Measure):
    """One number, or one checkable demand without a number, in the plan's text; reported by quarter unless it says so.

    ``sample`` names the measure that is the size of the sample a survey's figure rests on; ``from_register`` says that the
    register of facilities gives the figure (:mod:`circles.plan.resources`).
    """

    report: Frequency = Frequency.QUARTER
    section: Text
    quote: Text
    baseline: Decimal | None = None
    responsible: str | None = None
    implied: bool = False
    sample: str | None = None
    from_register: bool = False


class Livelihood(Measure):
    """``[[livelihood]]``: one 民生实事 of the year; indicator 1 is the share of them that is done."""

    field: Text = "民生实事"
    unit: Annotated[str, Field(max_length=20)] = ""
    comparison: Comparison | None = ">="
    target: Decimal | None = Decimal(1)
    kind: Kind = Kind.DONE
    better: Better = "higher"


class Task(Frozen):
    """``[[tasks]]``: one numbered task of the document; its commitments bear its section."""

    section: Text
    title: Text


class Head(Frozen):
    """``[plan]``: what the plan is."""

    id: Id
    title: Text
    document: str = ""
    issued_on: dt.date | None = None
    county: Text
    office: str = ""
    year: Annotated[int, Field(ge=2000, le=2100)]
    fields: tuple[Text, ...]
    projects_count: int | None = None
    projects_continued: int | None = None
    projects_new: int | None = None
    total_investment: Decimal | None = None
    investment: Decimal | None = None


class Unit(Frozen):
    """``[[units]]``: one that owes figures."""

    name: Text


RoleName = Literal["reporter", "head", "office"]


class Role(Frozen):
    """``[[roles]]``: what a person may do: ``reporter`` 填报人, ``head`` 单位负责人, ``office`` 专班办公室."""

    person: Annotated[str, Field(min_length=1, max_length=60)]
    unit: Text
    role: RoleName


class Note(Frozen):
    """``[[notes]]``: a place where the plan disagrees with itself or lacks a baseline, denominator or definition."""

    id: Id
    kind: Literal["disagreement", "no_baseline", "no_denominator", "no_definition", "unclear"]
    about: tuple[str, ...]
    text: Text


class Plan(Frozen):
    """The whole plan file."""

    plan: Head
    rhythm: Rhythm
    lights: Lights
    checks: Checks
    scoring: Scoring
    units: tuple[Unit, ...]
    roles: tuple[Role, ...] = ()
    indicators: tuple[Indicator, ...]
    livelihood: tuple[Livelihood, ...] = ()
    projects: tuple[Project, ...] = ()
    tasks: tuple[Task, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    notes: tuple[Note, ...] = ()

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Return everything that can be reported, by id: indicators, 民生实事, project measures, commitments."""
        found: dict[str, Measure] = {}
        for measure in (*self.indicators, *self.livelihood, *project_measures(self), *self.commitments):
            found.setdefault(measure.id, measure)
        return found

    @property
    def register_id(self) -> str | None:
        """Return the commitment that the register of facilities fills; None where the plan has none."""
        return next((item.id for item in self.commitments if item.from_register), None)

    @property
    def first_day(self) -> dt.date:
        """Return the first day of the plan's year."""
        return dt.date(self.plan.year, 1, 1)

    @property
    def last_day(self) -> dt.date:
        """Return the last day of the plan's year."""
        return dt.date(self.plan.year, 12, 31)

    def reported_by(self, unit: str) -> list[Measure]:
        """Return what ``unit`` reports, in the plan's order; what repeats others or is counted from them is left out."""
        return [
            item
            for item in self.measures.values()
            if item.lead == unit and item.same_as is None and item.id not in {self.counted_id, self.register_id}
        ]

    @property
    def counted_id(self) -> str | None:
        """Return the indicator that is counted from the 民生实事 (done ÷ all); None where the plan lists none."""
        found = [item.id for item in self.indicators if item.share_of_livelihood]
        return found[0] if found and self.livelihood else None

    def leaf_projects(self) -> list[Project]:
        """Return the projects without sub-projects: those that are invested in."""
        parents = {item.part_of for item in self.projects}
        return [item for item in self.projects if item.id not in parents]


def project_measures(plan: Plan) -> list[Measure]:
    """Return the measures of each project without sub-projects: its investment and its five steps.

    The investment's pace runs from the start quarter to the finish, or over the year. 完成投资 is counted by the work
    done, so a project that is finished has completed its investment. A milestone without a planned date is only
    monitored.
    """
    return [measure for project in plan.leaf_projects() for measure in (_investment(project), *_milestones(project))]


def _investment(project: Project) -> Measure:
    return Measure(
        id=f"{project.id}/investment",
        name=f"{project.name}：年度完成投资",
        field=project.field,
        lead=project.lead,
        source=project.source,
        unit="亿元",
        comparison=">=",
        target=project.investment,
        kind=Kind.CUMULATIVE,
        better="higher",
        range=(Decimal(0), 10 * project.investment + 1),
        start=periods.parse(project.start).start if project.start else None,
        due=periods.parse(project.finish).end if project.finish else None,
    )


def _milestones(project: Project) -> list[Measure]:
    return [
        Measure(
            id=f"{project.id}/{step}",
            name=f"{project.name}：{_STEPS[step]}",
            field=project.field,
            lead=project.lead,
            source=project.source,
            unit="",
            comparison=">=" if when else None,
            target=Decimal(1) if when else None,
            kind=Kind.DONE,
            better="higher",
            due=periods.parse(when).end if when else None,
            report=Frequency.QUARTER if step in _RARE and not when else Frequency.MONTH,
        )
        for step, when in project.planned.items()
    ]
