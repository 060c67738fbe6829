"""The map's hour of a week and its journeys by boat."""

from __future__ import annotations

import pytest
from atlas_browser import Opened, axe, chromium
from test_moments import MOMENTS, area_of

import circles
from circles.foundation import words
from circles.outputs.map import payload as payloads


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One street with a clinic open on Monday mornings, one of unknown hours, and 31 homes."""
    folder = tmp_path_factory.mktemp("hours")
    return circles.analyse(circles.load_area(area_of(folder, hours={0: "周一8:00-12:00", 3000: ""}, more=MOMENTS)))


def test_a_page_without_hours_and_boats_has_no_such_layers(tmp_path):
    """Where no place states its hours and there is no journey, the page carries nothing of either."""
    plain = circles.analyse(circles.load_area(area_of(tmp_path, hours={0: "", 3000: ""})))
    assert {"times", "boats"}.isdisjoint(payloads.payload(plain, "zh"))


def test_the_week_says_for_each_hour_what_is_open_and_who_reaches_it(result):
    """Monday 8 to 11 the first clinic is open and ten homes reach it in 15 minutes; the other's hours are unknown."""
    times = payloads.payload(result, "zh")["times"]
    state = times["state"].reshape(168, 2)
    assert [hour for hour in range(168) if state[hour, 0] == 2] == [8, 9, 10, 11]
    assert set(state[:, 1]) == {1}
    minutes = times["minutes"][0]
    assert (minutes[times["at"][0][8]] >= 0).sum() == 31  # up to the horizon of an hour
    assert ((minutes[times["at"][0][8]] >= 0) & (minutes[times["at"][0][8]] <= 1500)).sum() == 10
    assert (minutes[times["at"][0][50]] >= 0).sum() == 0


def test_the_page_follows_the_hour_and_keeps_it_in_its_address(result, tmp_path):
    """Choosing Monday at ten counts one open place and one unknown; the address opens the same hour; no barrier, no error."""
    result.save(tmp_path / "out")
    with chromium() as browser:
        opened = Opened(browser, tmp_path / "out" / "index.html")
        page = opened.page
        page.click("#s-times > summary")
        page.select_option("#time-day", "0")
        assert words.text("atlas.time_note", "zh", hour=10, open=1, shut=0, unknown=1) in page.inner_text("#s-times")
        page.fill("#time-hour", "20")
        assert words.text("atlas.time_note", "zh", hour=20, open=0, shut=1, unknown=1) in page.inner_text("#s-times")
        assert "hour=20" in page.url
        assert axe(page) == []
        assert opened.errors == []
        again = Opened(browser, tmp_path / "out" / "index.html", fragment="#hour=10")
        assert again.page.evaluate("circles_atlas.state.hour") == 10
        opened.close()
        again.close()


def test_the_page_shows_a_journey_by_boat_and_the_pier_s_timetable(tmp_path):
    """The journey's table has the whole and both islands; a pier's departures stand below it."""
    from test_boats import two_islands

    circles.analyse(circles.load_area(two_islands(tmp_path / "a"))).save(tmp_path / "out")
    with chromium() as browser:
        opened = Opened(browser, tmp_path / "out" / "index.html", fragment="#boat=0")
        page = opened.page
        page.click("#s-boats > summary")
        rows = page.eval_on_selector_all("#s-boats .scroll tbody tr", "rows => rows.map(r => r.innerText)")
        assert len(rows) == 3
        assert rows[0].split("\t")[:4] == ["合计", "160", "160", "60"]
        page.click("#s-boats details summary")
        assert "08:00" in page.inner_text("#s-boats")
        assert opened.errors == []
        opened.close()
