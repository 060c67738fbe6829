"""Coverage of each township and kind through the months, and each change taken apart so that the parts add up.

What is followed is the share of a group within a limit: those of the rule that judges the kind in that township, where
that is a plain share of people; else everyone, at the area's limit. From one month to the next

    value − value before = people + facility + position + street + parameter + other + rule

in shares. The causes are those of `circles.analysis.compare`, person by person, under the earlier rule; what people coming, going
or moving do to the denominator is theirs; ``rule`` is what another group or limit changes on the later month's own data.
A rule that only moves its threshold changes no share: ``line`` is the change of the threshold.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from circles.analysis.compare import State
from circles.analysis.compare.parts import Attribution, townships
from circles.analysis.compare.verdicts import worst
from circles.analysis.months.book import Month
from circles.foundation.schema.tables import ALL, NONE

CAUSES = ("facility", "position", "street", "people", "rule", "parameter", "other")
_OF_COMPARISON = {
    "facilities": "facility", "positions": "position", "network": "street", "residents": "people", "parameters": "parameter",
    "other": "other",
}  # fmt: skip
_EVERYONE = "population"
_PLAIN = ("profile", "when", "within", "by_class", "at_least", "exempt", "kinds_at_least")
"""Keys of a rule with which its value is no plain share at the kind's own walker."""


@dataclass(frozen=True)
class Asked:
    """What a township's share of a kind is measured by; ``has_own_limit``: the rule's limit, else the area's."""

    group: str
    limit_min: float
    threshold: float
    rule_id: str
    has_own_limit: bool = False


@dataclass(frozen=True)
class Step:
    """From the month before to this one, in shares; ``parts`` by cause add up to ``change``."""

    change: float
    parts: Mapping[str, float]
    line: float
    covered_change: float
    people_parts: Mapping[str, float]


@dataclass(frozen=True)
class Cell:
    """One township and kind: per month whose share, and the value, NaN or '' where there is none; ``steps`` has None for the first."""

    township_code: str
    township: str
    category: str
    group: tuple[str, ...]
    value: tuple[float, ...]
    covered: tuple[float, ...]
    population: tuple[float, ...]
    threshold: tuple[float, ...]
    rule_id: tuple[str, ...]
    verdict: tuple[str, ...]
    steps: tuple[Step | None, ...]


def cells(months: tuple[Month, ...]) -> list[Cell]:
    """Return every township, the county last, and kind of service, in the last month's order.

    Each pair of neighbouring months is compared once.
    """
    if not months:
        return []
    last = months[-1].state
    towns = [pair for pair in _towns(months) if pair[0] != NONE]
    pairs = [Attribution(a.state, b.state, positions_apart=True) for a, b in itertools.pairwise(months)]
    alone = [Attribution(month.state, month.state) for month in months]
    verdicts = [worst(month.state) for month in months]
    kinds = list(dict.fromkeys([*last.categories, *(c for month in months for c in month.state.categories)]))
    out = []
    for code, name in towns:
        for kind in kinds:
            asked = [_asked(month.state, kind, code) for month in months]
            values = [_value(one, kind, code, what) for one, what in zip(alone, asked, strict=True)]
            steps = [_step(pair, kind, code, asked[at], asked[at + 1]) for at, pair in enumerate(pairs)]
            out.append(
                Cell(
                    code, name, kind, tuple(what.group if what else "" for what in asked), tuple(v[0] for v in values), tuple(v[1] for v in values), tuple(v[2] for v in values),
                    tuple(what.threshold if what else math.nan for what in asked),
                    tuple(what.rule_id if what else "" for what in asked),
                    tuple(found.get((code, kind), "") for found in verdicts), (None, *steps),
                )
            )  # fmt: skip
    return out


def _towns(months: tuple[Month, ...]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for month in reversed(months):
        for code, name in townships(month.state, month.state):
            found.setdefault(code, name)
    return sorted(found.items(), key=lambda item: (item[0] == ALL, item[0] == NONE))


def _asked(state: State, category: str, code: str) -> Asked | None:
    """Return what a kind is measured by in a township; None where the month has no such kind."""
    if category not in state.categories:
        return None
    table = state.check
    rows = table[(table["category"].astype(str) == category) & (table["measure"].astype(str) == "population_share")]
    if code != ALL:
        rows = rows[rows["township_code"].astype(str) == code]
    for rule_id, threshold in zip(rows["rule_id"].astype(str), rows["threshold"], strict=True):
        rule = state.rules.get(rule_id)
        if rule is not None and _is_plain(rule) and str(rule["group"]) in state.residents:
            own = rule.get("limit_min")
            line = math.nan if code == ALL else float(threshold)
            return Asked(str(rule["group"]), float(own or state.limit_min), line, rule_id, own is not None)
    return Asked(_EVERYONE, state.limit_min, math.nan, "")


def _is_plain(rule: Mapping[str, Any]) -> bool:
    return not any(rule.get(key) for key in _PLAIN) and rule.get("origins") in (None, "residents")


def _value(found: Attribution, category: str, code: str, asked: Asked | None) -> tuple[float, float, float]:
    """Return share, people covered and people of a month."""
    if asked is None:
        return math.nan, math.nan, math.nan
    taken = found.taken(category, asked.group, (asked.limit_min, asked.limit_min))
    covered, population = taken.covered[1].get(code, 0.0), taken.population[1].get(code, 0.0)
    return covered / population if population > 0 else math.nan, covered, population


def _step(found: Attribution, category: str, code: str, old: Asked | None, new: Asked | None) -> Step | None:
    """Return the change of one township and kind between two months; None where there is nothing to compare."""
    if old is None or new is None:
        return None
    weights = found.sides.weights
    group = old.group if old.group in weights else _EVERYONE
    limits = old.limit_min, old.limit_min if old.has_own_limit else found.after.limit_min
    taken = found.taken(category, group, limits)
    after = found.taken(category, new.group if new.group in weights else group, (new.limit_min, new.limit_min))
    before_p, mid_p, after_p = (
        taken.population[0].get(code, 0.0),
        *(t.population[1].get(code, 0.0) for t in (taken, after)),
    )
    if not (before_p > 0 and mid_p > 0 and after_p > 0) or (group != old.group or new.group not in weights):
        return None
    people = {ours: taken.causes[theirs].get(code, 0.0) for theirs, ours in _OF_COMPARISON.items()}
    covered = taken.covered[0].get(code, 0.0), taken.covered[1].get(code, 0.0), after.covered[1].get(code, 0.0)
    parts = {cause: people[cause] / mid_p for cause in people}
    parts["people"] = (covered[0] + people["people"]) / mid_p - covered[0] / before_p
    parts["rule"] = covered[2] / after_p - covered[1] / mid_p
    line = new.threshold - old.threshold if not math.isnan(new.threshold - old.threshold) else 0.0
    people["rule"] = covered[2] - covered[1]
    change = covered[2] / after_p - covered[0] / before_p
    return Step(change, {c: parts[c] for c in CAUSES}, line, covered[2] - covered[0], {c: people[c] for c in CAUSES})
