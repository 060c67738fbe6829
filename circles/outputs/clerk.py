"""A second process that writes files while the first writes others.

Python runs one thread at a time, so documents written on a second thread would save nothing; and the libraries that
draw maps and write Word take a second and a half to load. A clerk is started when a command begins, loads them while
the analysis runs, is sent the tables, and does one piece of work after another while we do others; what it has not
begun when we are done, we do. Where there is no clerk (one core, no interpreter to start, or it has died) everything is done here: the same files.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar, cast

from circles.foundation import cpu
from circles.foundation.version import __version__

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")
PATIENCE_S = 900.0
"""So long one waits for the second process when all else is done; then it is ended, and its work done here."""
_ROOT = str(Path(__file__).resolve().parents[2])
"""Where this package lies: a checkout that borrows another's environment must not be served by the installed copy."""
_BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from circles.outputs.clerk import serve; serve(sys.argv[2:])"


class Handed(Generic[Subject, Answer]):
    """Pieces of work on one subject that a clerk does, one after another; without one they are done when asked for."""

    def __init__(self, subject: Subject, clerk: subprocess.Popen[bytes] | None) -> None:
        self._subject = subject
        self._works: list[Callable[[Subject], Answer]] = []
        self._sent: list[bytes] = []
        self._answered: dict[int, tuple[Answer, None] | tuple[None, BaseException]] = {}
        self._own: deque[int] = deque()  # not begun
        self._shared: deque[int] = deque()
        self._is_complete = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._clerk = clerk
        if clerk is not None:
            answered = pickle.dumps(subject, protocol=pickle.HIGHEST_PROTOCOL)
            self._thread = threading.Thread(target=self._feed, args=(clerk, answered), daemon=True)
            self._thread.start()

    def add(self, work: Callable[[Subject], Answer], *, is_shared: bool = False) -> None:
        """Add a piece of work, which may begin at once; the clerk begins what is shared after all that is not."""
        sent = b"" if self._thread is None else pickle.dumps(work)
        with self._changed:
            (self._shared if is_shared else self._own).append(len(self._works))
            self._works.append(work)
            self._sent.append(sent)
            self._changed.notify()

    def results(self) -> list[Answer]:
        """Return the answers in order when all is done, what is shared by both; raises what the work raised.

        Raises
        ------
        Exception
            What the work raised.
        """
        if self._thread is not None:
            with self._changed:
                self._is_complete = True
                self._changed.notify()
            while (number := self._begun(self._shared)) is not None:
                self._answered[number] = self._works[number](self._subject), None
            self._thread.join(PATIENCE_S)
            if self._thread.is_alive() and self._clerk is not None:
                self._clerk.kill()  # it hangs: its pipe closes, and what it has not answered is done here
                self._thread.join()
        for _, (_, error) in sorted(self._answered.items(), key=lambda item: item[0]):
            if error is not None:
                raise error
        return [  # what the second process did not answer, because it died or never started
            cast("Answer", self._answered[number][0]) if number in self._answered else work(self._subject)
            for number, work in enumerate(self._works)
        ]

    def _begun(self, *waiting: deque[int]) -> int | None:
        """Return the number of the next piece of work, now begun; None where none waits."""
        with self._changed:
            return next((works.popleft() for works in waiting if works), None)

    def _next(self) -> int | None:
        """Return the number of the clerk's next piece of work, when there is one; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._own or self._shared or self._is_complete)
        return self._begun(self._own, self._shared)

    def _feed(self, clerk: subprocess.Popen[bytes], subject: bytes) -> None:
        """Send the subject, then piece after piece, each when the one before is answered."""
        with contextlib.suppress(OSError, EOFError, ValueError, pickle.UnpicklingError):  # it has died, or was ended
            asks, answers = _pipes(clerk)
            if pickle.load(answers) != greeting():  # noqa: S301 - our own process wrote it
                return  # another version, or another copy: everything is done here
            asks.write(subject)
            while (number := self._next()) is not None:
                asks.write(self._sent[number])
                asks.flush()
                self._answered[number] = pickle.load(answers)  # noqa: S301 - our own process wrote it


class Clerk:
    """The second process; ``with Clerk("module", …) as clerk`` starts it, and ends it when the block ends.

    Parameters
    ----------
    modules : what it loads while it waits
    is_wanted : False where everything shall be done here
    """

    def __init__(self, *modules: str, is_wanted: bool = True) -> None:
        self._modules = modules
        self._is_wanted = is_wanted
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._is_wanted and sys.executable and cpu.usable_cores() > 1:
            # -P: a planner's folder may hold a pandas.py, which is none of ours
            command = [sys.executable, "-P", "-c", _BEGIN, _ROOT, *self._modules]
            with contextlib.suppress(OSError):
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def working(self, subject: Subject) -> Iterator[Handed[Subject, Any]]:
        """Hand over the subject; the block adds work, does other things and then asks for the ``results()``.

        Works are functions of a module, or partials of such; ``subject`` and answers must be picklable. When the block
        fails, the clerk is stopped at once: nothing is written any more.
        """
        try:
            yield Handed(subject, self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the second process, and wait until it has ended."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in _pipes(self._process):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process = None


def greeting() -> tuple[str, str]:
    """Return what both processes must agree on: the version, and where their code lies."""
    return __version__, _ROOT


def serve(modules: Sequence[str]) -> None:
    """Be the clerk: load modules, read the subject, then answer each piece of work until there is no more to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked us ends us
    cpu.collect_rarely()
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # its first run speaks English to everybody
    with contextlib.suppress(BrokenPipeError):
        answers.write(pickle.dumps(greeting()))
        answers.flush()
    for module in modules:
        importlib.import_module(module)
    with contextlib.suppress(EOFError, BrokenPipeError):
        subject = pickle.load(asks)  # noqa: S301 - our own process wrote it
        while True:
            answers.write(_answered(pickle.load(asks), subject))  # noqa: S301 - as above
            answers.flush()
    os._exit(0)  # without taking apart, object by object, what was loaded


def _answered(work: Callable[[Subject], Answer], subject: Subject) -> bytes:
    """Do the work and return what became of it; an exception that cannot travel becomes text."""
    try:
        return pickle.dumps((work(subject), None))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the first process raises it
        error.add_note(traceback.format_exc())
        try:
            answered = pickle.dumps((None, error))
            pickle.loads(answered)  # noqa: S301 - made in the line above
        except Exception:  # noqa: BLE001 - any failure to travel
            return pickle.dumps((None, RuntimeError("".join(traceback.format_exception(error)))))
        return answered


def _pipes(clerk: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if clerk.stdin is None or clerk.stdout is None:
        raise TypeError("the clerk was started without pipes")
    return clerk.stdin, clerk.stdout
