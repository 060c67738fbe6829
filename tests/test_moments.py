"""Moments: who finds a place open when they arrive; numbers worked out by hand on one straight street."""

from __future__ import annotations

import hashlib
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import circles
from circles.area import instant
from circles.cli.app import app
from circles.foundation.errors import AreaError, Finding
from circles.testing import CRS, ORIGIN, places, write_city

AREA = """
[area]
id = "street"
name = "一条街"
crs = "EPSG:4550"
as_of = 2024-05-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"
[walk]
limit_min = 15
[walk.profiles.even]
speed_m_per_s = 1.0
steps_m_per_s = 1.0
uses_slope = false
[[categories]]
id = "clinic"
name = "卫生院"
profile = "even"
stay_min = 5
"""
MOMENTS = """
[[moments]]
id = "late"
name = "关门前"
at = "2024-05-15T11:50"
[[moments]]
id = "holiday"
at = 2024-05-01T11:50:00
"""
RULE = """
[[rules]]
id = "r"
category = "clinic"
measure = "{measure}"
threshold = {threshold}
when = "{when}"
source = "x"
status = "adopted"
"""


def area_of(folder, *, hours, more=""):
    """One street of 3 km along x with 100 people each 100 m, and a clinic at each x of ``hours``."""
    folder.mkdir(exist_ok=True)
    street = gpd.GeoDataFrame(
        {"highway": ["residential"]}, geometry=[shapely.LineString([ORIGIN, (ORIGIN[0] + 3000, ORIGIN[1])])], crs=CRS
    )
    shops = places(
        [
            {"id": f"c{x}", "name": f"c{x}", "category": "clinic", "x": x, "y": 0, "opening_hours": text}
            for x, text in hours.items()
        ]
    )
    homes = places([{"id": f"r{x}", "x": x, "y": 0, "population": 100} for x in range(0, 3001, 100)])
    return write_city(folder, street, shops, homes, AREA + more)


def at(result, moment):
    """Return covered people, and covered if unknown hours are open, at a moment."""
    table = result.coverage_by_time
    row = table[(table["moment"] == moment) & (table["township_code"] == "ALL")].iloc[0]
    return row["covered"], row["covered_if_unknown_open"]


def test_one_arrives_before_closing_less_the_stay_or_waits_for_the_door(tmp_path):
    """At 11:50 with a stay of 5: a clinic shut at 12:00 serves 300 m around, one that opens at 12:00 the whole 900 m.

    c0 closes at 12:00: latest arrival 11:55 = 300 s = 300 m: x = 0 … 300, four points. c1500 opens at 12:00, after 600 s,
    within the 900 s: x = 600 … 2400, 19 points. c3000 tells nothing: only if unknown is open, x = 2100 … 3000, of which
    2100 … 2400 are covered already: 6 points more.
    """
    area = area_of(tmp_path, hours={0: "8:00-12:00", 1500: "12:00-14:00", 3000: ""}, more=MOMENTS)
    result = circles.analyse(circles.load_area(area))
    assert at(result, "late") == (2300.0, 2900.0)


def test_a_door_that_opens_too_late_or_for_too_short_a_stay_serves_nobody(tmp_path):
    """Opening at 12:06, after the 15 minutes, or at 12:00 for four minutes with a stay of five, covers nobody."""
    area = area_of(tmp_path, hours={0: "12:06-14:00", 1500: "12:00-12:04"}, more=MOMENTS)
    assert at(circles.analyse(circles.load_area(area)), "late") == (0.0, 0.0)


def test_holidays_and_working_days_decide(tmp_path):
    """On Labour Day a clinic of 工作日 is shut and one of 周一至周五 is open: x = 2100 … 3000, ten points."""
    area = area_of(tmp_path, hours={0: "工作日8:00-17:00", 3000: "周一至周五8:00-17:00"}, more=MOMENTS)
    result = circles.analyse(circles.load_area(area))
    assert at(result, "holiday") == (1000.0, 1000.0)
    assert at(result, "late") == (2000.0, 2000.0)


def test_the_hours_of_a_week_show_when_nobody_is_served(tmp_path):
    """168 rows per township and kind; a clinic open on Monday mornings covers its ten points in four of them."""
    area = area_of(tmp_path, hours={0: "周一8:00-12:00"})
    table = circles.analyse(circles.load_area(area)).coverage_by_hour
    whole = table[table["township_code"] == "ALL"]
    assert len(whole) == 168
    served = whole[whole["covered"] > 0]
    assert served[["weekday", "hour", "covered"]].to_numpy().tolist() == [[1, h, 1000.0] for h in (8, 9, 10, 11)]
    assert whole["date"].iloc[0] == "2024-05-27"


@pytest.mark.parametrize(
    ("threshold", "when", "verdict"),
    [(0.7, "late", "met"), (0.8, "late", "no_data"), (0.95, "2024-05-15T11:50", "not_met")],
)
def test_a_rule_at_a_moment_is_undecided_where_unknown_hours_would_turn_it(tmp_path, threshold, when, verdict):
    """2300 of 3100 people for sure, 2900 if unknown hours are open: 0.742 and 0.935."""
    rule = RULE.format(measure="population_share", threshold=threshold, when=when)
    area = area_of(tmp_path, hours={0: "8:00-12:00", 1500: "12:00-14:00", 3000: ""}, more=MOMENTS + rule)
    row = circles.analyse(circles.load_area(area)).check.iloc[0]
    assert (row["verdict"], row["numerator"]) == (verdict, 2300.0)


def test_nearest_minutes_at_a_moment_include_the_wait(tmp_path):
    """Half of the people wait or walk no more than 10 minutes for a door that opens after ten."""
    rule = RULE.format(measure="nearest_minutes", threshold=10, when="late").replace("when", "percentile = 40\nwhen")
    area = area_of(tmp_path, hours={1500: "12:00-14:00"}, more=MOMENTS + rule)
    row = circles.analyse(circles.load_area(area)).check.iloc[0]
    assert (row["value"], row["numerator"]) == (pytest.approx(10.0), 1300.0)  # x = 900 … 2100


def digests(folder, names):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def test_walk_only_files_are_the_same_with_and_without_hours(tmp_path):
    """Hours and moments change no byte of what is walked."""
    names = ["access.csv", "access.parquet", "coverage.csv", "coverage_by_island.csv", "coverage_variants.csv", "check.csv",
             "gaps.geojson", "residents.parquet", "equity.csv", "poverty.csv", "straight_line.csv"]  # fmt: skip
    rule = RULE.format(measure="population_share", threshold=0.7, when="late").replace('when = "late"\n', "")
    found = []
    for name, hours, more in (
        ("plain", {0: "", 1500: "", 3000: ""}, rule),
        ("timed", {0: "8:00-12:00", 1500: "12:00-14:00", 3000: "看情况"}, MOMENTS + rule),
    ):
        circles.analyse(circles.load_area(area_of(tmp_path / name, hours=hours, more=more))).save(
            tmp_path / f"out-{name}"
        )
        found.append(digests(tmp_path / f"out-{name}", names))
    assert found[0] == found[1]
    assert not (tmp_path / "out-plain" / "coverage_by_time.csv").exists()
    head = (tmp_path / "out-timed" / "coverage_by_time.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert head == (
        "moment,township_code,township,category,profile,group,population,covered,share,covered_if_unknown_open"
    )
    findings = pd.read_csv(tmp_path / "out-timed" / "findings.csv")
    unread = findings[findings["code"] == "hours-unreadable"].iloc[0]
    assert (unread["id"], unread["row"], unread["severity"]) == ("c3000", 4, "warning")


def test_a_moment_may_be_given_with_the_command(tmp_path):
    """`circles run --at TIME` writes coverage_by_time.csv; what is no time is refused with its remedy, exit code 2."""
    area = area_of(tmp_path / "a", hours={0: "8:00-12:00"})
    command = ["run", str(area), "--out", str(tmp_path / "out"), "--at"]
    done = CliRunner().invoke(app, [*command, "2024-05-15T11:50"])
    assert done.exit_code == 0, done.stderr
    table = pd.read_csv(tmp_path / "out" / "coverage_by_time.csv")
    assert table["moment"].unique().tolist() == ["2024-05-15T11:50"]
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["parameters"]["moments"]
    refused = CliRunner().invoke(app, [*command, "noon"])
    assert refused.exit_code == 2
    assert "moment-unreadable" in refused.stderr


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("2024-03-31T02:30", "Europe/Malta", "moment-skipped"),
        ("2024-10-27T02:30", "Europe/Malta", "moment-twice"),
        ("25 May", "Asia/Shanghai", "moment-unreadable"),
        ("2024-02-30T10:00", "Asia/Shanghai", "moment-unreadable"),
    ],
)
def test_a_moment_that_does_not_exist_once_is_refused(text, zone, code):
    """A time that the clocks skip or show twice is refused unless it states its offset."""
    found = instant(text, zone, id="m", file="area.toml")
    assert isinstance(found, Finding)
    assert found.code == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('[[moments]]\nid = "a"\nat = "noon"', "moment-unreadable"),
        (
            '[[moments]]\nid = "a"\nat = "2024-05-15T11:30"\n[[moments]]\nid = "a"\nat = "2024-05-15T12:30"',
            "area-duplicate-id",
        ),
        (RULE.format(measure="population_share", threshold=1, when="never"), "moment-unreadable"),
        (RULE.format(measure="facility_count", threshold=1, when="2024-05-15T11:30"), "rule-when-measure"),
        ('[hours]\nsummer = "02-30/09-30"', "area-bad-value"),
        ('[hours]\nsumer = "05-01/09-30"', "area-unknown-key"),
    ],
)
def test_what_is_wrong_with_times_in_the_area_file_is_reported(tmp_path, more, code):
    """Each mistake has its own code, and none of them ends in a traceback."""
    with pytest.raises(AreaError) as caught:
        circles.analyse(circles.load_area(area_of(tmp_path, hours={0: ""}, more=more)))
    assert code in [item.code for item in caught.value.findings]


def test_a_year_whose_holidays_are_not_announced_is_reported(tmp_path):
    """Hours that follow 工作日 in a year without announced holidays give a warning with the year."""
    more = '[[moments]]\nid = "far"\nat = "2031-05-15T11:30"\n'
    result = circles.analyse(circles.load_area(area_of(tmp_path, hours={0: "工作日8:00-12:00"}, more=more)))
    found = result.findings[result.findings["code"] == "hours-year-unannounced"]
    assert "2031" in found["message"].iloc[0]
