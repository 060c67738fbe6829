"""All runs, one after the other: with progress, and taken up again where they were interrupted."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.certainty.design import Design
from circles.analysis.certainty.doubts import Doubts
from circles.analysis.certainty.states import Asked, Outcome, States
from circles.analysis.verdicts.judge import OVERALL
from circles.foundation import atomic
from circles.foundation.schema.tables import Verdict
from circles.foundation.types import F64, I64
from circles.inputs.loading import Inputs

_SAVED_EACH_S = 20.0
Progress = Callable[[int, int], None]
"""``(runs made, runs in all)``."""


@dataclass
class Runs:
    """What all runs gave.

    Attributes
    ----------
    design : which runs they were
    asked : (verdicts,) the township and rule of each verdict
    numerator, denominator, value : (runs, verdicts)
    met : (runs, verdicts) 1 met, 0 not met, −1 no data
    within : (categories, residents) in how many runs each point reaches each category within the area's limit
    """

    design: Design
    asked: tuple[Asked, ...]
    numerator: F64
    denominator: F64
    value: F64
    met: I64
    within: I64

    @property
    def n_runs(self) -> int:
        """Return the number of runs."""
        return len(self.met)

    @property
    def deciding(self) -> F64:
        """Return the quantity whose variance is divided among the sources, (runs, verdicts): numerator / denominator, NaN without data."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.numerator / self.denominator
        return np.where(np.isfinite(share), share, np.nan)

    @property
    def block(self) -> I64:
        """Return the number of each run's block, shape (runs,)."""
        return np.arange(self.n_runs, dtype=np.int64) // len(self.design.names)


def asked_of(states_of: Inputs, check: pd.DataFrame) -> list[Asked]:
    """Return township and rule, as it is there, of each verdict that is met or not, the overall ones left out."""
    area = states_of.area
    township = states_of.townships
    classes = dict(zip(township["code"].astype(str), township["class"].fillna("").astype(str), strict=True))
    rules = {rule.id: rule for rule in area.rules}
    own: dict[tuple[str, str], Asked] = {}
    decided = check["verdict"].isin([str(Verdict.MET), str(Verdict.NOT_MET)]) & check["rule_id"].ne(OVERALL)
    found = []
    for code, rule_id in check.loc[decided, ["township_code", "rule_id"]].itertuples(index=False, name=None):
        kind = classes.get(str(code), "")
        if (rule_id, kind) not in own:  # one value for all townships of a class: what is measured is kept per rule
            own[rule_id, kind] = (str(code), rules[str(rule_id)].of_class(kind))
        found.append((str(code), own[rule_id, kind][1]))
    return found


def run(
    inputs: Inputs,
    walks: Walks,
    doubts: Doubts,
    check: pd.DataFrame,
    *,
    n_runs: int,
    progress: Progress = lambda *_: None,
    kept: Path | None = None,
    key: str = "",
) -> Runs:
    """Make ``n_runs`` runs.

    Parameters
    ----------
    inputs, walks, check : the area as it is, walked, and its verdicts
    doubts : what is drawn
    n_runs : all runs, whatever they are for
    progress : called with the runs made and all runs
    kept : a file that an interrupted call leaves and the next one goes on from, if it is of the same ``key``

    Returns
    -------
    Runs
        The same numbers for the same inputs, seed and ``n_runs``, interrupted or not.
    """
    asked = asked_of(inputs, check)
    design = Design(doubts.size, doubts.sure.seed, n_runs)
    states = States(inputs, walks, doubts, asked)
    n_points = len(inputs.residents)
    runs = _empty(design, asked, len(inputs.area.categories), n_points)
    stamp = hashlib.sha256(f"{key} {n_runs} {len(asked)} {n_points} {dict(design.size)}".encode()).hexdigest()
    done = _restore(runs, kept, stamp)
    saved_s = time.monotonic()
    per_block = len(design.names)
    for block in range(done // per_block, design.n_blocks):
        for number, draw in enumerate(design.draws(block)):
            _enter(runs, block * per_block + number, states.outcome(draw))
            progress(block * per_block + number + 1, n_runs)
        if kept is not None and time.monotonic() - saved_s > _SAVED_EACH_S:
            _save(runs, kept, stamp, (block + 1) * per_block)
            saved_s = time.monotonic()
    return runs


def _empty(design: Design, asked: list[Asked], n_categories: int, n_points: int) -> Runs:
    shape = design.n_runs, len(asked)
    return Runs(
        design, tuple(asked), np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan),
        np.full(shape, -1, dtype=np.int64), np.zeros((n_categories, n_points), dtype=np.int64),
    )  # fmt: skip


def _enter(runs: Runs, row: int, got: Outcome) -> None:
    runs.numerator[row], runs.denominator[row] = got.numerator, got.denominator
    runs.value[row], runs.met[row] = got.value, got.met
    runs.within += got.within


_FIELDS = ("numerator", "denominator", "value", "met", "within")


def _save(runs: Runs, file: Path, stamp: str, done: int) -> None:
    """Keep what has been made so far, whole blocks only."""
    stream = io.BytesIO()
    np.savez(stream, stamp=stamp, done=done, **{name: getattr(runs, name) for name in _FIELDS})
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_file(file, stream.getvalue())


def _restore(runs: Runs, file: Path | None, stamp: str) -> int:
    """Fill in what an interrupted call left, and return how many runs that were; 0 where it left nothing of use."""
    if file is None or not file.is_file():
        return 0
    try:
        with np.load(file, allow_pickle=False) as found:
            if str(found["stamp"]) != stamp:
                return 0
            parts = {name: found[name] for name in _FIELDS}
            done = int(found["done"])
    except (OSError, ValueError, KeyError, EOFError):
        return 0
    if any(parts[name].shape != getattr(runs, name).shape for name in _FIELDS):
        return 0
    for name in _FIELDS:
        getattr(runs, name)[...] = parts[name]
    return done
