"""Commands at work: started, watched stage by stage, cancelled, and remembered in the workspace when they end or die."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from circles.desk.commands import PROGRESS, Command, environment
from circles.foundation import atomic

State = Literal["running", "done", "failed", "cancelled", "lost"]
STRICT_IS_NOT_WRONG = (0, 1)
_GRACE_S = 8.0
_KEPT = 200
_MOST_OUTPUT = 200_000


@dataclass(frozen=True)
class Job:
    """One command: what it is for, how far it is, and what it said."""

    number: int
    kind: str
    about: str
    shown: str
    after: str
    """The page to go to when it has ended well."""
    state: State = "running"
    started: float = 0.0
    seconds: float = 0.0
    code: int | None = None
    stages: tuple[str, ...] = ()
    said: str = ""
    output: str = ""


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    is_cancelled: bool = False
    ended: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """All commands of a workspace, by number."""

    def __init__(self, root: Path, folder: Path, *, time_limit_s: float | None = None) -> None:
        self.root, self.folder, self.time_limit_s = root, folder, time_limit_s
        self._lock = threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._running: dict[int, _Running] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._remember()

    # --- asking ------------------------------------------------------------------------------------------------------

    def get(self, number: int) -> Job | None:
        """Return a job as it is now."""
        with self._lock:
            job = self._jobs.get(number)
        if job is not None and job.state == "running":
            return replace(job, stages=self._stages(number), seconds=time.time() - job.started)
        return job

    def all(self) -> list[Job]:
        """Return all jobs, the newest first."""
        with self._lock:
            numbers = sorted(self._jobs, reverse=True)
        return [job for number in numbers if (job := self.get(number)) is not None]

    def is_busy(self, *kinds: str) -> bool:
        """Return whether a command is at work, of these kinds where any are named."""
        with self._lock:
            return any(not kinds or self._jobs[number].kind in kinds for number in self._running)

    # --- doing -------------------------------------------------------------------------------------------------------

    def start(
        self, command: Command, *, kind: str, about: str, after: str, then: Callable[[Job], None] | None = None
    ) -> Job:
        """Start a command in the workspace.

        Parameters
        ----------
        command : what is started
        kind : what it is for, a key of the words ``job_<kind>``
        about : what it is about, as the page says it
        after : the page to go to when it has ended well
        then : called when it has ended, however it ended
        """
        with self._lock:
            number = max(self._jobs, default=0) + 1
            own = self._own(number)
            own.mkdir(parents=True, exist_ok=True)
            job = Job(number, kind, about, command.shown, after, started=time.time())
            process = _started(command.argv, self.root, own)
            self._jobs[number] = job
            running = self._running[number] = _Running(process)
            self._write(job)
        threading.Thread(target=self._watch, args=(number, running, then), daemon=True).start()
        return job

    def wait(self, number: int, seconds: float) -> Job | None:
        """Return a job when it has ended, or as it is after so many seconds."""
        with self._lock:
            running = self._running.get(number)
        if running is not None:
            running.ended.wait(seconds)
        return self.get(number)

    def cancel(self, number: int) -> None:
        """Interrupt a command as Ctrl-C does, and end it where it does not listen; what it had begun is cleared away by itself."""
        with self._lock:
            running = self._running.get(number)
            if running is None:
                return
            running.is_cancelled = True
        threading.Thread(target=_ended, args=(running.process,), daemon=True).start()

    def stop(self) -> None:
        """Cancel every command and wait for it."""
        with self._lock:
            numbers = list(self._running)
        for number in numbers:
            self.cancel(number)
        for number in numbers:
            self.wait(number, _GRACE_S + 2)

    # --- private -----------------------------------------------------------------------------------------------------

    def _own(self, number: int) -> Path:
        return self.folder / f"{number:05d}"

    def _watch(self, number: int, running: _Running, then: Callable[[Job], None] | None) -> None:
        try:
            code = running.process.wait(self.time_limit_s)
        except subprocess.TimeoutExpired:
            _ended(running.process)
            code = running.process.wait()
        if running.process.stdin is not None:
            with contextlib.suppress(OSError):
                running.process.stdin.close()
        own = self._own(number)
        with self._lock:
            job = self._jobs[number]
            state: State = "cancelled" if running.is_cancelled else "done" if code in STRICT_IS_NOT_WRONG else "failed"
            job = replace(
                job, state=state, code=code, seconds=time.time() - job.started, stages=self._stages(number),
                said=_text(own / "err"), output=_text(own / "out"),
            )  # fmt: skip
        if then is not None:
            with contextlib.suppress(OSError, ValueError):  # a note about it, not the thing itself
                then(job)
        with self._lock:
            self._jobs[number] = job
            del self._running[number]
            self._write(job)
        running.ended.set()

    def _stages(self, number: int) -> tuple[str, ...]:
        """Return the stages reached, each once; how far it is (``sure 12/64``) stands with a stage as it was noted last."""
        noted = (line.partition(" ") for line in _text(self._own(number) / "stages").splitlines())
        return tuple(f"{name} {far}".strip() for name, far in {name: far for name, _, far in noted}.items())

    def _write(self, job: Job) -> None:
        text = json.dumps(asdict(replace(job, output="", said=job.said[-4000:])), ensure_ascii=True)
        with contextlib.suppress(OSError):  # a full disk must not take the run with it
            atomic.write_file(self._own(job.number) / "job.json", text.encode("ascii"))

    def _remember(self) -> None:
        """Know the jobs of earlier starts; one that was at work when the desk died is lost, and said to be."""
        for own in sorted(self.folder.iterdir())[-_KEPT:]:
            try:
                said = json.loads((own / "job.json").read_text(encoding="ascii"))
                job = Job(**{**said, "stages": tuple(said["stages"])})
            except (OSError, ValueError, TypeError, KeyError):
                continue
            job = replace(job, state="lost") if job.state == "running" else job
            self._jobs[job.number] = replace(job, output=_text(own / "out"))


def _started(argv: list[str], root: Path, own: Path) -> subprocess.Popen[bytes]:
    """Start a command; the pipe to it, into which nothing is ever written, ends with us, and the command with the pipe."""
    env = environment(**{PROGRESS: str(own / "stages")})
    (own / "stages").write_bytes(b"")
    with (own / "out").open("wb") as out, (own / "err").open("wb") as err:
        if os.name == "nt":
            return subprocess.Popen(  # noqa: S603 - our own words
                argv, cwd=root, env=env, stdin=subprocess.PIPE, stdout=out, stderr=err,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        return subprocess.Popen(  # noqa: S603 - as above
            argv, cwd=root, env=env, stdin=subprocess.PIPE, stdout=out, stderr=err, start_new_session=True
        )


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process; where it goes on, end it with all that it started."""
    with contextlib.suppress(OSError, ValueError):
        process.send_signal(signal.SIGINT if os.name != "nt" else signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined,unused-ignore]
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as source:
            return source.read(_MOST_OUTPUT).decode("utf-8", "replace")
    except OSError:
        return ""
