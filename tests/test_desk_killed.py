"""A desk that is killed at any moment: whatever its pages acknowledged is there afterwards, and the folder opens again."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
import time
from contextlib import closing

import httpx
import pytest
from desk_server import desk, finished, send
from test_desk_equals import nine_rows
from test_desk_ledger import MONTH, PAGE, ROLES, UNIT, filled
from test_new_area import osm_file

from circles.inputs.new_area import new_area
from circles.plan.ledger import open_ledger
from circles.plan.reading import load_plan, shipped_plan

pytestmark = [pytest.mark.long, pytest.mark.skipif(os.name == "nt", reason="kill -9 is not known there")]
ROUNDS = 4


def digest(folder):
    """Return one digest of every file below a folder."""
    found = hashlib.sha256()
    for item in sorted(folder.rglob("*")):
        if item.is_file():
            found.update(
                item.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(item.read_bytes()).digest()
            )
    return found.hexdigest()


def commands(pid):
    """Return the commands that a desk has started and what they have, as far as it can be seen here; not what only looks at files."""
    done = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=False)
    rows = [line.split(None, 2) for line in done.stdout.splitlines()]
    wave = {int(row[0]) for row in rows if int(row[1]) == pid and "circles.desk.started" in row[-1]}
    found = set()
    while wave:
        found |= wave
        wave = {int(row[0]) for row in rows if int(row[1]) in wave}
    return found


def living(pids):
    """Return those of some processes that are still there, mere entries aside."""
    done = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=False)
    rows = [line.split(None, 2) for line in done.stdout.splitlines()]
    return [row for row in rows if int(row[0]) in pids and not row[1].startswith("Z")]


class Work:
    """What people do at once on one desk, and what its pages acknowledged."""

    def __init__(self):
        self.steps, self.people, self.tables, self.runs = [], [], {}, {}

    def reviewed(self, running):
        """Submit and return one unit's figures in turn."""
        with running.client() as client:
            for name, step in [("报", "submit"), ("审", "return")] * 50:
                send(client, "/who", {"person": name}, page="/who")
                fields = {"period": MONTH, "unit": UNIT, "step": step, "reason": "口径"}
                page = send(client, "/forms/step", fields, page=PAGE)
                if page.status_code == 200 and 'class="notice good"' in page.text:
                    self.steps.append(step)

    def registered(self, running, at):
        """Register one person after another."""
        with running.client() as client:
            for number in range(99):
                name = f"人{at}甲{number}"
                page = send(client, "/who/register", {"person": name, "unit": UNIT, "role": "reporter"}, page="/who")
                if page.status_code == 200 and 'class="notice good"' in page.text:
                    self.people.append(name)

    def sent(self, running, at, folder):
        """Send one table after another."""
        with running.client() as client:
            for number in range(999):
                file = nine_rows(folder / f"{at}-{number}.xlsx")
                with file.open("rb") as source:
                    page = send(
                        client, "/tables/county/upload", files={"file": (file.name, source)}, page="/tables/county"
                    )
                if page.status_code == 200:
                    self.tables[file.name] = file.read_bytes()

    def run(self, running, space):
        """Make the map again and again."""
        with running.client() as client:
            while True:
                known = {item.name for item in (space / "runs").glob("*")}
                if finished(client, send(client, "/run", {"area": "county"}, page="/maps"))["state"] == "done":
                    (fresh,) = {item.name for item in (space / "runs").glob("[!.]*")} - known
                    self.runs[fresh] = digest(space / "runs" / fresh)


def until_killed(work, *arguments):
    """Work until the desk is gone."""
    try:
        work(*arguments)
    except (httpx.HTTPError, AssertionError, TypeError):  # no answer, or half a page without its form
        return


def checked(space, work):
    """Hold everything acknowledged against what is there."""
    with closing(open_ledger(space / "plan-ledger.sqlite", create=False)) as book:
        assert book.findings == ()
        assert book.verify() == []
        there = [row.status for row in book.entries() if row.topic == "review"]
    rows = len(there)
    assert len(work.steps) <= rows <= len(work.steps) + 1, "an acknowledged step is lost, or one was taken twice"
    work.steps += ["?"] * (rows - len(work.steps))  # taken, but the answer did not arrive
    named = {role.person for role in load_plan(space / "plan.toml").roles}
    assert set(work.people) <= named
    for name, content in work.tables.items():
        assert (space / "county" / name).read_bytes() == content
    for name, known in work.runs.items():
        assert digest(space / "runs" / name) == known
    for folder in (space / "runs").glob("[!.]*"):
        assert (folder / "run.json").is_file(), "a run that did not end is not there at all"


def test_a_killed_desk_loses_nothing_acknowledged(tmp_path):
    """Killed at random moments while three people write and a map is made: ledger, people, tables, results are as the pages said; nothing goes on."""
    space, chance = tmp_path / "我的 县", random.Random(25)
    space.mkdir()
    new_area(osm_file(tmp_path), space / "county", name="landkreis")
    roles = "".join(f'\n[[roles]]\nperson = "{a}"\nunit = "{b}"\nrole = "{c}"\n' for a, b, c in ROLES)
    (space / "plan.toml").write_text(shipped_plan().read_text("utf-8") + roles, encoding="utf-8")
    with desk(space) as running, running.client() as client:
        send(client, "/forms/make", {"period": MONTH}, page=PAGE)
        with filled(space, None).open("rb") as source:
            send(client, "/forms/upload", {"period": MONTH}, {"file": ("回来.xlsx", source)}, page=PAGE)
        assert finished(client, send(client, "/run", {"area": "county"}, page="/maps"))["state"] == "done"
    work, sent = Work(), tmp_path / "sent"
    sent.mkdir()
    for at in range(ROUNDS):
        with desk(space) as running:
            doing = [
                (work.reviewed, running), (work.registered, running, at), (work.sent, running, at, sent),
                *([(work.run, running, space)] if at % 2 else []),
            ]  # fmt: skip
            threads = [threading.Thread(target=until_killed, args=item, daemon=True) for item in doing]
            for thread in threads:
                thread.start()
            until, before = time.monotonic() + 60, len(work.steps)
            while len(work.steps) < before + 2 and time.monotonic() < until:
                time.sleep(0.1)
            time.sleep(chance.uniform(0, 5))
            below = commands(running.process.pid)
            running.stop(signal.SIGKILL)
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive()
            until = time.monotonic() + 40
            while living(below) and time.monotonic() < until:
                time.sleep(0.2)
            assert living(below) == [], "what it had started ends with it"
        with desk(space) as running, running.client() as client:
            for path in ("/", PAGE, "/jobs", "/maps", "/who", "/tables/county"):
                assert client.get(path).status_code == 200, path
            checked(space, work)
    assert len(work.steps) > 3
    assert work.people
    assert work.tables
