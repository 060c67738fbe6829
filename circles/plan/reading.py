"""Read a plan file, find everything that is wrong in it at once, and emit the schema that editors use."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from circles.foundation import errors, toml
from circles.foundation.budgets import maximum
from circles.foundation.errors import Finding, PlanError
from circles.plan.indicators import Measure, Plan
from circles.plan.projects import Project


def shipped_plan() -> Path:
    """Return the plan file that comes with the package: 嵊泗县 2024."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "data" / "plan" / "shengsi-2024.toml"
    return inside if inside.is_file() else package.parent / "data" / "plan" / "shengsi-2024.toml"


def load_plan(path: Path | str | None = None) -> Plan:
    """Read and check a plan file; without ``path``, the shipped one.

    Raises
    ------
    PlanError
        With every problem found: keys, values, units and fields that are not declared, ids used twice, references to
        nothing, sub-projects that do not add up.
    """
    file = Path(path) if path is not None else shipped_plan()
    data = _parsed(file)
    try:
        plan = Plan.model_validate(data)
    except ValidationError as e:
        raise PlanError(
            [
                errors.error(
                    "plan-file-value",
                    file.name,
                    id=_named(data, item["loc"]),
                    key=_brief(".".join(str(part) for part in item["loc"]), 120),
                    value=_brief(item["input"]),
                    detail=_brief(item["msg"], 200),
                )
                for item in e.errors()
            ]
        ) from e
    problems = [item for item in check_plan(plan, file.name) if item.severity == "error"]
    if problems:
        raise PlanError(problems)
    return plan


def _parsed(file: Path) -> dict[str, Any]:
    """Return a plan file's tables; whatever keeps the parser from them is one finding."""
    try:
        return toml.loads(toml.read(file), parse_float=Decimal)
    except OSError as e:
        detail = (e.strerror or str(e))[:200]
        raise PlanError(errors.error("plan-file-unreadable", _brief(file.name, 80), detail=detail)) from e
    except toml.BrokenTomlError as e:
        if e.is_large:
            limit = f"{maximum('CIRCLES_MAX_TOML_MB'):g} MB"
            raise PlanError(errors.error("form-too-large", file.name, limit=limit)) from e
        raise PlanError(errors.error("plan-file-syntax", file.name, row=e.line, detail=_brief(str(e), 200))) from e


def _brief(value: object, length: int = 60) -> str:
    """Return a value of the file as a message can print it, however deep, long or strange it is."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except (RecursionError, ValueError):
        return type(value).__name__
    return (text if text.isprintable() else ascii(text)[1:-1])[:length]


def _named(data: dict[str, Any], place: tuple[int | str, ...]) -> str | None:
    """Return the id of the entry that an error lies in, if it has one."""
    if len(place) < 2 or not isinstance(place[1], int):
        return None
    entries = data.get(str(place[0]))
    entry = entries[place[1]] if isinstance(entries, list) and place[1] < len(entries) else None
    found = entry.get("id") if isinstance(entry, dict) else None
    return _brief(found) if isinstance(found, str) else None


def check_plan(plan: Plan, file: str = "plan.toml") -> list[Finding]:
    """Return what is wrong (errors) or doubtful (warnings) in a plan that has the right shape."""
    return [*_names(plan, file), *_references(plan, file), *_tasks(plan, file), *_sums(plan, file)]


def _names(plan: Plan, file: str) -> list[Finding]:
    found = []
    ids = (
        [item.id for item in plan.indicators]
        + [item.id for item in plan.livelihood]
        + [item.id for item in plan.projects]
        + [item.id for item in plan.commitments]
    )
    found += [errors.error("plan-duplicate-id", file, id=i, value=i) for i, n in sorted(Counter(ids).items()) if n > 1]
    rows = Counter((item.no, item.part) for item in plan.indicators)
    found += [
        errors.error("plan-duplicate-no", file, value=f"{no}{part}") for (no, part), n in sorted(rows.items()) if n > 1
    ]
    units = [unit.name for unit in plan.units]
    owed: list[Measure | Project] = [*plan.indicators, *plan.livelihood, *plan.projects, *plan.commitments]
    found += [
        errors.error("plan-unknown-unit", file, id=item.id, value=item.lead, valid=tuple(units))
        for item in owed
        if item.lead not in units
    ]
    found += [
        errors.error("plan-unknown-field", file, id=item.id, value=item.field, valid=tuple(plan.plan.fields))
        for item in owed
        if item.field not in plan.plan.fields
    ]
    return found


def _references(plan: Plan, file: str) -> list[Finding]:
    known = set(plan.measures)
    units = {unit.name for unit in plan.units}
    projects = {item.id for item in plan.projects}
    found: list[Finding] = []
    found += [
        errors.error("plan-dangling", file, id=measure.id, key="same_as", value=measure.same_as)
        for measure in plan.measures.values()
        if measure.same_as is not None and not _may_repeat(plan.measures.get(measure.same_as))
    ]
    found += [
        errors.error("plan-unknown-unit", file, id=role.person, value=role.unit, valid=tuple(sorted(units)))
        for role in plan.roles
        if role.unit not in units
    ]
    for project in plan.projects:
        if project.part_of is not None and (project.part_of not in projects or project.part_of == project.id):
            found.append(errors.error("plan-dangling", file, id=project.id, key="part_of", value=project.part_of))
        if project.investment_year != plan.plan.year:
            year = project.investment_year
            found.append(errors.error("plan-wrong-year", file, id=project.id, value=year, year=plan.plan.year))
    found += [
        errors.error("plan-dangling", file, id=note.id, key="about", value=name)
        for note in plan.notes
        for name in note.about
        if name not in known | projects
    ]
    return found


def _tasks(plan: Plan, file: str) -> list[Finding]:
    """Return the tasks that nothing is reported of, and the figures that name what there is not."""
    known = {item.section for item in plan.tasks}
    there = {item.section for item in plan.commitments}
    found = [errors.error("plan-task-empty", file, id=name, value=name) for name in sorted(known - there)]
    found += [
        errors.error("plan-dangling", file, id=item.id, key="section", value=item.section)
        for item in plan.commitments
        if known and item.section.startswith("二") and item.section not in known
    ]
    return found + [
        errors.error("plan-dangling", file, id=item.id, key="sample", value=item.sample)
        for item in plan.commitments
        if item.sample is not None and item.sample not in plan.measures
    ]


def _may_repeat(other: Measure | None) -> bool:
    return other is not None and other.same_as is None


def _sums(plan: Plan, file: str) -> list[Finding]:
    """Sub-projects add up to their project, projects to the plan's investment; a sum may still miss a strict target."""
    found = []
    for parent in plan.projects:
        parts = [item.investment for item in plan.projects if item.part_of == parent.id]
        if parts and sum(parts) != parent.investment:
            found.append(errors.error("plan-parts", file, id=parent.id, total=parent.investment, parts=sum(parts)))
    whole = [item for item in plan.projects if item.part_of is None]
    total = sum((item.investment for item in whole), Decimal(0))
    if plan.plan.investment is not None and whole and total != plan.plan.investment:
        found.append(errors.error("plan-parts", file, id="plan.investment", total=plan.plan.investment, parts=total))
    if plan.plan.projects_count is not None and whole and len(whole) != plan.plan.projects_count:
        found.append(errors.error("plan-count", file, value=plan.plan.projects_count, count=len(whole)))
    found += [
        errors.warning("plan-sum-misses", file, id=item.id, parts=total, target=f"{item.comparison}{item.target}")
        for item in plan.indicators
        if item.sum_of_projects and whole and not item.meets(total)
    ]
    return found


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of a plan file, for editors: ``data/plan/plan.schema.json``."""
    schema = Plan.model_json_schema(mode="validation")
    project = schema["$defs"]["Project"]
    year = project["properties"].pop("investment")
    project["properties"].pop("investment_year")
    project["required"] = [key for key in project["required"] if not key.startswith("investment")]
    project["patternProperties"] = {r"^investment_\d{4}$": year}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(plan_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
