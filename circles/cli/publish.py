"""``circles publish``: what of a run may leave the office."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import LangOption, reporting, say, spoken
from circles.foundation import errors, words
from circles.foundation.errors import CallError


def publish(
    run: Annotated[Path, typer.Argument(metavar="RUN", help=words.text("public.help_run", "zh"))],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help=words.text("public.help_out", "zh"))],
    *,
    is_public: Annotated[bool, typer.Option("--public", help=words.text("public.help_public", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Write the public edition of a finished run."""
    speech = spoken(lang)
    with reporting(speech):
        if not is_public:
            raise CallError(errors.error("publish-not-public", str(run)))
        from circles.outputs import public  # noqa: PLC0415 - help and mistyped options answer at once

        has_map = public.publish(run, folder)
        if not has_map:
            say(words.text("public.without_map", speech))
        say(words.text("public.written", speech, page=str(folder / "index.html")))
