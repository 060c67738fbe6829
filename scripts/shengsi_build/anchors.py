"""Where each settlement really stands in the model: its published place, moved to a bay within its accuracy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from shengsi_build.terrain import CELL_M, Grid, Ground, radius_of, rise_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shengsi_build.facts import Facts, Place

MAX_MOVE_M = 800.0
SURVEYED_M = 300.0
"""A place known this well stands where it is: nothing is sought."""


def settle(facts: Facts, grid: Grid, settlements: Sequence[Place]) -> list[Ground]:
    """Return one ground per settlement, in order; the larger settlement chooses its bay first."""
    order = sorted(range(len(settlements)), key=lambda i: (-settlements[i].people, settlements[i].code))
    grounds: dict[int, Ground] = {}
    for i in order:
        place = settlements[i]
        taken = [g for g in grounds.values() if g.island == place.island]
        x, y = (
            (place.x, place.y) if place.is_inland or place.accuracy_m <= SURVEYED_M else _bay(facts, grid, place, taken)
        )
        grounds[i] = Ground(place.island, x, y, radius_of(place), rise_of(place))
    return [grounds[i] for i in range(len(settlements))]


def _bay(facts: Facts, grid: Grid, place: Place, taken: Sequence[Ground]) -> tuple[float, float]:
    """Return the best cell centre within reach: near the shore, sheltered, clear of other settlements."""
    island = facts.island(place.island)
    reach = min(MAX_MOVE_M, place.accuracy_m)
    radius = radius_of(place)
    row, column = grid.cell(place.x, place.y)
    span = int(reach // CELL_M) + 1
    best = (math.inf, place.x, place.y)
    shapely.prepare(island)
    for i in range(row - span, row + span + 1):
        for j in range(column - span, column + span + 1):
            x, y = grid.centre(i, j)
            moved = math.hypot(x - place.x, y - place.y)
            if moved <= reach and grid.shore[i, j] > 25.0 and shapely.contains_xy(island, x, y):
                score = _score(grid, (i, j), radius, moved) + sum(_crowding(x, y, radius, g) for g in taken)
                best = min(best, (round(score, 6), x, y))
    return best[1], best[2]


def _score(grid: Grid, cell: tuple[int, int], radius: float, moved: float) -> float:
    i, j = cell
    wanted = 45.0 + 0.4 * radius
    window = max(4, int(radius * 1.2 // CELL_M))
    shelter = float((grid.shore[i - window : i + window + 1, j - window : j + window + 1] > 0).mean())
    return moved / 900.0 + abs(float(grid.shore[i, j]) - wanted) / 250.0 - 1.2 * shelter


def _crowding(x: float, y: float, radius: float, other: Ground) -> float:
    apart = math.hypot(x - other.x, y - other.y) / (0.9 * (radius + other.radius_m))
    return 3.0 * (1.0 - apart) if apart < 1.0 else 0.0
