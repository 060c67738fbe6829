"""A desk for tests: its own process on a folder, a client that has come in by the token, and what a form needs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Running:
    """A desk at work: ``address`` with its token, ``base`` without, the process."""

    def __init__(self, process, address):
        self.process = process
        self.address = address
        self.base = address.split("/?")[0]
        self.port = int(self.base.rsplit(":", 1)[1])

    @contextmanager
    def client(self):
        """Yield a client that has come in by the token, as a browser of this machine does."""
        httpx = pytest.importorskip("httpx")
        with httpx.Client(base_url=self.base, timeout=120, follow_redirects=True) as client:
            assert client.get(self.address).status_code == 200
            client.headers["origin"] = self.base
            yield client

    def stop(self, how=signal.SIGTERM):
        """End the desk."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)


@contextmanager
def desk(folder, *options, env=None, is_seen=False):
    """Start ``circles desk`` on a folder, and end it; with ``is_seen`` as a clerk does, its browser being this test's."""
    pytest.importorskip("starlette", reason="the extra desk is not installed: pip install .[desk]")
    process = started(folder, *options, env=env, is_seen=is_seen)
    line = process.stdout.readline().strip()
    assert line.startswith("http://127.0.0.1:"), (line, process.stderr.read())
    running = Running(process, line)
    try:
        yield running
    finally:
        running.stop()
        process.stdout.close()
        process.stderr.close()


def started(folder, *options, env=None, is_seen=False):
    """Start ``circles desk`` and return the process."""
    argv = [sys.executable, "-m", "circles", "desk", str(folder), *(() if is_seen else ("--no-browser",)), *options]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    own = {**kept, "BROWSER": "true", "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own, cwd=folder.parent)


def token(page):
    """Return what a page's forms carry."""
    return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]


def send(client, path, data=None, files=None, page="/"):
    """Send a form of a page."""
    fields = {"csrf": token(client.get(page)), **(data or {})}
    return client.post(path, data=fields, files=files)


def finished(client, answer, seconds=300):
    """Return the state of the job that an answer watches, when it has ended."""
    number = re.search(r"/jobs/(\d+)", str(answer.url))[1]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = client.get(f"/jobs/{number}/state").json()
        if state["state"] != "running":
            return state
        time.sleep(0.2)
    raise AssertionError(f"job {number} takes longer than {seconds} s")
