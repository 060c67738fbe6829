"""Boats: arrivals and returns agree with a brute-force search on the time-expanded graph; timetables are read or refused."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import zipfile

import networkx as nx
import numpy as np
import pytest

from circles.analysis.boats.scan import Walking, mirrored, profiles
from circles.foundation.errors import InputError
from circles.inputs.timetable import Piers, Service, Timetable, Trips
from circles.inputs.timetable.gtfs import read_gtfs
from circles.inputs.timetable.model import Hop

DAY = dt.date(2024, 5, 15)


def timetable_of(hops, piers):
    known = Piers(
        tuple(f"p{n}" for n in range(piers)),
        ("",) * piers,
        np.zeros(piers),
        np.zeros(piers),
        ("",) * piers,
        (None,) * piers,
    )
    return Timetable(known, Trips.of(hops), (Service("all", lambda day: day == DAY),), "Asia/Shanghai")


def random_case(seed):
    """Two to five islands with one or two piers each, walks between piers of one island, boats of one to three hops."""
    rng = random.Random(seed)
    islands = [rng.randint(1, 2) for _ in range(rng.randint(2, 5))]
    island_of = [n for n, count in enumerate(islands) for _ in range(count)]
    piers = len(island_of)
    walk = np.full((piers, piers), np.inf)
    np.fill_diagonal(walk, 0.0)
    for a, b in itertools.permutations(range(piers), 2):
        if island_of[a] == island_of[b]:
            walk[a, b] = rng.randint(1, 900)
    hops = []
    for trip in range(rng.randint(2, 14)):
        at, now = rng.randrange(piers), rng.randint(5 * 3600, 20 * 3600)
        for order in range(rng.randint(1, 3)):
            to = rng.choice([p for p in range(piers) if p != at])
            then = now + rng.randint(300, 5400)
            hops.append(Hop(f"t{trip}", f"L{trip % 4}", 0, at, to, float(now), float(then), order))
            at, now = to, then + rng.randint(0, 600)
    egress = np.array([rng.choice([np.inf, float(rng.randint(0, 1200))]) for _ in range(piers)])
    return timetable_of(hops, piers), walk, egress, float(rng.choice([0, 60, 300])), rng


def expanded(timetable, walk, boarding_s, egress):
    """Return the time-expanded graph: events of boats, waiting, staying on board, changing, and the target."""
    graph, trips = nx.DiGraph(), timetable.trips
    rows = list(
        zip(
            trips.trip,
            trips.from_pier.tolist(),
            trips.to_pier.tolist(),
            trips.departs_s.tolist(),
            trips.arrives_s.tolist(),
            trips.order.tolist(),
            strict=True,
        )
    )
    for trip, _a, b, _dep, arr, order in rows:
        graph.add_edge(("dep", trip, order), ("arr", trip, order), arrive=arr)
        if np.isfinite(egress[b]):
            graph.add_edge(("arr", trip, order), ("end", arr + egress[b]))
        for other, a2, _, dep2, _, order2 in rows:
            if (other == trip and order2 == order + 1) or (
                np.isfinite(walk[b, a2]) and arr + walk[b, a2] + boarding_s <= dep2 + 1e-9
            ):
                graph.add_edge(("arr", trip, order), ("dep", other, order2))
    return graph, rows


def brute_arrival(graph, rows, pier, ready_s):
    """Return the earliest end that is reachable from any boat at a pier from ``ready_s`` on."""
    best = np.inf
    for trip, a, _, dep, _, order in rows:
        if a == pier and dep >= ready_s - 1e-9:
            ends = [node[1] for node in nx.descendants(graph, ("dep", trip, order)) if node[0] == "end"]
            best = min([best, *ends])
    return best


def longest_stay(graph, rows, home, span, to_boat_s):
    """Return how long one can stay at the target between two boats, -inf where one is not home again, in one graph.

    Every end of a way out is tied to every boat that is still caught after it; the stay is what lies between the two.
    """
    ready, deadline = span
    out = {
        node[1]
        for trip, a, _, dep, _, order in rows if a == home and dep >= ready - 1e-9
        for node in nx.descendants(graph, ("dep", trip, order)) if node[0] == "end"
    }  # fmt: skip
    best = -np.inf
    for trip, a, _, dep, _, order in rows:
        if not np.isfinite(to_boat_s[a]):
            continue
        after = {("dep", trip, order)} | nx.descendants(graph, ("dep", trip, order))
        if any(("arr", t, o) in after and b == home and arr <= deadline + 1e-9 for t, _, b, _, arr, o in rows):
            best = max([best, *(dep - to_boat_s[a] - end for end in out)])
    return best


def near(walk):
    return Walking(
        [[(int(q), float(walk[p, q])) for q in np.flatnonzero(np.isfinite(walk[p]))] for p in range(len(walk))]
    )


@pytest.mark.parametrize("block", range(6))
def test_random_timetables_equal_a_search_on_the_time_expanded_graph(block):
    """300 timetables of two to five islands: forwards, backwards and returning, to 1e-6 minutes."""
    for seed in range(block * 50, block * 50 + 50):
        timetable, walk, egress, boarding_s, rng = random_case(seed)
        hops = timetable.connections(DAY, "Asia/Shanghai")
        found = profiles(hops, egress, near(walk), timetable.trips.line, boarding_s=boarding_s)
        graph, rows = expanded(timetable, walk, boarding_s, egress)
        for pier, ready in ((p, float(rng.randint(4 * 3600, 22 * 3600))) for p in range(len(egress))):
            wanted = brute_arrival(graph, rows, pier, ready)
            assert found[pier].arrival(np.array([ready]))[0] == pytest.approx(wanted, abs=6e-5), (seed, pier)
        # backwards: the latest boat at any pier from which one is home, walking egress, by a deadline
        back = profiles(
            mirrored(hops),
            np.where(np.isfinite(egress), 0.0, np.inf),
            near(walk.T),
            timetable.trips.line,
            boarding_s=boarding_s,
        )
        deadline = float(rng.randint(12 * 3600, 24 * 3600))
        start = np.isfinite(egress)
        for home in range(len(egress)):
            latest = -np.inf
            for trip, a, _, dep, _, order in rows:
                ends = {("dep", trip, order)} | nx.descendants(graph, ("dep", trip, order)) if start[a] else set()
                if any(("arr", t, o) in ends and b == home and arr <= deadline for t, _, b, _, arr, o in rows):
                    latest = max(latest, dep)
            assert -back[home].arrival(np.array([-deadline]))[0] == pytest.approx(latest, abs=6e-5), (seed, home)
        # there and back as one search: out, a stay as long as it can be, and home by the deadline
        leaving = profiles(
            mirrored(hops), egress + boarding_s, near(walk.T), timetable.trips.line, boarding_s=boarding_s
        )  # fmt: skip
        for home in range(len(egress)):
            ready = float(rng.randint(4 * 3600, 22 * 3600))
            latest_s = -leaving[home].arrival(np.array([-deadline]))[0]
            stay = longest_stay(graph, rows, home, (ready, deadline), egress + boarding_s)
            arrive = found[home].arrival(np.array([ready]))[0]
            mine = latest_s - arrive if np.isfinite(latest_s) and np.isfinite(arrive) else -np.inf
            assert max(mine, -1.0) == pytest.approx(max(stay, -1.0), abs=6e-5), (seed, home)


def test_a_boat_past_midnight_belongs_to_the_day_before():
    """A trip at 25:10 of the day before departs at 1:10 of the next."""
    timetable = timetable_of([Hop("t", "L", 0, 0, 1, 25 * 3600 + 600.0, 26 * 3600.0, 0)], 2)
    hops = timetable.connections(DAY + dt.timedelta(days=1), "Asia/Shanghai")
    assert hops.departs_s.tolist() == [4200.0]


@pytest.mark.parametrize("feed", ["stq-quebec", "stq-quebec-2025-07", "gozo-synthetic", "warsaw-ferries"])
def test_a_real_feed_gives_the_arrivals_of_the_time_expanded_graph(shared_dir, feed):
    """Pairs of piers of a real timetable, leaving at several times: the same earliest arrivals as networkx finds."""
    timetable, _ = read_gtfs(shared_dir / "time" / feed, feed)
    days = [DAY.replace(year=2024) + dt.timedelta(days=n) for n in range(1200)]
    day = max(days, key=lambda one: (len(timetable.pattern(one)), one))
    zone, trips, piers = timetable.time_zone, timetable.trips, len(timetable.piers.ids)
    hops = timetable.connections(day, zone, days_after=0)
    boarding_s, rng, checked = 120.0, random.Random(3), 0
    ahead = {}  # per trip of the day, its hops by departure
    for trip, a, b, dep, arr in zip(
        *(c.tolist() for c in (hops.trip, hops.from_pier, hops.to_pier, hops.departs_s, hops.arrives_s)), strict=True
    ):
        ahead.setdefault(trip, []).append((dep, arr, a, b))
    graph = nx.DiGraph()
    departures = {}
    for trip, own in ahead.items():
        own.sort()
        for number, (dep, arr, a, b) in enumerate(own):
            graph.add_edge(("d", trip, number), ("a", trip, number))
            graph.add_edge(("a", trip, number), ("at", b, arr))
            departures.setdefault(a, []).append((dep, ("d", trip, number)))
            if number:
                graph.add_edge(("a", trip, number - 1), ("d", trip, number))
    for node in [n for n in graph if n[0] == "at"]:
        for dep, event in departures.get(node[1], ()):
            if dep >= node[2] + boarding_s:
                graph.add_edge(node, event)
    leaves = [h * 3600.0 for h in (4, 7, 11, 15, 19)]
    used = sorted({*trips.from_pier.tolist(), *trips.to_pier.tolist()})
    for target in used if len(used) < 12 else rng.sample(used, 12):
        found = profiles(hops, np.where(np.arange(piers) == target, 0.0, np.inf), Walking.none(piers), trips.line,
                         boarding_s=boarding_s, may_board=None, may_leave=None)  # fmt: skip
        for start, leave in itertools.product(used, leaves):
            events = [event for dep, event in departures.get(start, ()) if dep >= leave]
            reach = set().union(*(nx.descendants(graph, event) for event in events)) if events else set()
            wanted = min((node[2] for node in reach if node[0] == "at" and node[1] == target), default=np.inf)
            assert found[start].arrival(np.array([leave]))[0] == wanted
            checked += 1
    if feed.startswith("stq"):
        assert checked >= 500


FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,A,https://example.org,Asia/Shanghai\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,A,30.7,122.4\nb,B,30.8,122.5\nc,C,30.9,122.6\n",
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nr,R,,4\nbus,B,,3\n",
    "trips.txt": "route_id,service_id,trip_id\nr,s,t\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t,08:00:00,08:00:00,a,1\nt,,,b,2\nt,09:00:00,09:00:00,c,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "s,1,1,1,1,1,0,0,20240101,20241231\n",
}


def written(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FEED | {f"{k}.txt": v for k, v in changes.items()}).items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_blank_times_are_interpolated_and_headways_unrolled(tmp_path):
    """A blank stop between 8:00 and 9:00 is at 8:30; a headway of 20 minutes from 10 to 11 makes three boats."""
    timetable, notes = read_gtfs(written(tmp_path / "f"), "f")
    assert timetable.trips.departs_s.tolist() == [8 * 3600, 8.5 * 3600]
    assert [note.code for note in notes] == ["gtfs-left-out"]
    often = "trip_id,start_time,end_time,headway_secs\nt,10:00:00,11:00:00,1200\n"
    timetable, _ = read_gtfs(written(tmp_path / "g", frequencies=often), "g")
    assert sorted(timetable.trips.departs_s[timetable.trips.order == 0].tolist()) == [36000, 37200, 38400]


def test_rows_that_end_in_a_comma_are_not_shifted(tmp_path):
    """Rows with an empty cell more than the header are read under their own titles; with text in it they are refused."""
    feed = {
        name: "\n".join(f"{row}," if at else row for at, row in enumerate(text.split("\n")[:-1]))
        for name, text in FEED.items()
    }
    (tmp_path / "f").mkdir()
    for name, text in feed.items():
        (tmp_path / "f" / name).write_text(text, encoding="utf-8")
    timetable, _ = read_gtfs(tmp_path / "f", "f")
    assert timetable.trips.departs_s.tolist() == [8 * 3600, 8.5 * 3600]
    (tmp_path / "f" / "stops.txt").write_text(feed["stops.txt"].replace("122.6,", "122.6,x"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_gtfs(tmp_path / "f", "f")
    assert [(item.code, item.row) for item in caught.value.findings] == [("row-too-long", 4)]


TIMES = FEED["stop_times.txt"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"stops": None}, "gtfs-file-missing"),
        ({"calendar": None}, "gtfs-file-missing"),
        ({"trips": "route_id,trip_id\nr,t\n"}, "gtfs-column-missing"),
        ({"trips": "route_id,service_id,trip_id\nr,x,t\n"}, "gtfs-unknown-id"),
        ({"stop_times": TIMES.replace("t,09:00:00,09:00:00,c", "t,07:00:00,07:00:00,c")}, "gtfs-goes-back"),
        ({"stop_times": TIMES.replace("t,09:00:00,09:00:00,c", "t,,,c")}, "gtfs-ends-blank"),
        ({"stop_times": TIMES.replace(",c,3", ",c,2")}, "gtfs-bad-sequence"),
        ({"stop_times": TIMES.replace("09:00:00,09:00:00", "9 Uhr,9 Uhr")}, "boat-time-unreadable"),
        ({"stop_times": TIMES.replace(",c,", ",z,")}, "gtfs-unknown-id"),
        ({"calendar": FEED["calendar.txt"].replace("20241231", "20231231")}, "gtfs-bad-date"),
        ({"frequencies": "trip_id,start_time,end_time,headway_secs\nt,10:00:00,11:00:00,0\n"}, "gtfs-bad-frequency"),
        ({"transfers": "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id\n"
          "a,a,4,,t,u\na,a,4,,u,t\n"}, "gtfs-transfer-cycle"),
        ({"stops": ""}, "file-unreadable"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_feed_is_one_message_with_its_row(tmp_path, changes, code):
    """Each fault of a feed has its code; none ends in a traceback."""
    folder = written(tmp_path / "f", **changes)
    for name, text in changes.items():
        if text is None:
            (folder / f"{name}.txt").unlink(missing_ok=True)
    with pytest.raises(InputError) as caught:
        read_gtfs(folder, "f")
    assert code in [item.code for item in caught.value.findings]


def test_a_zip_that_leaves_its_folder_is_refused(tmp_path):
    """A name with .. in a zip is an attack, not a timetable."""
    file = tmp_path / "feed.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in FEED.items():
            archive.writestr(name, text)
        archive.writestr("../evil.txt", "x")
    with pytest.raises(InputError) as caught:
        read_gtfs(file, "feed.zip")
    assert caught.value.findings[0].code == "gtfs-zip-escapes"


def test_every_feed_at_hand_is_read(shared_dir):
    """Zips and folders, three time zones, times to 28:10: all are read without an error."""
    for name in (
        "sailcoop-glenan/latest.zip",
        "fiji",
        "warsaw-ferries",
        "stq-quebec",
        "stq-quebec-2025-07",
        "gozo-synthetic",
    ):
        timetable, _ = read_gtfs(shared_dir / "time" / name, name)
        assert len(timetable.trips.trip) > 0, name


BOATS = """line,trip,from_pier,to_pier,departs,arrives,days,status
甲,T1,a,b,08:00,08:30,周一至周五,
甲,T2,b,a,16:00,16:30,周一至周五,
"""
PIERS = "id,name,lon,lat\na,甲码头,{a},30.72\nb,乙码头,{b},30.72\n"


def two_islands(folder, boats=BOATS, piers=None, more=""):
    """Two islands of one street each, 300 m of water between; homes on the west, the clinic on the east.

    Streets run along y = 0: x = 0 … 500 and x = 800 … 1300. Homes at x = 0 and 400, pier a at 500, pier b at 800, clinic at
    1000; speed 1 m/s.
    """
    import geopandas as gpd
    import shapely

    from circles.foundation.crs import projected
    from circles.testing import CRS, ORIGIN, places, write_city

    folder.mkdir(exist_ok=True)
    x0, y0 = ORIGIN
    ends = [(0, 500), (800, 1300)]
    lines = [shapely.LineString([(x0 + a, y0), (x0 + b, y0)]) for a, b in ends]
    streets = gpd.GeoDataFrame({"highway": ["residential"] * 2}, geometry=lines, crs=CRS)
    boxes = [shapely.box(x0 + a - 20, y0 - 100, x0 + b + 20, y0 + 100) for a, b in ends]
    gpd.GeoDataFrame({"island": ["西", "东"]}, geometry=boxes, crs=CRS).to_file(
        folder / "land.geojson", driver="GeoJSON"
    )
    shops = places([{"id": "c", "name": "c", "category": "clinic", "x": 1000, "y": 0}])
    homes = places([{"id": "r0", "x": 0, "y": 0, "population": 100}, {"id": "r400", "x": 400, "y": 0, "population": 50},
                    {"id": "e", "x": 1300, "y": 0, "population": 10}])  # fmt: skip
    lonlat = projected(np.array([[x0 + 500.0, y0], [x0 + 800.0, y0]]), CRS, "EPSG:4326")
    text = piers or "id,name,lon,lat\n" + "".join(
        f"{p},{p},{lon:.9f},{lat:.9f}\n" for p, (lon, lat) in zip("ab", lonlat.tolist(), strict=True)
    )
    (folder / "piers.csv").write_text(text, encoding="utf-8")
    (folder / "boats.csv").write_text(boats, encoding="utf-8")
    area = """
[area]
id = "two"
name = "两岛"
crs = "EPSG:4550"
as_of = 2024-05-15
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"
land = "land.geojson"
boats = ["boats.csv"]
[walk.profiles.even]
speed_m_per_s = 1.0
steps_m_per_s = 1.0
uses_slope = false
[[categories]]
id = "clinic"
name = "卫生院"
profile = "even"
[[journeys]]
id = "clinic"
to = { category = "clinic" }
leave = ["07:50", "08:00"]
stay_min = 60
"""
    return write_city(folder, streets, shops, homes, area + more)


def test_walk_boat_walk_worked_out_by_hand(tmp_path):
    """Leaving at 7:50, 100 m to the pier, 5 minutes of boarding: the 8:00 boat, 200 m on: 8:33:20; from 500 m, tomorrow's.

    The 16:00 boat reaches home by 16:35. One can return on the 262 weekdays of 2024; from the east one walks 300 m.
    """
    import circles

    table = circles.analyse(circles.load_area(two_islands(tmp_path))).by_boat.set_index(["resident_id", "moment"])
    near = table.loc["r400", "2024-05-15T07:50"]
    assert near["depart"] == "2024-05-15T08:00:00"
    assert near["minutes"] == pytest.approx(10 + 30 + 200 / 60, abs=1e-3)
    assert (near["arrive"], near["last_return"], near["lines"]) == ("2024-05-15T08:33:20", "2024-05-15T16:00:00", "甲")
    assert near["share_of_days"] == pytest.approx(262 / 366)
    far = table.loc["r0", "2024-05-15T07:50"]
    assert far["arrive"] == "2024-05-16T08:33:20"
    assert far["share_of_days"] == 0.0
    east = table.loc["e", "2024-05-15T07:50"]
    assert (east["minutes"], east["lines"], east["last_return"]) == (pytest.approx(5.0), "", "")
    assert east["share_of_days"] == 1.0


def test_days_without_sailing_lower_the_share(tmp_path):
    """A week of no boats and a June of half of them: 262 − 5 − 20 / 2 weekdays; who walks is not stopped."""
    import circles

    file = two_islands(tmp_path, more="")
    text = file.read_text(encoding="utf-8").replace(
        'boats = ["boats.csv"]', 'boats = ["boats.csv"]\nno_sailing = "no.csv"'
    )
    file.write_text(text, encoding="utf-8")
    (tmp_path / "no.csv").write_text(
        "from,to,probability\n2024-07-22,2024-07-28,\n2024-06-01,2024-06-30,0.5\n", encoding="utf-8"
    )
    table = circles.analyse(circles.load_area(file)).by_boat.set_index(["resident_id", "moment"])
    assert table.loc["r400", "2024-05-15T07:50"]["share_of_days"] == pytest.approx((262 - 5 - 10) / 366)
    assert table.loc["e", "2024-05-15T07:50"]["share_of_days"] == 1.0


@pytest.mark.parametrize(
    ("boats", "piers", "code"),
    [
        (BOATS.replace("08:00,08:30", "08:30,08:00"), None, "boat-arrives-first"),
        (BOATS.replace("T1,a,b", "T1,a,z"), None, "boat-pier-unknown"),
        (BOATS.replace("T1,a,b", "T1,a,a"), None, "boat-goes-nowhere"),
        (BOATS.replace("08:00", "8点"), None, "boat-time-unreadable"),
        (BOATS.replace("周一至周五", "", 1), None, "boat-days-missing"),
        (BOATS.replace("周一至周五", "看天气", 1), None, "boat-days-unreadable"),
        (BOATS.replace("T2,b,a,16:00,16:30", "T1,a,b,16:00,16:30"), None, "boat-trip-broken"),
        (BOATS.replace("08:00,08:30,周一至周五,", "08:00,08:30,周一至周五,ok"), None, "unknown-status"),
    ],
)
def test_what_is_wrong_with_a_timetable_is_one_message_with_its_row(tmp_path, boats, piers, code):
    """Each fault of a table of boats has its code and its row."""
    import circles
    from circles.inputs.timetable import read_boats

    with pytest.raises(InputError) as caught:
        read_boats(circles.load_area(two_islands(tmp_path, boats, piers)))
    found = [item for item in caught.value.findings if item.code == code]
    assert found
    assert found[0].row in (2, 3)


def test_doubtful_piers_and_boats_are_warned_of(tmp_path):
    """A pier at sea, one far from streets, a boat that never runs and one after midnight each give one finding."""
    import circles
    from circles.inputs.loading import load

    piers = "id,name,lon,lat\na,a,123.5,30.72\nb,b,,\n"
    boats = BOATS.replace("周一至周五", "2019-05-01", 1).replace("16:00,16:30", "25:10,25:40")
    codes = {item.code for item in load(circles.load_area(two_islands(tmp_path, boats, piers))).findings}
    assert {"pier-at-sea", "pier-unplaced", "boat-never-runs", "boat-after-midnight"} <= codes


def test_walk_only_files_are_the_same_with_and_without_boats_and_populations(tmp_path):
    """Boats, journeys and populations change no byte of what is walked."""
    import hashlib

    import circles

    names = ["access.csv", "access.parquet", "coverage.csv", "coverage_by_island.csv", "coverage_variants.csv", "check.csv",
             "gaps.geojson", "residents.parquet", "equity.csv", "poverty.csv", "straight_line.csv"]  # fmt: skip
    found = []
    more = '[[populations]]\nid = "half"\nfactors = "half.csv"\n'
    for name in ("walk", "boat"):
        file = two_islands(tmp_path / name, more=more if name == "boat" else "")
        (tmp_path / name / "half.csv").write_text("township_code,factor\nALL,0.5\n", encoding="utf-8")
        if name == "walk":
            text = file.read_text(encoding="utf-8").replace('boats = ["boats.csv"]\n', "")
            file.write_text(text[: text.index("[[journeys]]")], encoding="utf-8")
        circles.analyse(circles.load_area(file)).save(tmp_path / f"out-{name}")
        found.append({n: hashlib.sha256((tmp_path / f"out-{name}" / n).read_bytes()).hexdigest() for n in names})
    assert found[0] == found[1]
    assert (tmp_path / "out-boat" / "by_boat.csv").exists()
    assert not (tmp_path / "out-walk" / "by_boat.csv").exists()
