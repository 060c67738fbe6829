"""Say which constraint makes a siting problem infeasible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NoReturn

import numpy as np
from scipy import sparse

from circles.foundation import words
from circles.foundation.errors import Infeasible, error
from circles.siting.models.constraints import SiteRules
from circles.siting.models.highs import Clock, Model

__all__ = ["add_rules", "blame", "feasible_sites", "refuse_unreached", "refuse_unsolved"]

SHOWN = 10


def _listed(rows: Iterable[int]) -> str:
    values = [str(int(row)) for row in rows]
    return ", ".join(values[:SHOWN]) + (", …" if len(values) > SHOWN else "")


def refuse_unreached(reach: sparse.csr_array, *, closed: np.ndarray, limit: float | None = None) -> None:
    """Raise Infeasible naming the rows that no site (that may open) reaches.

    Raises
    ------
    Infeasible
        With ``rows`` and a message that distinguishes rows that no site reaches from rows that only forbidden ones reach.
    """
    degree = np.diff(reach.indptr)
    kept = np.bincount(np.repeat(np.arange(reach.shape[0]), degree)[~closed[reach.indices]], minlength=reach.shape[0])
    rows = np.flatnonzero(kept == 0)
    if rows.size == 0:
        return
    code = "siting-unreached" if (degree[rows] == 0).any() else "siting-unreached-forbidden"
    rows = rows[degree[rows] == 0] if code == "siting-unreached" else rows
    names = ("reach",) if code == "siting-unreached" else ("forbidden",)
    finding = error(code, count=rows.size, rows=_listed(rows), limit="" if limit is None else limit)
    raise Infeasible(finding.message(), rows.tolist(), constraints=names, finding=finding)


def refuse_unsolved(clock: Clock) -> NoReturn:
    """Raise Infeasible: the time ran out before any feasible answer was found.

    Raises
    ------
    Infeasible
        Always.
    """
    finding = error("siting-no-answer-in-time", seconds=round(clock.spent(), 1))
    raise Infeasible(finding.message(), constraints=("time",), finding=finding)


def add_rules(
    model: Model, rules: SiteRules, columns: np.ndarray, *, at_most: bool = False, cost: np.ndarray | float = 0.0
) -> int:
    """Add one binary column per listed site, with the constraints on them; return the first one's index.

    Parameters
    ----------
    model : added to
    rules : constraints; sites not listed count as closed, or open where ``rules.is_open``
    columns : sites that get a column
    at_most : whether fewer than p may be open
    cost : a number or (columns,): objective coefficient
    """
    lower, upper = rules.is_open[columns], ~rules.is_closed[columns]
    y = model.columns(columns.size, cost=cost, lower=lower, upper=upper, integer=True)
    elsewhere = rules.is_open.copy()
    elsewhere[columns] = False
    if rules.p is not None:
        number = rules.p - int(elsewhere.sum())
        model.rows(1, (0, np.arange(y, y + columns.size), 1.0), lower=-np.inf if at_most else number, upper=number)
    if not rules.plain:
        given = rules.rows @ elsewhere.astype(np.float64)
        part = rules.rows.tocsc()[:, columns].tocoo()
        block = (part.coords[0], part.coords[1] + y, part.data)
        model.rows(rules.rows.shape[0], block, lower=rules.lower - given, upper=rules.upper - given)
    return y


def feasible_sites(
    rules: SiteRules, reach: sparse.csr_array | None, clock: Clock, *, worth: np.ndarray | None = None
) -> tuple[int, ...] | None:
    """Return sites that keep the constraints and cover every row.

    Parameters
    ----------
    rules : constraints on the sites
    reach : (n_demand, n_sites) sparse; None where no row needs to be covered
    clock : time limit and solver options
    worth : (n_sites,) what is maximised on the way; any feasible point will do where None

    Returns
    -------
    tuple or None : the sites; ``()`` where the time ran out, None where proved infeasible
    """
    model = Model()
    columns = np.arange(rules.n_sites)
    y = add_rules(model, rules, columns)
    if worth is not None:
        model.columns(1, cost=-1.0, lower=0.0, upper=np.inf)
        scale = max(1.0, float(np.abs(worth).max(initial=0.0)))
        model.rows(1, (0, np.arange(y, y + columns.size), worth / scale), (0, model.n_columns - 1, -1.0), lower=0.0)
    if reach is not None and reach.shape[0]:
        rows = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
        model.rows(reach.shape[0], (rows, reach.indices + y, 1.0), lower=1.0)
    solution = model.solve(clock, first_point=True)
    if solution.values is None:
        return None if solution.infeasible else ()
    return tuple(int(site) for site in np.flatnonzero(solution.values[: columns.size] > 0.5))


def _kinds(rules: SiteRules, covering: str | None) -> list[str]:
    """Return the constraints there are, those of the site rules first; ``regions`` means all regions together."""
    there = {
        "regions": sum(kind.startswith("region:") for kind in rules.names) > 1,
        "count": rules.p is not None,
        str(covering): covering is not None,
        "fixed": bool(rules.is_open.any()),
        "forbidden": bool(rules.is_closed.any()),
    }
    return [*dict.fromkeys(rules.names), *(kind for kind, present in there.items() if present)]


def blame(
    rules: SiteRules,
    reach: sparse.csr_array | None,
    clock: Clock,
    *,
    covering: str | None = "cover",
    feasible: Callable[[SiteRules, bool], bool] | None = None,
) -> Infeasible:
    """Return the error that names the constraint, by dropping one kind at a time and, if none suffices alone, several.

    A constraint is named when the problem without it can be solved. If no single one is to blame, constraints are
    dropped one after the other as long as the rest stays infeasible; what is left conflicts with each other.

    Parameters
    ----------
    rules, reach, clock : as for `feasible_sites`
    covering
        Name of the constraint that the model itself adds (``cover``: every row of ``reach`` is reached).
    feasible
        Whether the problem can be solved under the rules given, with or without ``covering``; by default a question
        about sites and ``reach`` only.
    """
    kinds = _kinds(rules, covering if reach is not None or feasible is not None else None)

    def possible(dropped: set[str]) -> bool:
        less, counts = _without(rules, dropped), covering not in dropped
        if feasible is not None:
            return feasible(less, counts)
        return feasible_sites(less, reach if counts else None, clock) is not None

    single = [kind for kind in kinds if possible({kind})]
    if any(kind.startswith("region:") for kind in single):
        single = [kind for kind in single if kind != "regions"]
    if single:
        return _error("siting-infeasible", single, rules)
    dropped: set[str] = set()
    kinds = [kind for kind in kinds if kind != "regions"]
    for kind in kinds:
        if not possible(dropped | {kind}):
            dropped.add(kind)
    return _error("siting-infeasible-together", [kind for kind in kinds if kind not in dropped], rules)


def _error(code: str, kinds: list[str], rules: SiteRules) -> Infeasible:
    names = {lang: _named(kinds, rules, lang) for lang in words.LANGS}
    finding = error(code, names=names["zh"], names_en=names["en"])
    return Infeasible(finding.message(), constraints=kinds, finding=finding)


def _named(kinds: list[str], rules: SiteRules, lang: words.Lang) -> str:
    texts = []
    for kind in kinds:
        head, _, label = kind.partition(":")
        texts.append(words.text(f"siting.constraint_{head}", lang, label=label, p=rules.p))
    return ("；" if lang == "zh" else "; ").join(texts)


def _without(rules: SiteRules, dropped: set[str]) -> SiteRules:
    gone = {name for name in rules.names if name in dropped or ("regions" in dropped and name.startswith("region:"))}
    keep = np.array([name not in gone for name in rules.names], dtype=bool)
    none = np.zeros(rules.n_sites, dtype=bool)
    return replace(
        rules,
        p=None if "count" in dropped else rules.p,
        is_open=none if "fixed" in dropped else rules.is_open,
        is_closed=none if "forbidden" in dropped else rules.is_closed,
        rows=rules.rows[keep] if keep.size else rules.rows,
        lower=rules.lower[keep] if keep.size else rules.lower,
        upper=rules.upper[keep] if keep.size else rules.upper,
        names=tuple(name for name in rules.names if name not in gone),
    )
