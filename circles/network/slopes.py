"""Slopes of streets: from the lines' own elevations, or sampled along them (contract, section 3.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.area.walkers import MAX_SLOPE
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64
from circles.network.noding import lengths

PART_MAX_M = 50.0
"""A line is cut into equal parts no longer than this before its elevations are sampled."""

_SAME_M = 1e-7
Heights = Callable[[F64], F64]
"""(n, 2) places in the area's CRS → (n,) metres above the sea, NaN where unknown."""


def with_slopes(streets: Streets, heights: Heights | None) -> tuple[Streets, F64, list[Finding]]:
    """Return the streets, cut where the slope changes, and each line's slope (rise over run as drawn; NaN = none).

    Lines with both ``ele_*`` columns keep one slope from end to end. The others are cut and sampled when ``heights``
    is given; level lines (bridge, tunnel) and steps are not, since no slope enters their seconds.
    """
    length = lengths(streets.offsets, streets.xy)
    slope = np.full(len(length), np.nan)
    own = _own(streets.lines)
    if own is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(length > 0, own / length, np.nan)
    if heights is not None:
        wanted = np.isnan(slope) & ~is_level(streets.lines) & ~is_steps(streets.lines) & (length > 0)
        streets, slope, void = _sampled(streets, slope, length, wanted=wanted, heights=heights)
    else:
        void = 0
    return streets, slope, _doubts(streets, slope, void)


def is_level(lines: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are bridges or tunnels: their slope factor is 1."""
    found = np.zeros(len(lines), dtype=bool)
    for column in ("bridge", "tunnel"):
        if column in lines:
            text = lines[column].astype("str").fillna("").str.strip()
            found |= ~text.isin(["", "no", "nan", "None", "<NA>"]).to_numpy()
    return found


def is_steps(lines: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are steps."""
    if "highway" not in lines:
        return np.zeros(len(lines), dtype=bool)
    return np.asarray(lines["highway"].astype("str").fillna("").eq("steps"), dtype=bool)


def _own(lines: pd.DataFrame) -> F64 | None:
    """Return the rise between a line's ends by its own columns, NaN where it has none; None without such columns."""
    if "ele_from_m" not in lines or "ele_to_m" not in lines:
        return None
    start, end = (lines[name].to_numpy(dtype=np.float64) for name in ("ele_from_m", "ele_to_m"))
    return np.asarray(end - start, dtype=np.float64)


def _sampled(
    streets: Streets, slope: F64, length: F64, *, wanted: npt.NDArray[np.bool_], heights: Heights
) -> tuple[Streets, F64, int]:
    """Cut the wanted lines into parts and give each part its own slope; return also the number of parts with a void."""
    n_parts = np.where(wanted, np.ceil(length / PART_MAX_M), 1).astype(np.int64)
    line_of = np.repeat(np.arange(len(length)), np.diff(streets.offsets))
    step = np.zeros(len(streets.xy))
    step[1:] = np.hypot(*(streets.xy[1:] - streets.xy[:-1]).T)
    step[streets.offsets[:-1]] = 0.0
    along = np.cumsum(step)
    along -= along[streets.offsets[:-1]][line_of]
    # the inner cuts: line, distance from the line's start, place, height
    cut_line = np.repeat(np.arange(len(length)), n_parts - 1)
    rank = np.arange(len(cut_line)) - np.repeat(np.cumsum(n_parts - 1) - (n_parts - 1), n_parts - 1) + 1
    cut_at = length[cut_line] * rank / n_parts[cut_line]
    base = np.concatenate([[0.0], np.cumsum(length + 1.0)])[:-1]
    where = np.searchsorted(along + base[line_of], cut_at + base[cut_line], side="right") - 1
    last = streets.offsets[cut_line + 1] - 2
    where = np.clip(where, streets.offsets[cut_line], last)
    span = along[where + 1] - along[where]
    t = np.divide(cut_at - along[where], span, out=np.zeros(len(where)), where=span > 0)
    cut_xy = streets.xy[where] + np.clip(t, 0, 1)[:, None] * (streets.xy[where + 1] - streets.xy[where])
    on = np.where(cut_at - along[where] < _SAME_M, where, np.where(along[where + 1] - cut_at < _SAME_M, where + 1, -1))
    cut_xy[on >= 0] = streets.xy[on[on >= 0]]
    part_slope, void = _slopes_of_parts(streets, length, n_parts, wanted=wanted, cut_xy=cut_xy, heights=heights)
    part_slope = np.where(np.repeat(wanted, n_parts), part_slope, np.repeat(slope, n_parts))
    return (
        _cut(streets, n_parts, line_of, along, cut_line=cut_line, cut_at=cut_at, cut_xy=cut_xy, on=on),
        part_slope,
        void,
    )


def _slopes_of_parts(
    streets: Streets,
    length: F64,
    n_parts: npt.NDArray[np.int64],
    *,
    wanted: npt.NDArray[np.bool_],
    cut_xy: F64,
    heights: Heights,
) -> tuple[F64, int]:
    first, last = streets.xy[streets.offsets[:-1]], streets.xy[streets.offsets[1:] - 1]
    z_first, z_last = np.full(len(length), np.nan), np.full(len(length), np.nan)
    z_first[wanted], z_last[wanted] = heights(first[wanted]), heights(last[wanted])
    z_cut = heights(cut_xy) if len(cut_xy) else np.empty(0)
    is_first = np.zeros(int(n_parts.sum()), dtype=bool)
    is_first[np.concatenate([[0], np.cumsum(n_parts)[:-1]]).astype(np.int64)] = True
    is_last = np.roll(is_first, -1)
    z_from, z_to = np.empty(len(is_first)), np.empty(len(is_first))
    z_from[is_first], z_from[~is_first] = z_first, z_cut
    z_to[is_last], z_to[~is_last] = z_last, z_cut
    run = np.repeat(np.divide(length, n_parts), n_parts)
    slope = np.divide(z_to - z_from, run, out=np.full(len(run), np.nan), where=run > 0)
    void = int(np.count_nonzero(np.isnan(slope) & np.repeat(wanted, n_parts)))
    return slope, void


def _cut(
    streets: Streets,
    n_parts: npt.NDArray[np.int64],
    line_of: npt.NDArray[np.int64],
    along: F64,
    *,
    cut_line: npt.NDArray[np.int64],
    cut_at: F64,
    cut_xy: F64,
    on: npt.NDArray[np.int64],
) -> Streets:
    """Return the streets with each cut as the end of one part and the start of the next.

    A cut that falls on a vertex (``on`` >= 0) takes that vertex's place and id, so that lines still meet there.
    """
    k, v = len(cut_line), len(along)
    line = np.concatenate([line_of, cut_line, cut_line])
    at = np.concatenate([along, cut_at, cut_at])
    xy = np.concatenate([streets.xy, cut_xy, cut_xy])
    kind = np.concatenate(
        [np.ones(v), np.full(k, 0.0), np.full(k, 2.0)]
    )  # ends of parts before, starts after a vertex there
    kind[streets.offsets[:-1]], kind[streets.offsets[1:] - 1] = 0.5, 3.0
    dropped = np.zeros(len(line), dtype=bool)
    dropped[on[on >= 0]] = True
    order = np.lexsort((kind, at, line))
    order = order[~dropped[order]]
    starts = np.concatenate([np.zeros(v, dtype=bool), np.zeros(k, dtype=bool), np.ones(k, dtype=bool)])
    starts[streets.offsets[:-1]] = True
    offsets = np.append(np.flatnonzero(starts[order]), len(order)).astype(np.int64)
    vertex_id = None
    if streets.vertex_id is not None:
        low = min(int(streets.vertex_id.min(initial=0)), 0) - 1
        fresh = np.where(on >= 0, streets.vertex_id[on], low - np.arange(k, dtype=np.int64))
        vertex_id = np.concatenate([streets.vertex_id, fresh, fresh])[order]
    lines = streets.lines.iloc[np.repeat(np.arange(len(n_parts)), n_parts)].reset_index(drop=True)
    return Streets(lines, offsets, xy[order], vertex_id, streets.is_noded)


def _doubts(streets: Streets, slope: F64, void: int) -> list[Finding]:
    steep = int(np.count_nonzero((np.abs(slope) > MAX_SLOPE) & ~is_level(streets.lines) & ~is_steps(streets.lines)))
    found = [errors.warning("slope-too-steep", "network", count=steep, most=MAX_SLOPE)] if steep else []
    return found + ([errors.warning("terrain-void", "network", count=void)] if void else [])
