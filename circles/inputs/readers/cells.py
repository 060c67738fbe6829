"""Text cells as people type them → numbers, with the words for those that are none; headers → our column names."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from circles.foundation import budgets, errors
from circles.foundation.errors import InputError

_MAGNITUDE = {"万": 1e4, "千": 1e3, "百": 1e2, "亿": 1e8}
_UNIT = re.compile(r"^([+-]?[\d.]+)\s*([万千百亿]?)\s*(?:个|人|名|张|座|位|户|平方米|平米|m2|㎡|m²|床|度|°|米|m)?$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+?\d+$")
"""A code that a spreadsheet has turned into a rounded number."""
_SEXAGESIMAL = re.compile(
    r"^(?P<pre>[东西南北EWSN]?[经纬]?)\s*(?P<sign>[+-]?)(?P<d>\d{1,3})\s*[°度:\s]\s*(?P<m>\d{1,2}(?:\.\d+)?)\s*[′'’分:\s]?\s*"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:[″\"”秒]|''|′′)?)?\s*(?P<side>[EWSN东西南北]?)$",
    re.IGNORECASE,
)
_OPENING, _CLOSING = re.compile(r"[(（\[【]"), re.compile(r"[)）\]】]")
_ALWAYS_SHORT = 1000
"""Characters of which no limit is asked."""
_LONGEST_NUMBER = 200
"""Characters beyond which a cell is no number, in whatever way it is written."""


def number(text: str) -> float:
    """Return the number that ``text`` means, NaN where it means none; full-width digits, 1,234 and 20万 are read."""
    if len(text) > _LONGEST_NUMBER:
        return math.nan
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        pass
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if _THOUSANDS.match(plain):
        return float(plain.replace(",", ""))
    if match := _UNIT.match(plain):
        try:
            return float(match[1]) * _MAGNITUDE.get(match[2], 1.0)
        except ValueError:
            return math.nan
    return math.nan


def sexagesimal(text: str) -> float | None:
    """Return decimal degrees of degrees, minutes and seconds (122°27′18″E, 122度27分18秒, 122 27 18), else None."""
    match = _SEXAGESIMAL.match(plain(text)) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    degrees, minutes, seconds = (float(part or 0) for part in match.group("d", "m", "s"))
    if minutes >= 60 or seconds >= 60:
        return None
    sign = -1.0 if match["sign"] == "-" or match["side"].upper() in ("W", "S", "西", "南") else 1.0
    return sign * (degrees + minutes / 60 + seconds / 3600)


def numbers(texts: Iterable[str]) -> npt.NDArray[np.float64]:
    """Return the numbers that cells mean: NaN for an empty cell or none, infinity as it stands."""
    return np.array([number(text) if text else math.nan for text in texts], dtype=np.float64)


def require_short(texts: Iterable[str], table: str, *, row: int | None = None, column: str = "") -> None:
    """Raise where a cell is longer than ``CIRCLES_MAX_CELL_CHARACTERS``: no name, code or number is, and all look at it.

    Parameters
    ----------
    texts : cells of one row or column
    table, row, column : where they stand, for the finding

    Raises
    ------
    InputError
        With the longest.
    """
    lengths = list(map(len, texts))
    longest = max(lengths, default=0)
    if longest > _ALWAYS_SHORT and longest > (limit := round(budgets.maximum("CIRCLES_MAX_CELL_CHARACTERS"))):
        raise InputError(
            errors.error(
                "cell-too-long", table, row, column=column or lengths.index(longest) + 1, length=longest, limit=limit
            )
        )


def plain(text: str) -> str:
    """Return ``text`` in its usual width, without spaces around it or characters that do not show."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("\ufeff", "").strip()


def header(text: str) -> str:
    """Return a header as it is compared: usual width, small letters, no unit in brackets, no spaces, no star."""
    whole = plain(text)
    short = _without_brackets(whole) or whole
    return re.sub(r"[\s:：*＊]+", "", short.casefold())


def _without_brackets(text: str) -> str:
    """Return a text without what stands in brackets, from each opening one to the next that closes."""
    kept, at = [], 0
    while opening := _OPENING.search(text, at):
        closing = _CLOSING.search(text, opening.end())
        if closing is None:
            break
        kept.append(text[at : opening.start()])
        at = closing.end()
    return "".join([*kept, text[at:]])


@cache
def synonyms(table: str) -> dict[str, str]:
    """Return, for a table, every header that is understood → our name of the column (``synonyms.toml``)."""
    content = tomllib.loads(resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for section in ("coordinates", table):
        for name, others in content[section].items():
            found |= {header(other): name for other in (name, *others)}
    return found


@cache
def values(column: str) -> dict[str, str]:
    """Return every word that is understood in a column of fixed choices → the choice (``synonyms.toml``)."""
    content = tomllib.loads(resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for name, others in content["values"][column].items():
        found |= {header(other): name for other in (name, *others)}
    return found
