"""The whole analysis: the hand-computable city on paper, the contract's files, bad input, Shengsi and Malta."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import circles
from circles.analysis.access import access_table, walks_of
from circles.area import Area
from circles.cli.app import app
from circles.foundation.errors import CallError, InputError
from circles.inputs.loading import load
from circles.testing import lattice_city, places, write_city

CITY = """
[area]
id = "city"
name = "方格城"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"
[walk]
snap_max_m = 50
[walk.profiles.plain]
speed_m_per_s = 1.0
steps_m_per_s = 0.5
[[categories]]
id = "clinic"
name = "卫生院"
profile = "plain"
[[categories]]
id = "meals"
name = "助餐点"
profile = "plain"
[[rules]]
id = "near"
category = "clinic"
measure = "population_share"
threshold = 0.8
limit_min = 5
source = "纸上算例"
status = "adopted"
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Four by three blocks of 100 m; one clinic; three homes. Everything below is worked out from this."""
    facilities = places(
        [
            # 20 m north of the middle of the street from (0,0) to (1,0): joined at (50, 0), leg 20 m
            {"id": "c1", "name": "甲", "category": "clinic", "x": 50, "y": 20},
            # nobody counts a planned one
            {"id": "c2", "name": "乙", "category": "卫生院", "x": 400, "y": 300, "status": "planned"},
        ]
    )
    residents = places(
        [
            {"id": "r1", "x": 80, "y": 10, "population": 10},  # same street: 10 + (80-50) + 20 = 60 m at 1 m/s = 1 min
            {"id": "r2", "x": 310, "y": 200, "population": 30},  # see below: 10 + 200 + 250 + 20 = 480 m = 8 min
            {"id": "r3", "x": 2000, "y": 0, "population": 60},  # 1,600 m from the last street: not joined
        ]
    )
    return write_city(tmp_path, lattice_city(), facilities.fillna({"status": ""}), residents, CITY)


def test_city_on_paper(city: Path) -> None:
    """Every number of the lattice city equals the one worked out on paper."""
    result = circles.analyse(circles.load_area(city))
    access = result.access.set_index(["resident_id", "category"])
    # r1 and c1 lie on the same street: they walk along it directly, legs included
    assert access.loc[("r1", "clinic"), "minutes"] == pytest.approx(60 / 60, abs=1e-9)
    # r2 at (310, 200) is 10 m east of the street x = 300, and on the street y = 200 itself: leg 0 onto (310, 200).
    # From there to (50, 0): |310 - 50| + |200 - 0| = 460 m of streets, then c1's leg of 20 m: 480 s = 8 min
    assert access.loc[("r2", "clinic"), "minutes"] == pytest.approx(480 / 60, abs=1e-9)
    assert access.loc[("r2", "clinic"), "facility_id"] == "c1"
    assert access.loc[("r2", "clinic"), "leg_m"] == pytest.approx(0, abs=1e-6)
    assert access.loc[("r3", "clinic"), "reason"] == "not_joined"
    # nobody has a canteen: the joined have none on the one island there is
    assert access.loc[("r1", "meals"), "reason"] == "no_facility_on_island"
    assert access.loc[("r3", "meals"), "reason"] == "not_joined"
    # 15 minutes: 10 + 30 of 100 people; one township with the area's id
    everyone = result.coverage.query("category == 'clinic' and township_code == 'ALL'").iloc[0]
    assert (everyone["population"], everyone["covered"], everyone["share"]) == (100, 40, 0.4)
    # the rule's own limit is 5 minutes: 10 of 100 people, 80 wanted: 70 short
    verdict = result.check.query("rule_id == 'near'").iloc[0]
    assert (verdict["numerator"], verdict["denominator"], verdict["verdict"]) == (10, 100, "not_met")
    assert verdict["shortfall"] == 70
    # gaps: r3 is not joined (60 people); without a canteen everybody lacks it (40 on streets, 60 not joined)
    gaps = result.gaps.groupby(["category", "reason"])["population"].sum()
    assert gaps.to_dict() == {
        ("clinic", "not_joined"): 60,
        ("meals", "no_facility_on_island"): 40,
        ("meals", "not_joined"): 60,
    }


def test_files_and_determinism(city: Path, tmp_path: Path) -> None:
    """A run leaves every file of the contract, and a second run leaves the same bytes."""
    names = {
        "index.html", "access.csv", "access.parquet", "residents.parquet", "coverage.csv", "coverage_by_island.csv",
        "coverage_by_village.csv", "coverage_variants.csv", "check.csv", "missing.csv", "statement.csv", "gaps.geojson", "circles.gpkg", "findings.csv",
        "report.xlsx", "report.docx", "run.json",
    }  # fmt: skip
    digests = []
    for out in (tmp_path / "a", tmp_path / "b"):
        circles.analyse(circles.load_area(city)).save(out)
        assert names <= {p.name for p in out.iterdir()}
        digests.append(
            {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir() if p.name != "run.json"}
        )
    assert digests[0] == digests[1]
    run = json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))
    assert run["contract"] == 1
    assert run["outputs"]["check.csv"] == digests[0]["check.csv"]
    assert len(run["run_id"]) == 12
    layers = set(gpd.list_layers(tmp_path / "a" / "circles.gpkg")["name"])
    assert layers == {"facilities", "service_areas", "reached_streets", "gaps", "townships", "land"}
    assert (tmp_path / "a" / "check.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_foreign_folder_is_never_replaced(city: Path, tmp_path: Path) -> None:
    """A folder that is not ours stays as it is, and the call is refused."""
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "a.jpg").write_bytes(b"x")
    with pytest.raises(CallError):
        circles.analyse(circles.load_area(city)).save(foreign)
    assert [p.name for p in foreign.iterdir()] == ["a.jpg"]


BAD = {
    "wrong column": ("facilities.csv", "id,label,category,x,y\nc,n,clinic,1,2\n"),
    "unknown category": ("facilities.csv", "id,name,category,x,y\nc,n,clinics,500050,3400020\n"),
    "bad number": ("facilities.csv", "id,name,category,x,y\nc,n,clinic,abc,3400020\n"),
    "duplicate id": ("facilities.csv", "id,name,category,x,y\nc,n,clinic,500050,3400020\nc,m,clinic,500051,3400021\n"),
    "negative people": ("residents.csv", "id,x,y,population\nr,500050,3400020,-1\n"),
    "far away": ("facilities.csv", "id,name,category,lon,lat\nc,n,clinic,100,10\n"),
    "unknown key": ("area.toml", CITY.replace("snap_max_m", "snap_max_metres")),
    "outside path": ("area.toml", CITY.replace('"residents.csv"', '"../residents.csv"')),
    "missing file": ("area.toml", CITY.replace('"residents.csv"', '"people.csv"')),
    "not a network": ("streets.gpkg", "hello"),
}


def _command(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", "from circles.cli import main; main()", *words],
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False, env=environment, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(case: str, city: Path, tmp_path: Path) -> None:
    """Each bad input raises the project's own error that names its file; nothing is written."""
    name, content = BAD[case]
    (city.parent / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        circles.analyse(circles.load_area(city))
    text = str(caught.value)
    assert name in text or "area.toml" in text
    assert all(f.fix() for f in caught.value.findings)


def test_command_line(city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run, exit as the contract says, put data on stdout and leave no folder after bad input."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", str(city), "--out", "out"])
    assert done.exit_code == 0, done.stderr
    assert "方格城" in done.stdout
    assert (tmp_path / "out" / "index.html").is_file()
    strict = _command("check", str(city), "--strict", "--format", "csv", cwd=tmp_path)
    assert strict.returncode == 1
    assert strict.stdout.lstrip("\ufeff").startswith("township_code,township,rule_id")
    (city.parent / "facilities.csv").write_text("id,name\n1,x\n", encoding="utf-8")
    bad = _command("run", str(city), "--out", "bad", cwd=tmp_path)
    assert bad.returncode == 2
    assert "facilities.csv" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert not (tmp_path / "bad").exists()
    assert CliRunner().invoke(app, ["doctor", str(city), "--format", "json"]).exit_code == 2


def test_kept_network_gives_the_same_minutes(repository: Path, tmp_path: Path) -> None:
    """``circles network`` keeps slopes and noding: the minutes are those of its source."""
    from circles.pipeline import keep_network

    home = tmp_path / "shengsi"
    shutil.copytree(repository / "data" / "gis" / "shengsi", home)
    first = _minutes(circles.load_area(home / "area.toml"))
    keep_network(circles.load_area(home / "area.toml"), home / "kept.gpkg")
    text = (home / "area.toml").read_text(encoding="utf-8").replace('"streets.gpkg"', '"kept.gpkg"')
    (home / "area.toml").write_text(text, encoding="utf-8")
    second = _minutes(circles.load_area(home / "area.toml"))
    pd.testing.assert_series_equal(first, second, atol=1e-6, rtol=0)


def _minutes(area: Area) -> pd.Series:
    """Return the minutes of every resident to every category, without the rest of an analysis."""
    walks = walks_of(load(area))
    reaches = {item.id: walks.to_category(item.id, area.walkers[item.profile]) for item in area.categories}
    return access_table(walks, reaches)["minutes"]


def test_shengsi_adds_up() -> None:
    """On the embedded county every group's people add up over townships, islands and villages, and gaps to the rest."""
    result = circles.analyse(circles.load_area())
    assert len(result.access) == len(result.residents) * 4
    for name, key in (
        ("coverage", "township_code"), ("coverage_by_island", "island"), ("coverage_by_village", "village_code")
    ):  # fmt: skip
        table = getattr(result, name)
        parts = table[table[key] != "ALL"].groupby(["category", "group"])[["population", "covered"]].sum()
        whole = table[table[key] == "ALL"].set_index(["category", "group"])[["population", "covered"]]
        pd.testing.assert_frame_equal(parts.sort_index(), whole.sort_index())
    whole = result.coverage.query("township_code == 'ALL' and group == 'population'").set_index("category")
    assert (whole["population"] == 66_903).all()
    lacking = result.gaps.groupby("category")["population"].sum()
    assert (whole["population"] - whole["covered"] - lacking == 0).all()
    assert set(result.check["township_code"]) == set(result.townships["code"])
    _extra_tables_add_up(result)


def _extra_tables_add_up(result) -> None:
    """People by kinds lacked are everyone; gaps hold each group's people beyond the limit; places given are places had."""
    groups = ["population", "age_0_2", "age_60_plus"]
    for (_, _, group), part in result.poverty.groupby(["level", "code", "group"]):
        assert part["people"].sum() == part["population"].iloc[0], group
    whole = result.poverty.query("level == 'township' and code == 'ALL'").set_index(["group", "kinds_lacking"])[
        "people"
    ]
    together = result.gaps_any.groupby("category")[groups].sum()
    for group in groups:
        assert together.loc["any", group] == whole[group][1:].sum()
        assert together.loc["all", group] == whole[group][4]
        beyond = result.coverage.query("township_code == 'ALL' and group == @group").set_index("category")
        lacking = result.gaps.groupby("category")[group].sum()
        assert (beyond["population"] - beyond["covered"] - lacking == 0).all()
    assert (result.gaps["villages"] != "").all()
    capacity = result.capacity[result.capacity["township_code"] == "ALL"]
    given = (capacity["people"] * capacity["access_per_1000"] / 1000).to_numpy()
    assert given == pytest.approx(capacity["supply_reached"].to_numpy())
    circle = result.straight_line
    assert (circle["covered"] == result.coverage["covered"]).all()


def test_monaco_from_the_raw_extract(shared_dir: Path, repository: Path, tmp_path: Path) -> None:
    """A raw extract alone gives land, quarters, places and streets, and the quarters add up; Malta, larger: the next test."""
    text = (repository / "data" / "gis" / "malta" / "area.toml").read_text(encoding="utf-8")
    for old, new in (("malta.osm.pbf", "monaco.osm.gz"), ("admin_level = 8", "admin_level = 10"), ("32633", "32632")):
        text = text.replace(old, new)
    (tmp_path / "area.toml").write_text(text, encoding="utf-8")
    shutil.copy(shared_dir / "osm" / "monaco.osm.gz", tmp_path)
    result = circles.analyse(circles.load_area(tmp_path / "area.toml"))
    assert len(result.townships) == 3  # quarters whose outline the extract holds whole
    assert _whole_is_the_parts(result.coverage)
    assert set(result.access["facility_id"]) <= {"", *result.facilities["id"]}


def _whole_is_the_parts(cover: pd.DataFrame) -> bool:
    """Return whether people and those covered add up over the townships, for every category; it must be about somebody."""
    parts = cover[cover["township_code"] != "ALL"].groupby("category")[["population", "covered"]].sum()
    whole = cover[cover["township_code"] == "ALL"].set_index("category")[["population", "covered"]]
    pd.testing.assert_frame_equal(parts.sort_index(), whole.sort_index())
    return bool(whole["covered"].sum() > 0)


@pytest.mark.long
def test_malta_from_the_raw_extract(shared_dir: Path, repository: Path, tmp_path: Path) -> None:
    """The raw extract alone gives land, councils, places and streets; councils add up; no island reaches another."""
    shutil.copy(repository / "data" / "gis" / "malta" / "area.toml", tmp_path)
    shutil.copy(shared_dir / "osm" / "malta.osm.pbf", tmp_path)
    result = circles.analyse(circles.load_area(tmp_path / "area.toml"))
    assert len(result.townships) == 67
    assert _whole_is_the_parts(result.coverage)
    home = result.residents.set_index("id")["island"]
    goal = result.facilities.set_index("id")["island"]
    walked = result.access[result.access["facility_id"] != ""]
    main = ["Malta", "Għawdex", "Kemmuna"]
    pairs = set(zip(home[walked["resident_id"]], goal[walked["facility_id"]], strict=True))
    assert not [(a, b) for a, b in pairs if a != b and a in main and b in main]
    # 648 with every line of the extract's squares; 11 of the 12 inner rings that are no streets (churches, pools, fountain
    # kerbs) were components of their own, and two alpine paths that are closed were parts of others
    adult = circles.load_area(tmp_path / "area.toml").walkers["adult"]
    assert result.network.graph(adult).components().max() + 1 == 648 - 11
