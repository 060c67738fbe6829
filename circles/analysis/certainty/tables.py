"""All runs → the tables: how sure each verdict is, what decides it, and how likely each point is within the limit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from circles.analysis.certainty.running import Runs
from circles.analysis.certainty.shares import Shares, sobol
from circles.area import Area, Sure
from circles.foundation.schema.doubts import Confidence
from circles.foundation.schema.tables import TABLES, Verdict
from circles.foundation.types import F64

NOTHING = "nothing"
"""``decides`` where nothing varies."""


def confidence(p_met: float, verdict: str, sure: Sure) -> Confidence:
    """Return the word for a verdict that is met with a probability.

    >>> str(confidence(0.96, "met", Sure())), str(confidence(0.1, "met", Sure())), str(confidence(0.1, "not_met", Sure()))
    ('high', 'to_check', 'fair')
    """
    right = p_met if verdict == Verdict.MET else 1.0 - p_met
    if right >= sure.high - 1e-12:
        return Confidence.HIGH
    return Confidence.FAIR if right >= sure.fair - 1e-12 else Confidence.TO_CHECK


def p_met(runs: Runs) -> F64:
    """Return the share of the runs with data in which each rule is met, shape (verdicts,); NaN where no run has data."""
    known = (runs.met >= 0).sum(axis=0)
    met = (runs.met == 1).sum(axis=0)
    share: F64 = np.divide(met, known, out=np.full(len(known), np.nan), where=known > 0)
    return share


def p_met_se(runs: Runs) -> F64:
    """Return the standard errors of `p_met`, shape (verdicts,): over blocks, since the runs of one block are not independent.

    Where all runs agree the error is that of half a run more, so that it is never stated to be nothing.
    """
    block = runs.block
    n = int(block.max(initial=-1)) + 1
    out = np.full(runs.met.shape[1], np.nan)
    whole = runs.n_runs // len(runs.design.names)
    for verdict in range(len(out)):
        known = runs.met[:, verdict] >= 0
        size = np.bincount(block[known], minlength=n).astype(np.float64)
        met = np.bincount(block[known], weights=runs.met[known, verdict], minlength=n)
        some = size > 0
        if not some.any():
            continue
        p = float(met.sum() / size.sum())
        if p in (0.0, 1.0) or whole < 2:
            independent = 2.0 * max(whole, 0.5)
            near = (p * independent + 0.5) / (independent + 1.0)
            out[verdict] = math.sqrt(near * (1.0 - near) / independent)
            continue
        off = met[some] - p * size[some]
        count = int(some.sum())
        out[verdict] = math.sqrt(float((off**2).sum()) * count / (count - 1)) / float(size.sum())
    return out


def shares_of(runs: Runs) -> list[Shares]:
    """Return the shares of the sources, per verdict, from the whole blocks."""
    per_block, deciding = len(runs.design.names), runs.deciding
    whole = runs.n_runs // per_block
    cut = deciding[: whole * per_block].reshape(whole, per_block, deciding.shape[1])
    return [sobol(cut[:, :, verdict]) for verdict in range(deciding.shape[1])]


def certainty(runs: Runs, check: pd.DataFrame) -> pd.DataFrame:
    """Return the table ``certainty``: a row per verdict that is met or not, the overall ones left out."""
    names = dict(zip(check["township_code"].astype(str), check["township"], strict=True))
    met, sources = p_met(runs), [str(source) for source in runs.design.size]
    spread = quantiles(runs.value, (0.05, 0.50, 0.95))
    rows = []
    for number, ((code, rule), shares) in enumerate(zip(runs.asked, shares_of(runs), strict=True)):
        decides, share = _largest(runs, number, shares, sources)
        rows.append((code, names[code], rule.id, met[number], *spread[:, number], decides, share, runs.n_runs))
    columns = TABLES["certainty"].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})


def _largest(runs: Runs, number: int, shares: Shares, sources: list[str]) -> tuple[str, float]:
    """Return the source of the largest total share; where there is no whole block, the one that moved the value most."""
    if sources and np.isfinite(shares.total).all() and shares.variance > 0:
        at = int(np.argmax(shares.total))
        return (sources[at], float(np.clip(shares.total[at], 0.0, 1.0))) if shares.total[at] > 0 else (NOTHING, 0.0)
    column = runs.deciding[:, number]
    if not sources or np.isnan(column).all() or np.nanmax(column) - np.nanmin(column) <= 1e-12:
        return NOTHING, 0.0
    moved = [float(np.nanmax([abs(x - column[0]) for x in column[2 + at :: len(runs.design.names)]], initial=0.0))
             for at in range(len(sources))]  # fmt: skip
    return sources[int(np.argmax(moved))], math.nan


def certainty_shares(runs: Runs, check: pd.DataFrame, sure: Sure) -> pd.DataFrame:
    """Return the table ``certainty_shares``: one row per verdict × source of doubt that varies."""
    verdicts = check.set_index(["township_code", "rule_id"])["verdict"]
    met, error = p_met(runs), p_met_se(runs)
    rows = []
    for number, ((code, rule), shares) in enumerate(zip(runs.asked, shares_of(runs), strict=True)):
        verdict = str(verdicts[code, rule.id])
        word = str(confidence(met[number], verdict, sure)) if math.isfinite(met[number]) else ""
        for at, source in enumerate(runs.design.size):
            rows.append(
                (
                    code, rule.id, verdict, word, met[number], error[number], str(source), shares.first[at],
                    shares.first_se[at], shares.total[at], shares.total_se[at],
                )
            )  # fmt: skip
    columns = TABLES["certainty_shares"].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})


def residents_within(runs: Runs, residents: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Return the table ``certainty_residents``: one row per resident × category, in the order of ``access``."""
    ids = residents["id"].to_numpy(dtype=object)
    names = [category.id for category in area.categories]
    share = (runs.within / max(runs.n_runs, 1)).T.ravel()
    frame = pd.DataFrame(
        {
            "resident_id": np.repeat(ids, len(names)), "category": np.tile(names, len(ids)),
            "profile": np.tile([category.profile for category in area.categories], len(ids)), "p_within": share,
        }
    )  # fmt: skip
    return frame.astype({column.name: column.dtype for column in TABLES["certainty_residents"].columns})


def quantiles(values: F64, shares: tuple[float, ...]) -> F64:
    """Return quantiles (shares, columns) over the rows: values that occurred; a missing value is beyond all others.

    NaN where the quantile is a missing value.
    """
    ordered = np.sort(np.where(np.isnan(values), np.inf, values), axis=0)
    if not len(ordered):
        return np.full((len(shares), values.shape[1]), np.nan)
    rows = [min(max(math.ceil(share * len(ordered)) - 1, 0), len(ordered) - 1) for share in shares]
    found = ordered[rows]
    return np.where(np.isinf(found), np.nan, found)
