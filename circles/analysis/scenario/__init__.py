"""What changes if: facilities and streets that come, move, grow or go, put on an area without touching its files."""

from circles.analysis.scenario.applying import apply
from circles.analysis.scenario.closing import KINDS, Kind, closures
from circles.analysis.scenario.model import FILE, Scenario, ScenarioFile
from circles.analysis.scenario.reading import load_scenario, read_scenario

__all__ = [
    "FILE", "KINDS", "Kind", "Scenario", "ScenarioFile", "apply", "closures", "load_scenario", "read_scenario",
]  # fmt: skip
