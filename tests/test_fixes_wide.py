"""Fixes that messages on timetables, hours, rules, totals, doors and land advise, tried as in test_fixes."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_fixes import BASE, ENTRY, F2, LINE, MINUTES, TOWN, B, Edit, edited, reported
from test_fixes_more import RULE, TOWN2, doors, given, metres

Case = tuple[list[Edit], list[Edit]]
THRESHOLD = "threshold = 0.9\n"
HOURS = "Mo-Fr 08:00-18:00"
BOATS: list[Edit] = [
    ("area.toml", ENTRY, f'{ENTRY}\nboats = ["b.csv"]\npiers = "p.csv"'),
    ("p.csv", "", "id,name,lon,lat\np1,甲码头,122.45,30.72\np2,乙码头,122.459,30.72\n"),
    (
        "b.csv",
        "",
        "line,trip,from_pier,to_pier,departs,arrives,days,valid_from,valid_to\n甲线,T1,p1,p2,07:00,07:30,每天,,\n",
    ),
]
BOX = '{"type":"Feature","properties":{"name":"%s"},"geometry":{"type":"Polygon","coordinates":[[[%s,30.71],[%s,30.71],[%s,30.73],[%s,30.73],[%s,30.71]]]}}'
LAND = BOX % ("甲岛", "122.44", "122.4605", "122.4605", "122.44", "122.44")
OTHER = BOX % ("乙岛", "122.465", "122.47", "122.47", "122.465", "122.465")
ISLANDS: list[Edit] = [
    ("area.toml", ENTRY, f'{ENTRY}\nland = "l.geojson"'),
    ("l.geojson", "", f'{{"type":"FeatureCollection","features":[\n{LAND},\n{OTHER}\n]}}\n'),
]
FEED = {
    "agency": "agency_id,agency_name,agency_url,agency_timezone\nA,A,https://example.org,Asia/Shanghai\n",
    "stops": "stop_id,stop_name,stop_lat,stop_lon\na,A,30.72,122.45\nb,B,30.72,122.459\n",
    "routes": "route_id,route_short_name,route_long_name,route_type\nr,R,,4\n",
    "trips": "route_id,service_id,trip_id\nr,s,t\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt,08:00:00,08:00:00,a,1\nt,09:00:00,09:00:00,b,2\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ns,1,1,1,1,1,1,1,20240101,20241231\n",
}
GTFS: list[Edit] = [
    ("area.toml", ENTRY, f'{ENTRY}\nboats = [{{ gtfs = "g" }}]'),
    *((f"g/{name}.txt", "", text) for name, text in FEED.items()),
]
FLOORS = LAND.replace('"name":"甲岛"', '"floors":"三层"')
NETWORK_END = "\n]}\n"


SPOTS = ((1, 122.45, 30.72), (2, 122.453, 30.72), (3, 122.459, 30.72), (4, 122.453, 30.719))
WAYS = ((1, "residential", 1, 2), (2, "footway", 2, 3), (3, "path", 2, 4))
NODE = '<node id="%s" version="1" lon="%s" lat="%s"/>\n'
WAY = '<way id="%s" version="1"><nd ref="%s"/><nd ref="%s"/><tag k="highway" v="%s"/></way>\n'
OSM: list[Edit] = [
    ("area.toml", '"n.geojson"', '"n.osm"'),
    ("n.osm", "", '<osm version="0.6">\n' + "".join(NODE % spot for spot in SPOTS) + "".join(WAY % (i, a, b, kind) for i, kind, a, b in WAYS) + "</osm>\n"),
]  # fmt: skip
VERTEX = '<node id="%s"><data key="x">%s</data><data key="y">%s</data></node>\n'
ARC = '<edge source="%s" target="%s"><data key="h">%s</data></edge>\n'
KEYS = "".join(
    f'<key id="{key}" for="{of}" attr.name="{name}" attr.type="string"/>'
    for key, of, name in (
        ("c", "graph", "crs"),
        ("x", "node", "x"),
        ("y", "node", "y"),
        ("h", "edge", "highway"),
        ("g", "edge", "geometry"),
    )
)
GRAPH: list[Edit] = [
    ("area.toml", '"n.geojson"', '"n.graphml"'),
    ("n.graphml", "", f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{KEYS}<graph edgedefault="undirected"><data key="c">EPSG:4326</data>\n' + "".join(VERTEX % spot for spot in SPOTS) + "".join(ARC % (a, b, kind) for _, kind, a, b in WAYS) + "</graph></graphml>\n"),
]  # fmt: skip


def section(text: str) -> Edit:
    """Put further sections in front of [walk]."""
    return "area.toml", "[walk]\n", f"{text}\n[walk]\n"


def swapped(before: list[Edit], file: str, good: str, bad: str) -> Case:
    """Return a case in which one text of a file is broken and mended."""
    return [*before, (file, good, bad)], [(file, bad, good)]


def osm(good: str, bad: str) -> Case:
    return swapped(OSM, "n.osm", good, bad)


def graph(good: str, bad: str) -> Case:
    return swapped(GRAPH, "n.graphml", good, bad)


def boat(good: str, bad: str) -> Case:
    return swapped(BOATS, "b.csv", good, bad)


def feed(file: str, good: str, bad: str) -> Case:
    return swapped(GTFS, f"g/{file}.txt", good, bad)


def rule(bad: str, good: str) -> Case:
    """Return a case of lines under a rule's category, wrong and mended."""
    return [("area.toml", RULE, RULE + bad)], [("area.toml", bad, good)]


def hours(bad: str, good: str) -> Case:
    return given("opening_hours", bad, HOURS), [("f.csv", bad, good)]


def totals(bad: str, good: str, *more: Edit) -> Case:
    head = "乡镇,人口,age_60_plus\n"
    return [*more, ("area.toml", ENTRY, f'{ENTRY}\ntotals = "tot.csv"'), ("tot.csv", "", head + bad)], [
        ("tot.csv", bad, good)
    ]


def moment(bad: str, good: str, zone: str = "") -> Case:
    zoned = [("area.toml", "crs = ", f'time_zone = "{zone}"\ncrs = ')] if zone else []
    return [*zoned, section(f'[[moments]]\nid = "m"\nat = "{bad}"\n')], [("area.toml", bad, good)]


def factors(bad: str, good: str) -> Case:
    more = [section('[[populations]]\nid = "s"\nfactors = "x.csv"\n'), ("x.csv", "", f"township_code,factor\n{bad}")]
    return more, [("x.csv", bad, good)]


CASES: dict[str, Case] = {
    # hours and moments
    "hours-contradict": hours("周一休息；周一8:00-12:00", "周一8:00-12:00"),
    "hours-no-such-day": hours("2月30日 8:00-9:00", "2月28日 8:00-9:00"),
    "hours-other-calendar": hours("农历逢3、6、9", "周三8:00-12:00"),
    "hours-vague": hours("8:00-17:00，夏季略有延长", "8:00-17:00"),
    "hours-season-undated": (given("opening_hours", "8:30-12:00（夏季8:00-12:00）", HOURS), [section('[hours]\nsummer = "05-01/09-30"\n')]),
    "hours-session-untimed": (given("opening_hours", "每周二、四下午", HOURS), [section('[hours]\nafternoon = "13:30-17:00"\n')]),
    "hours-year-unannounced": ([*given("opening_hours", "Mo-Fr 08:00-18:00; PH off", HOURS), *moment("2031-05-15T11:30", "")[0]], [("area.toml", "2031-05-15T11:30", "2024-05-15T11:30")]),
    "moment-unreadable": moment("noon", "2024-05-15T11:30"),
    "moment-skipped": moment("2024-03-31T02:30", "2024-03-31T02:30+01:00", "Europe/Malta"),
    "moment-twice": moment("2024-10-27T02:30", "2024-10-27T02:30:00+02:00", "Europe/Malta"),
    "time-zone-unknown": ([("area.toml", "crs = ", 'time_zone = "Beijing"\ncrs = ')], [("area.toml", "Beijing", "Asia/Shanghai")]),
    "rule-when-measure": ([("area.toml", 'measure = "population_share"', 'measure = "facility_count"\nwhen = "2024-05-15T11:30"')], [("area.toml", "facility_count", "population_share")]),
    "rule-when-clause": rule('when = "2024-05-15T11:30"\nwithin = { radius_m = 1000 }\n', 'when = "2024-05-15T11:30"\n'),
    # boats
    "boat-pier-unknown": boat("p1,p2", "p9,p2"),
    "boat-time-unreadable": boat("07:00", "7点半"),
    "boat-days-missing": ([*BOATS, ("b.csv", "每天", "")], [("b.csv", "07:30,,,", "07:30,每天,,")]),
    "boat-days-unreadable": boat("每天", "看天气"),
    "boat-arrives-first": boat("07:30", "06:30"),
    "boat-goes-nowhere": boat("p1,p2", "p1,p1"),
    "boat-trip-broken": ([*BOATS, ("b.csv", "每天,,\n", "每天,,\n甲线,T1,p1,p2,09:00,09:30,每天,,\n")], [("b.csv", "T1,p1,p2,09", "T2,p1,p2,09")]),
    "boat-after-midnight": boat("07:00,07:30", "25:10,25:40"),
    "boat-never-runs": boat("每天,,", "每天,2019-01-01,2019-12-31"),
    "boat-over-land": ([*ISLANDS, *BOATS, ("p.csv", "122.45,", "122.4604,")], [("p.csv", "122.459,", "122.4651,")]),
    "pier-at-sea": swapped([*ISLANDS, *BOATS], "p.csv", "122.459,30.72\n", "122.463,30.76\n"),
    "pier-far": swapped(BOATS, "p.csv", "122.459,30.72", "122.459,30.726"),
    "pier-unplaced": swapped(BOATS, "p.csv", "乙码头,122.459,30.72", "乙码头,,"),
    "no-sailing-unreadable": ([*BOATS, ("area.toml", 'piers = "p.csv"', 'piers = "p.csv"\nno_sailing = "s.csv"'), ("s.csv", "", "from,to,probability\n7月24日,,\n")], [("s.csv", "7月24日,,", "2024-07-24,2024-07-25,1")]),
    "journey-without-boats": ([section('[[journeys]]\nid = "j"\nto = { category = "clinic" }\nleave = ["07:00"]\n')], BOATS),
    "journey-without-time": ([*BOATS, section('[[journeys]]\nid = "j"\nto = { category = "clinic" }\n')], [("area.toml", 'to = { category = "clinic" }\n', 'to = { category = "clinic" }\nleave = ["07:00"]\n')]),
    "journey-to": ([*BOATS, section('[[journeys]]\nid = "j"\nto = { category = "clinic", pier = "p1" }\nleave = ["07:00"]\n')], [("area.toml", ', pier = "p1"', "")]),
    "gtfs-file-missing": ([edit for edit in GTFS if "stops" not in edit[0]], [("g/stops.txt", "", FEED["stops"])]),
    "gtfs-column-missing": feed("trips", "route_id,service_id,trip_id\nr,s,t", "route_id,trip_id\nr,t"),
    "gtfs-unknown-id": feed("trips", "r,s,t", "r,daily,t"),
    "gtfs-left-out": ([*GTFS, ("g/routes.txt", "R,,4\n", "R,,4\nq,Q,,3\n")], [("area.toml", 'gtfs = "g"', 'gtfs = "g", buses = true')]),
    "gtfs-bad-date": feed("calendar", "20240101", "2024-01-01"),
    "gtfs-bad-sequence": feed("stop_times", "b,2", "b,1"),
    "gtfs-ends-blank": feed("stop_times", "t,09:00:00,09:00:00,b", "t,,,b"),
    "gtfs-goes-back": feed("stop_times", "09:00:00,09:00:00", "07:00:00,07:00:00"),
    "gtfs-one-stop": ([*GTFS, ("g/stop_times.txt", "t,09:00:00,09:00:00,b,2\n", "")], [("g/stop_times.txt", "a,1\n", "a,1\nt,09:00:00,09:00:00,b,2\n")]),
    "gtfs-bad-frequency": ([*GTFS, ("g/frequencies.txt", "", "trip_id,start_time,end_time,headway_secs\nt,10:00:00,11:00:00,0\n")], [("g/frequencies.txt", ",0\n", ",1200\n")]),
    "gtfs-transfer-cycle": ([*GTFS, ("g/trips.txt", "r,s,t\n", "r,s,t\nr,s,u\n"), ("g/stop_times.txt", "b,2\n", "b,2\nu,10:00:00,10:00:00,b,1\nu,11:00:00,11:00:00,a,2\n"), ("g/transfers.txt", "", "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id\nb,b,4,,t,u\na,a,4,,u,t\n")], [("g/transfers.txt", "a,a,4,,u,t\n", "")]),
    "boat-zones-differ": ([*BOATS, *GTFS[1:], ("g/agency.txt", "Asia/Shanghai", "Europe/Malta"), ("area.toml", '["b.csv"]', '["b.csv", { gtfs = "g" }]')], [("area.toml", ', { gtfs = "g" }', "")]),
    # several populations, totals
    "population-of": ([section('[[populations]]\nid = "s"\n')], [("area.toml", '[[populations]]\nid = "s"\n', '[[populations]]\nid = "s"\ncolumn = "age_60_plus"\n')]),
    "population-column": ([section('[[populations]]\nid = "s"\ncolumn = "summer"\n')], [("r.csv", "plus", "plus,summer"), ("r.csv", "10,4", "10,4,20"), ("r.csv", "20,5", "20,5,30")]),
    "factor-twice": factors("T1,3\nT1,2\n", "T1,3\n"),
    "factor-unknown": factors("T9,3\nT1,2\n", "ALL,3\nT1,2\n"),
    "factor-missing": ([("t.geojson", TOWN, TOWN + ",\n" + TOWN2), ("r.csv", B, B + "\nc,122.475,30.72,5,1"), *factors("T2,3\n", "")[0]], [("x.csv", "T2,3\n", "T2,3\nALL,1\n")]),
    "total-township-unknown": totals("T9,30,9\n", "T1,30,9\n"),
    "total-factor": totals("T1,100,30\n", "T1,30,9\n"),
    "total-missing": totals("T2,5,1\n", "T2,5,1\nT1,30,9\n", ("t.geojson", TOWN, TOWN + ",\n" + TOWN2)),
    "total-without-points": ([("t.geojson", TOWN, TOWN + ",\n" + TOWN2), *totals("T1,30,9\nT2,5,1\n", "")[0]], [("r.csv", B, B + "\nc,122.475,30.72,5,1")]),
    "total-group-exceeds": totals("T1,30,40\n", "T1,30,9\n"),
    "totals-do-not-add-up": totals("T1,30,9\nALL,50,9\n", "T1,30,9\nALL,30,9\n"),
    # rules
    "rule-within-one": rule("within = { radius_m = 1000, network_m = 1000 }\n", "within = { radius_m = 1000 }\n"),
    "rule-exempt-empty": rule('exempt = { of = "island" }\n', 'exempt = { of = "island", population_below = 1 }\n'),
    "rule-at-least-empty": ([("area.toml", RULE, "at_least = {}\n")], [("area.toml", "at_least = {}", "at_least = { clinic = 1 }")]),
    "rule-class-key": rule('by_class = { rural = { status = "assumed" } }\n', ""),
    "rule-class-value": rule("by_class = { rural = { limit_min = -5 } }\n", "by_class = { rural = { limit_min = 5 } }\n"),
    "rule-within-and-limit": rule("within = { radius_m = 1000 }\nlimit_min = 10\n", "limit_min = 10\n"),
    "rule-kind-twice": ([("area.toml", RULE, 'categories = ["clinic", "clinic"]\n')], [("area.toml", '"clinic", "clinic"', '"clinic"')]),
    "rule-kinds-without-categories": ([("area.toml", RULE, RULE + "kinds_at_least = 1\n")], [("area.toml", RULE, 'categories = ["clinic"]\n')]),
    "rule-more-kinds-than-named": ([("area.toml", RULE, 'categories = ["clinic"]\nkinds_at_least = 2\n')], [("area.toml", "kinds_at_least = 2", "kinds_at_least = 1")]),
    "rule-adopted-unread": ([("area.toml", RULE, RULE + 'confidence = "secondary"\n')], [("area.toml", "adopted", "proposed")]),
    "rule-group-unknown": rule('group = "age_0_3"\n', 'group = "age_60_plus"\n'),
    "rule-limit-beyond-horizon": rule("limit_min = 90\n", "limit_min = 30\n"),
    "rule-clause-measure": ([("area.toml", 'measure = "population_share"', 'measure = "facility_count"\nwithin = { radius_m = 1000 }')], [("area.toml", "facility_count", "population_share")]),
    "rule-needs-table": ([("area.toml", "population_share", "land_share")], [("area.toml", ENTRY, f'{ENTRY}\nresidential_land = "l.geojson"'), ("l.geojson", "", f'{{"type":"FeatureCollection","features":[{LAND}]}}')]),
    "rule-no-target-yet": ([("area.toml", THRESHOLD, "targets = { 2030 = 0.9 }\n")], [("area.toml", "{ 2030", "{ 2020 = 0.8, 2030")]),
    "rule-exempt-unknown": rule('exempt = { codes = ["T9"] }\n', 'exempt = { codes = ["T1"] }\n'),
    "rules-assumed": ([("area.toml", '"adopted"', '"assumed"')], [("area.toml", '"assumed"', '"adopted"')]),
    "township-without-class": ([("t.geojson", '"rural"', '""'), ("area.toml", 'applies_to = "all"', 'applies_to = "rural"')], [("t.geojson", '"class":""', '"class":"rural"')]),
    "path-not-a-file": ([("area.toml", '"r.csv"', '"https://example.org/r.csv"')], [("area.toml", "https://example.org/r.csv", "r.csv")]),
    "path-outside": ([("area.toml", '"r.csv"', '"../r.csv"')], [("area.toml", "../r.csv", "r.csv")]),
    # doors
    "entrance-far": (doors("f2,122.459,30.7222\n"), [("e.csv", "30.7222", "30.7201")]),
    "entrance-not-joined": (doors("f2,122.459,30.723\n"), [("e.csv", "30.723", "30.72")]),
    "entrance-at-sea": ([*ISLANDS, *doors("f2,122.4627,30.72\n")], [("e.csv", "122.4627", "122.459")]),
    "entrance-island": ([*ISLANDS, *doors("f2,122.4651,30.72\n")], [("e.csv", "122.4651", "122.459")]),
    # tables
    "id-date": ([("f.csv", "f2", "2024-01-02"), ("f.csv", "122.459,30.72\n", "122.459,30.72\nf3,丙卫生院,clinic,T1,existing,5,122.459,30.7201\nf4,丁卫生院,clinic,T1,existing,5,122.459,30.7202\n")], [("f.csv", "2024-01-02", "f2")]),
    "lon-lat-metres": ([("r.csv", B, "b,447331.2,3400000.5,20,5")], [("r.csv", "447331.2,3400000.5", "122.4501,30.72")]),
    "row-too-short": ([("r.csv", "age_60_plus", "age_60_plus,备注"), ("r.csv", "10,4", "10,4,好")], [("r.csv", "20,5", "20,5,好")]),
    "columns-unused": ([("f.csv", "status,", "联系人,"), ("f.csv", "existing", "王某"), ("f.csv", "existing", "李某")], [("f.csv", "联系人,", "status,"), ("f.csv", "王某", "existing"), ("f.csv", "李某", "existing")]),
    "group-reserved": ([("r.csv", "age_60_plus", "island")], [("r.csv", "island", "age_60_plus")]),
    "xy-zone": ([(file, old, new.replace("447", "41447", 1).replace("446", "41446", 1) if old.startswith(("a,", "b,")) else new) for file, old, new in metres("EPSG:4550")], [("area.toml", ENTRY, 'residents = { file = "r.csv", crs = "EPSG:4529" }')]),
    "same-name": ([("f.csv", "乙卫生院", "甲卫生院"), ("f.csv", "122.459,30.72", "122.469,30.729")], [("f.csv", "f2,甲", "f2,乙"), ("f.csv", "122.469,30.729", "122.459,30.72")]),
    "header-two-lines": ([("r.csv", "id,lon,lat,population,age_60_plus", "id,位置,,population,age_60_plus\n,lon,lat,,")], [("r.csv", "id,位置,,population,age_60_plus\n,lon,lat,,", "id,lon,lat,population,age_60_plus")]),
    "note-unread": ([("f.csv", "existing,20", "existing（二期）,20")], [("f.csv", "existing（二期）", "existing")]),
    "title-note-unread": ([("f.csv", "capacity", "capacity（折算）")], [("f.csv", "capacity（折算）", "capacity")]),
    "people-title": ([("r.csv", "population", "户数"), ("area.toml", ENTRY, 'residents = { file = "r.csv", columns = { population = "户数" } }')], [("r.csv", "户数", "人口数"), ("area.toml", '"户数"', '"人口数"')]),
    "groups-needed": ([("r.csv", "age_60_plus", "基数")], [("area.toml", ENTRY, 'residents = { file = "r.csv", groups = ["基数"] }')]),
    "text-lost": ([("f.csv", "乙卫生院", "锟斤拷锟斤拷")], [("f.csv", "锟斤拷锟斤拷", "乙卫生院")]),
    "coordinates-order": ([("r.csv", "lon,lat", "坐标"), ("r.csv", "122.45,30.72", '"14.5,35.9"'), ("r.csv", "122.4501,30.72", '"14.6,35.9"')], [("r.csv", "坐标", "lon,lat"), ("r.csv", '"14.5,35.9"', "122.45,30.72"), ("r.csv", '"14.6,35.9"', "122.4501,30.72")]),
    "degrees-other-axis": ([("r.csv", B, "b,N30.72,E122.4501,20,5")], [("r.csv", "N30.72,E122.4501", "E122.4501,N30.72")]),
    "datum-in-title-other": ([("r.csv", "lon,lat", "经度（百度）,纬度（百度）"), ("area.toml", ENTRY, 'residents = { file = "r.csv", crs = "wgs84" }')], [("r.csv", "（百度）", ""), ("r.csv", "（百度）", "")]),
    "code-rounded": ([("f.csv", "f1", "3309221000010010000"), ("f.csv", "f2", "3309221000010020000")], [("f.csv", "3309221000010010000", "3309221000010010017"), ("f.csv", "3309221000010020000", "3309221000010020025")]),
    # OpenStreetMap and GraphML
    "osm-deleted": osm('<way id="3" version="1">', '<way id="3" version="1" action="delete">'),
    "osm-way-cut": ([*OSM, ("n.osm", '<way id="3" version="1"><nd ref="2"/>', '<way id="3" version="1"><nd ref="2"/><nd ref="4"/><nd ref="9"/>')], [("n.osm", "</osm>", ""), ("n.osm", '<way id="1"', NODE % (9, 122.4531, 30.719) + '<way id="1"'), ("n.osm", '"path"/></way>\n', '"path"/></way>\n</osm>')]),
    "osm-way-dropped": osm('<way id="3" version="1"><nd ref="2"/><nd ref="4"/>', '<way id="3" version="1"><nd ref="2"/>'),
    "osm-node-twice": ([*OSM, ("n.osm", '<node id="4"', NODE % (2, 122.4535, 30.72) + '<node id="4"')], [("n.osm", NODE % (2, 122.4535, 30.72), "")]),
    "osm-way-twice": ([*OSM, ("n.osm", '"path"/></way>\n', '"path"/></way>\n' + WAY % (3, 2, 4, "path"))], [("n.osm", '"path"/></way>\n' + WAY % (3, 2, 4, "path"), '"path"/></way>\n')]),
    "osm-lines-closed": osm('"path"', '"motorway"'),
    "osm-no-streets": ([*OSM, *(("n.osm", '"highway"', '"railway"') for _ in range(3))], [("n.osm", '"railway"', '"highway"')] * 3),
    "osm-not-osm": osm('<osm version="0.6">', '<html version="0.6">'),
    "graphml-node-nowhere": graph(VERTEX % (4, 122.453, 30.719), '<node id="4"></node>\n'),
    "graphml-edge-nowhere": graph('source="2" target="4"', 'source="2" target="7"'),
    "graphml-crs": graph("EPSG:4326", "local"),
    "graphml-edge-geometry": graph('"h">path</data>', '"h">path</data><data key="g">POINT (1 1)</data>'),
    "graphml-broken": graph("</graph></graphml>", "</graph>"),
    # streets and land
    "network-nothing-passable": ([("n.geojson", f'"{kind}"', '"motorway"') for kind in ("residential", "footway", "path")], [("n.geojson", '"motorway"', f'"{kind}"') for kind in ("residential", "footway", "path")]),
    "ends-nearly-meet": ([("n.geojson", "[[122.453,30.72],[122.459", "[[122.453002,30.72],[122.459")], [("n.geojson", "122.453002", "122.453")]),
    "lines-far": ([("n.geojson", "[122.453,30.719]", "[0,0]")], [("n.geojson", "[0,0]", "[122.453,30.719]")]),
    "no-township": ([("r.csv", B, B + "\nc,122.4301,30.72,5,1")], [("r.csv", "122.4301", "122.4502")]),
    "fragment-snap": ([("n.geojson", NETWORK_END, ",\n" + LINE % ("footway", "[[122.4586,30.7202],[122.4594,30.7202]]") + NETWORK_END), ("f.csv", F2, F2.replace("30.72", "30.7202"))], [("n.geojson", "[[122.4586,30.7202],", "[[122.459,30.72],[122.4586,30.7202],")]),
    "lines-differ-in-height": ([("n.geojson", "[[122.45,30.72],[122.453,30.72]]", "[[122.45,30.72,3],[122.453,30.72,3]]"), ("n.geojson", "[[122.453,30.72],[122.459,30.72]]", "[[122.453,30.72,13],[122.459,30.72,13]]")], [("n.geojson", "[122.453,30.72,13]", "[122.453,30.72,3]")]),
    "geometry-not-finite": ([("n.geojson", "[122.453,30.719]", "[122.453,NaN]")], [("n.geojson", "NaN", "30.719")]),
    "geometry-broken": ([("n.geojson", "[122.453,30.719]", '["x",30.719]')], [("n.geojson", '"x"', "122.453")]),
    "crs-does-not-fit": ([("n.geojson", "[122.453,30.719]", "[447225,3400605]")], [("n.geojson", "[447225,3400605]", "[122.453,30.719]")]),
    "crs-unknown": ([("n.geojson", '"FeatureCollection",', '"FeatureCollection","crs":{"type":"name","properties":{"name":"嵊泗独立坐标系"}},')], [("n.geojson", '"crs":{"type":"name","properties":{"name":"嵊泗独立坐标系"}},', "")]),
    "at-sea": ([*ISLANDS, ("r.csv", B, B + "\nc,122.475,30.7,5,1")], [("r.csv", "122.475,30.7", "122.4503,30.72")]),
    "off-land": ([*ISLANDS, ("r.csv", B, B + "\nc,122.4612,30.72,5,1")], [("r.csv", "122.4612", "122.4604")]),
    "townships-one-name": ([("t.geojson", TOWN, TOWN + ",\n" + TOWN2.replace("乙镇", "甲镇")), ("r.csv", B, B + "\nc,122.475,30.72,5,1")], [("t.geojson", '"T2","name":"甲镇"', '"T2","name":"乙镇"')]),
    "land-floors": ([("area.toml", "population_share", "land_share"), ("area.toml", ENTRY, f'{ENTRY}\nresidential_land = "l.geojson"'), ("l.geojson", "", f'{{"type":"FeatureCollection","features":[{FLOORS}]}}')], [("l.geojson", '"三层"', "3")]),
    "slope-too-steep": ([("n.geojson", '"highway":"path"}', '"highway":"path","ele_from_m":3,"ele_to_m":300}')], [("n.geojson", '"ele_to_m":300', '"ele_to_m":4')]),
}  # fmt: skip
SOME = (
    "lines-far",
    "boat-time-unreadable",
    "gtfs-goes-back",
    "total-factor",
    "rule-class-value",
    "entrance-not-joined",
)


@pytest.mark.parametrize(
    "code", [code if code in SOME else pytest.param(code, marks=pytest.mark.long) for code in CASES]
)
def test_what_a_message_advises_works(code: str, tmp_path: Path) -> None:
    """The finding appears, the advised change makes it go away, and the minutes are right again."""
    broken, fixed = CASES[code]
    before = edited(BASE, broken)
    after = edited(before, fixed)
    (tmp_path / "g").mkdir()
    found, _ = reported(tmp_path, before)
    assert code in found
    found, minutes = reported(tmp_path, after)
    assert code not in found
    assert minutes == pytest.approx(MINUTES, abs=1e-4)
