"""``circles doctor``: files by themselves and against an area, what it prints, corrected copies, layers to choose from."""

from __future__ import annotations

import csv
import gc
import io
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from circles.area import load_area
from circles.cli.app import app
from circles.foundation.cpu import collect_rarely
from circles.foundation.errors import CallError, InputError
from circles.inputs.dispatch import KINDS
from circles.inputs.examine import examine, fix, of_area
from circles.inputs.loading import load
from circles.testing import lattice_city, places, write_city

GOOD = "id,名称,类别,经度,纬度,托位数\na,甲,托育点,122.45,30.72,20\nb,乙,助餐点,122.46,30.73,5\n"
PEOPLE = "id,lon,lat,人口,60岁以上\nr1,122.45,30.72,10,3\n"
VILLAGES = "村代码,村名,经度,纬度\n330922100001,东海社区,122.45,30.72\n"
CITY = """
[area]
id = "city"
name = "方格城"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = {network}
facilities = ["facilities.csv"]
residents = "residents.csv"
{more}
[walk]
snap_max_m = 50
"""


def codes(file: Path, **options) -> list[tuple[str, str, int | None]]:
    return [(item.severity, item.code, item.row) for item in examine(file, **options).findings]


def run(*arguments: object):
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


@pytest.fixture
def city(tmp_path) -> Path:
    """The lattice city with one clinic, one of its homes out at nowhere."""
    shops = places([{"id": "c1", "name": "甲", "category": "clinic", "x": 50, "y": 20}])
    homes = places(
        [{"id": "r1", "x": 80, "y": 10, "population": 10}, {"id": "r2", "x": 2000, "y": 0, "population": 60}]
    )
    return write_city(tmp_path, lattice_city(), shops, homes, CITY.format(network='"streets.gpkg"', more=""))


# --- what a file is --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("f.csv", GOOD, "facilities"), ("p.csv", PEOPLE, "residents"), ("v.csv", VILLAGES, "villages")],
)
def test_tables_are_reported_by_their_columns(name, content, kind, tmp_path):
    """A table is facilities, residents or villages by its columns; the doctor says what it took it for, and nothing else."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    found = examine(tmp_path / name)
    assert found.kind == kind
    assert [(item.code, dict(item.values)["kind"]) for item in found.findings] == [("kind-assumed", kind)]
    assert examine(tmp_path / name, kind=kind).findings == ()


def test_boats_and_piers_are_looked_at_by_themselves(tmp_path):
    """Boats and piers are known by their columns, each fault of a row is one finding, and piers.csv beside boats is what they may name."""
    embedded = load_area()
    for name in ("boats", "piers"):
        found = examine(embedded.path(f"{name}.csv"))
        assert (found.kind, {item.severity for item in found.findings}) == (name, {"info"})
        assert examine(embedded.path(f"{name}.csv"), kind=name).kind == name
    head = "航线,班次,始发码头,到达码头,开航时间,到达时间,班期\n"
    rows = [
        ("a,b,08:00,07:30,每天", "boat-arrives-first"), ("a,a,08:00,09:30,每天", "boat-goes-nowhere"),
        ("a,b,8点,09:30,每天", "boat-time-unreadable"), ("a,b,08:00,09:00,每周八", "boat-days-unreadable"),
        ("a,b,08:00,09:00,", "boat-days-missing"), ("a,b,25:10,26:00,每天", "boat-after-midnight"),
    ]  # fmt: skip
    for row, code in rows:
        (tmp_path / "船.csv").write_text(f"{head}L,t,{row}\n", encoding="utf-8")
        found = examine(tmp_path / "船.csv")
        assert (found.kind, [item.code for item in found.findings]) == ("boats", ["kind-assumed", code])
    (tmp_path / "piers.csv").write_text("id,name,lon,lat\na,甲码头,122.4,30.7\na,乙码头,122.5,30.7\n", encoding="utf-8")
    assert [code for _, code, _ in codes(tmp_path / "piers.csv")].count("id-duplicate") == 1
    (tmp_path / "船.csv").write_text(f"{head}L,t,a,b,08:00,09:00,每天\n", encoding="utf-8")
    assert [code for _, code, _ in codes(tmp_path / "船.csv")].count("boat-pier-unknown") == 1


def test_shapes_are_reported_by_their_kind(tmp_path):
    """Lines are a network, polygons with code and name townships, other polygons land, points a table."""
    box = shapely.box(122.4, 30.7, 122.5, 30.8)
    samples = {
        "network": gpd.GeoDataFrame(
            {"highway": ["path"]}, geometry=[shapely.LineString([(122.4, 30.7), (122.5, 30.7)])]
        ),
        "townships": gpd.GeoDataFrame({"code": ["a"], "name": ["甲镇"]}, geometry=[box]),
        "land": gpd.GeoDataFrame({"name": ["甲岛"]}, geometry=[box]),
        "facilities": gpd.GeoDataFrame(
            {"id": ["a"], "name": ["甲"], "类别": ["托育点"]}, geometry=[shapely.Point(122.4, 30.7)]
        ),
    }
    for kind, frame in samples.items():
        frame.set_crs(4326).to_file(tmp_path / f"{kind}.gpkg", driver="GPKG")
        found = examine(tmp_path / f"{kind}.gpkg")
        assert (found.kind, [item.code for item in found.findings]) == (kind, ["kind-assumed"])


def test_what_cannot_be_reported_is_asked(tmp_path):
    """Columns that say nothing, formats that are not known and a kind that does not fit are errors with the choices."""
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "x.docx").write_text("x", encoding="utf-8")
    assert [code for _, code, _ in codes(tmp_path / "x.csv")] == ["kind-unknown"]
    assert [code for _, code, _ in codes(tmp_path / "x.docx")] == ["file-format"]
    assert [code for _, code, _ in codes(tmp_path / "x.csv", kind="terrain")] == ["kind-impossible"]
    assert [code for _, code, _ in codes(tmp_path / "none.csv")] == ["file-unreadable"]


def test_every_file_of_the_embedded_area_is_silent_by_itself():
    """Each file of Shengsi, looked at by itself and against its area, is told right and has no error and no warning."""
    area = load_area()
    kinds = {
        "facilities.csv": "facilities", "residents.csv": "residents", "villages.csv": "villages", "land.geojson": "land",
        "townships.geojson": "townships", "streets.gpkg": "network", "dem.tif": "terrain",
    }  # fmt: skip
    for name, kind in kinds.items():
        found = examine(area.path(name))
        assert found.kind == kind
        assert [item.code for item in found.findings] == ["kind-assumed"], name


# --- row by row ------------------------------------------------------------------------------------------------------

BAD = (
    "编号,机构名称,类别,经度,纬度,托位数\n"
    "a,甲,托育点,122.45,30.72,20\n"
    "b,甲,托育点,122.45,30.72,20\n"  # the same place as a
    "c,丙,助餐点,122.46,30.73,约5\n"  # no number
    "d,丁,便民驿站,122.47,30.72,5\n"  # no category of ours
    "e,戊,助餐点,30.73,122.46,5\n"  # exchanged
    "f,己,助餐点,100.46,30.73,5\n"  # a digit is wrong
    "g,庚,助餐点,0,0,5\n"
)


def test_rows_are_looked_at_without_an_area(tmp_path):
    """Without an area each row is still held against the Earth and against the other rows, errors elsewhere or not."""
    (tmp_path / "f.csv").write_text(BAD, encoding="utf-8")
    assert sorted(codes(tmp_path / "f.csv"), key=str) == sorted(
        [
            ("warning", "place-double", 3), ("error", "bad-number", 4), ("error", "lon-lat-swapped", 6),
            ("warning", "place-apart", 7), ("error", "place-zero", 8), ("info", "kind-assumed", None),
            ("info", "categories-unchecked", None),
        ],
        key=str,
    )  # fmt: skip


def test_rows_are_held_against_an_area(tmp_path):
    """Against an area its categories, extent, land and streets count too; findings about other files are left out."""
    (tmp_path / "f.csv").write_text(BAD, encoding="utf-8")
    found = codes(tmp_path / "f.csv", area=load_area(), kind="facilities")
    assert ("error", "unknown-category", 5) in found
    assert ("error", "place-far", 7) in found
    (tmp_path / "g.csv").write_text(GOOD.replace("122.46,30.73", "122.70,30.95"), encoding="utf-8")
    found = examine(tmp_path / "g.csv", area=load_area()).findings
    assert [(item.code, item.row) for item in found if item.code in ("at-sea", "not-joined")] == [("at-sea", 3)]
    assert all("g.csv" in item.table for item in found)


def test_metres_need_a_system(tmp_path):
    """Metres without a system are not placed, and said to be so; with a zone number, --crs or an area they are."""
    (tmp_path / "f.csv").write_text("id,name,category,x,y\na,甲,meals,447225,3400605\n", encoding="utf-8")
    assert ("warning", "metres-unplaced", None) in codes(tmp_path / "f.csv")
    assert codes(tmp_path / "f.csv", crs="EPSG:4550", kind="facilities") == []
    (tmp_path / "f.csv").write_text("id,name,category,x,y\na,甲,meals,41447225,3400605\n", encoding="utf-8")
    assert codes(tmp_path / "f.csv", kind="facilities") == []


def test_an_area_with_errors_is_still_looked_at_in_full(city):
    """Where one table cannot be accepted, the others, the streets and the diagnosis of coordinates come all the same."""
    (city.parent / "facilities.csv").write_text("id,name,category,x,y\nc,甲,clinics,500050,3400020\n", encoding="utf-8")
    (city.parent / "streets.gpkg").write_bytes(b"hello")
    found = {item.code for item in of_area(load_area(city))}
    assert {"unknown-category", "file-magic"} <= found


def test_what_it_costs_is_said_in_people(city):
    """A home that no street reaches is told with the number of people who count as not reached."""
    found = {item.code: item for item in of_area(load_area(city))}
    assert found["not-joined"].why("zh") == "60 人计为步行不可达"
    assert found["not-joined"].why("en") == "60 people count as not reached"


# --- what it prints --------------------------------------------------------------------------------------------------


def test_formats_and_exit_codes(tmp_path):
    """CSV and JSON have the columns of the table of findings; errors end with 2, doubts with 0; messages go to stderr."""
    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(BAD, encoding="utf-8")
    assert run(tmp_path / "good.csv").exit_code == 0
    done = run(tmp_path / "bad.csv", "--format", "csv")
    assert done.exit_code == 2
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0])[:7] == ["severity", "code", "table", "row", "id", "message", "fix"]
    assert [row["severity"] for row in rows] == sorted(
        (r["severity"] for r in rows), key=("error", "warning", "info").index
    )
    both = json.loads(run(tmp_path / "good.csv", tmp_path / "bad.csv", "--format", "json").stdout)
    assert {row["file"] for row in both} == {str(tmp_path / "good.csv"), str(tmp_path / "bad.csv")}
    plain = run(tmp_path / "bad.csv", "--lang", "en")
    assert "error place-zero: the coordinates are (0, 0)" in plain.stdout
    assert "warnings: 2" in plain.stderr
    assert json.loads(run(tmp_path / "none.csv", "--format", "json").stdout)[0]["code"] == "file-unreadable"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_terminal_shows_a_table(tmp_path, monkeypatch, capsys, lang):
    """On a terminal each finding has a mark and a word, its place, what is wrong and what it costs, and the fix."""
    from circles.cli import doctor

    monkeypatch.setenv("COLUMNS", "110")
    (tmp_path / "bad.csv").write_text(BAD, encoding="utf-8")
    found = [("", item) for item in examine(tmp_path / "bad.csv").findings]
    doctor._table(found, lang)
    shown = capsys.readouterr().out
    assert "✘" in shown
    assert "▲" in shown
    assert "place-zero" in shown
    assert max(len(line) for line in shown.splitlines()) <= 110
    words = {"zh": ["错误", "第 8 行", "计为"], "en": ["error", "row 8", "count as not reached"]}[lang]
    for word in words:
        assert word in shown.replace("\n", " ")


def test_calls_that_make_no_sense_are_refused(tmp_path, city):
    """An area and files together, an unknown kind and an unknown language end with 2 and one message."""
    (tmp_path / "g.csv").write_text(GOOD, encoding="utf-8")
    for arguments in ((city, tmp_path / "g.csv"), (tmp_path / "g.csv", "--as", "shops"), ("--lang", "xx")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1
    assert "--area" in run(city, tmp_path / "g.csv").stderr
    assert all(kind in run(tmp_path / "g.csv", "--as", "shops").stderr for kind in KINDS)


# --- corrected copies ------------------------------------------------------------------------------------------------


def test_a_corrected_copy_on_the_command_line(tmp_path):
    """--fix-to writes a copy and its log, leaves the original alone, and overwrites nothing, the original included."""
    content = "id,名称,category,lon,lat,capacity\nＡ１,甲,meals,122°27′00″,30.72,0.2万\n"
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    done = run(tmp_path / "f.csv", "--fix-to", tmp_path / "g.csv")
    assert done.exit_code == 2  # the original is still wrong
    assert "3" in done.stderr
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == content
    assert codes(tmp_path / "g.csv", kind="facilities") == []
    log = pd.read_csv(tmp_path / "g.csv.changes.csv", dtype=str)
    assert log["column"].tolist() == ["capacity", "id", "lon"]
    for target in ("g.csv", "f.csv", "nowhere/h.csv", "h.xlsx"):
        refused = run(tmp_path / "f.csv", "--fix-to", tmp_path / target)
        assert refused.exit_code == 2
        assert "fix-" in refused.stderr
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == content


def test_points_keep_their_places_in_a_corrected_copy(tmp_path):
    """A corrected copy of a GeoPackage holds its points as degrees."""
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "name": ["甲"], "category": ["meals"], "capacity": ["２０"]},
        geometry=gpd.points_from_xy([447225.0], [3400605.0]), crs=4550,
    )  # fmt: skip
    frame.to_file(tmp_path / "f.gpkg", driver="GPKG")
    fix([tmp_path / "f.gpkg"], tmp_path / "g.csv")
    table = pd.read_csv(tmp_path / "g.csv")
    x, y = frame.to_crs(4326).geometry.iloc[0].coords[0]
    assert table[["lon", "lat"]].to_numpy()[0] == pytest.approx([x, y], abs=1e-8)
    assert table["capacity"].tolist() == [20]


def test_only_one_table_is_corrected_at_a_time(tmp_path, city):
    """Two tables, a network, or an area without anything to correct are refused; an area's one table is found."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    for wanted in ([tmp_path / "a.csv", tmp_path / "b.csv"], [city.parent / "streets.gpkg"], []):
        with pytest.raises(CallError):
            fix(wanted, tmp_path / "g.csv", area=load_area(city))
    text = (city.parent / "residents.csv").read_text(encoding="utf-8")
    (city.parent / "residents.csv").write_text(text.replace(",60", ",６０"), encoding="utf-8")
    changes, log = fix([], tmp_path / "g.csv", area=load_area(city))
    assert changes[["row", "column", "after"]].to_numpy().tolist() == [[3, "population", "60"]]
    assert log.is_file()


# --- layers and merged cells -----------------------------------------------------------------------------------------


def test_layers_are_named_and_chosen(city):
    """A GeoPackage of several layers is refused with their names; an area file, or --layer, chooses one for each use."""
    base = city.parent / "base.gpkg"
    lattice_city().to_file(base, driver="GPKG", layer="roads")
    box = gpd.GeoDataFrame({"code": ["a"], "name": ["甲镇"]}, geometry=[shapely.box(499000, 3399000, 503000, 3402000)])
    for layer in ("towns", "shore"):
        box.set_crs(4550).to_file(base, driver="GPKG", layer=layer)
    for key in ("land", "townships"):
        city.write_text(CITY.format(network='"streets.gpkg"', more=f'{key} = "base.gpkg"'), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load(load_area(city))
        item = caught.value.findings[0]
        assert (item.code, dict(item.values)["layers"]) == ("layers-several", "roads, shore, towns")
        assert 'layer = "' in item.fix("zh")
    city.write_text(CITY.format(network='"base.gpkg"', more=""), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(load_area(city))
    assert caught.value.findings[0].code == "layers-several"
    more = 'land = { file = "base.gpkg", layer = "shore" }\ntownships = { file = "base.gpkg", layer = "towns" }'
    city.write_text(CITY.format(network='{ file = "base.gpkg", layer = "roads" }', more=more), encoding="utf-8")
    inputs = load(load_area(city))
    assert inputs.townships["code"].tolist() == ["a"]
    assert len(inputs.streets.lines) == len(lattice_city())
    assert "base.gpkg" in inputs.digests
    assert examine(base, layer="roads").kind == "network"
    assert [code for _, code, _ in codes(base)] == ["layers-several"]
    assert [code for _, code, _ in codes(base, layer="lanes", kind="land")] == ["layer-unknown"]


def _merged(path: Path, *ranges: str) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["嵊泗县设施表"], ["id", "name", "category", "lon", "lat", "capacity", "所属乡镇"],
        ["a", "甲", "meals", 122.45, 30.72, 20, "菜园镇"], ["b", "乙", "meals", 122.46, 30.72, 20, "菜园镇"],
        ["c", "丙", "meals", 122.47, 30.72, 20, "菜园镇"],
    ):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A1:G1")
    for cells in ranges:
        sheet.merge_cells(cells)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ((), []),
        (("G3:G5",), [("warning", "xlsx-merged-filled", 3)]),
        (("F3:F5",), [("error", "xlsx-merged", 3)]),
        (("A4:A5",), [("error", "xlsx-merged", 4)]),
        (("B3:C3",), [("error", "xlsx-merged", 3)]),
        (("B2:B3",), [("error", "xlsx-merged", 2)]),
        (("J9:K12",), []),
    ],
)
def test_merged_cells_are_never_silently_empty(ranges, expected, tmp_path):
    """A text that several rows share is read in each, and said; a number, an id or a header shared by rows is an error."""
    file = _merged(tmp_path / "f.xlsx", *ranges)
    found = [item for item in codes(file, kind="facilities") if item[1] != "header-lower"]
    assert found == expected
    if ranges == ("G3:G5",):
        from circles.area import PlacesFile
        from circles.inputs.readers.sheets import read_sheet

        assert read_sheet(file, PlacesFile(file="f.xlsx"), "facilities").column("township") == ["菜园镇"] * 3


def test_a_swollen_area_file_is_no_traceback(tmp_path):
    """An area file nested beyond measure, or of another kind altogether, is refused in one sentence."""
    (tmp_path / "a.toml").write_text("a = " + "[" * 100_000, encoding="utf-8")
    done = run(tmp_path / "a.toml")
    assert done.exit_code == 2
    assert "area-file" in done.stdout


@pytest.fixture
def collected_as_by_the_command_line():
    """Collect garbage as the command line does; the collector's own work grows with what earlier tests have loaded."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    collect_rarely()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collected_as_by_the_command_line")
def test_ten_thousand_facilities_and_a_hundred_thousand_residents_are_checked_whole(tmp_path):
    """Each of 100,000 residents and 10,000 facilities is read and looked through (timed in benchmarks/inputs.py)."""
    rng = np.random.default_rng(1)

    def place(count: int) -> dict[str, np.ndarray]:
        return {"lon": rng.uniform(122.4, 122.5, count), "lat": rng.uniform(30.7, 30.8, count)}

    shops = {"id": [f"f{i}" for i in range(10_000)], "name": [f"点{i}" for i in range(10_000)], "category": "meals"}
    homes = {"id": [f"r{i}" for i in range(100_000)], "population": 3, "age_0_2": 1}
    pd.DataFrame(shops | place(10_000)).to_csv(tmp_path / "f.csv", index=False)
    pd.DataFrame(homes | place(100_000)).to_csv(tmp_path / "r.csv", index=False)
    assert all(item.severity != "error" for name in ("f.csv", "r.csv") for item in examine(tmp_path / name).findings)
    shutil.rmtree(tmp_path)
