"""The files of a GTFS feed, a zip or a folder, as tables of text."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.inputs.guards.archives import is_endless

_NEEDED = ("stops", "routes", "trips", "stop_times")
_READ = (*_NEEDED, "agency", "calendar", "calendar_dates", "frequencies", "transfers")
_MOST_BYTES = 400_000_000
Frames = dict[str, pd.DataFrame]


def is_feed(path: Path) -> bool:
    """Return whether a file is a zip with tables of a feed, whatever else is wrong with it."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        if is_endless(path):
            return False
        with zipfile.ZipFile(path) as archive:
            names = {PurePosixPath(item.filename.replace("\\", "/")).name for item in archive.infolist()}
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return False
    return len(names & {f"{table}.txt" for table in _NEEDED}) > 1


def frames_of(path: Path, name: str) -> Frames:
    """Return the feed's tables as text; a file that is empty has no rows.

    Raises
    ------
    InputError
        A file is missing or cannot be read.
    """
    if path.is_dir():
        content = {t: (path / f"{t}.txt").read_bytes() for t in _READ if (path / f"{t}.txt").is_file()}
    else:
        content = _unzipped(path, name)
    missing = [table for table in _NEEDED if table not in content]
    if missing:
        raise InputError([errors.error("gtfs-file-missing", name, file=f"{table}.txt") for table in missing])
    frames = {}
    for table, raw in content.items():
        try:
            frame = pd.read_csv(
                io.BytesIO(raw), dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
            )
        except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, ValueError) as e:
            if isinstance(e, pd.errors.EmptyDataError) and table not in _NEEDED:
                continue
            raise InputError(errors.error("file-unreadable", f"{name}/{table}.txt", detail=str(e)[:80])) from e
        frame = _unshifted(frame, f"{name}/{table}.txt")
        frame.columns = [str(column).strip() for column in frame.columns]
        if len(frame) or table in _NEEDED:
            frames[table] = frame
    return frames


def _unshifted(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table whose rows have more cells than its header, which pandas shifts to the right, as it stands.

    Raises
    ------
    InputError
        There is text in a cell that has no title.
    """
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    titles = list(frame.columns)
    whole = frame.reset_index()
    for at in range(len(titles), whole.shape[1]):
        filled = np.flatnonzero(whole.iloc[:, at].fillna("").str.strip() != "")
        if len(filled):
            cells, columns = whole.shape[1], len(titles)
            raise InputError(errors.error("row-too-long", name, int(filled[0]) + 2, cells=cells, columns=columns))
    return whole.iloc[:, : len(titles)].fillna("").set_axis(titles, axis=1)


def _unzipped(path: Path, name: str) -> dict[str, bytes]:
    try:
        if is_endless(path):
            raise InputError(errors.error("archive-bomb", path.name, size=path.stat().st_size))
        with zipfile.ZipFile(path) as archive:
            found = {}
            for item in archive.infolist():
                inside = PurePosixPath(item.filename.replace("\\", "/"))
                if inside.is_absolute() or ".." in inside.parts or re.match(r"^[A-Za-z]:", item.filename):
                    raise InputError(errors.error("gtfs-zip-escapes", name, value=item.filename[:80]))
                if inside.suffix == ".txt" and inside.stem in _READ and len(inside.parts) <= 2:
                    if item.file_size > _MOST_BYTES:
                        raise InputError(errors.error("file-too-large", name, size=item.file_size, limit=_MOST_BYTES))
                    found[inside.stem] = archive.read(item)
            return found
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError) as e:
        raise InputError(errors.error("file-unreadable", name, detail=str(e)[:80])) from e


def rows_of(frame: pd.DataFrame) -> list[int]:
    """Return the numbers of a table's rows in its file, the header being 1."""
    return [int(index) + 2 for index in frame.index]


def column_of(frame: pd.DataFrame, name: str, default: str = "") -> list[str]:
    """Return a column as text without blanks around; ``default`` in every row where there is no such column."""
    return [str(text).strip() for text in frame[name]] if name in frame.columns else [default] * len(frame)
