"""The words that arrive in files, kept as data in ``synonyms.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def section(name: str) -> dict[str, Any]:
    """Return one section of ``synonyms.toml``."""
    content = tomllib.loads(resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = content[name]
    return found
