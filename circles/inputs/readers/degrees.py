"""Degrees as people write them → decimal degrees; places written into one cell → two numbers."""

from __future__ import annotations

import json
import math
import re
import struct
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
_HEX = re.compile(r"0[01](?:[0-9a-f]{2}){20,40}", re.IGNORECASE)
_COMMA = re.compile(r"([+-]?\d+),(\d+)")
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


def dotted(value: float) -> float | None:
    """Return decimal degrees of a number that packs minutes and seconds behind its point, ddd.mmsss; None where it cannot."""
    size = abs(value)
    degrees, rest = divmod(round(size * 1e4, 4), 1e4)
    minutes, seconds = divmod(rest, 100)
    if not math.isfinite(size) or minutes >= 60 or seconds >= 60:
        return None
    return math.copysign(degrees + minutes / 60 + seconds / 3600, value)


def with_point(text: str) -> str | None:
    """Return a number written with a decimal comma (122,4421) with its point; None for other texts."""
    match = _COMMA.fullmatch(plain(text)[:_LONGEST])
    return f"{match[1]}.{match[2]}" if match else None


def packed(value: float, *, limit: float, seconds: bool = True) -> float | None:
    """Return decimal degrees of a number that packs degrees, minutes and seconds, dddmmss.s; None where it cannot.

    ``limit`` is 180 for a longitude and 90 for a latitude. Without ``seconds`` the number is dddmm.mmm, as receivers
    of satellite positions write it.
    """
    size = abs(value) * (1 if seconds else 100)
    if not math.isfinite(size) or not 10_000 <= size < 1_810_000:
        return None
    degrees, rest = divmod(size, 10_000)
    minutes, parts = divmod(rest, 100)
    share = parts / 3600 if seconds else parts / 6000
    found = degrees + minutes / 60 + share
    return math.copysign(found, value) if minutes < 60 and (parts < 60 or not seconds) and found <= limit else None


def pair(text: str) -> tuple[float, float, str] | None:
    """Return the two numbers of a place in one cell, and ``lon`` where the first must be it, ``lat``, or ''.

    ``122.44,30.71``, ``(30.71; 122.44)``, ``POINT (122.44 30.71)`` and GeoJSON points are read; None for other texts.
    """
    short = plain(text)[:_LONGEST]
    if not short or len(text) > _LONGEST:
        return None
    if point := _written(short) or _binary(short):
        return *point, "lon" if max(map(abs, point)) <= 360 else "metres"
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


def _binary(text: str) -> tuple[float, float] | None:
    """Return a point in hexadecimal WKB or EWKB, as PostGIS exports it."""
    if not _HEX.fullmatch(text):
        return None
    raw = bytes.fromhex(text)
    order = "<" if raw[0] else ">"
    (kind,) = struct.unpack(f"{order}I", raw[1:5])
    start = 9 if kind & 0x20000000 else 5
    if (kind & 0xFFFFFF) % 1000 != 1 or len(raw) < start + 16:
        return None
    x, y = struct.unpack(f"{order}2d", raw[start : start + 16])
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


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
