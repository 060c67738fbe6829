"""Loops compiled by numba, and loaded without what only a compiler needs.

A loop is compiled once and kept beside its module. Before numba loads one it fills the tables by which it compiles, a
third of a second in every command, and loading reads none of them: so they wait until something has to be compiled,
which fills them by itself. A loaded loop may call numba's memory manager, which is made ready here, and C's
mathematics; it must not hash (no ``dict``, no ``set``), which needs more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from circles.foundation.cpu import uncollected

with uncollected():  # a tenth of the import
    from llvmlite import ir
    from numba import njit, types
    from numba.core.caching import FunctionCache
    from numba.core.runtime.nrt import rtsys
    from numba.extending import lower_builtin, type_callable

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


def fetch(array: Any, place: Any) -> None:
    """Ask memory for ``array[place]``, needed soon, without waiting for it; any place will do. Uncompiled it does nothing."""


@type_callable(fetch)
def _takes(_: Any) -> Callable[[Any, Any], Any]:
    """Tell numba that `fetch` takes an array and a number, and returns nothing."""

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
