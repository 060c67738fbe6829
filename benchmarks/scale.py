"""What a region costs: CPU seconds and memory per node, resident and facility; the model behind docs/scale.md.

python benchmarks/scale.py [--quick] [--million] [--out scale.json]   # each county in a process of its own
python benchmarks/scale.py --predict scale.json                       # time, memory and money for many counties

CPU seconds are measured, not the clock: they hold on a machine that has other work. Those of processes that read files
are included. As in a batch's worker, documents are written by the same process, not by a second core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

PRICE_CORE_HOUR = 0.3  # yuan, a rented core with 4 GB; change it to yours


def one(side: int, residents: int, facilities: int) -> dict:
    """Run one generated county in this process."""
    import time

    import circles
    from circles import testing
    from circles.batch import memory

    with tempfile.TemporaryDirectory() as name:
        warm, big = Path(name) / "warm", Path(name) / "big"
        warm.mkdir()
        big.mkdir()
        small = testing.write_county(warm, name="热身", side=4, seed=1, residents=20, facilities=4)
        circles.analyse(circles.load_area(small)).save(Path(name) / "o1")  # compiled code is loaded
        file = testing.write_county(big, name="县", side=side, seed=2, residents=residents, facilities=facilities)
        seconds: dict[str, float] = {}
        now, last = [sum(os.times()[:4])], [""]

        def tell(stage: str) -> None:
            end = sum(os.times()[:4])
            if last[0]:
                seconds[last[0]] = seconds.get(last[0], 0.0) + end - now[0]
            now[0], last[0] = end, stage

        memory.forget_peak()
        start = time.perf_counter()
        result = circles.analyse(circles.load_area(file), progress=tell)
        result.save(Path(name) / "o2", progress=tell)
        tell("")
        counts = result.run["counts"]
        return {
            "nodes": counts["nodes"], "residents": residents, "facilities": facilities, "cpu_s": sum(seconds.values()),
            "wall_s": time.perf_counter() - start, "peak_mb": memory.peak_mb(), "stages": seconds,
        }  # fmt: skip


def fit(rows: list[dict], value: str) -> np.ndarray:
    """Return a + b·nodes + c·residents + d·facilities, all ≥ 0, that errs least in relative terms."""
    from scipy.optimize import nnls

    y = np.array([row[value] for row in rows])
    x = np.array([[1.0, row["nodes"], row["residents"], row["facilities"]] for row in rows])
    return nnls(x / y[:, None], np.ones(len(y)))[0]


def simulate(
    seconds: list[float], workers: int, *, is_largest_first: bool = True, loss_per_hour: float = 0.0, seed: int = 0
) -> float:
    """Return the seconds until all regions are done: a free worker takes the next; a lost one loses its region's work."""
    import heapq

    random = np.random.default_rng(seed)
    waiting = sorted(seconds) if is_largest_first else list(seconds)[::-1]
    free = [0.0] * workers
    end = 0.0
    while waiting:
        at = heapq.heappop(free)
        need = waiting.pop()
        lost = random.exponential(3600.0 / loss_per_hour) if loss_per_hour else np.inf
        if lost < need:
            waiting.append(need)
            heapq.heappush(free, at + lost + 10.0)
            continue
        end = max(end, at + need)
        heapq.heappush(free, at + need)
    return end


def predict(rows: list[dict]) -> None:
    """Print the model and what it says of many counties."""
    model, memory = fit(rows, "cpu_s"), fit(rows, "peak_mb")
    print("cpu_s  = {:.1f} + {:.3g}·nodes + {:.3g}·residents + {:.3g}·facilities".format(*model))
    print("peakMB = {:.0f} + {:.3g}·nodes + {:.3g}·residents + {:.3g}·facilities".format(*memory))
    for row in rows:
        x = np.array([1.0, row["nodes"], row["residents"], row["facilities"]])
        print(f"  {row['nodes']:>8} {row['residents']:>7} {row['facilities']:>6}: "
              f"{row['cpu_s']:8.1f} s (model {x @ model:8.1f})  {row['peak_mb']:7.0f} MB (model {x @ memory:7.0f})")  # fmt: skip
    random = np.random.default_rng(0)
    for name, count in (("Zhejiang", 90), ("nation", 2800)):
        nodes = np.clip(random.lognormal(np.log(60_000), 0.9, count), 5_000, 1_000_000)
        x = np.column_stack([np.ones(count), nodes, nodes / 4, nodes / 150])
        seconds, peak = x @ model, x @ memory
        print(f"{name}: {count} counties, {seconds.sum() / 3600:.1f} core hours, largest {seconds.max() / 60:.1f} min, "
              f"{peak.max() / 1024:.1f} GB, {seconds.sum() / 3600 * PRICE_CORE_HOUR:.0f} yuan")  # fmt: skip
        for machines in (1, 10, 100):
            workers = machines * 8
            calm = simulate(seconds.tolist(), workers)
            random_order = simulate(random.permutation(seconds).tolist(), workers, is_largest_first=False)
            lossy = simulate(seconds.tolist(), workers, loss_per_hour=0.2)
            print(f"  {machines:>3} machines × 8: {calm / 60:8.1f} min; in any order {random_order / 60:8.1f}; "
                  f"each worker lost every 5 h {lossy / 60:8.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", type=int, nargs=3)
    parser.add_argument("--predict", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("scale.json"))
    given = parser.parse_args()
    if given.one:
        with ThreadPoolExecutor(1) as worker:  # off the main thread nothing is written beside: as in a worker
            print(json.dumps(worker.submit(one, *given.one).result()))
        return
    if given.predict:
        predict(json.loads(given.predict.read_text(encoding="utf-8")))
        return
    # two islands of (side + 1)² nodes each
    cases = [(70, 2000, 60), (70, 10_000, 60), (70, 2000, 600), (122, 2000, 60), (122, 7500, 200)]
    if not given.quick:
        cases += [(223, 25_000, 600), (223, 2000, 60), (387, 75_000, 2000)]
    if given.million:
        cases.append((706, 100_000, 2000))
    rows = []
    for case in cases:
        run = subprocess.run(
            [sys.executable, __file__, "--one", *map(str, case)], capture_output=True, text=True, check=True
        )
        rows.append(json.loads(run.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
        given.out.write_text(json.dumps(rows), encoding="utf-8")
    predict(rows)


if __name__ == "__main__":
    main()
