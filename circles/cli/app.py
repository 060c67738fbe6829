"""The command line: which commands there are. What one of them needs is imported when it is asked for."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from circles.cli.console import out
from circles.cli.later import LaterGroup
from circles.foundation import words
from circles.foundation.version import __version__

app = typer.Typer(
    name="circles", cls=LaterGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help=words.text("cli.help", "zh"),
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _version(*, is_asked: bool) -> None:
    if is_asked:
        out(f"circles {__version__}")
        raise typer.Exit


@app.callback()
def circles_(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda value: _version(is_asked=value),
            is_eager=True,
            help=words.text("cli.help_version", "zh"),
        ),
    ] = False,
) -> None:
    """Hold what stands before every command."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Chinese Windows console is GBK by default
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # its first run speaks English to everybody
    app()
