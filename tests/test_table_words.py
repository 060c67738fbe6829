"""What headers, units, words in brackets, groups and spelled coordinates of tables mean, in variations of each kind."""

from __future__ import annotations

import gzip
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import circles
from circles.area import PlacesFile
from circles.foundation.errors import InputError
from circles.inputs.readers import degrees
from circles.inputs.readers.garbled import meant
from circles.inputs.readers.places import known_facilities
from circles.inputs.readers.residents import read_residents
from circles.inputs.readers.sheets import read_sheet

AREA = """[area]
id = "a"
name = "某县"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "n.geojson"
facilities = {facilities}
residents = {residents}
{more}
"""
HEAD = "id,name,category,lon,lat,capacity,status"
ROW = "c1,甲托育,childcare,122.4421,30.7121,30,existing"


def area_of(folder, *, facilities="", residents="", entry='["f.csv"]', people='"r.csv"', more=""):
    """An area with tables of these lines."""
    (folder / "n.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (folder / "f.csv").write_text(facilities or f"{HEAD}\n{ROW}\n", encoding="utf-8")
    (folder / "r.csv").write_text(residents or "id,lon,lat,population\nr1,122.44,30.71,100\n", encoding="utf-8")
    file = folder / "area.toml"
    file.write_text(AREA.format(facilities=entry, residents=people, more=more), encoding="utf-8")
    return circles.load_area(file)


def people_of(folder, header, row, **options):
    """The residents of a table of one row, or the codes of what is wrong with it."""
    area = area_of(folder, residents=f"{header}\n{row}\n", **options)
    try:
        table, found = read_residents(area)
    except InputError as e:
        return None, {item.code for item in e.findings}
    return table.iloc[0], {item.code for item in found}


@pytest.mark.parametrize(
    ("header", "cell", "people"),
    [
        ("人口（万人）", "0.01", 100), ("人口(单位：千人)", "0.1", 100), ("常住人口万人", "0.01", 100), ("总人口", "0.01万", 100),
        ("人口（人）", "100人", 100), ("人口/百人", "1", 100), ("人口（万人）", "100人", 100), ("人口", "1,000", 1000),
        ("population (thousands)", "0.1", 100), ("population (10000 persons; 2020)", "0.01", 100), ("pop_thousands", "0.1", 100),
        ("population ('000)", "0.1", 100), ("population", "0.1 thousand people", 100), ("人口（2020年）", "100", 100),
    ],
)  # fmt: skip
def test_units_of_people_are_converted(header, cell, people, tmp_path):
    """万人, 千人 and 百人 in a header or a cell multiply; a cell's own unit wins over the header's."""
    cell = f'"{cell}"' if "," in cell else cell
    row, _ = people_of(tmp_path, f"id,lon,lat,{header}", f"r1,122.44,30.71,{cell}")
    assert row["population"] == pytest.approx(people)


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("人口（户）", "35", "unit-wrong-title"), ("人口", "35户", "unit-wrong"), ("人口", "3亩", "unit-wrong"),
        ("人口（%）", "35", "unit-wrong-title"), ("人口", "12㎡", "unit-wrong"), ("人口（千户）", "35", "unit-wrong-title"),
        ("population (households)", "35", "unit-wrong-title"), ("population", "35 households", "unit-wrong"),
    ],
)  # fmt: skip
def test_other_units_are_no_people(header, cell, code, tmp_path):
    """Households, areas and percentages in a column of people are refused."""
    assert code in people_of(tmp_path, f"id,lon,lat,{header}", f"r1,122.44,30.71,{cell}")[1]


@pytest.mark.parametrize("title", ["户数", "人口密度（人/平方公里）", "households", "老年人比例", "建筑面积"])
def test_a_mapped_column_must_be_of_people(title, tmp_path):
    """A column that the area file maps to population is refused where its title says something else than people."""
    entry = f'{{ file = "r.csv", columns = {{ population = "{title}" }} }}'
    assert "people-title" in people_of(tmp_path, f"id,lon,lat,{title}", "r1,122.44,30.71,35", people=entry)[1]


def test_a_mapped_column_of_people_is_read(tmp_path):
    """A mapped title that says people, whatever else it says, is read."""
    entry = '{ file = "r.csv", columns = { population = "户籍登记人数（2024年）" } }'
    row, _ = people_of(tmp_path, "id,lon,lat,户籍登记人数（2024年）", "r1,122.44,30.71,35", people=entry)
    assert row["population"] == 35


def test_a_unit_above_the_header_counts_for_people(tmp_path):
    """单位：万人 in a line above the header multiplies the columns of people."""
    area = area_of(tmp_path, residents="某县人口表\n单位：万人\nid,lon,lat,人口,60岁以上\nr1,122.44,30.71,0.01,0.003\n")
    table, found = read_residents(area)
    assert table[["population", "age_60_plus"]].iloc[0].tolist() == pytest.approx([100, 30])
    assert "unit-converted" in {item.code for item in found}


@pytest.mark.parametrize(
    ("title", "code"),
    [("楼层", "columns-no-people"), ("联系电话", "columns-no-people"), ("老人占比", "columns-no-people"), ("row", "group-reserved"),
     ("基数", "groups-needed"), ("残疾人", None), ("学生数", None)],
)  # fmt: skip
def test_columns_of_numbers_are_groups_only_where_they_say_people(title, code, tmp_path):
    """What says people is a group, what says something else is not, what says neither needs groups = […]."""
    header, row = f"id,lon,lat,population,{title}", "r1,122.44,30.71,100,6"
    table, found = people_of(tmp_path, header, row)
    assert (code in found) if code else title in table
    declared = '{ file = "r.csv", groups = [] }'
    table, found = people_of(tmp_path, header, row, people=declared)
    assert title not in table or title == "row"  # our own row number stands there
    assert code not in found


def facilities_of(folder, text, **options):
    """The facilities of a table, and the codes of everything said of it."""
    table, notes, wrong = known_facilities(area_of(folder, facilities=text, **options))
    return table, {item.code for item in (*notes, *wrong)}


@pytest.mark.parametrize(
    ("status", "counts", "code"),
    [
        ("已建（暂停营业）", False, "status-note"), ("运营（2024年3月起停业）", False, "status-note"), ("在用(装修)", False, "status-note"),
        ("已建（二期）", True, "note-unread"), ("规划（已建）", False, "unknown-status"), ("已建【停用", False, "status-note"),
        ("已建，暂停营业", False, "unknown-status"), ("停业（2020年）", False, None), ("已建（在用）", True, None),
    ],
)  # fmt: skip
def test_a_status_that_says_closed_does_not_count(status, counts, code, tmp_path):
    """Words in brackets behind a status are read."""
    table, found = facilities_of(tmp_path, f"{HEAD}\nc1,甲,childcare,122.44,30.71,3,{status}\n")
    assert bool(table["is_counted"].iloc[0]) is counts
    assert code is None or code in found


@pytest.mark.parametrize("name", ["甲食堂（停业）", "甲食堂(暂停营业)", "甲食堂【在建】"])
def test_a_name_that_says_closed_is_told(name, tmp_path):
    """A name that says closed beside a status that counts is a warning."""
    assert "closed-in-text" in facilities_of(tmp_path, f"{HEAD}\nc1,{name},meals,122.44,30.71,3,existing\n")[1]


@pytest.mark.parametrize(
    ("title", "category", "capacity"),
    [("建筑面积（㎡）", "childcare", None), ("面积", "clinic", None), ("面积（亩）", "sports", 2000.0), ("床位数", "clinic", 3.0),
     ("托位数", "sports", None), ("capacity", "sports", 3.0), ("场地面积", "sports", 3.0)],
)  # fmt: skip
def test_capacity_is_counted_in_the_unit_of_its_category(title, category, capacity, tmp_path):
    """A floor area is no number of places, and the other way round; 亩 become square metres."""
    table, found = facilities_of(tmp_path, f"id,name,category,lon,lat,{title}\nc1,甲,{category},122.44,30.71,3\n")
    if capacity is None:
        assert table["capacity"].isna().all()
        assert "capacity-other-unit" in found
    else:
        assert table["capacity"].iloc[0] == pytest.approx(capacity)


@pytest.mark.parametrize(
    ("titles", "code"),
    [("经度（GCJ-02）,纬度（GCJ-02）", "datum-in-title"), ("百度经度,百度纬度", "datum-in-title"), ("lng_gcj02,lat_gcj02", "datum-in-title"),
     ("lng(amap),lat(amap)", "datum-in-title"), ("经度[GCJ02],纬度[GCJ02]", "datum-in-title"), ("火星坐标经度,火星坐标纬度", "datum-in-title"),
     ("经度（百度坐标系BD-09）,纬度（百度坐标系BD-09）", "datum-in-title"),
     ("经度（高德）,纬度（百度）", "datum-in-title-unclear"), ("经度（北京54）,纬度（北京54）", "datum-in-title-unclear")],
)  # fmt: skip
def test_a_datum_in_a_header_is_read(titles, code, tmp_path):
    """A datum that a header names moves the places, or is asked about."""
    table, found = facilities_of(tmp_path, f"id,name,category,{titles}\nc1,甲,childcare,122.4421,30.7121\n")
    assert code in found
    if code == "datum-in-title":
        moved_m = 111_000 * abs(table.geometry.x.iloc[0] - 122.4421)
        assert 200 < moved_m < 1500


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [("E 122.4421", "N30.7121", None), ("122.4421E", "30.7121°N", None), ("东经122.4421度", "北纬30.7121", None),
     ("122-26-31.6", "30.7121", "degrees-minutes"), ("1222631.6", "304243.6", "degrees-minutes"), ("N30.71", "E122.44", "degrees-other-axis"),
     ('"122.44,30.71"', "", "coordinates-one-cell"), ("122°26.527′", "30.7121", "degrees-minutes"), ("500123.4", "3400123", "lon-lat-metres")],
)  # fmt: skip
def test_degrees_are_read_in_the_ways_they_are_written(lon, lat, code, tmp_path):
    """Letters and words beside decimals are read; other spellings are refused with the decimal, which --fix-to enters."""
    table, found = facilities_of(tmp_path, f"id,name,category,lon,lat\nc1,甲,childcare,{lon},{lat}\n")
    if code is None:
        assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == pytest.approx((122.4421, 30.7121))
    else:
        assert code in found


@pytest.mark.parametrize(
    ("title", "cell", "code"),
    [("坐标", "122.44,30.71", "coordinates-split"), ("经纬度", "122.44 30.71", "coordinates-split"), ("wkt", "POINT (122.44 30.71)", "coordinates-split"),
     ("位置", "30.71；122.44", "coordinates-split"), ("geom", "SRID=4326;POINT(122.44 30.71)", "coordinates-split"),
     ("geom", shapely.Point(122.44, 30.71).wkb_hex, "coordinates-split"), ("位置", "(122.44, 30.71)", "coordinates-split"),
     ("geom", shapely.to_wkb(shapely.set_srid(shapely.Point(122.44, 30.71), 4326), hex=True, include_srid=True), "coordinates-split"),
     ("wkt", "POINT (446356.03 3398956.3)", "coordinates-split")],
)  # fmt: skip
def test_a_place_in_one_cell_is_taken_apart(title, cell, code, tmp_path):
    """A column of whole places becomes lon and lat, in the order that the numbers or the title tell."""
    table, found = facilities_of(tmp_path, f'id,name,category,{title}\nc1,甲,childcare,"{cell}"\n')
    assert code in found
    assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == pytest.approx((122.44, 30.71), abs=1e-5)


@pytest.mark.parametrize("line", ["设施表,坐标系：GCJ-02", "坐标：高德", "某县设施（坐标系统 gcj02）"])
def test_a_datum_above_the_header_is_read(line, tmp_path):
    """A line above the header that names the system of the coordinates moves the places as a header would."""
    table, found = facilities_of(tmp_path, f"{line}\nid,name,category,lon,lat\nc1,甲,childcare,122.4421,30.7121\n")
    assert "datum-in-title" in found
    assert table.geometry.x.iloc[0] == pytest.approx(122.4378, abs=1e-4)


MERCATOR = "c1,甲,childcare,13630192.22,3595416.02"


@pytest.mark.parametrize(
    ("head", "row", "entry"),
    [
        ("x,y", MERCATOR, 'crs = "EPSG:3857"'), ("lon,lat", MERCATOR, 'crs = "EPSG:3857"'),
        ("x,y", "c1,甲,childcare,41446558.36,3399188.6", 'crs = "EPSG:4529"'),
        ("lon,lat", "c1,甲,childcare,446558.36,3399188.6", 'crs = "EPSG:4550"'),
        ("X,Y", "c1,甲,childcare,3399188.6,446558.36", 'columns = { x = "Y", y = "X" }'),
    ],
)  # fmt: skip
def test_metres_of_another_system_come_with_the_line_that_mends_them(head, row, entry, tmp_path):
    """Web Mercator, zone numbers, metres in lon and X for north are refused; what the fix says, written down, puts them right."""
    text = f"id,name,category,{head}\n{row}\n"
    _, _, wrong = known_facilities(area_of(tmp_path, facilities=text))
    assert any(entry in item.fix("zh") for item in wrong), [item.line("zh") for item in wrong]
    table, found = facilities_of(tmp_path, text, entry=f'[{{ file = "f.csv", {entry} }}]')
    assert found == set()
    assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == pytest.approx((122.4421, 30.7121), abs=1e-5)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        ("122442100", "30712100", "degrees-scaled"),
        ('"122,4421"', '"30,7121"', "decimal-comma"),
        ("1224421", "307121", "degrees-scaled"),
    ],
)
def test_degrees_without_their_point_are_proposed(lon, lat, code, tmp_path):
    """Micro-degrees and a decimal comma are refused with the numbers to enter, which are then accepted."""
    head = "id,name,category,lon,lat\n"
    _, _, wrong = known_facilities(area_of(tmp_path, facilities=f"{head}c1,甲,childcare,{lon},{lat}\n"))
    assert {item.code for item in wrong} == {code}
    assert "122.4421" in wrong[0].fix("zh")


def test_degrees_in_x_and_y_and_their_fix(tmp_path):
    """Degrees in X and Y are one error; the mapping that it advises puts the places where they are."""
    text = "ID,NAME,类别,X,Y\nc1,甲,childcare,122.44,30.71\nc2,乙,childcare,122.45,30.72\n"
    assert "xy-degrees" in facilities_of(tmp_path, text)[1]
    table, found = facilities_of(tmp_path, text, entry='[{ file = "f.csv", columns = { lon = "X", lat = "Y" } }]')
    assert found <= {"columns-unused"}
    assert table.geometry.x.tolist() == pytest.approx([122.44, 122.45])


def test_words_of_the_file_and_proposals(tmp_path):
    """An unknown kind comes with a proposal; [data] values, as it advises, makes it known; 序号 counts as id."""
    text = "序号,名称,类别,lon,lat\n1,甲,托育机构,122.44,30.71\n2,乙,老年食堂,122.45,30.71\n"
    area = area_of(tmp_path, facilities=text)
    _, _, wrong = known_facilities(area)
    assert [("childcare" in wrong[0].fix("zh")), ("meals" in wrong[1].fix("zh"))] == [True, True]
    more = 'values = { category = { "托育机构" = "childcare", "老年食堂" = "meals" } }'
    table, found = facilities_of(tmp_path, text, more=more)
    assert table[["id", "category"]].to_numpy().tolist() == [["1", "childcare"], ["2", "meals"]]
    assert not found & {"unknown-category", "id-missing"}


@pytest.mark.parametrize(
    "text",
    ["编号,名称,类别,位置,,状态\n,,,经度,纬度,\nc1,甲,childcare,122.4,30.7,已建\n",
     "id,name,category,lon,lat,status\n编号,名称,类别,经度,纬度,状态\nc1,甲,childcare,122.4,30.7,已建\n",
     "编号,名称,类别,经度,纬度,规模\n,,,度,度,个\nc1,甲,childcare,122.4,30.7,3\n"],
)  # fmt: skip
def test_a_header_of_two_lines_is_named_so(text, tmp_path):
    """A second line of names, in another language or of units, is one finding."""
    assert facilities_of(tmp_path, text)[1] == {"header-two-lines"}


@pytest.mark.parametrize(
    ("row", "code"),
    [("注：以上数据截至2024年底,,,,,,", "remark-row"), ("填表人：张三,,审核人：李四,,,,", "remark-row"), ("数据来源：卫健局,,,,,,", "remark-row"),
     (HEAD, "header-again"), ("编号,名称,类别,经度,纬度,容量,状态", "header-again"), ("合计,,,,,30,", "total-row")],
)  # fmt: skip
def test_rows_that_are_no_places_are_one_finding_each(row, code, tmp_path):
    """A remark, a header that comes again and a total below the table are named as such, once, without further errors."""
    found = facilities_of(tmp_path, f"{HEAD}\n{ROW}\n{row}\n")[1]
    assert code in found
    assert code == "total-row" or found == {code}


@pytest.mark.parametrize(
    ("line", "code"),
    [('values = { categry = { "托育机构" = "childcare" } }', "values-column"),
     ('values = { category = { "托育机构" = "childcares" } }', "values-word"),
     ('values = { status = { "试运营" = "open" } }', "values-word"), ('values = { class = { "城郊" = "city" } }', "values-word")],
)  # fmt: skip
def test_words_of_the_file_must_become_words_of_ours(line, code, tmp_path):
    """[data] values with a column that no table has, or a word that the column does not take, stop the area file."""
    with pytest.raises(InputError) as stop:
        area_of(tmp_path, more=line)
    assert [item.code for item in stop.value.findings] == [code]


def test_ids_that_became_dates_are_told(tmp_path):
    """One id that is a date among others that are none is a warning; a column of dates is somebody's way of numbering."""
    rows = [f"{id_},甲,childcare,122.44,30.7{at}" for at, id_ in enumerate(("c-1", "2024-01-02", "2024-01-03"))]
    assert "id-date" in facilities_of(tmp_path, "\n".join(["id,name,category,lon,lat", *rows]))[1]
    assert "id-date" not in facilities_of(tmp_path, "\n".join(["id,name,category,lon,lat", *rows[1:]]))[1]


@pytest.mark.parametrize("text", ["鐢叉墭鑲", "ç”²æ‰˜è‚²", "¼×ÍÐÓýËù", "锟斤拷锟斤拷", "????", "???(1)"])
def test_garbled_text_is_told(text):
    """UTF-8 read as GBK or Latin, and GBK read as Latin, are known; sound text is not doubted."""
    assert meant(text) is not None
    sound = ("甲托育", "嵊泗县人民医院", "Città", "衛生院", "Ghawdex", "why?", "?", "撤销", "注销", "吊销", "销号")
    assert [meant(word) for word in sound] == [None] * len(sound)


def test_degrees_that_contradict_themselves_are_none():
    """An axis and a sign that contradict each other, and more than 60 minutes, are no degrees."""
    assert [degrees.decimal("-122W"), degrees.decimal("N122E"), degrees.sexagesimal("122-75-10")] == [None] * 3


@pytest.mark.parametrize(
    "ending", ["kml", "kmz", "fgb", "tab", "mif", "geojsonl", "csv.gz", "csv.zip", "gpkg.zip", "geojson.gz"]
)
def test_each_format_has_a_clean_twin(ending, tmp_path):
    """The same rows come out of each format as out of its CSV."""
    frame = pd.DataFrame([["c1", "甲托育", "childcare", 30]], columns=["id", "name", "category", "capacity"])
    places = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([122.4421], [30.7121]), crs=4326)
    file = tmp_path / f"f.{ending}"
    drivers = {"kml": "LIBKML", "kmz": "LIBKML", "fgb": "FlatGeobuf", "tab": "MapInfo File", "mif": "MapInfo File",
               "geojsonl": "GeoJSONSeq", "gpkg": "GPKG", "geojson": "GeoJSON"}  # fmt: skip
    inner = tmp_path / f"in.{ending.split('.')[0].replace('kmz', 'kml')}"
    if ending.startswith("csv"):
        frame.assign(lon=122.4421, lat=30.7121).to_csv(inner, index=False)
    else:
        encoding = {"encoding": "UTF-8"} if ending in ("tab", "mif") else {}
        target = inner if "." in ending or ending == "kmz" else file
        places.to_file(target, driver=drivers[ending.split(".")[0]], **encoding)
    if ending.endswith(".gz"):
        file.write_bytes(gzip.compress(inner.read_bytes()))
    elif ending.endswith(("zip", "kmz")):
        with zipfile.ZipFile(file, "w") as archive:
            archive.write(inner, "doc.kml" if ending == "kmz" else f"x/f.{ending.split('.')[0]}")
    sheet = read_sheet(file, PlacesFile(file=file.name), "facilities")
    assert [sheet.column(name) for name in ("id", "name", "category", "capacity")] == [
        ["c1"],
        ["甲托育"],
        ["childcare"],
        ["30"],
    ]


def test_an_archive_that_escapes_or_holds_two_is_refused(tmp_path):
    """Zip slip, several files and a format that is not read are refused; .o5m comes with the command."""
    for parts, code in (({"../f.csv": "id"}, "archive-escape"), ({"a.csv": "id", "b.csv": "id"}, "archive-parts")):
        with zipfile.ZipFile(tmp_path / "f.csv.zip", "w") as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        with pytest.raises(InputError) as stop:
            read_sheet(tmp_path / "f.csv.zip", "f.csv.zip", "facilities")
        assert stop.value.findings[0].code == code
    (tmp_path / "x.o5m").write_bytes(b"\xff\xe0")
    with pytest.raises(InputError) as stop:
        read_sheet(tmp_path / "x.o5m", "x.o5m", "facilities")
    assert "osmium cat" in stop.value.findings[0].fix("zh")


def test_degrees_in_exchanged_x_and_y_are_one_error(tmp_path):
    """X for north and Y for east in degrees: the advice names both columns, and nothing else contradicts it."""
    text = "id,name,category,X,Y\nc1,甲,childcare,30.7121,122.4421\nc2,乙,childcare,30.7281,122.4621\n"
    table, found = facilities_of(tmp_path, text)
    assert found == {"xy-degrees"}
    entry = '[{ file = "f.csv", columns = { lat = "X", lon = "Y" } }]'
    table, found = facilities_of(tmp_path, text, entry=entry)
    assert (found, table["lon"].tolist()) == (set(), [122.4421, 122.4621])


@pytest.mark.parametrize(
    ("lon", "lat", "degree"),
    [("12226.526", "3042.726", 122.4421), ("1222631.6", "3042.726", None), ("1222631.6", "304243.56", 122.4421111)],
)
def test_minutes_alone_may_be_packed(lon, lat, degree, tmp_path):
    """dddmm.mmm of a satellite receiver is proposed where it lands in the area; a mixture of both ways is not guessed."""
    area = area_of(tmp_path, facilities=f"{HEAD}\nc1,甲,childcare,{lon},{lat},30,existing\n")
    _, _, wrong = known_facilities(area)
    shown = [item.fix("en") for item in wrong if item.code == "degrees-minutes"]
    assert any(f"{degree:.6f}"[:-1] in text for text in shown) if degree else not shown


def test_a_row_of_units_below_the_header_is_named_so(tmp_path):
    """度, 人 under the titles are a second line of the header, not bad numbers of a place."""
    row, found = people_of(tmp_path, "id,lon,lat,population", "编号,度,度,人\nr1,122.44,30.71,35")
    assert row is None
    assert found == {"header-two-lines"}
    _, found = facilities_of(
        tmp_path, "id,name,category,lon,lat,capacity\n,,,度,,个\nc1,甲,childcare,122.4421,30.7121,30\n"
    )
    assert "header-two-lines" in found


@pytest.mark.parametrize("titles", ["火星经度,火星纬度", "lng_gcj,lat_gcj", "经度(GCJ),纬度(GCJ)"])
def test_a_datum_by_its_other_names(titles, tmp_path):
    """GCJ-02 is read under the names that people give it."""
    _, found = facilities_of(tmp_path, f"id,name,category,{titles}\nc1,甲,childcare,122.4421,30.7121\n")
    assert "datum-in-title" in found


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (
            "id,lon,lat,population\nr1,122.44,30.71,35\nr\xe9,122.44,30.71,35\n".encode("latin-1"),
            "encoding-bad-byte",
            3,
        ),
        ("id,lon,lat,population,name\nr1,122.44,30.71,35,caf\xe9bar\n".encode("latin-1"), "encoding-wrong", None),
    ],
)
def test_western_letters_are_no_chinese(content, code, row, tmp_path):
    """One byte of another encoding is named by its row; é and the letter behind it are not read as one Chinese sign."""
    area = area_of(tmp_path)
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(InputError) as stop:
        read_residents(area)
    assert [(item.code, item.row) for item in stop.value.findings] == [(code, row)]
    if code == "encoding-wrong":
        area = area_of(tmp_path, people='{ file = "r.csv", encoding = "latin-1" }')
        (tmp_path / "r.csv").write_bytes(content)
        assert read_residents(area)[0]["population"].tolist() == [35]


def test_text_of_another_extension_is_called_text(tmp_path):
    """A CSV named .xlsx is called text, so that its extension can be put right."""
    (tmp_path / "f.xlsx").write_text(f"{HEAD}\n{ROW}\n", encoding="utf-8")
    area = area_of(tmp_path, entry='["f.xlsx"]')
    found = known_facilities(area)[2]
    assert [(item.code, "TXT / CSV" in item.line("en")) for item in found] == [("file-magic", True)]
