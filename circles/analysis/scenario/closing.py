"""The closure test: each facility, bridge and road removed in turn, and who drops out of the circle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from circles.analysis.access import walks_of
from circles.analysis.coverage import groups, people
from circles.analysis.coverage.share import Unit, total, township_units
from circles.analysis.scenario.elsewhere import elsewhere
from circles.analysis.scenario.walked import Walked, of_keys, rows_by
from circles.foundation.schema.tables import ALL, TABLES
from circles.foundation.types import I64
from circles.inputs.loading import Inputs
from circles.network import slopes

Kind = Literal["facility", "bridge", "road"]
KINDS: tuple[Kind, ...] = ("facility", "bridge", "road")
ANY = "any"
"""``category`` of the rows that count people who lose at least one kind of service."""


@dataclass(frozen=True)
class Thing:
    """What is removed: a facility (row of the table), or streets (edges of the network)."""

    kind: Kind
    id: str
    name: str
    facility: int
    edges: I64


def closures(
    inputs: Inputs, *, kinds: Sequence[Kind] = KINDS, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> pd.DataFrame:
    """Return the table ``closures``: who drops out when one thing is gone, at each category's walker and the limit.

    A facility is closed; a bridge or road is removed as `remove_streets` would remove it: places on it are snapped to
    the next street. Exact, as if every case were run anew; only what hangs on the thing is walked again.

    Parameters
    ----------
    kinds : facility = every counted one; bridge = connected bridge lines of one name; road = connected lines of one
        name, bridges included, and every line without a name by itself
    progress : called with (things done, things)

    Returns
    -------
    Ranked by people (group ``population``) who lose at least one kind of service; then by kind and id. Facilities and
    bridges that cost nobody anything have one row, roads none. ``attrs["tested"]`` is the number of things.
    """
    by_kind = {kind: list(_things(inputs, kind)) for kind in KINDS if kind in kinds}
    things = [thing for found in by_kind.values() for thing in found]
    walks = walks_of(inputs)
    walked = {c.id: Walked(walks, c.id) for c in inputs.area.categories}
    gone = np.zeros(len(inputs.network.edges), dtype=bool)
    reported: list[dict[str, tuple[I64, I64]]] = []
    for kind, found in by_kind.items():
        if kind != "facility":
            _aim(inputs, walked, found)
        for number, thing in enumerate(found):
            gone[thing.edges] = True
            reported.append(_case(thing, walked, gone, number=-1 if kind == "facility" else number))
            gone[thing.edges] = False
            progress(len(reported), len(things))
    table = _table(inputs, things, reported, {name: item.is_covered for name, item in walked.items()})
    table.attrs["tested"] = len(things)
    return table


def _aim(inputs: Inputs, walked: dict[str, Walked], things: list[Thing]) -> None:
    walk = inputs.area.walk
    found = elsewhere(
        inputs.network,
        [thing.edges for thing in things],
        snap_max_m=walk.snap_max_m,
        fragment_max_m=walk.fragment_max_m,
    )
    for item in walked.values():
        item.aim(found)


def _case(
    thing: Thing, walked: dict[str, Walked], gone: npt.NDArray[np.bool_], *, number: int
) -> dict[str, tuple[I64, I64]]:
    """Return, per kind of service, the residents who drop out and those who come in."""
    found = {}
    for name, item in walked.items():
        sources = np.flatnonzero(item.sources == thing.facility) if thing.facility >= 0 else np.empty(0, np.int64)
        is_touched = item.is_used[thing.edges].any() or (number >= 0 and item.is_touched(number))
        if not len(sources) and not is_touched:
            continue
        rows, is_covered = item.without(thing.edges, sources, gone, number=number)
        was = item.is_covered[rows]
        found[name] = rows[was & ~is_covered], rows[~was & is_covered]
    return found


def _things(inputs: Inputs, kind: Kind) -> Iterable[Thing]:
    if kind == "facility":
        table = inputs.facilities
        nothing = np.empty(0, dtype=np.int64)
        for row in np.flatnonzero(table["is_counted"].to_numpy(dtype=bool)).tolist():
            yield Thing("facility", str(table["id"].iloc[row]), str(table["name"].iloc[row]), row, nothing)
        return
    edges = inputs.network.edges
    street, index = np.unique(edges["street_id"].to_numpy(dtype=np.int64), return_inverse=True)
    by_street = rows_by(index.astype(np.int64), len(street))
    name = edges["name"].astype(str).to_numpy(dtype=object)[by_street[1][by_street[0][:-1]]]
    chosen = np.arange(len(street))
    if kind == "bridge":
        chosen = np.flatnonzero(np.isin(street, _bridges(inputs)))
    group = _connected(edges, index, chosen, name, keeps_unnamed=kind == "road")
    for rows in np.split(chosen[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1]):
        if len(rows):
            ids = " ".join(str(street[row]) for row in rows.tolist())
            yield Thing(kind, ids, str(name[rows[0]]), -1, np.sort(of_keys(by_street, rows)))


def _bridges(inputs: Inputs) -> I64:
    lines = inputs.streets.lines
    if "bridge" not in lines:
        return np.empty(0, dtype=np.int64)
    return np.unique(lines["street_id"].to_numpy(dtype=np.int64)[slopes.is_level(lines[["bridge"]])])


def _connected(
    edges: pd.DataFrame, index: I64, chosen: I64, name: npt.NDArray[np.object_], *, keeps_unnamed: bool
) -> I64:
    """Return the group of each chosen street: connected ones of one name; unnamed ones alone, or as one name too."""
    called = np.array(
        [f"#{at}" if keeps_unnamed and not name[at] else name[at] for at in range(len(name))], dtype=object
    )
    _, number = np.unique(called.astype(str), return_inverse=True)
    keep = np.isin(index, chosen)
    street = np.tile(index[keep], 2)
    node = np.concatenate([edges["tail"].to_numpy()[keep], edges["head"].to_numpy()[keep]])
    _, joint = np.unique(np.stack([node, number[street]]), axis=1, return_inverse=True)
    joint = joint.reshape(-1)
    n = len(name)
    size = n + int(joint.max(initial=-1)) + 1
    links = sparse.coo_matrix((np.ones(len(street), np.int8), (street, n + joint)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    _, group = np.unique(label[chosen], return_inverse=True)
    return group.astype(np.int64)


def _table(
    inputs: Inputs, things: list[Thing], reported: list[dict[str, tuple[I64, I64]]], covered: dict[str, npt.NDArray[np.bool_]]
) -> pd.DataFrame:  # fmt: skip
    homes = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    weights = {group: people(homes, group) for group in groups(homes)}
    units = [
        *township_units(homes, inputs.townships),
        Unit(ALL, inputs.area.name, np.arange(len(homes), dtype=np.intp)),
    ]
    town = np.zeros(len(homes), dtype=np.int64)
    for number, unit in enumerate(units[:-1]):
        town[unit.rows] = number
    everyone = {(u.code, g): total(w, u.rows) for u in units for g, w in weights.items()}
    within = {
        (c, u.code, g): total(w, u.rows[is_in[u.rows]]) for c, is_in in covered.items() for u in units for g, w in weights.items()
    }  # fmt: skip
    nobody = np.empty(0, dtype=np.int64)
    ranked = []
    for thing, found in zip(things, reported, strict=True):
        out = {name: pair for name, pair in found.items() if len(pair[0]) or len(pair[1])}
        union = np.unique(np.concatenate([nobody, *(pair[0] for pair in out.values())]))
        if out or thing.kind != "road":
            ranked.append((-total(weights["population"], union), thing, {ANY: (union, nobody), **out}))
    ranked.sort(key=lambda item: (item[0], item[1].kind, item[1].id))
    rows = []
    for rank, (_, thing, out) in enumerate(ranked, 1):
        for category, (lost, gained) in out.items():
            hit = sorted({*town[lost].tolist(), *town[gained].tolist()})
            for unit, chosen in [*((units[t], t) for t in hit), (units[-1], -1)]:
                for group, w in weights.items():
                    parts = [
                        math.fsum(w[rows_ if chosen < 0 else rows_[town[rows_] == chosen]].tolist())
                        for rows_ in (lost, gained)
                    ]
                    is_any = category == ANY
                    base = math.nan if is_any else within[category, unit.code, group]
                    rows.append(
                        (rank, thing.kind, thing.id, thing.name, category, unit.code, unit.name, group,
                         everyone[unit.code, group], base, parts[0], math.nan if is_any else parts[1])
                    )  # fmt: skip
    return TABLES["closures"].frame(rows)
