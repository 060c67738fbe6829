"""What a scenario or another run changes, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from circles.analysis import compare
from circles.analysis.compare import Comparison
from circles.analysis.scenario import Scenario
from circles.cli.console import aligned
from circles.foundation import words
from circles.foundation.schema.tables import ALL
from circles.foundation.words import Lang
from circles.outputs.statement import SYMBOLS
from circles.pipeline import Result

_MARK = {str(verdict): symbol for verdict, symbol in SYMBOLS.items()}


def changed(result: Result, scenario: Scenario, lang: Lang) -> str:
    """Return what a scenario does and what follows from it."""
    counts = scenario.counts()
    kinds = [words.text(f"scenario.kind_{kind}", lang, count=count) for kind, count in counts.items()]
    said = ("；" if lang == "zh" else "; ").join(kinds) or words.text("scenario.nothing", lang)
    lines = [words.text("scenario.applied", lang, name=scenario.name, id=scenario.id, changes=said)]
    if result.base is not None:
        states = compare.state_of(result.base), compare.state_of(result)
        found = compare.compare(*states, any_parameters=True)
        lines.append(words.text("compare.head_scenario", lang, unit=compare.unit_of(states[1], lang)))
        lines.append(changes_matrix(found, lang))
        lines += compare.sentences(found.compare, found.compare_rules, *states, lang)
    return "\n".join(lines)


def changes_matrix(found: Comparison, lang: Lang) -> str:
    """Return township × kind of service as text: people more or fewer, and the verdicts' marks where one turned."""
    everyone = found.compare[found.compare["group"] == "population"]
    categories = list(dict.fromkeys(everyone["category"]))
    names = [
        str(found.after.categories[category].get("heading") or found.after.categories[category]["name"])
        for category in categories
    ]
    rows = [[words.text("cli.township", lang), *names]]
    for code, part in everyone.groupby("township_code", sort=False):
        cells = part.set_index("category").to_dict("index")
        town = words.text("compare.all", lang) if code == ALL else str(part["township"].iloc[0])
        rows.append([town, *(_cell(cells[category]) for category in categories)])
    return aligned(rows)


def _cell(row: Mapping[Hashable, Any]) -> str:
    change = float(str(row["covered_change"]))
    text = compare.amount(change, signed=True) if change else "0"
    before, after = str(row["verdict_before"]), str(row["verdict_after"])
    return text if before == after else f"{text} {_MARK.get(before, '–')}→{_MARK.get(after, '–')}"
