"""Which streets a track follows, and where it leaves them: the likeliest course over all of its points at once.

Every ten metres the walker is either at one of the streets nearby or on no mapped street. Being off a street's line costs
the more the further, a step whose way over the streets is longer than what was walked costs the difference, and leaving
and entering the streets costs something too (map matching by a hidden Markov model after Newson and Krumm, 2009, with one
more state for who walks where nothing is mapped).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from circles.analysis.surveyed.ground import Ground
from circles.foundation.types import F64, I64
from circles.network import Positions

STEP_M = 10.0
REACH_M = 20.0
"""No street further off than this is the one that is walked."""
_SIGMA_M = 6.0
_BETA_M = 10.0
_OFF, _SWITCH = 2.0, 3.0
"""Costs of ten metres where nothing is mapped (as much as 12 m off a street), and of leaving or entering the streets."""
_CANDIDATES = 6
_DETOUR_M = 60.0


@dataclass(frozen=True)
class Course:
    """A track in steps of about ten metres.

    Attributes
    ----------
    xy : (s, 2) its points, metres
    along_m : (s,) metres walked up to each
    edge, fraction, off_m, foot_xy : the street that each is on, where on it, and how far off; edge -1 = on none
    """

    xy: F64
    along_m: F64
    edge: I64
    fraction: F64
    off_m: F64
    foot_xy: F64


def stepped(xy: F64) -> tuple[F64, F64]:
    """Return points along a line about ten metres apart, its ends included, and the metres up to each."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    keep = np.concatenate([[True], step > 0])
    n = max(round(along[-1] / STEP_M), 1) + 1
    at = np.linspace(0.0, along[-1], n)
    return np.column_stack([np.interp(at, along[keep], xy[keep, k]) for k in (0, 1)]), at


def follow(ground: Ground, line_xy: F64) -> Course:
    """Return the likeliest course of a track.

    Parameters
    ----------
    ground : the streets
    line_xy : (k, 2) the track's points, metres
    """
    xy, along = stepped(line_xy)
    place, edge, fraction, metres, foot = ground.near(xy, within_m=REACH_M)
    rank = np.arange(len(place)) - np.searchsorted(place, place, side="left")
    keep = rank < _CANDIDATES
    place, edge, fraction, metres, foot = place[keep], edge[keep], fraction[keep], metres[keep], foot[keep]
    course = Course(
        xy, along, np.full(len(xy), -1, dtype=np.int64), np.full(len(xy), np.nan), np.full(len(xy), np.nan),
        np.full((len(xy), 2), np.nan),
    )  # fmt: skip
    if not len(place):
        return course
    at = Positions(edge, fraction)
    ways = ground.metres(at, at, within_m=float(np.diff(along).max()) + _DETOUR_M)
    chosen = _likeliest(place, metres, ways, along)
    on = np.flatnonzero(chosen >= 0)
    course.edge[on], course.fraction[on] = edge[chosen[on]], fraction[chosen[on]]
    course.off_m[on], course.foot_xy[on] = metres[chosen[on]], foot[chosen[on]]
    return course


def _likeliest(place: I64, metres: F64, ways: sparse.csr_matrix, along: F64) -> I64:
    """Return, per point, the candidate of least total cost, -1 = on no street.

    Parameters
    ----------
    place : (c,) the point of each candidate, ascending
    metres : (c,) how far off it is
    ways : (c, c) metres over the streets between candidates
    along : (s,) metres walked up to each point
    """
    n = len(along)
    first = np.searchsorted(place, np.arange(n + 1))
    cost = _off_line(metres[first[0] : first[1]])
    came: list[I64] = []
    for point in range(1, n):
        old = np.arange(first[point - 1], first[point])
        new = np.arange(first[point], first[point + 1])
        move = np.full((len(old) + 1, len(new) + 1), _SWITCH)
        move[-1, -1] = 0.0
        move[:-1, :-1] = _turning(ways, old, new, along[point] - along[point - 1])
        total = cost[:, None] + move
        best = total.argmin(axis=0)
        came.append(best)
        cost = total[best, np.arange(len(new) + 1)] + _off_line(metres[new])
    state = int(cost.argmin())
    chosen = np.empty(n, dtype=np.int64)
    for point in range(n - 1, -1, -1):
        size = first[point + 1] - first[point]
        chosen[point] = first[point] + state if state < size else -1
        if point:
            state = int(came[point - 1][state])
    return chosen


def _off_line(metres: F64) -> F64:
    """Return the cost of each candidate of a point, and last that of being on no street."""
    return np.append((metres / _SIGMA_M) ** 2 / 2, _OFF)


def _turning(ways: sparse.csr_matrix, old: I64, new: I64, walked_m: float) -> F64:
    """Return the cost of going from each candidate of a point to each of the next; inf where no short way is."""
    out = np.full((len(old), len(new)), np.inf)
    if not len(new):
        return out
    for k, row in enumerate(old.tolist()):
        part = slice(ways.indptr[row], ways.indptr[row + 1])
        column = ways.indices[part]
        inside = (column >= new[0]) & (column <= new[-1])
        out[k, column[inside] - new[0]] = np.abs(ways.data[part][inside] - walked_m) / _BETA_M
    return out
