"""Files and folders that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from circles.foundation import atomic


@pytest.fixture
def interruptible():
    """Let Ctrl-C raise as in a command of ours, whatever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with atomic.interruptible():
        yield
    signal.signal(signal.SIGINT, before)


def _pressed_after(steps: int, act, *arguments) -> bool:
    """Press Ctrl-C after so many steps of the program in ``act(*arguments)``; return whether it came to that."""
    left = steps
    before = sys.gettrace()

    def step(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in {atomic.__file__, contextlib.__file__}:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == 0:
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return step

    try:
        sys.settrace(step)
        act(*arguments)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return left <= 0


def _folder(out: Path, text: str) -> None:
    with atomic.folder_in_place(out) as fresh:
        for name in ("a", "b"):
            (fresh / name).write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file open at that moment
@pytest.mark.parametrize("in_one_step", [True, False])
def test_ctrl_c_after_any_step_leaves_a_whole_folder(tmp_path, monkeypatch, in_one_step):
    """Whichever step of the program Ctrl-C comes after, the folder is the old or the new one and nothing is left."""
    if not in_one_step:
        monkeypatch.setattr(atomic, "_exchanged", lambda one, other: False)
    out = tmp_path / "out"
    _folder(out, "0")
    steps = 1
    while _pressed_after(steps, _folder, out, str(steps)):
        assert len({(out / name).read_text(encoding="utf-8") for name in ("a", "b")}) == 1, steps
        assert [p.name for p in tmp_path.iterdir()] == ["out"], steps
        steps += 1
    assert 200 < steps < 20_000


@pytest.mark.usefixtures("interruptible")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
def test_ctrl_c_after_any_step_leaves_a_whole_file(tmp_path):
    """The same for one file."""
    file = tmp_path / "file"
    atomic.write_file(file, b"0" * 9)
    steps = 1
    while _pressed_after(steps, atomic.write_file, file, str(steps).encode() * 9):
        content = file.read_bytes()
        assert content == content[: len(content) // 9] * 9, steps
        assert [p.name for p in tmp_path.iterdir()] == ["file"], steps
        steps += 1
    assert 100 < steps < 20_000


def test_ctrl_c_that_is_ignored_stays_ignored(tmp_path):
    """A program that ignores Ctrl-C, as a server does, is not interrupted while it writes."""
    program = (
        "import signal, sys; from pathlib import Path; from circles.foundation import atomic\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with atomic.interruptible(), atomic.folder_in_place(Path(sys.argv[1])) as fresh:\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    (fresh / 'a').write_text('1')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], check=True, timeout=60)
    assert (tmp_path / "out" / "a").read_text(encoding="utf-8") == "1"


def test_a_library_call_sets_no_handler(tmp_path):
    """Who only calls the library keeps the handler of Ctrl-C that was there, while and after files are written."""
    before = signal.getsignal(signal.SIGINT)
    with atomic.folder_in_place(tmp_path / "out") as fresh:
        assert signal.getsignal(signal.SIGINT) is before
        (fresh / "a").write_text("1", encoding="utf-8")
    atomic.write_file(tmp_path / "file", b"2")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_write_without_touching_signals(tmp_path):
    """A worker's thread, which may not set handlers, writes a folder and a file like any other."""
    failed = []

    def work():
        try:
            _folder(tmp_path / "out", "1")
            atomic.write_file(tmp_path / "file", b"2")
        except BaseException as e:  # noqa: BLE001 - whatever it is, the test tells it
            failed.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "out"]


def test_a_failure_while_writing_leaves_the_old(tmp_path):
    """An error inside the block leaves the folder as it was, and nothing beside it."""
    out = tmp_path / "out"
    _folder(out, "old")
    with pytest.raises(ZeroDivisionError), atomic.folder_in_place(out) as fresh:  # noqa: PT012 - the block is what fails
        (fresh / "a").write_text("new", encoding="utf-8")
        raise ZeroDivisionError
    assert (out / "a").read_text(encoding="utf-8") == "old"
    with pytest.raises(OSError, match="gone"):
        atomic.write_file(tmp_path / "gone" / "file", b"1")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_files_that_may_not_be_written_may_lie_in_a_folder(tmp_path, monkeypatch):
    """A read-only file of the user's that is linked into the folder is taken along as it is."""
    mine = tmp_path / "mine"
    mine.write_text("1", encoding="utf-8")
    opened = Path.open

    def guarded(self, mode="r", *args, **options):
        if self.name == "mine" and "+" in mode:
            raise PermissionError(13, "read-only")
        return opened(self, mode, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    with atomic.folder_in_place(tmp_path / "out") as fresh:
        (fresh / "mine").hardlink_to(mine)
    assert (tmp_path / "out" / "mine").read_bytes() == b"1"


@pytest.mark.skipif(os.name != "posix", reason="links need no rights on POSIX only")
def test_a_link_keeps_its_place_and_its_target_is_replaced(tmp_path):
    """Where the folder is a link, what it leads to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    _folder(tmp_path / "link", "1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").exists()


@pytest.mark.parametrize("failing", range(1, 8))
def test_files_replaced_together_are_all_new_or_all_old(tmp_path, monkeypatch, failing):
    """Whichever move fails, the folder holds what it held; where none does, all is new and other content stays."""
    folder, fresh = tmp_path / "out", tmp_path / "fresh"
    for where, text in ((folder, "old"), (fresh, "new")):
        (where / "tables").mkdir(parents=True)
        for name in ("a.csv", "run.json", "tables/t"):
            (where / name).write_text(text, encoding="utf-8")
    (folder / "parts").write_text("kept", encoding="utf-8")
    moves, replace = 0, Path.replace

    def moved(self, target):
        nonlocal moves
        moves += 1
        if moves == failing:
            raise OSError("disk")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", moved)
    expected = "old"
    try:
        atomic.replace_together(fresh, folder, last="run.json")
    except OSError:
        pass
    else:
        expected = "new"
    assert (expected == "new") == (failing > 6)
    assert {(folder / name).read_text(encoding="utf-8") for name in ("a.csv", "run.json", "tables/t")} == {expected}
    assert sorted(p.name for p in folder.iterdir()) == ["a.csv", "parts", "run.json", "tables"]
