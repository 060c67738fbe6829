"""The whole ledger as JSON and CSV, and back again, identical to the last hash."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import replay
from circles.plan.admission import shown
from circles.plan.chain import COLUMNS, NUMBERS, OPTIONAL, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 1_000_000_000
_WHOLE = re.compile(r"^[1-9]\d{0,17}$", re.ASCII)
FORMAT = "circles-plan-ledger-1"
MARK = "plan.json"
"""The file beside an export that names its head."""
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def head_text(rows: Sequence[Entry]) -> str:
    """Return the head of exported rows: number and hash of the last."""
    return f"{rows[-1].seq}:{rows[-1].hash}" if rows else "0:"


def to_json(rows: Sequence[Entry]) -> str:
    """Return the rows as JSON: the format's name, the columns, one list per row, the head."""
    lines = ",\n".join(json.dumps(list(row.columns().values()), ensure_ascii=False) for row in rows)
    top = json.dumps({"format": FORMAT, "columns": list(COLUMNS), "head": head_text(rows)}, ensure_ascii=False)
    return f'{top[:-1]}, "rows": [\n{lines}\n]}}\n'


def to_csv(rows: Sequence[Entry]) -> str:
    """Return the rows as CSV with a byte order mark; texts that a sheet would run as a formula get a leading ``'``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([guarded(value) for value in row.columns().values()])
    return "\ufeff" + buffer.getvalue()


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file of evidence; empty if it is no file but a text."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def guarded(value: str | int | None) -> str | int:
    """Return a cell for CSV: a text that a sheet would run as a formula gets a leading ``'``."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_RISKY):
        return f"'{value}"
    return value


def read_export(path: Path | str) -> list[Entry]:
    """Read an exported ledger, JSON or CSV, and check all of it.

    Raises
    ------
    PlanError
        The file is not an export of this program; or, with every problem and its row, an export that was altered:
        columns of the wrong kind, a broken chain, rows that this program would not have written, a head that is not
        the last row's.
    """
    file = Path(path)
    try:
        text = _text(file)
        is_csv = file.suffix.lower() == ".csv"
        rows, head = (_from_csv(text), _head_beside(file)) if is_csv else _from_json(text)
    except OSError as e:
        raise PlanError(errors.error("ledger-export-format", file.name, detail=e.strerror or str(e))) from e
    except (ValueError, KeyError, TypeError, csv.Error, RecursionError) as e:
        raise PlanError(errors.error("ledger-export-format", file.name, detail=shown(str(e), 200))) from e
    return _checked(rows, head, file.name)


def _text(file: Path) -> str:
    """Return what stands in a file of a size that an export can have; never in a pipe or a device, which have no end."""
    about = file.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("no file")
    if about.st_size > MAX_BYTES:
        raise PlanError(errors.error("form-too-large", file.name, limit=f"{MAX_BYTES // 1_000_000} MB"))
    return file.read_bytes().decode("utf-8-sig")


def _head_beside(file: Path) -> Any:
    """Return the head that ``circles plan export`` left beside its CSV, which has none; None where there is none."""
    try:
        found = json.loads(_text(file.with_name(MARK))) if file.name == "ledger.csv" else {}
    except (OSError, ValueError, RecursionError, PlanError):
        return None
    return found.get("head") if isinstance(found, dict) else None


def _checked(rows: list[Any], head: Any, name: str) -> list[Entry]:
    """Return the rows as entries, or raise with everything that is wrong in them."""
    found: list[Finding] = []
    entries: list[Entry] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(COLUMNS):
            found.append(errors.error("ledger-value", name, row=number, key="columns", value=shown(row)))
            continue
        entries.append(Entry(*row))
        found += replay.shape_problems(entries[-1].columns(), table=name, row=number)
    if not found:
        found = replay.problems(entries, table=name)
        last = head_text(entries)
        if head is not None and head != last:
            found.append(errors.error("ledger-export-head", name, value=shown(head, 80), expected=last))
    if found:
        raise PlanError(found)
    return entries


def _from_json(text: str) -> tuple[list[Any], Any]:
    data = json.loads(text, object_pairs_hook=_once)
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("columns") != list(COLUMNS):
        raise ValueError("format")
    if not isinstance(data["rows"], list):
        raise TypeError("rows")
    return data["rows"], data.get("head") or ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping whose keys stand once each; of two, nobody knows which counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _from_csv(text: str) -> list[Any]:
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ValueError("columns")
    return [_csv_row(line) for line in lines[1:]]


def _csv_row(line: list[str]) -> list[Any]:
    """Return a line's cells as they were exported; a number that is none stays a text, for the check to find."""
    if len(line) != len(COLUMNS):
        return line
    row: dict[str, Any] = dict(zip(COLUMNS, (cell.removeprefix("'") for cell in line), strict=True))
    for name in NUMBERS:
        if _WHOLE.match(row[name]):
            row[name] = int(row[name])
    for name in OPTIONAL:
        row[name] = None if row[name] == "" else row[name]
    return list(row.values())
