"""What `circles.foundation.jit` adds to numba: memory asked for ahead, and no garbage looked for while compiling."""

from __future__ import annotations

import gc

import numba
import numpy as np
import pytest

from circles.foundation.cpu import uncollected
from circles.foundation.jit import fetch


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


def failing():
    """Fail in the middle of a warm-up."""
    with uncollected():
        assert not gc.isenabled()
        raise ValueError("stop")


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_left_as_it_was(was_on):
    """After a warm-up, even one that fails, a caller's garbage collector is on or off as before."""
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(ValueError, match="stop"):
            failing()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()
