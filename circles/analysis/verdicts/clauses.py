"""Who fulfils a clause: k of n kinds or places, in one building, within minutes, metres of street or a radius.

A clause is asked of *origins*: the places where people live, the villages' own points, or points of residential land.
Plain rules (every category within minutes of where people live) are answered by the minutes table and not here.
Definitions: contract, section 7; ``docs/verdicts.md`` says them for readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from circles.area import Rule
from circles.area.walkers import Walker
from circles.foundation.schema.tables import NONE
from circles.foundation.types import F64, I64, Bools
from circles.inputs.sites import site_numbers

if TYPE_CHECKING:
    from scipy import sparse

    from circles.analysis.access import Walks
    from circles.inputs.loading import Inputs

RADIUS_TOLERANCE_M = 1e-6


class Origin(StrEnum):
    """Of what places a clause is asked."""

    RESIDENTS = "residents"
    VILLAGES = "villages"
    LAND = "land"


class _Reach(NamedTuple):
    """What is asked of one kind of place; the same for all rules that ask the same."""

    origin: Origin
    category: str
    profile: str
    unit: str
    most: float


@dataclass
class Clauses:
    """The clauses of one state of an area, at any speed; keeps who reaches which site for the next rule.

    ``paces`` holds factors on single walkers' speeds, on top of ``speed_factor``.
    """

    inputs: Inputs
    walks: Walks
    speed_factor: float = 1.0
    paces: Mapping[str, float] = field(default_factory=dict)
    _walks: dict[Origin, Walks] = field(default_factory=dict)
    _reach: dict[_Reach, sparse.csr_matrix] = field(default_factory=dict)

    def holds(self, rule: Rule, origin: Origin) -> Bools | None:
        """Return of which origins the clause holds; None where a table is missing or the limit is beyond the horizon."""
        counts = self.counts(rule, origin)
        return None if counts is None else held(rule, counts)

    def counts(self, rule: Rule, origin: Origin) -> I64 | None:
        """Return how many places of each of ``rule.kinds`` every origin has, (origins, kinds); None as for `holds`.

        With ``one_site`` there is one column: the most kinds that any one site within reach has.
        """
        if self.missing(rule, origin) or _is_beyond_horizon(rule, self.walks):
            return None
        sites = {kind: self.sites(rule, kind, origin) for kind in rule.category_ids}
        if rule.one_site:
            kinds = sum((sites[kind].astype(np.int64) for kind in rule.category_ids), start=_nothing(sites.values()))
            most = kinds.max(axis=1).toarray() if kinds.shape[1] else np.zeros((kinds.shape[0], 1))
            return np.asarray(most, dtype=np.int64).reshape(-1, 1)
        columns = []
        for item in rule.kinds:
            places = sum((sites[kind].astype(np.int64) for kind in item.of), start=_nothing(sites.values()))
            columns.append(np.asarray((places > 0).sum(axis=1), dtype=np.int64).ravel())
        return np.column_stack(columns)

    def holds_for_residents(self, rule: Rule) -> Bools | None:
        """Return for whom the clause holds: where they live, or where the point of their village lies."""
        if rule.origins == "residents":
            return self.holds(rule, Origin.RESIDENTS)
        of_villages = self.holds(rule, Origin.VILLAGES)
        if of_villages is None:
            return None
        row = {str(code): number for number, code in enumerate(self.inputs.villages["code"])}
        own = self.inputs.residents["village_code"].fillna("").astype(str)
        village = own.map(row).fillna(-1).to_numpy(dtype=np.int64)
        return np.asarray((village >= 0) & of_villages[np.maximum(village, 0)], dtype=np.bool_)

    def missing(self, rule: Rule, origin: Origin) -> str:
        """Return the table without which the clause cannot be judged, '' where all are there."""
        if origin is Origin.LAND and self.inputs.residential_land is None:
            return "residential_land"
        if origin is Origin.VILLAGES or rule.origins == "villages":
            own = self.inputs.residents.get("village_code")
            if not len(self.inputs.villages) or own is None or not own.fillna("").astype(str).ne("").any():
                return "villages"
        if rule.one_site and not self._counted(rule.category_ids)["site_id"].fillna("").ne("").any():
            return "site_id"
        borrowed = set(rule.category_ids) & self.walks.area.borrowed_categories
        lacking = borrowed - set(self.walks.facilities["category"])
        return f"facilities ({', '.join(sorted(lacking))})" if lacking else ""

    def size(self, origin: Origin) -> int:
        """Return the number of origins."""
        return len(self.origins(origin).resident_at.xy)

    def sites(self, rule: Rule, category: str, origin: Origin) -> sparse.csr_matrix:
        """Return which origin has which site of a category in reach: (origins, sites) booleans, a column per site.

        A site is a ``site_id``, or a facility without one; several facilities of a kind at one site are one place.
        """
        profile = rule.profile or self.walks.area.category(category).profile
        if rule.within is None:
            unit, most = "min", self.walks.area.walk.limit_min if rule.limit_min is None else rule.limit_min
        elif rule.within.radius_m is not None:
            unit, most = "radius", rule.within.radius_m
        else:
            unit, most = "m", rule.within.network_m or 0.0
        key = _Reach(origin, category, profile, unit, most)
        if key not in self._reach:
            self._reach[key] = self._found(key)
        return self._reach[key]

    def origins(self, origin: Origin) -> Walks:
        """Return the area's walks with these origins where the residents are."""
        if origin is Origin.RESIDENTS:
            return self.walks
        if origin not in self._walks:
            from circles.analysis.access import Walks  # noqa: PLC0415 - not for who only asks what a measure is
            from circles.inputs.locating import project  # noqa: PLC0415 - not for who only asks what a measure is
            from circles.inputs.snapped_places import Located  # noqa: PLC0415 - not for who only asks what a measure is

            land, villages = self.inputs.residential_land, self.inputs.villages
            if origin is Origin.LAND and land is not None:
                at = Located(land.xy, land.island)
            else:
                xy = project(villages, self.walks.area.crs)
                island = self.walks.network.islands.of_points(xy, within_m=self.walks.area.walk.snap_max_m)[0]
                at = Located(xy, island)
            w = self.walks
            self._walks[origin] = Walks(w.area, w.network, w.facilities, w.residents, w.facility_at, at)
        return self._walks[origin]

    def _found(self, key: _Reach) -> sparse.csr_matrix:
        walks = self.origins(key.origin)
        own = walks.facilities["is_counted"].astype(bool) & (walks.facilities["category"] == key.category)
        counted = own.to_numpy()
        if key.unit == "radius":
            rows = np.flatnonzero(counted)
            at, place = within_radius(walks.resident_at.xy, walks.facility_at.xy[rows], key.most)
            place = rows[place]
        else:
            walker = walks.area.walkers[key.profile]
            pace = self.speed_factor * self.paces.get(key.profile, 1.0)
            limit_s = key.most * 60.0 * pace if key.unit == "min" else key.most
            at, place = walked(walks, walker if key.unit == "min" else metre_walker(walker), counted, limit_s=limit_s)
        from scipy import sparse  # noqa: PLC0415 - not for who only asks what a measure is

        shape = (len(walks.resident_at.xy), int(self._site_numbers.max(initial=-1)) + 1)
        found = sparse.csr_matrix((np.ones(len(at), dtype=np.int32), (at, self._site_numbers[place])), shape=shape)
        return (found > 0).tocsr()

    @property
    def _site_numbers(self) -> I64:
        return site_numbers(self.walks.facilities)

    def _counted(self, categories: Iterable[str]) -> pd.DataFrame:
        table = pd.DataFrame(self.walks.facilities)
        return table[table["is_counted"].astype(bool) & table["category"].isin(list(categories))]


def held(rule: Rule, counts: I64) -> Bools:
    """Return for which origins a clause holds, given how many places of each kind they have, (origins, kinds)."""
    if rule.one_site:
        return np.asarray(counts[:, 0] >= rule.kinds_needed, dtype=np.bool_)
    enough = counts >= np.array([item.places for item in rule.kinds])
    return np.asarray(enough.sum(axis=1) >= rule.kinds_needed, dtype=np.bool_)


def metre_walker(walker: Walker) -> Walker:
    """Return a walker whose seconds are metres: the same streets, one metre a second, slopes or not."""
    steps = 1.0 if walker.steps_m_per_s > 0 else 0.0
    return replace(walker, id="metres", speed_m_per_s=1.0, steps_m_per_s=steps, uses_slope=False)


def walked(walks: Walks, walker: Walker, counted: Bools, *, limit_s: float) -> tuple[I64, I64]:
    """Return the pairs (origin, facility) with a travel time within ``limit_s``, access legs included.

    Parameters
    ----------
    walks : origins and facilities, snapped to the network
    walker : who walks
    counted : (facilities,) bool, which facilities take part
    limit_s : seconds, inclusive

    Returns
    -------
    tuple of int64 arrays : rows of the residents, and rows of the facilities
    """
    from scipy import sparse  # noqa: PLC0415 - not for who only asks what a measure is

    pairs = sparse.coo_matrix(
        walks.network.od_seconds(
            walks.snapped("residents", walker), walks.snapped("facilities", walker), walker,
            direction=walks.area.walk.direction, limit_s=limit_s, only_places=counted,
        )
    )  # fmt: skip
    return pairs.row.astype(np.int64), pairs.col.astype(np.int64)


def within_radius(xy: F64, places_xy: F64, radius_m: float) -> tuple[I64, I64]:
    """Return the pairs (origin, place) no farther apart than a radius in the area's CRS, across water, snapped or not."""
    if not len(xy) or not len(places_xy):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    from scipy.spatial import cKDTree  # noqa: PLC0415 - not for who only asks what a measure is

    near = cKDTree(xy).query_ball_point(places_xy, radius_m + RADIUS_TOLERANCE_M)
    place = np.repeat(np.arange(len(near)), [len(found) for found in near])
    return np.concatenate([np.asarray(found, dtype=np.int64) for found in near]), place


def _is_beyond_horizon(rule: Rule, walks: Walks) -> bool:
    limit = walks.area.walk.limit_min if rule.limit_min is None else rule.limit_min
    return rule.within is None and limit > walks.area.horizon_min


def _nothing(tables: Iterable[sparse.csr_matrix]) -> sparse.csr_matrix:
    from scipy import sparse  # noqa: PLC0415 - not for who only asks what a measure is

    return sparse.csr_matrix(next(iter(tables)).shape, dtype=np.int32)


def exempt_islands(rule: Rule, residents: pd.DataFrame) -> frozenset[str]:
    """Return the islands whose people a rule leaves out: named, or with fewer people than it asks for."""
    wanted = rule.exempt
    if wanted is None or wanted.of != "island":
        return frozenset()
    found = set(wanted.codes)
    if wanted.population_below is not None:
        people = residents.groupby(residents["island"].fillna("").astype(str))["population"].sum()
        found |= {str(name) for name, count in people.items() if name and count < wanted.population_below}
    return frozenset(found)


def is_exempt(rule: Rule, township: str, population: float) -> bool:
    """Return whether a rule exempts a township: named, or with fewer people than it asks for."""
    wanted = rule.exempt
    if wanted is None or wanted.of != "township" or township == NONE:
        return False
    is_small = wanted.population_below is not None and population < wanted.population_below
    return is_small or township in wanted.codes
