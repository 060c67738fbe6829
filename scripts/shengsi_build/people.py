"""How many people live where: the county's total spread over townships, census units, villages and points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shengsi_build.facts import Facts, Place, Row, to_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTER_EXTRA = 0.05
"""Share of people of 60 and older: so much more on the outer islands than in the county (method of the README)."""
EMPTIED_UNITS = frozenset({"小洋"})
"""Census units of 2000 in which nobody lives now."""


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole numbers in proportion to ``weights`` that add up to ``total`` (largest remainder, ties by order)."""
    whole = math.fsum(weights)
    if whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [math.floor(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: (-round(exact[i] - parts[i], 9), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def spread(total: int, weights: Sequence[float], limits: Sequence[int]) -> list[int]:
    """Return whole numbers that add up to ``total`` along the running sum of ``weights``, none above its limit.

    Rounding the running sum leaves no cluster of equal fractions rounded alike; what a limit cuts off goes to the
    first points with room.
    """
    whole = math.fsum(weights)
    running, given, parts = 0.0, 0, []
    for weight, limit in zip(weights, limits, strict=True):
        running += weight
        due = math.floor(total * running / whole + 0.5) - given
        parts.append(max(0, min(limit, due)))
        given += parts[-1]
    for i, limit in enumerate(limits):
        more = min(limit - parts[i], total - given)
        parts[i] += more
        given += more
    return parts


def unit_people(facts: Facts) -> dict[str, int]:
    """Return residents by census unit: each township's figure shared by its units' people of 2000."""
    result: dict[str, int] = {}
    for township in facts.townships:
        units = [u for u in facts.units if u["township_code"] == township["code"]]
        weights = [0.0 if u["unit"] in EMPTIED_UNITS else float(u["population"]) for u in units]
        shares = apportion(int(township["population"]), weights)
        result.update({unit["unit"]: share for unit, share in zip(units, shares, strict=True)})
    return result


def village_people(facts: Facts) -> dict[str, int]:
    """Return residents by village code: each unit's people shared by the assumed weights of its villages."""
    result: dict[str, int] = {}
    for unit, people in unit_people(facts).items():
        rows = [row for row in facts.weights if row["unit"] == unit]
        shares = apportion(people, [float(row["weight"]) for row in rows])
        result.update({row["village_code"]: share for row, share in zip(rows, shares, strict=True)})
    return result


def places(facts: Facts) -> list[Place]:
    """Return every settlement with its residents, villages in file order, a hamlet right after its village."""
    people = village_people(facts)
    weights = {row["village_code"]: row for row in facts.weights}
    result: list[Place] = []
    for village in facts.villages:
        row = weights[village["code"]]
        hamlet = round(people[village["code"]] * float(row["hamlet_share"] or 0))
        result.append(_place(village, row, people[village["code"]] - hamlet))
        if hamlet:
            result.append(_hamlet(facts, village, row, hamlet))
    return result


def _place(village: Row, weight: Row, people: int) -> Place:
    x, y = to_metres(float(village["lon"]), float(village["lat"]))
    return Place(
        code=village["code"],
        name=village["name"],
        township_code=village["township_code"],
        island=village["island"],
        x=x,
        y=y,
        accuracy_m=float(village["position_accuracy_m"]),
        people=people,
        is_outer=weight["outer"] == "1",
        is_inland=weight["settled_inland"] == "1",
    )


def _hamlet(facts: Facts, village: Row, weight: Row, people: int) -> Place:
    has_point = bool(weight["hamlet_lon"])
    centre = facts.island(weight["hamlet_island"]).representative_point()
    x, y = to_metres(float(weight["hamlet_lon"]), float(weight["hamlet_lat"])) if has_point else (centre.x, centre.y)
    return Place(
        code=village["code"],
        name=village["name"],
        township_code=village["township_code"],
        island=weight["hamlet_island"],
        x=round(x, 2),
        y=round(y, 2),
        accuracy_m=300.0 if has_point else 5000.0,
        people=people,
        is_outer=weight["outer"] == "1",
        is_inland=False,
        is_hamlet=True,
    )


def elder_shares(facts: Facts, settlements: Sequence[Place]) -> tuple[float, float]:
    """Return the shares of 60+ on the outer islands and on the others, so that the county's number is kept."""
    everyone = sum(p.people for p in settlements)
    outer = sum(p.people for p in settlements if p.is_outer)
    elders = facts.totals["age_60_plus"]
    outer_share = elders / everyone + OUTER_EXTRA
    return outer_share, (elders - outer_share * outer) / (everyone - outer)
