"""The nearest few places: each at another site, equal to every way walked on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import circles
from circles import testing
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


@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("seed", range(10))
def test_ranks_of_places_with_several_points(seed, direction):
    """A place on a fragment has two points: it is as near as over the better one, whether it is a source or a goal."""
    rng = np.random.default_rng(seed)
    net = Network.from_arrays(rng.integers(0, 9, 20), rng.integers(0, 9, 20), *rng.integers(0, 6, (2, 20)) * 1.0, 9)

    def several(n):
        place = np.sort(np.concatenate([np.arange(n), rng.integers(0, n, n // 2)]))
        k = len(place)
        return Positions(rng.integers(0, 20, k), rng.integers(0, 5, k) / 4, rng.integers(0, 3, k) * 1.0, place)

    sources, destinations = several(7), several(6)
    sites = rng.integers(0, 4, len(sources))
    seconds, source = net.ranked_at(sources, destinations, sites=sites, n_ranks=3, limit_s=9.0, direction=direction)
    wanted_s, wanted = np.full((3, 6), np.inf), np.full((3, 6), -1)
    table = [net.nearest_at(sources.of(i), destinations, limit_s=9.0, direction=direction)[0] for i in range(7)]
    for goal in range(6):
        near = sorted((float(table[i][goal]), i) for i in range(7) if table[i][goal] < np.inf)
        near = [min(n for n in near if sites[n[1]] == s) for s in {sites[i] for _, i in near}]
        for rank, (least_s, i) in enumerate(sorted(near)[:3]):
            wanted_s[rank, goal], wanted[rank, goal] = least_s, i
    np.testing.assert_allclose(seconds, wanted_s, atol=1e-9)
    np.testing.assert_array_equal(source, wanted)


def test_choice_on_a_line_by_hand(tmp_path):
    """Three meals, two of them in one building: minutes of each rank, and who has none if the nearest closes."""
    places = testing.places(
        [
            {"id": "b", "name": "乙", "category": "meals", "x": 100, "y": 0, "site_id": "s"},
            {"id": "a", "name": "甲", "category": "meals", "x": 100, "y": 0, "site_id": "s"},
            {"id": "c", "name": "丙", "category": "meals", "x": 700, "y": 0, "site_id": ""},
        ]
    )
    homes = testing.places([{"id": f"r{x}", "x": x, "y": 0, "population": 10} for x in (0, 100, 500)])
    area = testing.area_toml({"meals": "plain"}, walk={"limit_min": 8})
    file = testing.write_city(tmp_path, testing.lattice_city(8, 1), places, homes, area)
    result = circles.analyse(circles.load_area(file))
    got = [(r.resident_id, r.rank, round(r.minutes * 60, 6), r.facility_id) for r in result.choice.itertuples()]
    assert got == [
        ("r0", 1, 100, "a"), ("r0", 2, 700, "c"), ("r100", 1, 0, "a"), ("r100", 2, 600, "c"), ("r500", 1, 200, "c"),
        ("r500", 2, 400, "a"),
    ]  # fmt: skip
    row = result.choice_by_township.set_index("township_code").loc["ALL"]  # within 480 s: only r500 has two
    assert row[["with_one", "with_two", "with_three", "lost_if_nearest_closes"]].tolist() == [30, 10, 0, 20]
    first = result.choice[result.choice["rank"] == 1].merge(result.access, on=["resident_id", "category"])
    assert (first["facility_id_x"] == first["facility_id_y"]).all()
    np.testing.assert_allclose(first["minutes_x"], first["minutes_y"], atol=1e-9)
