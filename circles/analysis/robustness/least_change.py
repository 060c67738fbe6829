"""The least that would turn a verdict: one more facility (or the fewest), one missing link, or places to add.

Computed, not guessed: sites are tried on the residents that the rule counts, links by measuring the rule again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from circles.analysis.coverage.equity import percentile
from circles.analysis.coverage.share import text_codes, total
from circles.analysis.robustness.clause_change import ClauseTurning
from circles.analysis.robustness.turning import Turning, fewest
from circles.analysis.verdicts.clauses import Origin
from circles.analysis.verdicts.facts import AccessLookup, Facts
from circles.analysis.verdicts.judge import verdict
from circles.analysis.verdicts.measures import MEASURES, Improvement, Measured, Unit, measure
from circles.area import Rule
from circles.foundation.limits import reached
from circles.foundation.schema.tables import NONE, Verdict
from circles.foundation.types import F64, I64, Bools

COLUMNS = (
    "township_code", "township", "rule_id", "category", "measure", "change", "count", "sites", "names", "newly_covered",
    "value", "verdict", "is_proven", "coordinates",
)  # fmt: skip
"""Columns of :func:`least_change`."""
STREET_CELLS = 5_000_000
"""What the exact search for streets may look at: pieces are many, and three sites or more turn few minds."""


@dataclass(frozen=True)
class Streets:
    """Pieces of a township's streets that a rule does not count yet.

    Attributes
    ----------
    metres : (n,) length of each piece
    reach : per walker, (n, n_sites) whether a facility at the site would be within the limit of the piece
    done : per walker, (n,) whether nothing more is needed of that walker
    """

    metres: F64
    reach: tuple[sparse.csr_matrix, ...]
    done: tuple[Bools, ...]


@dataclass(frozen=True)
class Candidates:
    """Where one more facility could open: public buildings, village centres.

    Attributes
    ----------
    sites : one row per site: ``id, name, township_code, island``
    reach : ``(profile, limit_min)`` → (n_residents, n_sites) boolean matrix, dense or sparse, rows in the order of the
        residents: whether the resident would reach a facility at the site within the limit
    streets : ``(rule, township)`` → what of its streets is open; None where streets are not looked at
    """

    sites: pd.DataFrame
    reach: Callable[[str, float], np.ndarray | sparse.spmatrix]
    streets: Callable[[Rule, str], Streets] | None = None


@dataclass(frozen=True)
class Link:
    """A missing link by its name, the minutes if it existed, and its ends as ``lon,lat lon,lat``."""

    name: str
    access_lookup: AccessLookup
    coordinates: str = ""


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
    coordinates: str = ""


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
    finder = _Finder(facts, replace(candidates, sites=sites), order)
    rows: list[tuple[object, ...]] = []
    for row in check[check["verdict"] == str(Verdict.NOT_MET)].to_dict("records"):
        rule = rules.get(row["rule_id"])
        if rule is None:
            continue
        township = str(row["township_code"])
        rule = facts.of_township(rule, township)
        changes = [finder.by_site(rule, township, float(row["shortfall"])), finder.by_link(rule, township, links or {})]
        found = [change for change in changes if change is not None and not math.isnan(change.count)]
        head = township, row["township"], rule.id, row["category"], row["measure"]
        rows += [(*head, *_cells(change, Verdict.MET)) for change in found]
        if not found:
            rows.append((*head, *_cells(changes[0] or _Change("none", math.nan), Verdict.NOT_MET)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"count": "float64", "value": "float64"})


def _cells(change: _Change, after: Verdict) -> tuple[object, ...]:
    sites, names = "+".join(change.sites), "、".join(change.names)
    answer = change.change, change.count, sites, names, change.newly_covered, change.value, str(after), change.is_proven
    return *answer, change.coordinates


class _Finder:
    """Looks for changes; keeps what sites reach for the next rule."""

    def __init__(self, facts: Facts, candidates: Candidates, order: I64) -> None:
        self.facts, self.candidates, self.order = facts, candidates, order
        self._reach: dict[tuple[str, float], sparse.csr_matrix] = {}

    def by_site(self, rule: Rule, township: str, shortfall: float) -> _Change | None:
        """Return the fewest facilities, or the places, that turn the verdict; ``count`` NaN where nothing does."""
        improved_by = MEASURES[rule.measure].improved_by
        if not rule.is_plain:
            return self._by_clause(rule, township) if improved_by is Improvement.REACH_PEOPLE else None
        if improved_by in (Improvement.REACH_PEOPLE, Improvement.REACH_VILLAGES):
            return self._by_people(rule, township)
        if improved_by is Improvement.ADD_PLACES:
            return _Change("capacity", shortfall, value=rule.threshold)
        if improved_by is Improvement.OPEN_IN_TOWNSHIP:
            sites = text_codes(self.candidates.sites["township_code"]) == township
            return self._count(rule, township, shortfall, [np.flatnonzero(sites)] * int(shortfall))
        if improved_by is Improvement.OPEN_ON_ISLANDS:
            return self._islands(rule, township, shortfall)
        has_streets = improved_by is Improvement.REACH_STREETS and self.candidates.streets is not None
        return self._by_streets(rule, township) if has_streets else None

    def by_link(self, rule: Rule, township: str, links: Mapping[str, Link]) -> _Change | None:
        """Return the link that turns the verdict and covers most; None where none does."""
        if not MEASURES[rule.measure].counts_people or not links or not rule.is_plain:
            return None
        before = measure(rule, township, self.facts)
        best: _Change | None = None
        for link_id in sorted(links):
            link = links[link_id]
            changed = self.facts.with_access(link.access_lookup)
            after = measure(rule, township, changed)
            if verdict(after.deciding, after.bar) is not Verdict.MET:
                continue
            rows, weights = self.facts.rows(township), self.facts.people(rule.group)
            newly = total(weights, rows[_within(rule, changed)[rows] & ~_within(rule, self.facts)[rows]])
            if after.numerator > before.numerator and (best is None or newly > best.newly_covered):
                best = _Change("link", 1.0, (link_id,), (link.name,), newly, after.value, coordinates=link.coordinates)
        return best

    def reach(self, profile: str, limit_min: float) -> sparse.csr_matrix:
        """Return which resident reaches which site, CSR of booleans."""
        key = profile, limit_min
        if key not in self._reach:
            self._reach[key] = sparse.csr_matrix(self.candidates.reach(*key))[:, self.order].astype(bool)
        return self._reach[key]

    def _by_people(self, rule: Rule, township: str) -> _Change:
        got = measure(rule, township, self.facts)
        problem, sites, at = self._problem(
            rule, township, got, by_village=MEASURES[rule.measure].improved_by is Improvement.REACH_VILLAGES
        )
        chosen, is_proven = fewest(problem)
        tried = range(problem.n_sites) if chosen is None else chosen
        newly = problem.newly(tried) if problem.n_sites else np.zeros(at.size, dtype=bool)
        value = self._value(rule, township, at[newly])
        if value is None:
            numerator = problem.numerator(problem.state(tried)) if problem.n_sites else got.numerator
            value = numerator / got.denominator
        if chosen is None:
            return _Change("none", math.nan, value=value, is_proven=is_proven)
        covered = total(problem.weights, newly)
        return replace(self._named(sites[list(chosen)]), newly_covered=covered, value=value, is_proven=is_proven)

    def _by_clause(self, rule: Rule, township: str) -> _Change | None:
        """Return the facilities, each holding every category of the rule, by which its clause holds for enough people."""
        clauses, facts = self.facts.clauses, self.facts
        counts = None if clauses is None else clauses.counts(rule, Origin.RESIDENTS)
        if counts is None or rule.within is not None or rule.origins != "residents":
            return None
        got, rows, weights = measure(rule, township, facts), facts.rows(township), facts.weights(rule)
        at = rows[weights[rows] > 0]
        near = {kind: self.reach(facts.profile(rule, kind), facts.limit_min(rule))[at] for kind in rule.category_ids}
        problem = ClauseTurning(rule, weights[at], counts[at], near, got.numerator, (got.bar - 1e-12) * got.denominator)
        chosen, numerator = problem.greedy()
        value = numerator / got.denominator if got.denominator else math.nan
        if chosen is None:
            return _Change("none", math.nan, value=value, is_proven=False)
        newly, is_proven = numerator - got.numerator, len(chosen) <= 1
        return replace(self._named(chosen), newly_covered=newly, value=value, is_proven=is_proven)

    def _by_streets(self, rule: Rule, township: str) -> _Change:
        """Return the fewest facilities that bring enough metres of street within the limit."""
        got, open_here = measure(rule, township, self.facts), self.candidates.streets(rule, township)  # type: ignore[misc]
        columns = [part[:, self.order] for part in open_here.reach]
        sites = np.flatnonzero(sum(np.asarray(part.sum(axis=0)).ravel() for part in columns))
        dense = tuple(part[:, sites].toarray() for part in columns)
        needed = (got.bar - 1e-12) * got.denominator
        problem = Turning(open_here.metres, dense, open_here.done, got.numerator, needed, cell_budget=STREET_CELLS)
        chosen, is_proven = fewest(problem)
        tried = range(problem.n_sites) if chosen is None else chosen
        value = problem.numerator(problem.state(tried)) / got.denominator if problem.n_sites else got.value
        if chosen is None:
            return _Change("none", math.nan, value=value, is_proven=is_proven)
        newly = self._newly(rule, township, sites[list(chosen)])
        return replace(self._named(sites[list(chosen)]), newly_covered=newly, value=value, is_proven=is_proven)

    def _newly(self, rule: Rule, township: str, sites: I64) -> float:
        """Return the people of a township whom facilities at some sites newly bring within the rule's limit."""
        problem, own, _ = self._problem(rule, township, measure(rule, township, self.facts), by_village=False)
        column = {int(site): number for number, site in enumerate(own)}
        near = [column[int(site)] for site in sites if int(site) in column]
        return total(problem.weights, problem.newly(near)) if near else 0.0

    def _value(self, rule: Rule, township: str, newly: I64) -> float | None:
        """Return the percentile of a measure in minutes once ``newly`` are within its threshold; None for shares."""
        if MEASURES[rule.measure].unit is not Unit.MINUTES:
            return None
        rows, minutes = self.facts.rows(township), self.facts.minutes(rule).copy()
        minutes[newly] = np.fmin(minutes[newly], rule.threshold)
        value = percentile(minutes[rows], self.facts.people(rule.group)[rows], rule.percentile)
        return value if math.isfinite(value) else math.nan

    def _problem(self, rule: Rule, township: str, got: Measured, *, by_village: bool) -> tuple[Turning, I64, I64]:
        """Return what is open, the sites in reach of it (columns of the problem), and the residents (its rows)."""
        facts, limit = self.facts, limit_of(rule, self.facts)
        weights, within = facts.people(rule.group), _within(rule, facts)
        rows, village = _by_village(rule, township, facts) if by_village else (facts.rows(township), None)
        open_here = (weights[rows] > 0) & ~within[rows]
        at = rows[open_here]
        done: dict[str, Bools] = {}
        for category in rule.category_ids:
            profile = facts.profile(rule, category)
            has = reached(facts.minutes_of(category, profile)[at], limit)
            done[profile] = done.get(profile, np.ones(at.size, dtype=bool)) & has
        reach = [self.reach(profile, limit)[at] for profile in done]
        sites = np.flatnonzero(sum(np.asarray(part.sum(axis=0)).ravel() for part in reach))
        dense = tuple(part[:, sites].toarray() for part in reach)
        needed = (got.bar - 1e-12) * got.denominator
        problem = Turning(weights[at], dense, tuple(done.values()), got.numerator, needed)
        if village is not None:
            people, already = np.zeros(int(got.denominator)), np.zeros(int(got.denominator))
            np.add.at(people, village, weights[rows])
            np.add.at(already, village, weights[rows] * within[rows])
            problem = replace(
                problem, village=village[open_here], village_reached=already, village_people=people,
                village_min_share=rule.village_min_share,
            )  # fmt: skip
        return problem, sites, at

    def _named(self, chosen: Iterable[int]) -> _Change:
        at = sorted(int(site) for site in chosen)
        sites = self.candidates.sites.iloc[at]
        return _Change("facility", float(len(at)), tuple(sites["id"].astype(str)), tuple(sites["name"].astype(str)))

    def _islands(self, rule: Rule, township: str, shortfall: float) -> _Change:
        """Return one facility on each of the most peopled islands that lack one."""
        rows, weights = self.facts.rows(township), self.facts.people(rule.group)
        names = text_codes(self.facts.residents["island"].iloc[rows])
        served = [set(self.facts.counted(c)["island"].tolist()) for c in rule.category_ids]
        lacking = {
            str(name): total(weights, rows[names == name])
            for name in set(names.tolist()) - {NONE} - set.intersection(*served)
        }
        chosen = sorted((n for n in lacking if lacking[n] > 0), key=lambda n: (-lacking[n], n))[: int(shortfall)]
        on = text_codes(self.candidates.sites["island"])
        return self._count(rule, township, shortfall, [np.flatnonzero(on == name) for name in chosen], chosen)

    def _count(
        self, rule: Rule, township: str, count: float, choices: list[I64], places: Sequence[str] = ()
    ) -> _Change:
        """Return ``count`` facilities: of each choice the site that newly covers most; a place without site by name."""
        got = measure(rule, township, self.facts)
        problem, sites, _ = self._problem(rule, township, got, by_village=False)
        column = {int(site): number for number, site in enumerate(sites)}
        chosen: list[int] = []
        unnamed: list[str] = []
        state = problem.done
        for number, choice in enumerate(choices):
            free = [int(site) for site in choice if int(site) not in chosen]
            if not free:
                unnamed += places[number : number + 1]
                continue
            gains = problem.numerators(state) if problem.n_sites else np.zeros(0)
            chosen.append(max(free, key=lambda site: gains[column[site]] if site in column else -math.inf))
            if chosen[-1] in column:
                state = problem.after(state, column[chosen[-1]])
        named, newly = self._named(chosen), total(problem.weights, np.logical_and.reduce(state))
        value = (got.numerator + count) / got.denominator
        return replace(named, count=count, names=(*named.names, *unnamed), newly_covered=newly, value=value)


def limit_of(rule: Rule, facts: Facts) -> float:
    """Return the minutes within which a new facility helps: the limit, or the threshold where that is in minutes."""
    return rule.threshold if MEASURES[rule.measure].unit is Unit.MINUTES else facts.limit_min(rule)


def _within(rule: Rule, facts: Facts) -> Bools:
    """Return who reaches all categories of the rule within its limit."""
    return reached(facts.minutes(rule), limit_of(rule, facts))


def _by_village(rule: Rule, township: str, facts: Facts) -> tuple[I64, I64]:
    """Return the residents of the villages that the rule counts, and the number of the village of each."""
    weights = facts.people(rule.group)
    inhabited = [rows for rows in facts.village_rows(township) if total(weights, rows) > 0]
    numbers = np.repeat(np.arange(len(inhabited), dtype=np.intp), [rows.size for rows in inhabited])
    return np.concatenate(inhabited), numbers
