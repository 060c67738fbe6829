"""`circles area new`: an extract becomes a folder that runs as it is."""

from __future__ import annotations

import json
import tomllib

import pytest
import shapely
from typer.testing import CliRunner

import circles
from circles.cli.app import app
from circles.foundation.errors import CallError, InputError
from circles.inputs.new_area import Boundary, _townships, metric_crs, new_area

NODES = {  # a county of 2 x 1 km of two townships, one street through both, a clinic in each; and a namesake outside
    1: (10.00, 50.00), 2: (10.014, 50.00), 3: (10.028, 50.00), 4: (10.028, 50.009), 5: (10.014, 50.009), 6: (10.00, 50.009),
    7: (10.001, 50.004), 8: (10.014, 50.0045), 9: (10.027, 50.004), 10: (10.2, 50.2), 11: (10.21, 50.2), 12: (10.21, 50.21),
}  # fmt: skip
WAYS = {
    20: ([1, 2], {}), 21: ([2, 3, 4, 5], {}), 22: ([5, 6, 1], {}), 23: ([2, 8, 5], {}), 24: ([10, 11, 12, 10], {}), 25: ([10, 11, 10], {}),
    30: ([7, 8, 9], {"highway": "residential", "name": "Main"}),
}  # fmt: skip
RELATIONS = {
    40: ([20, 21, 22], {"name": "Landkreis", "admin_level": "6"}),
    41: ([20, 23, 22], {"name": "West", "name:zh": "西乡", "admin_level": "8"}),
    42: ([21, 23], {"name": "Ost", "admin_level": "8"}),
    43: ([24], {"name": "Ost", "admin_level": "8"}),
    44: ([24, 99], {"name": "Cut off", "admin_level": "7"}),
    45: (
        [25],
        {"name": "Line", "admin_level": "7"},
    ),  # closed and without any surface: no shape, and no end to the rest
}


def osm_file(folder, name: str = "a.osm"):
    """Write the little county as OSM XML."""
    rows = ['<osm version="0.6">']
    for number, (lon, lat) in NODES.items():
        tags = '<tag k="amenity" v="clinic"/>' if number in (7, 9) else ""
        rows.append(
            f'<node id="{number}" version="1" timestamp="2024-05-06T00:00:00Z" lon="{lon}" lat="{lat}">{tags}</node>'
        )
    for number, (refs, tags) in WAYS.items():
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs) + "".join(
            f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()
        )
        rows.append(f'<way id="{number}" version="1" timestamp="2024-05-06T00:00:00Z">{body}</way>')
    for number, (members, tags) in RELATIONS.items():
        described = {"type": "boundary", "boundary": "administrative", **tags}
        body = "".join(f'<member type="way" ref="{ref}" role="outer"/>' for ref in members)
        body += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in described.items())
        rows.append(f'<relation id="{number}" version="1" timestamp="2024-05-06T00:00:00Z">{body}</relation>')
    file = folder / name
    file.write_text("\n".join([*rows, "</osm>"]), encoding="utf-8")
    return file


def test_a_named_county_becomes_an_area_that_runs(tmp_path):
    """From extract to verdict tables in one further call: townships below the county, its date, UTM, boundary as land."""
    made = new_area(osm_file(tmp_path), tmp_path / "county", name="landkreis")
    assert (made.crs, made.as_of, made.townships, made.has_coast) == ("EPSG:32632", "2024-05-06", 2, False)
    assert made.facilities["clinic"] == 2
    assert made.street_km == pytest.approx(1.86, abs=0.02)  # 0.026 degrees of longitude at 50 north
    codes = {item.code for item in made.findings}
    assert codes >= {"new-area-boundary", "new-area-no-coast"}
    assert "osm-no-coastline" not in codes  # it would ask for what was done already
    result = circles.analyse(circles.load_area(tmp_path / "county" / "area.toml"))
    assert list(result.townships["name"]) == ["West", "Ost"]
    assert not result.coverage["township_code"].eq("NONE").any()
    clinics = result.coverage[(result.coverage["category"] == "clinic") & (result.coverage["township_code"] == "ALL")]
    assert clinics["covered"].sum() > 0


def test_a_name_in_another_language_and_a_box(tmp_path):
    """A boundary answers to each of its names; a box takes what lies in it, its townships included."""
    file = osm_file(tmp_path)
    made = new_area(file, tmp_path / "a", name="西乡")
    assert made.townships == 1
    assert (
        json.loads((tmp_path / "a" / "townships.geojson").read_text("utf-8"))["features"][0]["properties"]["code"]
        == "r41"
    )
    boxed = new_area(file, tmp_path / "b", bbox=(9.99, 49.99, 10.05, 50.02))
    assert boxed.townships == 2
    assert tomllib.loads((tmp_path / "b" / "area.toml").read_text("utf-8"))["area"]["id"] == "b"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"name": "Ost"}, "new-area-several"),
        ({"name": "Nirgends"}, "new-area-unknown"),
        ({"name": "Cut off"}, "new-area-not-covered"),
        ({"name": "Landkreis", "admin_level": 4}, "new-area-unknown"),
        ({}, "new-area-name-or-box"),
        ({"name": "West", "bbox": (1, 1, 2, 2)}, "new-area-name-or-box"),
        ({"relation": 99}, "new-area-unknown"),
        ({"name": "West", "relation": 42}, "new-area-unknown"),
        ({"relation": 44}, "new-area-not-covered"),
        ({"relation": 42, "bbox": (1, 1, 2, 2)}, "new-area-name-or-box"),
        ({"bbox": (3, 1, 2, 2)}, "new-area-box"),
        ({"bbox": (0, 0, 1, 1)}, "osm-no-streets"),
    ],
)
def test_what_cannot_be_made_is_one_message_and_no_folder(tmp_path, call, code):
    """A name with none or several boundaries, one that is cut off, a box that is none: refused, nothing written."""
    with pytest.raises((InputError, CallError)) as caught:
        new_area(osm_file(tmp_path), tmp_path / "county", **call)
    assert code in {item.code for item in caught.value.findings}
    assert not (tmp_path / "county").exists()


def test_namesakes_are_listed_with_level_area_and_number(tmp_path):
    """Of several boundaries of a name each is listed with its level, its square kilometres and the number that chooses it."""
    with pytest.raises(InputError) as caught:
        new_area(osm_file(tmp_path), tmp_path / "county", name="Ost")
    (item,) = caught.value.findings
    assert item.values["valid"] == "Ost (admin_level=8, 1.0 km², r42)；Ost (admin_level=8, 0.4 km², r43)"
    for lang in ("zh", "en"):
        assert item.values["valid"] in item.message(lang)


def test_an_extract_out_of_order_is_told_from_a_damaged_one(tmp_path):
    """A file whose ways do not ascend is whole; the message says how to sort it."""
    file = osm_file(tmp_path)
    text = file.read_text("utf-8").replace('way id="20"', 'way id="999"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        new_area(file, tmp_path / "county", name="Landkreis")
    assert [item.code for item in caught.value.findings] == ["extract-unsorted"]


def test_numbers_of_an_editor_are_refused_and_no_way_is_lost(tmp_path):
    """A way with a negative number would be left out of the clipped extract: refused with the way out, nothing written."""
    file = osm_file(tmp_path)
    file.write_text(file.read_text("utf-8").replace('way id="30"', 'way id="-30"'), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        new_area(file, tmp_path / "county", name="Landkreis")
    assert [(item.code, item.values["count"]) for item in caught.value.findings] == [("new-area-negative-ids", 1)]
    assert not (tmp_path / "county").exists()


@pytest.mark.parametrize("named", [(), ("--name", "ost", "--admin-level", "8")])
def test_a_relation_decides_between_namesakes_of_one_level(tmp_path, named):
    """Of two boundaries of one name and level, the number alone, or with the name, takes the one that is meant."""
    argv = ["area", "new", "--from", str(osm_file(tmp_path)), *named, "--relation", "42", "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(app, argv)
    assert done.exit_code == 0, done.output
    (feature,) = json.loads((tmp_path / "o" / "townships.geojson").read_text("utf-8"))["features"]
    assert (feature["properties"]["code"], feature["properties"]["name"]) == ("r42", "Ost")


def test_an_existing_folder_is_left_alone(tmp_path):
    """A folder that holds something is refused and untouched; the command ends with 2 and says which."""
    file = osm_file(tmp_path)
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "mine.txt").write_text("x", encoding="utf-8")
    done = CliRunner().invoke(
        app, ["area", "new", "--from", str(file), "--name", "West", "--out", str(tmp_path / "county")]
    )
    assert done.exit_code == 2
    assert [item.name for item in (tmp_path / "county").iterdir()] == ["mine.txt"]


def test_metric_systems_follow_the_longitude():
    """In China CGCS2000 in 3-degree zones (Shengsi: EPSG:4550), elsewhere UTM, north and south."""
    import shapely

    assert metric_crs(shapely.box(122.0, 30.5, 122.9, 30.9)) == "EPSG:4550"
    assert metric_crs(shapely.box(113.9, 22.4, 114.1, 22.6)) == "EPSG:4547"
    assert metric_crs(shapely.box(14.1, 35.8, 14.6, 36.1)) == "EPSG:32633"
    assert metric_crs(shapely.box(147.0, -43.0, 147.5, -42.5)) == "EPSG:32755"


@pytest.mark.long
def test_gozo_out_of_maltas_extract(shared_dir, tmp_path):
    """Gozo by its boundary's name: 14 councils, no point outside them, and its hospital's streets, in one further command."""
    made = new_area(shared_dir / "osm" / "malta.osm.pbf", tmp_path / "gozo", name="Għawdex")
    assert made.townships == 14
    assert 500 < made.street_km < 650
    result = circles.analyse(circles.load_area(tmp_path / "gozo" / "area.toml"))
    assert not result.coverage["township_code"].eq("NONE").any()


@pytest.mark.long
def test_gozo_by_a_box(shared_dir, tmp_path):
    """Gozo by a box around it: the same 14 councils as by its name, and from folder to map in one further command."""
    made = new_area(shared_dir / "osm" / "malta.osm.pbf", tmp_path / "gozo", bbox=(14.17, 35.99, 14.36, 36.09))
    assert made.townships == 14
    done = CliRunner().invoke(app, ["run", str(tmp_path / "gozo" / "area.toml"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "index.html").is_file()
    said = {item.code: item.message("zh") for item in made.findings}
    assert "乡镇界线为示意，不作划界依据" in said["new-area-boundary"]


@pytest.mark.long
def test_a_parish_out_of_andorras_extract(shared_dir, tmp_path):
    """Inland, Ordino by its boundary's name: its land is the boundary, every street lies in it, and it is analysed as it stands."""
    made = new_area(shared_dir / "osm" / "andorra.osm.pbf", tmp_path / "ordino", name="Ordino")
    assert made.street_km > 50
    result = circles.analyse(circles.load_area(tmp_path / "ordino" / "area.toml"))
    assert result.area.crs == "EPSG:32631"
    assert result.land.to_crs(result.area.crs).area.sum() == pytest.approx(84e6, rel=0.1)  # 84 km² by its statistics
    assert len(result.coverage)


@pytest.mark.parametrize("is_named", [True, False])
def test_one_boundary_of_a_wrong_level_does_not_hide_the_townships(is_named):
    """A single boundary tagged one level too high is not taken for all townships of the area; those of the usual level are."""
    whole = shapely.box(0, 0, 10, 10)
    known = [Boundary(1, "县", 6, whole), Boundary(2, "误标", 7, shapely.box(1, 1, 2, 2))]
    known += [Boundary(3 + at, f"{at}镇", 8, shapely.box(at, 0, at + 1, 10)) for at in range(10)]
    towns = _townships(whole, known[0] if is_named else None, known, "县")
    assert towns["code"].tolist() == [f"r{3 + at}" for at in range(10)]
