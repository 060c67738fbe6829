"""Documents written by a second process: the same answer, the same errors, and no process is left behind."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import circles
from circles import testing
from circles.foundation import cpu, errors
from circles.foundation.errors import CallError
from circles.outputs import clerk as clerk_room
from circles.outputs import documents
from circles.outputs.clerk import Clerk


@pytest.fixture(params=[1, 2])
def machine(request, monkeypatch):
    """Let the machine have one core, where no clerk is started, or two."""
    monkeypatch.setattr(cpu, "usable_cores", lambda: request.param)
    return request.param


@pytest.fixture
def clerk(monkeypatch):
    """A clerk at work, wherever the test runs; it can import this file."""
    monkeypatch.setattr(cpu, "usable_cores", lambda: 2)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with Clerk() as second:
        assert second._process is not None
        yield second


def added(number: int, subject: int) -> int:
    """Return the sum."""
    return subject + number


def written(file: Path, subject: int) -> int:
    """Write the subject, and say who did."""
    file.write_text(str(subject))
    return os.getpid()


def refusing(_: int) -> int:
    """Fail as the program does."""
    raise CallError(errors.error("out-no-parent", "here", path="there"))


class UnreportedError(Exception):
    """Cannot be pickled: its arguments are not those of its making."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def unreported(_: int) -> int:
    """Fail with what cannot travel."""
    raise UnreportedError("this", "that")


def is_clerk() -> bool:
    """Whether this process is the second one."""
    return any("circles.outputs.clerk" in text for text in sys.orig_argv)


def hanging(_: int) -> int:
    """Never answer as a clerk; elsewhere do the work."""
    if is_clerk():
        time.sleep(600)
    return 5


def home(_: int) -> str:
    """Return where the package lies."""
    return str(circles.__file__)


def dying(_: int) -> int:
    """End the clerk, as the system would; elsewhere do the work."""
    if is_clerk():
        os._exit(3)
    return 7


def chatting(_: int) -> int:
    """Print, as libraries may."""
    sys.stdout.write("this is no answer")
    return 8


def napping(_: int) -> None:
    """Take a second."""
    time.sleep(1)


def who(_: int) -> int:
    """Return who does this."""
    return os.getpid()


def sleeping(_: int) -> int:
    """Take a minute."""
    time.sleep(60)
    return 9


def test_answers_come_back_in_order_and_files_are_written(tmp_path, machine, monkeypatch):
    """What the works return and write is there when the results have been asked for, on one core or two."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with Clerk("json") as clerk, clerk.working(41) as handed:
        handed.add(partial(added, 1))
        handed.add(partial(written, tmp_path / "a"))
        handed.add(chatting)
        forty_two, who, eight = handed.results()
    assert (forty_two, eight) == (42, 8)
    assert (tmp_path / "a").read_text() == "41"
    assert (who == os.getpid()) == (machine == 1)


def test_an_error_of_the_program_arrives_as_it_was(machine, monkeypatch):
    """An error with findings, raised while documents are written, reaches the caller with its findings."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def failing():
        with Clerk() as clerk, clerk.working(0) as handed:
            handed.add(refusing)
            handed.results()

    with pytest.raises(CallError) as caught:
        failing()
    assert caught.value.findings[0].code == "out-no-parent"
    assert machine


def test_an_error_that_cannot_travel_arrives_as_text(clerk):
    """What an exception says is not lost when the exception itself cannot be sent."""

    def failing():
        with clerk.working(0) as handed:
            handed.add(unreported)
            handed.results()

    with pytest.raises(RuntimeError, match="this and that"):
        failing()


def test_no_clerk_outlives_a_block_that_fails(clerk):
    """When the block fails, the clerk is ended and waited for, and the failure arrives."""
    begin = time.monotonic()
    process = clerk._process

    def failing():
        with clerk.working(0) as handed:
            handed.add(sleeping)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert process.poll() is not None
    assert time.monotonic() - begin < 30


def test_what_a_dead_clerk_has_not_done_is_done_here(clerk):
    """A clerk that the system ends leaves no gap: its work and what follows are done by ourselves."""
    with clerk.working(1) as handed:
        handed.add(partial(added, 1))
        handed.add(dying)
        handed.add(partial(added, 2))
        assert handed.results() == [2, 7, 3]


def test_a_clerk_that_hangs_is_not_waited_for_without_end(clerk, monkeypatch):
    """After the time limit the second process is ended and what it has not answered is done here."""
    monkeypatch.setattr(clerk_room, "PATIENCE_S", 2.0)
    with clerk.working(1) as handed:
        handed.add(hanging)
        handed.add(partial(added, 2))
        assert handed.results() == [5, 3]


def test_a_clerk_of_another_version_does_nothing(clerk, monkeypatch):
    """Where versions or places of the code differ, everything is done here."""
    monkeypatch.setattr(clerk_room, "greeting", lambda: ("0", "elsewhere"))
    with clerk.working(1) as handed:
        handed.add(who)
        assert handed.results() == [os.getpid()]


def test_a_clerk_runs_the_code_of_its_master(clerk):
    """The second process imports the package from where the first has it, wherever it is started."""
    with clerk.working(1) as handed:
        handed.add(home)
        handed.add(who)
        assert handed.results()[0] == str(circles.__file__)


def test_a_clerk_ends_when_nobody_asks_any_more(clerk):
    """A clerk whose master was killed does not stay behind: it ends when there is nothing left to read."""
    process = clerk._process
    process.stdin.close()
    assert process.wait(30) == 0


def test_what_is_shared_and_not_begun_is_done_here(clerk):
    """While the clerk is busy with its own work, what is shared and waits is done by ourselves, and answers keep their order."""
    with clerk.working(1) as handed:
        handed.add(partial(added, 1), is_shared=True)
        handed.add(napping)
        handed.add(who, is_shared=True)
        handed.add(who)
        two, _, shared, own = handed.results()
    assert two == 2
    assert shared == os.getpid() != own


def test_what_a_clerk_loads_needs_no_network(tmp_path):
    """The libraries that a clerk loads, and the tables it is told, need neither numba nor scipy, which take half a second."""
    code = f"""
import importlib, pickle, sys
for name in {documents.LIBRARIES!r}:
    importlib.import_module(name)
told = pickle.load(sys.stdin.buffer)
sys.exit(told.network is not None or bool({{"numba", "scipy"}} & set(sys.modules)))
"""
    county = testing.write_county(tmp_path, name="县", side=4, seed=3, residents=15, facilities=4)
    shown = pickle.dumps(documents.for_documents(circles.analyse(circles.load_area(county))))
    done = subprocess.run([sys.executable, "-c", code], input=shown, check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
