"""The ledger under attack: a hand with a database tool, altered exports, flipped bytes, exchanged files."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import os
import random
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from circles.foundation.errors import PlanError
from circles.plan import chain, exchange, meetings, structure
from circles.plan.chain import Draft, Status, Topic
from circles.plan.figures import AsOf
from circles.plan.ledger import open_ledger, opened
from circles.plan.reading import load_plan

STRUCTURE = Path(structure.__file__).parent / "migrations" / "structure.json"


def test_the_structure_on_record_is_what_the_migrations_make(book):
    """``structure.json`` equals a fresh ledger's own text on SQLite and PostgreSQL (CIRCLES_REGENERATE=1 writes it)."""
    dialect = book.engine.dialect.name
    with book.engine.connect() as connection:
        found = structure.read_structure(connection)
    if os.environ.get("CIRCLES_REGENERATE"):
        known = json.loads(STRUCTURE.read_text(encoding="utf-8")) if STRUCTURE.exists() else {}
        text = json.dumps(known | {dialect: found}, indent=1, sort_keys=True, ensure_ascii=False)
        STRUCTURE.write_text(text + "\n", encoding="utf-8")
    assert structure.expected_structure(dialect) == found
    assert book.findings == ()


DAY = dt.date(2024, 6, 3)


def filled(location, *, months=4, subjects=6, plan=""):
    """A ledger with first figures, a correction, a withdrawal, an action and a locked month, in several commits."""
    book = open_ledger(location)
    for month in range(1, months + 1):
        book.append(
            [
                Draft(f"s{n}", f"2024-{month:02d}", dt.date(2024, month, 28), Decimal(month * n), "人", plan=plan,
                      organisation="县卫健局", detail={"problem": "进度偏慢"} if n == 2 else {})
                for n in range(subjects)
            ]
        )  # fmt: skip
    late = {"reported_on": DAY, "reason": "报错了", "plan": plan}
    book.append([Draft("s1", "2024-02", value=Decimal(7), status=Status.CORRECTED, **late)])
    book.append([Draft("s2", "2024-03", status=Status.WITHDRAWN, **late)])
    detail = {"subject": "s1", "problem": "未落实", "unit": "县卫健局", "due": "2024-07-01"}
    book.append([Draft("A001", "2024-06", DAY, topic=Topic.ACTION, detail=detail, plan=plan)])
    book.append([Draft("month", "2024-01", DAY, topic=Topic.LOCK, plan=plan)])
    return book


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A good ledger's file with its heads and an export, and its rows."""
    folder = tmp_path_factory.mktemp("good")
    book = filled(folder / "l.sqlite")
    rows = book.entries()
    (folder / "l.json").write_text(exchange.to_json(rows), encoding="utf-8")
    book.note_export(folder / "l.json", book.head())
    book.close()
    return folder, rows


def seen(file):
    """Return what a command sees of a ledger, its rows or None, and everything that is said about it."""
    try:
        with opened(file, create=False) as book:
            told = [*book.contents_problems(), *book.findings, *book.verify()]
            return book.entries(), told
    except PlanError as e:
        return None, list(e.findings)


def flips(good, folder, count, seed):
    """Flip one bit at a time: the right rows, or a finding; a file that cannot be read names the last good export."""
    source, rows = good
    data, heads = (source / "l.sqlite").read_bytes(), (source / "l.sqlite.heads").read_bytes()
    pick = random.Random(seed)
    told = 0
    for index in range(count):
        file = folder / f"f{index}.sqlite"
        place = pick.randrange(100) if index % 5 == 0 else pick.randrange(len(data))
        flipped = bytearray(data)
        flipped[place] ^= 1 << pick.randrange(8)
        file.write_bytes(flipped)
        Path(f"{file}.heads").write_bytes(heads)
        found, findings = seen(file)
        assert findings or found == rows, f"byte {place}: other rows, and nothing is said"
        assert all(item.code.startswith("ledger-") and item.line("zh") and item.line("en") for item in findings)
        if findings and findings[0].code.startswith("ledger-damaged"):
            assert str(source / "l.json") in findings[0].line("zh")
        told += bool(findings)
        for left in folder.iterdir():
            left.unlink()
    return told


def test_a_flipped_byte_is_told_or_does_no_harm(good, tmp_path):
    """60 single bits flipped anywhere in the file: the same rows, or a finding, never anything else."""
    assert flips(good, tmp_path, 60, 1) > 15


@pytest.mark.long
def test_a_thousand_flipped_bytes(good, tmp_path):
    """1,000 single bits flipped anywhere in the file: the same rows, or a finding, never anything else."""
    assert flips(good, tmp_path, 1000, 2) > 300


NO_OPS = {
    "sqlite": [
        "DROP TRIGGER entries_no_update",
        "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT 1; END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    ],
}
SWALLOWING = {
    "sqlite": ["CREATE TRIGGER zz BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER zz BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION swallow()",
    ],
}


def by_hand(book, statements):
    """Run statements as somebody would who has the file or the database."""
    with book.engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)


def another(name="new", period="2024-05"):
    return Draft(name, period, DAY, Decimal(1))


@pytest.mark.parametrize("attack", [NO_OPS, SWALLOWING], ids=["no-ops", "swallowing"])
def test_guards_are_known_by_what_they_do(location, attack):
    """Guards that do nothing and a trigger that swallows rows are found on opening and by verify, and stop writing."""
    filled(location).close()
    with opened(location) as book:
        by_hand(book, attack[book.engine.dialect.name])
    with opened(location) as book:
        assert book.findings
        assert {item.code for item in book.verify()} <= {"ledger-guard", "ledger-extra"}
        with pytest.raises(PlanError, match=r"ledger-(guard|extra)"):
            book.append([another()])


def test_what_is_not_stored_is_not_acknowledged(location, monkeypatch):
    """Even if the structure were not looked at, append reads back what it wrote and takes all of it back."""
    book = filled(location)
    by_hand(book, SWALLOWING[book.engine.dialect.name])
    monkeypatch.setattr("circles.plan.ledger.structure_problems", lambda *_: [])
    with pytest.raises(PlanError, match="ledger-not-stored"):
        book.append([another()])
    book.close()


COLUMNS_TEXT = (
    "subject",
    "period",
    "value",
    "unit",
    "organisation",
    "reported_on",
    "recorded_at",
    "detail",
    "prior",
    "hash",
)


def one_edit(pick, dialect, last):
    """Return random statements of somebody with a database tool, the guards put out of the way where need be."""
    row, other = pick.sample(range(1, last + 1), 2)
    column = pick.choice(COLUMNS_TEXT)
    off = {
        "sqlite": ["DROP TRIGGER entries_no_update", "DROP TRIGGER entries_no_delete"],
        "postgresql": ["ALTER TABLE entries DISABLE TRIGGER ALL"],
    }[dialect]
    on = {
        "sqlite": [
            f"CREATE TRIGGER entries_no_{what.lower()} BEFORE {what} ON entries BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            for what in ("UPDATE", "DELETE")
        ],
        "postgresql": ["ALTER TABLE entries ENABLE TRIGGER ALL"],
    }[dialect]
    covered = [
        [f"UPDATE entries SET {column} = '{pick.choice(['9', '', '2024-05', 'é', 'x' * 50])}' WHERE seq = {row}"],
        [f"DELETE FROM entries WHERE seq = {row}"],
        [f"DELETE FROM entries WHERE seq >= {row}"],
        [f"UPDATE entries SET seq = 999 WHERE seq = {row}", f"UPDATE entries SET seq = {row} WHERE seq = {other}",
         f"UPDATE entries SET seq = {other} WHERE seq = 999"],
        [f"UPDATE entries SET hash = 'h{pick.random()}' WHERE seq = {row}"],
        [f"UPDATE entries SET supersedes = {other} WHERE seq = {last}"],
        [f"UPDATE entries SET topic = 'action' WHERE seq = {row}"],
    ]  # fmt: skip
    open_ = [
        ["CREATE TABLE other (x INTEGER)"],
        ["CREATE VIEW seen AS SELECT * FROM entries"],
        ["CREATE INDEX more ON entries (unit)"],
        ["DROP INDEX entries_period"],
        ["DROP INDEX entries_first"],
        ["ALTER TABLE entries ADD COLUMN more TEXT"],
        ["ALTER TABLE entries RENAME COLUMN reason TO because"],
        ["ALTER TABLE entries RENAME TO kept", "CREATE VIEW entries AS SELECT * FROM kept WHERE seq <> 2"],
        ["UPDATE alembic_version SET version_num = '0000'"],
        ["UPDATE alembic_version SET version_num = '9999'"],
        ["DELETE FROM alembic_version"],
        off, off[:1], NO_OPS[dialect], SWALLOWING[dialect],
    ]  # fmt: skip
    if dialect == "postgresql":
        open_ += [
            ["CREATE RULE r AS ON INSERT TO entries DO INSTEAD NOTHING"],
            ["CREATE RULE r AS ON UPDATE TO entries DO INSTEAD NOTHING"],
            ["CREATE FUNCTION max(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"],
            ["ALTER TABLE entries ENABLE ROW LEVEL SECURITY", "ALTER TABLE entries FORCE ROW LEVEL SECURITY"],
            ["ALTER TABLE entries ALTER COLUMN unit DROP NOT NULL"],
            ["ALTER TABLE entries ALTER COLUMN unit SET DEFAULT 'x'"],
            ["ALTER TABLE entries DROP CONSTRAINT entries_supersedes_fkey"],
            ["CREATE TABLE heir () INHERITS (entries)"],
        ]
    if pick.random() < 0.5:
        return pick.choice(open_)
    return [*off, *pick.choice(covered), *pick.choice([on, on, []])]


def edits(fresh, count, seed):
    """Run random edits on fresh ledgers: each is told, or does no harm; what append acknowledges is there."""
    pick = random.Random(seed)
    for index in range(count):
        location = fresh(index)
        with opened(location) as book:
            rows, heads = book.entries(), [book.head()]
            statements = one_edit(pick, book.engine.dialect.name, rows[-1].seq)
            with contextlib.suppress(sa.exc.DatabaseError):
                by_hand(book, statements)
        found, told = seen_of(location, heads)
        assert told or found == rows, statements
        assert told or acknowledged(location, f"n{index}"), statements


def seen_of(location, anchors):
    """Return the rows, or None, and what opening and verify say, with heads that were kept elsewhere."""
    try:
        with opened(location, create=False) as book:
            return book.entries(), [*book.findings, *book.verify(anchors=anchors)]
    except PlanError as e:
        return None, list(e.findings)


def acknowledged(location, name):
    """Append a row and return whether it is there afterwards."""
    with opened(location, create=False) as book:
        return book.append([another(name)])[0] in book.entries()


@pytest.fixture
def fresh(request, tmp_path):
    """Fresh ledgers with some rows, one after the other: ``sqlite`` or ``postgresql``."""
    first = tmp_path / "first.sqlite"

    def place(index, kind):
        if kind == "sqlite":
            if not first.exists():
                filled(first, months=3, subjects=4).close()
            for end in ("", ".heads"):
                shutil.copy(f"{first}{end}", tmp_path / f"e{index}.sqlite{end}")
            return str(tmp_path / f"e{index}.sqlite")
        admin, port = request.getfixturevalue("postgres")
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS edits CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA edits")
        location = f"postgresql+psycopg://plan@127.0.0.1:{port}/postgres?options=-csearch_path%3Dedits"
        filled(location, months=3, subjects=4).close()
        return location

    return place


@pytest.mark.parametrize(("kind", "count"), [("sqlite", 30), ("postgresql", 6)])
def test_edits_by_sql_are_told(fresh, kind, count):
    """Random edits with a database tool: told or harmless, and no acknowledged row is missing."""
    edits(lambda index: fresh(index, kind), count, 3)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_300_edits_by_sql_are_told(fresh, kind):
    """300 random edits with a database tool: told or harmless, and no acknowledged row is missing."""
    edits(lambda index: fresh(index, kind), 300, 4)


def rehashed(rows, first=0):
    """Return rows (lists) chained anew from ``first`` on, as a forger would."""
    prior = rows[first - 1][-1] if first else chain.GENESIS
    for row in rows[first:]:
        row[-2] = prior
        columns = dict(zip(chain.COLUMNS, row, strict=True))
        row[-1] = prior = chain.row_hash(columns)
    return rows


STRANGE = (
    None, True, 0, -1, 1.5, 10**400, "", "xx", "NaN", "1e999999999", "1_000", "007", "9" * 1000, "\ud800", "a\x00b", "{bad",
    "2024-13", "2024-02-30", "9999-12-31", [], {}, '{"problem":1}', "observation", "withdrawn", "computed", 77, "１",
)  # fmt: skip


def altered(pick, document):
    """Return an exported ledger with one thing altered, in most cases hashed anew as a forger would."""
    data = json.loads(document)
    rows = data["rows"]
    at = pick.randrange(len(rows))
    kind = pick.randrange(9)
    if kind <= 4:
        rows[at][pick.randrange(20)] = pick.choice(STRANGE)
    elif kind == 5:
        rows[at], rows[at - 1] = rows[at - 1], rows[at]
    elif kind == 6:
        del rows[at]
    elif kind == 7:
        rows.append([*rows[at]])
    else:
        data["head"] = pick.choice(["0:", f"9999:{'f' * 64}", f"{len(rows)}:{'f' * 64}", None, 5, [], "\ud800"])
    if kind <= 7 and pick.random() < 0.8:
        for number, row in enumerate(rows, start=1):
            if kind > 4 and pick.random() < 0.9:
                row[0] = number
        with contextlib.suppress(TypeError, ValueError):
            rehashed(rows)
            data["head"] = f"{rows[-1][0]}:{rows[-1][-1]}"
    text = json.dumps(data)
    if pick.random() < 0.1:
        place = pick.randrange(len(text))
        text = text[:place] + pick.choice(["", "{", "\x00", "]", "9"]) + text[place + 1 :]
    return text


SPOILT = (
    "", " ", "'", "''1", "=1+1", "1.5", "1,000", "1e3", "01", "NaN", "9" * 1000, "\ud800", "a\x00b", "2024/1/31", "Jan-24", "2024-13",
    "45322", "True", "[]", '{"problem":1}', "{bad", "withdrawn", "computed", '"', "\r\n", "１", "县医保局",
)  # fmt: skip
"""Cells as a hand or a spreadsheet program leaves them."""


def altered_csv(pick, document):
    """Return an exported CSV file with one thing altered, often hashed anew, as a spreadsheet program or a forger would."""
    lines = list(csv.reader(io.StringIO(document.removeprefix("\ufeff"), newline="")))
    at, kind = pick.randrange(1, len(lines)), pick.randrange(12)
    if kind <= 5:
        lines[at][pick.randrange(20)] = pick.choice(SPOILT)
    elif kind == 6:
        other = pick.randrange(1, len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 7:
        del lines[at]
    elif kind == 8:
        lines.insert(at, [*lines[pick.randrange(1, len(lines))]])
    elif kind == 9:  # a column is lost, moved, or added
        column, rest = pick.randrange(20), pick.choice([0, 1, len(lines)])
        for line in lines[rest:] if rest < len(lines) else lines:
            line.insert(pick.randrange(20), line.pop(column) if pick.random() < 0.5 else "x")
    elif kind == 10:
        lines = [[cell.lstrip("0") or cell for cell in line] for line in lines]
    if kind <= 8 and pick.random() < 0.7:
        rows = [exchange._csv_row(line) for line in lines[1:]]
        for number, row in enumerate(rows, start=1):
            row[0] = number if kind > 5 else row[0]
        with contextlib.suppress(TypeError, ValueError):
            lines[1:] = [[exchange.guarded(cell) for cell in row] for row in rehashed(rows)]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";" if kind == 11 and pick.random() < 0.3 else ",", lineterminator="\n").writerows(
        lines
    )
    text = buffer.getvalue()
    if kind == 11 or pick.random() < 0.1:
        place = pick.randrange(len(text))
        text = text[:place] + pick.choice(["", '"', "\x00", "\n", ",", "9", "\ufeff"]) + text[place + 1 :]
    return pick.choice(["", "\ufeff"]) + text


def restored(document, good_rows, folder, index, ending="json"):
    """Restore an export: refused with findings, or a ledger that verifies and is read without trouble."""
    file = folder / f"x{index}.{ending}"
    file.write_text(document, encoding="utf-8", errors="surrogatepass", newline="")
    rows, problems = export_read(file)
    assert all(item.line("zh").encode("utf-8") and item.line("en") for item in problems)
    if problems:
        return "refused"
    with opened(folder / f"x{index}.sqlite") as book:
        book.restore(rows)
        assert book.verify() == []
        assert sum(row.number is not None for row in book.entries()) > 0
        meetings.actions(book.entries(topic=Topic.ACTION), AsOf(dt.date(2024, 12, 31)))
    return "same" if rows == good_rows else "valid"


def export_read(file):
    try:
        return exchange.read_export(file), []
    except PlanError as e:
        return [], list(e.findings)


ALTERED = {"json": (exchange.to_json, altered), "csv": (exchange.to_csv, altered_csv)}


def exports(good, folder, count, seed, ending):
    rows, pick = good[1], random.Random(seed)
    write, alter = ALTERED[ending]
    document = write(rows)
    found = Counter(restored(alter(pick, document), rows, folder, index, ending) for index in range(count))
    assert found["refused"] > 0.7 * count
    assert restored(document, rows, folder, "good", ending) == "same"


@pytest.mark.parametrize("ending", ALTERED)
def test_an_altered_export_is_checked_like_any_entry(good, tmp_path, ending):
    """60 altered exports, most hashed anew: refused with findings, or such that this program could have written them."""
    exports(good, tmp_path, 60, 5, ending)


@pytest.mark.long
@pytest.mark.parametrize("ending", ALTERED)
def test_500_altered_exports(good, tmp_path, ending):
    """500 altered exports, most hashed anew: refused with findings, or such that this program could have written them."""
    exports(good, tmp_path, 500, 6, ending)


def test_all_problems_of_an_export_are_told_at_once_with_their_rows(good, tmp_path):
    """Three rows altered in three ways give three findings, each with its row."""
    data = json.loads((good[0] / "l.json").read_text(encoding="utf-8"))
    value, day, detail = (chain.COLUMNS.index(name) for name in ("value", "reported_on", "detail"))
    data["rows"][3][value], data["rows"][5][day], data["rows"][8][detail] = "1_000", "2024-02-30", "{bad"
    rehashed(data["rows"])
    data["head"] = f"{len(data['rows'])}:{data['rows'][-1][-1]}"
    (tmp_path / "l.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        exchange.read_export(tmp_path / "l.json")
    told = {(item.code, item.row, item.values.get("key")) for item in caught.value.findings}
    assert {("ledger-value", 4, "value"), ("ledger-value", 6, "reported_on"), ("ledger-value", 9, "detail")} <= told


@pytest.mark.parametrize("name", ["detail", "dupcell", "head_lie", "head_more", "period", "seqbool", "super_future", "surr",
                                  "val_huge", "val_nan", "val_under"])  # fmt: skip
def test_exports_that_were_once_restored_unchecked(shared_dir, name):
    """Each export of the shared cases is refused with a finding that can be printed."""
    with pytest.raises(PlanError) as caught:
        exchange.read_export(shared_dir / "cases" / "hostile" / "ledger-restore-unchecked" / f"{name}.json")
    assert caught.value.render("zh").encode("utf-8")


def test_exchanged_files_are_told_which(tmp_path):
    """Yesterday's copy says by how many rows; another county's ledger or heads, older and missing heads are told apart."""
    book = filled(tmp_path / "a.sqlite", plan="shengsi-2024")
    book.close()
    shutil.copy(tmp_path / "a.sqlite", tmp_path / "yesterday")
    shutil.copy(tmp_path / "a.sqlite.heads", tmp_path / "yesterday.heads")
    with opened(tmp_path / "a.sqlite") as book:
        for index in range(3):
            book.append([another(f"n{index}")])
    filled(tmp_path / "b.sqlite", months=5, plan="daishan-2024").close()

    def exchanged(ledger, heads):
        shutil.copy(tmp_path / ledger, tmp_path / "x.sqlite")
        (tmp_path / "x.sqlite.heads").unlink(missing_ok=True)
        if heads:
            shutil.copy(tmp_path / heads, tmp_path / "x.sqlite.heads")
        with opened(tmp_path / "x.sqlite") as book:
            found = {item.code: item for item in book.verify()}
            blocked = {item.code for item in book.findings}
            if blocked:
                with pytest.raises(PlanError):
                    book.append([another("more")])
        return found, blocked

    found, blocked = exchanged("yesterday", "a.sqlite.heads")
    assert set(found) == blocked == {"ledger-truncated"}
    assert found["ledger-truncated"].values["count"] == 3
    for ledger, heads in (("b.sqlite", "a.sqlite.heads"), ("a.sqlite", "b.sqlite.heads")):
        found, blocked = exchanged(ledger, heads)
        assert set(found) == blocked == {"ledger-heads-foreign"}
    found, blocked = exchanged("a.sqlite", "yesterday.heads")
    assert set(found) == {"ledger-heads-behind"}
    assert found["ledger-heads-behind"].values["count"] == 3
    assert exchanged("a.sqlite", None)[0].keys() == {"ledger-no-heads"}
    (tmp_path / "torn").write_text(
        "12:zz\n" + (tmp_path / "a.sqlite.heads").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert exchanged("a.sqlite", "torn")[0].keys() == {"ledger-heads-unreadable"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = " + "[" * 100_000, "plan-file-syntax"),
        (f"x = 1{'0' * 5000}", "plan-file-syntax"),
        ("x" + ".x" * 100_000 + " = 1", "plan-file-syntax"),
        ('[[units]]\nname = "a\\u0000b"', "plan-file-syntax"),  # NUL: refused in every TOML file alike
        ('[[units]]\nname = "a\\u001b[31mb"', "plan-file-value"),
        ("\ud800", "plan-file-syntax"),
    ],
)
def test_a_hostile_plan_file_is_a_finding(tmp_path, text, code):
    """Deep tables, numbers of thousands of digits, control characters and broken UTF-8 are findings that can be printed."""
    (tmp_path / "p.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path / "p.toml")
    assert code in {item.code for item in caught.value.findings}
    assert caught.value.render("zh").replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("name", "shown"), [("计划.toml", "计划.toml"), ("p.toml", "p.toml"), ("a\nb", "a\\nb"), ("\ud800", "\\ud800")]
)
def test_a_plan_that_is_not_there(tmp_path, name, shown):
    """A plan file that cannot be read is named as it is called, in one line that any terminal can print."""
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path / name)
    assert [(item.code, item.table) for item in caught.value.findings] == [("plan-file-unreadable", shown)]
