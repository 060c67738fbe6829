"""The rules of a plan: kinds of figures, the six lights, and the tables by which lights and scores are given."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from circles.plan.periods import Frequency

if TYPE_CHECKING:
    from collections.abc import Iterable

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


class RateBasis(StrEnum):
    """How a rate is judged: 时点, now, or 累计推进, against the pace as a cumulative figure is."""

    POINT = "时点"
    PROGRESS = "累计推进"


class Outlook(StrEnum):
    """The unit's own word on whether the target will be met: 能按期 · 有困难 · 不能."""

    ON_TIME = "on_time"
    HARD = "hard"
    CANNOT = "cannot"


class Light(StrEnum):
    """The eight states of a figure: 仅监测 · 未到期 · 待发布 · 未报送 · 已完成 · 红 · 黄 · 绿. Each figure has one."""

    DONE = "done"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNREPORTED = "unreported"
    PENDING = "pending"
    NOT_DUE = "not_due"
    MONITORED = "monitored"


NOT_JUDGED = frozenset({Light.MONITORED, Light.NOT_DUE, Light.PENDING})
"""States in which nobody owes anything yet."""
WORST_FIRST = (
    Light.RED, Light.UNREPORTED, Light.YELLOW, Light.GREEN, Light.PENDING, Light.NOT_DUE, Light.DONE, Light.MONITORED,
)  # fmt: skip


def worst(lights: Iterable[Light]) -> Light:
    """Return the light of a package: the worst of its parts'."""
    found = set(lights)
    return next((light for light in WORST_FIRST if light in found), Light.MONITORED)


def light_of(text: str) -> Light:
    """Return a light by its code; ledgers frozen by earlier versions say ``not_applicable``."""
    return Light.NOT_DUE if text == "not_applicable" else Light(text)


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

    light: Literal[Light.GREEN, Light.YELLOW, Light.RED, Light.NOT_DUE]
    gap_at_least: Decimal | None = None
    days_left_at_least: int | None = None
    short_at_most: Decimal | None = None

    def holds(self, gap: Decimal | None, days_left: int, short: Decimal = Decimal(0)) -> bool:
        """Return whether the band is the one for a gap in points, the days left, and what is short in pieces."""
        if self.gap_at_least is not None and (gap is None or gap < self.gap_at_least):
            return False
        if self.short_at_most is not None and short > self.short_at_most:
            return False
        return self.days_left_at_least is None or days_left >= self.days_left_at_least


class Lights(Frozen):
    """``[lights]``: four tables, each read from the top, the first line that holds decides.

    ``count`` is for whole targets of at most ``count_target_at_most``, counted in pieces. Within ``last_days`` of its
    date what is not met is at least yellow.
    """

    version: Text
    status: Literal["adopted", "proposed", "assumed"]
    source: str = ""
    pace: tuple[Band, ...]
    state: tuple[Band, ...]
    due: tuple[Band, ...]
    count: tuple[Band, ...] = (
        Band(light=Light.GREEN, short_at_most=Decimal(0)), Band(light=Light.YELLOW, short_at_most=Decimal(1)),
        Band(light=Light.RED),
    )  # fmt: skip
    count_target_at_most: Annotated[int, Field(ge=0)] = 10
    last_days: Annotated[int, Field(ge=0)] = 60

    @field_validator("pace", "state", "due", "count")
    @classmethod
    def _covers_everything(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        open_ended = [
            band.gap_at_least is None and band.days_left_at_least is None and band.short_at_most is None
            for band in bands
        ]
        if not bands or not open_ended[-1] or any(open_ended[:-1]):
            raise ValueError("the last line, and only the last, has no condition")
        for key in ("gap_at_least", "days_left_at_least"):
            limits = [limit for band in bands if (limit := getattr(band, key)) is not None]
            if limits != sorted(limits, reverse=True) or len(set(limits)) != len(limits):
                raise ValueError(f"{key} falls from line to line, else a line is never reached")
        allowed = [limit for band in bands if (limit := band.short_at_most) is not None]
        if allowed != sorted(set(allowed)):
            raise ValueError("short_at_most rises from line to line, else a line is never reached")
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
