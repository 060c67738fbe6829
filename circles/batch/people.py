"""Residents that need the whole extract: villages' totals along streets, and townships' control totals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.area import Area
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import NONE, Streets
from circles.inputs import dispatch
from circles.network import Islands


def spread(
    area: Area, tables: Any, blocks: Iterable[Streets], ground: Islands
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return residents placed along the streets of the whole extract, from the totals of its villages.

    The streets of all blocks are in memory together, their network is not.

    Parameters
    ----------
    area : the batch as one area
    tables : gives ``villages`` and ``village_people``
    blocks : the streets of each block
    ground : land polygons of the whole extract

    Returns
    -------
    residents, findings : the same as one run over the whole extract would give
    """
    parts = list(blocks)
    sizes = [np.diff(part.offsets) for part in parts]
    whole = Streets(
        pd.concat([part.lines for part in parts], ignore_index=True) if parts else pd.DataFrame(),
        np.concatenate([[0], np.cumsum(np.concatenate([*sizes, np.empty(0, np.int64)]))]).astype(np.int64),
        np.concatenate([*(part.xy for part in parts), np.empty((0, 2))]),
    )
    return dispatch.residents_along_streets(
        area, whole, ground, villages=tables.villages, village_people=tables.village_people
    )


def controlled(
    area: Area, residents: gpd.GeoDataFrame, towns: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[Finding]]:
    """Return residents of the whole that add up to its townships' totals, and the table of both, as in one run of it.

    Raises
    ------
    InputError
        Totals that cannot be read or met.
    """
    if area.data.totals is None:
        return residents, pd.DataFrame(), []
    known = residents.assign(township_code=residents["township_code"].replace("", NONE))
    out, table, found = dispatch.controlled(area, known, towns)
    wrong = [item for item in found if item.severity == "error"]
    if wrong:
        raise InputError(wrong)
    return out.assign(township_code=out["township_code"].replace(NONE, "")), table, found
