"""Places snapped again and again, to streets of which some are missing each time: only what that concerns is sought anew.

A place whose nearest street is there is snapped to it still. A place whose street is missing, or in a short connected component,
is snapped among the streets around it, which are found once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from circles.foundation.types import F64, I64, Bools
from circles.network.legs import AccessLeg, Snapped
from circles.network.snapping import Around, Lines, project


@dataclass(frozen=True, eq=False)
class Resnapper:
    """Places that are snapped to subsets of lines.

    Attributes
    ----------
    lines : all lines there may be
    xy, island : (p, 2) places and (p,) their islands, -1 = at sea
    snap_most_m : no leg that is asked for is longer
    fragment_max_m : as in `Lines.snap`
    is_used_once : seek the lines around those places alone that are asked for; otherwise around all of them, and keep them
    """

    lines: Lines
    xy: F64
    island: I64
    snap_most_m: float
    fragment_max_m: float
    is_used_once: bool = False
    _legs: dict[bool, AccessLeg] = field(default_factory=dict, repr=False)

    def snapped(self, keep: Bools, component_m: F64, *, has_steps: bool, snap_max_m: float) -> Snapped:
        """Return the places as `Lines.snap` would snap them, were only the lines of ``keep`` there.

        Parameters
        ----------
        keep : (lines,) which lines are there
        component_m : (lines,) the metres of line of the connected component of each
        has_steps, snap_max_m : as in `Lines.snap`

        Returns
        -------
        Snapped
            Edges are numbered among those of ``keep``.
        """
        first = self._first(has_steps=has_steps)
        lost = first.is_snapped & ~keep[first.edge]
        near = first.is_snapped & ~lost & (first.leg_m <= snap_max_m)
        small = near & (component_m[first.edge] < self.fragment_max_m)
        asked = np.flatnonzero(lost | small)
        out = Snapped.single(first.where(near & ~small, AccessLeg.none(len(self.xy))))
        if len(asked):
            found = self._among(asked, keep, component_m, has_steps=has_steps, snap_max_m=snap_max_m)
            for name in AccessLeg.__dataclass_fields__:
                getattr(out, name)[asked] = getattr(found, name)
                getattr(out.second, name)[asked] = getattr(found.second, name)
            out.on_fragment[asked] = found.on_fragment
        return renumbered(out, keep)

    def leg_m(self, *, has_steps: bool) -> F64:
        """Return the metres of each place's leg to the nearest of all lines, NaN where it has none."""
        return self._first(has_steps=has_steps).leg_m

    def _first(self, *, has_steps: bool) -> AccessLeg:
        """Return the legs to the nearest of all lines."""
        if has_steps not in self._legs:
            all_of_it = self.lines.snap(
                self.xy, self.island, has_steps=has_steps, snap_max_m=self.snap_most_m, fragment_max_m=0.0
            )
            self._legs[has_steps] = all_of_it.first
        return self._legs[has_steps]

    def _among(self, asked: I64, keep: Bools, component_m: F64, *, has_steps: bool, snap_max_m: float) -> Snapped:
        if self.is_used_once:
            place, edge, leg_m = self._pairs(asked)
            place = np.searchsorted(asked, place)
        else:
            first, kept, legs = self._around
            size = first[asked + 1] - first[asked]
            place = np.repeat(np.arange(len(asked)), size)
            row = np.arange(len(place)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(first[asked], size)
            edge, leg_m = kept[row], legs[row]
        there = keep[edge] & (leg_m <= snap_max_m * (1 + 1e-12))
        chosen = Around(place[there], edge[there])
        return self.lines.snap_among(
            self.xy[asked], chosen, component_m[chosen.edge], has_steps=has_steps, snap_max_m=snap_max_m,
            fragment_max_m=self.fragment_max_m,
        )  # fmt: skip

    @cached_property
    def _around(self) -> tuple[I64, I64, F64]:
        """Return the lines around all places, ascending by place: where each place's begin, the lines, and their legs."""
        finite = np.isfinite(self.xy).all(axis=1) & (self.island >= 0)
        place, edge, leg_m = self._pairs(np.flatnonzero(finite))
        return np.searchsorted(place, np.arange(len(self.xy) + 1)), edge, leg_m

    def _pairs(self, rows: I64) -> tuple[I64, I64, F64]:
        """Return the lines around some places, ascending by place and line: place, line and leg of each pair."""
        found = self.lines.around(self.xy[rows], self.island[rows], within_m=self.snap_most_m)
        order = np.lexsort((found.edge, found.place))
        place, edge = rows[found.place[order]], found.edge[order]
        leg_m = project(self.lines.offsets, self.lines.xy, self.lines.length_m, self.xy[place], edge)[1]
        return place, edge, leg_m


def renumbered(snapped: Snapped, keep: Bools) -> Snapped:
    """Return places snapped to some of all lines with the edges numbered among those."""
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    own = snapped.edge >= 0
    snapped.edge[own] = number[snapped.edge[own]]
    second = snapped.second.edge
    second[second >= 0] = number[second[second >= 0]]
    return snapped
