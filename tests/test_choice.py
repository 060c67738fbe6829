"""The nearest few places: each at another site, equal to every way walked on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circles.network import Network, Positions


def brute(  # noqa: PLR0917 - one case
    net, sources, destinations, sites, limit_s, direction, n_ranks
):
    """Return the seconds and sources of each rank from the whole matrix of seconds."""
    ends = (sources, destinations) if direction == "from" else (destinations, sources)
    table = np.full((len(sources), len(destinations)), np.inf)
    found = net.matrix(*ends, limit_s=limit_s).tocoo()
    rows, columns = (found.row, found.col) if direction == "from" else (found.col, found.row)
    table[rows, columns] = found.data
    seconds, source = np.full((n_ranks, len(destinations)), np.inf), np.full((n_ranks, len(destinations)), -1)
    for goal in range(len(destinations)):
        taken: set[int] = set()
        for rank in range(n_ranks):
            open_ = [i for i in range(len(sources)) if sites[i] not in taken and np.isfinite(table[i, goal])]
            if not open_:
                break
            least = min(table[i, goal] for i in open_)
            first = next(i for i in open_ if table[i, goal] <= least + 1e-9)
            seconds[rank, goal], source[rank, goal] = table[first, goal], first
            taken.add(sites[first])
    return seconds, source


@st.composite
def cases(draw):
    """Small networks of whole seconds, so that ties are many, with one-way and closed streets, loops and far parts."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, m = int(rng.integers(2, 14)), int(rng.integers(1, 26))
    tail, head = rng.integers(0, n, m), rng.integers(0, n, m)
    forward = rng.integers(0, 6, m).astype(float)
    backward = np.where(rng.random(m) < 0.2, np.inf, rng.integers(0, 6, m))
    net = Network.from_arrays(tail, head, forward, backward, n)
    places = [
        Positions(rng.integers(0, m, k), rng.integers(0, 5, k) / 4, rng.integers(0, 3, k).astype(float))
        for k in (int(rng.integers(1, 9)), 12)
    ]
    sites = rng.integers(0, 5, len(places[0])) if rng.random() < 0.5 else np.arange(len(places[0]))
    return (
        net,
        *places,
        sites,
        float(rng.choice([4.0, 9.0, np.inf])),
        str(rng.choice(["to", "from"])),
        int(rng.integers(1, 5)),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(cases())
def test_ranks_equal_every_way_walked_alone(case):
    """Seconds and sources of each rank are those of the whole matrix, ties to the first source, sites counted once."""
    net, sources, destinations, sites, limit_s, direction, n_ranks = case
    seconds, source = net.ranked_at(
        sources, destinations, sites=sites, n_ranks=n_ranks, limit_s=limit_s, direction=direction
    )
    wanted_s, wanted = brute(net, sources, destinations, sites, limit_s, direction, n_ranks)
    np.testing.assert_allclose(seconds, wanted_s, atol=1e-9)
    np.testing.assert_array_equal(source, wanted)


def test_ranks_at_nodes_by_hand():
    """On a line of four nodes 10 s apart with sources at both ends and twice at one of them, each rank is read off."""
    net = Network.from_arrays([0, 1, 2], [1, 2, 3], [10.0] * 3, [10.0] * 3, 4)
    seconds, source = net.ranked_at([0, 3, 3], [0, 1, 2, 3], sites=[7, 8, 8], n_ranks=3)
    assert seconds[:2].tolist() == [[0, 10, 10, 0], [30, 20, 20, 30]]
    assert np.isinf(seconds[2]).all()
    assert source.tolist() == [[0, 0, 1, 1], [1, 1, 0, 0], [-1] * 4]
    with pytest.raises(ValueError, match="network-bad-direction"):
        net.ranked_at([0], [1], direction="sideways")
