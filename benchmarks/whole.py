"""What a user waits for: the first compilation, the loading of what was compiled, and whole runs of Shengsi and Malta.

    python benchmarks/whole.py [../shared/osm/malta.osm.pbf] [--repeat 5]

Each is measured as it is met: processes of their own, from their start to their end. ``first compilation`` is what
``scripts/set_up.py`` does after installing, into an empty cache; ``a later process`` imports the kernel and loads every
search, its interpreter's start included; whole runs are ``circles run`` with what was compiled in its cache. Every
command runs once before it is counted, so that the disk is as warm for the first as for the last. Medians, with the
least and the most; processor seconds of all processes, peak memory of the largest (Linux only).
"""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import measure  # noqa: E402

LOAD = "from circles.network import engine; engine.warm_up()"
AIMS_S = {
    "first compilation": 8.0, "a later process": 0.5, "Shengsi, warm": 4.0, "Malta from the raw extract": 30.0,
    "Malta from a kept network": 15.0,
}  # fmt: skip


def side_by_side(commands: list[list[str]], *, cwd: Path, **changes: str) -> tuple[float, float, float]:
    """Return wall seconds, processor seconds and the peak in MB of commands that run at the same time."""
    start = time.perf_counter()
    at_work = [
        subprocess.Popen(command, cwd=cwd, env=os.environ | changes, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for command in commands
    ]
    spent_s = peak = 0.0
    for process in at_work:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{process.args}: {said.decode('utf-8', 'replace')}")
        spent_s += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss / 1024)
    return time.perf_counter() - start, spent_s, peak


def compiled_anew(folder: Path) -> tuple[float, float, float]:
    """Compile everything as the set-up does, into an empty cache."""
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    words = runpy.run_path(str(ROOT / "scripts" / "set_up.py"))["COMPILE"]
    return side_by_side([[sys.executable, "-c", each] for each in words], cwd=ROOT, NUMBA_CACHE_DIR=str(cache))


def command(*arguments: str) -> list[str]:
    """Return the command line of ``circles`` with the interpreter that runs this."""
    return [sys.executable, "-m", "circles", *arguments]


def malta(osm: Path, folder: Path) -> tuple[Path, Path]:
    """Lay out Malta twice: from the raw extract, and from a network kept from it."""
    raw, kept = folder / "raw", folder / "kept"
    text = (ROOT / "data" / "gis" / "malta" / "area.toml").read_text(encoding="utf-8")
    for place in (raw, kept):
        place.mkdir()
        shutil.copy(osm, place / "malta.osm.pbf")
        (place / "area.toml").write_text(text, encoding="utf-8")
    side_by_side([command("network", "area.toml", "--out", "network.gpkg")], cwd=kept)
    line = 'network = "malta.osm.pbf"'
    if line not in text:
        sys.exit(f"data/gis/malta/area.toml no longer says {line}")
    (kept / "area.toml").write_text(text.replace(line, 'network = "network.gpkg"'), encoding="utf-8")
    return raw, kept


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=measure.MALTA)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw, kept = malta(args.file.resolve(), folder)

        def run(place: Path, *arguments: str):
            return lambda: side_by_side([command("run", *arguments, "--out", "out")], cwd=place)

        works = {
            "first compilation": lambda: compiled_anew(folder),
            "a later process": lambda: side_by_side([[sys.executable, "-c", LOAD]], cwd=ROOT),
            "Shengsi, warm": run(folder),
            "Malta from the raw extract": run(raw, "area.toml"),
            "Malta from a kept network": run(kept, "area.toml"),
        }
        print("\n**What a user waits for**\n\n| | wall s | least | most | processor s | peak MB | aim s |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for what, work in works.items():
            work()
            found = [work() for _ in range(args.repeat)]
            wall, spent, peak = (median(column) for column in zip(*found, strict=True))
            walls = [row[0] for row in found]
            print(
                f"| {what} | {wall:.2f} | {min(walls):.2f} | {max(walls):.2f} | {spent:.2f} | {peak:.0f} | {AIMS_S[what]:g} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
