"""What `circles.foundation.jit` adds to numba: memory prefetched, and loops kept for one state of all sources."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import numba
import numpy as np
import pytest
from packaging.requirements import Requirement

from circles.foundation import jit
from circles.foundation.jit import fetch
from circles.network.engine import queue, search


def total(numbers, ahead):
    """Add numbers up, asking for one so far ahead that it lies beyond the end."""
    found = 0.0
    for i in range(numbers.size):
        fetch(numbers, i + ahead)
        found += numbers[i]
    return found


@pytest.mark.parametrize("ahead", [0, 3, 10**7, -(10**7)])
def test_memory_may_be_asked_for_anywhere_and_changes_nothing(ahead):
    """A place outside the array is no error and no number changes, compiled or not."""
    numbers = np.arange(1000.0)
    assert total(numbers, ahead) == numba.njit(total)(numbers, ahead) == 499500.0
    assert np.array_equal(numbers, np.arange(1000.0))


def ask(numbers, place):
    """Ask for one place, as a loop does."""
    fetch(numbers, place)


def test_memory_is_really_asked_for():
    """The compiled loop holds the processor's instruction: a `fetch` that did nothing would slow every search unseen."""
    if numba.config.DISABLE_JIT:
        return
    loop = numba.njit(total)
    loop(np.arange(3.0), 1)
    assert "llvm.prefetch" in loop.inspect_llvm(loop.signatures[0])


@pytest.mark.parametrize("wrong", [(1, 2), (np.zeros(3), 0.5)])
def test_only_an_array_and_a_number_can_be_asked_for(wrong):
    """What is no place of an array is refused when a loop is compiled, not read at random."""
    if numba.config.DISABLE_JIT:
        return
    with pytest.raises(numba.TypingError):
        numba.njit(ask)(*wrong)


def test_what_is_kept_holds_for_one_state_of_all_sources(tmp_path):
    """An edit of any file of the room, not only of the loop's own, makes what was kept of a loop stale."""
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("y = 1\n", encoding="utf-8")
    before = jit._digest.__wrapped__(tmp_path)
    assert jit._digest.__wrapped__(tmp_path) == before
    (tmp_path / "b.py").write_text("y = 2\n", encoding="utf-8")
    assert jit._digest.__wrapped__(tmp_path) != before


def test_every_loop_of_the_engine_is_kept_under_the_digest_of_its_room():
    """The stamp of every kept loop holds the digest of all sources of ``network``: queue.py counts for search.py."""
    if numba.config.DISABLE_JIT:
        return
    room = Path(search.__file__).parents[1]
    stamp = search.matrix._cache._cache_file._source_stamp
    assert stamp[1] == jit._digest(room)
    assert (Path(queue.__file__).parents[1], room.name) == (room, "network")


def test_numba_and_llvmlite_are_within_the_bounds_that_are_declared(repository):
    """Both have an upper bound, the installed ones lie within, and numba still has the private doors that are used."""
    declared = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for name in ("numba", "llvmlite"):
        (found,) = [Requirement(text) for text in declared if Requirement(text).name == name]
        assert any(part.operator == "<" for part in found.specifier), name
        assert found.specifier.contains(version(name)), name
    assert jit._IS_KNOWN


def test_without_numbas_private_doors_loops_are_compiled_anew(monkeypatch):
    """A numba built otherwise gives the same numbers; nothing is kept, since it could be stale."""
    monkeypatch.setattr(jit, "_IS_KNOWN", False)
    assert jit._kept(total) is None
    assert jit.compiled()(total)(np.arange(4.0), 1) == 6.0
