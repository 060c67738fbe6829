"""A wish → the columns, rows and constraints of a location model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from circles.analysis.access import Walks
from circles.analysis.coverage import people
from circles.area.walkers import Walker
from circles.foundation import nearest_word
from circles.foundation.errors import Finding, InputError, error, warning
from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs
from circles.network import Snapped
from circles.siting import candidates as choices
from circles.siting import models
from circles.siting.candidates import Candidates
from circles.siting.study.wish import CORNERS, PLACES, Objective, Wish, group_doubts

__all__ = ["Problem", "Service", "build"]

MOST_PAIRS = 60_000_000
"""Pairs of residents and places that fit into memory with all that the models make of them."""


@dataclass(frozen=True, eq=False)
class Service:
    """One category of a new building.

    Attributes
    ----------
    category, group : what, and whose people count
    seconds : (residents, columns) CSR; columns are the existing facilities, then the candidates
    weights : (residents,) people of the group
    existing : rows of the facilities that are the first columns
    snapped : the columns' places on the network
    """

    category: str
    group: str
    seconds: sparse.csr_matrix
    weights: F64
    existing: I64
    snapped: Snapped

    @property
    def reached_today(self) -> npt.NDArray[np.bool_]:
        """Return which residents an existing facility reaches, among the entries there are."""
        return np.asarray(self.seconds[:, : len(self.existing)].getnnz(axis=1) > 0)


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a model needs. Columns: the existing facilities of the category, then the candidates.

    Attributes
    ----------
    services : the category asked for first, then the one that shares its buildings
    limit_s : seconds within which a resident is covered
    candidates : those that could be snapped
    constraints : on the columns
    fixed : columns open in any case (existing ones that may not move)
    price : (columns,) what each costs, NaN where unknown
    capacity : (columns,) or None
    near : per candidate column the others that are as good as the same place
    findings : what is doubtful
    """

    wish: Wish
    services: tuple[Service, ...]
    limit_s: float
    candidates: Candidates
    constraints: models.Constraints
    fixed: tuple[int, ...]
    price: F64
    capacity: F64 | None
    near: Mapping[int, Sequence[int]]
    findings: tuple[Finding, ...]

    @property
    def main(self) -> Service:
        """The service asked for."""
        return self.services[0]

    @property
    def n_existing(self) -> int:
        """How many of the columns exist today."""
        return len(self.main.existing)


def build(wish: Wish, inputs: Inputs, walks: Walks) -> Problem:
    """Return the problem of a wish.

    Raises
    ------
    InputError
        Unknown groups and ids, no candidates, prices or capacities that are missing, too many pairs.
    """
    found = group_doubts(wish, inputs)
    if found:
        raise InputError(found)
    chosen, notes = _candidates(wish, inputs, walks)
    walker = inputs.area.walker(wish.category)
    at = _snapped(walks, chosen, walker)
    if wish.combine_with is not None:
        at_other = _snapped(walks, chosen, inputs.area.walker(wish.combine_with))
        keep = at.is_snapped & at_other.is_snapped
    else:
        keep = at.is_snapped
    if not keep.all():
        notes.append(warning("candidate-not-joined", count=int((~keep).sum()), within=inputs.area.walk.snap_max_m))
    chosen = chosen.only(keep)
    if not len(chosen):
        raise InputError([*notes_as_errors(notes), error("site-no-candidates", kind=str(wish.candidates))])
    if wish.add is not None and wish.add > len(chosen):
        raise InputError(error("site-few-candidates", add=wish.add, count=len(chosen)))
    limit_s = inputs.area.walk.limit_min * 60.0
    services = tuple(_service(wish, inputs, walks, chosen, of=pair) for pair in wish.categories)
    price = _prices(wish, chosen, len(services[0].existing))
    constraints, fixed, wrong = _constraints(wish, inputs, walks, chosen, service=services[0], price=price)
    capacity, more = _capacity(wish, inputs, chosen, services[0].existing)
    wrong += more
    if wrong:
        raise InputError(wrong)
    near: dict[int, list[int]] = {}
    for a, b in _near(walks, services[0], wish.different_m):
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    return Problem(wish, services, limit_s, chosen, constraints, fixed, price, capacity, near, tuple(notes))


def notes_as_errors(notes: list[Finding]) -> list[Finding]:
    """Return findings with severity error."""
    return [replace(item, severity="error") for item in notes]


def _candidates(wish: Wish, inputs: Inputs, walks: Walks) -> tuple[Candidates, list[Finding]]:
    if wish.candidates == CORNERS:
        chosen = choices.corners(inputs, spacing_m=wish.spacing_m)
    elif wish.candidates == PLACES:
        chosen = choices.public_places(inputs, wish.category)
    else:
        chosen = choices.read_candidates(inputs, Path(wish.candidates))
    chosen = chosen.only(chosen.island >= 0)
    if wish.only_in_gaps:
        walker = inputs.area.walker(wish.category)
        found = walks.to_category(wish.category, walker)
        named = chosen.table["id"].isin(wish.must).to_numpy()
        chosen = chosen.only(choices.in_gaps(walks, found, chosen, limit_min=inputs.area.walk.limit_min) | named)
    return chosen, list(chosen.findings)


def _snapped(walks: Walks, chosen: Candidates, walker: Walker) -> Snapped:
    return walks.snap(chosen.xy, chosen.island, walker)


def _service(wish: Wish, inputs: Inputs, walks: Walks, chosen: Candidates, *, of: tuple[str, str]) -> Service:
    category, group = of
    walker = inputs.area.walker(category)
    shops = inputs.facilities
    existing = np.flatnonzero((shops["category"] == category) & shops["is_counted"].astype(bool))
    existing = existing[np.argsort(shops["id"].astype(str).to_numpy()[existing], kind="stable")].astype(np.int64)
    today, new = walks.snapped("facilities", walker), _snapped(walks, chosen, walker)
    both = Snapped.together(today.chosen(existing), new)
    weights = people(pd.DataFrame(inputs.residents.drop(columns="geometry")), group)
    is_far = wish.objective in (Objective.MEAN, Objective.WORST)
    pairs = int((weights > 0).sum()) * len(both.edge)
    if is_far and pairs > MOST_PAIRS:
        raise InputError(error("site-too-many-pairs", pairs=pairs, most=MOST_PAIRS, columns=len(both.edge)))
    limit_s = np.inf if is_far else inputs.area.walk.limit_min * 60.0
    rows = np.flatnonzero(weights > 0)
    seconds = choices.seconds_to(walks, both, walker, limit_s=limit_s, rows=rows)
    return Service(category, group, seconds, weights, existing, both)


def _prices(wish: Wish, chosen: Candidates, n_existing: int) -> F64:
    """Return what each column costs: its own column ``cost``, then the list, then the one number; existing ones 0."""
    price = chosen.table["cost"].to_numpy(dtype=np.float64).copy()
    if isinstance(wish.costs, int | float):
        price = np.where(np.isnan(price), float(wish.costs), price)
    elif wish.costs is not None:
        listed = choices.price_list(wish.costs) if isinstance(wish.costs, Path) else dict(wish.costs)
        ids = chosen.table["id"].tolist()
        price = np.array([listed.get(name, own) for name, own in zip(ids, price.tolist(), strict=True)])
    return np.concatenate([np.zeros(n_existing), price])


def _constraints(
    wish: Wish, inputs: Inputs, walks: Walks, chosen: Candidates, *, service: Service, price: F64
) -> tuple[models.Constraints, tuple[int, ...], list[Finding]]:
    n_existing = len(service.existing)
    known = [*inputs.facilities["id"].astype(str).to_numpy()[service.existing], *chosen.table["id"].tolist()]
    number = {name: column for column, name in reversed(list(enumerate(known)))}
    wrong = [
        error("site-unknown-candidate", value=name, option=option, near=nearest_word.near(name, known))
        for option, names in (("forbid", wish.forbid), ("must", wish.must))
        for name in names
        if name not in number or (option == "forbid" and number[name] < n_existing)
    ]
    must = [number[name] for name in wish.must if name in number]
    forbid = [number[name] for name in wish.forbid if name in number and number[name] >= n_existing]
    if wish.budget is not None:
        lacking = [known[c] for c in np.flatnonzero(np.isnan(price)) if c not in set(forbid)]
        if lacking:
            wrong.append(error("site-costs-missing", count=len(lacking), sample=", ".join(lacking[:5])))
    regions, needed = _regions(wish, inputs, chosen, service)
    existing = tuple(range(n_existing))
    constraints = models.Constraints(
        compulsory=tuple(must), forbidden=tuple(forbid), existing=existing,
        max_closed=wish.closable or None,
        opening_cost=None if wish.budget is None else np.nan_to_num(price), budget=wish.budget,
        regions=regions, at_least=dict.fromkeys(needed, 1), apart=_near(walks, service, wish.min_distance_m),
    )  # fmt: skip
    return constraints, (() if wish.closable else existing), wrong


def _regions(
    wish: Wish, inputs: Inputs, chosen: Candidates, service: Service
) -> tuple[list[frozenset[str]] | None, list[str]]:
    """Return per column its island and township as far as asked for, and those of them where people live."""
    if not (wish.per_island or wish.per_township):
        return None, []
    names = dict(zip(inputs.townships["code"], inputs.townships["name"], strict=True))
    homes = inputs.residents[service.weights > 0]
    columns = pd.concat(
        [
            inputs.facilities.iloc[service.existing][["island", "township_code"]],
            chosen.table[["island", "township_code"]],
        ]
    )
    labels: list[set[str]] = [set() for _ in range(len(columns))]
    needed: list[str] = []
    for asked, column, group_of in (
        (wish.per_island, "island", dict[str, str]()),
        (wish.per_township, "township_code", names),
    ):
        if not asked:
            continue
        lived_in = [code for code in sorted(set(homes[column])) if code not in ("", "NONE")]
        needed += [str(group_of.get(code, code)) for code in lived_in]
        for own, code in zip(labels, columns[column], strict=True):
            if code not in ("", "NONE"):
                own.add(str(group_of.get(code, code)))
    return [frozenset(own) for own in labels], list(dict.fromkeys(needed))


def _near(walks: Walks, service: Service, within_m: float | None) -> list[tuple[int, int]]:
    """Return the pairs of candidates nearer to each other than this many metres, walked."""
    if not within_m:
        return []
    flat = Walker("metres", 1.0, 1.0, uses_slope=False)
    n_existing = len(service.existing)
    places = service.snapped.chosen(np.arange(n_existing, len(service.snapped.edge))).positions(speed_m_per_s=1.0)
    metres = walks.network.graph(flat).matrix(places, places, limit_s=within_m)
    return [(a + n_existing, b + n_existing) for a, b in models.pairs_within(metres, within_m - 1e-6)]


def _capacity(wish: Wish, inputs: Inputs, chosen: Candidates, existing: I64) -> tuple[F64 | None, list[Finding]]:
    """Return the places of every column; those of existing ones must be known."""
    if wish.capacity is None:
        return None, []
    today = inputs.facilities.iloc[existing]["capacity"].to_numpy(dtype=np.float64)
    ids = inputs.facilities["id"].astype(str).to_numpy()[existing]
    lacking = ids[np.isnan(today)].tolist()
    wrong = [error("site-capacity-missing", count=len(lacking), sample=", ".join(lacking[:5]))] if lacking else []
    new = chosen.table["capacity"].to_numpy(dtype=np.float64)
    return np.concatenate([np.nan_to_num(today), np.where(np.isnan(new), wish.capacity, new)]), wrong
