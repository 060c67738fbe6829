"""Capacity through the run: 2SFCA and E2SFCA of every category whose facilities state a capacity."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy import sparse

from circles.analysis.access import Walks
from circles.analysis.coverage.capacity import Catchments, enhanced, two_step
from circles.analysis.coverage.share import Unit, groups, people, text_codes, total, township_units
from circles.area import Rule
from circles.foundation.schema.tables import ALL, TABLES
from circles.foundation.types import F64

Costs = Mapping[str, tuple[sparse.coo_matrix, np.ndarray]]
"""Category → seconds from residents to its snapped counted facilities, and which of the counted ones are snapped."""
TWO_STEP, ENHANCED = "2sfca", "e2sfca"
"""Values of ``method``. The zones of time of E2SFCA are thirds of the limit, weighted as in Luo & Qi 2009."""


def supply(walks: Walks, townships: pd.DataFrame, costs: Costs, *, norm_measures: Collection[str]) -> pd.DataFrame:
    """Return the table ``capacity``: places that reach the people of each township, and what is short of a norm.

    Rows per category with at least one counted facility of known capacity × method × group × township. A facility
    without a stated capacity gives no places and is counted in ``without_capacity``. The norm is that of the township's
    rule for this category and group whose measure is one of ``norm_measures`` (places per 1000 people), the highest where there are several; proposed ones are left
    out.

    Parameters
    ----------
    walks, townships : residents and facilities on the network; table of this name
    costs : from `od_costs`
    norm_measures : measures whose thresholds are places per 1000 people

    Notes
    -----
    Sum rule: in the row ``ALL``, people × access_per_1000 / 1000 = supply_reached.
    """
    area, rows = walks.area, []
    norm_rules = [rule for rule in area.rules if rule.measure in norm_measures and rule.status != "proposed"]
    homes = pd.DataFrame(walks.residents.drop(columns="geometry"))
    everyone = Unit(ALL, area.name, np.arange(len(homes), dtype=np.intp))
    places = [*township_units(homes, townships), everyone]
    classes = {
        str(c): k if isinstance(k, str) else "" for c, k in zip(townships["code"], townships["class"], strict=True)
    }
    for category in area.categories:
        own = walks.facilities[_counted(walks, category.id)]
        if category.id not in costs:
            continue
        town = text_codes(own["township_code"])
        cost, snapped = costs[category.id]
        capacity = own["capacity"].to_numpy(dtype=np.float64)
        known = np.where(np.isfinite(capacity), capacity, 0.0)
        for group in groups(homes):
            weights = people(homes, group)
            for method, got in _methods(cost, known[snapped], weights, area.walk.limit_min * 60.0):
                has = np.zeros(len(known), dtype=bool)
                has[np.flatnonzero(snapped)] = got.is_reached
                norms = {
                    unit.code: _norm(norm_rules, category.id, group, classes.get(unit.code, "")) for unit in places
                }
                rows += [
                    (
                        unit.code, unit.name, category.id, category.profile, area.walk.limit_min, method, group,
                        *_of_unit(unit, weights, got, norms),
                        *_places(town == unit.code if unit.code != ALL else np.ones(len(known), dtype=bool), capacity, has),
                    )
                    for unit in places
                ]  # fmt: skip
    return TABLES["capacity"].frame(rows)


def od_costs(walks: Walks) -> Costs:
    """Return `seconds_to` of every category with at least one counted facility of known capacity."""
    capacity = walks.facilities["capacity"].to_numpy(dtype=np.float64)
    known = [c.id for c in walks.area.categories if np.isfinite(capacity[_counted(walks, c.id)]).any()]
    return {category: seconds_to(walks, category) for category in known}


def seconds_to(walks: Walks, category: str) -> tuple[sparse.coo_matrix, np.ndarray]:
    """Return seconds between residents and the snapped counted facilities of a category within the limit.

    Returns
    -------
    (n_residents, n_snapped) sparse, a stored 0 is a real 0; and which of the category's counted facilities, in the order
    of the table, are snapped
    """
    walker = walks.area.walker(category)
    homes, places = walks.snapped("residents", walker), walks.snapped("facilities", walker)
    counted = _counted(walks, category)
    seconds = walks.network.od_seconds(
        homes, places, walker, direction=walks.area.walk.direction, limit_s=walks.area.walk.limit_min * 60.0,
        only_places=counted,
    )  # fmt: skip
    return sparse.coo_matrix(seconds[:, places.rows(counted)]), places.is_snapped[counted]


def _counted(walks: Walks, category: str) -> np.ndarray:
    places = walks.facilities
    return np.asarray(places["is_counted"].to_numpy(dtype=bool) & (places["category"] == category).to_numpy())


def _methods(cost: sparse.coo_matrix, places: F64, weights: F64, limit_s: float) -> list[tuple[str, Catchments]]:
    thirds = (limit_s / 3.0, limit_s * 2.0 / 3.0, limit_s)
    return [
        (TWO_STEP, two_step(cost, places, weights, limit_s=limit_s)),
        (ENHANCED, enhanced(cost, places, weights, zones_s=thirds)),
    ]


def _of_unit(
    unit: Unit, weights: F64, got: Catchments, norms: Mapping[str, tuple[float, str]]
) -> tuple[float, float, float, str, float, float]:
    """Return people, access, norm and its rule, people below it and places short."""
    population = total(weights, unit.rows)
    access = total(weights * got.access, unit.rows) / population * 1000.0 if population > 0 else math.nan
    norm, rule = norms[unit.code]
    if math.isnan(norm):
        return population, access, norm, rule, math.nan, math.nan
    short = np.clip(norm / 1000.0 - got.access, 0.0, None)
    below = total(weights, unit.rows[short[unit.rows] > 1e-15])
    return population, access, norm, rule, below, total(weights * short, unit.rows)


def _places(here: np.ndarray, capacity: F64, is_reached: np.ndarray) -> tuple[float, float, int, int]:
    """Return places standing in a township, those of them that anyone reaches, facilities, and those without a figure."""
    known = np.where(np.isfinite(capacity), capacity, 0.0)
    return (
        math.fsum(known[here].tolist()), math.fsum(known[here & is_reached].tolist()), int(here.sum()),
        int((here & ~np.isfinite(capacity)).sum()),
    )  # fmt: skip


def _norm(rules: list[Rule], category: str, group: str, township_class: str) -> tuple[float, str]:
    """Return the places per 1000 that a township owes by its rules, and the rule; NaN where none says so."""
    asked: list[Rule] = [
        rule
        for rule in rules
        if category in rule.category_ids and rule.group == group and rule.applies_to in ("all", township_class)
    ]
    if not asked:
        return math.nan, ""
    rule = max(asked, key=lambda item: item.threshold)
    return rule.threshold, rule.id
