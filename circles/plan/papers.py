"""Which paper a meeting gets: the period its heading names, the day its figures stand at, what it is compared with.

周调度 · 月例会 · 季分析 · 年考核. The heading always names a period that has ended (a week may still run): on any day between 30
September and 30 December the quarterly analysis is 前三季度, with the figures of 30 September, compared with 上半年.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from circles.foundation import errors, words
from circles.foundation.errors import PlanError
from circles.plan import periods
from circles.plan.figures import AsOf
from circles.plan.forms import plan_period
from circles.plan.periods import Frequency, Period

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.indicators import Plan


class Meeting(StrEnum):
    """The four meetings of the document's 三(三)."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


_RHYTHM = {
    Meeting.WEEKLY: Frequency.WEEK, Meeting.MONTHLY: Frequency.MONTH, Meeting.QUARTERLY: Frequency.QUARTER,
    Meeting.YEARLY: Frequency.YEAR,
}  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """A meeting's paper: ``as_of`` is where its figures stand, ``compared`` the period before in the same series."""

    meeting: Meeting
    period: Period
    written_on: dt.date
    as_of: AsOf
    compared: Period | None
    since: dt.date

    def title(self, plan: Plan, lang: Lang) -> str:
        """Return the heading, with the period it is about."""
        names = {
            "county": plan.plan.county, "year": self.period.year, "month": self.period.end.month,
            "week": int(self.period.text[-2:]) if self.meeting is Meeting.WEEKLY else 0, "span": span(self.period, lang),
        }  # fmt: skip
        return words.text(f"plan.paper_{self.meeting}", lang, **names)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def span(period: Period, lang: Lang) -> str:
    """Return how a heading names the year up to a quarter's end: 第一季度 · 上半年 · 前三季度 · 全年."""
    if period.frequency is not Frequency.QUARTER:
        return period.text
    return words.text(f"plan.span_{period.text[-1]}", lang)


def date_text(day: dt.date, lang: Lang) -> str:
    """Return a date as papers write it: 2024年11月5日 · 5 Nov 2024, whatever the locale of the process."""
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def paper_of(plan: Plan, meeting: Meeting, day: dt.date, *, period: str | None = None) -> Paper:
    """Return the paper of a meeting: its period, the date its figures stand at, and what it is compared with.

    Parameters
    ----------
    plan : the plan
    meeting : kind of meeting
    day : date of the meeting
    period : another period than the last one that has ended by ``day``

    Raises
    ------
    PlanError
        No period of that kind of the plan's year has ended by ``day``, or ``period`` is of another kind.
    """
    rhythm = _RHYTHM[meeting]
    if period is None:
        wanted = _last_ended(meeting, day)
        if wanted.year > plan.plan.year:
            wanted = periods.of_year(plan.plan.year, rhythm)[-1]
    else:
        wanted = plan_period(plan, period)
    too_early = wanted.year != plan.plan.year or (wanted.end > day and meeting not in {Meeting.WEEKLY, Meeting.YEARLY})
    if wanted.frequency is not rhythm:
        first = periods.of_year(plan.plan.year, rhythm)[0].text
        raise PlanError(errors.error("plan-meeting-period", value=str(meeting), period=wanted.text, example=first))
    if too_early or wanted.start > day:
        raise PlanError(errors.error("plan-meeting-early", value=str(meeting), period=wanted.text, day=day.isoformat()))
    before = periods.containing(wanted.start - dt.timedelta(days=1), rhythm)
    compared = before if before.year == plan.plan.year else None
    stands = _stands(plan, wanted, day)
    since = _stands(plan, before, day) if compared else wanted.start - dt.timedelta(days=1)
    return Paper(meeting, wanted, day, AsOf(stands, known_on=day), compared, since)


def _last_ended(meeting: Meeting, day: dt.date) -> Period:
    """Return the week or the year of ``day``, or the last month or quarter that has ended by then."""
    rhythm = _RHYTHM[meeting]
    found = periods.containing(day, rhythm)
    if meeting in {Meeting.WEEKLY, Meeting.YEARLY} or found.end <= day:
        return found
    return periods.containing(found.start - dt.timedelta(days=1), rhythm)


def _stands(plan: Plan, period: Period, day: dt.date) -> dt.date:
    """Return the day at which a period's figures stand: when all of them are due, but never later than ``day``.

    A period's figures end with it: no later month is among them.
    """
    owed = period.end + dt.timedelta(days=plan.rhythm.report_due_days[period.frequency] + 1)
    return min(day, owed)
