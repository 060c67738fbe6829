"""Holds the modelled terrain to what was measured: mean heights of SRTM cells, of islands, and single heights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import Transformer
from scipy import ndimage

from shengsi_build.facts import CRS, to_metres

if TYPE_CHECKING:
    from pathlib import Path

    from shengsi_build.facts import Facts
    from shengsi_build.terrain import Grid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 60
SMOOTH_PIXELS = 7.0
"""Standard deviation of the field of correction: about 200 m, so that no wall stands between two cells."""
VILLAGE_SHARE = 0.25
"""How much of a correction the gentle ground of a settlement takes; the hills around it take all."""
MAX_RISE = 0.85
"""The steepest that land rises from its shore, and the flank of a summit."""
GENTLE_RISE = 0.3
"""The same inside a settlement."""
MIN_PIXELS = 25
"""Cells with less land than this (0.02 km²) are not held: their mean says little."""


@dataclass(frozen=True)
class Cells:
    """Which cell of measured means each land pixel lies in, and the mean it should have.

    ``number`` is (rows, columns), -1 where nothing was measured; ``target`` and ``pixels`` are one value per cell.
    """

    number: Ints
    target: Floats
    pixels: Ints

    def means(self, height: Floats) -> Floats:
        """Return the mean height of each cell's land pixels."""
        inside = self.number >= 0
        sums = np.bincount(self.number[inside], height[inside], minlength=len(self.target))
        return sums / np.maximum(self.pixels, 1)


def measured(facts: Facts, grid: Grid, of_island: Ints) -> Cells:
    """Return the measured cells, and one more cell per island for the land that none of them covers.

    Parameters
    ----------
    of_island : (rows, columns) number of the land part of each pixel, -1 at sea
    """
    rows, columns = np.nonzero(grid.shore > 0)
    xs, ys = grid.left + (columns + 0.5) * 30.0, grid.top - (rows + 0.5) * 30.0
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(xs, ys)
    values, at = _read(facts.srtm_file, np.asarray(lon), np.asarray(lat))
    used, own, count = np.unique(at[values > 0], return_inverse=True, return_counts=True)
    is_held = count >= MIN_PIXELS
    cell = np.full(len(rows), -1, dtype=np.int64)
    cell[values > 0] = np.where(is_held, np.cumsum(is_held) - 1, -1)[own]
    target = [float(values[at == name][0]) for name in used[is_held]]
    means = {row["island"]: float(row["mean_height_m"]) for row in facts.island_heights if row["mean_height_m"]}
    part_of = of_island[rows, columns]
    for part, land in enumerate(facts.land):
        if land.island in means:
            free = (part_of == part) & (cell < 0)
            if int(free.sum()) >= MIN_PIXELS:
                cell[free] = len(target)
                target.append(means[land.island])
    number = np.full(grid.shore.shape, -1, dtype=np.int64)
    number[rows, columns] = cell
    return Cells(number, np.array(target), np.bincount(cell[cell >= 0], minlength=len(target)))


def _read(file: Path, lon: Floats, lat: Floats) -> tuple[Floats, Ints]:
    """Return the value of the raster at points (0 = none) and the number of the raster's cell."""
    with rasterio.open(file) as source:
        value, place = source.read(1).astype(np.float64), source.transform
    column = np.floor((lon - place.c) / place.a).astype(np.int64)
    row = np.floor((lat - place.f) / place.e).astype(np.int64)
    inside = (row >= 0) & (row < value.shape[0]) & (column >= 0) & (column < value.shape[1])
    found = np.where(inside, value[np.where(inside, row, 0), np.where(inside, column, 0)], 0.0)
    return np.where(found > 0, found, 0.0), row * value.shape[1] + column


@dataclass
class _Patch:
    """One land part in its window of the grid: what is land there, and what its heights may be."""

    window: tuple[slice, slice]
    land: npt.NDArray[np.bool_]
    weight: Floats
    cap: Floats
    blur: Floats
    top: tuple[int, int, float] | None
    spots: list[tuple[int, int, float]]
    height: Floats


def condition(facts: Facts, grid: Grid, height: Floats, *, hilliness: Floats, of_island: Ints) -> Floats:
    """Return heights whose cells have the measured means, with summits and single heights kept and shores low.

    A smooth field of factors is applied again and again until the means are met; hills take most of it.

    Parameters
    ----------
    height, hilliness, of_island : (rows, columns) modelled heights in metres, 0 inside settlements to 1 in the hills,
        number of the land part of each pixel (-1 at sea)
    """
    cells = measured(facts, grid, of_island)
    held = np.unique(of_island[cells.number >= 0])
    patches = [
        _patch(facts, grid, int(n), height=height, hilliness=hilliness, of_island=of_island) for n in held if n >= 0
    ]
    out = height.copy()
    for turn in range(ROUNDS):
        for patch in patches:
            out[patch.window][patch.land] = patch.height[patch.land]
        factor = np.clip(cells.target / np.maximum(cells.means(out), 0.5), 0.4, 2.5)
        for patch in patches:
            _correct(patch, cells.number[patch.window], factor, is_sharp=turn % 4 == 3)
    for patch in patches:
        out[patch.window][patch.land] = patch.height[patch.land]
    return out


def _patch(facts: Facts, grid: Grid, number: int, *, height: Floats, hilliness: Floats, of_island: Ints) -> _Patch:
    west, south, east, north = facts.land[number].polygon.bounds
    (r0, c0), (r1, c1) = grid.cell(west, north), grid.cell(east, south)
    box = (slice(r0 - 1, r1 + 2), slice(c0 - 1, c1 + 2))
    rows, columns = np.nonzero(of_island[box] == number)
    rows, columns = rows + box[0].start, columns + box[1].start
    window = (slice(rows.min() - 2, rows.max() + 3), slice(columns.min() - 2, columns.max() + 3))
    land = of_island[window] == number
    own, name = height[window], facts.land[number].island
    known = next((float(row["height_m"]) for row in facts.peaks if name and row["island"] == name), None)
    rise = GENTLE_RISE + (MAX_RISE - GENTLE_RISE) * hilliness[window]
    cap = np.minimum(1.0 + rise * grid.shore[window], np.inf if known is None else known)
    at = int(np.argmax(np.where(land, own, -1.0)))
    top = None if known is None else (at // land.shape[1], at % land.shape[1], known)
    spots = []
    for spot in facts.spot_heights:
        if spot["island"] == name:
            row, column = grid.cell(*to_metres(float(spot["lon"]), float(spot["lat"])))
            spots.append((row - window[0].start, column - window[1].start, float(spot["height_m"])))
    weight = np.where(land, VILLAGE_SHARE + (1.0 - VILLAGE_SHARE) * hilliness[window], 0.0)
    blur = np.maximum(ndimage.gaussian_filter(land.astype(float), SMOOTH_PIXELS), 1e-9)
    return _Patch(window, land, weight, cap, blur, top, spots, own.copy())


def _correct(patch: _Patch, number: Ints, factor: Floats, *, is_sharp: bool) -> None:
    """Move one part's heights a step towards the means of its cells."""
    field = np.where(patch.land & (number >= 0), factor[number] - 1.0, 0.0)
    step = ndimage.gaussian_filter(field, SMOOTH_PIXELS) / patch.blur
    if is_sharp:
        step = 0.5 * (step + field)
    height = np.clip(patch.height * (1.0 + patch.weight * step), 1.0, patch.cap)
    if is_sharp:
        near = np.maximum(ndimage.gaussian_filter(patch.land.astype(float), 1.2), 1e-9)
        hills = np.maximum(ndimage.gaussian_filter(height * patch.land, 1.2) / near, 1.0)
        wide = np.maximum(ndimage.gaussian_filter(patch.land.astype(float), 4.0), 1e-9)
        gentle = np.maximum(ndimage.gaussian_filter(height * patch.land, 4.0) / wide, 1.0)
        share = np.clip((patch.weight - VILLAGE_SHARE) / (1.0 - VILLAGE_SHARE), 0.0, 1.0)
        height = np.minimum(share * hills + (1.0 - share) * gentle, patch.cap)
    rows, columns = np.indices(height.shape, sparse=True)
    if patch.top is not None:
        row, column, top = patch.top
        cone = np.minimum(top - 0.5 * 30.0 * np.hypot(rows - row, columns - column), patch.cap)
        height = np.maximum(np.minimum(height, top), cone)
        height[row, column] = top
    for row, column, wanted in patch.spots:
        far = 30.0 * np.hypot(rows - row, columns - column)
        height = np.maximum(height + (wanted - height[row, column]) * np.exp(-((far / 110.0) ** 2)), 1.0)
    patch.height = np.where(patch.land, height, 0.0)
