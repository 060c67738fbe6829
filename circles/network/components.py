"""Connected components, by scipy's ``csgraph``, numbered by their first member."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from circles.foundation.types import I64


def components(a: npt.ArrayLike, b: npt.ArrayLike, n: int) -> I64:
    """Return, per member of ``n``, the number of its component; ``a[i]`` and ``b[i]`` are connected.

    Components are numbered from 0 in the order of their least members.
    """
    if not n:
        return np.empty(0, dtype=np.int64)
    from scipy import sparse  # noqa: PLC0415 - takes a third of a second, and help and checks of a table need none
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above

    one, other = (np.asarray(ends, dtype=np.int64) for ends in (a, b))
    links = sparse.coo_array((np.ones(one.size, dtype=bool), (one, other)), shape=(n, n))
    label = connected_components(links.tocsr(), directed=False)[1]
    return np.asarray(label, dtype=np.int64)
