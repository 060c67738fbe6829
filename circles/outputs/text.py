"""Text of unknown origin, made fit for files: nothing is lost in silence, nothing is taken for a formula."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from circles.foundation import control, words
from circles.foundation.words import Lang

CELL_MAX_CHARS = 32_767
"""What a cell of a workbook holds, counted as UTF-16 units as Excel does."""
_PLAIN_CELL = re.compile('[^",\r\n]*')
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "␍")  # the last is what a leading carriage return is shown as
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_XML = re.compile("[\ufffe\uffff]")


def without_surrogates(text: str) -> str:
    """Return ``text`` with lone surrogates, which no encoding can hold, replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def steady(text: str) -> str:
    """Return ``text`` as it stands in a CSV file, which people look at in terminals: nothing in it steers one."""
    return control.visible(without_surrogates(text))


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


def each_text(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return ``frame`` with ``change`` applied to every string in it; other values stay.

    ``change`` must work character by character: texts that need none of it are looked at all at once.
    """
    out = frame.copy()
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
            continue
        distinct = pd.unique(column.dropna()).astype(object)
        known = [value for value in distinct if isinstance(value, str)]
        together = "\n".join(known)
        if change(together) != together:
            changed = {value: change(value) for value in known}
            values = [changed[value] if isinstance(value, str) else value for value in column.astype(object).tolist()]
            out[name] = pd.Series(values, index=frame.index, dtype=object)
    return out


def csv_cells(column: pd.Series) -> list[str]:
    """Return a column as it stands in a CSV file: numbers as they read back, nothing for nothing, no cell a formula."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub":
        return [str(value) for value in column.tolist()]
    if column.dtype == np.float64:
        return ["" if shown == "nan" else shown for shown in map(repr, column.tolist())]
    if isinstance(column.dtype, pd.StringDtype) or pd.api.types.infer_dtype(column, skipna=True) == "string":
        number, distinct = pd.factorize(column)
        texts = [guarded(value) for value in distinct.astype(object)]
        if not _PLAIN_CELL.fullmatch("".join(texts)):
            texts = [csv_cell(value) for value in texts]
        return [*np.array([*texts, ""], dtype=object)[number]]  # a missing text has the number -1
    is_missing = column.isna().tolist()
    texts = [guarded(value) if isinstance(value, str) else str(value) for value in column.astype(object)]
    return ["" if is_nothing else csv_cell(cell) for cell, is_nothing in zip(texts, is_missing, strict=True)]


def csv_cell(text: str) -> str:
    """Return one cell as it stands in a CSV file, in quotes where it must be."""
    return text if _PLAIN_CELL.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def known_of(provenance: pd.DataFrame, lang: Lang) -> str:
    """Return in one line what share of the inputs is surveyed, approximate, modelled or not said (table ``provenance``)."""
    parts = []
    for subject, rows in provenance.groupby("subject", sort=False):
        shown = [
            words.text(
                "report.known_whole" if subject == "heights" else "report.known_kind",
                lang,
                kind=known_kind(str(kind), lang),
                share=f"{100 * share:.0f}%",
            )
            for kind, share in rows[["kind", "share"]].itertuples(index=False, name=None)
        ]
        parts.append(words.text(f"report.known_{subject}", lang) + words.listed(shown, lang))
    return words.text("report.known", lang, parts=("；" if lang == "zh" else "; ").join(parts))


def known_kind(kind: str, lang: Lang) -> str:
    """Return what a kind of knowledge is called: surveyed, approximate, modelled; an unknown one keeps its own word."""
    entry = words.catalogue("report").get(f"known_is_{kind}")
    return entry[lang] if entry else kind
