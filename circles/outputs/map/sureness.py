"""What the page shows of how likely each resident is within the limit: nothing in a run without ``--sure``."""

from __future__ import annotations

from typing import Any

import numpy as np

from circles.analysis.results import Tables


def layers(tables: Tables) -> dict[str, Any]:
    """Return the layer ``certainty``: per category the percent of runs in which each resident is within the limit."""
    table = tables.certainty_residents
    if not len(table):
        return {}
    order, area = tables.residents["id"], tables.area
    within = []
    for category in area.categories:
        own = table[table["category"].eq(category.id) & table["profile"].eq(category.profile)]
        share = own.set_index("resident_id")["p_within"].reindex(order).to_numpy(dtype=np.float64)
        within.append(np.where(np.isnan(share), -1, np.floor(100 * np.nan_to_num(share))).astype(np.int64))
    bounds = [100 * area.sure.fair, 100 * area.sure.high]
    return {"certainty": {"bounds": bounds, "within": within}}
