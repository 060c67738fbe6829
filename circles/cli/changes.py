"""What a scenario or another run changes, as a terminal shows it."""

from __future__ import annotations

from circles import words
from circles.pipeline import Result
from circles.scenario import Scenario
from circles.words import Lang


def changed(result: Result, scenario: Scenario, lang: Lang) -> str:
    """Return what a scenario does and what follows from it."""
    del result
    counts = scenario.counts()
    kinds = [words.text(f"scenario.kind_{kind}", lang, count=count) for kind, count in counts.items()]
    said = ("；" if lang == "zh" else "; ").join(kinds) or words.text("scenario.nothing", lang)
    return words.text("scenario.applied", lang, name=scenario.name, id=scenario.id, changes=said)
