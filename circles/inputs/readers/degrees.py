"""Degrees as people write them → decimal degrees; places written into one cell → two numbers."""

from __future__ import annotations

import json
import math
import re
import unicodedata

import shapely

_DIRECTION = r"东经|西经|北纬|南纬|经度|纬度|[EWSN东西南北]"
_DECIMAL = re.compile(
    rf"^(?P<pre>{_DIRECTION})?\s*[:=]?\s*(?P<n>[+-]?\d{{1,3}}(?:\.\d+)?)\s*(?:°|度|deg(?:rees?)?)?\s*(?P<side>{_DIRECTION})?$",
    re.IGNORECASE,
)
_SEXAGESIMAL = re.compile(
    rf"^(?P<pre>{_DIRECTION})?\s*[:=]?\s*(?P<sign>[+-]?)(?P<d>\d{{1,3}})\s*[°度:\-\s]\s*(?P<m>\d{{1,2}}(?:\.\d+)?)"
    r"\s*[′'’`分:\-\s]?\s*"
    rf"(?:(?P<s>\d{{1,2}}(?:\.\d+)?)\s*(?:[″\"”秒]|''|′′|’’)?)?\s*(?P<side>{_DIRECTION})?$",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"^(?:point)?\s*[(\[{]?\s*([+-]?\d{1,9}(?:\.\d{1,15})?)(?:\s*[,;/|、]\s*|\s+)([+-]?\d{1,9}(?:\.\d{1,15})?)\s*[)\]}]?$",
    re.IGNORECASE,
)
_LONGEST = 120
_AXES = {
    "e": "lon",
    "w": "lon",
    "东": "lon",
    "西": "lon",
    "经": "lon",
    "n": "lat",
    "s": "lat",
    "北": "lat",
    "南": "lat",
    "纬": "lat",
}


def decimal(text: str) -> tuple[float, str] | None:
    """Return decimal degrees with a letter, a word or a mark (E 122.4, 122.4°N, 东经122.4度), and their axis.

    The axis is ``lon``, ``lat`` or '' where nothing says it; None where ``text`` is no such number.
    """
    match = _DECIMAL.match(plain(text)[:_LONGEST])
    if match is None:
        return None
    axis, sign = _direction(match["pre"], match["side"])
    if axis is None or (sign < 0 and match["n"].startswith("-")):
        return None
    return sign * float(match["n"]), axis


def sexagesimal(text: str) -> float | None:
    """Return decimal degrees of degrees, minutes and seconds, else None.

    122°27′18″E, 122度27分18秒, 122 27 18, 122-27-18, 122:27:18 and 122°27.3′ are read.
    """
    match = _SEXAGESIMAL.match(plain(text)[:_LONGEST])
    if match is None:
        return None
    axis, sign = _direction(match["pre"], match["side"])
    if axis is None:
        return None
    return _summed(match["d"], match["m"], match["s"] or "0", -sign if match["sign"] == "-" else sign)


def packed(value: float, *, limit: float) -> float | None:
    """Return decimal degrees of a number that packs degrees, minutes and seconds, dddmmss.s; None where it cannot.

    ``limit`` is 180 for a longitude and 90 for a latitude.
    """
    size = abs(value)
    if not math.isfinite(size) or not 10_000 <= size < 1_810_000:
        return None
    degrees, rest = divmod(size, 10_000)
    minutes, seconds = divmod(rest, 100)
    found = degrees + minutes / 60 + seconds / 3600
    return math.copysign(found, value) if minutes < 60 and seconds < 60 and found <= limit else None


def pair(text: str) -> tuple[float, float, str] | None:
    """Return the two numbers of a place in one cell, and ``lon`` where the first must be it, ``lat``, or ''.

    ``122.44,30.71``, ``(30.71; 122.44)``, ``POINT (122.44 30.71)`` and GeoJSON points are read; None for other texts.
    """
    short = plain(text)[:_LONGEST]
    if not short or len(text) > _LONGEST:
        return None
    if point := _written(short):
        return *point, "lon"
    match = _PAIR.match(short)
    if match is None:
        return None
    a, b = float(match[1]), float(match[2])
    if "." not in match[1] and "." not in match[2]:
        return None  # two whole numbers are a range or a fraction, no place
    if abs(a) > 360 or abs(b) > 360:
        return a, b, "metres"
    return a, b, "lon" if abs(a) > 90 >= abs(b) else "lat" if abs(b) > 90 >= abs(a) else ""


def _written(text: str) -> tuple[float, float] | None:
    """Return a point in WKT, EWKT or GeoJSON."""
    lower = text.casefold()
    try:
        if lower.startswith(("point", "srid=")):
            point = shapely.from_wkt(text.partition(";")[2] if lower.startswith("srid") else text)
        elif lower.startswith("{") and '"point"' in lower:
            point = shapely.geometry.shape(json.loads(text))
        else:
            return None
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if point is None or point.geom_type != "Point" or point.is_empty:
        return None
    return float(point.x), float(point.y)


def _direction(*texts: str | None) -> tuple[str | None, float]:
    """Return axis and sign that letters or words say; no axis (None) where they contradict each other."""
    axis, sign = "", 1.0
    for text in texts:
        if not text:
            continue
        letters = text.casefold()
        own = _AXES[letters[-1]] if letters[-1] in ("经", "纬") else _AXES.get(letters[0], "")
        if letters in ("经度", "纬度"):
            own = _AXES[letters[0]]
        if axis and own != axis:
            return None, sign
        axis = own
        sign = -1.0 if letters[0] in ("w", "s", "西", "南") else sign
    return axis, sign


def _summed(degrees: str, minutes: str, seconds: str, sign: float) -> float | None:
    d, m, s = float(degrees), float(minutes), float(seconds)
    return sign * (d + m / 60 + s / 3600) if d <= 180 and m < 60 and s < 60 else None


def plain(text: str) -> str:
    """Return ``text`` in its usual width, without the space around it; the marks of minutes stay as they are."""
    if text.isascii():
        return text.strip()
    kept = (
        text.replace("″", '"')
        .replace("′", "'")
        .replace("º", "°")
        .replace("˚", "°")
        .replace("−", "-")
        .replace("－", "-")
    )
    return unicodedata.normalize("NFKC", kept).replace("\u200b", "").replace("\ufeff", "").strip()
