"""What the meetings leave in the ledger: actions with 问题、责任单位、期限、销号, locked months, frozen years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from circles.foundation import errors
from circles.foundation.errors import PlanError
from circles.plan import periods
from circles.plan.chain import Draft, Entry, Status, Topic
from circles.plan.figures import AsOf
from circles.plan.forms import plan_period
from circles.plan.periods import Frequency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger
    from circles.plan.scoring import Assessment


@dataclass(frozen=True)
class Action:
    """One thing to put right: which figure it is about, the problem, who answers for it, by when, and its state."""

    id: str
    subject: str
    problem: str
    unit: str
    due: dt.date
    opened_on: dt.date
    closed_on: dt.date | None = None
    note: str = ""

    def state(self, day: dt.date) -> Literal["open", "closed", "overdue"]:
        """Return the state on ``day``."""
        if self.closed_on is not None and self.closed_on <= day:
            return "closed"
        return "overdue" if day > self.due else "open"


def actions(rows: Sequence[Entry], as_of: AsOf) -> list[Action]:
    """Return the actions known on a date, in order of their id, from the ledger's rows about actions."""
    day = (as_of.known_on or as_of.day).isoformat()
    found: dict[str, Action] = {}
    for row in rows:
        if row.topic != Topic.ACTION or row.reported_on > day:
            continue
        detail, before = row.details, found.get(row.subject)
        found[row.subject] = Action(
            row.subject,
            detail["subject"],
            detail["problem"],
            detail["unit"],
            dt.date.fromisoformat(detail["due"]),
            opened_on=before.opened_on if before else dt.date.fromisoformat(row.reported_on),
            closed_on=dt.date.fromisoformat(row.reported_on) if detail.get("closed") else None,
            note=row.reason,
        )
    return [found[key] for key in sorted(found)]


def open_action(
    ledger: Ledger, plan: Plan, *, subject: str, problem: str, unit: str, due: dt.date, reported_on: dt.date,
    reporter: str = "",
) -> Action:  # fmt: skip
    """Put a new action on the list and return it with its id.

    Parameters
    ----------
    ledger : appended to
    plan : the plan
    subject : id of the measure that the action is about
    problem : what is wrong (问题)
    unit : the unit in charge (责任单位)
    due : the last day (期限)
    reported_on : date of the entry
    reporter : who enters it

    Raises
    ------
    PlanError
        The measure or the unit is not in the plan, or nothing is said about the problem.
    """
    if subject not in plan.measures:
        raise PlanError(errors.error("plan-unknown-measure", id=subject, value=subject, valid=nearest(plan, subject)))
    units = [item.name for item in plan.units]
    if unit not in units:
        raise PlanError(errors.error("plan-unknown-unit", id=subject, value=unit, valid=tuple(units)))
    known = {row.subject for row in ledger.entries(topic=Topic.ACTION)}
    name = f"A{len(known) + 1:03d}"
    draft = Draft(
        subject=name,
        period=periods.containing(reported_on, Frequency.MONTH).text,
        reported_on=reported_on,
        topic=Topic.ACTION,
        plan=plan.plan.id,
        reporter=reporter,
        detail={"subject": subject, "problem": problem, "unit": unit, "due": due.isoformat()},
    )
    ledger.append([draft])
    return Action(name, subject, problem, unit, due, reported_on)


def close_action(ledger: Ledger, name: str, *, note: str, reported_on: dt.date, reporter: str = "") -> Action:
    """Close an action (销号) and return it.

    Parameters
    ----------
    ledger : appended to
    name : id of the action, as ``A001``
    note : on what grounds it is closed
    reported_on : date of the entry
    reporter : who enters it

    Raises
    ------
    PlanError
        There is no such action.
    """
    rows = [row for row in ledger.entries(topic=Topic.ACTION) if row.subject == name]
    if not rows:
        raise PlanError(errors.error("plan-no-action", id=name, value=name))
    last = rows[-1]
    draft = Draft(
        subject=name,
        period=last.period,
        reported_on=reported_on,
        status=Status.CORRECTED,
        topic=Topic.ACTION,
        plan=last.plan,
        reporter=reporter,
        reason=note,
        detail={**last.details, "closed": True},
        expects=last.seq,
    )
    ledger.append([draft])
    return actions([*rows, *ledger.entries(topic=Topic.ACTION, subject=name)[-1:]], AsOf(reported_on))[0]


def lock_month(ledger: Ledger, plan: Plan, *, month: str, reported_on: dt.date, reporter: str = "") -> Entry:
    """Lock a month after its meeting: from then on its figures can be corrected, with a reason, but not first given.

    Parameters
    ----------
    ledger : appended to
    plan : the plan
    month : as ``2024-05``
    reported_on : date of the entry
    reporter : who enters it

    Raises
    ------
    PlanError
        It is no month of the plan's year, it has not ended, or it is locked already.
    """
    period = plan_period(plan, month)
    if period.frequency is not Frequency.MONTH or period.end > reported_on:
        raise PlanError(errors.error("plan-not-lockable", id=month, value=month, day=reported_on.isoformat()))
    draft = Draft(
        subject="month", period=month, reported_on=reported_on, topic=Topic.LOCK, plan=plan.plan.id, reporter=reporter
    )
    return ledger.append([draft])[0]


def freeze_year(
    ledger: Ledger, plan: Plan, assessment: Assessment, *, reported_on: dt.date, reporter: str = ""
) -> Entry:
    """Store the yearly assessment and freeze the year: no figure of it is taken or changed any more.

    Parameters
    ----------
    ledger : appended to
    plan : the plan
    assessment : what is stored
    reported_on : date of the entry
    reporter : who enters it

    Raises
    ------
    PlanError
        The year has not ended, or it is frozen already.
    """
    if plan.last_day > reported_on:
        raise PlanError(errors.error("plan-not-freezable", value=plan.plan.year, day=reported_on.isoformat()))
    draft = Draft(
        subject="year",
        period=str(plan.plan.year),
        reported_on=reported_on,
        topic=Topic.FREEZE,
        plan=plan.plan.id,
        reporter=reporter,
        detail=assessment.as_mapping(),
    )
    return ledger.append([draft])[0]


def last_meeting(rows: Sequence[Entry], day: dt.date) -> dt.date:
    """Return the day of the last monthly meeting before ``day``, else the last day of the month before."""
    locks = [row.reported_on for row in rows if row.topic == Topic.LOCK and row.reported_on < day.isoformat()]
    return dt.date.fromisoformat(max(locks)) if locks else day.replace(day=1) - dt.timedelta(days=1)


def nearest(plan: Plan, name: str) -> str:
    """Return the ids of the plan that are most like ``name``, for a message."""
    import difflib  # noqa: PLC0415

    return "、".join(difflib.get_close_matches(name, plan.measures, n=3, cutoff=0.4)) or "–"
