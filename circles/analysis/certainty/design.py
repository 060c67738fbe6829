"""Which runs are made: Saltelli's blocks over groups of numbers, filled by scrambled Sobol points.

A block has two independent points A and B, and for each source of doubt the point A with that source's numbers taken
from B. Every run is a draw of the doubts as they are, so all of them count for probabilities; the pairs within a block
give the shares of the sources.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from circles.area.sure import Source
from circles.foundation.types import F64

_MOST_DIMENSIONS = 1000
"""Numbers of a point that are filled by Sobol points; what is beyond (very many lines) is filled by random ones."""
_CHUNK = 1024


class Side(StrEnum):
    """One of a block's two points."""

    A = "A"
    B = "B"


@dataclass(frozen=True)
class Draw:
    """One run: from which side of which block each source's numbers come, and the numbers.

    Attributes
    ----------
    block : number of its block, from 0
    name : its place in the block, one of :attr:`Design.names`
    side : source → the point, A or B, from which its numbers are taken
    u : source → (size,) numbers between 0 and 1, uniform and independent: quantiles of what is drawn
    """

    block: int
    name: str
    side: Mapping[Source, Side]
    u: Mapping[Source, F64]

    def key(self, *sources: Source) -> tuple[str, ...]:
        """Return the side of each of these sources: draws of one block with the same key have the same numbers of them."""
        return tuple(str(self.side[source]) if source in self.side else "" for source in sources)


@dataclass(frozen=True)
class Design:
    """The runs of a design for Sobol indices (Saltelli et al. 2010); one seed gives the same runs everywhere.

    Attributes
    ----------
    size : source that varies → how many uniform numbers a run needs of it
    seed : of the random numbers
    n_runs : runs in all; the last block may be begun and not full
    """

    size: Mapping[Source, int]
    seed: int
    n_runs: int
    _kept: dict[tuple[int, Side], F64] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the runs of one block, in order: A, B, then A with each source taken from B."""
        return (str(Side.A), str(Side.B), *(str(source) for source in self.size))

    @property
    def n_blocks(self) -> int:
        """Return how many blocks are begun."""
        return -(-self.n_runs // len(self.names))

    def draws(self, block: int) -> Iterator[Draw]:
        """Yield the runs of a block, fewer in the last one."""
        first = block * len(self.names)
        points = {side: self.numbers(block, side) for side in Side}
        for name in self.names[: self.n_runs - first]:
            of_b = set(self.size) if name == Side.B else {source for source in self.size if source == name}
            side = {source: Side.B if source in of_b else Side.A for source in self.size}
            yield Draw(block, name, side, {source: points[side[source]][source] for source in self.size})

    def numbers(self, block: int, side: Side) -> dict[Source, F64]:
        """Return one point of a block: source → (size,) numbers, uniform between 0 and 1."""
        row = self._rows(block, side)
        found: dict[Source, F64] = {}
        at = 0
        for source, size in self.size.items():
            if source in self._by_sobol:
                found[source] = row[at : at + size]
                at += size
            else:
                key = [self.seed, block, list(Side).index(side), list(Source).index(source)]
                found[source] = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key))).random(size)
        return found

    @cached_property
    def _by_sobol(self) -> dict[Source, int]:
        """Return the sources filled by Sobol points: the smaller ones first, as many as there is room for."""
        room, chosen = _MOST_DIMENSIONS, set()
        for source in sorted(self.size, key=lambda source: (self.size[source], source)):
            if self.size[source] <= room:
                chosen.add(source)
                room -= self.size[source]
        return {source: size for source, size in self.size.items() if source in chosen}

    def _rows(self, block: int, side: Side) -> F64:
        """Return the Sobol point of one side of a block, out of a chunk that is made once.

        The two sides are scrambled apart, and B's points are shuffled: in the order of the sequence, points of two
        scramblings lie in the same halves and quarters, and would not be independent.
        """
        number = block // _CHUNK
        if (number, side) not in self._kept:
            if len(self._kept) > 1:
                self._kept.clear()
            count = min(_CHUNK, self.n_blocks - number * _CHUNK)
            seed = np.random.SeedSequence([self.seed, number, list(Side).index(side)])
            random = np.random.Generator(np.random.PCG64(seed))
            points = _sobol(count, sum(self._by_sobol.values()), random)
            self._kept[number, side] = random.permutation(points) if side is Side.B else points
        row: F64 = self._kept[number, side][block % _CHUNK]
        return row


def _sobol(count: int, width: int, random: np.random.Generator) -> F64:
    """Return the first scrambled Sobol points, (count, width), all below 1."""
    from scipy.stats import qmc  # noqa: PLC0415 - takes a second, and only drawn runs need it

    if not width:
        return np.zeros((count, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # any number of points will do, a power of two does best
        points = qmc.Sobol(width, scramble=True, rng=random).random(count)
    return np.asarray(np.clip(points, 0.0, 1.0 - 2.0**-53), dtype=np.float64)
