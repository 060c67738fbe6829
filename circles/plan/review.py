"""填报 → 审核 → 审定（退回）: who has seen the figures of a unit and a period, each step a row of the same chain.

The reporter of a unit submits a complete form; the unit's head, another person, checks it; the office accepts it (its own
figures through a second person). Head and office may return it, with a reason. What was changed after a step is no longer
what was seen: it is submitted anew. A figure that nobody has accepted is 未审定, not 未报送.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import forms, roles
from circles.plan.chain import Basis, Draft, Entry, Status, Topic
from circles.plan.pending import pending

if TYPE_CHECKING:
    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger
    from circles.plan.periods import Period

Step = Literal["submitted", "checked", "accepted", "returned"]
Action = Literal["submit", "check", "accept", "return"]
_TO: dict[Action, Step] = {"submit": "submitted", "check": "checked", "accept": "accepted", "return": "returned"}
_FROM: dict[Action, frozenset[str]] = {
    "submit": frozenset({"", "returned", "accepted", "submitted", "checked"}), "check": frozenset({"submitted"}),
    "accept": frozenset({"checked"}), "return": frozenset({"submitted", "checked"}),
}  # fmt: skip


@dataclass(frozen=True)
class Review:
    """Where the figures of a unit and a period stand; ``rows`` are the ledger's rows that were seen, by measure."""

    unit: str
    period: str
    step: Step
    rows: Mapping[str, int]
    submitted_by: str
    checked_by: str
    by: str
    on: str
    reason: str
    seq: int


def reviews(rows: Iterable[Entry]) -> dict[tuple[str, str], Review]:
    """Return the latest step of every unit and period, from the ledger's rows in order."""
    found = {}
    for row in rows:
        if row.topic == Topic.REVIEW:
            detail = row.details
            found[row.subject, row.period] = Review(
                row.subject, row.period, detail["step"], detail["rows"], detail["submitted_by"],
                detail.get("checked_by", ""), row.reporter, row.reported_on, row.reason, row.seq,
            )  # fmt: skip
    return found


def accepted_rows(rows: Iterable[Entry], *, day: dt.date) -> frozenset[int]:
    """Return the numbers of the ledger's rows that were accepted by ``day``, whatever was submitted since."""
    found: set[int] = set()
    for row in rows:
        if row.topic == Topic.REVIEW and row.reported_on <= day.isoformat():
            detail = row.details
            if detail["step"] == "accepted":
                found |= set(detail["rows"].values())
    return frozenset(found)


def take(
    ledger: Ledger,
    plan: Plan,
    action: Action,
    *,
    unit: str,
    period: str,
    by: str,
    reported_on: dt.date,
    reason: str = "",
) -> Review:
    """Take a step with a unit's figures of a period.

    Parameters
    ----------
    ledger, plan : the ledger, appended to, and its plan
    action
        ``submit``, ``check``, ``accept`` or ``return``.
    unit, period
        Whose figures of which period.
    by
        Who takes the step: a person of the plan's ``[[roles]]``.
    reason
        Why something is returned, or submitted anew after it was accepted.
    reported_on : date of the entry

    Raises
    ------
    PlanError
        An unknown unit or period; a person who may not take the step; a step that is not the next one; figures that are
        missing or were changed since they were submitted; a return without a reason.
    """
    wanted = forms.plan_period(plan, period)
    units = [item.name for item in plan.units]
    if unit not in units:
        raise PlanError(errors.error("plan-unknown-unit", id=unit, value=unit, valid=tuple(units)))
    rows = ledger.entries(topic=Topic.REVIEW, subject=unit)
    before = reviews(rows).get((unit, wanted.text))
    now = _figures(ledger, plan, unit, wanted)
    problems = [
        *_person_problems(plan, action, unit, by, before), *_state_problems(action, unit, wanted.text, before, now=now, reason=reason),
        *_figure_problems(plan, action, unit, wanted, before, now=now, kept=_kept(ledger, wanted)),
    ]  # fmt: skip
    if problems:
        raise PlanError(problems)
    detail: dict[str, Any] = {
        "step": _TO[action], "rows": now if action == "submit" or before is None else dict(before.rows),
        "submitted_by": by if action == "submit" or before is None else before.submitted_by,
        "checked_by": by if action == "check" else "" if action == "submit" or before is None else before.checked_by,
    }  # fmt: skip
    draft = Draft(
        subject=unit, period=wanted.text, reported_on=reported_on, topic=Topic.REVIEW, plan=plan.plan.id, reporter=by,
        organisation=unit, status=Status.REPORTED if before is None else Status.CORRECTED,
        reason="" if before is None else reason or action, detail=detail, expects=None if before is None else before.seq,
    )  # fmt: skip
    ledger.append([draft])
    return reviews(ledger.entries(topic=Topic.REVIEW, subject=unit))[unit, wanted.text]


def _figures(ledger: Ledger, plan: Plan, unit: str, period: Period) -> dict[str, int]:
    """Return the rows in force of what a unit owes for a period, by measure."""
    owed = {item.id for item in plan.reported_by(unit)}
    in_force = {
        row.subject: row
        for row in ledger.entries(
            topic=Topic.OBSERVATION, ended_from=period.end.isoformat(), ended_to=period.end.isoformat()
        )
        if row.subject in owed and row.period == period.text and row.basis == Basis.REPORTED
    }
    return {name: row.seq for name, row in sorted(in_force.items()) if row.status != Status.WITHDRAWN}


def _kept(ledger: Ledger, period: Period) -> set[str]:
    """Return the measures whose cells for a period are kept from a form that was sent back."""
    rows = [*ledger.entries(topic=Topic.DRAFT), *ledger.entries(topic=Topic.OBSERVATION)]
    kept = pending(sorted(rows, key=lambda row: row.seq))
    return {subject for subject, of in kept if of == period.text}


def _person_problems(plan: Plan, action: Action, unit: str, by: str, before: Review | None) -> list[Finding]:
    about = f"{unit}"
    if action == "return":
        may = roles.holds(plan, by, "office") or roles.holds(plan, by, "head", unit)
        found = roles.problems(plan, by, subject=about)
        return found or ([] if may else [errors.error("role-not-office", id=about, value=by)])
    found = roles.problems(
        plan, by, unit="" if action == "accept" else unit, is_office=action == "accept", subject=about
    )
    if found:
        return found
    asked = {"submit": "reporter", "check": "head"}.get(action)
    if asked and not roles.holds(plan, by, asked, unit):
        return [errors.error(f"role-not-{asked}", id=about, value=by, unit=unit)]
    earlier = set() if before is None or action == "submit" else {before.submitted_by, before.checked_by}
    return [errors.error("role-same-person", id=about, value=by)] if by in earlier else []


def _state_problems(
    action: Action, unit: str, period: str, before: Review | None, *, now: Mapping[str, int], reason: str
) -> list[Finding]:
    state = "" if before is None else before.step
    found = []
    again = action == "submit" and before is not None and before.step != "returned" and dict(before.rows) == dict(now)
    if state not in _FROM[action] or again:
        found.append(errors.error("review-state", id=unit, unit=unit, period=period, value=state or "–", action=action))
    if action == "return" and not reason.strip():
        found.append(errors.error("review-no-reason", id=unit))
    return found


def _figure_problems(
    plan: Plan, action: Action, unit: str, period: Period, before: Review | None, *, now: Mapping[str, int],
    kept: Collection[str],
) -> list[Finding]:  # fmt: skip
    if action == "submit":
        asked = {item.id for item in forms.asked_for(plan, unit, period)}
        lacking = sorted(asked - now.keys())
        if not lacking:
            return []
        found = [errors.error("review-incomplete", id=unit, count=len(lacking), value=_few(lacking))]
        held = [name for name in lacking if name in kept]
        return [*found, errors.error("review-kept", id=unit, count=len(held), value=tuple(held))] if held else found
    if action == "return" or before is None:
        return []
    changed = sorted(name for name in before.rows.keys() | now.keys() if before.rows.get(name) != now.get(name))
    return [errors.error("review-changed", id=unit, count=len(changed), value=_few(changed))] if changed else []


def _few(names: Sequence[str]) -> str:
    return "、".join(names[:5]) + ("…" if len(names) > 5 else "")
