"""The ledger's rows, and the hash that ties each to all before it.

The hash of a row is SHA-256 over canonical JSON (keys sorted, no blanks, UTF-8) of all its columns but the hash
itself. The hash of the row before and the sequence number are among them, so a row cannot be edited, moved, replaced
or taken out of the middle without every later hash being wrong.

What the chain alone cannot show: that rows were cut off its end, or that everything from some row on was written anew
with fresh hashes. For that the head (number and hash of the last row) must be known from elsewhere: from the file of
heads beside a SQLite ledger, from an export, or from a report, each of which prints it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from circles.foundation import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from circles.foundation.errors import Finding

GENESIS = "0" * 64
"""The hash before the first row."""


class Topic(StrEnum):
    """What a row of the ledger is about."""

    OBSERVATION = "observation"
    ACTION = "action"
    LOCK = "lock"
    FREEZE = "freeze"
    MISSING = "missing"
    REVIEW = "review"
    DRAFT = "draft"


class Status(StrEnum):
    """How a figure came to be."""

    REPORTED = "reported"
    COMPUTED = "computed"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class Basis(StrEnum):
    """Which of the two series of a measure a figure belongs to: reported by a unit, or computed from the map."""

    REPORTED = "reported"
    COMPUTED = "computed"


@dataclass(frozen=True)
class Draft:
    """A row as it is handed to the ledger; the ledger adds number, time, what it supersedes, and the hash.

    ``evidence`` is a file's name or a text, ``evidence_sha256`` the file's hash. ``reported_on`` is the day on which
    the unit handed the figure in (填报日期). ``expects`` is the number of the row that a correction corrects, if the
    writer wants to be sure that nobody else corrected it meanwhile.
    """

    subject: str
    period: str
    reported_on: date
    value: Decimal | None = None
    unit: str = ""
    status: Status = Status.REPORTED
    basis: Basis = Basis.REPORTED
    topic: Topic = Topic.OBSERVATION
    plan: str = ""
    evidence: str = ""
    evidence_sha256: str = ""
    organisation: str = ""
    reporter: str = ""
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    expects: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger, exactly as stored. Dates are ISO texts, ``value`` is a decimal number as text."""

    seq: int
    topic: str
    plan: str
    subject: str
    period: str
    period_start: str
    period_end: str
    value: str | None
    unit: str
    status: str
    basis: str
    supersedes: int | None
    evidence: str
    evidence_sha256: str
    organisation: str
    reporter: str
    reported_on: str
    recorded_at: str
    reason: str
    detail: str
    prior: str
    hash: str

    @property
    def number(self) -> Decimal | None:
        """Return the value as a number."""
        return None if self.value is None else Decimal(self.value)

    def columns(self) -> dict[str, Any]:
        """Return the row by column, in the table's order."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def details(self) -> dict[str, Any]:
        """Return the detail as the mapping it was."""
        found: dict[str, Any] = json.loads(self.detail) if self.detail else {}
        return found


COLUMNS = tuple(item.name for item in fields(Entry))
NUMBERS = frozenset({"seq", "supersedes"})
"""The columns that hold whole numbers; every other holds text."""
OPTIONAL = frozenset({"value", "supersedes"})
"""The columns that may be empty."""


@dataclass(frozen=True)
class Head:
    """The last row's number and hash: the whole ledger in one line."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def number_text(value: Decimal | None) -> str | None:
    """Return the one way in which the ledger writes a number: no exponent, no trailing zeros, no minus zero.

    Raises
    ------
    ValueError
        The number is infinite or not a number.
    """
    if value is None:
        return None
    if not value.is_finite():
        raise ValueError(str(value))
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(mapping: dict[str, Any]) -> str:
    """Return the one JSON text of a mapping: keys sorted, no blanks."""
    return _ENCODER.encode(mapping)


def row_hash(columns: dict[str, Any]) -> str:
    """Return the hash of a row given by its columns; a ``hash`` among them is left out."""
    text = canonical({key: value for key, value in columns.items() if key != "hash"})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_intact(entry: Entry) -> bool:
    """Return whether a row's columns have the types that are stored and hash to the row's own hash."""
    for name in COLUMNS:
        value = getattr(entry, name)
        kind = int if name in NUMBERS else str
        if not (type(value) is kind or (value is None and name in OPTIONAL)):
            return False
    return row_hash(entry.columns()) == entry.hash


def broken(entries: Iterable[Entry], *, table: str = "ledger") -> Iterator[Finding]:
    """Yield every place where rows in stored order do not form one unbroken chain from the first."""
    prior, seq, time = GENESIS, 0, ""
    for entry in entries:
        row = entry.seq if type(entry.seq) is int else seq + 1
        about = str(entry.subject)[:100]
        if row != seq + 1 or row is not entry.seq:
            yield errors.error("ledger-gap", table, row=row, expected=seq + 1, found=str(entry.seq)[:20])
        if entry.prior != prior:
            yield errors.error("ledger-prior", table, row=row, subject=about)
        if not is_intact(entry):
            yield errors.error("ledger-hash", table, row=row, subject=about, period=str(entry.period)[:20])
        if str(entry.recorded_at) < time:
            yield errors.error("ledger-time", table, row=row, time=str(entry.recorded_at)[:40])
        prior, seq, time = entry.hash, row, str(entry.recorded_at)
