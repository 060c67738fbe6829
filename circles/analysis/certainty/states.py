"""One drawn state of an area → its verdicts, walking anew only what the draw changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from circles.analysis import isochrone_tables
from circles.analysis.access import CategoryReach, Walks, reach
from circles.analysis.by_time.walks import TimedWalks
from circles.analysis.certainty.design import Draw
from circles.analysis.certainty.doubts import Doubts
from circles.analysis.certainty.redistributing import redistributed
from circles.analysis.certainty.spread import quantile
from circles.analysis.verdicts.clauses import Clauses, Origin
from circles.analysis.verdicts.facts import AccessLookup, Facts
from circles.analysis.verdicts.judge import judged_value
from circles.analysis.verdicts.measures import MEASURES, Asks, Measured, Needs
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import Instant, Rule
from circles.area.sure import Source
from circles.foundation.errors import InputError
from circles.foundation.limits import reached
from circles.foundation.schema.tables import Verdict
from circles.foundation.types import F64, I64, Bools
from circles.inputs.hours import Hours
from circles.inputs.hours.reading import read_hours
from circles.inputs.loading import Inputs
from circles.network import AccessLeg, Snapped, StreetNetwork, altered
from circles.network.resnapping import Resnapper

_T = TypeVar("_T")
_WALKED = (Source.PATHS, Source.HEIGHTS, Source.SNAP, Source.POSITIONS)
Asked = tuple[str, Rule]


@dataclass(frozen=True)
class Outcome:
    """What one run gives: per verdict numerator, denominator, value and 1 met, 0 not met, −1 no data; and who is reached.

    ``within`` is (categories, residents) at the area's limit.
    """

    numerator: F64
    denominator: F64
    value: F64
    met: I64
    within: Bools


@dataclass(frozen=True, eq=False)
class _Full:
    """A network with every line there may be, its places, and the waves of the heights' error at its nodes."""

    network: StreetNetwork
    homes: Resnapper
    shops: Resnapper
    doors: Resnapper
    waves: tuple[F64, F64]

    @classmethod
    def of(cls, walks: Walks, network: StreetNetwork, doubts: Doubts) -> _Full:
        most, fragment = max(doubts.snap_m[1], walks.area.walk.snap_max_m), walks.area.walk.fragment_max_m
        entered = walks.facility_at.doors
        none = np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
        homes, shops, doors = (
            Resnapper(network.lines, xy, island, most, fragment)
            for xy, island in (
                (walks.resident_at.xy, walks.resident_at.island), (walks.facility_at.xy, walks.facility_at.island),
                none if entered is None else (entered.xy, entered.island),
            )
        )  # fmt: skip
        wave = np.zeros((2, 0)) if doubts.heights is None else doubts.heights.wave
        at = network.node_xy @ wave
        return cls(network, homes, shops, doors, (np.cos(at), np.sin(at)))


@dataclass(frozen=True, eq=False)
class _There:
    """The lines of a network that exist in a draw."""

    full: _Full
    keep: Bools
    network: StreetNetwork

    @cached_property
    def component_m(self) -> F64:
        """Return the metres of the connected component of each line of the full network, 0 where it is missing."""
        out = np.zeros(len(self.keep))
        out[self.keep] = self.network.connected[1]
        return out


class States:
    """The drawn states of an area; what a block of draws has in common is made once."""

    def __init__(self, inputs: Inputs, walks: Walks, doubts: Doubts, asked: Sequence[Asked]) -> None:
        self.inputs, self.walks, self.doubts, self.asked = inputs, walks, doubts, tuple(asked)
        self._base = Verdicts(inputs, walks)
        self._facts = self._base.facts()
        self._kept: dict[Hashable, Any] = {}
        self._block = -1

    def outcome(self, draw: Draw) -> Outcome:
        """Return the verdicts of a drawn state."""
        if draw.block != self._block:
            self._kept.clear()
            self._block = draw.block
        facts = self._drawn_facts(draw)
        measured = [
            known or judged_value(rule, code, facts)
            for (code, rule), known in zip(self.asked, self._static, strict=True)
        ]
        met = [{Verdict.MET: 1, Verdict.NOT_MET: 0}.get(verdict, -1) for _, verdict in measured]
        numbers = np.array([(m.numerator, m.denominator, m.value) for m, _ in measured]).reshape(-1, 3)
        limit = self.walks.area.walk.limit_min
        area = self.walks.area
        within = [reached(facts.minutes_of(c.id, c.profile), limit) for c in area.categories]
        return Outcome(numbers[:, 0], numbers[:, 1], numbers[:, 2], np.array(met, dtype=np.int64), np.array(within))

    def _once(self, what: str, key: Hashable, make: Callable[[], _T]) -> _T:
        found = self._kept.get((what, key))
        if found is None:
            found = self._kept[what, key] = make()
        return found

    def paces(self, draw: Draw) -> dict[str, float]:
        """Return the factor on each walker's speeds: one number for all, so that all are fast or slow together."""
        sure = self.doubts.sure
        if Source.SPEED not in draw.u:
            return {}
        u = float(draw.u[Source.SPEED][0])
        return {name: float(quantile(sure.speeds.get(name, sure.speed), u)) for name in self.walks.area.walkers}

    def people(self, draw: Draw) -> dict[str, F64]:
        """Return the people of each group per resident point; each township's sums are as they are stated."""
        villages = self.doubts.villages
        if villages is None or Source.PEOPLE not in draw.u:
            return dict(self._as_stated)
        sure, u = self.doubts.sure, draw.u[Source.PEOPLE]
        factor = np.array(
            [float(quantile(sure.people_of.get(c, sure.people), x)) for c, x in zip(villages.codes, u, strict=True)]
        )
        return redistributed(villages, factor)

    @cached_property
    def _as_stated(self) -> dict[str, F64]:
        from circles.analysis.coverage.share import groups  # noqa: PLC0415

        return {group: self._facts.people(group) for group in groups(self._facts.residents)}

    def snap_max_m(self, draw: Draw) -> float:
        """Return the longest leg."""
        area, sure = self.walks.area, self.doubts.sure
        if Source.SNAP not in draw.u:
            return area.walk.snap_max_m
        u = float(draw.u[Source.SNAP][0])
        low, high = self.doubts.snap_m
        return low + (high - low) * u if sure.snap_m is None else float(quantile(sure.snap_m, u))

    def network(self, draw: Draw) -> StreetNetwork:
        """Return the streets that exist in a draw, with its slopes."""
        return self._once("network", draw.key(Source.PATHS, Source.HEIGHTS), lambda: self._sloped(draw))

    def _lines(self, draw: Draw) -> _There:
        """Return which streets exist, with the slopes as stated."""
        return self._once("lines", draw.key(Source.PATHS), lambda: self._existing(draw))

    def _existing(self, draw: Draw) -> _There:
        lines, full = self.doubts.lines, self._full
        if lines is None or Source.PATHS not in draw.u:
            return _There(full, np.ones(len(full.network.edges), dtype=bool), full.network)
        u = draw.u[Source.PATHS]
        of_edge = lines.of_edge
        if self._joined is not None and u[-1] < self.doubts.sure.paths.near_misses_joined:
            full, of_edge = self._joined, lines.of_joined
        absent = np.append(u[: len(lines.present)] >= lines.present, False)
        keep = ~absent[of_edge]
        if not keep.any():  # nobody walks anywhere: one street stays, so that there is a network at all
            keep[0] = True
        network = altered.with_graphs(altered.only(full.network, keep), full.network, self._walkers)
        return _There(full, keep, network)

    @cached_property
    def _full(self) -> _Full:
        return _Full.of(self.walks, self.walks.network, self.doubts)

    @cached_property
    def _joined(self) -> _Full | None:
        lines = self.doubts.lines
        joined = None if lines is None else lines.joined
        return None if joined is None else _Full.of(self.walks, joined, self.doubts)

    def _sloped(self, draw: Draw) -> StreetNetwork:
        there = self._lines(draw)
        if self.doubts.heights is None or Source.HEIGHTS not in draw.u:
            return there.network
        phase = 2.0 * np.pi * draw.u[Source.HEIGHTS]
        cos, sin = there.full.waves
        raised_m = self.doubts.heights.scale_m * (cos @ np.cos(phase) - sin @ np.sin(phase))
        network = altered.sloped(there.network, raised_m)
        steep = [walker for walker in self._walkers if walker.uses_slope]
        altered.with_graphs(network, there.network, steep)
        for walker in self._walkers:
            network._graphs.setdefault(walker, there.network.graph(walker))  # noqa: SLF001 - who ignores slopes walks as before
        return network

    @cached_property
    def _walkers(self) -> list[Any]:
        """Return the walkers whose minutes a verdict or the map looks at."""
        area = self.walks.area
        names = {category.profile for category in area.categories}
        names |= {rule.profile for _, rule in self.asked if rule.profile}
        return [area.walkers[name] for name in sorted(names)]

    def walked(self, draw: Draw) -> Walks:
        """Return the walks of a draw; the same ones for draws that differ in nothing that is walked."""
        return self._once("walks", draw.key(*_WALKED), lambda: self._walks(draw))

    def _walks(self, draw: Draw) -> Walks:
        base, snap_m = self.walks, self.snap_max_m(draw)
        area = replace(base.area, walk=base.area.walk.model_copy(update={"snap_max_m": snap_m}))
        moved = self._facility_xy(draw)
        walks = Walks(
            area, self.network(draw), base.facilities, base.residents, replace(base.facility_at, xy=moved),
            base.resident_at,
        )  # fmt: skip
        for kind in sorted({walker.steps_m_per_s > 0 for walker in self._walkers}):
            homes = self._once("homes", (draw.key(Source.PATHS, Source.SNAP), kind), partial(self._homes, draw, kind))
            key = draw.key(Source.PATHS, Source.SNAP, Source.POSITIONS), kind
            shops = self._once("shops", key, partial(self._shops, draw, moved, kind))
            walks._snapped["residents", kind] = homes  # noqa: SLF001 - what `snapped` would find, found faster
            walks._snapped["facilities", kind] = shops  # noqa: SLF001 - as above
        return walks

    def _homes(self, draw: Draw, has_steps: bool) -> Snapped:  # noqa: FBT001 - which of two kinds of walkers
        there = self._lines(draw)
        return there.full.homes.snapped(
            there.keep, there.component_m, has_steps=has_steps, snap_max_m=self.snap_max_m(draw)
        )

    def _facility_xy(self, draw: Draw) -> F64:
        xy = self.walks.facility_at.xy
        if Source.POSITIONS not in draw.u:
            return xy
        xy = xy.copy()
        for place, u in zip(self.doubts.places, draw.u[Source.POSITIONS].tolist(), strict=True):
            xy[place.rows] = place.at(u)
        return xy

    def _shops(self, draw: Draw, moved: F64, has_steps: bool) -> Snapped:  # noqa: FBT001 - as above
        """Return the facilities snapped: one that moves along the streets keeps its leg, longer than allowed or not."""
        there, snap_m = self._lines(draw), self.snap_max_m(draw)
        found = there.full.shops.snapped(there.keep, there.component_m, has_steps=has_steps, snap_max_m=snap_m)
        doors = self.walks.facility_at.doors
        if doors is not None and len(doors):
            at_doors = there.full.doors.snapped(there.keep, there.component_m, has_steps=has_steps, snap_max_m=snap_m)
            found = found.entered(at_doors, doors.facility)
        if Source.POSITIONS not in draw.u:
            return found
        rows = np.concatenate([place.rows for place in self.doubts.places])
        own_m = np.nan_to_num(there.full.shops.leg_m(has_steps=has_steps)[rows])
        at = Resnapper(
            there.full.network.lines, moved[rows], self.walks.facility_at.island[rows], snap_m,
            self.walks.area.walk.fragment_max_m, is_used_once=True,
        )  # fmt: skip
        again = at.snapped(there.keep, there.component_m, has_steps=has_steps, snap_max_m=snap_m)
        far = own_m > snap_m
        for legs, fresh in ((found, again), (found.second, again.second)):
            for name in AccessLeg.__dataclass_fields__:
                getattr(legs, name)[rows] = getattr(fresh, name)
            legs.leg_m[rows] += own_m
            legs.edge[rows[far]] = -1
            legs.leg_m[rows[far]] = np.nan
        found.on_fragment[rows] = again.on_fragment
        return found

    def _drawn_facts(self, draw: Draw) -> Facts:
        walks, paces, weights = self.walked(draw), self.paces(draw), self.people(draw)
        pace = tuple(sorted(paces.items()))
        facts = self._facts
        residents = facts.residents
        if Source.PEOPLE in draw.u:
            residents = residents.assign(**weights)
        horizon_min, index = walks.area.horizon_min, self._index

        def minutes(category: str, profile: str) -> pd.Series:
            walked = self._reach(walks, category, profile).seconds / (60.0 * paces.get(profile, 1.0))
            return pd.Series(np.where(reached(walked, horizon_min), walked, np.nan), index=index)

        def street_share(
            township: str, categories: tuple[str, ...], limit_min: float, profile: str | None
        ) -> tuple[float, float]:
            key = draw.key(*_WALKED), pace, categories, limit_min, profile
            table = self._once("streets", key, lambda: self._metres(draw, categories, limit_min, profile, paces))
            return table.get(township, (0.0, 0.0))

        key = draw.key(*_WALKED), pace
        clauses = (
            self._once("clauses", key, lambda: Clauses(self.inputs, walks, 1.0, paces)) if self._has_clauses else None
        )
        return replace(
            facts, area=walks.area, residents=residents, access_lookup=minutes, street_share=street_share,
            timed=lambda when, _: self._timed(draw, walks, paces, when), clauses=clauses, _people=dict(weights),
            _minutes={}, _rule_minutes={}, _within={}, _at={}, _weights={},
        )  # fmt: skip

    @staticmethod
    def _reach(walks: Walks, category: str, profile: str) -> CategoryReach:
        walker = walks.area.walkers[profile]
        key = category, walker
        if key not in walks._reaches:  # noqa: SLF001 - as `to_category`, without the reasons, which no verdict asks
            walks._reaches[key] = reach(walks, category, walker, has_reasons=False)  # noqa: SLF001 - as above
        return walks._reaches[key]  # noqa: SLF001 - as above

    @cached_property
    def _static(self) -> list[tuple[Measured, Verdict] | None]:
        """Return the verdicts that no draw changes: of facilities counted where they are, and of people's sums."""
        moving = {Needs.MINUTES, Needs.NETWORK}
        return [
            None if moving & set(MEASURES[rule.measure].depends_on) else judged_value(rule, code, self._facts)
            for code, rule in self.asked
        ]

    @cached_property
    def _has_clauses(self) -> bool:
        """Return whether any rule is answered by clauses rather than by minutes alone."""
        base = Clauses(self.inputs, self.walks)
        return any(
            not rule.is_plain or MEASURES[rule.measure].asks is Asks.LAND or base.missing(rule, Origin.RESIDENTS) != ""
            for _, rule in {id(rule): (code, rule) for code, rule in self.asked}.values()
        )

    @cached_property
    def _index(self) -> pd.Index:
        ids: pd.Index = pd.Index(self._facts.residents["id"])
        return ids

    def _metres(
        self, draw: Draw, categories: tuple[str, ...], limit_min: float, profile: str | None, paces: dict[str, float]
    ) -> dict[str, tuple[float, float]]:
        """Return the metres of street within the limit, and all metres, of each township."""
        walks, area = self.walked(draw), self.walks.area
        chosen: list[CategoryReach] = [self._reach(walks, c, profile or area.category(c).profile) for c in categories]
        limits = [limit_min * paces.get(found.walker.id, 1.0) for found in chosen]
        length = walks.network.edges["length_m"].to_numpy()
        near = length - isochrone_tables.metres_beyond(chosen, limit_min=limits)
        towns = self._once("towns", draw.key(Source.PATHS), lambda: self._towns(draw))
        return {code: (math.fsum(near[mine].tolist()), math.fsum(length[mine].tolist())) for code, mine in towns}

    def _towns(self, draw: Draw) -> list[tuple[str, I64]]:
        network = self._lines(draw).network
        codes, number = np.unique(
            isochrone_tables.township_of_edges(network, self.inputs.all_townships).astype(str), return_inverse=True
        )
        return [(str(code), np.flatnonzero(number == at)) for at, code in enumerate(codes)]

    def _timed(self, draw: Draw, walks: Walks, paces: dict[str, float], when: str) -> AccessLookup:
        """Return minutes at a moment; in a draw every hour is known: open all day, or shut."""
        moment = walks.area.moment(when)
        if not isinstance(moment, Instant):
            raise InputError(moment)
        timed = TimedWalks(walks, self._hours(draw), 1.0, paces)
        doors = timed.doors(moment.at, moment.at)

        def lookup(category: str, profile: str) -> pd.Series:
            found = timed.minutes(category, walks.area.walkers[profile], moment.at, doors, unknown_is_open=False)
            return pd.Series(found, index=self._index)

        return lookup

    def _hours(self, draw: Draw) -> tuple[Hours | None, ...]:
        hours = list(self._base.hours)
        if Source.HOURS in draw.u:
            is_open = draw.u[Source.HOURS] < self.doubts.sure.hours.unknown_open
            for row in self.doubts.hours[is_open].tolist():
                hours[row] = read_hours("24/7")
        return tuple(hours)
