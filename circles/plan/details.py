"""The shape of each topic's ``detail``: what later readers rely on is required when a row is written or restored."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from circles.plan.chain import Topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Number = Annotated[str, Field(pattern=r"^-?\d{1,30}(\.\d{1,30})?(E[+-]?\d{1,2})?$")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Observation(_Shape):
    """A figure: the unit's own words on problems and measures, or the formula and the inputs of a computed one.

    ``internal`` is for the ledger's keepers: no paper shows it.
    """

    problem: str = ""
    internal: str = ""
    outlook: Literal["", "on_time", "hard", "cannot"] = ""
    progress: str = ""
    carried: str = ""
    formula: str = ""
    inputs: dict[str, str] = {}
    departments: dict[str, tuple[int, int, int]] = {}


class Action(_Shape):
    """One thing to put right, see :class:`circles.plan.meetings.Action`."""

    subject: str
    problem: str
    unit: str
    due: _Day
    closed: StrictBool = False


class Freeze(_Shape):
    """The yearly assessment, see :func:`circles.plan.scoring.read_assessment`."""

    rules: str
    base: _Number
    total: _Number
    scores: list[tuple[str, _Number, _Number, str, _Number | None]]


class Missing(_Shape):
    """An item that is followed until it is mended, see :mod:`circles.plan.missing`."""

    state: Literal["open", "assigned", "to_confirm", "closed", "excused"]
    township: str
    category: str
    rules: list[str]
    villages: list[str]
    people_short: float
    people_uncovered: float
    lead: str
    support: str


class Review(_Shape):
    """A step of 填报 → 审核 → 审定, see :mod:`circles.plan.review`: which rows of the ledger it is about."""

    step: Literal["submitted", "checked", "accepted", "returned"]
    rows: dict[str, int]
    submitted_by: str
    checked_by: str = ""


SHAPES: dict[Topic, type[_Shape]] = {Topic.OBSERVATION: Observation, Topic.ACTION: Action, Topic.FREEZE: Freeze, Topic.MISSING: Missing,
    Topic.REVIEW: Review, Topic.DRAFT: Observation,
}  # fmt: skip


def wrong(topic: Topic, detail: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the key and the value of everything in a detail that its topic's readers could not read."""
    shape = SHAPES.get(topic)
    if shape is None or (topic in {Topic.OBSERVATION, Topic.DRAFT} and not detail):
        return
    try:
        found = shape.model_validate(detail)
    except ValidationError as e:
        for item in e.errors():
            yield ".".join(map(str, item["loc"])), item["input"]
        return
    if isinstance(found, Action):
        try:
            dt.date.fromisoformat(found.due)
        except ValueError:
            yield "due", found.due
