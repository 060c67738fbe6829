"""The map's own walking agrees with the program's: on today's facilities, and on drafts put anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from test_atlas_browser import Opened, browser  # noqa: F401 - a fixture

from circles.area import load_area
from circles.network import Positions
from circles.outputs.atlas import write

pytestmark = [pytest.mark.browser, pytest.mark.long]
TRIALS = 200


@pytest.fixture(scope="module")
def result():
    """The real analysis of Shengsi."""
    from circles.pipeline import analyse

    return analyse(load_area())


@pytest.fixture(scope="module")
def opened(browser, result, tmp_path_factory):  # noqa: F811
    """The real map, open."""
    file = tmp_path_factory.mktemp("atlas") / "index.html"
    write(result, file)
    assert file.stat().st_size < 2.5e6
    found = Opened(browser, file)
    yield found
    found.page.close()


def test_real_map_is_silent(opened):
    """The real map asks for itself only and complains of nothing."""
    assert len(opened.requests) == 1
    assert opened.errors == []


def test_minutes_of_the_page_are_those_of_access(opened, result):
    """Walked in the page, every resident's minutes to every service differ by less than 0.05 from access.csv."""
    for c, category in enumerate(result.area.categories):
        seconds = opened.page.evaluate(
            "(c) => { const A = circles_atlas, w = A.data.walked.walkers[c];"
            " return [...A.everybody(c, A.counted(c).map((i) => A.placeOf(A.walked().facilities[w], i)))]"
            ".map((s) => (Number.isFinite(s) ? s : -1)); }", c,
        )  # fmt: skip
        rows = result.access[result.access["category"] == category.id].set_index("resident_id")
        minutes = rows.loc[result.residents["id"], "minutes"].to_numpy(dtype=float)
        shown = np.where(np.array(seconds) < 0, np.nan, np.array(seconds) / 60)
        has = np.isfinite(minutes)
        assert np.abs(shown[has] - minutes[has]).max() < 0.05
        assert not (shown[~has] <= result.area.horizon_min).any()


def test_drafts_reach_the_same_people(opened, result):
    """A new place at 200 random points of the streets gives the minutes, and the people, that the program's engine gives."""
    area, network = result.area, result.network
    random = np.random.default_rng(20241231)
    edge = random.integers(0, len(network.edges), TRIALS)
    fraction = random.random(TRIALS).astype(np.float32).astype(float)
    walker = area.walker(area.categories[0].id)
    seconds = np.array(opened.page.evaluate(
        "(places) => { const A = circles_atlas; return places.map(([edge, fraction]) =>"
        " [...A.everybody(0, [{ edge, fraction, leg: 0 }])].map((s) => (Number.isFinite(s) ? s : -1))); }",
        [[int(e), float(f)] for e, f in zip(edge, fraction, strict=True)],
    ))  # fmt: skip
    points = result.residents.geometry.to_crs(network.crs)
    xy = np.column_stack([points.x, points.y])
    island = np.array([network.islands.names.index(n) if n else -1 for n in result.residents["island"]])
    joined = network.join(xy, island, walker, snap_max_m=area.walk.snap_max_m)
    at = joined.positions(speed_m_per_s=walker.speed_m_per_s)
    places = Positions(edge, fraction, np.zeros(TRIALS))
    matrix = network.graph(walker).matrix(at, places, limit_s=3600.0).tocsc()
    people = result.residents["population"].to_numpy()[joined.is_joined]
    limit = area.walk.limit_min * 60 + 1e-6
    for k in range(TRIALS):
        column = matrix[:, [k]].tocoo()
        true = np.full(matrix.shape[0], np.inf)
        true[column.row] = column.data
        mine = seconds[k][joined.is_joined]
        mine = np.where(mine < 0, np.inf, mine)
        near = np.isfinite(true) & (true < 3500)
        assert np.abs(true[near] - mine[near]).max(initial=0) < 3
        assert people[true <= limit].sum() == pytest.approx(people[mine <= limit + 1e-3].sum())


def test_a_draft_answers_quickly(opened):
    """Comparing a draft takes less than 200 ms."""
    times = opened.page.evaluate(
        "() => { const A = circles_atlas; A.draft.category = 0; A.draft.added = [{ edge: 5, fraction: 0.5, leg: 0, x: 0.5, y: 0.5, category: 0 }];"
        " A.compare(); return [1, 2, 3, 4, 5].map(() => { const t = performance.now(); A.compare(); return performance.now() - t; }); }"
    )
    assert min(times) < 200
