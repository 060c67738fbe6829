"""What the benchmarks share: a contestant's own process, its peak memory, its answer as one line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MALTA = HERE.parents[1] / "shared" / "osm" / "malta.osm.pbf"
MOST_S = 60.0


def peak_mb() -> float:
    """This process's own peak memory (ru_maxrss would include the parent's before the child's program began)."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def report(answer: dict) -> None:
    """Print what was measured, for `alone`."""
    print("RESULT" + json.dumps(answer), flush=True)


def alone(script: str, arguments: list[str], *, most_s: float = 6 * MOST_S) -> dict | None:
    """Run one contestant in a process of its own, on one thread; None where it fails or takes too long."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        run = subprocess.run(
            [sys.executable, script, *arguments], capture_output=True, text=True, check=False, timeout=most_s,
            env=os.environ | one,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    line = next((line for line in run.stdout.splitlines() if line.startswith("RESULT")), None)
    if line is None:
        print(f"{arguments}: {run.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(line.removeprefix("RESULT"))
