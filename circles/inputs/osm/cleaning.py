"""What an OpenStreetMap XML file marks as deleted or old is taken out before it is read.

Editors keep deleted objects with ``action="delete"``; history files and careless merges hold several versions of one
object. The newest version counts, whatever its tags, so it must be found before any filter by key.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from circles.foundation import errors
from circles.foundation.errors import Finding

_ATTRIBUTES = rb"((?:\s+[\w:.\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>"
_START = re.compile(rb"<(node|way|relation)" + _ATTRIBUTES)
_BOUNDS = re.compile(rb"<bounds?" + _ATTRIBUTES)
_PAIR = re.compile(rb"([\w:.\-]+)\s*=\s*[\"']([^\"']*)[\"']")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cleaned:
    """An XML file without what is deleted or old.

    Attributes
    ----------
    path : the file itself, or a cleaned copy
    box : what all its ``<bounds>`` hold together, in degrees: west, south, east, north; None without any
    findings : what was taken out
    """

    path: Path
    box: Box | None
    findings: tuple[Finding, ...]


@dataclass
class _Object:
    """The versions of one object: (version, deleted, begin, end) in file order."""

    versions: list[tuple[int, bool, int, int]] = field(default_factory=list)


def cleaned(path: Path, folder: Path, name: str) -> Cleaned:
    """Return an XML file as it should be read; ``folder`` takes a copy where something must be taken out."""
    if path.stat().st_size == 0:
        return Cleaned(path, None, ())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        box = _box(text)
        objects = _objects(text)
        cuts, deleted, old = _cuts(objects)
        if not cuts:
            return Cleaned(path, box, ())
        target = folder / "cleaned.osm"
        with target.open("wb") as out:
            _copied(text, cuts, out)
    found = []
    if deleted:
        found.append(errors.info("osm-deleted", name, id=deleted[0], n=len(deleted), ids=errors.few(deleted)))
    if old:
        found.append(errors.warning("osm-old-versions", name, id=old[0], n=len(old), ids=errors.few(old)))
    return Cleaned(target, box, tuple(found))


def _objects(text: mmap.mmap) -> dict[tuple[bytes, bytes], _Object]:
    """Return the objects that are deleted or stand in the file more than once."""
    first: dict[tuple[bytes, bytes], tuple[int, bool, int, int]] = {}
    found: dict[tuple[bytes, bytes], _Object] = {}
    for hit in _START.finditer(text):
        kind, attributes, is_whole = hit.groups()
        values = dict(_PAIR.findall(attributes))
        key = kind[:1], values.get(b"id", b"")
        is_deleted = values.get(b"action") == b"delete" or values.get(b"visible") == b"false"
        version = values.get(b"version", b"")
        end = -1 if not is_whole else hit.end()
        entry = (int(version) if version.isdigit() and len(version) < 19 else 0, is_deleted, hit.start(), end)
        if key in first:
            found.setdefault(key, _Object([first[key]])).versions.append(entry)
        else:
            first[key] = entry
            if is_deleted:
                found[key] = _Object([entry])
    for (kind, _), item in found.items():
        closing = b"</" + {b"n": b"node", b"w": b"way", b"r": b"relation"}[kind] + b">"
        item.versions = [
            (version, gone, begin, end if end >= 0 else _end(text, closing, begin))
            for version, gone, begin, end in item.versions
        ]
    return found


def _end(text: mmap.mmap, closing: bytes, begin: int) -> int:
    at = text.find(closing, begin)
    return len(text) if at < 0 else at + len(closing)


def _cuts(
    objects: dict[tuple[bytes, bytes], _Object],
) -> tuple[list[tuple[int, int]], list[str], list[str]]:
    """Return the pieces of the file to leave out, and the ids of objects that are deleted, and of those in old versions.

    Copies of one version, as merged extracts have them, stay: whoever reads them says so.
    """
    cuts, deleted, old = [], [], []
    for (kind, number), item in objects.items():
        newest = max(version for version, _, _, _ in item.versions)
        gone = any(is_deleted for version, is_deleted, _, _ in item.versions if version == newest)
        shown = (kind + number).decode("ascii", "replace")
        out = [(begin, end) for version, _, begin, end in item.versions if gone or version < newest]
        cuts += out
        if gone:
            deleted.append(shown)
        elif out:
            old.append(shown)
    return sorted(cuts), deleted, old


def _copied(text: mmap.mmap, cuts: list[tuple[int, int]], out: IO[bytes]) -> None:
    at = 0
    for begin, end in cuts:
        if begin > at:
            out.write(text[at:begin])
        at = max(at, end)
    out.write(text[at:])


def _box(text: mmap.mmap) -> Box | None:
    boxes = []
    for hit in _BOUNDS.finditer(text):
        values = dict(_PAIR.findall(hit.group(1)))
        try:
            boxes.append(tuple(float(values[key]) for key in (b"minlon", b"minlat", b"maxlon", b"maxlat")))
        except (KeyError, ValueError):
            continue
    good = [b for b in boxes if -180 <= b[0] <= b[2] <= 180 and -90 <= b[1] <= b[3] <= 90]
    if not good:
        return None
    west, south, east, north = zip(*good, strict=True)
    return min(west), min(south), max(east), max(north)
