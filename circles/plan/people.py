"""The table ``[[roles]]`` of a plan's file, changed by program: all else in the file stays as it stands, comments too."""

from __future__ import annotations

from pathlib import Path

import tomlkit
from tomlkit.items import AoT

from circles.foundation import atomic, errors, toml
from circles.foundation.errors import PlanError
from circles.plan.indicators import Plan, Role
from circles.plan.reading import load_plan, shipped_plan

PLAN_FILE = "plan.toml"


def with_role(text: str, role: Role) -> str:
    """Return a plan's text in which a person holds a role; the same text where they hold it already."""
    document = tomlkit.parse(text)
    roles = document.get("roles")
    if not isinstance(roles, AoT):
        roles = tomlkit.aot()
    if any(_is(row, role) for row in roles):
        return text
    row = tomlkit.table()
    row.update(role.model_dump())
    roles.append(row)
    document["roles"] = roles
    return tomlkit.dumps(document)


def without_role(text: str, role: Role) -> str:
    """Return a plan's text in which a person does not hold a role; the same text where they do not."""
    document = tomlkit.parse(text)
    roles = document.get("roles")
    if not isinstance(roles, AoT):
        return text
    held = [number for number, row in enumerate(roles) if _is(row, role)]
    for number in reversed(held):
        del roles[number]
    if not roles:
        del document["roles"]
    return tomlkit.dumps(document).rstrip("\n") + "\n" if held else text  # the blank line before it goes too


def change(file: Path, role: Role, *, is_leaving: bool = False) -> Plan:
    """Write who holds a role into a plan's file, and return the plan as it is then.

    A file that is not there is made, as a copy of the shipped plan. The file is replaced in one piece, and only by what
    can be read as a plan.

    Parameters
    ----------
    file : the plan's file
    role : person, unit and role
    is_leaving : take the role away instead

    Raises
    ------
    PlanError
        The file is not a plan, or would not be one: the unit is none of its units.
    """
    source = file if file.exists() else shipped_plan()
    plan = load_plan(source)
    units = [unit.name for unit in plan.units]
    if role.unit not in units:
        raise PlanError(
            errors.error("plan-unknown-unit", file.name, id=role.person, value=role.unit[:80], valid=tuple(units))
        )
    text = toml.read(source).decode("utf-8-sig")
    changed = (without_role if is_leaving else with_role)(text, role)
    if changed != text or source != file:
        atomic.write_file(file, changed.encode("utf-8"))
    return load_plan(file)


def _is(row: object, role: Role) -> bool:
    return isinstance(row, dict) and all(row.get(key) == value for key, value in role.model_dump().items())
