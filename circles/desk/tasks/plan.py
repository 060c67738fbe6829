"""What the pages of the plan show: people, where each unit's figures of a month stand, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from circles.area import BUILT_IN_CATEGORIES
from circles.foundation.words import Lang, text
from circles.plan import forms, missing, periods
from circles.plan.chain import Basis, Status, Topic
from circles.plan.ledger import opened
from circles.plan.reading import load_plan
from circles.plan.review import reviews

if TYPE_CHECKING:
    from circles.plan.chain import Entry
    from circles.plan.indicators import Plan
    from circles.plan.periods import Period


def state(plan_file: str, ledger: str, period: str, day: str, *, lang: Lang) -> dict[str, Any]:
    """Return everything the pages of the plan show.

    Parameters
    ----------
    plan_file : the plan; the shipped one where empty
    ledger : the ledger's file; none yet where empty
    period : a month such as ``2024-05``; the last that has ended where empty
    day : today, as ``2024-06-03``
    lang : language of the words

    Raises
    ------
    PlanError
        The plan or the ledger cannot be used, or there is no such month in the plan's year.
    """
    plan, today = load_plan(plan_file or None), dt.date.fromisoformat(day)
    months = periods.of_year(plan.plan.year, periods.Frequency.MONTH)
    ended = [item.text for item in months if item.end <= today]
    wanted = forms.plan_period(plan, period or (ended or [months[0].text])[-1])
    with opened(ledger, create=False) if ledger else nullcontext() as book:
        rows = [] if book is None else book.entries()
    return {
        "title": plan.plan.title,
        "people": _people(plan, lang),
        "has_roles": bool(plan.roles),
        "roles": [[item.person, item.unit, item.role] for item in plan.roles],
        "all_units": [unit.name for unit in plan.units],
        "period": wanted.text,
        "periods": [item.text for item in months],
        "is_locked": any(row.topic == Topic.LOCK and row.period == wanted.text for row in rows),
        "units": _units(plan, wanted, rows, lang),
        "items": _items(rows, today, lang),
        "rows": len(rows),
    }


def _people(plan: Plan, lang: Lang) -> list[list[str]]:
    """Return each person and what they may do, in the order of the plan's table."""
    found: dict[str, list[str]] = {}
    for item in plan.roles:
        found.setdefault(item.person, []).append(f"{item.unit} {text(f'desk.role_{item.role}', lang)}")
    return [[name, "；".join(dict.fromkeys(what))] for name, what in found.items()]


def _units(plan: Plan, period: Period, rows: list[Entry], lang: Lang) -> list[dict[str, Any]]:
    """Return each unit that is asked for figures: how many are there, and the last step that somebody took with them."""
    latest = {
        row.subject: row
        for row in rows
        if row.topic == Topic.OBSERVATION and row.period == period.text and row.basis == Basis.REPORTED
    }
    given = {name for name, row in latest.items() if row.status != Status.WITHDRAWN}
    kept = Counter(row.organisation for row in rows if row.topic == Topic.DRAFT and row.period == period.text)
    steps = reviews(rows)
    found = []
    for unit in plan.units:
        asked = {item.id for item in forms.asked_for(plan, unit.name, period)}
        if not asked:
            continue
        step = steps.get((unit.name, period.text))
        found.append({
            "name": unit.name, "asked": len(asked), "given": len(asked & given), "kept": kept[unit.name],
            "step": "" if step is None else step.step,
            "state": "" if step is None else text(f"plan.review_{step.step}", lang),
            "by": "" if step is None else step.by, "reason": "" if step is None or step.step != "returned" else step.reason,
        })  # fmt: skip
    return found


def _items(rows: list[Entry], today: dt.date, lang: Lang) -> list[dict[str, Any]]:
    kinds = {item.id: item.title for item in BUILT_IN_CATEGORIES}
    known = missing.items([row for row in rows if row.topic == Topic.MISSING], day=today)
    return [
        {
            "id": item.id, "township": str(item.detail["township"]), "category": kinds.get(str(item.detail["category"]), str(item.detail["category"])), "step": item.state,
            "state": text(f"plan.missing_{item.state}", lang), "since": item.since.isoformat(), "lead": str(item.detail["lead"]),
            "due": str(item.detail.get("due_bound", "")), "is_overdue": item.is_overdue(today),
            "people": str(item.detail["people_uncovered"]), "applied_by": str(item.detail.get("applied_by", "")),
        }
        for item in known.values()
    ]  # fmt: skip
