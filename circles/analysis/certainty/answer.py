"""The question as the pipeline puts it: so many runs of an area → the tables, and what is doubtful about them."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from circles.analysis.access import Walks
from circles.analysis.certainty.doubts import doubts_of
from circles.analysis.certainty.running import Progress, run
from circles.analysis.certainty.survey import survey
from circles.analysis.certainty.tables import certainty, certainty_shares, p_met_se, residents_within
from circles.area import MOST_DRAWS
from circles.foundation import errors
from circles.foundation.errors import CallError, Finding
from circles.foundation.version import __version__
from circles.inputs.loading import Inputs

IN_FULL = 64
"""Runs that ``--full`` makes without ``--sure``, where they are cheap."""
_CHEAP = 20_000
"""Edges, and resident points, up to which they are."""
_WELL_KNOWN = 0.05


def checked(n_runs: int) -> int:
    """Return a number of runs as it is.

    Raises
    ------
    CallError
        It is none, or more than anybody means.
    """
    if not 1 <= n_runs <= MOST_DRAWS:
        raise CallError(errors.error("sure-draws", "--sure", value=n_runs, most=MOST_DRAWS))
    return n_runs


def runs_in_full(inputs: Inputs) -> int:
    """Return how many runs ``--full`` makes: none where each takes long."""
    return IN_FULL if max(len(inputs.network.edges), len(inputs.residents)) <= _CHEAP else 0


def certainty_tables(
    inputs: Inputs,
    walks: Walks,
    check: pd.DataFrame,
    *,
    n_runs: int,
    progress: Progress = lambda *_: None,
    kept: Path | None = None,
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the tables ``certainty``, ``certainty_shares``, ``certainty_residents`` and ``survey``, and findings.

    Parameters
    ----------
    inputs, walks, check : the area as it is, walked, and its verdicts
    n_runs : runs in all
    progress : called with ``(made, in all)``
    kept : a file that an interrupted call leaves, and that is gone when the tables are there
    """
    doubts = doubts_of(inputs, walks)
    runs = run(inputs, walks, doubts, check, n_runs=n_runs, progress=progress, kept=kept, key=_key(inputs))
    tables = {
        "certainty": certainty(runs, check),
        "certainty_shares": certainty_shares(runs, check, doubts.sure),
        "certainty_residents": residents_within(runs, inputs.residents, inputs.area),
        "survey": survey(runs, doubts, inputs, check),
    }
    findings = list(doubts.findings)
    worst = float(np.nanmax(p_met_se(runs), initial=0.0))
    if worst > _WELL_KNOWN:
        enough = math.ceil(n_runs * (worst / 0.01) ** 2 / 100.0) * 100
        findings.append(
            errors.warning(
                "sure-few-draws", inputs.area.file.name, id="--sure", n=n_runs, points=f"{worst * 100:.1f}",
                enough=enough,
            )
        )  # fmt: skip
    return tables, findings


def _key(inputs: Inputs) -> str:
    """Return what distinguishes the runs of different states of an area."""
    area = inputs.area
    digest = hashlib.sha256(inputs.network.digest().encode())
    for frame in (inputs.residents, inputs.facilities):
        digest.update(
            pd.util.hash_pandas_object(frame.drop(columns="geometry").astype(str), index=False).to_numpy().tobytes()
        )
    for xy in (inputs.resident_xy, inputs.facility_xy):
        digest.update(np.ascontiguousarray(xy).tobytes())
    parts = [area.sure, area.walk, *area.categories, *area.rules]
    said = [__version__, area.id, area.as_of.isoformat(), *(part.model_dump(mode="json") for part in parts)]
    digest.update(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()
