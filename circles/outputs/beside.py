"""Writing some files while others are written: in a copy of this process, where the system makes such copies safely.

Python runs one thread at a time, so documents written on a second thread would save nothing. On Linux the process forks:
the copy has every table in memory, writes its files, tells what became of it through a pipe and ends. Elsewhere, on a
single core, or off the main thread, the work is done when its result is asked for: the same files, one after the other.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, NoReturn, TypeVar

from circles import kernel

Answer = TypeVar("Answer")


class Copy(Generic[Answer]):
    """Work under way in a copy of this process, or still to be done."""

    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work = work
        self._pid = 0
        self._pipe = -1

    def start(self) -> None:
        """Fork, if that is safe here; the child never returns."""
        if not _may_fork():
            return
        receive, send = os.pipe()
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of libraries' idle threads; the copy needs none of them
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError:
            os.close(receive)
            os.close(send)
            return
        if pid == 0:
            os.close(receive)
            _carry_out(self._work, send)
        os.close(send)
        self._pid, self._pipe = pid, receive

    def result(self) -> Answer:
        """Return what the work gave; raises what it raised."""
        if not self._pid:
            return self._work()
        with open(self._pipe, "rb") as stream:  # noqa: PTH123 - a pipe has no path
            self._pipe = -1
            told = stream.read()
        os.waitpid(self._pid, 0)
        self._pid = 0
        if not told:
            raise ChildProcessError("ended without a word")
        is_done, answer = pickle.loads(told)  # noqa: S301 - our own copy wrote it
        if not is_done:
            raise answer
        return answer  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the copy if it still works."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0


@contextmanager
def beside(work: Callable[[], Answer]) -> Iterator[Copy[Answer]]:
    """Start ``work`` beside the block, which asks for its ``result()``; no copy outlives the block.

    ``work`` may write files; what it changes in memory is lost. Its answer must be picklable.
    """
    copy = Copy(work)
    copy.start()
    try:
        yield copy
    finally:
        copy.stop()


def _may_fork() -> bool:
    is_main = threading.current_thread() is threading.main_thread()
    return sys.platform == "linux" and is_main and kernel.usable_cores() > 1


def _carry_out(work: Callable[[], Answer], send: int) -> NoReturn:
    """Do the work, write what became of it to the pipe, and end without taking anything apart."""
    try:
        told = pickle.dumps((True, work()))
    except BaseException as e:  # noqa: BLE001 - whatever it is, the parent raises it
        told = _told(e)
    with contextlib.suppress(OSError), open(send, "wb") as stream:
        stream.write(told)
    os._exit(0)


def _told(error: BaseException) -> bytes:
    """Return an exception for the parent; one that cannot travel becomes text."""
    error.add_note(traceback.format_exc())
    try:
        told = pickle.dumps((False, error))
        pickle.loads(told)  # noqa: S301 - made in the line above
    except Exception:  # noqa: BLE001 - any failure to travel
        return pickle.dumps((False, RuntimeError("".join(traceback.format_exception(error)))))
    return told
