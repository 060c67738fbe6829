"""Atomic writing of the plan's files and folders."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from circles.foundation import atomic, errors
from circles.foundation.errors import CallError
from circles.plan.exchange import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_whole(file: Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data`` to ``file`` atomically; with ``private`` for its owner alone (:func:`circles.foundation.atomic.private_mode`).

    Raises
    ------
    CallError
        It could not be written; what was there is unchanged.
    """
    try:
        atomic.write_file(file, data, private=private)
    except OSError as e:
        raise _failed(file, e) from e


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of ``folder`` when the block ends well, and vanishes when not.

    Raises
    ------
    CallError
        ``folder`` holds something that this program did not write, or it could not be written.
    """
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / MARK).is_file())):
        raise CallError(errors.error("plan-output-exists", value=str(folder)))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic.folder_in_place(folder) as fresh:
            yield fresh
    except OSError as e:
        raise _failed(folder, e) from e


def _failed(path: Path, e: OSError) -> CallError:
    return CallError(errors.error("plan-output-failed", value=str(path), detail=e.strerror or str(e)))
