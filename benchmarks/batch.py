"""What the batch costs over plain runs: 30 generated counties, one worker and two, and one process for each region.

python benchmarks/batch.py [--counties 30] [--smallest 10000] [--largest 60000] [--plain 10]

The sizes left out make it about six minutes on two quiet cores; ``--largest 200000`` is the whole range, half an hour.

Ratios: two workers against one; one worker against plain runs in one process (the same work without Dask); a worker's
peak memory against the largest region's alone. The schedule of two workers is simulated from their own seconds per region, and
from those of one worker, and compared with what two workers took, start and publishing included. Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

import circles
from circles import testing
from circles.batch import load_regions, memory, run_batch
from circles.batch.regions import Region

sys.path.insert(0, str(Path(__file__).parent))
from scale import simulate


def generate(root: Path, count: int, smallest: int, largest: int) -> Path:
    """Write counties of ``smallest`` to ``largest`` nodes, evenly in the logarithm, and the regions file."""
    text = ['[batch]\nname = "三十县"\n']
    for number, nodes in enumerate(np.geomspace(smallest, largest, count)):
        folder = root / f"c{number:02d}"
        folder.mkdir()
        islands = 1 + number % 3
        side = round(math.sqrt(nodes / islands)) - 1
        testing.write_county(
            folder, name=f"县{number:02d}", side=side, seed=number, residents=int(nodes / 20),
            facilities=int(nodes / 400), islands=islands,
        )  # fmt: skip
        text.append(f'[[regions]]\ncode = "c{number:02d}"\narea = "c{number:02d}/area.toml"\n')
    (root / "regions.toml").write_text("\n".join(text), encoding="utf-8")
    return root / "regions.toml"


def run(region: Region, folder: Path) -> tuple[float, float]:
    """Run one county plainly; return its seconds and the peak memory in MB."""
    memory.forget_peak()
    start = time.perf_counter()
    circles.analyse(region.area).save(folder)
    return time.perf_counter() - start, memory.peak_mb()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--counties", type=int, default=30)
    parser.add_argument("--smallest", type=int, default=10_000)
    parser.add_argument("--largest", type=int, default=60_000)
    parser.add_argument("--plain", type=int, default=10, help="how many counties also run without Dask")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        regions = load_regions(generate(root, given.counties, given.smallest, given.largest))
        wall, runs = {}, {}
        for workers in (2, 1):
            start = time.perf_counter()
            out = root / f"out{workers}"
            summary = run_batch(regions, out, workers=workers)
            wall[workers] = time.perf_counter() - start
            if summary.failed:
                raise SystemExit(str(summary.failed))
            runs[workers] = pd.read_parquet(out / "tables" / "runs")
            print(f"{workers} workers: {wall[workers]:.1f} s", flush=True)
        by_region = runs[1].groupby("region_code", observed=True)
        seconds, peak = by_region["seconds"].sum(), by_region["peak_memory_mb"].max()
        chosen = regions.regions[-given.plain :]
        plain = 0.0
        alone = {}
        beside = 0.0
        (root / "plain").mkdir()
        circles.analyse(regions.regions[0].area).save(root / "plain" / "warm")
        with ThreadPoolExecutor(1) as worker:  # off the main thread nothing is done on a second core, as in a worker
            for region in chosen:
                took, alone[region.code] = worker.submit(run, region, root / "plain" / region.code).result()
                plain += took
        for region in chosen[-3:]:
            beside += run(region, root / "plain" / f"{region.code}-2")[0]
        share = seconds[[region.code for region in chosen]].sum() / seconds.sum()
        print(f"2 workers against 1: {wall[1] / wall[2]:.2f}×")
        print(f"1 worker against plain runs on one core: {wall[1] * share / plain - 1:+.1%}")
        three = seconds[[region.code for region in chosen[-3:]]].sum()
        print(
            f"a worker's seconds against a plain run that may use a second core: {three / beside - 1:+.1%} (3 largest)"
        )
        print(
            f"worker's peak {peak.max():.0f} MB, largest alone {max(alone.values()):.0f} MB: {peak.max() / max(alone.values()):.2f}×"
        )
        for of in (2, 1):
            told = simulate(runs[of].groupby("region_code", observed=True)["seconds"].sum().tolist(), 2)
            print(
                f"schedule of 2 workers, seconds of {of}: simulated {told:.1f} s, real {wall[2]:.1f} s ({wall[2] / told - 1:+.1%})"
            )
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(
            f"regions' seconds: 1 worker {seconds.sum():.1f}, 2 workers {runs[2]['seconds'].sum():.1f}; load now {load}"
        )


if __name__ == "__main__":
    main()
