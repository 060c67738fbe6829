"""The modelled terrain: hills that fall to the shore, gentle ground under the villages, known peaks met exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from shengsi_build import conditioning
from shengsi_build.dice import Dice
from shengsi_build.facts import to_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shengsi_build.facts import Facts, Land, Place

CELL_M = 30.0
MARGIN_CELLS = 4
"""Sea cells this near the land are 0 m, so that a street on the shore is never sampled against a void."""
NO_DATA = -9999.0
SQUARE_M = 60.0
"""The ground of a surveyed square, hall or pier is gentle this far around it."""
STEP_M = 0.125
"""Heights are whole multiples of this: no floating-point difference between machines survives it."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A north-up grid in metres. ``height`` and ``shore`` (distance to the coast, 0 at sea) are (rows, columns)."""

    left: float
    top: float
    height: Floats
    shore: Floats

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Return the row and column of the cell that holds a point."""
        return int((self.top - y) // CELL_M), int((x - self.left) // CELL_M)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Return the centre of a cell."""
        return self.left + (column + 0.5) * CELL_M, self.top - (row + 0.5) * CELL_M

    def at(self, x: float, y: float) -> float:
        """Return the height at a point, bilinear between cell centres."""
        return self._bilinear(self.height, x, y)

    def shore_at(self, x: float, y: float) -> float:
        """Return the distance to the shore at a point, bilinear between cell centres."""
        return self._bilinear(self.shore, x, y)

    def slope(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Return |rise| / run between two points."""
        run = math.hypot(b[0] - a[0], b[1] - a[1])
        return abs(self.at(*b) - self.at(*a)) / run if run else 0.0

    def uphill(self, x: float, y: float) -> tuple[float, float]:
        """Return the gradient (rise per metre eastward, northward) over 40 m."""
        return (self.at(x + 20, y) - self.at(x - 20, y)) / 40, (self.at(x, y + 20) - self.at(x, y - 20)) / 40

    def _bilinear(self, values: Floats, x: float, y: float) -> float:
        column = (x - self.left) / CELL_M - 0.5
        row = (self.top - y) / CELL_M - 0.5
        i, j = int(row), int(column)
        v, u = row - i, column - j
        upper = values[i, j] * (1 - u) + values[i, j + 1] * u
        lower = values[i + 1, j] * (1 - u) + values[i + 1, j + 1] * u
        return float(upper * (1 - v) + lower * v)


@dataclass(frozen=True)
class Ground:
    """The gentle ground of one settlement: anchor, radius of its built-up area, rise per metre from the shore."""

    island: str
    x: float
    y: float
    radius_m: float
    rise: float


def empty_grid(land: Sequence[Land]) -> Grid:
    """Return a grid over all land with distances to the shore and no heights yet."""
    left, bottom, right, top = shapely.total_bounds([part.polygon for part in land])
    pad = (MARGIN_CELLS + 4) * CELL_M
    left, top = math.floor(left / CELL_M) * CELL_M - pad, math.ceil(top / CELL_M) * CELL_M + pad
    columns, rows = math.ceil((right + pad - left) / CELL_M), math.ceil((top - bottom + pad) / CELL_M)
    grid = Grid(left, top, np.zeros((rows, columns)), np.zeros((rows, columns)))
    for part in land:
        window, xs, ys = _window(grid, part)
        points = shapely.points(xs, ys)
        shapely.prepare(part.polygon)
        inside = shapely.contains(part.polygon, points)
        distance = np.zeros(xs.shape)
        distance[inside] = shapely.distance(part.polygon.boundary, points[inside])
        grid.shore[window] = np.maximum(grid.shore[window], distance)
    return grid


def _window(grid: Grid, part: Land) -> tuple[tuple[slice, slice], Floats, Floats]:
    left, bottom, right, top = part.polygon.bounds
    (r0, c0), (r1, c1) = grid.cell(left, top), grid.cell(right, bottom)
    window = (slice(r0 - 1, r1 + 2), slice(c0 - 1, c1 + 2))
    xs = grid.left + (np.arange(c0 - 1, c1 + 2) + 0.5) * CELL_M
    ys = grid.top - (np.arange(r0 - 1, r1 + 2) + 0.5) * CELL_M
    return window, *np.meshgrid(xs, ys)


def build(facts: Facts, grid: Grid, grounds: Sequence[Ground]) -> Grid:
    """Return the grid with heights: each land part gets hills from its size, then the villages' gentle ground."""
    noise = _noise(grid.height.shape)
    squares = [
        Ground(row["island"], *to_metres(float(row["lon"]), float(row["lat"])), radius_m=SQUARE_M, rise=0.09)
        for row in facts.public_points
    ]
    hilliness, of_island = np.ones(grid.height.shape), np.full(grid.height.shape, -1, dtype=np.int64)
    peaks = {row["island"]: float(row["height_m"]) for row in facts.peaks}
    height = np.zeros(grid.height.shape)
    for number, part in enumerate(facts.land):
        window, xs, ys = _window(grid, part)
        shore = np.where(shapely.contains_xy(part.polygon, xs, ys), grid.shore[window], 0.0)
        if not shore.any():
            continue
        local = [g for g in (*grounds, *squares) if g.island == part.island and part.island]
        hill, summit = _hill(shore, noise[window], peaks.get(part.island))
        shaped = _with_villages(hill, shore, xs, ys, local)
        height[window] = np.maximum(height[window], _lift(shaped, summit, known=part.island in peaks))
        of_island[window] = np.where(shore > 0, number, of_island[window])
        hilliness[window] = np.where(shore > 0, _hilliness(xs, ys, local)[0], hilliness[window])
    held = conditioning.condition(facts, grid, height, hilliness=hilliness, of_island=of_island)
    return Grid(grid.left, grid.top, np.round(held / STEP_M) * STEP_M, grid.shore)


def voids(grid: Grid) -> npt.NDArray[np.bool_]:
    """Return which cells are open sea, far enough from land to hold no height."""
    land = grid.shore > 0
    near: npt.NDArray[np.bool_] = ndimage.binary_dilation(
        land, iterations=MARGIN_CELLS, structure=np.ones((3, 3), dtype=bool)
    )
    return ~near


def _noise(shape: tuple[int, int]) -> Floats:
    """Return smooth chance in [0, 1]: two octaves with wavelengths of about 900 m and 350 m."""
    total = np.zeros(shape)
    for key, (sigma, weight) in enumerate(((9.0, 1.0), (3.6, 0.45))):
        layer = ndimage.gaussian_filter(Dice(330922, 1, key).field(*shape), sigma, mode="reflect")
        total += weight * (layer - layer.mean()) / layer.std()
    return np.clip(0.5 + total / 4.0, 0.0, 1.0)


def _hill(shore: Floats, noise: Floats, summit: float | None) -> tuple[Floats, float]:
    widest = float(shore.max())
    if summit is None:
        summit = min(210.0, 205.0 * (1.0 - math.exp(-widest / 420.0)))
    if summit < 12.0:
        return np.minimum(shore * 0.03 + 2.0, summit) * (shore > 0), summit
    base = (shore / widest) ** 0.85 * (0.3 + 0.9 * noise)
    return base / base.max() * summit, summit


def _with_villages(hill: Floats, shore: Floats, xs: Floats, ys: Floats, grounds: Sequence[Ground]) -> Floats:
    """Blend the gentle ground of each settlement into the hills around it."""
    hilliness, rise = _hilliness(xs, ys, grounds)
    rise = ndimage.gaussian_filter(rise, 3.0, mode="nearest")
    gentle = np.where(shore > 0, 2.0 + rise * shore, 0.0)
    blended = hilliness * hill + (1.0 - hilliness) * (0.86 * np.minimum(gentle, hill + 3.0) + 0.14 * hill)
    land = (shore > 0).astype(float)
    weight = ndimage.gaussian_filter(land, 1.0)
    smooth = ndimage.gaussian_filter(blended * land, 1.0) / np.where(weight > 0, weight, 1.0)
    return np.where(shore > 0, np.maximum(smooth, 1.0), 0.0)


def _hilliness(xs: Floats, ys: Floats, grounds: Sequence[Ground]) -> tuple[Floats, Floats]:
    """Return how little a place belongs to a settlement (0 inside, 1 far off) and the rise of the nearest one."""
    hilliness, rise = np.ones(xs.shape), np.full(xs.shape, 0.08)
    for ground in grounds:
        far = np.hypot(xs - ground.x, ys - ground.y)
        inner = 0.75 * ground.radius_m
        t = np.clip((far - inner) / (0.9 * ground.radius_m + 180.0), 0.0, 1.0)
        share = t * t * (3.0 - 2.0 * t)
        rise = np.where(share < hilliness, ground.rise, rise)
        hilliness = np.minimum(hilliness, share)
    return hilliness, rise


def _lift(height: Floats, summit: float, *, known: bool) -> Floats:
    """Round the heights; where the summit is known, stretch the upper half so that it is met."""
    top = float(height.max())
    if known and top > 0:
        middle = top / 2.0
        stretched = middle + (height - middle) * (summit - middle) / (top - middle)
        height = np.where(height > middle, stretched, height)
    return np.round(height / STEP_M) * STEP_M


def radius_of(place: Place) -> float:
    """Return the radius in metres of a settlement's built-up area: 130 people per hectare in the seat, else 95."""
    density = 130.0 if place.is_inland else 95.0
    return max(70.0, 100.0 * math.sqrt(max(place.people, 1) / density / math.pi))


def rise_of(place: Place) -> float:
    """Return how steeply the ground of a settlement rises from the shore: a plain in the seat, steeper far out."""
    if place.is_inland:
        return 0.018
    return 0.15 if place.is_outer else 0.09
