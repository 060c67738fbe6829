"""Walkers: how fast a person moves on the flat, on a slope and on steps.

Speeds and their sources are in ``docs/walkers.md``. A walker is one literal; ``area.toml`` may add any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_SLOPE = 0.6
"""Steeper than this (rise over run) counts as this, with a finding: the data are doubted, not the walker."""


@dataclass(frozen=True)
class Walker:
    """A walker.

    Attributes
    ----------
    id : name used in ``area.toml`` and in every table's ``profile`` column
    speed_m_per_s : horizontal speed on the flat, metres per second
    steps_m_per_s : horizontal speed on steps, metres per second; 0 = cannot use them
    uses_slope : whether the Tobler slope factor applies
    """

    id: str
    speed_m_per_s: float
    steps_m_per_s: float
    uses_slope: bool = True


BUILT_IN: dict[str, Walker] = {
    "adult": Walker("adult", speed_m_per_s=1.2, steps_m_per_s=0.45),
    "elder": Walker("elder", speed_m_per_s=0.92, steps_m_per_s=0.35),
    "carer": Walker("carer", speed_m_per_s=0.92, steps_m_per_s=0.35),
    "cyclist": Walker("cyclist", speed_m_per_s=3.3, steps_m_per_s=0.0, uses_slope=False),
}


def slope_factor(slope: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return speed on ``slope`` as a share of speed on the flat, Tobler(S) / Tobler(0).

    Tobler(S) = 6·exp(−3.5·|S + 0.05|) km/h with S = rise / run in the walking direction (Tobler 1993). NaN (no
    elevation) gives 1; |S| above ``MAX_SLOPE`` counts as ``MAX_SLOPE``.

    >>> float(slope_factor(0.0))
    1.0
    >>> round(float(slope_factor(-0.05)), 4)
    1.1912
    """
    s = np.asarray(slope, dtype=np.float64)
    clipped = np.clip(s, -MAX_SLOPE, MAX_SLOPE)
    factor = np.exp(-3.5 * (np.abs(clipped + 0.05) - 0.05))
    return np.where(np.isnan(s), 1.0, factor)
