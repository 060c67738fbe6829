"""Streets that come and go: removed lines, and links whose ends are put on the nearest street.

The contract snaps nothing, so a link says itself where it meets a street: each end moves to the nearest point of a
passable street of its island within the link's ``snap_m``, and the street gets a vertex there. Nothing else is moved:
the inner vertices of a link stay where they are drawn, and meet a street only where they equal one of its vertices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.scenario.model import Link
from circles.area.walkers import Walker
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets
from circles.foundation.types import F64, I64, Bools
from circles.network import StreetNetwork, passability
from circles.network.noding import lengths

_ANYONE = Walker("anyone", speed_m_per_s=1.0, steps_m_per_s=1.0)
_LOOK_M = 2000.0
"""So far is looked for the nearest street, to say how far it is."""
_SAME_M = 1e-6
_MOVED_M = 0.01


def without(streets: Streets, removed: I64) -> Streets:
    """Return the streets without the lines of these ids."""
    keep = ~streets.lines["street_id"].isin(removed).to_numpy()
    size = np.diff(streets.offsets)
    vertex = np.repeat(keep, size)
    return replace(
        streets, lines=streets.lines[keep].reset_index(drop=True), offsets=_offsets(size[keep]), xy=streets.xy[vertex],
        vertex_id=None if streets.vertex_id is None else streets.vertex_id[vertex],
    )  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Where links meet streets.

    Attributes
    ----------
    xy : (p, 2) places as given, one per distinct end
    foot_xy : (p, 2) where they are put; as given where they meet a link only
    line_id : (p,) line of the network they are put on, -1 = none
    """

    xy: F64
    foot_xy: F64
    line_id: I64


def ends_of(
    links: tuple[Link, ...], link_xy: tuple[F64, ...], network: StreetNetwork, *, snap_max_m: float, where: str
) -> tuple[Places, list[Finding]]:
    """Return where the ends of links meet the streets of ``network``, and what is wrong or was moved.

    An end with no street within its link's ``snap_m`` must equal a vertex of another link, else it is an error; of a link
    with ``dead_end`` one end may meet nothing.

    Parameters
    ----------
    links, link_xy : the links, and per link its (vertices, 2) coordinates, metres
    network : the streets
    snap_max_m : an end at most this far off the land belongs to the nearest island, as any place does
    where : the links' table, for findings
    """
    ends = np.array([xy[at] for xy in link_xy for at in (0, -1)])
    place_xy, number = np.unique(ends, axis=0, return_inverse=True)
    number = number.reshape(-1)
    island, _ = network.islands.of_points(place_xy, within_m=snap_max_m)
    snapped = network.snap(place_xy, island, _ANYONE, snap_max_m=_LOOK_M, fragment_max_m=0.0)
    reach = np.zeros(len(place_xy))
    np.maximum.at(reach, number, np.repeat([link.snap_m for link in links], 2))
    is_met = snapped.is_snapped & (snapped.leg_m <= reach)
    line = np.where(is_met, network.edges["line_id"].to_numpy(dtype=np.int64)[np.maximum(snapped.edge, 0)], -1)
    street = network.edges["street_id"].to_numpy(dtype=np.int64)[np.maximum(snapped.edge, 0)]
    found: list[Finding] = []
    for end, at in enumerate(number.tolist()):
        row = end // 2
        link, is_last = links[row], end % 2
        values = {"end": is_last + 1, "metres": f"{snapped.leg_m[at]:.1f}", "street": int(street[at])}
        if is_met[at]:
            if snapped.leg_m[at] > _MOVED_M:
                found.append(errors.info("scenario-link-moved", where, row + 1, link.id, **values))
        elif not (
            _meets_another(place_xy[at], link_xy, row) or _is_dead_end(link, is_met[number[2 * row : 2 * row + 2]])
        ):
            code = "scenario-link-at-sea" if island[at] < 0 else "scenario-link-loose"
            code = "scenario-link-nowhere" if island[at] >= 0 and not snapped.is_snapped[at] else code
            limit = {"snap": f"{link.snap_m:g}", "far": f"{_LOOK_M:g}", "off": f"{snap_max_m:g}"}
            found.append(errors.error(code, where, row + 1, link.id, **values, **limit))
    foot = np.where(is_met[:, None], snapped.foot_xy, place_xy)
    return Places(place_xy, foot, line), found


def _is_dead_end(link: Link, met: Bools) -> bool:
    """Return whether a link may have this end that meets nothing: it says so, and the other end meets a street."""
    return link.dead_end and bool(met.any())


def _meets_another(xy: F64, link_xy: tuple[F64, ...], own: int) -> bool:
    return any(bool((other == xy).all(axis=1).any()) for row, other in enumerate(link_xy) if row != own)


def with_links(
    streets: Streets, links: tuple[Link, ...], link_xy: tuple[F64, ...], places: Places, *, source: str
) -> Streets:
    """Return the streets with a vertex where each link meets one, and with the links as further lines.

    Parameters
    ----------
    streets : lines and vertices before the change
    links : the scenario's links; their ``street_id`` continues after the greatest one of ``streets``, in this order
    link_xy : per link its (vertices, 2) coordinates in the area's CRS, metres
    places : where the links' ends meet streets; not changed
    source : value of the column ``source`` of new lines that say nothing of their own
    """
    places = replace(places, foot_xy=places.foot_xy.copy())  # a place that is a vertex becomes it exactly
    streets, at_vertex = _with_vertices(streets, places)
    n_vertices, first_id = len(streets.xy), int(streets.lines["street_id"].max()) + 1
    xy = [_put(points, places) for points in link_xy]
    size = np.array([len(points) for points in xy])
    lines = _with_rows(streets.lines, links, first_id, source)
    every = np.concatenate([streets.xy, *xy])
    offsets = np.concatenate([streets.offsets, streets.offsets[-1] + np.cumsum(size)]).astype(np.int64)
    vertex_id = streets.vertex_id
    if vertex_id is not None:
        vertex_id = _ids(streets, np.concatenate(xy), at_vertex)
    out = Streets(lines, offsets, every, vertex_id, streets.is_noded, streets.holes)
    if not streets.is_noded:
        return out
    own = np.arange(n_vertices, len(every))
    shared = pd.DataFrame(every[own]).duplicated(keep=False).to_numpy()
    return _split(out, np.concatenate([at_vertex[at_vertex >= 0], own[shared]]))


def _put(points: F64, places: Places) -> F64:
    """Return a link's vertices with those that are ends, its own or another's, where they are put."""
    out = points.copy()
    for given, foot in zip(places.xy, places.foot_xy, strict=True):
        out[(points == given).all(axis=1)] = foot
    return out


def _with_vertices(streets: Streets, places: Places) -> tuple[Streets, I64]:
    """Insert a vertex into streets where places are put on them; return also the vertex of each place, -1 = none."""
    after, t, on = _segments(streets, places)
    vertex = np.full(len(places.xy), -1, dtype=np.int64)
    fresh = np.flatnonzero((places.line_id >= 0) & (on < 0))
    order = fresh[np.lexsort((t[fresh], after[fresh]))]
    slot = after[order] + 1
    vertex[order] = slot + np.arange(len(order))
    old = np.flatnonzero(on >= 0)
    vertex[old] = on[old] + np.searchsorted(slot, on[old], side="right")
    xy = np.insert(streets.xy, slot, places.foot_xy[order], axis=0)
    row = np.searchsorted(streets.offsets, after[order], side="right") - 1
    more = np.bincount(row, minlength=len(streets.offsets) - 1)
    vertex_id = streets.vertex_id
    if vertex_id is not None:
        low = min(int(vertex_id.min()), -1) - 1
        vertex_id = np.insert(vertex_id, slot, low - np.arange(len(order)))
        unnamed = (vertex >= 0) & (vertex_id[np.maximum(vertex, 0)] == -1) & streets.is_noded
        for number, place in enumerate(np.flatnonzero(unnamed).tolist()):
            vertex_id[vertex[place]] = low - len(order) - number
    return replace(streets, offsets=_offsets(np.diff(streets.offsets) + more), xy=xy, vertex_id=vertex_id), vertex


def _segments(streets: Streets, places: Places) -> tuple[I64, F64, I64]:
    """Return, per place, the vertex after which it lies, its share of that segment, and the vertex it is (-1 = none).

    Where a place is a vertex, its ``foot_xy`` becomes that vertex exactly.
    """
    is_open = passability.passable(streets.lines) & (np.diff(streets.offsets) > 1)
    rows = np.flatnonzero(is_open)
    kept = streets.is_noded and "line_id" in streets.lines
    ids = streets.lines["line_id"].to_numpy()[rows] if kept else np.arange(len(rows))
    _, line_id = np.unique(ids, return_inverse=True)
    n = len(places.xy)
    after, t, on = np.full(n, -1, dtype=np.int64), np.zeros(n), np.full(n, -1, dtype=np.int64)
    for place in np.flatnonzero(places.line_id >= 0).tolist():
        mine = rows[line_id == places.line_id[place]]
        start = np.concatenate([np.arange(streets.offsets[r], streets.offsets[r + 1] - 1) for r in mine])
        a, step = streets.xy[start], streets.xy[start + 1] - streets.xy[start]
        square = (step**2).sum(axis=1)
        goal = places.foot_xy[place]
        share = np.divide(((goal - a) * step).sum(axis=1), square, out=np.zeros(len(a)), where=square > 0)
        share = np.clip(share, 0.0, 1.0)
        best = int(np.hypot(*(goal - a - share[:, None] * step).T).argmin())
        after[place], t[place] = start[best], share[best]
        for vertex in (int(start[best]), int(start[best]) + 1):
            if np.hypot(*(streets.xy[vertex] - goal)) < _SAME_M:
                on[place] = vertex
                places.foot_xy[place] = streets.xy[vertex]
    return after, t, on


def _ids(streets: Streets, xy: F64, at_vertex: I64) -> I64:
    """Return the vertex ids of streets and links: one per distinct place of the links, the street's where they meet."""
    before = streets.vertex_id if streets.vertex_id is not None else np.empty(0, np.int64)
    _, number = np.unique(xy, axis=0, return_inverse=True)
    low = min(int(before.min()), -1) - 1
    own = low - number.reshape(-1).astype(np.int64)
    for vertex in at_vertex[at_vertex >= 0].tolist():
        own[(xy == streets.xy[vertex]).all(axis=1)] = before[vertex]
    return np.concatenate([before, own])


def _with_rows(lines: pd.DataFrame, links: tuple[Link, ...], first_id: int, source: str) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "street_id": first_id + np.arange(len(links), dtype=np.int64),
            "name": [link.name or link.id for link in links],
            "highway": [link.highway for link in links],
            "bridge": ["yes" if link.bridge else "" for link in links],
            "tunnel": ["yes" if link.tunnel else "" for link in links],
            "source": [link.source or source for link in links],
        }
    )
    if any(link.ele_from_m is not None for link in links):
        for name in ("ele_from_m", "ele_to_m"):
            rows[name] = np.array([np.nan if getattr(k, name) is None else getattr(k, name) for k in links])
    if "line_id" in lines:
        rows["line_id"] = int(lines["line_id"].max()) + 1 + np.arange(len(links), dtype=np.int64)
    out = pd.concat([lines, rows], ignore_index=True)
    for name in out.columns:
        if out[name].dtype.kind not in "iufb":
            out[name] = out[name].fillna("").astype("str")
    return out


def _split(streets: Streets, at: I64) -> Streets:
    """Cut the lines of a kept network at these vertices; each part keeps its share of the rise."""
    first, last = streets.offsets[:-1], streets.offsets[1:] - 1
    cut = np.setdiff1d(np.unique(at), np.concatenate([first, last]))
    line = np.searchsorted(streets.offsets, cut, side="right") - 1
    size = np.bincount(line, minlength=len(first)) + 1
    vertex = np.insert(np.arange(len(streets.xy)), cut, cut)
    starts = np.sort(np.concatenate([first, cut]))
    ends = np.sort(np.concatenate([last, cut]))
    offsets = _offsets(ends - starts + 1)
    lines = streets.lines.iloc[np.repeat(np.arange(len(first)), size)].reset_index(drop=True)
    if "ele_from_m" in lines:
        owner = np.repeat(np.arange(len(first)), size)
        whole, part = lengths(streets.offsets, streets.xy)[owner], lengths(offsets, streets.xy[vertex])
        before = np.cumsum(part) - part
        before -= before[np.searchsorted(owner, owner)]
        low = lines["ele_from_m"].to_numpy(dtype=np.float64)
        rise = lines["ele_to_m"].to_numpy(dtype=np.float64) - low
        share = np.divide(before, whole, out=np.zeros(len(part)), where=whole > 0)
        end = np.divide(before + part, whole, out=np.ones(len(part)), where=whole > 0)
        is_cut = size[owner] > 1
        lines["ele_from_m"] = np.where(is_cut, low + rise * share, low)
        lines["ele_to_m"] = np.where(is_cut, low + rise * end, lines["ele_to_m"].to_numpy(dtype=np.float64))
    vertex_id = None if streets.vertex_id is None else streets.vertex_id[vertex]
    return Streets(lines, offsets, streets.xy[vertex], vertex_id, streets.is_noded, streets.holes)


def _offsets(size: npt.NDArray[np.integer]) -> I64:
    return np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
