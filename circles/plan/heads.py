"""The file beside a SQLite ledger in which each commit leaves its head, and what it shows that the chain cannot.

A line is ``number:hash`` and, where it is known, the plan's id. ``# export number:hash path`` notes where a whole ledger
was exported to. Lines are only added.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from circles.foundation import errors
from circles.foundation.atomic import create_private
from circles.plan.chain import Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from circles.foundation.errors import Finding
    from circles.plan.chain import Entry

TAIL_BYTES = 1024
"""How much of the file is looked at on opening and before each writing: some ten commits."""
_EXPORT = re.compile(r"^# export (\d{1,18}:[0-9a-f]{64}) (.+)$")
_PLAN = re.compile(r"^[\w.-]{1,100}$")


@dataclass(frozen=True)
class Noted:
    """What the file says: heads in the order noted, the plans named, exports with their heads, and unreadable lines."""

    heads: tuple[Head, ...] = ()
    plans: frozenset[str] = frozenset()
    exports: tuple[tuple[Head, str], ...] = ()
    unreadable: tuple[int, ...] = ()

    @property
    def highest(self) -> int:
        """Return the number of the last row that was ever noted."""
        return max((head.seq for head in self.heads), default=0)


def read_head(text: str) -> Head | None:
    """Return the head written as ``number:hash``; None if it is not one."""
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        return None
    return Head(int(number), digest)


def note(file: Path, line: str) -> None:
    """Add one line: one write, and on disk before the call returns."""
    create_private(file)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(handle, (line + "\n").encode("utf-8", "replace"))
        os.fsync(handle)
    finally:
        os.close(handle)


def head_line(head: Head, plan: str) -> str:
    """Return how a head is noted."""
    return f"{head} {plan}" if _PLAN.match(plan) else str(head)


def export_line(head: Head, path: Path) -> str:
    """Return how an export is noted."""
    return f"# export {head} {' '.join(str(path).split())}"


def read_noted(file: Path | None, *, only_tail: bool = False) -> Noted | None:
    """Return what the file says, or only its last lines; None if there is no such file."""
    if file is None:
        return None
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            first = max(0, size - TAIL_BYTES) if only_tail else 0
            stream.seek(first)
            lines = stream.read().decode("utf-8-sig", "replace").split("\n")
    except OSError:
        return None
    return _noted(lines[1:] if first else lines)


def _noted(lines: Iterable[str]) -> Noted:
    heads, plans, exports, unreadable = [], set(), [], []
    for number, line in enumerate(lines, start=1):
        exported = _EXPORT.match(line.rstrip("\r"))
        text, _, plan = line.strip().partition(" ")
        head = read_head(exported[1] if exported else text)
        if head is not None and exported:
            exports.append((head, exported[2]))
        elif head is not None:
            heads.append(head)
            plans |= {plan} if plan else set()
        elif line.strip():
            unreadable.append(number)
    return Noted(tuple(heads), frozenset(plans), tuple(exports), tuple(unreadable))


def compare(noted: Noted, hashes: Mapping[int, str], last: int, plans: Iterable[str], name: str) -> list[Finding]:
    """Return how the noted heads contradict a ledger.

    Parameters
    ----------
    noted : what was noted of the ledger's heads
    hashes
        The ledger's hashes by row, at least of those rows that heads name and that are there.
    last
        The number of the ledger's last row.
    plans
        The plans that its rows belong to.
    name
        What the ledger is called in the findings.
    """
    here = [head for head in noted.heads if head.seq]
    other = [head for head in here if head.seq in hashes and hashes[head.seq] != head.hash]
    same = [head for head in here if hashes.get(head.seq) == head.hash]
    own = {plan for plan in plans if plan}
    if here and not same and own and noted.plans and not own & noted.plans:
        there = tuple(sorted(noted.plans))
        return [errors.error("ledger-heads-foreign", name, value=there, expected=tuple(sorted(own)))]
    if other:
        row = min(head.seq for head in other)
        return [errors.error("ledger-rewritten", name, row=row, seq=row, count=len(other))]
    if noted.highest > last:
        lost = noted.highest - last
        return [errors.error("ledger-truncated", name, row=noted.highest, seq=noted.highest, last=last, count=lost)]
    return []


def doubts(noted: Noted | None, rows: Sequence[Entry], name: str) -> list[Finding]:
    """Return what the file of heads cannot vouch for: it is missing, unreadable in places, or older than the ledger.

    A writer that is killed between its commit and its note leaves one commit without a head: no doubt but a fact of
    life. All rows of a commit bear one time.
    """
    if noted is None or not (noted.heads or noted.unreadable):
        return [errors.warning("ledger-no-heads", name)]
    found = [errors.warning("ledger-heads-unreadable", name, row=line) for line in noted.unreadable[:5]]
    if not noted.heads:
        return found
    later = [row for row in rows if row.seq > noted.highest]
    if len({row.recorded_at for row in later}) > 1:
        found.append(
            errors.warning("ledger-heads-behind", name, row=noted.highest, seq=noted.highest, count=len(later))
        )
    return found
