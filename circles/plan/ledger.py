"""The append-only ledger: every figure ever given, who gave it, on what evidence, and what replaced it.

Rows are only added. A correction is a row that supersedes another; a withdrawal is one without a value. Order is the
sequence number, never the clock. Each row is chained to the one before it (:mod:`circles.plan.chain`).
"""

from __future__ import annotations

import contextlib
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import chain, database, periods
from circles.plan.chain import COLUMNS, Basis, Draft, Entry, Head, Status, Topic
from circles.plan.database import entries as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection, Engine

_GUARDS = {"entries_no_update", "entries_no_delete"}
MAX_DIGITS = 30
"""A number with more digits before or after the point is a mistake, whatever it is of."""
Cell = tuple[str, str, str, str]
"""Topic, subject, period and basis: what has exactly one figure in force."""


@dataclass(frozen=True)
class Ledger:
    """An open ledger. Use :func:`open_ledger`."""

    engine: Engine

    @property
    def name(self) -> str:
        """Return what to call it in messages: the file's name, or the URL without its password."""
        url = self.engine.url
        return Path(url.database or "").name if self.is_file else url.render_as_string(hide_password=True)

    @property
    def is_file(self) -> bool:
        """Return whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def head(self) -> Head:
        """Return the last row's number and hash; ``0`` and zeros for an empty ledger."""
        with self.engine.connect() as connection:
            return _head(connection)[0]

    def entries(
        self, *, up_to_seq: int | None = None, subject: str | None = None, topic: Topic | None = None,
        ended_from: str | None = None, ended_to: str | None = None,
    ) -> list[Entry]:  # fmt: skip
        """Return rows in order of sequence; ``ended_from`` and ``ended_to`` bound the period's last day (ISO)."""
        query = sa.select(*(table.c[name] for name in COLUMNS)).order_by(table.c.seq)
        if up_to_seq is not None:
            query = query.where(table.c.seq <= up_to_seq)
        if subject is not None:
            query = query.where(table.c.subject == subject)
        if topic is not None:
            query = query.where(table.c.topic == str(topic))
        if ended_from is not None:
            query = query.where(table.c.period_end >= ended_from)
        if ended_to is not None:
            query = query.where(table.c.period_end <= ended_to)
        with self.engine.connect() as connection:
            return [Entry(*row) for row in connection.execute(query)]

    def append(self, drafts: Iterable[Draft], *, now: datetime | None = None) -> list[Entry]:
        """Add rows, all or none, and return them as stored; once this returns they survive a crash.

        ``now`` replaces the clock (tests, restored paper records). Time never runs backwards in the ledger: a row
        bears at least the time of the one before it.

        Raises
        ------
        PlanError
            A first figure where there is one; a correction of nothing, or of what has been corrected meanwhile; a
            correction without a reason; a locked month; a frozen year; text that no database can hold.
        """
        wanted = list(drafts)
        if not wanted:
            return []
        name = self.name
        problems = [item for draft in wanted for item in _wrong(draft, name)]
        if problems:
            raise PlanError(problems)
        try:
            with database.writing(self.engine) as connection:
                rows = _chained(connection, wanted, now or datetime.now(UTC), self.name)
                _insert(connection, rows)
        except DatabaseError as e:
            raise PlanError(errors.error("ledger-write", self.name, detail=str(e.orig).strip()[:300])) from e
        self._note(rows[-1])
        return rows

    def restore(self, rows: Sequence[Entry]) -> Head:
        """Put an exported ledger, whole and unbroken, into this empty one.

        Raises
        ------
        PlanError
            The rows are no unbroken chain, or this ledger already holds rows.
        """
        problems = list(chain.broken(rows, table=self.name))
        if problems:
            raise PlanError(problems)
        with database.writing(self.engine) as connection:
            if _head(connection)[0].seq:
                raise PlanError(errors.error("ledger-not-empty", self.name))
            _insert(connection, rows)
        if rows:
            self._note(rows[-1])
        return self.head()

    def verify(self, *, anchors: Iterable[Head] = ()) -> list[Finding]:
        """Return everything that shows a change behind the program's back; empty if there is nothing to see.

        Every row is hashed again; guards must be in place; every head in the file of heads, and every one given in
        ``anchors`` (from a report or an export), must still be in the ledger.
        """
        rows = self.entries()
        found = list(chain.broken(rows, table=self.name))
        with self.engine.connect() as connection:
            missing = _GUARDS - database.guards(connection)
        found += [errors.error("ledger-guard", self.name, value=name) for name in sorted(missing)]
        by_seq = {row.seq: row.hash for row in rows}
        for head in sorted({*anchors, *self._noted_heads()}, key=lambda item: (item.seq, item.hash)):
            if head.seq and head.seq not in by_seq:
                found.append(
                    errors.error("ledger-truncated", self.name, row=head.seq, last=rows[-1].seq if rows else 0)
                )
            elif head.seq and by_seq[head.seq] != head.hash:
                found.append(errors.error("ledger-rewritten", self.name, row=head.seq))
        if self.is_file and rows and not self._noted_heads():
            found.append(errors.warning("ledger-no-heads", self.name))
        return found

    def _note(self, last: Entry) -> None:
        file = database.heads_file(self.engine)
        if file is not None:
            with contextlib.suppress(OSError):  # the rows are committed; a head that is not noted only proves less
                database.note_head(file, str(Head(last.seq, last.hash)))

    def _noted_heads(self) -> list[Head]:
        file = database.heads_file(self.engine)
        if file is None or not file.is_file():
            return []
        lines = file.read_text(encoding="ascii", errors="replace").split("\n")
        return [head for line in lines if (head := read_head(line)) is not None]


def open_ledger(location: Path | str, *, create: bool = True) -> Ledger:
    """Open the ledger at a path (SQLite) or at ``postgresql+psycopg://…``, creating or upgrading it if need be.

    Raises
    ------
    PlanError
        See :func:`circles.plan.database.connect`.
    """
    return Ledger(database.connect(database.location_url(location), create=create))


def opened(location: Path | str, *, create: bool = True) -> closing[Ledger]:
    """Return :func:`open_ledger` for a ``with`` block."""
    return closing(open_ledger(location, create=create))


def read_head(text: str) -> Head | None:
    """Return the head written as ``number:hash``; None if it is not one."""
    number, _, digest = text.strip().partition(":")
    if not number.isdigit() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        return None
    return Head(int(number), digest)


def _head(connection: Connection) -> tuple[Head, str]:
    query = sa.select(table.c.seq, table.c.hash, table.c.recorded_at).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return (Head(row[0], row[1]), row[2]) if row else (Head(0, chain.GENESIS), "")


def _insert(connection: Connection, rows: Sequence[Entry]) -> None:
    for first in range(0, len(rows), 5000):
        connection.execute(table.insert(), [row.columns() for row in rows[first : first + 5000]])


def _wrong(draft: Draft, name: str) -> list[Finding]:
    """Return what is wrong with a draft whatever the ledger holds."""
    found = []
    try:
        period = periods.parse(draft.period)
    except ValueError:
        return [errors.error("plan-period", name, id=ascii(draft.subject)[1:81], value=ascii(draft.period)[:40])]
    if draft.topic is Topic.OBSERVATION and draft.reported_on < period.start:
        day = draft.reported_on.isoformat()
        found.append(errors.error("form-date-early", name, id=draft.subject, value=day, period=draft.period))
    if draft.value is not None and not _is_plain(draft.value):
        found.append(errors.error("ledger-number", name, id=draft.subject, value=str(draft.value)[:40]))
    texts = (draft.subject, draft.unit, draft.evidence, draft.organisation, draft.reporter, draft.reason, draft.plan)
    found += [
        errors.error("ledger-text", name, id=ascii(draft.subject)[1:81], value=ascii(text)[:60])
        for text in (*texts, chain.canonical(draft.detail) if draft.detail else "")
        if not text.isprintable() and any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text)
    ]
    if draft.status in {Status.CORRECTED, Status.WITHDRAWN} and not draft.reason.strip():
        found.append(errors.error("ledger-no-reason", name, id=draft.subject, period=draft.period))
    if draft.status is Status.WITHDRAWN and draft.value is not None:
        found.append(errors.error("ledger-withdrawn-value", name, id=draft.subject, period=draft.period))
    if draft.topic is Topic.OBSERVATION and draft.status is not Status.WITHDRAWN and draft.value is None:
        found.append(errors.error("ledger-no-value", name, id=draft.subject, period=draft.period))
    if draft.status is Status.COMPUTED and draft.basis is not Basis.COMPUTED:
        found.append(errors.error("ledger-basis", name, id=draft.subject, period=draft.period))
    return found


def _is_plain(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) < MAX_DIGITS and len(value.as_tuple().digits) <= MAX_DIGITS


def _cell(draft: Draft) -> Cell:
    return str(draft.topic), draft.subject, draft.period, str(draft.basis)


def _in_force(connection: Connection, drafts: Sequence[Draft]) -> dict[Cell, int]:
    """Return the row in force of every cell whose period ends within the drafts' span."""
    ends = [periods.parse(draft.period).end.isoformat() for draft in drafts]
    query = (
        sa.select(*(table.c[name] for name in ("seq", "topic", "subject", "period", "basis")))
        .where(table.c.period_end >= min(ends), table.c.period_end <= max(ends))
        .order_by(table.c.seq)
    )
    return {(row[1], row[2], row[3], row[4]): row[0] for row in connection.execute(query)}


def _closed(connection: Connection) -> tuple[set[str], set[str]]:
    """Return the locked months and the frozen years."""
    query = sa.select(table.c.topic, table.c.period).where(table.c.topic.in_([str(Topic.LOCK), str(Topic.FREEZE)]))
    rows = list(connection.execute(query))
    return {row[1] for row in rows if row[0] == Topic.LOCK}, {row[1] for row in rows if row[0] == Topic.FREEZE}


def _chained(connection: Connection, drafts: Sequence[Draft], now: datetime, name: str) -> list[Entry]:
    """Return the drafts as rows that follow the ledger's head."""
    head, last_time = _head(connection)
    in_force, (locked, frozen) = _in_force(connection, drafts), _closed(connection)
    time = max(now.astimezone(UTC).isoformat(timespec="microseconds"), last_time)
    latest_day = (now + timedelta(days=1)).date().isoformat()
    rows: list[Entry] = []
    problems: list[Finding] = []
    seq, prior = head.seq, head.hash
    for draft in drafts:
        period = periods.parse(draft.period)
        before = in_force.get(_cell(draft))
        problem = _refused(draft, before, name, locked=str(period.end)[:7] in locked, frozen=str(period.year) in frozen)
        if draft.reported_on.isoformat() > latest_day:
            problem = errors.error("ledger-future", name, id=draft.subject, value=draft.reported_on.isoformat())
        if problem is not None:
            problems.append(problem)
            continue
        seq += 1
        columns: dict[str, Any] = {
            "seq": seq, "topic": str(draft.topic), "plan": draft.plan, "subject": draft.subject, "period": draft.period,
            "period_start": period.start.isoformat(), "period_end": period.end.isoformat(),
            "value": chain.number_text(draft.value), "unit": draft.unit, "status": str(draft.status),
            "basis": str(draft.basis), "supersedes": before, "evidence": draft.evidence,
            "evidence_sha256": draft.evidence_sha256, "organisation": draft.organisation, "reporter": draft.reporter,
            "reported_on": draft.reported_on.isoformat(), "recorded_at": time, "reason": draft.reason,
            "detail": chain.canonical(draft.detail) if draft.detail else "", "prior": prior,
        }  # fmt: skip
        prior = chain.row_hash(columns)
        rows.append(Entry(**columns, hash=prior))
        in_force[_cell(draft)] = seq
    if problems:
        raise PlanError(problems)
    return rows


def _refused(draft: Draft, before: int | None, name: str, *, locked: bool, frozen: bool) -> Finding | None:
    """Return why the ledger as it stands does not take the draft."""
    where: dict[str, Any] = {"id": draft.subject, "period": draft.period}
    first = draft.status in {Status.REPORTED, Status.COMPUTED}
    if draft.topic is Topic.OBSERVATION and frozen:
        return errors.error("ledger-frozen", name, year=periods.parse(draft.period).year, **where)
    if draft.topic is Topic.OBSERVATION and first and locked:
        return errors.error("ledger-locked", name, **where)
    if first and before is not None:
        return errors.error("ledger-duplicate", name, before=before, **where)
    if not first and before is None:
        return errors.error("ledger-nothing-to-correct", name, **where)
    if draft.expects is not None and draft.expects != before:
        return errors.error("ledger-overtaken", name, expected=draft.expects, before=before, **where)
    return None
