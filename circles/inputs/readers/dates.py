"""Dates as registers write them → dates."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[T ]+\d{1,2}[:时].*)?$")
_PLAIN = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_EXCEL_START = dt.date(1899, 12, 30)
_YEARS = range(1900, 2200)


def as_date(text: str) -> dt.date | None:
    """Return the day that a cell means, None where it means none.

    ISO days, 2024/5/1, 2024.5.1, 2024年5月1日, 20240501, days with a time, the day numbers of spreadsheets; a month alone
    (2024-05, 2024年5月) is its first day, so that nothing looks fresher than it may be.

    >>> as_date("2024年5月"), as_date("45413"), as_date("去年")
    (datetime.date(2024, 5, 1), datetime.date(2024, 5, 1), None)
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(" 00:00:00", "")
    if _SERIAL.match(plain):
        return _valid(lambda: _EXCEL_START + dt.timedelta(days=int(float(plain))))
    match = _PLAIN.match(plain) or _DAY.match(plain)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    return _valid(lambda: dt.date(year, month, day))


def _valid(make: object) -> dt.date | None:
    try:
        day: dt.date = make()  # type: ignore[operator]
    except (ValueError, OverflowError):
        return None
    return day if day.year in _YEARS else None
