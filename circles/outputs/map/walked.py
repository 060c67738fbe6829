"""The walked network for the page: seconds per street and walker, so that the page computes paths and drafts exactly as the program does.

Numbers that decide minutes travel as float32 and int32, never recomputed from the rounded coordinates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from circles.area.walkers import Walker
from circles.foundation.types import F32, I64
from circles.inputs.snapped_places import SnappedPlaces
from circles.network import AccessLeg, Snapped
from circles.network.streets import StreetNetwork

SLOPE_FLAT = 0.02
"""Rise over run up to which a street counts as flat where a path is split by slope."""


def walked(places: SnappedPlaces) -> dict[str, Any]:
    """Return nodes, seconds, kinds of street and where everybody is snapped, per walker.

    ``walkers`` names, per category, its entry of ``seconds``, ``facilities`` and ``residents``; walkers equally fast
    everywhere share one entry. ``tail`` is the difference from the tail before, ``head`` that from its tail. ``kind``: 0 flat, 1 uphill and 2 downhill from tail to head, 3 steps.
    """
    area, network = places.area, places.network
    edges = network.edges
    tail = edges["tail"].to_numpy()
    slope = np.where(edges["is_level"], 0.0, edges["slope"].fillna(0.0).to_numpy())
    kind = np.where(slope > SLOPE_FLAT, 1, np.where(slope < -SLOPE_FLAT, 2, 0))
    pace = {c.id: area.walker(c.id) for c in area.categories}
    different = {(w.speed_m_per_s, w.steps_m_per_s, w.uses_slope): w for w in reversed(pace.values())}
    keys = list(different)
    return {
        "nodes": network.n_nodes,
        "tail": np.diff(tail, prepend=0),
        "head": edges["head"].to_numpy() - tail,
        "kind": np.where(edges["is_steps"], 3, kind),
        "island": _runs(_island_of_edges(network)),
        "tied": [network.tied_islands(walker).tolist() for walker in different.values()],
        "islands": list(network.islands.names),
        "toFacility": area.walk.direction.is_to,
        "walkers": [keys.index((w.speed_m_per_s, w.steps_m_per_s, w.uses_slope)) for w in pace.values()],
        "seconds": [_seconds(network, walker) for walker in different.values()],
        "residents": [_packed_snapped(places.snapped("residents", walker), walker) for walker in different.values()],
        "facilities": [_packed_snapped(places.snapped("facilities", walker), walker) for walker in different.values()],
    }


def _island_of_edges(network: StreetNetwork) -> I64:
    """Return the first island of each street, -1 where it has none."""
    first, some = network.island_indptr[:-1], np.diff(network.island_indptr) > 0
    out = np.full(len(first), -1, dtype=np.int64)
    out[some] = network.island_index[first[some]]
    return out


def _runs(values: I64) -> I64:
    """Return ``count, value, count, value …``: streets of one island mostly follow each other."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]]) if len(values) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.r_[starts, len(values)])
    return np.column_stack([counts, values[starts]]).ravel()


def _seconds(network: StreetNetwork, walker: Walker) -> list[F32]:
    forward, backward = network.seconds(walker)
    both = [_float32(forward)]
    return both if np.array_equal(forward, backward) else [*both, _float32(backward)]


def _packed_snapped(found: Snapped, walker: Walker) -> dict[str, npt.NDArray[Any]]:
    """Return the street, the share of its length and the access leg's seconds of each place; street -1 = not snapped.

    ``twice`` numbers the places that have a second access leg, and ``edge2, fraction2, leg2`` say where it leads; a place with
    several doors is there once for each further one.
    """
    twice = np.flatnonzero(found.second.is_snapped)
    second = AccessLeg.joined([found.second.taken(twice), found.doors.legs])
    twice = np.concatenate([twice, found.doors.place])
    return {
        "edge": found.edge,
        "fraction": _float32(np.nan_to_num(found.fraction)),
        "leg": _float32(np.nan_to_num(found.leg_m) / walker.speed_m_per_s),
        "twice": twice,
        "edge2": second.edge,
        "fraction2": _float32(second.fraction),
        "leg2": _float32(second.leg_m / walker.speed_m_per_s),
    }


def _float32(values: npt.ArrayLike) -> F32:
    return np.ascontiguousarray(values, dtype=np.float32)
