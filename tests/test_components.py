"""Connected components: the same as scipy finds, numbered by their first member, compiled and not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from circles.network import components as room

LINKS = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
)


@settings(deadline=None)  # the first call compiles
@given(LINKS)
def test_components_are_those_of_scipy(case):
    """Loops, repeated links and lone members included, members share a number exactly where scipy says so."""
    n, links = case
    a, b = np.array([link[0] for link in links], np.int64), np.array([link[1] for link in links], np.int64)
    label = room.components(a, b, n)
    theirs = connected_components(sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1]
    assert ((label[:, None] == label) == (theirs[:, None] == theirs)).all()
    first = [label.tolist().index(number) for number in range(label.max() + 1)]
    assert first == sorted(first)
    plain = getattr(room._labels, "py_func", room._labels)  # itself where numba is switched off
    assert plain(a, b, np.arange(n)).tolist() == label.tolist()


def test_nothing_has_no_components():
    """No members give no numbers."""
    assert room.components([], [], 0).tolist() == []
