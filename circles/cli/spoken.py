"""Help in the language that the command line asks for: the catalogue's other text where ``--lang en`` stands."""

from __future__ import annotations

import copy
import inspect
import re
import sys
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from typer.core import TyperGroup

from circles.cli import usage
from circles.cli.console import width
from circles.foundation import words
from circles.foundation.words import LANGS, Lang

_CATALOGUES = (
    "cli",
    "survey",
    "scenario",
    "register",
    "public",
    "plan",
    "placement",
    "months",
    "doctor",
    "desk",
    "compare",
    "closures",
    "batch",
)
_KEY = "circles.lang"
_HELP_MAX = 3
_FRAME = {
    r"^Usage: ": "用法：",
    r"^Options:": "选项：",
    r"^Arguments:": "参数：",
    r"^Commands:": "命令：",
    r"\[OPTIONS\]": "[选项]",
    r"COMMAND \[ARGS\]\.\.\.": "命令 [参数]...",
    r"Show this message and exit\.": "显示本说明",
    r"\[env\s+var:[ ]?": "[环境变量：",
    r"\[default:[ ]?": "[默认：",
    r";[ ]?(\s*)default:[ ]?": r"；\1默认：",
    r"\[required\]": "[必填]",
    r";[ ]?(\s*)required\]": r"；\1必填]",
    r"\{(\S+?)\}": r"\1",
}
_VALUES = {
    r"<list\[(.*?)\]>": r"\1",
    r"<(?:int range|int)>": "整数",
    r"<(?:float range|float)>": "数",
    r"<(?:path|str|text)>": "",
    r" Path(?= {2})": "",
}


class SpokenGroup(TyperGroup):
    """A group of commands whose help is English where the arguments hold ``--lang en``."""

    def __init__(self, *args: Any, **extra: Any) -> None:
        """Take what a group takes; help is plain text, the same for every command, whether or not rich is installed."""
        super().__init__(*args, **{**extra, "rich_markup_mode": None})

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]  # whatever else typer takes
        """Run the command line; a mistyped one is answered in the language that it asks for."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, prog_name, standalone_mode=False, **extra)
        asked = _asked(list(sys.argv[1:] if args is None else args))
        lang: Lang = asked if asked in LANGS else "zh"
        call = super().main
        return usage.run(lambda: call(args, prog_name, standalone_mode=False, **extra), lang)

    def get_help(self, ctx: Any) -> str:
        """Return the help with its frame in the language asked for."""
        command = in_english(self) if is_english(ctx) else self
        text = str(TyperGroup.get_help(command, ctx))
        return text if is_english(ctx) else _framed(text)

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
        if {"-h", "--help"} & set(args[:_HELP_MAX]):  # a group has no --lang of its own, its help has a language
            args = [arg for at, arg in enumerate(args) if not _is_lang(args, at)]
        return list(super().parse_args(ctx, args))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of the commands, with its help in the language asked for."""
        command = super().get_command(ctx, cmd_name)
        return spoken_in(command, is_english=is_english(ctx))


def is_english(ctx: Any) -> bool:
    """Return whether the arguments ask for English."""
    return bool(ctx.meta.get(_KEY) == "en")


def _is_lang(args: list[str], at: int) -> bool:
    """Return whether an argument is ``--lang`` or its value, and stands before every command."""
    if any(not arg.startswith("-") and args[max(i - 1, 0)] != "--lang" for i, arg in enumerate(args[:at])):
        return False
    return args[at] == "--lang" or args[at].startswith("--lang=") or (at > 0 and args[at - 1] == "--lang")


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
    spoken.rich_markup_mode = None
    spoken.help = _english(command.help)
    spoken.short_help = first_sentence(spoken.help)
    spoken.params = []
    for param in command.params:
        own = copy.copy(param)
        if getattr(own, "help", None):
            own.help = _english(own.help)
        spoken.params.append(own)
    return spoken


def spoken_in(command: Any, *, is_english: bool) -> Any:
    """Return a command with its help in English, or in Chinese with a Chinese frame; None stays None."""
    if command is None:
        return None
    return in_english(command) if is_english else _in_chinese(command)


def _in_chinese(command: Any) -> Any:
    """Return a copy of a command whose help stands in a Chinese frame; a group frames its own."""
    spoken = copy.copy(command)
    spoken.rich_markup_mode = None
    spoken.short_help = first_sentence(command.help)
    if isinstance(command, SpokenGroup):
        return spoken
    spoken.get_help = lambda ctx: _framed(str(type(command).get_help(spoken, ctx)))
    return spoken


def first_sentence(text: str | None) -> str | None:
    """Return what a list of commands says of one: a whole sentence, where the library would cut after some words."""
    return text and re.split(r"。|\. |\n\n", text, maxsplit=1)[0].rstrip(".")


def _framed(text: str) -> str:
    """Return help with the frame that the library writes, 「Usage:」, 「Options:」, 「[default: …]」, in Chinese."""
    for english, chinese in _FRAME.items():
        text = re.sub(english, chinese, text, flags=re.MULTILINE)
    for english, chinese in _VALUES.items():
        text = re.sub(english + "( *)", partial(_as_wide, chinese), text)
    return text


def _as_wide(chinese: str, found: re.Match[str]) -> str:
    """Return what stands for a match, followed by spaces up to the match's own width, so that columns stay."""
    new = found.expand(chinese)
    return new + " " * (
        width(found[0]) - width(new) if found[0].endswith("  ") else bool(new and found[0].endswith(" "))
    )


def _english(text: str | None) -> str | None:
    """Return what a text of help says in English; catalogues are read until one has it, the command line's own first."""
    if text is None:
        return None
    said = inspect.cleandoc(text)
    return next((english for name in _CATALOGUES if (english := _by_chinese(name).get(said))), text)


@cache
def _by_chinese(name: str) -> dict[str, str]:
    """Return the English text of every Chinese one of a catalogue."""
    return {inspect.cleandoc(entry["zh"]): inspect.cleandoc(entry["en"]) for entry in words.catalogue(name).values()}
