"""Times as they are said (下午 2:30, 次日 2:00) → minutes after midnight."""

from __future__ import annotations

from collections.abc import Iterable

from circles.inputs.hours.model import DAY_MIN, MONTH_DAYS, DateRange, Range, UnreadableHours

_AFTERNOON = frozenset({"下午", "午后", "晚上", "晚间", "傍晚", "夜间", "夜晚", "夜里", "晚"})
_MORNING = frozenset({"上午", "早上", "早晨", "清晨", "早间", "早", "凌晨"})
_NIGHT = frozenset({"晚上", "晚间", "夜间", "夜晚", "夜里", "晚", "凌晨"})
_LONGEST_NIGHT_MIN = 14 * 60
_LATEST_LATE_MIN = 3 * 60


def carried(part: str, start_min: int, end_min: int) -> str:
    """Return the part of day of the second time, where only the first has one: 下午 2:00 至 5:30."""
    if part in _AFTERNOON and end_min < DAY_MIN // 2 and end_min + DAY_MIN // 2 > start_min:
        return part
    return ""


def in_part(minute: int, part: str) -> int:
    """Return the minute of the day of a time in a part of day, as it is said: 下午 2:30 is 14:30.

    Raises
    ------
    UnreadableHours
        There is no such time in this part of day.
    """
    noon = DAY_MIN // 2
    if part in _AFTERNOON:
        if minute == noon:
            return DAY_MIN if part in _NIGHT else noon  # 晚上12点, 下午12点
        return minute + noon if minute < noon and not (part in _NIGHT and minute == 0) else minute
    if part == "中午" and minute < 3 * 60:
        return minute + noon
    if part in _MORNING and minute > noon + 59:
        raise UnreadableHours("hours-no-such-time", part)
    return minute


def span_of(start: int, end: int, *, is_next: bool, end_part: str, is_padded: bool, shown: str) -> Range:
    """Return a range in minutes after midnight; its end is above 1440 if it lies on the next day.

    Parameters
    ----------
    start, end : minutes after midnight as written
    is_next : whether the text says that the end is on the next day (次日)
    end_part : part of day that the end is written with (凌晨), else empty
    is_padded : whether the hour of the end has two digits (02:00)
    shown : the text, for the message

    Raises
    ------
    UnreadableHours
        The start is no time of day, or the end is before the start and no night is meant.
    """
    if start >= DAY_MIN:
        raise UnreadableHours("hours-no-such-time", shown)
    if is_next:
        return start, end + DAY_MIN
    if end > start:
        return start, end
    length = end + DAY_MIN - start
    is_night = end_part == "凌晨" or length <= _LONGEST_NIGHT_MIN or (end <= _LATEST_LATE_MIN and is_padded)
    if end == start or not is_night:
        raise UnreadableHours("hours-ends-first", shown)
    return start, end + DAY_MIN


def every_month(days: Iterable[tuple[int, int]]) -> tuple[DateRange, ...]:
    """Return days of the month, as first and last, in each month that has them."""
    return tuple(
        (month, first, month, min(last, MONTH_DAYS[month - 1]))
        for month in range(1, 13)
        for first, last in days
        if first <= MONTH_DAYS[month - 1]
    )
