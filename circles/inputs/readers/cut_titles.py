"""Titles of a .dbf, which ends each after ten bytes, → the words they were cut from: 乡镇代 → 乡镇代码, ``township_c``.

A title is completed where it begins the words of one column only, and that is reported; else it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.readers import cells
from circles.inputs.readers.vocabulary import section

_TABLES = ("coordinates", "facilities", "residents", "villages", "townships", "totals", "expected", "entrances")
_BYTES = 10
_LOST = 3
"""Bytes that a letter of several may lose at the cut, less one."""


def completed(names: Sequence[str], encoding: str, table: str) -> tuple[dict[str, str], list[Finding]]:
    """Return title → whole word for the titles that were cut, and a note for each.

    Parameters
    ----------
    names : titles as they stand in the file
    encoding : of the .dbf: it says how many bytes a letter has
    table : the file, for findings

    >>> completed(["乡镇代", "population", "township_c"], "utf-8", "t.shp")[0]
    {'乡镇代': '乡镇代码', 'township_c': 'township_code'}
    """
    found: dict[str, str] = {}
    taken = {cells.header(name) for name in names}
    for name in names:
        size = len(name.encode(encoding, errors="replace"))
        if not _BYTES - _LOST < size <= _BYTES or cells.header(name) in _words():
            continue
        whole = {word: columns for word, columns in _words().items() if word.startswith(cells.header(name))}
        if len(set(whole.values())) == 1 and (best := min(whole, key=lambda word: (len(word), word))) not in taken:
            found[name] = _spelled(best)
            taken.add(best)
    return found, [errors.info("title-cut", table, id=name, value=name, whole=whole) for name, whole in found.items()]


@cache
def _words() -> dict[str, frozenset[str]]:
    """Return word, as `cells.header` compares it → the columns that it names in some table."""
    found: dict[str, set[str]] = {}
    for table in _TABLES:
        for name, others in section(table).items():
            for word in (name, *others):
                found.setdefault(cells.header(word), set()).add(name)
    return {word: frozenset(columns) for word, columns in found.items()}


def _spelled(word: str) -> str:
    """Return a word as the table of words spells it."""
    every: Iterator[str] = (w for table in _TABLES for name, others in section(table).items() for w in (name, *others))
    return next(w for w in every if cells.header(w) == word)
