"""Tables of places, residents, townships, land and lines as they arrive: every defect named, the clean twin silent."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circles.analysis.coverage import groups
from circles.area import Area, load_area
from circles.foundation import words
from circles.foundation.errors import Finding, InputError
from circles.inputs.dispatch import read_residents
from circles.inputs.readers.lines import read_lines
from circles.inputs.readers.places import read_facilities, read_villages
from circles.inputs.readers.polygons import read_land, read_townships
from circles.inputs.readers.vectors import read_vector

AREA = """
[area]
id = "two-isles"
name = "两岛"
crs = "EPSG:4550"
as_of = 2024-12-31

[data]
network = "streets.geojson"
facilities = {facilities}
residents = "{residents}"
{more}
"""
HEAD = "id,name,category,lon,lat,township_code,capacity,status,service_mode,position,updated_on"
ROWS = (
    "c-1,东海托育园,childcare,122.45,30.72,330922100,50,existing,fixed,exact,2024-05-01",
    "m-1,东海助餐点,meals,122.451,30.721,330922100,80,existing,fixed,exact,",
    "k-1,菜园卫生院,卫生院,122.452,30.722,330922100,20,existing,fixed,exact,",
    "s-1,健身点,sports,122.453,30.723,330922100,,existing,fixed,exact,",
)
PEOPLE = "id,lon,lat,population,township_code,village_code,age_0_2\nr1,122.45,30.72,100,330922100,330922100001,3\n"
BOX = [[122.4, 30.7], [122.5, 30.7], [122.5, 30.8], [122.4, 30.8], [122.4, 30.7]]


def text(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def swap(row: int, old: str, new: str) -> str:
    """The clean table with one cell changed."""
    rows = list(ROWS)
    if old not in rows[row]:
        raise ValueError(old)
    rows[row] = rows[row].replace(old, new, 1)
    return text(*rows)


def area_with(
    folder: Path, facilities: str = '["facilities.csv"]', residents: str = "residents.csv", more: str = ""
) -> Area:
    for name, content in (("residents.csv", PEOPLE), ("facilities.csv", text(*ROWS)), ("streets.geojson", "{}")):
        if not (folder / name).exists():
            (folder / name).write_text(content, encoding="utf-8")
    (folder / "area.toml").write_text(
        AREA.format(facilities=facilities, residents=residents, more=more), encoding="utf-8"
    )
    return load_area(folder / "area.toml")


def found_by(read, area: Area) -> list[Finding]:
    """All findings of a reader, raised or returned, each with both languages' sentences."""
    try:
        found = list(read(area)[1])
    except InputError as e:
        found = list(e.findings)
    for item in found:
        assert item.line("zh")
        assert item.line("en")
        assert "{" not in item.message("zh").replace("{'", "")
    return found


def keys(found: list[Finding]) -> list[tuple[str, int | None]]:
    return sorted(((item.code, item.row) for item in found), key=str)


def workbook(rows: list[list[object]], *, title: str = "设施") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def merged(rows: list[list[object]], cells: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows)))
    book.active.merge_cells(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cells_of(content: str) -> list[list[object]]:
    def cell(value: str) -> object:
        try:
            return float(value) if value else None
        except ValueError:
            return value

    lines = list(csv.reader(io.StringIO(content)))
    return [list(lines[0]), *([cell(value) for value in line] for line in lines[1:])]


@dataclass
class Case:
    """One defect of the real world: a file, and the findings (code, row) that it must give, and no others."""

    name: str
    content: str | bytes
    expected: list[tuple[str, int | None]]
    file: str = "facilities.csv"
    facilities: str = ""
    side: dict[str, bytes] = field(default_factory=dict)


def geojson(features: list[dict[str, object]], **extra: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **extra})


def point(id_: str, where: list[float] | None, **own: object) -> dict[str, object]:
    geometry = None if where is None else {"type": "Point", "coordinates": where}
    properties = {"id": id_, "name": "点", "category": "meals", **own}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def reworked(content: bytes, change) -> bytes:
    """A workbook with one part changed or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    return zipped(parts)


CLEAN = workbook(cells_of(text(*ROWS)))
SHEET = "xl/worksheets/sheet1.xml"


def _last_cell(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET].replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )


def _doctype(parts: dict[str, bytes]) -> None:
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + parts["xl/workbook.xml"]


def _external(parts: dict[str, bytes]) -> None:
    parts["xl/externalLinks/externalLink1.xml"] = b"<externalLink/>"


def _escape(parts: dict[str, bytes]) -> None:
    parts["../../evil.txt"] = b"x"


def _bomb(parts: dict[str, bytes]) -> None:
    parts["xl/media/a.bin"] = b"\0" * 20_000_000


XLSX = '["f.xlsx"]'
CASES = [
    # numbers
    Case("letters in a number", swap(0, "122.45,", "一百二,"), [("bad-number", 2)]),
    Case("two points in a number", swap(1, "30.721", "30.7.21"), [("bad-number", 3)]),
    Case("nan as a number", swap(1, "30.721", "nan"), [("bad-number", 3)]),
    Case("infinite number", swap(1, "30.721", "inf"), [("bad-number", 3)]),
    Case("underscore in a number", swap(0, ",50,", ",5_0,"), [("bad-number", 2)]),
    Case("negative capacity", swap(0, ",50,", ",-50,"), [("negative-number", 2)]),
    Case("capacity in words", swap(0, ",50,", ",若干,"), [("bad-number", 2)]),
    Case("degrees, minutes, seconds", swap(0, "122.45,", "122°27′00″,"), [("degrees-minutes", 2)]),
    Case("degrees in Chinese", swap(0, "122.45,", "122度27分,"), [("degrees-minutes", 2)]),
    # coordinates
    Case("no longitude", swap(0, "122.45,", ","), [("coordinates-missing", 2)]),
    Case("no coordinates", swap(0, "122.45,30.72", ","), [("coordinates-missing", 2)]),
    Case("latitude first", swap(2, "122.452,30.722", "30.722,122.452"), [("lon-lat-swapped", 4)]),
    Case("off the Earth", swap(0, "122.45,", "222.45,"), [("lon-lat-range", 2)]),
    Case("metres in lon and lat", swap(0, "122.45,30.72", "447225,3400605"), [("lon-lat-metres", 2)]),
    Case(
        "two pairs of coordinates",
        text("a,甲,meals,122.45,30.72,447225,3400605", head="id,name,category,lon,lat,x,y"),
        [("coordinates-both", 2)],
    ),
    Case(
        "X north, Y east", text("a,甲,meals,3400605,447225", head="id,name,category,x,y"), [("xy-swapped", 2)]
    ),
    Case(
        "zone number in the easting", text("a,甲,meals,41447225,3400605", head="id,name,category,x,y"), [("xy-zone", 2)]
    ),
    Case("unknown system in a row", text("a,甲,meals,122.4,30.7,gps84", head="id,name,category,lon,lat,crs"), [("unknown-crs", 2)]),
    Case("unknown system of the file", text(*ROWS), [("unknown-crs", None)], facilities='{file="facilities.csv", crs="gjc02"}'),
    # ids and codes
    Case("id twice", swap(1, "m-1", "c-1"), [("id-duplicate", 3)]),
    Case("no id", swap(1, "m-1", ""), [("id-missing", 3)]),
    Case("id like a formula", swap(1, "m-1", "=1+1"), [("id-pattern", 3)]),
    Case("id with a space", swap(1, "m-1", "m 1"), [("id-pattern", 3)]),
    Case("id begins with a dash", swap(1, "m-1", "-m"), [("id-pattern", 3)]),
    Case("code as 3.30922E+11", swap(1, "330922100", "3.30922E+11"), [("code-scientific", 3)]),
    Case("id as 3.30922E+11", swap(1, "m-1", "3.30922E+11"), [("code-scientific", 3)]),
    # choices
    Case("unknown category", swap(0, "childcare", "childcar"), [("unknown-category", 2)]),
    Case("category in other words", swap(0, "childcare", "托幼"), [("unknown-category", 2)]),
    Case("no category", swap(0, "childcare", ""), [("value-missing", 2)]),
    Case("unknown status", swap(0, "existing", "existng"), [("unknown-status", 2)]),
    Case("unknown service mode", swap(0, "fixed", "fix"), [("unknown-service-mode", 2)]),
    Case("unknown position", swap(0, "exact", "exakt"), [("unknown-position", 2)]),
    # columns and rows
    Case("no column id", text("甲,meals,122.4,30.7", head="name,category,lon,lat"), [("column-missing", None)]),
    Case("no column lat", text("a,甲,meals,122.4", head="id,name,category,lon"), [("column-missing", None)]),
    Case("misspelt column", text(*ROWS, head=HEAD.replace("capacity", "capcity")), [("column-misspelt", None)]),
    Case("unknown column", text(*(r + ",x" for r in ROWS), head=HEAD + ",联系电话"), [("columns-unused", None)]),
    Case(
        "two columns for one",
        text(*(r + ",x" for r in ROWS), head=HEAD.replace("name", "名称") + ",机构名称"),
        [("column-twice", None)],
    ),
    Case("comma without quotes", swap(0, "东海托育园", "东海,托育园"), [("row-too-long", 2), ("bad-number", 2)][:1]),
    Case("text beside the table only", text(*ROWS, "," * HEAD.count(",") + ",备注"), [("row-too-long", 6)]),
    Case("unclosed quote", swap(0, "东海托育园", '"东海托育园'), [("csv-broken", 2)]),
    Case("cells missing at the end of a row", text(*ROWS[:3], "s-1,健身点,sports,122.453,30.723"), [("row-too-short", 5)]),
    Case("cut off in the last number", text(*ROWS, "z,点,sports,122.4,30.7,,,,,,").rstrip(",\n") + "23,,,,,,", [("last-line-open", 6)]),
    Case("header only", HEAD + "\n", [("sheet-empty", None)]),
    Case("blank lines only", "\n\n\n", [("sheet-empty", None)]),
    Case("empty file", b"", [("file-empty", None)]),
    Case("500 columns", text(",".join("1" * 500), head=",".join(f"c{i}" for i in range(500))), [("sheet-too-large", None)]),
    Case("title above the header", "嵊泗县公共服务设施一览表\n2024年\n" + text(*ROWS), [("header-lower", 3)]),
    Case("mapping to a missing column", text(*ROWS), [("column-mapped-missing", None)],
         facilities='{file="facilities.csv", columns={kind="性质"}}'),
    # encodings
    Case("GB18030", text(*ROWS).encode("gb18030"), [("encoding-told", None)]),
    Case("UTF-16", text(*ROWS).encode("utf-16"), [("encoding-told", None)]),
    Case("neither UTF-8 nor GB18030", b"\x80\xff\xff\xfd" * 99, [("encoding-wrong", None)]),
    Case("UTF-8 with a bad byte", text(*ROWS).encode() + b"\xff", [("encoding-bad-byte", 6)]),
    Case("declared encoding wrong", text(*ROWS).encode("gb18030"), [("encoding-wrong", None)],
         facilities='{file="facilities.csv", encoding="utf-8"}'),
    # disguises
    Case("workbook called .csv", CLEAN, [("file-magic", None)]),
    Case("CSV called .xlsx", text(*ROWS), [("file-magic", None)], "f.xlsx", XLSX),
    Case("old .xls called .xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, [("file-magic", None)], "f.xlsx", XLSX),
    Case("virtual dataset called .geojson", "<OGRVRTDataSource></OGRVRTDataSource>", [("file-vrt", None)], "f.geojson", '["f.geojson"]'),
    Case("virtual dataset called .csv", "<OGRVRTDataSource></OGRVRTDataSource>", [("file-vrt", None)]),
    Case("page saved as .geojson", "<html></html>", [("file-magic", None)], "f.geojson", '["f.geojson"]'),
    Case("unknown format", "x", [("file-format", None)], "f.docx", '["f.docx"]'),
    # workbooks
    Case("one value in the last cell", reworked(CLEAN, _last_cell), [("xlsx-dimension", None)], "f.xlsx", XLSX),
    Case("XML bomb", reworked(CLEAN, _doctype), [("xml-doctype", None)], "f.xlsx", XLSX),
    Case("external links", reworked(CLEAN, _external), [("xlsx-external-links", None)], "f.xlsx", XLSX),
    Case("zip that escapes", reworked(CLEAN, _escape), [("zip-escape", None)], "f.xlsx", XLSX),
    Case("zip bomb", reworked(CLEAN, _bomb), [("zip-bomb", None)], "f.xlsx", XLSX),
    Case("truncated workbook", CLEAN[: len(CLEAN) // 2], [("file-broken", None)], "f.xlsx", XLSX),
    Case("zip that is no workbook", zipped({"a.txt": b"x"}), [("file-magic", None)], "f.xlsx", XLSX),
    Case("no such sheet", CLEAN, [("sheet-unknown", None)], "f.xlsx", '{file="f.xlsx", sheet="设备"}'),
    Case("empty sheet", workbook([]), [("sheet-empty", None)], "f.xlsx", XLSX),
    Case("error in a cell", workbook(cells_of(swap(0, ",50,", ",#N/A,"))), [("xlsx-cell-error", 2)], "f.xlsx", XLSX),
    Case("text merged over rows", merged(cells_of(text(*ROWS)), "B2:B3"), [("xlsx-merged-filled", 2)], "f.xlsx", XLSX),
    Case("number merged over rows", merged(cells_of(text(*ROWS)), "G2:G3"), [("xlsx-merged", 2)], "f.xlsx", XLSX),
    Case("formula without result", workbook(cells_of(swap(0, ",50,", ",=20+30,"))), [("xlsx-formula-empty", 2)], "f.xlsx", XLSX),
    Case("title row in a workbook", workbook([["设施一览表"], *cells_of(text(*ROWS))]), [("header-lower", 2)], "f.xlsx", XLSX),
    # geographic files
    Case("truncated GeoJSON", geojson([point("a", [122.4, 30.7])])[:-9], [("geojson-broken", None)], "f.geojson", '["f.geojson"]'),
    Case("no geometry", geojson([point("a", None)]), [("geometry-missing", 1)], "f.geojson", '["f.geojson"]'),
    Case("NaN coordinate", geojson([point("a", [float("nan"), 30.7])]), [("geometry-not-finite", 1)], "f.geojson", '["f.geojson"]'),
    Case("text coordinate", geojson([point("a", ["x", 30.7])]), [("geometry-broken", 1)], "f.geojson", '["f.geojson"]'),
    Case("polygon for a point",
         geojson([{**point("a", None), "geometry": {"type": "Polygon", "coordinates": [BOX]}}]),
         [("geometry-not-point", 1)], "f.geojson", '["f.geojson"]'),
    Case("crs null", geojson([point("a", [122.4, 30.7])], crs=None), [("crs-missing", None)], "f.geojson", '["f.geojson"]'),
    Case("local crs", geojson([point("a", [122.4, 30.7])], crs={"type": "name", "properties": {"name": "嵊泗独立"}}),
         [("crs-unknown", None)], "f.geojson", '["f.geojson"]'),
    Case("no features", geojson([]), [("sheet-empty", None)], "f.geojson", '["f.geojson"]'),
    Case("SQLite that is no GeoPackage", b"SQLite format 3\0" + b"\0" * 200, [("file-truncated", None)], "f.gpkg", '["f.gpkg"]'),
    Case("truncated Parquet", b"PAR1" + b"\0" * 40, [("file-truncated", None)], "f.parquet", '["f.parquet"]'),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_defect_is_found_and_nothing_else(case, tmp_path):
    """Each real-world defect gives its finding at its row, and no other finding."""
    content = case.content if isinstance(case.content, bytes) else case.content.encode()
    (tmp_path / case.file).write_bytes(content)
    for name, side in case.side.items():
        (tmp_path / name).write_bytes(side)
    area = area_with(tmp_path, case.facilities or '["facilities.csv"]')
    assert keys(found_by(read_facilities, area)) == case.expected


def test_there_are_at_least_sixty_defects():
    """The table of defects does not shrink below sixty."""
    assert len({case.name for case in CASES}) >= 60


def _write(path: Path, frame: gpd.GeoDataFrame) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver={".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}[path.suffix])


@pytest.fixture
def clean(tmp_path) -> pd.DataFrame:
    return read_facilities(area_with(tmp_path))[0]


@pytest.mark.parametrize(
    "kind", ["csv", "bom", "tsv", "semicolon", "crlf", "xlsx", "gpkg", "geojson", "shp", "parquet"]
)
def test_clean_twin_reads_alike_and_silently_in_every_format(kind, clean, tmp_path):
    """The same table in every format gives the same facilities, and no finding at all."""
    plain = text(*ROWS)
    suffix = {"bom": "csv", "semicolon": "csv", "crlf": "csv"}.get(kind, kind)
    path = tmp_path / f"twin.{suffix}"
    if kind == "xlsx":
        path.write_bytes(CLEAN)
    elif suffix in ("csv", "tsv"):
        mark = {"tsv": "\t", "semicolon": ";"}.get(kind, ",")
        end = "\r\n" if kind == "crlf" else "\n"
        path.write_bytes(plain.replace(",", mark).replace("\n", end).encode("utf-8-sig" if kind == "bom" else "utf-8"))
    else:
        frame = pd.read_csv(io.StringIO(plain), dtype={"township_code": str}, keep_default_na=False)
        frame["capacity"] = pd.to_numeric(frame["capacity"])
        points = gpd.GeoDataFrame(
            frame.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(frame.lon, frame.lat), crs=4326
        )
        if kind == "shp":
            short = {"township_code": "乡镇代码", "service_mode": "服务方式", "updated_on": "更新日期"}
            points.rename(columns=short).to_file(path, driver="ESRI Shapefile", encoding="GBK")
        else:
            _write(path, points)
    table, found = read_facilities(area_with(tmp_path, f'["{path.name}"]'))
    assert found == ()
    same = [name for name in clean.columns if name not in ("file", "row", "geometry")]
    pd.testing.assert_frame_equal(pd.DataFrame(table[same]), pd.DataFrame(clean[same]), check_exact=True)


def test_rows_and_values_of_the_clean_table(clean):
    """Rows count as a spreadsheet shows them, categories go by name too, and defaults are filled in."""
    assert clean["row"].tolist() == [2, 3, 4, 5]
    assert clean["category"].tolist() == ["childcare", "meals", "clinic", "sports"]
    assert clean["is_counted"].all()
    assert np.isnan(clean["capacity"].iloc[3])
    assert clean.crs == "EPSG:4326"
    assert clean.geometry.iloc[0].equals(shapely.Point(122.45, 30.72))


def test_chinese_headers_full_width_digits_and_magnitudes(tmp_path):
    """Headers, digits and words as bureaus write them are understood without a mapping."""
    head = "设施编号,机构名称,类别,经度（°）,纬度（°）,托位数（个）,建设状态,所属乡镇"
    rows = (
        "Ａ１,甲,托育点,１２２．４５,30.72,1，200,在建,",
        "a2,乙,助餐点, 122.46 ,30.72,0.2万,已建成,",
        "a3,丙,卫生院,122.4,30.7,50个,,",
    )
    content = text(*(row.replace("1，200", '"1,200"') for row in rows), head=head)
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    table, found = read_facilities(area_with(tmp_path, '["f.csv"]'))
    assert found == ()
    assert table["id"].tolist() == ["A1", "a2", "a3"]
    assert table["capacity"].tolist() == [1200.0, 2000.0, 50.0]
    assert table["status"].tolist() == ["under_construction", "existing", "existing"]
    assert table["lon"].iloc[0] == 122.45


def test_township_name_gives_its_code(tmp_path):
    """A township's name in the row becomes its code; a name that is not known is told and leaves no code."""
    townships(tmp_path)
    (tmp_path / "f.csv").write_text(
        "id,name,category,lon,lat,所属乡镇\na,甲,meals,122.45,30.72,菜园镇\nb,乙,meals,122.45,30.72,菜圆\n",
        encoding="utf-8",
    )
    table, found = read_facilities(area_with(tmp_path, '["f.csv"]', more='townships = "t.geojson"'))
    assert table["township_code"].tolist() == ["330922100", ""]
    assert keys(found) == [("township-unknown", 3)]


def test_all_errors_of_all_files_at_once(tmp_path):
    """Errors of several files come together, and an id may not return in another file."""
    (tmp_path / "a.csv").write_text(text(*ROWS), encoding="utf-8")
    (tmp_path / "b.csv").write_text(text(ROWS[0], "x,甲,nothing,1,2,,,,,,"), encoding="utf-8")
    found = found_by(read_facilities, area_with(tmp_path, '["a.csv", "b.csv"]'))
    assert {(f.code, f.table, f.row) for f in found} == {("unknown-category", "b.csv", 3), ("id-duplicate", "b.csv", 2)}
    assert dict(found[-1].values)["other"] == "a.csv"


def test_mapping_in_the_area_file_wins(tmp_path):
    """A mapped column is read even where a column bears our own name's synonym."""
    (tmp_path / "f.csv").write_text("id,名称,单位全称,category,lon,lat\na,短,长,meals,122.4,30.7\n", encoding="utf-8")
    area = area_with(tmp_path, '[{file = "f.csv", columns = {name = "单位全称"}}]')
    table, found = read_facilities(area)
    assert table["name"].tolist() == ["长"]
    assert keys(list(found)) == [("columns-unused", None)]


def test_declared_systems_give_the_same_place(tmp_path):
    """GCJ-02, BD-09, zone metres with and without zone number and X north, declared, all give the same place."""
    from circles.inputs.readers import datum

    lon, lat = np.array([122.45]), np.array([30.72])
    gcj, bd = datum.wgs84_to_gcj02(lon, lat), datum.wgs84_to_bd09(lon, lat)
    cases = {
        "gcj02": (f"{float(gcj[0][0])!r},{float(gcj[1][0])!r}", "lon,lat", "{}"),
        "百度": (f"{float(bd[0][0])!r},{float(bd[1][0])!r}", "lon,lat", "{}"),
        "EPSG:4490": ("122.45,30.72", "lon,lat", "{}"),
    }
    from pyproj import Transformer

    for code in (4550, 4529, 4499):
        x, y = Transformer.from_crs(4326, code, always_xy=True).transform(122.45, 30.72)
        cases[f"EPSG:{code}"] = (f"{float(y)!r},{float(x)!r}", "X坐标,Y坐标", '{x = "Y坐标", y = "X坐标"}')
    for name, (cell, head, columns) in cases.items():
        (tmp_path / "f.csv").write_text(f"id,name,category,{head}\na,甲,meals,{cell}\n", encoding="utf-8")
        table, _ = read_facilities(area_with(tmp_path, f'[{{file = "f.csv", crs = "{name}", columns = {columns}}}]'))
        assert abs(table["lon"].iloc[0] - 122.45) < 2e-8, name
        assert abs(table["lat"].iloc[0] - 30.72) < 2e-8, name


def test_rows_may_declare_their_own_system(tmp_path):
    """A crs in the row wins over the file's."""
    (tmp_path / "f.csv").write_text(
        "id,name,category,lon,lat,crs\na,甲,meals,122.45,30.72,高德\nb,乙,meals,122.45,30.72,\n", encoding="utf-8"
    )
    table, _ = read_facilities(area_with(tmp_path, '["f.csv"]'))
    assert abs(table["lon"].iloc[0] - 122.45) > 1e-3
    assert table["lon"].iloc[1] == 122.45


def test_shapefile_without_cpg_reads_chinese(tmp_path):
    """A GBK .dbf without .cpg gives its text, and says so; one without .prj is refused."""
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "name": ["菜园卫生院"], "category": ["卫生院"]}, geometry=[shapely.Point(122.45, 30.72)], crs=4326
    )
    frame.to_file(tmp_path / "f.shp", driver="ESRI Shapefile", encoding="GBK")
    (tmp_path / "f.cpg").unlink()
    table, found = read_facilities(area_with(tmp_path, '["f.shp"]'))
    assert table["name"].tolist() == ["菜园卫生院"]
    assert keys(list(found)) == [("encoding-told", None)]
    (tmp_path / "f.prj").unlink()
    assert keys(found_by(read_facilities, area_with(tmp_path, '["f.shp"]'))) == [("crs-missing", None)]
    (tmp_path / "f.shp").write_bytes((tmp_path / "f.shp").read_bytes()[:-10])
    assert keys(found_by(read_facilities, area_with(tmp_path, '["f.shp"]'))) == [("file-truncated", None)]


def test_shapefile_without_dbf_is_refused(tmp_path):
    """A shapefile without its table of attributes is refused."""
    points = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(122.45, 30.72)], crs=4326)
    points.to_file(tmp_path / "f.shp", driver="ESRI Shapefile")
    (tmp_path / "f.dbf").unlink()
    assert keys(found_by(read_facilities, area_with(tmp_path, '["f.shp"]'))) == [("shapefile-part-missing", None)]


def test_geopackage_view_that_never_ends_is_refused(tmp_path):
    """A layer that is a view is refused before it is read."""
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(122.45, 30.72)], crs=4326)
    frame.to_file(tmp_path / "f.gpkg", driver="GPKG", layer="a")
    with sqlite3.connect(tmp_path / "f.gpkg") as db:
        db.execute("ALTER TABLE a RENAME TO b")
        db.execute(
            "CREATE VIEW a AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n, b"
        )
    db.close()
    found = found_by(read_facilities, area_with(tmp_path, '["f.gpkg"]'))
    assert {f.code for f in found} <= {"layer-view", "file-broken"}


# --- residents, villages, townships, land ----------------------------------------------------------------------------


def townships(folder: Path, **changes: object) -> None:
    own = {"code": "330922100", "name": "菜园镇", "class": "town", **changes}
    feature = {"type": "Feature", "properties": own, "geometry": {"type": "Polygon", "coordinates": [BOX]}}
    (folder / "t.geojson").write_text(geojson([feature]), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",100,", ",-1,", [("negative-number", 2)]),
        (",100,", ",nan,", [("bad-number", 2)]),
        (",100,", ",,", [("value-missing", 2)]),
        (",3\n", ",-3\n", [("negative-number", 2)]),
        (",3\n", ",\n", [("value-missing", 2)]),
        (",3\n", ",300\n", [("group-too-large", 2)]),
        ("r1", "", [("id-missing", 2)]),
        ("330922100001", "3.30922E+11", [("code-scientific", 2)]),
        ("population", "popul", [("column-missing", None)]),
        ("122.45", "东经约122", [("bad-number", 2)]),
    ],
)
def test_residents_defects(old, new, expected, tmp_path):
    """Every wrong number of people is named by its row; nobody (0) and unknown (empty) are different things."""
    (tmp_path / "residents.csv").write_text(PEOPLE.replace(old, new), encoding="utf-8")
    assert keys(found_by(read_residents, area_with(tmp_path))) == expected


def test_residents_keep_every_numeric_column_as_a_group(tmp_path):
    """Every other numeric column is a group, under its own header; a column of remarks is not."""
    content = "id,lon,lat,人口,0-2岁,渔民,备注\na,122.4,30.7,10,1,4,好\nb,122.4,30.7,20,0,5,3\n"
    (tmp_path / "residents.csv").write_text(content, encoding="utf-8")
    table, found = read_residents(area_with(tmp_path))
    assert list(table.columns) == [
        "id", "population", "age_0_2", "渔民", "township_code", "village_code", "island", "file", "row", "geometry",
    ]  # fmt: skip
    assert groups(table) == ["population", "age_0_2", "渔民"]
    assert table["渔民"].tolist() == [4.0, 5.0]
    assert keys(list(found)) == [("columns-unused", None)]


def _raster(path: Path, band: np.ndarray, **extra: object) -> None:
    import rasterio
    from affine import Affine

    profile = {
        "driver": "GTiff", "height": band.shape[0], "width": band.shape[1], "count": 1, "dtype": band.dtype,
        "crs": "EPSG:4550", "transform": Affine(100, 0, 440000, 0, -100, 3400300), **extra,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(band, 1)


def test_population_raster_keeps_its_sum(tmp_path):
    """A raster gives one point per cell with people, at its centre, and its sum exactly; nodata is nobody."""
    band = np.array([[0, 2.5, -9999], [7, 0, 1]], dtype=np.float32)
    _raster(tmp_path / "p.tif", band, nodata=-9999)
    table, _ = read_residents(area_with(tmp_path, residents="p.tif"))
    assert table["population"].sum() == 10.5
    assert table["id"].tolist() == ["c0-1", "c1-0", "c1-2"]
    first = table.geometry.to_crs("EPSG:4550").iloc[0]
    assert abs(first.x - 440150) < 1e-4
    assert abs(first.y - 3400250) < 1e-4


@pytest.mark.parametrize(
    ("band", "extra", "code"),
    [
        ([[1, -5]], {}, "raster-negative"),
        ([[1, 3.4e38]], {}, "raster-void"),
        ([[0, 0]], {}, "raster-empty"),
        ([[1, np.inf]], {}, "raster-not-finite"),
        ([[1, 2]], {"crs": None}, "crs-missing"),
    ],
)
def test_population_raster_defects(band, extra, code, tmp_path):
    """Negative, infinite, absent people and a missing CRS are errors."""
    _raster(tmp_path / "p.tif", np.array(band, dtype=np.float32), **extra)
    assert [f.code for f in found_by(read_residents, area_with(tmp_path, residents="p.tif"))] == [code]


def test_a_raster_without_a_system_takes_the_declared_one(tmp_path):
    """What `crs-missing` advises works; one that contradicts the raster's own is an error."""
    _raster(tmp_path / "p.tif", np.array([[1, 2]], dtype=np.float32), crs=None)
    area_with(tmp_path, residents="p.tif")
    text_of = (tmp_path / "area.toml").read_text(encoding="utf-8")
    declared = text_of.replace('"p.tif"', '{ file = "p.tif", crs = "EPSG:4550" }')
    (tmp_path / "area.toml").write_text(declared, encoding="utf-8")
    table, _ = read_residents(load_area(tmp_path / "area.toml"))
    assert table.geometry.to_crs("EPSG:4550").iloc[0].x == pytest.approx(440050, abs=1e-4)
    _raster(tmp_path / "p.tif", np.array([[1, 2]], dtype=np.float32), crs="EPSG:4549")
    assert [f.code for f in found_by(read_residents, load_area(tmp_path / "area.toml"))] == ["crs-both"]


def _land(folder: Path, *shapes: shapely.Geometry, name: str = "l.gpkg") -> None:
    frame = gpd.GeoDataFrame({"island": [f"岛{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=4550)
    frame.to_crs(4326).to_file(folder / name)


def test_people_of_coastal_cells_are_on_land(tmp_path):
    """A cell that the coast cuts keeps its people, on its land; one wholly at sea stays where it is and is told."""
    _raster(tmp_path / "p.tif", np.array([[4, 5, 6]], dtype=np.float32))
    _land(tmp_path, shapely.box(439990, 3400100, 440130, 3400400))
    table, found = read_residents(area_with(tmp_path, residents="p.tif", more='land = "l.gpkg"'))
    assert table["population"].tolist() == [4, 5, 6]
    x = shapely.get_x(table.geometry.to_crs(4550).to_numpy())
    assert x == pytest.approx([440050, 440115, 440250], abs=1e-2)
    assert keys(list(found)) == [("raster-cells-at-sea", None), ("raster-cells-cut", None)]
    assert "5" in found[0].message("en")


def test_people_of_a_cell_are_shared_by_the_area_of_its_parts(tmp_path):
    """Two islands in one cell and a boundary through another: the people are shared by area, slivers aside."""
    _raster(tmp_path / "p.tif", np.array([[8, 12]], dtype=np.float32))
    _land(
        tmp_path, shapely.box(440000, 3400200, 440030, 3400300), shapely.box(440090, 3400200, 440300, 3400300),
        shapely.box(440050, 3400250, 440050.5, 3400251),
    )  # fmt: skip
    towns = gpd.GeoDataFrame(
        {"code": ["a", "b"], "name": ["甲", "乙"]},
        geometry=[shapely.box(439900, 3400100, 440125, 3400400), shapely.box(440125, 3400100, 440400, 3400400)], crs=4550,
    )  # fmt: skip
    towns.to_crs(4326).to_file(tmp_path / "t.geojson", driver="GeoJSON")
    area = area_with(tmp_path, residents="p.tif", more='land = "l.gpkg"\ntownships = "t.geojson"')
    table, found = read_residents(area)
    assert table["id"].tolist() == ["c0-0-1", "c0-0-2", "c0-1-1", "c0-1-2"]
    assert table["population"].tolist() == pytest.approx([6, 2, 3, 9], rel=1e-4)
    assert table["population"].sum() == pytest.approx(20, abs=1e-9)
    assert keys(list(found)) == [("raster-cells-cut", None)]


def test_cells_outside_the_area_are_left_out_and_reported(tmp_path):
    """A raster of the whole province gives the area's people; the rest is a finding, all of it elsewhere an error."""
    band = np.zeros((1, 60), dtype=np.float32)
    band[0, 0], band[0, 59] = 10, 90
    _raster(tmp_path / "p.tif", band)
    _land(tmp_path, shapely.box(439950, 3400100, 440300, 3400400))
    table, found = read_residents(area_with(tmp_path, residents="p.tif", more='land = "l.gpkg"'))
    assert table["population"].tolist() == [10]
    assert [(f.code, f.values["people"], f.values["share"]) for f in found] == [("raster-outside", "90", "90.0")]  # noqa: PD011
    _land(tmp_path, shapely.box(540000, 3400100, 540300, 3400400), name="far.gpkg")
    with pytest.raises(InputError) as caught:
        read_residents(area_with(tmp_path, residents="p.tif", more='land = "far.gpkg"'))
    assert keys(list(caught.value.findings)) == [("raster-elsewhere", None)]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_weights_of_a_cell_add_up(seed):
    """Whatever coast and boundaries, the parts of each cell have weights that add up to 1, and lie in its box."""
    from circles.inputs.readers.raster_cells import parts

    rng = np.random.default_rng(seed)
    rows, columns = np.divmod(np.arange(12), 4)
    boxes = shapely.box(columns, rows, columns + 1, rows + 1)
    centres = np.column_stack([columns + 0.5, rows + 0.5])

    def shapes(n: int) -> np.ndarray:
        return shapely.buffer(shapely.points(rng.uniform(-1, 5, (n, 2))), rng.uniform(0.01, 2, n))

    cut = parts(
        boxes,
        centres,
        land=shapes(3) if rng.random() < 0.8 else None,
        townships=shapes(2) if rng.random() < 0.8 else None,
    )
    assert np.bincount(cut.cell, weights=cut.weight, minlength=12) == pytest.approx(np.ones(12))
    assert (cut.weight > 0).all()
    assert shapely.intersects(shapely.buffer(boxes[cut.cell], 1e-9), shapely.points(cut.xy)).all()


def test_villages(tmp_path):
    """Villages are points with a code each; a code twice is an error."""
    content = "code,name,township_code,lon,lat\n330922100001,东海社区,330922100,122.449,30.725\n"
    (tmp_path / "v.csv").write_text(content, encoding="utf-8")
    area = area_with(tmp_path, more='villages = "v.csv"')
    table, found = read_villages(area)
    assert table["code"].tolist() == ["330922100001"]
    assert found == ()
    (tmp_path / "v.csv").write_text(content + content.splitlines()[1] + "\n", encoding="utf-8")
    assert keys(found_by(read_villages, area)) == [("id-duplicate", 3)]
    assert read_villages(area_with(tmp_path))[0].empty


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"code": ""}, [("value-missing", 1)]),
        ({"code": 3.30922e11}, []),
        ({"code": "3.30922E+11"}, [("code-scientific", 1)]),
        ({"code": "ALL"}, [("code-reserved", 1)]),
        ({"class": "城郊"}, [("unknown-class", 1)]),
        ({"class": "乡"}, []),
    ],
)
def test_townships(changes, expected, tmp_path):
    """Codes are text, classes are town, rural or nothing."""
    townships(tmp_path, **changes)
    assert keys(found_by(read_townships, area_with(tmp_path, more='townships = "t.geojson"'))) == expected


BAD_POLYGONS = [
    (None, "geometry-missing"),
    ({"type": "Polygon", "coordinates": []}, "geometry-missing"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "geometry-invalid"),
    ({"type": "Point", "coordinates": [0, 0]}, "geometry-not-polygon"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [float("inf"), 0], [0, 0]]]}, "geometry-not-finite"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "geometry-broken"),
    ({"type": "Polygon", "coordinates": [[[500, 0], [501, 0], [501, 1], [500, 0]]]}, "geometry-off-earth"),
    ({"type": "Wolke"}, "geometry-broken"),
]


@pytest.mark.parametrize(("geometry", "code"), BAD_POLYGONS)
def test_bad_polygons_of_land_and_townships(geometry, code, tmp_path):
    """Geometry that is empty, not valid, not finite or no polygon is an error with its row, in both tables."""
    own = {"code": "a", "name": "甲", "island": "甲岛"}
    (tmp_path / "t.geojson").write_text(
        geojson([{"type": "Feature", "properties": own, "geometry": geometry}]), encoding="utf-8"
    )
    area = area_with(tmp_path, more='townships = "t.geojson"\nland = "t.geojson"')
    assert keys(found_by(read_townships, area)) == [(code, 1)]
    assert keys(found_by(read_land, area)) == [(code, 1)]


def test_township_code_twice(tmp_path):
    """Polygons with one code and one name are parts of one township, joined with a note; with two names an error."""
    island = [[x + 0.5, y] for x, y in BOX]
    parts = [
        {
            "type": "Feature",
            "properties": {"code": "a", "name": "b"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for ring in (BOX, island)
    ]
    (tmp_path / "t.geojson").write_text(geojson(parts), encoding="utf-8")
    area = area_with(tmp_path, more='townships = "t.geojson"')
    towns, found = read_townships(area)
    assert [(item.severity, item.code, item.row) for item in found] == [("info", "township-in-parts", 1)]
    assert towns["code"].tolist() == ["a"]
    assert towns.geometry.iloc[0].equals(shapely.union(shapely.Polygon(BOX), shapely.Polygon(island)))
    parts[1]["properties"]["name"] = "c"
    (tmp_path / "t.geojson").write_text(geojson(parts), encoding="utf-8")
    assert keys(found_by(read_townships, area)) == [("id-duplicate", 2)]


# --- lines -----------------------------------------------------------------------------------------------------------


def lines_of(shapes, crs="EPSG:4550", **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_lines_in_the_areas_crs_stay_bit_by_bit(suffix, tmp_path):
    """Coordinates of a file in the area's CRS are not touched: lines meet where they are equal as floats."""
    xy = [(450000.1234567891, 3400000.1), (450010.3, 3400000.30000000005)]
    shapes = [shapely.LineString(xy), shapely.MultiLineString([[(0.1, 0.2), (1, 1)], [(2, 2), (3, 3), (4, 4)]])]
    frame = lines_of(shapes, highway=["steps", None], ele_from_m=["1.5", None])
    path = tmp_path / f"s{suffix}"
    if suffix == ".geojson":
        frame.to_file(path, driver="GeoJSON", COORDINATE_PRECISION=17)
    else:
        _write(path, frame)
    streets, found = read_lines(path, "EPSG:4550")
    assert [(item.code, item.row) for item in found] == [("lines-without-highway", 2)]
    assert streets.offsets.tolist() == [0, 2, 4, 7]
    assert streets.xy[:2].tolist() == [list(p) for p in xy]
    assert streets.lines["street_id"].tolist() == [1, 2, 2]
    assert streets.lines["highway"].tolist() == ["steps", "", ""]
    assert streets.lines["ele_from_m"].iloc[0] == 1.5
    assert streets.vertex_id is None


def test_lines_in_degrees_become_metres(tmp_path):
    """A file in another CRS is transformed, longitude first whatever the CRS says of its axes."""
    _write(tmp_path / "s.gpkg", lines_of([shapely.LineString([(122.45, 30.72), (122.46, 30.72)])], crs="EPSG:4490"))
    streets, _ = read_lines(tmp_path / "s.gpkg", "EPSG:4550")
    assert 940 < np.hypot(*(streets.xy[1] - streets.xy[0])) < 970


def test_kept_network_keeps_its_nodes(tmp_path):
    """With from_node and to_node the lines are whole edges; inner vertices meet nothing."""
    frame = lines_of([shapely.LineString([(0, 0), (1, 0), (2, 0)])], from_node=[7], to_node=[9])
    _write(tmp_path / "s.gpkg", frame)
    streets, _ = read_lines(tmp_path / "s.gpkg", "EPSG:4550")
    assert streets.is_noded
    assert streets.vertex_id is not None
    assert streets.vertex_id.tolist() == [7, -1, 9]


BAD_LINES = [
    ([shapely.LineString([(0, 0), (0, 0)])], {}, [("line-degenerate", 1)]),
    ([shapely.LineString([(0, 0), (1, 1)]), None], {}, [("geometry-missing", 2)]),
    ([shapely.LineString([(0, 0), (1, 1)]), shapely.Point(0, 0)], {}, [("geometry-not-line", 2)]),
    ([shapely.Point(0, 0)], {}, [("geometry-not-line", 1), ("network-no-lines", None)]),
    ([shapely.LineString([(0, 0), (np.inf, 1)])], {}, [("geometry-not-finite", 1)]),
    ([shapely.LineString([(0, 0), (1e308, 1)])], {}, [("geometry-off-earth", 1)]),
    ([shapely.LineString([(0, 0), (1, 1)])], {"ele_to_m": ["高"]}, [("bad-number", 1)]),
    ([shapely.LineString([(0, 0), (1, 1)])], {"from_node": [1], "to_node": ["x"]}, [("bad-number", 1)]),
]


@pytest.mark.parametrize(("shapes", "columns", "expected"), BAD_LINES)
def test_bad_lines(shapes, columns, expected, tmp_path):
    """Lines that nobody can walk are errors with their row; so is a file without any line."""
    lines_of(shapes, **columns).to_parquet(tmp_path / "s.parquet")
    with pytest.raises(InputError) as caught:
        read_lines(tmp_path / "s.parquet", "EPSG:4550")
    assert keys(list(caught.value.findings)) == expected


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_lines_without_crs_are_refused(tmp_path):
    """A network without a coordinate system is an error, never a guess."""
    for name in ("s.gpkg", "s.parquet", "s.shp"):
        _write(tmp_path / name, lines_of([shapely.LineString([(0, 0), (1, 1)])], crs=None))
        with pytest.raises(InputError) as caught:
            read_lines(tmp_path / name, "EPSG:4550")
        assert caught.value.findings[0].code == "crs-missing", name


def test_a_layer_mostly_without_geometry_is_one_finding(tmp_path):
    """Tens of thousands of features without a place are told in one message, not one each."""
    nowhere = '{"type":"Feature","properties":{"id":"a"},"geometry":null}'
    placed = '{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[122.45,30.72]}}'
    text = '{"type":"FeatureCollection","features":[' + ",".join([nowhere] * 10_001 + [placed] * 5) + "]}"
    (tmp_path / "f.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "f.geojson", "f.geojson")
    assert [item.code for item in caught.value.findings] == ["layer-no-geometry"]


def test_empty_network_is_refused(tmp_path):
    """A network without a feature is an error."""
    (tmp_path / "s.geojson").write_text(geojson([]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_lines(tmp_path / "s.geojson", "EPSG:4550")
    assert caught.value.findings[0].code == "network-no-lines"


# --- hostile files ---------------------------------------------------------------------------------------------------


def _samples(folder: Path) -> dict[str, bytes]:
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b"], "name": ["甲", "乙"], "category": ["meals", "meals"]},
        geometry=[shapely.Point(122.45, 30.72), shapely.Point(122.46, 30.72)],
        crs=4326,
    )
    found = {"csv": text(*ROWS).encode(), "xlsx": CLEAN}
    for suffix in ("gpkg", "geojson", "parquet", "shp"):
        _write(folder / f"sample.{suffix}", frame)
        found[suffix] = (folder / f"sample.{suffix}").read_bytes()
    return found


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("samples")
    return folder, _samples(folder)


def _mutated(kind: str, content: bytes, cut: float, changes: list[tuple[float, int]]) -> bytes:
    body = bytearray(content[: max(1, int(len(content) * cut))])
    for at, value in changes:
        body[int(at * (len(body) - 1))] = value
    del kind
    return bytes(body)


def _only_own_errors(samples, kind: str, cut: float, changes: list[tuple[float, int]]) -> None:
    folder, contents = samples
    name = f"sample.{kind}"
    (folder / name).write_bytes(_mutated(kind, contents[kind], cut, changes))
    try:
        read_facilities(area_with(folder, f'["{name}"]'))
    except InputError as e:
        for item in e.findings:
            assert item.line("zh")
    finally:
        (folder / name).write_bytes(contents[kind])


MUTATIONS = {
    "kind": st.sampled_from(["csv", "xlsx", "gpkg", "geojson", "parquet", "shp"]),
    "cut": st.sampled_from([1.0, 1.0, 0.99, 0.5, 0.1]),
    "changes": st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
}


@given(**MUTATIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_raise_only_our_own_errors(samples, kind, cut, changes):
    """A damaged file of any format gives our own error or its rows, never a traceback."""
    _only_own_errors(samples, kind, cut, changes)


@pytest.mark.long
@given(**MUTATIONS)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore")
def test_ten_thousand_damaged_files(samples, kind, cut, changes):
    """Ten thousand mutated inputs over all formats raise only the project's own errors."""
    _only_own_errors(samples, kind, cut, changes)


def test_every_code_has_both_languages():
    """Every finding of this room says what is wrong and what to do, in Chinese and in English."""
    codes = words.finding_codes()
    for code in {code for case in CASES for code, _ in case.expected}:
        assert set(codes[code]) >= {"zh", "en", "fix_zh", "fix_en"}
        assert all(codes[code].values())


def test_embedded_shengsi_loads_without_a_finding():
    """The embedded data are clean: nothing to report."""
    area = load_area()
    for read in (read_facilities, read_residents, read_villages, read_townships, read_land):
        table, found = read(area)
        assert len(table)
        assert found == ()
    streets, found = read_lines(area.path(str(area.data.network)), area.crs)
    assert len(streets.lines) > 5000
    assert found == ()


def test_hundred_thousand_residents_are_read(tmp_path):
    """None of 100,000 residents is lost on the way in (timed in benchmarks/inputs.py)."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"id": [f"r{i}" for i in range(100_000)], "lon": rng.uniform(122.4, 122.5, 100_000),
         "lat": rng.uniform(30.7, 30.8, 100_000), "population": 3, "age_0_2": 1}
    )  # fmt: skip
    frame.to_csv(tmp_path / "residents.csv", index=False)
    table, _ = read_residents(area_with(tmp_path))
    assert len(table) == 100_000
    assert table["population"].sum() == 300_000
