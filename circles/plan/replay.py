"""Rows that are there already, checked as if each had just been handed in: for restored exports and for ``verify``.

A chain whose hashes fit shows that nothing was changed *after* hashing. Whoever hashes anew can chain anything; so every
row must also be one that this program would have written, given all rows before it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.plan import admission, chain, periods
from circles.plan.admission import Held, shown
from circles.plan.chain import NUMBERS, OPTIONAL, Basis, Draft, Entry, Status, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from circles.foundation.errors import Finding

MAX_SEQ = 2**31 - 1
_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_CHOICES = {"topic": Topic, "status": Status, "basis": Basis}


def shape_problems(columns: Mapping[str, Any], *, table: str, row: int) -> Iterator[Finding]:
    """Yield every column whose value has the wrong type, is none of its choices, or no hash where one belongs."""
    for name, value in columns.items():
        if value is None and name in OPTIONAL:
            continue
        if name in NUMBERS:
            fits = type(value) is int and 0 < value <= MAX_SEQ
        elif not isinstance(value, str):
            fits = False
        elif name in _CHOICES:
            fits = value in set(_CHOICES[name])
        else:
            fits = name not in {"prior", "hash"} or bool(_DIGEST.match(value))
        if not fits:
            yield errors.error("ledger-value", table, row=row, key=name, value=shown(value))


def problems(rows: Sequence[Entry], *, table: str) -> list[Finding]:
    """Return everything for which rows are no ledger that this program has written, with each row's number.

    Shapes first, for all rows; if they hold, the chain and the rules of :mod:`circles.plan.admission`, in order.
    """
    found = [
        item
        for number, row in enumerate(rows, start=1)
        for item in shape_problems(row.columns(), table=table, row=number)
    ]
    return found or [*chain.broken(rows, table=table), *_rule_problems(rows, table)]


def _rule_problems(rows: Iterable[Entry], table: str) -> Iterator[Finding]:
    held = Held()
    for number, row in enumerate(rows, start=1):
        draft, wrong = _draft(row, table)
        if draft is not None and not wrong:
            wrong = admission.wrong(draft, table)
        if draft is not None and not wrong:
            wrong = [*_derived(row, draft, held, table)]
            refusal = held.refused(draft, table, latest_day=_latest_day(row.recorded_at))
            wrong += [] if refusal is None else [refusal]
            held.take(draft, row.seq)
        for item in wrong:
            yield errors.Finding(item.severity, item.code, table, number, item.id, item.values)


def _latest_day(recorded_at: str) -> str:
    return (dt.datetime.fromisoformat(recorded_at) + dt.timedelta(days=1)).date().isoformat()


def _draft(row: Entry, table: str) -> tuple[Draft | None, list[Finding]]:
    """Return a row as the draft it was written from; None, and why, if it cannot be one."""
    found: dict[str, Any] = {}
    wrong = []
    readers = {"value": _number, "reported_on": _day, "recorded_at": _time, "detail": _detail}
    for name, read in readers.items():
        try:
            found[name] = read(getattr(row, name))
        except (ValueError, ArithmeticError, RecursionError):
            value = shown(getattr(row, name))
            wrong.append(errors.error("ledger-value", table, id=shown(row.subject), key=name, value=value))
    if wrong:
        return None, wrong
    draft = Draft(
        subject=row.subject, period=row.period, reported_on=found["reported_on"], value=found["value"], unit=row.unit,
        status=Status(row.status), basis=Basis(row.basis), topic=Topic(row.topic), plan=row.plan, evidence=row.evidence,
        evidence_sha256=row.evidence_sha256, organisation=row.organisation, reporter=row.reporter, reason=row.reason,
        detail=found["detail"],
    )  # fmt: skip
    return draft, []


def _number(text: str | None) -> Decimal | None:
    """Read a number, which must be written in the one way in which the ledger writes it."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as e:
        raise ValueError(text) from e
    if not admission.is_plain(value) or chain.number_text(value) != text:
        raise ValueError(text)
    return value


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(text)
    return day


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None or time.astimezone(dt.UTC).isoformat(timespec="microseconds") != text:
        raise ValueError(text)
    if time > dt.datetime.now(dt.UTC) + dt.timedelta(days=1):  # a time to come would be borne by every later row
        raise ValueError(text)
    return time


def _detail(text: str) -> dict[str, Any]:
    if not text:
        return {}
    found = json.loads(text, parse_constant=_refuse)
    if not isinstance(found, dict) or not found or chain.canonical(found) != text:
        raise ValueError(text)
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)


def _derived(row: Entry, draft: Draft, held: Held, table: str) -> Iterator[Finding]:
    """Yield the columns that the ledger itself fills in and that do not follow from the others."""
    period = periods.parse(draft.period)
    expected = {
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "supersedes": held.in_force.get(admission.cell(draft)),
    }
    for name, value in expected.items():
        if getattr(row, name) != value:
            value_here = shown(getattr(row, name))
            yield errors.error(
                "ledger-derived", table, id=shown(row.subject), key=name, value=value_here, expected=value
            )
