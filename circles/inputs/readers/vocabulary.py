"""The words that arrive in files, kept as data in ``synonyms.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8"))


def section(name: str) -> dict[str, Any]:
    """Return one section of ``synonyms.toml``."""
    found: dict[str, Any] = _content()[name]
    return found
