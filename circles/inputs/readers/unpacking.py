"""Compressed files → the file inside, in a folder of its own that is cleared away: .gz, .zst, .zip and .kmz.

Nothing is unpacked to a path that an archive names: every part is written under its bare name, the whole within limits.
"""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.inputs.guards.archives import is_endless

ENDINGS = (".gz", ".zst", ".zip", ".kmz")
_LIMIT_BYTES = 300_000_000
"""What a compressed file may become."""
_MOST_PARTS = 200
_MAGIC = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd", ".zip": b"PK\x03\x04", ".kmz": b"PK\x03\x04"}


@contextmanager
def unpacked(path: Path, table: str, endings: tuple[str, ...]) -> Iterator[Path]:
    """Yield the file inside a compressed one; the file itself where it is not compressed.

    Parameters
    ----------
    path, table : the file, and its name for findings
    endings : endings of the files that can be read: an archive must hold exactly one of them

    Raises
    ------
    InputError
        It is not what its ending says, holds none or several such files, unfolds to too much, or leaves its folder.
    """
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="circles-") as name:
        folder = Path(name)
        try:
            _require_magic(path, table, suffix)
            inner = (
                _from_zip(path, table, folder, endings)
                if suffix in (".zip", ".kmz")
                else _from_stream(path, table, folder)
            )
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as e:
            if isinstance(e, InputError):
                raise
            raise InputError(errors.error("file-broken", table, detail=str(e)[:200])) from e
        yield inner


def _require_few(path: Path, table: str) -> None:
    if is_endless(path):
        raise InputError(errors.error("archive-bomb", table, size=path.stat().st_size))


def inside(path: Path, endings: tuple[str, ...]) -> str:
    """Return the name of the one file of these endings in a plain .zip; '' where it holds none, several, or is none."""
    if path.suffix.lower() != ".zip":
        return ""
    try:
        if is_endless(path):
            return ""
        with zipfile.ZipFile(path) as archive:
            names = [part.filename for part in archive.infolist() if not part.is_dir()]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return ""
    found = [name for name in names if name.lower().endswith(endings) and not _is_hidden(name)]
    return found[0] if len(found) == 1 else ""


def _require_magic(path: Path, table: str, suffix: str) -> None:
    with path.open("rb") as file:
        if not file.read(4).startswith(_MAGIC[suffix]):
            raise InputError(errors.error("file-magic", table, kind=suffix, seen="?"))


def _from_stream(path: Path, table: str, folder: Path) -> Path:
    """Unpack a .gz or .zst, which hold one file, named as they are without their ending."""
    inner = folder / path.stem
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as file:
            _copy(file, inner, table, _LIMIT_BYTES)
    else:
        import pyarrow as pa  # noqa: PLC0415 - only .zst needs it

        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
            _copy(stream, inner, table, _LIMIT_BYTES)
    return inner


def _from_zip(path: Path, table: str, folder: Path, endings: tuple[str, ...]) -> Path:
    _require_few(path, table)
    with zipfile.ZipFile(path) as archive:
        every = archive.infolist()
        for part in every:
            name = PurePosixPath(part.filename.replace("\\", "/"))
            if name.is_absolute() or ".." in name.parts or ":" in part.filename:
                raise InputError(errors.error("archive-escape", table, part=part.filename[:80]))
        parts = [part for part in every if not part.is_dir() and not _is_hidden(part.filename)]
        total = sum(part.file_size for part in parts)
        if total > _LIMIT_BYTES or len(parts) > _MOST_PARTS:
            raise InputError(errors.error("archive-bomb", table, size=total))
        left = _LIMIT_BYTES
        for part in parts:
            if part.flag_bits & 1:
                raise InputError(errors.error("archive-locked", table))
            with archive.open(part) as file:
                left -= _copy(file, folder / PurePosixPath(part.filename.replace("\\", "/")).name, table, left)
    found = sorted(file for file in folder.iterdir() if file.name.lower().endswith(endings))
    if len(found) != 1:
        shown = tuple(file.name for file in found or sorted(folder.iterdir())) or "–"
        raise InputError(errors.error("archive-parts", table, n=len(found), value=shown[:10], valid=" ".join(endings)))
    return found[0]


def _is_hidden(name: str) -> bool:
    """Return whether a part is what a system leaves beside the files of an archive."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name.replace("\\", "/")).parts)


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, table: str, limit: int) -> int:
    """Write a stream to a file, as far as it may go; return its bytes."""
    size = 0
    with target.open("wb") as file:
        while piece := source.read(1 << 20):
            size += len(piece)
            if size > limit:
                raise InputError(errors.error("archive-bomb", table, size=size))
            file.write(piece)
    return size
