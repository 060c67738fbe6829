"""The least that would turn a verdict: one more facility (or the fewest), one missing link, or places to add.

Computed, not guessed: sites are tried on the residents that the rule counts, links by measuring the rule again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from circles.area import Measure, Rule
from circles.check.judge import verdict
from circles.check.measures import AccessLookup, Facts, measure
from circles.check.turning import Turning, fewest
from circles.coverage.share import Bools, Ints, reached, text_codes, total
from circles.tables import NONE, Verdict

COLUMNS = (
    "township_code", "township", "rule_id", "category", "measure", "change", "count", "sites", "names", "newly_covered",
    "value", "verdict", "is_proven",
)  # fmt: skip
"""Columns of :func:`least_change`."""
_BY_PEOPLE = (Measure.POPULATION_SHARE, Measure.VILLAGE_SHARE, Measure.NEAREST_MINUTES)


@dataclass(frozen=True)
class Candidates:
    """Where one more facility could open: public buildings, village centres.

    Attributes
    ----------
    sites : one row per site: ``id, name, township_code, island``
    reach : ``(profile, limit_min)`` → (n_residents, n_sites) boolean matrix, dense or sparse, rows in the order of the
        residents: whether the resident would reach a facility at the site within the limit
    """

    sites: pd.DataFrame
    reach: Callable[[str, float], np.ndarray | sparse.spmatrix]


@dataclass(frozen=True)
class Link:
    """A missing link by its name, and the minutes if it existed."""

    name: str
    access_lookup: AccessLookup


@dataclass(frozen=True)
class _Change:
    """One way to turn a verdict; ``count`` NaN = none found."""

    change: str
    count: float
    sites: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    newly_covered: float = 0.0
    value: float = math.nan
    is_proven: bool = True


def least_change(
    check: pd.DataFrame, facts: Facts, candidates: Candidates, *, links: Mapping[str, Link] | None = None
) -> pd.DataFrame:
    """Return the least changes that would turn each verdict that is not met.

    Parameters
    ----------
    check : table ``check``
    facts : what it was judged by
    candidates : sites for one more facility; a new facility holds every category of the rule
    links : missing links by id

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``. Per verdict not met up to three rows: ``change`` = ``facility`` (``count`` sites),
        ``link`` (the one that brings most), ``capacity`` (``count`` places); or one row ``none``, whose value is
        that of all sites together. ``newly_covered`` are people of the rule's group in the township, ``value`` and
        ``verdict`` are those after the change, ``is_proven`` whether fewer are proven not to do.
    """
    rules = {rule.id: rule for rule in facts.area.rules}
    order = np.argsort(candidates.sites["id"].astype("object").to_numpy(), kind="stable")
    sites = candidates.sites.iloc[order].reset_index(drop=True)
    finder = _Finder(
        facts, Candidates(sites, lambda profile, limit: sparse.csr_matrix(candidates.reach(profile, limit))[:, order])
    )
    rows: list[tuple[object, ...]] = []
    for row in check[check["verdict"] == str(Verdict.NOT_MET)].to_dict("records"):
        rule = rules.get(row["rule_id"])
        if rule is None:
            continue
        township = str(row["township_code"])
        changes = [finder.by_site(rule, township, float(row["shortfall"])), finder.by_link(rule, township, links or {})]
        found = [change for change in changes if change is not None and not math.isnan(change.count)]
        head = township, row["township"], rule.id, row["category"], row["measure"]
        rows += [(*head, *_cells(change, Verdict.MET)) for change in found]
        if not found:
            rows.append((*head, *_cells(changes[0] or _Change("none", math.nan), Verdict.NOT_MET)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"count": "float64", "value": "float64"})


def _cells(change: _Change, after: Verdict) -> tuple[object, ...]:
    sites, names = "+".join(change.sites), "、".join(change.names)
    return change.change, change.count, sites, names, change.newly_covered, change.value, str(after), change.is_proven


class _Finder:
    """Looks for changes; keeps what sites reach for the next rule."""

    def __init__(self, facts: Facts, candidates: Candidates) -> None:
        self.facts, self.candidates = facts, candidates
        self._reach: dict[tuple[str, float], sparse.csr_matrix] = {}

    def by_site(self, rule: Rule, township: str, shortfall: float) -> _Change | None:
        """Return the fewest facilities, or the places, that turn the verdict; ``count`` NaN where nothing does."""
        if rule.measure in _BY_PEOPLE:
            return self._by_people(rule, township)
        if rule.measure == Measure.CAPACITY_PER_1000:
            return _Change("capacity", shortfall, value=rule.threshold)
        if rule.measure == Measure.FACILITY_COUNT:
            sites = text_codes(self.candidates.sites["township_code"]) == township
            return self._count(rule, township, shortfall, [np.flatnonzero(sites)] * int(shortfall))
        if rule.measure == Measure.ISLAND_SHARE:
            return self._islands(rule, township, shortfall)
        return None

    def by_link(self, rule: Rule, township: str, links: Mapping[str, Link]) -> _Change | None:
        """Return the link that turns the verdict and covers most; None where none does."""
        if rule.measure not in _BY_PEOPLE or not links:
            return None
        before = measure(rule, township, self.facts)
        best: _Change | None = None
        for link_id in sorted(links):
            link = links[link_id]
            changed = Facts(
                self.facts.area, self.facts.residents, link.access_lookup, self.facts.facilities, self.facts.villages,
                self.facts.street_share,
            )  # fmt: skip
            after = measure(rule, township, changed)
            if verdict(after.deciding, after.bar) is not Verdict.MET:
                continue
            rows, weights = self.facts.rows(township), self.facts.people(rule.group)
            newly = total(weights, rows[_within(rule, changed)[rows] & ~_within(rule, self.facts)[rows]])
            if after.numerator > before.numerator and (best is None or newly > best.newly_covered):
                best = _Change("link", 1.0, (link_id,), (link.name,), newly, after.value)
        return best

    def reach(self, profile: str, limit_min: float) -> sparse.csr_matrix:
        """Return which resident reaches which site, CSR of booleans."""
        key = profile, limit_min
        if key not in self._reach:
            self._reach[key] = sparse.csr_matrix(self.candidates.reach(*key)).astype(bool)
        return self._reach[key]

    def _by_people(self, rule: Rule, township: str) -> _Change:
        rows, village = _asked(rule, township, self.facts)
        problem = self._problem(rule, township, rows, village)
        chosen, is_proven = fewest(problem)
        if chosen is None:
            everything = self._value(rule, township, range(problem.n_sites))
            return _Change("none", math.nan, newly_covered=0.0, value=everything, is_proven=is_proven)
        newly = self._newly(rule, township, chosen)
        return replace(
            self._named("facility", chosen),
            newly_covered=newly,
            value=self._value(rule, township, chosen),
            is_proven=is_proven,
        )

    def _problem(self, rule: Rule, township: str, rows: Ints, village: Ints | None) -> Turning:
        """Return what is open: people of the group not yet reached by everything, and the sites in reach of them."""
        facts, limit = self.facts, _limit(rule, self.facts)
        got = measure(rule, township, facts)
        weights, within = facts.people(rule.group), _within(rule, facts)
        open_here = (weights[rows] > 0) & ~within[rows]
        at = rows[open_here]
        by_profile: dict[str, Bools] = {}
        for category in rule.category_ids:
            profile = facts.profile(rule, category)
            has = reached(facts.minutes_of(category, profile)[at], limit)
            by_profile[profile] = by_profile.get(profile, np.ones(at.size, dtype=bool)) & has
        reach = tuple(self.reach(profile, limit)[at].toarray() for profile in by_profile)
        needed = got.bar * got.denominator - 1e-12 * got.denominator
        done = tuple(by_profile.values())
        if village is None:
            return Turning(weights[at], reach, done, got.numerator, needed)
        people, reached_people = np.zeros(int(got.denominator)), np.zeros(int(got.denominator))
        np.add.at(people, village, weights[rows])
        np.add.at(reached_people, village, weights[rows] * within[rows])
        return Turning(
            weights[at], reach, done, got.numerator, needed, village[open_here], reached_people, people,
            rule.village_min_share,
        )  # fmt: skip

    def _with_sites(self, rule: Rule, chosen: Iterable[int]) -> Facts:
        """Return the facts with facilities at ``chosen``: minutes of whoever reaches one are the limit at most."""
        facts, columns, limit = self.facts, list(chosen), _limit(rule, self.facts)

        def lookup(category: str, profile: str) -> pd.Series:
            minutes = facts.minutes_of(category, profile).copy()
            near = np.asarray(self.reach(profile, limit)[:, columns].sum(axis=1)).ravel() > 0
            minutes[near] = np.fmin(minutes[near], limit)
            return pd.Series(minutes, index=facts.residents["id"])

        return Facts(facts.area, facts.residents, lookup, facts.facilities, facts.villages, facts.street_share)

    def _value(self, rule: Rule, township: str, chosen: Iterable[int]) -> float:
        return measure(rule, township, self._with_sites(rule, chosen)).value

    def _newly(self, rule: Rule, township: str, chosen: Iterable[int]) -> float:
        rows, weights = self.facts.rows(township), self.facts.people(rule.group)
        after = _within(rule, self._with_sites(rule, chosen))
        return total(weights, rows[after[rows] & ~_within(rule, self.facts)[rows]])

    def _named(self, change: str, chosen: Iterable[int]) -> _Change:
        at = list(chosen)
        sites = self.candidates.sites.iloc[at]
        return _Change(change, float(len(at)), tuple(sites["id"].astype(str)), tuple(sites["name"].astype(str)))

    def _islands(self, rule: Rule, township: str, shortfall: float) -> _Change:
        """Return one facility on each of the most peopled islands that lack one."""
        rows, weights = self.facts.rows(township), self.facts.people(rule.group)
        names = text_codes(self.facts.residents["island"])
        served = [set(text_codes(self.facts.counted(c)["island"]).tolist()) for c in rule.category_ids]
        lacking = {
            str(name): total(weights, rows[names[rows] == name])
            for name in set(names[rows].tolist()) - {NONE} - set.intersection(*served)
        }
        chosen = sorted((n for n in lacking if lacking[n] > 0), key=lambda n: (-lacking[n], n))[: int(shortfall)]
        on = text_codes(self.candidates.sites["island"])
        return self._count(rule, township, shortfall, [np.flatnonzero(on == name) for name in chosen], chosen)

    def _count(
        self, rule: Rule, township: str, count: float, choices: list[Ints], places: Iterable[str] = ()
    ) -> _Change:
        """Return ``count`` facilities: from each choice the site that newly covers most; a place without site by name."""
        chosen: list[int] = []
        names: list[str] = []
        for choice, place in zip(choices, [*places] or [""] * len(choices), strict=True):
            free = [int(site) for site in choice if int(site) not in chosen]
            if free:
                chosen.append(max(free, key=lambda site: self._newly(rule, township, [*chosen, site])))
                names.append(str(self.candidates.sites["name"].iloc[chosen[-1]]))
            elif place:
                names.append(place)
        after = measure(rule, township, self.facts).numerator + count
        denominator = measure(rule, township, self.facts).denominator
        named, newly = self._named("facility", chosen), self._newly(rule, township, chosen) if chosen else 0.0
        return replace(named, count=count, names=tuple(names), newly_covered=newly, value=after / denominator)


def _limit(rule: Rule, facts: Facts) -> float:
    """Return the minutes within which a new facility helps: the limit, or the threshold of ``nearest_minutes``."""
    return rule.threshold if rule.measure == Measure.NEAREST_MINUTES else facts.limit_min(rule)


def _within(rule: Rule, facts: Facts) -> Bools:
    return reached(facts.minutes(rule), _limit(rule, facts))


def _asked(rule: Rule, township: str, facts: Facts) -> tuple[Ints, Ints | None]:
    """Return the residents whom the rule counts and, for villages, the number of the village of each."""
    if rule.measure != Measure.VILLAGE_SHARE:
        return facts.rows(township), None
    weights = facts.people(rule.group)
    inhabited = [rows for rows in facts.village_rows(township) if total(weights, rows) > 0]
    numbers = np.repeat(np.arange(len(inhabited), dtype=np.intp), [rows.size for rows in inhabited])
    return np.concatenate(inhabited), numbers
