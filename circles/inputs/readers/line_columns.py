"""Columns of foreign line layers under our names: one table of synonyms in data, ``line_words.toml``.

Geofabrik's ``fclass``, Overture's ``subtype`` and ``class``, GDAL's ``other_tags``, OSMnx's lists as texts and capitals
are understood; what looks like a column of ours and is not used is reported.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import Bools
from circles.inputs.readers.texts import as_text

_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_LIST = re.compile(r"^\s*[\[(].*[\])]\s*$", re.DOTALL)
_SHARE = 0.5
_SHOWN = 5
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class LineColumns:
    """Texts of our columns, and which features are streets at all.

    Attributes
    ----------
    texts : our column → (n,) texts, '' where empty
    is_street : (n,) False where the layer says that the line is a river, a railway, an outline …
    findings : what was taken for what, and what is doubtful
    """

    texts: dict[str, Texts]
    is_street: Bools
    findings: tuple[Finding, ...]


def line_columns(frame: pd.DataFrame, wanted: tuple[str, ...], *, table: str) -> LineColumns:
    """Return the columns of a line layer that are ours, whatever they are called there.

    Parameters
    ----------
    frame : the layer, geometry or not
    wanted : our columns
    table : the file, for findings
    """
    found: list[Finding] = []
    own = {_plain(name): str(name) for name in frame.columns if name != frame.attrs.get("geometry", "geometry")}
    texts = {name: _texts(frame[own[_plain(name)]]) for name in wanted if _plain(name) in own}
    _from_other_tags(frame, own, wanted, texts)
    texts = {name: _each(values, _first_of_list) for name, values in texts.items()}
    if "highway" not in texts:
        found += _highway(frame, own, texts, table)
    if "highway" in texts:
        texts["highway"] = _each(texts["highway"], _translated)
    for name in _words()["flags"]["columns"]:
        if name in texts:
            texts[name] = _each(texts[name], _flag)
    is_street, more = _streets(frame, own, texts, table)
    return LineColumns(texts, is_street, tuple(found + more))


def _plain(name: object) -> str:
    return re.sub(r"[\s_]", "", str(name).strip().lower())


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("line_words.toml").read_text(encoding="utf-8"))


def _texts(column: pd.Series) -> Texts:
    """Return the cells as texts; an empty one is ''."""
    if not isinstance(column.dtype, pd.StringDtype):  # in a mixed column 1 and true are equal, their texts are not
        column = pd.Series([as_text(cell).strip() for cell in column.to_numpy(dtype=object)], dtype=object)
    number, distinct = pd.factorize(column)
    known = np.array([*(as_text(cell).strip() for cell in distinct), ""], dtype=object)
    return known[number]


def _each(values: Texts, change: Any) -> Texts:
    """Return the texts changed, each distinct one once."""
    number, distinct = pd.factorize(values)
    return np.array([change(text) for text in distinct], dtype=object)[number] if len(distinct) else values


def _first_of_list(text: str) -> str:
    """Return the one value of a list as OSMnx writes it: ``steps`` where it is among them, else the first."""
    if not _LIST.match(text) or len(text) > 10_000:
        return text
    try:
        values = [str(item) for item in ast.literal_eval(text)]
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        values = [part.strip(" '\"") for part in text.strip()[1:-1].split(",")]
    values = [value for value in values if value]
    return "steps" if "steps" in values else (values[0] if values else "")


def _translated(text: str) -> str:
    words = _words()["highway"]
    lower = text.strip().lower().replace(" ", "_") if text.isascii() else text.strip()
    if lower.startswith("track_grade"):
        return "track"
    return str(words["translated"].get(lower, lower))


def _flag(text: str) -> str:
    flags, lower = _words()["flags"], text.strip().lower()
    return "yes" if lower in flags["yes"] else "no" if lower in flags["no"] else text


def _from_other_tags(
    frame: pd.DataFrame, own: dict[str, str], wanted: tuple[str, ...], texts: dict[str, Texts]
) -> None:
    """Fill our columns from GDAL's ``other_tags``, where the layer has no column of that name."""
    if "othertags" not in own:
        return
    tags = _texts(frame[own["othertags"]])
    keys = {
        name.replace("_", ":") if name in ("oneway_foot", "foot_conditional") else name: name
        for name in wanted
        if name not in texts
    }
    for row in np.flatnonzero(tags != ""):
        for key, value in _TAG.findall(tags[row]):
            if key in keys:
                texts.setdefault(keys[key], np.full(len(frame), "", dtype=object))[row] = value


def _highway(frame: pd.DataFrame, own: dict[str, str], texts: dict[str, Texts], table: str) -> list[Finding]:
    """Take the column that holds road classes for ``highway``, or say that one looks like it."""
    words = _words()["highway"]
    shares: dict[str, float] = {}
    for plain, name in own.items():
        if pd.api.types.is_object_dtype(frame[name]) or isinstance(frame[name].dtype, pd.StringDtype):
            values = _each(_texts(frame[name]), lambda text: _translated(_first_of_list(text)))
            filled = values[values != ""]
            shares[plain] = float(np.isin(filled, words["values"]).mean()) if len(filled) else 0.0
    likely = [_plain(name) for name in words["likely"]]
    named = [plain for plain in likely if shares.get(plain, 0.0) >= _SHARE]
    if named:
        best = max(named, key=lambda plain: (shares[plain], -likely.index(plain)))
        texts["highway"] = _each(_texts(frame[own[best]]), _first_of_list)
        return [errors.info("lines-column-taken", table, id=own[best], column=own[best], ours="highway")]
    looks = sorted((plain for plain, share in shares.items() if share >= _SHARE), key=lambda plain: -shares[plain])
    if looks:
        return [errors.warning("column-looks-like", table, id=own[looks[0]], column=own[looks[0]], ours="highway")]
    return []


def _streets(
    frame: pd.DataFrame, own: dict[str, str], texts: dict[str, Texts], table: str
) -> tuple[Bools, list[Finding]]:
    """Return which lines are streets, and findings on those that are none or lack their class."""
    never, n = _words()["never"], len(frame)
    highway = texts.get("highway", np.full(n, "", dtype=object))
    unclassed = highway == ""
    other = np.zeros(n, dtype=bool)
    for name in never["columns"]:
        if name in own:
            values = np.char.lower(_texts(frame[own[name]]).astype(str))
            other |= unclassed & ~np.isin(values, ["", *_words()["flags"]["no"]])
    for name in never["kind_columns"]:
        if name in own:
            other |= np.isin(np.char.lower(_texts(frame[own[name]]).astype(str)), never["kinds"])
    found = []
    if other.any():
        rows = np.flatnonzero(other)
        found.append(
            errors.warning(
                "lines-not-streets", table, int(rows[0]) + 1, n=len(rows), all=n,
                rows=", ".join(str(row + 1) for row in rows[:_SHOWN]) + (" …" if len(rows) > _SHOWN else ""),
            )
        )  # fmt: skip
    rows = np.flatnonzero(unclassed & ~other)
    if "highway" in texts and len(rows) and (~unclassed).any():
        found.append(
            errors.warning(
                "lines-without-highway", table, int(rows[0]) + 1, n=len(rows), all=n,
                rows=", ".join(str(row + 1) for row in rows[:_SHOWN]) + (" …" if len(rows) > _SHOWN else ""),
            )
        )  # fmt: skip
    return ~other, found
