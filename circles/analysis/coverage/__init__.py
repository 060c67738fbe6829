"""Minutes + residents → who is covered, what capacity reaches them, and how evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circles.analysis.coverage.circle import straight_line
from circles.analysis.coverage.equity import equity, gini, palma_of_means, percentile, variation
from circles.analysis.coverage.fairness import fairness, palma
from circles.analysis.coverage.poverty import kinds_lacking, poverty
from circles.analysis.coverage.share import (
    by_island,
    by_village,
    coverage,
    groups,
    people,
    shown_percent,
    variants,
)

if TYPE_CHECKING:
    from circles.analysis.coverage import capacity
    from circles.analysis.coverage.capacity import Catchments, enhanced, two_step
    from circles.analysis.coverage.supplied import supply

__all__ = [
    "Catchments",
    "by_island",
    "by_village",
    "capacity",
    "coverage",
    "enhanced",
    "equity",
    "fairness",
    "gini",
    "groups",
    "kinds_lacking",
    "palma",
    "palma_of_means",
    "people",
    "percentile",
    "poverty",
    "shown_percent",
    "straight_line",
    "supply",
    "two_step",
    "variants",
    "variation",
]

_LATER = {"Catchments": "capacity", "enhanced": "capacity", "two_step": "capacity", "supply": "supplied"}


def __getattr__(name: str) -> Any:
    """Import what needs the walked network, or scipy, when it is first used: who writes documents needs neither."""
    if name not in _LATER:
        raise AttributeError(f"module 'circles.analysis.coverage' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - as above

    return getattr(importlib.import_module(f"circles.analysis.coverage.{_LATER[name]}"), name)
