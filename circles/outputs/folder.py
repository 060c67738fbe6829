"""An output folder that is there as a whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from circles import errors
from circles.errors import CallError, CirclesError
from circles.outputs.plan_files import flush_folder

MARK = "run.json"
"""The file that says that a folder was written by this program."""
PROGRAM = "circles"
CONTRACT = 1
_MARK_MAX_BYTES = 64 << 20
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replaced(out: Path | str, *, makes_parents: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside ``out`` that takes its place when the block ends well, and vanishes when not.

    Where the block raises (or the user interrupts), ``out`` is what it was before. The files are flushed to disk
    before the folder changes its name. On Linux old and new change places in one step; elsewhere the old folder is
    moved aside first, and back if the new one cannot take its place. A link is followed: its target is replaced.

    Parameters
    ----------
    out
        The folder to replace: absent, empty, or with a ``run.json`` of this program in it.
    makes_parents
        Create the folders above ``out`` where they are missing, instead of refusing.

    Raises
    ------
    CallError
        ``out`` is a file, holds something else, has no folder above it, or could not be written.
    """
    target = Path(os.path.realpath(out))
    check(target, makes_parents=makes_parents)
    with _held_back() as interrupts:
        try:
            if makes_parents:
                target.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        except OSError as e:
            raise _failed(target, e) from e
        old = fresh.with_name(fresh.name + ".old")
        try:
            try:
                interrupts.let_through()
                yield fresh
                _flush(fresh)
                check(target)
            finally:
                interrupts.wait = True
            _swap(fresh, target, old)
        except OSError as e:
            if isinstance(e, CirclesError):
                raise
            raise _failed(target, e) from e
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def check(out: Path, *, makes_parents: bool = False) -> None:
    """Raise where ``out`` may not be replaced; nothing is touched.

    Raises
    ------
    CallError
        See :func:`replaced`.
    """
    try:
        if out.is_dir():
            if any(out.iterdir()) and not is_ours(out):
                raise CallError(errors.error("out-not-ours", str(out), path=str(out)))
        elif out.exists() or out.is_symlink():
            raise CallError(errors.error("out-is-file", str(out), path=str(out)))
        elif not out.parent.is_dir() and not (makes_parents and _may_create(out.parent)):
            raise CallError(errors.error("out-no-parent", str(out), path=str(out.parent)))
    except OSError as e:
        raise _failed(out, e) from e


def is_ours(folder: Path) -> bool:
    """Return whether ``folder`` holds a ``run.json`` that this program wrote under this contract."""
    mark = folder / MARK
    try:
        if not mark.is_file() or mark.stat().st_size > _MARK_MAX_BYTES:
            return False
        content: Any = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("program") == PROGRAM and content.get("contract") == CONTRACT


def _may_create(parent: Path) -> bool:
    """Return whether the nearest existing ancestor of ``parent`` is a folder."""
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    return parent.is_dir()


def _swap(fresh: Path, target: Path, old: Path) -> None:
    """Put ``fresh`` in the place of ``target``; what was there is then at ``fresh`` or ``old``, to be removed."""
    fresh.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o755)
    if not (target.exists() and _exchanged(fresh, target)):
        try:
            if target.exists():
                target.replace(old)
            fresh.replace(target)
        except BaseException:
            if old.exists() and not target.exists():
                old.replace(target)
            raise
    flush_folder(target.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step where the system can, and return whether it could."""
    if sys.platform != "linux":
        return False
    try:
        exchange = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return False
    return bool(exchange(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _flush(folder: Path) -> None:
    """Make every file in ``folder``, and every name, durable."""
    for file in sorted(folder.rglob("*")):
        if file.is_dir():
            flush_folder(file)
        else:
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())
    flush_folder(folder)


@dataclass
class _Interrupts:
    """Ctrl-C of the main thread: while it waits it is remembered, else the handler that was there before acts."""

    before: Callable[[int, FrameType | None], Any]
    wait: bool = True
    remembered: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        if self.wait:
            self.remembered = True
        else:
            self.before(number, frame)

    def let_through(self) -> None:
        """Let Ctrl-C act from now on, and at once if it waits."""
        self.wait = False
        self.act_if_remembered()

    def act_if_remembered(self) -> None:
        """Let the Ctrl-C that waits act, once."""
        if self.remembered:
            self.remembered = False
            self.before(signal.SIGINT, None)


@contextmanager
def _held_back() -> Iterator[_Interrupts]:
    """Let Ctrl-C wait until the block has ended, but for the time in between when it is let through.

    The handler is there before anything is made and until everything is cleared away: to set it only then would leave
    a moment before, in which Ctrl-C comes between what was made and who clears it. Only the main thread can be
    interrupted; a handler from outside Python is left alone.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield _Interrupts(lambda _number, _frame: None)
        return
    interrupts = _Interrupts(before)
    signal.signal(signal.SIGINT, interrupts)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
        interrupts.act_if_remembered()


def _failed(path: Path, e: OSError) -> CallError:
    detail = e.strerror or str(e)
    return CallError(errors.error("out-not-written", str(path), path=str(path), detail=detail))
