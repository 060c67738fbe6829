"""The least that would turn a clause of several kinds or places: new facilities, each holding every kind it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from circles.analysis.robustness.turning import MAX_SITES
from circles.analysis.verdicts.clauses import held
from circles.area import Rule
from circles.foundation.types import F64, I64


@dataclass(frozen=True)
class ClauseTurning:
    """What people have of a clause, and what each site would add.

    Attributes
    ----------
    rule : the clause
    weights : (n,) people at each point
    counts : (n, kinds) places of each kind in reach now, as `Clauses.counts`
    near : category → (n, n_sites) whether a facility at the site would be in reach
    base : numerator as it is
    needed : numerator that meets the rule
    """

    rule: Rule
    weights: F64
    counts: I64
    near: Mapping[str, sparse.csr_matrix]
    base: float
    needed: float

    def with_site(self, counts: I64, site: int) -> I64:
        """Return the counts once a facility with every kind stands at a site."""
        reached = {kind: table[:, [site]].toarray().ravel().astype(bool) for kind, table in self.near.items()}
        if self.rule.one_site:
            here = np.sum([reached[kind] for kind in self.rule.category_ids], axis=0)
            return np.asarray(np.maximum(counts, here.reshape(-1, 1)), dtype=np.int64)
        added = [np.any([reached[kind] for kind in item.of], axis=0) for item in self.rule.kinds]
        return np.asarray(counts + np.column_stack(added), dtype=np.int64)

    def people(self, counts: I64) -> float:
        """Return the people for whom the clause holds."""
        return float(self.weights[held(self.rule, counts)].sum())

    def greedy(self) -> tuple[tuple[int, ...] | None, float]:
        """Return sites chosen one by one, the most people first, and the numerator; None where they do not suffice.

        Of sites that bring the same people the one nearer to more people wins, then the first.
        """
        counts = self.counts
        chosen: list[int] = []
        sites = np.flatnonzero(sum(np.asarray(table.sum(axis=0)).ravel() for table in self.near.values()))
        while len(chosen) < min(MAX_SITES, len(sites)) and self.people(counts) < self.needed:
            tried = [(self.with_site(counts, int(site)), int(site)) for site in sites if int(site) not in chosen]
            gains = [(self.people(table), int((self.weights @ table).sum()), -site) for table, site in tried]
            best = max(range(len(tried)), key=gains.__getitem__)
            counts = tried[best][0]
            chosen.append(tried[best][1])
        numerator = self.people(counts)
        return (tuple(sorted(chosen)) if numerator >= self.needed and chosen else None), numerator
