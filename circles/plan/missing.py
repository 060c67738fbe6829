"""缺项: what a run finds below its value, gathered per township and category, followed until a person confirms 销号.

待交办 → 整改中 → 待核销 → 已销号; also 不予整改, and 反弹 under the same number. A run only ever says that an item is met
(待核销) and why: a facility was added, or merely a position, a population, a rule, a parameter or the streets changed
(口径变化). Closing it needs the lead unit's application with evidence and, by another person, the office's confirmation.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import roles
from circles.plan.chain import Draft, Entry, Status, Topic

if TYPE_CHECKING:
    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger

State = Literal["open", "assigned", "to_confirm", "closed", "excused"]
COLUMNS = (
    "item_id", "township_code", "township", "category", "rule_id", "group", "value", "threshold", "people_short",
    "people_uncovered", "villages", "cause", "remedy", "alternative", "lead", "support", "due",
)  # fmt: skip
"""The columns of ``missing.csv`` (contract, section 7)."""
STATES: tuple[State, ...] = ("open", "assigned", "to_confirm", "closed", "excused")


@dataclass(frozen=True)
class Found:
    """One item as a run finds it: a township × category with all its rules not met, villages as lines under it."""

    id: str
    township: str
    category: str
    rules: tuple[str, ...]
    people_short: float
    people_uncovered: float
    villages: tuple[str, ...]
    cause: str
    remedy: str
    lead: str
    support: str
    due: str


@dataclass(frozen=True)
class Run:
    """What an import needs of a finished run: its items, and digests by which two runs are compared."""

    id: str
    is_demonstration: bool
    items: Mapping[str, Found]
    bases: Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """An item as the ledger knows it."""

    id: str
    state: State
    detail: Mapping[str, Any]
    seq: int
    since: dt.date

    def is_overdue(self, day: dt.date) -> bool:
        """Return whether its deadline is past: a deadline binds only after 交办."""
        due = str(self.detail.get("due_bound", ""))
        return self.state == "assigned" and bool(due) and day.isoformat() > due


def read_run(folder: Path) -> Run:
    """Read ``missing.csv`` and the digests of a finished run.

    Raises
    ------
    PlanError
        A file is missing, has other columns than the contract's, or is not that of ``run.json``.
    """
    about = _json(folder / "run.json")
    rows = _rows(folder / "missing.csv", about)
    gathered: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        gathered.setdefault(f"{row['township_code']}.{row['category']}", []).append(row)
    items = {name: _gather(name, mine) for name, mine in gathered.items()}
    bases = _bases(about, _facilities(folder / "circles.gpkg"))
    return Run(str(about.get("run_id", folder.name)), about.get("demonstration") is not False, items, bases)


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise PlanError(errors.error("plan-run-missing", file.parent.name, value=file.name)) from e
    if not isinstance(found, dict):
        raise PlanError(errors.error("plan-run-missing", file.parent.name, value=file.name))
    return found


def _rows(file: Path, about: Mapping[str, Any]) -> list[dict[str, str]]:
    try:
        raw = file.read_bytes()
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (OSError, ValueError, csv.Error) as e:
        raise PlanError(errors.error("plan-run-missing", file.parent.name, value=file.name)) from e
    noted = (about.get("outputs") or {}).get(file.name)
    if isinstance(noted, str) and noted != hashlib.sha256(raw).hexdigest():
        raise PlanError(errors.error("plan-run-changed", file.parent.name, value=file.name))
    bad = [
        errors.error("missing-row", file.name, row=number, id=str(row.get("item_id"))[:80])
        for number, row in enumerate(rows, start=2)
        if not set(COLUMNS) <= set(row) or None in row.values() or not (row["township_code"] and row["category"])
    ]
    if bad:
        raise PlanError(bad)
    return rows


def _gather(name: str, rows: Sequence[Mapping[str, str]]) -> Found:
    first = rows[0]
    villages = dict.fromkeys(village for row in rows for village in row["villages"].split("、") if village)
    dues = sorted(row["due"] for row in rows if row["due"])
    return Found(
        name, first["township"], first["category"], tuple(sorted(row["rule_id"] for row in rows)),
        max(_float(row["people_short"]) for row in rows), max(_float(row["people_uncovered"]) for row in rows),
        tuple(villages), first["cause"], first["remedy"], first["lead"], first["support"], dues[0] if dues else "",
    )  # fmt: skip


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16]


def _facilities(file: Path) -> dict[str, dict[str, str]]:
    """Return, by category, the counted facilities and a short digest of each one's position."""
    if not file.is_file():
        return {}
    found: dict[str, dict[str, str]] = {}
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            columns = {row[1] for row in connection.execute("PRAGMA table_info(facilities)")}
            counted = "is_counted" if "is_counted" in columns else "status IN ('existing', 'example')"
            query = f"SELECT id, category, geom FROM facilities WHERE {counted}"  # noqa: S608 - one of two texts of ours
            for name, category, geometry in connection.execute(query):
                found.setdefault(str(category), {})[str(name)] = hashlib.sha256(bytes(geometry or b"")).hexdigest()[:8]
    except sqlite3.Error as e:
        raise PlanError(errors.error("plan-run-missing", file.parent.name, value=file.name)) from e
    return found


_NO_PARAMETER = {"as_of", "lang", "map"}
"""What a run says of its data's date, its words and its drawing: a later run of the same county differs in them by nature."""


def _bases(about: Mapping[str, Any], facilities: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return digests by which two runs are compared: facilities by category, people, rules, other parameters, streets."""
    parameters = {key: value for key, value in (about.get("parameters") or {}).items() if key not in _NO_PARAMETER}
    rules = parameters.pop("rules", [])
    residents = (about.get("outputs") or {}).get("residents.parquet", "")
    return {
        "facilities": {category: dict(sorted(mine.items())) for category, mine in sorted(facilities.items())},
        "residents": str(residents)[:16], "rules": _digest(rules), "parameters": _digest(parameters),
        "streets": str(about.get("network_sha256", ""))[:16],
    }  # fmt: skip


def causes(before: Mapping[str, Any], after: Mapping[str, Any], category: str) -> tuple[str, ...]:
    """Return what differs between two runs for one category: facility, position, residents, rules, parameters, streets.

    ``before`` and ``after`` are ``Run.bases``, ``before`` as the ledger kept it for the category.
    """
    old, new = (dict((base.get("facilities") or {}).get(category, {})) for base in (before, after))
    found = ["facility"] if old.keys() != new.keys() else []
    found += ["position"] if any(old[name] != new[name] for name in old.keys() & new.keys()) else []
    found += [key for key in ("residents", "rules", "parameters", "streets") if before.get(key) != after.get(key)]
    return tuple(found)


def items(rows: Sequence[Entry], *, day: dt.date | None = None) -> dict[str, Item]:
    """Return the items known on a day, by id, from the ledger's rows of the topic ``missing``."""
    found: dict[str, Item] = {}
    for row in rows:
        if row.topic == Topic.MISSING and (day is None or row.reported_on <= day.isoformat()):
            detail, before = row.details, found.get(row.subject)
            state, since = detail["state"], dt.date.fromisoformat(row.reported_on)
            if before is not None and before.state == state:
                since = before.since
            found[row.subject] = Item(row.subject, state, detail, row.seq, since)
    return dict(sorted(found.items()))


def import_run(ledger: Ledger, plan: Plan, run: Run, *, reported_on: dt.date, reporter: str = "") -> list[Entry]:
    """Put a run's items into the ledger: new ones open, met ones 待核销 with the cause, returning ones reopened.

    Parameters
    ----------
    ledger : appended to
    plan : the plan, which knows the units
    run : the run's items
    reported_on : date of the entries
    reporter : who enters them

    Raises
    ------
    PlanError
        Lead units that the plan does not know, or a demonstration in a ledger of real items and the other way round.
    """
    rows = ledger.entries(topic=Topic.MISSING)
    known = items(rows)
    problems = [*_unknown_units(plan, run), *_other_kind(ledger, run, known)]
    if problems:
        raise PlanError(problems)
    drafts = []
    for name in sorted(run.items.keys() | known.keys()):
        found, item = run.items.get(name), known.get(name)
        detail = _met(item, run) if found is None and item is not None else _unmet(found, item, run)
        if detail is not None:
            drafts.append(
                _draft(plan, name, item, detail, reported_on=reported_on, reporter=reporter, reason=f"run {run.id}")
            )
    return ledger.append(drafts)


def _unknown_units(plan: Plan, run: Run) -> list[Finding]:
    units = {unit.name for unit in plan.units}
    return [
        errors.error("missing-unit", "missing.csv", id=found.id, value=found.lead, valid=tuple(sorted(units)))
        for found in run.items.values()
        if found.lead not in units
    ]


def _other_kind(ledger: Ledger, run: Run, known: Mapping[str, Item]) -> list[Finding]:
    kinds = {bool(item.detail.get("demonstration")) for item in known.values()}
    mixed = (not run.is_demonstration) in kinds
    if mixed or (run.is_demonstration and not known and ledger.head().seq):
        return [errors.error("missing-demonstration", ledger.name, value=run.id)]
    return []


def _basis(run: Run, category: str) -> dict[str, Any]:
    mine = (run.bases.get("facilities") or {}).get(category, {})
    return {**run.bases, "facilities": {category: mine}}


def _unmet(found: Found | None, item: Item | None, run: Run) -> dict[str, Any] | None:
    """Return the detail of an item that a run finds not met; None if the ledger says so already."""
    if found is None:
        return None
    detail: dict[str, Any] = {
        "township": found.township, "category": found.category, "rules": list(found.rules), "villages": list(found.villages),
        "people_short": found.people_short, "people_uncovered": found.people_uncovered, "cause": found.cause,
        "remedy": found.remedy, "lead": found.lead, "support": found.support, "due": found.due, "run": run.id,
        "demonstration": run.is_demonstration, "basis": _basis(run, found.category), "met_by": [],
    }  # fmt: skip
    if item is None:
        return {**detail, "state": "open", "rebounds": 0}
    kept = {key: item.detail[key] for key in ("due_bound", "rebounds", "assigned") if key in item.detail}
    if item.state == "closed":
        return {**detail, "rebounds": int(kept.get("rebounds", 0)) + 1, "state": "open"}
    back = "assigned" if kept.get("assigned") else "open"
    state = back if item.state == "to_confirm" else item.state
    fresh = {**detail, **kept, "state": state}
    same = all(item.detail.get(key) == fresh[key] for key in fresh if key not in {"run", "basis"})
    return None if same else fresh


def _met(item: Item, run: Run) -> dict[str, Any] | None:
    """Return the detail of an item that a run no longer finds: 待核销, with what differs from the run that found it."""
    if item.state not in {"open", "assigned", "excused"}:
        return None
    why = causes(item.detail.get("basis") or {}, run.bases, str(item.detail["category"]))
    effect = why == ("facility",)
    return {**item.detail, "state": "to_confirm", "run": run.id, "met_by": list(why), "is_effect": effect}


def _draft(
    plan: Plan, name: str, item: Item | None, detail: Mapping[str, Any], *, reported_on: dt.date, reporter: str, reason: str,
    organisation: str = "", evidence: str = "", evidence_sha256: str = "",
) -> Draft:  # fmt: skip
    return Draft(
        subject=name, period=str(plan.plan.year), reported_on=reported_on, topic=Topic.MISSING, plan=plan.plan.id,
        status=Status.REPORTED if item is None else Status.CORRECTED, reporter=reporter, organisation=organisation,
        reason="" if item is None else reason, detail=dict(detail), expects=None if item is None else item.seq,
        evidence=evidence, evidence_sha256=evidence_sha256,
    )  # fmt: skip


def step(
    ledger: Ledger, plan: Plan, name: str, action: Literal["assign", "extend", "apply", "close", "excuse"], *,
    reported_on: dt.date, reporter: str, reason: str = "", due: dt.date | None = None, evidence: str = "",
    evidence_sha256: str = "",
) -> Item:  # fmt: skip
    """Take one step with an item and return it.

    Parameters
    ----------
    ledger, plan : the ledger, appended to, and its plan
    name : id of the item
    action
        ``assign`` 交办 (the office, with a deadline that binds from now on); ``extend`` 延期 (before the deadline);
        ``apply`` 申请销号 (the lead unit, with evidence); ``close`` 核销 (the office, another person than applied);
        ``excuse`` 不予整改 (the office, with its reason).
    reporter
        Who acts: a person of the plan's ``[[roles]]``.
    reason, due, evidence
        What the step asks for.
    reported_on : date of the entry
    evidence_sha256 : digest of the evidence's file in hex, where it is a file

    Raises
    ------
    PlanError
        No such item, a step that its state does not allow, a person who may not take it, nothing said where a reason,
        a deadline or evidence is asked for.
    """
    known = items(ledger.entries(topic=Topic.MISSING))
    item = known.get(name)
    if item is None:
        raise PlanError(errors.error("missing-item", id=name, value=name, valid=tuple([*known][:5]) or "–"))
    problems = _step_problems(plan, item, action, reporter, reported_on, reason=reason, due=due, evidence=evidence)
    if problems:
        raise PlanError(problems)
    detail = {**item.detail, **_changes(action, reporter, due)}
    unit = str(item.detail["lead"]) if action == "apply" else plan.plan.office
    draft = _draft(
        plan, name, item, detail, reported_on=reported_on, reporter=reporter, reason=reason or action, organisation=unit, evidence=evidence,
        evidence_sha256=evidence_sha256,
    )  # fmt: skip
    ledger.append([draft])
    return items(ledger.entries(topic=Topic.MISSING))[name]


def _changes(action: str, reporter: str, due: dt.date | None) -> dict[str, Any]:
    bound = {} if due is None else {"due_bound": due.isoformat()}
    found: dict[str, dict[str, Any]] = {
        "assign": {"state": "assigned", "assigned": True, **bound}, "extend": bound, "apply": {"applied_by": reporter},
        "close": {"state": "closed", "closed_by": reporter}, "excuse": {"state": "excused"},
    }  # fmt: skip
    return found[action]


_FROM = {
    "assign": {"open"}, "extend": {"assigned"}, "apply": {"to_confirm"}, "close": {"to_confirm"}, "excuse": {"open", "assigned"},
}  # fmt: skip


def _step_problems(
    plan: Plan, item: Item, action: str, reporter: str, day: dt.date, *, reason: str, due: dt.date | None, evidence: str,
) -> list[Finding]:  # fmt: skip
    found: list[Finding] = []
    if item.state not in _FROM[action]:
        found.append(errors.error("missing-state", id=item.id, value=item.state, action=action))
    unit = str(item.detail["lead"]) if action == "apply" else ""
    found += roles.problems(
        plan, reporter, unit=unit, is_office=action in {"assign", "close", "excuse"}, subject=item.id
    )
    asked = {
        "assign": due,
        "extend": due and reason.strip(),
        "apply": evidence.strip(),
        "excuse": reason.strip(),
        "close": True,
    }
    if not asked[action]:
        found.append(errors.error("missing-asks", id=item.id, action=action))
    if action == "extend" and item.is_overdue(day):
        found.append(errors.error("missing-too-late", id=item.id, value=str(item.detail.get("due_bound"))))
    if action == "close" and not item.detail.get("applied_by"):
        found.append(errors.error("missing-not-applied", id=item.id))
    if action == "close" and item.detail.get("applied_by") == reporter:
        found.append(errors.error("role-same-person", id=item.id, value=reporter))
    return found
