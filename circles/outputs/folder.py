"""Atomic replacement of output folders, of our own only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from circles.foundation import atomic, errors
from circles.foundation.errors import CallError, CirclesError

MARK = "run.json"
"""The file that says that a folder was written by this program."""
PROGRAM = "circles"
CONTRACT = 1
_MARK_MAX_BYTES = 64 << 20


@contextmanager
def replaced(out: Path | str, *, makes_parents: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside ``out`` that takes its place when the block ends well, and vanishes when not.

    See `whole.folder_in_place`.

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
    try:
        if makes_parents:
            target.parent.mkdir(parents=True, exist_ok=True)
        with atomic.folder_in_place(target) as fresh:
            yield fresh
            check(target)
    except OSError as e:
        if isinstance(e, CirclesError):
            raise
        raise _failed(target, e) from e


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


def record(run: Path) -> dict[str, Any]:
    """Return ``run.json`` of a finished run.

    Raises
    ------
    CallError
        No such folder, or none that ``circles run`` left.
    """
    if not run.is_dir():
        raise CallError(errors.error("compare-no-folder", str(run), value=str(run)))
    if not is_ours(run):
        raise CallError(errors.error("compare-not-a-run", str(run), value=str(run)))
    found: dict[str, Any] = json.loads((run / MARK).read_text(encoding="utf-8"))
    if found.get("kind") in ("comparison", "public") or "run_id" not in found:
        raise CallError(errors.error("compare-not-a-run", str(run), value=str(run)))
    return found


def _may_create(parent: Path) -> bool:
    """Return whether the nearest existing ancestor of ``parent`` is a folder."""
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    return parent.is_dir()


def _failed(path: Path, e: OSError) -> CallError:
    detail = e.strerror or str(e)
    return CallError(errors.error("out-not-written", str(path), path=str(path), detail=detail))
