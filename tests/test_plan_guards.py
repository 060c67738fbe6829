"""What guards the ledger's file and the structure around its rows."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from plan_ledgers import schema_of_its_own

from circles.foundation.errors import PlanError
from circles.plan import database, exchange, structure
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


def test_a_wal_of_another_file_changes_nothing(tmp_path):
    """A WAL that was copied beside the ledger is looked at without being taken over: told, and every byte stays."""
    place = tmp_path / "l.sqlite"
    with opened(place) as book:
        book.append([another("a")])
    other = sqlite3.connect(tmp_path / "other.sqlite", isolation_level=None)
    with closing(other):
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE a(b)")
        shutil.copy(tmp_path / "other.sqlite-wal", tmp_path / "l.sqlite-wal")
    before = {file.name: file.read_bytes() for file in tmp_path.glob("l.sqlite*")}
    with pytest.raises(PlanError, match=r"ledger-(foreign|damaged)"):
        open_ledger(place)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    (tmp_path / "l.sqlite-wal").unlink()
    with opened(place) as book:
        assert book.verify() == []


@pytest.mark.parametrize("what", ["file", "folder"])
def test_an_archive_is_read_and_nothing_lies_beside_it(what, tmp_path, monkeypatch):
    """A ledger that may not be written, itself or its folder, is read and verified; writing says so; no byte changes."""
    file = tmp_path / "l.sqlite"
    with opened(file) as book:
        book.append([another()])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    closed, allowed = {"file": file, "folder": tmp_path}[what], os.access
    monkeypatch.setattr(os, "access", lambda path, mode: allowed(path, mode) and Path(path) != closed)
    with opened(file) as book:
        assert not book.verify()
        assert [row.subject for row in book.entries()] == ["new"]
        with pytest.raises(PlanError, match="ledger-archive"):
            book.append([another(period="2024-06")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_rows_that_a_killed_writer_left_in_its_wal_are_there(tmp_path):
    """A ledger whose last commits are in its WAL alone opens with them and takes the next row."""
    (tmp_path / "crashed").mkdir()
    with opened(tmp_path / "l.sqlite") as book:
        book.append([another("a")])
        for end in ("", "-wal", ".heads"):
            shutil.copy(tmp_path / f"l.sqlite{end}", tmp_path / "crashed" / f"l.sqlite{end}")
    with opened(tmp_path / "crashed" / "l.sqlite", create=False) as book:
        assert not book.findings
        book.append([another("b")])
        assert [row.subject for row in book.entries()] == ["a", "b"]


def test_an_emptied_ledger_is_damaged_and_an_empty_file_is_none(tmp_path):
    """A file of 0 bytes with heads beside it was a ledger; without them it is none, and looking leaves it empty."""
    place = tmp_path / "l.sqlite"
    place.touch()
    with pytest.raises(PlanError, match="ledger-missing"):
        open_ledger(place, create=False)
    assert place.stat().st_size == 0
    with opened(place) as book:
        book.append([another("a")])
    place.write_bytes(b"")
    with pytest.raises(PlanError, match="ledger-damaged"):
        open_ledger(place)
    assert place.stat().st_size == 0


def test_a_csv_that_lost_its_last_rows_is_told_by_the_mark_beside_it(tmp_path):
    """A CSV has no head of its own; cut off, it is refused where the export's plan.json still lies beside it."""
    with opened(tmp_path / "l.sqlite") as book:
        rows = [*book.append([another("a")]), *book.append([another("b")])]
    (tmp_path / "plan.json").write_text(json.dumps({"head": exchange.head_text(rows)}))
    file = tmp_path / "ledger.csv"
    file.write_bytes(exchange.to_csv(rows).encode())
    assert exchange.read_export(file) == rows
    file.write_bytes(exchange.to_csv(rows[:1]).encode())
    with pytest.raises(PlanError, match="ledger-export-head"):
        exchange.read_export(file)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"head": "1', '"head": null, "was": "1', "ledger-export-head"),
        ('"rows"', '"rows": [], "rows"', "ledger-export-format"),
        ('{"format"', '{"format": "x", "format"', "ledger-export-format"),
    ],
)
def test_an_export_names_each_thing_once_and_its_head(tmp_path, old, new, code):
    """An export without its head, or with a key twice, is refused."""
    with opened(tmp_path / "l.sqlite") as book:
        text = exchange.to_json(book.append([another("a")]))
    assert text.count(old) == 1
    (tmp_path / "l.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PlanError, match=code):
        exchange.read_export(tmp_path / "l.json")


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes of POSIX")
@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "x" * 5000, "folder"])
def test_an_export_is_a_file(tmp_path, name):
    """A device, a pipe, a folder or a name too long is one finding, whether given or noted as the last export."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    place = tmp_path / "l.sqlite"
    with pytest.raises(PlanError, match="ledger-export-format"):
        exchange.read_export(tmp_path / name)
    with opened(place) as book:
        book.append([another("a")])
    with Path(f"{place}.heads").open("a") as heads:
        heads.write(f"# export 1:{'a' * 64} {tmp_path / name}\n")
    place.write_bytes(place.read_bytes()[:5000])
    with pytest.raises(PlanError, match="ledger-damaged"):
        open_ledger(place)


def test_settings_of_the_server_do_not_weaken_a_commit(request, tmp_path):
    """A database set to lazy commits and old snapshots: a row is on disk before it is acknowledged, writers still queue."""
    place = schema_of_its_own(request, tmp_path)
    weak = place + "%20-csynchronous_commit%3Doff%20-cdefault_transaction_isolation%3Drepeatable%5C%20read"
    with opened(weak) as book:
        book.append([another("a")])
        with database.writing(book.engine) as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
        with book.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
