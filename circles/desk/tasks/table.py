"""A table as a page shows it."""

from __future__ import annotations

from typing import Any

from circles.foundation.words import Lang


def look(file: str, area: str, *, lang: Lang) -> dict[str, Any]:
    """Return a table."""
    del file, area, lang
    return {}
