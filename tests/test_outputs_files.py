"""Folders that are replaced whole, and tables as files."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from report_example import example_tables

from circles.analysis.results import Drawn
from circles.foundation import atomic, words
from circles.foundation.errors import CallError
from circles.outputs import files, folder


@pytest.fixture(scope="module")
def tables():
    return example_tables()


@pytest.fixture(scope="module")
def written(tables, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    files.write_tables(tables, out)
    files.write_run(tables.run, out)
    return out


def _codes(caught):
    return [item.code for item in caught.value.findings]


def _ours(path):
    path.mkdir(parents=True)
    (path / "run.json").write_text('{"program": "circles", "contract": 1}', encoding="utf-8")
    (path / "old.csv").write_text("old", encoding="utf-8")
    return path


def test_folder_is_replaced_as_a_whole(tmp_path):
    """An earlier run's folder is replaced by the new one with nothing of the old left, and nothing beside it."""
    out = _ours(tmp_path / "maps")
    with folder.replaced(out) as fresh:
        assert fresh.parent == tmp_path
        (fresh / "sub").mkdir()
        (fresh / "sub" / "new.csv").write_text("new", encoding="utf-8")
        assert (out / "old.csv").exists()
    assert [p.relative_to(out).as_posix() for p in sorted(out.rglob("*"))] == ["sub", "sub/new.csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["maps"]


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_folder_may_be_absent_or_empty(tmp_path, kind):
    """An absent or an empty folder is filled."""
    out = tmp_path / "out"
    if kind == "empty":
        out.mkdir()
    with folder.replaced(out) as fresh:
        (fresh / "a").write_text("a", encoding="utf-8")
    assert (out / "a").read_text(encoding="utf-8") == "a"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("interrupt", [ValueError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(tmp_path, interrupt):
    """A failure or Ctrl-C inside the block leaves the earlier run untouched and no temporary folder."""
    out = _ours(tmp_path / "maps")
    with pytest.raises(interrupt), folder.replaced(out) as fresh:  # noqa: PT012 - the block is what fails
        (fresh / "half").write_text("half", encoding="utf-8")
        raise interrupt
    assert sorted(p.name for p in out.iterdir()) == ["old.csv", "run.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["maps"]


@pytest.mark.parametrize(
    "mark", [None, "", "[]", '{"contract": 1}', '{"program": "circles", "contract": 2}', "[" * 100_000, "\ud800"]
)
def test_folder_of_others_is_refused(tmp_path, mark):
    """A folder without this program's run.json is refused before anything is written."""
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "thesis.docx").write_text("years of work", encoding="utf-8")
    if mark is not None:
        (out / "run.json").write_bytes(mark.encode("utf-8", "surrogatepass"))
    with pytest.raises(CallError) as caught, folder.replaced(out):
        pytest.fail("the block must not run")
    assert _codes(caught) == ["out-not-ours"]
    assert (out / "thesis.docx").exists()
    assert list(tmp_path.iterdir()) == [out]


def test_file_and_missing_parent_are_refused(tmp_path):
    """A file in the way and a missing folder above are call errors; the latter is created where asked for."""
    (tmp_path / "f").write_text("x", encoding="utf-8")
    for out, code in ((tmp_path / "f", "out-is-file"), (tmp_path / "no" / "out", "out-no-parent")):
        with pytest.raises(CallError) as caught, folder.replaced(out):
            pass
        assert _codes(caught) == [code]
    with pytest.raises(CallError), folder.replaced(tmp_path / "f" / "a" / "b", makes_parents=True):
        pass
    with folder.replaced(tmp_path / "no" / "deep" / "out", makes_parents=True):
        pass
    assert (tmp_path / "no" / "deep" / "out").is_dir()


def test_disk_errors_are_call_errors(tmp_path):
    """An error of the disk while files are written is one clear finding, and the old folder stays."""
    out = _ours(tmp_path / "maps")
    with pytest.raises(CallError) as caught, folder.replaced(out):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert _codes(caught) == ["out-not-written"]
    assert words.system(os.strerror(errno.ENOSPC), "zh") in str(caught.value)
    assert (out / "old.csv").exists()


def test_without_exchange_the_old_folder_comes_back(tmp_path, monkeypatch):
    """Where folders cannot be exchanged in one step, a failing second rename puts the old folder back."""
    out = _ours(tmp_path / "maps")
    monkeypatch.setattr(atomic, "_exchanged", lambda one, other: False)
    with folder.replaced(out) as fresh:
        (fresh / "run.json").write_text('{"program": "circles", "contract": 1}', encoding="utf-8")
    assert [p.name for p in out.iterdir()] == ["run.json"]
    replace = type(out).replace
    monkeypatch.setattr(
        type(out),
        "replace",
        lambda a, b: replace(a, b) if b != out or ".old" in a.name else (_ for _ in ()).throw(OSError),
    )
    with pytest.raises(CallError), folder.replaced(out) as fresh:
        (fresh / "x").write_text("x", encoding="utf-8")
    assert [p.name for p in out.iterdir()] == ["run.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["maps"]


_LOOP = """
import sys
from circles.foundation.atomic import interruptible
from circles.outputs import folder
n = 0
while True:
    n += 1
    with interruptible(), folder.replaced(sys.argv[1]) as fresh:
        for name in ("run.json", "b"):
            (fresh / name).write_text('{"program": "circles", "contract": 1, "n": %d}' % n, encoding="utf-8")
    print(n, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_killed_writers_leave_a_whole_folder(tmp_path, number):
    """However a writer ends, the folder holds one run as a whole; after Ctrl-C nothing lies beside it."""
    out = tmp_path / "maps"
    for round_ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", _LOOP, str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child:
            child.stdout.readline()
            time.sleep(0.003 * round_)
            child.send_signal(number)
        texts = {(out / name).read_text(encoding="utf-8") for name in ("run.json", "b")}
        assert len(texts) == 1
        if number == signal.SIGINT:
            assert [p.name for p in tmp_path.iterdir()] == ["maps"]


def test_every_promised_file_is_there(written):
    """A run leaves the tables of the contract under their names."""
    names = {p.name for p in written.iterdir()}
    assert {
        "access.csv", "access.parquet", "residents.parquet", "coverage.csv", "coverage_by_island.csv", "findings.csv",
        "coverage_by_village.csv", "coverage_variants.csv", "check.csv", "missing.csv", "statement.csv", "gaps.geojson", "circles.gpkg", "run.json",
        "poverty.csv", "straight_line.csv", "capacity.csv", "equity.csv", "gaps_any.geojson",
    } == names  # fmt: skip


def test_two_runs_are_byte_identical(tables, written, tmp_path, monkeypatch):
    """The same tables give the same bytes, whatever the time, the time zone and the language of the system."""
    monkeypatch.setenv("TZ", "Pacific/Apia")
    monkeypatch.setenv("LANG", "C")
    time.sleep(1.1)
    files.write_tables(tables, tmp_path)
    files.write_run(tables.run, tmp_path)
    for file in written.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_csv_reads_back_exactly(tables, written):
    """CSV is UTF-8 with BOM and line feeds, and every float reads back as the very same number."""
    raw = (written / "access.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    back = pd.read_csv(
        written / "access.csv", float_precision="round_trip", keep_default_na=False, na_values={"minutes": ""}
    )
    assert list(back.columns) == list(tables.access.columns)
    assert (back["minutes"].fillna(-1) == tables.access["minutes"].fillna(-1)).all()
    assert (back["reason"] == tables.access["reason"]).all()


def test_no_cell_of_a_csv_is_a_formula(tables, tmp_path):
    """Text that starts like a formula gets a leading apostrophe; numbers below zero and other text stay."""
    hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "\rx", "\ud800", "ok", "a=b"]
    frame = pd.DataFrame({"name": pd.Series(hostile, dtype=object), "n": [-1.5] * 9})
    files.write_csv(frame, tmp_path / "x.csv")
    back = pd.read_csv(tmp_path / "x.csv", lineterminator="\n")
    assert list(back["name"]) == ["'" + v for v in hostile[:5]] + ["'␍x"] + ["\ufffd", "ok", "a=b"]
    assert list(back["n"]) == [-1.5] * 9


def test_geojson_follows_rfc_7946(tables, written):
    """Gaps are one FeatureCollection without a crs, six decimals, numbers that are absent as null."""
    gaps = tables.gaps.astype({"gap_id": object})
    gaps.loc[0, "nearest_minutes_median"] = float("nan")
    gaps.loc[1, "gap_id"] = 'a"<\u2028\ud800'
    files.write_geojson(gaps, written / "gaps2.geojson")
    try:
        content = json.loads((written / "gaps2.geojson").read_text(encoding="utf-8"))
        assert "crs" not in content
        first = content["features"][0]
        assert first["properties"]["nearest_minutes_median"] is None
        assert list(first["properties"]) == [c for c in gaps.columns if c != "geometry"]
        assert all(round(v, 7) == v for xy in first["geometry"]["coordinates"] for v in xy)
        assert content["features"][1]["properties"]["gap_id"] == 'a"<\u2028\ufffd'
        assert len(gpd.read_file(written / "gaps2.geojson")) == len(gaps)
    finally:
        (written / "gaps2.geojson").unlink()
    files.write_geojson(gaps.iloc[:0], written / "empty.geojson")
    assert json.loads((written / "empty.geojson").read_text(encoding="utf-8"))["features"] == []
    (written / "empty.geojson").unlink()


def test_geopackage_has_the_promised_layers(tables, written):
    """The GeoPackage holds six layers in EPSG:4326, each with its rows; facilities with the promised columns first."""
    layers = [str(name) for name, _ in pyogrio.list_layers(written / "circles.gpkg")]
    assert layers == ["facilities", "service_areas", "reached_streets", "gaps", "townships", "land"]
    for name in layers:
        back = gpd.read_file(written / "circles.gpkg", layer=name)
        assert len(back) == len(getattr(tables, name))
        assert back.crs.to_epsg() == 4326
    first = gpd.read_file(written / "circles.gpkg", layer="facilities")
    assert list(first.columns[:9]) == [
        "id",
        "name",
        "category",
        "status",
        "source",
        "position",
        "capacity",
        "leg_m",
        "reason",
    ]


def test_empty_layers_are_layers(tables, tmp_path):
    """A result without gaps, reach or land still gives every layer, with its columns."""
    drawn = Drawn(lambda: (tables.service_areas.iloc[:0], tables.reached_streets.iloc[:0]))
    bare = dataclasses.replace(tables, gaps=tables.gaps.iloc[:0], land=tables.land.iloc[:0], drawn=drawn)
    files.write_tables(bare, tmp_path)
    assert len(pyogrio.list_layers(tmp_path / "circles.gpkg")) == 6
    assert len(gpd.read_file(tmp_path / "circles.gpkg", layer="gaps")) == 0


def test_parquet_holds_what_the_tables_hold(tables, written):
    """Both Parquet files read back equal, residents with their groups right after the population."""
    pd.testing.assert_frame_equal(pd.read_parquet(written / "access.parquet"), tables.access)
    back = gpd.read_parquet(written / "residents.parquet")
    assert list(back.columns[:4]) == ["id", "population", "age_0_2", "age_60_plus"]
    assert back.crs.to_epsg() == 4326
    assert back["population"].sum() == tables.residents["population"].sum()


def test_run_json_names_every_output(written):
    """run.json carries the program, the contract and the digest of every other file, and marks the folder as ours."""
    run = json.loads((written / "run.json").read_text(encoding="utf-8"))
    assert (run["program"], run["contract"]) == ("circles", 1)
    assert set(run["outputs"]) == {p.name for p in written.iterdir()} - {"run.json"}
    assert run["outputs"]["check.csv"] == files.digest(written / "check.csv")
    assert folder.is_ours(written)
    assert os.linesep not in (written / "run.json").read_text(encoding="utf-8").splitlines()[0]


def test_csv_is_what_pandas_writes():
    """Numbers, absent cells and quotes stand in CSV as pandas writes them, in columns of any type, empty tables too."""
    mixed = pd.Series(["x", -1, -1.5, True, None, pd.NA, float("nan"), 1e22, 'a "b", c', "one\ntwo"], dtype=object)
    floats = [1.0, -0.0, 0.1, 1e16, 1e-5, 1e22, float("nan"), float("inf"), 123456789012345680.0, 1 / 3]
    frame = pd.DataFrame(
        {"a, b": mixed, "floats": floats, "texts": ["x", None, " s ", "'", "é", "", ",", '"', "y", "z"]}
    )
    frame["whole"], frame["yes"] = range(10), [True, False] * 5
    frame["maybe"] = frame["whole"].astype("Int64").where(frame["yes"])
    for table in (frame, frame[:0], frame[["texts"]], frame[["floats"]]):
        assert files.csv_text(table) == table.to_csv(index=False, lineterminator="\n")


def test_csv_reads_back_a_carriage_return():
    """A text with a carriage return is one cell to every reader, and the return is shown as its sign."""
    frame = pd.DataFrame({"a": ["one\rtwo"], "b": ["x"]})
    assert pd.read_csv(io.StringIO(files.csv_text(frame), newline="")).to_dict("list") == {"a": ["one␍two"], "b": ["x"]}
