"""The commands of ``circles`` by name, each imported when it is asked for: a list of them needs neither code nor options."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import typer

from circles.cli.spoken import SpokenGroup, first_sentence, is_english, spoken_in
from circles.foundation import words

_COMMANDS = {
    "batch": "batch.batch",
    "caches": "caches.caches",
    "compare": "compare.compare",
    "closures": "closures.closures",
    "desk": "desk.desk",
    "doctor": "doctor.doctor",
    "site": "site.site",
    "publish": "publish.publish",
    "run": "run.run",
    "check": "run.check",
    "network": "run.network",
    "area": "area.group",
    "months": "months.app",
    "plan": "plan.plan_app",
    "register": "register.register_app",
    "survey": "survey.app",
}
"""Module and name of each command, in the order of the help; its help is the catalogue's ``cli.command_<name>``."""


class LaterGroup(SpokenGroup):
    """The group of all commands."""

    @property
    def commands(self) -> Any:
        """Every command by name, all imported: for who walks through them."""
        return {name: _command(name) for name in _COMMANDS}

    @commands.setter
    def commands(self, _none: object) -> None:
        """Keep none of its own."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of the commands, None if there is none of that name."""
        return spoken_in(_command(cmd_name), is_english=is_english(ctx)) if cmd_name in _COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one line for every command."""
        lang: words.Lang = "en" if is_english(ctx) else "zh"
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(_help(name, lang)) or "") for name in _COMMANDS])


def _help(name: str, lang: words.Lang) -> str:
    return words.text(f"cli.command_{name}", lang)


@cache
def _command(name: str) -> Any:
    """Import a command, and make it what the library runs."""
    module, _, attribute = _COMMANDS[name].partition(".")
    what = getattr(import_module(f"circles.cli.{module}"), attribute)
    one = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    if isinstance(what, typer.Typer):
        one.add_typer(what, name=name, help=_help(name, "zh"))
        return typer.main.get_group(one).commands[name]
    one.command(name, help=_help(name, "zh"))(what)
    return typer.main.get_command(one)
