"""The batch: the same as single runs, whatever the workers do; a large extract cut into regions counts over borders."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import cloudpickle
import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pytest
import shapely
from pyproj import Transformer

import circles
from circles import testing
from circles.batch import cluster as clusters
from circles.batch import left_out, load_regions, run_batch
from circles.batch.cut import cut
from circles.batch.halo import halo_m
from circles.batch.overview import page
from circles.batch.regions import Region
from circles.batch.schedule import MAX_TRIES, Scheduler
from circles.batch.stream import PointStream
from circles.batch.task import Done, Job, run_region
from circles.foundation.errors import CallError, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs.loading import load

pytest.importorskip("distributed")
cloudpickle.register_pickle_by_value(sys.modules[__name__])
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
_TIMED = ("runs", "record.json", "run.json", ".lock")


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small counties of two islands each, and a regions file that names them."""
    root = tmp_path_factory.mktemp("counties")
    lines = ['[batch]\nname = "三县"\n']
    for number in range(3):
        folder = root / f"county{number}"
        folder.mkdir()
        testing.write_county(folder, name=f"县{number}", side=5 + number, seed=number, residents=30, facilities=4)
        lines.append(f'[[regions]]\ncode = "0{number}"\narea = "county{number}/area.toml"\n')
    (root / "regions.toml").write_text("\n".join(lines), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def batched(counties: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three counties run by two workers."""
    out = tmp_path_factory.mktemp("batch") / "out"
    summary = run_batch(load_regions(counties / "regions.toml"), out, workers=2)
    assert (summary.done, summary.failed) == (("00", "01", "02"), ())
    return out


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that must not depend on time: all but the seconds of runs."""
    found = {}
    for file in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = file.relative_to(folder).as_posix()
        if name == "run.json" or not any(part in name for part in _TIMED):
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _dies(job: Job) -> Done:
    if job.code == "01":
        with (Path(job.out) / "tries.txt").open("a", encoding="ascii") as file:
            file.write("x")
        os._exit(7)
    return _quick(job)


def _raises(job: Job) -> Done:
    if job.code == "01":
        with (Path(job.out) / "tries.txt").open("a", encoding="ascii") as file:
            file.write("x")
        return Done(job.code, ("ValueError: always",), is_final=False)
    return _quick(job)


def _quick(job: Job) -> Done:
    """Stand in for a region's work: one marked file, written whole."""
    time.sleep(0.3)
    with (Path(job.out) / f"done-{job.code}.txt").open("a", encoding="ascii") as file:
        file.write("x")
    return Done(job.code)


def jobs(out: Path, count: int) -> list[Job]:
    """Return jobs that need no area."""
    out.mkdir(exist_ok=True)
    return [Job(f"{n:02d}", "", False, "", str(out), "zh", False, n) for n in range(count)]


def scheduled(out: Path, count: int, work, *, workers: int = 2) -> list[Done]:
    """Run jobs on workers of this machine."""
    with clusters.opened(workers=workers) as cluster:
        return Scheduler(cluster, work, lambda *_: None).run(jobs(out, count))


def test_a_region_is_the_same_files_as_a_run_of_its_own(counties, batched, tmp_path):
    """Every file of a region in a batch is byte by byte that of a single run, run.json's seconds aside."""
    single = tmp_path / "single"
    circles.analyse(circles.load_area(counties / "county1" / "area.toml")).save(single)
    mine, theirs = digests(batched / "regions" / "01"), digests(single)
    mine.pop("run.json"), theirs.pop("run.json")
    assert mine == theirs
    assert "index.html" in mine


def test_tables_are_partitioned_geoparquet_that_geopandas_reads(counties, batched):
    """Each table is one data set by region_code, readable as a whole, with a geometry, and one schema."""
    for table in ("access", "coverage", "check", "gaps", "findings"):
        frame = gpd.read_parquet(batched / "tables" / table)
        assert "geometry" in frame
        assert frame.crs == "EPSG:4326"
        parts = sorted(item.name for item in (batched / "tables" / table).iterdir())
        assert parts == ["region_code=00", "region_code=01", "region_code=02"]
    access = gpd.read_parquet(batched / "tables" / "access")
    assert len(access) == 3 * 30 * 2
    runs = pd.read_parquet(batched / "tables" / "runs")
    assert {"load", "reach", "files"} <= set(runs["stage"])
    assert (runs["peak_memory_mb"] > 0).all()


def test_merged_tables_are_those_of_the_regions(counties, batched):
    """coverage.csv and check.csv are the regions' own rows, one after the other."""
    for table in ("coverage", "check"):
        text = {"dtype": {"region_code": str, "township_code": str}, "encoding": "utf-8-sig", "keep_default_na": False}
        merged = pd.read_csv(batched / f"{table}.csv", **text)
        for code in ("00", "01", "02"):
            own = pd.read_csv(batched / "regions" / code / f"{table}.csv", **text)
            mine = merged[merged["region_code"] == code].reset_index(drop=True)
            pd.testing.assert_frame_equal(mine[own.columns], own, check_dtype=False)


def test_a_finished_batch_is_skipped_and_its_bytes_stay(counties, batched):
    """A rerun computes nothing and changes nothing; no worker is started."""
    before = digests(batched)
    heard: list[str] = []
    summary = run_batch(load_regions(counties / "regions.toml"), batched, report=lambda what, *_: heard.append(what))
    assert summary.skipped == ("00", "01", "02")
    assert "dashboard" not in heard
    assert digests(batched) == before


@pytest.mark.long
def test_one_worker_and_two_give_the_same_bytes(counties, batched, tmp_path):
    """The number of workers changes nothing but seconds."""
    run_batch(load_regions(counties / "regions.toml"), tmp_path / "one", workers=1)
    assert digests(tmp_path / "one") == digests(batched)


@pytest.mark.long
def test_a_changed_input_and_a_damaged_result_are_computed_anew_and_nothing_else(counties, batched, tmp_path):
    """Only the region whose input changed, or whose files are not what was recorded, is run again."""
    import shutil

    shutil.copytree(counties, tmp_path / "in")
    shutil.copytree(batched, tmp_path / "out")
    plan = tmp_path / "in" / "regions.toml"
    shops = tmp_path / "in" / "county0" / "facilities.csv"
    shops.write_text(shops.read_text(encoding="utf-8").replace("f0", "f9"), encoding="utf-8")
    (tmp_path / "out" / "regions" / "02" / "check.csv").write_text("torn", encoding="utf-8")
    summary = run_batch(load_regions(plan), tmp_path / "out", workers=1)
    assert (summary.done, summary.skipped) == (("00", "02"), ("01",))
    assert digests(tmp_path / "out" / "regions" / "02") == digests(batched / "regions" / "02") | {
        "run.json": digests(tmp_path / "out" / "regions" / "02")["run.json"]
    }


@pytest.mark.long
def test_a_region_with_corrupt_input_is_named_and_the_rest_is_complete(counties, tmp_path):
    """A region whose table cannot be read fails with its finding; the others stand; the command ends with 3."""
    import shutil

    shutil.copytree(counties, tmp_path / "in")
    (tmp_path / "in" / "county1" / "facilities.csv").write_bytes(b"\x00\xff\x00")
    command = [
        sys.executable,
        "-m",
        "circles",
        "batch",
        str(tmp_path / "in" / "regions.toml"),
        "--out",
        str(tmp_path / "out"),
    ]
    run = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 3, run.stderr
    assert "01" in run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(item.name for item in (tmp_path / "out" / "regions").iterdir()) == ["00", "02"]
    heard = pd.read_csv(tmp_path / "out" / "regions.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    assert heard["status"].tolist() == ["done", "failed", "done"]
    assert heard["error"][1]


def test_a_region_that_always_kills_its_worker_is_named_after_three_tries(tmp_path):
    """A region that ends its process is tried three times and named; every other region is done once."""
    ended = scheduled(tmp_path / "out", 5, _dies)
    assert [(item.code, item.error[:1]) for item in ended if item.error] == [("01", ("worker-lost",))]
    assert ended[1].error[2] == "7"
    assert (tmp_path / "out" / "tries.txt").read_text(encoding="ascii") == "x" * MAX_TRIES
    for code in ("00", "02", "03", "04"):
        assert (tmp_path / "out" / f"done-{code}.txt").read_text(encoding="ascii") == "x"


def test_a_worker_killed_before_it_is_ready_is_started_again(tmp_path):
    """A kill during the start of the cluster is nobody's fault: the workers are started anew and the work is done."""
    killed: list[int] = []

    def kill() -> None:
        end = time.monotonic() + 60
        while not killed and time.monotonic() < end:
            for victim in _workers_of(os.getpid())[:1]:
                victim.send_signal(signal.SIGKILL)
                killed.append(victim.pid)
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    ended = scheduled(tmp_path / "out", 2, _quick, workers=1)
    killer.join()
    assert killed
    assert [item.error for item in ended] == [(), ()]


def test_workers_that_never_start_are_one_clear_error(monkeypatch):
    """After three attempts the command says that no worker starts, instead of a defect of ours."""
    import distributed

    def broken(**_given: object) -> None:
        raise RuntimeError("no process")

    monkeypatch.setattr(distributed, "LocalCluster", broken)
    with pytest.raises(CallError) as caught, clusters.opened(workers=1):
        pass
    assert caught.value.findings[0].code == "batch-no-workers"


@pytest.mark.long
def test_an_exception_is_tried_three_times_and_named(tmp_path):
    """A defect in one region's work is repeated at most three times and does not stop the others."""
    ended = scheduled(tmp_path / "out", 3, _raises, workers=1)
    assert [item.error for item in ended] == [(), ("ValueError: always",), ()]
    assert (tmp_path / "out" / "tries.txt").read_text(encoding="ascii") == "x" * MAX_TRIES


def _workers_of(pid: int) -> list[psutil.Process]:
    """Return the Dask workers below a process: spawned children that run our work, those that end meanwhile left out."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("spawn_main" in part for part in child.cmdline()):
                found.append(child)
    return found


@pytest.mark.long
def test_random_workers_killed_every_few_seconds_change_no_byte(counties, batched, tmp_path):
    """Workers killed with SIGKILL at random: nothing is lost, doubled or half-written, and the bytes are the same."""
    random = np.random.default_rng(5)
    stop = threading.Event()
    killed: list[int] = []
    at_work = threading.Event()

    def kill() -> None:
        at_work.wait(300)
        # the first while the first stage told of goes on, however fast the machine; then new workers have begun
        while not stop.wait((2.5 if killed else 0.1) + float(random.random())) and len(killed) < 6:
            found = _workers_of(os.getpid())
            if found:
                victim = found[int(random.integers(len(found)))]
                victim.send_signal(signal.SIGKILL)
                killed.append(victim.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        summary = run_batch(
            load_regions(counties / "regions.toml"),
            tmp_path / "out",
            workers=2,
            report=lambda what, *_: at_work.set() if what == "stage" else None,
        )
    finally:
        at_work.set()
        stop.set()
        killer.join()
    assert summary.failed == ()
    assert killed
    assert digests(tmp_path / "out") == digests(batched)
    assert not [item for item in (tmp_path / "out" / "regions").iterdir() if item.name.startswith(".")]


@pytest.mark.long
def test_a_lost_scheduler_leaves_what_is_finished_and_a_rerun_goes_on(counties, batched, tmp_path):
    """The scheduler's process killed in the middle: exit as failed, nothing half-written; a rerun gives the same bytes."""
    script = (
        "import sys, time\n"
        "from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    c = LocalCluster(n_workers=1, threads_per_worker=1, host='127.0.0.1', dashboard_address=None, memory_limit=0)\n"
        "    print(c.scheduler_address, flush=True)\n"
        "    time.sleep(300)\n"
    )
    (tmp_path / "sched.py").write_text(script, encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(tmp_path / "sched.py")], stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()

    def report(what: str, _code: str, _detail: str) -> None:
        if what == "done":
            process.kill()

    try:
        summary = run_batch(load_regions(counties / "regions.toml"), tmp_path / "out", scheduler=address, report=report)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert len(summary.done) >= 1
    assert summary.failed
    again = run_batch(load_regions(counties / "regions.toml"), tmp_path / "out", workers=1)
    assert set(again.skipped) >= set(summary.done)
    assert digests(tmp_path / "out") == digests(batched)


@pytest.mark.long
def test_an_interrupted_batch_ends_with_130_and_leaves_nothing_half_written(counties, tmp_path):
    """Ctrl-C in the middle: exit code 130, no temporary folder left, whole regions only."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "circles",
        "batch",
        str(counties / "regions.toml"),
        "--out",
        str(out),
        "--workers",
        "1",
    ]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 200
    while not list(out.glob("regions/*")) and run.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    run.send_signal(signal.SIGINT)
    _, heard = run.communicate(timeout=120)
    assert run.returncode == 130, heard
    assert "Traceback" not in heard
    assert not [item for item in out.rglob(".*.*") if item.is_dir()]
    for folder in (out / "regions").glob("*"):
        assert (folder / "run.json").is_file()


def test_what_a_killed_batch_left_half_written_is_cleared_away(counties, batched, tmp_path):
    """Temporary folders and marks that a killed run left are gone after the next one, and nobody else's files are."""
    out = tmp_path / "out"
    shutil.copytree(batched, out)
    (out / "regions" / ".00.abc").mkdir()
    (out / ".run.json.abc").write_text("{", encoding="utf-8")
    (out / ".mine").write_text("1", encoding="utf-8")
    run_batch(load_regions(counties / "regions.toml"), out, workers=1)
    assert not (out / "regions" / ".00.abc").exists()
    assert not (out / ".run.json.abc").exists()
    assert (out / ".mine").exists()
    assert digests(out) == digests(batched) | {".mine": hashlib.sha256(b"1").hexdigest()}


def test_every_problem_of_a_regions_file_is_reported_at_once(counties, tmp_path):
    """Codes given twice or unfit, area files that are missing: all in one error."""
    file = tmp_path / "regions.toml"
    file.write_text(
        '[[regions]]\ncode = "a"\narea = "x.toml"\n[[regions]]\ncode = "A"\narea = "y.toml"\n'
        '[[regions]]\ncode = "../b"\narea = "../z.toml"\n[[regions]]\ncode = "con"\narea = "x.toml"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load_regions(file)
    codes = [item.code for item in caught.value.findings]
    assert {"region-code-twice", "region-code-bad", "area-file-missing", "path-outside"} <= set(codes)
    assert codes.count("region-code-bad") == 2


@pytest.mark.parametrize(
    "text",
    ["", "[batch]\nname = 1\n", "x = ", "[extract]\narea='a'\nboundaries='b'\n[[regions]]\ncode='a'\narea='b'\n"],
)
def test_a_wrong_regions_file_is_one_clear_error(tmp_path, text):
    """No region, a bad type, bad syntax or both forms: an InputError with a sentence in both languages."""
    file = tmp_path / "regions.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_regions(file)
    assert caught.value.render("en") != caught.value.render("zh")


def test_two_batches_do_not_share_a_folder(counties, batched):
    """A second batch in the same folder is refused while the first is at work."""
    import fcntl

    with (batched / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CallError) as caught:
            run_batch(load_regions(counties / "regions.toml"), batched)
    assert caught.value.findings[0].code == "batch-at-work"


def test_a_folder_of_somebody_else_is_not_touched(counties, tmp_path):
    """An output folder with other files is refused and stays as it was."""
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(CallError):
        run_batch(load_regions(counties / "regions.toml"), tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["mine.txt"]


def test_dask_is_not_imported_for_one_county():
    """Importing the package, its pipeline and its command line brings no Dask in."""
    code = "import circles, circles.pipeline, circles.cli, circles.batch, sys; sys.exit('dask' in sys.modules or 'distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_two_batches_run_in_one_process():
    """A first cluster leaves Dask's own settings as they were, so that a second one can start after it."""
    twice = (
        "from circles.batch.cluster import opened\n"
        "if __name__ == '__main__':\n"
        "    for _ in range(2):\n"
        "        with opened(workers=1, scheduler=None) as cluster:\n"
        "            print(cluster.client.submit(abs, -1).result())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", twice], capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.stdout.split() == ["1", "1"], done.stderr


def test_no_text_of_an_input_is_markup_on_the_overview():
    """Names and errors travel as inert JSON: no tag of theirs stands in the page, and nothing is fetched."""
    evil = "</script><img src=x onerror=alert(1)>"
    area = circles.load_area()
    shown = page(
        evil, [Region("01", evil, area)], records={}, failed={"01": evil},
        check=pd.DataFrame(columns=["region_code", "category", "rule_id", "verdict", "township_code"]), lang="zh",
    )  # fmt: skip
    assert "<img" not in shown
    assert shown.count("</script>") == 2
    assert "default-src 'none'" in shown
    assert "http" not in shown.replace("http-equiv", "")


_STREETS_ACROSS = 40


def write_extract(root: Path, ways, *, boxes, ground, clinics) -> Path:
    """Write an OpenStreetMap file of ways through places of a 100 m grid, two regions, islands, clinics, and the batch.

    All in hundreds of metres from the city's origin; ``boxes`` and ``ground`` are (west, south, east, north).
    """
    back = Transformer.from_crs(testing.CRS, "EPSG:4326", always_xy=True)
    x0, y0 = testing.ORIGIN

    def outlines(given):
        return [shapely.box(x0 + 100 * w, y0 + 100 * s, x0 + 100 * e, y0 + 100 * n) for w, s, e, n in given]

    places = {place: number for number, place in enumerate(dict.fromkeys(p for way in ways for p in way), 1)}
    body = []
    for (i, j), number in places.items():
        lon, lat = back.transform(x0 + 100 * i, y0 + 100 * j)
        body.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    for number, way in enumerate(ways, 1):
        nds = "".join(f'<nd ref="{places[place]}"/>' for place in way)
        body.append(f'<way id="{number}" version="1">{nds}<tag k="highway" v="residential"/></way>')
    text = '<?xml version="1.0"?><osm version="0.6" generator="t">' + "".join(body) + "</osm>"
    (root / "all.osm").write_text(text, encoding="utf-8")
    frame = gpd.GeoDataFrame({"code": ["w", "e"], "name": ["西县", "东县"]}, geometry=outlines(boxes), crs=testing.CRS)
    frame.to_crs("EPSG:4326").to_file(root / "counties.geojson")
    names = [f"{name}岛" for name in "大小"[: len(ground)]]
    islands = gpd.GeoDataFrame({"island": names}, geometry=outlines(ground), crs=testing.CRS)
    islands.to_crs("EPSG:4326").to_file(root / "land.geojson")
    rows = [
        {"id": f"c{k}", "name": "卫生院", "category": "clinic", "x": x0 + 100 * i, "y": y0 + 100 * j}
        for k, (i, j) in enumerate(clinics, 1)
    ]
    pd.DataFrame(rows).to_csv(root / "facilities.csv", index=False)
    (root / "area.toml").write_text(
        '[area]\nid = "all"\nname = "全境"\ncrs = "EPSG:4550"\nas_of = 2024-12-31\n'
        '[data]\nnetwork = "all.osm"\nfacilities = ["facilities.csv"]\nland = "land.geojson"\nresidents = { streets = 50 }\n'
        '[[categories]]\nid = "clinic"\nname = "卫生院"\nprofile = "adult"\n'
        '[[rules]]\nid = "r"\ncategory = "clinic"\nmeasure = "street_share"\nthreshold = 0.5\nsource = "t"\nstatus = "assumed"\n',
        encoding="utf-8",
    )
    (root / "regions.toml").write_text(
        '[extract]\narea = "area.toml"\nboundaries = "counties.geojson"\n', encoding="utf-8"
    )
    return root


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of 40 × 4 blocks of 100 m as an OpenStreetMap file, cut in the middle by a border of two regions.

    The only clinic lies 150 m east of the border; a footbridge-less island lies north of it.
    """
    across = [[(i, j) for i in range(_STREETS_ACROSS + 1)] for j in range(5)]
    up = [[(i, j) for j in range(5)] for i in range(_STREETS_ACROSS + 1)]
    half, end = _STREETS_ACROSS / 2, _STREETS_ACROSS + 0.6
    return write_extract(
        tmp_path_factory.mktemp("large"), [*across, *up, [(i, 9) for i in range(10)]],
        boxes=[(-0.5, -0.5, half, 20), (half, -0.5, end - 0.1, 20)],
        ground=[(-0.6, -0.6, end, 4.6), (-0.6, 8.4, 9.6, 9.6)], clinics=[(half + 1.5, 0.2)],
    )  # fmt: skip


def test_a_facility_over_the_border_counts_and_residents_of_the_region_only(large, tmp_path):
    """Minutes of each cut region are those of the whole, resident by resident; every resident is in one region."""
    plan = load_regions(large / "regions.toml")
    regions = cut(plan.extract, tmp_path / "areas")
    assert [(region.code, region.name) for region in regions] == [("e", "东县"), ("w", "西县")]
    whole = circles.analyse(plan.extract.area)
    every = whole.access.set_index("resident_id")
    seen: list[str] = []
    for region in regions:
        result = circles.analyse(region.area)
        mine = result.access.set_index("resident_id")
        theirs = every.loc[mine.index]
        np.testing.assert_allclose(mine["minutes"], theirs["minutes"], rtol=0, atol=1e-9)
        assert mine["facility_id"].tolist() == theirs["facility_id"].tolist()
        assert mine["reason"].tolist() == theirs["reason"].tolist()
        assert set(result.residents["township_code"]) == {region.code}
        assert region.area.counts_points
        seen += mine.index.tolist()
    assert sorted(seen) == sorted(every.index)
    west = circles.analyse(regions[1].area).access
    assert (west["facility_id"] == "c1").any()
    assert west["reason"].eq("no_facility_on_island").any()
    assert cut(plan.extract, tmp_path / "areas")[0].area.id == "e"


def test_why_nobody_is_reached_is_reported_as_in_the_whole(tmp_path):
    """A clinic two hours away is "beyond the horizon" in the cut region too, though nearer ones stand on streets apart."""
    road = [(i, 0) for i in range(141)]
    apart = [[(95, 9), (97, 9)], [(92, 9), (93, 9)]]
    write_extract(
        tmp_path, [road, *apart], boxes=[(-0.5, -1, 20, 12), (20, -1, 141, 12)], ground=[(-1, -1, 142, 12)],
        clinics=[(140, 0.2), (96, 9), (92.5, 9)],
    )  # fmt: skip
    plan = load_regions(tmp_path / "regions.toml")
    west = next(region for region in cut(plan.extract, tmp_path / "areas") if region.code == "w")
    mine = circles.analyse(west.area).access.set_index("resident_id")
    whole = circles.analyse(plan.extract.area).access.set_index("resident_id").loc[mine.index]
    assert mine["reason"].tolist() == whole["reason"].tolist() == ["beyond_horizon"] * len(mine)
    assert mine["minutes"].isna().all()


@pytest.mark.long
def test_hours_moments_and_populations_of_regions_are_those_of_the_whole(large, tmp_path):
    """Covered at a moment and of each population, summed over regions, is what the whole has; boats, which regions do without, are told."""
    shutil.copytree(large, tmp_path / "in")
    x0, y0 = testing.ORIGIN
    at = pd.DataFrame(
        {
            "id": ["r1", "r2", "r3", "r4"],
            "population": [10, 20, 30, 40],
            "summer": [15, 0, 90, 40],
            "x": [1950, 2150, 3550, 3950],
            "y": 20,
        }
    )
    at.assign(x=at["x"] + x0, y=at["y"] + y0).to_csv(tmp_path / "in" / "people.csv", index=False)
    (tmp_path / "in" / "factors.csv").write_text("township_code,factor\nALL,0.5\n", encoding="utf-8")
    shops = pd.read_csv(tmp_path / "in" / "facilities.csv").assign(opening_hours="周一至周五8:00-12:00")
    shops.to_csv(tmp_path / "in" / "facilities.csv", index=False)
    (tmp_path / "in" / "boats.csv").write_text(
        "line,trip,from_pier,to_pier,departs,arrives,days\n甲,T,a,b,08:00,08:30,每天\n", encoding="utf-8"
    )
    (tmp_path / "in" / "piers.csv").write_text("id,name,lon,lat\na,a,122.0,30.7\nb,b,122.1,30.7\n", encoding="utf-8")
    area = tmp_path / "in" / "area.toml"
    text = area.read_text(encoding="utf-8").replace(
        "residents = { streets = 50 }", 'residents = "people.csv"\nboats = ["boats.csv"]'
    )
    more = "".join(
        f'[[moments]]\nid = "{name}"\nat = "2024-05-{day}T09:30"\n' for name, day in (("wed", 15), ("sun", 19))
    )
    more += '[[populations]]\nid = "summer"\ncolumn = "summer"\n[[populations]]\nid = "half"\nfactors = "factors.csv"\n'
    more += '[[journeys]]\nid = "clinic"\nto = { category = "clinic" }\nleave = ["07:50"]\n'
    area.write_text(text.replace('"street_share"', '"population_share"') + more, encoding="utf-8")
    plan = load_regions(tmp_path / "in" / "regions.toml")
    parts = [circles.analyse(region.area) for region in cut(plan.extract, tmp_path / "areas")]
    whole = circles.analyse(plan.extract.area)
    for name, key in (("coverage_by_time", "moment"), ("coverage_by_population", "population_id")):
        (all_rows, *tables) = [
            table[(table["township_code"] == "ALL")].groupby(key)["covered"].sum()
            for table in (getattr(item, name) for item in (whole, *parts))
        ]
        assert all_rows.max() > 0
        pd.testing.assert_series_equal(sum(tables), all_rows)
    told = [item for item in left_out.findings_of(tmp_path / "areas") if item.code == "extract-not-shared"]
    assert [item.id for item in told] == ["data.boats, [[journeys]]"]


def test_what_lies_in_no_region_is_counted_and_a_region_without_people_works(large, tmp_path, monkeypatch, capsys):
    """Residents of no region are told, listed and counted; a region where nobody lives has no_data, not an error."""
    import shutil

    from circles.batch import running
    from circles.cli.batch import batch

    shutil.copytree(large, tmp_path / "in")
    x0, y0 = testing.ORIGIN
    boxes = [shapely.box(x0 + 1000 * n, y0 - 50, x0 + 1000 * (n + 1), y0 + 2000) for n in range(3)]
    frame = gpd.GeoDataFrame({"code": ["a", "b", "c"], "name": ["甲", "乙", "丙"]}, geometry=boxes, crs=testing.CRS)
    frame.to_crs("EPSG:4326").to_file(tmp_path / "in" / "counties.geojson")
    at = pd.DataFrame({"id": ["r1", "r2", "r3", "r4"], "population": 10, "x": [150, 2150, 3550, 3950], "y": 20})
    at.assign(x=at["x"] + x0, y=at["y"] + y0).to_csv(tmp_path / "in" / "people.csv", index=False)
    area = tmp_path / "in" / "area.toml"
    text = area.read_text(encoding="utf-8").replace("residents = { streets = 50 }", 'residents = "people.csv"')
    area.write_text(text.replace('"street_share"', '"population_share"'), encoding="utf-8")
    monkeypatch.setattr(running, "_worked", lambda todo, **_: [run_region(job) for job in todo])
    out = tmp_path / "out"
    batch(tmp_path / "in" / "regions.toml", out, lang="en")
    heard = capsys.readouterr()
    assert "2 resident points (20 people) lie in no region" in heard.err
    assert [line.split()[0] for line in heard.out.splitlines()] == ["a", "b", "c"]
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["batch"]["left_out"] == {"residents": 2}
    rows = pd.read_csv(out / "regions.csv", encoding="utf-8-sig", keep_default_na=False)
    assert rows["status"].tolist() == ["done", "done", "done", "left_out"]
    assert rows["residents"].tolist() == [1, 0, 1, 2]
    lost = pd.read_csv(out / "areas" / "left_out.csv", encoding="utf-8-sig")
    assert lost[["table", "id"]].to_numpy().tolist() == [["residents", "r3"], ["residents", "r4"]]
    check = pd.read_csv(out / "check.csv", encoding="utf-8-sig")
    assert set(check.loc[check["region_code"] == "b", "verdict"]) == {"no_data"}
    assert len(gpd.read_parquet(out / "tables" / "access")) == 2
    assert "extract-left-out" in pd.read_csv(out / "findings.csv", encoding="utf-8-sig")["code"].tolist()


def test_villages_people_and_totals_are_those_of_the_whole(large, tmp_path):
    """People of villages, spread and scaled to townships' totals, are the same in the cut regions as in one run."""
    import shutil

    shutil.copytree(large, tmp_path / "in")
    inside, (x0, y0) = tmp_path / "in", testing.ORIGIN
    shutil.copy(inside / "counties.geojson", inside / "towns.geojson")
    at = {"x": [x0 + 900.0, x0 + 1950.0, x0 + 3000.0, x0 + 500.0], "y": [y0 + 150.0, y0 + 210.0, y0 + 10.0, y0 + 890.0]}
    villages = pd.DataFrame({"code": list("abcd"), "name": list("甲乙丙丁"), "population": [300, 500, 70, 9], **at})
    villages.assign(age_60plus=villages["population"] / 4).to_csv(inside / "villages.csv", index=False)
    pd.DataFrame({"township_code": ["w", "e"], "population": [1000, 350]}).to_csv(inside / "totals.csv", index=False)
    area = inside / "area.toml"
    data = (
        'residents = { villages = 50 }\nvillages = "villages.csv"\ntotals = "totals.csv"\ntownships = "towns.geojson"'
    )
    text = area.read_text(encoding="utf-8").replace("residents = { streets = 50 }", data)
    area.write_text(text.replace('"street_share"', '"population_share"'), encoding="utf-8")
    plan = load_regions(inside / "regions.toml")
    whole = load(plan.extract.area)
    every = whole.residents.set_index("id")
    seen: list[str] = []
    for region in cut(plan.extract, tmp_path / "areas"):
        mine = load(region.area).residents.set_index("id")
        theirs = every.loc[mine.index]
        assert set(mine["township_code"]) == {region.code}
        np.testing.assert_allclose(mine[["population", "age_60plus"]], theirs[["population", "age_60plus"]], rtol=1e-12)
        assert mine["village_code"].tolist() == theirs["village_code"].tolist()
        here, there = (shapely.get_coordinates(table.geometry.to_numpy()) for table in (mine, theirs))
        np.testing.assert_allclose(here, there, rtol=0, atol=1e-12)
        seen += mine.index.tolist()
    assert sorted(seen) == sorted(every.index)
    assert every.groupby("township_code")["population"].sum().round(6).to_dict() == {"e": 350.0, "w": 1000.0}
    table = pd.read_csv(tmp_path / "areas" / "reconciliation.csv", encoding="utf-8-sig")
    assert table["township_code"].tolist() == whole.reconciliation["township_code"].tolist()


def test_points_made_block_by_block_are_those_of_the_whole(large):
    """Street points do not depend on how the streets were cut into blocks."""
    from circles.inputs.population.along import street_points

    lines = load(circles.load_area(large / "area.toml")).streets
    whole = street_points(lines, spacing_m=37.0, crs=testing.CRS)
    flow, parts = PointStream(37.0, testing.CRS), []
    cuts = [0, 3, 4, 17, len(lines.lines)]
    for low, high in pairwise(cuts):
        offsets = lines.offsets[low : high + 1]
        xy = lines.xy[offsets[0] : offsets[-1]]
        parts.append(flow.points(Streets(lines.lines[low:high].reset_index(drop=True), offsets - offsets[0], xy)))
    streamed = pd.concat(parts, ignore_index=True)
    assert streamed["id"].tolist() == whole["id"].tolist()
    np.testing.assert_allclose(
        shapely.get_coordinates(streamed.geometry.to_numpy()),
        shapely.get_coordinates(whole.geometry.to_numpy()),
        atol=1e-10,
    )


def test_an_unsorted_extract_is_refused_by_name(large, tmp_path):
    """A file that is not sorted by id cannot be streamed; the finding says how to sort it."""
    import shutil

    shutil.copytree(large, tmp_path / "in")
    text = (tmp_path / "in" / "all.osm").read_text(encoding="utf-8").replace('<way id="1" ', '<way id="9001" ')
    (tmp_path / "in" / "all.osm").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        cut(load_regions(tmp_path / "in" / "regions.toml").extract, tmp_path / "areas")
    assert caught.value.findings[0].code == "extract-unsorted"
    assert not (tmp_path / "areas").exists()


def test_nobody_walks_further_than_the_halo():
    """The halo is the horizon at the greatest speed of any walker, downhill at Tobler's best slope."""
    area = circles.load_area()
    assert halo_m(area) == pytest.approx(3600 * 1.2 * np.exp(3.5 * 0.05) + 1000 + 200)


@pytest.mark.long
def test_malta_cut_into_its_councils_equals_the_single_run(shared_dir, tmp_path):
    """Each of the 67 councils, cut out with its halo, has the minutes and verdicts of the whole of Malta."""
    import shutil

    source = shared_dir / "osm" / "malta.osm.pbf"
    if not source.is_file():
        pytest.skip("no extract of Malta")
    shutil.copy(Path(__file__).parents[1] / "data" / "gis" / "malta" / "area.toml", tmp_path)
    shutil.copy(source, tmp_path / "malta.osm.pbf")
    (tmp_path / "regions.toml").write_text(
        '[extract]\narea = "area.toml"\nboundaries = {osm = "malta.osm.pbf", admin_level = 8}\n', encoding="utf-8"
    )
    plan = load_regions(tmp_path / "regions.toml")
    regions = cut(plan.extract, tmp_path / "areas")
    assert len(regions) == 67
    access, check = _minutes(plan.extract.area)
    every, count = access.set_index(["resident_id", "category"]), 0
    for region in regions:
        mine, verdicts = _minutes(region.area)
        theirs = every.loc[pd.MultiIndex.from_frame(mine[["resident_id", "category"]])]
        np.testing.assert_allclose(mine["minutes"], theirs["minutes"], rtol=0, atol=1e-9)
        assert mine["facility_id"].tolist() == theirs["facility_id"].tolist()
        assert mine["reason"].tolist() == theirs["reason"].tolist()
        judged = check[check["township_code"] == region.code].reset_index(drop=True)
        # two councils are called Ir-Rabat: only where both are is that of Gozo called "Ir-Rabat (Għawdex)"
        assert judged["township"].str.removesuffix(" (Għawdex)").tolist() == verdicts["township"].tolist()
        figures = verdicts.drop(columns="township").reset_index(drop=True)
        pd.testing.assert_frame_equal(figures, judged.drop(columns="township"), rtol=1e-12)
        count += len(mine)
    left_out = every.index.get_level_values(0).nunique() * 4 - count
    assert left_out >= 0


def _minutes(area) -> tuple[pd.DataFrame, pd.DataFrame]:
    from circles.analysis.access import access_table, walks_of
    from circles.analysis.verdicts.of_area import judged

    inputs = load(area)
    walks = walks_of(inputs)
    reaches = {c.id: walks.to_category(c.id, area.walkers[c.profile]) for c in area.categories}
    return access_table(walks, reaches), judged(inputs, walks)


def test_the_record_of_a_batch_names_its_regions(batched):
    """run.json is the mark of this program and lists every region with its run."""
    run = json.loads((batched / "run.json").read_text(encoding="utf-8"))
    assert run["program"] == "circles"
    assert sorted(run["batch"]["regions"]) == ["00", "01", "02"]
    assert run_region.__module__ == "circles.batch.task"
