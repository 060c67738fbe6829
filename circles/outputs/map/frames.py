"""The islands of the first screen as small frames: which islands share one, and what part of the world it shows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely

from circles.analysis.results import Tables

NEAR_M = 3000.0
"""Islands nearer to each other than this share a frame."""
MOST = 12
"""Frames that a screen holds; islands of fewer people than these are found on the map itself."""


def frames(tables: Tables) -> list[dict[str, Any]]:
    """Return ``islands`` (names, most people first), ``box`` (w s e n in degrees) and ``people`` per frame.

    Only islands where people live have one; fewer than two frames are none, since the map itself shows as much.
    """
    land, people = tables.land, _people(tables)
    if not len(land) or not people:
        return []
    names = [str(name) for name in land["island"]] if "island" in land else []
    inhabited = [i for i, name in enumerate(names) if people.get(name, 0.0) > 0]
    if len(inhabited) < 2:
        return []
    inhabited.sort(key=lambda i: (-people[names[i]], names[i]))
    shapes = np.asarray(land.geometry.to_crs(tables.area.crs).values, dtype=object)[inhabited]
    group = list(range(len(inhabited)))
    for one, other in zip(*shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEAR_M), strict=True):
        low, high = sorted((group[one], group[other]))
        group = [low if own == high else own for own in group]
    box = land.geometry.bounds.to_numpy()[inhabited]
    found: list[dict[str, Any]] = []
    for number in dict.fromkeys(group):
        own = [k for k, g in enumerate(group) if g == number]
        corners = [*box[own, :2].min(axis=0).tolist(), *box[own, 2:].max(axis=0).tolist()]
        found.append({
            "islands": [names[inhabited[k]] for k in own],
            "box": [round(v, 5) for v in corners],
            "people": sum(people[names[inhabited[k]]] for k in own),
        })  # fmt: skip
    return sorted(found, key=lambda frame: -float(frame["people"]))[:MOST] if len(found) > 1 else []


def _people(tables: Tables) -> dict[str, float]:
    """Return the people of each named island; names stay Python's own texts, whatever signs they hold."""
    weights = pd.to_numeric(tables.residents["population"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    number, names = pd.factorize(tables.residents["island"].astype(object))
    return {
        name: math.fsum(weights[number == place].tolist())
        for place, name in enumerate(names)
        if isinstance(name, str) and name
    }
