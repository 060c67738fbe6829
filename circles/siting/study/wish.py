"""What is asked for: how many new facilities, for whom, measured how, under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from circles.analysis.coverage import groups
from circles.area import Area
from circles.foundation import nearest_word
from circles.foundation.errors import Finding, error
from circles.inputs.loading import Inputs

__all__ = ["PLACES", "Objective", "Wish", "doubts"]

CORNERS, PLACES = "corners", "places"
DIFFERENT_CORNERS_M = 300.0
"""Street corners nearer to each other than this walk are one place to a council."""


class Objective(StrEnum):
    """What is best: most people within the limit, all within it, the least mean walk, the least worst walk."""

    COVER = "cover"
    ALL = "all"
    MEAN = "mean"
    WORST = "worst"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """So many new facilities of a category, and what makes a choice of places good or impossible.

    Attributes
    ----------
    category : category id
    add : how many new ones, exactly; None leaves the number to ``budget``, or to ``Objective.ALL``, which otherwise
        takes it as the most there may be
    objective : see `Objective`
    group : whose people count, ``population`` or a group column of residents
    candidates : ``corners`` (street corners), ``places`` (villages and buildings of other services) or a table of
        one's own
    spacing_m : least distance between street corners that are candidates
    only_in_gaps : only candidates from which no counted facility of the category is within the limit
    budget, costs : the most that all new ones may cost together; what one costs, one number for all, or by candidate
        id (a table ``id, cost``), on top of a column ``cost`` of the candidates' own table
    per_island, per_township : at least one, existing ones included, on each island or in each township where people
        of the group live
    forbid, must : ids of candidates that must not, or must, be chosen; ``must`` may name existing ones to keep
    min_distance_m : least distance along streets between two new ones, in metres
    closable : how many of the existing ones may move: each is closed and one more new one opens instead
    capacity : places of each new one (a column ``capacity`` of the candidates' own table wins); nobody is served
        beyond capacity then, neither by new ones nor by existing ones
    combine_with, combine_group : another category that shares each new building, and whose people count for it
    time_limit_s : seconds of solving, after which the best answer so far is given with its gap
    alternatives, within, differ_m : how many answers to give, how much worse than the best they may be (share), and
        how far, walked, a place must be from those of an answer before to be a different one (None: 300 m for street
        corners, else 0); each answer has at least one different place
    """

    category: str
    add: int | None = None
    objective: Objective = Objective.COVER
    group: str = "population"
    candidates: str | Path = CORNERS
    spacing_m: float = 100.0
    only_in_gaps: bool = False
    budget: float | None = None
    costs: float | Path | Mapping[str, float] | None = None
    per_island: bool = False
    per_township: bool = False
    forbid: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    min_distance_m: float | None = None
    closable: int = 0
    capacity: float | None = None
    combine_with: str | None = None
    combine_group: str = "population"
    time_limit_s: float = 60.0
    alternatives: int = 5
    within: float = 0.02
    differ_m: float | None = None

    @property
    def different_m(self) -> float:
        """Return how far apart different places are."""
        if self.differ_m is not None:
            return self.differ_m
        return DIFFERENT_CORNERS_M if self.candidates == CORNERS else 0.0

    @property
    def has_capacity(self) -> bool:
        """Whether capacities count."""
        return self.capacity is not None

    @property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """Return the categories of a new building with the group that counts for each."""
        own = (self.category, self.group)
        return (own,) if self.combine_with is None else (own, (self.combine_with, self.combine_group))


def doubts(wish: Wish, area: Area) -> list[Finding]:
    """Return everything that is wrong with a wish before any file is read."""
    found = []
    valid = [c.id for c in area.categories]
    shown = ", ".join(f"{c.id}（{c.name}）" for c in area.categories)
    for category, _ in wish.categories:
        if category not in valid:
            found.append(error("site-category", value=category, valid=shown, near=nearest_word.near(category, valid)))
    if wish.combine_with == wish.category:
        found.append(error("site-combine-itself", value=wish.category))
    if wish.add is None and wish.budget is None and wish.objective is not Objective.ALL:
        found.append(error("site-how-many"))
    found += _bad_numbers(wish)
    if wish.has_capacity and wish.objective not in (Objective.COVER, Objective.MEAN):
        found.append(error("site-capacity-objective", value=wish.objective))
    if wish.combine_with is not None and (wish.objective is not Objective.COVER or wish.has_capacity or wish.closable):
        found.append(error("site-combine-only-cover"))
    both = sorted({*wish.forbid} & {*wish.must})
    found += [error("site-forbid-and-must", value=name) for name in both]
    return found


def group_doubts(wish: Wish, inputs: Inputs) -> list[Finding]:
    """Return an error for each group that is no column of the residents."""
    valid = groups(inputs.residents)
    return [
        error("site-group", value=group, valid=", ".join(valid), near=nearest_word.near(group, valid))
        for _, group in wish.categories
        if group not in valid
    ]


def _bad_numbers(wish: Wish) -> list[Finding]:
    price = wish.costs if isinstance(wish.costs, int | float) else None
    least = {
        "add": (wish.add, 1), "spacing-m": (wish.spacing_m, 0), "budget": (wish.budget, 0), "costs": (price, 0),
        "min-distance-m": (wish.min_distance_m, 0), "closable": (wish.closable, 0), "alternatives": (wish.alternatives, 1),
        "within": (wish.within, 0), "differ-m": (wish.differ_m, 0),
    }  # fmt: skip
    found = [
        error("site-number", name=name, value=value, least=low)
        for name, (value, low) in least.items()
        if value is not None and not low <= value < float("inf")
    ]
    for name, value in (("time-limit-s", wish.time_limit_s), ("capacity", wish.capacity)):
        if value is not None and not 0 < value < float("inf"):
            found.append(error("site-number-positive", name=name, value=value))
    return found
