"""The map's script: bundled from its modules, linted, typed, tested in node, and equal to the program on shared vectors."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

import circles
from circles.analysis.coverage import shown_percent
from circles.outputs.map import finding, form, page
from circles.testing import ORIGIN, lattice_city, places, write_city

AREA = """
[area]
id = "lattice"
name = "格子城"
crs = "EPSG:4550"
as_of = 2024-12-31

[data]
network = "streets.gpkg"
facilities = ["facilities.csv"]
residents = "residents.csv"

[walk]
limit_min = 5
breaks_min = [2, 5]
snap_max_m = 60
direction = "{direction}"

[walk.profiles.hasty]
speed_m_per_s = 1.7
steps_m_per_s = 0.5
uses_slope = true

[[categories]]
id = "clinic"
name = "卫生院"
profile = "adult"

[[categories]]
id = "meals"
name = "助餐点"
profile = "hasty"
"""
SHARES = (
    0.0,
    0.0005,
    0.1225,
    0.12349,
    0.3,
    0.49999,
    0.5,
    0.89949999,
    0.89996,
    0.9,
    0.9999,
    0.99999,
    1.0,
    1.25,
    3.14159,
)


@pytest.fixture(scope="module")
def vectors(repository):
    """The folder of the shared vectors."""
    return repository / "tests" / "vectors"


def percents() -> list[list]:
    """``[value, threshold or null, text]``: shares around every rounding and every bar."""
    rows = [[value, bar, shown_percent(value, bar)] for value in SHARES for bar in (None, 0.5, 0.9, 0.125, 1.0)]
    near = [bar + step for bar in (0.125, 0.8, 0.9, 1.0) for step in (-1e-4, -1e-9, -1e-13, 0.0, 1e-9, 4.9e-4, 5e-4)]
    return rows + [[value, bar, shown_percent(value, bar)] for value in near for bar in (None, 0.8, 0.9)]


def lattice(folder, direction) -> dict:
    """A sloping city of one-way minutes: the page's layers, and the program's answers about them."""
    streets = lattice_city(5, 4)
    height = {
        name: (i * 7 % 5) * 3.0 for i, name in enumerate(sorted({tuple(c) for g in streets.geometry for c in g.coords}))
    }
    streets["ele_from_m"] = [height[tuple(g.coords[0])] for g in streets.geometry]
    streets["ele_to_m"] = [height[tuple(g.coords[-1])] for g in streets.geometry]
    streets.loc[streets.index % 9 == 4, "highway"] = "steps"
    spots = np.random.default_rng(20241231).uniform(-20, 420, size=(70, 2)).round(1)
    facilities = places(
        {"id": f"f{i}", "name": f"f{i}", "category": ("clinic", "meals")[i % 2], "x": x, "y": y}
        for i, (x, y) in enumerate(spots[:10])
    )
    residents = places({"id": f"r{i}", "population": 1 + i % 7, "x": x, "y": y} for i, (x, y) in enumerate(spots[10:]))
    folder.mkdir()
    result = circles.analyse(
        circles.load_area(write_city(folder, streets, facilities, residents, AREA.format(direction=direction)))
    )
    payload = form.read(page(result))
    access = result.access
    exact = {
        name: [None if pd.isna(v) else round(float(v) * 60, 3) for v in own["minutes"]]
        for name, own in access.groupby("category", sort=False)
    }
    layers = {
        name: base64.b64encode(form.pack(payload[name])).decode("ascii")
        for name in ("walked", "residents", "facilities", "streets")
    }
    head = {
        "categories": [{"id": c["id"], "speed": c["speed"]} for c in payload["categories"]],
        "area": {name: payload["area"][name] for name in ("limit", "horizon", "breaks")},
        "words": {},
    }
    return {
        "layers": {"head": base64.b64encode(form.pack(head)).decode("ascii"), **layers},
        "seconds": exact,
        "nearest": {name: list(own["facility_id"]) for name, own in access.groupby("category", sort=False)},
        "inside": payload["facilities"]["inside"],
    }


def search(vectors) -> dict:
    """The search index of a fixed list of real names, which the queries of ``search_queries.json`` look for."""
    names = json.loads((vectors / "search_names.json").read_text(encoding="utf-8"))
    by_kind = [(kind, [name for own, name in names if own == kind]) for kind in "tvfis"]
    index = finding.index(by_kind)
    return {"index": index, "homophones": finding.homophones(index)}


def test_vectors_are_what_the_program_says(vectors, tmp_path):
    """The shared vectors are the program's answers of today: percent as shown, walked minutes, nearest places, catchments."""
    made = {
        "percent.json": percents(),
        "search.json": search(vectors),
        "lattice.json": {name: lattice(tmp_path / name, name) for name in ("to_facility", "from_facility")},
    }
    for name, value in made.items():
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        if not (vectors / name).exists():
            (vectors / name).write_text(text, encoding="utf-8", newline="\n")  # a vector removed is made anew
        assert plain(json.loads((vectors / name).read_text(encoding="utf-8"))) == plain(json.loads(text))
    assert ORIGIN  # the city's own place


def plain(value):
    """The same with packed layers unpacked, so that another build of zlib is no difference."""
    if isinstance(value, dict):
        return {k: {n: as_lists(form.unpack(base64.b64decode(t))) for n, t in v.items()} if k == "layers" else plain(v)
                for k, v in value.items()}  # fmt: skip
    return value


def as_lists(value):
    """Arrays as lists, so that they compare."""
    if isinstance(value, np.ndarray):
        return [None if v != v else v for v in value.tolist()]  # noqa: PLR0124 - NaN is not itself
    if isinstance(value, dict):
        return {key: as_lists(item) for key, item in value.items()}
    return [as_lists(item) for item in value] if isinstance(value, list) else value


def test_typed_arrays_come_back(tmp_path):
    """Whole numbers keep their values in the least width, floats their bits, and hostile keys stay keys."""
    value = {
        "i8": np.array([-128, 127]), "i16": np.array([40_00, -3]), "i32": np.array([2**31 - 1]), "big": np.array([2**40]),
        "f4": np.array([0.1], dtype=np.float32), "f8": np.array([0.1, np.nan]), "none": np.zeros(0, dtype=np.int64),
        "list": [None, 1, "甲", {"$a": ["i8", 0, 1]}], "": {"": np.array([1])}, "__proto__": [np.array([2])],
    }  # fmt: skip
    packed = form.pack(value)
    back = form.unpack(packed)
    assert packed == form.pack(value)
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    assert [back[k].dtype.str for k in ("i8", "i16", "i32", "big", "f4", "f8")] == [
        "|i1",
        "<i2",
        "<i4",
        "<f8",
        "<f4",
        "<f8",
    ]
    assert as_lists(back) == as_lists(value)
    with pytest.raises(ValueError, match="dimensions"):
        form.pack({"two": np.zeros((2, 2))})
    for broken in (b"", packed[:-9], b"\x1f\x8b" + packed[4:], packed[:40] + b"x" * 9 + packed[49:]):
        with pytest.raises(ValueError):
            form.unpack(broken)


@pytest.fixture(scope="module")
def node(repository):
    """A run of an npm script; skips, saying why, where Node or its packages are missing."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no Node.js on this machine: install nodejs and npm to build and test the map's script")
    if not (repository / "node_modules" / "esbuild").is_dir():
        pytest.skip("the script's tools are not installed: run npm ci")

    def run(*command):
        done = subprocess.run(
            [npm, "run", "--silent", *command],
            cwd=repository,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

    return run


def test_bundle_is_what_the_modules_make(node):
    """The committed bundle is byte for byte what the modules make today."""
    node("build", "--", "--check")


def test_script_is_linted_and_typed(node):
    """The modules pass the linter, the formatter and the type checker."""
    node("lint")
    node("types")


def test_script_without_a_browser(node):
    """The modules' own tests pass in Node: percent, search on the network, catchments and the data's form."""
    node("test")
