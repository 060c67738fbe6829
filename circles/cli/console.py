"""How the command line speaks: data to stdout, messages to stderr, errors into exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from circles.foundation import errors, words
from circles.foundation.control import visible
from circles.foundation.errors import CirclesError
from circles.foundation.words import LANGS, Lang

EXIT_STRICT, EXIT_INPUT, EXIT_OURS, EXIT_INTERRUPTED = 1, 2, 70, 130
LangOption = Annotated[str, typer.Option("--lang", metavar="|".join(LANGS), help=words.text("cli.help_lang", "zh"))]
"""``--lang``, as every command takes it."""


def spoken(lang: str) -> Lang:
    """Return the language of ``--lang``; ends the command where it is none of ours."""
    if lang not in LANGS:
        say(words.text("cli.unknown_lang", "zh", value=lang))
        raise SystemExit(EXIT_INPUT)
    return lang


def say(text: str = "") -> None:
    """Print a message on stderr."""
    print(visible(text), file=sys.stderr)


def out(text: str = "") -> None:
    """Print data on stdout."""
    print(visible(text))


def aligned(rows: list[list[str]]) -> str:
    """Return rows, the first of them a header, as text in columns; Chinese characters are two wide."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "─" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters are two wide."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@contextmanager
def reporting(lang: Lang) -> Iterator[None]:
    """Turn errors into one clear message and an exit code; no traceback."""
    try:
        yield
    except CirclesError as e:
        say(e.render(lang))
        raise SystemExit(EXIT_INPUT) from None
    except KeyboardInterrupt:
        say(words.text("cli.interrupted", lang))
        raise SystemExit(EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # the reader of our pipe has seen enough; Python must not complain again while it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (OSError, RecursionError, MemoryError) as e:
        if os.environ.get("CIRCLES_DEBUG"):
            raise
        say(_refused(e, lang))
        raise SystemExit(EXIT_INPUT) from None
    except Exception as e:
        if os.environ.get("CIRCLES_DEBUG"):
            raise
        say(words.text("cli.our_defect", lang, detail=f"{type(e).__name__}: {e}"))
        raise SystemExit(EXIT_OURS) from None


def _refused(error: OSError | RecursionError | MemoryError, lang: Lang) -> str:
    """Return what the system would not give: a file whose name it refuses, room on a disk, memory."""
    if not isinstance(error, OSError):
        return errors.error("system-exhausted", detail=type(error).__name__).line(lang)
    file = str(error.filename or "")
    return errors.error("system-refused", file[:200], detail=(error.strerror or str(error))[:200]).line(lang)


def _noted(stage: str) -> None:
    """Add the stage to the file ``CIRCLES_PROGRESS_FILE``, for who watches a command that it started; nothing else is said."""
    file = os.environ.get("CIRCLES_PROGRESS_FILE")
    if file:
        with contextlib.suppress(OSError), Path(file).open("a", encoding="ascii", errors="replace") as notes:
            notes.write(stage + "\n")


def step(name: str, how_far: str, steps: Sequence[str], lang: Lang) -> str:
    """Return what the terminal says of a stage, as 「步骤 3/9 统计覆盖人口」."""
    shown = f"{words.text(f'cli.stage_{name}', lang)} {how_far}".rstrip()
    if name not in steps:
        return shown
    return words.text("cli.step", lang, n=steps.index(name) + 1, of=len(steps), stage=shown)


@contextmanager
def progress(lang: Lang, steps: Sequence[str] = ()) -> Iterator[Callable[[str], None]]:
    """Yield a function that names the stage at work, and which of the ``steps`` it is; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield _noted
        return
    from rich.console import Console  # noqa: PLC0415 - who reads from a pipe need not wait for it
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(stage: str) -> None:
            name, _, how_far = stage.partition(" ")
            bar.update(task, description=step(name, how_far, steps, lang))

        yield report
