"""What a mistyped command line is answered with: the mistake, what was probably meant, and how the command is written."""

from __future__ import annotations

import re
import sys
from typing import Any

import typer

from circles.cli.console import EXIT_INPUT, say
from circles.foundation import words
from circles.foundation.nearest_word import near
from circles.foundation.words import Lang

UsageError: Any = typer.BadParameter.__mro__[1]
"""Typer names no other way to it: older versions take it from click, newer ones from a copy of their own."""


_QUOTED = re.compile("'([^']*)'")


def answered(error: Any, lang: Lang) -> int:
    """Say what is wrong with a command line, and return the exit code."""
    kind, ctx = type(error).__name__, error.ctx
    if kind == "NoArgsIsHelpError":  # a command alone shows its help
        error.show()
        return EXIT_INPUT
    say(words.text("cli.usage_wrong", lang, problem=_problem(error, kind, lang)))
    if ctx is not None:
        usage = " ".join(ctx.get_usage().split()).partition(": ")[2].translate({ord("{"): None, ord("}"): None})
        if lang == "zh":
            for plain, spoken in (("[OPTIONS]", "[选项]"), ("COMMAND [ARGS]...", "命令 [参数]...")):
                usage = usage.replace(plain, spoken)
        say(words.text("cli.usage_how", lang, usage=usage, help=f"{ctx.command_path} -h"))
    return EXIT_INPUT


def no_command(name: str, valid: list[str], lang: Lang) -> str:
    """Return what to say of a command that is none."""
    like = near(name, valid)
    return words.text("cli.usage_command", lang, value=name[:80], valid=_listed(valid, lang)) + _meant(like, lang)


def _problem(error: Any, kind: str, lang: Lang) -> str:
    text = words.text
    if kind == "NoSuchOption":
        options = [name for param in error.ctx.command.params for name in param.opts if name.startswith("--")]
        like = near(error.option_name, options)
        return text("cli.usage_option", lang, value=error.option_name[:80]) + _meant(like, lang)
    if kind == "MissingParameter":
        return text("cli.usage_missing", lang, name=_named(error))
    if kind == "BadOptionUsage":
        key = "cli.usage_no_value" if "does not take" in error.message else "cli.usage_needs_value"
        return text(key, lang, name=error.option_name)
    if kind == "BadParameter":
        return _bad_value(error, lang)
    if "unexpected extra argument" in error.message:
        return text("cli.usage_extra", lang, value=error.message.rpartition("(")[2].rstrip(")")[:200])
    return str(error.message)


def _bad_value(error: Any, lang: Lang) -> str:
    name, message = _named(error), str(error.message)
    if "not one of" in message:
        return words.text(
            "cli.usage_choice",
            lang,
            name=name,
            valid=_listed(_QUOTED.findall(message.partition("not one of")[2]), lang),
            about=getattr(error.param, "help", None) or name,
        )
    for sign, key in (
        ("valid integer", "whole"),
        ("valid int", "whole"),
        ("valid number", "number"),
        ("valid float", "number"),
    ):
        if sign in message:
            return words.text(f"cli.usage_{key}", lang, name=name)
    low, high = (getattr(error.param, bound, None) for bound in ("min", "max"))
    if low is not None or high is not None:
        shown = {"low": "…" if low is None else low, "high": "…" if high is None else high}
        return words.text("cli.usage_range", lang, name=name, **shown)
    return words.text("cli.usage_value", lang, name=name, detail=message)


def _named(error: Any) -> str:
    param = error.param
    if param is None:
        return str(error.param_hint or "")
    return str(param.opts[0] if param.param_type_name == "option" else (param.metavar or param.name.upper()))


def _listed(valid: list[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(valid)


def _meant(like: str, lang: Lang) -> str:
    return "" if like == words.NONE else words.text("cli.usage_meant", lang, near=like)


def run(main: Any, lang: Lang) -> None:
    """Run a group's ``main`` and end the process with its exit code; a mistyped line is answered in ``lang``."""
    try:
        code = main()
    except UsageError as error:
        sys.exit(answered(error, lang))
    except typer.Abort:
        say(words.text("cli.interrupted", lang))
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
