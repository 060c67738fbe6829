"""A value of any reader → the text of a cell."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd


def as_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO form, nothing for nothing."""
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, float | np.floating) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating):
        value = float(cell)
        # beyond 2^53 a float has lost digits: it is shown as one, and an id that came so is refused
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(cell, np.datetime64):
        return "" if np.isnat(cell) else as_text(pd.Timestamp(cell).to_pydatetime())
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return str(cell)
