"""A project of the plan: its investment, its five steps with their planned dates, and its goals by quarter in words."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from circles.plan import periods
from circles.plan.periods import Frequency
from circles.plan.rules import Frozen, Text

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
StepName = Literal["prepare", "start", "top", "finish", "use"]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""前期 · 开工 · 封顶 · 完工 · 投用, in this order."""


class ProjectStep(Frozen):
    """``[[projects.steps]]``: one step and the period by whose end it is planned; none where nobody has said."""

    step: StepName
    planned: str | None = None

    @field_validator("planned")
    @classmethod
    def _a_period(cls, value: str | None) -> str | None:
        if value is not None:
            periods.parse(value)
        return value


class Project(Frozen):
    """A project and its planned investment in the plan's year, in 亿元.

    ``start``, ``finish`` and ``use`` are short for a step each. ``goals`` maps a quarter (``2024-Q2``) to what is to be
    reached by its end, in words.
    """

    id: Id
    name: Text
    field: Text
    investment: Annotated[Decimal, Field(ge=0)]
    investment_year: int
    total: Decimal | None = None
    kind: Literal["continued", "new", "unknown"]
    start: str | None = None
    finish: str | None = None
    use: str | None = None
    steps: tuple[ProjectStep, ...] = ()
    goals: Annotated[dict[str, Text], Field(default_factory=dict)]
    part_of: str | None = None
    lead: Text
    source: Text

    @model_validator(mode="before")
    @classmethod
    def _investment_of_a_year(cls, data: Any) -> Any:
        """Read ``investment_2024 = 0.33`` as the investment and its year."""
        if not isinstance(data, dict) or "investment_year" in data:
            return data
        named = [key for key in data if re.fullmatch(r"investment_\d{4}", key)]
        if len(named) != 1:
            raise ValueError("exactly one key investment_<year>")
        rest = {key: value for key, value in data.items() if key != named[0]}
        return rest | {"investment": data[named[0]], "investment_year": int(named[0][-4:])}

    @field_validator("start", "finish", "use")
    @classmethod
    def _a_period(cls, value: str | None) -> str | None:
        if value is not None:
            periods.parse(value)
        return value

    @field_validator("goals")
    @classmethod
    def _quarters(cls, value: dict[str, str]) -> dict[str, str]:
        if any(periods.parse(name).frequency is not Frequency.QUARTER for name in value):
            raise ValueError("goals are by quarter: 2024-Q2")
        return value

    @model_validator(mode="after")
    def _steps_agree(self) -> Self:
        names = [item.step for item in self.steps]
        if len(set(names)) != len(names):
            raise ValueError("each step once")
        short = {"start": self.start, "finish": self.finish, "use": self.use}
        if any(short.get(item.step) not in {None, item.planned} for item in self.steps):
            raise ValueError("a step has one planned date")
        ends = [periods.parse(when).end for when in self.planned.values() if when]
        if ends != sorted(ends):
            raise ValueError("the planned dates rise from step to step")
        return self

    @property
    def planned(self) -> dict[StepName, str | None]:
        """Return the planned period of each of the five steps, in order; None where there is none."""
        listed = {item.step: item.planned for item in self.steps}
        short: dict[StepName, str | None] = {"start": self.start, "finish": self.finish, "use": self.use}
        return {step: listed.get(step) or short.get(step) for step in STEPS}
