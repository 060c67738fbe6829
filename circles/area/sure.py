"""``[sure]``: what is doubtful about an area's inputs, and by how much (contract, section 7)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from circles.area.base import Frozen, Text, error

Share = Annotated[float, Field(ge=0, le=1)]
Metres = Annotated[float, Field(ge=0, le=50_000)]
MOST_DRAWS = 100_000
"""More runs than this are a slip of the keyboard."""


class Source(StrEnum):
    """The sources of doubt, as ``leave_out`` and the columns ``decides`` and ``source`` of the tables name them."""

    SPEED = "speed"
    SNAP = "snap"
    POSITIONS = "positions"
    PEOPLE = "people"
    PATHS = "paths"
    HEIGHTS = "heights"
    HOURS = "hours"


class Spread(Frozen):
    """A distribution with bounds, and where it comes from: ``{distribution = "normal", least = 0.7, most = 1.3, sd = 0.1}``."""

    distribution: Literal["uniform", "triangular", "normal"] = "uniform"
    least: float | None = None
    most: float | None = None
    middle: float | None = None
    sd: float | None = Field(None, gt=0)
    source: str = ""

    @model_validator(mode="after")
    def _bounded(self) -> Spread:
        if self.least is None or self.most is None:
            raise error("sure-no-bounds")
        if not self.least <= self.most or not self.least <= self.centre <= self.most:
            raise error("sure-bounds-crossed", least=self.least, most=self.most, middle=self.centre)
        if self.distribution == "normal" and self.sd is None:
            raise error("sure-no-sd")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the most, which every spread that was read has."""
        return float(self.least or 0.0), float(self.most or 0.0)

    @property
    def centre(self) -> float:
        """Return the middle: as given, else halfway between the bounds."""
        return sum(self.bounds) / 2.0 if self.middle is None else self.middle


class Factor(Spread):
    """A spread of a factor, above zero."""

    @model_validator(mode="after")
    def _positive(self) -> Factor:
        if self.bounds[0] <= 0:
            raise error("sure-not-positive", value=self.bounds[0])
        return self


class Distance(Spread):
    """A spread of a distance in metres, zero or more."""

    @model_validator(mode="after")
    def _not_negative(self) -> Distance:
        if self.bounds[0] < 0:
            raise error("sure-not-positive", value=self.bounds[0])
        return self


class SurePositions(Frozen):
    """``[sure.positions]``: how far a facility may stand from where it is drawn, where its table does not say."""

    accuracy_m: dict[Text, Metres] = Field(
        default_factory=dict, description="word of the column position (exact, surveyed, approximate …) -> metres"
    )
    source: str = ""


class SurePaths(Frozen):
    """``[sure.paths]``: which lines may not exist, and whether near misses are junctions."""

    present: dict[Text, Share] = Field(
        default_factory=lambda: {"modelled": 0.99},
        description="word of the column confidence, else source -> probability that such a line exists",
    )
    near_misses_joined: Share = Field(
        0.5, description="probability that streets which nearly meet, or cross without a vertex, do meet"
    )
    source: str = ""


class SureHeights(Frozen):
    """``[sure.heights]``: an error of elevations that changes smoothly over the ground."""

    sd_m: float = Field(3.0, ge=0, le=100)
    correlation_m: float = Field(300.0, ge=30, le=50_000)
    source: str = ""


class SureHours(Frozen):
    """``[sure.hours]``: places whose hours are not known."""

    unknown_open: Share = 0.5
    source: str = ""


class Sure(Frozen):
    """``[sure]``: the doubts that are drawn together, and the words of what comes out."""

    seed: int = Field(1, ge=0, le=2**31)
    high: Share = Field(0.95, description="可信度 高 from here")
    fair: Share = Field(0.80, description="可信度 较高 from here; 待核实 below")
    leave_out: tuple[Source, ...] = Field((), description="sources of doubt that are not drawn")
    speed: Factor = Factor(distribution="normal", least=0.7, most=1.3, middle=1.0, sd=0.1, source="docs/verdicts.md")
    speeds: dict[str, Factor] = Field(default_factory=dict, description="walker -> a factor of its own")
    snap_m: Distance | None = Field(
        None, description="longest leg; half to one and a half of walk.snap_max_m if left out"
    )
    positions: SurePositions = SurePositions()
    people: Factor = Factor(distribution="normal", least=0.8, most=1.2, middle=1.0, sd=0.08, source="docs/verdicts.md")
    people_of: dict[str, Factor] = Field(default_factory=dict, description="village code -> a factor of its own")
    paths: SurePaths = SurePaths()
    heights: SureHeights = SureHeights()
    hours: SureHours = SureHours()

    @model_validator(mode="after")
    def _ordered(self) -> Sure:
        if self.fair > self.high:
            raise error("sure-words-crossed", fair=self.fair, high=self.high)
        return self
