"""Service without a building: who is beyond the walk, but has meals delivered or a mobile service come to the village.

It stands beside the coverage that is walked, never inside it, and no verdict depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from circles.analysis.coverage.share import groups, minutes_to, people, total, units_and_all
from circles.area import Area
from circles.foundation.limits import reached
from circles.foundation.schema.counted import counted_statuses, opens_later
from circles.foundation.schema.tables import TABLES, ServiceMode


def served_otherwise(
    residents: pd.DataFrame,
    access: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    villages_of: Sequence[tuple[str, ...]],
    area: Area,
    townships: pd.DataFrame,
) -> pd.DataFrame:
    """Return the table ``served_otherwise``: per township × category × group, of the people beyond the limit those served.

    Parameters
    ----------
    residents, access, facilities, townships : tables of these names
    villages_of : per facility the codes of the villages that it serves, from `inputs.served_villages`
    area : gives categories, the limit, and whether examples count

    Returns
    -------
    Rows for the categories that have such a service, as in ``coverage``; ``delivered`` and ``mobile`` may hold the same
    people, ``served_otherwise`` holds each once.
    """
    there = facilities["status"].isin(counted_statuses(is_demonstration=area.demonstration)).to_numpy()
    there = there & ~opens_later(facilities["opened_on"], area.as_of).to_numpy()
    units = units_and_all(residents, townships, area.name)
    rows: list[tuple[object, ...]] = []
    for category in area.categories:
        served = {mode: _villages(facilities, villages_of, there, category.id, mode) for mode in _MODES}
        if not any(served.values()):
            continue
        walked = reached(minutes_to(category.id, access, residents), area.walk.limit_min)
        by_mode = {
            mode: residents["village_code"].isin(codes).to_numpy(dtype=bool) & ~walked for mode, codes in served.items()
        }
        either = np.logical_or.reduce(list(by_mode.values()))
        for group in groups(residents):
            weights = people(residents, group)
            for unit in units:
                counts = [
                    total(weights * those, unit.rows)
                    for those in (walked, *by_mode.values(), either, ~walked & ~either)
                ]
                rows.append(
                    (
                        unit.code, unit.name, category.id, category.profile, area.walk.limit_min, group,
                        total(weights, unit.rows), *counts,
                    )
                )  # fmt: skip
    return TABLES["served_otherwise"].frame(rows)


_MODES = (ServiceMode.DELIVERY, ServiceMode.MOBILE)


def _villages(
    facilities: pd.DataFrame, villages_of: Sequence[tuple[str, ...]], there: np.ndarray, category: str, mode: str
) -> set[str]:
    own = there & facilities["category"].eq(category).to_numpy() & facilities["service_mode"].eq(mode).to_numpy()
    return {code for at in np.flatnonzero(own).tolist() for code in villages_of[at]}
