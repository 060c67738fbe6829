"""Ledgers to test on: a file, and a PostgreSQL server of our own on the loopback."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from circles.plan.ledger import open_ledger


def _postgres_folder() -> Path | None:
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")), shutil.which("postgres")]
    return Path(found[0]).resolve().parent if found[0] else None


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL server of our own on a free loopback port, stopped by its process at the end."""
    folder = _postgres_folder()
    if folder is None or os.name != "posix":
        pytest.skip("no PostgreSQL server programs here (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg")
    home = Path(tempfile.mkdtemp(prefix="circles-pg-"))
    whose = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        import pwd

        nobody = pwd.getpwnam("nobody")
        whose = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    options = {"cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **whose}
    subprocess.run(
        [folder / "initdb", "-D", home / "d", "-A", "trust", "-U", "plan", "-E", "UTF8", "--locale=C"],
        check=True,
        **options,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [folder / "postgres", "-D", home / "d", "-p", str(port), "-h", "127.0.0.1", "-k", home], **options
    )
    try:
        admin = sa.create_engine(f"postgresql+psycopg://plan@127.0.0.1:{port}/postgres", isolation_level="AUTOCOMMIT")
        for _ in range(100):
            with contextlib.suppress(sa.exc.OperationalError), admin.connect():
                break
            time.sleep(0.1)
        yield admin, port
        admin.dispose()
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request, tmp_path):
    """Where a fresh ledger can be kept: a file, or a schema of its own on the server."""
    return str(tmp_path / "ledger.sqlite") if request.param == "sqlite" else schema_of_its_own(request, tmp_path)


def schema_of_its_own(request, tmp_path):
    """Return the place of a fresh ledger on the PostgreSQL server."""
    admin, port = request.getfixturevalue("postgres")
    name = f"l{random.Random(str(tmp_path)).getrandbits(40):x}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    return f"postgresql+psycopg://plan@127.0.0.1:{port}/postgres?options=-csearch_path%3D{name}"


@pytest.fixture
def book(location):
    """A fresh, open ledger."""
    ledger = open_ledger(location)
    yield ledger
    ledger.close()
