"""Land: which island a place or a street belongs to (contract, section 3.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from circles.foundation.types import F64, I64
from circles.network.components import components

if TYPE_CHECKING:
    import geopandas as gpd

EVERYWHERE = "—"
"""Name of the one island there is where no land is given."""


@dataclass(frozen=True)
class Islands:
    """Islands by falling area; without land one island that is everywhere (``polygons`` is empty then).

    Attributes
    ----------
    names : one per island, unique
    polygons : (k,) single polygons in the area's CRS
    island_of : (k,) the island each polygon is part of
    """

    names: tuple[str, ...]
    polygons: npt.NDArray[np.object_]
    island_of: I64

    def geometry(self, island: int) -> shapely.Geometry:
        """Return an island as one geometry in the area's CRS."""
        return shapely.union_all(self.polygons[self.island_of == island])

    def of_points(self, xy: F64, *, within_m: float) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Return each point's island (-1 = at sea) and whether it lies off land, only near an island."""
        if not len(self.polygons):
            return np.zeros(len(xy), dtype=np.int64), np.zeros(len(xy), dtype=bool)
        found = self._containing(xy)
        off = np.flatnonzero(found < 0)
        if len(off):
            at, polygon = shapely.STRtree(self.polygons).query_nearest(
                shapely.points(xy[off]), max_distance=within_m * (1 + 1e-9), all_matches=False
            )
            found[off[at]] = self.island_of[polygon]
        is_near = np.zeros(len(xy), dtype=bool)
        is_near[off] = found[off] >= 0
        return found, is_near

    def of_lines(self, line_of: I64, xy: F64, n_lines: int) -> tuple[I64, I64]:
        """Return, as CSR ``(indptr, island)``, the islands each line belongs to: those nearest to its vertices."""
        if not len(self.polygons):
            return np.arange(n_lines + 1), np.zeros(n_lines, dtype=np.int64)
        found = self._containing(xy)
        off = np.flatnonzero(found < 0)
        at, polygon = shapely.STRtree(self.polygons).query_nearest(shapely.points(xy[off])) if len(off) else (off, off)
        line = np.concatenate([line_of[found >= 0], line_of[off[at]]])
        island = np.concatenate([found[found >= 0], self.island_of[polygon]])
        pairs = np.unique(line * len(self.names) + island)
        line, island = np.divmod(pairs, len(self.names))
        return np.searchsorted(line, np.arange(n_lines + 1)), island

    def _containing(self, xy: F64) -> I64:
        found = np.full(len(xy), -1, dtype=np.int64)
        box = shapely.bounds(self.polygons)
        order = np.argsort(xy[:, 0], kind="stable")
        x = xy[order, 0]
        for polygon in np.argsort(shapely.area(self.polygons), kind="stable")[::-1]:
            low, high = np.searchsorted(x, box[polygon, 0]), np.searchsorted(x, box[polygon, 2], side="right")
            near = order[low:high]
            near = near[(found[near] < 0) & (xy[near, 1] >= box[polygon, 1]) & (xy[near, 1] <= box[polygon, 3])]
            if len(near):
                shapely.prepare(self.polygons[polygon])
                inside = shapely.intersects_xy(self.polygons[polygon], xy[near, 0], xy[near, 1])
                found[near[inside]] = self.island_of[polygon]
        return found


def islands(land: gpd.GeoDataFrame | None) -> Islands:
    """Return the islands of a land table in the area's CRS; parts that touch or overlap are one."""
    if land is None or land.empty:
        return Islands((EVERYWHERE,), np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    parts = land.explode(index_parts=False).reset_index(drop=True)
    polygons = parts.geometry.to_numpy()
    a, b = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    label = components(a, b, len(polygons))
    n = int(label.max(initial=-1)) + 1
    area = shapely.area(polygons)
    total = np.bincount(label, weights=area, minlength=n)
    rank = np.empty(n, dtype=np.int64)
    first = np.full(n, len(polygons))
    np.minimum.at(first, label, np.arange(len(polygons)))
    rank[np.lexsort((first, -total))] = np.arange(n)
    island_of = rank[label]
    given = [str(name).strip() if isinstance(name, str) else "" for name in parts.get("island", [""] * len(parts))]
    return Islands(_names(given, island_of, area, n), polygons, island_of)


def _names(given: list[str], island_of: I64, area: F64, n: int) -> tuple[str, ...]:
    names = [""] * n
    for part in np.argsort(-area, kind="stable"):
        names[island_of[part]] = names[island_of[part]] or given[part]
    names = [name or f"island-{i + 1}" for i, name in enumerate(names)]
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return tuple(unique)
