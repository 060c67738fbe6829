"""Units as people write them, in a header or behind a number: 人, 万人, 户, ㎡, 亩, 度.

A unit measures kinds of thing: 人 may be people or places at a canteen, 户 is neither. What a column counts is given by
the one who reads it; a unit of another kind is reported, never dropped.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat

from circles.inputs.readers.vocabulary import section

PEOPLE, PLACES, AREA, LENGTH, ANGLE, COUNT = "people", "places", "area", "length", "angle", "count"
_MAGNITUDES = {"亿": 1e8, "百万": 1e6, "十万": 1e5, "万": 1e4, "千": 1e3, "百": 1e2}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+)\s*(.*)", re.DOTALL)
_SAID = re.compile(r"^(?:计量)?单位\s*[::]?\s*", re.IGNORECASE)
_MOST_DIGITS = 40
_ENGLISH = re.compile(
    r"(?:in|units?:?|x|×|\*|/)*('?000s?|1,?000,?000s?|100,?000s?|10,?000s?|1,?000s?|100k|10k|tenthousands?|thousands?|hundreds?"
    r"|millions?|10\^?[3456])(?:of)?(.*)"
)
"""Magnitudes in English: thousands, 10,000 persons, (000s), 10k."""
_ENGLISH_FACTORS = {
    "000": 1e3,
    "10k": 1e4,
    "100k": 1e5,
    "tenthousand": 1e4,
    "thousand": 1e3,
    "hundred": 1e2,
    "million": 1e6,
}
_LONGEST = 40


MEASURED = {
    "lon": ANGLE, "lat": ANGLE, "x": LENGTH, "y": LENGTH, "position_accuracy_m": LENGTH,
    "population": PEOPLE, "expected": COUNT,
}  # fmt: skip
"""What the columns of ours measure; others take any unit."""
OF_ANY = frozenset({"capacity", "steps", "width_m", "length_m"})
"""Columns of ours with numbers whose unit depends on the row or the table."""


@dataclass(frozen=True)
class Unit:
    """A unit: its text, and how many of each kind's own unit (a person, a place, 1 m², 1 m, 1°) it makes."""

    text: str
    factors: Mapping[str, float]

    def of(self, kind: str) -> float | None:
        """Return the factor to ``kind``'s own unit; None where it measures something else. '' takes any."""
        if not kind and self.factors:
            return next(iter(self.factors.values()))
        return self.factors.get(kind)


@cache
def _words() -> dict[str, dict[str, float]]:
    """Return unit -> kind -> factor."""
    found: dict[str, dict[str, float]] = {}
    for kind, units in section("units").items():
        for text, factor in units.items():
            found.setdefault(_plain(text), {})[kind] = float(factor)
    return found


@cache
def unit_of(text: str) -> Unit | None:
    """Return the unit that ``text`` is (单位：万人, ㎡, 千户, 个); None where it is none that is known."""
    plain = _SAID.sub("", _plain(text))
    words = _words()
    if plain in words:
        return Unit(text.strip(), words[plain])
    for factor, rest in _taken_apart(plain):
        if not rest:
            return Unit(text.strip(), dict.fromkeys((PEOPLE, PLACES, AREA, COUNT), factor))
        if rest in words:
            return Unit(text.strip(), {kind: own * factor for kind, own in words[rest].items()})
    return None


def _taken_apart(plain: str) -> list[tuple[float, str]]:
    """Return the magnitudes that a text may begin with, each with what stands behind it: (1e4, 人) of 万人."""
    found = [(factor, plain.removeprefix(text)) for text, factor in _MAGNITUDES.items() if plain.startswith(text)]
    english = _ENGLISH.fullmatch(plain) if len(plain) <= _LONGEST else None
    if english is None:
        return found
    text = english[1].replace(",", "").replace("'", "").removesuffix("s")
    power = text.removeprefix("10^").removeprefix("10")
    if text in _ENGLISH_FACTORS:
        factor = _ENGLISH_FACTORS[text]
    else:
        factor = 10.0 ** int(power) if len(power) == 1 and power in "3456" else float(text)
    return [*found, (factor, english[2])]


def magnitude(unit: Unit) -> float:
    """Return 1e4 for 万人 and 万个, 1 for 人 and ㎡: what a unit multiplies by, whatever it measures."""
    plain = _SAID.sub("", _plain(unit.text))
    if plain in _words():
        return 1.0
    return next((factor for factor, _ in _taken_apart(plain)), 1.0)


@cache
def endings() -> tuple[str, ...]:
    """Return every unit, with and without a magnitude, the longest first: what a header may end in."""
    own = [text for text in _words() if not text.isascii() or len(text) > 1]
    found = {*own, *(m + text for m in ("万", "千", "百") for text in own), "万", "thousand", "thousands", "million"}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def are_bare(texts: Sequence[str]) -> bool:
    """Return whether `quantity` reads no text but by ``float``, or not at all: none is too long, none holds ``1_000``."""
    return max(map(len, texts), default=0) <= _MOST_DIGITS and not any(map(operator.contains, texts, repeat("_")))


def quantity(text: str) -> tuple[float, str]:
    """Return the number that ``text`` begins with and what stands behind it; NaN where it begins with none.

    Full-width digits and 1,234 are read; what stands behind is to be a unit (`unit_of`) or nothing.
    """
    if len(text) > _MOST_DIGITS:
        return math.nan, ""
    try:
        return (float(text), "") if "_" not in text else (math.nan, "")
    except ValueError:
        pass
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return math.nan, ""
    if "," in match[1] and not _THOUSANDS.fullmatch(match[1]):
        return math.nan, ""
    return float(match[1].replace(",", "")), match[2].strip()


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
