"""What to survey next: for each verdict in doubt, the facts whose knowledge is expected to settle it best.

The certainty of a verdict is the probability of its likelier outcome. Were a fact known, it would be the probability of
the likelier outcome given that fact: its mean over the runs, taken apart by what each run drew for the fact, less what
it is now, is the expected gain. What a shuffled fact would seem to gain is taken off, so that chance is not sold as
knowledge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from circles.analysis.certainty.design import Draw
from circles.analysis.certainty.doubts import Doubts
from circles.analysis.certainty.running import Runs
from circles.analysis.certainty.states import Asked
from circles.analysis.certainty.tables import p_met
from circles.area.sure import Source
from circles.foundation.schema.tables import TABLES
from circles.foundation.types import F64, I64, Bools
from circles.inputs.loading import Inputs
from circles.network import StreetNetwork

_SHUFFLES = 20
_LEAST_GAIN = 0.005
_MOST_PER_VERDICT = 8
_LEAST_TOLD = 8
"""So many independent runs must have drawn the rarer case, or nothing can be said of a fact."""


@dataclass(frozen=True)
class Fact:
    """One thing that can be surveyed.

    Attributes
    ----------
    kind : speed | position | people | path | hours
    id, name : the facility, village, street
    lon, lat : where to go
    metres : how far it may be off, or how long the street is
    group : (runs,) what each run drew for it, as a number of a few cases
    townships : whose verdicts it may change
    categories : the kinds of service whose verdicts it may change; empty = every kind
    """

    kind: str
    id: str
    name: str
    lon: float
    lat: float
    metres: float
    group: I64
    townships: frozenset[str]
    categories: frozenset[str] = frozenset()


def survey(runs: Runs, doubts: Doubts, inputs: Inputs, check: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``survey``: per verdict that is not of high certainty its facts, the greatest gain first.

    Parameters
    ----------
    runs : what all runs gave, from `run`
    doubts : what they were drawn from
    inputs : the area, for names and places
    check : table ``check`` of the area as it is
    """
    met = p_met(runs)
    now = np.maximum(met, 1.0 - met)
    unsure = np.flatnonzero(now < doubts.sure.high - 1e-12)
    columns = TABLES["survey"].columns
    rows: list[tuple[object, ...]] = []
    if len(unsure) and runs.n_runs >= 4 * len(runs.design.names):
        facts = list(_facts(runs, doubts, inputs))
        asked = [runs.asked[verdict] for verdict in unsure.tolist()]
        gain = np.array([_gains(runs, f.group)[unsure] * _concerns(f, asked) for f in facts])
        gain = gain.reshape(len(facts), len(unsure))
        names = dict(zip(check["township_code"].astype(str), check["township"], strict=True))
        for at, verdict in enumerate(unsure.tolist()):
            code, rule = runs.asked[verdict]
            best = np.argsort(-gain[:, at], kind="stable")[:_MOST_PER_VERDICT]
            for rank, number in enumerate(best[gain[best, at] >= _LEAST_GAIN].tolist(), start=1):
                f = facts[number]
                rows.append(
                    (
                        code, names[code], rule.id, rank, f.kind, f.id, f.name, f.lon, f.lat, f.metres,
                        now[verdict], min(1.0, now[verdict] + gain[number, at]), gain[number, at],
                    )
                )  # fmt: skip
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})


def _concerns(fact: Fact, asked: list[Asked]) -> F64:
    """Return 1 for the verdicts that a fact may change, 0 for the others."""
    return np.array(
        [
            code in fact.townships and (not fact.categories or not fact.categories.isdisjoint(rule.category_ids))
            for code, rule in asked
        ],
        dtype=np.float64,
    )


def places_to_visit(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per thing to survey, by the gain it brings to all verdicts together: the township's list."""
    if table.empty:
        return pd.DataFrame(columns=["kind", "item_id", "name", "lon", "lat", "metres", "gain", "verdicts"])
    grouped = table.groupby(["kind", "item_id"], sort=False)
    found = grouped.agg(
        name=("name", "first"), lon=("lon", "first"), lat=("lat", "first"), metres=("metres", "first"),
        gain=("gain", "sum"), verdicts=("rule_id", "size"),
    ).reset_index()  # fmt: skip
    return found.sort_values(["gain", "kind", "item_id"], ascending=[False, True, True], ignore_index=True)


def _gains(runs: Runs, group: I64) -> F64:
    """Return, per verdict, the expected gain in certainty were it known which group the truth is in."""
    per_block = len(runs.design.names)
    is_met = (runs.met == 1).astype(np.float64)
    found = _certainty_given(is_met, group)
    blocks = -(-runs.n_runs // per_block)
    random = np.random.Generator(np.random.PCG64(11))
    place = np.arange(runs.n_runs)
    seemed = []
    for _ in range(_SHUFFLES):  # whole blocks change places, since the runs of a block are alike
        source = random.permutation(blocks)[place // per_block] * per_block + place % per_block
        seemed.append(_certainty_given(is_met, group[np.minimum(source, runs.n_runs - 1)]))
    table = np.array(seemed)
    chance = table.mean(axis=0)
    return np.where(found > chance + 2.0 * table.std(axis=0), found - chance, 0.0)


def _certainty_given(is_met: F64, group: I64) -> F64:
    """Return, per verdict, the mean over groups of the probability of the likelier outcome within each."""
    size = np.bincount(group).astype(np.float64)
    sums = np.array([np.bincount(group, weights=column, minlength=len(size)) for column in is_met.T])
    return np.asarray(np.maximum(sums, size - sums).sum(axis=1) / size.sum())


def _facts(runs: Runs, doubts: Doubts, inputs: Inputs) -> Iterator[Fact]:
    design = runs.design
    draws = [draw for block in range(design.n_blocks) for draw in design.draws(block)]
    if Source.SPEED in design.size:
        yield _speed(draws, inputs)
    if Source.POSITIONS in design.size:
        yield from _positions(draws, doubts, inputs)
    if Source.PEOPLE in design.size:
        yield from _villages(draws, doubts, inputs)
    if Source.HOURS in design.size:
        yield from _hours(draws, doubts, inputs)
    if Source.PATHS in design.size:
        yield from _paths(draws, runs, doubts, inputs)


def _townships_on(inputs: Inputs, islands: Iterable[int]) -> frozenset[str]:
    """Return the townships of people on these islands, or on islands that streets tie to them."""
    walker = next(iter(inputs.area.walkers.values()))
    group = inputs.network.tied_islands(walker)
    own = {int(group[island]) for island in islands if island >= 0}
    living = inputs.resident_island
    near = np.isin(np.where(living >= 0, group[np.maximum(living, 0)], -1), list(own))
    return frozenset(inputs.residents["township_code"].fillna("").astype(str)[near])


def _positions(draws: list[Draw], doubts: Doubts, inputs: Inputs) -> Iterator[Fact]:
    table = inputs.facilities
    for number, place in enumerate(doubts.places):
        xy = np.array([place.at(float(draw.u[Source.POSITIONS][number])) for draw in draws])
        row = table.iloc[place.rows[0]]
        yield Fact(
            "position", str(row["id"]), str(row["name"]), float(row.geometry.x), float(row.geometry.y),
            place.accuracy_m, _eighths(xy), _townships_on(inputs, inputs.facility_island[place.rows].tolist()),
            frozenset(table["category"].iloc[place.rows].astype(str)),
        )  # fmt: skip


def _eighths(xy: F64) -> I64:
    """Return in which of eight parts of about as many runs each place lies: halved by turns along its longer side."""
    group = np.zeros(len(xy), dtype=np.int64)
    for _ in range(3):
        fresh = np.zeros(len(xy), dtype=np.int64)
        for part in range(int(group.max()) + 1):
            own = np.flatnonzero(group == part)
            side = int(np.argmax(np.ptp(xy[own], axis=0)))
            fresh[own] = 2 * part + (xy[own, side] > np.median(xy[own, side]))
        group = np.unique(fresh, return_inverse=True)[1]
    return group


def _fourths(u: F64) -> I64:
    """Return in which quarter each number between 0 and 1 lies."""
    return np.asarray(np.minimum(u * 4.0, 3.0), dtype=np.int64)


def _speed(draws: list[Draw], inputs: Inputs) -> Fact:
    """Return how fast people walk, which a few timed walks show, wherever they are made."""
    u = np.array([float(draw.u[Source.SPEED][0]) for draw in draws])
    towns = frozenset(inputs.residents["township_code"].fillna("").astype(str))
    return Fact("speed", "speed", "", math.nan, math.nan, math.nan, _fourths(u), towns)


def _villages(draws: list[Draw], doubts: Doubts, inputs: Inputs) -> Iterator[Fact]:
    if doubts.villages is None:
        return
    known = inputs.villages
    names = dict(zip(known["code"].astype(str), known["name"], strict=True)) if "code" in known else {}
    points, town = inputs.residents.geometry, inputs.residents["township_code"].fillna("").astype(str)
    u = np.array([draw.u[Source.PEOPLE] for draw in draws])
    for number, code in enumerate(doubts.villages.codes):
        own = np.flatnonzero(doubts.villages.of_resident == number)
        lon, lat = float(points.x.iloc[own].mean()), float(points.y.iloc[own].mean())
        group = _fourths(u[:, number])
        name = str(names.get(code, code))
        yield Fact("people", code, name, lon, lat, math.nan, group, frozenset(town.iloc[own]))


def _hours(draws: list[Draw], doubts: Doubts, inputs: Inputs) -> Iterator[Fact]:
    u = np.array([draw.u[Source.HOURS] for draw in draws])
    for number, row in enumerate(doubts.hours.tolist()):
        shop = inputs.facilities.iloc[row]
        group = (u[:, number] < doubts.sure.hours.unknown_open).astype(np.int64)
        yield Fact(
            "hours", str(shop["id"]), str(shop["name"]), float(shop.geometry.x), float(shop.geometry.y), math.nan,
            group, _townships_on(inputs, [int(inputs.facility_island[row])]), frozenset([str(shop["category"])]),
        )  # fmt: skip


def _paths(draws: list[Draw], runs: Runs, doubts: Doubts, inputs: Inputs) -> Iterator[Fact]:
    """Yield the streets of doubtful lines, each as all there or not, where enough runs distinguish the two."""
    lines, network = doubts.lines, inputs.network
    if lines is None or not len(lines.present):
        return
    absent = np.array([draw.u[Source.PATHS][: len(lines.present)] >= lines.present for draw in draws])
    first = np.arange(runs.n_runs) % len(runs.design.names) <= 1  # the runs that are independent of each other
    way = Transformer.from_crs(inputs.area.crs, "EPSG:4326", always_xy=True)
    for street in _streets_of(network, lines.of_edge, len(lines.present)):
        missing: Bools = np.asarray(absent[:, street].any(axis=1), dtype=np.bool_)
        if min(int(missing[first].sum()), int((~missing[first]).sum())) < _LEAST_TOLD:
            continue
        rows = np.flatnonzero(np.isin(lines.of_edge, street))
        piece = shapely.linestrings(network.piece(int(rows[len(rows) // 2]), 0.0, 1.0))
        middle = shapely.line_interpolate_point(piece, 0.5, normalized=True)
        lon, lat = way.transform(middle.x, middle.y)
        edge = network.edges.iloc[rows[0]]
        islands = np.unique(network.island_index[network.island_indptr[rows[0]] : network.island_indptr[rows[0] + 1]])
        yield Fact(
            "path", str(int(edge["street_id"])), str(edge["name"]) or str(edge["highway"]), round(lon, 7), round(lat, 7),
            float(network.edges["length_m"].iloc[rows].sum()), missing.astype(np.int64),
            _townships_on(inputs, islands.tolist()),
        )  # fmt: skip


def _streets_of(network: StreetNetwork, of_edge: I64, count: int) -> Iterator[list[int]]:
    """Yield the doubtful lines street by street: those of one name and kind on one island; nameless ones alone."""
    rows = np.unique(of_edge, return_index=True)[1][-count:]  # one edge of each line, -1 left out
    edges = network.edges.iloc[rows]
    island = network.island_index[np.minimum(network.island_indptr[rows], len(network.island_index) - 1)]
    number = np.arange(count)
    alone = edges["name"].to_numpy() == ""
    key = pd.DataFrame({"name": edges["name"].to_numpy(), "kind": edges["highway"].to_numpy(), "island": island,
                        "own": np.where(alone, number, -1)})  # fmt: skip
    for _, part in key.groupby(["name", "kind", "island", "own"], sort=False):
        yield part.index.to_list()
