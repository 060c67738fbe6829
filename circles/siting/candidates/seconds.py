"""Travel times between residents and candidate sites, equal to those of a run with a facility there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.analysis.access import CategoryReach, Walks
from circles.area.walkers import Walker
from circles.foundation.limits import within
from circles.network import Snapped
from circles.siting.candidates.table import Candidates

__all__ = ["in_gaps", "seconds_to"]


def seconds_to(
    walks: Walks, places: Snapped, walker: Walker, *, limit_s: float, rows: npt.NDArray[np.int64] | None = None
) -> sparse.csr_matrix:
    """Return the OD matrix of travel times from residents to places, access legs included (contract, section 3.6).

    Parameters
    ----------
    walks : residents, snapped to the network
    places : snapped as facilities are, for this walker
    limit_s : entries beyond it (+ 1e-6) are left out; inf keeps all there are
    rows : residents to look at, all if None; the others' rows are empty

    Returns
    -------
    CSR (residents, places); an entry that is not stored is not reached, a stored 0 is a real 0.
    """
    homes = walks.snapped("residents", walker)
    chosen = None
    if rows is not None:
        chosen = np.zeros(len(homes.edge), dtype=bool)
        chosen[rows] = True
    direction = walks.area.walk.direction
    return walks.network.od_seconds(homes, places, walker, direction=direction, limit_s=limit_s, only_homes=chosen)


def in_gaps(walks: Walks, found: CategoryReach, candidates: Candidates, *, limit_min: float) -> npt.NDArray[np.bool_]:
    """Return which candidates lie in a gap: snapped, and no counted facility within the limit.

    Parameters
    ----------
    walks : the area's network
    found : travel times to the category's facilities
    candidates : n sites
    limit_min : minutes, inclusive

    Returns
    -------
    (n,) bool
    """
    walker = found.walker
    at = walks.snap(candidates.xy, candidates.island, walker)
    is_beyond = at.is_snapped.copy()
    if len(found.facility_ids) and is_beyond.any():
        places = at.positions(speed_m_per_s=walker.speed_m_per_s)
        seconds, _ = walks.network.graph(walker).nearest_at(found.positions, places, direction=found.direction)
        is_beyond[at.is_snapped] = ~within(seconds, limit_min * 60.0)
    return is_beyond
