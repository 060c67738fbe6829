"""Chance that is the same everywhere: only the raw bits of PCG64 are used, whose stream numpy guarantees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_TO_UNIT = 2.0**-53


class Dice:
    """A reproducible source of chance.

    Parameters
    ----------
    key : whole numbers; the same key gives the same throws
    """

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        return float(int(self._bits.random_raw()) >> 11) * _TO_UNIT

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit()

    def bell(self, sigma: float) -> float:
        """Return a bell-shaped number with mean 0 and standard deviation ``sigma``: the sum of three uniform ones."""
        return (self.unit() + self.unit() + self.unit() - 1.5) * 2.0 * sigma

    def chance(self, probability: float) -> bool:
        """Return whether an event of this probability happens."""
        return self.unit() < probability

    def field(self, rows: int, columns: int) -> npt.NDArray[np.float64]:
        """Return a (rows, columns) array of numbers in [0, 1)."""
        raw = np.asarray(self._bits.random_raw(rows * columns), dtype=np.uint64) >> np.uint64(11)
        return (raw.astype(np.float64) * _TO_UNIT).reshape(rows, columns)
