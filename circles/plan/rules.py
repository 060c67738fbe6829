"""The rules of a plan: kinds of figures, the six lights, and the tables by which lights and scores are given."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from circles.plan.periods import Frequency

Text = Annotated[str, Field(min_length=1, max_length=500)]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class Kind(StrEnum):
    """What sort of figure it is; only ``cumulative`` has a pace."""

    LEVEL = "level"
    CUMULATIVE = "cumulative"
    RATE = "rate"
    DONE = "done"


class Pace(StrEnum):
    """How a figure is judged before it is due."""

    LINEAR = "linear"
    SCHEDULE = "schedule"
    DUE = "due"
    STATE = "state"


class Light(StrEnum):
    """The six states of a figure: 已完成 · 绿 · 黄 · 红 · 未报 · 不适用."""

    DONE = "done"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNREPORTED = "unreported"
    NOT_APPLICABLE = "not_applicable"


class Frozen(BaseModel):
    """What every part of a plan file is: frozen, and strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        """Refuse what no sheet, file name or terminal can hold: NUL, escapes, lone surrogates."""
        if isinstance(value, str) and any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in value if sign != "\n"):
            raise ValueError("control characters")
        return value


class Step(Frozen):
    """One point of a schedule: by the end of ``by``, ``share`` of the target; straight lines in between."""

    by: dt.date
    share: Share


class Rhythm(Frozen):
    """``[rhythm]``: within how many days after a period its figures are in."""

    report_due_days: dict[Frequency, Annotated[int, Field(ge=0, le=366)]]

    @field_validator("report_due_days")
    @classmethod
    def _all(cls, value: dict[Frequency, int]) -> dict[Frequency, int]:
        if set(value) != set(Frequency):
            raise ValueError("week, month, quarter and year")
        return value


class Band(Frozen):
    """One line of a table of lights: this light if every condition given holds."""

    light: Literal[Light.GREEN, Light.YELLOW, Light.RED]
    gap_at_least: Decimal | None = None
    days_left_at_least: int | None = None

    def holds(self, gap: Decimal | None, days_left: int) -> bool:
        """Return whether the band is the one for a gap in points and the days left."""
        if self.gap_at_least is not None and (gap is None or gap < self.gap_at_least):
            return False
        return self.days_left_at_least is None or days_left >= self.days_left_at_least


class Lights(Frozen):
    """``[lights]``: three tables, each read from the top, the first line that holds decides."""

    version: Text
    status: Literal["adopted", "proposed", "assumed"]
    source: str = ""
    pace: tuple[Band, ...]
    state: tuple[Band, ...]
    due: tuple[Band, ...]

    @field_validator("pace", "state", "due")
    @classmethod
    def _covers_everything(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        open_ended = [band.gap_at_least is None and band.days_left_at_least is None for band in bands]
        if not bands or not open_ended[-1] or any(open_ended[:-1]):
            raise ValueError("the last line, and only the last, has no condition")
        for key in ("gap_at_least", "days_left_at_least"):
            limits = [limit for band in bands if (limit := getattr(band, key)) is not None]
            if limits != sorted(limits, reverse=True) or len(set(limits)) != len(limits):
                raise ValueError(f"{key} falls from line to line, else a line is never reached")
        return bands


class Checks(Frozen):
    """``[checks]``: beyond which ratio a figure in a form is taken for a slip."""

    slip_ratio: Annotated[Decimal, Field(gt=1)]
    jump_ratio: Annotated[Decimal, Field(gt=1)]
    share_ratio: Annotated[Decimal, Field(gt=1)]


class Scoring(Frozen):
    """``[scoring]``: the rules of the yearly assessment."""

    version: Text
    status: Literal["adopted", "proposed", "assumed"]
    source: str = ""
    base: Annotated[Decimal, Field(gt=0)]
    met: Share
    unmet_cap: Share
    unreported: Share
    overdue_per_30_days: Share
    overdue_cap: Share
