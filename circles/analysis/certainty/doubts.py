"""What is doubtful about an area's inputs, found once: the material from which every run is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.coverage.share import groups, people, text_codes
from circles.area import Area, Sure
from circles.area.sure import Source
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import F64, I64, Objects
from circles.inputs.hours.places import hours_of
from circles.inputs.loading import Inputs
from circles.inputs.sites import site_numbers
from circles.network import StreetNetwork, altered, junctions
from circles.network.streets import build

_WAVES = 24
_JUNCTION_CODES = frozenset({"lines-cross", "ends-near-lines", "ends-nearly-meet"})


@dataclass(frozen=True)
class Place:
    """A site whose position is doubtful, and the parts of street it may stand at.

    Attributes
    ----------
    rows : facilities that stand there, in the order of the table
    xy : (2,) where it is drawn
    accuracy_m : how far from there it may stand
    start, step : (parts, 2) where each part of street begins, and the way to its end
    until_m : (parts,) metres of street up to the end of each part
    """

    rows: I64
    xy: F64
    accuracy_m: float
    start: F64
    step: F64
    until_m: F64

    def at(self, u: float) -> F64:
        """Return the point of the streets that lies a share ``u`` of all their metres along, shape (2,)."""
        along = u * float(self.until_m[-1])
        part = min(int(np.searchsorted(self.until_m, along, side="right")), len(self.until_m) - 1)
        before = float(self.until_m[part - 1]) if part else 0.0
        share = (along - before) / (float(self.until_m[part]) - before)
        return np.asarray(self.start[part] + share * self.step[part], dtype=np.float64)


@dataclass(frozen=True)
class Villages:
    """People whose numbers are doubtful: each village's, with the sum of its township as it is stated.

    Attributes
    ----------
    codes : (villages,) their codes, '' for people of a township without one
    of_resident : (residents,) number of the village, -1 where nothing is doubtful
    township : (residents,) number of the township
    weights : people per group, as they are
    """

    codes: tuple[str, ...]
    of_resident: I64
    township: I64
    weights: Mapping[str, F64]


@dataclass(frozen=True)
class Lines:
    """Lines that may not exist: per line a probability, and of each edge its number, -1 where it is certain."""

    present: F64
    of_edge: I64
    of_joined: I64
    joined: StreetNetwork | None


@dataclass(frozen=True)
class Heights:
    """A smooth error of elevations as a sum of waves, (2, waves) radians per metre each way, of ``sd_m`` metres in all."""

    wave: F64
    sd_m: float

    @property
    def scale_m(self) -> float:
        """Return the height of each wave."""
        return float(self.sd_m * np.sqrt(2.0 / self.wave.shape[1]))


@dataclass(frozen=True)
class Doubts:
    """All that is doubtful in an area; None or empty = nothing of that kind."""

    sure: Sure
    snap_m: tuple[float, float]
    places: tuple[Place, ...] = ()
    villages: Villages | None = None
    lines: Lines | None = None
    heights: Heights | None = None
    hours: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    findings: tuple[Finding, ...] = ()

    @cached_property
    def size(self) -> dict[Source, int]:
        """Return how many numbers each source needs; sources of which nothing is doubtful are left out."""
        lines = self.lines
        found = {
            Source.SPEED: 1,
            Source.SNAP: int(self.snap_m[0] < self.snap_m[1]),
            Source.POSITIONS: len(self.places),
            Source.PEOPLE: len(self.villages.codes) if self.villages is not None else 0,
            Source.PATHS: 0 if lines is None else len(lines.present) + (lines.joined is not None),
            Source.HEIGHTS: 0 if self.heights is None else self.heights.wave.shape[1],
            Source.HOURS: len(self.hours),
        }
        return {source: n for source, n in found.items() if n and str(source) not in self.sure.leave_out}


def doubts_of(inputs: Inputs, walks: Walks) -> Doubts:
    """Return what is doubtful in an area, with findings on what is taken as certain for want of a statement."""
    area, sure = inputs.area, inputs.area.sure
    wanted = {source for source in Source if str(source) not in sure.leave_out}
    places, findings = _places(inputs, walks) if Source.POSITIONS in wanted else ((), [])
    codes = set(inputs.residents["village_code"].fillna("").astype(str))
    findings += [
        errors.warning("sure-unknown-village", area.file.name, id="sure.people_of", value=code)
        for code in sure.people_of
        if code not in codes
    ]
    span = (0.5 * area.walk.snap_max_m, 1.5 * area.walk.snap_max_m) if sure.snap_m is None else sure.snap_m.bounds
    return Doubts(
        sure, span, places,
        doubtful_villages(inputs) if Source.PEOPLE in wanted else None,
        _lines(inputs, walks.network) if Source.PATHS in wanted else None,
        _heights(area, walks.network) if Source.HEIGHTS in wanted else None,
        _unknown_hours(inputs) if Source.HOURS in wanted else np.zeros(0, dtype=np.int64),
        tuple(findings),
    )  # fmt: skip


def _places(inputs: Inputs, walks: Walks) -> tuple[tuple[Place, ...], list[Finding]]:
    """Return the sites whose position is doubtful, one for all facilities of a site that stand at one place."""
    table, at = inputs.facilities, walks.facility_at
    counted = table["is_counted"].to_numpy(dtype=bool) & (at.island >= 0)
    if at.doors is not None:
        counted[at.doors.facility] = False  # it is entered at its doors, which stand where they are
    stated = table["position_accuracy_m"].to_numpy(dtype=np.float64)
    by_word = table["position"].fillna("").astype(str).map(inputs.area.sure.positions.accuracy_m)
    accuracy = np.where(np.isnan(stated), by_word.to_numpy(dtype=np.float64, na_value=np.nan), stated)
    silent = np.flatnonzero(counted & np.isnan(accuracy))
    findings = []
    if len(silent):
        ids = table["id"].iloc[silent].astype(str).tolist()
        findings = [errors.warning("sure-no-accuracy", "facilities", id=ids[0], n=len(silent), ids=errors.few(ids))]
    rows = np.flatnonzero(counted & (np.nan_to_num(accuracy) > 0))
    key = pd.DataFrame({"site": site_numbers(table)[rows], "x": at.xy[rows, 0], "y": at.xy[rows, 1]})
    number = key.groupby(["site", "x", "y"], sort=False).ngroup().to_numpy()
    found = []
    for site in range(int(number.max(initial=-1)) + 1):
        own = rows[number == site]
        place = _along_streets(walks.network, own, at.xy[own[0]], int(at.island[own[0]]), float(accuracy[own].max()))
        found += [place] if place is not None else []
    return tuple(found), findings


def _along_streets(network: StreetNetwork, rows: I64, xy: F64, island: int, radius_m: float) -> Place | None:
    """Return the parts of the island's streets within a circle; None where there are none."""
    edges = np.sort(network.lines.around(xy[None, :], np.array([island]), within_m=radius_m).edge)
    if not len(edges):
        return None
    size = np.diff(network.offsets)[edges] - 1
    vertex = np.repeat(network.offsets[:-1][edges] - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
    start, step = network.xy[vertex], network.xy[vertex + 1] - network.xy[vertex]
    long2 = (step**2).sum(axis=1)
    middle = -((start - xy) * step).sum(axis=1)
    root = middle**2 - long2 * (((start - xy) ** 2).sum(axis=1) - radius_m**2)
    cut = np.flatnonzero((root > 0) & (long2 > 0))
    half = np.sqrt(root[cut])
    low = np.clip((middle[cut] - half) / long2[cut], 0.0, 1.0)
    high = np.clip((middle[cut] + half) / long2[cut], 0.0, 1.0)
    metres = (high - low) * np.sqrt(long2[cut])
    some = metres > 0
    if not some.any():
        return None
    cut, low, high = cut[some], low[some, None], high[some, None]
    begin = start[cut] + low * step[cut]
    return Place(rows, xy, radius_m, begin, (high - low) * step[cut], np.cumsum(metres[some]))


def doubtful_villages(inputs: Inputs) -> Villages | None:
    """Return the villages of townships with more than one; None where people are points, or no villages are known."""
    table = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    if inputs.area.counts_points or not table["village_code"].fillna("").ne("").any():
        return None
    township = pd.factorize(text_codes(table["township_code"]))[0].astype(np.int64)
    village = table["village_code"].fillna("").astype(str).to_numpy(dtype=object)
    key = pd.DataFrame({"township": township, "village": village})
    number = key.groupby(["township", "village"], sort=False).ngroup().to_numpy().astype(np.int64)
    first = np.unique(number, return_index=True)[1]
    several = np.bincount(township[first]) > 1
    doubtful = np.flatnonzero(several[township[first]])
    if not len(doubtful):
        return None
    renumbered = np.full(len(first), -1, dtype=np.int64)
    renumbered[doubtful] = np.arange(len(doubtful))
    weights = {group: people(table, group) for group in groups(table)}
    codes = tuple(str(code) for code in village[first[doubtful]])
    return Villages(codes, renumbered[number], township, weights)


def _lines(inputs: Inputs, network: StreetNetwork) -> Lines | None:
    """Return the lines that may not exist, and the network in which near misses meet."""
    paths = inputs.area.sure.paths
    has_misses = any(item.code in _JUNCTION_CODES for item in network.findings)
    joined = _joined(inputs, network) if has_misses and paths.near_misses_joined > 0 else None
    words = _words_of_streets(inputs)
    present = network.edges["street_id"].map(words).map(paths.present).fillna(1.0).to_numpy(dtype=np.float64)
    line = network.edges["line_id"].to_numpy()
    doubtful = np.unique(line[present < 1.0])
    if not len(doubtful) and joined is None:
        return None
    number = np.full(int(line.max(initial=-1)) + 1, -1, dtype=np.int64)
    number[doubtful] = np.arange(len(doubtful))
    of_line = np.ones(len(number))
    np.minimum.at(of_line, line, present)
    of_joined = number[joined.edges["line_id"].to_numpy()] if joined is not None else number[:0]
    return Lines(of_line[doubtful], number[line], of_joined, joined)


def _words_of_streets(inputs: Inputs) -> dict[int, str]:
    """Return what each line is said to be: its ``confidence``, else its ``source``."""
    lines = inputs.streets.lines
    blank = pd.Series("", index=lines.index)
    said = [lines[name].fillna("").astype(str) if name in lines else blank for name in ("confidence", "source")]
    word = said[0].where(said[0] != "", said[1])
    ids = lines["street_id"] if "street_id" in lines else pd.Series(range(len(lines)))
    return dict(zip(ids.astype(int).tolist(), word.tolist(), strict=True))


def _joined(inputs: Inputs, network: StreetNetwork) -> StreetNetwork:
    """Return the network with a junction at every near miss; its lines are numbered as in the network itself."""
    streets = inputs.streets
    made, _ = junctions.noded(streets)
    other = build(made, network.islands, crs=network.crs, heights=inputs.heights)
    if streets.is_noded and "line_id" in streets.lines:  # a kept network: several rows were one line
        from circles.network import passability  # noqa: PLC0415 - few areas keep a network

        is_open = passability.passable(streets.lines) & (np.diff(streets.offsets) > 1)
        line = np.unique(streets.lines["line_id"].to_numpy()[is_open], return_inverse=True)[1]
        other.edges["line_id"] = line[other.edges["line_id"].to_numpy()]
    return altered.with_near_ends_joined(other)


def _heights(area: Area, network: StreetNetwork) -> Heights | None:
    said = area.sure.heights
    slope = network.edges["slope"].to_numpy(dtype=np.float64)
    used = any(area.walkers[category.profile].uses_slope for category in area.categories)
    if not used or said.sd_m == 0 or not np.nan_to_num(slope).any():
        return None
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([area.sure.seed, 7])))
    wave = random.standard_normal((2, _WAVES)) / said.correlation_m
    return Heights(wave, said.sd_m)


def _unknown_hours(inputs: Inputs) -> I64:
    """Return the rows of counted facilities of unknown hours, of kinds that a rule looks at at a moment."""
    asked = {category for rule in inputs.area.rules if rule.when is not None for category in rule.category_ids}
    if not asked:
        return np.zeros(0, dtype=np.int64)
    table = inputs.facilities
    counted = table["is_counted"].to_numpy(dtype=bool) & table["category"].isin(asked).to_numpy()
    unknown: Objects = np.array([hours is None for hours in hours_of(inputs.area, table)], dtype=object)
    return np.flatnonzero(counted & unknown.astype(bool))
