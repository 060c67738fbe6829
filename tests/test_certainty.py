"""Joint uncertainty: probabilities derived on paper, shares of an analytic case, and draws equal to states built anew."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from circles.analysis import certainty as sure
from circles.analysis.access import Walks, walks_of
from circles.analysis.certainty import running
from circles.analysis.certainty.design import Design, Side
from circles.analysis.certainty.shares import sobol
from circles.analysis.certainty.spread import quantile
from circles.analysis.certainty.states import States
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import Spread, Sure, load_area
from circles.area.sure import Source
from circles.cli.app import app
from circles.foundation.errors import AreaError
from circles.inputs.loading import load
from circles.inputs.snapped_places import Located
from circles.network import altered
from circles.network.resnapping import Resnapper
from circles.outputs.map import form
from circles.testing import CRS, ORIGIN, places, write_city, write_county

AREA = """
[area]
id = "line"
name = "一条街"
crs = "EPSG:4550"
as_of = 2024-12-31
[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"
[walk]
snap_max_m = 50
limit_min = 5
[walk.profiles.plain]
speed_m_per_s = 1.0
steps_m_per_s = 0.5
uses_slope = false
[[categories]]
id = "clinic"
name = "卫生院"
profile = "plain"
[[rules]]
id = "near"
category = "clinic"
measure = "population_share"
threshold = 0.8
source = "纸上算例"
status = "adopted"
"""
ALL_BUT = "[sure]\nleave_out = [{}]\n"
ALONE = {
    source: ALL_BUT.format(", ".join(f'"{other}"' for other in Source if other is not source)) for source in Source
}


def street(folder: Path, sure_toml: str, *, clinic_x: float, accuracy_m: float | None = None, columns=None, lines=None):
    """Write one straight street of a kilometre, 100 people at its beginning and a clinic ``clinic_x`` metres along it."""
    import geopandas as gpd

    lines = lines or [([(0, 0), (1000, 0)], "surveyed")]
    shapes = [shapely.LineString(np.array(xy) + ORIGIN) for xy, _ in lines]
    frame = gpd.GeoDataFrame(
        {"street_id": range(len(lines)), "name": "路", "highway": "residential", "source": [s for _, s in lines]},
        geometry=shapes, crs=CRS,
    )  # fmt: skip
    clinic = {"id": "k", "name": "卫生院", "category": "clinic", "x": clinic_x, "y": 0}
    if accuracy_m is not None:
        clinic |= {"position": "approximate", "position_accuracy_m": accuracy_m}
    homes = [{"id": "r1", "x": 0, "y": 0, "population": 100}]
    return write_city(folder, frame, places([clinic | (columns or {})]), places(homes), AREA + sure_toml)


def runs_of(file: Path, n_runs: int):
    """Return the runs of an area with all they were made from."""
    inputs = load(load_area(file))
    walks = walks_of(inputs)
    check = Verdicts(inputs, walks).judged()
    doubts = sure.doubts_of(inputs, walks)
    return sure.run(inputs, walks, doubts, check, n_runs=n_runs), doubts, inputs, check


def probability(file: Path, n_runs: int = 240) -> tuple[float, float, pd.DataFrame]:
    """Return P(met) of the one verdict, its standard error, and the table."""
    runs, _, _, check = runs_of(file, n_runs)
    return float(sure.p_met(runs)[0]), float(sure.p_met_se(runs)[0]), sure.certainty(runs, check)


def agrees(found: float, error: float, paper: float) -> bool:
    """Return whether a probability is within three standard errors of the one derived on paper."""
    return abs(found - paper) <= 3 * error


def test_a_doubtful_place(tmp_path):
    """A clinic somewhere on 250–450 m of street is within 300 m with probability 1/4, and its position decides alone."""
    file = street(tmp_path, ALONE[Source.POSITIONS], clinic_x=350, accuracy_m=100)
    p, error, table = probability(file)
    assert agrees(p, error, 0.25)
    assert error < 0.04
    row = table.iloc[0]
    assert (row["decides"], row["decides_share"], row["draws"]) == ("positions", 1.0, 240)
    assert (row["value_p05"], row["value_p50"], row["value_p95"]) == (0.0, 0.0, 1.0)


def test_a_doubtful_speed(tmp_path):
    """330 m in five minutes need a factor of 1.1, which a uniform one between 0.8 and 1.2 exceeds with probability 1/4."""
    own = 'speed = { least = 0.8, most = 1.2, source = "纸上算例" }\n'
    p, error, table = probability(street(tmp_path, ALONE[Source.SPEED] + own, clinic_x=330))
    assert agrees(p, error, 0.25)
    assert table["decides"].tolist() == ["speed"]


def test_a_doubtful_line_and_a_near_miss(tmp_path):
    """A line there with probability 0.7, and a gap of 0.3 m that is a junction with probability 0.4: 0.28 together."""
    lines = [([(0, 0), (100, 0)], "modelled"), ([(100.3, 0), (1000, 0)], "surveyed")]
    own = "[sure.paths]\npresent = { modelled = 0.7 }\nnear_misses_joined = 0.4\n"
    p, error, table = probability(street(tmp_path, ALONE[Source.PATHS] + own, clinic_x=200, lines=lines))
    assert agrees(p, error, 0.28)
    assert table["decides"].tolist() == ["paths"]


def test_unknown_hours(tmp_path):
    """A clinic of unknown hours, open with probability 0.3, is met at noon with probability 0.3."""
    own = ALONE[Source.HOURS] + "[sure.hours]\nunknown_open = 0.3\n"
    file = street(tmp_path, own, clinic_x=100)
    file.write_text(
        file.read_text("utf-8").replace("threshold = 0.8", 'threshold = 0.8\nwhen = "2024-05-15T11:30"'), "utf-8"
    )
    inputs = load(load_area(file))
    walks = walks_of(inputs)
    check = Verdicts(inputs, walks).judged()
    assert check["verdict"].iloc[0] == "no_data"
    base = check.assign(verdict="not_met")  # the row as it would be with hours known: what is drawn is their state
    runs = sure.run(inputs, walks, sure.doubts_of(inputs, walks), base, n_runs=240)
    assert agrees(float(sure.p_met(runs)[0]), float(sure.p_met_se(runs)[0]), 0.3)


def test_two_doubts_together(tmp_path):
    """Place on 250–450 m and speed between 0.8 and 1.2 together: 0.2521 by integration on paper; neither decides alone."""
    both = ", ".join(f'"{s}"' for s in Source if s not in (Source.SPEED, Source.POSITIONS))
    own = ALL_BUT.format(both) + "speed = { least = 0.8, most = 1.2 }\n"
    runs, _, _, check = runs_of(street(tmp_path, own, clinic_x=350, accuracy_m=100), 400)
    paper = ((150 * 1.2**2 - 250 * 1.2) - (150 / 1.2**2 - 250 / 1.2)) / 80
    assert agrees(float(sure.p_met(runs)[0]), float(sure.p_met_se(runs)[0]), paper)
    shares = sure.certainty_shares(runs, check, Sure()).set_index("source")
    assert shares["first_order"].between(0, 1).all()
    assert 1.0 < shares["total"].sum() < 2.0


def test_people_move_and_their_sums_stay(tmp_path):
    """In every draw each township keeps its people of every group to the last bit, and villages differ."""
    file = street(tmp_path, ALONE[Source.PEOPLE], clinic_x=100)
    homes = [
        {"id": f"r{n}", "x": 10.0 * n, "y": 0, "population": 7 + n, "age_60_plus": n % 5, "village_code": f"v{n % 3}"}
        for n in range(40)
    ]
    places(homes).to_csv(tmp_path / "residents.csv", index=False)
    runs, doubts, inputs, check = runs_of(file, 60)
    states = States(inputs, walks_of(inputs), doubts, running.asked_of(inputs, check))
    seen = set()
    for draw in (draw for block in range(5) for draw in runs.design.draws(block)):
        for group, weights in states.people(draw).items():
            stated = inputs.residents[group].to_numpy(dtype=float)
            assert math.fsum(weights.tolist()) == math.fsum(stated.tolist())
            assert (weights >= 0).all()
            if group == "population":
                seen.add(round(float(weights[:3].sum()), 6))
    assert len(seen) > 5


def test_shares_of_the_g_function():
    """First-order and total shares of Sobol's g-function are those known in closed form, within four standard errors."""
    a = np.array([0.0, 1.0, 4.5, 9.0])
    sources = list(Source)[:4]
    design = Design(dict.fromkeys(sources, 1), 1, 6 * 1024)

    def g(u):
        return float(np.prod((abs(4 * np.array([u[s][0] for s in sources]) - 2) + a) / (1 + a)))

    found = sobol(np.array([[g(draw.u) for draw in design.draws(block)] for block in range(design.n_blocks)]))
    own = 1 / 3 / (1 + a) ** 2
    variance = float(np.prod(1 + own) - 1)
    first = own / variance
    total = np.array([own[i] * np.prod(np.delete(1 + own, i)) for i in range(4)]) / variance
    assert (abs(found.first - first) <= 4 * found.first_se + 0.005).all()
    assert (abs(found.total - total) <= 4 * found.total_se + 0.005).all()


def test_a_design_counts_all_runs():
    """A design has exactly as many runs as asked for, its points lie in [0, 1), and A and B are not correlated."""
    design = Design({Source.SPEED: 1, Source.PATHS: 1500}, 3, 203)
    draws = [draw for block in range(design.n_blocks) for draw in design.draws(block)]
    assert len(draws) == 203
    assert draws[2].u[Source.SPEED] == draws[1].u[Source.SPEED]
    assert draws[2].u[Source.PATHS] is not draws[1].u[Source.PATHS]
    a, b = (np.array([design.numbers(k, side)[Source.SPEED][0] for k in range(50)]) for side in Side)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.3
    assert all((u >= 0).all() and (u < 1).all() for draw in draws for u in draw.u.values())


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """A generated county with doubtful lines, places, speeds, legs and people."""
    folder = tmp_path_factory.mktemp("county")
    file = write_county(folder, name="岛", side=6, seed=5, residents=120, facilities=14)
    shops = pd.read_csv(folder / "facilities.csv").assign(position="approximate", position_accuracy_m=250)
    shops.to_csv(folder / "facilities.csv", index=False)
    homes = pd.read_csv(folder / "residents.csv")
    homes.assign(village_code=[f"v{n % 7}" for n in range(len(homes))]).to_csv(folder / "residents.csv", index=False)
    text = file.read_text("utf-8") + '[sure.paths]\npresent = { "" = 0.85 }\n'
    file.write_text(text.replace("[sure.paths]\n", "[sure.paths]\n").replace('"" = 0.85', "generated = 0.85"), "utf-8")
    import geopandas as gpd

    lines = gpd.read_parquet(folder / "streets.parquet").assign(source="generated")
    lines.to_parquet(folder / "streets.parquet", index=False)
    return file


def test_draws_equal_states_built_anew(county):
    """The value of each verdict in a draw is that of the area with those lines, places, legs, speeds and people."""
    inputs = load(load_area(county))
    walks = walks_of(inputs)
    check = Verdicts(inputs, walks).judged()
    doubts = sure.doubts_of(inputs, walks)
    assert set(doubts.size) == {Source.SPEED, Source.SNAP, Source.POSITIONS, Source.PEOPLE, Source.PATHS}
    asked = running.asked_of(inputs, check)
    states = States(inputs, walks, doubts, asked)
    design = Design(doubts.size, 1, 21)
    for draw in (draw for block in range(3) for draw in design.draws(block)):
        got = states.outcome(draw)
        keep = draw.u[Source.PATHS] < doubts.lines.present
        network = altered.only(inputs.network, keep[doubts.lines.of_edge])
        people = inputs.residents.assign(**states.people(draw))
        walk = inputs.area.walk.model_copy(update={"snap_max_m": states.snap_max_m(draw)})
        area = replace(inputs.area, walk=walk)
        xy = walks.facility_at.xy.copy()
        for place, u in zip(doubts.places, draw.u[Source.POSITIONS].tolist(), strict=True):
            xy[place.rows] = place.at(u)
        anew = Walks(area, network, inputs.facilities, people, Located(xy, inputs.facility_island), walks.resident_at)
        for walker in (area.walkers["adult"], area.walkers["cyclist"]):  # with steps and without
            own = np.nan_to_num(walks.snapped("facilities", walker).leg_m)
            found = anew.snapped("facilities", walker)
            for legs in (found, found.second):
                legs.leg_m[:] += own
                legs.edge[own > walk.snap_max_m] = -1
        factor = set(states.paces(draw).values())
        table = Verdicts(replace(inputs, residents=people), anew).judged(speed_factor=factor.pop())
        known = table.set_index(["township_code", "rule_id"])["value"]
        for (code, rule), value in zip(asked, got.value.tolist(), strict=True):
            assert value == pytest.approx(known[code, rule.id], abs=1e-12, nan_ok=True)


def test_resnapped_places_are_those_of_the_lines_that_are_left(county):
    """Places snapped to what is left of the streets have the legs that snapping to those streets alone gives."""
    inputs = load(load_area(county))
    lines, random = inputs.network.lines, np.random.default_rng(2)
    where = inputs.resident_xy, inputs.resident_island, 80.0, 1000.0
    at, once = Resnapper(lines, *where), Resnapper(lines, *where, is_used_once=True)
    for share in (0.9, 0.5):
        keep = random.random(len(inputs.network.edges)) < share
        left = altered.only(inputs.network, keep)
        metres = np.zeros(len(keep))
        metres[keep] = left.connected[1]
        for has_steps in (True, False):
            got = at.snapped(keep, metres, has_steps=has_steps, snap_max_m=60.0)
            again = once.snapped(keep, metres, has_steps=has_steps, snap_max_m=60.0)
            assert np.array_equal(got.leg_m, again.leg_m, equal_nan=True)
            assert np.array_equal(got.second.edge, again.second.edge)
            want = left.lines.snap(
                inputs.resident_xy, inputs.resident_island, has_steps=has_steps, snap_max_m=60.0, fragment_max_m=1000.0
            )
            assert np.array_equal(got.edge, want.edge)
            assert np.array_equal(got.second.edge, want.second.edge)
            assert np.allclose(got.leg_m, want.leg_m, equal_nan=True)
            assert np.array_equal(got.on_fragment, want.on_fragment)


def test_interrupted_runs_go_on(county, tmp_path, monkeypatch):
    """Runs that were interrupted and taken up again give the same bytes as runs in one go, and leave nothing out."""
    inputs = load(load_area(county))
    walks = walks_of(inputs)
    check = Verdicts(inputs, walks).judged()
    whole, _ = sure.certainty_tables(inputs, walks, check, n_runs=40)
    monkeypatch.setattr(running, "_SAVED_EACH_S", -1.0)
    kept, made = tmp_path / ".out.sure", []

    def stop(done: int, _: int) -> None:
        if done == 25 and not made:
            made.append(done)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sure.certainty_tables(inputs, walks, check, n_runs=40, kept=kept, progress=stop)
    seen: list[int] = []
    again, _ = sure.certainty_tables(inputs, walks, check, n_runs=40, kept=kept, progress=lambda n, _: seen.append(n))
    assert seen[0] > 1
    assert seen[-1] == 40
    for name, table in whole.items():
        assert table.to_csv() == again[name].to_csv(), name


def test_what_to_survey_is_what_is_in_doubt(tmp_path):
    """Where a clinic's position alone leaves the verdict open, it is the first and only thing to survey, as a waypoint."""
    runs, doubts, inputs, check = runs_of(street(tmp_path, ALONE[Source.POSITIONS], clinic_x=310, accuracy_m=100), 300)
    table = sure.survey(runs, doubts, inputs, check)
    assert table["item_id"].tolist() == ["k"]
    assert table["certainty_then"].iloc[0] > 0.85
    from circles.outputs import waypoints

    waypoints.write(table, tmp_path / "survey.gpx", as_of=inputs.area.as_of)
    assert "<name>1 卫生院</name>" in (tmp_path / "survey.gpx").read_text("utf-8")


def test_words_and_quantiles():
    """The word of a verdict is about that verdict: a rule met with probability 0.04 is surely not met."""
    assert [str(sure.confidence(0.04, verdict, Sure())) for verdict in ("met", "not_met")] == ["to_check", "high"]
    normal = Spread(distribution="normal", least=0.5, most=1.5, middle=1.0, sd=0.2)
    assert quantile(normal, [0.0, 0.5, 1.0]).tolist() == pytest.approx([0.5, 1.0, 1.5])
    three = Spread(distribution="triangular", least=0.0, most=4.0, middle=1.0)
    assert quantile(three, [0.25, 1.0]).tolist() == pytest.approx([1.0, 4.0])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[sure]\nspeed = { sd = 0.1, distribution = 'normal' }", "sure-no-bounds"),
        ("[sure]\nspeed = { least = 1.2, most = 0.8 }", "sure-bounds-crossed"),
        ("[sure]\nspeed = { least = 0.8, most = 1.2, middle = 2 }", "sure-bounds-crossed"),
        ("[sure]\nspeed = { least = 0.8, most = 1.2, distribution = 'normal' }", "sure-no-sd"),
        ("[sure]\nspeed = { least = 0, most = 1.2 }", "sure-not-positive"),
        ("[sure]\nsnap_m = { least = -5, most = 100 }", "sure-not-positive"),
        ("[sure]\nhigh = 0.5\nfair = 0.9", "sure-words-crossed"),
        ("[sure]\nsped = 1", "area-unknown-key"),
        ("[sure.positions]\naccuracy_m = { approximate = -50 }", "area-bad-value"),
        ("[sure.paths]\npresent = { modelled = 1.5 }", "area-bad-value"),
        ("[sure.speeds]\nnobody = { least = 0.9, most = 1.1 }", "unknown-profile"),
    ],
)
def test_doubts_that_are_wrong(tmp_path, content, code):
    """A distribution without bounds, a negative accuracy, a probability above 1: one finding each, before anything runs."""
    file = street(tmp_path, content, clinic_x=100)
    with pytest.raises(AreaError) as caught:
        load_area(file)
    assert [item.code for item in caught.value.findings] == [code]


def test_a_facility_without_accuracy_is_told(tmp_path):
    """Facilities that state no accuracy give one warning that names them; an accuracy by word of position is enough."""
    file = street(tmp_path, "", clinic_x=100, columns={"position": "approximate"})
    _, doubts, *_ = runs_of(file, 8)
    assert [item.code for item in doubts.findings] == ["sure-no-accuracy"]
    said = file.read_text("utf-8") + "[sure.positions]\naccuracy_m = { approximate = 30 }\n"
    file.write_text(said, "utf-8")
    _, doubts, *_ = runs_of(file, 8)
    assert not doubts.findings
    assert len(doubts.places) == 1


def test_run_with_sure(tmp_path):
    """``circles run --sure`` writes the tables, the sheet and the sentences; 0 runs are refused and nothing is written."""
    file = street(tmp_path, "", clinic_x=305, accuracy_m=60)
    runner, target = CliRunner(), tmp_path / "out"
    refused = runner.invoke(app, ["run", str(file), "--out", str(target), "--sure", "0"])
    assert (refused.exit_code, target.exists()) == (2, False)
    assert "sure-draws" in refused.output
    done = runner.invoke(app, ["run", str(file), "--out", str(target), "--sure", "60"])
    assert done.exit_code == 0, done.output
    assert "可信度待核实" in done.output
    assert "卫生院的位置" in done.output
    table = pd.read_csv(target / "certainty.csv", encoding="utf-8-sig")
    assert table.columns.tolist() == [
        "township_code", "township", "rule_id", "p_met", "value_p05", "value_p50", "value_p95", "decides",
        "decides_share", "draws",
    ]  # fmt: skip
    assert table["draws"].tolist() == [60]
    likely = pd.read_parquet(target / "certainty_residents.parquet")
    assert likely["p_within"].between(0, 1).all()
    shown = form.read((target / "index.html").read_text(encoding="utf-8"))["certainty"]
    assert shown["bounds"] == [80, 95]
    assert list(shown["within"][0]) == np.floor(100 * likely["p_within"]).astype(int).tolist()
    assert not (tmp_path / ".out.sure").exists()
    with pd.ExcelFile(target / "report.xlsx", engine="openpyxl") as book:
        assert "可信度" in book.sheet_names
