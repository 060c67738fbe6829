"""The parent's side: one child process for all files of a run, ended when the context manager ends.

A file whose reader crashes, runs on or eats memory costs the child, never the run: the parent reports it, and the next
file is read by a new child.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from circles.foundation import budgets, errors
from circles.foundation.errors import InputError
from circles.inputs.guards.child import frames
from circles.inputs.guards.child.job import Job

_START = "import json,sys;sys.path[:]=json.loads(sys.argv[1]);from circles.inputs.guards.child.worker import main;main(*sys.argv[2:3] or [None])"
_ROOT = str(Path(__file__).resolve().parents[4])
_ENVIRONMENT = {
    "OGR_SKIP": "OGR_VRT,VRT,WFS,OAPIF,HTTP,PLScenes,Elastic,CSW,AmigoCloud,Carto,NGW,GMLAS",
    "CPL_CURL_ENABLE_VSIMEM": "NO", "GDAL_PAM_ENABLED": "NO", "OGR_SQLITE_LOAD_EXTENSIONS": "", "CPL_LOG": os.devnull,
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "RUST_BACKTRACE": "0",
}  # fmt: skip
"""GDAL without virtual and networked formats; one thread, so that memory can be counted."""
_ENDED_BY_TIME = {getattr(signal, name, None) for name in ("SIGPROF", "SIGXCPU")} - {None}
_IN_PIECES = ("raster-window",)
"""Orders for a part of a file, of which a large one has many; each has the whole time."""
_LEAST_S = 0.2
"""What an order may take of the processor though the file's others have used up all."""
_QUOTA = 1816
"""Windows' code for a process that its job has ended: not enough quota."""


_FIRST_ORDER = {
    ".gpkg": "layer", ".shp": "layer", ".parquet": "parquet", ".xlsx": "workbook", ".tif": "raster-info",
    ".tiff": "raster-info",
}  # fmt: skip
"""Ending of a file's name → the order whose library will be needed."""


@dataclass(frozen=True)
class Read:
    """What the child answered: the JSON of the head, and the bytes that followed, piece by piece."""

    head: Any
    pieces: tuple[bytes, ...]


@dataclass(frozen=True)
class _Asked:
    """An order, and how to speak of its file: name, size, the finding's code where the reader fails, what it may take."""

    order: dict[str, Any]
    table: str
    size: int
    code: str
    may: budgets.Budget
    key: tuple[str, int, int]

    @property
    def memory(self) -> str:
        """Return the memory that it may take, for findings."""
        return f"{self.may.memory_bytes / 1e6:.0f} MB"


class _Died(Exception):
    """The child ended, or was ended, before its answer was complete."""

    def __init__(self, *, is_costly: bool, detail: str) -> None:
        super().__init__(detail)
        self.is_costly = is_costly


class Child:
    """A process that reads files; it is started when it is first needed, and again when it has died.

    Parameters
    ----------
    folder : the one folder into which it may write (libosmium does); none where left out
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._job = Job()
        self._answered = 0
        self._spent_s: dict[tuple[str, int, int], float] = {}
        self._lock = threading.Lock()

    def load(self, *orders: str) -> None:
        """Start the process and have it load the libraries of these orders, without waiting for it."""
        with self._lock, contextlib.suppress(OSError, InputError):
            self._send({"do": "load", "orders": orders})

    def load_for(self, names: Iterable[str]) -> None:
        """Start the process and have it load what it needs for files of these names, without waiting for it."""
        wanted = {order for name in names for ending, order in _FIRST_ORDER.items() if name.lower().endswith(ending)}
        if wanted:
            self.load(*sorted(wanted))

    def ask(
        self, order: dict[str, Any], *, file: Path, table: str, weight_bytes: int | None = None,
        code: str = "file-broken", budget: budgets.Budget | None = None,
    ) -> Read:  # fmt: skip
        """Have an order carried out; all orders for one file share the processor's time that it may take.

        Parameters
        ----------
        order : ``do`` and what it needs; the path of ``file`` is added to it
        file : the file to read
        table : its name for findings
        weight_bytes : bytes of the file once unfolded; its size and that of its parts beside it where left out
        code : the finding's code where the reader fails
        budget : what it may take; by its weight where left out

        Raises
        ------
        InputError
            The reader failed or ended its process (``code``), took too much time or memory (``file-too-costly``), or
            refused what it found.
        ModuleNotFoundError
            The reader's library is not installed.
        """
        path, size, changed = _stated(file)
        may = budget or budgets.budget(weight_bytes or size + _parts_bytes(file))
        key = (path, size, changed)
        spent_s = 0.0 if order["do"] in _IN_PIECES else self._spent_s.get(key, 0.0)
        left_s = max(_LEAST_S, may.cpu_s - spent_s)
        full = {"file": path, "memory_bytes": may.memory_bytes, "cpu_s": left_s} | order
        asked = _Asked(full, table, size, code, may, key)
        with self._lock:
            is_used = self._answered > 0
            try:
                return self._answer(asked)
            except _Died as e:
                if not is_used or e.is_costly:
                    _raise_died(e, asked)
            try:  # a file read before may have left harm behind: once more, by a process that has read nothing else
                return self._answer(asked)
            except _Died as e:
                _raise_died(e, asked)

    def close(self) -> None:
        """End the process, and wait until it has ended."""
        with self._lock:
            self._end()

    def _answer(self, asked: _Asked) -> Read:
        process = self._send(asked.order, asked.may)
        is_late = threading.Event()

        def late() -> None:
            is_late.set()
            process.kill()

        clock = threading.Timer(asked.may.wall_s, late)
        clock.daemon = True
        clock.start()
        try:
            return self._received(process, asked)
        except InputError:
            raise
        except (OSError, ValueError) as e:
            is_swollen = isinstance(e, _Swollen)
            ended = _ended(process, is_waited_for=not is_swollen)
            self._end()
            is_costly = is_late.is_set() or is_swollen or -ended in _ENDED_BY_TIME or ended == _QUOTA
            limit = asked.memory if is_swollen or ended == _QUOTA else f"{asked.may.cpu_s:.3g} s"
            raise _Died(is_costly=is_costly, detail=limit if is_costly else _exit_name(ended)) from e
        finally:
            clock.cancel()

    def _received(self, process: subprocess.Popen[bytes], asked: _Asked) -> Read:
        """Read frames until the answer is complete."""
        head: Any = None
        pieces: list[bytes] = []
        total, most = 0, asked.may.answer_bytes
        while True:
            letter, content = frames.read(_pipe(process), limit_bytes=max(most, frames.MAX_JSON_BYTES))
            total += len(content)
            if total > most:
                raise _Swollen
            if letter == frames.PIECE:
                pieces.append(content)
            elif letter == frames.HEAD:
                head = frames.loads(content)
            else:
                self._answered += 1
                if letter == frames.END:
                    spent = frames.loads(content)
                    if not isinstance(spent, (int, float)) or not spent >= 0:  # no child of ours says this
                        raise frames.Torn(str(spent)[:80])
                    self._spent_s[asked.key] = self._spent_s.get(asked.key, 0.0) + float(spent)
                    return Read(head, tuple(pieces))
                _raise_reported(letter, frames.loads(content), asked)

    def _send(self, order: dict[str, Any], may: budgets.Budget | None = None) -> subprocess.Popen[bytes]:
        """Write an order to a process that lives."""
        for is_last in (False, True):
            process = self._started()
            if may is not None:
                self._job.limit(memory_bytes=may.memory_bytes)
            try:
                if process.stdin is not None:
                    frames.write_json(process.stdin, frames.HEAD, order)
                    process.stdin.flush()
                break
            except OSError:  # it has died since it last answered
                self._end()
                if is_last:
                    raise
        return process

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        path = json.dumps([_ROOT, *(item for item in sys.path if item)])
        command = [sys.executable, "-I", "-S", "-c", _START, path]
        if self._folder is not None:
            command.append(str(self._folder))
        is_debugged = bool(os.environ.get("CIRCLES_DEBUG"))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell; file names travel as data
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | _ENVIRONMENT,
                stderr=None if is_debugged else subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, ValueError) as e:
            raise InputError(errors.error("reader-not-started", detail=str(e)[:200])) from e
        self._job.hold(self._process)
        return self._process

    def _end(self) -> None:
        process, self._process, self._answered = self._process, None, 0
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class _Swollen(OSError):
    """The answer is longer than it may be."""


_CURRENT: ContextVar[Child | None] = ContextVar("circles_reader", default=None)


@contextmanager
def reading(*loads: str) -> Iterator[Child]:
    """Yield the child that reads the files of this block: the one in use around it, or one that ends with it.

    Parameters
    ----------
    loads : orders whose libraries it loads at once, while we do other things
    """
    child = _CURRENT.get()
    if child is not None:
        yield child
        return
    child = Child()
    token = _CURRENT.set(child)
    try:
        if loads:
            child.load(*loads)
        yield child
    finally:
        _CURRENT.reset(token)
        child.close()


def ask(order: dict[str, Any], *, file: Path, table: str, **options: Any) -> Read:
    """Have the child of the current block, or one for this question, carry out an order: see :meth:`Child.ask`."""
    with reading() as child:
        return child.ask(order, file=file, table=table, **options)


def _ended(process: subprocess.Popen[bytes], *, is_waited_for: bool) -> int:
    """Return how the process ended, by itself if it does so soon, else by us."""
    if is_waited_for:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.5)
    process.kill()
    return process.wait()


def _pipe(process: subprocess.Popen[bytes]) -> Any:
    if process.stdout is None:
        raise frames.Torn("no pipe")
    return process.stdout


_PARTS = {".shp": (".dbf", ".shx"), ".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}
"""Ending of a file → endings of the files beside it that its reader reads as well."""


def _parts_bytes(file: Path) -> int:
    """Return the size of a file's parts beside it."""
    total = 0
    for ending in _PARTS.get(file.suffix.lower(), ()):
        for name in {file.with_suffix(ending), file.with_suffix(ending.upper())}:
            with contextlib.suppress(OSError, ValueError):
                total += name.stat().st_size
                break
    return total


def _stated(file: Path) -> tuple[str, int, int]:
    """Return a file's whole path, size and time of change: it is another file once it has been written anew."""
    path = str(file.resolve())
    try:
        about = file.stat()
    except (OSError, ValueError):
        return path, 0, 0
    return path, about.st_size, about.st_mtime_ns


def _raise_reported(letter: bytes, report: dict[str, Any], asked: _Asked) -> NoReturn:
    """Raise what the child says instead of an answer."""
    if letter == frames.REFUSED:
        item = errors.error(str(report["code"]), asked.table, report["row"], **report["values"])
        try:
            item.message()
        except (KeyError, TypeError, ValueError, IndexError) as e:  # no child of ours says this
            raise frames.Torn(str(report)[:80]) from e
        raise InputError(item)
    if letter != frames.FAILED:
        raise frames.Torn("no frame")
    if report["kind"] == "module":
        raise ModuleNotFoundError(report["detail"])
    if report["kind"] == "memory":
        raise InputError(errors.error("file-too-costly", asked.table, size=asked.size, limit=asked.memory))
    raise InputError(errors.error(asked.code, asked.table, detail=str(report["detail"])[:200]))


def _raise_died(died: _Died, asked: _Asked) -> NoReturn:
    if died.is_costly:
        raise InputError(errors.error("file-too-costly", asked.table, size=asked.size, limit=str(died))) from None
    detail = f"{asked.order['do']}: {died}; {asked.size} bytes"
    raise InputError(errors.error(asked.code, asked.table, detail=detail)) from None


def _exit_name(ended: int) -> str:
    """Return how a process ended, as systems call it."""
    if ended < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-ended).name
    return f"exit {ended & 0xFFFFFFFF:#x}" if ended > 255 else f"exit {ended}"
