"""The search index: names, and the pinyin one types to find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pypinyin

from circles.results import Tables


def index(tables: Tables, islands: Sequence[str] = (), streets: Sequence[str] = ()) -> list[list[Any]]:
    """Return ``[kind, place, keys]`` per findable thing: kind f(acility), t(ownship), v(illage), i(sland) or s(treet).

    ``place`` is its number in the list of that kind; ``keys`` holds the pinyin initials and the full pinyin, where the
    name has Chinese characters.
    """
    found: list[list[Any]] = []
    for kind, names in (
        ("t", tables.townships["name"]),
        ("v", tables.villages.get("name", [])),
        ("f", tables.facilities["name"]),
        ("i", islands),
        ("s", streets),
    ):
        found += [[kind, i, keys(str(name))] for i, name in enumerate(names) if str(name)]
    return found


def keys(name: str) -> str:
    """Return pinyin initials and full pinyin of a name, in lower case; '' where it has no Chinese character.

    >>> keys("菜园镇")
    'cyz caiyuanzhen'
    """
    if not any("\u3400" <= sign <= "\u9fff" for sign in name):
        return ""
    full = [s for s in pypinyin.lazy_pinyin(name) if s.isalnum()]
    return f"{''.join(s[0] for s in full if s)} {''.join(full)}".lower()
