"""The whole analysis, and the study of where to build next, each as one short function over the rooms below.

Each is imported when it is first used: what is judged needs no study of sites, and no study the drawn outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.pipeline.analysis import Progress, Result, analyse, analyse_inputs, keep_network
    from circles.pipeline.siting import Siting, site, study
    from circles.pipeline.tables import names_of

__all__ = ["Progress", "Result", "Siting", "analyse", "analyse_inputs", "keep_network", "names_of", "site", "study"]

_MODULES = {
    "Progress": "analysis",
    "Result": "analysis",
    "analyse": "analysis",
    "analyse_inputs": "analysis",
    "keep_network": "analysis",
    "Siting": "siting",
    "site": "siting",
    "study": "siting",
    "names_of": "tables",
}


def __getattr__(name: str) -> Any:
    """Import what the name stands for when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'circles.pipeline' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - as above

    return getattr(importlib.import_module(f"circles.pipeline.{_MODULES[name]}"), name)
