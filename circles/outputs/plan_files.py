"""Files that are there as a whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from circles import errors
from circles.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "plan.json"
"""The file that says that a folder was written by this program."""


def write_whole(file: Path, data: bytes) -> None:
    """Write ``data`` to ``file``: a temporary file beside it, flushed to disk, then put in its place at once.

    Raises
    ------
    CallError
        It could not be written; what was there is unchanged.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as e:
        raise _failed(file, e) from e
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
        flush_folder(file.parent)
    except OSError as e:
        raise _failed(file, e) from e
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as e:
        raise _failed(folder, e) from e
    old = fresh.with_name(fresh.name + ".old")
    try:
        yield fresh
        fresh.chmod(0o755)
        if folder.exists():
            folder.replace(old)
        fresh.replace(folder)
        flush_folder(folder.parent)
    except OSError as e:
        if old.exists() and not folder.exists():
            old.replace(folder)
        raise _failed(folder, e) from e
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _failed(path: Path, e: OSError) -> CallError:
    return CallError(errors.error("plan-output-failed", value=str(path), detail=e.strerror or str(e)))
