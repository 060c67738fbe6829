"""Where the ledger is kept: SQLite, one file, or PostgreSQL. What the two need done differently is here, only here."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from circles.foundation import errors
from circles.foundation.errors import PlanError
from circles.plan import ledger_file

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "0001"
"""The newest version under ``migrations/``."""
_VERSIONS = frozenset(f"{number:04d}" for number in range(1, int(SCHEMA) + 1))
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT})
"""SQLite's codes for a file that cannot be what was written (a schema that does not parse is a plain error)."""
WRITE_LOCK = 7_391_024
"""PostgreSQL: the advisory lock that one writer holds at a time."""
BUSY_MS = 120_000
"""SQLite: how long a writer waits for its turn."""
SOON_MS = 1_000
"""How long it waits in silence, on SQLite and on PostgreSQL."""

metadata = sa.MetaData()
_NULLABLE = {"value", "supersedes"}
entries = sa.Table(
    "entries",
    metadata,
    *(
        sa.Column(name, sa.Integer if name in {"seq", "supersedes"} else sa.Text, nullable=name in _NULLABLE)
        for name in (
            "seq", "topic", "plan", "subject", "period", "period_start", "period_end", "value", "unit", "status",
            "basis", "supersedes", "evidence", "evidence_sha256", "organisation", "reporter", "reported_on",
            "recorded_at", "reason", "detail", "prior", "hash",
        )
    ),
)  # fmt: skip


def location_url(location: Path | str) -> URL:
    """Return the database URL of a ledger given as a path or as a URL.

    Raises
    ------
    PlanError
        It is a URL of something that is neither SQLite nor PostgreSQL.
    """
    text = str(location)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text)))
    try:
        url = make_url(text)
    except ArgumentError as e:
        raise PlanError(errors.error("ledger-url", value=text.rpartition("@")[2])) from e
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url
    raise PlanError(errors.error("ledger-url", value=url.render_as_string(hide_password=True)))


def connect(url: URL, *, create: bool) -> Engine:
    """Return an engine on a ledger that is sound and has the newest schema.

    Where a WAL lies beside the file, left by a crash, by a writer at work or by somebody's copying, the engine only reads
    (:func:`only_reads`): whoever may write takes over the WAL on closing, and one of another file would replace the rows.
    It only reads as well where the file or its folder may not be written, such as an archive on a share.

    Raises
    ------
    PlanError
        No ledger there (and not ``create``), another program's database, a damaged file, a server that does not
        answer.
    """
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        return _checked(
            sa.create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED"), name, create=create
        )
    file = Path(url.database or "")
    with reported(file.name):
        ledger_file.look(file, create=create)
    if ledger_file.is_archive(file):
        return _checked(sqlite_engine(url, only_reads=True), file.name, create=False)
    if ledger_file.has_wal(file):
        try:
            return _checked(sqlite_engine(url, only_reads=True), file.name, create=create)
        except _NothingThere:
            pass
        except PlanError as e:
            if e.findings[0].code != "ledger-unreadable":  # the last writer has just taken its WAL away
                raise
    return _checked(sqlite_engine(url), file.name, create=create)


def _checked(engine: Engine, name: str, *, create: bool) -> Engine:
    try:
        with reported(name):
            _sound(engine, name)
            _upgrade(engine, name, create=create)
    except (PlanError, _NothingThere):
        engine.dispose()
        raise
    return engine


def sqlite_engine(url: URL, *, only_reads: bool = False) -> Engine:
    """Return an engine on a ledger's file; one that only reads leaves the file and its WAL as they are."""
    if only_reads:
        file = Path(url.database or "")
        how = "mode=ro&immutable=1" if ledger_file.is_archive(file) and not ledger_file.has_wal(file) else "mode=ro"
        uri = f"{file.resolve().as_uri()}?{how}"
        engine = sa.create_engine(
            url, creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False),
            execution_options={"circles_only_reads": True},
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_reading)
    else:
        engine = sa.create_engine(url)
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def only_reads(engine: Engine) -> bool:
    """Return whether nothing can be written over an engine: a file with a WAL that was not looked at yet, or an archive."""
    return bool(engine.get_execution_options().get("circles_only_reads", False))


def is_archive(url: URL) -> bool:
    """Return whether a ledger is a file that may only be read."""
    return url.get_backend_name() == "sqlite" and ledger_file.is_archive(Path(url.database or ""))


class _NothingThere(Exception):
    """A file that is only read has no table yet."""


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Turn what the database complains of into one finding: a damaged file, or one that cannot be reached.

    Raises
    ------
    PlanError
        ``ledger-damaged``, ``ledger-busy`` or ``ledger-unreadable``.
    """
    try:
        yield
    except UnicodeDecodeError as e:  # the driver quotes the damaged schema in a message that it cannot decode
        raise PlanError(errors.error("ledger-damaged", name, detail=ascii(e.object[:100]))) from e
    except (DBAPIError, sqlite3.Error) as e:
        cause = getattr(e, "orig", e)
        text = " ".join(str(cause).split())[:300]
        detail = text if text.isprintable() else ascii(text)[1:-1]
        number = getattr(cause, "sqlite_errorcode", None)
        if is_busy(cause):
            raise PlanError(errors.error("ledger-busy", name, seconds=BUSY_MS // 1000)) from e
        damaged = "UTF-8" in detail or (number is not None and number & 0xFF in _DAMAGED)
        raise PlanError(errors.error("ledger-damaged" if damaged else "ledger-unreadable", name, detail=detail)) from e


def _prepare_reading(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}").fetchall()
    connection.execute("PRAGMA trusted_schema = OFF").fetchall()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing on its own: _begin_sqlite does
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "recursive_triggers = ON",  # INSERT OR REPLACE then fires the delete trigger
        "foreign_keys = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("circles_writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    waiting, driver = options.get("circles_waiting"), connection.connection.driver_connection
    if waiting is not None and driver is not None:
        driver.execute(f"PRAGMA busy_timeout = {SOON_MS}").fetchall()
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as e:
            if not is_busy(e):
                raise
            waiting()
        else:
            return
        finally:
            driver.execute(f"PRAGMA busy_timeout = {BUSY_MS}").fetchall()
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_busy(e: BaseException) -> bool:
    """Return whether a database error says that another program kept on writing."""
    number = getattr(e, "sqlite_errorcode", None)
    return number is not None and number & 0xFF == sqlite3.SQLITE_BUSY


def _sound(engine: Engine, name: str) -> None:
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        # not quick_check, which does not see an index that disagrees with its table
        answer = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
    if answer != ["ok"]:
        raise PlanError(errors.error("ledger-damaged", name, detail=" ".join("; ".join(answer).split())[:300]))


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'",
    "postgresql": "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
}


def _version(connection: Connection, name: str) -> str | None:
    """Return the schema's version, or None for an empty database.

    Raises
    ------
    PlanError
        Tables are there, but not ours.
    """
    tables = {str(row[0]) for row in connection.exec_driver_sql(_TABLES[connection.dialect.name])}
    if "alembic_version" in tables and "entries" in tables:
        return "、".join(str(row[0]) for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version"))
    if tables:
        raise PlanError(errors.error("ledger-foreign", name))
    return None


def _upgrade(engine: Engine, name: str, *, create: bool) -> None:
    with engine.connect() as connection:
        version = _version(connection, name)
    if version == SCHEMA:
        return
    if version is not None and version not in _VERSIONS:
        if version.isdecimal() and version > SCHEMA:
            raise PlanError(errors.error("ledger-newer", name, found=version[:20], known=SCHEMA))
        raise PlanError(errors.error("ledger-damaged", name, detail=f"alembic_version {version[:20]!a}"))
    if version is None and only_reads(engine):
        raise _NothingThere
    if version is None and not create:
        raise PlanError(errors.error("ledger-missing", name))
    from alembic import command  # noqa: PLC0415 - half a second, and needed once in a ledger's life
    from alembic.config import Config  # noqa: PLC0415

    with writing(engine) as connection:
        if _version(connection, name) != SCHEMA:  # another process may have been first
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


_SOON = f"SELECT pg_try_advisory_xact_lock({WRITE_LOCK})"
_TURN = f"""
SELECT pg_advisory_xact_lock({WRITE_LOCK}),
  CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
"""
"""PostgreSQL: wait for the right to write; whatever a database or role is set to, what is committed is on disk."""


@contextmanager
def writing(engine: Engine, *, waiting: Callable[[], None] | None = None) -> Iterator[Connection]:
    """Hold the one right to write, in one transaction: all of it or nothing.

    ``waiting`` is called once where another writer does not end soon: this one then waits its turn.
    """
    options = {"circles_writes": True, "circles_waiting": waiting}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            if waiting is not None and not _soon(connection):
                waiting()
            connection.exec_driver_sql(_TURN)
        yield connection


def _soon(connection: Connection) -> bool:
    """Return whether PostgreSQL's right to write is had within a moment."""
    end = time.monotonic() + SOON_MS / 1000
    while not connection.exec_driver_sql(_SOON).scalar():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def heads_file(engine: Engine) -> Path | None:
    """Return the file beside a SQLite ledger in which each commit leaves its head; None on a server."""
    if engine.dialect.name != "sqlite":
        return None
    return Path(f"{engine.url.database}.heads")
