"""The map index.html: one file, inert data, the tables' own numbers."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from atlas_tables import shengsi
from hostile import MARK, PAYLOADS

from circles.foundation.words import catalogue
from circles.outputs import inline
from circles.outputs.map import form, page, shapes, write
from circles.outputs.map.finding import keys


@pytest.fixture(scope="module")
def tables(repository):
    """Shengsi with invented minutes."""
    return shengsi(repository / "data" / "gis" / "shengsi")


def data_of(html: str) -> dict:
    """The payload of a page, its arrays as lists."""
    return as_lists(form.read(html))


def as_lists(value):
    """The same with lists in the place of arrays."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: as_lists(item) for key, item in value.items()}
    return [as_lists(item) for item in value] if isinstance(value, list) else value


def hostile(tables):
    """The same tables with a hostile name in every text field, and the texts that must be on the page as typed."""
    texts = itertools.cycle(PAYLOADS)
    for name, fields in {
        "facilities": ["name", "kind", "source", "island", "opening_hours", "reported_by", "updated_on"],
        "townships": ["name"], "villages": ["name"], "land": ["island"], "streets": ["name"], "residents": ["island"],
    }.items():  # fmt: skip
        frame = getattr(tables, name).copy()
        for field in fields:
            frame[field] = pd.Series([next(texts) for _ in range(len(frame))], dtype=object, index=frame.index)
        setattr(tables, name, frame)
    area = tables.area
    tables.area = dataclasses.replace(
        area,
        name=next(texts),
        categories=tuple(
            c.model_copy(update={"name": next(texts), "capacity_unit": next(texts)}) for c in area.categories
        ),
        rules=tuple(r.model_copy(update={"source": next(texts)}) for r in area.rules),
        map=area.map.model_copy(update={"review_number": next(texts)}),
    )
    tables.run = {"run_id": next(texts)}
    tables.check = tables.check.assign(township=pd.Series(next(texts), dtype=object, index=tables.check.index))
    tables.gaps = tables.gaps.assign(
        gap_id=pd.Series([next(texts) for _ in tables.gaps.index], dtype=object, index=tables.gaps.index)
    )
    return tables


def test_same_tables_same_bytes(tables, tmp_path):
    """Writing the map twice gives the same bytes, and it is small enough to mail."""
    write(tables, tmp_path / "a.html")
    write(tables, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.html").stat().st_size < 2.5e6


def test_same_bytes_in_another_process(tables, tmp_path, repository):
    """Another process, with other hash seeds, writes the same map."""
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests'); from atlas_tables import shengsi;"
        "from circles.outputs.map import page; import hashlib;"
        "print(hashlib.sha256(page(shengsi(Path('data/gis/shengsi'))).encode()).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert found.stdout.strip() == hashlib.sha256(page(tables).encode()).hexdigest()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_from_elsewhere(tables, lang):
    """The page has no address that a browser would fetch or follow."""
    html = re.sub(r"<script.*?</script>", "", page(tables, lang=lang), flags=re.DOTALL)
    assert not re.search(r"<(script|link|img|iframe|a)\b[^>]*\b(src|href)=", html)
    assert not re.search(r"url\(\s*[\"']?(?!data:|#)", html)
    assert "@import" not in html
    assert "user-scalable" not in html
    assert "cdn" not in html
    assert "sourceMappingURL" not in html


def test_policy_names_every_script(tables):
    """The content security policy lists the hash of each script of the page, and no other."""
    html = page(tables)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts]
    assert re.search(r"script-src ([^;]*);", policy)[1].split() == hashes
    assert policy.startswith("default-src 'none'")


def test_hostile_names_are_data(repository):
    """A name of markup, template or script code stands in the page's layers as typed, and nowhere else."""
    tables = hostile(shengsi(repository / "data" / "gis" / "shengsi"))
    html = page(tables)
    data = data_of(html)
    assert data["facilities"]["name"] == list(tables.facilities["name"])
    assert data["townships"]["name"] == list(tables.townships["name"])
    assert data["area"]["name"] == tables.area.name
    outside = re.sub(r"<title>.*?</title>", "", html, flags=re.DOTALL)
    assert MARK not in outside
    html.encode("utf-8")


def test_numbers_are_those_of_the_tables(tables):
    """Every row of check and coverage is on the page, unrounded."""
    data = data_of(page(tables))
    shown = {
        (c["township_code"], c["rule_id"]): (c["verdict"], c["numerator"], c["shortfall"])
        for c in data["verdicts"]["checks"]
    }
    for row in tables.check.to_dict("records"):
        verdict, numerator, shortfall = shown[row["township_code"], row["rule_id"]]
        assert verdict == row["verdict"]
        for one, other in ((numerator, row["numerator"]), (shortfall, row["shortfall"])):
            assert one == other or (one is None and (other is None or np.isnan(other)))
    coverage = data["coverage"][0]
    assert coverage["covered"] == [float(v) for v in tables.coverage["covered"]]
    assert coverage["share"] == [None if v is None or np.isnan(v) else float(v) for v in tables.coverage["share"]]


def test_minutes_round_away_from_the_limit(tables):
    """A minute shown as within a limit is within it: hundredths are rounded up."""
    data = data_of(page(tables))
    access = (
        tables.access[tables.access["category"] == "childcare"].set_index("resident_id").reindex(tables.residents["id"])
    )
    shown, true = np.array(data["residents"]["minutes"][0]), access["minutes"].to_numpy()
    has = np.isfinite(true)
    assert (shown[has] >= true[has] * 100 - 1e-4).all()
    assert (shown[has] <= true[has] * 100 + 1).all()
    assert {data["residents"]["reasons"][-1 - v] for v in shown[~has]} <= {"no_facility_on_island"}


def test_townships_in_their_own_order(tables):
    """Townships stand in the order of their file, so that two months compare, in the verdicts and in the statement."""
    data = data_of(page(tables))
    assert [row["code"] for row in data["verdicts"]["rows"]] == list(tables.townships["code"])
    assert [town["code"] for town in data["statement"]["towns"]] == list(tables.townships["code"])


def test_demonstration_says_so(tables):
    """A demonstration area carries its banner and no verdict; a real one has neither."""
    texts = data_of(page(tables))["words"]
    assert texts["demonstration_verdict"] == "演示，不作达标结论"
    assert "达标" not in texts["reference_met"]
    assert data_of(page(tables))["area"]["demonstration"] is True


def test_packing_keeps_every_shape():
    """Polygons with holes, multiparts, collections, points and nothing at all come back to five decimals."""
    hole = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.2, 0.2), (0.4, 0.2), (0.4, 0.4)]])
    line = shapely.LineString([(122.123456, 30.5), (122.2, 30.6)])
    mixed = shapely.GeometryCollection([line, shapely.Point(3, 4), shapely.MultiPoint([(5, 6), (7, 8)])])
    packed = shapes.pack(gpd.GeoSeries([hole, None, mixed, shapely.Polygon(), line], crs=4326))
    assert packed["g"].tolist() == [2, 0, 4, 0, 1]
    assert packed["n"].tolist() == [5, 4, 2, 1, 1, 1, 2]
    xy = np.cumsum(np.array(packed["d"]).reshape(-1, 2), axis=0) * shapes.STEP
    assert xy[9] == pytest.approx([122.12346, 30.5])
    assert xy[-1] == pytest.approx([122.2, 30.6])


def test_unknown_link_is_refused():
    """A link that the inliner does not know stops the page from being written."""
    with pytest.raises(inline.UnknownLinkError, match=r"new\.js"):
        inline.inline('<script src="https://x.invalid/new.js"></script>', scripts={"old.js": ""}, styles={})
    with pytest.raises(inline.UnknownLinkError, match=r"x\.png"):
        inline.inline("<style>a{background:url(x.png)}</style>", scripts={}, styles={})
    with pytest.raises(inline.UnknownLinkError, match="iframe"):
        inline.inline('<iframe src="x.html">', scripts={}, styles={})


def test_pinyin_finds_names():
    """A name is found by its pinyin initials and by its full pinyin."""
    assert keys("嵊泗县人民医院").startswith("ssxrmyy ")
    assert keys("Clinic") == ""


def test_both_languages_are_complete():
    """Every text of the map has a Chinese and an English version with the same placeholders."""
    for key, entry in catalogue("atlas").items():
        assert set(entry) == {"zh", "en"}, key
        assert sorted(re.findall(r"\{\w+\}", entry["zh"])) == sorted(re.findall(r"\{\w+\}", entry["en"])), key


def test_empty_tables_still_make_a_page(tables):
    """An area without villages, gaps, circles or verdicts still has a map."""
    bare = type(tables)(**vars(tables))
    for name in ("villages", "gaps", "service_areas", "check", "coverage"):
        setattr(bare, name, getattr(tables, name).iloc[:0])
    data = data_of(page(bare))
    assert data["verdicts"]["rows"] == []
    assert data["gaps"]["id"] == []
