"""What the desk leaves is what its commands leave: each is run again in another folder, and every byte is compared."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing

import pytest
from desk_server import ROOT, desk, finished, send
from test_desk_ledger import MONTH, PAGE, ROLES, UNIT, filled, take
from test_new_area import osm_file

from circles.foundation.words import text
from circles.plan.ledger import open_ledger
from circles.plan.reading import shipped_plan

pytestmark = [pytest.mark.long, pytest.mark.skipif(os.name == "nt", reason="commands are shown for sh")]


def nine_rows(file):
    """Write a bureau's spreadsheet: a running number, words of its own, a row to leave out, one with its coordinates exchanged."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", "名称", "类型", "经度", "纬度", "床位"])
    words = ["托育机构", "社区卫生服务站", "卫生院", "托育机构", "其他", "社区卫生服务站", "卫生院", "托育机构", "其他"]
    for at, word in enumerate(words, 1):
        lon, lat = 10.001 + 0.003 * at, 50.004 + 0.0001 * at
        sheet.append([at, f"第{at}处", word, lat if at == 4 else lon, lon if at == 4 else lat, 10 * at])
    book.save(file)
    return file


def content(folder):
    """Return every file below a folder but the desk's own notes: its name and the digest of its bytes, a run's seconds aside."""

    def digest(file):
        data = file.read_bytes()
        if file.name == "run.json":
            said = json.loads(data)
            said.pop("seconds", None)
            data = json.dumps(said).encode()
        return hashlib.sha256(data).hexdigest()

    return {
        item.relative_to(folder).as_posix(): digest(item)
        for item in sorted(folder.rglob("*"))
        if item.is_file() and item.relative_to(folder).parts[0] != ".circles-desk"
    }


def test_the_desk_writes_what_its_commands_write(tmp_path):
    """Area, ready rules, mapped table, corrected copy, two runs, comparison: byte for byte those of the commands shown."""
    space, again = tmp_path / "我的 县", tmp_path / "again"
    space.mkdir()
    extract, table = osm_file(tmp_path, "land.osm"), nine_rows(tmp_path / "九行.xlsx")
    with desk(space) as running, running.client() as client:
        with extract.open("rb") as sent:
            page = send(client, "/new/upload", files={"file": ("land.osm", sent)}, page="/new")
        assert "Landkreis" in page.text
        made = send(client, "/new/land.osm", {"boundary": "40", "box": "", "name": ""}, page="/new/land.osm")
        assert finished(client, made)["state"] == "done"
        assert "four-kinds" in send(client, "/areas/landkreis/rules", {"rules": "four-kinds"}).text
        with table.open("rb") as sent:
            page = send(client, "/tables/landkreis/upload", files={"file": (table.name, sent)})
        assert "托育机构" in page.text
        here = f"/tables/landkreis/{table.name}"
        fixed = send(client, f"{here}/fix", {"all": "yes"}, page=here)
        assert "九行-" in str(fixed.url.path), fixed.text
        words = {"word-0": "childcare", "word-1": "clinic", "word-2": "clinic", "word-3": "-"}
        used = send(client, f"{fixed.url.path}/use", words, page=fixed.url.path)
        assert text("desk.by_command", "zh") in used.text
        for _ in range(2):
            answer = send(client, "/run", {"area": "landkreis"}, page="/maps")
            assert finished(client, answer)["state"] == "done"
        runs = [item.name for item in (space / "runs").iterdir()]
        slugs = sorted(f"runs-{name}" for name in runs)
        answer = send(client, "/compare", {"before": slugs[0], "after": slugs[1]}, page="/compare")
        assert finished(client, answer)["state"] == "done"
    jobs = [json.loads(item.read_text("ascii")) for item in sorted((space / ".circles-desk/jobs").glob("*/job.json"))]
    assert [job["kind"] for job in jobs] == ["new", "use", "fix", "use", "run", "run", "compare"]
    (again / "extracts").mkdir(parents=True)
    shutil.copy(extract, again / "extracts/land.osm")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for job in jobs:
        program, *args = shlex.split(job["shown"])
        assert program == "circles"
        done = subprocess.run([sys.executable, "-m", "circles", *args], cwd=again, env=env, capture_output=True, check=False)  # fmt: skip
        assert done.returncode == job["code"], done.stderr
        if job["kind"] == "new":
            shutil.copy(table, again / "landkreis" / table.name)
    assert content(space) == content(again)
    assert len(content(space)) > 40


def ledger_rows(file, root):
    """Return the rows of a ledger without the moments at which they were written, and without the chain made of those."""
    with closing(open_ledger(file, create=False)) as book:
        assert book.verify() == []
        rows = [row.columns() for row in book.entries()]
    timed = ("recorded_at", "prior", "hash")
    return [{key: str(value).replace(str(root), "") for key, value in row.items() if key not in timed} for row in rows]


def without_head(folder):
    """Return the parts of every file below a folder but the ledger's and the desk's, without the ledger's last hash, which papers name."""
    with closing(open_ledger(folder / "plan-ledger.sqlite", create=False)) as book:
        head = book.head().hash
    found = {}
    for item in sorted(folder.rglob("*")):
        name = item.relative_to(folder).as_posix()
        if item.is_file() and not name.startswith((".circles-desk", "plan-ledger")):
            parts = {"": item.read_bytes()}
            if item.suffix == ".docx":
                with zipfile.ZipFile(item) as book:
                    parts = {part: book.read(part) for part in book.namelist()}
            found[name] = {
                part: data.replace(head.encode(), b"").replace(head[:16].encode(), b"") for part, data in parts.items()
            }
    return found


def test_the_ledger_of_the_desk_is_that_of_its_commands(tmp_path):
    """A person registered, forms made, one returned, submitted, sent back, submitted, checked, accepted, a meeting's paper: the same rows, the same files."""
    space, again = tmp_path / "我的 县", tmp_path / "again"
    space.mkdir()
    again.mkdir()
    roles = "".join(f'\n[[roles]]\nperson = "{a}"\nunit = "{b}"\nrole = "{c}"\n' for a, b, c in ROLES)
    plan = shipped_plan().read_text("utf-8") + roles
    for folder in (space, again):
        (folder / "plan.toml").write_text(plan, encoding="utf-8")
    with desk(space) as running, running.client() as client:
        who = {"person": "新人", "unit": UNIT, "role": "reporter"}
        assert "notice good" in send(client, "/who/register", who, page="/who").text
        send(client, "/forms/make", {"period": MONTH}, page=PAGE)
        with filled(space, None).open("rb") as sent:
            page = send(client, "/forms/upload", {"period": MONTH}, {"file": ("回 来.xlsx", sent)}, page=PAGE)
        assert 'class="notice bad"' not in page.text
        steps = [("新人", "submit"), ("审", "return"), ("报", "submit"), ("审", "check"), ("办", "accept")]
        for person, step in steps:
            send(client, "/who", {"person": person}, page="/who")
            take(client, step)
        send(client, "/papers", {"meeting": "monthly", "period": MONTH}, page="/papers")
    jobs = [json.loads(item.read_text("ascii")) for item in sorted((space / ".circles-desk/jobs").glob("*/job.json"))]
    assert [job["kind"] for job in jobs] == ["people", "forms", "import", *["review"] * 5, "papers"]
    (again / "returned" / MONTH).mkdir(parents=True)
    shutil.copy(space / "returned" / MONTH / "回 来.xlsx", again / "returned" / MONTH)
    for job in jobs:
        done = subprocess.run([sys.executable, "-m", "circles", *shlex.split(job["shown"])[1:]], cwd=again, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)  # fmt: skip
        assert done.returncode == job["code"] == 0, done.stderr
    first, second = (ledger_rows(folder / "plan-ledger.sqlite", folder) for folder in (space, again))
    assert first == second
    assert sum(row["topic"] == "review" for row in first) == 5
    theirs, ours = (without_head(folder) for folder in (space, again))
    assert set(theirs) == set(ours)
    assert [name for name in theirs if theirs[name] != ours[name]] == []
    assert len(theirs) > 10


def test_what_the_page_offers_can_be_made(tmp_path):
    """Each boundary offered is one that the command takes: namesakes of one level by their number, and none that is cut off."""
    space = tmp_path / "w"
    (space / "extracts").mkdir(parents=True)
    osm_file(space / "extracts", "land.osm")
    with desk(space) as running, running.client() as client:
        page = client.get("/new/land.osm").text
        assert set(re.findall(r'name="boundary" value="(\w+)"', page)) == {"box", "40", "41", "42", "43"}
        made = send(client, "/new/land.osm", {"boundary": "42", "box": "", "name": ""}, page="/new/land.osm")
        assert finished(client, made)["state"] == "done"
    assert '"r42"' in (space / "ost" / "townships.geojson").read_text("utf-8")
