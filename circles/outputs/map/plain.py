"""Tables as JSON values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as mappings with None for a number that is missing and whole numbers without a point."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value == int(value) else value
    return "" if value is None or value is pd.NA else str(value)
