"""``circles publish``: what of a run may leave the office."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import EXIT_INPUT, reporting, say
from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.foundation.words import LANGS


def publish(
    run: Annotated[Path, typer.Argument(metavar="RUN", help=words.text("public.help_run", "zh"))],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help=words.text("public.help_out", "zh"))],
    *,
    is_public: Annotated[bool, typer.Option("--public", help=words.text("public.help_public", "zh"))] = False,
    lang: Annotated[
        str, typer.Option("--lang", metavar="|".join(LANGS), help=words.text("cli.help_lang", "zh"))
    ] = "zh",
) -> None:
    """Write the public edition of a finished run."""
    if lang not in LANGS:
        say(words.text("cli.unknown_lang", "zh", value=lang))
        raise SystemExit(EXIT_INPUT)
    with reporting(lang):
        if not is_public:
            raise CallError(errors.error("publish-not-public", str(run)))
        from circles.outputs import public  # noqa: PLC0415 - help and mistyped options answer at once

        has_map = public.publish(run, folder)
        if not has_map:
            say(words.text("public.without_map", lang))
        say(words.text("public.written", lang, page=str(folder / "index.html")))
