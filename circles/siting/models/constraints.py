"""Constraints on the open sites, shared by every model, and the linear rows they amount to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from circles.foundation.errors import Finding, InputError, error
from circles.foundation.types import F64, Bools
from circles.siting.models.problem import checked_vector

__all__ = ["Constraints", "SiteRules", "pairs_within", "site_rules"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Constraints:
    """What an answer must keep besides the number of sites. Every model takes one; all of it combines.

    Attributes
    ----------
    compulsory
        Sites that must be open (the same as ``fixed``).
    forbidden
        Sites that must not be open.
    existing
        Sites open today. They count towards p, cost nothing to keep and are not "new" for ``apart``; those that are
        not also ``fixed`` or compulsory may be closed.
    max_closed
        How many of the existing sites may close at most (None: any number).
    opening_cost, closing_cost
        Per site, in any currency: paid for a new site that opens, for an existing one that closes.
    budget
        The most that openings and closings may cost together.
    regions
        Per site a label (island, township), or a frozenset of several; None or "" = in no region.
    at_least
        Open sites per region, existing ones included: one number for all, or a number for some labels.
    apart
        Pairs of sites too near to each other to be both new; see :func:`pairs_within`.
    differ
        Pairs ``(sites, k)``: the answer must leave out at least k of ``sites`` (for alternatives).
    """

    compulsory: Sequence[int] = ()
    forbidden: Sequence[int] = ()
    existing: Sequence[int] = ()
    max_closed: int | None = None
    opening_cost: Any = None
    closing_cost: Any = None
    budget: float | None = None
    regions: Sequence[Hashable] | None = None
    at_least: int | Mapping[Hashable, int] = 1
    apart: Sequence[tuple[int, int]] = ()
    differ: Sequence[tuple[Sequence[int], int]] = ()


@dataclass(frozen=True, eq=False)
class SiteRules:
    """Constraints as arrays: a number of sites, sites open or closed beforehand, and linear rows over all sites.

    ``names`` holds per row the constraint it belongs to: ``budget``, ``max_closed``, ``region:<label>``, ``apart``,
    ``differ``.
    """

    n_sites: int
    p: int | None
    is_open: Bools
    is_closed: Bools
    rows: sparse.csr_array
    lower: F64
    upper: F64
    names: tuple[str, ...] = field(default=())

    @property
    def plain(self) -> bool:
        """Whether only the number and the fixed and forbidden sites matter."""
        return not self.names

    @property
    def free(self) -> npt.NDArray[np.int64]:
        """Return the sites neither open nor closed beforehand."""
        return np.flatnonzero(~self.is_open & ~self.is_closed)

    @property
    def to_add(self) -> int:
        """Return how many sites are still to be chosen; only where p is given."""
        return int(self.p or 0) - int(self.is_open.sum())

    def allows(self, sites: Iterable[int]) -> bool:
        """Whether exactly these open sites keep every rule."""
        mask = np.zeros(self.n_sites, dtype=bool)
        mask[list(sites)] = True
        if self.p is not None and mask.sum() != self.p:
            return False
        if (self.is_open & ~mask).any() or (self.is_closed & mask).any():
            return False
        return self.keeps_rows(mask)

    def keeps_rows(self, mask: Bools) -> bool:
        """Whether the linear rows hold for the open sites in ``mask``."""
        if self.plain:
            return True
        level = self.rows @ mask.astype(np.float64)
        return bool(((level >= self.lower - 1e-7) & (level <= self.upper + 1e-7)).all())


def site_rules(
    n_sites: int, p: int | None, fixed: Sequence[int], constraints: Constraints | None, *, any_number: bool = False
) -> SiteRules:
    """Check constraints and turn them into linear rows over all sites.

    Parameters
    ----------
    n_sites : number of sites
    p : number of open sites, fixed ones included; None leaves it to the budget
    fixed : columns that are open
    constraints : budget, compulsory and forbidden sites, regions, distances
    any_number : whether neither p nor a budget is needed

    Raises
    ------
    InputError
        Indices out of range, lengths that do not fit, a site both open and forbidden, neither p nor a budget.
    """
    wanted = constraints or Constraints()
    _check(n_sites, wanted)
    if p is None and wanted.budget is None and not any_number:
        raise InputError(error("siting-p-missing"))
    is_open = _mask(n_sites, [*fixed, *wanted.compulsory])
    is_closed = _mask(n_sites, wanted.forbidden)
    both = np.flatnonzero(is_open & is_closed)
    if both.size:
        raise InputError([error("siting-open-and-forbidden", site=int(site)) for site in both])
    rows = [*_money(n_sites, wanted), *_closing(n_sites, wanted), *_regions(wanted), *_apart(n_sites, wanted)]
    rows += [("differ", np.asarray(sites, dtype=np.int64), 1.0, -np.inf, len(sites) - k) for sites, k in wanted.differ]
    return _assemble(n_sites, p, is_open, is_closed, rows)


_Row = tuple[str, npt.NDArray[np.int64], Any, float, float]


def _assemble(n_sites: int, p: int | None, is_open: Bools, is_closed: Bools, rows: list[_Row]) -> SiteRules:
    index = np.concatenate([np.full(len(r[1]), k) for k, r in enumerate(rows)]) if rows else np.empty(0, int)
    column = np.concatenate([r[1] for r in rows]) if rows else np.empty(0, int)
    value = np.concatenate([np.broadcast_to(r[2], (len(r[1]),)) for r in rows]) if rows else np.empty(0)
    matrix = sparse.csr_array((value.astype(np.float64), (index, column)), shape=(len(rows), n_sites))
    lower, upper = np.array([r[3] for r in rows], dtype=float), np.array([r[4] for r in rows], dtype=float)
    return SiteRules(n_sites, p, is_open, is_closed, matrix, lower, upper, tuple(r[0] for r in rows))


def _mask(n_sites: int, sites: Iterable[int]) -> Bools:
    mask = np.zeros(n_sites, dtype=bool)
    mask[[int(site) for site in sites]] = True
    return mask


def _check(n_sites: int, wanted: Constraints) -> None:
    findings: list[Finding] = []
    named = {
        "compulsory": wanted.compulsory,
        "forbidden": wanted.forbidden,
        "existing": wanted.existing,
        "apart": [site for pair in wanted.apart for site in pair],
        "differ": [site for sites, _ in wanted.differ for site in sites],
    }
    for name, sites in named.items():
        outside = sorted({int(site) for site in sites if not 0 <= int(site) < n_sites})
        findings += [error("siting-site-range", name=name, value=site, last=n_sites - 1) for site in outside]
    if wanted.regions is not None and len(wanted.regions) != n_sites:
        shape = (len(wanted.regions),)
        findings.append(error("siting-vector-shape", name="regions", shape=shape, expected=n_sites))
    if wanted.budget is not None and (wanted.opening_cost is None or not wanted.budget >= 0):
        findings.append(error("siting-budget", value=wanted.budget))
    if findings:
        raise InputError(findings)


def _money(n_sites: int, wanted: Constraints) -> list[_Row]:
    if wanted.budget is None:
        return []
    opening = checked_vector(wanted.opening_cost, n_sites, "opening_cost").copy()
    existing = _mask(n_sites, wanted.existing)
    opening[existing] = 0.0
    paid = 0.0
    if wanted.closing_cost is not None:
        closing = checked_vector(wanted.closing_cost, n_sites, "closing_cost")
        opening[existing] = -closing[existing]
        paid = float(closing[existing].sum())
    used = np.flatnonzero(opening)
    return [("budget", used, opening[used], -np.inf, float(wanted.budget) - paid)]


def _closing(n_sites: int, wanted: Constraints) -> list[_Row]:
    if wanted.max_closed is None:
        return []
    existing = np.flatnonzero(_mask(n_sites, wanted.existing))
    return [("max_closed", existing, 1.0, float(existing.size - wanted.max_closed), np.inf)]


def _regions(wanted: Constraints) -> list[_Row]:
    if wanted.regions is None:
        return []
    members: dict[Hashable, list[int]] = {}
    for site, given in enumerate(wanted.regions):
        for label in given if isinstance(given, frozenset) else (given,):
            if label is not None and label != "" and label == label:  # noqa: PLR0124 - NaN is no region
                members.setdefault(label, []).append(site)
    least = wanted.at_least
    needs = dict(least) if isinstance(least, Mapping) else dict.fromkeys(members, int(least))
    return [
        (f"region:{label}", np.asarray(members.get(label, []), dtype=np.int64), 1.0, float(number), np.inf)
        for label, number in sorted(needs.items(), key=lambda item: str(item[0]))
    ]


def _apart(n_sites: int, wanted: Constraints) -> list[_Row]:
    existing = _mask(n_sites, wanted.existing)
    neighbours: dict[int, set[int]] = {}
    for a, b in sorted({(min(int(a), int(b)), max(int(a), int(b))) for a, b in wanted.apart}):
        if a != b and not existing[a] and not existing[b]:
            neighbours.setdefault(a, set()).add(b)
            neighbours.setdefault(b, set()).add(a)
    return [("apart", np.asarray(clique, dtype=np.int64), 1.0, -np.inf, 1.0) for clique in _cliques(neighbours)]


def _cliques(neighbours: dict[int, set[int]]) -> list[list[int]]:
    """Cover every edge by cliques, greedily: fewer and tighter rows than one per pair."""
    left = {site: set(others) for site, others in neighbours.items()}
    cliques = []
    for site in sorted(left):
        while left[site]:
            clique = [site]
            common = set(neighbours[site])
            for other in [*sorted(left[site]), *sorted(neighbours[site] - left[site])]:
                if other in common:
                    clique.append(other)
                    common &= neighbours[other]
            for a in clique:
                left[a].difference_update(clique)
            cliques.append(sorted(clique))
    return cliques


def pairs_within(distance: Any, minimum: float) -> list[tuple[int, int]]:
    """Return the pairs of sites nearer to each other than ``minimum``, for ``Constraints.apart``.

    Parameters
    ----------
    distance
        (n_sites, n_sites), numpy or sparse (unstored = far apart), same unit as ``minimum``.
    """
    if sparse.issparse(distance):
        entries = sparse.coo_array(distance)
        row, column, value = entries.coords[0], entries.coords[1], entries.data
    else:
        dense = np.asarray(distance, dtype=np.float64)
        row, column = np.nonzero(dense < minimum)
        value = dense[row, column]
    near = (value < minimum) & (row != column)
    pairs = {(min(int(a), int(b)), max(int(a), int(b))) for a, b in zip(row[near], column[near], strict=True)}
    return sorted(pairs)
