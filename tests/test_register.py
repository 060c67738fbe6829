"""The register kept current: imported by a mapping, complete, fresh, and compared with its last edition."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import circles
from circles.foundation import words
from circles.foundation.errors import InputError
from circles.foundation.schema.tables import ALL, TABLES
from circles.inputs import register
from circles.inputs.readers.places import read_facilities
from circles.inputs.register import as_date
from circles.inputs.register.names import plain_name

AREA = """
[area]
id = "two-isles"
name = "两岛"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.geojson"
facilities = ["facilities.csv"]
townships = "towns.geojson"
"""
EXPORT = """浙江省公共资源设施运营系统导出
资源编码,资源名称,资源类别,GCJ经度,GCJ纬度,所在镇,服务能力,运营状态,数据更新,报送部门
T-1,东海托育园,婴幼儿照护,122.455,30.718,菜园镇,50个,运营中,2024年11月2日,县卫健局
H-1,菜园卫生院,卫生机构,122.456,30.719,菜园镇,20,运营中,2022-01-05,县卫健局
P-1,中心公厕,公共厕所,122.456,30.719,菜园镇,,运营中,2024-01-05,县综合执法局
M-1,石弄食堂,老年食堂,122.66,30.72,嵊山镇,80,暂停,20241201,县民政局
"""
MAPPING = """
[register]
name = "公共资源设施运营系统（示例）"
crs = "gcj02"
[columns]
id = "资源编码"
name = "资源名称"
category = "资源类别"
lon = "GCJ经度"
lat = "GCJ纬度"
township = "所在镇"
capacity = "服务能力"
status = "运营状态"
updated_on = "数据更新"
reported_by = "报送部门"
[values.category]
"婴幼儿照护" = "childcare"
"卫生机构" = "clinic"
"老年食堂" = "meals"
[values.status]
"暂停" = "closed"
[defaults]
source = "系统导出"
[skip]
category = ["公共厕所"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An area of two townships side by side."""
    boxes = [(122.4, 122.5, "330922100", "菜园镇"), (122.6, 122.7, "330922101", "嵊山镇")]
    features = [
        {
            "type": "Feature", "properties": {"code": code, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [[[w, 30.7], [e, 30.7], [e, 30.8], [w, 30.8], [w, 30.7]]]},
        }
        for w, e, code, name in boxes
    ]  # fmt: skip
    (tmp_path / "towns.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (tmp_path / "streets.geojson").write_text("{}")
    (tmp_path / "facilities.csv").write_text("id,name,category,lon,lat\na,甲,clinic,122.45,30.72\n", encoding="utf-8")
    (tmp_path / "area.toml").write_text(AREA, encoding="utf-8")
    (tmp_path / "export.csv").write_text(EXPORT, encoding="gb18030")
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def read(home: Path, name: str = "export.csv", mapping: str | None = "map.toml") -> register.Register:
    """An edition of the register."""
    how = register.load_mapping(home / mapping) if mapping else None
    return register.read_register(home / name, circles.load_area(home / "area.toml"), mapping=how)


TOWNS = {"t1": "东镇", "t2": "西乡"}


def entries(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """A table of facilities; what is not given is ordinary."""
    usual: dict[str, object] = {
        "name": "", "category": "clinic", "township_code": "t1", "kind": "", "capacity": np.nan, "status": "existing",
        "updated_on": "2024-06-01", "reported_by": "卫健局", "opening_hours": "", "lon": 122.45, "lat": 30.72,
        "file": "r.csv",
    }  # fmt: skip
    frame = pd.DataFrame([usual | {"id": f"f{at}", "row": at + 2} | row for at, row in enumerate(rows)])
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326")


def wishes(*rows: dict[str, object]) -> pd.DataFrame:
    """What is expected, as its reader returns it."""
    usual = {"township_code": "", "category": "", "kind": "", "reported_by": "", "expected": 1.0, "id": "", "name": ""}
    return pd.DataFrame([usual | {"row": at + 2, "file": "e.csv"} | row for at, row in enumerate(rows)])


def checked(facilities: gpd.GeoDataFrame, expected: pd.DataFrame | None = None, **options: object) -> register.Checked:
    """A check on 2024-12-31, whose findings have their texts and whose rows add up."""
    kept = facilities.copy()
    found = register.check(facilities, townships=TOWNS, as_of=dt.date(2024, 12, 31), expected=expected, **options)
    pd.testing.assert_frame_equal(pd.DataFrame(facilities), pd.DataFrame(kept))
    assert all(item.line(lang) for item in found.findings for lang in words.LANGS)
    assert list(found.completeness.columns) == TABLES["register_completeness"].names
    assert list(found.entries.columns) == TABLES["register_entries"].names
    rows, total = found.completeness.iloc[:-1], found.completeness.iloc[-1]
    assert total["township_code"] == ALL
    known = rows["expected"].notna()
    assert (rows["registered"] == rows["expected"] - rows["missing"] + rows["surplus"])[known].all()
    for name in ("registered", "undated", "stale", "incomplete"):
        assert rows[name].sum() == total[name]
    return found


def codes(found: register.Checked) -> list[str]:
    return sorted(item.code for item in found.findings)


def test_an_export_becomes_the_table_of_facilities(home):
    """By the mapping: headers, words, GCJ-02, units, dates and townships; every row is written or named as skipped."""
    edition = read(home)
    table = edition.facilities
    assert edition.n_rows == len(table) + len(edition.skipped) == 4
    assert edition.skipped[["row", "id", "column", "value"]].to_numpy().tolist() == [[5, "P-1", "category", "公共厕所"]]
    assert table["category"].tolist() == ["childcare", "clinic", "meals"]
    assert table["township_code"].tolist() == ["330922100", "330922100", "330922101"]
    assert table["capacity"].tolist() == [50, 20, 80]
    assert table["status"].tolist() == ["existing", "existing", "closed"]
    assert table["updated_on"].tolist() == ["2024-11-02", "2022-01-05", "2024-12-01"]
    assert table["source"].tolist() == ["系统导出"] * 3
    assert table["row"].tolist() == [3, 4, 6]
    assert abs(table["lon"].iloc[0] - 122.455) > 0.003  # no longer GCJ-02
    assert {item.code for item in edition.findings} == {"encoding-told", "header-lower"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('id = "资源编码"', 'idd = "资源编码"', "register-mapping-key"),
        ("[columns]", "[column]", "register-mapping-key"),
        ('crs = "gcj02"', "crs = ", "register-mapping-syntax"),
        ('id = "资源编码"', 'id = "编码"', "column-mapped-missing"),
        ('"卫生机构" = "clinic"', "", "unknown-category"),
        ('"暂停" = "closed"', "", "unknown-status"),
        ('["公共厕所"]', '["公共厕所", "婴幼儿照护", "卫生机构", "老年食堂"]', "register-nothing-left"),
    ],
)
def test_bad_mappings_are_named(home, old, new, code):
    """A key or column that is none, words that mean nothing, a mapping that leaves nothing: each is its own error."""
    assert old in MAPPING
    (home / "map.toml").write_text(MAPPING.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(home)
    assert code in {item.code for item in caught.value.findings}
    assert all(caught.value.render(lang) for lang in words.LANGS)


def test_a_register_that_cannot_be_read(home):
    """A missing file and a missing mapping are said plainly; a date that is none is told and kept."""
    for name, mapping in (("none.csv", None), ("export.csv", "none.toml")):
        with pytest.raises(InputError) as caught:
            read(home, name, mapping)
        assert [item.code for item in caught.value.findings] == ["file-unreadable"]
    (home / "export.csv").write_text(EXPORT.replace("20241201", "去年冬天"), encoding="utf-8")
    edition = read(home)
    assert edition.facilities["updated_on"].iloc[2] == "去年冬天"
    assert [(i.code, i.row) for i in edition.findings if i.severity == "warning"] == [("register-date", 6)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-01", dt.date(2024, 5, 1)), ("2024/5/1", dt.date(2024, 5, 1)), ("2024.05.01", dt.date(2024, 5, 1)),
        ("２０２４年5月1日", dt.date(2024, 5, 1)), ("20240501", dt.date(2024, 5, 1)), ("45413", dt.date(2024, 5, 1)),
        ("2024-05-01 12:30:00", dt.date(2024, 5, 1)), ("2024-05-01T12:30", dt.date(2024, 5, 1)),
        ("2024-05", dt.date(2024, 5, 1)), ("2024年5月", dt.date(2024, 5, 1)), ("2024-02-30", None), ("去年", None),
        ("2024", None), ("", None), ("1899-01-01", None), ("99999", dt.date(2173, 10, 13)), ("05/01/2024", None),
    ],
)  # fmt: skip
def test_dates_as_registers_write_them(text, day):
    """Every usual way of writing a day is read; an order that may mean two days is not."""
    assert as_date(text) == day


@settings(max_examples=300)
@given(st.text(max_size=20))
def test_no_text_breaks_the_reader_of_dates(text):
    """Whatever stands in the cell, there is a day or none."""
    assert as_date(text) is None or as_date(text).year in range(1900, 2200)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)))
def test_iso_days_are_read_back(day):
    """A day in ISO form is that day."""
    assert as_date(day.isoformat()) == day


def test_numbers_expected_on_paper():
    """Two of three clinics there, one kind surplus, one township with nothing expected; the sums are in the last row."""
    facilities = entries(
        {"kind": "卫生院"}, {"kind": "卫生院"}, {"category": "meals"}, {"category": "meals"}, {"township_code": "t2"},
        {"category": "meals", "status": "planned"},
    )  # fmt: skip
    found = checked(
        facilities,
        wishes(
            {"township_code": "t1", "category": "clinic", "kind": "卫生院", "expected": 3.0},
            {"township_code": "t1", "category": "meals", "expected": 1.0},
            {"township_code": "t2", "category": "meals", "expected": 0.0},
        ),
    )
    rows = found.completeness.set_index(["township_code", "category"])
    assert rows.loc[("t1", "clinic"), ["expected", "registered", "missing", "surplus"]].tolist() == [3, 2, 1, 0]
    assert rows.loc[("t1", "meals"), ["expected", "registered", "missing", "surplus"]].tolist() == [1, 2, 0, 1]
    assert rows.loc[("t1", "clinic"), "share"] == pytest.approx(2 / 3)
    assert np.isnan(rows.loc[("t2", "meals"), "share"])
    assert np.isnan(rows.loc[("t2", "clinic"), "expected"])
    assert rows.loc[(ALL, ""), ["expected", "registered", "missing"]].tolist() == [4, 5, 1]
    assert rows.loc[(ALL, ""), "share"] == pytest.approx(3 / 4)
    assert codes(found) == ["register-short"]
    assert not found.is_complete_and_fresh


def test_the_most_specific_expectation_wins():
    """An entry counts once: where two expectations fit, the one that says more; where both say as much, it is told."""
    facilities = entries({"kind": "卫生院"}, {"kind": "诊所"}, {"kind": "诊所", "reported_by": "民政局"})
    found = checked(
        facilities,
        wishes({"category": "clinic", "expected": 1.0}, {"category": "clinic", "kind": "诊所", "expected": 2.0}),
    )
    assert found.completeness["registered"].tolist() == [1, 2, 3]
    assert codes(found) == []
    found = checked(facilities, wishes({"kind": "诊所", "expected": 2.0}, {"reported_by": "民政局", "expected": 1.0}))
    assert "expected-overlap" in codes(found)


def test_a_list_names_who_is_missing_and_who_is_not_on_it():
    """Listed facilities are found by id or by name in any writing; the others are named on both sides."""
    facilities = entries(
        {"name": "东海 托育园（总园）", "category": "childcare"}, {"id": "k9", "name": "甲"}, {"name": "野店"}
    )
    found = checked(
        facilities,
        wishes(
            {"name": "东海托育园(总园)", "category": "childcare", "township_code": "t1"},
            {"name": "旧名", "id": "k9"}, {"name": "没有的园", "category": "childcare", "reported_by": "教育局"},
        ),
    )  # fmt: skip
    assert found.missing["name"].tolist() == ["没有的园"]
    assert codes(found) == ["register-missing", "register-unlisted"]
    total = found.completeness.iloc[-1]
    assert total[["expected", "missing"]].tolist() == [3, 1]
    assert total["share"] == pytest.approx(2 / 3)


def test_a_name_that_stands_twice_answers_two_rows_of_the_list():
    """One entry answers one row of the list, never two."""
    found = checked(entries({"name": "健身点"}), wishes({"name": "健身点"}, {"name": "健身点"}))
    assert len(found.missing) == 1
    assert found.completeness.iloc[-1]["registered"] == 1


def test_ages_are_reckoned_from_the_areas_date():
    """213 days are stale beyond 212 and not beyond 213; undated, unreadable and future dates are told; closed is left."""
    facilities = entries(
        {"updated_on": "2024-06-01"}, {"updated_on": ""}, {"updated_on": "去年"}, {"updated_on": "2025-01-01"},
        {"updated_on": "2001-01-01", "status": "closed"},
    )  # fmt: skip
    found = checked(facilities, max_age_days=212)
    assert found.entries["age_days"].tolist()[0] == 213
    assert found.entries["is_stale"].tolist() == [True, False, False, False, False]
    assert codes(found) == ["register-future", "register-stale", "register-undated", "register-undated"]
    assert "213" in next(i for i in found.findings if i.code == "register-stale").message("en")
    assert not checked(facilities, max_age_days=213).entries["is_stale"].any()
    assert not checked(facilities).entries["is_stale"].any()


def test_required_fields():
    """A field that must not be empty is named with the entry; `unknown` is empty, a closed entry may have gaps."""
    facilities = entries(
        {"capacity": 5.0}, {"capacity": np.nan, "reported_by": " "}, {"status": "closed", "reported_by": ""}
    )
    found = checked(facilities, required=["capacity", "reported_by"])
    assert found.entries["empty_fields"].tolist() == ["", "capacity、reported_by", ""]
    assert codes(found) == ["register-fields"]
    assert found.completeness.iloc[-1]["incomplete"] == 1


def test_examples_count_in_a_demonstration_only():
    """What is an example is registered where examples count, and nowhere else."""
    facilities = entries({"status": "example"}, {"status": "under_construction"})
    assert checked(facilities).completeness.iloc[-1]["registered"] == 0
    assert checked(facilities, counts_examples=True).completeness.iloc[-1]["registered"] == 1


def test_very_many_findings_become_one():
    """Three hundred entries without a date are one finding that counts them."""
    found = checked(entries(*({"updated_on": ""} for _ in range(300))))
    assert codes(found) == ["register-undated-many"]
    assert "300" in found.findings[0].message("en")


keys = st.fixed_dictionaries(
    {
        "township_code": st.sampled_from(["t1", "t2"]), "category": st.sampled_from(["clinic", "meals"]),
        "kind": st.sampled_from(["", "甲"]), "reported_by": st.sampled_from(["", "卫健局"]),
        "status": st.sampled_from(["existing", "closed", "planned"]),
        "updated_on": st.sampled_from(["", "2020-01-01", "2024-12-01"]),
    }
)  # fmt: skip
patterns = st.fixed_dictionaries(
    {
        "township_code": st.sampled_from(["", "t1"]), "category": st.sampled_from(["", "clinic"]),
        "kind": st.sampled_from(["", "甲"]), "reported_by": st.sampled_from(["", "卫健局"]),
        "expected": st.integers(0, 5).map(float),
    }
)  # fmt: skip


@settings(deadline=None, max_examples=15)
@given(
    st.lists(keys, min_size=1, max_size=12),
    st.lists(patterns, max_size=5, unique_by=lambda p: tuple(p[k] for k in ("township_code", "category", "kind", "reported_by"))),
)  # fmt: skip
def test_counts_add_up_whatever_is_expected(rows, wanted):
    """Every entry is in exactly one row of the completeness, whatever the expectations are (see also `checked`)."""
    found = checked(entries(*rows), wishes(*wanted) if wanted else None, max_age_days=365)
    existing = sum(row["status"] == "existing" for row in rows)
    assert found.completeness.iloc[-1]["registered"] == existing
    assert len(found.entries) == len(rows)
    if wanted:
        assert found.completeness.iloc[-1]["expected"] == sum(row["expected"] for row in wanted)


def compared(before, after, *, moved_m=10.0, same_place_m=30.0) -> register.Compared:
    """A comparison whose rows are all in one class, and whose summary adds up."""
    found = register.compare(
        before, after, crs="EPSG:4550", townships=TOWNS, moved_m=moved_m, same_place_m=same_place_m
    )
    table, total = found.differences, found.summary.iloc[-1]
    assert list(table.columns) == TABLES["register_differences"].names
    assert set(table["change"]) <= set(register.CHANGES)
    assert sum(total[name] for name in register.CHANGES) == len(table)
    assert sorted(table.loc[table["id_before"] != "", "id_before"]) == sorted(before["id"])
    assert sorted(table.loc[table["id"] != "", "id"]) == sorted(after["id"])
    assert all(item.line(lang) for item in found.findings for lang in words.LANGS)
    return found


METRES = 1 / 95_800  # a degree of longitude at 30.72° N


def test_differences_on_paper():
    """New, gone, closed, reopened, moved by 50 m, resized, renamed, another township, the same: one row each."""
    before = entries(
        {"id": "same"}, {"id": "gone", "lon": 122.3}, {"id": "closed"}, {"id": "open", "status": "closed"},
        {"id": "moved"}, {"id": "sized", "capacity": 10.0}, {"id": "named", "name": "旧"}, {"id": "town"},
    )  # fmt: skip
    after = entries(
        {"id": "same"}, {"id": "new", "lon": 122.6}, {"id": "closed", "status": "closed"}, {"id": "open"},
        {"id": "moved", "lon": 122.45 + 50 * METRES}, {"id": "sized", "capacity": 12.0}, {"id": "named", "name": "新"},
        {"id": "town", "township_code": "t2"},
    )  # fmt: skip
    table = compared(before, after).differences
    rows = {row["id"] or row["id_before"]: row for row in table.to_dict("records")}
    assert {name: row["change"] for name, row in rows.items()} == {
        "same": "same", "gone": "gone", "new": "new", "closed": "closed", "open": "reopened", "moved": "changed",
        "sized": "changed", "named": "changed", "town": "changed",
    }  # fmt: skip
    assert {n: r["aspects"] for n, r in rows.items() if r["change"] == "changed"} == {
        "moved": "moved",
        "sized": "resized",
        "named": "renamed",
        "town": "other_township",
    }
    assert rows["moved"]["metres"] == pytest.approx(50, abs=0.5)
    assert (rows["sized"]["capacity_before"], rows["sized"]["capacity"]) == (10, 12)
    assert (rows["gone"]["township_code"], rows["gone"]["capacity_before"]) == (
        "t1",
        pytest.approx(np.nan, nan_ok=True),
    )
    assert table["change"].tolist()[0] == "new"
    assert table["change"].tolist()[-1] == "same"


def test_new_ids_are_matched_by_name_then_by_place_and_reported():
    """A facility with a new id is known by kind and name, or as each other's nearest within 30 m; never two for one."""
    before = entries(
        {"id": "a1", "name": "东海托育园"}, {"id": "b1", "name": "旧食堂", "category": "meals", "lon": 122.46}
    )
    after = entries(
        {"id": "a2", "name": "东海 托育园"},
        {"id": "b2", "name": "新食堂", "category": "meals", "lon": 122.46 + 20 * METRES},
    )
    found = compared(before, after)
    assert found.differences[["matched_by", "change"]].to_numpy().tolist() == [
        ["name", "changed"],
        ["place", "changed"],
    ]
    assert [item.code for item in found.findings] == ["register-matched-name", "register-matched-place"]
    changes = compared(before, after, same_place_m=0).differences["change"].tolist()
    assert sorted(changes) == ["changed", "gone", "new"]
    two = entries({"id": "x", "name": "健身点"}, {"id": "y", "name": "健身点", "lon": 122.5})
    other = entries({"id": "z", "name": "健身点", "lon": 122.55})
    assert sorted(compared(two, other).differences["change"]) == ["gone", "gone", "new"]


facility = st.fixed_dictionaries(
    {
        "id": st.sampled_from([f"id{n}" for n in range(9)]), "name": st.sampled_from(["", "甲", "乙", "丙"]),
        "category": st.sampled_from(["clinic", "meals"]), "township_code": st.sampled_from(["t1", "t2"]),
        "capacity": st.sampled_from([np.nan, 1.0, 2.0]), "status": st.sampled_from(["existing", "closed"]),
        "lon": st.sampled_from([122.45, 122.4501, 122.46]),
    }
)  # fmt: skip
edition = st.lists(facility, min_size=1, max_size=8, unique_by=lambda row: row["id"])


@settings(deadline=None, max_examples=15)
@given(edition)
def test_an_edition_does_not_differ_from_itself(rows):
    """The difference of a register with itself is empty, in whatever order its rows stand."""
    table = compared(entries(*rows), entries(*rows[::-1])).differences
    assert set(table["change"]) == {"same"}
    assert table["metres"].eq(0).all()


@settings(deadline=None, max_examples=15)
@given(edition, edition)
def test_every_row_is_in_exactly_one_class(before, after):
    """Old rows are gone or matched, new rows are new or matched (see `compared`); the other way round mirrors it."""
    there = compared(entries(*before), entries(*after)).differences["change"].value_counts()
    back = compared(entries(*after), entries(*before)).differences["change"].value_counts()
    mirror = {
        "new": "gone",
        "gone": "new",
        "closed": "reopened",
        "reopened": "closed",
        "changed": "changed",
        "same": "same",
    }
    assert {mirror[name]: n for name, n in there.items()} == back.to_dict()
    matched = len(before) - there.get("gone", 0)
    assert matched == len(after) - there.get("new", 0)


def test_names_are_compared_without_what_people_write_differently():
    """Width, case, spaces, brackets and dots do not make another name; other characters do."""
    assert plain_name("Ａ·健身 点（东）") == plain_name("a健身点(东)")
    assert plain_name("一村") != plain_name("二村")


EXPECTED = "乡镇,类别,填报单位,应有数\n菜园镇,托育点,县卫健局,2\n菜园镇,卫生院,县卫健局,1\n嵊山镇,助餐点,,1\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("嵊山镇", "嵊泗镇", [("expected-township-unknown", 4)]),
        ("托育点", "托儿所", [("unknown-category", 2)]),
        (",2\n", ",\n", [("value-missing", 2)]),
        (",2\n", ",-2\n", [("negative-number", 2)]),
        ("菜园镇,卫生院", "菜园镇,托育点", [("expected-twice", 3)]),
        ("应有数", "数目", [("column-missing", None)]),
    ],
)
def test_bad_expectations(home, old, new, expected):
    """What is wrong with what is expected is named by its row."""
    assert old in EXPECTED
    (home / "e.csv").write_text(EXPECTED.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        register.read_expected(home / "e.csv", circles.load_area(home / "area.toml"))
    assert [(item.code, item.row) for item in caught.value.findings] == expected


@pytest.fixture
def call(home, monkeypatch):
    """The command line, in the folder of the area."""
    from circles.cli.app import app

    monkeypatch.chdir(home)
    return lambda *arguments: CliRunner().invoke(app, ["register", *arguments])


def test_command_line(home, call):
    """Import, check and compare as a planner does; JSON is JSON, exit codes are the contract's, nothing is overwritten."""
    done = call("import", "export.csv", "--mapping", "map.toml", "--area", "area.toml", "--out", "facilities2.csv")
    assert (done.exit_code, done.stdout) == (0, ""), (done.exception, done.stderr)
    assert "读入 4 行：写出 3 个设施，按对照表略去 1 行" in done.stderr
    again = call("import", "export.csv", "--mapping", "map.toml", "--area", "area.toml", "--out", "facilities2.csv")
    assert again.exit_code == 2
    assert "register-out-exists" in again.stderr
    text = (home / "area.toml").read_text(encoding="utf-8").replace("facilities.csv", "facilities2.csv")
    (home / "area2.toml").write_text(text, encoding="utf-8")
    table, found = read_facilities(circles.load_area(home / "area2.toml"))
    ours = read(home).facilities
    assert table["id"].tolist() == ours["id"].tolist()
    assert np.allclose(table[["lon", "lat"]], ours[["lon", "lat"]], atol=1e-7)
    assert found == ()
    (home / "e.csv").write_text(EXPECTED, encoding="utf-8")
    options = ("--area", "area2.toml", "--expected", "e.csv", "--max-age-days", "365")
    done = call("check", *options, "--strict", "--format", "json")
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert set(content) == {"demonstration", "completeness", "entries", "missing", "findings"}
    assert {item["code"] for item in content["findings"]} == {"register-short", "register-stale"}
    assert call("check", *options).exit_code == 0
    assert call("check", *options, "--format", "csv").stdout.startswith("township_code,township,category")
    assert "register-field-unknown" in call("check", *options, "--require", "capazity").stderr
    done = call("compare", "facilities.csv", "facilities2.csv", "--area", "area.toml", "--lang", "en")
    assert done.exit_code == 0
    assert "1 rows before, 3 now: 3 new, 0 reopened, 0 changed, 0 closed, 1 gone, 0 the same." in done.stderr
    same = call("compare", "facilities2.csv", "facilities2.csv", "--area", "area.toml", "--format", "csv")
    assert len(same.stdout.splitlines()) == 1
    assert call("compare", "none.csv", "facilities2.csv", "--area", "area.toml").exit_code == 2
