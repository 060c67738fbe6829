"""Documents written in a copy of the process: the same answer, the same errors, and no copy is left behind."""

from __future__ import annotations

import os
import time

import pytest

from circles import errors, kernel
from circles.errors import CallError
from circles.outputs import beside

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system makes no copies of a process")


@pytest.fixture(params=[1, 2])
def cores(request, monkeypatch):
    """Let the machine have one core, where nothing is copied, or two."""
    monkeypatch.setattr(kernel, "usable_cores", lambda: request.param)
    return request.param


def test_the_answer_comes_back_and_files_are_written(tmp_path, cores):
    """What the work returns and writes is there when its result has been asked for, on one core or two."""
    with beside.beside(lambda: (tmp_path / "a").write_text("x") + 41) as copy:
        assert copy.result() == 42
    assert (tmp_path / "a").read_text() == "x"
    assert cores


@pytest.mark.usefixtures("cores")
def test_an_error_of_the_program_arrives_as_it_was():
    """An error with findings, raised while documents are written, reaches the caller with its findings."""

    def work():
        raise CallError(errors.error("out-no-parent", "here", path="there"))

    with pytest.raises(CallError) as caught, beside.beside(work) as copy:
        copy.result()
    assert caught.value.findings[0].code == "out-no-parent"


class Untold(Exception):
    """Cannot be pickled: its arguments are not those of its making."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


@FORKS
def test_an_error_that_cannot_travel_arrives_as_text(monkeypatch):
    """What an exception says is not lost when the exception itself cannot be sent."""
    monkeypatch.setattr(kernel, "usable_cores", lambda: 2)

    def work():
        raise Untold("this", "that")

    with pytest.raises(RuntimeError, match="this and that"), beside.beside(work) as copy:
        copy.result()


@FORKS
def test_no_copy_outlives_the_block(monkeypatch):
    """When the block fails, the copy is ended and waited for, and its own failure hides nothing."""
    monkeypatch.setattr(kernel, "usable_cores", lambda: 2)
    begin = time.monotonic()
    pids = []

    def failing():
        with beside.beside(lambda: time.sleep(60)) as copy:
            pids.append(copy._pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    (pid,) = pids
    assert pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert time.monotonic() - begin < 30


@FORKS
def test_a_copy_that_dies_is_an_error(monkeypatch):
    """A copy that the system ends leaves no silent gap."""
    monkeypatch.setattr(kernel, "usable_cores", lambda: 2)
    with pytest.raises(ChildProcessError), beside.beside(lambda: os._exit(3)) as copy:
        copy.result()
