"""What guards the ledger's file and the structure around its rows."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
from contextlib import closing
from decimal import Decimal

import pytest
from plan_ledgers import schema_of_its_own

from circles.foundation.errors import PlanError
from circles.plan import structure
from circles.plan.chain import Draft
from circles.plan.ledger import open_ledger, opened


def another(name="new", period="2024-05"):
    return Draft(name, period, dt.date(2024, 6, 1), Decimal(1))


def by_hand(book, statements):
    """Run statements as somebody would who has the database."""
    with book.engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_file_of_another_program_is_not_touched(tmp_path):
    """A database that is no ledger is refused and stays byte for byte what it was, nothing beside it."""
    for number, statement in enumerate(
        ["CREATE TABLE entries(a)", "CREATE TABLE a(b)", "CREATE VIEW entries AS SELECT 1"]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with closing(sqlite3.connect(folder / "other.sqlite")) as other:
            other.execute(statement)
            other.commit()
        before = (folder / "other.sqlite").read_bytes()
        with pytest.raises(PlanError, match="ledger-foreign"):
            open_ledger(folder / "other.sqlite")
        assert [file.name for file in folder.iterdir()] == ["other.sqlite"]
        assert (folder / "other.sqlite").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_ledger_and_heads_are_for_their_owner(tmp_path):
    """The ledger, its WAL and its heads are 0600; in a folder that a group shares, the group's too; what is there stays."""
    for name, folder_mode, wanted in [("own", 0o755, 0o600), ("shared", 0o2775, 0o660), ("listed", 0o2755, 0o600)]:
        folder = tmp_path / name
        folder.mkdir()
        folder.chmod(folder_mode)
        with opened(folder / "l.sqlite") as book:
            book.append([another()])
            found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        assert set(found.values()) == {wanted}, found
        assert {"l.sqlite", "l.sqlite.heads", "l.sqlite-wal"} <= set(found)
        (folder / "l.sqlite").chmod(0o640)
        with opened(folder / "l.sqlite") as book:
            book.append([another(period="2024-06")])
        assert stat.S_IMODE((folder / "l.sqlite").stat().st_mode) == 0o640


MARKED = [
    "ALTER TABLE entries DISABLE TRIGGER entries_no_update",
    "ALTER TABLE entries ENABLE REPLICA TRIGGER entries_no_delete",
    "CREATE OR REPLACE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE RULE quiet AS ON INSERT TO entries WHERE NEW.seq > 3 DO INSTEAD NOTHING",
    "CREATE RULE quiet AS ON UPDATE TO entries DO INSTEAD NOTHING",
    "ALTER TABLE entries ALTER COLUMN reason SET DEFAULT 'x'",
    "ALTER TABLE entries ALTER COLUMN reason DROP NOT NULL",
    "ALTER TABLE entries DROP CONSTRAINT entries_supersedes_key",
    "ALTER TABLE entries ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE entries ADD COLUMN extra text",
    'ALTER TABLE entries ALTER COLUMN subject TYPE text COLLATE "C"',
    "DROP INDEX entries_first",
    "CREATE TABLE child () INHERITS (entries)",
    "ALTER FUNCTION entries_append_only() SET session_replication_role = replica",
    "ALTER TABLE entries SET UNLOGGED",
    "ALTER TABLE entries RENAME TO e2; CREATE VIEW entries AS SELECT * FROM e2",
]


def test_a_change_of_an_open_ledger_is_seen_before_the_next_row(request, tmp_path):
    """On PostgreSQL, whatever somebody changes around the rows changes the mark that is compared before each writing."""
    place = schema_of_its_own(request, tmp_path)
    with opened(place) as book:
        book.append([another("a"), another("b")])
        for statement in MARKED:
            with book.engine.connect() as connection:
                connection.exec_driver_sql(statement)
                assert structure.mark(connection) != book.sound, statement
                assert structure.structure_problems(connection, "l"), statement
                connection.rollback()
        by_hand(book, MARKED[:1])
        with pytest.raises(PlanError, match="ledger-guard"):
            book.append([another("c")])
        by_hand(book, ["ALTER TABLE entries ENABLE TRIGGER entries_no_update"])
        book.append([another("c")])
