"""The append-only ledger: every figure ever given, who gave it, on what evidence, and what replaced it.

Rows are only added. A correction is a row that supersedes another; a withdrawal is one without a value. Order is the
sequence number, never the clock. Each row is chained to the one before it (:mod:`circles.plan.chain`).
"""

from __future__ import annotations

import contextlib
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import admission, chain, database, heads, periods, recovery, replay
from circles.plan.admission import Held
from circles.plan.chain import COLUMNS, Draft, Entry, Head, Topic
from circles.plan.database import entries as table
from circles.plan.heads import Noted
from circles.plan.structure import mark, structure_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Engine


FEW = 50


@dataclass(frozen=True)
class Ledger:
    """An open ledger. Use :func:`open_ledger`.

    ``findings`` is what was seen on opening: a structure that is not the migrations', or heads beside the file that
    contradict it. Nothing is written while that is so. ``sound`` is the mark of a structure that was found to be the
    migrations' (see :func:`circles.plan.structure.mark`). ``waiting`` is called when a writing waits for another writer.
    """

    engine: Engine
    findings: tuple[Finding, ...] = ()
    sound: str = ""
    waiting: Callable[[], None] | None = None

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

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with database.reported(self.name), self.engine.connect() as connection:
                yield connection
        except PlanError as e:
            raise recovery.with_last_export(e, self.engine.url) from e

    def head(self) -> Head:
        """Return the last row's number and hash; ``0`` and zeros for an empty ledger."""
        with self._reading() as connection:
            return _last(connection, self.name)[0]

    def entries(
        self, *, up_to_seq: int | None = None, subject: str | None = None, topic: Topic | None = None,
        ended_from: str | None = None, ended_to: str | None = None,
    ) -> list[Entry]:  # fmt: skip
        """Return rows in order of sequence; each bound that is None is open.

        Parameters
        ----------
        up_to_seq : greatest sequence number
        subject : indicator, action or item that rows are about
        topic : kind of row
        ended_from, ended_to : first and last admitted last day of the period, as ISO dates

        Raises
        ------
        PlanError
            A row is not the one that was written: every row read is hashed again.
        """
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
        with self._reading() as connection:
            found = [Entry(*row) for row in connection.execute(query)]
        altered = [_altered(row, self.name) for row in found if not chain.is_intact(row)]
        if altered:
            raise PlanError([*altered, *recovery.last_export_note(self.engine)])
        return found

    def _all(self) -> list[Entry]:
        with self._reading() as connection:
            return _rows(connection, "ORDER BY seq")

    def append(self, drafts: Iterable[Draft], *, now: datetime | None = None) -> list[Entry]:
        """Add rows, all or none, and return them as stored; once this returns they survive a crash.

        ``now`` replaces the clock (tests, restored paper records). Time never runs backwards in the ledger: a row
        bears at least the time of the one before it.

        Raises
        ------
        PlanError
            A first figure where there is one; a correction of nothing, or of what has been corrected meanwhile; a
            correction without a reason; a locked month; a frozen year; text that no database can hold; a ledger that
            somebody tampered with; a database that did not store what it was given.
        """
        wanted = list(drafts)
        if not wanted:
            return []
        problems = [item for draft in wanted for item in admission.wrong(draft, self.name)]
        if problems:
            raise PlanError(problems)
        return self._write(lambda connection: _chained(connection, wanted, now or datetime.now(UTC), self.name))

    def _write(self, make: Callable[[Connection], list[Entry]]) -> list[Entry]:
        """Write the rows that ``make`` returns, once the ledger is seen to be sound, and read them back."""
        if database.only_reads(self.engine):
            raise PlanError(self.findings or errors.error("ledger-archive", self.name))
        try:
            with database.writing(self.engine, waiting=self.waiting) as connection:
                problems = self._tampered(connection, only_tail=True)
                if problems:
                    raise PlanError(problems)
                rows = make(connection)
                _insert(connection, rows)
                _read_back(connection, rows, self.name)
        except DBAPIError as e:
            if e.orig is not None and database.is_busy(e.orig):
                raise PlanError(errors.error("ledger-busy", self.name, seconds=database.BUSY_MS // 1000)) from e
            raise PlanError(errors.error("ledger-write", self.name, detail=str(e.orig).strip()[:300])) from e
        if rows:
            self._note(rows[-1])
        return rows

    def look(self) -> tuple[list[Finding], str]:
        """Return what opening sees (a strange structure, heads that contradict it, a gap), and the mark of a sound one."""
        with self._reading() as connection:
            known = mark(connection)  # first: what changes after it will show
            found = [*self._tampered(connection, only_tail=True), *_counted(connection, self.name)]
        return found, "" if found else known

    def _tampered(self, connection: Connection, *, only_tail: bool) -> list[Finding]:
        """Return what the database does that it should not, and how the noted heads contradict its rows."""
        # heads before rows: another writer may add a row, then its head, while this reads
        noted = heads.read_noted(database.heads_file(self.engine), only_tail=only_tail)
        is_known = self.sound and mark(connection) == self.sound
        found = [] if is_known else structure_problems(connection, self.name)
        if noted is not None and not any(item.values.get("value", "").startswith("table") for item in found):
            found += _against(connection, noted, self.name)
        return found

    def restore(self, rows: Sequence[Entry]) -> Head:
        """Put an exported ledger, whole and unbroken, into this empty one.

        Raises
        ------
        PlanError
            The rows are no ledger that this program has written (every problem, with its row), or this ledger already
            holds rows.
        """
        problems = replay.problems(rows, table=self.name)
        if problems:
            raise PlanError(problems)

        def whole(connection: Connection) -> list[Entry]:
            if _last(connection, self.name)[0].seq:
                raise PlanError(errors.error("ledger-not-empty", self.name))
            return list(rows)

        self._write(whole)
        return self.head()

    def contents_problems(self) -> list[Finding]:
        """Return every place where the rows are no unbroken chain, each row hashed again."""
        return list(chain.broken(self._all(), table=self.name))

    def verify(self, *, anchors: Iterable[Head] = ()) -> list[Finding]:
        """Return everything that shows a change behind the program's back; empty if there is nothing to see.

        The database's structure must be the migrations', every row is hashed again and must be one that this program
        would have written, and every head in the file of heads, and every one given in ``anchors`` (from a report or
        an export), must still be in the ledger.
        """
        noted = heads.read_noted(database.heads_file(self.engine))  # before the rows: see _tampered
        rows = self._all()
        found = replay.problems(rows, table=self.name)
        given = Noted(tuple(anchors))
        with self._reading() as connection:
            found += structure_problems(connection, self.name)
        known = {row.seq: row.hash for row in rows}
        last, plans = max((seq for seq in known if isinstance(seq, int)), default=0), {str(row.plan) for row in rows}
        contradicted = [
            item for here in (noted, given) if here for item in heads.compare(here, known, last, plans, self.name)
        ]
        found += list({(item.code, item.row): item for item in contradicted}.values())
        if self.is_file and rows:
            found += heads.doubts(noted, [] if contradicted else rows, self.name)
        return found

    def note_export(self, file: Path, head: Head) -> None:
        """Note beside a SQLite ledger where it was exported to, so that a damaged one can name its last good export."""
        here = database.heads_file(self.engine)
        if here is not None and head.seq:
            with contextlib.suppress(OSError):
                heads.note(here, heads.export_line(head, file.resolve()))

    def _note(self, last: Entry) -> None:
        file = database.heads_file(self.engine)
        if file is not None:
            with contextlib.suppress(OSError):  # the rows are committed; a head that is not noted only proves less
                heads.note(file, heads.head_line(Head(last.seq, last.hash), last.plan))


def open_ledger(location: Path | str, *, create: bool = True, waiting: Callable[[], None] | None = None) -> Ledger:
    """Open the ledger at a path (SQLite) or at ``postgresql+psycopg://…``, creating or upgrading it if need be.

    ``waiting`` is called whenever a row is to be written and another writer does not end within a second.

    Raises
    ------
    PlanError
        See :func:`circles.plan.database.connect`; a damaged file names the last good export, if there is one.
    """
    url = database.location_url(location)
    try:
        ledger = Ledger(database.connect(url, create=create))
    except PlanError as e:
        raise recovery.with_last_export(e, url) from e
    try:
        findings, sound = ledger.look()
        if not findings and database.only_reads(ledger.engine) and not database.is_archive(url):
            ledger.close()
            ledger = Ledger(database.sqlite_engine(url))
        return replace(ledger, findings=tuple(findings), sound=sound, waiting=waiting)
    except PlanError:
        ledger.close()
        raise


def opened(location: Path | str, *, create: bool = True) -> closing[Ledger]:
    """Return :func:`open_ledger` for a ``with`` block."""
    return closing(open_ledger(location, create=create))


_SELECT = "SELECT {} FROM entries ".format(", ".join(f'"{name}"' for name in COLUMNS))  # noqa: S608 - our own names
"""Plain SQL: what opening and each writing ask is asked of a fresh engine, which would compile it anew."""


def _rows(connection: Connection, condition: str) -> list[Entry]:
    return [Entry(*row) for row in connection.exec_driver_sql(_SELECT + condition)]


def _altered(row: Entry, name: str) -> Finding:
    about = {"subject": admission.shown(row.subject), "period": admission.shown(row.period)}
    return errors.error("ledger-hash", name, row=row.seq if type(row.seq) is int else None, **about)


def _last(connection: Connection, name: str) -> tuple[Head, str]:
    """Return the head and the time of the last row, which must be the one that was written."""
    found = _rows(connection, "ORDER BY seq DESC LIMIT 1")
    if not found:
        return Head(0, chain.GENESIS), ""
    row = found[0]
    if not chain.is_intact(row):
        raise PlanError(_altered(row, name))
    return Head(row.seq, row.hash), row.recorded_at


def _counted(connection: Connection, name: str) -> list[Finding]:
    """Return a gap in the sequence, seen by counting alone."""
    count, last = connection.exec_driver_sql("SELECT count(*), max(seq) FROM entries").one()
    return [] if count == (last or 0) else [errors.error("ledger-gap", name, row=last, expected=count, found=last)]


def _against(connection: Connection, noted: Noted, name: str) -> list[Finding]:
    """Return how noted heads contradict the rows in the database."""
    wanted = ", ".join(str(head.seq) for head in noted.heads) or "0"
    found = connection.exec_driver_sql(
        f"SELECT seq, hash FROM entries WHERE seq IN ({wanted}) OR seq = (SELECT max(seq) FROM entries)"  # noqa: S608 - whole numbers
    )
    hashes = {row[0]: row[1] for row in found}
    last = max(hashes, default=0)
    if not heads.compare(noted, hashes, last, (), name):
        return []
    plans = [row[0] for row in connection.execute(sa.select(table.c.plan).distinct())]
    return heads.compare(noted, hashes, last, plans, name)


def _insert(connection: Connection, rows: Sequence[Entry]) -> None:
    for first in range(0, len(rows), 5000):
        connection.execute(table.insert(), [row.columns() for row in rows[first : first + 5000]])


def _read_back(connection: Connection, rows: Sequence[Entry], name: str) -> None:
    """See, in the writing transaction, that the database holds exactly what it was given."""
    if not rows:
        return
    if _rows(connection, f"WHERE seq >= {rows[0].seq:d} ORDER BY seq") != list(rows):
        raise PlanError(errors.error("ledger-not-stored", name, count=len(rows)))


_CELL = (table.c.seq, table.c.topic, table.c.subject, table.c.period, table.c.basis)
_CLOSED = sa.select(sa.literal(1).label("closed"), *_CELL).where(
    table.c.topic.in_([str(Topic.LOCK), str(Topic.FREEZE)])
)
_CELLS = sa.select(sa.literal(0).label("closed"), *_CELL).where(
    table.c.period_end >= sa.bindparam("low"), table.c.period_end <= sa.bindparam("high")
)
_CELLS_OF = _CELLS.where(table.c.subject.in_(sa.bindparam("subjects", expanding=True)))
_HELD = {few: sa.union_all(cells, _CLOSED).order_by("seq") for few, cells in ((True, _CELLS_OF), (False, _CELLS))}
"""Made once: SQLAlchemy takes longer to put such a question together than the database to answer it."""


def _held(connection: Connection, drafts: Sequence[Draft]) -> Held:
    """Return what the ledger holds of every cell whose period ends within the drafts' span, and what is closed."""
    ends = [periods.parse(draft.period).end.isoformat() for draft in drafts]
    asked: dict[str, Any] = {"low": min(ends), "high": max(ends)}
    few = len(drafts) <= FEW  # the rows of many subjects are read faster all at once
    if few:
        asked["subjects"] = sorted({draft.subject for draft in drafts})
    rows = connection.execute(_HELD[few], asked).all()
    held = Held({(row[2], row[3], row[4], row[5]): row[1] for row in rows if not row[0]})
    held.close((row[2], row[4]) for row in rows if row[0])
    return held


def _chained(connection: Connection, drafts: Sequence[Draft], now: datetime, name: str) -> list[Entry]:
    """Return the drafts as rows that follow the ledger's head."""
    head, last_time = _last(connection, name)
    held = _held(connection, drafts)
    time = max(now.astimezone(UTC).isoformat(timespec="microseconds"), last_time)
    latest_day = (now + timedelta(days=1)).date().isoformat()
    rows: list[Entry] = []
    problems: list[Finding] = []
    seq, prior = head.seq, head.hash
    for draft in drafts:
        problem = held.refused(draft, name, latest_day=latest_day)
        if problem is not None:
            problems.append(problem)
            continue
        seq += 1
        columns = _columns(draft, seq=seq, time=time, prior=prior, supersedes=held.in_force.get(admission.cell(draft)))
        prior = chain.row_hash(columns)
        rows.append(Entry(**columns, hash=prior))
        held.take(draft, seq)
    if problems:
        raise PlanError(problems)
    return rows


def _columns(draft: Draft, *, seq: int, time: str, prior: str, supersedes: int | None) -> dict[str, Any]:
    """Return a draft as the columns of a row, but for its hash."""
    period = periods.parse(draft.period)
    return {
        "seq": seq, "topic": str(draft.topic), "plan": draft.plan, "subject": draft.subject, "period": draft.period,
        "period_start": period.start.isoformat(), "period_end": period.end.isoformat(),
        "value": chain.number_text(draft.value), "unit": draft.unit, "status": str(draft.status),
        "basis": str(draft.basis), "supersedes": supersedes, "evidence": draft.evidence,
        "evidence_sha256": draft.evidence_sha256, "organisation": draft.organisation, "reporter": draft.reporter,
        "reported_on": draft.reported_on.isoformat(), "recorded_at": time, "reason": draft.reason,
        "detail": chain.canonical(draft.detail) if draft.detail else "", "prior": prior,
    }  # fmt: skip
