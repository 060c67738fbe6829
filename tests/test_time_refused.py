"""Bad hours, boats, feeds and moments, end to end: one message each on the command line, with its row and what to do."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely
from test_boats import BOATS, FEED, TIMES, two_islands
from test_moments import area_of
from typer.testing import CliRunner

from circles.cli.app import app
from circles.foundation.crs import projected
from circles.testing import CRS, ORIGIN

pytestmark = pytest.mark.long


def doubts(*arguments):
    """Return what ``circles doctor`` finds above a note, and its exit code."""
    done = CliRunner().invoke(app, ["doctor", *map(str, arguments), "--format", "json"])
    assert done.exit_code in (0, 2), done.output
    return [item for item in json.loads(done.stdout) if item["severity"] != "info"], done.exit_code


def told_once(found, code, row):
    """Hold that nothing but one finding is told, of this code and row, with a way to mend it."""
    assert [(item["code"], item["row"]) for item in found] == [(code, row)]
    assert found[0]["message"]
    assert found[0]["fix"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("周一 8:00-12:00；周一休息", "hours-contradict"),
        ("每天8:00-17:00，周日闭馆，周日9:00-12:00", "hours-contradict"),
        ("2月30日 8:00-12:00", "hours-no-such-day"),
        ("4月31日至5月2日 9:00-11:00", "hours-no-such-day"),
        ("8:00-25:70", "hours-no-such-time"),
        ("Feb 30 08:00-12:00", "hours-no-such-day"),
    ],
)
def test_hours_that_cannot_be(tmp_path, text, code):
    """Hours that contradict each other, days and times that do not exist: the cell's row, once."""
    found, exit_code = doubts(area_of(tmp_path / "a", hours={0: "周一至周五8:00-12:00", 1500: text}))
    told_once(found, code, 3)
    assert exit_code == (2 if found[0]["severity"] == "error" else 0)


@pytest.mark.parametrize(
    ("boats", "code", "row"),
    [
        (BOATS.replace("周一至周五", "", 1), "boat-days-missing", 2),
        (BOATS.replace("周一至周五", "2024-02-30", 1), "boat-days-unreadable", 2),
        (BOATS.replace("16:00,16:30", "16:30,16:00"), "boat-arrives-first", 3),
        (BOATS.replace("T2,b,a", "T2,b,z"), "boat-pier-unknown", 3),
    ],
)
def test_boats_that_cannot_be(tmp_path, boats, code, row):
    """A boat without days, on a day that does not exist, back in time, to no pier: its row, once, by itself and of its area."""
    area = two_islands(tmp_path / "a", boats)
    for found, exit_code in (doubts(area), doubts(area.with_name("boats.csv"))):
        told_once(found, code, row)
        assert exit_code == 2


@pytest.mark.parametrize(("metres", "code"), [(300.0, "pier-far"), (90_000.0, "pier-at-sea")])
def test_piers_that_nobody_reaches(tmp_path, metres, code):
    """A pier 300 m from any street, and one at sea: the pier's row, once, and the boats' rows are not told again."""
    x0, y0 = ORIGIN
    place = projected(np.array([[x0 + 500.0, y0 + metres], [x0 + 800.0, y0]]), CRS, "EPSG:4326").tolist()
    piers = "id,name,lon,lat\n" + "".join(f"{p},{p},{a:.9f},{b:.9f}\n" for p, (a, b) in zip("ab", place, strict=True))
    area = two_islands(tmp_path / "a", piers=piers)
    boxes = [shapely.box(x0 - 20, y0 - 100, x0 + 520, y0 + 400), shapely.box(x0 + 780, y0 - 100, x0 + 1320, y0 + 100)]
    gpd.GeoDataFrame({"island": ["西", "东"]}, geometry=boxes, crs=CRS).to_file(area.with_name("land.geojson"))
    told_once(doubts(area)[0], code, 2)


STAYS = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id\na,a,4,,t,u\na,a,4,,u,t\n"


@pytest.mark.parametrize(
    ("changes", "code", "row"),
    [
        ({"stops.txt": None}, "gtfs-file-missing", ":"),
        ({"calendar.txt": None}, "gtfs-file-missing", ":"),
        ({"transfers.txt": STAYS}, "gtfs-transfer-cycle", "/transfers.txt:3"),
        ({"stop_times.txt": TIMES.replace("t,09:00:00,09:00:00,c", "t,07:00:00,07:00:00,c")}, "gtfs-goes-back", "/stop_times.txt:4"),
        ({"calendar.txt": FEED["calendar.txt"].replace("20240101", "20240230")}, "gtfs-bad-date", "/calendar.txt:2"),
        ({"../evil.txt": "x"}, "gtfs-zip-escapes", ":"),
        ({"C:\\evil.txt": "x"}, "gtfs-zip-escapes", ":"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_alone", [True, False])
def test_feeds_that_cannot_be(tmp_path, changes, code, row, is_alone):
    """Files missing, circles of transfers, trips back in time, days that do not exist, a zip that escapes: once, with table and row."""
    area = two_islands(tmp_path / "a")
    file = area.with_name("feed.zip")
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (FEED | changes).items():
            if text is not None:
                archive.writestr(name, text)
    if not is_alone:
        area.write_text(area.read_text("utf-8").replace('["boats.csv"]', '["feed.zip"]'), encoding="utf-8")
    found, exit_code = doubts(file if is_alone else area)
    table, _, number = row.partition(":")
    told_once(found, code, int(number) if number else None)
    assert found[0]["table"].replace(str(file), "feed.zip") == f"feed.zip{table}"
    assert exit_code == 2
    assert not (tmp_path / "evil.txt").exists()


def test_a_sound_feed_is_looked_at_by_itself_and_against_an_area(tmp_path):
    """A feed without a fault is known as one and has no finding; against an area its far-off piers are told."""
    area = two_islands(tmp_path / "a")
    file = tmp_path / "渡轮 feed.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in FEED.items():
            archive.writestr(f"inner/{name}", text)
    assert doubts(file) == ([], 0)
    done = CliRunner().invoke(app, ["doctor", str(file)])
    assert "gtfs" in done.output
    found, _ = doubts(file, "--area", area)
    assert {item["code"] for item in found} == {"pier-at-sea"}
    assert {item["row"] for item in found} == {2, 3, 4}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-03-31T02:30", "moment-skipped"), ("2024-10-27T02:30", "moment-twice"), ("2024-02-30T10:00", "moment-unreadable"),
    ],
)  # fmt: skip
def test_moments_around_a_clock_change(tmp_path, text, code):
    """A moment that the clocks skip or show twice, and one of no day, are refused by doctor and by run, once; with an offset both are taken."""
    area = area_of(tmp_path / "a", hours={0: "24/7"}, more=f'[[moments]]\nid = "m"\nat = "{text}"\n')
    plain = area.read_text("utf-8").replace("as_of", 'time_zone = "Europe/Malta"\nas_of', 1)
    area.write_text(plain, encoding="utf-8")
    found, exit_code = doubts(area)
    assert [item["code"] for item in found] == [code]
    assert exit_code == 2
    done = CliRunner().invoke(app, ["run", str(area), "--out", str(tmp_path / "out")])
    assert (done.exit_code, done.stderr.count(code)) == (2, 1)
    assert not (tmp_path / "out").exists()
    if code != "moment-unreadable":
        area.write_text(plain.replace(text, f"{text}+01:00"), encoding="utf-8")
        assert doubts(area)[1] == 0
