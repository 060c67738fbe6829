"""``circles desk``: the pages for people who use no command line."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import LangOption, out, reporting, say, spoken
from circles.foundation import errors, words
from circles.foundation.errors import CallError

_NEEDED = ("starlette", "uvicorn", "jinja2", "python_multipart", "itsdangerous", "filelock")


def _help(name: str) -> str:
    return words.text(f"desk.help_{name}", "zh")


def desk(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=_help("folder"))] = Path(),
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=1, max=65535, help=_help("port"))] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help=_help("no_browser"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Open the desk on a folder."""
    speech = spoken(lang)
    with reporting(speech):
        _require()
        from circles.desk.server import serve  # noqa: PLC0415 - help and mistyped options answer at once

        def opened(address: str) -> None:
            out(address)
            sys.stdout.flush()  # whoever started us with a pipe reads the address while we go on
            say(words.text("desk.opened", speech, folder=str(folder.resolve())))
            if not no_browser:
                webbrowser.open(address)

        serve(folder, port=port, lang=speech, opened=opened, is_stopped_by_closing=not no_browser)
        say(words.text("desk.closed", speech))


def _require() -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - as above

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise CallError(errors.error("desk-extra", value=tuple(missing)))
