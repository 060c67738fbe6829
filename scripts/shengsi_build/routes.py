"""Least-cost ways over the terrain grid: roads that climb gently, keep off the shore and use what exists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from shengsi_build.dice import Dice
from shengsi_build.terrain import CELL_M, Grid

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from shengsi_build.plane import Point

KEEP_OFF_M = 20.0
_MOVES = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Manner:
    """How a way is chosen.

    ``easy``: gradient that doubles the cost; ``steep``: gradient above which it costs many times more; ``on_road`` and
    ``beside_road``: what cells on and beside existing roads cost; ``to_coast``: whether the shore draws it.
    """

    easy: float
    steep: float
    on_road: float
    beside_road: float
    to_coast: bool = False


ROAD = Manner(0.05, 0.11, 0.3, 2.2)
WATERFRONT = Manner(0.05, 0.11, 0.3, 2.2, to_coast=True)
RING = Manner(0.05, 0.11, 1.6, 3.0, to_coast=True)
SECOND = Manner(0.05, 0.11, 2.0, 3.0)
HILL_PATH = Manner(0.22, 0.36, 1.3, 2.0)


@dataclass
class Router:
    """The cells of one island on which a road may run.

    ``used`` tells of roads: 1 on one, −1 beside one, 0 elsewhere. ``rough`` is a smooth chance factor of cost for what
    the terrain does not show (fields, rock, graves): without it ways over even ground would be ruled straight.
    """

    grid: Grid
    island: Polygon
    row0: int
    column0: int
    allowed: npt.NDArray[np.bool_]
    used: npt.NDArray[np.int8]
    rough: Floats

    @classmethod
    def of(cls, grid: Grid, island: Polygon) -> Router:
        """Return a router over the island's cells that keep off its shore."""
        left, bottom, right, top = island.bounds
        (r0, c0), (r1, c1) = grid.cell(left, top), grid.cell(right, bottom)
        ys = grid.top - (np.arange(r0, r1 + 1) + 0.5) * CELL_M
        xs = grid.left + (np.arange(c0, c1 + 1) + 0.5) * CELL_M
        inside = shapely.contains_xy(island, *np.meshgrid(xs, ys))
        allowed = inside & (grid.shore[r0 : r1 + 1, c0 : c1 + 1] >= KEEP_OFF_M)
        chance = ndimage.gaussian_filter(Dice(330922, 6, r0, c0).field(*allowed.shape), 2.2, mode="reflect")
        rough = np.round(np.clip(1.0 + 0.35 * (chance - chance.mean()) / chance.std(), 0.5, 2.0), 6)
        return cls(grid, island, r0, c0, allowed, np.zeros(allowed.shape, dtype=np.int8), rough)

    def shore(self) -> Floats:
        """Return distances to the shore of the island's window."""
        rows, columns = self.allowed.shape
        return self.grid.shore[self.row0 : self.row0 + rows, self.column0 : self.column0 + columns]

    def heights(self) -> Floats:
        """Return heights of the island's window."""
        rows, columns = self.allowed.shape
        return self.grid.height[self.row0 : self.row0 + rows, self.column0 : self.column0 + columns]

    def centre(self, cell: int) -> Point:
        """Return the centre of a cell given by its flat number."""
        row, column = divmod(cell, self.allowed.shape[1])
        return self.grid.centre(self.row0 + row, self.column0 + column)

    def cell(self, point: Point, *, within_m: float = math.inf) -> int:
        """Return the flat number of the nearest allowed cell within ``within_m`` of the shore (ties: the lowest)."""
        rows, columns = np.nonzero(self.allowed & (self.shore() <= within_m))
        xs = self.grid.left + (self.column0 + columns + 0.5) * CELL_M
        ys = self.grid.top - (self.row0 + rows + 0.5) * CELL_M
        best = int(np.argmin((xs - point[0]) ** 2 + (ys - point[1]) ** 2))
        width: int = self.allowed.shape[1]
        return int(rows[best]) * width + int(columns[best])

    def mark(self, points: list[Point]) -> None:
        """Note a road: its cells become cheap, their neighbours dear, so that roads merge rather than run abreast."""
        for point in points:
            row, column = self.grid.cell(*point)
            i, j = row - self.row0, column - self.column0
            beside = self.used[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
            beside[beside == 0] = -1
        for point in points:
            row, column = self.grid.cell(*point)
            i, j = row - self.row0, column - self.column0
            if 0 <= i < self.used.shape[0] and 0 <= j < self.used.shape[1]:
                self.used[i, j] = 1

    def ways(self, start: int, manner: Manner) -> tuple[Floats, npt.NDArray[np.int32]]:
        """Return cost and predecessor of every cell from ``start``."""
        graph = self._graph(manner)
        cost, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        return cost, before

    def _graph(self, manner: Manner) -> coo_matrix:
        rows, columns = self.allowed.shape
        number = np.arange(rows * columns).reshape(rows, columns)
        factor = self._factor(manner)
        height = self.heights()
        tails, heads, costs = [], [], []
        for down, right in _MOVES:
            here, there = _shifted(rows, columns, down, right)
            run = CELL_M * math.sqrt(down * down + right * right)
            slope = np.abs(height[there] - height[here]) / run
            over = np.maximum(slope - manner.steep, 0.0) / manner.steep
            climb = 1.0 + (slope / manner.easy) ** 2 + 60.0 * over
            cost = run * climb * 0.5 * (factor[here] + factor[there])
            keep = self.allowed[here] & self.allowed[there]
            if abs(down) + abs(right) == 3:
                keep &= self._passable_between(down, right)
            tails.append(number[here][keep])
            heads.append(number[there][keep])
            costs.append(cost[keep])
        size = rows * columns
        data = (np.concatenate(costs), (np.concatenate(tails), np.concatenate(heads)))
        return coo_matrix(data, shape=(size, size)).tocsr()

    def _passable_between(self, down: int, right: int) -> npt.NDArray[np.bool_]:
        """Return whether the two cells that a knight's move passes are allowed."""
        rows, columns = self.allowed.shape
        half = (down // 2, right // 2 if right > 0 else -((-right) // 2))
        rest = (down - half[0], right - half[1])
        here, _ = _shifted(rows, columns, down, right)
        result = np.ones(_shape_of(here), dtype=bool)
        for step in (half, rest):
            moved = (
                slice(here[0].start + step[0], here[0].stop + step[0]),
                slice(here[1].start + step[1], here[1].stop + step[1]),
            )
            result &= self.allowed[moved]
        return result

    def _factor(self, manner: Manner) -> Floats:
        shore = self.shore()
        factor = np.where(shore < 32.0, 1.8, 1.0) * self.rough
        if manner.to_coast:
            factor = factor * (1.0 + np.minimum(np.abs(shore - 48.0), 300.0) / 45.0)
        factor = np.where(self.used == 1, manner.on_road, factor)
        return np.where(self.used == -1, factor * manner.beside_road, factor)


def _shape_of(window: tuple[slice, slice]) -> tuple[int, int]:
    """Return the shape of a window of slices."""
    return window[0].stop - window[0].start, window[1].stop - window[1].start


def _shifted(rows: int, columns: int, down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    left = max(0, -right)
    stop = columns - max(0, right)
    here = (slice(0, rows - down), slice(left, stop))
    there = (slice(down, rows), slice(left + right, stop + right))
    return here, there


def trace(before: npt.NDArray[np.int32], start: int, goal: int) -> list[int]:
    """Return the cells from ``start`` to ``goal``; empty if there is no way."""
    path = [goal]
    while path[-1] != start:
        previous = int(before[path[-1]])
        if previous < 0:
            return []
        path.append(previous)
    return path[::-1]


def smooth(points: list[Point], *, rounds: int = 5) -> list[Point]:
    """Return the points with bends rounded: a [1, 2, 1] average, ends kept."""
    line = np.array(points)
    for _ in range(rounds):
        if len(line) > 2:
            line[1:-1] = (line[:-2] + 2.0 * line[1:-1] + line[2:]) / 4.0
    return [(float(x), float(y)) for x, y in line]


def resample(points: list[Point], spacing_m: float) -> list[Point]:
    """Return points about ``spacing_m`` apart along a line, ends kept."""
    line = np.array(points)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    parts = max(1, round(float(along[-1]) / spacing_m))
    at = np.linspace(0.0, along[-1], parts + 1)
    return [
        (float(x), float(y))
        for x, y in zip(np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1]), strict=True)
    ]
