"""What a region costs: processor time and memory per node, resident and facility; the model behind docs/scale.md.

python benchmarks/scale.py [--out scale.json] [--rounds 2] [--largest 1000000]   # 12 to 20 minutes
python benchmarks/scale.py --predict [--out scale.json] [--batch batch.json]     # time, memory and money of many counties

Every county is generated beforehand and run in a process of its own, bound to one core: load, all analyses, all files.
Processor seconds include those of the processes that read files. What is measured is written at once; begun again, the
same command goes on where it was cut off. ``--batch`` takes from a run of ``batch.py`` how much slower a region is
when every core works.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

PRICE_VCPU_HOUR, PRICE_GB_HOUR = 0.1764, 0.0221
"""Yuan: list price of Alibaba Cloud's elastic container instances, by the second; change it to yours."""
GB_PER_CORE, CORES = 4, 8
PRICE_CORE_HOUR = PRICE_VCPU_HOUR + GB_PER_CORE * PRICE_GB_HOUR
# nodes, residents, facilities: sizes at the density assumed for counties, then residents and facilities at one size
CASES = [
    (10_000, 2_500, 67), (30_000, 7_500, 200), (100_000, 25_000, 667), (300_000, 75_000, 2_000), (1_000_000, 250_000, 6_667),
    (100_000, 2_500, 667), (100_000, 100_000, 667), (100_000, 25_000, 100), (100_000, 25_000, 4_000),
]  # fmt: skip
MEDIAN_NODES, SPREAD, SMALLEST, GREATEST = 60_000, 0.9, 5_000, 1_000_000
RESIDENTS_PER_NODE, FACILITIES_PER_NODE = 1 / 4, 1 / 150
Row = dict[str, Any]


def one(area: Path, out: Path) -> Row:
    """Run one generated county in this process, after a tiny one that loads libraries and compiled code."""
    import circles
    from circles import testing
    from circles.batch import memory

    warm = out.parent / "warm"
    warm.mkdir()
    small = testing.write_county(warm, name="热身", side=4, seed=1, residents=20, facilities=4)
    circles.analyse(circles.load_area(small)).save(out.parent / "warm-out")
    seconds: dict[str, float] = {}
    now, last = [sum(os.times()[:4])], [""]

    def report(stage: str) -> None:
        end = sum(os.times()[:4])
        if last[0]:
            seconds[last[0]] = round(seconds.get(last[0], 0.0) + end - now[0], 3)
        now[0], last[0] = end, stage

    memory.forget_peak()
    start = time.perf_counter()
    result = circles.analyse(circles.load_area(area), progress=report)
    result.save(out, progress=report)
    report("")
    wall, counts = time.perf_counter() - start, result.run["counts"]
    return {
        **{name: counts[name] for name in ("nodes", "residents", "facilities")},
        "cpu_s": round(sum(seconds.values()), 3), "wall_s": round(wall, 3), "peak_mb": round(memory.peak_mb(), 1),
        "stages": seconds,
    }  # fmt: skip


def measure(case: tuple[int, int, int]) -> Row:
    """Generate a county of two islands and run it in a process of its own on one core."""
    from circles import testing

    nodes, residents, facilities = case
    with tempfile.TemporaryDirectory(prefix="circles-scale-") as name:
        folder = Path(name) / "in"
        folder.mkdir()
        side = round((nodes / 2) ** 0.5) - 1
        area = testing.write_county(folder, name="县", side=side, seed=2, residents=residents, facilities=facilities)
        command = [sys.executable, __file__, "--one", str(area), str(Path(name) / "out")]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        if shown.returncode:
            raise SystemExit(shown.stderr)
        return {"case": list(case), **json.loads(shown.stdout.splitlines()[-1])}


def fit(rows: list[Row], value: str) -> np.ndarray:
    """Return a + b·nodes + c·residents + d·facilities, all ≥ 0, that errs least in relative terms."""
    from scipy.optimize import nnls

    y = np.array([row[value] for row in rows])
    x = np.array([[1.0, row["nodes"], row["residents"], row["facilities"]] for row in rows])
    return nnls(x / y[:, None], np.ones(len(y)))[0]


def simulate(
    seconds: list[float], workers: int, *, is_largest_first: bool = True, loss_per_hour: float = 0.0, seed: int = 0
) -> float:
    """Return the seconds until all regions are done: a free worker takes the next; a lost one loses its region's work."""
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


def median_rows(rows: list[Row]) -> list[Row]:
    """Return one row per case: the middle of its rounds."""
    cases = list(dict.fromkeys(tuple(row["case"]) for row in rows))
    of = {case: [row for row in rows if tuple(row["case"]) == case] for case in cases}
    return [
        {**mine[0], **{key: float(np.median([r[key] for r in mine])) for key in ("cpu_s", "wall_s", "peak_mb")}}
        for mine in of.values()
    ]


def fit_model(rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Print what was measured beside the model fitted to it; return the models of seconds and of MB."""
    rounds = len(rows)
    rows = median_rows(rows)
    model, memory = fit(rows, "cpu_s"), fit(rows, "peak_mb")
    print(f"\n{rounds} runs; the middle of each case's rounds")
    print("\n| nodes | residents | facilities | CPU s | model | clock s | peak MB | model |\n|" + "---:|" * 8)
    wrong: dict[str, list[float]] = {"cpu_s": [], "peak_mb": []}
    for row in rows:
        x = np.array([1.0, row["nodes"], row["residents"], row["facilities"]])
        wrong["cpu_s"].append(abs(x @ model / row["cpu_s"] - 1))
        wrong["peak_mb"].append(abs(x @ memory / row["peak_mb"] - 1))
        print(f"| {row['nodes']:,} | {row['residents']:,} | {row['facilities']:,} | {row['cpu_s']:.1f} | {x @ model:.1f} "
              f"| {row['wall_s']:.1f} | {row['peak_mb']:,.0f} | {x @ memory:,.0f} |")  # fmt: skip
    for name, unit, found in (("cpu_s", "s", model), ("peak_mb", "MB", memory)):
        per = [found[1] * 1e5, found[2] * 1e5, found[3] * 1e3]
        print(f"\n{name} = {found[0]:.1f} {unit} + {per[0]:.2f} per 100,000 nodes + {per[1]:.2f} per 100,000 residents "
              f"+ {per[2]:.2f} per 1,000 facilities; it errs by {max(wrong[name]):.0%} at most")  # fmt: skip
    stages = sorted({name for row in rows for name in row["stages"]})
    print("\n| nodes | " + " | ".join(stages) + " |\n|" + "---:|" * (len(stages) + 1))
    for row in rows[: len(CASES)]:
        shown = " | ".join(f"{row['stages'].get(name, 0):.1f}" for name in stages)
        print(f"| {row['nodes']:,} | {shown} |")
    return model, memory


def predict(rows: list[Row], slowdown: float) -> None:
    """Print the model and what it says of many counties."""
    model, memory = fit_model(rows)
    random = np.random.default_rng(0)
    print(f"\nA region on a busy machine takes {slowdown:.2f} times as long. {PRICE_CORE_HOUR:.3f} yuan per core and hour "
          f"({GB_PER_CORE} GB). Counties: median {MEDIAN_NODES:,} nodes, lognormal σ {SPREAD}, {SMALLEST:,} to {GREATEST:,}.")  # fmt: skip
    print("\n| | counties | core hours | largest | machines × 8 | hours | any order | worker lost every 5 h | yuan |")
    print("|---|---:|---:|---|---:|---:|---:|---:|---:|")
    for name, count in (("Zhejiang", 90), ("nation", 2800)):
        nodes = np.clip(random.lognormal(np.log(MEDIAN_NODES), SPREAD, count), SMALLEST, GREATEST)
        x = np.column_stack([np.ones(count), nodes, nodes * RESIDENTS_PER_NODE, nodes * FACILITIES_PER_NODE])
        seconds, peak = x @ model * slowdown, x @ memory / 1024
        most = np.sort(peak)[::-1][:CORES].sum()
        for machines in (1, 10, 100):
            workers = machines * CORES
            calm = simulate(seconds.tolist(), workers)
            shuffled = simulate(random.permutation(seconds).tolist(), workers, is_largest_first=False)
            lossy = simulate(seconds.tolist(), workers, loss_per_hour=0.2)
            paid = workers * calm / 3600 * PRICE_CORE_HOUR
            print(f"| {name} | {count:,} | {seconds.sum() / 3600:.1f} | {seconds.max() / 60:.1f} min, {peak.max():.1f} GB "
                  f"| {machines} | {calm / 3600:.2f} | {shuffled / 3600:.2f} | {lossy / 3600:.2f} | {paid:.2f} |")  # fmt: skip
        print(f"\n{name}: the {CORES} largest at once need {most:.0f} GB; a machine has {CORES * GB_PER_CORE} GB.\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--predict", action="store_true")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--largest", type=int, default=1_000_000, help="leave out counties of more nodes")
    parser.add_argument("--out", type=Path, default=Path("scale.json"))
    parser.add_argument("--batch", type=Path, help="what batch.py wrote")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    rows: list[Row] = json.loads(given.out.read_text(encoding="utf-8")) if given.out.is_file() else []
    if not given.predict:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        cases = [case for case in CASES if case[0] <= given.largest]
        for number in range(given.rounds):
            for case in cases:
                if sum(row["case"] == list(case) for row in rows) > number:
                    continue
                rows.append(measure(case))
                print({key: rows[-1][key] for key in ("case", "cpu_s", "wall_s", "peak_mb")}, flush=True)
                given.out.write_text(json.dumps(rows), encoding="utf-8")
    slowdown = json.loads(given.batch.read_text(encoding="utf-8"))["slowdown"] if given.batch else 1.0
    predict(rows, slowdown)


if __name__ == "__main__":
    main()
