"""Tracks of a GPX, KML or GeoJSON file. A track without time, with time that runs backwards, or with jumps is refused as a whole."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.crs import GEOD
from circles.foundation.errors import Finding, InputError
from circles.inputs.readers import raw
from circles.inputs.readers.vectors import read_vector
from circles.inputs.survey import timed
from circles.inputs.survey.model import Part, Surveyed

JUMP_M = 100.0
"""Further apart, nobody knows the way between two points."""
FAST_M = 25.0
FAST_M_PER_S = 5.0
"""Points more than ``FAST_M`` apart that nobody can have walked between: faster than this."""
SHORTEST_M = 10.0


def read_tracks(path: Path, table: str, *, time_zone: str) -> tuple[list[Surveyed], list[Finding]]:
    """Read each segment of each track of a GPX, KML or GeoJSON file as a surveyed line.

    Parameters
    ----------
    path, table : the file, and its name for findings
    time_zone : of the days, and of moments that do not name one

    Returns
    -------
    lines, notes : notes are of lines without any time beside tracks that have it

    Raises
    ------
    InputError
        The file cannot be read, holds no track, and per track what is wrong with it.
    """
    notes: list[Finding] = []
    own = timed.READERS.get(path.suffix.lower())
    if own is None:
        parts = _parts(path, table)
    else:
        parts, notes = timed.alone(own(path, table, time_zone), table)
    wrong: list[Finding] = []
    lines: list[Surveyed] = []
    for part in parts:
        bad = _wrong(part, table)
        wrong += bad
        if not bad:
            day = _local(part.time.iloc[0], time_zone)
            id_ = f"{part.track}.{part.segment}"
            lines.append(Surveyed(table, part.track, id_, part.name, part.lon_lat, day, is_track=True, source=table))
    if wrong:
        raise InputError(wrong)
    return lines, notes


def _parts(path: Path, table: str) -> list[Part]:
    _, counts = raw.layer_counts(path, table)
    if not counts.get("track_points", 0):
        held = tuple(name for name, count in counts.items() if count > 0) or "–"
        raise InputError(errors.error("survey-no-track", table, value=held))
    points, _ = read_vector(path, table, layer="track_points")
    names: list[str] = []
    with suppress(InputError):  # GDAL has no track of one point; its points say what is wrong with it
        heads, _ = read_vector(path, table, layer="tracks")
        names = heads["name"].fillna("").astype(str).tolist() if "name" in heads else []
    order = ["track_fid", "track_seg_id", "track_seg_point_id"]
    points = points.sort_values(order, kind="stable")
    return [
        _part(own, names, int(track), int(segment)) for (track, segment), own in points.groupby(order[:2], sort=True)
    ]


def _part(own: gpd.GeoDataFrame, names: list[str], track: int, segment: int) -> Part:
    time = own["time"] if "time" in own else pd.Series(pd.NaT, index=own.index)
    time = pd.to_datetime(time, utc=True, errors="coerce")
    lon_lat = shapely.get_coordinates(own.geometry.to_numpy())
    return Part(track + 1, segment + 1, names[track].strip() if track < len(names) else "", lon_lat, time)


def _wrong(part: Part, table: str) -> list[Finding]:
    """Return what is wrong with a segment: the first of each kind, with how many there are."""
    where = (table, part.track, part.name or f"{part.track}.{part.segment}")
    timeless = np.flatnonzero(part.time.isna().to_numpy())
    if len(timeless):
        return [errors.error("survey-no-time", *where, count=len(timeless), point=int(timeless[0]) + 1)]
    lon, lat = part.lon_lat.T
    metres = np.asarray(GEOD.line_lengths(lon, lat)) if len(lon) > 1 else np.zeros(0)
    if metres.sum() < SHORTEST_M:
        return [errors.error("survey-too-short", *where, metres=f"{metres.sum():.0f}", least=f"{SHORTEST_M:g}")]
    seconds = part.time.diff().dt.total_seconds().to_numpy()[1:]
    back = np.flatnonzero(seconds < 0)
    if len(back):
        return [errors.error("survey-time-back", *where, count=len(back), point=int(back[0]) + 2)]
    speed = metres / np.maximum(seconds, 1e-9)
    jumps = np.flatnonzero((metres > JUMP_M) | ((metres > FAST_M) & (speed > FAST_M_PER_S)))
    if not len(jumps):
        return []
    at = int(jumps[0])
    values: dict[str, Any] = {
        "metres": f"{metres[at]:.0f}",
        "seconds": f"{seconds[at]:.0f}",
        "point": at + 1,
        "next": at + 2,
    }
    return [errors.error("survey-jump", *where, count=len(jumps), **values)]


def _local(time: pd.Timestamp, time_zone: str) -> dt.date:
    return time.tz_convert(ZoneInfo(time_zone)).date()
