"""Doors: a place is entered at its nearest door, from a table or from the entrances of its building."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from test_closures import check_all, city
from test_osm import Map

import circles
from circles.foundation.errors import InputError
from circles.inputs.entrances import doors_of_buildings
from circles.inputs.loading import load
from circles.testing import CRS, ORIGIN, PLAIN, area_toml, brute_force, lattice_city, places, write_city


def area_of(
    folder: Path, streets, facilities, residents, doors, *, direction="to_facility", fragment=1000
) -> circles.Area:
    """Write an area whose doors are ``(facility, x, y)`` in metres from the corner."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = places([{"facility_id": f, "x": x, "y": y} for f, x, y in doors])
    rows.to_csv(folder / "doors.csv", index=False)
    toml = area_toml(
        {"clinic": "plain"},
        data={"entrances": "doors.csv"},
        walk={"limit_min": 5, "snap_max_m": 60, "fragment_max_m": fragment, "direction": direction},
        walkers={"plain": PLAIN | {"speed_m_per_s": 1.25}},
        rules=[{"id": "near", "category": "clinic", "measure": "population_share", "threshold": 0.6}],
    )
    return circles.load_area(write_city(folder, streets, facilities, residents, toml))


def _rows(table: np.ndarray, letter: str, **more) -> pd.DataFrame:
    return places([{"id": f"{letter}{i}", "x": x, "y": y, **more} for i, (x, y) in enumerate(table.tolist())])


def _feet(streets: gpd.GeoDataFrame, xy: np.ndarray, speed: float) -> list[tuple[int, float, float]]:
    """Return the nearest street of each place, the metres along it and the seconds of the leg, with shapely alone."""
    out = []
    for x, y in xy.tolist():
        point = shapely.Point(x + ORIGIN[0], y + ORIGIN[1])
        away = streets.distance(point).to_numpy()
        nearest = int(np.argmin(away))
        out.append((nearest, float(streets.geometry.iloc[nearest].project(point)), float(away[nearest]) / speed))
    return out


@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
def test_every_minute_is_the_least_over_all_doors(tmp_path: Path, direction: str) -> None:
    """Minutes, facility and door equal a search with networkx over every door apart, for facilities with and without."""
    rng = np.random.default_rng(24)
    streets = lattice_city(5, 4)
    streets["oneway_foot"] = rng.choice(["", "yes"], len(streets), p=[0.9, 0.1])
    shops, homes = (rng.uniform((-20, -20), (520, 420), (n, 2)) for n in (7, 60))
    into = np.array([0, 0, 0, 1, 1, 2, 4, 4, 4, 4])
    doors = shops[into] + rng.uniform(-70, 70, (len(into), 2))
    doors = np.clip(doors, -20, (520, 420))
    given = [(f"f{i}", *xy) for i, xy in zip(into, doors.tolist(), strict=True)]
    area = area_of(
        tmp_path, streets, _rows(shops, "f", name="点", category="clinic"), _rows(homes, "r", population=3), given,
        direction=direction,
    )  # fmt: skip
    result = circles.analyse(area)

    entry = np.concatenate([doors, shops[~np.isin(np.arange(7), into)]])
    whose = np.concatenate([into, np.flatnonzero(~np.isin(np.arange(7), into))])
    numbers = [f"f{f}.{int((into[:k] == f).sum()) + 1}" for k, f in enumerate(into)] + [""] * (len(entry) - len(into))
    ways = [
        (list(line.coords), 1 / 1.25, np.inf if one == "yes" else 1 / 1.25)
        for line, one in zip(streets.geometry, streets["oneway_foot"], strict=True)
    ]
    ends = _feet(streets, homes, 1.25), _feet(streets, entry, 1.25)
    seconds = brute_force(ways, *ends) if direction == "to_facility" else brute_force(ways, *ends[::-1]).T
    table = result.access.set_index("resident_id")
    for i in range(len(homes)):
        row, least = table.loc[f"r{i}"], seconds[i].min()
        if not np.isfinite(least) or least > 3600:
            assert np.isnan(row["minutes"])
            assert row["door"] == ""
            continue
        assert row["minutes"] * 60 == pytest.approx(least, abs=1e-6)
        best = int(np.argmin(seconds[i]))
        assert (row["facility_id"], row["door"]) == (f"f{whose[best]}", numbers[best])

    shown = result.entrances.set_index("door")
    assert list(shown.index) == sorted(numbers[: len(into)])
    assert shown["residents"].sum() == table["door"].ne("").sum()
    assert shown["population"].sum() == 3 * table["door"].ne("").sum()
    result.save(tmp_path / "out")
    layer = gpd.read_file(tmp_path / "out" / "circles.gpkg", layer="entrances")
    written = pd.read_csv(tmp_path / "out" / "entrances.csv", encoding="utf-8-sig")
    assert layer["door"].tolist() == written["door"].tolist() == list(shown.index)


def test_each_door_has_its_own_second_leg(tmp_path: Path) -> None:
    """A door beside a cut-off footway is also reached from the street behind it; the other door is farther: 100 s, not 240."""
    line = shapely.LineString
    streets = gpd.GeoDataFrame(
        {"highway": ["residential", "footway"]},
        geometry=[line(np.array([(0, 0), (1500, 0)]) + ORIGIN), line(np.array([(98, 40), (102, 40)]) + ORIGIN)],
        crs=CRS,
    )
    facilities = _rows(np.array([[100.0, 45.0]]), "f", name="点", category="clinic")
    residents = _rows(np.array([[25.0, 0.0], [400.0, 0.0]]), "r", population=1)
    doors = [("f0", 100.0, 50.0), ("f0", 325.0, 0.0)]
    one, two = (
        circles.analyse(area_of(tmp_path / str(m), streets, facilities, residents, doors, fragment=m)).access
        for m in (1000, 0)
    )
    # over the second leg of the first door: 75 m along the street and 50 m straight; along the street to the other: 300 m
    assert one["minutes"].tolist() == pytest.approx([(75 + 50) / 1.25 / 60, 75 / 1.25 / 60])
    assert one["door"].tolist() == ["f0.1", "f0.2"]
    assert two["minutes"].tolist() == pytest.approx([300 / 1.25 / 60, 75 / 1.25 / 60])
    assert two["door"].tolist() == ["f0.2", "f0.2"]


def test_equally_near_doors_tie_by_facility_and_then_by_door(tmp_path: Path) -> None:
    """Of two facilities and of two doors equally far, the id that is least as text wins, whatever order the file has."""
    facilities = places([{"id": i, "name": i, "category": "clinic", "x": 150.0, "y": 0.0} for i in ("b", "a10", "a9")])
    residents = _rows(np.array([[100.0, 0.0]]), "r", population=1)
    doors = [("b", 150.0, 0.0), ("a9", 150.0, 0.0), ("a10", 150.0, 0.0), ("a10", 50.0, 0.0)]
    result = circles.analyse(area_of(tmp_path, lattice_city(), facilities, residents, doors))
    assert result.access[["facility_id", "door"]].to_numpy().tolist() == [["a10", "a10.1"]]


def test_closures_keep_the_doors(tmp_path: Path) -> None:
    """The closure test on facilities with several doors says what running again without each thing says."""
    inputs = city(tmp_path, seed=5, snap=45)
    at = inputs.facility_xy - ORIGIN
    rng = np.random.default_rng(3)
    into = np.array([0, 0, 1, 2, 2, 2, 5])
    spots = at[into] + rng.uniform(-60, 60, (len(into), 2))
    places([{"facility_id": f"f{i}", "x": x, "y": y} for i, (x, y) in zip(into, spots.tolist(), strict=True)]).to_csv(
        tmp_path / "doors.csv", index=False
    )
    data = inputs.area.data.model_copy(update={"entrances": "doors.csv"})
    assert check_all(load(replace(inputs.area, data=data)), plain_roads=slice(0, None, 4)) > 0


def test_everything_wrong_with_doors_is_said_at_once(tmp_path: Path) -> None:
    """Unknown ids, doors beyond a kilometre and doors twice are all named with their rows; nothing is computed."""
    facilities = _rows(np.array([[50.0, 0.0], [150.0, 0.0]]), "f", name="点", category="clinic")
    residents = _rows(np.array([[100.0, 0.0]]), "r", population=1)
    doors = [("f9", 50.0, 0.0), ("f0", 50.0, 5.0), ("f0", 50.0, 5.0), ("f1", 2500.0, 0.0), ("f1", 350.0, 100.0)]
    with pytest.raises(InputError) as told:
        circles.analyse(area_of(tmp_path, lattice_city(), facilities, residents, doors))
    assert [(f.code, f.row) for f in told.value.findings] == [
        ("entrance-facility-unknown", 2), ("entrance-too-far", 5)
    ]  # fmt: skip
    kept = [door for number, door in enumerate(doors) if number not in (0, 3)]
    found = circles.analyse(area_of(tmp_path / "b", lattice_city(), facilities, residents, kept)).findings
    own = found[found["code"].str.startswith("entrance")]
    assert own[["code", "row"]].to_numpy().tolist() == [["entrance-twice", 3], ["entrance-far", 4]]


def test_entrances_of_the_building_are_the_doors(tmp_path: Path) -> None:
    """Nodes with entrance=* on a facility's own outline or on the building around its point are doors; ways out are none."""
    osm = (
        Map()
        .nodes((0, 0), (1, 0), (1, 1), (0, 1), (5, 5), (6, 5), (6, 6), (5, 6))
        .node(11, 0.5, 0, entrance="main", name="南门")
        .node(12, 1, 0.5, entrance="exit")
        .node(13, 0.5, 1, entrance="yes", access="private")
        .node(14, 5.5, 5, entrance="yes")
        .node(15, 6, 5.5, entrance="secondary")
        .node(16, 9, 9, entrance="yes")
        .node(17, 0, 0.5, entrance="yes", amenity="clinic")
        .way(100, [1, 11, 2, 12, 3, 13, 4, 17, 1], building="yes")
        .way(200, [5, 14, 6, 15, 7, 8, 5], amenity="clinic")
    )
    file = tmp_path / "x.osm"
    file.write_text(osm.text(), encoding="utf-8")
    frame = {
        "id": ["w200", "own", "n17", "far"],
        "source": ["openstreetmap", "register", "openstreetmap", "register"],
    }
    points = [(14.0055, 36.0055), (14.0005, 36.0005), (14.0, 36.0005), (14.02, 36.02)]
    facilities = gpd.GeoDataFrame(frame, geometry=[shapely.Point(*p) for p in points], crs="EPSG:4326")
    table, found = doors_of_buildings(file, facilities)
    assert table[["facility_id", "door", "name"]].to_numpy().tolist() == [
        ["n17", "n17.n17", ""], ["own", "n11", "南门"], ["own", "own.n17", ""], ["w200", "n14", ""], ["w200", "n15", ""],
    ]  # fmt: skip
    assert [f.code for f in found] == ["entrances-found"]
    assert found[0].message("en").startswith("5 entrances found in OpenStreetMap on the buildings of 3 of 4")
