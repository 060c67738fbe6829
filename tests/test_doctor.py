"""The doctor: places that cannot be right, doubtful twins, and which coordinate system undeclared points are in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from circles.area import load_area
from circles.foundation.schema.tables import Streets
from circles.inputs import checks
from circles.inputs.checks.crs import crs_finding, diagnose_crs
from circles.inputs.readers import datum

AREA = """
[area]
id = "two-isles"
name = "两岛"
crs = "EPSG:4550"
as_of = 2024-12-31

[data]
network = "f.csv"
facilities = "f.csv"
residents = "f.csv"
"""


@pytest.fixture
def area(tmp_path):
    (tmp_path / "f.csv").write_text("x", encoding="utf-8")
    (tmp_path / "area.toml").write_text(AREA, encoding="utf-8")
    return load_area(tmp_path / "area.toml")


def points(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Facilities with plain defaults, rows counted as in a CSV."""
    default = {
        "name": "",
        "category": "meals",
        "township_code": "",
        "status": "existing",
        "file": "f.csv",
        "lon": 122.45,
        "lat": 30.72,
    }
    frame = pd.DataFrame([{**default, "id": f"p{i}", "row": i + 2, **row} for i, row in enumerate(rows)])
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326)


@pytest.fixture
def townships() -> gpd.GeoDataFrame:
    boxes = [shapely.box(122.4, 30.7, 122.5, 30.8), shapely.box(122.5, 30.7, 122.6, 30.8)]
    return gpd.GeoDataFrame({"code": ["a", "b"], "name": ["甲镇", "乙镇"], "class": "town"}, geometry=boxes, crs=4326)


def checked(area, facilities, townships, residents=None) -> list[tuple[str, str, int | None]]:
    found = checks.check(area, facilities, residents, townships, None)
    for item in found:
        assert item.line("zh")
        assert item.line("en")
    return [(item.severity, item.code, item.row) for item in found]


def test_clean_points_give_nothing(area, townships):
    """Points in their townships, apart from each other, are not complained about."""
    facilities = points({"township_code": "a"}, {"lon": 122.55, "township_code": "b"}, {"lon": 122.46})
    assert checked(area, facilities, townships, facilities.drop(columns=["file", "row"])) == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"lon": 0.0, "lat": 0.0}, "place-zero"),
        ({"lon": 30.72, "lat": 122.45 - 90}, "place-far"),
        ({"lon": 120.0}, "place-far"),
        ({"lon": 122.45, "lat": 30.5}, "place-far"),
        ({"lon": -122.45}, "place-far"),
    ],
)
def test_places_nowhere_near_are_errors(place, code, area, townships):
    """Points more than 20 km outside the box, and those at (0, 0), are errors; the row is named."""
    assert checked(area, points({}, place), townships) == [("error", code, 3)]


def test_twenty_kilometres_are_allowed(area, townships):
    """19 km outside the box is no error, 21 km is."""
    near, far = 30.7 - 19 / 111.195, 30.7 - 21 / 111.195
    assert checked(area, points({"lat": near}), townships) == []
    assert checked(area, points({"lat": far}), townships) == [("error", "place-far", 2)]


def test_swapped_coordinates_are_named_as_such(area):
    """Where exchanging longitude and latitude puts a point inside, the doctor says so."""
    boxes = gpd.GeoDataFrame(
        {"code": ["m"], "name": ["m"], "class": ""}, geometry=[shapely.box(14.2, 35.8, 14.6, 36.1)], crs=4326
    )
    assert checked(area, points({"lon": 35.9, "lat": 14.4}), boxes) == [("error", "place-swapped", 2)]


def test_residents_are_looked_at_too(area, townships):
    """A resident far away is an error as a facility is."""
    residents = points({"lon": 100.0}).drop(columns=["file", "row"])
    assert checked(area, points({}), townships, residents) == [("error", "place-far", None)]


def test_doubles_of_one_category(area, townships):
    """Two of one kind within 5 m are doubtful; of two kinds, or one of them closed, they are not."""
    beside = {"lon": 122.45 + 3e-5}
    assert checked(area, points({}, beside), townships) == [("warning", "place-double", 3)]
    assert checked(area, points({}, {**beside, "category": "clinic"}), townships) == []
    assert checked(area, points({}, {**beside, "status": "closed"}), townships) == []
    assert checked(area, points({}, {"lon": 122.45 + 8e-5}), townships) == []


def test_one_name_at_two_places(area, townships):
    """A name that returns more than a kilometre away is doubtful; an empty name is not."""
    away = {"lon": 122.48, "name": "食堂"}
    assert checked(area, points({"name": "食堂"}, away), townships) == [("warning", "same-name", 3)]
    assert checked(area, points({"name": ""}, {**away, "name": ""}), townships) == []
    assert checked(area, points({"name": "食堂"}, {**away, "lon": 122.455}), townships) == []
    assert checked(area, points({"name": "未命名 school"}, {**away, "name": "未命名 school"}), townships) == []


def test_township_codes(area, townships):
    """A code that no township has, and a point in another township than its code says, are warnings."""
    facilities = points({"township_code": "甲镇"}, {"township_code": "b", "lon": 122.46})
    assert checked(area, facilities, townships) == [
        ("warning", "township-unknown", 2),
        ("warning", "township-other", 3),
    ]
    found = checks.check(area, facilities, None, townships, None)
    assert dict(found[0].values)["near"] == "a"


def test_empty_tables_are_fine(area):
    """Nothing in, nothing out."""
    assert checked(area, points({}).iloc[:0], None) == []


def test_embedded_shengsi_has_nothing_to_complain_of():
    """The embedded data pass the doctor without a finding."""
    from circles.inputs.dispatch import read_residents
    from circles.inputs.readers.places import read_facilities
    from circles.inputs.readers.polygons import read_land, read_townships

    area = load_area()
    facilities, residents = read_facilities(area)[0], read_residents(area)[0]
    assert checks.check(area, facilities, residents, read_townships(area)[0], read_land(area)[0]) == []


# --- the coordinate doctor -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> tuple[Streets, gpd.GeoDataFrame, np.ndarray]:
    """A small town of lanes 150 m apart on an island, and 12 places 20 m from a lane."""
    lines = [[(450000 + 150 * i, 3400000), (450000 + 150 * i, 3401200)] for i in range(9)]
    lines += [[(450000, 3400000 + 150 * i), (451200, 3400000 + 150 * i)] for i in range(9)]
    xy = np.array(lines, dtype=np.float64).reshape(-1, 2)
    streets = Streets(pd.DataFrame({"street_id": range(18)}), np.arange(0, 37, 2, dtype=np.int64), xy)
    shore = shapely.box(449700, 3399700, 451500, 3401500)
    land = gpd.GeoDataFrame({"island": ["甲"]}, geometry=[shore], crs="EPSG:4550").to_crs(4326)
    rng = np.random.default_rng(3)
    x = 450000 + 150 * rng.integers(0, 9, 12) + 20.0
    y = rng.uniform(3400000, 3401200, 12)
    lonlat = np.column_stack(Transformer.from_crs(4550, 4326, always_xy=True).transform(x, y))
    return streets, land, lonlat


def _as(name: str, lonlat: np.ndarray) -> np.ndarray:
    lon, lat = lonlat.T
    to_zone = {"EPSG:4550": 4550, "EPSG:4529": 4529, "EPSG:4499": 4499, "EPSG:4549": 4549}
    plain = name.removeprefix("swapped").removesuffix("north first").strip()
    if plain in to_zone:
        pair = np.column_stack(Transformer.from_crs(4326, to_zone[plain], always_xy=True).transform(lon, lat))
    else:
        forward = {"gcj02": datum.wgs84_to_gcj02, "bd09": datum.wgs84_to_bd09}.get(plain)
        pair = lonlat if forward is None else np.column_stack(forward(lon, lat))
    return pair[:, ::-1] if name.startswith("swapped") or name.endswith("north first") else pair


SYSTEMS = [
    "wgs84", "gcj02", "bd09", "swapped", "swapped gcj02", "swapped bd09", "EPSG:4550", "EPSG:4529", "EPSG:4499",
    "EPSG:4549", "EPSG:4550 north first", "EPSG:4529 north first",
]  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_undeclared_system_is_named(name, town):
    """Points in any system that is in use are told apart, with confidence; nothing is changed."""
    streets, land, lonlat = town
    given = _as(name, lonlat)
    before = given.copy()
    table = diagnose_crs(given, land, streets, None, crs="EPSG:4550")
    assert table["hypothesis"].iloc[0] == name
    assert table["confidence"].iloc[0] > 0.9
    assert table["confidence"].sum() == pytest.approx(1)
    assert (given == before).all()


def test_finding_is_given_only_where_the_doctor_is_sure(town):
    """A system other than the declared one is told by a warning, nine points are enough; the declared one, or two points, by none."""
    streets, land, lonlat = town
    shifted = diagnose_crs(_as("bd09", lonlat), land, streets, None, crs="EPSG:4550")
    found = crs_finding(shifted, "f.csv")
    assert found is not None
    assert (found.code, found.severity) == ("crs-doubtful", "warning")
    assert found.line("en")
    assert crs_finding(shifted, "f.csv", declared="bd09") is None
    assert crs_finding(diagnose_crs(lonlat, land, streets, None, crs="EPSG:4550"), "f.csv", declared="cgcs2000") is None
    few = crs_finding(diagnose_crs(_as("bd09", lonlat)[:9], land, streets, None, crs="EPSG:4550"), "f.csv")
    assert few is not None
    assert dict(few.values)["n"] == 9
    too_few = diagnose_crs(_as("bd09", lonlat)[:2], land, streets, None, crs="EPSG:4550")
    assert crs_finding(too_few, "f.csv") is None


def test_no_points_or_no_evidence_is_no_opinion(town):
    """Without points there is no table; without evidence all systems are equally likely."""
    assert diagnose_crs(np.empty((0, 2)), None, None, None, crs="EPSG:4550").empty
    table = diagnose_crs(town[2], None, None, None, crs="EPSG:4550")
    assert table["confidence"].to_numpy() == pytest.approx(np.full(6, 1 / 6))
    assert crs_finding(table, "f.csv") is None


def test_township_named_in_the_row_is_evidence(town):
    """Townships named in the rows tell systems apart even without streets or land."""
    lonlat = town[2]
    west, south, east, north = *lonlat.min(axis=0), *lonlat.max(axis=0)
    box = shapely.box(west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4)
    townships = gpd.GeoDataFrame({"code": ["a"]}, geometry=[box], crs=4326)
    table = diagnose_crs(_as("bd09", lonlat), None, None, townships, crs="EPSG:4550", codes=["a"] * len(lonlat))
    assert table["hypothesis"].iloc[0] == "bd09"
    assert table["township_agreement"].iloc[0] == 1


@pytest.mark.long
@pytest.mark.parametrize("size", [10, 30])
def test_real_network_of_malta(size, shared_dir: Path):
    """On Malta's real streets, councils named, the right system is the likeliest for random sets of 10 and 30 places."""
    from circles.inputs.osm.extract import read_extract

    tags = {"a": {"amenity": ("school", "pharmacy", "clinic", "doctors", "kindergarten")}, "b": {"leisure": "pitch"}}
    extract = read_extract(
        shared_dir / "osm" / "malta.osm.pbf", crs="EPSG:32633", tags_by_category=tags, admin_level=8, want_land=True
    )
    lonlat = extract.facilities[["lon", "lat"]].to_numpy()
    spots = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*lonlat.T), crs=4326)
    within = spots.sjoin(extract.townships[["code", "geometry"]], how="left")
    codes = within["code"][~within.index.duplicated()].fillna("").to_numpy(dtype=object)
    rng = np.random.default_rng(0)
    for _ in range(8):
        pick = rng.choice(len(lonlat), size, replace=False)
        for name in ("wgs84", "gcj02", "bd09", "swapped", "swapped gcj02"):
            given = _as(name, lonlat[pick])
            table = diagnose_crs(
                given, extract.land, extract.streets, extract.townships, crs="EPSG:32633", codes=list(codes[pick])
            )
            assert table["hypothesis"].iloc[0] == name


@pytest.mark.parametrize("name", ["wgs84", "bd09", "swapped", "EPSG:4550"])
def test_undeclared_file_is_diagnosed_as_it_stands(name, town, tmp_path):
    """The doctor reads the file's own numbers: a table that could not be accepted gets its diagnosis, a right one none."""
    streets, land, lonlat = town
    given = _as(name, lonlat)
    rows = "".join(f"p{i},点,meals,{a!r},{b!r}\n" for i, (a, b) in enumerate(given.tolist()))
    (tmp_path / "f.csv").write_text("id,name,category,lon,lat\n" + rows, encoding="utf-8")
    (tmp_path / "area.toml").write_text(AREA, encoding="utf-8")
    found = checks.check_crs(load_area(tmp_path / "area.toml"), streets, land, None)
    assert [dict(item.values)["likely"] for item in found] == ([] if name == "wgs84" else [name])


def test_embedded_shengsi_is_in_the_system_it_says():
    """The embedded facilities are not taken for another system's."""
    from circles.inputs.readers.lines import read_lines
    from circles.inputs.readers.polygons import read_land, read_townships

    area = load_area()
    streets = read_lines(area.path(str(area.data.network)), area.crs)[0]
    assert checks.check_crs(area, streets, read_land(area)[0], read_townships(area)[0]) == []


def test_corrected_copy_and_its_log(tmp_path):
    """A corrected copy can be read, its log names each cell changed, doubtful cells stay, and the original is untouched."""
    from circles.foundation.errors import CallError
    from circles.inputs.checks.fix import write_corrected

    content = (
        "id,名称,category,lon,lat,capacity,备注\n"
        "Ａ１,甲,meals,122°27′00″,30.72,0.2万,=1+1\n"
        "b,乙,meals,30.72,122.45,约50,好\n"
        "c,丙,meals,-122.45,30.72,７,\n"
    )
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    out = tmp_path / "g.csv"
    changes = write_corrected(tmp_path / "f.csv", "f.csv", out, table="facilities", box=(122.4, 30.7, 122.5, 30.8))
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == content
    fixed = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert fixed["id"].tolist() == ["A1", "b", "c"]
    assert fixed["lon"].tolist() == ["122.4500000", "122.45", "-122.45"]
    assert fixed["lat"].tolist() == ["30.72", "30.72", "30.72"]
    assert fixed["capacity"].tolist() == ["2000", "约50", "7"]
    assert fixed["备注"].tolist() == ["'=1+1", "好", ""]
    assert sorted(zip(changes["row"], changes["column"], strict=True)) == [
        (2, "capacity"), (2, "id"), (2, "lon"), (3, "lat"), (3, "lon"), (4, "capacity"),
    ]  # fmt: skip
    with pytest.raises(CallError):
        write_corrected(tmp_path / "f.csv", "f.csv", out, table="facilities")
