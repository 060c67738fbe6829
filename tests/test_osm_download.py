"""Downloads, against a real server on the loopback address that behaves like Overpass, its moods included."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import shapely

from circles.foundation.errors import DownloadError, InputError
from circles.inputs.osm import download
from circles.inputs.osm.download import Server, download_streets, place_shape
from circles.network.passability import passable

CRS = "EPSG:32633"
BOX = (14.30, 35.90, 14.45, 35.95)
TWO_TILES = (14.20, 35.90, 14.30, 35.95)

NODES = {
    1: (14.20, 35.90),
    2: (14.24, 35.90),
    3: (14.26, 35.90),
    4: (14.30, 35.90),
    5: (14.40, 35.94),
    6: (14.41, 35.94),
}
WAYS = {
    10: ([1, 2, 3, 4], {"highway": "residential", "name": "甲路"}),
    11: ([5, 6], {"highway": "steps"}),
    12: ([4, 5], {"route": "ferry"}),
    13: ([3, 5], {"highway": "motorway"}),
}


def answer(south: float, west: float, north: float, east: float) -> str:
    """Overpass XML of the ways that have a node in the box, with all their nodes."""
    inside = {n for n, (x, y) in NODES.items() if west <= x <= east and south <= y <= north}
    ways = {w: v for w, v in WAYS.items() if inside & set(v[0])}
    refs = sorted({ref for nodes, _ in ways.values() for ref in nodes})
    parts = [f'<node id="{n}" version="1" lat="{NODES[n][1]}" lon="{NODES[n][0]}"/>' for n in refs]
    for number, (nodes, tags) in ways.items():
        nd = "".join(f'<nd ref="{n}"/>' for n in nodes)
        parts.append(
            f'<way id="{number}" version="1">{nd}{"".join(f"<tag k={k!r} v={v!r}/>" for k, v in tags.items())}</way>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><osm version="0.6" generator="Overpass API">' + "".join(parts) + "</osm>"
    )


class Overpass(ThreadingHTTPServer):
    """A server with a list of moods, one for each request to come; then it answers properly."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moods: list[str] = []
        self.queries: list[str] = []
        self.paths: list[str] = []
        self.places: list[dict] = []

    @property
    def url(self) -> str:
        """The server's own address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        """Stay silent."""

    def reply(self, status: int, body: str, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        """Send an answer, perhaps with a length that it does not have."""
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        """Answer the status page and the geocoder."""
        self.server.paths.append(self.path)
        if self.path.startswith("/status"):
            return self.reply(
                200, "Connected as: 1\nRate limit: 2\nSlot available after: 2024-01-01T00:00:00Z, in 1 seconds.\n"
            )
        mood = self.server.moods.pop(0) if self.server.moods else ""
        if mood == "cut json":
            return self.reply(200, '[{"geojson": {"type": "Poly')
        if mood:
            return self.reply(int(mood), "busy")
        return self.reply(200, json.dumps(self.server.places))

    def do_POST(self):
        """Answer a query, or fail in the way that is due."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = urllib.parse.parse_qs(body)["data"][0]
        self.server.queries.append(query)
        xml = answer(*map(float, re.search(r"\((-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)\)", query).groups()))
        mood = self.server.moods.pop(0) if self.server.moods else ""
        match mood:
            case "":
                self.reply(200, xml)
            case "retry":
                self.reply(429, "<html>Too Many Requests</html>", {"Retry-After": "0"})
            case "cut":
                self.reply(200, xml[: len(xml) // 2])
            case "cut connection":
                self.reply(200, xml[: len(xml) // 2], length=len(xml))
            case "remark":
                self.reply(
                    200, xml.replace("</osm>", "<remark> runtime error: Query timed out after 180 s. </remark></osm>")
                )
            case "hang":
                time.sleep(1.5)
                self.close_connection = True
            case "trickle":
                self.send_response(200)
                self.end_headers()
                for _ in range(30):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            case _:
                self.reply(int(mood), "<html>error</html>")


@pytest.fixture
def overpass():
    server = Overpass()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def ask(overpass):
    """Settings for that server: quick, and few attempts."""
    return Server(overpass.url, overpass.url, timeout_s=0.5, attempts=3, pause_s=0.01, max_pause_s=0.05)


def test_a_box_gives_streets_by_the_same_rules(overpass, ask, tmp_path):
    """Node ids, tags, every component and the ferries arrive; motorways and ferries are closed by the rules, not lost."""
    seen = []
    streets, findings = download_streets(
        BOX, crs=CRS, cache=tmp_path, server=ask, progress=lambda done, all_: seen.append((done, all_))
    )
    assert streets.lines["street_id"].tolist() == [10, 11, 12, 13]
    assert streets.lines["name"].tolist()[0] == "甲路"
    assert streets.vertex_id.tolist() == [1, 2, 3, 4, 5, 6, 4, 5, 3, 5]
    assert passable(streets.lines).tolist() == [True, True, False, False]
    assert seen == [(1, 1)]
    assert not [f for f in findings if f.severity == "error"]
    assert "[out:xml][timeout:" in overpass.queries[0]


def test_tiles_are_cached_and_merged(overpass, ask, tmp_path):
    """A street in two tiles is there once; the second time nothing is asked; a neighbour shares the tile."""
    streets, findings = download_streets(TWO_TILES, crs=CRS, cache=tmp_path, server=ask)
    assert len(overpass.queries) == 2
    assert (streets.lines["street_id"] == 10).sum() == 1
    assert "osm-way-twice" not in {f.code for f in findings}
    again, _ = download_streets(TWO_TILES, crs=CRS, cache=tmp_path, server=ask)
    download_streets(BOX, crs=CRS, cache=tmp_path, server=ask)
    assert len(overpass.queries) == 2
    assert np.array_equal(again.xy, streets.xy)


@pytest.mark.parametrize("mood", ["retry", "429", "504", "503", "cut", "cut connection", "remark", "hang", "trickle"])
def test_one_failure_is_survived(mood, overpass, ask, tmp_path):
    """Refusals, gateway and server time-outs, broken and slow answers are asked again, after a pause."""
    overpass.moods = [mood]
    streets, _ = download_streets(BOX, crs=CRS, cache=tmp_path, server=ask)
    assert len(streets.lines) == 4
    assert len(overpass.queries) == 2
    if mood == "429":
        assert "/status" in overpass.paths


@pytest.mark.parametrize("mood", ["429", "504", "cut", "remark", "hang"])
def test_lasting_failure_ends_with_the_file_to_use_instead(mood, overpass, ask, tmp_path):
    """After the attempts allowed there is one clear error that names the file; nothing wrong is cached."""
    overpass.moods = [mood] * 3
    with pytest.raises(DownloadError) as caught:
        download_streets(BOX, crs=CRS, cache=tmp_path, server=ask)
    assert caught.value.findings[0].code == "download-no-answer"
    assert ".osm.pbf" in caught.value.render("zh")
    assert ".osm.pbf" in caught.value.render("en")
    assert len(overpass.queries) == 3
    assert list(tmp_path.iterdir()) == []
    assert len(download_streets(BOX, crs=CRS, cache=tmp_path, server=ask)[0].lines) == 4


def test_an_interrupted_download_goes_on_where_it_stopped(overpass, ask, tmp_path):
    """The tile that arrived is not asked for again."""
    overpass.moods = ["", "504", "504", "504"]
    with pytest.raises(DownloadError) as caught:
        download_streets(TWO_TILES, crs=CRS, cache=tmp_path, server=ask)
    assert caught.value.findings[0].values["done"] == 1
    overpass.queries.clear()
    assert (download_streets(TWO_TILES, crs=CRS, cache=tmp_path, server=ask)[0].lines["street_id"] == 10).sum() == 1
    assert len(overpass.queries) == 1


def test_a_bad_query_is_not_repeated(overpass, ask, tmp_path):
    """An answer that will not change (400) ends the attempt at once."""
    overpass.moods = ["400"]
    with pytest.raises(DownloadError):
        download_streets(BOX, crs=CRS, cache=tmp_path, server=ask)
    assert len(overpass.queries) == 1


def test_nobody_there_is_reported(tmp_path):
    """A refused connection is a DownloadError."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}", attempts=2, pause_s=0.01, timeout_s=0.5)
    with pytest.raises(DownloadError):
        download_streets(BOX, crs=CRS, cache=tmp_path, server=server)


def test_the_server_may_not_make_us_wait_for_ever(overpass, ask, tmp_path, monkeypatch):
    """Pauses grow, follow what the server asks, and never exceed the limit."""
    pauses = []
    monkeypatch.setattr(download, "sleep", pauses.append)
    overpass.moods = ["429", "504"]
    server = Server(overpass.url, overpass.url, timeout_s=2, attempts=3, pause_s=5, max_pause_s=7)
    download_streets(BOX, crs=CRS, cache=tmp_path, server=server)
    assert pauses == [5, 7]


def test_a_place_name_becomes_its_polygon(overpass, ask, tmp_path):
    """The first area the geocoder knows is used, cached, and downloaded tile by tile."""
    square = shapely.box(*BOX)
    overpass.places = [
        {"geojson": {"type": "Point", "coordinates": [0, 0]}},
        {"geojson": json.loads(shapely.to_geojson(square))},
    ]
    assert place_shape("嵊泗县", cache=tmp_path, server=ask).equals(square)
    assert urllib.parse.parse_qs(urllib.parse.urlparse(overpass.paths[0]).query)["q"] == ["嵊泗县"]
    streets, _ = download_streets("嵊泗县", crs=CRS, cache=tmp_path, server=ask)
    assert len(overpass.paths) == 1
    assert len(streets.lines) == 4


@pytest.mark.parametrize("places", [[], [{"geojson": {"type": "Point", "coordinates": [0, 0]}}], [{}], {"error": 1}])
def test_a_place_without_extent_is_reported(places, overpass, ask, tmp_path):
    """An unknown place, or one that is only a point, names the file to use instead."""
    overpass.places = places
    with pytest.raises(DownloadError) as caught:
        download_streets("无此地", crs=CRS, cache=tmp_path, server=ask)
    assert caught.value.findings[0].code == "download-no-place"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mood", ["cut json", "504"])
def test_the_geocoder_is_asked_again(mood, overpass, ask, tmp_path):
    """A cut-off or refused answer of the geocoder is asked for again."""
    overpass.moods = [mood]
    overpass.places = [{"geojson": json.loads(shapely.to_geojson(shapely.box(*BOX)))}]
    assert place_shape("x", cache=tmp_path, server=ask).area > 0


def test_too_large_an_extent_is_refused_before_asking(overpass, ask, tmp_path):
    """A continent, or a box that is no box, is not asked of a public server."""
    for box in ((-180.0, -80.0, 180.0, 80.0), (100.0, 20.0, 105.0, 25.0)):
        with pytest.raises(DownloadError) as caught:
            download_streets(box, crs=CRS, cache=tmp_path, server=ask)
        assert caught.value.findings[0].code == "download-too-large"
    assert overpass.queries == []


def test_an_extent_without_streets_is_an_input_error(ask, tmp_path):
    """The open sea holds no street, and the error says so."""
    with pytest.raises(InputError) as caught:
        download_streets((10.0, 10.0, 10.1, 10.1), crs=CRS, cache=tmp_path, server=ask)
    assert caught.value.findings[0].code == "osm-no-streets"
