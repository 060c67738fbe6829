"""一老一小: buildings that serve the old and the very young under one roof, and who walks there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.access import Walks, reach
from circles.analysis.coverage.share import groups, people, total, units_and_all
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES

AUDIENCES = ("elder", "child")
"""Values of a category's ``audience`` that belong together in one building."""


def elder_child_sites(walks: Walks) -> pd.DataFrame:
    """Return the table ``elder_child``: one row per ``site_id`` with counted facilities for both audiences, by id."""
    places = walks.facilities
    rows: list[tuple[object, ...]] = []
    for site, at in _both(walks).items():
        own = places.iloc[at]
        ids = {
            audience: "+".join(sorted(own.loc[own["category"].isin(_kinds(walks, audience)), "id"].astype(str)))
            for audience in AUDIENCES
        }
        first = own.iloc[0]
        rows.append(
            (
                site, "+".join(dict.fromkeys(own["name"].astype(str))), str(first["township_code"]), str(first["island"]),
                ids["elder"], ids["child"], float(first.geometry.x), float(first.geometry.y),
            )
        )  # fmt: skip
    return TABLES["elder_child"].frame(rows)


def elder_child_coverage(walks: Walks, townships: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``elder_child_coverage``: who walks within the limit to such a building, by audience.

    An old person walks to its service for the old, a carer to its service for children: each at the profile of that
    category, to the building's nearest facility of that audience. Empty where the area has no such building.
    """
    sites = _both(walks)
    if not sites:
        return TABLES["elder_child_coverage"].empty()
    homes = pd.DataFrame(walks.residents.drop(columns="geometry"))
    units = units_and_all(homes, townships, walks.area.name)
    in_both = np.zeros(len(walks.facilities), dtype=bool)
    for at in sites.values():
        in_both[at] = True
    rows: list[tuple[object, ...]] = []
    for audience in AUDIENCES:
        covered = np.zeros(len(homes), dtype=bool)
        for kind in _kinds(walks, audience):
            minutes = reach(walks, kind, walks.area.walker(kind), only=in_both).minutes
            covered |= reached(minutes, walks.area.walk.limit_min)
        for group in groups(homes):
            weights = people(homes, group)
            for unit in units:
                everyone, those = total(weights, unit.rows), total(weights * covered, unit.rows)
                share = those / everyone if everyone > 0 else np.nan
                rows.append((unit.code, unit.name, audience, walks.area.walk.limit_min, group, everyone, those, share))
    return TABLES["elder_child_coverage"].frame(rows)


def _kinds(walks: Walks, audience: str) -> list[str]:
    return [category.id for category in walks.area.categories if category.audience == audience]


def _both(walks: Walks) -> dict[str, npt.NDArray[np.intp]]:
    """Return the rows of counted facilities for either audience, by ``site_id``, of the sites that have both."""
    places = walks.facilities
    if "site_id" not in places:
        return {}
    site = places["site_id"].fillna("").astype(str).to_numpy()
    counts = places["is_counted"].to_numpy(dtype=bool) & (site != "")
    of = {audience: counts & places["category"].isin(_kinds(walks, audience)).to_numpy() for audience in AUDIENCES}
    both = set(site[of["elder"]]) & set(site[of["child"]])
    either = of["elder"] | of["child"]
    return {name: np.flatnonzero(either & (site == name)) for name in sorted(both)}
