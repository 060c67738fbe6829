"""Names of files in an area file: which mean a local file, and stay in the area's folder."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from circles.foundation import errors
from circles.foundation.errors import Finding


def is_file(path: Path) -> bool:
    """Return whether there is such a file; a name that the system refuses is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Return whether there is such a folder; a name that the system refuses is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


_MAX_PATH = 1000
"""Characters of a path, with which every system can do something."""
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def path_problem(root: Path, name: str, *, allow_outside: bool, file: str = "area.toml") -> Finding | None:
    """Return a finding if ``name`` is a network path, or leaves ``root`` once links are resolved; else None.

    Parameters
    ----------
    root : folder of the area file
    name : path as the area file writes it
    allow_outside : whether files outside ``root`` are admitted
    file : name of the area file, for the finding
    """
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", name) or name.startswith(("\\\\", "//", "/vsi")) or "\0" in name:
        return errors.error("path-not-a-file", file, id=name, path=name)
    if len(name) > _MAX_PATH or _UNSPEAKABLE.search(name):
        return errors.error("path-not-a-file", file, id=name[:80], path=name[:80])
    if allow_outside:
        return None
    absolute = (
        PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute() or bool(PureWindowsPath(name).drive)
    )
    if absolute or not _stays_inside(root, name):
        return errors.error("path-outside", file, id=name, path=name)
    return None


def _stays_inside(root: Path, name: str) -> bool:
    """Return whether a name means a place below ``root``, links followed; links in a ring lead nowhere."""
    try:
        return (root / name).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
