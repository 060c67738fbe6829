"""The verdicts of one state of an area: what has been walked → the table ``check``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis import isochrone_tables
from circles.analysis.access import CategoryReach, Walks
from circles.analysis.by_time.walks import TimedWalks
from circles.analysis.verdicts.clauses import Clauses
from circles.analysis.verdicts.facts import AccessLookup, Facts, classes_of
from circles.analysis.verdicts.judge import check
from circles.area import Instant
from circles.foundation.errors import InputError
from circles.foundation.limits import reached
from circles.inputs.hours import Hours
from circles.inputs.hours.places import hours_of
from circles.inputs.loading import Inputs


def judged(inputs: Inputs, walks: Walks) -> pd.DataFrame:
    """Return the table ``check`` of an area as it stands."""
    return Verdicts(inputs, walks).judged()


@dataclass
class Verdicts:
    """The verdicts of one state of an area, at any speed; keeps what it has walked."""

    inputs: Inputs
    walks: Walks
    _found: dict[tuple[str, str], CategoryReach] = field(default_factory=dict)
    _asked: dict[float, Clauses] = field(default_factory=dict)
    _metres: dict[tuple[tuple[str, ...], float, str | None], dict[str, tuple[float, float]]] = field(
        default_factory=dict
    )

    def judged(self, *, speed_factor: float = 1.0) -> pd.DataFrame:
        """Return the table ``check`` with every walking speed, steps included, times ``speed_factor``."""
        facts = self.facts(speed_factor=speed_factor)
        return check(
            facts.area, facts.residents, facts.access_lookup, facts.facilities, self.inputs.townships, facts.villages,
            facts.street_share, timed=facts.timed, clauses=facts.clauses,
        )  # fmt: skip

    def facts(self, *, speed_factor: float = 1.0) -> Facts:
        """Return what rules look at."""
        horizon_min = self.walks.area.horizon_min

        def minutes(category: str, profile: str) -> pd.Series:
            walked = self.found(category, profile).seconds / (60.0 * speed_factor)
            within = np.where(reached(walked, horizon_min), walked, np.nan)
            return pd.Series(within, index=self.inputs.residents["id"])

        def street_share(
            township: str, categories: tuple[str, ...], limit_min: float, profile: str | None
        ) -> tuple[float, float]:
            return self._street_share(categories, limit_min * speed_factor, profile).get(township, (0.0, 0.0))

        def timed(when: str, unknown_is_open: bool) -> AccessLookup:  # noqa: FBT001 - the signature of a TimedLookup
            moment = self.walks.area.moment(when)
            if not isinstance(moment, Instant):
                raise InputError(moment)
            own = TimedWalks(self.walks, self.hours, speed_factor)
            doors = own.doors(moment.at, moment.at)

            def lookup(category: str, profile: str) -> pd.Series:
                walker = self.walks.area.walkers[profile]
                found = own.minutes(category, walker, moment.at, doors, unknown_is_open=unknown_is_open)
                return pd.Series(found, index=self.inputs.residents["id"])

            return lookup

        return Facts(
            self.walks.area, pd.DataFrame(self.inputs.residents.drop(columns="geometry")), minutes,
            pd.DataFrame(self.inputs.facilities.drop(columns="geometry")), self.inputs.villages, street_share, timed,
            clauses=self._clauses(speed_factor), classes=classes_of(self.inputs.townships),
        )  # fmt: skip

    def _clauses(self, speed_factor: float) -> Clauses:
        if speed_factor not in self._asked:
            self._asked[speed_factor] = Clauses(self.inputs, self.walks, speed_factor)
        return self._asked[speed_factor]

    @cached_property
    def hours(self) -> tuple[Hours | None, ...]:
        """Return the opening hours of each facility."""
        return hours_of(self.walks.area, self.inputs.facilities)

    def found(self, category: str, profile: str) -> CategoryReach:
        """Return the walk to a category, walked once."""
        if (category, profile) not in self._found:
            self._found[category, profile] = self.walks.to_category(category, self.walks.area.walkers[profile])
        return self._found[category, profile]

    @cached_property
    def towns(self) -> list[tuple[str, npt.NDArray[np.intp]]]:
        """Return every township and its edges."""
        codes, number = np.unique(
            isochrone_tables.township_of_edges(self.walks.network, self.inputs.all_townships).astype(str),
            return_inverse=True,
        )
        order = np.argsort(number, kind="stable")
        parts = np.split(order, np.searchsorted(number[order], np.arange(1, len(codes))))
        return list(zip(codes.tolist(), parts, strict=True))

    def under(self, walks: Walks) -> Verdicts:
        """Return the same area walked under other assumptions."""
        other = Verdicts(self.inputs, walks)
        if "towns" in self.__dict__:
            other.__dict__["towns"] = self.towns
        return other

    def _street_share(
        self, categories: tuple[str, ...], limit_min: float, profile: str | None
    ) -> dict[str, tuple[float, float]]:
        key = (categories, limit_min, profile)
        if key not in self._metres:
            area, length = self.walks.area, self.walks.network.edges["length_m"].to_numpy()
            chosen = [self.found(c, profile or area.category(c).profile) for c in categories]
            near = length - isochrone_tables.metres_beyond(chosen, limit_min=limit_min)
            self._metres[key] = {
                code: (math.fsum(near[mine].tolist()), math.fsum(length[mine].tolist())) for code, mine in self.towns
            }
        return self._metres[key]
