"""The verdict table as a terminal shows it."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.verdicts import is_share
from circles.area import Area
from circles.foundation import words
from circles.foundation.words import Lang

_MARK = {"met": "✔", "not_met": "✘", "no_data": "▨", "exempt": "□", "no_rule": "–"}
_WORST = {"not_met": 0, "no_data": 1, "met": 2, "exempt": 3, "no_rule": 4}


def matrix(check: pd.DataFrame, area: Area, lang: Lang) -> str:
    """Return township × category as text: mark, word and value; the worst of a category's rules stands for it."""
    head = [words.text("cli.township", lang), *(c.name for c in area.categories), words.text("cli.overall", lang)]
    rows = [head]
    of_town: dict[str, list[dict[Hashable, Any]]] = {}
    for judged in check.to_dict("records"):
        of_town.setdefault(judged["township_code"], []).append(judged)
    for part in of_town.values():
        cells = [_cell([row for row in part if row["category"] == c.id], area, lang) for c in area.categories]
        overall = [row for row in part if row["rule_id"] == "overall"]
        rows.append([str(part[0]["township"]), *cells, _cell(overall, area, lang, with_value=False)])
    widths = [max(_width(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(
        [
            lines[0],
            "─" * _width(lines[0].ljust(0)) if not widths else "─" * (sum(widths) + 2 * len(widths) - 2),
            *lines[1:],
        ]
    )


def verdict_word(verdict: str, area: Area, lang: Lang) -> str:
    """Return the word for a verdict, the same as in the documents; a demonstration says 达到参考值, never 达标."""
    word_key = f"demo_verdict_{verdict}"
    is_distinct = area.demonstration and word_key in words.catalogue("report")
    return words.text(f"report.{word_key if is_distinct else 'verdict_' + verdict}", lang)


def _cell(rows: Sequence[Mapping[Hashable, Any]], area: Area, lang: Lang, *, with_value: bool = True) -> str:
    if not rows:
        return "–"
    counted = [row for row in rows if row["rule_status"] != "proposed"]
    worst = min(counted or rows, key=lambda row: _WORST[row["verdict"]])
    text = f"{_MARK[worst['verdict']]} {verdict_word(worst['verdict'], area, lang)}"
    if with_value and pd.notna(worst["value"]):
        share = is_share(str(worst["measure"]))
        text += f" {shown_percent(worst['value'], worst['threshold'])}" if share else f" {worst['value']:g}"
    return text


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
