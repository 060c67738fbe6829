"""What is missing: one row per verdict not met of a rule about one category, with its people, villages, cause and remedy.

The table ``missing`` is the list that is followed until each item is mended; its states are kept elsewhere
(:mod:`circles.plan.missing`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.verdicts.measures import MEASURES, Improvement
from circles.area import Area, Rule
from circles.area.model import Category
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES, Verdict

Lookup = Callable[[str, str], pd.Series]
"""Minutes by resident id, given a category and a profile; empty where there are none."""
FEW_PEOPLE = 10
"""Fewer people than this are served by a mobile service, a delivery or a shared stop, not by a new building."""
_PEOPLE = frozenset(item.id for item in MEASURES.values() if item.is_of_people)
_PLACES = {Improvement.OPEN_IN_TOWNSHIP: "no_facility", Improvement.ADD_PLACES: "no_capacity"}


def missing(
    area: Area, check: pd.DataFrame, residents: pd.DataFrame, minutes: Lookup, *, access: pd.DataFrame,
    village_names: Mapping[str, str], least_change: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Return the table ``missing`` of an analysis.

    Parameters
    ----------
    area : rules, categories and limits
    check : the table ``check``
    residents : the table ``residents``, one row per resident point with its groups
    minutes : travel time of every resident to a category by a profile, in minutes
    access : the table ``access``, whose ``reason`` says why there is no travel time
    village_names : names of villages by code
    least_change : the table ``least_change``; without rows (no full analysis) no remedy is proposed
    """
    rules = {rule.id: rule for rule in area.rules}
    asked = (access[name].to_numpy(dtype=object).tolist() for name in ("resident_id", "category", "reason"))
    why = {(resident, category): reason for resident, category, reason in zip(*asked, strict=True)}
    rows = []
    for verdict in check.to_dict("records"):
        rule = rules.get(verdict["rule_id"])
        if rule is None or len(rule.category_ids) != 1 or verdict["verdict"] != Verdict.NOT_MET:
            continue
        inside = residents[residents["township_code"].astype(str) == str(verdict["township_code"])]
        category = area.category(rule.category_ids[0])
        walked = minutes(category.id, rule.profile or category.profile).reindex(inside["id"]).to_numpy(dtype=float)
        limit_min = rule.limit_min if rule.limit_min is not None else area.walk.limit_min
        people = inside[rule.group].to_numpy(dtype=float) if rule.group in inside else np.zeros(len(inside))
        beyond = ~reached(np.where(np.isnan(walked), np.inf, walked), limit_min) & (people > 0)
        reasons = [why.get((str(i), category.id), "") or "too_far" for i in inside["id"][beyond]]
        lack = _Lack(people[beyond], reasons, _villages(inside[beyond], people[beyond], village_names))
        rows.append(_row(rule, category, verdict, lack, least_change))
    columns = list(TABLES["missing"].names)
    return pd.DataFrame(rows, columns=columns) if rows else TABLES["missing"].empty()


@dataclass(frozen=True)
class _Lack:
    """The people of a rule's group beyond its limit: how many at each point, why, and their villages."""

    people: npt.NDArray[np.float64]
    reasons: list[str]
    villages: list[str]


def _row(
    rule: Rule, category: Category, verdict: Mapping[Any, Any], lack: _Lack, least_change: pd.DataFrame
) -> dict[str, Any]:
    short = float(verdict["shortfall"]) if rule.measure in _PEOPLE else math.nan
    remedy, alternative = _remedies(least_change, verdict, short)
    return {
        "item_id": f"{verdict['township_code']}.{rule.id}",
        "township_code": str(verdict["township_code"]),
        "township": verdict["township"],
        "category": category.id,
        "rule_id": rule.id,
        "group": rule.group,
        "value": verdict["value"],
        "threshold": verdict["threshold"],
        "people_short": short,
        "people_uncovered": math.fsum(lack.people.tolist()),
        "villages": "、".join(lack.villages),
        "cause": _cause(rule, lack.reasons, lack.people),
        "remedy": remedy,
        "alternative": alternative,
        "lead": category.lead,
        "support": verdict["township"],
        "due": "" if rule.due is None else rule.due.isoformat(),
    }


def _villages(inside: pd.DataFrame, people: Any, names: Mapping[str, str]) -> list[str]:
    """Return the villages of the people without reach, most people first."""
    if "village_code" not in inside:
        return []
    weights: dict[str, float] = {}
    for code, count in zip(inside["village_code"].fillna("").astype(str), people.tolist(), strict=True):
        if code and code != "NONE":
            weights[code] = weights.get(code, 0.0) + count
    return [names.get(code, code) for code in sorted(weights, key=lambda code: (-weights[code], code))]


def _cause(rule: Rule, reasons: list[str], people: Any) -> str:
    """Return why the rule is not met: too few places or too little room, else the reason of most people."""
    if (improved_by := MEASURES[rule.measure].improved_by) in _PLACES:
        return _PLACES[improved_by]
    weights: dict[str, float] = {}
    for reason, count in zip(reasons, people.tolist(), strict=True):
        weights[reason] = weights.get(reason, 0.0) + count
    return min(weights, key=lambda reason: (-weights[reason], reason)) if weights else ""


def _remedies(least_change: pd.DataFrame, verdict: Mapping[Any, Any], short: float) -> tuple[str, str]:
    """Return the least change that turns the verdict, and the next; for a handful of people a mobile service first."""
    if least_change.empty:
        return "", ""
    mine = least_change[
        (least_change["township_code"].astype(str) == str(verdict["township_code"]))
        & (least_change["rule_id"] == verdict["rule_id"])
        & (least_change["change"] != "none")
    ]
    found = [
        f"{change}×{count:g} {names}".strip()
        for change, count, names in mine[["change", "count", "names"]].itertuples(index=False)
    ]
    if short < FEW_PEOPLE:
        found.insert(0, "mobile")
    found += ["", ""]
    return found[0], found[1]
