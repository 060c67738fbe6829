"""Places that stand in one cell, ``122.44,30.71`` or ``POINT (122.44 30.71)`` → the columns lon and lat, or x and y."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.inputs.readers import cells, degrees
from circles.inputs.readers.titles import datum_of

_LAT_FIRST = ("纬经", "纬度经度", "纬度,经度", "latlon", "latlng", "lat,lon", "lat,lng", "latitude,longitude")
_LON_FIRST = ("经纬", "经度纬度", "经度,纬度", "lonlat", "lnglat", "lon,lat", "lng,lat", "longitude,latitude")


@dataclass(frozen=True)
class Split:
    """The column that held the places, the two columns it becomes, the datum its title names, and what to report."""

    title: str
    columns: dict[str, list[str]]
    datum: str
    findings: tuple[Finding, ...]


def split(others: Mapping[str, Sequence[str]], rows: Sequence[int], file: str) -> Split | None:
    """Return the one column of a table that holds places, taken apart; None where there is none.

    The order of the two numbers is given by their size where one is beyond 90, by the form (WKT is x first), or by the
    title; where it stays unknown the finding is an error.
    """
    for title, column in others.items():
        pairs = [degrees.pair(text) if text else None for text in column]
        filled = sum(1 for text in column if text)
        if not filled or 2 * sum(item is not None for item in pairs) <= filled:
            continue
        return _columns(title, column, pairs, rows, file)
    return None


def _columns(
    title: str, column: Sequence[str], pairs: list[tuple[float, float, str] | None], rows: Sequence[int], file: str
) -> Split:
    key = cells.plain(title).casefold().replace("、", ",").replace("/", ",").replace(" ", "")
    order = "lat" if any(w in key for w in _LAT_FIRST) else "lon" if any(w in key for w in _LON_FIRST) else ""
    said = {item[2] for item in pairs if item is not None} - {""}
    is_metric = "metres" in said
    names = ("x", "y") if is_metric else ("lon", "lat")
    if not order and len(said) == 1:
        order = next(iter(said))
    first: list[str] = []
    second: list[str] = []
    found: list[Finding] = []
    for text, item, row in zip(column, pairs, rows, strict=True):
        if item is None:  # the reader of coordinates says that there are none, or that they are no numbers
            first.append(text)
            second.append(text)
            continue
        a, b, own = item
        own = own or order
        if not own and not found:
            found.append(errors.error("coordinates-order", file, row, column=title, value=text[:60]))
        east, north = (b, a) if own == "lat" else (a, b)
        first.append(repr(east))
        second.append(repr(north))
    if not found:
        found.append(errors.info("coordinates-split", file, column=title, first=names[0], second=names[1]))
    return Split(title, dict(zip(names, (first, second), strict=True)), datum_of(title), tuple(found))
