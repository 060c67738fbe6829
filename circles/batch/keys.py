"""The cache key of a region's result: a digest of its inputs, its parameters and the version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from circles.area import Area
from circles.foundation.version import __version__
from circles.foundation.words import Lang
from circles.inputs.dispatch import input_files


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
