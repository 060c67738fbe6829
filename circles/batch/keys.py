"""What makes a region's result: its inputs, its parameters and the version, as one digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from circles.area import Area, data_names
from circles.foundation.version import __version__
from circles.foundation.words import Lang

_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg")


def input_files(area: Area) -> dict[str, Path]:
    """Return every file that an area is made of, by its name in the area file."""
    files = {area.file.name: area.file} | {name: area.path(name) for _, name in data_names(area)}
    files |= {file.name: file for file in area.extra_inputs}
    for name, file in list(files.items()):
        if file.suffix.lower() == ".shp":
            files |= {str(Path(name).with_suffix(s)): c for s in _COMPANIONS if (c := file.with_suffix(s)).is_file()}
    return dict(sorted(files.items()))


def key_of(area: Area, *, lang: Lang, is_full: bool) -> str:
    """Return the SHA-256 of an area's inputs and parameters and of this program's version.

    The area file's own bytes stand for the parameters. A download (``osm_place``) has no file and so no digest: what
    was downloaded once is taken for the same.
    """
    digests = {name: digest(file) for name, file in input_files(area).items()}
    content = [digests, lang, is_full, __version__]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def size_bytes(area: Area) -> int:
    """Return the size of an area's inputs: a first guess at the work it makes."""
    return sum(file.stat().st_size for file in input_files(area).values())


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
