"""Sites: which facilities stand in one building and are one place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from circles.foundation.types import I64


def site_numbers(facilities: pd.DataFrame) -> I64:
    """Return the number of each facility's site: the same for facilities with one ``site_id``, else its own."""
    site = facilities["site_id"].fillna("").astype(str) if "site_id" in facilities else pd.Series("", facilities.index)
    own = ("id:" + facilities["id"].astype(str)).where(site.eq(""), "site:" + site)
    return np.asarray(pd.factorize(own)[0], dtype=np.int64)
