"""Where a new facility could stand: villages and public buildings, street corners, or the user's own list."""

from circles.siting.candidates.corners import corners
from circles.siting.candidates.own import price_list, read_candidates
from circles.siting.candidates.places import public_places
from circles.siting.candidates.seconds import in_gaps, seconds_to
from circles.siting.candidates.table import Candidates, located

__all__ = [
    "Candidates",
    "corners",
    "in_gaps",
    "located",
    "price_list",
    "public_places",
    "read_candidates",
    "seconds_to",
]
