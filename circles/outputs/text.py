"""Text of unknown origin, made fit for files: nothing is lost in silence, nothing is taken for a formula."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from circles import words
from circles.words import Lang

CELL_MAX_CHARS = 32_767
"""What a cell of a workbook holds, counted as UTF-16 units as Excel does."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_XML = re.compile("[\ufffe\uffff]")


def without_surrogates(text: str) -> str:
    """Return ``text`` with lone surrogates, which no encoding can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def guarded(text: str) -> str:
    """Return ``text`` as it stands in a CSV file: with a leading ``'`` where a spreadsheet would see a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def visible(text: str) -> str:
    """Return ``text`` as it can stand in XML: control characters as their pictures (␀ … ␟), carriage returns as ␍."""
    shown = _CONTROL.sub(lambda m: chr(0x2400 + ord(m[0])), without_surrogates(text))
    return _NOT_XML.sub("\ufffd", shown.replace("\r\n", "\n").replace("\r", "␍"))


def cell_text(text: str, lang: Lang) -> str:
    """Return ``text`` as it stands in a cell of a workbook: visible, and shortened with a mark where it is too long."""
    shown = visible(text)
    if _units(shown) <= CELL_MAX_CHARS:
        return shown
    mark = words.text("report.shortened", lang, count=len(shown))
    kept = shown[: CELL_MAX_CHARS - len(mark)]
    while _units(kept) > CELL_MAX_CHARS - len(mark):
        kept = kept[: -max(1, (_units(kept) - CELL_MAX_CHARS + len(mark)) // 2)]
    return kept + mark


def short(text: str, lang: Lang, *, most: int) -> str:
    """Return ``text`` visible and no longer than about ``most`` characters, with a mark where it was cut."""
    shown = visible(text)
    return shown if len(shown) <= most else shown[:most] + words.text("report.shortened", lang, count=len(shown))


def is_changed(text: str) -> bool:
    """Return whether a cell cannot show ``text`` exactly as it is."""
    return visible(text) != text.replace("\r\n", "\n") or _units(text) > CELL_MAX_CHARS


def each_text(frame: pd.DataFrame, change: Any) -> pd.DataFrame:
    """Return ``frame`` with ``change`` applied to every string in it; other values stay."""
    out = frame.copy()
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
            continue
        known = {value: change(value) for value in column.dropna().unique() if isinstance(value, str)}
        if any(old != new for old, new in known.items()):
            values = [known[value] if isinstance(value, str) else value for value in column.astype(object).tolist()]
            out[name] = pd.Series(values, index=frame.index, dtype=object)
    return out


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
