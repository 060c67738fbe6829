"""Why more or fewer people are covered: the difference taken apart person by person, so that the parts add up.

For each resident point and kind of service, before and after:

- the point is new, gone, moved, in another township, or stands for another number of people → **residents**;
- it is the same, and only the limit makes the difference → **parameters**;
- it loses the service, and the facility that was its nearest is gone, closed or elsewhere → **facilities**;
- it gains the service, and the facility that is now its nearest is new, opened or was elsewhere → **facilities**;
- the facility is the same but the minutes are not → **network** if the walkers are the same, **parameters** if the
  network is, else **other**: network and walkers both differ, and two folders do not allow to separate them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.analysis.compare.parameters import differing
from circles.analysis.compare.state import State
from circles.analysis.coverage import groups, people
from circles.analysis.coverage.share import text_codes
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, NONE, TABLES
from circles.foundation.types import F64, Bools

CAUSES = ("residents", "facilities", "network", "parameters", "other")
POSITIONS = "positions"
"""A cause beside these where facilities that only stand elsewhere are distinguished; else part of ``facilities``."""


@dataclass(frozen=True)
class Sides:
    """The residents of both states side by side: one row per id.

    Attributes
    ----------
    rows : (2, n) position in each state's residents, -1 = not there
    town : (2, n) township codes, '' where not there
    is_same : (n,) there in both, at one place and in one township
    weights : per group, (2, n) people, 0 where not there
    """

    rows: npt.NDArray[np.int64]
    town: npt.NDArray[np.object_]
    is_same: Bools
    weights: dict[str, F64]


def sides(before: State, after: State) -> Sides:
    """Match the residents of two states by id."""
    states = (before, after)
    ids = pd.Index(before.residents["id"].astype(str)).union(pd.Index(after.residents["id"].astype(str)), sort=False)
    rows = np.stack([pd.Index(s.residents["id"].astype(str)).get_indexer(ids) for s in states])
    has = rows >= 0
    town = np.full(rows.shape, "", dtype=object)
    xy = np.full((2, len(ids), 2), np.nan)
    for side, state in enumerate(states):
        mine = rows[side][has[side]]
        town[side, has[side]] = text_codes(state.residents["township_code"])[mine]
        xy[side, has[side]] = state.residents[["x", "y"]].to_numpy()[mine]
    is_same = has.all(axis=0) & (town[0] == town[1]) & (xy[0] == xy[1]).all(axis=1)
    common = [name for name in _groups(before) if name in _groups(after)]
    weights = {}
    for group in common:
        found = np.zeros(rows.shape)
        for side, state in enumerate(states):
            found[side, has[side]] = people(state.residents, group)[rows[side][has[side]]]
        weights[group] = found
    return Sides(rows, town, is_same, weights)


def _groups(state: State) -> list[str]:
    return [name for name in groups(state.residents) if name not in ("x", "y")]


@dataclass(frozen=True)
class Taken:
    """People of one kind of service and group, per township: before, after, and what made the difference.

    Each attribute maps a township's code (``ALL`` included) to people.
    """

    population: tuple[dict[str, float], dict[str, float]]
    covered: tuple[dict[str, float], dict[str, float]]
    gained: dict[str, float]
    lost: dict[str, float]
    causes: dict[str, dict[str, float]]


class Attribution:
    """Takes differences of two states apart; walks through the residents once per kind of service."""

    def __init__(self, before: State, after: State, *, positions_apart: bool = False) -> None:
        """Match two states; ``positions_apart``: what facilities do that merely stand elsewhere is a cause of its own."""
        self.before, self.after = before, after
        self.sides = sides(before, after)
        changed = _changed_facilities(before, after)
        self._changed = {name for name, only_moved in changed.items() if not (only_moved and positions_apart)}
        self._moved = set(changed) - self._changed
        self._walked: dict[str, tuple[F64, npt.NDArray[np.object_]]] = {}
        self._taken: dict[tuple[str, str, tuple[float, float]], Taken] = {}
        self._why = _why_minutes_change(before, after)

    def taken(self, category: str, group: str, limits_min: tuple[float, float]) -> Taken:
        """Return how many people of a group are within the limits before and after, and why that differs."""
        key = category, group, limits_min
        if key not in self._taken:
            self._taken[key] = self._take(category, group, limits_min)
        return self._taken[key]

    def _take(self, category: str, group: str, limits_min: tuple[float, float]) -> Taken:
        minutes, nearest = self._access(category)
        reach = np.stack([reached(minutes[0], limits_min[0]), reached(minutes[1], limits_min[1])])
        midway = reached(minutes[0], limits_min[1])
        same, weights, town = self.sides.is_same, self.sides.weights[group], self.sides.town
        parts = {cause: np.zeros((2, len(same))) for cause in (*CAUSES, POSITIONS)}
        parts["residents"][1] = np.where(same, (weights[1] - weights[0]) * reach[0], weights[1] * reach[1])
        parts["residents"][0] = np.where(same, 0.0, -weights[0] * reach[0])
        parts["parameters"][1] = np.where(same, weights[1] * (midway * 1.0 - reach[0]), 0.0)
        turned = np.where(same, reach[1] * 1.0 - midway, 0.0)
        decisive = np.where(turned < 0, nearest[0], nearest[1])
        by_facility, by_move = (pd.Series(decisive).isin(ids).to_numpy() for ids in (self._changed, self._moved))
        parts["facilities"][1] += np.where(by_facility, weights[1] * turned, 0.0)
        parts[POSITIONS][1] += np.where(by_move, weights[1] * turned, 0.0)
        parts[self._why][1] += np.where(by_facility | by_move, 0.0, weights[1] * turned)
        swing = np.where(same, weights[1] * (reach[1] * 1.0 - reach[0]), 0.0)
        return Taken(
            (_sums(weights[0], town[0]), _sums(weights[1], town[1])),
            (_sums(weights[0] * reach[0], town[0]), _sums(weights[1] * reach[1], town[1])),
            _sums(np.maximum(swing, 0.0), town[1]), _sums(np.maximum(-swing, 0.0), town[1]),
            {cause: _sums(part.ravel(), town.ravel()) for cause, part in parts.items()},
        )  # fmt: skip

    def _access(self, category: str) -> tuple[F64, npt.NDArray[np.object_]]:
        """Return (2, n) minutes and nearest facility of every resident, NaN and '' where there are none."""
        if category not in self._walked:
            minutes = np.full(self.sides.rows.shape, np.nan)
            nearest = np.full(self.sides.rows.shape, "", dtype=object)
            for side, state in enumerate((self.before, self.after)):
                own = state.access[state.access["category"] == category].set_index("resident_id")
                own = own.reindex(state.residents["id"])
                has = self.sides.rows[side] >= 0
                row = self.sides.rows[side][has]
                minutes[side, has] = own["minutes"].to_numpy(dtype=np.float64, na_value=np.nan)[row]
                nearest[side, has] = own["facility_id"].fillna("").to_numpy(dtype=object)[row]
            self._walked[category] = minutes, nearest
        return self._walked[category]


def _sums(values: F64, town: npt.NDArray[np.object_]) -> dict[str, float]:
    """Return the exact sum per township, and of all."""
    rows = np.flatnonzero(values)
    own = values[rows]
    found = {ALL: math.fsum(own.tolist())}
    numbers, codes = pd.factorize(town[rows], sort=True)
    for number, code in enumerate(codes):
        found[str(code)] = math.fsum(own[numbers == number].tolist())
    return found


def _changed_facilities(before: State, after: State) -> dict[str, bool]:
    """Return the facilities that came, went, moved, changed their kind, or count now and did not or the reverse.

    The value says whether it is only the place that differs.
    """
    known = []
    for state in (before, after):
        frame = state.facilities[["id", "category", "is_counted", "x", "y"]]
        frame = frame.assign(id=frame["id"].astype(str), is_counted=frame["is_counted"].astype(bool))
        known.append({row[0]: row[1:] for row in frame.itertuples(index=False, name=None)})
    out = {}
    for id_ in sorted(known[0].keys() | known[1].keys()):
        one, two = known[0].get(id_), known[1].get(id_)
        if one != two:
            out[id_] = one is not None and two is not None and one[:2] == two[:2]
    return out


def _why_minutes_change(before: State, after: State) -> str:
    """Return what it must be where a resident's nearest facility is the same and the minutes are not."""
    walkers_differ = any(name != "walk.limit_min" for name, _, _ in differing(before, after))
    networks = [state.run.get("network_sha256") for state in (before, after)]
    network_same = networks[0] is not None and networks[0] == networks[1]
    if network_same:
        return "parameters" if walkers_differ else "other"
    return "other" if walkers_differ else "network"


def compare_table(found: Attribution, worst: tuple[Mapping[tuple[str, str], str], ...]) -> pd.DataFrame:
    """Return the table ``compare``.

    Parameters
    ----------
    worst : before and after, (township, category) → the worst verdict of the category's own rules
    """
    before, after = found.before, found.after
    rows = []
    for category in (c for c in after.categories if c in before.categories):
        for group in found.sides.weights:
            taken = found.taken(category, group, (before.limit_min, after.limit_min))
            for code, name in townships(before, after):
                people_, covered = (
                    [side.get(code, 0.0) for side in pair] for pair in (taken.population, taken.covered)
                )
                share = [c / p if p > 0 else math.nan for c, p in zip(covered, people_, strict=True)]
                rows.append(
                    (code, name, category, group, *people_, *covered, *share, covered[1] - covered[0],
                     *(taken.causes[cause].get(code, 0.0) for cause in CAUSES), taken.gained.get(code, 0.0),
                     taken.lost.get(code, 0.0), *(side.get((code, category), "") for side in worst))
                )  # fmt: skip
    columns = TABLES["compare"].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    order = {code: number for number, (code, _) in enumerate(townships(before, after))}
    frame = frame.sort_values("township_code", key=lambda c: c.map(order), kind="stable", ignore_index=True)
    return frame.astype({column.name: column.dtype for column in columns})


def townships(before: State, after: State) -> list[tuple[str, str]]:
    """Return code and name of every township of either state: those of the later first, NONE and ALL last."""
    found: dict[str, str] = {}
    for state in (after, before):
        for code, name in zip(state.coverage["township_code"], state.coverage["township"], strict=True):
            found.setdefault(str(code), str(name))
    return sorted(found.items(), key=lambda item: (item[0] == ALL, item[0] == NONE))
