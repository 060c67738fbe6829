"""What changed between two runs, per township and kind of service, and why."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from circles.analysis.compare.parameters import differing
from circles.analysis.compare.parts import CAUSES, Attribution, compare_table
from circles.analysis.compare.state import State, changed_files, read, state_of
from circles.analysis.compare.summary import amount, sentences, unit_of, verdict_word
from circles.analysis.compare.verdicts import rules_table, worst
from circles.foundation import errors
from circles.foundation.errors import CallError

__all__ = [
    "CAUSES", "Comparison", "State", "amount", "changed_files", "compare", "differing", "read",
    "sentences", "state_of", "unit_of", "verdict_word",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Two states and the tables ``compare`` and ``compare_rules`` between them; ``parameters`` are those that differ."""

    before: State
    after: State
    compare: pd.DataFrame
    compare_rules: pd.DataFrame
    parameters: tuple[tuple[str, str, str], ...]


def compare(before: State, after: State, *, any_parameters: bool = False) -> Comparison:
    """Compare two states of one area.

    Raises
    ------
    CallError
        They are different areas; or, unless ``any_parameters``, walked under different parameters: each is named.
    """
    if before.run["area"] != after.run["area"]:
        values = {"before": before.run["area"], "after": after.run["area"]}
        raise CallError(errors.error("compare-areas", **values))
    parameters = differing(before, after)
    if parameters and not any_parameters:
        raise CallError(
            [errors.error("compare-parameter", id=name, value=name, before=a, after=b) for name, a, b in parameters]
        )
    found = Attribution(before, after)
    table = compare_table(found, (worst(before), worst(after)))
    return Comparison(before, after, table, rules_table(found), tuple(parameters))
