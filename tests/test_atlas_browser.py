"""The map in a real browser: one request, no errors, nothing of the data runs, table and map work together."""

from __future__ import annotations

import csv
import dataclasses
import json

import pytest
from atlas_browser import Opened, chromium
from atlas_tables import shengsi
from hostile import PAYLOADS
from test_atlas import data_of, hostile

from circles.outputs.map import page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(repository, tmp_path_factory):
    """The map of the made-up tables."""
    target = tmp_path_factory.mktemp("atlas") / "index.html"
    target.write_text(page(shengsi(repository / "data" / "gis" / "shengsi")), encoding="utf-8")
    return target


def test_one_request_no_errors(browser, file):
    """From file:// the page asks for itself only, and nothing is wrong in the console."""
    opened = Opened(browser, file)
    assert len(opened.requests) == 1
    assert opened.errors == []
    opened.close()


def test_few_tab_stops_panel_first(browser, file):
    """The keyboard goes through the panel first, in at most 40 stops, each with a name."""
    opened = Opened(browser, file)
    stops = opened.page.evaluate(
        """() => [...document.querySelectorAll('a[href],button,input,select,summary,[tabindex]')]
        .filter((e) => e.tabIndex >= 0 && e.checkVisibility())
        .map((e) => [e.closest('#panel') ? 'panel' : 'map', (e.getAttribute('aria-label') || e.title || e.textContent || (e.labels && e.labels[0] && e.labels[0].textContent) || '').trim()])"""
    )
    assert len(stops) <= 40
    assert stops[0][0] == "panel"
    assert all(name for _, name in stops)
    opened.close()


def test_targets_are_large_enough(browser, file):
    """Controls measure at least 24 pixels, or the label around them does."""
    opened = Opened(browser, file)
    opened.page.evaluate("document.getElementById('s-layers').open = true")
    small = opened.page.evaluate(
        """() => [...document.querySelectorAll('button,select,input,summary,td.cell,.leaflet-control-zoom a')].map((e) => [e, (e.closest('label') || e).getBoundingClientRect()])
        .filter(([e, r]) => r.width && (r.width < 24 || r.height < 24)).map(([e, r]) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
    opened.close()


def test_cell_opens_its_grounds_and_the_address_keeps_it(browser, file):
    """Choosing a cell shows the rule and its source, moves the map, and the address reopens the same view."""
    opened = Opened(browser, file)
    before = opened.page.evaluate("circles_map.getZoom()")
    opened.page.click("td.cell[data-key=clinic] >> nth=0")
    detail = opened.page.inner_text("#detail")
    data = data_of(file.read_text(encoding="utf-8"))
    rule = next(
        c["rule_id"]
        for c in data["verdicts"]["checks"]
        if c["category"] == "clinic" and c["township_code"] == data["verdicts"]["rows"][0]["code"]
    )
    assert data["verdicts"]["rules"][rule]["source"] in detail
    assert "演示，不作达标结论" in detail
    assert opened.page.evaluate("circles_map.getZoom()") > before
    again = Opened(browser, file, "#" + opened.page.url.split("#")[1])
    assert again.page.inner_text("#detail") == detail
    assert again.page.evaluate("circles_map.getZoom()") == opened.page.evaluate("circles_map.getZoom()")
    opened.close()
    again.close()


def test_search_by_initials(browser, file):
    """Typing pinyin initials finds a township, and Enter goes there."""
    opened = Opened(browser, file)
    opened.page.fill("#search", "cyz")
    assert "菜园镇" in opened.page.inner_text("#found li >> nth=0")
    opened.page.press("#search", "Enter")
    assert "菜园镇" in opened.page.inner_text("#detail h3")
    opened.close()


def test_table_shows_the_tables_values(browser, file):
    """Each cell of the page's table shows the verdict of the check table."""
    opened = Opened(browser, file)
    data = data_of(file.read_text(encoding="utf-8"))["verdicts"]
    shown = opened.page.evaluate(
        "[...document.querySelectorAll('td.cell')].map((c) => [c.dataset.code, c.dataset.key, c.classList[1]])"
    )
    overall = {r["code"]: r["overall"] for r in data["rows"]}
    single = [i for i, column in enumerate(data["columns"]) if len(column["all"]) == 1]
    wanted = [
        pair
        for r in data["rows"]
        for pair in [
            *([r["code"], data["columns"][i]["key"], r["shown"][i]] for i in single),
            [r["code"], "", overall[r["code"]]],
        ]
    ]
    assert shown == wanted
    opened.close()


def test_click_on_a_resident_place_explains_its_minutes(browser, file, repository):
    """A click on a resident place lists the minutes to each service, or why there are none."""
    with (repository / "data" / "gis" / "shengsi" / "residents.csv").open(encoding="utf-8", newline="") as stream:
        home = next(csv.DictReader(stream))
    there = f"#map=17/{home['lat']}/{home['lon']}&off=facility.0,facility.1,facility.2,facility.3"
    opened = Opened(browser, file, there)
    box = opened.page.locator(".folium-map").bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    text = opened.page.inner_text("#detail")
    assert "分钟" in text
    assert "托育服务" in text
    # the popup names the place and repeats nothing of the panel beside it
    title = opened.page.inner_text("#detail h3")
    assert opened.page.inner_text(".popup").split("\n")[0] == title
    assert "托育服务" not in opened.page.inner_text(".popup")
    opened.close()


def test_hostile_names_show_as_typed_and_never_run(browser, repository, tmp_path):
    """150 hostile names in every text field: none runs, none is fetched, and those shown are shown as typed."""
    tables = hostile(shengsi(repository / "data" / "gis" / "shengsi"))
    target = tmp_path / "index.html"
    target.write_text(page(tables), encoding="utf-8")
    opened = Opened(browser, target)
    count = len(tables.facilities)
    for section in ("s-layers", "s-gaps", "s-facilities", "s-coverage", "s-about"):
        opened.page.evaluate(f"document.getElementById('{section}').open = true")
    opened.page.wait_for_selector("#s-facilities tr.choice")
    shown = opened.page.evaluate(
        "[...document.querySelectorAll('#s-facilities tr.choice')].map((r) => r.cells[0].textContent)"
    )
    data = data_of(target.read_text(encoding="utf-8"))
    lone = [json.loads(json.dumps(name)) for name in data["facilities"]["name"]]
    assert len(shown) == count
    assert [s.encode("utf-16", "replace") for s in shown] == [s.encode("utf-16", "replace") for s in lone]
    for i in range(0, count, 7):
        opened.page.locator("#s-facilities tr.choice").nth(i).click()
    for cell in opened.page.query_selector_all("td.cell")[::6]:
        cell.click()
    opened.page.fill("#search", PAYLOADS[0][:4])
    assert opened.page.evaluate("window.__hit") is None
    assert len(opened.requests) == 1
    assert opened.errors == []
    opened.close()


@pytest.mark.long
def test_usable_within_two_seconds(browser, file):
    """The page is ready within two seconds of a machine that does nothing else."""
    opened = Opened(browser, file)
    assert opened.page.evaluate("performance.now()") < 6000
    assert opened.page.evaluate("performance.getEntriesByType('navigation')[0].domComplete") < 2000
    opened.close()


def with_map(tables, **changes):
    """The same tables with other options of ``[map]``."""
    other = type(tables)(**vars(tables))
    other.area = dataclasses.replace(tables.area, map=tables.area.map.model_copy(update=changes))
    return other


def test_tianditu_only_with_a_key_and_its_failure_changes_nothing(browser, repository, tmp_path):
    """With a key the page asks 天地图 for pictures and nobody else; where none come, the map is all there."""
    tables = shengsi(repository / "data" / "gis" / "shengsi")
    assert "tianditu" not in page(tables).split('id="data"')[0]
    assert "tianditu" not in data_of(page(tables))["area"]
    target = tmp_path / "index.html"
    target.write_text(page(with_map(tables, tianditu_key="k</script>&1")), encoding="utf-8")
    asked = []

    def fail(route):
        asked.append(route.request.url)
        route.abort()

    opened = Opened(browser, target, answer=fail)
    for _ in range(50):
        if asked:
            break
        opened.page.wait_for_timeout(100)
    opened.page.wait_for_timeout(300)
    assert asked
    assert all(url.startswith("https://t") and ".tianditu.gov.cn/" in url for url in asked)
    assert all("tk=k%3C%2Fscript%3E%261" in url for url in asked)
    opened.page.click("td.cell >> nth=0")
    assert opened.page.inner_text("#detail h3")
    assert opened.page.evaluate("window.__hit") is None
    assert [text for text in opened.errors if "ERR_" not in text] == []
    count = len(asked)
    opened.page.evaluate("document.getElementById('s-layers').open = true")
    opened.page.uncheck("input[data-layer=tianditu]")
    opened.page.evaluate("circles_atlas.map.setZoom(12, { animate: false })")
    opened.page.wait_for_timeout(200)
    assert len(asked) == count
    opened.close()


def test_nothing_else_may_be_asked_for_with_a_key(browser, repository, tmp_path):
    """The policy of a page with a key lets pictures of 天地图 in, and no other host's."""
    tables = shengsi(repository / "data" / "gis" / "shengsi")
    target = tmp_path / "index.html"
    target.write_text(page(with_map(tables, tianditu_key="k")), encoding="utf-8")
    opened = Opened(browser, target, fragment="#off=tianditu", answer=lambda route: route.abort())
    opened.page.evaluate("() => { const i = new Image(); i.src = 'https://e.invalid/x.png'; }")
    opened.page.wait_for_timeout(200)
    assert any("Content Security Policy" in text for text in opened.errors)
    assert not any("tianditu" in url for url in opened.requests)
    opened.close()


def test_a_map_without_administrative_boundaries(browser, repository, tmp_path):
    """With ``boundaries = false`` no boundary of a township is in the page, drawn, or hinted at by a colour."""
    tables = with_map(shengsi(repository / "data" / "gis" / "shengsi"), boundaries=False)
    target = tmp_path / "index.html"
    target.write_text(page(tables), encoding="utf-8")
    data = data_of(target.read_text(encoding="utf-8"))
    assert data["townships"]["shape"]["d"] == data["townships"]["borders"]["d"] == []
    opened = Opened(browser, target)
    assert opened.page.query_selector("input[data-layer=boundaries]") is None
    opened.page.click("td.cell >> nth=0")
    assert opened.page.inner_text("#detail h3")
    assert opened.errors == []
    opened.close()
