"""What each measure of a rule measures in one township: numerator, denominator and value.

``value`` is numerator / denominator. The denominator of ``facility_count`` is 1 (the township), that of
``capacity_per_1000`` is in thousands of people; ``nearest_minutes`` alone reports minutes and is decided by the share
of people within its threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from circles.analysis.coverage.equity import percentile
from circles.analysis.coverage.share import aligned, people, text_codes, total, township_units, units
from circles.area import Area, Measure, Rule
from circles.foundation.limits import reached
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64, I64, Bools

AccessLookup = Callable[[str, str], pd.Series]
TimedLookup = Callable[[str, bool], AccessLookup]
"""``(when, unknown_is_open)`` → minutes from leaving then until a place serves."""
StreetShare = Callable[[str, tuple[str, ...], float, str | None], tuple[float, float]]


@dataclass(frozen=True)
class Measured:
    """What was measured.

    ``deciding`` is compared with ``bar``: value with threshold, except for ``nearest_minutes``, where the share of
    people within the threshold is compared with the percentile. NaN = no data.
    """

    numerator: float
    denominator: float
    value: float
    deciding: float
    bar: float


@dataclass
class Facts:
    """The tables that rules look at, with what has been looked up kept for the next rule."""

    area: Area
    residents: pd.DataFrame
    access_lookup: AccessLookup
    facilities: pd.DataFrame
    villages: pd.DataFrame
    street_share: StreetShare
    timed: TimedLookup | None = None
    _minutes: dict[tuple[str, str], F64] = field(default_factory=dict)
    _people: dict[str, F64] = field(default_factory=dict)
    _rows: dict[str, I64] = field(default_factory=dict)
    _village_rows: dict[str, list[I64]] = field(default_factory=dict)
    _rule_minutes: dict[str, F64] = field(default_factory=dict)
    _within: dict[str, Bools] = field(default_factory=dict)
    _counted: dict[str, pd.DataFrame] = field(default_factory=dict)
    _at: dict[tuple[str, bool], Facts] = field(default_factory=dict)

    def with_access(self, access_lookup: AccessLookup) -> Facts:
        """Return the same facts with other minutes."""
        return replace(self, access_lookup=access_lookup, _minutes={}, _rule_minutes={}, _within={}, _at={})

    def at(self, when: str, *, unknown_is_open: bool) -> Facts:
        """Return the facts as they are for people who leave at a moment."""
        if self.timed is None:
            raise TypeError(f"no opening hours were given, and a rule looks at {when}")
        key = when, unknown_is_open
        if key not in self._at:
            self._at[key] = self.with_access(self.timed(when, unknown_is_open))
        return self._at[key]

    def limit_min(self, rule: Rule) -> float:
        """Return the limit of a rule: its own or the area's."""
        return self.area.walk.limit_min if rule.limit_min is None else rule.limit_min

    def minutes(self, rule: Rule) -> F64:
        """Return minutes until all categories of the rule are reached: the longest, NaN where one is not reached."""
        if rule.id not in self._rule_minutes:
            columns = [self.minutes_of(category, self.profile(rule, category)) for category in rule.category_ids]
            self._rule_minutes[rule.id] = np.asarray(np.max(np.stack(columns), axis=0), dtype=np.float64)
        return self._rule_minutes[rule.id]

    def minutes_of(self, category: str, profile: str) -> F64:
        """Return minutes to a category for a walker, in the order of the residents, NaN where there are none."""
        key = category, profile
        if key not in self._minutes:
            self._minutes[key] = aligned(self.access_lookup(category, profile), self.residents)
        return self._minutes[key]

    def profile(self, rule: Rule, category: str) -> str:
        """Return the walker: the rule's own or the category's."""
        return rule.profile or self.area.category(category).profile

    def within(self, rule: Rule) -> Bools | None:
        """Return who reaches all categories of the rule; None where the limit lies beyond the horizon."""
        limit = self.limit_min(rule)
        if limit > self.area.horizon_min:
            return None
        if rule.id not in self._within:
            self._within[rule.id] = reached(self.minutes(rule), limit)
        return self._within[rule.id]

    def people(self, group: str) -> F64:
        """Return people of a group per resident; nobody where the residents have no such column."""
        if group not in self._people:
            known = group in self.residents.columns
            self._people[group] = people(self.residents, group) if known else np.zeros(len(self.residents))
        return self._people[group]

    def rows(self, township: str) -> I64:
        """Return the positions of a township's residents."""
        if not self._rows:
            empty = pd.DataFrame({"code": [], "name": []}, dtype="str")
            self._rows |= {unit.code: unit.rows for unit in township_units(self.residents, empty)}
        return self._rows.get(township, np.zeros(0, dtype=np.intp))

    def village_rows(self, township: str) -> list[I64]:
        """Return the positions of residents, per village of a township."""
        if not self._village_rows:
            self._village_rows |= _villages(self.residents, self.villages)
        return self._village_rows.get(township, [])

    def counted(self, category: str) -> pd.DataFrame:
        """Return township, island (``NONE`` where empty) and capacity of a category's counted facilities, snapped or not."""
        if category not in self._counted:
            chosen = self.facilities["is_counted"].astype(bool) & (self.facilities["category"] == category)
            few = self.facilities.loc[chosen, ["township_code", "island", "capacity"]]
            self._counted[category] = few.assign(
                township_code=text_codes(few["township_code"]), island=text_codes(few["island"])
            )
        return self._counted[category]


def measure(rule: Rule, township: str, facts: Facts) -> Measured:
    """Return what ``rule`` measures in ``township``; at a moment, unknown hours count as shut."""
    if rule.when is None:
        return _MEASURES[rule.measure](rule, township, facts)
    sure, most = (
        _MEASURES[rule.measure](rule, township, facts.at(rule.when, unknown_is_open=way)) for way in (False, True)
    )
    is_turned = (sure.deciding >= sure.bar - 1e-12) != (most.deciding >= most.bar - 1e-12)
    return replace(sure, deciding=math.nan) if is_turned else sure  # unknown hours would decide: no data


def township_of_rows(residents: pd.DataFrame, townships: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return (code, name, class) of every township to judge: those known, then codes that only residents have."""
    classes = {
        str(code): value if isinstance(value, str) else ""
        for code, value in zip(townships["code"], townships["class"], strict=True)
    }
    return [
        (unit.code, unit.name, classes.get(unit.code, ""))
        for unit in township_units(residents, townships)
        if unit.code != NONE
    ]


def _ratio(rule: Rule, numerator: float, denominator: float) -> Measured:
    value = numerator / denominator if denominator > 0 else math.nan
    return Measured(numerator, denominator, value, value, rule.threshold)


def _no_data(rule: Rule, denominator: float) -> Measured:
    return Measured(math.nan, denominator, math.nan, math.nan, rule.threshold)


def _population_share(rule: Rule, township: str, facts: Facts) -> Measured:
    rows, weights, within = facts.rows(township), facts.people(rule.group), facts.within(rule)
    everyone = total(weights, rows)
    return _no_data(rule, everyone) if within is None else _ratio(rule, total(weights, rows[within[rows]]), everyone)


def _village_share(rule: Rule, township: str, facts: Facts) -> Measured:
    weights, within = facts.people(rule.group), facts.within(rule)
    inhabited = [rows for rows in facts.village_rows(township) if total(weights, rows) > 0]
    if within is None:
        return _no_data(rule, float(len(inhabited)))
    least = rule.village_min_share - 1e-12
    counting = sum(total(weights, rows[within[rows]]) / total(weights, rows) >= least for rows in inhabited)
    return _ratio(rule, float(counting), float(len(inhabited)))


def _facility_count(rule: Rule, township: str, facts: Facts) -> Measured:
    counts = [int((facts.counted(category)["township_code"] == township).sum()) for category in rule.category_ids]
    return _ratio(rule, float(min(counts)), 1.0)


def _capacity(rule: Rule, township: str, facts: Facts) -> Measured:
    thousands = total(facts.people(rule.group), facts.rows(township)) / 1000.0
    sums = []
    for category in rule.category_ids:
        own = facts.counted(category)
        capacity = own["capacity"][own["township_code"] == township].to_numpy(dtype=np.float64)
        if np.isnan(capacity).any():
            return _no_data(rule, thousands)
        sums.append(math.fsum(capacity.tolist()))
    return _ratio(rule, min(sums), thousands)


def _street_share(rule: Rule, township: str, facts: Facts) -> Measured:
    profiles = {facts.profile(rule, category) for category in rule.category_ids}
    profile = profiles.pop() if len(profiles) == 1 else None
    limit = facts.limit_min(rule)
    reached_m, total_m = facts.street_share(township, rule.category_ids, limit, profile)
    return _no_data(rule, total_m) if limit > facts.area.horizon_min else _ratio(rule, reached_m, total_m)


def _nearest_minutes(rule: Rule, township: str, facts: Facts) -> Measured:
    rows, weights, minutes = facts.rows(township), facts.people(rule.group), facts.minutes(rule)
    everyone = total(weights, rows)
    value = percentile(minutes[rows], weights[rows], rule.percentile)
    bar = rule.percentile / 100.0
    if math.isinf(value) and rule.threshold > facts.area.horizon_min:
        return Measured(math.nan, everyone, math.nan, math.nan, bar)
    numerator = total(weights, rows[reached(minutes[rows], rule.threshold)])
    if everyone <= 0:
        return Measured(numerator, everyone, math.nan, math.nan, bar)
    return Measured(numerator, everyone, value if math.isfinite(value) else math.nan, numerator / everyone, bar)


def _island_share(rule: Rule, township: str, facts: Facts) -> Measured:
    rows, weights = facts.rows(township), facts.people(rule.group)
    names = text_codes(facts.residents["island"].iloc[rows])
    inhabited = set(names[weights[rows] > 0].tolist()) - {NONE}
    served = [set(facts.counted(category)["island"].tolist()) for category in rule.category_ids]
    return _ratio(rule, float(len(inhabited.intersection(*served))), float(len(inhabited)))


def _villages(residents: pd.DataFrame, villages: pd.DataFrame) -> dict[str, list[I64]]:
    """Return township → positions of residents per village.

    A village belongs to the township of the table ``villages``, else to that of most of its people. Residents outside
    every township belong to no village here.
    """
    townships = text_codes(residents["township_code"])
    known: dict[str, str] = {}
    if "code" in villages.columns:
        known = dict(zip(villages["code"].astype(str), text_codes(villages["township_code"]), strict=True))
    weights = people(residents, "population")
    found: dict[str, list[I64]] = {}
    for unit in units(residents["village_code"], (), ()):
        code, rows = unit.code, unit.rows[townships[unit.rows] != NONE]
        if code == NONE or rows.size == 0:
            continue
        owner = known.get(code, NONE)
        if owner == NONE:
            by_size = {name: total(weights, rows[townships[rows] == name]) for name in sorted(set(townships[rows]))}
            owner = max(by_size, key=lambda name: by_size[name])
        found.setdefault(owner, []).append(rows)
    return found


_MEASURES: dict[Measure, Callable[[Rule, str, Facts], Measured]] = {
    Measure.POPULATION_SHARE: _population_share,
    Measure.VILLAGE_SHARE: _village_share,
    Measure.FACILITY_COUNT: _facility_count,
    Measure.CAPACITY_PER_1000: _capacity,
    Measure.STREET_SHARE: _street_share,
    Measure.NEAREST_MINUTES: _nearest_minutes,
    Measure.ISLAND_SHARE: _island_share,
}
