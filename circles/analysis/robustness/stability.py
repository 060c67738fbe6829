"""How sure a verdict is: the analysis again with other assumptions, one changed at a time.

稳定达标 (stable_met): met as it is and however the assumptions vary. 稳定不达标 (stable_not_met): never met. 临界
(borderline): some variant turns the verdict, and ``turned_by`` names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from circles.analysis.verdicts.judge import NO_RULE
from circles.area import Area
from circles.foundation.schema.tables import Verdict

SPEED_FACTORS = (0.8, 0.9, 1.1, 1.2)
SNAP_MAX_M = (50.0, 100.0, 200.0)
COLUMNS = ("township_code", "rule_id", "variant", "value", "verdict", "stability", "turned_by")
"""Columns of :func:`stability`; the key is ``(township_code, rule_id, variant)``."""
BASE = "base"
"""Name of the variant that is the analysis as it is."""


class Stability(StrEnum):
    """How a verdict fares under other assumptions; empty in the table where there is no data to judge."""

    STABLE_MET = "stable_met"
    BORDERLINE = "borderline"
    STABLE_NOT_MET = "stable_not_met"


@dataclass(frozen=True)
class Variant:
    """One changed assumption; None = as it is.

    ``name`` is ``speed=0.8`` (factor on every walking speed), ``snap=50`` (metres), ``slope=off`` or ``on``, or
    ``positions=1`` (seed with which doubtful positions move within their stated accuracy).
    """

    name: str
    speed_factor: float = 1.0
    snap_max_m: float | None = None
    uses_slope: bool | None = None
    jitter_seed: int | None = None


Rerun = Callable[[float, float | None, bool | None, int | None], pd.DataFrame]
"""``(speed_factor, snap_max_m, uses_slope, jitter_seed)`` → table ``check``; None = as it is."""


def assumptions(area: Area, *, has_slope: bool = True, jitter_seeds: Sequence[int] = (1, 2, 3)) -> list[Variant]:
    """Return the variants to try, without those that change nothing.

    Parameters
    ----------
    has_slope : whether the network knows any elevation; without it slope changes nothing
    jitter_seeds : one variant of moved positions each; empty where no position is doubtful
    """
    found = [Variant(f"speed={factor:g}", speed_factor=factor) for factor in SPEED_FACTORS]
    found += [Variant(f"snap={snap:g}", snap_max_m=snap) for snap in SNAP_MAX_M if snap != area.walk.snap_max_m]
    if has_slope:
        used = {area.walker(category.id).uses_slope for category in area.categories}
        found += [Variant("slope=off", uses_slope=False)] if True in used else []
        found += [Variant("slope=on", uses_slope=True)] if False in used else []
    return found + [Variant(f"positions={seed}", jitter_seed=seed) for seed in jitter_seeds]


def stability(base: pd.DataFrame, rerun: Rerun, variants: Sequence[Variant]) -> pd.DataFrame:
    """Return how every verdict fares under each variant.

    Parameters
    ----------
    base : table ``check`` of the analysis as it is
    rerun : the analysis with changed assumptions
    variants : what to change, from :func:`assumptions`

    Returns
    -------
    DataFrame
        Long, columns ``COLUMNS``: per row of ``base`` (categories without a rule left out) one row per variant,
        ``base`` first. ``stability`` and ``turned_by`` (names of variants that turn the verdict, by ``+``, in the order
        of ``variants``) are the same on all rows of one verdict. ``stability`` is empty where ``base`` has no
        verdict; a variant without data turns nothing.
    """
    tables = [(BASE, base)]
    tables += [(v.name, rerun(v.speed_factor, v.snap_max_m, v.uses_slope, v.jitter_seed)) for v in variants]
    cells = {
        name: {
            (code, rule): (value, str(verdict))
            for code, rule, value, verdict in table[["township_code", "rule_id", "value", "verdict"]].itertuples(
                index=False, name=None
            )
        }
        for name, table in tables
    }
    rows: list[tuple[str, str, str, float, str, str, str]] = []
    for key in zip(base["township_code"], base["rule_id"], strict=True):
        if key[1] == NO_RULE:
            continue
        verdicts = {name: cells[name][key][1] for name, _ in tables}
        judged, turned = classify(verdicts)
        rows += [(*key, name, *cells[name][key], judged, "+".join(turned)) for name, _ in tables]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": "float64"})


def classify(verdicts: dict[str, str]) -> tuple[str, list[str]]:
    """Return the stability and the names of the variants that turn the verdict of ``BASE``.

    >>> classify({"base": "met", "speed=0.8": "not_met", "snap=50": "met"})
    ('borderline', ['speed=0.8'])
    """
    own = verdicts[BASE]
    decided = (str(Verdict.MET), str(Verdict.NOT_MET))
    if own not in decided:
        return "", []
    turned = [name for name, verdict in verdicts.items() if verdict in decided and verdict != own]
    if turned:
        return str(Stability.BORDERLINE), turned
    return str(Stability.STABLE_MET if own == Verdict.MET else Stability.STABLE_NOT_MET), []
