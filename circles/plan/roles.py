"""Who may do what: the plan's table ``[[roles]]``, and whether a person may take a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circles.foundation import errors

if TYPE_CHECKING:
    from circles.foundation.errors import Finding
    from circles.plan.indicators import Plan


def holds(plan: Plan, person: str, role: str, unit: str = "") -> bool:
    """Return whether a person holds a role.

    Parameters
    ----------
    plan : the plan, with its table ``[[roles]]``
    person : name
    role : ``reporter``, ``head`` or ``office``
    unit : name of the unit; any where empty
    """
    return any(item.person == person and item.role == role and (not unit or item.unit == unit) for item in plan.roles)


def problems(plan: Plan, person: str, *, unit: str = "", is_office: bool = False, subject: str = "") -> list[Finding]:
    """Return why a person may not take a step: unknown, not of the unit, or not of the office.

    Parameters
    ----------
    plan : the plan, with its table ``[[roles]]``
    person : name
    unit : the unit they must belong to; any where empty
    is_office : whether they must be of the office
    subject : what the step is about, for the message
    """
    if not person.strip():
        return [errors.error("role-nobody", id=subject)]
    if not any(item.person == person for item in plan.roles):
        return [errors.error("role-unknown", id=subject, value=person)]
    if unit and not any(item.person == person and item.unit == unit for item in plan.roles):
        return [errors.error("role-other-unit", id=subject, value=person, unit=unit)]
    if is_office and not holds(plan, person, "office"):
        return [errors.error("role-not-office", id=subject, value=person)]
    return []
