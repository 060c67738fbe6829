"""One surveyed line, and the places that a table may name instead of coordinates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from circles.foundation import nearest_word
from circles.foundation.types import F64
from circles.inputs.readers import cells


@dataclass(frozen=True)
class Surveyed:
    """A line that somebody walked with a receiver, or a row of a table.

    Attributes
    ----------
    file, row, id, name : where it stands; a track's row is its number in the file
    lon_lat : (k, 2) its vertices, WGS 84; of a row of a table the two ends alone
    day : when it was surveyed, None where nobody said
    is_track : walked with a receiver, so that its course is known and not only its ends
    highway : ``steps``, ``footway`` or what else a row says; '' = not said
    is_gone : the row says that one cannot walk there any more
    steps, width_m, length_m : as counted or measured, NaN = not said
    source : who surveyed, or with what
    """

    file: str
    row: int
    id: str
    name: str
    lon_lat: F64
    day: dt.date | None
    is_track: bool
    highway: str = ""
    is_gone: bool = False
    steps: float = float("nan")
    width_m: float = float("nan")
    length_m: float = float("nan")
    source: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a track that was recorded without a break.

    Attributes
    ----------
    track, segment : number of the track in its file, of the piece in the track; both count from 1
    name : of the track
    lon_lat : (k, 2) its points in the order of the file, WGS 84
    time : (k,) when each was reached, in UTC; NaT = not said
    """

    track: int
    segment: int
    name: str
    lon_lat: F64
    time: pd.Series


@dataclass(frozen=True)
class Named:
    """Places with an id or a name: facilities and villages.

    ``by_word`` maps a word, as cells are compared, to the distinct ``(id, lon, lat)`` that bear it.
    """

    by_word: dict[str, tuple[tuple[str, float, float], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, places: Iterable[tuple[str, str, float, float]]) -> Named:
        """Return the places given as ``(id, name, lon, lat)``."""
        found: dict[str, dict[tuple[str, float, float], None]] = {}
        for id_, name, lon, lat in places:
            for word in {cells.plain(id_), cells.plain(name)} - {""}:
                found.setdefault(word, {})[id_, lon, lat] = None
        return cls({word: tuple(own) for word, own in found.items()})

    def near(self, text: str) -> str:
        """Return the word most like a text."""
        return nearest_word.near(text, list(self.by_word))
