"""Runs kept by date: the causes of each change add up to it, what may not stand side by side is refused, the page shows it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import circles
from circles.analysis import compare, months
from circles.analysis.months.events import of_facilities
from circles.cli.app import app
from circles.foundation.errors import CallError
from circles.outputs import files
from circles.outputs.months import keeping, page
from circles.outputs.months.payload import Measured
from circles.testing import lattice_city, places, write_city, write_county

KINDS = {"clinic": "adult", "childcare": "carer", "meals": "elder", "sports": "adult"}
HEAD = """[area]
id = "county"
name = "县"
crs = "EPSG:4550"
as_of = {as_of}
[data]
network = "streets.parquet"
facilities = ["facilities.csv"]
land = "land.parquet"
townships = "townships.parquet"
residents = "residents.csv"
[walk]
limit_min = {limit}
[walk.profiles.adult]
speed_m_per_s = {speed}
steps_m_per_s = 0.5
"""
CATEGORY = '[[categories]]\nid = "{id}"\nname = "{id}"\nprofile = "{profile}"\n'
RULE = (
    '[[rules]]\nid = "{id}-share"\ncategory = "{id}"\nmeasure = "population_share"\nthreshold = {threshold}\n'
    'source = "generated"\nstatus = "assumed"\ngroup = "{group}"\n{more}'
)
MEALS = {"threshold": 0.5, "group": "population", "more": ""}


def toml(month: int) -> str:
    """Return the area file of a month: from the seventh on a rule asks about the old, then within its own ten minutes."""
    meals = dict(MEALS)
    if month >= 7:
        meals["group"] = "age_60_plus"
    if month >= 8:
        meals["more"] = "limit_min = 3\n"
    if month >= 9:
        meals["threshold"] = 0.6
    asked = dict.fromkeys(KINDS, MEALS) | {"meals": meals}
    head = HEAD.format(as_of=f"2024-{month:02d}-28", limit=4 if month >= 10 else 5, speed=1.4 if month >= 12 else 1.3)
    parts = [CATEGORY.format(id=kind, profile=profile) for kind, profile in KINDS.items()]
    return head + "".join([*parts, *(RULE.format(id=kind, **values) for kind, values in asked.items())])


def changed(folder, month: int) -> None:
    """Change the county's files from the month before to this one."""
    shops = pd.read_csv(folder / "facilities.csv")
    homes = pd.read_csv(folder / "residents.csv")
    random = np.random.default_rng(month)
    if month in (2, 11):
        shops = pd.concat(
            [shops, shops.head(6).assign(id=[f"new{month}-{n}" for n in range(6)], x=shops["x"].to_numpy()[7:13])]
        )
    if month in (3, 11):
        shops = shops.drop(shops.index[2:8])
    if month in (4, 12):
        shops.loc[shops.index[:9], ["x", "y"]] += random.uniform(-150, 150, (9, 2)).round(1)
    if month in (5, 11, 12):
        streets = gpd.read_parquet(folder / "streets.parquet")
        keep = random.random(len(streets)) > 0.12
        streets[keep].reset_index(drop=True).to_parquet(folder / "streets.parquet", index=False)
    if month in (6, 11):
        homes.loc[homes.index[::3], "population"] += 7
        homes.loc[homes.index[5:9], ["x", "y"]] += 60.0
        homes = homes.drop(homes.index[20:26])
    shops.to_csv(folder / "facilities.csv", index=False)
    homes.to_csv(folder / "residents.csv", index=False)


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Twelve months of seven townships and four kinds: places open, close, move; streets, people, rules, parameters change."""
    folder = tmp_path_factory.mktemp("year")
    write_county(folder, name="县", side=4, seed=4, residents=180, facilities=84, islands=7)
    shops = pd.read_csv(folder / "facilities.csv")
    shops.assign(category=[list(KINDS)[n % 4] for n in range(len(shops))]).to_csv(
        folder / "facilities.csv", index=False
    )
    homes = pd.read_csv(folder / "residents.csv")
    homes.assign(age_60_plus=(homes["population"] * 0.3).round()).to_csv(folder / "residents.csv", index=False)
    found: list[months.Month] = []
    for month in range(1, 13):
        changed(folder, month)
        (folder / "area.toml").write_text(toml(month), "utf-8")
        result = circles.analyse(circles.load_area(folder / "area.toml"))
        towns = dict(zip(result.townships["code"].astype(str), result.townships.geometry, strict=True))
        one = months.Month(
            dt.date(2024, month, 28), compare.state_of(result), months.Shapes(towns, tuple(result.land.geometry)), {}
        )
        book = months.Book(folder, tuple(found), {}) if found else None
        found.append(months.admitted(one, book, any_parameters=True))
    return tuple(found)


def people_of(state, kind, group):
    """Return id -> (township, place, people, minutes, nearest) of everybody, as plain Python."""
    own = state.access[state.access["category"] == kind].set_index("resident_id")
    return {
        row["id"]: (
            row["township_code"], (row["x"], row["y"]), float(row[group]), float(own.loc[row["id"], "minutes"]),
            own.loc[row["id"], "facility_id"],
        )
        for row in state.residents.to_dict("records")
    }  # fmt: skip


def asked_of(state, kind):
    """Return group, own limit (None = the area's) and the area's limit of the one rule of a kind."""
    rule = next(item for item in state.run["parameters"]["rules"] if item["category"] == kind)
    return rule["group"], rule.get("limit_min"), state.run["parameters"]["walk"]["limit_min"]


def by_hand(one, two, kind, town):
    """Return the share before and after, and the parts of its change, counted person by person."""
    group, own, area = asked_of(one, kind)
    limits = own or area, own or asked_of(two, kind)[2]
    before, after = people_of(one, kind, group), people_of(two, kind, group)
    shops = [
        {r["id"]: (r["category"], bool(r["is_counted"]), r["x"], r["y"]) for r in s.facilities.to_dict("records")}
        for s in (one, two)
    ]
    walkers = any(name != "walk.limit_min" for name, _, _ in compare.differing(one, two))
    streets = one.run["network_sha256"] != two.run["network_sha256"]
    parts = dict.fromkeys(months.CAUSES, 0.0)
    mine = {name for name, row in (*before.items(), *after.items()) if town in ("ALL", row[0])}

    def near(minutes, limit):
        return 1.0 if minutes <= limit + 1e-9 else 0.0

    for name in sorted(mine):
        a, b = before.get(name), after.get(name)
        if a is None or b is None or a[:2] != b[:2]:
            parts["people"] -= a[2] * near(a[3], limits[0]) if a and town in ("ALL", a[0]) else 0.0
            parts["people"] += b[2] * near(b[3], limits[1]) if b and town in ("ALL", b[0]) else 0.0
            continue
        was, mid, now = near(a[3], limits[0]), near(a[3], limits[1]), near(b[3], limits[1])
        parts["people"] += (b[2] - a[2]) * was
        parts["parameter"] += b[2] * (mid - was)
        if now == mid:
            continue
        deciding = a[4] if now < mid else b[4]
        old, new = shops[0].get(deciding), shops[1].get(deciding)
        cause = (
            "facility" if (old is None or new is None or old[:2] != new[:2]) else "position" if old != new
            else "other" if walkers and streets else "parameter" if walkers else "street"
        )  # fmt: skip
        parts[cause] += b[2] * (now - mid)
    group2, own2, area2 = asked_of(two, kind)
    later = people_of(two, kind, group2)

    def sums(people, limit):
        rows = [row for row in people.values() if town in ("ALL", row[0])]
        return sum(row[2] * near(row[3], limit) for row in rows), sum(row[2] for row in rows)

    (c0, p0), (c1, p1), (c2, p2) = sums(before, limits[0]), sums(after, limits[1]), sums(later, own2 or area2)
    shares = {cause: part / p1 for cause, part in parts.items()}
    shares["people"] = (c0 + parts["people"]) / p1 - c0 / p0
    shares["rule"] = c2 / p2 - c1 / p1
    return c0 / p0, c2 / p2, shares


@pytest.mark.long
def test_causes_add_up_to_every_change(year):
    """Of twelve months, seven townships and four kinds, each change is the sum of its causes, each as counted by hand."""
    rows = months.cells(year)
    seen = dict.fromkeys(months.CAUSES, 0.0)
    steps = 0
    for row in rows:
        for at in range(1, 12):
            step = row.steps[at]
            assert step is not None
            old, new, parts = by_hand(year[at - 1].state, year[at].state, row.category, row.township_code)
            assert row.value[at - 1] == pytest.approx(old, abs=1e-9)
            assert row.value[at] == pytest.approx(new, abs=1e-9)
            assert step.change == pytest.approx(new - old, abs=1e-9)
            assert math.fsum(step.parts.values()) == pytest.approx(step.change, abs=1e-9)
            for cause in months.CAUSES:
                assert step.parts[cause] == pytest.approx(parts[cause], abs=1e-9), (
                    row.township_code,
                    row.category,
                    at,
                    cause,
                )
                seen[cause] += abs(parts[cause])
            steps += 1
    assert steps == 11 * 8 * 4
    assert all(seen.values()), seen
    meals = next(row for row in rows if row.category == "meals" and row.township_code == "001")
    assert meals.steps[8].line == pytest.approx(0.1)
    assert meals.steps[8].parts["rule"] == 0.0


def test_a_share_below_its_threshold_never_shows_as_reaching_it():
    """The page of the months prints shares and signs as all products do: 89.996 % of 90 % is 89.9 % with ▲."""
    from circles.outputs.months.payload import _cell

    one = months.Cell("t", "某镇", "meals", ("population",) * 2, (0.89996, math.nan), (8.9996, math.nan), (10.0, math.nan), (0.9, 0.9), ("r", "r"),
                      ("not_met", "no_data"), (None, None))  # fmt: skip
    assert _cell(one, [("t", "某镇")], ["meals"])["text"] == ["89.9%", "–"]


def test_a_facility_that_moved_and_changed_its_kind_did_both():
    """Two things that happen to one facility in a month are two events: neither hides the other."""
    row = {"name": "甲", "category": "meals", "township_code": "t", "x": 1.0, "y": 2.0}
    found = of_facilities(
        {"a": row, "b": row, "c": row}, {"a": {**row, "x": 5.0, "category": "clinic"}, "b": row, "d": row}
    )
    assert [(event.id, event.kind) for event in found] == [
        ("a", "moved"),
        ("a", "kind"),
        ("c", "closed"),
        ("d", "opened"),
    ]


@pytest.mark.long
def test_what_happened(year):
    """Facilities that opened, closed and moved are named in the month in which they did, with the verdicts that turned."""
    by_month = [[], *(months.events(a, b) for a, b in itertools.pairwise(year))]
    found = [
        {kind: [e.id for e in happened if e.kind == kind] for kind in ("opened", "closed", "moved")}
        for happened in by_month
    ]
    assert found[1]["opened"] == [f"new2-{n}" for n in range(6)]
    assert len(found[2]["closed"]) == 6
    assert len(found[3]["moved"]) == 9
    assert not any(found[5].values())
    assert any(event.kind == "verdict" for happened in by_month for event in happened)


@pytest.mark.long
def test_kept_months_come_back(year, tmp_path):
    """What is kept gives the same page as what was analysed, byte for byte twice; a changed file is named, none is guessed."""
    folder, book = tmp_path / "months", None
    for month in year[:3]:
        keeping.keep(month, folder, book)
        book = months.read_book(folder)
    assert [month.as_of for month in book.months] == [month.as_of for month in year[:3]]
    live = [row.steps[2] for row in months.cells(year[:3])]
    kept = [row.steps[2] for row in months.cells(book.months)]
    for one, two in zip(live, kept, strict=True):
        assert one.change == two.change
        assert dict(one.parts) == dict(two.parts)
    assert page.page(book) == page.page(months.read_book(folder))
    file = next(folder.glob("2024-02-28-*")) / "access.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CallError) as caught:
        months.read_book(folder)
    assert [item.code for item in caught.value.findings] == ["months-changed"]


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"program": "circles", "kind": "months", "months": [{"as_of": "2024-01-28"}]}',
     '{"program": "circles", "kind": "months", "months": [{"as_of": "2024-01-28", "run_id": "a", "folder": "../x", "files": {}, "differs": []}]}'],
)  # fmt: skip
def test_a_folder_of_something_else(tmp_path, content):
    """A folder that holds something else, or a list that leads out of it, is refused."""
    (tmp_path / "months.json").write_text(content, "utf-8")
    with pytest.raises(CallError) as caught:
        months.read_book(tmp_path)
    assert [item.code for item in caught.value.findings] == ["months-not-ours"]


@pytest.mark.long
def test_what_may_not_stand_beside_each_other(year):
    """A month twice, out of order, of another area, of other parameters or of a demonstration: one message each."""
    book = months.Book(None, year[:3], {})
    run = year[3].state.run

    def code(month, **change):
        state = compare.State(**{**month.state.__dict__, "run": {**month.state.run, **change}})
        with pytest.raises(CallError) as caught:
            months.admitted(months.Month(month.as_of, state, month.shapes, {}), book)
        return {item.code for item in caught.value.findings}

    assert code(year[2]) == {"months-twice"}
    assert code(year[1], run_id="other") == {"months-twice"}
    assert code(months.Month(dt.date(2023, 1, 1), year[3].state, year[3].shapes, {})) == {"months-order"}
    assert code(year[3], area="other") == {"months-area"}
    assert code(year[3], demonstration=not run.get("demonstration")) == {"months-demonstration"}
    assert code(year[3], counts_points=not run.get("counts_points")) == {"months-points"}
    assert code(year[11]) == {"months-parameter"}


def one_run(folder):
    """Analyse a street of one clinic, and return a folder with the files of the run that a comparison reads."""
    folder.mkdir()
    area = (
        '[area]\nid = "city"\nname = "<城>"\ncrs = "EPSG:4550"\nas_of = 2024-01-31\n[data]\nnetwork = "streets.gpkg"\n'
        'facilities = ["facilities.csv"]\nresidents = "residents.csv"\n'
        + CATEGORY.format(id="clinic", profile="adult") + RULE.format(id="clinic", **MEALS)
    )  # fmt: skip
    homes = [{"id": f"r{i}", "x": 100 * i, "y": 0, "population": 10 + i} for i in range(4)]
    clinic = [{"id": "c1", "name": "<b>卫生院</b>", "category": "clinic", "x": 0, "y": 0}]
    file = write_city(folder, lattice_city(), places(clinic), places(homes), area)
    result, out = circles.analyse(circles.load_area(file)), folder / "out"
    out.mkdir()
    for name in ("check", "coverage"):
        files.write_csv(getattr(result, name), out / f"{name}.csv")
    files.write_access(result, out)
    files.write_places(result, out)
    files.write_gpkg(result, out / "circles.gpkg")
    files.write_run(result.run, out)
    return out


def later(run, folder, *, as_of, limit_min=None):
    """Copy a run as that of a later month, with another limit where one is given."""
    shutil.copytree(run, folder)
    about = json.loads((folder / "run.json").read_text("utf-8"))
    about["parameters"]["as_of"], about["run_id"] = as_of, as_of.replace("-", "") + "0000"
    about["parameters"]["walk"]["limit_min"] = limit_min or about["parameters"]["walk"]["limit_min"]
    (folder / "run.json").write_text(json.dumps(about), "utf-8")
    return folder


def test_the_commands(tmp_path):
    """``circles months`` keeps runs, refuses in one message and leaves nothing, and writes a page without markup of data."""
    runner, where = CliRunner(), ["--in", str(tmp_path / "months")]
    first = one_run(tmp_path / "a")
    runs = [first, later(first, tmp_path / "b", as_of="2024-02-29")]
    none = runner.invoke(app, ["months", "report", *where])
    assert (none.exit_code, "months-none" in none.output) == (2, True)
    refused = runner.invoke(app, ["months", "add", str(tmp_path), *where])
    assert (refused.exit_code, (tmp_path / "months").exists()) == (2, False)
    for run in runs:
        done = runner.invoke(app, ["months", "add", str(run), *where])
        assert done.exit_code == 0, done.output
    again = runner.invoke(app, ["months", "add", str(runs[1]), *where])
    assert (again.exit_code, "months-twice" in again.output) == (2, True)
    assert runner.invoke(app, ["months", "add", str(runs[1]), *where, "--replace"]).exit_code == 0
    other = later(first, tmp_path / "c", as_of="2024-03-31", limit_min=6)
    mixed = runner.invoke(app, ["months", "add", str(other), *where])
    assert (mixed.exit_code, "months-parameter" in mixed.output) == (2, True)
    assert runner.invoke(app, ["months", "add", str(other), *where, "--any-parameters"]).exit_code == 0
    shutil.rmtree(tmp_path / "a")
    for lang in ("zh", "en"):
        done = runner.invoke(app, ["months", "report", *where, "--lang", lang])
        assert done.exit_code == 0, done.output
    text = (tmp_path / "months" / "months.html").read_text("utf-8")
    assert "<b>卫生院" not in text
    assert "&lt;城&gt;" in text
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert [month["as_of"] for month in data["months"]] == ["2024-01-31", "2024-02-29", "2024-03-31"]
    assert data["months"][2]["differs"]
    assert data["ledger"] == []


def test_the_ledger_beside_the_map(tmp_path):
    """Reported figures of a ledger stand on the page up to the last month's date; a ledger that is not there is refused."""
    runner, where, book = CliRunner(), ["--in", str(tmp_path / "months")], str(tmp_path / "l.sqlite")
    run = later(one_run(tmp_path / "a"), tmp_path / "b", as_of="2024-06-30")
    assert runner.invoke(app, ["months", "add", str(run), *where]).exit_code == 0
    absent = runner.invoke(app, ["months", "report", *where, "--ledger", book])
    assert (absent.exit_code, "ledger-missing" in absent.output) == (2, True)
    for period, value, on in (
        ("2024-04", "30", "2024-05-02"),
        ("2024-05", "45", "2024-06-02"),
        ("2024-06", "60", "2024-07-20"),
    ):
        noted = ["vocational-training", value, "--period", period, "--on", on, "--by", "甲", "--ledger", book]
        assert runner.invoke(app, ["plan", "record", *noted]).exit_code == 0
    assert runner.invoke(app, ["months", "report", *where, "--ledger", book]).exit_code == 0
    text = (tmp_path / "months" / "months.html").read_text("utf-8")
    (row,) = json.loads(text.split('id="data">')[1].split("</script>")[0])["ledger"]
    assert (row["reported"], row["computed"]) == ([["2024-04", "30"], ["2024-05", "45"]], [None])


@pytest.mark.long
def test_the_page_in_a_browser(year, tmp_path):
    """The page shows what the data says: the slider moves the map, a cell lists its changes, nothing is asked of a network."""
    from atlas_browser import Opened, axe, chromium

    file = tmp_path / "months.html"
    measure = Measured("扩建", "上次", (("2024-12", "60%"),), (None,) * 11 + ("70%",))
    page.write(months.Book(tmp_path, year, {}), file, measured=[measure])
    assert len(file.read_bytes()) < 3_000_000
    rows = months.cells(year)
    with chromium() as browser:
        opened = Opened(browser, file)
        own = opened.page
        assert own.locator("#grid button").count() == 8 * 4
        assert own.locator("#now").inner_text() == "2024-12-28"
        pictures = {own.evaluate("document.getElementById('map').toDataURL()")}
        for month in (3, 2, 1):
            own.evaluate(
                f"(() => {{ const s = document.getElementById('slider'); s.value = {month}; s.dispatchEvent(new Event('input')); }})()"
            )
            pictures.add(own.evaluate("document.getElementById('map').toDataURL()"))
        assert own.locator("#now").inner_text() == "2024-02-28"
        assert len(pictures) == 4
        assert own.locator("#events li").count() >= 6
        own.locator("#grid button").first.click()
        moved = [step for step in rows[0].steps if step and abs(step.change) > 5e-7]
        assert own.locator("#changes tbody tr").count() >= len(moved)
        assert own.locator("#ledger tbody tr").count() == 1
        assert axe(own) == []
        assert opened.errors == []
        assert [url for url in opened.requests if not url.startswith("file:")] == []
        own.screenshot(path=str(tmp_path / "months.png"), full_page=True)
        opened.close()
