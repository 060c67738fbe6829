"""Reached parts of streets and drawn isochrones (contract, section 3.13): for maps, never for numbers.

::

    edges = Edges(tail, head, forward_s, backward_s, offsets, xy, island_indptr, island_index)   # one walker
    profile = time_profile(edges, tail_s, head_s, points, direction="to")   # seconds along every street, once
    reached_parts(profile, limit_s=900)                     # edge, from_fraction, to_fraction: cut exactly
    band_parts(profile, after_s=300, limit_s=600)           # the ring between two limits
    beyond_parts(profile, edges, limit_s=900)               # the complement, for gaps
    part_lines(edges, parts)                                # LineStrings
    chained(edges, parts, group, count).shapes()            # a MultiLineString per group, of as few lines as there can be
    areas_for(edges, tail_s, head_s, points, limits_s=[300, 600, 900], speed_m_per_s=1.2, shores=Shores(islands))
    facility_areas(edges, net.reach(points, limit_s=900), points, limits_s=[300, 600, 900], …)   # each by itself

``tail_s`` and ``head_s`` are the seconds between an edge's ends and the nearest facility, inf = none; ``points`` are
the facilities in mid-street (:class:`circles.network.Positions`) with the seconds of their access legs.
"""

from circles.network.isochrones.chains import Chains, chained
from circles.network.isochrones.drawing import (
    CELL_M,
    RADIUS_M,
    TOLERANCE_M,
    Shores,
    areas_for,
    facility_areas,
    isochrone,
    nested_isochrones,
    outline,
    warm_up,
)
from circles.network.isochrones.lines import part_lines
from circles.network.isochrones.parts import (
    Edges,
    Parts,
    band_parts,
    beyond_parts,
    concatenated,
    pieces_within,
    reached_parts,
    strung,
    time_profile,
)

__all__ = [
    "CELL_M",
    "RADIUS_M",
    "TOLERANCE_M",
    "Chains",
    "Edges",
    "Parts",
    "Shores",
    "areas_for",
    "band_parts",
    "beyond_parts",
    "chained",
    "concatenated",
    "facility_areas",
    "isochrone",
    "nested_isochrones",
    "outline",
    "part_lines",
    "pieces_within",
    "reached_parts",
    "strung",
    "time_profile",
    "warm_up",
]
