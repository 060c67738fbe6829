"""Templates → pages. Every text is escaped by the templates' own rule; a sentence comes from the word catalogue ``desk``."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from circles.foundation import words
from circles.foundation.control import visible
from circles.foundation.words import Lang

_ROOMS = ("desk", "cli", "report", "plan", "atlas")


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("circles.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    made.filters["visible"] = lambda value: visible(str(value))
    return made


def page(name: str, lang: Lang, **values: Any) -> str:
    """Return a page; ``t(key, …)`` in a template is a sentence of the catalogue ``desk``, or of ``room.key``."""

    def t(key: str, **filled: Any) -> str:
        return sentence(key, lang, **filled)

    return _templates().get_template(name).render(t=t, lang=lang, **values)


def sentence(key: str, lang: Lang, **filled: Any) -> str:
    """Return a sentence of the catalogue ``desk``; of another one where the key begins with its name and a dot."""
    room = key.split(".", 1)[0]
    return words.text(key if "." in key and room in _ROOMS else f"desk.{key}", lang, **filled)


def has(key: str) -> bool:
    """Return whether the catalogue ``desk`` holds a key."""
    return key in words.catalogue("desk")
