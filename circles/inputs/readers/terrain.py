"""Terrain: GeoTIFF and SRTM tiles → heights in metres at points, NaN where nothing is known and never zero.

A height is interpolated bilinearly between the centres of the four cells around the point; samples of an ``.hgt`` lie
on the nodes of its grid, as SRTM defines them. Where several rasters are given, the first that knows the height wins,
and the seam of half a cell between tiles side by side is bridged with the cells of both.

A GeoTIFF is recognised by its first bytes, opened with its driver by name and without files beside it, and read only in the
windows that points fall into, so that its declared size costs nothing.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
from affine import Affine

from circles.foundation import errors
from circles.foundation.crs import WGS84, between, projected
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64, I64
from circles.inputs.guards.archives import is_endless
from circles.inputs.guards.child import reading
from circles.inputs.readers import raw

HIGHEST_M = 8850.0
"""No ground is higher; a raster that is may be in feet."""
LOWEST_M = -12_000.0
"""No ground or sea floor is lower; such values stand for "no data", declared or not."""
MAX_BLOCK_CELLS = 2**26
"""A raster whose single block is larger is refused: reading one cell would unfold all of it."""
WEIGHT_EPS = 1e-6
"""A point this close (in cells) to a row or column of centres lies on it: the cells beyond are not asked."""
STEEP_SHARE = 0.25
"""A raster where more of the uneven ground than this is steeper than 45° is suspected to be in feet."""
METRES_PER_DEGREE = 111_320.0

_SIDE = 512
_SAMPLES = 4
_KEPT = 16  # windows kept, 2 MB each: heights along the same streets are asked for more than once
_HGT_SIDES = {2 * side * side: side for side in (1201, 3601)}
_HGT_VOID = -32768
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FEET = {
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "international foot": 0.3048, "us survey foot": 1200 / 3937,
    "us-ft": 1200 / 3937, "ftus": 1200 / 3937, "foot_us": 1200 / 3937, "us survey feet": 1200 / 3937,
}  # fmt: skip
_METRES = {"", "m", "metre", "meter", "metres", "meters", "米"}


@dataclass(frozen=True)
class Tile:
    """One raster: where its cell centres lie, and its values.

    ``to_grid`` is the 2 × 3 matrix from coordinates in ``crs`` to (column, row), whole at cell centres. A GeoTIFF keeps
    ``path`` and is read when asked; an ``.hgt`` keeps ``values``. ``windows`` read are kept by all tiles of a terrain.
    """

    name: str
    crs: pyproj.CRS
    to_grid: F64
    n_rows: int
    n_columns: int
    path: Path | None = None
    has_void: bool = False
    values: npt.NDArray[np.int16] | None = None
    scale: float = 1.0
    offset: float = 0.0
    windows: dict[tuple[Path | None, int, int], F64] = field(default_factory=dict, compare=False, repr=False)

    def cells(self, row: I64, column: I64) -> F64:
        """Return heights of cells inside the raster in metres, NaN where void."""
        if self.values is not None:
            found = self.values[row, column].astype(np.float64)
            found[found == _HGT_VOID] = np.nan
            return found
        found = np.full(row.size, np.nan)
        block = (row // _SIDE) * (self.n_columns // _SIDE + 1) + column // _SIDE
        order = np.argsort(block, kind="stable")
        starts = np.flatnonzero(np.diff(block[order], prepend=-1))
        for where in np.split(order, starts[1:]) if order.size else []:
            top, left = int(row[where[0]]) // _SIDE * _SIDE, int(column[where[0]]) // _SIDE * _SIDE
            if (window := self.windows.get((self.path, top, left))) is None:
                window = self._window(top, left)
                if len(self.windows) < _KEPT:
                    self.windows[self.path, top, left] = window
            found[where] = window[row[where] - top, column[where] - left]
        return found * self.scale + self.offset

    def _window(self, top: int, left: int) -> F64:
        """Return one window of the raster as float64, NaN where void, before scale and offset."""
        values = _asked(self.path, self.name, (self.n_rows, self.n_columns), (top, left), is_masked=True)
        values[~np.isfinite(values) | (values < LOWEST_M) | ((values == -9999) & (not self.has_void))] = np.nan
        return values

    def around(self, xy: F64) -> tuple[I64, I64, F64]:
        """Return row, column and weight, each (n, 4), of the cells around points given in the tile's CRS."""
        with np.errstate(invalid="ignore"):
            grid = np.clip(np.nan_to_num(xy @ self.to_grid[:, :2].T + self.to_grid[:, 2], nan=-9e9), -9e9, 9e9)
        nearest = np.round(grid)
        grid = np.where(np.abs(grid - nearest) < WEIGHT_EPS, nearest, grid)
        whole = np.floor(grid)
        part = grid - whole
        column = whole[:, [0]].astype(np.int64) + np.array([0, 1, 0, 1])
        row = whole[:, [1]].astype(np.int64) + np.array([0, 0, 1, 1])
        across = np.stack([1 - part[:, 0], part[:, 0]], axis=1)[:, [0, 1, 0, 1]]
        down = np.stack([1 - part[:, 1], part[:, 1]], axis=1)[:, [0, 0, 1, 1]]
        return row, column, across * down

    def holds(self, row: I64, column: I64) -> npt.NDArray[np.bool_]:
        """Return which cells lie inside the raster."""
        return (row >= 0) & (row < self.n_rows) & (column >= 0) & (column < self.n_columns)

    def centres(self, row: I64, column: I64) -> F64:
        """Return where cell centres lie, inside the raster or not, in the tile's CRS."""
        grid = np.stack([column, row], axis=1) - self.to_grid[:, 2]
        return np.asarray(np.linalg.solve(self.to_grid[:, :2], grid.T).T)


@dataclass(frozen=True)
class Terrain:
    """Heights of the ground, from one raster or several.

    Attributes
    ----------
    tiles : the rasters in the order given
    findings : what is doubtful about them, never an error
    """

    tiles: tuple[Tile, ...]
    findings: tuple[Finding, ...] = ()

    @reading()
    def heights(self, xy: F64, *, crs: str) -> F64:
        """Return the height of the ground at points.

        Parameters
        ----------
        xy : (n, 2) coordinates in ``crs``, x (or longitude) first
        crs : their coordinate system, anything PROJ knows

        Returns
        -------
        (n,) float64 metres above the raster's datum; NaN outside, where one of the cells used is void, and for
        points that are not finite

        Raises
        ------
        InputError
            A raster turns out to be damaged where it is read.
        """
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        here = pyproj.CRS.from_user_input(crs)
        out = _from_single_tiles(self.tiles, xy, here)
        for tile in self.tiles if len(self.tiles) > 1 else ():
            todo = np.flatnonzero(np.isnan(out) & np.isfinite(xy).all(axis=1))
            if todo.size:
                out[todo] = _over_seams(tile, self.tiles, _transformed(xy[todo], here, tile.crs))
        return out


def _from_single_tiles(tiles: Sequence[Tile], xy: F64, crs: pyproj.CRS) -> F64:
    """Return heights of points all of whose cells lie in one tile: the first that knows them."""
    out = np.full(len(xy), np.nan)
    for tile in tiles:
        todo = np.flatnonzero(np.isnan(out) & np.isfinite(xy).all(axis=1))
        row, column, weight = tile.around(_transformed(xy[todo], crs, tile.crs))
        used = weight > 0
        whole = np.asarray((tile.holds(row, column) | ~used).all(axis=1))
        ask = used & whole[:, None]
        value = np.zeros(row.shape)
        value[ask] = tile.cells(row[ask], column[ask]) * weight[ask]
        out[todo] = np.where(whole, value.sum(axis=1), np.nan)
    return out


def _over_seams(tile: Tile, tiles: Sequence[Tile], xy: F64) -> F64:
    """Return heights of points at the edge of ``tile``, in whose CRS they are given, with cells of the other tiles."""
    row, column, weight = tile.around(xy)
    used = weight > 0
    inside = tile.holds(row, column) & used
    near = np.asarray(inside.any(axis=1))
    own, beyond = inside & near[:, None], used & ~inside & near[:, None]
    value = np.zeros(row.shape)
    value[own] = tile.cells(row[own], column[own])
    centres = tile.centres(row[beyond], column[beyond])
    value[beyond] = _from_single_tiles([other for other in tiles if other is not tile], centres, tile.crs)
    return np.where(near, (value * weight).sum(axis=1), np.nan)


@reading()
def read_terrain(paths: Sequence[Path]) -> Terrain:
    """Read rasters of heights: GeoTIFF in any CRS, SRTM ``.hgt`` and ``.hgt.zip``.

    Raises
    ------
    InputError
        Missing, unknown, truncated or corrupt files, or rasters without CRS or position; all of them at once.
    """
    tiles: list[Tile] = []
    windows: dict[tuple[Path | None, int, int], F64] = {}
    found: list[Finding] = []
    for path in map(Path, paths):
        try:
            tile, doubts = _read_tile(path)
        except InputError as e:
            found.extend(e.findings)
        else:
            tiles.append(replace(tile, windows=windows))
            found.extend(doubts)
    if any(item.severity == "error" for item in found):
        raise InputError(found)
    return Terrain(tuple(tiles), tuple(found))


def _read_tile(path: Path) -> tuple[Tile, list[Finding]]:
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except FileNotFoundError as e:
        raise InputError(errors.error("terrain-missing", path.name, path=path.name)) from e
    except OSError as e:
        raise _unreadable(path.name, e.strerror or e) from e
    if head in _TIFF_MAGIC:
        return _read_tiff(path)
    if head == b"PK\3\4":
        return _read_zip(path)
    if path.suffix.lower() == ".hgt":
        size = path.stat().st_size
        if size not in _HGT_SIDES:
            raise InputError(errors.error("terrain-hgt-size", path.name, size=size))
        return _hgt_tile(path.read_bytes(), path.name, path.name)
    raise InputError(errors.error("terrain-unknown-format", path.name))


def _read_zip(path: Path) -> tuple[Tile, list[Finding]]:
    """Read the one .hgt of an archive into memory, never more than a tile's bytes, never to a path of its choosing."""
    try:
        if is_endless(path):
            raise InputError(errors.error("archive-bomb", path.name, size=path.stat().st_size))
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.lower().endswith(".hgt")]
            if len(members) != 1:
                raise InputError(errors.error("terrain-zip-members", path.name, count=len(members)))
            if members[0].file_size not in _HGT_SIDES:
                raise InputError(errors.error("terrain-hgt-size", path.name, size=members[0].file_size))
            with archive.open(members[0]) as file:
                data = file.read(members[0].file_size + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as e:
        if isinstance(e, InputError):
            raise
        raise _unreadable(path.name, e) from e
    inner = members[0].filename.replace("\\", "/").rpartition("/")[2]
    return _hgt_tile(data, inner if _HGT_NAME.match(inner) else path.name, path.name)


def _hgt_tile(data: bytes, name: str, file: str) -> tuple[Tile, list[Finding]]:
    """Return an SRTM tile: rows from north to south, big-endian, its south-west corner in its name."""
    side = _HGT_SIDES.get(len(data))
    if side is None:
        raise InputError(errors.error("terrain-hgt-size", file, size=len(data)))
    match = _HGT_NAME.match(name)
    if match is None:
        raise InputError(errors.error("terrain-hgt-name", file, name=name))
    south = int(match[2]) * (1 if match[1].upper() == "N" else -1)
    west = int(match[4]) * (1 if match[3].upper() == "E" else -1)
    values = np.frombuffer(data, dtype=">i2").reshape(side, side).astype(np.int16)
    step = side - 1
    to_grid = np.array([[step, 0.0, -west * step], [0.0, -step, (south + 1) * step]], dtype=np.float64)
    tile = Tile(file, pyproj.CRS.from_epsg(4326), to_grid, side, side, values=values)
    heights = np.where(values == _HGT_VOID, np.nan, values)
    return tile, _doubts(tile, [heights], METRES_PER_DEGREE / step)


def _asked(path: Path | None, name: str, shape: tuple[int, int], corner: tuple[int, int], *, is_masked: bool) -> F64:
    """Return the window at a corner (top, left) of a raster of this shape."""
    if path is None:
        raise TypeError("a tile in memory has no windows to read")
    (top, left), (n_rows, n_columns) = corner, shape
    window = top, left, min(_SIDE, n_rows - top), min(_SIDE, n_columns - left)
    return raw.raster_window(path, name, window, is_masked=is_masked, code="terrain-unreadable")


def _read_tiff(path: Path) -> tuple[Tile, list[Finding]]:
    about = raw.raster_info(path, path.name, code="terrain-unreadable")
    transform = Affine(*about["transform"])
    _check_tiff(about, transform, path.name)
    inverse = ~transform
    to_grid = np.array([[inverse.a, inverse.b, inverse.c - 0.5], [inverse.d, inverse.e, inverse.f - 0.5]])
    unit = about["unit"].strip()
    feet = _FEET.get(unit.lower())
    found = []
    if feet is not None:
        found.append(errors.warning("terrain-unit-feet", path.name, unit=unit))
    elif unit.lower() not in _METRES:
        found.append(errors.warning("terrain-unit-unknown", path.name, unit=unit))
    factor = feet or 1.0
    crs = _usable_crs(about["crs"], path.name)
    scale, offset = about["scale"] * factor, about["offset"] * factor
    shape = about["height"], about["width"]
    tile = Tile(
        path.name, crs, to_grid, *shape, path=path.resolve(), has_void=about["nodata"] is not None, scale=scale,
        offset=offset,
    )  # fmt: skip
    samples = [tile._window(*corner) for corner in _sample_corners(*shape)]  # noqa: SLF001 - of this module
    found.extend(_undeclared_voids(tile, about["dtypes"][0]))
    cell = float(np.sqrt(abs(transform.determinant)))
    if crs.is_geographic:
        cell *= METRES_PER_DEGREE
    else:
        cell *= crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0
    return tile, found + _doubts(tile, [window * scale + offset for window in samples], cell)


def _usable_crs(wkt: str, name: str) -> pyproj.CRS:
    """Return the raster's CRS; one that PROJ reads but cannot work with is an error of the file."""
    try:
        crs = pyproj.CRS.from_user_input(wkt)
        # from its own degrees: the way from another datum takes a tenth of a second to find
        between(crs.geodetic_crs or WGS84, crs)
    except pyproj.exceptions.ProjError as e:
        raise _unreadable(name, e) from None
    return crs


def _check_tiff(about: dict[str, Any], transform: Affine, name: str) -> None:
    found = []
    if not about["crs"]:
        found.append(errors.error("terrain-no-crs", name))
    if transform == Affine.identity() or transform.is_degenerate:
        found.append(errors.error("terrain-no-georeference", name))
    dtypes = about["dtypes"]
    if len(dtypes) > 2 or np.dtype(dtypes[0]).kind not in "iuf":
        found.append(errors.error("terrain-not-heights", name, bands=len(dtypes), dtype=dtypes[0]))
    height, width = about["block"]
    if height * width > MAX_BLOCK_CELLS:
        found.append(errors.error("terrain-too-large", name, width=width, height=height))
    if found:
        raise InputError(found)


def _sample_corners(n_rows: int, n_columns: int) -> list[tuple[int, int]]:
    """Return the corners of at most 16 windows spread over a raster, its last one among them."""
    tops = np.unique(np.linspace(0, (n_rows - 1) // _SIDE, _SAMPLES).astype(int)) * _SIDE
    lefts = np.unique(np.linspace(0, (n_columns - 1) // _SIDE, _SAMPLES).astype(int)) * _SIDE
    return [(int(top), int(left)) for top in tops for left in lefts]


def _undeclared_voids(tile: Tile, dtype: str) -> list[Finding]:
    """Return a finding where a customary filler is in the samples but not declared as void."""
    if tile.has_void or np.dtype(dtype).kind == "u":
        return []
    shape = tile.n_rows, tile.n_columns
    for corner in _sample_corners(*shape):
        values = _asked(tile.path, tile.name, shape, corner, is_masked=False)
        filler = values[(values < LOWEST_M) | (values == -9999)]
        if filler.size:
            return [errors.warning("terrain-undeclared-void", tile.name, value=f"{filler.flat[0]:g}")]
    return []


def _doubts(tile: Tile, windows: Sequence[F64], cell_m: float) -> list[Finding]:
    """Return what is doubtful about sampled heights in metres: none at all, or too high or too steep for metres."""
    known = [window[np.isfinite(window)] for window in windows]
    highest = max((float(values.max()) for values in known if values.size), default=None)
    if highest is None:
        return [errors.warning("terrain-all-void", tile.name)]
    if highest > HIGHEST_M:
        return [errors.warning("terrain-too-high", tile.name, highest=round(highest))]
    steep = uneven = 0
    for window in windows:
        if min(window.shape) > 1:
            slope = np.hypot(np.diff(window, axis=0)[:, :-1], np.diff(window, axis=1)[:-1]) / cell_m
            steep += int((slope > 1.0).sum())
            uneven += int((slope > 0.02).sum())
    if steep > STEEP_SHARE * uneven and uneven > 100:
        return [errors.warning("terrain-too-steep", tile.name, share=round(100 * steep / uneven))]
    return []


def _transformed(xy: F64, source: str | pyproj.CRS, target: pyproj.CRS) -> F64:
    """Return points in another CRS, x first; inf where the projection does not reach."""
    here = pyproj.CRS.from_user_input(source)
    if here == target:
        return xy
    return projected(xy, here, target)


def _unreadable(name: str, cause: object) -> InputError:
    return InputError(errors.error("terrain-unreadable", name, detail=str(cause).replace("\n", " ")[:200]))
