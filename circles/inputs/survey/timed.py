"""Tracks as KML (``gx:Track``) and GeoJSON (lines with a moment for each point), which GDAL reads without their times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64
from circles.inputs.survey.model import Part

TIMES = ("coordTimes", "times", "timestamps", "datetimes")
"""Properties of a GeoJSON line that hold the moments of its points, as those who write such files call them."""
_NAMES = ("name", "Name", "名称", "title")
_MILLISECONDS = 1e11
"""Numbers above this count milliseconds since 1970: as seconds they would lie beyond the year 5000."""


@dataclass(frozen=True)
class _File:
    """What has been read of a file so far: pieces of tracks, what is wrong, and what else it holds."""

    table: str
    time_zone: str
    found: list[Part] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)
    others: dict[str, None] = field(default_factory=dict)

    def add(self, rows: list[Any], moments: list[Any] | None, named: tuple[int, int, str]) -> None:
        """Take a piece of a track; what keeps it from being one is wrong.

        Parameters
        ----------
        rows : longitude and latitude of each point; an empty one is a moment at which nothing was received
        moments : of each point, None where none is given
        named : number of the track, of the piece in it, and the track's name
        """
        where = (self.table, named[0], named[2] or f"{named[0]}.{named[1]}")
        if moments is not None and len(moments) != len(rows):
            self.wrong.append(errors.error("survey-times-differ", *where, points=len(rows), times=len(moments)))
            return
        kept = [at for at, row in enumerate(rows) if row not in ((), [])]
        lon_lat: F64 = np.array([_place(rows[at]) for at in kept], dtype=np.float64).reshape(-1, 2)
        bad = np.flatnonzero(~(np.abs(lon_lat) <= (180, 90)).all(axis=1))
        if len(bad):
            value = str(rows[kept[int(bad[0])]])[:80]
            self.wrong.append(errors.error("survey-degrees", *where, column="coordinates", value=value))
            return
        own = [pd.NaT if moments is None else _moment(moments[at], self.time_zone) for at in kept]
        self.found.append(Part(*named, lon_lat, pd.Series(own, dtype="datetime64[ns, UTC]")))

    def parts(self) -> list[Part]:
        """Return the pieces.

        Raises
        ------
        InputError
            There are none, or something is wrong.
        """
        if self.wrong:
            raise InputError(self.wrong)
        if not self.found:
            held = tuple(kind for kind in self.others if kind) or "–"
            raise InputError(errors.error("survey-no-track", self.table, value=held))
        return self.found


def alone(parts: list[Part], table: str) -> tuple[list[Part], list[Finding]]:
    """Return the tracks of a file that also holds lines without any time, and a note that those are left out.

    Where no line has a time, all are returned: each is wrong.
    """
    timed = [part for part in parts if part.time.notna().any()]
    drawn = len(parts) - len(timed)
    if not timed or not drawn:
        return parts, []
    return timed, [errors.info("survey-line-left", table, count=drawn)]


def kml_parts(path: Path, table: str, time_zone: str) -> list[Part]:
    """Read the tracks and the lines of a KML file; a line has no time.

    Raises
    ------
    InputError
        It is no XML, holds neither, or a track has not one moment for each point.
    """
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - a file that declares a document type was refused
    except (ET.ParseError, ValueError, LookupError) as e:
        raise InputError(errors.error("file-broken", table, detail=str(e)[:200])) from e
    file = _File(table, time_zone)
    marks = [mark for mark in root.iter() if _tag(mark) == "Placemark"]
    for number, mark in enumerate(marks, 1):
        name = next(((item.text or "").strip() for item in mark if _tag(item) == "name"), "")
        pieces = [item for item in mark.iter() if _tag(item) in ("Track", "LineString")]
        file.others.update({_tag(item): None for item in mark.iter() if _tag(item) in ("Point", "Polygon")})
        for segment, piece in enumerate(pieces, 1):
            if _tag(piece) == "LineString":
                text = next((item.text or "" for item in piece if _tag(item) == "coordinates"), "")
                rows, times = [row.split(",") for row in text.split()], None
            else:
                rows = [(item.text or "").split() for item in piece if _tag(item) == "coord"]
                times = [(item.text or "").strip() for item in piece if _tag(item) == "when"]
            file.add(rows, times, (number, segment, name))
    return file.parts()


def geojson_parts(path: Path, table: str, time_zone: str) -> list[Part]:
    """Read the lines of a GeoJSON file, each with the moments that its properties give (see ``TIMES``), if any.

    Raises
    ------
    InputError
        It is no JSON, holds no line, or a line has not one moment for each point.
    """
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as e:
        raise InputError(errors.error("file-broken", table, detail=str(e)[:200])) from e
    file = _File(table, time_zone)
    for number, (shape, said) in enumerate(_features(content), 1):
        kind, rows = str(shape.get("type", "")), shape.get("coordinates")
        if kind not in ("LineString", "MultiLineString") or not isinstance(rows, list):
            file.others[kind] = None
            continue
        name = next((str(said[key]).strip() for key in _NAMES if said.get(key)), "")
        moments = _moments(said)
        several = rows if kind == "MultiLineString" else [rows]
        nested: list[Any] = [moments]
        if kind == "MultiLineString" and moments is not None and all(isinstance(item, list) for item in moments):
            nested = moments
        for segment, piece in enumerate(several, 1):
            own = None if moments is None else nested[segment - 1] if segment <= len(nested) else []
            file.add(piece, own, (number, segment, name))
    return file.parts()


READERS: dict[str, Callable[[Path, str, str], list[Part]]] = {
    ".kml": kml_parts,
    ".geojson": geojson_parts,
    ".json": geojson_parts,
}
"""Ending → what reads its tracks: file, its name for findings, time zone of moments that do not name one."""


def _tag(item: ET.Element) -> str:
    """Return a tag without its namespace: the same names stand in KML 2.3 and in Google's extension of 2.2."""
    return item.tag.rsplit("}", 1)[-1]


def _features(content: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Return geometry and properties of each feature of a collection, of a feature, or of a bare geometry."""
    rows = content.get("features") if isinstance(content, dict) and "features" in content else [content]
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            shape, said = row.get("geometry", row), row.get("properties")
            yield (shape if isinstance(shape, dict) else {}), (said if isinstance(said, dict) else {})


def _moments(said: dict[str, Any]) -> list[Any] | None:
    """Return the moments that a line's properties give, None where they give none."""
    deeper = said.get("coordinateProperties")
    for own in (said, deeper if isinstance(deeper, dict) else {}):
        for key in TIMES:
            if isinstance(own.get(key), list):
                return list(own[key])
    return None


def _place(row: Any) -> tuple[float, float]:
    try:
        return float(row[0]), float(row[1])
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        return float("nan"), float("nan")


def _moment(value: Any, time_zone: str) -> Any:
    """Return a moment in UTC, NaT where it cannot be read: one without a time zone is the area's own time."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return pd.Timestamp(value, unit="ms" if abs(value) > _MILLISECONDS else "s", tz="UTC")
        found: Any = pd.Timestamp(str(value)) if value else pd.NaT
        if found is not pd.NaT and found.tzinfo is None:
            found = found.tz_localize(time_zone, ambiguous="NaT", nonexistent="NaT")
        return found if found is pd.NaT else found.tz_convert("UTC").as_unit("ns")
    except (ValueError, OverflowError, TypeError):
        return pd.NaT
