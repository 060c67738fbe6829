"""The command line: the only room that prints, exits, or turns an error into a message."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys

from circles.foundation.atomic import interruptible
from circles.foundation.cpu import collect_rarely

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process."""
    collect_rarely()
    from circles.cli.app import main as run  # noqa: PLC0415 - after garbage collection is made rare

    code = 0
    try:
        with interruptible():
            run()
    except SystemExit as end:
        code = _code(end)
    _end(code)


def _code(end: SystemExit) -> int:
    """Return the exit code, as Python reads it: none is 0, a text is said and is 1."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


def _end(code: int) -> None:
    """End the process at once: taking down what was imported, object by object, takes up to a second."""
    atexit._run_exitfuncs()  # noqa: SLF001 - what others registered is still done
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError, AttributeError):  # the reader is gone, or it is closed
            stream.flush()
    os._exit(code)
