"""Findings on fragments: places with two access legs, and gaps that would connect components (contract, section 3.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.crs import WGS84, projected
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64, Bools
from circles.inputs.locating import unit_of
from circles.inputs.snapped_places import SnappedPlaces
from circles.network import Snapped, StreetNetwork

_MOST_FAR = 4.0
"""A gap is looked for up to so many times the longest access leg: a place may stand on the far side of a fragment."""


@dataclass(frozen=True)
class Gap:
    """The shortest way from a fragment to a street of a longer piece on one of its islands.

    Attributes
    ----------
    edge, other : edges on both sides, of the fragment and of the longer piece
    from_xy, to_xy : the two ends of the gap, on these edges
    metres : its length
    """

    edge: int
    other: int
    from_xy: F64
    to_xy: F64
    metres: float


def fragment_doubts(places: SnappedPlaces) -> list[Finding]:
    """Return findings on places whose nearest street is a fragment: one per facility, one per fragment for residents."""
    component, metres = places.network.connected
    return [*_of_facilities(places, metres), *_of_residents(places, component, metres)]


def _of_facilities(places: SnappedPlaces, metres: F64) -> list[Finding]:
    found = []
    frame = places.facilities
    for row, (edge, leg, second) in sorted(_on(places, "facilities", _rows_of_category(frame)).items()):
        file = str(frame["file"].iloc[row]) if "file" in frame else ""
        number = int(frame["row"].iloc[row]) if "row" in frame else 0
        found.append(
            errors.warning(
                "fragment-snap", file or "facilities", number if number > 0 else None, str(frame["id"].iloc[row]),
                count=1, length=f"{metres[edge]:.0f}", leg=f"{leg:.1f}", second=_metres(second), street=_street(places, edge),
            )
        )  # fmt: skip
    return found


def _of_residents(places: SnappedPlaces, component: I64, metres: F64) -> list[Finding]:
    frame, unit = places.residents, unit_of(places.area)
    every = np.ones(len(frame), dtype=bool)
    by_piece: dict[int, list[tuple[int, int, float, float]]] = defaultdict(list)
    for row, (edge, leg, second) in _on(places, "residents", lambda _: every).items():
        by_piece[int(component[edge])].append((row, edge, leg, second))
    people = frame["population"].to_numpy(dtype=np.float64)
    weight = {piece: float(sum(people[row] for row, *_ in sorted(on))) for piece, on in by_piece.items()}
    found = []
    for piece in sorted(by_piece, key=lambda p: (-weight[p], by_piece[p][0][1])):
        on = by_piece[piece]
        edge = min(e for _, e, _, _ in on)
        legs, seconds = ([item[k] for item in on] for k in (2, 3))
        values = {unit: f"{weight[piece]:,.0f}"}
        found.append(
            errors.warning(
                "fragment-snap", "residents", None, _street(places, edge), count=len(on), length=f"{metres[edge]:.0f}",
                leg=_range(legs), second=_range(seconds), street=_street(places, edge), **values,
            )
        )  # fmt: skip
    return found


def gap_doubts(places: SnappedPlaces) -> list[Finding]:
    """Return a finding per fragment that places are snapped to: the gap that would connect it, the biggest effect first."""
    component, metres = places.network.connected
    unit = unit_of(places.area)
    shops: dict[int, set[int]] = defaultdict(set)
    homes: dict[int, set[int]] = defaultdict(set)
    for row, (edge, _, _) in _on(places, "facilities", _rows_of_category(places.facilities)).items():
        shops[int(component[edge])].add(row)
    every = np.ones(len(places.residents), dtype=bool)
    for row, (edge, _, _) in _on(places, "residents", lambda _: every).items():
        homes[int(component[edge])].add(row)
    pieces = sorted({*shops, *homes})
    people = places.residents["population"].to_numpy(dtype=np.float64)
    weight = {piece: float(sum(people[row] for row in sorted(homes[piece]))) for piece in pieces}
    gaps = gaps_of(places.network, pieces, within_m=places.area.walk.snap_max_m * _MOST_FAR)
    found = []
    for piece in sorted(pieces, key=lambda p: (-len(shops[p]), -weight[p], p)):
        gap = gaps.get(piece)
        if gap is None:
            continue
        lon, lat = projected(gap.from_xy[None, :], places.network.crs, WGS84)[0]
        found.append(
            errors.warning(
                "fragment-gap", "network", None, _street(places, gap.edge), length=f"{metres[gap.edge]:.0f}",
                street_id=_street(places, gap.edge), gap=f"{gap.metres:.2f}", other=_street(places, gap.other), lon=f"{lon:.6f}", lat=f"{lat:.6f}",
                facilities=len(shops[piece]), count=len(homes[piece]), **{unit: f"{weight[piece]:,.0f}"},
            )
        )  # fmt: skip
    return found


def gaps_of(network: StreetNetwork, pieces: list[int], *, within_m: float) -> dict[int, Gap]:
    """Return, per connected component asked for, the shortest gap to a longer one on one of its islands.

    Components without one within ``within_m`` are left out.
    """
    component, metres = network.connected
    lines = network.lines
    shapes = shapely.linestrings(network.xy, indices=np.repeat(np.arange(len(component)), np.diff(network.offsets)))
    rows = np.flatnonzero(np.isin(component, pieces))
    at, other = shapely.STRtree(shapes).query(shapes[rows], predicate="dwithin", distance=within_m)
    longer = metres[other] > metres[rows[at]]
    edge, other = rows[at[longer]], other[longer]
    same = lines.share_island(edge, other)
    edge, other = edge[same], other[same]
    off = shapely.distance(shapes[edge], shapes[other])
    order = np.lexsort((other, edge, off, component[edge]))
    first = order[np.unique(component[edge][order], return_index=True)[1]]
    out = {}
    for k in first.tolist():
        ends = shapely.get_coordinates(shapely.shortest_line(shapes[edge[k]], shapes[other[k]]))
        out[int(component[edge[k]])] = Gap(int(edge[k]), int(other[k]), ends[0], ends[1], float(off[k]))
    return out


def _rows_of_category(frame: pd.DataFrame) -> Callable[[str], Bools]:
    category = frame["category"].to_numpy(dtype=object)
    return lambda wanted: np.asarray(category == wanted)


def _on(places: SnappedPlaces, table: str, mine: Callable[[str], Bools]) -> dict[int, tuple[int, float, float]]:
    """Return, per place on a fragment, its edge there and both access legs (NaN = none), for the first walker that is."""
    out: dict[int, tuple[int, float, float]] = {}
    done: set[tuple[bool, str]] = set()
    for category in places.area.categories:
        walker = places.area.walkers[category.profile]
        key = walker.steps_m_per_s > 0, category.id if table == "facilities" else ""
        if key in done:
            continue
        done.add(key)
        snapped: Snapped = places.snapped(table, walker)
        for row in np.flatnonzero(snapped.on_fragment & mine(category.id)).tolist():
            legs = int(snapped.edge[row]), float(snapped.leg_m[row]), float(snapped.second.leg_m[row])
            out.setdefault(row, legs)
    return out


def _street(places: SnappedPlaces, edge: int) -> str:
    return str(places.network.edges["street_id"].iloc[edge])


def _metres(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1f}"


def _range(values: list[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return "–"
    low, high = _metres(min(known)), _metres(max(known))
    return low if low == high else f"{low}–{high}"
