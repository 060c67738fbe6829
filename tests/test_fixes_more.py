"""More fixes that messages advise, tried as in test_fixes: broken input, the change asked for, the right minutes again."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyproj import Transformer
from test_fixes import AREA, ENTRY, F2, FILE, TOWN, B, Edit, tried

PLACES = {"a": (122.45, 30.72), "b": (122.4501, 30.72)}
ROWS = {"a": "a,122.45,30.72,", "b": "b,122.4501,30.72,"}
TOWN2 = TOWN.replace("T1", "T2").replace("甲镇", "乙镇").replace("122.47", "122.48").replace("122.44", "122.47")
CATEGORY2 = '[[categories]]\nid = "%s"\nname = "x"\nprofile = "plain"\n[[rules]]'
RULES = AREA[AREA.index("[[rules]]") :]
RULE = 'category = "clinic"\n'
NODES = '"highway":"%s","from_node":1,"to_node":2}'
HEAD = "id,lon,lat,population"


def given(column: str, value: str, other: str = "") -> list[Edit]:
    """Put a column where the status stands, with this value for f2 and another for f1."""
    return [
        ("f.csv", "status,", f"{column},"),
        ("f.csv", "existing,20", f"{value},20"),
        ("f.csv", "existing,10", f"{other},10"),
    ]


def metres(crs: str, *, is_swapped: bool = False) -> list[Edit]:
    """Give the residents' places as x and y of a projected system."""
    transform = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    edits: list[Edit] = [("r.csv", "lon,lat", "x,y")]
    for key, row in ROWS.items():
        x, y = transform(*PLACES[key])
        first, second = (y, x) if is_swapped else (x, y)
        edits.append(("r.csv", row, f"{key},{first:.4f},{second:.4f},"))
    return edits


def doors(text: str) -> list[Edit]:
    return [("area.toml", ENTRY, f'{ENTRY}\nentrances = "e.csv"'), ("e.csv", "", f"facility_id,lon,lat\n{text}")]


# finding → how the clean input is broken, and what the message says to do about it
CASES: dict[str, tuple[list[Edit], list[Edit]]] = {
    "area-duplicate-id": ([("area.toml", "[[rules]]", CATEGORY2 % "clinic")], [("area.toml", 'id = "clinic"\nname = "x"', 'id = "clinic2"\nname = "x"')]),
    "area-reserved-id": ([("area.toml", "[[rules]]", CATEGORY2 % "ALL")], [("area.toml", '"ALL"', '"clinic2"')]),
    "area-file-syntax": ([("area.toml", '"改法"', "改法")], [("area.toml", "改法", '"改法"')]),
    "area-rule-category": ([("area.toml", RULE, RULE + 'categories = ["clinic"]\n')], [("area.toml", 'categories = ["clinic"]\n', "")]),
    "area-rule-overall": ([("area.toml", '"r1"', '"overall"')], [("area.toml", '"overall"', '"r1"')]),
    "rule-no-threshold": ([("area.toml", "threshold = 0.9\n", "")], [("area.toml", RULE, RULE + "threshold = 0.9\n")]),
    "rule-threshold-and-targets": ([("area.toml", "threshold = 0.9\n", "threshold = 0.9\ntargets = { 2025 = 0.9 }\n")], [("area.toml", "threshold = 0.9\n", "")]),
    "rule-unknown-class": ([("area.toml", "threshold = 0.9\n", "threshold = 0.9\nby_class = { rurall = { threshold = 0.5 } }\n")], [("area.toml", "rurall", "rural")]),
    "unknown-measure": ([("area.toml", "population_share", "population_shares")], [("area.toml", "population_shares", "population_share")]),
    "rules-file-missing": ([("area.toml", RULES, ""), ("area.toml", "[area]", 'rules = "none.toml"\n[area]')], [("area.toml", "none.toml", "r.toml"), ("r.toml", "", RULES)]),
    "unknown-position": (given("position", "somewhere", "exact"), [("f.csv", "somewhere", "exact")]),
    "unknown-service-mode": (given("service_mode", "fly", "fixed"), [("f.csv", "fly", "fixed")]),
    "serves-fixed": (given("serves", "T1"), [("f.csv", "T1,T1,20", "T1,,20")]),
    "cell-too-long": ([("f.csv", "乙卫生院", "乙" * 40_000)], [("f.csv", "乙" * 40_000, "乙卫生院")]),
    "code-scientific": ([("f.csv", "T1,existing,20", "3.30922E+11,existing,20")], [("f.csv", "3.30922E+11", "T1")]),
    "coordinates-both": (
        [("r.csv", "lon,lat", "lon,lat,x,y"), ("r.csv", ROWS["a"], ROWS["a"] + "447321,3400000,"), ("r.csv", ROWS["b"], ROWS["b"] + "447331,3400000,")],
        [("r.csv", "lon,lat,x,y", "lon,lat"), ("r.csv", "447321,3400000,", ""), ("r.csv", "447331,3400000,", "")],
    ),
    "csv-broken": ([("f.csv", "乙卫生院", '"乙卫生院')], [("f.csv", '"乙卫生院', "乙卫生院")]),
    "degrees-minutes": ([("r.csv", B, "b,122°27′0.36″,30°43′12″,20,5")], [("r.csv", "122°27′0.36″,30°43′12″", "122.4501,30.72")]),
    "lon-lat-range": ([("r.csv", B, "b,222.4501,30.72,20,5")], [("r.csv", "222.4501", "122.4501")]),
    "columns-no-people": ([("r.csv", "age_60_plus", "联系电话"), ("r.csv", "10,4", "10,5081234"), ("r.csv", "20,5", "20,5081235")], [("area.toml", ENTRY, 'residents = { file = "r.csv", groups = [] }')]),
    "header-lower": ([("r.csv", HEAD, "居民点一览表,,,,\n" + HEAD)], [("r.csv", "居民点一览表,,,,\n", "")]),
    "hours-unreadable": (given("opening_hours", "早上到晚上", "Mo-Fr 08:00-18:00"), [("f.csv", "早上到晚上", "Mo-Fr 08:30-12:00")]),
    "hours-ends-first": (given("opening_hours", "周一至周五8:30-5:30", "Mo-Fr 08:00-18:00"), [("f.csv", "5:30", "17:30")]),
    "hours-no-such-time": (given("opening_hours", "周一至周五8:30-17:75", "Mo-Fr 08:00-18:00"), [("f.csv", "17:75", "17:45")]),
    "hours-times-missing": (given("opening_hours", "周一闭馆", "Mo-Fr 08:00-18:00"), [("f.csv", "周一闭馆", "周二至周日9:00-17:00")]),
    "last-line-open": ([("r.csv", B + "\n", B)], [("r.csv", B, B + "\n")]),
    "not-joined": ([("r.csv", B, "b,122.4501,30.729,20,5")], [("r.csv", "30.729", "30.72")]),
    "place-double": ([("f.csv", F2, "f2,乙卫生院,clinic,T1,existing,20,122.456,30.72")], [("f.csv", "f2,乙卫生院,clinic,T1,existing,20,122.456,30.72\n", "")]),
    "residents-none": ([("r.csv", "10,4", "0,0"), ("r.csv", "20,5", "0,0")], [("r.csv", "0,0", "10,4"), ("r.csv", "0,0", "20,5")]),
    "text-garbled": ([("f.csv", "乙卫生院", "乙卫生院".encode().decode("gbk"))], [("f.csv", "乙卫生院".encode().decode("gbk"), "乙卫生院")]),
    "township-empty": ([("t.geojson", TOWN, TOWN + ",\n" + TOWN2)], [("r.csv", B, B + "\nc,122.475,30.72,5,1")]),
    "township-other": ([("t.geojson", TOWN, TOWN + ",\n" + TOWN2), ("f.csv", "T1,existing,20", "T2,existing,20")], [("f.csv", "T2", "T1")]),
    "xy-degrees": ([("r.csv", "lon,lat", "x,y")], [("area.toml", ENTRY, 'residents = { file = "r.csv", columns = { lon = "x", lat = "y" } }')]),
    "xy-mercator": (metres("EPSG:3857"), [("area.toml", ENTRY, 'residents = { file = "r.csv", crs = "EPSG:3857" }')]),
    "xy-swapped": (metres("EPSG:4550", is_swapped=True), [("area.toml", ENTRY, 'residents = { file = "r.csv", columns = { x = "y", y = "x" } }')]),
    "unit-converted": ([("r.csv", "population", "population（千人）")], [("r.csv", "population（千人）", "population")]),
    "node-numbers-apart": ([("n.geojson", f'"highway":"{kind}"}}', NODES % kind) for kind in ("residential", "footway", "path")], [("n.geojson", ',"from_node":1,"to_node":2', "")] * 3),
    "entrance-facility-unknown": (doors("f9,122.459,30.72\n"), [("e.csv", "f9", "f2")]),
    "entrance-twice": (doors("f2,122.459,30.72\nf2,122.459,30.72\n"), [("e.csv", "f2,122.459,30.72\nf2", "f2")]),
    "entrance-too-far": (doors("f2,122.499,30.72\n"), [("e.csv", "122.499", "122.459")]),
    "leg-long": ([("f.csv", F2, F2.replace("30.72", "30.7206"))], [("f.csv", "30.7206", "30.72")]),
    "values-column": ([("area.toml", FILE, f'{FILE}\nvalues = {{ statuss = {{ "x" = "closed" }} }}')], [("area.toml", "statuss", "status")]),
}  # fmt: skip
SOME = ("rule-no-threshold", "degrees-minutes", "xy-swapped", "township-other", "entrance-facility-unknown")


@pytest.mark.parametrize(
    "code", [code if code in SOME else pytest.param(code, marks=pytest.mark.long) for code in CASES]
)
def test_what_a_message_advises_works(code: str, tmp_path: Path) -> None:
    """The finding appears, the advised change makes it go away, and the minutes are right again."""
    tried(code, tmp_path, CASES)
