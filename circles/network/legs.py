"""Access legs from places to streets: one or two per place, more where a place has several doors (contract, section 3.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circles.foundation.types import F64, I64, Bools
from circles.network.positions import Positions


@dataclass(frozen=True)
class AccessLeg:
    """Straight legs from places to streets.

    Attributes
    ----------
    edge : (p,) the street's edge, -1 = not snapped
    fraction : (p,) share of the edge's length from its tail
    leg_m : (p,) length of the straight leg, NaN where not snapped
    foot_xy : (p, 2) the point on the street, NaN where not snapped
    """

    edge: I64
    fraction: F64
    leg_m: F64
    foot_xy: F64

    @property
    def is_snapped(self) -> npt.NDArray[np.bool_]:
        """Return which places are snapped."""
        return self.edge >= 0

    @classmethod
    def none(cls, count: int) -> AccessLeg:
        """Return the legs of places that have none."""
        blank = np.full(count, np.nan)
        return cls(np.full(count, -1, dtype=np.int64), blank, blank.copy(), np.full((count, 2), np.nan))

    def taken(self, rows: I64 | Bools) -> AccessLeg:
        """Return the legs of some places."""
        return AccessLeg(self.edge[rows], self.fraction[rows], self.leg_m[rows], self.foot_xy[rows])

    @classmethod
    def joined(cls, parts: list[AccessLeg]) -> AccessLeg:
        """Return the legs of all parts, one part after the other."""
        return AccessLeg(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in AccessLeg.__dataclass_fields__)
        )

    def where(self, condition: Bools, other: AccessLeg) -> AccessLeg:
        """Return these legs where ``condition`` holds, else those of ``other``."""
        return AccessLeg(
            np.where(condition, self.edge, other.edge), np.where(condition, self.fraction, other.fraction),
            np.where(condition, self.leg_m, other.leg_m), np.where(condition[:, None], self.foot_xy, other.foot_xy),
        )  # fmt: skip


@dataclass(frozen=True)
class Doors:
    """The further legs of places that have several doors, and which door each leg starts from.

    Attributes
    ----------
    nearest : (p,) the door that the place's own legs start from: the one nearest to a street; -1 = no doors, or none snapped
    legs : (k,) the legs of all other doors, second ones included
    place, door : (k,) the place and the door of each of them
    """

    nearest: I64
    legs: AccessLeg
    place: I64
    door: I64

    @classmethod
    def none(cls, count: int) -> Doors:
        """Return what holds for places without doors."""
        return cls(np.full(count, -1, dtype=np.int64), AccessLeg.none(0), np.empty(0, np.int64), np.empty(0, np.int64))

    def of_places(self, rows: I64) -> tuple[I64, I64]:
        """Return, for some places, the rows of ``legs`` and the position in ``rows`` of each of them."""
        order = np.argsort(rows, kind="stable")
        at = np.searchsorted(rows[order], self.place)
        has = at < len(rows)
        has[has] = rows[order][at[has]] == self.place[has]
        return np.flatnonzero(has), order[at[has]]


@dataclass(frozen=True)
class Snapped(AccessLeg):
    """Where places are snapped: the leg to the nearest street, and the second leg of those on a fragment.

    Attributes
    ----------
    second : the legs to the nearest street on no fragment; edge -1 for all who need none, or have none within reach
    on_fragment : (p,) whether the nearest street lies on a fragment, seen from the place
    doors : further legs, of places that are entered at several doors
    """

    second: AccessLeg
    on_fragment: Bools
    doors: Doors

    @classmethod
    def single(cls, first: AccessLeg) -> Snapped:
        """Return places with one leg each."""
        return cls.of_legs(first, AccessLeg.none(len(first.edge)), np.zeros(len(first.edge), dtype=bool))

    @classmethod
    def of_legs(cls, first: AccessLeg, second: AccessLeg, on_fragment: Bools, doors: Doors | None = None) -> Snapped:
        """Return places of these legs.

        Parameters
        ----------
        first, second, on_fragment, doors : as the attributes of `Snapped`; ``first`` stands for its own legs
        """
        doors = Doors.none(len(first.edge)) if doors is None else doors
        return cls(first.edge, first.fraction, first.leg_m, first.foot_xy, second, on_fragment, doors)

    @classmethod
    def together(cls, *parts: Snapped) -> Snapped:
        """Return the places of all parts, one part after the other."""
        start = np.cumsum([0, *(len(part.edge) for part in parts)])
        doors = Doors(
            np.concatenate([part.doors.nearest for part in parts]), AccessLeg.joined([part.doors.legs for part in parts]),
            np.concatenate([part.doors.place + n for part, n in zip(parts, start[:-1].tolist(), strict=True)]),
            np.concatenate([part.doors.door for part in parts]),
        )  # fmt: skip
        on = np.concatenate([part.on_fragment for part in parts])
        return cls.of_legs(AccessLeg.joined(list(parts)), AccessLeg.joined([part.second for part in parts]), on, doors)

    def entered(self, doors: Snapped, place: I64) -> Snapped:
        """Return these places with those that have doors entered there, and nowhere else.

        Parameters
        ----------
        doors : (d,) the doors snapped, each as a place of its own
        place : (d,) the place that each door leads into
        """
        has = np.unique(place)
        length = np.where(doors.is_snapped, doors.leg_m, np.inf)
        order = np.lexsort((np.arange(len(place)), length, place))
        best = order[np.searchsorted(place[order], has)]
        first, second, on = self.first, self.second.taken(np.arange(len(self.edge))), self.on_fragment.copy()
        for name in AccessLeg.__dataclass_fields__:
            getattr(first, name)[has] = getattr(doors, name)[best]
            getattr(second, name)[has] = getattr(doors.second, name)[best]
        on[has] = doors.on_fragment[best]
        nearest = np.full(len(self.edge), -1, dtype=np.int64)
        nearest[has] = np.where(doors.is_snapped[best], best, -1)
        others = np.setdiff1d(np.flatnonzero(doors.is_snapped), best)
        legs, at = doors.points(others)
        return Snapped.of_legs(first, second, on, Doors(nearest, legs, place[others][at], others[at]))

    @property
    def first(self) -> AccessLeg:
        """Return the legs to the nearest street alone, as a copy."""
        return self.taken(np.arange(len(self.edge)))

    def chosen(self, rows: I64 | Bools) -> Snapped:
        """Return some of the places."""
        rows = np.arange(len(self.edge))[rows]
        legs, place = self.doors.of_places(rows)
        doors = Doors(self.doors.nearest[rows], self.doors.legs.taken(legs), place, self.doors.door[legs])
        return Snapped.of_legs(self.taken(rows), self.second.taken(rows), self.on_fragment[rows], doors)

    def rows(self, only: npt.NDArray[np.bool_] | None = None) -> I64:
        """Return the numbers of the snapped places (of those in ``only``), ascending."""
        return np.flatnonzero(self.is_snapped if only is None else self.is_snapped & only)

    def positions(self, *, speed_m_per_s: float, only: npt.NDArray[np.bool_] | None = None) -> Positions:
        """Return the snapped places (of those in ``only``) as positions with the legs' seconds, in order."""
        return self.positions_of(self.rows(only), speed_m_per_s=speed_m_per_s)

    def positions_of(self, rows: I64, *, speed_m_per_s: float) -> Positions:
        """Return some snapped places, in this order, as positions with the legs' seconds."""
        legs, place = self.points(rows)
        return Positions(legs.edge, legs.fraction, legs.leg_m / speed_m_per_s, place)

    def used(self, rows: I64, point: I64) -> AccessLeg:
        """Return the legs of all places: of ``rows`` the one of the given row of `points`, of others the first."""
        out = self.taken(np.arange(len(self.edge)))
        legs = self.points(rows)[0].taken(point)
        for name in AccessLeg.__dataclass_fields__:
            getattr(out, name)[rows] = getattr(legs, name)
        return out

    def points(self, rows: I64) -> tuple[AccessLeg, I64]:
        """Return every leg of each of some snapped places, and the place (0, 1, … as in ``rows``) of each leg.

        A place's doors come in their order, a first leg before the second.
        """
        return self._points(rows)[:2]

    def doors_of(self, rows: I64) -> I64:
        """Return the door, -1 = none, that each of the legs of `points` starts from."""
        return self._points(rows)[2]

    def _points(self, rows: I64) -> tuple[AccessLeg, I64, I64]:
        twice = np.flatnonzero(self.second.edge[rows] >= 0)
        more, of_more = self.doors.of_places(rows)
        place = np.concatenate([np.arange(len(rows)), twice, of_more])
        nearest = self.doors.nearest[rows]
        door = np.concatenate([nearest, nearest[twice], self.doors.door[more]])
        legs = AccessLeg.joined([self.taken(rows), self.second.taken(rows[twice]), self.doors.legs.taken(more)])
        order = np.lexsort((door, place))  # stable: a first leg stands before the second of its door
        return legs.taken(order), place[order], door[order]
