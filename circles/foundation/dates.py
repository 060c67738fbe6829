"""Dates as registers and maps write them → days; spans such as a year, a quarter or 「2030年5月」 → their first and last day."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata

_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[T ]+\d{1,2}[:时].*)?$")
_PLAIN = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_EXCEL_START = dt.date(1899, 12, 30)
_YEARS = range(1900, 2200)
_MONTHS = {
    name.lower(): at for names in (calendar.month_name, calendar.month_abbr) for at, name in enumerate(names) if name
}
_ABOUT = re.compile(
    r"^(?:~|约|大约|预计|计划|拟|ca\.?|circa|about|expected|early|mid|late|before|by)\s*", re.IGNORECASE
)
_BEHIND = re.compile(r"\s*(?:前后|左右|起|开业|开放|启用|投用|建成|关闭|停用|停业|止)$")
_YEAR = re.compile(r"^(\d{4})年?(?:度|底|初|末)?$")
_DECADE = re.compile(r"^(\d{3})0(?:s|年代)$")
_QUARTER = re.compile(
    r"^(\d{4})(?:-?|年第?)[ ]?(?:Q([1-4])|([一二三四1-4])季度)$|^Q([1-4])[ -]?(\d{4})$", re.IGNORECASE
)
_HALF = re.compile(r"^(\d{4})年(上|下)半年$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
_ENGLISH = re.compile(r"^(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([A-Za-z]{3,9})\.?,?\s+(\d{4})$")
_ISO_TIME = re.compile(r"^(\d{4}-\d{2}-\d{2})T\S*$")
_LONGEST = 40
Span = tuple[dt.date, dt.date]


def as_date(text: str) -> dt.date | None:
    """Return the day that a cell means, None where it means none.

    ISO days, 2024/5/1, 2024.5.1, 2024年5月1日, 20240501, days with a time, the day numbers of spreadsheets; a month alone
    (2024-05, 2024年5月) is its first day, so that nothing looks fresher than it may be.

    >>> as_date("2024年5月"), as_date("45413"), as_date("去年")
    (datetime.date(2024, 5, 1), datetime.date(2024, 5, 1), None)
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(" 00:00:00", "")
    if _SERIAL.match(plain):
        counted = _EXCEL_START + dt.timedelta(days=int(float(plain)))
        return counted if counted.year in _YEARS else None
    match = _PLAIN.match(plain) or _DAY.match(plain)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    return _dated(year, month, day)


def _dated(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def as_span(text: str) -> Span | None:
    """Return the first and the last day of what a cell or tag means; None where it means no time that is known.

    A day of any spelling, a month, a quarter, half a year, a year, a decade (``2030s``); ``~2030``, 约2030年 and 预计2030年
    are the year itself; of a range (``2030..2031``) its ends. Of 01.05.2030 the day stands first.

    >>> as_span("2030年5月"), as_span("2030"), as_span("May 2030")[0], as_span("soon")
    ((datetime.date(2030, 5, 1), datetime.date(2030, 5, 31)), (datetime.date(2030, 1, 1), datetime.date(2030, 12, 31)), datetime.date(2030, 5, 1), None)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > _LONGEST:
        return None
    ends = [_span_of(_BEHIND.sub("", _ABOUT.sub("", part.strip()))) for part in plain.split("..")]
    if len(ends) > 2 or ends[0] is None or ends[-1] is None:
        return None
    return ends[0][0], ends[-1][1]


def _span_of(plain: str) -> Span | None:
    if (span := _period(plain)) is not None:
        return span
    day = _day(plain)
    return None if day is None else (day, day)


def _period(plain: str) -> Span | None:
    """Return the span of a decade, a year, half a year, a quarter or a month."""
    if hit := _YEAR.match(plain):
        return _months(int(hit[1]), 1, 12)
    if hit := _DECADE.match(plain):
        first, last = _months(int(hit[1]) * 10, 1, 12), _months(int(hit[1]) * 10 + 9, 1, 12)
        return None if first is None or last is None else (first[0], last[1])
    if hit := _QUARTER.match(plain):
        number = hit[2] or hit[3] or hit[4]
        at = int(number) if number.isdigit() else "一二三四".index(number) + 1
        return _months(int(hit[1] or hit[5]), 3 * at - 2, 3 * at)
    if hit := _HALF.match(plain):
        return _months(int(hit[1]), 1 if hit[2] == "上" else 7, 6 if hit[2] == "上" else 12)
    if (hit := _ENGLISH.match(plain)) and hit[1] is None and (month := _MONTHS.get(hit[2].lower())):
        return _months(int(hit[3]), month, month)
    hit = _DAY.match(plain)
    return _months(int(hit[1]), int(hit[2]), int(hit[2])) if hit is not None and hit[3] is None else None


def _day(plain: str) -> dt.date | None:
    """Return the one day that a text means: ISO with a time, the day first, English, and what `as_date` knows."""
    if hit := _DAY_FIRST.match(plain):
        return _dated(int(hit[3]), int(hit[2]), int(hit[1]))
    if (hit := _ENGLISH.match(plain)) and hit[1] is not None and (month := _MONTHS.get(hit[2].lower())):
        return _dated(int(hit[3]), month, int(hit[1]))
    hit = _ISO_TIME.match(plain)
    return as_date(hit[1] if hit else plain)


def _months(year: int, first: int, last: int) -> Span | None:
    """Return the first day of one month and the last day of another of a year."""
    if year not in _YEARS or not 1 <= first <= last <= 12:
        return None
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])
