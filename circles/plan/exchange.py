"""The whole ledger as JSON and CSV, and back again, identical to the last hash."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.foundation.errors import PlanError
from circles.plan.chain import COLUMNS, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = "circles-plan-ledger-1"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def to_json(rows: Sequence[Entry]) -> str:
    """Return the rows as JSON: the format's name, the columns, one list per row, the head."""
    head = f"{rows[-1].seq}:{rows[-1].hash}" if rows else "0:"
    lines = ",\n".join(json.dumps(list(row.columns().values()), ensure_ascii=False) for row in rows)
    top = json.dumps({"format": FORMAT, "columns": list(COLUMNS), "head": head}, ensure_ascii=False)
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
    """Read an exported ledger, JSON or CSV; whether it is unbroken is for :meth:`Ledger.restore` to say.

    Raises
    ------
    PlanError
        The file is not an export of this program.
    """
    file = Path(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
        rows = _from_csv(text) if file.suffix.lower() == ".csv" else _from_json(text)
        return [_entry(row) for row in rows]
    except OSError as e:
        raise PlanError(errors.error("ledger-export-format", file.name, detail=e.strerror or str(e))) from e
    except (ValueError, KeyError, TypeError, csv.Error, RecursionError) as e:
        raise PlanError(errors.error("ledger-export-format", file.name, detail=str(e)[:200])) from e


def _from_json(text: str) -> list[dict[str, Any]]:
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("columns") != list(COLUMNS):
        raise ValueError("format")
    return [dict(zip(COLUMNS, row, strict=True)) for row in data["rows"]]


def _from_csv(text: str) -> list[dict[str, Any]]:
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ValueError("columns")
    rows = []
    for line in lines[1:]:
        row: dict[str, Any] = dict(zip(COLUMNS, (cell.removeprefix("'") for cell in line), strict=True))
        row["seq"] = int(row["seq"])
        row["supersedes"] = int(row["supersedes"]) if row["supersedes"] else None
        row["value"] = row["value"] or None
        rows.append(row)
    return rows


def _entry(row: dict[str, Any]) -> Entry:
    for name, value in row.items():
        numeric = name in {"seq", "supersedes"}
        optional = name in {"value", "supersedes"}
        if not (value is None and optional) and not (isinstance(value, int if numeric else str)):
            raise ValueError(name)
    return Entry(**row)
