"""What ``--full`` adds: how sure each verdict is, and the least that would turn it.

What does not change is used again: a change of speed scales every second, so nothing is walked anew.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from circles.analysis.access import Walks, walks_of
from circles.analysis.robustness import missing_links
from circles.analysis.robustness.least_change import Candidates, Link, Streets
from circles.analysis.robustness.least_change import least_change as least_change_table
from circles.analysis.robustness.stability import assumptions
from circles.analysis.robustness.stability import stability as stability_table
from circles.analysis.robustness.street_sites import StreetSites
from circles.analysis.verdicts.facts import Facts
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import Rule
from circles.area.walkers import Walker
from circles.foundation.schema.tables import Position
from circles.foundation.types import F64
from circles.inputs.loading import Inputs
from circles.inputs.locating import project
from circles.network.legs import Snapped

JITTER_SEEDS = (1, 2, 3)
_DRAWS = 32


def stability(
    inputs: Inputs, walks: Walks, base: pd.DataFrame, *, jitter_seeds: Sequence[int] = JITTER_SEEDS
) -> pd.DataFrame:
    """Return the table ``stability`` of an analysis: the verdicts under the variants of `assumptions`.

    Parameters
    ----------
    inputs : the area's checked tables
    walks : residents and facilities, snapped to the network
    base : table ``check`` of the analysis
    jitter_seeds : one variant each, where some counted facility is known only to a stated accuracy
    """
    area = walks.area
    doubtful = _doubtful(inputs)
    has_slope = bool(np.nan_to_num(walks.network.edges["slope"].to_numpy(dtype=np.float64)).any())
    variants = assumptions(area, has_slope=has_slope, jitter_seeds=jitter_seeds if doubtful.any() else ())
    as_it_is = Verdicts(inputs, walks)

    def rerun(
        speed_factor: float,
        snap_max_m: float | None,
        uses_slope: bool | None,  # noqa: FBT001 - one of four values of a variant
        jitter_seed: int | None,
    ) -> pd.DataFrame:
        state = as_it_is
        if snap_max_m is not None or uses_slope is not None or jitter_seed is not None:
            state = as_it_is.under(_changed(inputs, walks, snap_max_m, uses_slope, jitter_seed))
        return state.judged(speed_factor=speed_factor)

    return stability_table(base, rerun, variants)


def least_change(inputs: Inputs, walks: Walks, base: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``least_change``: new facilities at village centres or where any stands already, links, places.

    Each link that could help is built as a scenario would build it, and everybody walks again.
    """
    state = Verdicts(inputs, walks)
    facts = state.facts()
    links = {link.id: _built(inputs, link) for link in _links(inputs, walks, base, state, facts)}
    return least_change_table(base, facts, candidates(inputs, walks, state, facts), links=links)


def _links(
    inputs: Inputs, walks: Walks, base: pd.DataFrame, state: Verdicts, facts: Facts
) -> list[missing_links.MissingLink]:
    rules = {rule.id: rule for rule in walks.area.rules}
    failed = base[(base["verdict"] == "not_met") & base["rule_id"].isin(list(rules))]
    asked = [
        (str(code), facts.of_township(rules[rule], str(code)), float(missing))
        for code, rule, missing in failed[["township_code", "rule_id", "shortfall"]].itertuples(index=False, name=None)
    ]
    asked = [item for item in asked if item[1].is_plain]
    reaches = {
        (category, facts.profile(rule, category)): state.found(category, facts.profile(rule, category))
        for _, rule, _ in asked
        for category in rule.category_ids
    }
    named = inputs.villages
    villages = dict(zip(named["code"], named["name"], strict=True)) if "code" in named.columns else {}
    return missing_links.promising(walks, facts, asked, reaches, villages=villages)


def _built(inputs: Inputs, link: missing_links.MissingLink) -> Link:
    """Return a link with the minutes of the area that has it."""
    from circles.analysis import scenario  # noqa: PLC0415 - only least changes are built

    content = {"scenario": {"id": link.id, "name": link.name}, "links": [{"id": link.id, "coordinates": link.lon_lat}]}
    changed = scenario.apply(inputs, scenario.read_scenario(content, inputs.area))
    facts = Verdicts(changed, walks_of(changed)).facts()
    ends = " ".join(f"{lon},{lat}" for lon, lat in link.lon_lat)
    return Link(link.name, facts.access_lookup, ends)


def candidates(inputs: Inputs, walks: Walks, state: Verdicts, facts: Facts) -> Candidates:
    """Return the candidate sites of `least_change`: locations of villages and facilities, and whom each would serve.

    Parameters
    ----------
    inputs : the area's checked tables
    walks : residents and facilities, snapped to the network
    state : verdicts, and the travel times they rest on
    facts : limits and profiles of each rule
    """
    columns = ["id", "name", "township_code", "island", "geometry"]
    parts = [inputs.facilities[columns]]
    if len(inputs.villages):
        parts.insert(0, inputs.villages.rename(columns={"code": "id"})[columns])
    sites = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
    xy = np.concatenate([project(part, walks.area.crs) for part in parts])
    first = (
        ~pd.DataFrame(xy).duplicated().to_numpy() & ~sites["id"].duplicated().to_numpy() & np.isfinite(xy).all(axis=1)
    )
    sites, xy = sites[first].reset_index(drop=True), xy[first]
    island = walks.network.islands.of_points(xy, within_m=walks.area.walk.snap_max_m)[0]
    snapped: dict[str, Snapped] = {}

    def reach(profile: str, limit_min: float) -> sparse.csr_matrix:
        walker = walks.area.walkers[profile]
        if profile not in snapped:
            snapped[profile] = walks.snap(xy, island, walker)
        return _served(walks, walker, snapped[profile], limit_s=limit_min * 60.0)

    of_streets = StreetSites(walks, snapped)
    edges_of = dict(state.towns)

    def streets(rule: Rule, township: str) -> Streets:
        profiles = [(category, facts.profile(rule, category)) for category in rule.category_ids]
        for _, profile in profiles:
            reach(profile, facts.limit_min(rule))  # snaps the sites for this walker
        own = [state.found(category, profile) for category, profile in profiles]
        return of_streets.of_township(rule, facts, edges_of.get(township, np.zeros(0, dtype=np.intp)), own)

    return Candidates(sites.drop(columns="geometry"), reach, streets)


def _served(walks: Walks, walker: Walker, sites: Snapped, *, limit_s: float) -> sparse.csr_matrix:
    """Return which resident (row) reaches which site (column) within the limit."""
    homes, direction = walks.snapped("residents", walker), walks.area.walk.direction
    seconds = walks.network.od_seconds(homes, sites, walker, direction=direction, limit_s=limit_s)
    seconds.data = np.ones(seconds.nnz, dtype=bool)
    return seconds


def _changed(
    inputs: Inputs,
    walks: Walks,
    snap_max_m: float | None,
    uses_slope: bool | None,  # noqa: FBT001 - one of three values of a variant
    jitter_seed: int | None,
) -> Walks:
    """Return the walks under other assumptions; None = as it is."""
    area = walks.area
    if snap_max_m is not None:
        area = replace(area, walk=area.walk.model_copy(update={"snap_max_m": snap_max_m}))
    if uses_slope is not None:
        area = replace(area, walkers={name: replace(w, uses_slope=uses_slope) for name, w in area.walkers.items()})
    places = walks.facility_at
    if jitter_seed is not None:
        places = replace(places, xy=_moved(inputs, walks, jitter_seed))
    return Walks(area, walks.network, walks.facilities, walks.residents, places, walks.resident_at)


def _doubtful(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """Return the counted facilities that stand within a stated accuracy of where they were put: surveyed or approximate."""
    places = inputs.facilities
    within = places["position"].isin([Position.SURVEYED.value, Position.APPROXIMATE.value])
    within &= places["position_accuracy_m"] > 0
    return np.asarray(within & places["is_counted"].astype(bool), dtype=np.bool_)


def _moved(inputs: Inputs, walks: Walks, seed: int) -> F64:
    """Return the facilities' places with the doubtful ones moved, evenly within the circle of their stated accuracy.

    A facility stays on its island and within snapping distance of a street: it exists, and people walk to it. Seeds
    are the facilities' own, so that no other facility's coming or going moves it.
    """
    xy, island, network = walks.facility_at.xy.copy(), walks.facility_at.island, walks.network
    walker = next(iter(walks.area.walkers.values()))
    accuracy = inputs.facilities["position_accuracy_m"].to_numpy(dtype=np.float64)
    ids = inputs.facilities["id"].astype(str).to_numpy()
    rows = np.flatnonzero(_doubtful(inputs) & (island >= 0))
    tried = np.repeat(xy[rows], _DRAWS, axis=0) + np.concatenate(
        [np.zeros((0, 2)), *(_in_circle(f"{seed} {ids[row]}", accuracy[row]) for row in rows)]
    )
    here = np.repeat(island[rows], _DRAWS)
    good = network.islands.of_points(tried, within_m=1e-6)[0] == here
    good &= walks.snap(tried, here, walker).is_snapped
    table = good.reshape(len(rows), _DRAWS)
    hit = table.any(axis=1)
    xy[rows[hit]] = tried.reshape(len(rows), _DRAWS, 2)[hit, table.argmax(axis=1)[hit]]
    return xy


def _in_circle(seed: str, radius_m: float) -> F64:
    """Return moves within a circle, evenly, shape (_DRAWS, 2); the same for the same seed on every machine."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    radius, angle = radius_m * np.sqrt(rng.random(_DRAWS)), 2.0 * math.pi * rng.random(_DRAWS)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
