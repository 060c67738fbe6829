"""Surveys: tracks and tables held against streets, shown, and saved as a scenario or a network."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from typer.testing import CliRunner

import circles
from circles.analysis import surveyed
from circles.analysis.access import walks_of
from circles.cli.app import app
from circles.foundation.errors import InputError
from circles.inputs.loading import Inputs, load
from circles.inputs.survey import Named, Surveyed, read_survey, timed
from circles.testing import CRS, ORIGIN, area_toml, places, write_city

TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
START = dt.datetime(2024, 5, 3, 1, tzinfo=dt.UTC)
LINES = [
    ("residential", "", [(0, 0), (400, 0)]), ("residential", "", [(0, 200), (400, 200)]), ("residential", "", [(0, 0), (0, 200)]),
    ("steps", "", [(400, 0), (400, 100)]), ("footway", "", [(400, 100), (400, 200)]), ("service", "no", [(300, 0), (300, 200)]),
]  # fmt: skip
"""Two streets 200 m apart, tied at both ends (in the east over steps), and a closed one between them."""


def city(tmp_path: Path) -> Path:
    """Write a city whose one clinic is across the block from its one home."""
    streets = gpd.GeoDataFrame(
        {"street_id": range(1, 7), "highway": [h for h, _, _ in LINES], "foot": [f for _, f, _ in LINES]},
        geometry=[shapely.LineString(np.array(xy) + ORIGIN) for _, _, xy in LINES], crs=CRS,
    )  # fmt: skip
    folder = tmp_path / "city"
    folder.mkdir()
    clinic = places([{"id": "c1", "name": "卫生院", "category": "clinic", "x": 200, "y": 200}])
    home = places([{"id": "r1", "x": 200, "y": 0, "population": 10}, {"id": "r2", "x": 0, "y": 0, "population": 1}])
    rules = [{"id": "near", "category": "clinic", "measure": "population_share", "threshold": 0.6}]
    return write_city(folder, streets, clinic, home, area_toml({"clinic": "plain"}, rules=rules))


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """The city, for a test that writes beside it."""
    return city(tmp_path)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """The city as it is read, once."""
    return load(circles.load_area(city(tmp_path_factory.mktemp("read"))))


def degrees(xy) -> np.ndarray:
    """Return places in metres from the corner as longitude and latitude."""
    return np.column_stack(TO_DEGREES.transform(*(np.asarray(xy, dtype=float) + ORIGIN).T))


def walk(corners, *, seed: int = 0, noise_m: float = 3.0, every_m: float = 4.0) -> np.ndarray:
    """Return points of a receiver along corners, in metres: correlated noise, a point every four metres."""
    rng, line = np.random.default_rng(seed), shapely.LineString(corners)
    true = shapely.get_coordinates(shapely.line_interpolate_point(line, np.arange(0, line.length, every_m)))
    off = [rng.normal(0, noise_m, 2)]
    for _ in true[1:]:
        off.append(0.9 * off[-1] + rng.normal(0, noise_m * np.sqrt(1 - 0.9**2), 2))
    return true + np.array(off)


def gpx(file: Path, xy, *, step_s: float = 4.0, times=None) -> Path:
    """Write a track of points in metres; ``times`` replaces the seconds after its start, None = no time."""
    points = []
    for number, (lon, lat) in enumerate(degrees(xy).tolist() if len(xy) else []):
        after = number * step_s if times is None else times[number]
        time = "" if after is None else f"<time>{(START + dt.timedelta(seconds=after)).isoformat()}</time>"
        points.append(f'<trkpt lat="{lat:.8f}" lon="{lon:.8f}">{time}</trkpt>')
    head = '<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
    file.write_text(f"{head}<trk><name>近路</name><trkseg>{''.join(points)}</trkseg></trk></gpx>", encoding="utf-8")
    return file


def run(*args: object):
    """Run ``circles survey``."""
    return CliRunner().invoke(app, ["survey", *map(str, args)])


def matched(inputs: Inputs, corners, **how) -> gpd.GeoDataFrame:
    """Return the pieces of a walk over corners."""
    line = Surveyed("t.gpx", 1, "1.1", "", degrees(walk(corners, **how)), START.date(), is_track=True)
    return surveyed.match(inputs, [line]).table


@pytest.mark.parametrize("seed", range(4))
def test_a_track_is_taken_apart_into_streets_and_the_path_that_is_missing(inputs: Inputs, seed: int) -> None:
    """A walk along one street, across the block and along the other is agreeing, new, agreeing; the new piece is where it was."""
    found = matched(inputs, [(60, 0), (180, 0), (180, 200), (60, 200)], seed=seed)
    assert found["state"].tolist() == ["agree", "new", "agree"]
    assert found["why"].tolist() == ["along", "missing", "along"]
    assert found["street_ids"].tolist() == ["1", "", "2"]
    new = np.array([shapely.get_coordinates(found.geometry.to_crs(CRS).iloc[1])[k] for k in (0, -1)]) - ORIGIN
    assert np.abs(new - [(180, 0), (180, 200)]).max() < 12
    assert found["length_m"].iloc[1] == pytest.approx(200, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_streets_that_are_walked_are_not_proposed_again(inputs: Inputs, seed: int) -> None:
    """A walk around the whole block, over street, steps and footway, gives no new piece, whatever the receiver's noise."""
    found = matched(inputs, [(200, 0), (400, 0), (400, 200), (0, 200), (0, 0), (150, 0)], seed=seed, noise_m=4.0)
    assert set(found["state"]) == {"agree"}


def test_dead_ends_crossings_and_closed_streets_are_told_apart(inputs: Inputs) -> None:
    """A path out of the city is a dead end, one that crosses a street is cut there, one on a closed street contradicts it."""
    out = matched(inputs, [(100, 0), (200, 0), (200, -150)])
    assert out["why"].tolist() == ["along", "dead_end"]
    across = matched(inputs, [(100, -150), (100, 350)], noise_m=1.0)
    assert across["state"].tolist().count("new") == 3
    ends = across[across["state"].eq("new")].geometry.to_crs(CRS)
    lows = [shapely.get_coordinates(line)[0, 1] - ORIGIN[1] for line in ends]
    assert np.abs(np.sort(lows)[1:] - [0, 200]).max() < 12
    closed = matched(inputs, [(200, 0), (300, 0), (300, 200), (200, 200)])
    assert closed["state"].tolist() == ["agree", "contradict", "agree"]
    assert closed["street_ids"].tolist()[1] == "6"


def table(file: Path, rows: list[dict]) -> Path:
    """Write a table of steps and paths; ``from`` and ``to`` in metres become degrees."""
    out = []
    for row in rows:
        ends = {
            k: ",".join(f"{v:.7f}" for v in degrees([row[k]])[0]) for k in ("from", "to") if isinstance(row[k], tuple)
        }
        out.append(row | ends)
    pd.DataFrame(out).to_csv(file, index=False)
    return file


def test_rows_of_a_table_agree_are_new_or_contradict(area: Path, tmp_path: Path) -> None:
    """Each row gets the one answer that the drawn city gives: also steps that are none, paths that are gone, and lengths."""
    file = table(
        tmp_path / "steps.csv",
        [
            {"id": "same", "from": (0, 0), "to": (200, 0), "类型": "路"},
            {"id": "new", "from": "c1", "to": (200, 0), "类型": "台阶", "steps": 500},
            {"id": "kind", "from": (400, 0), "to": (400, 100), "类型": "步道"},
            {"id": "gone", "from": (400, 100), "to": (400, 200), "state": "不通"},
            {"id": "absent", "from": (200, 0), "to": (200, 200), "state": "塌方"},
            {"id": "long", "from": (0, 0), "to": (100, 0), "length_m": 300},
        ],
    )
    said = run("match", file, "--area", area, "--format", "json", "--surveyed-on", "2024-05-03")
    assert said.exit_code == 0, said.stderr
    found = {row["id"]: (row["state"], row["why"], row["street_ids"]) for row in json.loads(said.stdout)}
    assert found == {
        "same": ("agree", "along", "1"), "new": ("new", "missing", ""), "kind": ("contradict", "kind", "4"),
        "gone": ("contradict", "gone", "5"), "absent": ("agree", "absent", ""), "long": ("contradict", "length", "1"),
    }  # fmt: skip
    assert {word for word in said.stderr.replace("：", " ").split() if word.startswith("survey-")} == {
        "survey-contradicts-kind", "survey-contradicts-gone", "survey-contradicts-length",
    }  # fmt: skip


def minutes(area: Path, network: str = "streets.gpkg", scenario: Path | None = None) -> float:
    """Return the minutes of the home ``r1`` to the clinic."""
    text = area.read_text(encoding="utf-8").replace("streets.gpkg", network)
    own = area.with_name("own.toml")
    own.write_text(text, encoding="utf-8")
    loaded = circles.load_area(own)
    inputs = load(loaded)
    if scenario is not None:
        from circles.analysis import scenario as room

        inputs = room.apply(inputs, room.load_scenario(scenario, loaded))
    return float(walks_of(inputs).to_category("clinic", loaded.walkers["plain"]).minutes[0])


def test_what_is_saved_is_walked_as_a_scenario_and_as_a_network(area: Path, tmp_path: Path) -> None:
    """A new path of 200 m is walked in 200 s, one of steps in 400 s, out of either file, which names source and date."""
    before = minutes(area)
    assert before == pytest.approx(600 / 60)
    for kind, seconds in (("步道", 200), ("台阶", 400)):
        rows = [{"id": "p", "from": "c1", "to": (200, 0), "类型": kind, "踏勘人": "王五", "踏勘日期": "2024/5/3"}]
        file = table(tmp_path / "p.csv", rows)
        for name in (f"{seconds}.toml", f"{seconds}.gpkg"):
            said = run("apply", file, "--area", area, "--out", area.parent / name)
            assert said.exit_code == 0, said.stderr
        assert minutes(area, scenario=area.with_name(f"{seconds}.toml")) == pytest.approx(seconds / 60, abs=1e-3)
        assert minutes(area, network=f"{seconds}.gpkg") == pytest.approx(seconds / 60, abs=1e-3)
    kept = gpd.read_file(area.with_name("400.gpkg"))
    assert "王五 2024-05-03" in set(kept["source"])
    assert "王五 2024-05-03" in area.with_name("400.toml").read_text(encoding="utf-8")


def test_contradictions_are_taken_only_where_asked_for(area: Path, tmp_path: Path) -> None:
    """A path said to be gone stays until --contradicting; then the way is the long one round; a written file is kept."""
    file = table(
        tmp_path / "p.csv",
        [{"from": (0, 0), "to": (0, 200), "state": "不通"}, {"from": (60, 0), "to": (60, 200), "kind": "path"}],
    )
    target = tmp_path / "s.toml"
    said = run("apply", file, "--area", area, "--out", target, "--surveyed-on", "2024-05-03")
    assert (said.exit_code, "survey-left" in said.stderr) == (0, True)
    assert "remove_streets" not in target.read_text(encoding="utf-8")
    assert (
        run("apply", file, "--area", area, "--out", target, "--surveyed-on", "2024-05-03", "--contradicting").exit_code
        == 0
    )
    assert "street_id = 3" in target.read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text("# mine\n", encoding="utf-8")
    said = run("apply", file, "--area", area, "--out", mine, "--surveyed-on", "2024-05-03")
    assert (said.exit_code, "survey-exists" in said.stderr) == (2, True)
    assert mine.read_text(encoding="utf-8") == "# mine\n"


def saved(inputs: Inputs, file: Path) -> dict:
    """Return the scenario that a table gives."""
    lines, _ = read_survey([file], inputs.area, surveyed.named_places(inputs))
    return surveyed.as_scenario(surveyed.match(inputs, lines), scenario_id="s", name="s", takes_contradicting=True)[0]


STRAIGHT = [(x, 0) for x in range(0, 100, 4)]
N = len(STRAIGHT)


@pytest.mark.parametrize(
    ("code", "track"),
    [
        ("survey-no-time", {"xy": STRAIGHT, "times": [None] * N}),
        ("survey-no-time", {"xy": STRAIGHT, "times": [*range(N - 1), None]}),
        ("survey-time-back", {"xy": STRAIGHT, "times": [4 * n if n != 9 else 0 for n in range(N)]}),
        ("survey-jump", {"xy": [*STRAIGHT, (350, 0)]}),
        ("survey-jump", {"xy": [*STRAIGHT, (150, 0), (154, 0)]}),
        ("survey-too-short", {"xy": [(0, 0), (1, 0)]}),
        ("survey-too-short", {"xy": [(0, 0)]}),
        ("survey-no-track", {"xy": []}),
        ("survey-outside", {"xy": [(x, 90_000) for x in range(0, 100, 4)]}),
    ],
)
def test_a_bad_track_is_one_finding(inputs: Inputs, tmp_path: Path, code: str, track: dict) -> None:
    """No time, time running backwards, jumps, too short, empty, outside the area: one error that names file and track."""
    with pytest.raises(InputError) as caught:
        surveyed.match(inputs, read_survey([gpx(tmp_path / "t.gpx", **track)], inputs.area, Named())[0])
    assert [item.code for item in caught.value.findings] == [code]
    assert caught.value.findings[0].table == "t.gpx"


def moments(count: int) -> list[str]:
    """Return a moment for each of so many points, four seconds apart."""
    return [(START + dt.timedelta(seconds=4 * at)).isoformat() for at in range(count)]


def geojson(file: Path, xy, *, kind: str = "LineString", **properties) -> Path:
    """Write one line of points in metres with these properties."""
    rows = degrees(xy).tolist()
    shape = {"type": kind, "coordinates": rows if kind != "MultiLineString" else [rows[:30], rows[30:]]}
    feature = {"type": "Feature", "geometry": shape, "properties": {"name": "近路", **properties}}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return file


def kml(file: Path, xy, times, *, lines: int = 0) -> Path:
    """Write a ``gx:Track``, and lines without time beside it."""
    rows = [f"{lon:.8f} {lat:.8f} 0" for lon, lat in degrees(xy).tolist()]
    track = "".join(f"<when>{item}</when>" for item in times) + "".join(f"<gx:coord>{row}</gx:coord>" for row in rows)
    drawn = f"<Placemark><LineString><coordinates>{' '.join(row.replace(' ', ',') for row in rows)}</coordinates></LineString></Placemark>"
    walked = f"<Placemark><name>近路</name><gx:Track>{track}</gx:Track></Placemark>" if len(times) else ""
    head = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>'
    file.write_text(f"{head}{walked}{drawn * lines}</Document></kml>", encoding="utf-8")
    return file


def test_a_track_is_the_same_in_every_format(inputs: Inputs, tmp_path: Path) -> None:
    """GPX, KML with and without a drawn copy, GeoJSON with its moments under each name, in seconds or in local time: one line, one day."""
    xy = walk([(60, 0), (180, 0), (180, 200), (60, 200)])
    n, noon = len(xy), START.timestamp()
    local = [(START + dt.timedelta(hours=8, seconds=4 * at)).replace(tzinfo=None).isoformat() for at in range(n)]
    files = [
        gpx(tmp_path / "a.gpx", xy),
        kml(tmp_path / "b.kml", xy, moments(n)),
        kml(tmp_path / "c.kml", xy, moments(n), lines=2),
        *(geojson(tmp_path / f"{key}.geojson", xy, **{key: moments(n)}) for key in timed.TIMES),
        geojson(tmp_path / "d.json", xy, coordinateProperties={"times": moments(n)}),
        geojson(tmp_path / "e.json", xy, coordTimes=[noon + 4 * at for at in range(n)]),
        geojson(tmp_path / "f.json", xy, coordTimes=[1000 * (noon + 4 * at) for at in range(n)]),
        geojson(tmp_path / "g.json", xy, coordTimes=local),
    ]
    lines, notes = read_survey(files, inputs.area, Named())
    assert [line.file for line in lines] == [file.name for file in files]
    for line in lines:
        assert (line.name, line.day, line.is_track) == ("近路", dt.date(2024, 5, 3), True)
        assert np.abs(line.lon_lat - lines[0].lon_lat).max() < 2e-8
    assert [(item.code, item.table) for item in notes] == [("survey-line-left", "c.kml")]
    assert "2" in notes[0].message("en")
    (first,) = surveyed.match(inputs, lines[1:2]).table["state"].tolist()[1:2]
    assert first == "new"
    several = geojson(tmp_path / "h.json", xy, kind="MultiLineString", coordTimes=[moments(30), moments(n)[30:]])
    assert [line.id for line in read_survey([several], inputs.area, Named())[0]] == ["1.1", "1.2"]


def broken(file: Path, text: str) -> Path:
    """Write a text that is no file of its kind."""
    file.write_text(text, encoding="utf-8")
    return file


def projected(folder: Path) -> Path:
    """Write a line in metres, which GeoJSON is not."""
    shape = {"type": "LineString", "coordinates": [[442000.0 + 4 * at, 3398000.0] for at in range(N)]}
    row = {"type": "Feature", "geometry": shape, "properties": {"times": moments(N)}}
    return broken(folder / "t.geojson", json.dumps({"type": "FeatureCollection", "features": [row]}))


def layer(file: Path) -> Path:
    """Write a layer of drawn lines."""
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.LineString(degrees(STRAIGHT))], crs="EPSG:4326").to_file(file)
    return file


@pytest.mark.parametrize(
    ("code", "write"),
    [
        ("survey-times-differ", lambda at: kml(at / "t.kml", STRAIGHT, moments(N - 1))),
        ("survey-times-differ", lambda at: geojson(at / "t.geojson", STRAIGHT, coordTimes=moments(N + 1))),
        ("survey-no-time", lambda at: kml(at / "t.kml", STRAIGHT, [], lines=1)),
        ("survey-no-time", lambda at: geojson(at / "t.geojson", STRAIGHT)),
        ("survey-no-time", lambda at: geojson(at / "t.geojson", STRAIGHT, coordTimes=[*moments(N - 1), "昨天"])),
        ("survey-time-back", lambda at: geojson(at / "t.json", STRAIGHT, times=moments(N)[::-1])),
        ("survey-degrees", projected),
        ("survey-no-track", lambda at: geojson(at / "t.json", STRAIGHT, kind="MultiPoint")),
        ("survey-no-track", lambda at: kml(at / "t.kml", STRAIGHT, [])),
        ("file-broken", lambda at: broken(at / "t.kml", "<kml><Document>")),
        ("xml-doctype", lambda at: broken(at / "t.kml", "<!DOCTYPE kml [<!ENTITY a 'b'>]><kml>&a;</kml>")),
        ("survey-format", lambda at: layer(at / "t.gpkg")),
    ],
)
def test_a_bad_line_is_one_finding(inputs: Inputs, tmp_path: Path, code: str, write) -> None:
    """KML and GeoJSON without times, with too few, damaged, in metres, without a line, and layers that never have times: one error each."""
    file = write(tmp_path)
    with pytest.raises(InputError) as caught:
        read_survey([file], inputs.area, Named())
    assert [item.code for item in caught.value.findings] == [code]
    assert file.name in caught.value.findings[0].line("en")


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("survey-place-unknown", {"from": "卫生站", "to": (200, 0)}),
        ("survey-degrees", {"from": "442000,3398000", "to": (200, 0)}),
        ("survey-same-place", {"from": (200, 0), "to": (200, 0)}),
        ("survey-length-short", {"from": (0, 0), "to": (200, 0), "length_m": 20}),
        ("survey-word", {"from": (0, 0), "to": (200, 0), "kind": "滑梯"}),
        ("survey-date", {"from": (0, 0), "to": (200, 0), "surveyed_on": "去年"}),
        ("value-missing", {"from": (0, 0), "to": ""}),
        ("bad-number", {"from": (0, 0), "to": (200, 0), "steps": "很多"}),
        ("negative-number", {"from": (0, 0), "to": (200, 0), "steps": -3}),
        ("survey-outside", {"from": (0, 0), "to": (200, 90_000)}),
        ("survey-undated", {"from": (200, 0), "to": (200, 200)}),
        ("survey-nothing", {"from": (0, 0), "to": (200, 0), "surveyed_on": "2024-05-03"}),
        ("column-missing", {}),
    ],
)
def test_a_bad_row_is_one_finding(inputs: Inputs, tmp_path: Path, code: str, row: dict) -> None:
    """Each fault of a table is one error that names file and row; nothing is guessed."""
    file = tmp_path / "p.csv"
    if row:
        table(file, [row])
    else:
        file.write_text("from\nc1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        saved(inputs, file)
    assert [item.code for item in caught.value.findings] == [code]
    assert caught.value.findings[0].table == "p.csv"


def test_where_something_is_wrong_nothing_is_written(area: Path, tmp_path: Path) -> None:
    """Two faulty files are two lines, exit 2, and no file; so is a target that is no scenario and no network."""
    bad = (
        gpx(tmp_path / "t.gpx", STRAIGHT, times=[None] * N),
        table(tmp_path / "p.csv", [{"from": "卫生站", "to": "c1"}]),
    )
    target = tmp_path / "s.toml"
    said = run("apply", *bad, "--area", area, "--out", target)
    assert said.exit_code == 2
    assert [line.split("：")[0] for line in said.stderr.splitlines()] == [
        "错误 survey-no-time",
        "错误 survey-place-unknown",
    ]
    said = run("apply", *bad, "--area", area, "--out", tmp_path / "s.csv")
    assert (said.exit_code, "survey-out" in said.stderr) == (2, True)
    assert not list(tmp_path.glob("s.*"))


def test_a_name_of_two_places_is_asked_about(area: Path, tmp_path: Path) -> None:
    """A name that two facilities bear is an error that names both ids."""
    rows = pd.read_csv(area.with_name("facilities.csv"))
    pd.concat([rows, rows.assign(id="c2", x=rows["x"] + 90)]).to_csv(area.with_name("facilities.csv"), index=False)
    said = run("match", table(tmp_path / "p.csv", [{"from": "卫生院", "to": (200, 0)}]), "--area", area)
    assert said.exit_code == 2
    assert "survey-place-several" in said.stderr
    assert "c1、c2" in said.stderr
