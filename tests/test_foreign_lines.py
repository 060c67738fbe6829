"""Line layers as other programs write them: their columns, lists, capitals, yes and no."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from circles.inputs.readers.line_columns import line_columns
from circles.inputs.readers.lines import TEXTS, read_lines
from circles.network.passability import passable

LINES = [LineString([(400000, 3400000), (400300, 3400000)]), LineString([(400300, 3400000), (400600, 3400000)])]


def read(**columns: object):
    return line_columns(pd.DataFrame(columns), TEXTS, table="n.gpkg")


def codes(named) -> set[str]:
    return {item.code for item in named.findings}


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("['footway', 'steps']", "steps"), ('["footway","steps"]', "steps"), ("{footway,steps}", "steps"),
        ("footway;steps", "steps"), ("footway|steps", "steps"), ("footway, steps", "steps"), ("Steps", "steps"),
        (np.array(["footway", "steps"]), "steps"), (["footway", "steps"], "steps"),
        ("['residential', 'motorway']", "motorway"), ("['path', 'footway']", "path"),
    ],
)  # fmt: skip
def test_a_line_of_several_classes_counts_as_the_one_that_decides_and_that_is_reported(
    cell: object, wanted: str
) -> None:
    """Steps win, then what nobody walks, then the first; whatever way a program writes the list."""
    named = read(highway=pd.Series(["residential", cell], dtype=object))
    assert named.texts["highway"].tolist() == ["residential", wanted]
    assert ("lines-mixed-values" in codes(named)) == (cell != "Steps" if isinstance(cell, str) else True)


@pytest.mark.parametrize(
    "no", ["F", "0", 0, 0.0, False, "N", "NO", "否", "无", "不可通行", "off", "n/a", "<Null>", "none", None]
)
def test_no_bridge_in_any_spelling_is_no_bridge(no: object) -> None:
    """A slope does not vanish because a program writes no in its own way."""
    named = read(bridge=pd.Series([no, "yes"], dtype=object))
    assert named.texts["bridge"].tolist() in (["no", "yes"], ["", "yes"])
    assert not codes(named)


@pytest.mark.parametrize("word", ["B", "-1", "大桥"])
def test_an_unknown_word_for_a_bridge_is_reported(word: str) -> None:
    """What is not understood is reported with its row."""
    (found,) = read(bridge=["", word]).findings
    assert (found.code, found.row) == ("lines-value-unknown", 2)
    assert word in str(found)


@pytest.mark.parametrize(("column", "word"), [("foot", "否"), ("foot", False), ("FOOT", "No"), ("Access", "Private"), ("步行", "否"), ("foot", "禁止行人"), ("access", "['no', 'private']")])  # fmt: skip
def test_no_walking_in_any_spelling_closes_a_line(column: str, word: object) -> None:
    """Capitals, Chinese, truth values and lists close a line as ``no`` does."""
    named = read(**{"highway": ["footway"] * 2, column: pd.Series(["yes", word], dtype=object)})
    assert passable(pd.DataFrame(named.texts)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("column", "ours"), [("桥梁", "bridge"), ("is_bridge", "bridge"), ("隧道", "tunnel"), ("路名", "name")]
)
def test_our_columns_under_other_names_are_taken_and_reported(column: str, ours: str) -> None:
    """A column of ours in another language is read, with a note."""
    named = read(**{column: ["是", "否"]})
    assert ours in named.texts
    assert codes(named) == {"lines-column-taken"}


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"桥": ["混凝土", "钢"]}, "column-looks-like"), ({"道路等级": ["4", "5"]}, "column-looks-like"),
        ({"highway": ["footway", "鬼路"]}, "lines-value-unknown"), ({"highway": ["footway"] * 2, "HIGHWAY": ["steps"] * 2}, "lines-column-twice"),
    ],
)  # fmt: skip
def test_what_is_not_used_is_reported(columns: dict[str, list[str]], code: str) -> None:
    """Nothing that looks like a column or word of ours is passed over in silence."""
    assert code in codes(read(**columns))


def test_tags_in_one_column_are_read_in_both_spellings() -> None:
    """GDAL's ``other_tags`` and a column of JSON hold our columns."""
    for name, cell in (("other_tags", '"foot"=>"no"'), ("tags", '{"foot": "no"}')):
        assert read(highway=["footway"] * 2, **{name: ["", cell]}).texts["foot"].tolist() == ["", "no"]


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "parquet", "fgb"])
def test_a_list_is_a_list_in_every_format(ending: str, tmp_path: Path) -> None:
    """OSMnx's lists say the same whatever format carries them."""
    file = tmp_path / f"n.{ending}"
    frame = gpd.GeoDataFrame({"highway": ["residential", "['footway', 'steps']"]}, geometry=LINES, crs="EPSG:32651")
    frame.to_parquet(file) if ending == "parquet" else frame.to_file(file)
    streets, found = read_lines(file, "EPSG:32651")
    assert sorted(streets.lines["highway"]) == ["residential", "steps"]  # FlatGeobuf sorts its features
    assert "lines-mixed-values" in {item.code for item in found}


def test_a_list_that_the_format_itself_knows_is_read(tmp_path: Path) -> None:
    """GeoJSON and Parquet have lists of their own."""
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=LINES, crs="EPSG:32651")
    text = json.loads(frame.to_crs(4326).to_json())
    for item, value in zip(text["features"], ("residential", ["footway", "steps"]), strict=True):
        item["properties"] = {"highway": value}
    (tmp_path / "n.geojson").write_text(json.dumps(text), encoding="utf-8")
    frame.assign(highway=[["residential"], ["footway", "steps"]]).to_parquet(tmp_path / "n.parquet")
    for name in ("n.geojson", "n.parquet"):
        assert read_lines(tmp_path / name, "EPSG:32651")[0].lines["highway"].tolist() == ["residential", "steps"]
