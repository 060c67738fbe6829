"""Competition for places through the run: three ways to share a facility's places among those who reach it, side by side."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.coverage.capacity import two_step
from circles.analysis.coverage.competition import balanced, binary, spatial_availability
from circles.analysis.coverage.share import groups, people, total, units_and_all
from circles.analysis.coverage.supplied import Costs
from circles.foundation.schema.tables import TABLES


def competition_table(walks: Walks, townships: pd.DataFrame, costs: Costs) -> pd.DataFrame:
    """Return the table ``competition``: 2SFCA, spatial availability and balanced catchments per township.

    Every place within the limit weighs 1: no decay is invented. A facility without a stated capacity gives no places.

    Notes
    -----
    Sum rules, in the row ``ALL``: ``available`` is the places that anyone reaches; people × ``two_step_per_1000`` / 1000
    is the same number. ``balanced_level`` is the sum of the levels of service (places per person asking) of the sites
    that anyone reaches.
    """
    homes = pd.DataFrame(walks.residents.drop(columns="geometry"))
    units = units_and_all(homes, townships, walks.area.name)
    limit_s = walks.area.walk.limit_min * 60.0
    rows: list[tuple[object, ...]] = []
    for category in walks.area.categories:
        if category.id not in costs:
            continue
        cost, snapped = costs[category.id]
        own = (
            walks.facilities["is_counted"].to_numpy(dtype=bool)
            & (walks.facilities["category"] == category.id).to_numpy()
        )
        capacity = walks.facilities["capacity"].to_numpy(dtype=np.float64)[own]
        places = np.where(np.isfinite(capacity), capacity, 0.0)[snapped]
        for group in groups(homes):
            weights = people(homes, group)
            per_person = two_step(cost, places, weights, limit_s=limit_s).access
            available = spatial_availability(cost, places, weights, decay=binary(limit_s))
            even = balanced(cost, places, weights, decay=binary(limit_s))
            for unit in units:
                everyone = total(weights, unit.rows)
                mean = total(weights * per_person, unit.rows) / everyone * 1000.0 if everyone > 0 else math.nan
                rows.append(
                    (
                        unit.code, unit.name, category.id, category.profile, walks.area.walk.limit_min, group, everyone,
                        mean, total(available, unit.rows), total(even, unit.rows),
                    )
                )  # fmt: skip
    return TABLES["competition"].frame(rows)
