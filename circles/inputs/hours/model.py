"""Opening hours in their one normal form, and the days and times of which it is composed."""

from __future__ import annotations

from dataclasses import dataclass, field

DAY_MIN = 24 * 60
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WORKING, RESTING, HOLIDAY = "WD", "RD", "PH"
"""工作日 (make-up days included) · 双休日 (make-up days excluded) · statutory day off: resolved with the announced days."""
Range = tuple[int, int]
"""Minutes after midnight; the second may exceed 1440, past midnight."""
DateRange = tuple[int, int, int, int]
"""Month, day, month, day, both included; may cross the new year."""


class UnreadableHours(ValueError):
    """Opening hours that are not read. ``code`` is the finding's, ``detail`` what could not be read."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Hours:
    """Opening hours as read.

    ``variants`` are strings in OpenStreetMap's syntax, with ``WD``, ``RD`` and ``PH`` for days that depend on the
    announced calendar. More than one stands for what the text leaves open (夏季 without dates, 上午 without times):
    the place is open where all agree on it, shut where all agree on that, and unknown between. ``notes`` are codes of
    findings about what was read with a reservation.
    """

    original: str
    variants: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Clause:
    """What is said of some days.

    ``days`` are weekdays and the words ``WD``, ``RD``, ``PH``, empty for every day; ``dates`` date ranges, None for all
    the year; ``season`` a season without dates. ``kind``: open, days_only (no times are given), off, part_off (shut for a session), except_holiday (the
    closure before it does not hold on holidays), lunch. ``replaces`` is the clause and its ranges that ``times``
    replace, for a season in brackets.
    """

    days: tuple[str, ...] = ()
    dates: tuple[DateRange, ...] | None = None
    season: str = ""
    kind: str = "open"
    times: list[Range] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    replaces: tuple[Clause, int, int] | None = None
    is_rest: bool = False


@dataclass(frozen=True)
class Seasons:
    """What an area knows about words without numbers: season name → date ranges; ``morning``, ``afternoon`` sessions."""

    dates: dict[str, tuple[DateRange, ...]] = field(default_factory=dict)
    morning: Range | None = None
    afternoon: Range | None = None


def clock(minute: int) -> str:
    """Return ``hh:mm``.

    >>> clock(510), clock(26 * 60)
    ('08:30', '26:00')
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


def times_text(ranges: tuple[Range, ...]) -> str:
    """Return ranges as OpenStreetMap writes them, ``off`` for none."""
    return ",".join(f"{clock(a)}-{clock(b)}" for a, b in ranges) or "off"


def dates_text(dates: tuple[DateRange, ...]) -> str:
    """Return date ranges as OpenStreetMap writes them: whole months as months."""
    return ",".join(_date_text(item) for item in dates)


def _date_text(item: DateRange) -> str:
    m1, d1, m2, d2 = item
    if d1 == 1 and d2 == MONTH_DAYS[m2 - 1]:
        return MONTHS[m1 - 1] if m1 == m2 else f"{MONTHS[m1 - 1]}-{MONTHS[m2 - 1]}"
    one, two = f"{MONTHS[m1 - 1]} {d1:02d}", f"{MONTHS[m2 - 1]} {d2:02d}"
    return one if one == two else f"{one}-{two}"


@dataclass
class Scope:
    """The selectors that hold here; ``is_said``: times or a closure have been given for them."""

    days: list[list[str]] = field(default_factory=list)
    dates: tuple[DateRange, ...] | None = None
    season: str = ""
    outer: str = ""
    is_said: bool = False
    is_rest: bool = False
