"""Columns of foreign line layers under our names: one table of synonyms in data, ``line_words.toml``.

Geofabrik's ``fclass``, Overture's ``subtype`` and ``class``, GDAL's ``other_tags``, OSMnx's lists as texts and capitals
are understood; what looks like a column of ours and is not used is reported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.types import Bools
from circles.inputs.readers.line_values import (
    Texts,
    doubts,
    each,
    highway,
    our_words,
    rows_shown,
    tag_of,
    texts_of,
    words,
)

_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_SHARE = 0.5
_LONGEST = 100_000


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
    columns = [name for name in frame.columns if name != frame.attrs.get("geometry", "geometry")]
    own = {_plain(name): str(name) for name in reversed(columns)}  # of two with one name the first counts
    found += _twice(columns, wanted, table)
    given = {name: texts_of(frame[own[_plain(name)]]) for name in wanted if _plain(name) in own}
    _from_other_tags(frame, own, wanted, given)
    if "highway" not in given:
        ours = {_plain(name) for name in wanted}
        found += _highway(frame, {plain: name for plain, name in own.items() if plain not in ours}, given, table)
    found += _synonyms(frame, own, wanted, given, table)
    texts = {name: our_words(name, values) for name, values in given.items()}
    is_street, more = _streets(frame, own, texts, table)
    return LineColumns(texts, is_street, (*found, *more, *doubts(texts, given, is_street, table)))


def _twice(columns: list[str], wanted: tuple[str, ...], table: str) -> list[Finding]:
    """Return a finding for each of our columns that stands in the layer under two spellings."""
    found = []
    for name in wanted:
        same = [str(column) for column in columns if _plain(column) == _plain(name)]
        if len(same) > 1:
            found.append(errors.warning("lines-column-twice", table, id=same[1], column=same[0], other=same[1]))
    return found


def _synonyms(
    frame: pd.DataFrame, own: dict[str, str], wanted: tuple[str, ...], given: dict[str, Texts], table: str
) -> list[Finding]:
    """Take the columns that are called otherwise and hold words of ours; say of the others that they look like it."""
    found = []
    for ours, names in words()["columns"].items():
        name = next((own[plain] for plain in map(_plain, names) if plain in own), None)
        if name is None or ours in given or ours not in wanted:
            continue
        values, known = texts_of(frame[name]), words()["known"].get(ours)
        filled = our_words(ours, values[values != ""])
        if known is None or (len(filled) and np.isin(filled, known).mean() >= _SHARE):
            given[ours] = values
            found.append(errors.info("lines-column-taken", table, id=name, column=name, ours=ours))
        elif len(filled):
            found.append(errors.warning("column-looks-like", table, id=name, column=name, ours=ours))
    return found


def _plain(name: object) -> str:
    return re.sub(r"[\s_:]", "", str(name).strip().lower())


def _from_other_tags(
    frame: pd.DataFrame, own: dict[str, str], wanted: tuple[str, ...], texts: dict[str, Texts]
) -> None:
    """Fill our columns from one that holds all other tags, as GDAL or JSON writes them, where the layer has no such."""
    name = next((own[plain] for plain in ("othertags", "tags") if plain in own), None)
    if name is None:
        return
    tags = texts_of(frame[name])
    keys = {tag_of(name): name for name in wanted if name not in texts}
    for row in np.flatnonzero(tags != ""):
        for key, value in _pairs(tags[row]):
            if key in keys:
                texts.setdefault(keys[key], np.full(len(frame), "", dtype=object))[row] = value


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return the tags in a text: ``"foot"=>"no"`` or ``{"foot": "no"}``."""
    if text.startswith("{") and len(text) < _LONGEST:
        try:
            tags = json.loads(text)
        except (ValueError, RecursionError):
            return []
        return [(str(key), value) for key, value in tags.items() if isinstance(value, str)]
    return _TAG.findall(text)


def _highway(frame: pd.DataFrame, own: dict[str, str], texts: dict[str, Texts], table: str) -> list[Finding]:
    """Take the column that holds road classes for ``highway``, or say that one looks like it."""
    table_of_words = words()["highway"]
    shares: dict[str, float] = {}
    for plain, name in own.items():
        if pd.api.types.is_object_dtype(frame[name]) or isinstance(frame[name].dtype, pd.StringDtype):
            values = each(texts_of(frame[name]), highway)
            filled = values[values != ""]
            shares[plain] = float(np.isin(filled, table_of_words["values"]).mean()) if len(filled) else 0.0
    likely = [_plain(name) for name in table_of_words["likely"]]
    named = [plain for plain in likely if shares.get(plain, 0.0) >= _SHARE]
    if named:
        best = max(named, key=lambda plain: (shares[plain], -likely.index(plain)))
        texts["highway"] = texts_of(frame[own[best]])
        return [errors.info("lines-column-taken", table, id=own[best], column=own[best], ours="highway")]
    looks = sorted((plain for plain, share in shares.items() if share >= _SHARE), key=lambda plain: -shares[plain])
    looks += [plain for plain in map(_plain, table_of_words["named"]) if plain in own]
    if looks:
        return [errors.warning("column-looks-like", table, id=own[looks[0]], column=own[looks[0]], ours="highway")]
    return []


def _streets(
    frame: pd.DataFrame, own: dict[str, str], texts: dict[str, Texts], table: str
) -> tuple[Bools, list[Finding]]:
    """Return which lines are streets, and findings on those that are none or lack their class."""
    never, n = words()["never"], len(frame)
    highway = texts.get("highway", np.full(n, "", dtype=object))
    unclassed = highway == ""
    other = np.zeros(n, dtype=bool)
    for name in never["columns"]:
        if name in own:
            values = np.char.lower(texts_of(frame[own[name]]).astype(str))
            other |= unclassed & ~np.isin(values, ["", *words()["flags"]["no"]])
    for name in never["kind_columns"]:
        if name in own:
            other |= np.isin(np.char.lower(texts_of(frame[own[name]]).astype(str)), never["kinds"])
    found = []
    if other.any():
        rows = np.flatnonzero(other)
        found.append(
            errors.warning(
                "lines-not-streets", table, int(rows[0]) + 1, n=len(rows), all=n,
                rows=rows_shown(rows),
            )
        )  # fmt: skip
    rows = np.flatnonzero(unclassed & ~other)
    if "highway" in texts and len(rows) and (~unclassed).any():
        found.append(
            errors.warning(
                "lines-without-highway", table, int(rows[0]) + 1, n=len(rows), all=n,
                rows=rows_shown(rows),
            )
        )  # fmt: skip
    return ~other, found
