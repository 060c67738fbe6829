"""The process that reads files: the same tables as the libraries give, an end to what runs on, nothing written, a clean
retry after a crash.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import warnings
from contextvars import ContextVar
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from typer.testing import CliRunner

from circles.area import embedded_area, load_area
from circles.cli.app import app
from circles.foundation.budgets import Budget, budget
from circles.foundation.errors import CallError, InputError
from circles.inputs import loading
from circles.inputs.examine import examine
from circles.inputs.guards.child import Child, asking, job, reading
from circles.inputs.readers import raw
from circles.inputs.readers.vectors import read_vector

SMALL = Budget(cpu_s=1.0, wall_s=20.0, memory_bytes=100_000_000, answer_bytes=50_000_000)


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Path:
    """A GeoPackage, a shapefile and a GeoParquet with a column of every type that people have."""
    folder = tmp_path_factory.mktemp("typed")
    frame = gpd.GeoDataFrame(
        {
            "name": ["甲", None, "it's; \"丙\""], "beds": [3, None, 2**40], "share": [0.1, float("nan"), -1e300],
            "is_open": [True, False, True], "opened": pd.to_datetime(["2024-05-01", None, "1999-12-31"]),
        },
        geometry=[shapely.Point(122.45, 30.72), shapely.Point(122.46, 30.72), None], crs=4326,
    )  # fmt: skip
    frame.to_file(folder / "typed.gpkg", driver="GPKG")
    frame.iloc[:2].drop(columns="opened").to_file(folder / "typed.shp", encoding="utf-8")
    frame.drop(columns="opened").to_file(folder / "plain.gpkg", driver="GPKG")
    frame.to_parquet(folder / "typed.parquet")
    return folder


@pytest.fixture
def alone(monkeypatch) -> None:
    """No reading process around the test: a block has its own."""
    monkeypatch.setattr(asking, "_CURRENT", ContextVar("alone", default=None))


@pytest.mark.parametrize(
    ("name", "is_arrow"), [("plain.gpkg", True), ("plain.gpkg", False), ("typed.gpkg", False), ("typed.shp", False)]
)
def test_layers_come_over_the_pipe_as_the_library_gives_them(places, name, is_arrow):
    """A layer read in the other process equals what pyogrio reads in this one: values, types, places and CRS."""
    ours = raw.layer(places / name, name, layer=None, is_arrow=is_arrow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pyogrio.read_dataframe(places / name, use_arrow=is_arrow)
    assert_geodataframe_equal(ours, theirs)


def test_parquet_comes_over_the_pipe_as_the_library_gives_it(places):
    """A GeoParquet read in the other process equals what GeoPandas reads in this one."""
    assert_geodataframe_equal(raw.parquet(places / "typed.parquet", "t"), gpd.read_parquet(places / "typed.parquet"))


def test_cells_come_over_the_pipe_with_their_types(tmp_path):
    """Numbers, texts, truth, dates and times of a workbook arrive as calamine gives them."""
    import openpyxl
    import python_calamine

    book = openpyxl.Workbook()
    book.active.append(
        [
            "点",
            1.5,
            3,
            True,
            None,
            dt.date(2024, 5, 1),
            pd.Timestamp("2024-05-01 08:30").to_pydatetime(),
            dt.time(7, 15),
        ]
    )
    book.create_sheet("二").append(["\u2028<&>", -0.1, 1e300])
    book.save(tmp_path / "b.xlsx")
    read = raw.workbook(tmp_path / "b.xlsx", "b", sheets=("二", "没有", "Sheet"), unfolded_bytes=10_000)
    theirs = python_calamine.load_workbook(str(tmp_path / "b.xlsx"))
    assert read.names == ["Sheet", "二"]
    assert read.sheets == {
        name: theirs.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in ("Sheet", "二")
    }


@pytest.mark.usefixtures("alone")
def test_one_process_reads_all_files_and_a_dead_one_is_replaced(places):
    """A block has one reading process; one that has died between two files is started anew, without a word."""
    with reading() as child:
        first = raw.layers(places / "typed.gpkg", "t")
        number = child._process.pid
        assert raw.layers(places / "plain.gpkg", "t") == ["plain"]
        assert child._process.pid == number
        child._process.kill()
        child._process.wait()
        assert raw.layers(places / "typed.gpkg", "t") == first
        assert child._process.pid != number
    assert child._process is None


def _killed_reads(folder: Path, rounds: int) -> None:
    """Kill the process at random moments while it reads: the whole table, or an error; never a part of it."""
    dice = random.Random(18)
    whole = raw.layer(folder / "typed.gpkg", "t", layer=None)
    started = time.monotonic()
    raw.layer(folder / "typed.gpkg", "t", layer=None)
    usual_s = time.monotonic() - started
    outcomes = {"whole": 0, "error": 0}
    for _ in range(rounds):
        with reading() as child:
            child.load("layer")
            process = child._process
            killer = threading.Timer(dice.uniform(0.0, 1.1) * usual_s, process.kill)
            killer.start()
            try:
                assert_geodataframe_equal(raw.layer(folder / "typed.gpkg", "t", layer=None), whole)
                outcomes["whole"] += 1
            except InputError as e:
                outcomes["error"] += [item.code for item in e.findings] == ["file-broken"]
            killer.cancel()
    assert sum(outcomes.values()) == rounds


@pytest.mark.usefixtures("alone")
def test_a_process_killed_at_any_moment_gives_all_or_an_error(places):
    """Killed at six random moments, a reading ends in the whole table or in one message."""
    _killed_reads(places, 6)


@pytest.mark.long
@pytest.mark.usefixtures("alone")
def test_a_process_killed_two_hundred_times(places):
    """Killed at 200 random moments, a reading ends in the whole table or in one message."""
    _killed_reads(places, 200)


@pytest.mark.parametrize("name", ["endless", "eater"])
def test_what_runs_on_or_eats_memory_is_ended(tmp_path, monkeypatch, name):
    """A reader that never ends, or takes memory without end, becomes one error that names size and limit."""
    code = {"endless": "while True: pass", "eater": "a=[]\n while True: a.append(bytearray(10**7))"}[name]
    start = asking._START.replace(
        "from circles.inputs.guards.child.worker import main",
        "import circles.inputs.guards.child.orders.workbooks as w\n"
        f"def workbook(order, answer):\n {code}\n"
        "w.workbook=workbook\nfrom circles.inputs.guards.child.worker import main\n",
    ).replace(";", "\n")
    monkeypatch.setattr(asking, "_START", start)
    file = tmp_path / "b.xlsx"
    file.write_bytes(b"PK\x03\x04")
    child = Child()
    with pytest.raises(InputError) as caught:
        child.ask({"do": "workbook", "sheets": []}, file=file, table="b.xlsx", budget=SMALL)
    child.close()
    assert [item.code for item in caught.value.findings] == ["file-too-costly"]
    assert "4" in caught.value.findings[0].message("en")


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS cannot take all of this away")
def test_the_process_can_write_nothing_and_connect_to_nothing(tmp_path):
    """Once confined, not even C code of the process makes, changes or removes a file, or opens a connection."""
    (tmp_path / "input").write_text("x", encoding="utf-8")
    code = f"""
import ctypes, os, socket
from circles.inputs.guards.child.confine import confine
confine(None)
libc = ctypes.CDLL(None, use_errno=True)
folder = {str(tmp_path)!r}.encode()
made = libc.open(folder + b"/made", os.O_CREAT | os.O_WRONLY, 0o600)
wrote = -1 if made < 0 else libc.write(made, b"x", 1)
kept = libc.open(folder + b"/input", os.O_RDWR)
changed = -1 if kept < 0 else libc.write(kept, b"y", 1)
try:
    socket.create_connection(("127.0.0.1", 9))
    reached = 1
except OSError:
    reached = -1
try:
    open(folder + b"/python", "w")
    opened = 1
except OSError:
    opened = -1
print(wrote, changed, reached, opened)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert run.stdout.split() == ["-1", "-1", "-1", "-1"]
    assert (tmp_path / "input").read_text(encoding="utf-8") == "x"


def test_the_windows_structure_has_the_systems_size():
    """The limits handed to Windows have the size that it expects, 144 bytes on a 64-bit system."""
    assert ctypes.sizeof(job.Limits) == (144 if ctypes.sizeof(ctypes.c_void_p) == 8 else 112)


def test_limits_are_raised_by_the_environment(monkeypatch):
    """A variable raises what a file may take; one that is no number above zero is an error, whatever its length."""
    usual = budget(1_000_000)
    monkeypatch.setenv("CIRCLES_MAX_SECONDS", "30")
    monkeypatch.setenv("CIRCLES_MAX_MEMORY_MB", "4000")
    assert budget(1_000_000).cpu_s == pytest.approx(usual.cpu_s * 25)
    assert budget(1_000_000).memory_bytes > 4_000_000_000
    for value in ("-1", "0", "many", "9" * 6000, "1e999", "١٢", "nan"):
        monkeypatch.setenv("CIRCLES_MAX_SECONDS", value)
        with pytest.raises(CallError):
            budget(1)


def _digests(folder: Path) -> dict[str, str]:
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_file_that_is_open_elsewhere_is_refused_and_left_alone(places, tmp_path, ending):
    """Rows that another program has not yet put into a GeoPackage make an error; neither file is touched."""
    shutil.copy(places / "plain.gpkg", tmp_path / "f.gpkg")
    (tmp_path / f"f.gpkg{ending}").write_bytes(b"\x37\x7f\x06\x82" + b"\1" * 60)
    before = _digests(tmp_path)
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "f.gpkg", "f.gpkg")
    assert [item.code for item in caught.value.findings] == ["file-open-elsewhere"]
    assert _digests(tmp_path) == before
    (tmp_path / f"f.gpkg{ending}").write_bytes(b"")
    assert len(read_vector(tmp_path / "f.gpkg", "f.gpkg")[0]) == 3
    assert set(_digests(tmp_path)) == set(before)


CASES = (
    "gpkg-default-bomb/default.gpkg", "gpkg-srs-exit70/srs2.gpkg", "parquet-dict-bomb/dictgeom.parquet",
    "xlsx-abort/noref.xlsx", "xlsx-abort/gtattr.xlsx", "xlsx-shared-string-bomb/sharedbig.xlsx", "redos/redos_lon.csv",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_files_that_broke_the_program_are_refused(shared_dir, tmp_path, name):
    """Each file that once ended or filled the program gives an error, and stays as it is."""
    case = shared_dir / "cases" / "hostile" / name
    file = tmp_path / case.name
    shutil.copy(case, file)
    before = _digests(tmp_path)
    found = [item for item in examine(file).findings if item.severity == "error"]
    assert len(found) == 1
    assert found[0].line("zh")
    assert _digests(tmp_path) == before


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path, monkeypatch):
    """Where an input is rewritten between its reading and its digest, there is no result whose digest is of other bytes."""
    folder = tmp_path / "area"
    shutil.copytree(embedded_area("shengsi").parent, folder)
    area = load_area(folder / "area.toml")
    build = loading.build

    def meanwhile(*given, **options):
        (folder / "villages.csv").write_bytes((folder / "villages.csv").read_bytes() + b"\n")
        return build(*given, **options)

    monkeypatch.setattr(loading, "build", meanwhile)
    with pytest.raises(InputError) as caught:
        loading.load(area)
    assert [(item.code, item.table) for item in caught.value.findings] == [("file-changed", "villages.csv")]


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_no_command_touches_its_inputs(tmp_path):
    """Every input is the same file with the same bytes after each command, and nothing is left beside it."""
    folder = tmp_path / "area"
    shutil.copytree(embedded_area("shengsi").parent, folder)
    before = _digests(folder)
    stamps = {name: Path(name).stat().st_mtime_ns for name in before}
    area, runner = str(folder / "area.toml"), CliRunner()
    commands = (
        ["check", area], ["doctor", area], ["doctor", *(str(f) for f in folder.iterdir() if f.is_file() and f.suffix != ".toml")],
        ["network", area, "--out", str(tmp_path / "kept.gpkg")],
    )  # fmt: skip
    for command in commands:
        told = runner.invoke(app, command)
        assert told.exit_code in (0, 2), told.output
        assert _digests(folder) == before
        assert {name: Path(name).stat().st_mtime_ns for name in before} == stamps


@pytest.mark.usefixtures("alone")
def test_the_orders_for_one_file_share_its_time(places, monkeypatch):
    """Each order for a file leaves the next one less of the processor's time; another file, or the same written anew, has its own."""
    granted = []
    answer = Child._answer

    def noted(self, asked):
        granted.append(asked.order["cpu_s"])
        return answer(self, asked)

    monkeypatch.setattr(Child, "_answer", noted)
    file = places / "anew.gpkg"
    shutil.copy(places / "typed.gpkg", file)
    with reading():
        for name in (file, file, places / "plain.gpkg"):
            raw.layers(name, "t")
        os.utime(file, (1, 1))
        raw.layers(file, "t")
    whole = [budget(name.stat().st_size).cpu_s for name in (file, places / "plain.gpkg")]
    assert (granted[0], granted[2], granted[3]) == (whole[0], whole[1], whole[0])
    assert granted[1] < whole[0]


def test_what_stands_beside_a_file_counts_for_its_limits(places):
    """A shapefile's table and index are read with it, so its limits grow with them."""
    beside = [places / f"typed{ending}" for ending in (".dbf", ".shx")]
    assert asking._parts_bytes(places / "typed.shp") == sum(part.stat().st_size for part in beside)
    assert asking._parts_bytes(places / "typed.gpkg") == 0
