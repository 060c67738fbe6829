"""Walked seconds between residents and places, exact to what a run gives once a facility stands there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.analysis.access import CategoryReach, Walks
from circles.area import Direction
from circles.area.walkers import Walker
from circles.network import TOLERANCE_S, Snapped
from circles.siting.candidates.table import Candidates

__all__ = ["in_gaps", "seconds_to"]


def seconds_to(
    walks: Walks, places: Snapped, walker: Walker, *, limit_s: float, rows: npt.NDArray[np.int64] | None = None
) -> sparse.csr_matrix:
    """Return the seconds from every resident (row) to every place (column), legs included (contract, section 3.6).

    Parameters
    ----------
    places : snapped as facilities are, for this walker
    limit_s : entries beyond it (+ 1e-6) are left out; inf keeps all there are
    rows : residents to look at, all if None; the others' rows are empty

    Returns
    -------
    CSR (residents, places); an entry that is not stored is not reached, a stored 0 is a real 0.
    """
    homes = walks.snapped("residents", walker)
    wanted = homes.is_snapped.copy()
    if rows is not None:
        chosen = np.zeros(len(wanted), dtype=bool)
        chosen[rows] = True
        wanted &= chosen
    speed = walker.speed_m_per_s
    ends = homes.positions(speed_m_per_s=speed, only=wanted), places.positions(speed_m_per_s=speed)
    shape = (len(homes.edge), len(places.edge))
    if not (len(ends[0]) and len(ends[1])):
        return sparse.csr_matrix(shape)
    to_place = walks.area.walk.direction is Direction.TO_FACILITY
    found = walks.network.graph(walker).matrix(*(ends if to_place else ends[::-1]), limit_s=limit_s)
    pairs = sparse.coo_matrix(found if to_place else found.T)
    at = np.flatnonzero(wanted)[pairs.row], np.flatnonzero(places.is_snapped)[pairs.col]
    return sparse.csr_matrix((pairs.data, at), shape=shape)


def in_gaps(walks: Walks, found: CategoryReach, candidates: Candidates, *, limit_min: float) -> npt.NDArray[np.bool_]:
    """Return which candidates lie in a gap: snapped, and from them no counted facility is within the limit."""
    walker = found.walker
    at = walks.network.snap(candidates.xy, candidates.island, walker, snap_max_m=walks.area.walk.snap_max_m)
    is_beyond = at.is_snapped.copy()
    if len(found.facility_ids) and is_beyond.any():
        places = at.positions(speed_m_per_s=walker.speed_m_per_s)
        seconds, _ = walks.network.graph(walker).nearest_at(found.positions, places, direction=found.way)
        is_beyond[at.is_snapped] = seconds > limit_min * 60.0 + TOLERANCE_S
    return is_beyond
