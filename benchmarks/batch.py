"""What the batch costs over plain runs: 30 generated counties, one worker and two, and one process for each region.

python benchmarks/batch.py [--counties 30] [--largest 200000] [--plain 6]

Ratios: two workers against one; one worker against plain runs in one process (the same work without Dask); a worker's
peak memory against the largest region's alone. The schedule is simulated from one worker's seconds and compared with
what two workers took. Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import circles
from circles import testing
from circles.batch import load_regions, memory, run_batch

sys.path.insert(0, str(Path(__file__).parent))
from scale import simulate


def generate(root: Path, count: int, largest: int) -> Path:
    """Write counties of 10,000 to ``largest`` nodes, evenly in the logarithm, and the regions file."""
    text = ['[batch]\nname = "三十县"\n']
    for number, nodes in enumerate(np.geomspace(10_000, largest, count)):
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--counties", type=int, default=30)
    parser.add_argument("--largest", type=int, default=200_000)
    parser.add_argument("--plain", type=int, default=30, help="how many counties also run without Dask")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        regions = load_regions(generate(root, given.counties, given.largest))
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
        for region in chosen:
            memory.forget_peak()
            start = time.perf_counter()
            circles.analyse(region.area).save(root / "plain" / region.code)
            plain += time.perf_counter() - start
            alone[region.code] = memory.peak_mb()
        share = seconds[[region.code for region in chosen]].sum() / seconds.sum()
        print(f"2 workers against 1: {wall[1] / wall[2]:.2f}×")
        print(f"1 worker against plain runs: {wall[1] * share / plain - 1:+.1%}")
        print(
            f"worker's peak {peak.max():.0f} MB, largest alone {max(alone.values()):.0f} MB: {peak.max() / max(alone.values()):.2f}×"
        )
        told = simulate(runs[2].groupby("region_code", observed=True)["seconds"].sum().tolist(), 2)
        print(f"schedule of 2 workers: simulated {told:.1f} s, real {wall[2]:.1f} s ({wall[2] / told - 1:+.1%})")


if __name__ == "__main__":
    main()
