"""The opening hours of an area's facilities, and what is wrong or doubtful about them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from circles.area import Area, HoursWords
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.hours.model import MONTH_DAYS, DateRange, Hours, Range, Seasons, UnreadableHours
from circles.inputs.hours.reading import read_hours


def hours_of(area: Area, facilities: pd.DataFrame) -> tuple[Hours | None, ...]:
    """Return the hours of each facility, None where they are not stated or not read: unknown, never guessed."""
    known = seasons_of(area.hours)
    return tuple(_read(text, known)[0] for text in _texts(facilities))


def doubts(area: Area, facilities: pd.DataFrame) -> list[Finding]:
    """Return a warning per facility whose hours are not read, and a note where they are read with a reservation."""
    known, found = seasons_of(area.hours), []
    for number, text in enumerate(_texts(facilities)):
        hours, refused = _read(text, known)
        codes = [(refused.code, refused.detail)] if refused else [(code, "") for code in (hours.notes if hours else ())]
        for code, detail in codes:
            row = facilities.iloc[number]
            at = int(row["row"]) if "row" in row and row["row"] > 0 else None
            make = errors.warning if refused else errors.info
            found.append(make(code, str(row["file"]), at, str(row["id"]), value=text[:80], detail=detail[:40]))
    return found


def seasons_of(words: HoursWords) -> Seasons:
    """Return what the area file says about words without numbers."""
    named = {name: getattr(words, name) for name in ("summer", "winter", "spring", "autumn", "peak", "low")}
    dates: dict[str, tuple[DateRange, ...]] = {name: (_dates(text),) for name, text in named.items() if text}
    return Seasons(dates, _session(words.morning), _session(words.afternoon))


def _texts(facilities: pd.DataFrame) -> list[str]:
    if "opening_hours" not in facilities:
        return [""] * len(facilities)
    return [text if isinstance(text, str) else "" for text in facilities["opening_hours"]]


@lru_cache(maxsize=50_000)
def _read_known(text: str, key: tuple[object, ...]) -> tuple[Hours | None, UnreadableHours | None]:
    dates, morning, afternoon = key
    try:
        return read_hours(text, Seasons(dict(dates), morning, afternoon)), None  # type: ignore[call-overload, arg-type]
    except UnreadableHours as e:
        return None, e


def _read(text: str, known: Seasons) -> tuple[Hours | None, UnreadableHours | None]:
    return _read_known(text, (tuple(known.dates.items()), known.morning, known.afternoon))


def _dates(text: str) -> DateRange:
    m1, d1, m2, d2 = (int(part) for part in text.replace("/", "-").split("-"))
    return m1, min(d1, MONTH_DAYS[m1 - 1]), m2, min(d2, MONTH_DAYS[m2 - 1])


def _session(text: str | None) -> Range | None:
    if text is None:
        return None
    first, last = (np.dot([int(part) for part in one.split(":")], (60, 1)) for one in text.split("-"))
    return int(first), int(last)
