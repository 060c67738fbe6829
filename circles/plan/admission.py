"""What the ledger takes and what it refuses: one set of rules for a new row, a restored row and a row verified later."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.plan import chain, details, periods
from circles.plan.chain import Basis, Draft, Status, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from circles.foundation.errors import Finding
    from circles.plan.periods import Period

MAX_DIGITS = 30
"""A number with more digits before or after the point is a mistake, whatever it is of."""
_DIGEST = re.compile(r"^([0-9a-f]{64})?$")
Cell = tuple[str, str, str, str]
"""Topic, subject, period and basis: what has exactly one figure in force."""


def shown(value: object, length: int = 60) -> str:
    """Return a value as a message can print it: no control characters, no lone surrogates, not too long."""
    text = value if isinstance(value, str) else repr(value)[: 4 * length]
    return (text if text.isprintable() else ascii(text)[1:-1])[:length]


def wrong(draft: Draft, name: str) -> list[Finding]:
    """Return what is wrong with a draft, whatever the ledger holds; ``name`` is the ledger's or the export's."""
    try:
        period = periods.parse(draft.period)
    except ValueError:
        return [errors.error("plan-period", name, id=shown(draft.subject), value=shown(draft.period, 40))]
    return [*_wrong_texts(draft, name), *_wrong_figure(draft, period, name)]


def _wrong_texts(draft: Draft, name: str) -> list[Finding]:
    texts = (draft.subject, draft.unit, draft.evidence, draft.organisation, draft.reporter, draft.reason, draft.plan)
    detail = chain.canonical(draft.detail) if draft.detail else ""
    found = [
        errors.error("ledger-text", name, id=shown(draft.subject), value=ascii(text)[:60])
        for text in (*texts, detail)
        if not text.isprintable() and any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text)
    ]
    if not _DIGEST.match(draft.evidence_sha256):
        digest = shown(draft.evidence_sha256)
        found.append(errors.error("ledger-value", name, id=shown(draft.subject), key="evidence_sha256", value=digest))
    found += [
        errors.error("ledger-value", name, id=shown(draft.subject), key=f"detail.{key}", value=shown(value))
        for key, value in details.wrong(draft.topic, draft.detail)
    ]
    return found


def _wrong_figure(draft: Draft, period: Period, name: str) -> list[Finding]:
    found = []
    about: dict[str, Any] = {"id": draft.subject, "period": draft.period}
    if draft.topic is Topic.OBSERVATION and draft.reported_on < period.start:
        day = draft.reported_on.isoformat()
        found.append(errors.error("form-date-early", name, value=day, **about))
    if draft.value is not None and not is_plain(draft.value):
        found.append(errors.error("ledger-number", name, id=draft.subject, value=str(draft.value)[:40]))
    if draft.status in {Status.CORRECTED, Status.WITHDRAWN} and not draft.reason.strip():
        found.append(errors.error("ledger-no-reason", name, **about))
    if draft.status is Status.WITHDRAWN and draft.value is not None:
        found.append(errors.error("ledger-withdrawn-value", name, **about))
    if draft.topic is Topic.OBSERVATION and draft.status is not Status.WITHDRAWN and draft.value is None:
        found.append(errors.error("ledger-no-value", name, **about))
    if draft.status is Status.COMPUTED and draft.basis is not Basis.COMPUTED:
        found.append(errors.error("ledger-basis", name, **about))
    return found


def is_plain(value: Decimal) -> bool:
    """Return whether a number has a size and a precision that a figure can have."""
    return value.is_finite() and abs(value.adjusted()) < MAX_DIGITS and len(value.as_tuple().digits) <= MAX_DIGITS


def cell(draft: Draft) -> Cell:
    """Return the cell that a draft fills."""
    return str(draft.topic), draft.subject, draft.period, str(draft.basis)


@dataclass
class Held:
    """What the ledger holds as far as its rules ask: rows in force by cell, locked months, frozen years."""

    in_force: dict[Cell, int] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)

    def refused(self, draft: Draft, name: str, *, latest_day: str) -> Finding | None:
        """Return why the ledger as it stands does not take the draft; ``latest_day`` is the last day not to come."""
        period, before = periods.parse(draft.period), self.in_force.get(cell(draft))
        where: dict[str, Any] = {"id": draft.subject, "period": draft.period}
        first = draft.status in {Status.REPORTED, Status.COMPUTED}
        if draft.reported_on.isoformat() > latest_day:
            return errors.error("ledger-future", name, id=draft.subject, value=draft.reported_on.isoformat())
        if draft.topic is Topic.OBSERVATION and first and str(period.year) in self.frozen:
            return errors.error("ledger-frozen", name, year=period.year, **where)
        if draft.topic is Topic.OBSERVATION and first and str(period.end)[:7] in self.locked:
            return errors.error("ledger-locked", name, **where)
        if first:
            return None if before is None else errors.error("ledger-duplicate", name, before=before, **where)
        if before is None:
            return errors.error("ledger-nothing-to-correct", name, **where)
        overtaken = draft.expects is not None and draft.expects != before
        return (
            errors.error("ledger-overtaken", name, expected=draft.expects, before=before, **where)
            if overtaken
            else None
        )

    def take(self, draft: Draft, seq: int) -> None:
        """Note a draft that has become row ``seq``."""
        self.in_force[cell(draft)] = seq
        self.close({(str(draft.topic), draft.period)})

    def close(self, rows: Iterable[tuple[str, str]]) -> None:
        """Note locked months and frozen years, given as topic and period."""
        for topic, period in rows:
            if topic == Topic.LOCK:
                self.locked.add(period)
            elif topic == Topic.FREEZE:
                self.frozen.add(period)
