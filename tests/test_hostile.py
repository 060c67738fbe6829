"""Files made to harm: each gives a clear error, soon and in little memory; nothing is run, asked for or written."""

from __future__ import annotations

import bz2
import gzip
import http.server
import io
import json
import sqlite3
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from circles.inputs.examine import examine

POINTS = [(122.45, 30.72), (122.46, 30.72), (122.47, 30.73)]
TABLE = pd.DataFrame({"id": ["a", "b", "c"], "name": ["甲", "乙", "丙"], "category": "meals"})
FRAME = gpd.GeoDataFrame(TABLE, geometry=gpd.points_from_xy(*zip(*POINTS, strict=True)), crs=4326)
CSV = "id,name,category,lon,lat\n" + "".join(
    f"{i},点{i},meals,{x},{y}\n" for i, (x, y) in zip("abc", POINTS, strict=True)
)
OSM = """<?xml version='1.0'?><osm version="0.6"><node id="1" lat="30.72" lon="122.45"/><node id="2" lat="30.72" lon="122.46"/>
<way id="5"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""
GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="x" for="node" attr.name="x"/><key id="y" attr.name="y"/>
<graph><node id="1"><data key="x">122.45</data><data key="y">30.72</data></node><node id="2"><data key="x">122.46</data>
<data key="y">30.72</data></node><edge source="1" target="2"/></graph></graphml>"""
FORMATS = (
    "f.csv", "f.tsv", "f.xlsx", "f.gpkg", "f.geojson", "f.shp", "f.parquet", "f.tif", "N30E122.hgt", "N30E122.hgt.zip", "f.osm",
    "f.osm.gz", "f.osm.bz2", "f.osm.pbf", "f.graphml",
)  # fmt: skip


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _raster(path: Path, band: np.ndarray, **extra: object) -> None:
    import rasterio
    from affine import Affine

    profile = {"driver": "GTiff", "height": band.shape[0], "width": band.shape[1], "count": 1, "dtype": band.dtype}
    place = {"crs": "EPSG:4550", "transform": Affine(30, 0, 440000, 0, -30, 3400300)}
    with rasterio.open(path, "w", **profile, **place, **extra) as raster:
        raster.write(band, 1)


def _hgt() -> bytes:
    rows = np.add.outer(np.arange(1201), np.arange(1201)) // 20
    return rows.astype(">i2").tobytes()


def _zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    """One small honest file of every format that is read."""
    import osmium

    folder = tmp_path_factory.mktemp("clean")
    (folder / "f.csv").write_text(CSV, encoding="utf-8")
    (folder / "f.tsv").write_text(CSV.replace(",", "\t"), encoding="utf-8")
    rows = [line.split(",") for line in CSV.splitlines()]
    numbers = [[*line[:3], float(line[3]), float(line[4])] for line in rows[1:]]
    (folder / "f.xlsx").write_bytes(workbook([rows[0], *numbers]))
    FRAME.to_file(folder / "f.gpkg", driver="GPKG")
    FRAME.to_file(folder / "f.geojson", driver="GeoJSON")
    FRAME.to_file(folder / "f.shp", driver="ESRI Shapefile")
    FRAME.to_parquet(folder / "f.parquet")
    _raster(folder / "f.tif", np.add.outer(np.arange(60.0), np.arange(60.0)).astype(np.float32))
    (folder / "N30E122.hgt").write_bytes(_hgt())
    (folder / "N30E122.hgt.zip").write_bytes(_zipped("N30E122.hgt", _hgt()))
    (folder / "f.osm").write_text(OSM, encoding="utf-8")
    (folder / "f.osm.gz").write_bytes(gzip.compress(OSM.encode()))
    (folder / "f.osm.bz2").write_bytes(bz2.compress(OSM.encode()))
    with osmium.SimpleWriter(str(folder / "f.osm.pbf")) as writer:
        osmium.apply(str(folder / "f.osm"), writer)
    (folder / "f.graphml").write_text(GRAPHML, encoding="utf-8")
    return folder


def spoilt(clean: Path, folder: Path, name: str, content: bytes) -> Path:
    """The file with other content, its companions beside it."""
    for side in clean.glob("f.*") if name.endswith(".shp") else ():
        (folder / side.name).write_bytes(side.read_bytes())
    (folder / name).write_bytes(content)
    return folder / name


def wrong(file: Path, **options) -> set[str]:
    """Codes of the errors that the doctor finds; both languages must say them."""
    found = examine(file, **options).findings
    for item in found:
        assert item.line("zh")
        assert item.line("en")
    return {item.code for item in found if item.severity == "error"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
def test_an_honest_file_of_every_format_has_no_error(clean, name):
    """The clean twin of every spoilt file below is read without an error."""
    assert wrong(clean / name) == set()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.7, 0.97])
def test_truncated_files_of_every_format(clean, tmp_path, name, keep):
    """A file of any format that is cut off is told as such, whatever is left of it."""
    content = (clean / name).read_bytes()
    file = spoilt(clean, tmp_path, name, content[: int(len(content) * keep)])
    # a text that ends within its last number may be whole: it is asked about, not refused
    is_asked = name in ("f.csv", "f.tsv") and any(item.code == "last-line-open" for item in examine(file).findings)
    assert is_asked or wrong(file)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
def test_corrupt_files_of_every_format_raise_nothing(clean, tmp_path, name):
    """Damage in any place of a file of any format ends in findings or in rows, never in an exception."""
    content = (clean / name).read_bytes()
    for at in range(1, 10):
        middle = len(content) * at // 10
        examine(spoilt(clean, tmp_path, name, content[:middle] + b"\xff\0\xfe\x80" * 4 + content[middle + 16 :]))


# --- virtual datasets and requests -----------------------------------------------------------------------------------


@pytest.fixture
def listener():
    """A server that nobody should ever ask, and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - the name that the library calls

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()
    thread.join()


def _disguises(port: int, secret: Path) -> dict[str, str]:
    layer = (
        f'<OGRVRTLayer name="f"><SrcDataSource>/vsicurl/http://127.0.0.1:{port}/x.geojson</SrcDataSource></OGRVRTLayer>'
    )
    band = f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{secret}</SourceFilename></SimpleSource></VRTRasterBand>'
    return {
        "vector": f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>",
        "raster": f'<VRTDataset rasterXSize="9" rasterYSize="9">{band}</VRTDataset>',
        "service": f'<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:{port}/t</ServerUrl></Service></GDAL_WMS>',
        "spaced": f"\n  <!-- x --><OGRVRTDataSource>{layer}</OGRVRTDataSource>",
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_virtual_dataset_behind_any_extension_is_refused(clean, tmp_path, listener, name):
    """What only points elsewhere is refused behind every extension; nobody is asked, no other file is read."""
    port, asked = listener
    for text in _disguises(port, tmp_path / "secret.tif").values():
        assert wrong(spoilt(clean, tmp_path, name, text.encode()))
    assert asked == []


@pytest.mark.filterwarnings("ignore")
def test_side_files_of_a_raster_are_not_opened(clean, tmp_path, listener):
    """A virtual dataset beside a raster, as its mask, overview or description, is not opened: nobody is asked."""
    port, asked = listener
    for suffix in (".msk", ".ovr", ".aux.xml"):
        spoilt(clean, tmp_path, "f.tif", (clean / "f.tif").read_bytes())
        (tmp_path / f"f.tif{suffix}").write_text(_disguises(port, tmp_path / "s.tif")["service"], encoding="utf-8")
        examine(tmp_path / "f.tif", kind="terrain")
        examine(tmp_path / "f.tif", kind="residents")
    assert asked == []


def test_a_workbook_does_not_fetch_what_it_names(clean, tmp_path, listener):
    """Addresses in a workbook, in links and in formulas, are not asked; a formula is not computed."""
    port, asked = listener
    row = ["a", f'=WEBSERVICE("http://127.0.0.1:{port}/x")', "meals", 122.45, 30.72]
    file = tmp_path / "f.xlsx"
    file.write_bytes(workbook([CSV.splitlines()[0].split(","), row]))
    assert wrong(file) == {"xlsx-formula-empty"}
    assert asked == []


# --- databases -------------------------------------------------------------------------------------------------------


def geopackage(folder: Path, *statements: str, rows: int = 3) -> Path:
    """A GeoPackage of points in which these statements were carried out."""
    frame = pd.concat([FRAME] * -(-rows // 3), ignore_index=True).iloc[:rows]
    frame["id"] = [f"p{i}" for i in range(rows)]
    gpd.GeoDataFrame(frame, geometry="geometry", crs=4326).to_file(folder / "f.gpkg", driver="GPKG", layer="f")
    db = sqlite3.connect(folder / "f.gpkg")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return folder / "f.gpkg"


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE f RENAME TO g", f"CREATE VIEW f AS {ENDLESS} g.* FROM n, g"),
        (
            "ALTER TABLE gpkg_contents RENAME TO c",
            f"CREATE VIEW gpkg_contents AS {ENDLESS} c.* FROM n, c",
        ),
        (
            "ALTER TABLE gpkg_geometry_columns RENAME TO c",
            f"CREATE VIEW gpkg_geometry_columns AS {ENDLESS} c.* FROM n, c",
        ),
        ("ALTER TABLE f ADD COLUMN big TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL",),
        ("DROP TABLE gpkg_contents",),
    ],
)
def test_geopackages_whose_tables_are_none(tmp_path, statements):
    """Endless views in place of layers or of the tables that describe them, and computed columns, are refused at once."""
    assert wrong(geopackage(tmp_path, *statements)) & {"layer-view", "file-broken", "layer-none"}


def test_triggers_are_not_fired_and_nothing_is_written(tmp_path):
    """A GeoPackage with triggers is read as it is; not a byte of it changes, and nothing appears beside it."""
    fire = "BEGIN UPDATE f SET name = 'fired'; DELETE FROM f; END"
    triggers = [
        f"CREATE TRIGGER t{n} AFTER {what} ON f {fire}" for n, what in enumerate(("INSERT", "UPDATE", "DELETE"))
    ]
    file = geopackage(tmp_path, *triggers)
    before = file.read_bytes()
    assert wrong(file) == set()
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["f.gpkg"]


def test_a_page_that_is_every_other_pages_child_is_refused(tmp_path):
    """A database whose pages are named many times over, and would be read without end, is refused."""
    file = geopackage(tmp_path, rows=3000)
    db = sqlite3.connect(file)
    (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'f'").fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    content = bytearray(file.read_bytes())
    page = (root - 1) * size
    assert content[page] == 5  # an inner page of a table
    count = struct.unpack(">H", content[page + 3 : page + 5])[0]
    cells = [struct.unpack(">H", content[page + 12 + 2 * i : page + 14 + 2 * i])[0] for i in range(count)]
    for cell in cells:
        content[page + cell : page + cell + 4] = content[page + cells[0] : page + cells[0] + 4]
    file.write_bytes(bytes(content))
    assert wrong(file) == {"file-broken"}


# --- things that unfold ----------------------------------------------------------------------------------------------


def shapefile(folder: Path, *, entries: int) -> Path:
    """A shapefile whose index names its one line many times over."""
    line = shapely.LineString(np.random.default_rng(0).random((20_000, 2)))
    gpd.GeoDataFrame({"a": [1]}, geometry=[line], crs=4326).to_file(folder / "f.shp", driver="ESRI Shapefile")
    index = bytearray((folder / "f.shx").read_bytes())
    index += index[100:108] * (entries - 1)
    index[24:28] = struct.pack(">i", len(index) // 2)
    (folder / "f.shx").write_bytes(bytes(index))
    table = bytearray((folder / "f.dbf").read_bytes())
    head, width = struct.unpack("<HH", table[8:12])
    table[4:8] = struct.pack("<I", entries)
    (folder / "f.dbf").write_bytes(bytes(table[:head] + table[head : head + width] * entries))
    return folder / "f.shp"


def parquet_of_one_text(folder: Path, *, rows: int, length: int) -> Path:
    """A GeoParquet of a few kilobytes in which one long text stands in every row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    FRAME.to_parquet(folder / "small.parquet")
    meta = pq.read_schema(folder / "small.parquet").metadata
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["长" * length]))
    point = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, np.int32)), pa.array([shapely.Point(122.45, 30.72).wkb])
    )
    table = pa.table({"id": names, "name": names, "category": names, "geometry": point}).cast(
        pa.schema([(n, pa.dictionary(pa.int32(), pa.string())) for n in ("id", "name", "category")]
                  + [("geometry", pa.dictionary(pa.int32(), pa.binary()))])
    )  # fmt: skip
    pq.write_table(table.replace_schema_metadata({b"geo": meta[b"geo"]}), folder / "f.parquet", store_schema=False)
    (folder / "small.parquet").unlink()
    return folder / "f.parquet"


def parquet_of_one_page(folder: Path) -> Path:
    """A GeoParquet with one text of a gigabyte, which shrinks to next to nothing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    FRAME.to_parquet(folder / "small.parquet")
    meta = pq.read_schema(folder / "small.parquet").metadata
    table = pa.table({"id": ["a"], "name": ["x" * 700_000_000], "geometry": [shapely.Point(1, 1).wkb]})
    pq.write_table(
        table.replace_schema_metadata({b"geo": meta[b"geo"]}), folder / "f.parquet", compression="zstd",
        use_dictionary=False, write_statistics=False,
    )  # fmt: skip
    (folder / "small.parquet").unlink()
    return folder / "f.parquet"


def sparse_raster(folder: Path, side: int = 40_000) -> Path:
    """A GeoTIFF of a few hundred kilobytes that says it has 1.6 billion cells."""
    import rasterio
    from affine import Affine

    place = {"crs": "EPSG:4550", "transform": Affine(1, 0, 440000, 0, -1, 3400300)}
    with rasterio.open(
        folder / "f.tif", "w", driver="GTiff", height=side, width=side, count=1, dtype="float32", tiled=True,
        blockxsize=512, blockysize=512, SPARSE_OK="TRUE", compress="deflate", **place,
    ):  # fmt: skip
        pass
    return folder / "f.tif"


def sheet_of(folder: Path, rows: str) -> Path:
    """A workbook with this content of its sheet."""
    with zipfile.ZipFile(io.BytesIO(workbook([["id"]]))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].split(b"<sheetData>")[0] + b"<sheetData>" + rows.encode() + b"</sheetData></worksheet>"
    with zipfile.ZipFile(folder / "f.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        for part, content in parts.items():
            book.writestr(part, content)
    return folder / "f.xlsx"


def text_file(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def swollen_gzip(folder: Path) -> Path:
    with gzip.open(folder / "f.osm.gz", "wb") as out:
        out.write(b"<osm version='0.6'>")
        for _ in range(300):
            out.write(b" " * 2**20)
    return folder / "f.osm.gz"


LAUNCHER = """
import json, os, subprocess, sys
with open(sys.argv[1], "wb") as out:
    child = subprocess.Popen(sys.argv[2:], stdout=out, stderr=subprocess.PIPE)
    said = child.stderr.read().decode()
    _, status, used = os.wait4(child.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, said]))
"""
BOMBS = {
    "shapefile index": (lambda d: shapefile(d, entries=30_000), {"file-broken"}, {}),
    "parquet of one text": (lambda d: parquet_of_one_text(d, rows=2_000_000, length=2000), {"file-too-large"}, {}),
    "parquet of one page": (parquet_of_one_page, {"file-too-large", "file-broken"}, {}),
    "sparse raster of people": (sparse_raster, {"sheet-too-large", "terrain-too-large"}, {"kind": "residents"}),
    "empty raster of people": (lambda d: sparse_raster(d, 12_000), {"raster-empty"}, {"kind": "residents"}),
    "comma after comma": (lambda d: text_file(d, "f.csv", b"id,name\n" + b"," * 30_000_000), {"sheet-too-large"}, {}),
    "line after line": (lambda d: text_file(d, "f.csv", b"id,name\n" + b",\n" * 15_000_000), {"sheet-too-large"}, {}),
    "one cell again and again": (
        lambda d: sheet_of(d, '<row r="1">' + '<c r="A1"><v>1</v></c>' * 4_100_000 + "</row>"),
        {"xlsx-dimension", "zip-bomb"}, {},
    ),
    "last cell": (
        lambda d: sheet_of(d, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), {"xlsx-dimension"}, {},
    ),
    "brackets": (lambda d: text_file(d, "f.geojson", b'{"type":"FeatureCollection","features":[' + b"[" * 9_999_900),
                 {"file-too-large"}, {}),
    "as many brackets as are let in": (
        lambda d: text_file(d, "f.geojson", b'{"type":"FeatureCollection","features":[' + b"[" * 7_800_000),
        {"geojson-broken"}, {},
    ),
    "empty lists": (
        lambda d: text_file(d, "f.geojson", b'{"type":"FeatureCollection","features":[' + b"[]," * 9_000_000 + b"0]}"),
        {"file-too-large"}, {},
    ),
    "empty objects": (
        lambda d: text_file(d, "f.geojson", b'{"type":"FeatureCollection","features":[' + b"{}," * 3_300_000 + b"0]}"),
        {"file-too-large", "geojson-broken"}, {},
    ),
    "swollen gzip": (swollen_gzip, {"osm-swollen"}, {}),
    "entities in GraphML": (
        lambda d: text_file(d, "f.graphml", (
            b'<!DOCTYPE g [<!ENTITY a "aaaaaaaaaa">' + b"".join(
                b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
            ) + b"]>" + GRAPHML.encode().replace(b"122.45", b"&j;")
        )), {"graphml-broken"}, {},
    ),
    "zip of nothing": (
        lambda d: text_file(d, "N30E122.hgt.zip", _zipped("N30E122.hgt", b"\0" * 300_000_000)), {"terrain-hgt-size"}, {},
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["shapefile index", "parquet of one text", "sparse raster of people", "last cell", "swollen gzip"]
)
def test_files_that_unfold_are_refused(name, tmp_path):
    """A few kilobytes that stand for gigabytes are refused with their code."""
    build, expected, options = BOMBS[name]
    assert wrong(build(tmp_path), **options) <= expected
    assert wrong(
        tmp_path / next(p.name for p in tmp_path.iterdir() if p.suffix in (".shp", ".parquet", ".tif", ".xlsx", ".gz")),
        **options,
    )


@pytest.mark.long
@pytest.mark.parametrize("name", BOMBS)
def test_refused_within_five_seconds_and_half_a_gigabyte(name, tmp_path):
    """The whole command, its start included, takes less than 5 s of work and 500 MB for each bomb, and exits with 2."""
    build, expected, options = BOMBS[name]
    file = build(tmp_path)
    words = [sys.executable, "-m", "circles", "doctor", str(file), "--format", "json"]
    words += ["--as", options["kind"]] if options else []
    # a child's peak starts from its parent's: a small one between keeps ours out of it
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, str(tmp_path / "out"), *words], cwd=Path(__file__).parents[1],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    code, seconds, kilobytes, said = json.loads(done.stdout)
    found = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    assert code == 2, said
    assert "Traceback" not in said
    assert {item["code"] for item in found if item["severity"] == "error"} <= expected
    assert seconds < 5
    assert kilobytes < 500_000


# --- sizes that are honest, and rows that may not vanish -------------------------------------------------------------


def _ring(count: int) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    wobble = 0.02 + 0.001 * np.sin(angle * 1000)
    return shapely.Polygon(np.column_stack([122.45 + wobble * np.cos(angle), 30.72 + wobble * np.sin(angle)]))


@pytest.mark.parametrize("kind", ["land", "network"])
def test_geometries_of_a_million_vertices_are_read(kind, tmp_path):
    """A polygon or a line of a million vertices is read, without a finding."""
    shape = _ring(1_000_000)
    shape = shape if kind == "land" else shapely.LineString(shape.exterior.coords)
    gpd.GeoDataFrame({"name": ["甲"]}, geometry=[shape], crs=4326).to_file(tmp_path / "f.gpkg", driver="GPKG")
    assert wrong(tmp_path / "f.gpkg", kind=kind) == set()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["f.csv", "f.xlsx", "f.gpkg", "f.geojson", "f.parquet"])
def test_five_hundred_columns_are_refused_in_every_format(name, tmp_path):
    """A table of five hundred columns is no table of places, whatever its format."""
    wide = {f"c{i}": ["1", "2"] for i in range(500)}
    frame = gpd.GeoDataFrame(pd.DataFrame(wide), geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=4326)
    path = tmp_path / name
    if name.endswith(".csv"):
        pd.DataFrame(wide).to_csv(path, index=False)
    elif name.endswith(".xlsx"):
        path.write_bytes(workbook([list(wide), ["1"] * 500]))
    elif name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver={"f.gpkg": "GPKG", "f.geojson": "GeoJSON"}[name])
    assert wrong(path, kind="facilities") <= {"sheet-too-large", "xlsx-dimension"}
    assert wrong(path, kind="facilities")


CELL = st.sampled_from(
    ["", "a", "meals", "咖啡", "122.45", "30.72", "nan", "-1", "1e309", "=1", "3.3E+11", "120,5", '"', "\x00", "万"]
)


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=6))
@example([("", "", "", "", "万", "万")])  # no row of units: 万 measures no latitude
@example([("", "", "万", "", "", "万")])  # nor a category
@example([("万", "万", "", "", "", "")])
@settings(deadline=None, max_examples=60)
def test_no_row_vanishes(tmp_path_factory, rows):
    """Rows that are read and rows that are refused by name make up all rows, whatever stands in the cells."""
    from circles.area import PlacesFile
    from circles.foundation.errors import InputError
    from circles.inputs.examine import _alone
    from circles.inputs.readers.places import known_facilities, read_facilities

    folder = tmp_path_factory.mktemp("rows")
    frame = pd.DataFrame(rows, columns=["id", "name", "category", "lon", "lat", "capacity"])
    frame.to_csv(folder / "f.csv", index=False)
    filled = int((frame != "").any(axis=1).sum())
    area = _alone(PlacesFile(file=str(folder / "f.csv")))
    table, _, errors = known_facilities(area)
    if any(item.row is None or item.code in ("csv-broken", "row-too-long") for item in errors):
        return  # the file as a whole is refused
    assert len(table) == filled
    bad = {item.row for item in errors}
    assert bad <= set(table["row"])
    try:
        kept = read_facilities(area)[0]
    except InputError:
        assert bad
    else:
        assert not bad
        assert len(kept) == filled
