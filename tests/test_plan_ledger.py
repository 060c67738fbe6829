"""The ledger: append-only, chained, reproducible, on SQLite and on PostgreSQL; writers that are killed or crowd in."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as dt
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from circles.foundation.errors import PlanError
from circles.plan import database, exchange, meetings
from circles.plan.chain import Basis, Draft, Status, row_hash
from circles.plan.figures import AsOf, known
from circles.plan.heads import read_head
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan

DAY = dt.date(2024, 6, 3)
NOW = dt.datetime(2024, 6, 3, 9, tzinfo=dt.UTC)


def draft(name="aed", period="2024-05", value="9", **more):
    return Draft(name, period, more.pop("on", DAY), None if value is None else Decimal(value), **more)


def corrected(value, **more):
    return draft(value=value, status=Status.CORRECTED, reason="报错了", **more)


def raw(book, *statements):
    """Run statements as somebody would who has the file or the database, the guards put out of the way first."""
    with database.writing(book.engine) as connection:
        if book.is_file:
            for name in ("entries_no_update", "entries_no_delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("ALTER TABLE entries DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_rows_are_kept_and_corrections_supersede(book):
    """A correction is a new row that names the one it supersedes; both stay, chained, and the chain is whole."""
    book.append([draft(), draft("lifts", value="1.50")], now=NOW)
    book.append([corrected("8")], now=NOW)
    rows = book.entries()
    assert [(r.seq, r.subject, r.value, r.supersedes) for r in rows] == [
        (1, "aed", "9", None), (2, "lifts", "1.5", None), (3, "aed", "8", 1),
    ]  # fmt: skip
    assert rows[2].prior == rows[1].hash == row_hash(rows[1].columns())
    assert book.verify() == []
    assert read_head(str(book.head())) == book.head()


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (draft(value="10"), "ledger-duplicate"),
        (corrected("8", period="2024-04"), "ledger-nothing-to-correct"),
        (draft(value="8", status=Status.CORRECTED), "ledger-no-reason"),
        (corrected("8", expects=7), "ledger-overtaken"),
        (draft("x", value=None), "ledger-no-value"),
        (draft("x", value="1", status=Status.WITHDRAWN, reason="r"), "ledger-withdrawn-value"),
        (draft("x", value="1", status=Status.COMPUTED), "ledger-basis"),
        (draft("x", value="1", evidence="a\x00b"), "ledger-text"),
        (draft("x", value="1", on=dt.date(2999, 1, 1)), "ledger-future"),
        (draft("x", value="1", on=dt.date(2024, 4, 30)), "form-date-early"),
        (draft("x", value="1e99999"), "ledger-number"),
        (draft("x", value="NaN"), "ledger-number"),
        (draft("x", period="2024-13"), "plan-period"),
    ],
)
def test_what_the_ledger_refuses_leaves_it_unchanged(tmp_path, second, code):
    """A refused row takes the good rows of the same call with it: all or nothing."""
    book = open_ledger(tmp_path / "l.sqlite")
    book.append([draft()], now=NOW)
    with pytest.raises(PlanError) as caught:
        book.append([draft("lifts"), second])
    assert code in {item.code for item in caught.value.findings}
    assert book.head().seq == 1
    book.close()


def test_the_database_itself_refuses_changes(book):
    """UPDATE, DELETE, TRUNCATE and INSERT OR REPLACE are refused by the database, not only by this program."""
    book.append([draft(), draft("lifts")])
    attempts = ["UPDATE entries SET value = '1'", "DELETE FROM entries WHERE seq = 2"]
    attempts += (
        ["INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 1"] if book.is_file else ["TRUNCATE entries"]
    )
    for attempt in attempts:
        with pytest.raises(sa.exc.DatabaseError), database.writing(book.engine) as connection:
            connection.exec_driver_sql(attempt)
    assert book.verify() == []
    assert [row.value for row in book.entries()] == ["9", "9"]


TAMPERINGS = {
    "an edited value": ["UPDATE entries SET value = '999' WHERE seq = 2"],
    "an edited reporter": ["UPDATE entries SET reporter = '李四' WHERE seq = 1"],
    "a row taken out of the middle": ["DELETE FROM entries WHERE seq = 3"],
    "the first row taken out": ["DELETE FROM entries WHERE seq = 1"],
    "the end cut off": ["DELETE FROM entries WHERE seq >= 4"],
    "everything taken out": ["DELETE FROM entries"],
    "two rows exchanged": [
        "UPDATE entries SET seq = 99 WHERE seq = 2",
        "UPDATE entries SET seq = 2 WHERE seq = 3",
        "UPDATE entries SET seq = 3 WHERE seq = 99",
    ],
    "a row put at the end": [
        (
            "INSERT INTO entries (seq, topic, plan, subject, period, period_start, period_end, value, unit, status, basis, evidence,"
            " evidence_sha256, organisation, reporter, reported_on, recorded_at, reason, detail, prior, hash) SELECT 6, topic, plan,"
            " 'new', period, period_start, period_end, value, unit, status, basis, evidence, evidence_sha256, organisation, reporter,"
            " reported_on, recorded_at, reason, detail, hash, 'x' FROM entries WHERE seq = 5"
        )
    ],
    "only the guards taken away": [],
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_every_tampering_is_found(book, what):
    """Whatever is changed behind the program's back, verify says so; for a cut-off end the head must be known."""
    for index in range(5):
        book.append([draft(f"m{index}", value=str(index))], now=NOW)
    head = book.head()
    assert book.verify(anchors=[head]) == []
    raw(book, *TAMPERINGS[what])
    found = {item.code for item in book.verify(anchors=() if book.is_file else [head])}
    assert found & {"ledger-guard", "ledger-hash"}
    if TAMPERINGS[what]:
        assert found - {"ledger-guard"}


def test_a_ledger_written_anew_is_found_by_a_head_kept_elsewhere(tmp_path):
    """A forged row with fresh hashes after it makes a whole chain; the heads noted at the time give it away."""
    book = open_ledger(tmp_path / "l.sqlite")
    for index in range(3):
        book.append([draft(f"m{index}", value=str(index))], now=NOW)
    anchor = book.head()
    book.close()
    forged = open_ledger(tmp_path / "forged.sqlite")
    for index in range(3):
        forged.append([draft(f"m{index}", value="7")], now=NOW)
    forged.close()
    shutil.copy(tmp_path / "forged.sqlite", tmp_path / "l.sqlite")
    again = open_ledger(tmp_path / "l.sqlite")
    assert {item.code for item in again.verify()} == {"ledger-rewritten"}
    (tmp_path / "l.sqlite.heads").unlink()
    assert {item.code for item in again.verify()} == {"ledger-no-heads"}  # honest: it cannot see more
    assert {item.code for item in again.verify(anchors=[anchor])} == {"ledger-rewritten", "ledger-no-heads"}
    again.close()


def test_any_past_date_is_reproduced(book):
    """A later correction does not change an earlier date, a late figure stays missing there, a timely one counts."""
    plan = load_plan()
    book.append(
        [draft("aed", "2024-04", "5", on=dt.date(2024, 5, 4)), draft("lifts", "2024-04", "1", on=dt.date(2024, 5, 20))]
    )
    seq = book.head().seq
    book.append([corrected("4", period="2024-04", on=dt.date(2024, 7, 1))])
    book.append([draft("aed", "2024-04", None, status=Status.WITHDRAWN, reason="无佐证", on=dt.date(2024, 8, 1))])

    def seen(day, **more):
        now = known(book.entries(), plan, AsOf(day, **more))
        return {name: str(figures[-1].value) for name, figures in now.reported.items()}

    assert seen(dt.date(2024, 4, 30)) == {"aed": "5"}  # handed in within its five days
    assert seen(dt.date(2024, 5, 20)) == {"aed": "5", "lifts": "1"}
    assert seen(dt.date(2024, 6, 30)) == {"aed": "5", "lifts": "1"}
    assert seen(dt.date(2024, 7, 1)) == {"aed": "4", "lifts": "1"}
    assert seen(dt.date(2024, 8, 1)) == {"lifts": "1"}
    assert seen(dt.date(2024, 4, 30), known_on=dt.date(2024, 5, 3)) == {}
    before = known(book.entries(up_to_seq=seq), plan, AsOf(dt.date(2024, 12, 31)))
    assert str(before.reported["aed"][-1].value) == "5"


def test_time_never_runs_backwards(book):
    """A clock that was set back does not disorder the ledger: order is the sequence."""
    book.append([draft("a")], now=NOW)
    book.append([draft("b")], now=NOW - dt.timedelta(days=300, hours=-1) + dt.timedelta(days=299))
    times = [row.recorded_at for row in book.entries()]
    assert times == sorted(times)
    assert book.verify() == []


def test_a_locked_month_takes_corrections_only(book):
    """After the monthly meeting a first figure for the month is refused, a correction with its reason is taken."""
    plan = load_plan()
    book.append([draft()])
    meetings.lock_month(book, plan, month="2024-05", reported_on=dt.date(2024, 6, 10))
    with pytest.raises(PlanError, match="ledger-locked"):
        book.append([draft("lifts")])
    book.append([corrected("8")])
    with pytest.raises(PlanError, match="ledger-duplicate"):
        meetings.lock_month(book, plan, month="2024-05", reported_on=dt.date(2024, 6, 10))
    with pytest.raises(PlanError, match="plan-not-lockable"):
        meetings.lock_month(book, plan, month="2024-06", reported_on=dt.date(2024, 6, 10))


def test_export_restores_identically(book, tmp_path):
    """JSON and CSV both bring back every row, the last hash included, formulas and quotes in texts too."""
    nasty = '=HYPERLINK("http://x")\'<script>{{7*7}},"'
    book.append([draft(evidence=nasty, reporter="'-1", organisation="县卫健局", detail={"a": [1, "二"]})])
    book.append([corrected("8")])
    book.append([draft(value="3", basis=Basis.COMPUTED, status=Status.COMPUTED)])
    rows = book.entries()
    for name, text in (("l.json", exchange.to_json(rows)), ("l.csv", exchange.to_csv(rows))):
        (tmp_path / name).write_bytes(text.encode("utf-8"))
        other = open_ledger(tmp_path / f"{name}.sqlite")
        assert other.restore(exchange.read_export(tmp_path / name)) == book.head()
        assert other.entries() == rows
        assert other.verify() == []
        with pytest.raises(PlanError, match="ledger-not-empty"):
            other.restore(rows)
        other.close()
    assert all(not cell.startswith("=") for cell in exchange.to_csv(rows).splitlines()[1].split(","))


def test_a_foreign_or_damaged_file_is_refused(tmp_path):
    """Another program's database, a text file and a torn file each give one clear message and are left alone."""
    (tmp_path / "text.sqlite").write_text("hello, this is no database at all", encoding="utf-8")
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE films (name)")
    book = open_ledger(tmp_path / "torn.sqlite")
    book.append([draft(f"m{i}", value="1", evidence="x" * 500) for i in range(200)])
    book.close()
    data = bytearray((tmp_path / "torn.sqlite").read_bytes())
    data[4096 * 3 : 4096 * 20] = os.urandom(4096 * 17)
    (tmp_path / "torn.sqlite").write_bytes(data)
    for name, code in (
        ("text", "ledger-foreign"),
        ("other", "ledger-foreign"),
        ("torn", "ledger-(damaged|unreadable)"),
    ):
        with pytest.raises(PlanError, match=code):
            open_ledger(tmp_path / f"{name}.sqlite")
    with pytest.raises(PlanError, match="ledger-missing"):
        open_ledger(tmp_path / "none.sqlite", create=False)
    with pytest.raises(PlanError, match="ledger-url"):
        open_ledger("mysql://root:secret@host/db")
    with pytest.raises(PlanError, match="ledger-unreadable"):
        open_ledger("postgresql://nobody:secret@127.0.0.1:1/x?connect_timeout=1")


def test_a_password_never_reaches_a_message(tmp_path):
    """Errors about a server name it without its password."""
    with pytest.raises(PlanError) as caught:
        open_ledger("postgresql://nobody:s3cret@127.0.0.1:1/x?connect_timeout=1")
    assert "s3cret" not in str(caught.value)


WRITER = """
import datetime as dt, sys
from decimal import Decimal
from circles.plan.chain import Draft, Topic
from circles.plan.ledger import open_ledger
location, name, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
book = open_ledger(location)
for batch in range(count):
    day = dt.date(2024, 6, 3)
    figures = [Draft(f"{name}-{batch}-{i}", "2024-05", day, Decimal(i)) for i in range(size)]
    step = {"step": "submitted", "rows": {}, "submitted_by": name}
    book.append([*figures, Draft(f"{name}-{batch}-r", "2024-05", day, topic=Topic.REVIEW, reporter=name, detail=step)])
    sys.stdout.write(f"{name}-{batch}\\n"); sys.stdout.flush()
"""


def start(location, name, count, size, out):
    command = [sys.executable, "-c", WRITER, location, name, str(count), str(size)]
    return subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[1])


def crowd(location, folder, *, writers, count):
    """Let many processes write figures and review steps at once; every row of each must be there, and the chain whole."""
    open_ledger(location).close()
    running = []
    for index in range(writers):
        with (folder / f"w{index}").open("wb") as out:
            running.append(start(location, f"w{index}", count, 1, out))
    assert [process.wait(1200) for process in running] == [0] * writers
    book = open_ledger(location)
    subjects = {row.subject for row in book.entries()}
    assert subjects == {f"w{w}-{b}-{row}" for w in range(writers) for b in range(count) for row in "0r"}
    assert book.head().seq == 2 * writers * count
    assert book.verify() == []
    book.close()


def killing(location, folder, *, kills):
    """Kill a writer again and again at a random moment; what it acknowledged is there, whole batches only."""
    pick = random.Random(6)
    open_ledger(location).close()
    acknowledged = set()
    for index in range(kills):
        log = folder / f"k{index}"
        with log.open("wb") as out:
            process = start(location, f"k{index}", 100_000, 20, out)
        deadline = time.monotonic() + 60
        while not log.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.005)  # first let it write at all; then strike at a random moment
        time.sleep(pick.uniform(0, 0.05))
        process.kill()
        process.wait(30)
        lines = log.read_text(encoding="ascii")
        acknowledged |= set(lines[: lines.rfind("\n") + 1].split())
    book = open_ledger(location)
    assert book.verify() == []
    batches: dict[str, int] = {}
    for row in book.entries():
        batches[row.subject.rpartition("-")[0]] = batches.get(row.subject.rpartition("-")[0], 0) + 1
    assert set(batches.values()) == {21}  # 20 figures and the step that hands them in
    assert acknowledged <= set(batches)
    assert len(set(batches) - acknowledged) <= kills  # at most the one batch in flight when the writer died
    book.close()


def test_writers_at_once_lose_nothing(location, tmp_path):
    """4 processes × 25 single rows at once: all there, one chain."""
    crowd(location, tmp_path, writers=4, count=25)


def test_killed_writers_lose_nothing_acknowledged(location, tmp_path):
    """4 writers killed at random moments: every acknowledged batch is there as a whole."""
    killing(location, tmp_path, kills=4)


@pytest.mark.long
def test_eight_writers_of_500(location, tmp_path):
    """8 processes × 500 single rows at once: all there, one chain."""
    crowd(location, tmp_path, writers=8, count=500)


@pytest.mark.long
def test_200_kills(location, tmp_path):
    """200 writers killed at random moments: every acknowledged batch is there as a whole."""
    killing(location, tmp_path, kills=200)


def test_a_writer_that_waits_says_so_and_gives_up_in_words(location, tmp_path, monkeypatch):
    """While another holds the right to write, one is told once and gets its turn; on a file, one that waits too long is told that."""
    monkeypatch.setattr(database, "SOON_MS", 100)
    said = []
    first = open_ledger(location)
    second = open_ledger(location, waiting=lambda: said.append("waiting"))
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        with database.writing(first.engine):
            turn = other.submit(second.append, [draft("late", value="1")])
            for _ in range(200):
                if said:
                    break
                time.sleep(0.05)
            assert said == ["waiting"]
            assert not turn.done()
        assert turn.result(timeout=60)[0].subject == "late"
    second.append([draft("soon", value="1")])
    assert said == ["waiting"]
    if first.is_file:
        monkeypatch.setattr(database, "BUSY_MS", 200)
        hasty = open_ledger(location)
        with database.writing(first.engine), pytest.raises(PlanError, match="ledger-busy"):
            hasty.append([draft("never", value="1")])
        hasty.close()
    first.close()
    second.close()
