"""What the cells of a line layer say, in our words: lists as OSMnx writes them, capitals, yes and no in any spelling.

The words stand in ``line_words.toml``; a word that is not known there is reported with its rows, never believed to be
harmless: an unknown word under ``bridge`` would make a slope vanish.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.counted import is_over, opens_later
from circles.foundation.types import Bools
from circles.inputs.readers.texts import as_text
from circles.network.passability import doubtful, passable

_LIST = re.compile(r"^\s*[\[({].*[\])}]\s*$", re.DOTALL)
_SEPARATOR = re.compile(r"[;,|、；，]")
_LONGEST_LIST = 10_000
_SHOWN = 5
_FREE = (
    "name", "opening_hours", "source", "confidence", "foot_conditional", "access_conditional", "start_date", "opening_date",
    "end_date",
)  # fmt: skip
"""Columns of free text: they stay letter by letter as they are."""
_WITH_COLON = frozenset(
    ("oneway_foot", "foot_conditional", "access_conditional", "abandoned_highway", "disused_highway")
)
Texts = npt.NDArray[np.object_]


def tag_of(column: str) -> str:
    """Return the OpenStreetMap key of one of our columns."""
    return column.replace("_", ":") if column in _WITH_COLON else column


@cache
def words() -> dict[str, Any]:
    """Return the table of synonyms."""
    return tomllib.loads(resources.files(__package__).joinpath("line_words.toml").read_text(encoding="utf-8"))


def texts_of(column: pd.Series) -> Texts:
    """Return the cells as texts; an empty one is '', several values in one cell are a list as Python writes it."""
    if not isinstance(column.dtype, pd.StringDtype):  # in a mixed column 1 and true are equal, their texts are not
        column = pd.Series([_text(cell) for cell in column.to_numpy(dtype=object)], dtype=object)
    number, distinct = pd.factorize(column)
    known = np.array([*(as_text(cell).strip() for cell in distinct), ""], dtype=object)
    return known[number]


def _text(cell: object) -> str:
    if isinstance(cell, list | tuple | np.ndarray):
        return repr([as_text(item) for item in cell])
    if isinstance(cell, dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return as_text(cell).strip()


def each(values: Texts, change: Callable[[str], str]) -> Texts:
    """Return the texts changed, each distinct one once."""
    number, distinct = pd.factorize(values)
    return np.array([change(text) for text in distinct], dtype=object)[number] if len(distinct) else values


def listed(text: str) -> list[str]:
    """Return the values of a cell that holds several in brackets; the cell itself where it is no such list.

    >>> listed("['footway', 'steps']"), listed("{footway,steps}"), listed("footway")
    (['footway', 'steps'], ['footway', 'steps'], ['footway'])
    """
    if len(text) > _LONGEST_LIST or not _LIST.match(text):
        return [text]
    try:
        values = [str(item) for item in ast.literal_eval(text)]
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        values = [part.strip(" '\"") for part in text.strip()[1:-1].split(",")]
    return [value for value in values if value] or [""]


def highways(text: str) -> list[str]:
    """Return the classes of street in a cell, in the words of OpenStreetMap."""
    parts = listed(text)
    if len(parts) == 1 and len(text) <= _LONGEST_LIST:
        parts = [part.strip() for part in _SEPARATOR.split(parts[0]) if part.strip()] or [""]
    return [_translated(part) for part in parts]


def highway(text: str) -> str:
    """Return the one class a line counts as: steps where it has some, else one nobody walks, else the first.

    >>> highway("['residential', 'motorway']"), highway("footway;steps"), highway("人行道")
    ('motorway', 'steps', 'footway')
    """
    values = highways(text)
    if "steps" in values:
        return "steps"
    return next((value for value in values if value in words()["highway"]["motor_only"]), values[0])


def _translated(text: str) -> str:
    lower = text.strip().lower().replace(" ", "_") if text.isascii() else text.strip()
    return "track" if lower.startswith("track_grade") else str(words()["highway"]["translated"].get(lower, lower))


def our_words(name: str, values: Texts) -> Texts:
    """Return the cells of one of our columns in our words; free text stays as it is."""
    if name in _FREE:
        return values
    if name == "highway":
        return each(values, highway)
    change = _flag if name in words()["flags"]["columns"] else str.lower
    return each(values, lambda text: ";".join(change(part) for part in listed(text)))


def _flag(text: str) -> str:
    flags, lower = words()["flags"], text.strip().lower()
    return "yes" if lower in flags["yes"] else "no" if lower in flags["no"] else lower


def doubts(texts: dict[str, Texts], given: dict[str, Texts], is_street: Bools, table: str) -> list[Finding]:
    """Return the findings on the cells: words that are not known, and lines that merge streets of several classes.

    Parameters
    ----------
    texts : our column → its cells in our words
    given : the same columns as the file has them
    is_street : which features are streets at all
    table : the file, for findings
    """
    found = []
    for name, known in words()["known"].items():
        if name in texts:
            odd = is_street & (texts[name] != "") & ~each(texts[name], _each_known(set(known))).astype(bool)
            found += _unknown(name, given[name], np.flatnonzero(odd), table)
    if "highway" in given:
        several = is_street & (each(given["highway"], lambda text: "x" * (len(set(highways(text))) > 1)) != "")
        rows = np.flatnonzero(several)
        if len(rows):
            found.append(
                errors.warning("lines-mixed-values", table, int(rows[0]) + 1, n=len(rows), rows=rows_shown(rows))
            )
    return found


def _each_known(known: set[str]) -> Callable[[str], str]:
    return lambda text: "x" * all(part.strip() in known for part in re.split("[;|]", text))


def _unknown(name: str, values: Texts, rows: npt.NDArray[np.intp], table: str) -> list[Finding]:
    """Return a finding per column with words that are not known, the commonest first."""
    if not len(rows):
        return []
    odd, count = np.unique(values[rows].astype(str), return_counts=True)
    shown = [str(odd[at])[:40] for at in np.lexsort((odd, -count))[:_SHOWN]]
    return [
        errors.warning(
            "lines-value-unknown", table, int(rows[0]) + 1, column=name, n=len(rows), rows=rows_shown(rows),
            value="、".join(shown) + (" …" if len(odd) > _SHOWN else ""),
        )
    ]  # fmt: skip


def rows_shown(rows: npt.NDArray[np.intp]) -> str:
    """Return the numbers of the first features among ``rows``, from 1."""
    return errors.few(rows + 1)


def not_always(lines: pd.DataFrame, table: str, *, prefix: str = "") -> list[Finding]:
    """Return a finding per rule that reports doubts: streets open at times only, with their ids behind ``prefix``."""
    found = []
    for rule, hit in doubtful(lines).items():
        ids = [f"{prefix}{number}" for number in np.unique(lines["street_id"].to_numpy()[hit]).tolist()]
        found.append(errors.warning("lines-not-always", table, id=ids[0], rule=rule, n=len(ids), ids=errors.few(ids)))
    return found


def of_another_time(lines: pd.DataFrame, as_of: dt.date, table: str) -> list[Finding]:
    """Return a finding that names the streets which open after the date of the data, or are over by then."""
    off = np.zeros(len(lines), dtype=bool)
    for name in ("opening_date", "start_date", "end_date"):
        if name in lines:
            texts = np.asarray(lines[name].fillna("").astype(str), dtype=object)
            is_off = is_over if name == "end_date" else opens_later
            off |= is_off(pd.Series(texts), as_of).to_numpy()
    off &= passable(lines)
    if not off.any():
        return []
    ids = list(dict.fromkeys(str(number) for number in lines["street_id"][off]))
    return [errors.warning("lines-of-another-time", table, id=ids[0], n=len(ids), ids=errors.few(ids), as_of=as_of)]
