"""Text cells as people type them → numbers, with the words for those that are none; headers → our column names."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from circles.foundation import budgets, errors
from circles.foundation.errors import InputError
from circles.inputs.readers import units
from circles.inputs.readers.vocabulary import section

SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+?\d+$")
"""A code that a spreadsheet has turned into a rounded number."""
_LONG_FLOAT = re.compile(r"^\d{16,}\.0$")
_ANY_SPOILT = re.compile(f"{SCIENTIFIC.pattern}|{_LONG_FLOAT.pattern}", re.MULTILINE)
_BRACKETS = re.compile(r"[(（\[【<〔]([^()（）\[\]【】<>〔〕]*)[)）\]】>〕]")
_OPEN = re.compile(r"[(（\[【<〔]([^()（）\[\]【】<>〔〕]+)$")
"""A bracket that is never closed."""
_ALWAYS_SHORT = 1000
"""Characters of which no limit is asked."""
_LONGEST = 300
"""Characters of a header or a word of choice that are looked at."""
_BARE = re.compile(r"[0-9A-Za-z_.+\-]+")
"""A text with nothing around it that a header would lose."""


def number(text: str) -> float:
    """Return the number that ``text`` means, NaN where it means none; full-width digits, 1,234 and 20万 are read.

    A unit behind it is taken for the column's own: who knows what the column counts asks `units.quantity`.
    """
    value, behind = units.quantity(text)
    if not behind:
        return value
    unit = units.unit_of(behind)
    return math.nan if unit is None else value * units.magnitude(unit)


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
    longest = max(map(len, texts), default=0)
    if longest > _ALWAYS_SHORT and longest > (limit := round(budgets.maximum("CIRCLES_MAX_CELL_CHARACTERS"))):
        raise InputError(
            errors.error(
                "cell-too-long",
                table,
                row,
                column=column or list(map(len, texts)).index(longest) + 1,
                length=longest,
                limit=limit,
            )
        )


def plain(text: str) -> str:
    """Return ``text`` in its usual width, without spaces around it or characters that do not show."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("\ufeff", "").strip()


def header(text: str) -> str:
    """Return a header as it is compared: usual width, small letters, no notes in brackets, no spaces, no star.

    What stands in the brackets is read by `titles.read_title` and `notes`, never forgotten.
    """
    if _BARE.fullmatch(text) or (text.isalnum() and unicodedata.is_normalized("NFKC", text)):
        return text[:_LONGEST].casefold()  # nothing to leave out, as in most cells of a long table
    short = without_notes(text) or plain(text)[:_LONGEST]
    return re.sub(r"[\s:：*＊]+", "", short.casefold())


def without_notes(text: str) -> str:
    """Return ``text`` without what stands in brackets."""
    short = plain(text)[:_LONGEST]
    for _ in range(3):
        short, count = _BRACKETS.subn("", short)
        if not count:
            break
    return _OPEN.sub("", short).strip()


def notes(text: str) -> tuple[str, ...]:
    """Return what stands in brackets, in order; a bracket that is never closed included."""
    short = plain(text)[:_LONGEST]
    found = [match.strip() for match in _BRACKETS.findall(short)]
    if open_ := _OPEN.search(_BRACKETS.sub("", short)):
        found.append(open_[1].strip())
    return tuple(note for note in found if note)


@cache
def synonyms(table: str) -> dict[str, str]:
    """Return, for a table, every header that is understood → our name of the column (``synonyms.toml``)."""
    found: dict[str, str] = {}
    for part in ("coordinates", table):
        for name, others in section(part).items():
            found |= {header(other): name for other in (name, *others)}
    return found


@dataclass(frozen=True)
class Choice:
    """A cell read as a choice: our value, None where unknown; and the words in brackets that were not understood."""

    value: str | None
    unread: tuple[str, ...] = ()


def choice(text: str, words: Mapping[str, str]) -> Choice:
    """Return what a word means; brackets that name another choice than the word before them leave it open.

    ``words`` maps words, as `header` compares them, to ours.
    """
    whole = _squeezed(text)
    if whole in words:
        return Choice(words[whole])
    value = words.get(header(text))
    inside = notes(text)
    others = {words[key] for note in inside if (key := header(note)) in words}
    unread = tuple(note for note in inside if header(note) not in words)
    if others - {value}:
        return Choice(None, unread)
    return Choice(value, unread)


@cache
def values(column: str) -> dict[str, str]:
    """Return every word that is understood in a column of fixed choices → the choice (``synonyms.toml``)."""
    found: dict[str, str] = {}
    for name, others in section("values")[column].items():
        found |= {header(other): name for other in (name, *others)}
    return found


def by_name(pairs: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Return a function from a name to its code, '' where none is known.

    ``pairs`` are names and codes. The whole name wins; without what stands in its brackets it counts where one only is
    left (菜园镇（本级） and 菜园镇, but not 嵊山镇（东） and 嵊山镇（西）).
    """
    whole: dict[str, str] = {}
    bare: dict[str, set[str]] = {}
    for name, code in pairs:
        whole.setdefault(_squeezed(str(name)), str(code))
        bare.setdefault(header(str(name)), set()).add(str(code))

    def lookup(text: str) -> str:
        if not text:
            return ""
        codes = bare.get(header(text), set())
        return whole.get(_squeezed(text)) or (next(iter(codes)) if len(codes) == 1 else "")

    return lookup


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", plain(text)[:_LONGEST].casefold())


def any_spoilt(codes: Sequence[str]) -> bool:
    """Return whether one of many codes may be spoilt, see `is_spoilt`: all are looked at at once."""
    return bool(_ANY_SPOILT.search("\n".join(codes)))


def is_spoilt(code: str) -> bool:
    """Return whether a code has lost digits in a spreadsheet: 3.3E+11, or a whole number beyond 15 digits as a fraction."""
    return bool(SCIENTIFIC.match(code) or _LONG_FLOAT.match(code))
