"""Residents → the same points with numbers that add up to the townships' known totals, and the table that shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import ALL, NONE, TABLES, group_columns
from circles.foundation.types import F64

LARGEST_FACTOR = 2.0
"""Points that must be multiplied or divided by more than this do not describe the same people as the total."""
_NOBODY = 1e-9
"""Sums below this are nobody: a factor cannot be taken from them."""
_NEAR = 0.5
"""Totals that differ by less than half a person are equal."""


@dataclass(frozen=True)
class _Towns:
    """Townships in order, NONE last where anyone lives there; ``of`` = township of each resident."""

    codes: list[str]
    names: list[str]
    of: npt.NDArray[np.int64]

    def sums(self, values: F64) -> F64:
        """Return the sum of each township, whatever the order of rows."""
        order = np.argsort(self.of, kind="stable")
        ends = np.searchsorted(self.of[order], np.arange(len(self.codes) + 1))
        return np.array([math.fsum(values[order[a:b]]) for a, b in pairwise(ends.tolist())])


def control(
    residents: gpd.GeoDataFrame, totals: pd.DataFrame, townships: pd.DataFrame, *, table: str, counts_points: bool
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[Finding]]:
    """Scale the residents of each township so that they add up to its totals.

    Every number is multiplied by its township's factor, control / before: ``population`` by its own, a group by its
    own where the total of the group is known, else by that of ``population``. Where nobody of a group was counted,
    its total is shared like the population (and the population evenly over the points). Townships without a total of
    their own share what is left of ``ALL``, where that is given; otherwise they keep their numbers.

    Parameters
    ----------
    residents : the table ``residents``, townships filled in
    totals : ``township_code``, ``population``, groups; NaN = not known
    townships : ``code, name``
    table : name of the totals' file, for findings
    counts_points : before this, residents are points of weight 1, no people: every township needs a total

    Returns
    -------
    residents : a copy with new numbers, and columns for groups that only the totals have
    reconciliation : columns of ``tables.TABLES["reconciliation"]``
    findings : a total for which there is no point, townships without a total, factors that are too large, groups that
        came to be larger than everybody; errors where residents would stay points of weight 1
    """
    towns = _towns(residents, townships)
    given = [str(name) for name in totals if name != "township_code"]
    own = group_columns(residents)
    found = _unknown(towns, totals, table=table, counts_points=counts_points)
    out = residents.copy()
    if counts_points and ALL not in set(totals["township_code"]):
        out.loc[out["township_code"].eq(NONE), "population"] = 0.0  # points of no township stand for nobody's people
    rows, scale = [], np.ones(len(residents))
    for group in dict.fromkeys(["population", *own, *given]):
        before = out[group].to_numpy(dtype=np.float64) if group in out else np.zeros(len(out))
        counted = before if before.any() else out["population"].to_numpy(dtype=np.float64)
        target, more = _targets(towns, totals, group, towns.sums(counted), table=table)
        found += more
        if group not in out and not _is_known(target, towns.sums(out["population"].to_numpy(dtype=np.float64))):
            found.append(errors.warning("total-group-partial", table, None, None, group=group))
            continue
        weights = np.ones(len(out)) if group == "population" else out["population"].to_numpy(dtype=np.float64)
        after = _scaled(towns, before, target, weights=weights, otherwise=before * scale)
        if group == "population":
            scale = np.divide(after, before, out=np.ones(len(out)), where=before > _NOBODY)
        out[group] = after
        rows.append(_reconciled(towns, group, before, target, after))
        if not counts_points or group != "population":
            found += _doubtful(towns, group, before, target, table=table)
        found += _pointless(towns, group, target, table=table)
    ordered = group_columns(out)
    out = out[["id", "population", *ordered, *(n for n in out if n not in {"id", "population", *ordered})]]
    return (
        gpd.GeoDataFrame(out),
        pd.concat(rows, ignore_index=True),
        found + _exceeding(towns, out, ordered, table=table),
    )


def _towns(residents: pd.DataFrame, townships: pd.DataFrame) -> _Towns:
    codes = [str(code) for code in townships["code"]]
    names = [str(name) for name in townships["name"]]
    given = residents["township_code"].astype(str).to_numpy(dtype=object)
    for code in sorted(set(given) - set(codes), key=lambda code: (code == NONE, code)):
        codes.append(code)
        names.append("" if code == NONE else code)
    number = {code: at for at, code in enumerate(codes)}
    return _Towns(codes, names, np.array([number[code] for code in given], dtype=np.int64))


def _targets(towns: _Towns, totals: pd.DataFrame, group: str, before: F64, *, table: str) -> tuple[F64, list[Finding]]:
    """Return what each township must add up to, NaN where that is not known, with what is left of ``ALL`` shared."""
    target = np.full(len(towns.codes), np.nan)
    if group not in totals:
        return target, []
    known = dict(zip(totals["township_code"], totals[group].astype(float), strict=True))
    whole = known.pop(ALL, math.nan)
    target = np.array([known.get(code, math.nan) for code in towns.codes])
    if math.isnan(whole):
        return target, []
    rest = whole - math.fsum(target[~np.isnan(target)])
    others = np.isnan(target)
    lived_in = math.fsum(before[others])
    values = {"group": group, "whole": f"{whole:g}", "sum": f"{whole - rest:g}"}
    if rest < -_NEAR or (rest > _NEAR and not others.any()):
        return target, [errors.error("totals-do-not-add-up", table, None, ALL, **values)]
    if rest > _NEAR and not lived_in:
        return target, [errors.warning("totals-rest-without-people", table, None, ALL, rest=f"{rest:g}", **values)]
    if lived_in:
        target[others] = max(rest, 0.0) * before[others] / lived_in
    return target, []


def _is_known(target: F64, people: F64) -> bool:
    """Return whether a group that residents do not have is known of every township where anyone lives."""
    return bool((~np.isnan(target) | (people == 0)).all())


def _scaled(towns: _Towns, before: F64, target: F64, *, weights: F64, otherwise: F64) -> F64:
    """Return numbers that add up to the targets: in proportion to ``before``, or to ``weights`` where it is nobody."""
    base = np.where((towns.sums(before) > _NOBODY)[towns.of], before, weights)
    base = np.where((towns.sums(base) > _NOBODY)[towns.of], base, 1.0)
    whole = np.fmax(towns.sums(base), _NOBODY)
    return np.where(np.isnan(target)[towns.of], otherwise, base / whole[towns.of] * target[towns.of])


def _reconciled(towns: _Towns, group: str, before: F64, target: F64, after: F64) -> pd.DataFrame:
    """Return the rows of one group: every township, and all together."""
    a, b = towns.sums(before), towns.sums(after)
    points = np.bincount(towns.of, minlength=len(towns.codes))
    whole_control = math.fsum(target) if not np.isnan(target).any() else math.nan
    frame = pd.DataFrame(
        {
            "township_code": [*towns.codes, ALL],
            "township": [*towns.names, ""],
            "group": group,
            "points": np.append(points, points.sum()).astype(np.int64),
            "before": np.append(a, math.fsum(a)),
            "control": np.append(target, whole_control),
            "after": np.append(b, math.fsum(b)),
        }
    )
    frame["factor"] = (frame["after"] / frame["before"].where(frame["before"] > _NOBODY)).astype(float)
    return frame[TABLES["reconciliation"].names]


def _unknown(towns: _Towns, totals: pd.DataFrame, *, table: str, counts_points: bool) -> list[Finding]:
    """Return findings on townships where people live but whose total is not known, nor that of all."""
    known = set(totals.loc[totals["population"].notna(), "township_code"])
    if ALL in known:
        return []
    points = np.bincount(towns.of, minlength=len(towns.codes))
    missing = [at for at in np.flatnonzero(points).tolist() if towns.codes[at] not in known | {NONE}]
    report = errors.error if counts_points else errors.warning
    code = "total-missing-points" if counts_points else "total-missing"
    return [
        report(code, table, None, towns.codes[at], name=towns.names[at] or towns.codes[at], n=int(points[at]))
        for at in missing
    ]


def _doubtful(towns: _Towns, group: str, before: F64, target: F64, *, table: str) -> list[Finding]:
    found = []
    for at, (was, wanted) in enumerate(zip(towns.sums(before).tolist(), target.tolist(), strict=True)):
        if not was > _NOBODY or not wanted > 0 or 1 / LARGEST_FACTOR <= wanted / was <= LARGEST_FACTOR:
            continue
        values = {"name": towns.names[at], "group": group, "before": f"{was:,.0f}", "control": f"{wanted:,.0f}"}
        found.append(
            errors.warning("total-factor", table, None, towns.codes[at], factor=f"{wanted / was:.2f}", **values)
        )
    return found


def _pointless(towns: _Towns, group: str, target: F64, *, table: str) -> list[Finding]:
    """Return a warning for each total that nobody can carry: no point lies in the township."""
    points = np.bincount(towns.of, minlength=len(towns.codes))
    return [
        errors.warning(
            "total-without-points",
            table,
            None,
            towns.codes[at],
            name=towns.names[at],
            group=group,
            people=f"{target[at]:g}",
        )
        for at in np.flatnonzero((points == 0) & (target > 0)).tolist()
    ]


def _exceeding(towns: _Towns, residents: pd.DataFrame, groups: list[str], *, table: str) -> list[Finding]:
    """Return a warning per township and age group that is larger than the population of a point after scaling."""
    found = []
    people = residents["population"].to_numpy(dtype=np.float64)
    for group in (name for name in groups if name.startswith("age_")):
        over = residents[group].to_numpy(dtype=np.float64) > people * (1 + 1e-9) + 1e-9
        for at, n in enumerate(np.bincount(towns.of[over], minlength=len(towns.codes)).tolist()):
            if n:
                values = {"name": towns.names[at], "group": group, "n": n}
                found.append(errors.warning("total-group-exceeds", table, None, towns.codes[at], **values))
    return found
