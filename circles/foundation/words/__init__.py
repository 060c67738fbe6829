"""Every sentence a user reads, Chinese and English, kept as data in the TOML catalogues beside this file.

A catalogue is one TOML file per reader (``cli``, ``atlas``, ``report``, ``plan`` …). A key is ``<catalogue>.<name>``;
each entry holds ``zh`` and ``en``. The folder ``findings/`` holds one file per room that complains; its entries are the
findings' codes and also hold ``fix_zh`` and ``fix_en``, and ``why_zh`` and ``why_en`` where it can be said what the matter
costs in minutes or people (``why_people_…`` and ``why_points_…`` where their number is among the values). In a finding,
what stands between ⟦ and ⟧ is said only where none of its values is a dash: 「⟦；您是否想写 {near}？⟧」 asks nothing where
nothing is near.
"""

from __future__ import annotations

import errno
import os
import re
import string
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

Lang = Literal["zh", "en"]
DEFAULT_LANG: Lang = "zh"
LANGS: tuple[Lang, ...] = ("zh", "en")
NONE = "–"
"""What a finding holds for a value that there is not."""
_OPTIONAL = re.compile("⟦(.*?)⟧")


@cache
def catalogue(name: str) -> dict[str, dict[str, str]]:
    """Return one catalogue: entry name -> its texts by language."""
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def finding_codes() -> dict[str, dict[str, str]]:
    """Return every finding's texts: code -> ``zh``, ``en``, ``fix_zh``, ``fix_en``."""
    codes: dict[str, dict[str, str]] = {}
    for file in _finding_files():
        codes |= tomllib.loads(file.read_text(encoding="utf-8"))
    return codes


def _finding_files() -> list[Traversable]:
    folder = resources.files(__package__).joinpath("findings")
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def text(key: str, lang: Lang = DEFAULT_LANG, /, **values: Any) -> str:
    """Return the sentence ``key`` in ``lang`` with ``values`` filled in.

    Values are inserted, never interpreted: braces inside a value stay as they are.

    Raises
    ------
    KeyError
        The catalogue has no such entry: a defect of the program, never of the input.
    """
    name, _, entry = key.partition(".")
    template = catalogue(name)[entry][lang]
    return template.format(**values) if values else template


def measure(measure_id: str, lang: Lang = DEFAULT_LANG, part: Literal["", "unit_", "short_"] = "") -> str:
    """Return what a rule measure is called, or its ``unit_`` or ``short_`` word; an unknown measure keeps its id."""
    entry = catalogue("measures").get(measure_id)
    return entry[f"{part}{lang}"] if entry else measure_id


def group(name: str, lang: Lang = DEFAULT_LANG) -> str:
    """Return what a group of residents is called; an unknown column is shown as it is."""
    entry = catalogue("statement").get(f"group_{name}")
    return entry[lang] if entry else name


def listed(parts: Iterable[str], lang: Lang = DEFAULT_LANG) -> str:
    """Return names one after the other, as the language sets them apart: 甲、乙 · a, b."""
    return ("、" if lang == "zh" else ", ").join(parts)


def aside(text: str, lang: Lang = DEFAULT_LANG) -> str:
    """Return a remark in brackets, to be put behind a text: （甲） · a space and (a)."""
    return f"（{text}）" if lang == "zh" else f" ({text})"


def labelled(name: str, text: str, lang: Lang = DEFAULT_LANG) -> str:
    """Return a text behind the name of what it is about: 甲：乙 · a: b."""
    return f"{name}：{text}" if lang == "zh" else f"{name}: {text}"


def in_a_row(sentences: Iterable[str], lang: Lang = DEFAULT_LANG) -> str:
    """Return sentences one after the other, with a space between them where the language has one."""
    return ("" if lang == "zh" else " ").join(text for text in sentences if text)


@cache
def _of_system() -> dict[str, str]:
    """Return the catalogue entry of each sentence in which the operating system says what went wrong."""
    return {os.strerror(getattr(errno, name)): name for name in catalogue("system") if hasattr(errno, name)}


def system(said: str, lang: Lang = DEFAULT_LANG) -> str:
    """Return what the operating system said, in ``lang``; any other text stays as it is."""
    entry = _of_system().get(said)
    return said if entry is None else catalogue("system")[entry][lang]


@cache
def _room_of(code: str) -> dict[str, dict[str, str]]:
    """Return the catalogue that holds a finding; the others, 140 kB of sentences, are not parsed."""
    for file in _finding_files():
        text = file.read_text(encoding="utf-8")
        if code in text and code in (entries := tomllib.loads(text)):
            return entries
    raise KeyError(code)


def finding(code: str, lang: Lang = DEFAULT_LANG, /, **values: Any) -> tuple[str, str]:
    """Return ``(message, fix)`` of the finding ``code`` in ``lang`` with ``values`` filled in."""
    entry = _room_of(code)[code]
    return _filled(entry[lang], values), _filled(entry[f"fix_{lang}"], values)


def _filled(template: str, values: dict[str, Any]) -> str:
    """Return a finding's sentence with its values, without the parts whose values there are not."""
    there = _OPTIONAL.sub(lambda part: "" if NONE in map(values.get, _names(part[1])) else part[1], template)
    return there.format(**values)


def whole(template: str) -> str:
    """Return a finding's template as a reference page shows it: every part there, nothing marked.

    >>> whole("list them⟦; is it {near}?⟧")
    'list them; is it {near}?'
    """
    return _OPTIONAL.sub(r"\1", template).replace("{{", "{").replace("}}", "}")


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def finding_why(code: str, lang: Lang = DEFAULT_LANG, /, **values: Any) -> str:
    """Return what the finding ``code`` costs in minutes or people, '' where its catalogue or the values do not say."""
    entry = _room_of(code)[code]
    counted = next((unit for unit in ("people", "points") if f"why_{unit}_{lang}" in entry and unit in values), None)
    template = entry[f"why_{counted}_{lang}"] if counted else entry.get(f"why_{lang}", "")
    return template.format(**values) if _names(template) <= set(values) else ""
