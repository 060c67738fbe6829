"""``circles plan person``: who answers for which unit, without an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import LangOption
from circles.cli.plan_shared import errors_shown, say
from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.plan import people
from circles.plan.indicators import Role, RoleName

people_app = typer.Typer()
_MOST_SIGNS = 60


@people_app.command("person", help=words.text("plan.cli_help_person", "zh"))
def person(
    *,
    name: Annotated[str, typer.Argument(metavar="PERSON", help=words.text("plan.arg_person", "zh"))],
    unit: Annotated[str, typer.Option("--unit", help=words.text("plan.opt_unit", "zh"))],
    role: Annotated[RoleName, typer.Option("--role", help=words.text("plan.opt_role", "zh"))],
    leave: Annotated[bool, typer.Option("--leave", help=words.text("plan.opt_leave", "zh"))] = False,
    plan: Annotated[Path, typer.Option("--plan", metavar="FILE", help=words.text("plan.opt_person_plan", "zh"))] = Path(
        people.PLAN_FILE
    ),
    lang: LangOption = "zh",
) -> None:
    """Write into the plan's file that a person holds a role, or does not any more."""
    with errors_shown(lang) as language:
        own = name.strip()
        if not own or len(own) > _MOST_SIGNS or not own.isprintable():
            raise CallError(errors.error("role-nobody", id="PERSON"))
        people.change(plan, Role(person=own, unit=unit, role=role), is_leaving=leave)
        say(
            "cli_person_left" if leave else "cli_person",
            language,
            person=own,
            unit=unit,
            role=words.text(f"desk.role_{role}", language),
        )
