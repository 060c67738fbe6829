"""Several populations of one area (residents, summer, night …): who of them is covered, with the walks made once.

A population is a column of residents, or residents times a factor per village or township, or a raster of its own. The
sums close: covered + uncovered = population, and townships add up to ``ALL``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from circles.analysis.coverage import groups, people
from circles.analysis.coverage.share import aligned, total, units_and_all
from circles.area import Area, PopulationOf
from circles.foundation.limits import reached
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64, Bools


def coverage_by_population(
    area: Area,
    residents: pd.DataFrame,
    minutes: Mapping[str, pd.Series],
    factors: Mapping[str, F64],
    townships: pd.DataFrame,
    *,
    rasters: Mapping[str, tuple[pd.DataFrame, Mapping[str, pd.Series]]],
) -> pd.DataFrame:
    """Return the table ``coverage_by_population``: one row per population × township × category × group.

    Parameters
    ----------
    area : gives categories, groups and limits
    residents, townships : tables of these names
    minutes : per category, minutes indexed by resident id
    factors : per population that has them, (residents,) factors
    rasters : per population with points of its own, its residents and their minutes per category
    """
    rows = []
    inside = _inside(area, residents, minutes)
    for item in area.populations:
        if item.id in rasters:
            own, own_minutes = rasters[item.id]
            weights = {group: people(own, group) for group in groups(own)}
            rows += _rows(area, item, own, weights, _inside(area, own, own_minutes), townships)
        elif item.column is not None:
            rows += _rows(area, item, residents, {"population": people(residents, item.column)}, inside, townships)
        else:
            weights = {group: people(residents, group) * factors[item.id] for group in groups(residents)}
            rows += _rows(area, item, residents, weights, inside, townships)
    return TABLES["coverage_by_population"].frame(rows)


def _inside(area: Area, residents: pd.DataFrame, minutes: Mapping[str, pd.Series]) -> dict[str, Bools]:
    limit = area.walk.limit_min
    return {c.id: reached(aligned(minutes[c.id], residents), limit) for c in area.categories}


def _rows(  # noqa: PLR0917 - one population of one area: all of them data
    area: Area,
    item: PopulationOf,
    residents: pd.DataFrame,
    weights: Mapping[str, F64],
    inside: Mapping[str, Bools],
    townships: pd.DataFrame,
) -> list[tuple[object, ...]]:
    units = units_and_all(residents, townships, area.name)
    rows: list[tuple[object, ...]] = []
    for unit in units:
        for category in area.categories:
            is_in = inside[category.id][unit.rows]
            for group, own in weights.items():
                everyone, covered = total(own, unit.rows), total(own, unit.rows[is_in])
                uncovered = total(own, unit.rows[~is_in])
                share = covered / everyone if everyone > 0 else np.nan
                rows.append(
                    (item.id, item.name or item.id, unit.code, unit.name, category.id, category.profile,
                     area.walk.limit_min, group, everyone, covered, uncovered, share)
                )  # fmt: skip
    return rows
