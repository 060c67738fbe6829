"""From the ledger's rows to the figures in force on a date.

Three dates are kept apart: what a figure is about (its period), when the unit handed it in (``reported_on``), and
when the ledger took it (``recorded_at``, with the sequence number). A figure is in force on a date D when its period
has ended by D and it was handed in by D **or within its own reporting deadline**: figures reported in time count from
the end of their period. A correction or withdrawal counts from the day on which it was made. So a later correction
never changes what a past date shows, and a late figure stays missing where it was missing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from circles.plan import periods
from circles.plan.chain import Basis, Entry, Status, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger
    from circles.plan.periods import Period


@dataclass(frozen=True)
class AsOf:
    """A date to look from. ``known_on`` replaces the rule above: every row counts that was handed in by then.

    ``up_to_seq`` shows the ledger as it stood after that row, whatever was added since: with the head that every
    report prints, the report can be made again exactly.
    """

    day: dt.date
    known_on: dt.date | None = None
    up_to_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in force."""

    period: Period
    value: Decimal
    entry: Entry


Series = dict[str, list[Figure]]
"""Figures in force by subject, in order of their period's end."""


@dataclass(frozen=True)
class Known:
    """What the ledger says on a date: the two series, and how many rows are there but came too late to count."""

    as_of: AsOf
    reported: Series
    computed: Series
    late: int


def read_known(ledger: Ledger, plan: Plan, as_of: AsOf) -> Known:
    """Return the figures of the plan's year in force on ``as_of``."""
    last = min(as_of.day, plan.last_day)
    rows = ledger.entries(
        topic=Topic.OBSERVATION,
        up_to_seq=as_of.up_to_seq,
        ended_from=plan.first_day.isoformat(),
        ended_to=last.isoformat(),
    )
    return known(rows, plan, as_of)


def known(rows: Iterable[Entry], plan: Plan, as_of: AsOf) -> Known:
    """Return the figures in force on ``as_of`` among ``rows`` (in order of sequence; observations only)."""
    in_force: dict[tuple[str, str, str], Entry] = {}
    late = 0
    for row in rows:
        if row.period_end > as_of.day.isoformat() or row.topic != Topic.OBSERVATION:
            continue
        if counts(row, plan, as_of):
            in_force[row.subject, row.basis, row.period] = row
        else:
            late += 1
    reported: Series = defaultdict(list)
    computed: Series = defaultdict(list)
    for row in in_force.values():
        if row.status == Status.WITHDRAWN or row.value is None:
            continue
        series = computed if row.basis == Basis.COMPUTED else reported
        series[row.subject].append(Figure(periods.parse(row.period), Decimal(row.value), row))
    for series in (reported, computed):
        for figures in series.values():
            figures.sort(key=lambda item: (item.period, item.entry.seq))
    if plan.counted_id is not None:
        computed[plan.counted_id] = _share_done(plan, reported)
    return Known(as_of, dict(reported), dict(computed), late)


def _share_done(plan: Plan, reported: Mapping[str, list[Figure]]) -> list[Figure]:
    """Return the share of the 民生实事 that is done, in percent, at the end of each period that any was reported for."""
    own = [(item, reported.get(item.id, [])) for item in plan.livelihood]
    last = {figure.period.end: figure for _, figures in own for figure in figures}
    found = []
    for end, figure in sorted(last.items()):
        done = sum(
            any(item.meets(one.value) for one in [f for f in figures if f.period.end <= end][-1:])
            for item, figures in own
        )
        found.append(Figure(figure.period, round(Decimal(100 * done) / len(own), 2), figure.entry))
    return found


def counts(row: Entry, plan: Plan, as_of: AsOf) -> bool:
    """Return whether a row whose period has ended counts on a date; see the module's first lines."""
    if as_of.known_on is not None:
        return row.reported_on <= as_of.known_on.isoformat()
    if row.reported_on <= as_of.day.isoformat():
        return True
    if row.supersedes is not None:
        return False
    period = periods.parse(row.period)
    deadline = period.end + dt.timedelta(days=plan.rhythm.report_due_days[period.frequency])
    return row.reported_on <= deadline.isoformat()


def latest(series: Mapping[str, list[Figure]], subject: str) -> Figure | None:
    """Return the figure of the latest period."""
    figures = series.get(subject)
    return figures[-1] if figures else None


def increment(figures: list[Figure]) -> Decimal | None:
    """Return what the latest period added to a cumulative figure: 本期 from 本年累计."""
    if not figures:
        return None
    earlier = [item for item in figures if item.period.end < figures[-1].period.end]
    return figures[-1].value - (earlier[-1].value if earlier else Decimal(0))
