"""The search index: names, and the pinyin one types to find them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from circles.analysis.results import Tables

Names = list[tuple[str, list[str]]]


def names(tables: Tables, facilities: Iterable[str], islands: Sequence[str] = (), streets: Sequence[str] = ()) -> Names:
    """Return the names of all findable things by kind: t(ownship), v(illage), f(acility), i(sland), s(treet).

    Parameters
    ----------
    tables : townships and villages
    facilities : names as people read them, in the order of the table
    islands, streets : their names
    """
    by_kind = (
        ("t", tables.townships["name"]),
        ("v", tables.villages.get("name", [])),
        ("f", facilities),
        ("i", islands),
        ("s", streets),
    )
    return [(kind, [str(name) for name in found]) for kind, found in by_kind]


def index(by_kind: Names) -> list[list[Any]]:
    """Return ``[kind, place, keys]`` per findable thing.

    ``place`` is its number in the list of that kind; ``keys`` holds the pinyin initials and the full pinyin, where the
    name has Chinese characters.
    """
    return [[kind, i, keys(name)] for kind, found in by_kind for i, name in enumerate(found) if name]


def keys(name: str) -> str:
    """Return pinyin initials and the syllables of a name, in lower case; '' where it has no Chinese character.

    >>> keys("菜园镇")
    "cyz cai'yuan'zhen"
    """
    if not any("\u3400" <= sign <= "\u9fff" for sign in name):
        return ""
    import pypinyin  # noqa: PLC0415 - its dictionary takes a fifth of a second, mostly of another process (`circles.outputs.clerk`)

    full = [s for s in pypinyin.lazy_pinyin(name) if s.isalnum()]
    initials, syllables = "".join(s[0] for s in full if s), "'".join(full)
    return f"{initials} {syllables}".lower()


def homophones(index: list[list[Any]]) -> dict[str, str]:
    """Return, per syllable of an index, the signs that sound so: who types 菜圆镇 means 菜园镇."""
    wanted = {syllable for _, _, spoken in index if spoken for syllable in spoken.split(" ")[1].split("'")}
    return {syllable: signs for syllable, signs in _signs().items() if syllable in wanted}


@cache
def _signs() -> dict[str, str]:
    """Return the signs of GB 2312 by their most common syllable."""
    import pypinyin  # noqa: PLC0415 - as above

    rows = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    signs = "".join(raw.decode("gb2312", errors="ignore") for raw in rows)
    found: dict[str, list[str]] = {}
    for sign, spoken in zip(signs, pypinyin.lazy_pinyin(list(signs)), strict=True):
        found.setdefault(spoken, []).append(sign)
    return {syllable: "".join(own) for syllable, own in found.items()}
