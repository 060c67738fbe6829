"""The bucket queue of every search: waiting lists of nodes by their seconds, in arrays.

A node waits in the bucket ``int(seconds * per_s)``; the buckets form a ring, and what lies beyond the ring waits in
one overflow bucket. ``after``, ``before`` int32 (n) are the doubly linked waiting lists; ``before`` is ``IDLE`` for a
node that does not wait, and ``-2 - bucket`` for the first of a bucket. ``heads`` int32 (ring + 1): first node of each
bucket, ``NONE`` if empty; the last one is the overflow. ``ring`` is a power of two.

Compiled callers keep a copy of these functions in numba's cache: after an edit here, delete ``__pycache__``.
"""
# ruff: noqa: PLR0917 - numba takes its arrays by position

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from circles.foundation import jit
from circles.foundation.jit import fetch
from circles.foundation.types import F64, I32

NONE = -1
IDLE = -1
at = np.uint64  # numba tests a signed index for being negative, an unsigned one not: worth a fifth of a search

# Functions that allocate nothing do without numba's reference counts. Inside the loop those are locked instructions on
# counters that all threads share: a quarter to a third of a search.
hot = jit.compiled(_nrt=False)
# Functions that only compiled ones call need no door from Python: it would take a tenth of their time to compile.
inner = jit.compiled(_nrt=False, no_cpython_wrapper=True)
inlined = jit.inlined(_nrt=False)
allocating = jit.compiled()
ZERO = cast("int", np.int64(0))
"""Where a count begins that is passed on: a bare 0 is a type of its own to numba, and what takes it is compiled once more."""


@inlined
def link(v: int, slot: int, after: I32, before: I32, heads: I32) -> None:
    """Put a node at the front of a bucket.

    Parameters
    ----------
    v : the node
    slot : the bucket
    after, before, heads : the queue, see the module's docstring
    """
    second = heads[at(slot)]
    after[at(v)] = second
    before[at(v)] = -2 - slot
    if second != NONE:
        before[at(second)] = v
    heads[at(slot)] = v


@inlined
def unlink(v: int, after: I32, before: I32, heads: I32) -> None:
    """Take a node out of the list in which it waits.

    Parameters
    ----------
    v : the node
    after, before, heads : the queue, see the module's docstring
    """
    ahead = before[at(v)]
    behind = after[at(v)]
    if ahead >= 0:
        after[at(ahead)] = behind
    else:
        heads[at(-2 - ahead)] = behind
    if behind != NONE:
        before[at(behind)] = ahead


@inlined
def wait(
    v: int, old_s: float, new_s: float, base: int, per_s: float, after: I32, before: I32, heads: I32
) -> int:  # fmt: skip
    """Put a node whose seconds fell into the bucket of its new seconds; return 1 if it did not wait before, else 0.

    Parameters
    ----------
    v : the node
    old_s, new_s : its seconds before and now
    base : number of the ring's first bucket
    per_s : buckets per second
    after, before, heads : the queue, see the module's docstring
    """
    ring = heads.size - 1
    number = int(new_s * per_s)
    slot = number & (ring - 1) if number < base + ring else ring
    if before[at(v)] == IDLE:
        link(v, slot, after, before, heads)
        return 1
    former = int(old_s * per_s)
    if former != number and (slot != ring or former < base + ring):
        unlink(v, after, before, heads)
        link(v, slot, after, before, heads)
    return 0


@inlined
def fetch_arcs(v: int, first: I32, other: I32, onward: I32, cost: F64) -> None:
    """Prefetch the arcs of a node that waits: saves a quarter of a search on a network larger than the caches.

    Parameters
    ----------
    v : the node
    first, other, onward, cost : the arcs in compressed rows, see ``search.py``
    """
    arc = first[at(v)]
    fetch(other, arc)
    fetch(onward, arc)
    fetch(cost, arc)
    fetch(cost, arc + 2)  # often in the next line


@allocating
def twice(row: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a row of twice the length that begins with ``row``."""
    longer = np.empty(2 * row.size, row.dtype)
    for i in range(row.size):
        longer[i] = row[i]
    return longer


@inner
def refill(seconds: F64, per_s: float, after: I32, before: I32, heads: I32) -> int:
    """Start a new ring at the least bucket of the overflow, fill it from there, and return that bucket's number.

    Parameters
    ----------
    seconds : (nodes,) seconds by which nodes wait
    per_s : buckets per second
    after, before, heads : the queue, see the module's docstring
    """
    ring = heads.size - 1
    base = 2**62
    v = heads[ring]
    while v != NONE:
        base = min(base, int(seconds[v] * per_s))
        v = after[v]
    v = heads[ring]
    heads[ring] = NONE
    while v != NONE:
        behind = after[v]
        number = int(seconds[v] * per_s)
        link(v, number & (ring - 1) if number < base + ring else ring, after, before, heads)
        v = behind
    return base
