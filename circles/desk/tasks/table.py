"""A table of facilities as its page shows it: cells, what each column is, words to be mapped, findings, proposed corrections."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from circles.area import Area, PlacesFile, load_area
from circles.foundation.errors import Finding, InputError
from circles.foundation.words import Lang
from circles.foundation.words import text as said
from circles.inputs import checks
from circles.inputs.examine import box_of
from circles.inputs.guards.child import reading
from circles.inputs.readers import cells, places, polygons
from circles.inputs.readers.categories import category_words, proposals
from circles.inputs.readers.sheets import Sheet, read_sheet

_NEEDED = ("id", "name", "category")
_MOST_ROWS, _MOST_WORDS, _MOST_CELL = 500, 200, 200
_COLUMN_OF = {
    "unknown-category": "category", "unknown-status": "status", "id-missing": "id", "id-pattern": "id", "id-twice": "id",
    "duplicate-id": "id", "place-swapped": "lon", "place-apart": "lon", "closed-in-text": "name",
}  # fmt: skip


@reading()
def look(file: str, area_file: str, *, lang: Lang) -> dict[str, Any]:
    """Return everything the page of a table shows.

    Raises
    ------
    InputError
        The area cannot be used, or the table cannot be read at all.
    """
    area, path = load_area(area_file), Path(file)
    name = path.resolve().relative_to(area.root).as_posix()
    entry = _entry_of(area, name)
    own = entry or PlacesFile(file=name)
    sheet = read_sheet(path, own, "facilities")
    alone = replace(area, data=area.data.model_copy(update={"facilities": (own,)}))
    table, notes, wrong = places.known_facilities(alone)
    found = [*sheet.findings, *notes, *wrong, *_doubts(alone, table)]
    _, changes = checks.fix.corrected(sheet, box=box_of(area))
    shown = list(dict.fromkeys([*sheet.columns, *sheet.others]))
    words = {item.id: item.name for item in area.categories}
    return {
        "is_used": entry is not None,
        "columns": [
            {"name": key if key in sheet.columns else "", "title": sheet.titles[key].text if key in sheet.titles else key}
            for key in shown
        ],
        "rows": _rows(sheet, shown),
        "count": len(sheet.rows),
        "missing": [key for key in _NEEDED if key not in sheet.columns]
        + ([] if sheet.shapes is not None or {"lon", "lat"} <= set(sheet.columns) or {"x", "y"} <= set(sheet.columns) else ["lon", "lat"]),
        "titles": [sheet.titles[key].text if key in sheet.titles else key for key in shown],
        "words": _words(sheet, area),
        "categories": list(words.items()),
        "findings": _findings(found, lang),
        "changes": [
            {"row": int(row), "column": str(column), "before": str(before)[:_MOST_CELL], "after": str(after)[:_MOST_CELL]}
            for row, column, before, after in changes.itertuples(index=False)
        ],
        "places": [
            [round(float(lat), 6), round(float(lon), 6), str(label), words.get(str(kind), str(kind)), list(words).index(kind) if kind in words else 7]
            for lon, lat, label, kind in zip(table["lon"], table["lat"], table["name"], table["category"], strict=True)
            if math.isfinite(lon) and math.isfinite(lat) and abs(lat) <= 90
        ],
        "kinds": list(words.values()),
    }  # fmt: skip


def _entry_of(area: Area, name: str) -> PlacesFile | None:
    """Return how the area names this table, None where it does not."""
    for item in area.data.facilities:
        if isinstance(item, str) and item == name:
            return PlacesFile(file=name)
        if isinstance(item, PlacesFile) and item.file == name:
            return item
    return None


def _doubts(area: Area, table: Any) -> list[Finding]:
    """Return what is doubtful about where the places lie, as far as the area's townships tell it."""
    townships = None
    if isinstance(area.data.townships, str):
        try:
            townships = polygons.read_townships(area)[0]
        except InputError:
            townships = None  # said by the page of the area
    with_place = table[
        [
            math.isfinite(lon) and math.isfinite(lat) and abs(lat) <= 90
            for lon, lat in zip(table["lon"], table["lat"], strict=True)
        ]
    ]
    found = checks.check(area, with_place.reset_index(drop=True), None, townships, None)
    return [item for item in found if item.code != "category-empty"]


def _rows(sheet: Sheet, shown: list[str]) -> list[dict[str, Any]]:
    columns = [(sheet.columns.get(key) or sheet.others.get(key) or [""] * len(sheet.rows)) for key in shown]
    return [
        {"row": int(number), "cells": [column[at][:_MOST_CELL] for column in columns]}
        for at, number in enumerate(sheet.rows[:_MOST_ROWS])
    ]


def _words(sheet: Sheet, area: Area) -> list[dict[str, Any]]:
    """Return each word of the column of kinds: how often it stands there, what it means, and what it probably means."""
    known, said = category_words(area), area.data.values.get("category", {})
    counted: dict[str, int] = {}
    for text in sheet.column("category"):
        if text.strip():
            counted[text.strip()] = counted.get(text.strip(), 0) + 1
    found = []
    for text, count in list(counted.items())[:_MOST_WORDS]:
        own = said[text] if text in said else cells.choice(text, known).value
        likely = proposals(text, area)
        found.append({
            "word": text[:_MOST_CELL], "count": count, "known": own is not None, "means": own if own is not None else (likely[0] if likely else None),
            "likely": likely,
        })  # fmt: skip
    return found


def _findings(found: list[Finding], lang: Lang) -> list[dict[str, Any]]:
    """Return the findings by row, worst first, each with its column where it has one."""
    order = {"error": 0, "warning": 1, "info": 2}
    rows = [
        {
            "severity": item.severity, "code": item.code, "row": item.row, "id": item.id or "", "text": item.message(lang),
            "fix": said("desk.word_here", lang) if item.code == "unknown-category" else item.fix(lang),
            "column": str(item.values.get("column", "")) or _COLUMN_OF.get(item.code, ""),
        }
        for item in found
    ]  # fmt: skip
    unique = {(row["code"], row["row"], row["id"], row["text"]): row for row in rows}
    return sorted(unique.values(), key=lambda row: (order[str(row["severity"])], row["row"] or 0))
