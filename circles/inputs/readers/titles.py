"""A header as it stands in a file: which column it names, and what it says besides: unit, datum, notes in brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from circles.inputs.readers import cells, units
from circles.inputs.readers.units import Unit
from circles.inputs.readers.vocabulary import section

_PARTS = re.compile(r"[;；，、/]|,(?!\d{3}(?!\d))")
"""What parts the notes of one pair of brackets; the comma of 10,000 does not."""
_AROUND = " _-/·.,:：()（）[]【】"


@dataclass(frozen=True)
class Title:
    """A header taken apart.

    Attributes
    ----------
    text : as it stands
    column : our name of the column, '' where it is none of ours
    name : the text without notes in brackets and without unit: what a group is called
    unit : the unit it gives, None where it gives none
    datum : the coordinate system it names (``gcj02`` …, or a word of one that is not read by name), '' where none
    notes : what else stands in brackets
    """

    text: str
    column: str = ""
    name: str = ""
    unit: Unit | None = None
    datum: str = ""
    notes: tuple[str, ...] = ()


def read_title(text: str, words: Mapping[str, str]) -> Title:
    """Take a header apart; ``words`` maps headers, as `cells.header` compares them, to our columns."""
    shown = cells.plain(text)
    own = Title(text.strip(), words.get(cells.header(shown), ""), name=cells.without_notes(shown) or shown)
    for note in cells.notes(shown):
        own = _with_note(own, note)
    if own.column or not shown:
        return own
    return _with_datum_inside(_with_unit_behind(own, words), words)


def _with_note(own: Title, note: str) -> Title:
    """Return a title that knows what one pair of brackets says."""
    for part in _PARTS.split(note):
        if (datum := datum_of(part)) and not own.datum:  # 百度 is a map before it is a hundred degrees
            own = replace(own, datum=datum)
        elif (unit := units.unit_of(part)) is not None and own.unit is None:
            own = replace(own, unit=unit)
        elif part.strip() and not _says_nothing(part):
            own = replace(own, notes=(*own.notes, part.strip()))
    return own


def _with_unit_behind(own: Title, words: Mapping[str, str]) -> Title:
    """Read 人口万人, 人口_千人 and 面积/亩, whose unit stands behind the name without brackets."""
    key = cells.header(own.text)
    for ending in units.endings():
        if not key.endswith(ending) or (unit := units.unit_of(ending)) is None:
            continue
        rest = key.removesuffix(ending).removesuffix("单位").strip(_AROUND)
        if rest in words:
            return replace(own, column=words[rest], unit=own.unit or unit)
        if rest and units.magnitude(unit) != 1.0 and unit.of(units.PEOPLE) is not None and own.unit is None:
            return replace(own, name=rest, unit=unit)
    return own


def _with_datum_inside(own: Title, words: Mapping[str, str]) -> Title:
    """Read 百度经度, lng_gcj02 and 经度-高德: a datum's word before or behind the name."""
    if own.column:
        return own
    key = cells.header(own.text)
    for word, datum in _datum_words().items():
        for rest in (key.removeprefix(word), key.removesuffix(word)):
            if rest != key and (column := words.get(rest.strip(_AROUND), "")) in ("lon", "lat", "x", "y"):
                return replace(own, column=column, datum=own.datum or datum)
    return own


def datum_of(text: str) -> str:
    """Return the datum that a word names, or begins or ends with: ``gcj02`` for 高德坐标系; '' where it names none."""
    key = cells.header(text)
    words = _datum_words()
    if key in words:
        return words[key]
    return next((datum for word, datum in words.items() if key.startswith(word) or key.endswith(word)), "")


@cache
def _datum_words() -> dict[str, str]:
    """Return word -> datum, the longest first; systems that need an EPSG code stand for themselves."""
    found = dict(cells.values("crs")) | {cells.header(word): word for word in section("datums")["by_code"]}
    usable = {word: datum for word, datum in found.items() if len(word) > 1 and not word.isdecimal()}
    return dict(sorted(usable.items(), key=lambda item: (-len(item[0]), item[0])))


@cache
def _empty_notes() -> tuple[str, ...]:
    return tuple(cells.header(text) for text in section("notes")["say_nothing"])


def _says_nothing(note: str) -> bool:
    key = cells.header(note)
    return not key or any(word == key if len(word) == 1 else word in key for word in _empty_notes())
