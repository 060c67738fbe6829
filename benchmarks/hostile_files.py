"""Files made to harm, for `hostile.py`: kinds, each with variations, each a function that writes into a folder and names a command."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

Make = Callable[[Path], list[str]]
"""Writes files into a folder and returns the arguments of `circles`."""

POINTS = gpd.GeoDataFrame(
    {"id": ["a", "b", "c"], "name": ["甲", "乙", "丙"], "category": "meals"},
    geometry=shapely.points([(122.45, 30.72), (122.46, 30.72), (122.47, 30.73)]), crs=4326,
)  # fmt: skip
ROW = ["a", "甲", "meals", "122.45", "30.72"]
TITLES = ["id", "name", "category", "lon", "lat"]
AREA = """[area]
id = "h"
name = "县"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "n.geojson"
facilities = ["f.csv"]
residents = "r.csv"
[[categories]]
id = "meals"
name = "助餐"
profile = "adult"
"""
RULE = '[[rules]]\nid = "r%d"\ncategory = "%s"\napplies_to = "all"\nmeasure = "population_share"\nthreshold = 0.9\nsource = "t"\nstatus = "adopted"\n'
LINE = '{"type":"Feature","properties":{"highway":"footway"},"geometry":{"type":"LineString","coordinates":[[122.45,30.72],[122.47,30.72]]}}'


def doctored(name: str, content: Callable[[], bytes | str]) -> Make:
    """Return a maker of one file that the doctor looks at."""

    def make(folder: Path) -> list[str]:
        made = content()
        (folder / name).write_bytes(made.encode() if isinstance(made, str) else made)
        return ["doctor", name]

    return make


def area(text: str = AREA, *, command: tuple[str, ...] = ("check",), **files: str | bytes) -> Make:
    """Return a maker of an area with some of its files replaced; `_` in a keyword is the dot of the name."""

    def make(folder: Path) -> list[str]:
        clean = {
            "area.toml": text,
            "n.geojson": '{"type":"FeatureCollection","features":[' + LINE + "]}",
            "f.csv": f"{','.join(TITLES)}\n{','.join(ROW)}\n",
            "r.csv": "id,lon,lat,population\np,122.451,30.72,10\n",
        }
        for name, content in (clean | {key.replace("_", "."): value for key, value in files.items()}).items():
            (folder / name).write_bytes(
                content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
            )
        return [command[0], "area.toml", *command[1:]]

    return make


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(sheet: str, shared: str = "", *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook whose sheet and shared strings are these."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(TITLES)
    book.active.append(ROW)
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", method) as target:
        for part in source.namelist():
            content = source.read(part)
            if part.endswith("sheet1.xml") and sheet:
                content = sheet.encode()
            if part.endswith("sharedStrings.xml") and shared:
                content = shared.encode()
            target.writestr(part, content)
    return out.getvalue()


def sheet(cells: str, dimension: str = "A1:E2") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>'


def text_cell(reference: str, value: str = "x") -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def strings(item: str, count: int = 1) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<sst xmlns="{space}" count="{count}" uniqueCount="{count}">' + item * count + "</sst>"


def shared_cells(count: int) -> str:
    return "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, count))


def ods(body: str) -> bytes:
    """Return a spreadsheet of OpenDocument with this table."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="s">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return out.getvalue()


def _row(reference: str) -> str:
    return f'<row r="1">{text_cell("A1")}{text_cell(reference)}</row>'


REFERENCES = {
    "far": lambda: workbook(sheet(_row("XFD1048576"))),
    "beyond": lambda: workbook(sheet(_row("ZZZZZZ99999999"))),
    "u64": lambda: workbook(sheet(_row("A18446744073709551615"))),
    "row-far": lambda: workbook(sheet('<row r="4294967295"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>')),
    "dimension-all": lambda: workbook(sheet(_row("B1"), "A1:XFD1048576")),
    "dimension-reversed": lambda: workbook(sheet(_row("B1"), "XFD1048576:A1")),
    "dimension-empty": lambda: workbook(sheet(_row("XFD1048575"), "")),
    "no-row-no-ref": lambda: workbook(sheet("<row>" + "<c><v>1</v></c>" * 20000 + "</row>")),
    "blank-lead": lambda: workbook(sheet(_row(" XFD1048576"))),
    "lower": lambda: workbook(sheet(_row("xfd1048576"))),
    "digits-first": lambda: workbook(sheet(_row("1048576XFD"))),
    "prefixed": lambda: workbook(sheet(_row("XFD1048576")).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")),
    "ods-columns": lambda: ods('<table:table-row><table:table-cell office:value-type="string" table:number-columns-repeated="2147483647"><text:p>x</text:p></table:table-cell></table:table-row>'),
    "ods-rows": lambda: ods('<table:table-row table:number-rows-repeated="2147483647"><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'),
    "ods-both": lambda: ods('<table:table-row table:number-rows-repeated="60000"><table:table-cell office:value-type="string" table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row>'),
}  # fmt: skip
STRINGS = {
    "one-long": lambda: workbook(sheet(shared_cells(60_000)), strings(f"<si><t>{'长' * 30_000}</t></si>")),
    "one-over": lambda: workbook(sheet(shared_cells(1000)), strings(f"<si><t>{'x' * 3_000_000}</t></si>")),
    "rich": lambda: workbook(sheet(shared_cells(40_000)), strings("<si>" + "<r><t>一二三四</t></r>" * 5000 + "</si>")),
    "phonetic": lambda: workbook(sheet(shared_cells(40_000)), strings("<si><t>x</t>" + "<rPh><t>一二三四</t></rPh>" * 50_000 + "</si>")),
    "many": lambda: workbook(sheet(shared_cells(10)), strings("<si><t>x</t></si>", 3_000_000)),
    "inline": lambda: workbook(sheet("".join(f"<row>{text_cell(f'A{i}', '长' * 9000)}</row>" for i in range(1, 20_000)))),
    "zeros": lambda: workbook(" " * 400_000_000),
    "deep": lambda: workbook("<a>" * 3_000_000),
    "attributes": lambda: workbook(sheet("<row r='1' " + " ".join(f"a{i}='1'" for i in range(300_000)) + "/>")),
    "ods-text": lambda: ods('<table:table-row table:number-rows-repeated="50000"><table:table-cell office:value-type="string"><text:p>' + "长" * 9000 + "</text:p></table:table-cell></table:table-row>"),
    "xls-text": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5_000_000,
}  # fmt: skip

# --- Parquet, GeoPackage, GeoJSON ------------------------------------------------------------------------------------


def parquet(columns: dict[str, pa.Array], **options: object) -> bytes:
    out = io.BytesIO()
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    made = pa.table(columns).replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    pq.write_table(made, out, **options)
    return out.getvalue()


def _points(count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(count, np.int32)), pa.array([shapely.to_wkb(shapely.Point(122.45, 30.72))])
    )


def _repeated(value: object, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))


PARQUET = {
    "geometry": lambda: parquet({"id": pa.array(["a"] * 20_000), "geometry": _repeated(shapely.to_wkb(shapely.LineString(np.random.default_rng(1).random((20_000, 2)))), 20_000)}),
    "text": lambda: parquet({"id": _repeated("长" * 100_000, 50_000), "geometry": _points(50_000)}),
    "zeros": lambda: parquet({"id": pa.array(["x" * 200_000_000]), "geometry": _points(1)}, compression="zstd"),
    "rows": lambda: parquet({"id": _repeated("a", 19_000_000), "geometry": _points(19_000_000)}, compression="zstd"),
    "groups": lambda: parquet({"id": pa.array(["a"] * 200_000), "geometry": _points(200_000)}, row_group_size=1) ,
    "columns": lambda: parquet({**{f"c{i}": pa.array([1.0]) for i in range(20_000)}, "geometry": _points(1)}),
    "lists": lambda: parquet({"id": pa.array([[["x"] * 1000] * 1000] * 20), "geometry": _points(20)}, compression="zstd"),
    "nested": lambda: parquet({"id": _deep_type(), "geometry": _points(1)}),
}  # fmt: skip


def _deep_type() -> pa.Array:
    value: object = 1
    for _ in range(400):
        value = [value]
    return pa.array([value])


def geopackage(folder: Path, *statements: str) -> list[str]:
    """Write a GeoPackage and change it by SQL."""
    POINTS.to_file(folder / "f.gpkg", driver="GPKG", layer="f")
    db = sqlite3.connect(folder / "f.gpkg")
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    db.execute("PRAGMA writable_schema=ON")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return ["doctor", "f.gpkg"]


def of_sql(*statements: str) -> Make:
    return lambda folder: geopackage(folder, *statements)


_MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n}) "
DEFAULTS = {
    "default": of_sql(_MANY.format(n=60_000) + "INSERT INTO f (id, geom) SELECT 'x', (SELECT geom FROM f WHERE fid = 1) FROM n", f"ALTER TABLE f ADD COLUMN big TEXT DEFAULT '{'长' * 300_000}'"),
    "default-blob": of_sql(_MANY.format(n=60_000) + "INSERT INTO f (id) SELECT 'x' FROM n", f"ALTER TABLE f ADD COLUMN big BLOB DEFAULT x'{'00' * 400_000}'"),
    "default-many": of_sql(_MANY.format(n=30_000) + "INSERT INTO f (id) SELECT 'x' FROM n", *[f"ALTER TABLE f ADD COLUMN b{i} TEXT DEFAULT '{'x' * 10_000}'" for i in range(90)]),
    "columns": of_sql(*[f"ALTER TABLE f ADD COLUMN c{i} TEXT" for i in range(1500)]),
    "layers": of_sql(_MANY.format(n=40_000) + "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) SELECT 'l' || i, 'features', 'l' || i, 4326 FROM n"),
    "endless-view": of_sql("ALTER TABLE f RENAME TO g", "CREATE VIEW f AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, 'a' AS id, (SELECT geom FROM g) AS geom FROM n"),
    "generated": of_sql("ALTER TABLE f ADD COLUMN big TEXT AS (hex(zeroblob(400000000)))"),
    "long-geometry": lambda folder: geopackage(folder, "UPDATE f SET geom = zeroblob(900000000) WHERE fid = 1") if False else geopackage(folder, "UPDATE f SET geom = zeroblob(90000000)"),
    "count-lie": of_sql("UPDATE gpkg_ogr_contents SET feature_count = 4000000000"),
    "rows-few-bytes": of_sql(_MANY.format(n=900_000) + "INSERT INTO f (id) SELECT 'x' FROM n"),
}  # fmt: skip
SYSTEMS = {
    name: of_sql(f"UPDATE gpkg_spatial_ref_sys SET definition = {text} WHERE srs_id = 4326", *more)
    for name, text, more in (
        ("nul", "'GEOGCS[' || char(0) || ']'", ()),
        ("deep", "'" + "GEOGCS[" * 5000 + "'", ()),
        ("deep-json", "'" + '{"a":' * 20_000 + "'", ()),
        ("long", "'" + "x" * 2_000_000 + "'", ()),
        ("path", "'/etc/passwd'", ()),
        ("url", "'http://127.0.0.1:9/x'", ()),
        ("blob", "x'fffe00ff'", ()),
        ("surrogate", "CAST(x'eda080' AS TEXT)", ()),
        ("engineering", "'LOCAL_CS[\"x\",UNIT[\"metre\",1]]'", ("UPDATE gpkg_spatial_ref_sys SET organization = 'NONE', organization_coordsys_id = -1 WHERE srs_id = 4326",)),
        ("id-huge", "definition", ("UPDATE gpkg_geometry_columns SET srs_id = 9223372036854775807", "UPDATE gpkg_contents SET srs_id = 9223372036854775807")),
        ("proj", "'+proj=pipeline ' || replace(hex(zeroblob(20000)), '00', '+step +proj=merc ')", ()),
    )
}  # fmt: skip


def _features(count: int, properties: str, geometry: str = '{"type":"Point","coordinates":[122.45,30.72]}') -> str:
    one = f'{{"type":"Feature","properties":{{"id":"a","name":"n","category":"meals"{properties}}},"geometry":{geometry}}}'
    return '{"type":"FeatureCollection","features":[' + ",".join([one] * count) + "]}"


DENSE = {
    "properties": lambda: _features(1200, "".join(f',"k{j}":1' for j in range(600))),
    "properties-differ": lambda: '{"type":"FeatureCollection","features":[' + ",".join(f'{{"type":"Feature","properties":{{"k{i}":1}},"geometry":null}}' for i in range(100_000)) + "]}",
    "deep-list": lambda: _features(1, ',"x":' + "[" * 3_000_000 + "]" * 3_000_000),
    "deep-object": lambda: _features(1, ',"x":' + '{"a":' * 500_000 + "1" + "}" * 500_000),
    "deep-coordinates": lambda: _features(1, "", '{"type":"MultiPolygon","coordinates":' + "[" * 1_000_000 + "]" * 1_000_000 + "}"),
    "long-line": lambda: _features(1, "", '{"type":"LineString","coordinates":[' + ",".join(["[1,2]"] * 2_000_000) + "]}"),
    "parts": lambda: _features(1, "", '{"type":"MultiPoint","coordinates":[' + ",".join(["[1,2]"] * 1_000_000) + "]}"),
    "collections": lambda: _features(1, "", '{"type":"GeometryCollection","geometries":[' * 20_000 + "]}" * 20_000),
    "digits": lambda: _features(1, ',"x":' + "9" * 5_000_000),
    "empty-features": lambda: '{"type":"FeatureCollection","features":[' + ",".join(["{}"] * 3_000_000) + "]}",
    "name": lambda: _features(1, ',"' + "k" * 5_000_000 + '":1'),
}  # fmt: skip

# --- formats of GDAL -------------------------------------------------------------------------------------------------


def flatgeobuf(change: Callable[[bytearray], None]) -> bytes:
    """Return a FlatGeobuf of 2,000 points, changed."""
    out = Path(tempfile.mkdtemp()) / "twin.fgb"
    many = gpd.GeoDataFrame(
        {"id": [f"a{i}" for i in range(2000)]},
        geometry=shapely.points(122 + np.arange(2000) * 1e-4, np.full(2000, 30.7)),
        crs=4326,
    )
    many.to_file(out, driver="FlatGeobuf")
    body = bytearray(out.read_bytes())
    shutil.rmtree(out.parent)
    change(body)
    return bytes(body)


def _put(at: int, value: bytes) -> Callable[[bytearray], None]:
    def change(body: bytearray) -> None:
        body[at : at + len(value)] = value

    return change


def _count(value: int) -> Callable[[bytearray], None]:
    def change(body: bytearray) -> None:
        at = bytes(body).find(struct.pack("<Q", 2000))
        body[at : at + 8] = struct.pack("<Q", value)

    return change


def _first_size(value: int) -> Callable[[bytearray], None]:
    def change(body: bytearray) -> None:
        at = 12 + struct.unpack_from("<I", body, 8)[0]
        struct.pack_into("<I", body, at, value)

    return change


DXF_HEAD = "0\nSECTION\n2\nENTITIES\n"
DXF_BLOCKS = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n0\nENDSEC\n0\nSECTION\n2\nBLOCKS\n"
DXF_TAIL = "0\nENDSEC\n0\nEOF\n"


def dxf_blocks(depth: int, wide: int) -> str:
    """Return a drawing whose blocks insert one another, `wide` ** `depth` points."""
    blocks = "".join(
        f"0\nBLOCK\n2\nB{i}\n10\n0\n20\n0\n" + f"0\nINSERT\n2\nB{i + 1}\n10\n0\n20\n0\n" * wide + "0\nENDBLK\n"
        for i in range(depth)
    )
    last = f"0\nBLOCK\n2\nB{depth}\n10\n0\n20\n0\n0\nPOINT\n8\n0\n10\n1\n20\n1\n0\nENDBLK\n"
    return f"{DXF_BLOCKS}{blocks}{last}0\nENDSEC\n{DXF_HEAD}0\nINSERT\n2\nB0\n10\n0\n20\n0\n{DXF_TAIL}"


FOREIGN = {
    "fgb-count": ("f.fgb", lambda: flatgeobuf(_count(2**62))),
    "fgb-count-2e9": ("f.fgb", lambda: flatgeobuf(_count(2_000_000_000))),
    "fgb-count-5e7": ("f.fgb", lambda: flatgeobuf(_count(50_000_000))),
    "fgb-header": ("f.fgb", lambda: flatgeobuf(_put(8, b"\xff\xff\xff\x7f"))),
    "fgb-size": ("f.fgb", lambda: flatgeobuf(_first_size(2**31 - 1))),
    "fgb-size-0": ("f.fgb", lambda: flatgeobuf(_first_size(0))),
    "dxf-array": ("f.dxf", lambda: f"{DXF_BLOCKS}0\nBLOCK\n2\nA\n10\n0\n20\n0\n0\nPOINT\n8\n0\n10\n1\n20\n1\n0\nENDBLK\n0\nENDSEC\n{DXF_HEAD}0\nINSERT\n2\nA\n10\n0\n20\n0\n70\n32000\n71\n32000\n44\n1\n45\n1\n{DXF_TAIL}"),
    "dxf-blocks": ("f.dxf", lambda: dxf_blocks(12, 10)),
    "dxf-self": ("f.dxf", lambda: f"{DXF_BLOCKS}0\nBLOCK\n2\nA\n10\n0\n20\n0\n0\nINSERT\n2\nA\n10\n0\n20\n0\n0\nENDBLK\n0\nENDSEC\n{DXF_HEAD}0\nINSERT\n2\nA\n10\n0\n20\n0\n{DXF_TAIL}"),
    "dxf-spline": ("f.dxf", lambda: f"{DXF_HEAD}0\nSPLINE\n8\n0\n70\n8\n71\n3\n72\n2000000000\n73\n2000000000\n{DXF_TAIL}"),
    "dxf-arcs": ("f.dxf", lambda: DXF_HEAD + "0\nCIRCLE\n8\n0\n10\n0\n20\n0\n40\n1\n" * 100_000 + DXF_TAIL),
    "kml-deep": ("f.kml", lambda: '<kml xmlns="http://www.opengis.net/kml/2.2">' + "<Folder>" * 200_000 + "</Folder>" * 200_000 + "</kml>"),
    "kml-folders": ("f.kml", lambda: '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>' + "<Folder><name>a</name><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></Folder>" * 60_000 + "</Document></kml>"),
    "kml-data": ("f.kml", lambda: '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>' + "".join(f'<Placemark><ExtendedData><Data name="k{i}"><value>1</value></Data></ExtendedData><Point><coordinates>1,2</coordinates></Point></Placemark>' for i in range(20_000)) + "</Document></kml>"),
    "kml-coordinates": ("f.kml", lambda: '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><LineString><coordinates>' + "1,2 " * 4_000_000 + "</coordinates></LineString></Placemark></kml>"),
    "kml-entity": ("f.kml", lambda: '<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&b;</name></Placemark></kml>'),
    "gpx-extensions": ("f.gpx", lambda: '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">' + "".join(f'<wpt lat="30" lon="122"><extensions><k{i}>1</k{i}></extensions></wpt>' for i in range(20_000)) + "</gpx>"),
    "gpx-points": ("f.gpx", lambda: '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>' + '<trkpt lat="30" lon="122"/>' * 1_000_000 + "</trkseg></trk></gpx>"),
    "geojsonl": ("f.geojsonl", lambda: "\n".join(['{"type":"Feature","properties":{' + ",".join(f'"k{i}_{j}":1' for j in range(200)) + '},"geometry":null}' for i in range(2000)])),
}  # fmt: skip
TAB = 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 1\n  id Char(40)\nData\n\n'
MIF = {
    "mif-count": TAB + "Pline Multiple 2000000000\n 2\n1 2\n3 4\n",
    "mif-points": TAB + "Pline 2000000000\n1 2\n3 4\n",
    "mif-region": TAB + "Region 2000000000\n 3\n1 2\n3 4\n1 2\n",
    "mif-columns": TAB.replace(
        "Columns 1\n  id Char(40)\n", "Columns 100000\n" + "".join(f"  c{i} Char(254)\n" for i in range(100_000))
    ),
}


def mif(text: str) -> Make:
    def make(folder: Path) -> list[str]:
        (folder / "f.mif").write_text(text, encoding="utf-8")
        (folder / "f.mid").write_text('"a"\n', encoding="utf-8")
        return ["doctor", "f.mif"]

    return make


# --- text and TOML ---------------------------------------------------------------------------------------------------


def cell(title: str, value: str) -> Make:
    """Return a maker of a table with one long cell."""
    titles = [*TITLES, *([title] if title not in TITLES else [])]
    row = dict(zip(TITLES, ROW, strict=True)) | {title: value}
    return doctored("f.csv", lambda: ",".join(titles) + "\n" + ",".join(f'"{row[name]}"' for name in titles) + "\n")


LONG = {
    f"{title}-{number}": cell(title, text)
    for title in ("lon", "category", "capacity", "name", "status", "opening_hours", "opened_on", "id")
    for number, text in enumerate(("1" * 32_000, " " * 32_000 + "x", "（" * 32_000, "1 " * 16_000 + "°", "12:00-" * 5_000))
} | {
    "title": doctored("f.csv", lambda: ",".join([*TITLES, "（" * 60_000]) + "\n" + ",".join([*ROW, "1"])),
    "titles": doctored("f.csv", lambda: ",".join([*TITLES, *[f"c{i}" for i in range(100_000)]]) + "\n"),
    "gbk": doctored("f.csv", lambda: (",".join(TITLES) + "\na," + "甲" * 60_000 + ",meals,1,2\n").encode("gbk")),
    "quotes": doctored("f.csv", lambda: ",".join(TITLES) + "\n" + '"' * 200_001 + "\n"),
    "one-line": doctored("f.csv", lambda: "a," * 2_000_000),
}  # fmt: skip
NAMES = {
    "facilities": AREA.replace("f.csv", "x" * 5000 + ".csv"),
    "network": AREA.replace("n.geojson", "x" * 5000 + ".geojson"),
    "folder": AREA.replace("f.csv", "/".join(["x" * 200] * 40) + "/f.csv"),
    "nul": AREA.replace("f.csv", "f\\u0000.csv"),
    "dots": AREA.replace("f.csv", "../" * 3000 + "f.csv"),
    "device": AREA.replace("f.csv", "/dev/zero"),
    "control": AREA.replace("f.csv", "f\\u001b[2J.csv"),
    "chinese": AREA.replace("f.csv", "表" * 200 + ".csv"),
}
TOML = {
    "deep-list": AREA + "x = " + "[" * 100_000 + "]" * 100_000,
    "deep-table": AREA + "x = " + "{a=" * 50_000 + "1" + "}" * 50_000,
    "nul": AREA + "\0" * 50_000,
    "bigint": AREA.replace("[[categories]]", "[walk]\nlimit_min = " + "9" * 5000 + "\n[[categories]]"),
    "hex": AREA.replace("[[categories]]", "[walk]\nlimit_min = 0x" + "f" * 5000 + "\n[[categories]]"),
    "float": AREA.replace("[[categories]]", "[walk]\nlimit_min = 1" + "0" * 5000 + ".0\n[[categories]]"),
    "exponent": AREA.replace("[[categories]]", "[walk]\nlimit_min = 1e999999999\n[[categories]]"),
    "date": AREA.replace("2024-12-31", "9999-99-99"),
    "dotted": AREA + "a." * 100_000 + "b = 1",
    "dotted-head": AREA + "[" + "a." * 100_000 + "b]",
    "dotted-many": AREA + "".join(f"x.{'y.' * 400}k{i} = 1\n" for i in range(500)),
    "surrogate": AREA.replace("县", "\\ud800"),
    "surrogate-bytes": AREA.replace("县", "\ud800"),
    "string": AREA.replace("县", "县" * 1_000_000),
    "key": AREA + "k" * 3_000_000 + " = 1",
    "open-string": AREA + 'x = """' + "\\\n" * 500_000,
    "categories": AREA + "".join(f'[[categories]]\nid = "c{i}"\nname = "n"\nprofile = "adult"\n' for i in range(60_000)),
    "rules": AREA + "".join(RULE % (i, "none") for i in range(25_000)),
    "rules-known": AREA + "".join(RULE % (i, "meals") for i in range(25_000)),
    "units": AREA + "[units]\n" + "".join(f'u{i} = ["x"]\n' for i in range(100_000)),
    "facilities": AREA.replace('["f.csv"]', "[" + ",".join(['"f.csv"'] * 100_000) + "]"),
    "profiles": AREA + "".join(f"[walk.profiles.p{i}]\nspeed_m_per_s = 1.0\nsteps_m_per_s = 0.5\nuses_slope = false\n" for i in range(40_000)),
    "values": AREA.replace('["f.csv"]', '[{file = "f.csv", values = {category = {' + ",".join(f'"w{i}" = "meals"' for i in range(100_000)) + "}}}]"),
}  # fmt: skip
ESCAPES = {
    "clear": "\x1b[2J\x1b[H", "title": "\x1b]0;x\x07", "c1": "\x9b31m", "bidi": "\u202e\u2066", "return": "ok\rno", "backspace": "x\b\b\by",
    "null": "a\0b", "link": "\x1b]8;;http://x\x07y\x1b]8;;\x07", "tags": "\U000e0041\U000e0042", "separator": "\u2028\u2029",
}  # fmt: skip

KINDS: dict[str, dict[str, Make]] = {
    "cell references": {name: doctored("f.ods" if name.startswith("ods") else "f.xlsx", make) for name, make in REFERENCES.items()},
    "shared strings": {name: doctored({"ods": "f.ods", "xls": "f.xls"}.get(name[:3], "f.xlsx"), make) for name, make in STRINGS.items()},
    "Parquet": {name: doctored("f.parquet", make) for name, make in PARQUET.items()},
    "GeoPackage": DEFAULTS,
    "systems of coordinates": SYSTEMS,
    "dense GeoJSON": {name: doctored("f.geojson", make) for name, make in DENSE.items()},
    "formats of GDAL": {name: doctored(*item) for name, item in FOREIGN.items()} | {name: mif(text) for name, text in MIF.items()},
    "long cells": LONG,
    "long names": {name: area(text) for name, text in NAMES.items()},
    "TOML": {name: area(text) for name, text in TOML.items()},
    "terminal": {name: doctored("f.csv", lambda text=text: f"id,name,category,lon,lat\na,{text},{text},1,{text}\n") for name, text in ESCAPES.items()},
}  # fmt: skip
"""Kind → variation → maker."""
__all__ = ["KINDS", "Make", "pd"]
