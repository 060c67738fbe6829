"""Siting an area: every objective and condition against enumeration, the promise kept by a run, the folder, the words."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import circles
from circles.analysis.access import walks_of
from circles.foundation import words as catalogue
from circles.foundation.errors import CallError, Infeasible, InputError
from circles.inputs.loading import load
from circles.siting.study import Objective, Wish
from circles.siting.study.problem import build
from circles.testing import lattice_city, places, write_city

CITY = """
[area]
id = "city"
name = "方格城"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"
townships = "townships.geojson"
[walk]
limit_min = 4
snap_max_m = 50
[walk.profiles.plain]
speed_m_per_s = 1.0
steps_m_per_s = 0.5
[walk.profiles.slow]
speed_m_per_s = 0.7
steps_m_per_s = 0.5
[[categories]]
id = "clinic"
name = "卫生院"
profile = "plain"
[[categories]]
id = "meals"
name = "助餐点"
profile = "slow"
[[rules]]
id = "near"
category = "clinic"
measure = "population_share"
threshold = 0.6
source = "纸上算例"
status = "adopted"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """Eight by four blocks of 100 m in two townships; two clinics and a canteen; 60 homes, one beyond every street."""
    folder = tmp_path_factory.mktemp("city")
    shops = places(
        [
            {"id": "c1", "name": "西院", "category": "clinic", "x": 50, "y": 20, "capacity": 60},
            {"id": "c2", "name": "中院", "category": "clinic", "x": 260, "y": 0, "capacity": 30},
            {"id": "m1", "name": "食堂", "category": "meals", "x": 100, "y": 330, "capacity": None},
        ]
    )
    random = np.random.default_rng(7)
    rows = zip(
        random.uniform(0, 800, 60).round(1),
        random.uniform(0, 400, 60).round(1),
        random.integers(1, 30, 60),
        strict=True,
    )
    homes = [
        {"id": f"r{i}", "x": x, "y": y, "population": n, "age_60_plus": n // 3} for i, (x, y, n) in enumerate(rows)
    ]
    homes.append({"id": "far", "x": 2000, "y": 0, "population": 9, "age_60_plus": 9})
    file = write_city(folder, lattice_city(8, 4), shops, places(homes), CITY)
    from shapely import box

    x, y = 500_000.0, 3_400_000.0
    towns = gpd.GeoDataFrame(
        {"code": ["W", "E"], "name": ["西镇", "东镇"], "class": ["town", "town"]},
        geometry=[box(x - 100, y - 100, x + 400, y + 500), box(x + 400, y - 100, x + 2100, y + 500)], crs="EPSG:4550",
    )  # fmt: skip
    towns.to_crs("EPSG:4326").to_file(folder / "townships.geojson", driver="GeoJSON")
    return file


@pytest.fixture(scope="module")
def area(city):
    """The city as an area."""
    return circles.load_area(city)


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """Nine candidates with costs and capacities: few enough to try every choice."""
    random = np.random.default_rng(3)
    rows = [
        {"id": f"k{i}", "name": f"地块{i}", "x": x, "y": y, "cost": c, "capacity": p}
        for i, (x, y, c, p) in enumerate(
            zip(
                random.uniform(0, 800, 9).round(1),
                random.uniform(0, 400, 9).round(1),
                random.integers(1, 9, 9),
                random.integers(20, 90, 9),
                strict=True,
            )
        )
    ]
    file = tmp_path_factory.mktemp("own") / "own.csv"
    places(rows).to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def table(area, own):
    """Seconds of every resident to every column, by the problem itself: two clinics, then the nine candidates."""
    inputs = load(area)
    wish = Wish(category="clinic", add=2, objective=Objective.MEAN, candidates=own)
    problem = build(wish, inputs, walks_of(inputs))
    seconds = problem.main.seconds.toarray()
    return np.where(seconds > 0, seconds, np.inf), inputs.residents["population"].to_numpy(float), problem


def choices(count, keeps=lambda new: True):
    return [(0, 1, *(n + 2 for n in new)) for new in itertools.combinations(range(9), count) if keeps(new)]


def covered(table, sites):
    seconds, weights, _ = table
    return math.fsum(weights[(seconds[:, list(sites)] <= 240 + 1e-6).any(axis=1)])


def test_most_people_within_the_limit(area, own, table):
    """The default objective equals the best of all choices, and a run with the new sites counts exactly that."""
    found = circles.site(area, "clinic", add=2, candidates=own)
    assert found.covered_promised == found.covered_after == max(covered(table, s) for s in choices(2))
    assert found.status == "optimal"
    assert found.objective == found.covered_after
    assert found.covered_before == covered(table, (0, 1))
    assert found.sites["gain"].sum() == found.covered_after - found.covered_before
    assert found.sites["gain"].is_monotonic_decreasing
    run = found.analyse()
    everyone = run.coverage.query("category == 'clinic' and group == 'population' and township_code == 'ALL'").iloc[0]
    assert everyone["covered"] == found.covered_after
    assert (
        run.base.coverage.query("category == 'clinic' and group == 'population' and township_code == 'ALL'")[
            "covered"
        ].iloc[0]
        == found.covered_before
    )


def test_the_gain_curve_is_best_for_every_number(area, own, table):
    """Each row of the curve is the most that so many can cover, beyond the number asked for too; row 0 is today."""
    curve = circles.site(area, "clinic", add=2, candidates=own).gain
    assert curve["added"].tolist() == [0, 1, 2, 3, 4]
    assert curve["covered"].tolist() == [max(covered(table, s) for s in choices(n)) for n in range(5)]
    assert curve["gain"].iloc[1:].tolist() == np.diff(curve["covered"]).tolist()


def test_alternatives_are_the_best_choices_in_order(area, own, table):
    """The answers told are the five best of all choices that are within two per cent, each once, the answer first."""
    found = circles.site(area, "clinic", add=2, candidates=own, alternatives=5)
    best = sorted((covered(table, s) for s in choices(2)), reverse=True)
    expected = [value for value in best[:5] if value >= 0.98 * best[0]]
    shown = found.alternatives.groupby("rank")
    assert shown["covered"].first().tolist() == expected
    assert shown["candidate_id"].agg(lambda names: " ".join(sorted(names))).is_unique
    first = found.alternatives[found.alternatives["rank"] == 1]
    assert set(first["candidate_id"]) == set(found.sites["candidate_id"])


def test_mean_and_worst_walk(area, own, table):
    """The least mean and the least worst walk equal those of all choices, in minutes."""
    seconds, weights, _ = table
    rows = np.isfinite(seconds).any(axis=1)
    nearest = {s: seconds[rows][:, list(s)].min(axis=1) for s in choices(2)}
    mean = min(float(v @ weights[rows]) for v in nearest.values()) / weights[rows].sum() / 60
    assert circles.site(area, "clinic", add=2, candidates=own, objective="mean").objective == pytest.approx(mean)
    worst = min(v.max() for v in nearest.values()) / 60
    assert circles.site(area, "clinic", add=2, candidates=own, objective="worst").objective == pytest.approx(worst)


def test_everybody_with_the_fewest(area, own, table):
    """The objective all opens as few as any choice that reaches everyone who can be reached; too few are refused."""
    every = covered(table, range(11))
    fewest = next(n for n in range(10) if any(covered(table, s) == every for s in choices(n)))
    found = circles.site(area, "clinic", candidates=own, objective="all")
    assert len(found.sites) == fewest == found.objective
    assert found.covered_after == every
    with pytest.raises(Infeasible) as caught:
        circles.site(area, "clinic", candidates=own, objective="all", add=fewest - 1)
    assert str(fewest) in str(caught.value)


def test_conditions_equal_enumeration(area, own, table):
    """Budget, forbidden and compulsory sites, distance and one per township all hold, and nothing better keeps them."""
    problem = table[2]
    cost = problem.price[2:]
    from circles.siting.study.problem import _near

    inputs = load(area)
    near = {(a - 2, b - 2) for a, b in _near(walks_of(inputs), problem.main, 250)}
    east = {i for i, code in enumerate(problem.candidates.table["township_code"]) if code == "E"}

    def keeps(new):
        chosen = set(new)
        far = not any(a in chosen and b in chosen for a, b in near)
        return cost[list(new)].sum() <= 14 and 4 not in chosen and 1 in chosen and far and bool(chosen & east)

    found = circles.site(
        area,
        "clinic",
        add=3,
        candidates=own,
        budget=14,
        forbid=("k4",),
        must=("k1",),
        min_distance_m=250,
        per_township=True,
    )
    best = max(covered(table, s) for s in choices(3, keeps))
    assert found.covered_after == best
    assert found.sites["cost"].sum() <= 14
    assert keeps([int(name[1:]) for name in found.sites["candidate_id"]])
    assert (
        found.sites["cost_per_person"].dropna() == (found.sites["cost"] / found.sites["gain"])[found.sites["gain"] > 0]
    ).all()


def test_budget_alone_decides_the_number(area, own, table):
    """With a budget and no number the best affordable choice of any size is found."""
    cost = table[2].price[2:]
    found = circles.site(area, "clinic", candidates=own, budget=9)
    best = max(covered(table, s) for n in range(10) for s in choices(n, lambda new: cost[list(new)].sum() <= 9))
    assert found.covered_after == best


def test_existing_ones_may_move(area, own, table):
    """With closable ones the best of all choices that keep the number is found; closed ones close in the scenario."""
    best = max(
        covered(table, (*kept, *(n + 2 for n in new)))
        for kept in [(0, 1), (0,), (1,)]
        for new in itertools.combinations(range(9), 3 - len(kept))
    )
    found = circles.site(area, "clinic", add=1, candidates=own, closable=1)
    assert found.covered_after == found.covered_promised == best
    assert (found.sites["action"] == "add").sum() == 1 + (found.sites["action"] == "close").sum()


def test_nobody_is_served_beyond_capacity(area, own, table):
    """With capacities the most people are served that any choice can serve, existing ones full at most too."""
    from scipy.optimize import linprog

    seconds, weights, problem = table
    capacity = np.concatenate([[60, 30], problem.candidates.table["capacity"]])
    pairs = [(i, j) for i in range(len(weights)) for j in range(11) if seconds[i, j] <= 240 + 1e-6]

    def most(sites):
        used = [(i, j) for i, j in pairs if j in sites]
        rows = np.zeros((len(weights) + 11, len(used)))
        for k, (i, j) in enumerate(used):
            rows[i, k] = rows[len(weights) + j, k] = 1
        return -linprog(-np.ones(len(used)), A_ub=rows, b_ub=np.concatenate([weights, capacity])).fun

    found = circles.site(area, "clinic", add=2, candidates=own, capacity=50)
    assert found.objective == pytest.approx(max(most(s) for s in choices(2)))
    new = found.sites[found.sites["action"] == "add"]
    assert (new["served"] <= new["capacity"]).all()
    with pytest.raises(InputError) as caught:
        circles.site(area, "meals", add=1, candidates=own, capacity=50)
    assert [item.code for item in caught.value.findings] == ["site-capacity-missing"]


def test_two_services_share_a_building(area, own, table):
    """Buildings for two services cover the most people of both together, and a run counts exactly that for each."""
    found = circles.site(area, "clinic", add=2, candidates=own, combine_with="meals", combine_group="age_60_plus")
    inputs = load(area)
    wish = Wish(category="meals", add=2, objective=Objective.MEAN, candidates=own, group="age_60_plus")
    other = build(wish, inputs, walks_of(inputs)).main
    old = inputs.residents["age_60_plus"].to_numpy(float)
    walked = np.where(other.seconds.toarray() > 0, other.seconds.toarray(), np.inf)

    def both(new):
        one = covered(table, (0, 1, *(n + 2 for n in new)))
        return one + math.fsum(old[(walked[:, [0, *(n + 1 for n in new)]] <= 240 + 1e-6).any(axis=1)])

    assert found.objective == max(both(new) for new in itertools.combinations(range(9), 2))
    run = found.analyse()
    before = run.base.coverage.query("township_code == 'ALL' and category == 'meals' and group == 'age_60_plus'")
    rows = run.coverage.query("township_code == 'ALL'").set_index(["category", "group"])["covered"]
    assert rows["clinic", "population"] + rows["meals", "age_60_plus"] == found.objective
    assert len(found.content["add"]) == 4
    assert found.sites["combined_gain"].sum() == rows["meals", "age_60_plus"] - before["covered"].iloc[0]


def test_corners_promise_what_a_run_counts(area):
    """Street corners in gaps too: the answer is counted exactly by a run, and people do not walk farther than needed."""
    for only_in_gaps in (False, True):
        found = circles.site(area, "clinic", add=3, spacing_m=60, only_in_gaps=only_in_gaps, group="age_60_plus")
        assert found.covered_promised == found.covered_after
        assert found.status == "optimal"
        assert found.sites["place"].str.contains("镇").all()


def test_among_equals_the_nearest_is_chosen(area):
    """No single move of a new site covers as many with less walking."""
    found = circles.site(area, "clinic", add=1, spacing_m=50)
    inputs = load(area)
    wish = Wish(category="clinic", add=1, spacing_m=50)
    problem = build(wish, inputs, walks_of(inputs))
    seconds = problem.main.seconds.toarray()
    seconds = np.where(seconds > 0, seconds, np.inf)
    weights = problem.main.weights
    shown = []
    for site in range(2, seconds.shape[1]):
        nearest = seconds[:, [0, 1, site]].min(axis=1)
        hit = np.isfinite(nearest)
        shown.append((-math.fsum(weights[hit]), float(weights[hit] @ nearest[hit])))
    chosen = problem.candidates.table["id"].tolist().index(found.sites["candidate_id"].iloc[0])
    assert shown[chosen][0] == min(shown)[0]
    assert shown[chosen][1] == pytest.approx(min(shown)[1])


def test_verdicts_that_turn_are_reported(area, own):
    """A verdict that the new sites turn is told with both numbers."""
    found = circles.site(area, "clinic", add=4, candidates=own)
    turned = found.verdict_changes[found.verdict_changes["has_turned"]]
    after = found.analyse().check.set_index(["township_code", "rule_id"])
    for row in turned.itertuples():
        assert row.verdict_after == after.loc[(row.township_code, row.rule_id), "verdict"]
        assert row.verdict_before != row.verdict_after
    assert set(turned["rule_id"]) == {"near", "overall"}


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"category": "clinics", "add": 1}, {"site-category"}),
        ({"add": None}, {"site-how-many"}),
        ({"add": 0, "spacing_m": -1.0, "closable": -1}, {"site-number"}),
        ({"group": "age_80"}, {"site-group"}),
        ({"forbid": ("x",), "must": ("x",)}, {"site-forbid-and-must"}),
        ({"forbid": ("corner-1", "nowhere")}, {"site-unknown-candidate"}),
        ({"budget": 5.0}, {"site-costs-missing"}),
        ({"add": 9000}, {"site-few-candidates"}),
        ({"capacity": 10.0, "objective": "worst"}, {"site-capacity-objective"}),
        ({"combine_with": "meals", "objective": "mean"}, {"site-combine-only-cover"}),
        ({"combine_with": "clinic"}, {"site-combine-itself"}),
        ({"candidates": "nowhere.csv"}, {"candidates-missing"}),
    ],
)
def test_bad_wishes_are_refused_with_every_finding(area, given, codes):
    """What is wrong with a wish is said before anything is solved, in both languages."""
    wish = {"category": "clinic", "add": 1} | given
    with pytest.raises(InputError) as caught:
        circles.site(area, **wish)
    assert {item.code for item in caught.value.findings} == codes
    assert caught.value.render("zh") != caught.value.render("en")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"budget": 1.0, "add": 3}, "--budget"),
        ({"min_distance_m": 5000.0, "add": 2}, "--min-distance-m"),
        ({"per_township": True, "add": 1, "must": ("k0",), "forbid": tuple(f"k{i}" for i in range(1, 9))}, "东镇"),
        ({"add": 9, "forbid": ("k1",)}, "--forbid"),
    ],
)
def test_impossible_wishes_name_the_condition(area, own, given, named):
    """Where no choice keeps the conditions the error names the one to relax, by its option."""
    with pytest.raises(Infeasible) as caught:
        circles.site(area, "clinic", candidates=own, **given)
    assert named in str(caught.value)
    assert caught.value.render("en") != caught.value.render("zh")


def test_the_folder_is_whole_and_the_same_twice(area, own, tmp_path):
    """All files of the answer are there, the same bytes twice; a run of the scenario counts what was promised."""
    found = circles.site(area, "clinic", add=2, candidates=own)
    for name in ("a", "b"):
        found.save(tmp_path / name)
    names = {p.relative_to(tmp_path / "a").as_posix() for p in (tmp_path / "a").rglob("*") if p.is_file()}
    assert names == {
        "sites.csv", "gain.csv", "gain_by_township.csv", "alternatives.csv", "verdict_changes.csv", "sites.gpkg",
        "index.html", "run.json", "scenario/scenario.toml",
    }  # fmt: skip
    for name in names - {"run.json"}:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    run = json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))
    assert run["answer"]["covered_after"] == found.covered_after
    assert len(run["run_id"]) == 12
    again = circles.analyse(area, scenario=tmp_path / "a" / "scenario")
    shown = again.coverage.query("category == 'clinic' and group == 'population' and township_code == 'ALL'")["covered"]
    assert shown.iloc[0] == found.covered_after
    assert set(gpd.list_layers(tmp_path / "a" / "sites.gpkg")["name"]) == {"sites", "alternatives", "candidates"}
    sites = pd.read_csv(tmp_path / "a" / "sites.csv")
    assert sites["gain"].sum() == found.covered_after - found.covered_before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(CallError):
        found.save(tmp_path / "mine")


def test_a_notebook_shows_the_answer(area, own):
    """The answer shows itself as a table, escaped, and as text."""
    found = circles.site(area, "clinic", add=1, candidates=own)
    assert "<table" in found._repr_html_()
    assert "方格城" in repr(found)
    assert catalogue.text("placement.curve", "zh", unit="人") in found.text()


def site(city, *words):
    from typer.testing import CliRunner

    from circles.cli.app import app

    return CliRunner().invoke(app, ["site", str(city), *words])


def test_command_line(city, own, tmp_path):
    """The command prints tables, CSV or JSON on stdout, writes the folder, and says mistakes on stderr with exit 2."""
    done = site(city, "--category", "clinic", "--add", "2", "--candidates", str(own), "--out", str(tmp_path / "new"))
    assert done.exit_code == 0, done.stderr
    assert "新增 2 处" in done.stdout
    assert (tmp_path / "new" / "index.html").is_file()
    shown = site(
        city, "--category", "clinic", "--add", "2", "--candidates", str(own), "--format", "json", "--lang", "en"
    )
    answer = json.loads(shown.stdout)
    assert answer["status"] == "optimal"
    assert len(answer["sites"]) == 2
    assert answer["covered_promised"] == answer["covered_after"]
    wrong = site(city, "--category", "clinix", "--add", "2")
    assert wrong.exit_code == 2
    assert "clinic" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert wrong.stdout == ""
    poor = site(city, "--category", "clinic", "--add", "3", "--candidates", str(own), "--budget", "1")
    assert poor.exit_code == 2
    assert "--budget" in poor.stderr


@pytest.mark.long
def test_shengsi_gets_its_four_canteens():
    """The plan's 4 canteens for the old of Shengsi, from street corners: proved optimal, and counted so by a run."""
    area = circles.load_area()
    found = circles.site(area, "meals", add=4, group="age_60_plus")
    assert found.status == "optimal"
    assert found.covered_after == found.covered_promised > found.covered_before
    assert len(found.sites) == 4
    assert found.alternatives["rank"].nunique() == 5
    assert found.gain["covered"].is_monotonic_increasing
    mean = circles.site(area, "meals", add=4, group="age_60_plus", objective="mean", alternatives=1)
    assert mean.status == "optimal"
