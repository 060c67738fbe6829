"""Downloads from OpenStreetMap: a place, polygon or box → tiles of OSM XML in a cache → one extract file.

The extract is then read like any other file, by the same rules and with the same node ids. Each tile is kept as soon as
it is complete, so that an interrupted download goes on where it stopped. The requests are our own: OSMnx repeats a
refused request for ever, 55 seconds apart, and rewires name resolution for the whole process while it does.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import requests
import shapely
from shapely.geometry import box as box_of
from shapely.geometry import shape as shape_of
from urllib3.exceptions import HTTPError

from circles.foundation import atomic, errors
from circles.foundation.errors import DownloadError
from circles.foundation.version import __version__
from circles.inputs.osm.child import ordered
from circles.inputs.osm.extract import read_streets

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    from circles.foundation.errors import Finding
    from circles.foundation.schema.tables import Streets

T = TypeVar("T")
TILE_DEG = 0.25
"""Side of a tile; tiles lie on one grid for the whole world, so that neighbouring areas share them."""
MAX_TILES = 200
_BUSY = frozenset({429, 500, 502, 503, 504})
_MAX_BYTES = 2**31
_SLOT = re.compile(r"in (\d+) seconds")
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Server:
    """Where and how to ask.

    Attributes
    ----------
    overpass_url, nominatim_url : base addresses (``…/api`` and the geocoder's root)
    timeout_s : seconds without an answer after which an attempt has failed; also sent to the server
    attempts : attempts per tile
    pause_s : pause after the first failure; doubles each time
    max_pause_s : no pause is longer, whatever the server asks for
    """

    overpass_url: str = "https://overpass-api.de/api"
    nominatim_url: str = "https://nominatim.openstreetmap.org"
    timeout_s: float = 180.0
    attempts: int = 5
    pause_s: float = 5.0
    max_pause_s: float = 90.0


class _FailedError(Exception):
    """An attempt failed; ``pause_s`` is what the server asks to wait, ``is_final`` says that repeating is no use."""

    def __init__(self, detail: str, *, pause_s: float = 0.0, is_final: bool = False) -> None:
        super().__init__(detail)
        self.pause_s = pause_s
        self.is_final = is_final


def default_cache() -> Path:
    """Return the user's cache folder for tiles."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "circles" / "osm"


def download_streets(
    where: str | BaseGeometry | tuple[float, float, float, float],
    *,
    crs: str,
    cache: Path | None = None,
    server: Server | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Streets, tuple[Finding, ...]]:
    """Download the streets of a place name, polygon, or box, over the Overpass API.

    Every component, every way with ``highway`` and ferries are kept: the walking rules are applied per walker. Whole
    tiles are read, so streets continue beyond the requested extent.

    Parameters
    ----------
    where : name for the geocoder, polygon in degrees, or (west, south, east, north) in degrees
    crs : metric CRS of the result
    cache : folder of downloaded tiles; the user's cache folder where None
    server : addresses, waiting times and attempts; the public servers where None
    progress : called with (tiles done, tiles)

    Raises
    ------
    DownloadError
        No answer within the attempts allowed, an unknown place, an extent too large; names the file to use instead.
    InputError
        The downloaded data hold no street.
    """
    server = server or Server()
    cache = cache or default_cache()
    shape = place_shape(where, cache=cache, server=server) if isinstance(where, str) else where
    outline = box_of(*shape) if isinstance(shape, tuple) else shape
    tiles = _tiles(outline)
    files = [
        _tile(number, len(tiles), tile, cache=cache, server=server, progress=progress)
        for number, tile in enumerate(tiles, 1)
    ]
    with tempfile.TemporaryDirectory(prefix="circles-", ignore_cleanup_errors=True) as folder:
        return read_streets(_merged(files, Path(folder)), crs=crs)


def place_shape(name: str, *, cache: Path, server: Server) -> BaseGeometry:
    """Return the polygon of a place name by the geocoder Nominatim, in degrees (cached).

    Raises
    ------
    DownloadError
        The place is unknown or no area, or the geocoder does not answer.
    """
    file = cache / f"place-{_digest(server.nominatim_url, name)}.geojson"
    if file.is_file():
        return shapely.from_geojson(file.read_text(encoding="utf-8"))
    parameters = {"q": name, "format": "jsonv2", "polygon_geojson": "1", "limit": "10"}

    def ask() -> BaseGeometry:
        response = _ask("GET", server.nominatim_url.rstrip("/") + "/search", server, params=parameters)
        try:
            shapes = [shape_of(item["geojson"]) for item in response.json()]
        except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as e:
            raise _FailedError(f"{type(e).__name__}") from e
        areas = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon")]
        if not areas:
            raise _FailedError("–", is_final=True)
        return areas[0]

    try:
        shape = _persistently(ask, server)
    except _FailedError as e:
        raise DownloadError(errors.error("download-no-place", id=name, place=name, detail=str(e))) from e
    _keep(file, shapely.to_geojson(shape).encode())
    return shape


def _tiles(outline: BaseGeometry) -> list[tuple[float, float, float, float]]:
    """Return the tiles of the world's grid that the outline touches, south-west first."""
    west, south, east, north = np.asarray(outline.bounds) / TILE_DEG
    if not np.isfinite([west, south, east, north]).all() or (east - west) * (north - south) > 100 * MAX_TILES:
        raise DownloadError(errors.error("download-too-large", tiles="?", limit=MAX_TILES))
    tiles = [
        (x * TILE_DEG, y * TILE_DEG, (x + 1) * TILE_DEG, (y + 1) * TILE_DEG)
        for y in range(int(np.floor(south)), int(np.floor(north)) + 1)
        for x in range(int(np.floor(west)), int(np.floor(east)) + 1)
    ]
    touched = [tile for tile in tiles if outline.intersects(box_of(*tile))]
    if len(touched) > MAX_TILES:
        raise DownloadError(errors.error("download-too-large", tiles=len(touched), limit=MAX_TILES))
    return touched


def _tile(
    number: int,
    tiles: int,
    tile: tuple[float, float, float, float],
    *,
    cache: Path,
    server: Server,
    progress: Callable[[int, int], None] | None,
) -> Path:
    """Return the file of a tile, from the cache or the server."""
    west, south, east, north = tile
    ways = "".join(f"way{only}({south},{west},{north},{east});" for only in ('["highway"]', '["route"="ferry"]'))
    query = f"[out:xml][timeout:{server.timeout_s:.0f}];({ways});(._;>;);out meta;"
    file = cache / f"tile-{_digest(server.overpass_url, ways)}.osm"
    if not file.is_file():
        try:
            _keep(file, _persistently(lambda: _asked(query, server), server))
        except _FailedError as e:
            raise DownloadError(
                errors.error(
                    "download-no-answer",
                    server=server.overpass_url,
                    tile=number,
                    tiles=tiles,
                    done=number - 1,
                    detail=str(e),
                )
            ) from e
    if progress is not None:
        progress(number, tiles)
    return file


def _asked(query: str, server: Server) -> bytes:
    """Return the server's answer: whole, and free of remarks that say that it ran out of time or memory."""
    response = _ask("POST", server.overpass_url.rstrip("/") + "/interpreter", server, data={"data": query})
    content = response.content
    if not content.rstrip().endswith(b"</osm>"):
        raise _FailedError("incomplete answer")
    remark = re.search(rb"<remark>(.*?)</remark>", content[-2000:], re.DOTALL)
    if remark:
        raise _FailedError(remark[1].decode("utf-8", "replace").strip()[:200])
    return content


def _ask(method: str, url: str, server: Server, **arguments: Any) -> requests.Response:
    headers = {"User-Agent": f"circles/{__version__}", "Accept-Language": "zh,en"}
    deadline = monotonic() + 2 * server.timeout_s
    try:
        with requests.request(
            method, url, headers=headers, timeout=server.timeout_s, stream=True, **arguments
        ) as response:
            body = bytearray()
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                body += piece
                if len(body) > _MAX_BYTES or monotonic() > deadline:
                    raise _FailedError("answer too long", is_final=len(body) > _MAX_BYTES)
            response._content = bytes(body)  # noqa: SLF001 - what .content and .json() read once the stream is used up
    except (requests.RequestException, HTTPError) as e:
        raise _FailedError(f"{type(e).__name__}") from e
    if response.status_code in _BUSY:
        raise _FailedError(f"HTTP {response.status_code}", pause_s=_wished_pause(response, server))
    if not response.ok:
        raise _FailedError(f"HTTP {response.status_code}", is_final=True)
    return response


def _wished_pause(response: requests.Response, server: Server) -> float:
    """Return how long the server asks us to wait: Retry-After, else its status page after a 429, else 0."""
    wished = response.headers.get("Retry-After", "")
    if wished.isdigit():
        return float(wished)
    if response.status_code != 429:
        return 0.0
    try:
        status = requests.get(server.overpass_url.rstrip("/") + "/status", timeout=min(10.0, server.timeout_s))
    except requests.RequestException:
        return 0.0
    slots = [int(seconds) for seconds in _SLOT.findall(status.text[:5000])]
    return float(min(slots)) + 1.0 if slots else 0.0


def _persistently(ask: Callable[[], T], server: Server) -> T:
    pause_s = server.pause_s
    for attempt in range(1, server.attempts + 1):
        try:
            return ask()
        except _FailedError as e:
            if e.is_final or attempt == server.attempts:
                raise
            sleep(min(server.max_pause_s, max(pause_s, e.pause_s)))
            pause_s *= 2
    raise _FailedError("no attempt allowed", is_final=True)


def _merged(files: list[Path], folder: Path) -> Path:
    """Return one extract of all tiles: every object once, in order."""
    target = folder / "download.osm.pbf"
    order = {"do": "osm-merge", "files": [str(file) for file in files], "target": str(target)}
    size = sum(file.stat().st_size for file in files)
    ordered(order, name="OpenStreetMap", file=files[0], folder=folder, size_bytes=size)
    return target


def _keep(file: Path, content: bytes) -> None:
    """Write a cache file atomically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_file(file, content)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
