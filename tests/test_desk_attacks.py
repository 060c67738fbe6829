"""Attacks through the desk's forms: archives that climb, files that are none, slow senders, borrowed names, a run that is cancelled."""

from __future__ import annotations

import io
import socket
import time
import zipfile

import pytest
from desk_server import desk, finished, send, token
from test_new_area import osm_file

from circles.inputs.new_area import new_area

pytestmark = pytest.mark.long
PROBES = ("/files/forms/..%2f..%2f..%2fetc/passwd", "/files/forms/../plan.toml", "/files/papers/%2e%2e/area.toml", "/files/../../etc/passwd",
          "/files/evidence/x/y", "/files/.circles-desk/jobs/00001", "/files/slips/.circles-desk/desk.json", "/files/forms/%00/x")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A desk on a folder with a small county, beside a file that nobody may see."""
    home = tmp_path_factory.mktemp("home")
    (home / "secret.csv").write_text("id,name\n1,SECRET\n", encoding="ascii")
    folder = home / "w"
    folder.mkdir()
    new_area(osm_file(home), folder / "county", name="landkreis")
    with desk(folder) as found:
        found.folder = folder
        yield found


@pytest.fixture
def client(running):
    """A browser that has come in."""
    with running.client() as found:
        yield found


def archive(**files):
    """Return a zip with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in files.items():
            book.writestr(name, content)
    return made.getvalue()


TABLES = {
    "climbs.zip": archive(**{"../../../secret.csv": b"id,name\n1,x\n", "..\\..\\w.csv": b"x"}),
    "bomb.zip": archive(**{"a.csv": b"0" * 300_000_000}),
    "none.xlsx": b"<html>",
    "vrt.csv": b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "vrt.gpkg": b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>../../secret.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
    "empty.xlsx": b"",
    "markup.csv": '序号,名称,类型\n1,<script>alert(1)</script>,"<img src=x onerror=alert(1)>"\n'.encode(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_hostile_table_shows_nothing_of_others(running, client, name):
    """Archives that climb or unfold without end, files that are none and files that point elsewhere are told apart, inert."""
    page = send(client, "/tables/county/upload", files={"file": (name, TABLES[name])})
    assert page.status_code == 200
    assert "SECRET" not in page.text
    assert "root:" not in page.text
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert [
        item.name for item in running.folder.parent.iterdir() if item.name not in ("a.osm", "secret.csv", "w")
    ] == []
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", PROBES)
def test_no_file_but_the_papers(client, path):
    """Forms, slips and papers are sent by name; nothing beside them is."""
    assert client.get(path).status_code == 404


def test_who_works_is_not_taken_from_a_form(running, client):
    """A field ``by`` of a form changes nothing: the command is run by the person of the session."""
    send(client, "/who", {"person": "张三"}, page="/who")
    send(
        client,
        "/forms/step",
        {"period": "2024-05", "unit": "县医保局", "step": "submit", "by": "局长", "person": "局长"},
    )
    shown = client.get("/jobs").text
    assert "--by &#39;张三&#39;" in shown
    assert "局长" not in shown


FIELDS = [
    ("/forms/make", {"period": "--help"}), ("/forms/make", {"period": "2024-05/../../x"}), ("/forms/step", {"period": "2024-05", "unit": "--ledger", "step": "submit"}),
    ("/forms/step", {"period": "2024-05", "unit": "县医保局", "step": "freeze"}), ("/missing/upload", {"item": "--help", "step": "close"}),
    ("/missing/import", {"run": "../../etc"}), ("/papers", {"meeting": "--out=x"}), ("/papers", {"meeting": "monthly", "period": "--out"}),
    ("/site", {"area": "../county", "kind": "clinic", "number": "1", "objective": "cover"}), ("/site", {"area": "county", "kind": "--out", "number": "1", "objective": "cover"}),
    ("/site", {"area": "county", "kind": "clinic", "number": "1e9", "objective": "cover"}), ("/run", {"area": "../county"}), ("/compare", {"before": "x", "after": "../y"}),
    ("/areas/county/rules", {"rules": "../../secret"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields"), FIELDS)
def test_a_field_is_no_option(running, client, path, fields):
    """What a form says where a choice was offered is one of the choices, or no command is begun."""
    before = client.get("/jobs").text.count("<tr>")
    answer = client.post(path, data={"csrf": token(client.get("/")), **fields})
    assert answer.status_code in (200, 404)
    assert client.get("/jobs").text.count("<tr>") == before


def test_a_slow_sender_is_cut_off(running, client):
    """A form that is announced and then sent byte by byte, with pauses, ends; others are answered meanwhile."""
    cookie = "; ".join(f"{item.name}={item.value}" for item in client.cookies.jar)
    head = (
        f"POST /new/upload HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nOrigin: {running.base}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x"
    )
    with socket.create_connection(("127.0.0.1", running.port)) as line:
        line.settimeout(60)
        line.sendall(head.encode())
        began = time.monotonic()
        assert client.get("/").status_code == 200
        answer = line.recv(4096)
    assert b" 408 " in answer.split(b"\r\n")[0]
    assert time.monotonic() - began < 40
    assert not list((running.folder / "extracts").glob("*"))


def test_a_cancelled_run_leaves_what_was_there(running, client):
    """A run that is cancelled is said to be, leaves no folder behind, and the next one is begun."""
    answer = send(client, "/run", {"area": ""}, page="/maps")
    number = str(answer.url).rsplit("/", 1)[1]
    until = time.monotonic() + 60
    while client.get(f"/jobs/{number}/state").json()["stages"][0]["state"] != "now" and time.monotonic() < until:
        time.sleep(0.2)
    page = send(client, f"/jobs/{number}/cancel")
    assert finished(client, page)["state"] == "cancelled"
    assert "已取消" in client.get(f"/jobs/{number}").text
    assert not any((running.folder / "runs").glob("*")) if (running.folder / "runs").is_dir() else True
    answer = send(client, "/run", {"area": "county"}, page="/maps")
    assert finished(client, answer)["state"] == "done"
