"""The normal form → when a place is open, by the library ``opening-hours-py``.

Days that depend on the announced calendar are put in as dates beforehand: the library's own Chinese holidays are wrong on
164 of 2,922 days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np

from circles.foundation.types import F64, I64
from circles.inputs.hours.calendar import Calendar, days
from circles.inputs.hours.model import HOLIDAY, MONTHS, RESTING, WORKING, Hours, UnreadableHours

SHUT, UNKNOWN, OPEN = 0, 1, 2
T = TypeVar("T")
_AROUND = dt.timedelta(days=2)
_OURS = re.compile(rf"\b({WORKING}|{RESTING})\b")
_WORDS = re.compile(rf"\b({WORKING}|{RESTING}|{HOLIDAY})\b")
_DAY = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|WD|RD)"
_DAYS = re.compile(
    rf"{_DAY}(?:\s*-\s*{_DAY})?(?:\[[-\d,]+\])?(?:\s*,\s*{_DAY}(?:\s*-\s*{_DAY})?(?:\[[-\d,]+\])?)*(?![A-Za-z])"
)
_SPLIT = re.compile(rf'(;|,(?=\s+(?:{"|".join(MONTHS)}|{_DAY}|\d{{4}}\s)[^,;]*\d:)|\|\|)(?=(?:[^"]*"[^"]*")*[^"]*$)')


class Rule(NamedTuple):
    """One rule of a string: the sign before it, its selector of days, the days in it alone, and what follows."""

    joint: str
    selector: str
    prefix: str
    weekdays: str
    rest: str


@dataclass(frozen=True)
class Openings:
    """When a place is open, in local time.

    ``bounds_s`` (k) are the seconds after ``start`` at which the state changes, ascending from 0; ``state`` (k) is SHUT,
    UNKNOWN or OPEN from then on.
    """

    start: dt.datetime
    bounds_s: F64
    state: I64

    def at(self, seconds: F64) -> I64:
        """Return the state at moments, in seconds after ``start``; the minute of closing is shut."""
        return self.state[np.searchsorted(self.bounds_s, seconds, side="right") - 1]


def openings(
    hours: Hours,
    start: dt.datetime,
    end: dt.datetime,
    *,
    calendar: Calendar | None,
    place: tuple[float, float] | None = None,
    time_zone: str | None = None,
) -> Openings:
    """Return when a place is open between two moments in local time.

    Parameters
    ----------
    hours : as `read_hours` returns them
    start, end : without time zone, local
    calendar : announced days off; None = not China's: the library's of the place's country, none without a place
    place : latitude and longitude, for sunrise, sunset and the country
    time_zone : name of the zone, for the sun

    Raises
    ------
    UnreadableHours
        The library does not evaluate the string.
    """
    place = place if needs_place(hours, calendar) else None
    found = [
        _states(
            dated(variant, start - _AROUND, end + _AROUND, calendar),
            start,
            end,
            place,
            time_zone,
        )
        for variant in hours.variants
    ]
    bounds = np.unique(np.concatenate([one.bounds_s for one in found]))
    states = np.stack([one.at(bounds) for one in found])
    agreed = np.where((states == states[0]).all(axis=0), states[0], UNKNOWN)
    changes = np.flatnonzero(np.diff(agreed, prepend=-1))
    return Openings(start, bounds[changes], agreed[changes])


def needs_place(hours: Hours, calendar: Calendar | None) -> bool:
    """Return whether it matters where the place is: for the sun, and for holidays that are not the calendar's."""
    word = re.compile(r"sun|dawn|dusk" if calendar is not None else rf"sun|dawn|dusk|\b{HOLIDAY}\b")
    return any(word.search(re.sub(r'"[^"]*"', "", variant)) for variant in hours.variants)


def _states(
    text: str, start: dt.datetime, end: dt.datetime, place: tuple[float, float] | None, time_zone: str | None
) -> Openings:
    if not text:
        return Openings(start, np.zeros(1), np.zeros(1, dtype=np.int64))
    evaluated = guarded(lambda: list(parsed(text, place, time_zone).intervals(start, end)), text)
    bounds, states = [], []
    for begin, _, state, *_ in evaluated:
        bounds.append((begin.replace(tzinfo=None) - start).total_seconds())
        states.append({"State.OPEN": OPEN, "State.CLOSED": SHUT}.get(repr(state), UNKNOWN))
    if not bounds or bounds[0] > 0:
        bounds, states = [0.0, *bounds], [SHUT, *states]
    return Openings(start, np.maximum(np.array(bounds), 0.0), np.array(states, dtype=np.int64))


@lru_cache(maxsize=20_000)
def parsed(text: str, place: tuple[float, float] | None = None, time_zone: str | None = None) -> Any:
    """Return the library's object for a string; the three words of ours are put out of its way.

    Raises
    ------
    UnreadableHours
        The library does not read the string.
    """
    from opening_hours import OpeningHours  # noqa: PLC0415 - only areas with opening hours need it

    plain = _OURS.sub("Mo", text)
    if place is None:
        return guarded(lambda: OpeningHours(plain), text)
    return guarded(lambda: OpeningHours(plain, coords=place, timezone=_zone(time_zone), auto_country=True), text)


def _zone(name: str | None) -> Any:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

    return ZoneInfo(name or "Asia/Shanghai")


def guarded(work: Callable[[], T], text: str) -> T:
    """Return what ``work`` returns; whatever the library raises, its panics included, is hours that are not read.

    Raises
    ------
    UnreadableHours
        ``work`` raised; ``text`` is quoted in the message.
    """
    try:
        return work()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as e:
        raise UnreadableHours("hours-unreadable", text[:60]) from e


def rules_of(text: str) -> list[Rule]:
    """Return the rules of a string in order."""
    parts = _SPLIT.split(text)
    found = []
    for number in range(0, len(parts), 2):
        body = parts[number].strip()
        match = _DAYS.search(re.sub(r'"[^"]*"', lambda quoted: " " * len(quoted[0]), body))
        joint = parts[number - 1] if number else ";"
        if match is None:
            first = re.search(r"(?<![\d])\d{1,2}:\d\d|off|closed|24/7|sun|dawn|dusk|open|unknown|$", body)
            cut = first.start() if first else len(body)
            found.append(Rule(joint, body[:cut].strip(), body[:cut].strip(), "", body[cut:].strip()))
        else:
            selector = body[: match.end()].strip()
            found.append(Rule(joint, selector, body[: match.start()].strip(), match[0], body[match.end() :].strip()))
    return found


def dated(text: str, start: dt.datetime, end: dt.datetime, calendar: Calendar | None) -> str:
    """Return an ``opening_hours`` string with ``WD``, ``RD`` and ``PH`` replaced by the dates between two moments.

    Parameters
    ----------
    text : hours in the normal form
    start, end : first and last moment; their dates count
    calendar : workdays, rest days and public holidays; ``PH`` alone is left as it is where None

    Raises
    ------
    UnreadableHours
        One of the words stands where it cannot be replaced.
    """
    own = _WORDS if calendar is not None else _OURS
    if not own.search(re.sub(r'"[^"]*"', "", text)):
        return text
    out: list[str] = []
    for rule in rules_of(text):
        words = own.findall(rule.weekdays)
        if not words:
            if own.search(re.sub(r'"[^"]*"', "", rule.rest + rule.prefix)):
                raise UnreadableHours("hours-unreadable", text[:60])
            out += [rule.joint, f"{rule.selector} {rule.rest}"]
            continue
        if rule.rest.startswith(("+", "-")) or rule.joint == "||":
            raise UnreadableHours("hours-unreadable", text[:60])
        plain = [part.strip() for part in rule.weekdays.split(",") if not own.search(part)]
        if plain:
            out += [rule.joint, f"{rule.prefix} {','.join(plain)} {rule.rest}"]
        if chosen := _chosen(rule.prefix, words, start.date(), end.date(), calendar):
            out += [rule.joint, f"{','.join(chosen)} {rule.rest}"]
    return "".join(f"{joint} {body.strip()}" for joint, body in zip(out[::2], out[1::2], strict=True)).lstrip(";, ")


def _chosen(prefix: str, words: Iterable[str], first: dt.date, last: dt.date, calendar: Calendar | None) -> list[str]:
    calendar = calendar or Calendar(frozenset(), frozenset(), frozenset())
    tests: dict[str, Callable[[dt.date], bool]] = {
        WORKING: calendar.is_working, RESTING: calendar.is_resting, HOLIDAY: calendar.off.__contains__,
    }  # fmt: skip
    wanted = [tests[word] for word in words]
    season = parsed(f"{prefix} 00:00-24:00") if prefix else None
    found = [
        day
        for day in days(first, last)
        if any(test(day) for test in wanted)
        and (season is None or season.is_open(dt.datetime.combine(day, dt.time(12))))
    ]
    return [f"{day.year} {MONTHS[day.month - 1]} {day.day:02d}" for day in found]
