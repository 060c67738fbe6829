"""What the batch costs over plain runs: 30 generated counties with one worker, with two, and one after the other.

python benchmarks/batch.py [--root DIR] [--counties 30] [--smallest 10000] [--largest 200000] [--rounds 1]   # 25 to 40 minutes

Steps, each in processes of its own, into ``DIR/batch.json`` as soon as it is done; begun again, the same command goes on:

- ``two``: ``circles batch --workers 2`` on two cores, from the command's start to its end
- ``one``: ``circles batch --workers 1``, all its processes bound to one core, which it shares with the scheduler
- ``loop``: one process bound to one core analyses the counties one after the other and writes all their files
- ``runs``: ``circles run`` for each county, bound to one core
- ``alone``: the largest county in a process of its own, for its memory

A worker is one core in all of them. Every file of every county is compared between the steps; ``run.json`` holds seconds
and is compared without them. The schedule of two workers is simulated from the seconds of its own regions, and from those
of the one worker, and compared with the real one. Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import circles
from circles import testing
from circles.batch import load_regions, memory

sys.path.insert(0, str(Path(__file__).parent))
from scale import simulate

STEPS = ("two", "one", "loop", "runs", "alone")
_SECONDS = "seconds"
Found = dict[str, Any]


def generate(root: Path, count: int, smallest: int, largest: int) -> Path:
    """Write counties of ``smallest`` to ``largest`` nodes, evenly in the logarithm, of 1 to 3 islands, and the regions file."""
    root.mkdir(parents=True)
    text = ['[batch]\nname = "三十县"\n']
    for number, nodes in enumerate(np.geomspace(smallest, largest, count)):
        folder = root / f"c{number:02d}"
        folder.mkdir()
        islands = 1 + number % 3
        side = round(math.sqrt(nodes / islands)) - 1
        testing.write_county(
            folder, name=f"县{number:02d}", side=side, seed=number, residents=int(nodes / 4),
            facilities=int(nodes / 150), islands=islands,
        )  # fmt: skip
        text.append(f'[[regions]]\ncode = "c{number:02d}"\narea = "c{number:02d}/area.toml"\n')
    (root / "regions.toml").write_text("\n".join(text), encoding="utf-8")
    return root / "regions.toml"


def bound(command: list[str], cores: int) -> float:
    """Run a command on the last ``cores`` cores; return its seconds by the clock."""
    own = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, own[-cores:])
    try:
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took = time.perf_counter() - start
    finally:
        os.sched_setaffinity(0, own)
    if done.returncode:
        raise SystemExit(done.stderr)
    return took


def digests(folder: Path) -> dict[str, str]:
    """Return one SHA-256 per county over all its files; the seconds in ``run.json`` are left out."""
    found = {}
    for county in sorted(folder.iterdir()):
        whole = hashlib.sha256()
        for file in sorted(item for item in county.rglob("*") if item.is_file()):
            content = file.read_bytes()
            if file.name == "run.json":
                run = json.loads(content)
                content = json.dumps({key: run[key] for key in sorted(run) if key != _SECONDS}).encode()
            whole.update(file.relative_to(county).as_posix().encode() + content)
        found[county.name] = whole.hexdigest()
    return found


def batch(root: Path, out: Path, workers: int) -> Found:
    """Run ``circles batch`` with as many cores as workers."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "circles", "batch", str(root / "in" / "regions.toml"), "--out", str(out)]
    wall = bound([*command, "--workers", str(workers)], workers)
    runs = pd.read_parquet(out / "tables" / "runs")
    by_region = runs.groupby("region_code", observed=True)
    return {
        "wall_s": wall, "regions_s": by_region["seconds"].sum().to_dict(),
        "stages_s": runs.groupby("stage", observed=True)["seconds"].sum().round(1).to_dict(),
        "peak_mb": by_region["peak_memory_mb"].max().to_dict(), "digests": digests(out / "regions"),
    }  # fmt: skip


def loop(root: Path, out: Path) -> Found:
    """Run all counties one after the other in one process."""
    shutil.rmtree(out, ignore_errors=True)
    return {"wall_s": bound([sys.executable, __file__, "--loop", str(root), str(out)], 1), "digests": digests(out)}


def runs(root: Path, out: Path) -> Found:
    """Run ``circles run`` for each county."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    took = {}
    for folder in sorted(item for item in (root / "in").iterdir() if item.is_dir()):
        command = [sys.executable, "-m", "circles", "run", str(folder / "area.toml"), "--out", str(out / folder.name)]
        took[folder.name] = bound(command, 1)
    return {"wall_s": sum(took.values()), "regions_s": took, "digests": digests(out)}


def alone(root: Path, out: Path) -> Found:
    """Run the largest county in a process of its own."""
    shutil.rmtree(out, ignore_errors=True)
    bound([sys.executable, __file__, "--loop", str(root), str(out), "--only-largest"], 1)
    return {"peak_mb": float((out.parent / "peak.txt").read_text(encoding="ascii"))}


def in_turn(root: Path, out: Path, *, is_largest_only: bool) -> None:
    """Analyse counties one after the other in this process; leave its peak memory beside them."""
    regions = load_regions(root / "in" / "regions.toml").regions
    out.mkdir(parents=True)
    for region in regions[-1:] if is_largest_only else regions:
        circles.analyse(circles.load_area(region.area.file)).save(out / region.code)
    (out.parent / "peak.txt").write_text(str(memory.peak_mb()), encoding="ascii")


def report(found: dict[str, list[Found]]) -> Found:
    """Print what the steps say together, as docs/scale.md shows it; return the figures."""
    wall = {
        step: float(np.median([item["wall_s"] for item in items])) for step, items in found.items() if step != "alone"
    }
    first = {step: items[0] for step, items in found.items()}
    spread = {step: max(i["wall_s"] for i in items) / min(i["wall_s"] for i in items) - 1
              for step, items in found.items() if step != "alone"}  # fmt: skip
    worker, alone_mb = max(first["one"]["peak_mb"].values()), first["alone"]["peak_mb"]
    largest = max(max(item["peak_mb"].values()) for item in (first["one"], first["two"]))
    sums = {step: sum(first[step]["regions_s"].values()) for step in ("one", "two")}
    same = all(item["digests"] == first["one"]["digests"] for step in STEPS[:-1] for item in found[step])
    figures = {
        "speedup": wall["one"] / wall["two"], "over_loop": wall["one"] / wall["loop"] - 1,
        "over_runs": wall["one"] / wall["runs"] - 1, "memory": largest / alone_mb, "slowdown": sums["two"] / sums["one"],
        "same_bytes": same,
    }  # fmt: skip
    print("\n| | measured | aim |\n|---|---:|---:|")
    print(f"| 2 workers against 1 | {figures['speedup']:.2f}× ({wall['two']:.1f} s, {wall['one']:.1f} s) | ≥ 1.5× |")
    print(
        f"| 1 worker against one process that runs all | {figures['over_loop']:+.1%} ({wall['loop']:.1f} s) | ≤ 15 % |"
    )
    print(f"| 1 worker against `circles run` for each | {figures['over_runs']:+.1%} ({wall['runs']:.1f} s) | ≤ 15 % |")
    print(f"| a worker's peak memory against the largest region alone | {figures['memory']:.2f}× "
          f"({largest:.0f} MB, {alone_mb:.0f} MB; one worker {worker:.0f} MB) | ≤ 1.3× |")  # fmt: skip
    print(
        f"| a region's seconds when both cores work | {figures['slowdown']:.2f}× ({sums['two']:.1f} s, {sums['one']:.1f} s) | |"
    )
    for of in ("two", "one"):
        shown = simulate(list(first[of]["regions_s"].values()), 2)
        print(f"| schedule of 2 workers simulated, regions as with {of} | {shown:.1f} s, real {wall['two']:.1f} s "
              f"({shown / wall['two'] - 1:+.1%}) | |")  # fmt: skip
    print(
        f"| files of {len(first['one']['digests'])} counties the same in all steps | {'yes' if same else 'NO'} | yes |"
    )
    if not same:
        for step in STEPS[:-1]:
            print(step, [c for c, d in first["one"]["digests"].items() if first[step]["digests"].get(c) != d])
    rounds = ", ".join(f"{step} {len(found[step])}× ±{spread[step]:.1%}" for step in wall)
    print(f"\nRounds: {rounds}; load now {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    stages = first["one"]["stages_s"]
    print("Stages, s, one worker and two: " + ", ".join(f"{k} {v:.0f}/{first['two']['stages_s'][k]:.0f}" for k, v in stages.items()))  # fmt: skip
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "circles-batch")
    parser.add_argument("--counties", type=int, default=30)
    parser.add_argument("--smallest", type=int, default=10_000)
    parser.add_argument("--largest", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=1, help="how often each step but the last")
    parser.add_argument("--generate", action="store_true", help="only write the counties")
    parser.add_argument("--loop", type=Path, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--only-largest", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.loop:
        in_turn(*given.loop, is_largest_only=given.only_largest)
        return
    root, made = given.root, [given.counties, given.smallest, given.largest]
    notes = root / "batch.json"
    shown = json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else {}
    if shown.get("made") != made:
        shutil.rmtree(root / "in", ignore_errors=True)
        start = time.perf_counter()
        generate(root / "in", *made)
        print(f"counties written in {time.perf_counter() - start:.0f} s", flush=True)
        shown = {"made": made, "steps": {}}
        notes.write_text(json.dumps(shown), encoding="utf-8")
    if given.generate:
        return
    work = {
        "two": lambda out: batch(root, out, 2), "one": lambda out: batch(root, out, 1),
        "loop": lambda out: loop(root, out), "runs": lambda out: runs(root, out), "alone": lambda out: alone(root, out),
    }  # fmt: skip
    for number in range(given.rounds):
        for step in STEPS:
            done = shown["steps"].setdefault(step, [])
            if len(done) > number or (step == "alone" and done):
                continue
            done.append(work[step](root / step))
            shutil.rmtree(root / step, ignore_errors=True)
            print(f"{step}: {done[-1].get('wall_s', math.nan):.1f} s", flush=True)
            notes.write_text(json.dumps(shown), encoding="utf-8")
    shown |= report(shown["steps"])
    notes.write_text(json.dumps(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
