"""Opening an OpenStreetMap file: recognised by its first bytes, and refused before it can do harm.

Compressed XML is unfolded once into a temporary file, so that a cut-off or swollen file is found before it is parsed
and is not unfolded again on every pass. A PBF's block headers are walked without unfolding anything.
"""

from __future__ import annotations

import bz2
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.inputs.osm.cleaning import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RATIO = 60
"""No honest extract unfolds to more than this many times its size (PBF about 4, compressed XML about 12)."""
MIN_SUSPECT_BYTES = 32 * 2**20
"""Below this an unfolded file harms nobody, whatever the ratio."""
_CHUNK = 1 << 18
_MAX_HEADER = 64 * 1024
_MAX_BLOB = 32 * 2**20


class Source(NamedTuple):
    """A file to hand to libosmium: where it is, its format in libosmium's words, and its name for findings."""

    path: Path
    format: str
    name: str
    box: tuple[float, float, float, float] | None = None
    findings: tuple[Finding, ...] = ()


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Check ``path`` by its first bytes and give it in a form that libosmium reads directly.

    Raises
    ------
    InputError
        Missing, no OpenStreetMap file, cut off, corrupt, or swollen.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="circles-", ignore_cleanup_errors=True) as folder:
        try:
            with path.open("rb") as file:
                source = _prepare(path, file, Path(folder))
        except OSError as e:
            raise InputError(errors.error("osm-unreadable", path.name, detail=e.strerror or str(e))) from e
        yield source


def _prepare(path: Path, file: IO[bytes], folder: Path) -> Source:
    head = file.read(64)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        return _xml(_unfolded(path, file, folder, bz=False), folder, path.name)
    if head[:3] == b"BZh":
        return _xml(_unfolded(path, file, folder, bz=True), folder, path.name)
    if head[4:].startswith(b"\x0a\x09OSMHeader"):
        _check_pbf(path, file)
        return Source(path.resolve(), "pbf", path.name)
    _check_xml(path, file)
    return _xml(path.resolve(), folder, path.name)


def _xml(path: Path, folder: Path, name: str) -> Source:
    """Return an XML file without what it marks as deleted or old."""
    clean = cleaned(path, folder, name)
    return Source(clean.path, "osm", name, clean.box, clean.findings)


def _unfolded(path: Path, file: IO[bytes], folder: Path, *, bz: bool) -> Path:
    limit = max(MIN_SUSPECT_BYTES, MAX_RATIO * path.stat().st_size)
    target = folder / "unfolded.osm"
    total = 0
    with target.open("wb") as out:
        for piece in _pieces(path, file, bz=bz):
            total += len(piece)
            if total > limit:
                raise InputError(errors.error("osm-swollen", path.name, ratio=MAX_RATIO))
            out.write(piece)
    with target.open("rb") as plain:
        _check_xml(path, plain)
    return target


def _pieces(path: Path, file: IO[bytes], *, bz: bool) -> Iterator[bytes]:
    """Unfold a .gz or .bz2 file of one or several members, at most ``_CHUNK`` bytes at a time."""
    inflater: zlib._Decompress | bz2.BZ2Decompressor | None = None
    data = file.read(_CHUNK)
    try:
        while data:
            inflater = inflater or (bz2.BZ2Decompressor() if bz else zlib.decompressobj(wbits=31))
            yield inflater.decompress(data, _CHUNK)
            if isinstance(inflater, bz2.BZ2Decompressor):
                while not inflater.eof and not inflater.needs_input:
                    yield inflater.decompress(b"", _CHUNK)
                data = inflater.unused_data
            else:
                while inflater.unconsumed_tail and not inflater.eof:
                    yield inflater.decompress(inflater.unconsumed_tail, _CHUNK)
                data = inflater.unused_data
            if inflater.eof:
                inflater = None
                data = data.lstrip(b"\0")  # padding after the last member
            data = data or file.read(_CHUNK)
    except (zlib.error, OSError, ValueError, EOFError) as e:
        raise InputError(errors.error("osm-broken-file", path.name, detail=str(e)[:200])) from e
    if inflater is not None:
        raise InputError(errors.error("osm-cut-off", path.name))


def _check_xml(path: Path, file: IO[bytes]) -> None:
    head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, which expat reads by itself
        head = head[2:].replace(b"\0", b"")
    if b"<osm" not in head or not head.startswith(b"<"):
        raise InputError(errors.error("osm-not-osm", path.name))
    if b"<osmChange" in head:
        raise InputError(errors.error("osm-change-file", path.name))


def _check_pbf(path: Path, file: IO[bytes]) -> None:
    """Check the block headers of a PBF: complete, no block and no total too large."""
    size, position, unfolded = path.stat().st_size, 0, 0
    while position < size:
        length = int.from_bytes(file.read(4), "big")
        if not 0 < length <= _MAX_HEADER or position + 4 + length > size:
            raise InputError(errors.error("osm-cut-off", path.name))
        blob = _fields(file.read(length)).get(3, -1)
        position += 4 + length + blob
        if not 0 <= blob <= _MAX_BLOB + _MAX_HEADER or position > size:
            raise InputError(errors.error("osm-cut-off", path.name))
        start = file.tell()
        blob_head = file.read(min(blob, 16))
        is_plain = blob_head[:1] == b"\x0a"  # the blob's first field is `raw`: not compressed
        unfolded += _fields(blob_head, only_first=True).get(2, blob if is_plain else _MAX_BLOB)
        file.seek(start + blob)
    if unfolded > max(MIN_SUSPECT_BYTES, MAX_RATIO // 3 * size):
        raise InputError(errors.error("osm-swollen", path.name, ratio=MAX_RATIO // 3))


def _fields(data: bytes, *, only_first: bool = False) -> dict[int, int]:
    """Return the numbers of a protocol-buffer message by field, -1 for its texts; {} where it is malformed.

    With ``only_first`` the message may be cut off behind its first text.
    """
    found: dict[int, int] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 not in (0, 2) or at > len(data):
            return {}
        found[tag >> 3] = value if tag & 7 == 0 else -1
        if tag & 7 == 2:
            if only_first:
                break
            at += value
    return found if at <= len(data) else {}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at ``at`` and the place behind it, which is behind the end where the number is cut off."""
    value = 0
    for count, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << 7 * count
        if byte < 128:
            return value, at + count + 1
    return value, len(data) + 1
