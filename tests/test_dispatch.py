"""The dispatcher: every ending finds its reader, in capital letters too, and a further format is one registered value."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from circles.area import load_area
from circles.batch.regions import load_regions
from circles.foundation.errors import InputError
from circles.inputs import dispatch
from circles.inputs.dispatch import FORMATS, format_of, holds
from circles.inputs.examine import examine
from circles.inputs.loading import load
from circles.testing import write_county

OSM = """<osm version="0.6">
<node id="1" lat="30.70" lon="122.40"/><node id="2" lat="30.70" lon="122.41"/><node id="3" lat="30.71" lon="122.41"/>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
</osm>"""
AREA = """[area]
id = "x"
name = "某县"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = {network}
facilities = ["F.CSV"]
"""


@pytest.fixture
def county(tmp_path):
    """A small generated county."""
    folder = tmp_path / "county"
    folder.mkdir()
    return write_county(folder, name="某", side=3, seed=1, residents=20, facilities=4)


def osm_area(folder: Path, name: str, entry: str) -> Path:
    (folder / name).write_text(OSM, encoding="utf-8")
    (folder / "F.CSV").write_text("id,name,category,lon,lat\nf1,一,clinic,122.405,30.7\n", encoding="utf-8")
    file = folder / "area.toml"
    file.write_text(AREA.format(network=entry), encoding="utf-8")
    return file


@pytest.mark.parametrize("ending", [ending for each in FORMATS for ending in each.endings])
def test_an_ending_in_capital_letters_is_the_same_format(ending):
    """What reads a file never depends on how its ending is written."""
    for name in (f"a{ending}", f"A{ending.upper()}", f"某.x{ending.title()}"):
        assert format_of(name) is format_of(f"x{ending}")
        assert holds(name) == holds(f"x{ending}") != ()


def test_a_name_belongs_to_one_format_only():
    """No ending is registered twice, so that what reads a file never depends on the order of formats."""
    endings = [ending for each in FORMATS for ending in each.endings]
    assert len(endings) == len(set(endings))
    assert all(ending == ending.lower() and ending.startswith(".") for ending in endings)


@pytest.mark.parametrize(
    ("name", "entry"),
    [("NET.OSM", '"NET.OSM"'), ("net.Osm", '"net.Osm"'), ("extract.bin", '{ osm = "extract.bin" }')],
)
def test_an_extract_is_one_for_every_command(tmp_path, name, entry):
    """An extract named in capital letters, or declared as one, is read by the run, by the doctor and by a batch alike."""
    area = load_area(osm_area(tmp_path, name, entry))
    assert len(load(area).streets.lines) == 1
    assert dispatch.is_extract(area)
    if name != "extract.bin":
        assert examine(tmp_path / name).kind == "osm"
    gpd.GeoDataFrame({"code": ["1"], "name": ["一"]}, geometry=gpd.points_from_xy([122.4], [30.7]).buffer(1), crs=4326).to_file(
        tmp_path / "b.gpkg"
    )  # fmt: skip
    (tmp_path / "regions.toml").write_text(
        '[extract]\narea = "area.toml"\nboundaries = "b.gpkg"\ncode = "code"\nname = "name"\n', encoding="utf-8"
    )
    assert load_regions(tmp_path / "regions.toml").extract.area.id == "x"


def test_files_in_capital_letters_are_read_by_run_and_doctor(county):
    """Every table and layer of an area may have its ending in capital letters."""
    text = county.read_text(encoding="utf-8")
    for file in sorted(county.parent.iterdir()):
        if file != county:
            file.rename(file.with_name(file.stem + file.suffix.upper()))
            text = text.replace(f'"{file.name}"', f'"{file.stem}{file.suffix.upper()}"')
    county.write_text(text, encoding="utf-8")
    inputs = load(load_area(county))
    assert len(inputs.residents) == 20
    assert examine(county.parent / "facilities.CSV").kind == "facilities"
    assert examine(county.parent / "streets.PARQUET").kind == "network"


def test_companions_of_a_shapefile_are_inputs_in_capital_letters_too(county):
    """A shapefile's companions are among the hashed inputs, however their endings are written."""
    streets = gpd.read_parquet(county.parent / "streets.parquet")
    streets.to_file(county.parent / "S.shp")
    for file in county.parent.glob("S.*"):
        file.rename(file.with_name(file.name.upper()))
    county.write_text(county.read_text(encoding="utf-8").replace("streets.parquet", "S.SHP"), encoding="utf-8")
    assert {"S.SHP", "S.DBF", "S.SHX", "S.PRJ"} <= set(dispatch.input_files(load_area(county)))


def test_an_unknown_ending_names_every_ending_that_is_read(tmp_path):
    """A file of no known format is refused with the list of those that are."""
    with pytest.raises(InputError) as caught:
        dispatch.refuse_unknown(tmp_path / "a.docx", "a.docx")
    (found,) = caught.value.findings
    assert found.code == "file-format"
    valid = dict(found.values)["valid"].split()
    assert set(valid) == {ending for each in FORMATS for ending in each.endings} - {".zip"}


READER = """

def _read_points(path: Path, table: str, layer: str | None) -> _Features:
    frame = gpd.GeoDataFrame.from_features(json.loads(path.read_text("utf-8").partition(";")[2]), crs="EPSG:4326")
    return frame, ()


FORMATS = (*FORMATS, Format(name="made up", endings=(".madeup",), kinds=FEATURES, features=_read_points))
"""


def test_a_format_is_added_by_one_registered_value(county, tmp_path, repository):
    """One reader registered in one file works for townships of a run, for the doctor and in the list of formats."""
    shutil.copytree(repository / "circles", tmp_path / "code" / "circles", ignore=shutil.ignore_patterns("__pycache__"))
    vectors = tmp_path / "code" / "circles" / "inputs" / "readers" / "vectors.py"
    vectors.write_text(vectors.read_text(encoding="utf-8") + READER, encoding="utf-8")
    towns = gpd.read_parquet(county.parent / "townships.parquet").to_crs(4326)
    (county.parent / "towns.madeup").write_text(f"made up;{towns.to_json()}", encoding="utf-8")
    county.write_text(county.read_text(encoding="utf-8").replace("townships.parquet", "towns.madeup"), encoding="utf-8")
    program = (
        "import sys, circles; from pathlib import Path; from circles.inputs import dispatch, examine, loading\n"
        "area = circles.load_area(sys.argv[1])\n"
        "print(circles.__file__, list(loading.load(area).townships['code']),"
        " examine.examine(area.path('towns.madeup')).kind, '.madeup' in dispatch.format_of('A.MADEUP').endings)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(county)], cwd=tmp_path / "code", env=os.environ | {"PYTHONPATH": str(tmp_path / "code")},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout
    assert done.stdout.rstrip().endswith("['001', '002'] townships True")
