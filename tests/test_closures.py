"""The closure test: what mended ways say equals what running the area again without the thing says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import circles
from circles.analysis.access import walks_of
from circles.analysis.scenario import apply, closures, read_scenario
from circles.cli.app import app
from circles.foundation.limits import reached
from circles.inputs.loading import Inputs, load
from circles.testing import area_toml, lattice_city, places, write_city

NAMED = {"0,0→1,0": "一号路", "1,0→2,0": "一号路", "3,0→4,0": "一号路", "2,1→3,1": "二号桥", "2,2→2,3": "三号桥"}


def city(
    folder: Path, seed: int, *, limit: float = 4, snap: float = 60, direction: str = "to_facility", homes: int = 40
) -> Inputs:
    """A city whose homes and facilities are drawn at random, with steps, bridges, one-way lanes and slopes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    streets = lattice_city()
    n = len(streets)
    streets["name"] = streets["name"].map(NAMED).fillna("")
    streets["bridge"] = np.where(streets["name"].isin(["二号桥", "三号桥"]), "yes", "")
    streets["highway"] = rng.choice(["residential", "steps"], n, p=[0.85, 0.15])
    streets["oneway_foot"] = rng.choice(["", "yes"], n, p=[0.9, 0.1])
    streets["ele_from_m"], streets["ele_to_m"] = rng.uniform(0, 15, n), rng.uniform(0, 15, n)
    spots = rng.uniform((-30, -30), (430, 330), (homes + 7, 2))
    facilities = [
        {"id": f"f{i}", "name": f"点{i}", "category": ("clinic", "meals")[i % 2], "x": x, "y": y}
        for i, (x, y) in enumerate(spots[:7].tolist())
    ]
    residents = [
        {"id": f"r{i}", "x": x, "y": y, "population": 1 + i, "old": i % 3}
        for i, (x, y) in enumerate(spots[7:].tolist())
    ]
    toml = area_toml(
        {"clinic": "plain", "meals": "pram"},
        walk={"limit_min": limit, "snap_max_m": snap, "direction": direction},
        walkers={
            "plain": {"speed_m_per_s": 1.0, "steps_m_per_s": 0.5}, "pram": {"speed_m_per_s": 0.8, "steps_m_per_s": 0.0}
        },
    )  # fmt: skip
    return load(circles.load_area(write_city(folder, streets, places(facilities), places(residents), toml)))


def covered(inputs: Inputs) -> dict[str, np.ndarray]:
    walks, area = walks_of(inputs), inputs.area
    return {
        c.id: reached(walks.to_category(c.id, area.walker(c.id)).seconds / 60, area.walk.limit_min)
        for c in area.categories
    }


def by_hand(inputs: Inputs, before: dict[str, np.ndarray], kind: str, ids: str) -> dict[str, tuple[float, float]]:
    """Run again without the thing; return people lost and gained per kind of service, and who loses any."""
    blocks = {"close": [{"id": ids}]} if kind == "facility" else {
        "remove_streets": [{"street_id": int(i)} for i in ids.split()]
    }  # fmt: skip
    what = read_scenario({"scenario": {"id": "x", "name": "x"}} | blocks, inputs.area)
    after = covered(apply(inputs, what))
    people = inputs.residents["population"].to_numpy()
    found = {c: (people[before[c] & ~after[c]].sum(), people[~before[c] & after[c]].sum()) for c in before}
    union = np.any([before[c] & ~after[c] for c in before], axis=0)
    return {c: pair for c, pair in found.items() if any(pair)} | {"any": (people[union].sum(), 0.0)}


def check_all(inputs: Inputs, *, plain_roads: slice = slice(None)) -> int:
    """Compare every thing of the closure test with a run without it, and return how many people dropped out in all.

    Of the roads without a name and of one piece, those of ``plain_roads`` are compared.
    """
    table, before = closures(inputs), covered(inputs)
    rows = table[(table["township_code"] == "ALL") & (table["group"] == "population")]
    shown = {
        key: part.set_index("category")[["lost", "gained"]].fillna(0.0) for key, part in rows.groupby(["kind", "id"])
    }
    things = [("facility", i) for i in inputs.facilities["id"]]
    lines = inputs.streets.lines
    things += [("bridge", str(i)) for i in lines["street_id"][lines["bridge"] == "yes"]]
    named = lines[lines["name"] != ""]
    plain = [("road", str(i)) for i in lines["street_id"][lines["name"] == ""]]
    things += [("road", str(i)) for i in named["street_id"][named["name"] != "一号路"]]
    one = named[named["name"] == "一号路"]["street_id"].tolist()
    # the first two pieces meet at (1, 0); the third begins two blocks on and is a road of its own
    things += [("road", f"{one[0]} {one[1]}"), ("road", str(one[2]))]
    for kind, ids in [*things, *plain[plain_roads]]:
        wanted = by_hand(inputs, before, kind, ids)
        if kind == "road" and set(wanted) == {"any"} and (kind, ids) not in shown:
            continue
        got = {c: (float(row.lost), float(row.gained)) for c, row in shown[kind, ids].iterrows()}
        assert got == {c: (float(lost), float(gained)) for c, (lost, gained) in wanted.items()}, (kind, ids)
    assert set(shown) <= {*things, *plain}
    return int(rows.query("category == 'any'")["lost"].sum())


@pytest.mark.parametrize(
    ("seed", "direction", "snap"), [(1, "to_facility", 60), (2, "from_facility", 60), (3, "to_facility", 35)]
)
def test_closures_equal_running_again(seed, direction, snap, tmp_path):
    """For every facility, bridge and named road, and others, lost and gained people equal those of a run without it."""
    every_third = slice(seed % 3, None, 3)  # all of them: the test below
    assert check_all(city(tmp_path, seed, direction=direction, snap=snap), plain_roads=every_third) > 0


@pytest.mark.long
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), limit=st.sampled_from([1.5, 3, 6]), snap=st.sampled_from([20, 60, 150]))
def test_closures_equal_running_again_anywhere(seed, limit, snap, tmp_path_factory):
    """The same, in cities drawn at random, with short and long limits and joining distances."""
    check_all(city(tmp_path_factory.mktemp("city"), seed, limit=limit, snap=snap, homes=25))


def test_rank_groups_and_sums(tmp_path):
    """Things are ranked by people who lose any service; townships add up to ALL; nobody is lost who was not covered."""
    inputs = city(tmp_path, 4)
    table = closures(inputs)
    order = table[(table["category"] == "any") & (table["township_code"] == "ALL") & (table["group"] == "population")]
    assert order["lost"].is_monotonic_decreasing
    assert order["rank"].tolist() == list(range(1, len(order) + 1))
    keys = ["rank", "category", "group"]
    parts = table[table["township_code"] != "ALL"].groupby(keys)["lost"].sum()
    whole = table[table["township_code"] == "ALL"].set_index(keys)["lost"]
    pd.testing.assert_series_equal(parts, whole.reindex(parts.index), check_names=False)
    own = table[table["category"] != "any"]
    assert (own["lost"] <= own["covered"] + 1e-9).all()
    assert set(table["group"]) == {"population", "old"}
    only = closures(inputs, kinds=["bridge"])
    assert set(only["kind"]) == {"bridge"}
    assert sorted(only["name"].unique()) == ["三号桥", "二号桥"]


def test_command_line(tmp_path, monkeypatch):
    """The command ranks what matters, writes the whole table, and tells its own mistakes from the caller's."""
    inputs = city(tmp_path, 4)
    area = str(inputs.area.file)

    def call(*more: str) -> Result:
        return CliRunner().invoke(app, ["closures", area, *more])

    monkeypatch.chdir(tmp_path)
    done = call("--kind", "facility", "--kind", "bridge", "--top", "2", "--out", "all.csv")
    assert done.exit_code == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.startswith(("1 ", "2 ", "3 "))]) == 2
    written = pd.read_csv(tmp_path / "all.csv", encoding="utf-8-sig")
    assert set(written["kind"]) == {"facility", "bridge"}
    assert call("--out", "nowhere/all.csv").exit_code == 2
