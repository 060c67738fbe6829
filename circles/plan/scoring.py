"""The yearly assessment (年考核): points per indicator by the rules written in the plan file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from circles.plan.rules import NOT_JUDGED, Light

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from circles.plan.indicators import Plan
    from circles.plan.status import Standing


@dataclass(frozen=True)
class Score:
    """Points of one indicator, out of its weight, and the figure and light that they stand on."""

    id: str
    weight: Decimal
    points: Decimal
    light: str
    value: Decimal | None


@dataclass(frozen=True)
class Assessment:
    """All scores, and their sum out of the plan's ``base``."""

    rules: str
    base: Decimal
    total: Decimal
    scores: tuple[Score, ...]

    def as_mapping(self) -> dict[str, Any]:
        """Return it as the ledger keeps it: numbers as text."""
        return {
            "rules": self.rules,
            "base": str(self.base),
            "total": str(self.total),
            "scores": [
                [
                    item.id,
                    str(item.weight),
                    str(item.points),
                    item.light,
                    None if item.value is None else str(item.value),
                ]
                for item in self.scores
            ],
        }


def assess(plan: Plan, standings: Sequence[Standing]) -> Assessment:
    """Return the assessment of the plan's indicators.

    Met: the weight × ``met``. Not reported: the weight × ``unreported``. Else the weight × attainment, at most
    ``unmet_cap``. For each full 30 days overdue ``overdue_per_30_days`` of the weight is taken off, at most
    ``overdue_cap``, never below 0. Indicators without a target are left out.
    """
    scores = tuple(
        _score(plan, item) for item in standings if item.group == "indicator" and item.measure.target is not None
    )
    weights = sum((item.weight for item in scores), Decimal(0))
    points = sum((item.points for item in scores), Decimal(0))
    total = round(plan.scoring.base * points / weights, 2) if weights else Decimal(0)
    return Assessment(plan.scoring.version, plan.scoring.base, total, scores)


def _score(plan: Plan, item: Standing) -> Score:
    rules, weight = plan.scoring, item.measure.weight
    if item.light is Light.UNREPORTED or item.light in NOT_JUDGED:
        share = rules.unreported
    elif item.met:
        share = rules.met
    else:
        share = min(rules.unmet_cap, (item.attainment_pct or Decimal(0)) / 100)
        share -= min(rules.overdue_cap, rules.overdue_per_30_days * (item.days_overdue // 30))
    points = round(weight * max(Decimal(0), share), 4)
    return Score(item.measure.id, weight, points, str(item.light), item.value)


def read_assessment(detail: Mapping[str, Any]) -> Assessment:
    """Return a frozen assessment from the ledger."""
    scores = tuple(
        Score(name, Decimal(weight), Decimal(points), light, None if value is None else Decimal(value))
        for name, weight, points, light, value in detail["scores"]
    )
    return Assessment(detail["rules"], Decimal(detail["base"]), Decimal(detail["total"]), scores)
