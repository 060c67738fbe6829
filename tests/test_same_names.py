"""Townships of one name can be distinguished wherever they stand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from circles.inputs.same_names import with_distinct_names


def townships(*names):
    """Townships a, b, c … of these names."""
    codes = [chr(97 + i) for i in range(len(names))]
    return gpd.GeoDataFrame(
        {"code": codes, "name": list(names)},
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(len(names))],
        crs=4326,
    )


def people(*rows):
    """Resident points: township, island."""
    return pd.DataFrame(rows, columns=["township_code", "island"])


@pytest.mark.parametrize(
    ("names", "points", "expected"),
    [
        (
            ("Ir-Rabat", "Valletta", "Ir-Rabat"),
            [("a", "Għawdex"), ("b", "Malta"), ("c", "Malta"), ("c", "Malta"), ("c", "Għawdex")],
            ["Ir-Rabat (Għawdex)", "Valletta", "Ir-Rabat (Malta)"],
        ),
        (("城关镇", "城关镇"), [("a", "东岛"), ("b", "西岛")], ["城关镇（东岛）", "城关镇（西岛）"]),
        (("城关镇", "城关镇"), [("a", "大陆"), ("b", "大陆")], ["城关镇（a）", "城关镇（b）"]),
        (("城关镇", "城关镇"), [("a", "大陆")], ["城关镇（a）", "城关镇（b）"]),
        (("东镇", "西镇"), [("a", "岛"), ("b", "岛")], ["东镇", "西镇"]),
    ],
)
def test_townships_of_one_name_are_with_distinct_names(names, points, expected):
    """By the island of most of their points; by their code where islands do not tell; others keep their names."""
    given = townships(*names)
    towns, found = with_distinct_names(given, people(*points))
    assert list(towns["name"]) == expected
    assert list(given["name"]) == list(names), "the caller's table is left as it is"
    assert [item.code for item in found] == (["townships-one-name"] if list(names) != expected else [])
    assert all(name in item.message("zh") for item in found for name in expected if name not in names)


def test_every_table_of_a_run_has_the_name_that_tells(tmp_path):
    """Two townships of one name on two islands: check, coverage and the map's payload all print the completed names."""
    import circles
    from circles import testing
    from circles.outputs.map.payload import payload

    file = testing.write_county(tmp_path, name="县", side=4, seed=1, residents=40, facilities=6)
    towns = gpd.read_parquet(tmp_path / "townships.parquet")
    towns["name"] = "城关镇"
    towns.to_parquet(tmp_path / "townships.parquet")
    result = circles.analyse(circles.load_area(file))
    wanted = set(result.townships["name"])
    assert len(wanted) == 2
    assert all(name.startswith("城关镇（") for name in wanted)
    assert set(result.check["township"]) == wanted
    assert wanted <= set(result.coverage["township"])
    assert set(payload(result, "zh")["townships"]["name"]) == wanted
    assert "townships-one-name" in set(result.findings["code"])
