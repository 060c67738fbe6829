"""Connected components: the same as scipy finds, numbered by their first member."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from circles.network import components as room

LINKS = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
)


@settings(deadline=None)  # the first call imports scipy
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


def networkx_components(n: int, links: list[tuple[int, int]]) -> list[set[int]]:
    """Components by networkx, in the order of their least members."""
    graph = nx.Graph(links)
    graph.add_nodes_from(range(n))
    return sorted(nx.connected_components(graph), key=min)


@settings(deadline=None)
@given(LINKS)
def test_components_are_those_of_networkx_in_order(case):
    """An independent search finds the same components, and the numbers follow their least members."""
    n, links = case
    label = room.components([a for a, _ in links], [b for _, b in links], n).tolist()
    for number, members in enumerate(networkx_components(n, links)):
        assert all(label[member] == number for member in members)


def test_a_link_given_many_times_still_links():
    """Two hundred and fifty-six times the same link is that link."""
    assert room.components([0] * 256, [1] * 256, 3).tolist() == [0, 0, 1]


def test_nothing_has_no_components():
    """No members give no numbers."""
    assert room.components([], [], 0).tolist() == []
