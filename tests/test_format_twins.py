"""One table and one layer in every format that planners hold: the same rows; and what is damaged or packed oddly is refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
import struct
import warnings
import zipfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyproj import Transformer
from shapely.geometry import Point
from test_fixes import AREA, BASE, MINUTES, reported

from circles.area import PlacesFile
from circles.foundation.errors import InputError
from circles.inputs.checks.kinds import kind_of
from circles.inputs.readers.sheets import read_sheet

TITLES = ("编号", "名称", "类别", "乡镇代码", "经度", "纬度")
ROWS = [
    ("f1", "菜园卫生院", "clinic", "330922100", 122.4421, 30.7262),
    ("f2", "枸杞卫生院", "clinic", "330922203", 122.7652, 30.7167),
]
PLAIN = ("csv", "tsv", "xlsx", "xlsb", "et", "csv.gz", "csv.zst", "csv.zip", "tsv.gz", "xlsx.zip")
LAYERS = (
    "gpkg",
    "geojson",
    "geojsonl",
    "fgb",
    "kml",
    "kmz",
    "gpx",
    "shp.zip",
    "zip",
    "gpkg.zip",
    "geojson.gz",
    "geojson.zst",
    "mif.zip",
    "parquet",
)


def text(separator: str = ",") -> bytes:
    lines = [TITLES, *ROWS]
    return "\n".join(separator.join(map(str, line)) for line in lines).encode()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook() -> bytes:
    out, book = io.BytesIO(), openpyxl.Workbook()
    for line in (TITLES, *ROWS):
        book.active.append(line)
    book.save(out)
    return out.getvalue()


def _record(kind: int, content: bytes = b"") -> bytes:
    """Return a record of BIFF12: its kind and length in groups of seven bits, then its content."""
    kinds = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return kinds + bytes([len(content) & 127 | (128 if len(content) > 127 else 0)]) + (
        bytes([len(content) >> 7]) if len(content) > 127 else b""
    ) + content  # fmt: skip


def _wide(value: str) -> bytes:
    return len(value).to_bytes(4, "little") + value.encode("utf-16-le")


def binary_workbook() -> bytes:
    """Return the table as Excel's binary workbook; no library here writes one ([MS-XLSB], sections 2.1.7 and 2.4)."""
    rows, lines = [TITLES, *ROWS], []
    for row, line in enumerate(rows):
        lines.append(_record(0, row.to_bytes(4, "little") + bytes(13)))
        for column, cell in enumerate(line):
            head = column.to_bytes(4, "little") + bytes(4)
            is_text = isinstance(cell, str)
            lines.append(_record(6, head + _wide(cell)) if is_text else _record(5, head + struct.pack("<d", cell)))
    corner = (0, len(rows) - 1, 0, len(TITLES) - 1)
    dimension = _record(148, b"".join(number.to_bytes(4, "little") for number in corner))
    body = _record(129) + dimension + _record(145) + b"".join(lines) + _record(146) + _record(130)
    one = _record(156, bytes(4) + (1).to_bytes(4, "little") + _wide("rId1") + _wide("Sheet1"))
    book = _record(131) + _record(143) + one + _record(144) + _record(132)
    kinds = "application/vnd.ms-excel"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    return zipped(
        {
            "[Content_Types].xml": (
                f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="text/xml"/>'
                f'<Override PartName="/xl/workbook.bin" ContentType="{kinds}.sheet.binary.macroEnabled.main"/>'
                f'<Override PartName="/xl/worksheets/sheet1.bin" ContentType="{kinds}.worksheet"/></Types>'
            ).encode(),
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.bin"/></Relationships>'.encode(),
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'.encode(),
            "xl/workbook.bin": book,
            "xl/worksheets/sheet1.bin": body,
        }
    )


def table(file: Path) -> Path:
    """Write the table in the format that the file's name asks for."""
    ending = file.name.split(".", 1)[1]
    inner = workbook() if "xlsx" in ending or ending == "et" else text("\t" if "tsv" in ending else ",")
    if ending == "xlsb":
        inner = binary_workbook()
    packed = {"gz": gzip.compress, "zst": lambda raw: pa.Codec("zstd").compress(raw, asbytes=True)}
    if ending.endswith("zip"):
        file.write_bytes(zipped({file.stem: inner}))
    else:
        file.write_bytes(packed.get(ending.split(".")[-1], bytes)(inner))
    return file


def layer(file: Path, scratch: Path) -> Path:
    """Write the layer in the format that the file's name asks for."""
    ending = file.name.split(".", 1)[1]
    kind = {"zip": "shp", "kmz": "kml"}.get(ending, ending.split(".")[0])
    frame = gpd.GeoDataFrame(
        {title: [row[at] for row in ROWS] for at, title in enumerate(TITLES[:4])},
        geometry=[Point(row[4], row[5]) for row in ROWS], crs="EPSG:4326",
    )  # fmt: skip
    if kind in ("kml", "gpx"):
        frame = frame.rename(columns={"名称": "name"})
    if kind == "gpx":
        frame = frame[["name", "geometry"]]
    inner = scratch / f"twin.{kind}"
    if kind == "mif":  # as MapInfo writes it in China; GDAL writes no such titles
        lines = "".join(f"  {title} Char(40)\n" for title in TITLES[:4])
        head = f'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 4\n{lines}Data\n\n'
        inner.write_bytes((head + "".join(f"Point {row[4]} {row[5]}\n" for row in ROWS)).encode("gbk"))
        rows = "".join(",".join(f'"{cell}"' for cell in row[:4]) + "\n" for row in ROWS)
        inner.with_suffix(".mid").write_bytes(rows.encode("gbk"))
    elif kind == "parquet":
        frame.to_parquet(inner)
    else:
        drivers = {
            "geojsonl": "GeoJSONSeq",
            "gpx": "GPX",
            "kml": "LIBKML",
        }
        options = {"encoding": "UTF-8"} if kind == "shp" else {}
        with warnings.catch_warnings():  # a .dbf cuts titles, which is what is to be seen
            warnings.simplefilter("ignore")
            frame.to_file(inner, driver=drivers.get(kind), **options)
    packed = file.suffix.lower()
    if packed == ".gz":
        file.write_bytes(gzip.compress(inner.read_bytes()))
    elif packed == ".zst":
        file.write_bytes(pa.Codec("zstd").compress(inner.read_bytes(), asbytes=True))
    elif packed in (".zip", ".kmz"):
        file.write_bytes(zipped({part.name: part.read_bytes() for part in sorted(scratch.glob("twin.*"))}))
    else:
        shutil.copy(inner, file)
    return file


@pytest.mark.parametrize("ending", PLAIN)
def test_a_table_says_the_same_in_every_format(ending: str, tmp_path: Path) -> None:
    """Ids, names, kinds and places do not depend on the format."""
    sheet = read_sheet(table(tmp_path / f"f.{ending}"), f"f.{ending}", "facilities")
    rows = list(zip(*(sheet.column(name) for name in ("id", "name", "category", "township_code")), strict=True))
    assert rows == [row[:4] for row in ROWS]
    assert [tuple(map(float, pair)) for pair in zip(sheet.column("lon"), sheet.column("lat"), strict=True)] == [
        row[4:] for row in ROWS
    ]


@pytest.mark.parametrize("ending", LAYERS)
def test_a_layer_says_the_same_in_every_format(ending: str, tmp_path: Path) -> None:
    """A shapefile in a plain .zip, a packed GeoPackage and the like are read as what is in them; a cut title is completed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = layer(tmp_path / f"f.{ending}", scratch)
    sheet = read_sheet(file, file.name, "facilities")
    assert sorted(sheet.column("name")) == sorted(row[1] for row in ROWS)
    assert sorted(point.x for point in sheet.shapes) == pytest.approx(sorted(row[4] for row in ROWS), abs=1e-6)
    if ending != "gpx":
        assert sorted(sheet.column("township_code")) == sorted(row[3] for row in ROWS)
    if ending in ("zip", "shp.zip"):
        assert ["乡镇代码" in item.message() for item in sheet.findings if item.code == "title-cut"] == [True]


def test_doctor_knows_what_is_in_a_plain_zip(tmp_path: Path) -> None:
    """``circles doctor x.zip`` looks inside before it takes a .zip for heights."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = layer(tmp_path / "f.zip", scratch)
    assert kind_of(file, PlacesFile(file="f.zip"))[0] == "facilities"
    assert kind_of(table(tmp_path / "f.csv.zip"), PlacesFile(file="f.csv.zip"))[0] == "facilities"


def drawing(lines: list[list[tuple[float, float]]], kind: str) -> str:
    """Return a drawing as CAD programs write it (DXF R12): groups of a code and a value, a line each."""
    groups: list[object] = [0, "SECTION", 2, "ENTITIES"]
    for line in lines:
        if kind == "POLYLINE":
            groups += [0, "POLYLINE", 8, "道路", 66, 1, 70, 0]
            for x, y in line:
                groups += [0, "VERTEX", 8, "道路", 10, x, 20, y]
            groups += [0, "SEQEND"]
        else:
            for (x0, y0), (x1, y1) in pairwise(line):
                groups += [0, "LINE", 8, "道路", 10, x0, 20, y0, 11, x1, 21, y1]
    return "\n".join(map(str, [*groups, 0, "ENDSEC", 0, "EOF"])) + "\n"


@pytest.mark.parametrize("kind", ["POLYLINE", "LINE"])
def test_a_drawing_of_streets_gives_the_minutes_of_the_layer(kind: str, tmp_path: Path) -> None:
    """A .dxf says no system: refused, and with the one declared the minutes of the same lines as GeoJSON."""
    degrees = [[(122.45, 30.72), (122.453, 30.72), (122.459, 30.72)], [(122.453, 30.72), (122.453, 30.719)]]
    metres = Transformer.from_crs(4326, 4550, always_xy=True).transform
    text = drawing([[metres(*place) for place in line] for line in degrees], kind)
    files = BASE | {"n.dxf": text, "area.toml": AREA.replace('"n.geojson"', '"n.dxf"')}
    assert reported(tmp_path, files) == ({"crs-missing"}, None)
    files["area.toml"] = AREA.replace('"n.geojson"', '{ file = "n.dxf", crs = "EPSG:4550" }')
    assert reported(tmp_path, files)[1] == pytest.approx(MINUTES, abs=1e-4)
    files["area.toml"] = AREA.replace('"n.geojson"', '{ file = "n.dxf", crs = "gcj02" }')
    assert reported(tmp_path, files) == ({"crs-unknown"}, None)
    files["area.toml"] = AREA.replace('"n.geojson"', '{ file = "n.geojson", crs = "EPSG:4550" }')
    assert reported(tmp_path, files) == ({"crs-both"}, None)


@pytest.mark.parametrize(("part", "tag"), [("xl/styles.xml", b"<styleSheet"), ("xl/worksheets/sheet1.xml", b"<row")])
def test_a_workbook_with_a_part_that_is_no_xml_is_refused(part: str, tag: bytes, tmp_path: Path) -> None:
    """Readers of cells pass over some damage; what is looked for beside the cells stops at it with a finding."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"<row", b'<row hidden="0"', 1)
    parts[part] = parts[part].replace(tag, b"<\x19", 1)
    (tmp_path / "f.xlsx").write_bytes(zipped(parts))
    with pytest.raises(InputError) as caught:
        read_sheet(tmp_path / "f.xlsx", "f.xlsx", "facilities")
    assert [item.code for item in caught.value.findings] == ["file-broken"]


def mutants(whole: bytes, count: int) -> list[bytes]:
    """Return copies of a file that are cut, of another format, empty, or have bytes turned: the same ones every time."""
    rng, found = np.random.default_rng(17), [whole[: len(whole) // 2], b"", b"%PDF-1.7 " + whole]
    while len(found) < count:
        copy = bytearray(whole)
        for at in rng.integers(0, len(whole), size=rng.integers(1, 9)):
            copy[at] = rng.integers(0, 256)
        found.append(bytes(copy[: rng.integers(1, len(copy))] if rng.random() < 0.3 else copy))
    return found[:count]


def damaged(ending: str, folder: Path, count: int) -> None:
    """Read mutants of the twin of a format: whatever is raised is a finding."""
    scratch = folder / "scratch"
    scratch.mkdir()
    file = folder / f"f.{ending}"
    whole = (table(file) if ending in PLAIN else layer(file, scratch)).read_bytes()
    for content in mutants(whole, count):
        file.write_bytes(content)
        with contextlib.suppress(InputError):
            read_sheet(file, file.name, "facilities")


@pytest.mark.parametrize("ending", ["et", "csv.zst", "csv.zip", "fgb", "kmz", "gpx", "zip", "mif.zip", "geojsonl"])
def test_a_damaged_file_raises_findings_only(ending: str, tmp_path: Path) -> None:
    """A file cut in the middle, of another format, or with turned bytes is refused with a finding or read, never a crash."""
    damaged(ending, tmp_path, 4)


@pytest.mark.long
@pytest.mark.parametrize("ending", [*PLAIN, *LAYERS])
def test_many_damaged_files_raise_findings_only(ending: str, tmp_path: Path) -> None:
    """Of 300 mutants of each format none brings anything but findings."""
    damaged(ending, tmp_path, 300)


def test_a_file_packed_twice_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    """An archive in an archive is not unpacked again; the message names what was found."""
    file = tmp_path / "f.csv.zip"
    file.write_bytes(zipped({"f.csv.zip": zipped({"f.csv": text()})}))
    with pytest.raises(InputError) as caught:
        read_sheet(file, file.name, "facilities")
    (found,) = caught.value.findings
    assert (found.code, "f.csv.zip" in found.message()) == ("archive-parts", True)


@pytest.mark.parametrize("ending", ["o5m", "gml", "gdb", "dwg", "numbers"])
def test_a_format_that_is_not_read_names_the_way_out(ending: str, tmp_path: Path) -> None:
    """The message holds the command that makes a readable file."""
    file = tmp_path / f"f.{ending}"
    file.write_bytes(b"x" * 100)
    with pytest.raises(InputError) as caught:
        read_sheet(file, file.name, "facilities")
    assert caught.value.findings[0].code == "file-format"
    assert f"f.{ending}" in str(caught.value)


def test_the_old_workbook_is_read_by_its_content(tmp_path: Path) -> None:
    """A frame of pandas written as .xlsx and renamed .et, as WPS does, is the same table."""
    frame = pd.DataFrame(ROWS, columns=list(TITLES))
    frame.to_excel(tmp_path / "f.xlsx", index=False)
    (tmp_path / "f.xlsx").rename(tmp_path / "f.et")
    assert read_sheet(tmp_path / "f.et", "f.et", "facilities").column("id") == ["f1", "f2"]


@pytest.mark.parametrize("ending", ["zip", "csv.zip", "kmz", "xlsx"])
def test_an_archive_of_countless_parts_is_not_listed(ending: str, tmp_path: Path) -> None:
    """An archive that says it holds ten thousands of parts is refused by its last bytes alone."""
    file = tmp_path / f"f.{ending}"
    end = b"PK\x05\x06" + b"\0" * 4 + (60_000).to_bytes(2, "little") * 2 + (3_000_000).to_bytes(4, "little") + b"\0" * 6
    file.write_bytes(b"PK\x03\x04" + b"\0" * 3_000_100 + end)
    with pytest.raises(InputError) as caught:
        read_sheet(file, file.name, "facilities")
    assert caught.value.findings[0].code in ("archive-bomb", "zip-bomb")
