"""Loops compiled by numba, and loaded without what only a compiler needs.

A loop is compiled once and kept beside its module. Before numba loads one it fills the tables by which it compiles, a
third of a second in every command, and loading reads none of them: so they wait until something has to be compiled,
which fills them by itself. A loaded loop may call numba's memory manager, which is made ready here, and C's
mathematics; it must not hash (no ``dict``, no ``set``), which needs more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys
from numba.extending import lower_builtin, type_callable

_Function = TypeVar("_Function", bound=Callable[..., Any])


@cache
def _digest(room: Path) -> str:
    """Return the SHA-256 of every source of a room, and of this file: whatever a loop of the room may have been made from.

    Numba looks at the loop's own file only, but compiles into it what it calls from others.
    """
    found = hashlib.sha256()
    for file in (*sorted(room.rglob("*.py")), Path(__file__)):
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _room_of(function: Callable[..., Any]) -> Path:
    """Return the folder of the room that a function stands in: the highest package below ``circles``, else its own."""
    file = Path(function.__code__.co_filename).resolve()
    package = Path(__file__).resolve().parents[1]
    return package / file.relative_to(package).parts[0] if file.is_relative_to(package) else file.parent


class _Kept(FunctionCache):
    """Numba's cache, in the same files, whose entries hold for one state of all sources of a room."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._cache_file._source_stamp  # noqa: SLF001 - numba has no other door
        self._cache_file._source_stamp = (stamp, _digest(_room_of(function)))  # noqa: SLF001 - as above

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the loop for arguments of these types, None where it has not been compiled."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


_IS_KNOWN = all(hasattr(FunctionCache, name) for name in ("_guard_against_spurious_io_errors", "_load_overload"))
"""Whether numba has the private doors used here; without them nothing is kept, since what is kept could be stale."""


def _kept(function: Callable[..., Any]) -> _Kept | None:
    """Return what keeps a loop, None where this numba is built otherwise."""
    try:
        return _Kept(function) if _IS_KNOWN else None
    except AttributeError:
        return None


def compiled(**options: Any) -> Callable[[_Function], _Function]:
    """Return numba's decorator for a loop that is kept and lets other threads run, typed as one that keeps its type."""

    def decorate(function: _Function) -> _Function:
        made = njit(nogil=True, **options)(function)
        if hasattr(made, "_cache") and (kept := _kept(function)) is not None:  # it has none where numba is switched off
            made._cache = kept  # noqa: SLF001 - numba has no other door
        return cast("_Function", made)

    return decorate


def inlined(**options: Any) -> Callable[[_Function], _Function]:
    """Return numba's decorator for a function that is compiled into each loop that calls it."""
    return compiled(forceinline=True, no_cpython_wrapper=True, **options)


def fetch(array: Any, place: Any) -> None:
    """Prefetch ``array[place]``; any place will do. Does nothing uncompiled."""


@type_callable(fetch)
def _takes(_: Any) -> Callable[[Any, Any], Any]:
    """Declare to numba that `fetch` takes an array and a number, and returns nothing."""

    def typed(array: Any, place: Any) -> Any:
        return types.none if isinstance(array, types.Array) and isinstance(place, types.Integer) else None

    return typed


@lower_builtin(fetch, types.Array, types.Integer)  # type: ignore[no-untyped-call, untyped-decorator]
def _lowered(context: Any, builder: Any, signature: Any, values: Any) -> Any:
    """Write the processor's own instruction: to read, into all caches, data."""
    byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
    data = context.make_array(signature.args[0])(context, builder, values[0]).data
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    instruction = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
    place = builder.bitcast(builder.gep(data, [values[1]]), byte)
    builder.call(instruction, [place, number(0), number(3), number(1)])
    return context.get_dummy_value()
