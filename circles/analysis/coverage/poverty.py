"""Multi-service poverty: how many kinds of service each person lacks within the limit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from circles.analysis.coverage.share import Unit, groups, minutes_to, people, total, township_units, units
from circles.area import Area
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, NONE, TABLES
from circles.foundation.types import I64

LEVELS = ("township", "island", "village")
"""Values of ``level``; ``code`` is a code of that level, the name of an island, ``NONE`` or ``ALL``."""


def kinds_lacking(residents: pd.DataFrame, access: pd.DataFrame, area: Area) -> I64:
    """Return, per resident in order, how many categories are not within the limit, shape (n,)."""
    lacks = np.zeros(len(residents), dtype=np.intp)
    for category in area.categories:
        lacks += ~reached(minutes_to(category.id, access, residents), area.walk.limit_min)
    return lacks


def poverty(
    residents: pd.DataFrame, access: pd.DataFrame, area: Area, townships: pd.DataFrame, villages: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``poverty``: people by the number of kinds of service that they lack.

    Parameters
    ----------
    residents, access, townships, villages : tables of these names
    area : gives categories and groups

    Returns
    -------
    DataFrame
        Per level, place and group one row for each number 0 … of kinds, so that ``people`` add up to ``population``.
        Levels, rows and order of places are those of the coverage tables.
    """
    lacks = kinds_lacking(residents, access, area)
    known = villages if "code" in villages.columns else TABLES["villages"].empty()
    everyone = Unit(ALL, area.name, np.arange(len(residents), dtype=np.intp))
    places = {
        "township": [*township_units(residents, townships), everyone],
        "island": [*units(residents["island"], (), ()), everyone],
        "village": [*units(residents["village_code"], known["code"], known["name"]), everyone],
    }
    weights = {group: people(residents, group) for group in groups(residents)}
    rows = []
    for level in LEVELS:
        for unit in places[level]:
            for group, persons in weights.items():
                population = total(persons, unit.rows)
                for kinds in range(len(area.categories) + 1):
                    these = total(persons, unit.rows[lacks[unit.rows] == kinds])
                    share = these / population if population > 0 else math.nan
                    name = "" if unit.code == NONE else unit.name
                    rows.append((level, unit.code, name, group, kinds, population, these, share))
    return TABLES["poverty"].frame(rows)
