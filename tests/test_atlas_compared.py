"""现状, 方案 and 差值 on one page: what is refused, what is computed, and what the switch shows."""

from __future__ import annotations

import dataclasses
import json
import re

import pandas as pd
import pytest
from atlas_browser import Opened, axe, chromium
from atlas_tables import shengsi
from hostile import PAYLOADS
from test_atlas import as_lists, data_of

from circles.foundation.errors import InputError
from circles.outputs import map as html_map
from circles.outputs.map import three_way


@pytest.fixture(scope="module")
def before(repository):
    """Shengsi with invented minutes."""
    return shengsi(repository / "data" / "gis" / "shengsi")


@pytest.fixture(scope="module")
def after(repository):
    """The same with childcare nearer for some, a clinic farther for others, one facility more and one fewer."""
    tables = shengsi(repository / "data" / "gis" / "shengsi")
    access, check, facilities = tables.access.copy(), tables.check.copy(), tables.facilities.copy()
    people = tables.residents.set_index("id")["population"]
    child = access.index[(access["category"] == "childcare") & ~(access["minutes"] <= 15)][:40]
    clinic = access.index[(access["category"] == "clinic") & (access["minutes"] <= 15)][:25]
    access.loc[child, ["minutes", "reason"]] = [9.0, ""]
    access.loc[clinic, "minutes"] = 22.0
    first = check.index[(check["category"] == "childcare") & (check["measure"] == "population_share")][0]
    check.loc[first, ["numerator", "value", "verdict", "shortfall"]] = [
        check.loc[first, "denominator"],
        1.0,
        "met",
        0.0,
    ]
    new = facilities.iloc[[0]].assign(id="new-1", name=PAYLOADS[0], status="existing", is_counted=True)
    tables.access, tables.check = access, check
    tables.facilities = pd.concat([facilities.iloc[1:], new], ignore_index=True)
    tables.run = {"run_id": "fedcba987654"}
    tables.gained = float(people.loc[access.loc[child, "resident_id"]].sum())
    tables.lost = float(people.loc[access.loc[clinic, "resident_id"]].sum())
    return tables


@pytest.fixture(scope="module")
def files(before, after, tmp_path_factory):
    """The maps of both runs, and the map that compares them."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "a").mkdir()
    html_map.write(before, folder / "a" / "index.html")
    html_map.write(after, folder / "b.html")
    html_map.compared(folder / "a", folder / "b.html", folder / "c.html")
    return folder


def test_two_maps_and_a_base_give_the_same_page(before, after, files):
    """Comparing two written maps gives the bytes that writing a scenario with its base gives."""
    after.base = before
    try:
        assert html_map.page(after).encode() == (files / "c.html").read_bytes()
    finally:
        after.base = None


def test_what_is_the_same_is_carried_once(before, files):
    """The state before is carried as what differs, and put together again is the map that was read."""

    def merged(now, less):
        return {
            key: less["is"][key] if key in less["is"]
            else merged(value, less["within"][key]) if key in less["within"] else value
            for key, value in now.items()
        }  # fmt: skip

    data = data_of((files / "c.html").read_text(encoding="utf-8"))
    less = data.pop("before")
    data.pop("difference")
    assert merged(data, less) == as_lists(three_way.read(files / "a"))
    assert len(json.dumps(less)) < 0.5 * len(json.dumps(data))


def test_gains_and_losses_are_people(before, after, files):
    """People newly covered and lost are those whose minutes cross the limit, per township and in all."""
    coverage = pd.DataFrame(data_of((files / "c.html").read_text(encoding="utf-8"))["difference"]["coverage"])
    own = (
        coverage[(coverage["group"] == "population") & (coverage["code"] != "ALL")]
        .groupby("category")[["gained", "lost"]]
        .sum()
    )
    assert own.loc[0].tolist() == [after.gained, 0]
    assert own.loc[2].tolist() == [0, after.lost]
    assert own.loc[1].tolist() == [0, 0]


def test_facilities_that_change_are_named(files):
    """An added and a removed facility are listed, and no other."""
    data = data_of((files / "c.html").read_text(encoding="utf-8"))
    assert sorted(what for what, _, _ in data["difference"]["facilities"]) == ["added", "removed"]


def test_lower_minutes_are_a_gain():
    """Where minutes are measured, fewer are better; where shares are, more."""
    row = {"township_code": "1", "rule_id": "r", "measure": "nearest_minutes", "value": 20.0}
    share = {**row, "rule_id": "s", "measure": "population_share", "value": 0.5}
    found = three_way._checks([row, share], [{**row, "value": 12.0}, {**share, "value": 0.4}])
    assert [(f[1], round(f[4], 6), f[5]) for f in found] == [("r", -8.0, 1), ("s", -0.1, -1)]


def test_places_are_matched_by_position():
    """Resident places found in one run only count neither as gained nor as lost, and are told."""
    one, other = {"at": [0, 0, 5, 5, 0, 0]}, {"at": [5, 5, 0, 0, 9, 9]}
    for places, n in ((one, 3), (other, 3)):
        places["population"] = [1] * n
    here, there = three_way._matched(one, other)
    assert sorted(zip(here.tolist(), there.tolist(), strict=True)) == [(1, 0), (2, 1)]


def test_different_parameters_are_refused_by_name(before, files, tmp_path, repository):
    """Runs that walk differently are not compared; the error names each parameter with both values."""
    other = shengsi(repository / "data" / "gis" / "shengsi")
    walk = other.area.walk.model_copy(update={"limit_min": 10.0, "snap_max_m": 50.0})
    other.area = dataclasses.replace(other.area, walk=walk)
    html_map.write(other, tmp_path / "other.html")
    with pytest.raises(html_map.DifferentParametersError) as caught:
        html_map.compared(files / "a", tmp_path / "other.html", tmp_path / "c.html")
    seen = caught.value.render("zh")
    assert {dict(f.values)["parameter"] for f in caught.value.findings} == {"walk.limit_min", "walk.snap_max_m"}
    assert "walk.limit_min" in seen
    assert "10.0" in seen
    assert not (tmp_path / "c.html").exists()
    other.base = before
    shown = data_of(html_map.page(other))
    assert "before" not in shown
    assert any("walk.limit_min" in line for line in shown["incomparable"])


def test_what_is_no_map_is_refused(tmp_path):
    """A file that is not there, is no map, or is damaged gives a finding and no traceback."""
    (tmp_path / "x.html").write_text("<html></html>", encoding="utf-8")
    (tmp_path / "y.html").write_text(
        '<script type="application/octet-stream" id="layer-head">H4sI</script>', encoding="utf-8"
    )
    (tmp_path / "z.html").write_bytes(b"\xff\xfe\x00")
    for name, code in (
        ("x", "map-not-ours"),
        ("y", "map-unreadable"),
        ("z", "map-unreadable"),
        ("none", "map-unreadable"),
    ):
        with pytest.raises(InputError) as caught:
            three_way.read(tmp_path / f"{name}.html")
        assert caught.value.findings[0].code == code


@pytest.mark.browser
def test_the_switch_shows_each_state(files, before):
    """The three-way switch shows the tables of each state and the difference, in words, signs and colours; axe finds nothing."""
    with chromium() as browser:
        opened = Opened(browser, files / "c.html")
        page, words = opened.page, data_of((files / "c.html").read_text(encoding="utf-8"))["words"]
        assert page.evaluate("circles_atlas.state.side") == "difference"
        cells = page.evaluate(
            "[...document.querySelectorAll('#verdict-table td.cell')].map((c) => [c.classList[1], c.ariaLabel])"
        )
        assert sum(kind == "up" for kind, _ in cells) == 1
        assert any(words["change_gain"] in text and "→ 100.0%" in text for kind, text in cells if kind == "up")
        assert words["legend_area_gain"] in page.inner_text("#legend")
        assert axe(page) == []
        for side, run in (("before", "0123456789ab"), ("after", "fedcba987654")):
            page.check(f"input[name=side][value={side}]")
            assert page.evaluate("circles_atlas.data.area.run") == run
            assert f"side={side}" in page.url
            assert page.evaluate("document.activeElement.value") == side
        page.evaluate("document.getElementById('s-facilities').open = true")
        page.wait_for_selector("#s-facilities tr.choice")
        assert PAYLOADS[0] in page.inner_text("#s-facilities")
        page.check("input[name=side][value=before]")
        page.wait_for_selector("#s-facilities tr.choice")
        assert PAYLOADS[0] not in page.inner_text("#s-facilities")
        page.check("input[name=side][value=difference]")
        page.evaluate(
            "(() => { const A = circles_atlas; A.chooseCell(A.data.verdicts.rows[0].code, 'childcare', true); })()"
        )
        assert words["side_difference"] in page.inner_text("#detail")
        page.evaluate("document.getElementById('s-changes').open = document.getElementById('s-people').open = true")
        page.wait_for_selector("#s-people table")
        assert re.search(r"\+\d", page.inner_text("#s-people"))
        assert page.evaluate("window.__hit") is None
        assert len(opened.requests) == 1
        assert opened.errors == []
        opened.close()


@pytest.mark.browser
def test_gains_are_blue_and_losses_red_on_the_map(files):
    """On the map people gained are blue circles with a plus and people lost red squares with a minus."""
    with chromium() as browser:
        opened = Opened(browser, files / "c.html")
        colours = opened.page.evaluate(
            """() => { const A = circles_atlas, out = [];
            for (const sign of [1, -1]) { const c = document.createElement('canvas'); c.width = c.height = 40; const x = c.getContext('2d');
              A.changeMark(x, sign, 20, 20, 16); out.push([...x.getImageData(26, 26, 1, 1).data].slice(0, 3), [...x.getImageData(6, 6, 1, 1).data].slice(3)); }
            return out; }"""
        )
        opened.close()
    assert colours[::2] == [[11, 92, 173], [178, 24, 43]]
    assert colours[1][0] < 60
    assert colours[3][0] > 200
