"""Connected components, numbered by their first member."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from circles.foundation import jit
from circles.foundation.types import I64

_loop = jit.compiled(_nrt=False)


def components(a: npt.ArrayLike, b: npt.ArrayLike, n: int) -> I64:
    """Return, per member of ``n``, the number of its component; ``a[i]`` and ``b[i]`` are connected.

    Components are numbered from 0 in the order of their least members. A union of sets in compiled code: scipy's
    ``csgraph`` says the same, but to import it takes longer than all components of a county's run.

    Raises
    ------
    IndexError
        A member that is not below ``n``.
    """
    one, other = (np.array(ends, dtype=np.int64) for ends in (a, b))  # what cannot be written is another type to numba
    if one.size and not 0 <= min(one.min(), other.min()) <= max(one.max(), other.max()) < n:
        raise IndexError(f"members are numbered from 0 to {n - 1}")
    least = np.arange(n, dtype=np.int64)
    _unite(one, other, least)
    return least


@_loop
def _unite(one: I64, other: I64, least: I64) -> None:
    """Fill in each member's component; ``least`` comes in as each member itself.

    Until the end each member points at one of its set that is not greater, and the least of a set at itself.
    """
    for i in range(one.size):
        a, b = one[i], other[i]
        while a != b:
            if a < b:
                a, b = b, a
            ahead = least[a]
            least[a] = min(ahead, b)
            a = ahead if ahead != a else b
    n = 0
    for member in range(least.size):
        if least[member] == member:
            least[member] = n
            n += 1
        else:
            least[member] = least[least[member]]
