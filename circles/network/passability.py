"""The published walking rules: which lines are open to walkers, in which direction, and where people live.

The rules are data, ``passability.toml``, with the reason of each; ``docs/osm.md`` shows them. They serve lines of any
origin: a missing column, or an empty value, excludes nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from circles.foundation.types import Bools
from circles.foundation.words import DEFAULT_LANG, Lang

if TYPE_CHECKING:
    import pandas as pd

ACROSS = "across-square"
"""``source`` of the lines that lead across a square (`squares`): they are no streets that were mapped."""

Verdict = Literal["closed", "open", "forward", "backward", "doubtful"]


@dataclass(frozen=True)
class Rule:
    """One row of the table: lines whose ``key`` has one of ``values`` are judged so."""

    id: str
    key: str
    values: tuple[str, ...]
    verdict: Verdict
    zh: str
    en: str
    unless_foot: bool = False
    others: bool = False
    """The rule holds for all values but those listed."""

    def reason(self, lang: Lang = DEFAULT_LANG) -> str:
        """Return why."""
        return self.zh if lang == "zh" else self.en


@cache
def rules() -> tuple[Rule, ...]:
    """Return the table in its order; the first row that closes a line is its reason."""
    return tuple(Rule(**row | {"values": tuple(row["values"])}) for row in _file()["rules"])


def passable(lines: pd.DataFrame) -> Bools:
    """Return which lines a walker may use at all (contract, section 3.2; steps are the walker's own affair).

    Parameters
    ----------
    lines : table with any of the columns that the rules name; its index and other columns do not matter

    Returns
    -------
    (n,) bool

    >>> passable(pd.DataFrame({"highway": ["residential", "motorway"], "route": ["", ""]})).tolist()
    [True, False]
    >>> passable(pd.DataFrame({"width": [3.0]})).tolist()
    [True]
    """
    return np.asarray(closed_by(lines) == "", dtype=bool)


def closed_by(lines: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return the id of the rule that closes each line, '' where it is open: (n,) object."""
    return _closed_by(_Values(lines))


def _closed_by(values: _Values) -> npt.NDArray[np.object_]:
    found = np.full(len(values), "", dtype=object)
    allowed = values.are_of("foot", _file()["foot"]["allowed"], some=True)
    for rule in rules():
        if rule.verdict == "closed":
            hit = values.are_of(rule.key, rule.values) & (found == "")
            found[hit & ~allowed if rule.unless_foot else hit] = rule.id
    return found


def doubtful(lines: pd.DataFrame) -> dict[str, Bools]:
    """Return, per rule that reports doubts, the open lines it is about, such as lines that are closed at times."""
    values = _Values(lines)
    live, found = _closed_by(values) == "", dict[str, Bools]()
    for rule in rules():
        if rule.verdict == "doubtful":
            hit = live & values.are_of(rule.key, rule.values)
            if rule.others and rule.key in lines:
                texts = _texts(lines, rule.key)
                hit = live & (texts != "") & ~np.isin(texts, rule.values)
            if hit.any():
                found[rule.id] = hit
    return found


def crosses_on_foot(tags: Mapping[str, str]) -> bool:
    """Return whether a way that is no road may be walked: a lock gate, weir, dam or pier that says so of walkers."""
    crossing = _file()["crossings"]
    is_one = any(tags.get(key, "") in values for key, values in crossing["ways"].items())
    return is_one and tags.get("foot", "").lower() in crossing["foot"]


def walking_direction(lines: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Return (n,) int8: 0 both ways, 1 only as drawn, -1 only against the drawing. Vehicles' ``oneway`` is ignored."""
    values, found = _Values(lines), np.zeros(len(lines), dtype=np.int8)
    for rule in rules():
        if rule.verdict in ("forward", "backward"):
            hit = values.are_of(rule.key, rule.values) & (found == 0)
            found[hit] = 1 if rule.verdict == "forward" else -1
    return found


def residential(lines: pd.DataFrame) -> Bools:
    """Return along which lines people live, for ``residents = {streets = 50}``: (n,) bool.

    They are passable, of one of the listed ``highway`` values (any, where the table has no such column), and no
    bridge, tunnel or outline of a square.
    """
    values = _Values(lines)
    live = np.asarray(_closed_by(values) == "", dtype=bool)
    if "highway" in lines:
        live &= values.are_of("highway", _file()["residential"]["highway"])
    for key in ("bridge", "tunnel", "area"):
        if key in lines:
            live &= np.isin(_texts(lines, key), ["", "no"])
    return live


def closes_gate(tags: dict[str, str]) -> bool:
    """Return whether a barrier's tags expressly keep walkers out."""
    barriers = _file()["barriers"]
    foot = tags.get("foot", "")
    if foot in _file()["foot"]["allowed"]:
        return False
    return foot in barriers["foot"] or any(tags.get(key, "") in barriers[key] for key in ("locked", "access"))


@cache
def _file() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("passability.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _texts(lines: pd.DataFrame, key: str) -> npt.NDArray[np.object_]:
    column = lines[key]
    return np.where(column.isna(), "", column.astype(object)).astype(object)


class _Values:
    """The values of some lines, each different text of a column looked at once: streets share a few dozen."""

    def __init__(self, lines: pd.DataFrame) -> None:
        self._lines = lines
        self._known: dict[str, tuple[npt.NDArray[np.intp], list[str]]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def are_of(self, key: str, values: Collection[str], *, some: bool = False) -> Bools:
        """Return which lines have one of the values; of a list (``no;private``) all must be, or with ``some`` any."""
        if key not in self._lines:
            return np.zeros(len(self), dtype=bool)
        if key not in self._known:
            number, distinct = self._lines[key].astype("str").factorize()
            self._known[key] = number, [str(text).lower() for text in distinct]
        number, texts = self._known[key]
        wanted = {value.lower() for value in values}
        hits = [_is_of(text, wanted, some=some) for text in texts]
        return np.array([*hits, False], dtype=bool)[number]  # a missing value has the number -1


def _is_of(text: str, wanted: set[str], *, some: bool) -> bool:
    if ";" not in text and "|" not in text:
        return text in wanted
    parts = {part.strip() for part in re.split("[;|]", text)} - {""}
    return bool(parts & wanted) if some else bool(parts) and parts <= wanted
