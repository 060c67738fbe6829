"""Whether there is a choice: the nearest three places of each kind, and what is lost if the nearest closes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.coverage.share import groups, people, total, units_and_all
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import I64
from circles.inputs.sites import site_numbers

RANKS = 3


def choice(walks: Walks) -> pd.DataFrame:
    """Return the table ``choice``: the nearest three distinct sites of each category for every resident.

    A site is a ``site_id``, or a facility without one; of a site the nearest facility is named, of equally near ones the
    id that is least as text. Rows only where there are minutes, up to the horizon, by resident, category and rank.
    """
    resident = walks.residents["id"].to_numpy(dtype=object)
    parts = []
    for number, category in enumerate(walks.area.categories):
        walker = walks.area.walkers[category.profile]
        homes, places = walks.snapped("residents", walker), walks.snapped("facilities", walker)
        own = (
            walks.facilities["is_counted"].to_numpy(dtype=bool)
            & (walks.facilities["category"] == category.id).to_numpy()
        )
        ids = walks.facilities["id"].to_numpy(dtype=object)
        rows = places.rows(own)
        rows = rows[np.argsort(ids[rows].astype(str), kind="stable")]
        if not len(rows) or not homes.is_snapped.any():
            continue
        speed = walker.speed_m_per_s
        seconds, source = walks.network.graph(walker).ranked_at(
            places.positions_of(rows, speed_m_per_s=speed), homes.positions(speed_m_per_s=speed),
            sites=site_numbers(walks.facilities)[rows], n_ranks=RANKS, limit_s=walks.area.horizon_min * 60.0,
            direction=walks.area.walk.direction,
        )  # fmt: skip
        rank, home = np.nonzero(source >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "resident_id": resident[homes.rows()[home]], "category": category.id, "profile": walker.id,
                    "rank": rank + 1, "minutes": seconds[rank, home] / 60.0, "facility_id": ids[rows[source[rank, home]]],
                    "_row": homes.rows()[home], "_category": number,
                }
            )
        )  # fmt: skip
    if not parts:
        return TABLES["choice"].empty()
    frame = pd.concat(parts, ignore_index=True).sort_values(
        ["_row", "_category", "rank"], kind="stable", ignore_index=True
    )
    return frame[TABLES["choice"].names].astype({"rank": "int64"})


def choice_by_township(walks: Walks, found: pd.DataFrame, townships: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``choice_by_township``: who has one, two or three places within the limit, per group.

    ``lost_if_nearest_closes`` are those who would have none: they have exactly one.
    """
    homes = pd.DataFrame(walks.residents.drop(columns="geometry"))
    units = units_and_all(homes, townships, walks.area.name)
    row = pd.Series(np.arange(len(homes)), index=homes["id"])
    near = found[reached(found["minutes"], walks.area.walk.limit_min)]
    rows: list[tuple[object, ...]] = []
    for category in walks.area.categories:
        own = near.loc[near["category"] == category.id, "resident_id"]
        count: I64 = np.bincount(row.loc[own].to_numpy(dtype=np.int64), minlength=len(homes))
        for group in groups(homes):
            weights = people(homes, group)
            for unit in units:
                has = [total(weights * (count >= rank), unit.rows) for rank in (1, 2, 3)]
                rows.append(
                    (
                        unit.code, unit.name, category.id, category.profile, walks.area.walk.limit_min, group,
                        total(weights, unit.rows), *has, total(weights * (count == 1), unit.rows),
                    )
                )  # fmt: skip
    return TABLES["choice_by_township"].frame(rows)
