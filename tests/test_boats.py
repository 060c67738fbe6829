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
        tuple(f"p{n}" for n in range(piers)), ("",) * piers, np.zeros(piers), np.zeros(piers), ("",) * piers, (None,) * piers
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
    rows = list(zip(trips.trip, trips.from_pier.tolist(), trips.to_pier.tolist(), trips.departs_s.tolist(), trips.arrives_s.tolist(), trips.order.tolist(), strict=True))
    for trip, a, b, dep, arr, order in rows:
        graph.add_edge(("dep", trip, order), ("arr", trip, order), arrive=arr)
        if np.isfinite(egress[b]):
            graph.add_edge(("arr", trip, order), ("end", arr + egress[b]))
        for other, a2, _, dep2, _, order2 in rows:
            if other == trip and order2 == order + 1:
                graph.add_edge(("arr", trip, order), ("dep", other, order2))
            elif np.isfinite(walk[b, a2]) and arr + walk[b, a2] + boarding_s <= dep2 + 1e-9:
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


def near(walk):
    return Walking([[(int(q), float(walk[p, q])) for q in np.flatnonzero(np.isfinite(walk[p]))] for p in range(len(walk))])


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
        back = profiles(mirrored(hops), np.where(np.isfinite(egress), 0.0, np.inf), near(walk.T), timetable.trips.line, boarding_s=boarding_s)
        deadline = float(rng.randint(12 * 3600, 24 * 3600))
        start = np.isfinite(egress)
        for home in range(len(egress)):
            latest = -np.inf
            for trip, a, _, dep, _, order in rows:
                ends = {("dep", trip, order)} | nx.descendants(graph, ("dep", trip, order)) if start[a] else set()
                if any(("arr", t, o) in ends and b == home and arr <= deadline for t, _, b, _, arr, o in rows):
                    latest = max(latest, dep)
            assert -back[home].arrival(np.array([-deadline]))[0] == pytest.approx(latest, abs=6e-5), (seed, home)


def test_a_boat_past_midnight_belongs_to_the_day_before():
    """A trip at 25:10 of the day before departs at 1:10 of the next."""
    timetable = timetable_of([Hop("t", "L", 0, 0, 1, 25 * 3600 + 600.0, 26 * 3600.0, 0)], 2)
    hops = timetable.connections(DAY + dt.timedelta(days=1), "Asia/Shanghai")
    assert hops.departs_s.tolist() == [4200.0]


@pytest.mark.parametrize("feed", ["stq-quebec", "stq-quebec-2025-07", "gozo-synthetic", "warsaw-ferries"])
def test_a_real_feed_gives_the_arrivals_of_the_time_expanded_graph(shared_dir, feed):
    """Pairs of piers of a real timetable, leaving at several times: the same earliest arrivals as networkx finds."""
    timetable, _ = read_gtfs(shared_dir / "time" / feed, feed)
    days = [DAY.replace(year=2024) + dt.timedelta(days=n) for n in range(0, 1200)]
    day = max(days, key=lambda one: (len(timetable.pattern(one)), one))
    zone, trips, piers = timetable.time_zone, timetable.trips, len(timetable.piers.ids)
    hops = timetable.connections(day, zone, days_after=0)
    boarding_s, rng, checked = 120.0, random.Random(3), 0
    ahead = {}  # per trip of the day, its hops by departure
    for trip, a, b, dep, arr in zip(*(c.tolist() for c in (hops.trip, hops.from_pier, hops.to_pier, hops.departs_s, hops.arrives_s)), strict=True):
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
    for name in ("sailcoop-glenan/latest.zip", "fiji", "warsaw-ferries", "stq-quebec", "stq-quebec-2025-07", "gozo-synthetic"):
        timetable, _ = read_gtfs(shared_dir / "time" / name, name)
        assert len(timetable.trips.trip) > 0, name
