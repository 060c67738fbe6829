"""Help in the language that the command line asks for: the catalogue's other text where ``--lang en`` stands."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

from typer.core import TyperGroup

from circles.cli import usage
from circles.foundation import words
from circles.foundation.words import LANGS, Lang

_CATALOGUES = (
    "cli",
    "batch",
    "closures",
    "compare",
    "desk",
    "doctor",
    "months",
    "placement",
    "plan",
    "register",
    "scenario",
    "survey",
)
_KEY = "circles.lang"


class SpokenGroup(TyperGroup):
    """A group of commands whose help is English where the arguments hold ``--lang en``."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]  # whatever else typer takes
        """Run the command line; a mistyped one is answered in the language that it asks for."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, prog_name, standalone_mode=False, **extra)
        asked = _asked(list(sys.argv[1:] if args is None else args))
        lang: Lang = asked if asked in LANGS else "zh"
        call = super().main
        return usage.run(lambda: call(args, prog_name, standalone_mode=False, **extra), lang)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name; one that is none is answered with those there are."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            valid = [own for own in self.list_commands(ctx) if not self.get_command(ctx, own).hidden]
            raise usage.UsageError(usage.no_command(name, valid, "en" if is_english(ctx) else "zh"), ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language before anything prints help."""
        ctx.meta.setdefault(_KEY, _asked(args))
        return list(super().parse_args(ctx, args))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of the commands, with its help in the language asked for."""
        command = super().get_command(ctx, cmd_name)
        return in_english(command) if command is not None and is_english(ctx) else command


def is_english(ctx: Any) -> bool:
    """Return whether the arguments ask for English."""
    return bool(ctx.meta.get(_KEY) == "en")


def _asked(args: list[str]) -> str:
    """Return the language that arguments ask for, before they are parsed; Chinese where they ask for none."""
    last = "zh"
    for at, arg in enumerate(args):
        if arg.startswith("--lang="):
            last = arg.removeprefix("--lang=")
        elif arg == "--lang" and at + 1 < len(args):
            last = args[at + 1]
    return last


def in_english(command: Any) -> Any:
    """Return a copy of a command whose help, and its parameters', is English; the command itself stays as it is."""
    spoken = copy.copy(command)
    spoken.help, spoken.short_help = _english(command.help), _english(command.short_help)
    spoken.params = []
    for param in command.params:
        own = copy.copy(param)
        if getattr(own, "help", None):
            own.help = _english(own.help)
        spoken.params.append(own)
    return spoken


def _english(text: str | None) -> str | None:
    return text if text is None else _by_chinese().get(inspect.cleandoc(text), text)


@cache
def _by_chinese() -> dict[str, str]:
    """Return the English text of every Chinese one that help may hold."""
    return {
        inspect.cleandoc(entry["zh"]): inspect.cleandoc(entry["en"])
        for name in _CATALOGUES
        for entry in words.catalogue(name).values()
    }
