"""Atomic writing of files and folders: complete or absent, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def folder_in_place(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``target`` that takes its place when the block ends well, and vanishes when not.

    Where the block raises (or the user interrupts), ``target`` is what it was before. The files are flushed to disk
    before the folder changes its name. On Linux old and new change places in one step; elsewhere the old folder is
    moved aside first, and back if the new one cannot take its place. A link is followed: its target is replaced.

    Raises
    ------
    OSError
        It could not be written.
    """
    target = Path(os.path.realpath(target))
    with _held_back() as interrupts:
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        old = fresh.with_name(fresh.name + ".old")
        try:
            try:
                interrupts.let_through()
                yield fresh
                _flush(fresh)
            finally:
                interrupts.wait = True
            _swap(fresh, target, old)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def private_mode(folder: Path) -> int:
    """Return the mode of a file in ``folder`` that is nobody else's to read: 0600, or 0660 in a folder that a group shares.

    A folder says that it is shared by handing its group on (setgid) and letting the group write.
    """
    with contextlib.suppress(OSError):
        mode = folder.stat().st_mode
        if mode & stat.S_ISGID and mode & stat.S_IWGRP:
            return 0o660
    return 0o600


def create_private(file: Path) -> None:
    """Create ``file``, empty, with :func:`private_mode`; leave it alone where it is there.

    Raises
    ------
    OSError
        It could not be created.
    """
    mode = private_mode(file.parent)
    with contextlib.suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        os.close(handle)
        file.chmod(mode)  # whatever the umask took of the group's share


def write_file(file: Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data`` to ``file``: a temporary file beside it, flushed to disk, then put in its place at once.

    With ``private`` nobody else may read it (:func:`private_mode`).

    Raises
    ------
    OSError
        It could not be written; what was there is unchanged.
    """
    with _held_back():
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(private_mode(file.parent) if private else 0o644)
            Path(name).replace(file)
            _flush_names(file.parent)
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink()


def place_file(fresh: Path, file: Path) -> None:
    """Put a file that has been written in the place of ``file`` on the same disk, flushed before it changes its name.

    Raises
    ------
    OSError
        It could not be placed; what was there is unchanged.
    """
    with _held_back():
        with fresh.open("rb+") as stream:
            os.fsync(stream.fileno())
        fresh.replace(file)
        _flush_names(file.parent)


def replace_together(fresh: Path, folder: Path, *, last: str) -> None:
    """Put every file and folder of ``fresh`` in its place in ``folder``, whose other content stays: all of them or none.

    Parameters
    ----------
    fresh : a folder on the same disk; empty afterwards
    folder : where its content goes, over what has the same names
    last : the name that is placed last, the mark by which a reader knows that the rest is there

    Raises
    ------
    OSError
        One could not be placed; every other is what it was before.
    """
    with _held_back():
        _flush(fresh)
        old = Path(tempfile.mkdtemp(prefix=".old.", dir=folder))
        begun: list[str] = []
        try:
            for name in sorted((item.name for item in fresh.iterdir()), key=lambda name: (name == last, name)):
                begun.append(name)
                if (folder / name).exists():
                    (folder / name).replace(old / name)
                (fresh / name).replace(folder / name)
        except BaseException:
            for name in reversed(begun):
                if not (fresh / name).exists():
                    (folder / name).replace(fresh / name)
                if (old / name).exists():
                    (old / name).replace(folder / name)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
        _flush_names(folder)


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
    _flush_names(target.parent)


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
            _flush_names(file)
        else:
            # what may not be written was not written here: a link to a file of the user's
            with contextlib.suppress(PermissionError), file.open("rb+") as stream:
                os.fsync(stream.fileno())
    _flush_names(folder)


def _flush_names(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass
class _Interrupts:
    """Ctrl-C of the main thread: while it waits it is remembered, else the handler that was there before acts."""

    before: Callable[[int, FrameType | None], Any]
    wait: bool = False
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


_GUARD: ContextVar[_Interrupts | None] = ContextVar("interrupts", default=None)
"""The command line's handler of Ctrl-C, None in a program that only calls the library."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C wait, in the block, while files and folders change places. For the command line: it sets a signal handler.

    Only the main thread can be interrupted; a handler from outside Python is left alone. Without this block Ctrl-C acts
    at once, as in any library: what was half-made is cleared away, unless it comes in that very moment.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    guard = _Interrupts(before, wait=False)
    token = _GUARD.set(guard)
    signal.signal(signal.SIGINT, guard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _GUARD.reset(token)


@contextmanager
def _held_back() -> Iterator[_Interrupts]:
    """Let Ctrl-C wait until the block has ended, but for the time in between when it is let through.

    It waits from before anything is made until everything is cleared away: to begin only then would leave a moment
    before, in which Ctrl-C comes between what was made and who clears it.
    """
    guard = _GUARD.get() or _Interrupts(lambda _number, _frame: None)
    outer = guard.wait
    guard.wait = True
    try:
        yield guard
    finally:
        guard.wait = outer
        if not outer:
            guard.act_if_remembered()
