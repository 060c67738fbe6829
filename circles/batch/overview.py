"""The overview page of a batch: regions × services, each cell a verdict, each name a link to the region's own map.

The page opens with no network at all. Every text of an input travels as JSON and is shown as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import pandas as pd

from circles.batch.regions import Region
from circles.foundation import words
from circles.foundation.schema.tables import ALL
from circles.foundation.words import Lang
from circles.outputs import inline, text
from circles.outputs.statement import COLOURS, GROUNDS, SYMBOLS, WORST_FIRST

_WORST_FIRST = tuple(str(verdict) for verdict in WORST_FIRST)
_MARK = {str(verdict): mark for verdict, mark in SYMBOLS.items()}
OVERALL = "overall"
Cell = dict[str, Any]


def page(
    name: str,
    regions: Sequence[Region],
    *,
    records: Mapping[str, Mapping[str, Any]],
    failed: Mapping[str, str],
    check: pd.DataFrame,
    lang: Lang,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    name : the batch's title
    regions : all regions, in any order
    records : region code -> what `parts` recorded of a finished one
    failed : region code -> why there is no result
    check : the merged table ``check`` of all finished regions, ``region_code`` first
    lang : language of the page
    """
    categories: dict[str, str] = {}
    for code in sorted(records):
        for key, title in records[code]["categories"].items():
            categories.setdefault(key, title)
    verdicts = _verdicts(check, [*categories, OVERALL])
    rows = [
        _row(
            item,
            list(categories),
            why=failed.get(item.code, ""),
            verdicts=verdicts,
            record=records.get(item.code, {}),
            lang=lang,
        )
        for item in sorted(regions, key=lambda region: region.code)
    ]
    marked = sum(bool(record["demonstration"]) for record in records.values())
    reached = sum(row["cells"][-1]["verdict"] == "met" for row in rows if not row["failed"])
    word = _words(lang, is_binding=bool(records) and all(_is_binding(record) for record in records.values()))
    title = words.text("batch.title", lang, name=name)
    data = {
        "title": title,
        "facts": words.text(
            "batch.facts", lang, regions=len(rows), done=len(records), failed=len(failed), met=reached, word=word["met"],
            as_of=max((str(record["as_of"]) for record in records.values()), default="–"),
        ),
        "demonstration": words.text("batch.demonstration", lang, count=marked) if marked else "",
        "columns": [
            words.text("batch.code", lang), words.text("batch.region", lang), *categories.values(),
            words.text("batch.overall", lang),
        ],
        "rows": rows,
        "choices": [
            ["all", words.text("batch.all", lang)], *([key, word[key]] for key in _WORST_FIRST),
            ["failed", words.text("batch.failed", lang)],
        ],
        "legend": [[key, _MARK[key], words.text(f"batch.legend_{key}", lang, word=word[key])] for key in _WORST_FIRST],
        "words": {
            key: words.text(f"batch.{key}", lang)
            for key in ("caption", "method", "find", "show", "failed", "failed_title", "shown", "towns")
        },
    }  # fmt: skip
    return _html(text.visible(title), data, lang)


def _verdicts(check: pd.DataFrame, columns: list[str]) -> dict[tuple[str, str], list[int]]:
    """Return, by region and category (or ``overall``), the number of townships by their worst verdict."""
    if check.empty:
        return {}
    table = check.assign(column=check["category"].where(check["rule_id"] != OVERALL, OVERALL))
    table = table[table["column"].isin(columns)]
    rank = table["verdict"].astype(str).map({verdict: n for n, verdict in enumerate(_WORST_FIRST)})
    worst = rank.groupby([table["region_code"], table["column"], table["township_code"]]).min()
    found: dict[tuple[str, str], list[int]] = {}
    codes, names, _townships = zip(*worst.index, strict=True)
    for code, column, verdict in zip(codes, names, worst, strict=True):
        found.setdefault((str(code), str(column)), [0] * len(_WORST_FIRST))[int(verdict)] += 1
    return found


def _row(
    region: Region,
    categories: list[str],
    *,
    why: str,
    verdicts: Mapping[tuple[str, str], list[int]],
    record: Mapping[str, Any],
    lang: Lang,
) -> dict[str, Any]:
    if why:
        return {"code": region.code, "name": region.name, "failed": why, "cells": []}
    word, said = _words(lang, is_binding=_is_binding(record)), record["statement"]
    whole = {row["category"]: row for row in said["rows"] if row["code"] == ALL}
    cells: list[Cell | None] = []
    for column in (*categories, OVERALL):
        counts = verdicts.get((region.code, column))
        if counts is None:
            is_own = column == OVERALL or column in record["categories"]
            cells.append(_cell("no_rule", 0, 0, word, whole.get(column)) if is_own else None)
            continue
        verdict = next((v for n, v in enumerate(_WORST_FIRST) if counts[n]), "no_rule")
        judged = int(counts[0] + counts[1] + counts[2])
        cells.append(_cell(verdict, int(counts[2]), judged, word, whole.get(column)))
    return {"code": region.code, "name": region.name, "failed": "", "cells": cells, "towns": _towns(said, categories)}


def _towns(said: Mapping[str, Any], categories: list[str]) -> list[dict[str, Any]]:
    """Return the statement of a region's townships and of the whole region, row by row, as every product shows it."""
    cells = {(row["code"], row["category"]): row for row in said["rows"]}
    heads = [head["text"] for head in said["heads"]]
    return [
        {
            "name": town["name"], "kinds": town["text"], "heads": heads,
            "cells": [
                {"text": cells[town["code"], key]["cell"], "verdict": cells[town["code"], key]["verdict"],
                 "said": cells[town["code"], key]["said"]}
                if (town["code"], key) in cells else None
                for key in categories
            ],
        }
        for town in [*said["towns"], {"code": ALL, "name": said["countyName"], "text": ""}]
    ]  # fmt: skip


def _is_binding(record: Mapping[str, Any]) -> bool:
    """Return whether every verdict of a region may say 达标."""
    said = [row["word"] for row in record["statement"]["rows"] if row["word"] and row["verdict"] != "no_rule"]
    return bool(said) and all(key.startswith("verdict_") for key in said)


def _cell(
    verdict: str, met: int, judged: int, word: Mapping[str, str], whole: Mapping[str, Any] | None = None
) -> Cell:  # fmt: skip
    shown = f"{_MARK[verdict]} {word[verdict]}" + (f" {met}/{judged}" if judged else "")
    value = "" if whole is None else f"{whole['text']}（{whole['base']}）"
    return {"verdict": verdict, "met": met, "of": judged, "text": shown, "value": value}


def _words(lang: Lang, *, is_binding: bool) -> dict[str, str]:
    """Return the word for each verdict, as every product says it."""
    kind = "verdict" if is_binding else "reference"
    return {verdict: words.text(f"statement.{kind}_{verdict}", lang) for verdict in _WORST_FIRST}


def _html(title: str, data: Mapping[str, Any], lang: Lang) -> str:
    asset = resources.files(__package__).joinpath("assets")
    template, style, script = (
        asset.joinpath(f"overview.{end}").read_text(encoding="utf-8") for end in ("html", "css", "js")
    )
    palette = "".join(f".{key} {{ color: {COLOURS[key]}; background: {GROUNDS[key]}; }}\n" for key in COLOURS)
    shell = template.replace("{style}", style + palette).replace("{script}", inline.script_text(script))
    shell = shell.replace("{policy}", inline.policy(shell)).replace("{lang}", "zh-CN" if lang == "zh" else "en")
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    before, _, after = shell.partition("{data}")
    return before.replace("{title}", escaped) + inline.json_text(data) + after
