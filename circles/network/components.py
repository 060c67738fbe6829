"""What hangs together: connected components, numbered by their first member.

The same as scipy's ``connected_components``, whose libraries take a third of a second to load.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from circles.foundation.jit import compiled
from circles.foundation.types import I64


def components(a: npt.ArrayLike, b: npt.ArrayLike, n: int) -> I64:
    """Return, per member of ``n``, the number of its component; ``a[i]`` and ``b[i]`` hang together."""
    one, other = (np.ascontiguousarray(ends, dtype=np.int64) for ends in (a, b))
    label: I64 = _labels(one, other, np.arange(n, dtype=np.int64))
    return label


def warm_up() -> None:
    """Compile, or load what was compiled."""
    components([0], [1], 2)


@compiled()
def _labels(a: I64, b: I64, parent: I64) -> I64:
    """Return the components' numbers; the root of a tree is always its least member."""
    for i in range(a.size):
        one, other = a[i], b[i]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        parent[max(one, other)] = min(one, other)
    n = 0
    label = np.empty_like(parent)
    for member in range(parent.size):
        if parent[member] == member:
            label[member] = n
            n += 1
        else:
            label[member] = label[parent[member]]
    return label
