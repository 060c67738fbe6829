"""What a survey brings back: matched to the streets, shown, and only then saved."""

from circles.analysis.surveyed.matching import Matched, match, named_places
from circles.analysis.surveyed.saving import HEAD, as_scenario, days_of, scenario_text

__all__ = ["HEAD", "Matched", "as_scenario", "days_of", "match", "named_places", "scenario_text"]
