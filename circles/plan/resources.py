"""应报尽报: how complete the register of facilities is per department, from ``circles register check``, kept in the ledger.

应报 is what a department is expected to report, 已报 what of it is there, 过期 what was not updated in time, 催报 what is missing
or stale. 二(八)3 is the share of 已报 in 应报, computed and never typed in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circles.foundation import errors
from circles.foundation.errors import PlanError
from circles.plan.chain import Basis, Draft, Status, Topic

if TYPE_CHECKING:
    import datetime as dt

    from circles.plan.figures import Figure
    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger

FORMULA = "register"
_COUNTS = ("expected", "missing", "stale")


@dataclass(frozen=True)
class Department:
    """What one department is to report, has reported, and has let grow old; ``unit`` is empty where none is named."""

    unit: str
    expected: int
    registered: int
    stale: int

    @property
    def urged(self) -> int:
        """Return how many are to be urged: missing or stale."""
        return self.expected - self.registered + self.stale


def read_check(file: Path) -> list[Department]:
    """Read what ``circles register check --expected … --format json`` printed, summed per department.

    Raises
    ------
    PlanError
        The file is no such check, was made without a list of what is expected, or is of a demonstration.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
        rows = found["completeness"]
        marks = [str(row["reported_by"] or "") for row in rows]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as e:
        raise PlanError(errors.error("plan-register-file", file.name, detail=str(e)[:120] or type(e).__name__)) from e
    if found.get("demonstration") is not False:
        raise PlanError(errors.error("plan-run-demonstration", file.name))
    sums: dict[str, dict[str, int]] = {}
    for number, (unit, row) in enumerate(zip(marks, rows, strict=True), start=1):
        if row.get("township_code") == "ALL":
            continue
        if row.get("expected") is None:
            if row.get("registered"):
                raise PlanError(errors.error("plan-register-expected", file.name, row=number, value=unit or "–"))
            continue
        own = sums.setdefault(unit, dict.fromkeys(_COUNTS, 0))
        for key in _COUNTS:
            own[key] += _count(row.get(key), file, number, key)
    if not sums:
        raise PlanError(errors.error("plan-register-expected", file.name, value="–"))
    return [
        Department(unit, own["expected"], own["expected"] - own["missing"], own["stale"])
        for unit, own in sorted(sums.items())
    ]


def _count(value: object, file: Path, number: int, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != int(value):
        raise PlanError(errors.error("plan-register-file", file.name, row=number, detail=f"{key} = {str(value)[:40]}"))
    return int(value)


def store(
    ledger: Ledger, plan: Plan, departments: Sequence[Department], *, period: str, reported_on: dt.date, file: Path
) -> Decimal:
    """Put the share of 已报 in 应报, with the departments behind it, into the ledger and return it in percent.

    Parameters
    ----------
    ledger, plan : the ledger, appended to, and its plan
    departments : counts of 应报, 已报 and 过期, one per department
    period : the period they stand for, as ``2024-05``
    reported_on : date of the entry
    file : the register's check they come from, noted with its SHA-256

    Raises
    ------
    PlanError
        The plan has no measure that the register fills, or nothing is expected.
    """
    name, expected = plan.register_id, sum(item.expected for item in departments)
    if name is None or not expected:
        raise PlanError(errors.error("plan-register-expected", file.name, value=name or "–"))
    value = round(Decimal(100 * sum(item.registered for item in departments)) / expected, 2)
    known = [row for row in ledger.entries(topic=Topic.OBSERVATION, subject=name) if row.basis == Basis.COMPUTED]
    before = [row for row in known if row.period == period]
    content = {item.unit: [item.expected, item.registered, item.stale] for item in departments}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if before and before[-1].details.get("departments") == content:
        return value
    ledger.append([
        Draft(
            subject=name, period=period, reported_on=reported_on, value=value, unit=plan.measures[name].unit, basis=Basis.COMPUTED,
            status=Status.CORRECTED if before else Status.COMPUTED, plan=plan.plan.id, evidence=file.name, evidence_sha256=digest,
            reason=file.name if before else "", detail={"formula": FORMULA, "departments": content},
        )
    ])  # fmt: skip
    return value


def departments(figures: Sequence[Figure]) -> tuple[Department, ...]:
    """Return the departments behind the latest figure that came from the register; none where there is none."""
    for figure in reversed(figures):
        content: Any = figure.entry.details.get("departments")
        if isinstance(content, Mapping):
            return tuple(Department(str(unit), *map(int, counts)) for unit, counts in content.items())
    return ()
