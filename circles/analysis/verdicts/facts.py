"""What rules look at: the tables of an area, and who is reached, each looked up once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from circles.analysis.coverage.share import aligned, people, text_codes, total, township_units, units
from circles.analysis.verdicts.clauses import Clauses, Origin, exempt_islands
from circles.area import Area, Rule
from circles.foundation.limits import reached
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64, I64, Bools

if TYPE_CHECKING:
    from circles.inputs.land_use import LandPoints

AccessLookup = Callable[[str, str], pd.Series]
TimedLookup = Callable[[str, bool], AccessLookup]
"""``(when, unknown_is_open)`` → minutes from leaving then until a place serves."""
StreetShare = Callable[[str, tuple[str, ...], float, str | None], tuple[float, float]]


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
    _rule_minutes: dict[int, tuple[Rule, F64]] = field(default_factory=dict)
    _within: dict[int, tuple[Rule, Bools | None]] = field(default_factory=dict)
    _counted: dict[str, pd.DataFrame] = field(default_factory=dict)
    clauses: Clauses | None = None
    classes: Mapping[str, str] = field(default_factory=dict)
    _at: dict[tuple[str, bool], Facts] = field(default_factory=dict)
    _in_minutes: dict[int, tuple[Rule, Rule]] = field(default_factory=dict)
    _weights: dict[int, tuple[Rule, F64]] = field(default_factory=dict)

    def with_access(self, access_lookup: AccessLookup) -> Facts:
        """Return the same facts with other minutes."""
        return replace(
            self, access_lookup=access_lookup, _minutes={}, _rule_minutes={}, _within={}, _at={}, clauses=None
        )

    def at(self, when: str, *, unknown_is_open: bool) -> Facts:
        """Return the facts as they are for people who leave at a moment.

        Raises
        ------
        TypeError
            There are no opening hours to look at.
        """
        if self.timed is None:
            raise TypeError(f"no opening hours were given, and a rule looks at {when}")
        key = when, unknown_is_open
        if key not in self._at:
            self._at[key] = self.with_access(self.timed(when, unknown_is_open))
        return self._at[key]

    def of_township(self, rule: Rule, township: str) -> Rule:
        """Return the rule as it is for a township of this class."""
        return rule.of_class(self.classes.get(township, ""))

    def limit_min(self, rule: Rule) -> float:
        """Return the limit of a rule: its own or the area's."""
        return self.area.walk.limit_min if rule.limit_min is None else rule.limit_min

    def minutes(self, rule: Rule) -> F64:
        """Return minutes until all categories of the rule are reached: the longest, NaN where one is not reached."""
        if id(rule) not in self._rule_minutes:  # kept with its rule, so that no other ever has its number
            columns = [self.minutes_of(category, self.profile(rule, category)) for category in rule.category_ids]
            longest = np.asarray(np.max(np.stack(columns), axis=0), dtype=np.float64)
            self._rule_minutes[id(rule)] = (rule, longest)
        return self._rule_minutes[id(rule)][1]

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
        """Return for whom the rule's clause holds; None where the limit is beyond the horizon or a table is missing."""
        if id(rule) not in self._within:
            self._within[id(rule)] = (rule, self._holds(rule))
        return self._within[id(rule)][1]

    def in_minutes(self, rule: Rule) -> Rule:
        """Return a rule with a distance as a rule with the area's limit in minutes, the same one at every call."""
        if id(rule) not in self._in_minutes:
            self._in_minutes[id(rule)] = (rule, rule.model_copy(update={"within": None}))
        return self._in_minutes[id(rule)][1]

    def _holds(self, rule: Rule) -> Bools | None:
        if self.clauses is not None and (not rule.is_plain or self.clauses.missing(rule, Origin.RESIDENTS)):
            return self.clauses.holds_for_residents(rule)
        limit = self.limit_min(rule)
        if not rule.is_plain or limit > self.area.horizon_min:
            return None
        return reached(self.minutes(rule), limit)

    def weights(self, rule: Rule) -> F64:
        """Return people of the rule's group per resident, none on islands that the rule exempts."""
        if id(rule) not in self._weights:
            weights, left_out = self.people(rule.group), exempt_islands(rule, self.residents)
            if left_out:
                weights = np.where(self.residents["island"].isin(left_out), 0.0, weights)
            self._weights[id(rule)] = (rule, weights)
        return self._weights[id(rule)][1]

    @property
    def land(self) -> LandPoints | None:
        """Return the points of residential land, None where the area has no such table."""
        return None if self.clauses is None else self.clauses.inputs.residential_land

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


def classes_of(townships: pd.DataFrame) -> dict[str, str]:
    """Return the class of each township by its code, '' where it has none."""
    return {
        str(code): value if isinstance(value, str) else ""
        for code, value in zip(townships["code"], townships["class"], strict=True)
    }


def township_of_rows(residents: pd.DataFrame, townships: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return (code, name, class) of every township to judge: those known, then codes that only residents have."""
    classes = classes_of(townships)
    return [
        (unit.code, unit.name, classes.get(unit.code, ""))
        for unit in township_units(residents, townships)
        if unit.code != NONE
    ]


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
