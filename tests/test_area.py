"""The area file: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import datetime as dt

import pydantic
import pytest

import circles
from circles.analysis.verdicts import MEASURES
from circles.area import BUILT_IN_CATEGORIES, data_names, embedded_area, json_schema, load_area
from circles.foundation.errors import AreaError

PLAIN = """
[area]
id = "isle"
name = "某岛"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.gpkg"
facilities = "facilities.csv"
"""
RULE = """
[[rules]]
id = "r1"
category = "clinic"
measure = "population_share"
threshold = 0.9
source = "某文件"
status = "adopted"
"""


@pytest.fixture
def load(tmp_path):
    for name in ("streets.gpkg", "facilities.csv"):
        (tmp_path / name).write_bytes(b"")

    def _load(text, *, name="area.toml", **options):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return load_area(tmp_path / name, **options)

    return _load


def found(load, text, **options):
    with pytest.raises(AreaError) as e:
        load(text, **options)
    for item in e.value.findings:  # each one can be said in both languages, with a remedy
        assert all(item.message(lang) and item.fix(lang) for lang in ("zh", "en"))
        assert item.table
    return {(item.code, item.id): item for item in e.value.findings}


def test_a_plain_file_gets_the_defaults(load):
    """An area file of network and facilities alone is enough: four categories, 15 minutes, points along streets."""
    area = load(PLAIN)
    assert (area.id, area.name, area.as_of) == ("isle", "某岛", dt.date(2024, 12, 31))
    assert area.categories == BUILT_IN_CATEGORIES
    assert [c.id for c in area.categories] == ["childcare", "meals", "clinic", "sports"]
    assert (area.walk.limit_min, area.walk.snap_max_m, area.walk.direction) == (15, 200, "to_facility")
    assert area.data.residents.streets == 50
    assert area.horizon_min == 60
    assert not area.rules
    assert not area.demonstration


def test_the_horizon_is_never_below_the_limit(load):
    """A limit above 60 minutes lifts the horizon with it."""
    assert load(PLAIN + "[walk]\nlimit_min = 90\n").horizon_min == 90


def test_an_own_walker(load):
    """A walker is one block of the file, and a category may use it at once."""
    text = (
        PLAIN
        + """
[walk.profiles.pram]
speed_m_per_s = 0.9
steps_m_per_s = 0
[[categories]]
id = "childcare"
name = "托育点"
profile = "pram"
"""
    )
    walker = load(text).walker("childcare")
    assert (walker.id, walker.speed_m_per_s, walker.steps_m_per_s, walker.uses_slope) == ("pram", 0.9, 0, True)


def test_the_embedded_areas_load():
    """Shengsi is the default and complete; it is marked as a demonstration."""
    area = circles.load_area()
    assert area.file == embedded_area("shengsi").resolve()
    assert area.demonstration
    assert all(rule.status == "assumed" and rule.source for rule in area.rules)


def test_a_folder_stands_for_its_area_file(load, tmp_path):
    """Naming the folder is as good as naming the file in it."""
    assert load(PLAIN) == load_area(tmp_path)


def test_a_byte_order_mark_is_no_mistake(load):
    """Windows editors put a mark in front of UTF-8: the file is read all the same."""
    assert load("\ufeff" + PLAIN).id == "isle"


def test_an_area_cannot_be_changed(load):
    """An area is a frozen value, its parts too."""
    area = load(PLAIN)
    with pytest.raises(AttributeError):
        area.crs = "EPSG:4549"
    with pytest.raises(pydantic.ValidationError):
        area.walk.limit_min = 20


def test_rules_in_a_file_of_their_own(load, tmp_path):
    """Rules may stand in a file beside the area file, which then is an input too."""
    (tmp_path / "rules.toml").write_text(RULE, encoding="utf-8")
    area = load(PLAIN.replace("[data]", "[data]", 1).replace("[area]", 'rules = "rules.toml"\n[area]'))
    assert [rule.id for rule in area.rules] == ["r1"]
    assert area.extra_inputs == (tmp_path / "rules.toml",)


@pytest.mark.parametrize(
    ("text", "code", "key", "says"),
    [
        (PLAIN + "[walk]\nlimit_mins = 10\n", "area-unknown-key", "walk.limit_mins", "limit_min"),
        (PLAIN.replace("crs", "csr"), "area-unknown-key", "area.csr", "crs"),
        (PLAIN.replace('crs = "EPSG:4550"\n', ""), "area-missing-key", "area.crs", "area.crs"),
        (PLAIN.replace('network = "streets.gpkg"\n', ""), "area-missing-key", "data.network", "network"),
        (PLAIN + "[walk]\nlimit_min = -5\n", "area-bad-value", "walk.limit_min", "-5"),
        (PLAIN + "[walk]\nlimit_min = nan\n", "area-bad-value", "walk.limit_min", "nan"),
        (PLAIN + '[walk]\ndirection = "there"\n', "area-bad-value", "walk.direction", "there"),
        (PLAIN.replace('"isle"', '"Isle 1"'), "area-bad-value", "area.id", "Isle 1"),
        (PLAIN.replace("2024-12-31", '"soon"'), "area-bad-value", "area.as_of", "soon"),
        (PLAIN.replace('"facilities.csv"', "[]"), "area-bad-value", "data.facilities", "[]"),
        (PLAIN.replace("EPSG:4550", "EPSG:99999999"), "area-crs-unknown", "area.crs", "99999999"),
        (PLAIN.replace("EPSG:4550", "EPSG:4490"), "area-crs-not-metric", "area.crs", "EPSG:4490"),
        (PLAIN.replace("EPSG:4550", "EPSG:2263"), "area-crs-not-metric", "area.crs", "EPSG:2263"),  # US survey feet
        (PLAIN + RULE + RULE, "area-duplicate-id", "r1", "rules"),
        (PLAIN + RULE.replace('"clinic"', '"clinc"'), "unknown-category", "r1", "clinic"),
        (PLAIN + RULE + 'profile = "eldr"\n', "unknown-profile", "r1", "elder"),
        (PLAIN + RULE.replace('category = "clinic"', ""), "area-rule-category", "rules.0", "categories"),
        (PLAIN + RULE + 'categories = ["meals"]\n', "area-rule-category", "rules.0", "categories"),
        (PLAIN + RULE.replace('"r1"', '"overall"'), "area-rule-overall", "rules.0", "overall"),
        (PLAIN + RULE.replace("population_share", "share"), "unknown-measure", "rules.0.measure", "share"),
        (PLAIN + RULE.replace('source = "某文件"\n', ""), "area-missing-key", "rules.0.source", "source"),
        (PLAIN + '[[categories]]\nid = "a"\nname = "甲"\nprofile = "adlt"\n', "unknown-profile", "a", "adult"),
        (PLAIN.replace("facilities.csv", "facility.csv"), "data-file-missing", "data.facilities", "facility.csv"),
        (PLAIN.replace("facilities.csv", "../facilities.csv"), "path-outside", "../facilities.csv", "../"),
        (PLAIN.replace("facilities.csv", "/etc/passwd"), "path-outside", "/etc/passwd", "/etc"),
        (PLAIN.replace('"facilities.csv"', r"'C:\data\f.csv'"), "path-outside", r"C:\data\f.csv", "f.csv"),
        (PLAIN.replace("facilities.csv", "https://example.org/f.csv"), "path-not-a-file", "https://example.org/f.csv", "example"),
        (PLAIN.replace("facilities.csv", "/vsicurl/x"), "path-not-a-file", "/vsicurl/x", "vsicurl"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(load, text, code, key, says):
    """Each mistake gives its own code at its own key, and the message or the remedy names what was meant."""
    item = found(load, text)[code, key]
    assert says in item.message("en") + item.fix("en")
    assert item.severity == "error"


def test_all_mistakes_are_reported_at_once(load):
    """A file with several mistakes gives them all in one message, not one per attempt."""
    text = PLAIN.replace("EPSG:4550", "EPSG:4326").replace("facilities.csv", "none.csv")
    text += RULE.replace('"clinic"', '"clinc"') + 'profile = "eldr"\n'
    assert {code for code, _ in found(load, text)} == {
        "area-crs-not-metric", "data-file-missing", "unknown-category", "unknown-profile"
    }  # fmt: skip
    keys = PLAIN.replace("crs", "csr") + "[walk]\nlimit_min = 0\nsnap = 1\n"
    assert {key for _, key in found(load, keys)} == {"area.csr", "area.crs", "walk.limit_min", "walk.snap"}


def test_a_broken_line_is_named(load):
    """Where the file is no TOML the message gives the line."""
    item = found(load, PLAIN + "limit = 十五\n")["area-file-syntax", None]
    assert item.row == PLAIN.count("\n") + 1


def test_no_file_and_no_text(tmp_path):
    """A missing file, a binary file and one in another encoding are each told for what they are."""
    with pytest.raises(AreaError) as e:
        load_area(tmp_path / "none.toml")
    assert [f.code for f in e.value.findings] == ["area-file-missing"]
    (tmp_path / "gbk.toml").write_bytes(PLAIN.encode("gb18030"))
    with pytest.raises(AreaError) as e:
        load_area(tmp_path / "gbk.toml")
    assert [f.code for f in e.value.findings] == ["area-file-not-utf8"]


def test_a_link_does_not_lead_outside(load, tmp_path, tmp_path_factory):
    """A link inside the area's folder whose target lies outside is outside."""
    target = tmp_path_factory.mktemp("elsewhere") / "f.csv"
    target.write_bytes(b"")
    try:
        (tmp_path / "link.csv").symlink_to(target)
    except OSError:
        pytest.skip("this system makes no links")
    text = PLAIN.replace("facilities.csv", "link.csv")
    assert ("path-outside", "link.csv") in found(load, text)
    assert load(text, allow_outside=True).allow_outside


def test_data_names_lists_every_file(load, tmp_path):
    """Every file that ``[data]`` names is known by its key, whatever way it is written."""
    (tmp_path / "x.osm.pbf").write_bytes(b"")
    text = PLAIN.replace('"streets.gpkg"', '{ osm = "x.osm.pbf" }').replace(
        '"facilities.csv"', '["facilities.csv", { file = "facilities.csv", crs = "gcj02" }]'
    )
    assert data_names(load(text)) == [
        ("data.network", "x.osm.pbf"), ("data.facilities", "facilities.csv"), ("data.facilities", "facilities.csv")
    ]  # fmt: skip


def test_the_schema_knows_every_measure():
    """The JSON schema for editors is valid, and names each measure a rule may use."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["$defs"]["Rule"]["properties"]["measure"]["enum"]) == set(MEASURES)


def test_a_file_beyond_the_limit_says_so_and_how_to_raise_it(load, monkeypatch):
    """The size of an area file has a limit; the message names the limit and the variable that raises it, which works."""
    text = PLAIN + "#" * 2_000_000 + "\n"
    monkeypatch.setenv("CIRCLES_MAX_TOML_MB", "1")
    item = found(load, text)["toml-too-large", None]
    assert "CIRCLES_MAX_TOML_MB" in item.fix()
    monkeypatch.setenv("CIRCLES_MAX_TOML_MB", "3")
    assert load(text).id == "isle"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("".join(f"[x.t{i}]\n" for i in range(21_000)), "tables"),
        ("x = [" + "1," * 6_000 + "]\n", "entries"),
        ("[x]\n" + "".join(f"k{i} = 1\n" for i in range(6_000)), "entries"),
        (f'x = "{"长" * 40_000}"\n', "characters"),
        (f"x.{'k' * 40_000} = 1\n", "key"),
    ],
)
def test_what_no_area_file_needs_is_refused_early(load, more, word):
    """Thousands of tables or entries, and texts longer than a cell may be, are refused in one message that names the limit."""
    (item,) = found(load, PLAIN + more).values()
    assert (item.code, word in item.message()) == ("area-file-syntax", True)
