"""A ledger's file before it is opened: is it one at all, without touching what belongs to another program."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from enum import Enum, auto
from pathlib import Path

from circles.foundation import errors
from circles.foundation.atomic import create_private
from circles.foundation.errors import PlanError

MAGIC = b"SQLite format 3\0"


class _Content(Enum):
    """What a database holds; where it cannot be read, opening it says why."""

    LEDGER = auto()
    FOREIGN = auto()
    NOTHING = auto()
    UNREADABLE = auto()


def look(file: Path, *, create: bool) -> None:
    """See that a ledger can be at a path; where nothing is there and one is to be made, make an empty private file.

    Raises
    ------
    PlanError
        Nothing is there (and not ``create``), no folder for it, no file, another program's file, an emptied ledger.
    """
    if not file.exists():
        if not create:
            raise PlanError(errors.error("ledger-missing", file.name))
        if not file.parent.is_dir():
            raise PlanError(errors.error("ledger-folder", file.name, folder=str(file.parent)))
        with suppress(OSError):  # what stops it is said on opening
            create_private(file)
        return
    try:
        with file.open("rb") as stream:
            magic = stream.read(16)
    except OSError as e:
        raise PlanError(errors.error("ledger-unreadable", file.name, detail=e.strerror or str(e))) from e
    if magic != MAGIC and _has_heads(file):
        raise PlanError(errors.error("ledger-damaged", file.name, detail=ascii(magic)))
    holds = _content(file) if magic == MAGIC else _Content.FOREIGN if magic else _Content.NOTHING
    if holds is _Content.FOREIGN:
        raise PlanError(errors.error("ledger-foreign", file.name))
    if holds is _Content.NOTHING and not create and not has_wal(file):
        raise PlanError(errors.error("ledger-missing", file.name))


def has_wal(file: Path) -> bool:
    """Return whether rows may be in a WAL beside the file."""
    with suppress(OSError):
        return Path(f"{file}-wal").stat().st_size > 0
    return False


def is_archive(file: Path) -> bool:
    """Return whether a ledger can only be read: it, or the folder where SQLite keeps its WAL, may not be written."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _has_heads(file: Path) -> bool:
    with suppress(OSError):
        return Path(f"{file}.heads").stat().st_size > 0
    return False


def _content(file: Path) -> _Content:
    """Return what a database holds, without opening it: that would turn its WAL mode on. What is in a WAL is not seen."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            names = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master")}
            columns = {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info('entries')")}
    except (sqlite3.Error, UnicodeDecodeError):
        return _Content.UNREADABLE
    if not names:
        return _Content.NOTHING
    return (
        _Content.LEDGER if names >= {"entries", "alembic_version"} and columns >= {"seq", "hash"} else _Content.FOREIGN
    )
