"""How sure each verdict is with all doubts drawn together, what decides it, and what to survey next."""

from circles.analysis.certainty.answer import certainty_tables, checked, runs_in_full
from circles.analysis.certainty.doubts import Doubts, doubts_of
from circles.analysis.certainty.running import Runs, run
from circles.analysis.certainty.survey import places_to_visit, survey
from circles.analysis.certainty.tables import (
    certainty,
    certainty_shares,
    confidence,
    p_met,
    p_met_se,
    residents_within,
)
from circles.foundation.schema.doubts import Confidence

__all__ = [
    "Confidence",
    "Doubts",
    "Runs",
    "certainty",
    "certainty_shares",
    "certainty_tables",
    "checked",
    "confidence",
    "doubts_of",
    "p_met",
    "p_met_se",
    "places_to_visit",
    "residents_within",
    "run",
    "runs_in_full",
    "survey",
]
