"""Terrain: heights between cell centres, voids that stay voids, and files that are refused."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rasterio import Affine

from circles.foundation import words
from circles.foundation.errors import InputError
from circles.inputs.readers.terrain import read_terrain

if TYPE_CHECKING:
    from pathlib import Path

UTM = "EPSG:32651"
WEST, NORTH, CELL = 400_000.0, 3_400_000.0, 30.0


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    """The position of a raster by its north-west corner."""
    return Affine(width, 0.0, west, 0.0, -height, north)


def plane(xy: np.ndarray) -> np.ndarray:
    """A sloping plane in metres, exact under bilinear interpolation."""
    return 10 + 0.02 * (xy[:, 0] - WEST) - 0.05 * (xy[:, 1] - NORTH)


def centres(n_rows: int, n_columns: int, west: float = WEST, north: float = NORTH) -> np.ndarray:
    """Centres of cells in row order."""
    row, column = np.divmod(np.arange(n_rows * n_columns), n_columns)
    return np.stack([west + (column + 0.5) * CELL, north - (row + 0.5) * CELL], axis=1)


def write_tif(
    path: Path, values: np.ndarray, *, west=WEST, north=NORTH, cell=CELL, crs=UTM, unit=None, **profile
) -> Path:
    """Write a GeoTIFF of one band."""
    rows, columns = values.shape
    profile = {"transform": from_origin(west, north, cell, cell), "crs": crs, "dtype": values.dtype, **profile}
    with rasterio.open(path, "w", driver="GTiff", width=columns, height=rows, count=1, **profile) as out:
        out.write(values, 1)
        if unit:
            out.units = [unit]
    return path


def write_plane(path: Path, rows=40, columns=50, **options) -> Path:
    """Write the plane."""
    where = centres(rows, columns, options.get("west", WEST), options.get("north", NORTH))
    return write_tif(path, plane(where).reshape(rows, columns).astype("float64"), **options)


def hgt_bytes(values: np.ndarray) -> bytes:
    """The bytes of an SRTM tile."""
    return values.astype(">i2").tobytes()


def codes(found) -> list[str]:
    """The codes of findings."""
    return [item.code for item in found]


def refused(*paths: Path) -> list[str]:
    """The codes with which files are refused, each of which has its sentence in both languages."""
    with pytest.raises(InputError) as caught:
        read_terrain(paths)
    for lang in words.LANGS:
        assert caught.value.render(lang)
    return codes(caught.value.findings)


@pytest.fixture(scope="module")
def plane_tif(tmp_path_factory) -> Path:
    """The plane as a file."""
    return write_plane(tmp_path_factory.mktemp("plane") / "plane.tif")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0.5, 49.5), st.floats(0.5, 39.5)), min_size=1, max_size=20))
def test_a_plane_is_read_exactly(plane_tif, cells):
    """Between cell centres heights are bilinear: a plane comes back as the plane."""
    xy = np.array([(WEST + c * CELL, NORTH - r * CELL) for c, r in cells])
    assert np.allclose(read_terrain([plane_tif]).heights(xy, crs=UTM), plane(xy), atol=1e-3)


def test_points_are_transformed_into_the_rasters_crs(plane_tif):
    """Points in degrees find the same heights as the same points in the raster's metres."""
    from pyproj import Transformer

    xy = np.array([[WEST + 700.0, NORTH - 500.0], [WEST + 31.0, NORTH - 1000.0]])
    lon, lat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(*xy.T)
    terrain = read_terrain([plane_tif])
    assert np.allclose(terrain.heights(np.stack([lon, lat], axis=1), crs="EPSG:4326"), plane(xy), atol=1e-4)
    assert terrain.findings == ()


@pytest.mark.parametrize(
    "crs", ["EPSG:4326", "EPSG:4490", "EPSG:4549", "EPSG:4550", "EPSG:3857", "EPSG:2227", "EPSG:2451"]
)
def test_rasters_in_any_crs_report_the_same_ground(tmp_path, crs):
    """Degrees, latitude first, zones of metres, Web Mercator, feet on the ground: the same point has the same height."""
    from pyproj import Transformer

    lonlat = np.array([[-122.4, 37.75]]) if crs == "EPSG:2227" else np.array([[122.45, 30.72]])
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    (x, y), cell = to.transform(*lonlat[0]), 1e-4 if crs in ("EPSG:4326", "EPSG:4490") else 10.0
    west, north = x - 30.3 * cell, y + 20.6 * cell
    column, row = np.meshgrid(np.arange(60), np.arange(50))
    path = write_tif(tmp_path / "t.tif", (100 + 0.01 * column + 0.02 * row), west=west, north=north, cell=cell, crs=crs)
    terrain = read_terrain([path])
    assert terrain.heights(lonlat, crs="EPSG:4326") == pytest.approx([100 + 0.01 * 29.8 + 0.02 * 20.1], abs=1e-4)
    assert terrain.findings == ()


def test_a_turned_raster_is_read_where_it_lies(tmp_path):
    """A raster whose rows do not run east to west has its heights where its position says."""
    cos, sin = CELL * np.cos(np.pi / 6), CELL * np.sin(np.pi / 6)
    turned = Affine(cos, sin, WEST, sin, -cos, NORTH)
    column, row = np.meshgrid(np.arange(50), np.arange(40))
    path = write_tif(tmp_path / "t.tif", 5.0 + column * 0.1 + row * 0.2, transform=turned)
    at = np.array([[turned.a * 20.75 + turned.b * 11.25 + turned.c, turned.d * 20.75 + turned.e * 11.25 + turned.f]])
    assert read_terrain([path]).heights(at, crs=UTM) == pytest.approx([5 + 2.025 + 2.15], abs=1e-6)


def test_tiles_of_different_kinds_fill_each_other(tmp_path):
    """An .hgt in degrees and a GeoTIFF in metres stand side by side: the first that knows a place tells it."""
    from pyproj import Transformer

    hgt = tmp_path / "N30E122.hgt"
    hgt.write_bytes(hgt_bytes(np.full((1201, 1201), 7, dtype="int16")))
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:4550", always_xy=True).transform(123.2, 30.5)
    tif = write_tif(
        tmp_path / "m.tif", np.full((20, 20), 9.0, dtype="float32"), west=x - 300, north=y + 300, crs="EPSG:4550"
    )
    at = np.array([[122.5, 30.5], [123.2, 30.5], [125.0, 30.5]])
    got = read_terrain([hgt, tif]).heights(at, crs="EPSG:4326")
    assert got[:2].tolist() == [7.0, 9.0]
    assert np.isnan(got[2])


def test_outside_and_not_finite_is_unknown(plane_tif):
    """Outside the outermost centres, and for NaN and infinite points, the height is NaN and never zero."""
    xy = np.array([[WEST - 1e6, NORTH], [WEST + 3, NORTH - 300], [np.nan, 0], [np.inf, NORTH], [1e300, -1e300]])
    assert np.isnan(read_terrain([plane_tif]).heights(xy, crs=UTM)).all()
    assert np.isnan(read_terrain([plane_tif]).heights(np.array([[200.0, 95.0]]), crs="EPSG:4326")).all()


def test_heights_of_no_points(plane_tif):
    """No points have no heights."""
    assert read_terrain([plane_tif]).heights(np.empty((0, 2)), crs=UTM).shape == (0,)


def test_a_void_cell_makes_its_neighbourhood_unknown_but_not_the_centres_beside_it(tmp_path):
    """A cell that is void counts only where its weight is not zero; then the height is NaN."""
    values = np.full((10, 10), 7.0, dtype="float32")
    values[5, 5] = -1.0
    terrain = read_terrain([write_tif(tmp_path / "void.tif", values, nodata=-1.0)])
    at = lambda column, row: [WEST + (column + 0.5) * CELL, NORTH - (row + 0.5) * CELL]  # noqa: E731
    got = terrain.heights(np.array([at(5, 5), at(4.5, 5), at(5.5, 5.5), at(4, 5), at(4, 4.5), at(6, 6)]), crs=UTM)
    assert np.isnan(got[:3]).all()
    assert got[3:].tolist() == [7.0, 7.0, 7.0]


def test_zero_is_a_height(tmp_path):
    """Sea level is zero metres, a height like any other."""
    terrain = read_terrain([write_tif(tmp_path / "sea.tif", np.zeros((5, 5), dtype="int16"))])
    assert terrain.heights(np.array([[WEST + 75, NORTH - 75]]), crs=UTM).tolist() == [0.0]


@pytest.mark.parametrize("filler", [-32768, -9999])
def test_undeclared_voids_are_voids_and_said_so(tmp_path, filler):
    """A customary "no data" value that is not declared is no height, and a finding names it."""
    values = np.full((5, 5), 3, dtype="int16")
    values[0, 0] = filler
    terrain = read_terrain([write_tif(tmp_path / "filler.tif", values)])
    assert np.isnan(terrain.heights(centres(5, 5)[:1], crs=UTM)).all()
    assert codes(terrain.findings) == ["terrain-undeclared-void"]
    assert str(filler) in terrain.findings[0].message("en")


def test_scale_and_offset_apply(tmp_path):
    """A raster that stores decimetres above a base gives metres."""
    path = write_tif(tmp_path / "scaled.tif", np.full((4, 4), 250, dtype="int16"))
    with rasterio.open(path, "r+") as out:
        out.scales, out.offsets = [0.1], [5.0]
    assert read_terrain([path]).heights(centres(4, 4)[5:6], crs=UTM) == pytest.approx([30.0])


def test_large_rasters_are_read_in_windows(tmp_path):
    """Points in far corners of a raster of several windows get their heights."""
    path = write_plane(tmp_path / "large.tif", 1100, 1300, tiled=True, blockxsize=256, blockysize=256)
    xy = np.array([(WEST + c * CELL, NORTH - r * CELL) for c, r in [(1, 1), (1299, 1099), (512, 512), (511.9, 1024.2)]])
    assert np.allclose(read_terrain([path]).heights(xy, crs=UTM), plane(xy), atol=1e-3)


def test_the_seam_between_tiles_is_bridged(tmp_path):
    """Between the last centres of one tile and the first of the next, heights use the cells of both."""
    paths = [
        write_plane(tmp_path / f"{i}{j}.tif", 20, 20, west=WEST + i * 600, north=NORTH - j * 600)
        for i in (0, 1)
        for j in (0, 1)
    ]
    xy = np.array([[WEST + 595, NORTH - 200], [WEST + 610, NORTH - 700], [WEST + 601, NORTH - 603]])
    assert np.allclose(read_terrain(paths).heights(xy, crs=UTM), plane(xy), atol=1e-3)
    assert np.isnan(read_terrain(paths[:1]).heights(xy, crs=UTM)).all()


def test_the_first_raster_that_knows_wins(tmp_path):
    """Where rasters overlap the first given counts, and its voids are filled by the next."""
    first = np.full((6, 6), 1.0, dtype="float32")
    first[3:, :] = np.nan
    paths = [write_tif(tmp_path / "a.tif", first), write_tif(tmp_path / "b.tif", np.full((6, 6), 2.0, dtype="float32"))]
    got = read_terrain(paths).heights(centres(6, 6)[[0, 35]], crs=UTM)
    assert got.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("side", [1201, 3601])
@pytest.mark.parametrize("name", ["N30E122", "S01W005"])
def test_samples_of_an_hgt_lie_on_the_nodes_of_its_grid(tmp_path, side, name):
    """The first sample is the north-west corner, the last the south-east one, whatever the hemisphere."""
    values = np.add.outer(np.arange(side) % 2000, np.arange(side) % 1000).astype("int16")
    path = tmp_path / f"{name}.hgt"
    path.write_bytes(hgt_bytes(values))
    west, south = (122, 30) if name[0] == "N" else (-5, -1)
    got = read_terrain([path]).heights(
        np.array([[west, south + 1], [west + 1, south], [west + 0.25 / (side - 1), south + 1], [west - 1e-4, south]]),
        crs="EPSG:4326",
    )
    assert got[:3] == pytest.approx([values[0, 0], values[-1, -1], 0.25], abs=1e-5)
    assert np.isnan(got[3])


def test_a_zipped_hgt_reads_as_the_plain_one(tmp_path):
    """An .hgt.zip gives the same heights, its name taken from inside; -32768 is void."""
    values = np.full((1201, 1201), 5, dtype="int16")
    values[600, 600] = -32768
    path = tmp_path / "tile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/N30E122.hgt", hgt_bytes(values))
        archive.writestr("readme.txt", "x")
    got = read_terrain([path]).heights(np.array([[122.5, 30.5], [122.1, 30.1]]), crs="EPSG:4326")
    assert np.isnan(got[0])
    assert got[1] == 5


@pytest.mark.parametrize(
    ("tile", "at", "between"),
    [("N43E007", (7.4013, 43.7476), (300, 620)), ("N42E001", (1.5218, 42.5063), (950, 1150))],
)
def test_real_srtm(shared_dir, tile, at, between):
    """Tête de Chien above Monaco and Andorra la Vella stand as high as they do; metres raise no doubts."""
    terrain = read_terrain([shared_dir / "osm" / f"{tile}.hgt.zip"])
    assert between[0] < terrain.heights(np.array([at]), crs="EPSG:4326")[0] < between[1]
    assert terrain.findings == ()


def test_real_srtm_taken_for_feet_is_suspected(shared_dir, tmp_path):
    """Mountains whose heights are in feet are too steep to be true, and a finding says so."""
    with zipfile.ZipFile(shared_dir / "osm" / "N42E001.hgt.zip") as archive:
        values = np.frombuffer(archive.read("N42E001.hgt"), dtype=">i2").reshape(1201, 1201)
    feet = np.where(values == -32768, -32768, values * 3.28).clip(-32768, 8800)
    path = tmp_path / "N42E001.hgt"
    path.write_bytes(hgt_bytes(feet))
    assert codes(read_terrain([path]).findings) == ["terrain-too-steep"]


def test_declared_feet_become_metres(tmp_path):
    """A raster that says its heights are in feet is converted, and the finding tells."""
    terrain = read_terrain([write_tif(tmp_path / "ft.tif", np.full((4, 4), 100, dtype="int16"), unit="ft")])
    assert terrain.heights(centres(4, 4)[5:6], crs=UTM) == pytest.approx([30.48])
    assert codes(terrain.findings) == ["terrain-unit-feet"]


@pytest.mark.parametrize(
    ("values", "unit", "code"),
    [
        (np.full((4, 4), 12_000, dtype="int16"), None, "terrain-too-high"),
        (np.full((4, 4), 12, dtype="int16"), "fathom", "terrain-unit-unknown"),
        (np.full((4, 4), np.nan, dtype="float32"), None, "terrain-all-void"),
    ],
)
def test_doubtful_heights_give_a_finding(tmp_path, values, unit, code):
    """Heights that no ground has, unknown units and rasters without data are told, in both languages."""
    found = read_terrain([write_tif(tmp_path / "odd.tif", values, unit=unit)]).findings
    assert codes(found) == [code]
    assert all(item.line(lang) for item in found for lang in words.LANGS)


def test_files_that_are_no_terrain_are_refused_together(tmp_path):
    """Every bad file of a call is named at once, each with its own reason."""
    (tmp_path / "text.tif").write_text("<VRTDataset/>")
    (tmp_path / "short.hgt").write_bytes(b"\0" * 100)
    (tmp_path / "nameless.hgt").write_bytes(b"\0" * 2 * 1201**2)
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4" + b"\0" * 50)
    names = ["none.tif", "text.tif", "short.hgt", "nameless.hgt", "bad.zip"]
    assert refused(*(tmp_path / name for name in names)) == [
        "terrain-missing",
        "terrain-unknown-format",
        "terrain-hgt-size",
        "terrain-hgt-name",
        "terrain-unreadable",
    ]
    assert refused(tmp_path) == ["terrain-unreadable"]


def test_strange_archives_are_refused(tmp_path):
    """An archive holds exactly one tile of a tile's size, or it is not read."""
    for members, code in [({}, "terrain-zip-members"), ({"N30E122.hgt": b"1", "N31E122.hgt": b"1"}, "terrain-zip-members"),
                          ({"N30E122.hgt": b"1" * 5000}, "terrain-hgt-size")]:  # fmt: skip
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "a")
            for name, data in members.items():
                archive.writestr(name, data)
        assert refused(path) == [code]


def test_rasters_without_a_place_are_refused(tmp_path):
    """A raster without CRS, without position, or of colours is no terrain."""
    ones = np.ones((4, 4), dtype="uint8")
    assert refused(write_tif(tmp_path / "a.tif", ones, crs=None)) == ["terrain-no-crs"]
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare = write_tif(tmp_path / "b.tif", ones, transform=None)
    assert refused(bare) == ["terrain-no-georeference"]
    path = tmp_path / "rgb.tif"
    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8", crs=UTM,
                       transform=from_origin(WEST, NORTH, 30, 30)) as out:  # fmt: skip
        out.write(np.zeros((3, 4, 4), dtype="uint8"))
    assert refused(path) == ["terrain-not-heights"]


@pytest.mark.parametrize("compress", ["none", "deflate"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_rasters_are_refused(tmp_path, compress, share):
    """A GeoTIFF cut off anywhere raises the project's own error, when it is opened or when it is read."""
    rng = np.random.default_rng(1)
    path = write_tif(tmp_path / "t.tif", rng.integers(0, 90, (300, 300)).astype("int16"), compress=compress)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError):
        read_terrain([path]).heights(centres(300, 300), crs=UTM)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**31), st.integers(1, 40))
@example(28812, 1)  # a coordinate system that PROJ reads and cannot use
def test_damaged_rasters_never_break_the_program(tmp_path, plane_tif, seed, n_bytes):
    """Whatever bytes of a GeoTIFF are changed, there are heights or the project's own error."""
    rng = np.random.default_rng(seed)
    data = bytearray(plane_tif.read_bytes())
    for place in rng.integers(4, 400, n_bytes):
        data[place] = rng.integers(0, 256)
    path = tmp_path / "damaged.tif"
    path.write_bytes(data)
    try:
        read_terrain([path]).heights(centres(3, 3), crs=UTM)
    except InputError:
        return


def test_a_declared_size_costs_nothing(tmp_path):
    """A small file that declares ten thousand million cells is read where it is asked, or refused if it is one block."""
    path = tmp_path / "vast.tif"
    options = {"width": 100_000, "height": 100_000, "count": 1, "dtype": "int16", "crs": UTM, "sparse_ok": True}
    with rasterio.open(path, "w", driver="GTiff", transform=from_origin(WEST, NORTH, 1, 1), tiled=True, **options):
        pass
    terrain = read_terrain([path])
    assert terrain.heights(np.array([[WEST + 50_000, NORTH - 50_000]]), crs=UTM).shape == (1,)
    path = tmp_path / "block.tif"
    options |= {"width": 20_000, "height": 20_000, "compress": "deflate"}
    with rasterio.open(path, "w", driver="GTiff", transform=from_origin(WEST, NORTH, 1, 1),
                       blockysize=20_000, **options):  # fmt: skip
        pass
    assert refused(path) == ["terrain-too-large"]
