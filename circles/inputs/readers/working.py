"""Words that say whether a place works: 停业, 暂停营业, 在建, 拟建, wherever they stand."""

from __future__ import annotations

from functools import cache

from circles.inputs.readers import cells
from circles.inputs.readers.cells import Choice
from circles.inputs.readers.vocabulary import section

_NOT = ("未", "不", "无", "非", "没")


@cache
def _parts() -> dict[str, tuple[str, ...]]:
    """Return status -> parts of words that mean it, the most specific status first."""
    return {name: tuple(parts) for name, parts in section("working").items()}


def said_by(text: str) -> str | None:
    """Return the status that a remark says; '' where it says none, None where it says two or denies one.

    >>> said_by("2024年3月起停业"), said_by("二期"), said_by("停业后恢复营业")
    ('closed', '', None)
    """
    key = cells.plain(text).casefold()[:200]
    if any(f"{word}{part}" in key for word in _NOT for parts in _parts().values() for part in parts):
        return None
    hits = [name for name, parts in _parts().items() if any(part in key for part in parts)]
    if "existing" in hits:
        return None if len(hits) > 1 else ""
    return hits[0] if hits else ""


def status(text: str, read: Choice) -> tuple[str | None, str]:
    """Return the status that a cell means, None where it is not clear, and the words in brackets that decided it.

    >>> status("已建（暂停营业）", Choice("existing", ("暂停营业",)))
    ('closed', '暂停营业')
    """
    own = cells.values("status")
    said = {note: own.get(cells.header(note), said_by(note)) for note in (cells.notes(text) if text else ())}
    known = {note: value for note, value in said.items() if value != ""}
    if not known:
        return read.value, ""
    values = set(known.values())
    bare = own.get(cells.header(text))
    if None in values or len(values) > 1 or bare is None:
        return None, ""
    value = values.pop()
    if value == bare:
        return value, ""
    return (None, "") if value == "existing" else (value, "、".join(known))


def likely(text: str) -> str:
    """Return the status that an unknown word probably means, '' where it says nothing of the kind."""
    return said_by(text) or ""
