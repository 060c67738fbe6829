"""The desk refuses what did not come from its own pages on this machine, and bears what is thrown at it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import threading

import pytest
from desk_server import desk, send, started, token

pytest.importorskip("starlette", reason="the extra desk is not installed: pip install .[desk]")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk") / "工作 文件夹"
    folder.mkdir()
    with desk(folder) as found:
        found.folder = folder
        yield found


@pytest.fixture
def client(running):
    with running.client() as found:
        yield found


def raw(running, method, path, headers=None, *, host=None):
    """Return status and headers of a request that is written by hand."""
    line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        line.putrequest(method, path, skip_host=True)
        line.putheader("Host", host or f"127.0.0.1:{running.port}")
        for name, value in (headers or {}).items():
            line.putheader(name, value)
        line.endheaders()
        answer = line.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        line.close()


FOREIGN_HOSTS = ("evil.example", "evil.example:{port}", "127.0.0.1:1", "0.0.0.0:{port}", "[::1]:{port}", "127.0.0.1.evil.example:{port}", "")  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_no_other_name_is_answered(running, client, host):
    """A name that is rebound to this machine gets nothing, cookie or not."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    assert raw(running, "GET", "/", {"Cookie": cookie}, host=host.format(port=running.port) or " ")[0] in (400, 421)


ORIGINS = (
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://localhost",
    "http://127.0.0.1:{port}.evil.example",
    None,
)


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", ["/stop", "/run", "/new/upload", "/compare"])
def test_no_other_site_changes_anything(running, client, origin, path):
    """A form of another site is refused although the browser sends the cookie and it guessed the form's token."""
    fields = {"csrf": token(client.get("/"))}
    headers = {} if origin is None else {"origin": origin.format(port=running.port)}
    del client.headers["origin"]
    assert client.post(path, data=fields, headers=headers).status_code == 403
    assert running.process.poll() is None


def test_every_form_needs_its_own_token(running, client):
    """What is sent without the session's own token changes nothing, on every route that takes a form."""
    from circles.desk.pages import ROUTES

    for route in ROUTES:
        if route.methods == {"POST"}:
            path = route.path.replace("{number}", "1").replace("{", "").replace("}", "")
            for value in (None, "", "x" * 43, "é"):
                assert client.post(path, data={} if value is None else {"csrf": value}).status_code == 403, path
    with running.client() as other:
        assert client.post("/stop", data={"csrf": token(other.get("/"))}).status_code == 403


def test_nobody_comes_in_without_the_token(running):
    """Without the token there is neither a page nor a file; a wrong one does not help; other desks' cookies do not."""
    import httpx

    with httpx.Client(base_url=running.base) as stranger:
        for path in (
            "/",
            "/?token=",
            "/?token=x",
            "/?token=%00",
            "/maps",
            "/static/desk.js",
            "/alive",
            "/runs/x/index.html",
            "/nothing",
        ):
            answer = stranger.get(path)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), path
        stranger.cookies.set(f"circles-desk-{running.port}", "eyJlbnRlcmVkIjogdHJ1ZX0=.abc.def")
        assert stranger.get("/").status_code == 403


def test_pages_say_what_a_browser_may_do(client):
    """Each page forbids foreign scripts, frames and sniffing, is kept nowhere, and its cookie stays on its own site."""
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


def test_cookie_stays_on_its_site(running):
    """The session's cookie is sent to the desk's own pages only, and scripts do not see it."""
    import httpx

    with httpx.Client(base_url=running.base) as fresh:
        said = fresh.get(running.address).headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said


TRAVERSALS = (
    "/runs/..%2f..%2fetc/passwd", "/runs/runs-x/..%2f..%2f..%2fetc%2fpasswd", "/areas/..", "/areas/..%2f..", "/new/..%2fsecret.osm.pbf",
    "/new/%2fetc%2fpasswd", "/static/..%2fapp.py", "/static/%2e%2e%2fapp.py", "/areas/%00", "/runs/maps-..%5c..%5cwindows/x", "/jobs/-1", "/jobs/1e9",
)  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(running, path):
    """A name that climbs out of the workspace is no page."""
    with running.client() as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    assert raw(running, "GET", path, {"Cookie": cookie})[0] in (400, 404)


def test_links_out_of_the_folder_are_not_there(running, client, tmp_path):
    """A link in the workspace that points elsewhere is no area, no extract and no result."""
    (tmp_path / "area.toml").write_text('[area]\nid = "x"\nname = "geheim"\n', encoding="utf-8")
    link = running.folder / "elsewhere"
    link.symlink_to(tmp_path, target_is_directory=True)
    try:
        assert client.get("/areas/elsewhere").status_code == 404
        assert "geheim" not in client.get("/").text
    finally:
        link.unlink()


@pytest.mark.parametrize(
    "name",
    ["../../x.osm.pbf", "..\\..\\x.osm.pbf", "/etc/x.osm.pbf", "C:\\x.osm.pbf", "con.osm.pbf", ".x.osm.pbf", "-x.osm.pbf", "a\u202ebf\n.osm.pbf", "长" * 300 + ".osm.pbf"],
)  # fmt: skip
def test_a_file_is_kept_under_a_plain_name(running, client, name):
    """Whatever name a file is sent under, it is kept in its folder of the workspace and nowhere else."""
    before = {item for item in running.folder.parent.rglob("*") if item.is_file()}
    client.follow_redirects = False  # what is in it is not looked at here
    answer = send(client, "/new/upload", files={"file": (name, b"nothing")}, page="/new")
    new = {item for item in running.folder.parent.rglob("*") if item.is_file()} - before
    kept = [item for item in new if ".circles-desk" not in item.parts]
    assert answer.status_code == 303
    assert [item.parent for item in kept] == [running.folder / "extracts"]
    assert kept[0].name[0] not in ".-"
    assert len(kept[0].name.encode()) <= 200
    kept[0].unlink()


def test_too_much_is_refused_before_it_is_sent(running, client):
    """2 GB that are announced, and 3 MB of a form that are not, are refused; nothing of them is kept."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    own = {"Cookie": cookie, "Origin": running.base, "Content-Type": "multipart/form-data; boundary=x"}
    assert raw(running, "POST", "/new/upload", {**own, "Content-Length": "2147483648"})[0] == 413
    assert raw(running, "POST", "/new/upload", {**own, "Content-Length": "9" * 40})[0] in (400, 413)

    def endless():
        for _ in range(60):
            yield b"x" * 100_000

    assert client.post(
        "/run", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"}
    ).status_code in (400, 413)
    assert running.process.poll() is None


def test_many_at_once_are_all_answered(running, client):
    """200 requests at the same time get their page, and the desk goes on."""
    import httpx

    found = []
    with httpx.Client(
        base_url=running.base, cookies=client.cookies, timeout=120, limits=httpx.Limits(max_connections=200)
    ) as own:
        threads = [threading.Thread(target=lambda: found.append(own.get("/new").status_code)) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [200] * 200


def test_strange_requests_do_not_end_it(running, client):
    """Half a request, no request, methods nobody has, and headers without end are borne."""
    for data in (b"", b"\x00\xff", b"GET", b"GET / HTTP/1.1\r\nHost: x", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 200_000):  # fmt: skip
        with socket.create_connection(("127.0.0.1", running.port)) as line:
            line.sendall(data)
    for method in ("PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT"):
        assert raw(running, method, "/")[0] >= 400
    assert client.get("/").status_code == 200


def test_one_desk_at_a_time(running):
    """A second desk on the folder says where the first is and ends with 2; so does one whose port is taken."""
    second = started(running.folder)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (2, "")
    assert "desk-locked" in err
    assert str(running.port) in err
    other = started(running.folder.parent, "--port", str(running.port))
    _, err = other.communicate(timeout=60)
    assert other.returncode == 2
    assert "desk-port" in err


def test_a_desk_that_died_leaves_its_folder_free(tmp_path):
    """After a kill the folder opens again, and a run that was at work is said to be broken off."""
    folder = tmp_path / "w"
    folder.mkdir()
    with desk(folder) as first:
        first.process.kill()
        first.process.wait()
    lost = {
        "number": 1,
        "kind": "run",
        "about": "嵊泗县",
        "shown": "circles run",
        "after": "/",
        "state": "running",
        "stages": [],
    }
    own = folder / ".circles-desk" / "jobs" / "00001"
    own.mkdir(parents=True)
    (own / "job.json").write_text(json.dumps(lost), encoding="ascii")
    with desk(folder) as second, second.client() as client:
        assert "上次运算中断：嵊泗县" in client.get("/").text
        assert send(client, "/stop").status_code == 200
        assert second.process.wait(20) == 0


@pytest.mark.parametrize("given", ["file", "missing/../file"])
def test_a_folder_that_is_none_is_refused(tmp_path, given):
    """A file is no workspace: exit code 2 and one clear line."""
    (tmp_path / "file").write_text("x", encoding="ascii")
    (tmp_path / "missing").mkdir()
    process = started(tmp_path / given)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "desk-folder" in err
    assert "Traceback" not in err


def test_missing_extra_is_said(tmp_path):
    """Without the extra, the command says what to install and ends with 2."""
    import sys

    code = (
        "import sys, importlib.util as u; own = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'uvicorn' else own(name, *a)\n"
        "from circles.cli import main; sys.argv = ['circles', 'desk', 'w']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "desk-extra" in done.stderr
