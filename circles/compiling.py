"""Loops compiled by numba, and loaded without what only a compiler needs.

A loop is compiled once and kept beside its module. Before numba loads one it fills the tables by which it compiles, a
third of a second in every command, and loading reads none of them: so they wait until something has to be compiled,
which fills them by itself. A loaded loop may call numba's memory manager, which is made ready here, and C's
mathematics; it must not hash (no ``dict``, no ``set``), which needs more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from circles.cores import uncollected

with uncollected():  # a tenth of the import
    from numba import njit
    from numba.core.caching import FunctionCache
    from numba.core.runtime.nrt import rtsys

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Kept(FunctionCache):
    """Numba's cache, in the same files."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the loop for arguments of these types, None where it has not been compiled."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


# what is ours to call only as long as numba has it: without it every loop is loaded as numba does
_IS_KNOWN = all(hasattr(FunctionCache, name) for name in ("_guard_against_spurious_io_errors", "_load_overload"))


def compiled(**options: Any) -> Callable[[_Function], _Function]:
    """Return numba's decorator for a loop that is kept and lets other threads run, typed as one that keeps its type."""

    def decorate(function: _Function) -> _Function:
        made = njit(cache=True, nogil=True, **options)(function)
        if _IS_KNOWN and hasattr(made, "_cache"):  # it has none where numba is switched off
            made._cache = _Kept(function)  # type: ignore[no-untyped-call] # noqa: SLF001 - numba has no other door
        return cast("_Function", made)

    return decorate


def inlined(**options: Any) -> Callable[[_Function], _Function]:
    """Return numba's decorator for a function that is compiled into each loop that calls it."""
    return compiled(forceinline=True, no_cpython_wrapper=True, **options)
