"""The sentences of a statement that stand first in every product: what is so, on what base, what is lacking where."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from circles.foundation import words
from circles.foundation.schema.tables import ALL, Verdict
from circles.foundation.words import Lang
from circles.outputs.stated import Stated, number_text, stated, value_text
from circles.outputs.statement import Row, county

if TYPE_CHECKING:
    import pandas as pd

    from circles.analysis.results import Tables

_KINDS = ("", "一", "两", "三", "四", "五", "六", "七", "八", "九")
_NAMED_MAX = 2
_GAPS = 3


def counted(kinds: int, lang: Lang) -> str:
    """Return how many kinds, as a sentence says it: 「四」, "4"."""
    return _KINDS[kinds] if lang == "zh" and kinds < len(_KINDS) else str(kinds)


def first_screen(tables: Tables, lang: Lang) -> dict[str, Any]:
    """Return the statement of an analysis as plain data, with its sentences."""
    said = stated(tables, lang)
    names = {town.code: town.name for town in said.found.towns}
    outside = words.text("report.outside", lang)
    return {
        **said.as_data(),
        "headline": headline(said, limit_min=tables.area.walk.limit_min),
        "figures": [{"name": name, "value": value, "base": base} for name, value, base in figures(said)],
        "short": short_line(said),
        "lines": foot_lines(said, tables.gaps, lambda code: names.get(code, outside)),
    }


def headline(said: Stated, *, limit_min: float) -> str:
    """Return the one sentence: how many townships meet everything, the widest shortage, the largest."""
    whole, word = county(said.found), said.word
    if not whole["townships"]:
        return word("headline_no_rule", limit=f"{limit_min:g}", unit=said.unit)
    parts = [_how_many(said, whole)]
    if whole["widest"]:
        service = said.heads[whole["widest"]].name
        parts.append(word("headline_widest", service=service, n=whole["below"][whole["widest"]]))
    if whole["largest"] and len(said.heads) > 1:
        row = said.cells[ALL, whole["largest"]]
        service = said.heads[whole["largest"]].name
        parts.append(word("headline_largest", service=service, n=plain(said, row.uncovered), unit=said.unit))
    return "".join([*parts, word("headline_stop")])


def _how_many(said: Stated, whole: dict[str, Any]) -> str:
    """Return how many townships meet everything and how many are below; of all of them where it is so of all."""
    word, kind, names, n = said.word, _flavour(said), whole["met"], whole["townships"]
    every = next(town.name for town in said.found.towns if town.judged) if n == 1 else word("headline_all", n=n)
    if len(names) == n:
        return word(f"headline_every_met_{kind}", names=every)
    if whole["belowTowns"] == n:
        return word(f"headline_every_below_{kind}", names=every)
    shown = word("headline_some", n=len(names)) if len(names) > _NAMED_MAX else _listed(said, names)
    met = word(f"headline_met_{kind}", names=shown) if names else word(f"headline_none_{kind}")
    below = word(f"headline_below_{kind}", n=whole["belowTowns"]) if whole["belowTowns"] else ""
    return word("headline_townships", n=n) + met + below


def figures(said: Stated) -> list[tuple[str, str, str]]:
    """Return, per kind, its name, the county's value, and on what base: 「60岁及以上18239/20942」."""
    found = []
    for head in said.found.heads:
        row = said.cells[ALL, head.category]
        base = "" if head.group == "population" and _is_people(row) else said.base(row)
        part = "" if row.denominator is None else f"{plain(said, row.numerator)}/{plain(said, row.denominator)}"
        part += "" if not part or _is_people(row) else _space(said) + _unit(said, row.measure)
        gap = " " if base and part and said.lang != "zh" else ""
        found.append((head.name, said.value(row), f"{base}{gap}{part}"))
    return found


def short_line(said: Stated) -> str:
    """Return how many townships are below, and how many people are still to be covered, kind by kind; '' without rules."""
    whole, word = county(said.found), said.word
    if not whole["townships"]:
        return ""
    heads = said.found.heads
    counts = "·".join(word("headline_count", n=whole["below"][head.category]) for head in heads)
    line = word(f"headline_below_line_{_flavour(said)}", counts=counts)
    needed = [said.cells[ALL, head.category].needed for head in heads]
    if all(number is None for number in needed):
        return line
    units = [_unit(said, head.measure) for head in heads]
    is_same = len(set(units)) == 1
    numbers = "·".join(
        "–" if number is None else plain(said, number) + ("" if is_same else _space(said) + unit)
        for number, unit in zip(needed, units, strict=True)
    )
    return line + word("headline_needed", numbers=numbers, unit=units[0] if is_same else "")


def foot_lines(said: Stated, gaps: pd.DataFrame, place: Callable[[str], str]) -> list[str]:
    """Return who reaches every kind, and the largest gaps with their base; ``place`` names a township by its code."""
    found, lines = said.found, []
    if found.all_kinds is not None and len(found.heads) > 1:
        kinds = counted(len(found.heads), said.lang)
        share = value_text(found.all_kinds / found.people if found.people else None, None, is_share=True)
        lines.append(
            said.word("foot_all_kinds", kinds=kinds, n=plain(said, found.all_kinds), share=share, unit=said.unit)
        )
    largest = gaps.sort_values("population", ascending=False, kind="stable").head(_GAPS) if len(gaps) else gaps
    parts = [
        said.word(
            "foot_gap", township=place(str(gap["township_code"])) + _first_village(said, str(gap.get("villages") or "")),
            service=said.heads[str(gap["category"])].name, n=plain(said, gap["population"]), unit=said.unit,
        )
        for gap in largest.to_dict("records")
    ]  # fmt: skip
    if parts:
        is_points = said.unit == words.text("report.points", said.lang)
        base = said.word("base_points" if is_points else "group_population")
        lines.append(said.word("foot_gaps", base=base, gaps=words.listed(parts, said.lang)))
    return lines


def plain(said: Stated, value: float | None) -> str:
    """Return a whole number as a sentence holds it: without commas in Chinese."""
    if value is None:
        return "–"
    shown = number_text(value, decimals=0)
    return shown.replace(",", "") if said.lang == "zh" else shown


def _flavour(said: Stated) -> str:
    """Return ``verdict`` where every cell may say 达标, else ``reference``."""
    spoken = [row.word for row in said.found.rows if row.word and row.verdict != Verdict.NO_RULE]
    return "verdict" if spoken and all(word.startswith("verdict_") for word in spoken) else "reference"


def _is_people(row: Row) -> bool:
    return row.measure in ("", "population_share")


def _space(said: Stated) -> str:
    return "" if said.lang == "zh" else " "


def _unit(said: Stated, measure: str) -> str:
    if measure in ("", "population_share"):
        return said.unit
    return words.measure(measure, said.lang, "short_").replace("{people}", said.unit)


def _listed(said: Stated, names: list[str]) -> str:
    """Return names as a sentence lists them: 「甲、乙」, "A, B and C"."""
    if said.lang == "zh" or len(names) < 2:
        return words.listed(names, said.lang)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _first_village(said: Stated, villages: str) -> str:
    first = villages.split("、", maxsplit=1)[0]
    if not first:
        return ""
    return words.aside(first, said.lang)
