"""``circles desk``: a server of one's own machine, from the lock on the folder to the last page closed."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn

from circles.desk.app import create_app
from circles.desk.asking import Desk
from circles.desk.guard import Limits
from circles.desk.identity import Keys
from circles.desk.jobs import Jobs
from circles.desk.workspace import Workspace
from circles.foundation import errors
from circles.foundation.budgets import maximum
from circles.foundation.errors import CallError
from circles.foundation.words import Lang

HOST = "127.0.0.1"
_CONNECTIONS = 600
_AFTER_LAST_PAGE_S = 45.0


def serve(
    folder: Path, *, port: int | None, lang: Lang, opened: Callable[[str], None], is_stopped_by_closing: bool
) -> None:
    """Serve the desk on a folder until it is stopped.

    Parameters
    ----------
    folder : the workspace; made where it is missing
    port : of 127.0.0.1; a free one where left out
    lang : language of pages and of what commands write
    opened : called with the address, token and all, once pages are answered
    is_stopped_by_closing : whether the last page that is closed ends the desk, unless a command is at work

    Raises
    ------
    CallError
        The folder cannot be used, another desk works on it, the port is taken.
    """
    if folder.exists() and not folder.is_dir():
        raise CallError(errors.error("desk-folder", str(folder), path=str(folder), detail=folder.name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise CallError(errors.error("desk-folder", str(folder), path=str(folder), detail=e.strerror or str(e))) from e
    limits = Limits(upload_bytes=round(maximum("CIRCLES_MAX_UPLOAD_MB") * 1e6))
    space = Workspace(folder)
    with contextlib.closing(_listening(port)) as door:
        number = door.getsockname()[1]
        with space.locked(f"{HOST}:{number}"):
            _serve(space, door, number, lang=lang, limits=limits, opened=opened, is_stopped=is_stopped_by_closing)


def _serve(
    space: Workspace, door: socket.socket, port: int, *, lang: Lang, limits: Limits, opened: Callable[[str], None],
    is_stopped: bool,
) -> None:  # fmt: skip
    jobs = Jobs(space.root, space.own / "jobs")
    pages = _Pages(jobs)
    desk = Desk(space, jobs, Keys(), lang, stop=lambda: None)
    hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})
    app = create_app(desk, hosts=hosts, cookie=f"circles-desk-{port}", seen=pages.seen, limits=limits)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=2,
            proxy_headers=False,
        )
    )

    def stop() -> None:
        server.should_exit = True

    desk.stop = stop
    done = threading.Event()
    watchers = [
        threading.Thread(target=_said_when_ready, args=(server, done, opened, desk.keys.token, port), daemon=True)
    ]
    if is_stopped:
        watchers.append(threading.Thread(target=pages.watch, args=(done, stop), daemon=True))
    for watcher in watchers:
        watcher.start()
    try:
        server.run(sockets=[door])
    finally:
        done.set()
        jobs.stop()


def _said_when_ready(
    server: uvicorn.Server, done: threading.Event, opened: Callable[[str], None], token: str, port: int
) -> None:
    while not server.started:
        if done.wait(0.02):
            return
    opened(f"http://{HOST}:{port}/?token={token}")


def _listening(port: int | None) -> socket.socket:
    """Return a socket that listens on loopback only, and shares its port with nobody."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
            door.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009 - exists there only
        else:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((HOST, port or 0))
        door.listen(1024)
    except (OSError, OverflowError) as e:
        door.close()
        detail = getattr(e, "strerror", None) or str(e)
        raise CallError(errors.error("desk-port", "--port", value=port, detail=detail)) from e
    return door


class _Pages:
    """How many pages are open in browsers."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._open = 0
        self._last = 0.0

    def seen(self, change: int) -> None:
        """Count a page that was opened or closed."""
        with self._lock:
            self._open += change
            self._last = time.monotonic()

    def watch(self, done: threading.Event, stop: Callable[[], None]) -> None:
        """Stop the desk some time after the last page was closed, unless a command is at work."""
        while not done.wait(1.0):
            with self._lock:
                is_over = self._last > 0 and not self._open and time.monotonic() - self._last > _AFTER_LAST_PAGE_S
            if is_over and not self._jobs.is_busy():
                stop()
                return
