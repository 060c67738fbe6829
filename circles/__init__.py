"""Fifteen-minute walking circles for island counties: reach, gaps, verdicts, siting and the plan's ledger.

>>> import circles
>>> area = circles.load_area()                  # the embedded Shengsi
>>> result = circles.analyse(area)              # doctest: +SKIP
>>> result.save("maps/shengsi")                 # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from circles.foundation.version import __version__

if TYPE_CHECKING:
    from circles.analysis.scenario import Scenario, load_scenario
    from circles.area import Area, load_area
    from circles.pipeline import Result, Siting, analyse, site

__all__ = ["Area", "Result", "Scenario", "Siting", "__version__", "analyse", "load_area", "load_scenario", "site"]

_ROOMS = {
    "Area": "circles.area",
    "load_area": "circles.area",
    "Result": "circles.pipeline",
    "analyse": "circles.pipeline",
    "Scenario": "circles.analysis.scenario",
    "load_scenario": "circles.analysis.scenario",
    "Siting": "circles.pipeline",
    "site": "circles.pipeline",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: ``import circles`` itself stays light."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'circles' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - as above

    return getattr(importlib.import_module(_ROOMS[name]), name)
