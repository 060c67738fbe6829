"""The rule measures: each one registered value, everything that is asked of it in one place.

To add one: write its function (a rule, a township's code and the :class:`Facts` give a :class:`Measured`), add its
:class:`Measure` to ``_REGISTERED`` and its words to ``foundation/words/measures.toml`` under its id. Nothing else knows
the measures by name: ``area.toml`` takes every id that has words, and ``check.csv``, stability, least change, compare,
map, workbook and terminal take the rest from the registered value.

``value`` is numerator / denominator. The denominator of ``facility_count`` is 1 (the township), that of
``capacity_per_1000`` is in thousands of people; ``nearest_minutes`` alone reports minutes and is decided by the share
of people within its threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from circles.analysis.coverage.equity import percentile
from circles.analysis.coverage.share import text_codes, total
from circles.analysis.verdicts.clauses import Origin, exempt_islands
from circles.analysis.verdicts.facts import Facts
from circles.area import Rule
from circles.foundation.limits import reached
from circles.foundation.schema.tables import NONE


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


class Unit(StrEnum):
    """What the value of a measure is: how it is written, and which way is better."""

    SHARE = "share"
    """Between 0 and 1, written in percent."""
    COUNT = "count"
    """A whole number."""
    PER_1000 = "per_1000"
    """Places for each thousand people; its rules are the norm of the table ``capacity``."""
    MINUTES = "minutes"
    """Less is better, and the threshold is the limit within which a new facility helps."""


class Needs(StrEnum):
    """What a measure depends on; ``compare`` looks there for why a verdict turned."""

    MINUTES = "minutes"
    """Who is reached: any cause that changes minutes or people, each with its share."""
    FACILITIES = "facilities"
    RESIDENTS = "residents"
    NETWORK = "network"
    CAPACITY = "capacity"
    """Of ``facilities``: one without a stated capacity leaves the rule unanswered, and a finding says so."""


class Improvement(StrEnum):
    """The least change that would turn a verdict, as ``least_change`` looks for it."""

    REACH_PEOPLE = "reach_people"
    """The fewest new facilities, or a missing link, that bring enough people within the limit."""
    REACH_VILLAGES = "reach_villages"
    """The same, until enough villages count."""
    REACH_STREETS = "reach_streets"
    """The fewest new facilities that bring enough metres of street within the limit."""
    OPEN_IN_TOWNSHIP = "open_in_township"
    """As many new facilities in the township as are missing."""
    OPEN_ON_ISLANDS = "open_on_islands"
    """One new facility on as many islands as are missing."""
    ADD_PLACES = "add_places"
    """As many places as are missing."""
    UNKNOWN = "unknown"
    """None is looked for: the table says ``none``."""


class Asks(StrEnum):
    """Of what places a measure asks a rule's clause; the keys of clauses are wrong beside a measure that asks none."""

    NOTHING = "nothing"
    PEOPLE = "people"
    LAND = "land"


Compute = Callable[[Rule, str, Facts], Measured]


@dataclass(frozen=True)
class Measure:
    """A rule measure.

    Attributes
    ----------
    id : what stands in ``area.toml`` and in the column ``measure``; its words stand under it in ``words/measures.toml``
    compute : ``(rule, township_code, facts)`` → what is measured there
    unit : what the value is
    depends_on : what may change it
    improved_by : the least change that would turn a verdict
    asks : of what a clause (``at_least``, ``within``, ``origins`` …) is asked; a measure of nothing takes none
    adds_up : whether numerators and denominators of townships add up to the county's
    """

    id: str
    compute: Compute
    unit: Unit
    depends_on: tuple[Needs, ...]
    improved_by: Improvement = Improvement.UNKNOWN
    asks: Asks = Asks.NOTHING
    adds_up: bool = False

    @property
    def is_share(self) -> bool:
        """Return whether the value is written in percent."""
        return self.unit is Unit.SHARE

    @property
    def is_of_people(self) -> bool:
        """Return whether numerator and denominator are people of the group."""
        return self.is_share and self.adds_up and self.improved_by is Improvement.REACH_PEOPLE

    @property
    def is_whole(self) -> bool:
        """Return whether the value is written without decimals."""
        return self.unit in (Unit.SHARE, Unit.COUNT)

    @property
    def is_lower_better(self) -> bool:
        """Return whether less is better; the value is then not what is compared with the threshold."""
        return self.unit is Unit.MINUTES

    @property
    def counts_people(self) -> bool:
        """Return whether it counts who is reached, as persons or as villages: then a missing link may help."""
        return self.improved_by in (Improvement.REACH_PEOPLE, Improvement.REACH_VILLAGES)


def measure(rule: Rule, township: str, facts: Facts) -> Measured:
    """Return what ``rule`` measures in ``township``; at a moment, unknown hours count as shut."""
    compute = MEASURES[rule.measure].compute
    if rule.when is None:
        return compute(rule, township, facts)
    sure, most = (compute(rule, township, facts.at(rule.when, unknown_is_open=way)) for way in (False, True))
    is_turned = (sure.deciding >= sure.bar - 1e-12) != (most.deciding >= most.bar - 1e-12)
    return replace(sure, deciding=math.nan) if is_turned else sure  # unknown hours would decide: no data


def is_share(measure_id: str) -> bool:
    """Return whether values of this measure are written in percent; False where there is no such measure.

    >>> is_share("population_share"), is_share("facility_count"), is_share("")
    (True, False, False)
    """
    found = MEASURES.get(measure_id)
    return found is not None and found.is_share


def is_lower_better(measure_id: str) -> bool:
    """Return whether less is better for this measure; False where there is no such measure."""
    found = MEASURES.get(measure_id)
    return found is not None and found.is_lower_better


def margin(value: float, threshold: float, measure_id: str) -> float:
    """Return by how much a value is on the good side of its threshold, negative where it is not."""
    return threshold - value if is_lower_better(measure_id) else value - threshold


def norms() -> frozenset[str]:
    """Return the measures whose thresholds are places owed per 1000 people."""
    return frozenset(item.id for item in MEASURES.values() if item.unit is Unit.PER_1000)


def _ratio(rule: Rule, numerator: float, denominator: float) -> Measured:
    value = numerator / denominator if denominator > 0 else math.nan
    return Measured(numerator, denominator, value, value, rule.threshold)


def _no_data(rule: Rule, denominator: float) -> Measured:
    return Measured(math.nan, denominator, math.nan, math.nan, rule.threshold)


def _population_share(rule: Rule, township: str, facts: Facts) -> Measured:
    rows, weights, within = facts.rows(township), facts.weights(rule), facts.within(rule)
    everyone = total(weights, rows)
    return _no_data(rule, everyone) if within is None else _ratio(rule, total(weights, rows[within[rows]]), everyone)


def _village_share(rule: Rule, township: str, facts: Facts) -> Measured:
    weights, within = facts.weights(rule), facts.within(rule)
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
    thousands = total(facts.weights(rule), facts.rows(township)) / 1000.0
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
    rows, weights, minutes = facts.rows(township), facts.weights(rule), facts.minutes(rule)
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
    rows, weights = facts.rows(township), facts.weights(rule)
    names = text_codes(facts.residents["island"].iloc[rows])
    inhabited = set(names[weights[rows] > 0].tolist()) - {NONE}
    served = [set(facts.counted(category)["island"].tolist()) for category in rule.category_ids]
    return _ratio(rule, float(len(inhabited.intersection(*served))), float(len(inhabited)))


def _land_share(rule: Rule, township: str, facts: Facts) -> Measured:
    clauses, land = facts.clauses, facts.land
    if clauses is None or land is None:
        return _no_data(rule, math.nan)
    left_out = exempt_islands(rule, facts.residents)
    mine = land.table["township_code"].eq(township).to_numpy() & ~land.table["island"].isin(left_out).to_numpy()
    floor_m2, holds = land.table["floor_m2"].to_numpy(), clauses.holds(rule, Origin.LAND)
    everything = math.fsum(floor_m2[mine].tolist())
    if holds is None:
        return _no_data(rule, everything)
    return _ratio(rule, math.fsum(floor_m2[mine & holds].tolist()), everything)


_PEOPLE = (Needs.MINUTES, Needs.RESIDENTS)
_REGISTERED = (
    Measure("population_share", _population_share, Unit.SHARE, _PEOPLE, Improvement.REACH_PEOPLE, Asks.PEOPLE, adds_up=True),
    Measure("village_share", _village_share, Unit.SHARE, _PEOPLE, Improvement.REACH_VILLAGES, Asks.PEOPLE, adds_up=True),
    Measure("facility_count", _facility_count, Unit.COUNT, (Needs.FACILITIES,), Improvement.OPEN_IN_TOWNSHIP),
    Measure(
        "capacity_per_1000", _capacity, Unit.PER_1000, (Needs.FACILITIES, Needs.RESIDENTS, Needs.CAPACITY),
        Improvement.ADD_PLACES,
    ),
    Measure(
        "street_share", _street_share, Unit.SHARE, (Needs.FACILITIES, Needs.NETWORK), Improvement.REACH_STREETS, adds_up=True
    ),
    Measure("land_share", _land_share, Unit.SHARE, (Needs.FACILITIES, Needs.NETWORK), asks=Asks.LAND, adds_up=True),
    Measure("nearest_minutes", _nearest_minutes, Unit.MINUTES, _PEOPLE, Improvement.REACH_PEOPLE),
    Measure(
        "island_share", _island_share, Unit.SHARE, (Needs.FACILITIES, Needs.RESIDENTS), Improvement.OPEN_ON_ISLANDS
    ),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = MappingProxyType({item.id: item for item in _REGISTERED})
"""Every rule measure by its id."""
