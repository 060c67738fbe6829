"""A row of a table held against the streets: only its two ends are known, and what was counted between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circles.analysis.surveyed.ground import Ground, is_detour
from circles.foundation.types import F64, I64
from circles.inputs.survey import Surveyed
from circles.network import Positions

_SHORTER = 0.6
_HALF = 0.5
_WHOLE = 0.8
_TOUCHED_M = 0.5
"""A street that a way only touches at its end is none that it follows."""


@dataclass(frozen=True)
class Held:
    """What the streets say of a row.

    Attributes
    ----------
    state : ``agree`` · ``new`` · ``contradict`` · ``apart`` (an end meets no street)
    why : ``along`` · ``missing`` · ``kind`` (steps or none) · ``length`` · ``gone`` · ``absent`` · ``apart``
    network_m : metres over the streets between the ends; inf = no way
    off_m : distance of the further end from its street
    edges : the edges between the ends
    whole_ids : streets of which nearly the whole length lies between the ends
    """

    state: str
    why: str
    network_m: float
    off_m: float
    edges: I64
    whole_ids: tuple[int, ...] = ()


def hold(ground: Ground, row: Surveyed, xy: F64, *, reach_m: float) -> Held:
    """Return whether the streets have what a row says.

    Parameters
    ----------
    ground : the streets
    row : the row
    xy : (2, 2) its ends, metres
    reach_m : an end further from every street meets none
    """
    none = np.empty(0, np.int64)
    place, edge, fraction, metres, _ = ground.near(xy, within_m=reach_m)
    first = np.searchsorted(place, [0, 1])
    if len(np.unique(place)) < 2:
        state, why = ("agree", "absent") if row.is_gone else ("apart", "apart")
        return Held(state, why, np.nan, np.nan, none)
    off = float(metres[first].max())
    straight = float(np.hypot(*(xy[1] - xy[0])))
    said = row.length_m if np.isfinite(row.length_m) else straight
    ends = [Positions(edge[[k]], fraction[[k]]) for k in first]
    steps = ground.graph.path(ends[0], ends[1])
    network_m = np.inf if steps is None else float(sum(step.seconds for step in steps))
    network_m += 0.0 if steps is None else float(metres[first].sum())
    if steps is None or is_detour(network_m, said):
        state, why = ("agree", "absent") if row.is_gone else ("new", "missing")
        return Held(state, why, network_m, off, none)
    edges = np.array([step.edge for step in steps], dtype=np.int64)
    share = np.array([abs(step.to_fraction - step.from_fraction) for step in steps])
    walked = share * ground.network.edges["length_m"].to_numpy()[edges] > _TOUCHED_M
    edges, share = edges[walked], share[walked]
    whole = _whole(ground, edges, share)
    if row.is_gone:
        return Held("contradict", "gone", network_m, off, edges, whole)
    if row.highway and _is_steps(ground, edges, share) != (row.highway == "steps"):
        return Held("contradict", "kind", network_m, off, edges, whole)
    if network_m < _SHORTER * said:
        return Held("contradict", "length", network_m, off, edges, whole)
    return Held("agree", "along", network_m, off, edges, whole)


def _is_steps(ground: Ground, edges: I64, share: F64) -> bool:
    """Return whether more than half of a way is steps."""
    length = ground.network.edges["length_m"].to_numpy()[edges] * share
    return bool(length[ground.is_steps(edges)].sum() > _HALF * length.sum())


def _whole(ground: Ground, edges: I64, share: F64) -> tuple[int, ...]:
    """Return the streets that lie nearly whole on a way: only these can be taken away for it."""
    of_network = ground.network.edges
    ids, length = of_network["street_id"].to_numpy(dtype=np.int64), of_network["length_m"].to_numpy()
    found = []
    for street in ground.street_ids(edges):
        walked = float((length[edges] * share)[ids[edges] == street].sum())
        if walked >= _WHOLE * float(length[ids == street].sum()):
            found.append(street)
    return tuple(found)
