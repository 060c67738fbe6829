"""What the ledger's checks cost: opening and appending against an earlier commit, on SQLite and on PostgreSQL, in turns.

    python benchmarks/plan_ledger.py --base 94e09d2 --postgres postgresql+psycopg://plan@127.0.0.1:5499/postgres

The earlier commit is unpacked into a temporary folder. Each turn runs both versions one after the other, each in a process of
its own on a ledger of its own with 1,400 rows; what is reported is the median over the turns of each turn's median.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CHILD = """
import datetime as dt, json, statistics, sys, time
from decimal import Decimal
from circles.plan.chain import Draft
from circles.plan.ledger import open_ledger
where, turn = sys.argv[1], int(sys.argv[2])
def draft(name, month):
    return Draft(subject=name, period=f"2024-{month:02d}", reported_on=dt.date(2024, month, 28), value=Decimal(month),
                 organisation="县卫健局", detail={"problem": "进度偏慢"})
def timed(do, count):
    wall, cpu = [], []
    for number in range(count):
        a, b = time.perf_counter(), time.process_time()
        do(number)
        wall.append(time.perf_counter() - a); cpu.append(time.process_time() - b)
    return [1e3 * statistics.median(wall), 1e3 * statistics.median(cpu)]
book = open_ledger(where)
if not book.head().seq:
    for month in range(1, 11):
        book.append([draft(f"s{n}", month) for n in range(140)])
found = {"append": timed(lambda n: book.append([draft(f"a{turn}.{n}", 11)]), 30),
         "batch": timed(lambda n: book.append([draft(f"b{turn}.{n}.{k}", 12) for k in range(40)]), 5)}
book.close()
open_ledger(where).close()
found["open"] = timed(lambda n: open_ledger(where).close(), 20)
print("RESULT" + json.dumps(found))
"""


def unpacked(commit: str, folder: Path) -> Path:
    """Unpack a commit of this repository."""
    data = subprocess.run(["git", "archive", commit], cwd=HERE, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def once(code: Path, where: str, turn: int) -> dict:
    """Measure one version in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, where, str(turn)], env=os.environ | {"PYTHONPATH": str(code)}, cwd=code, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(next(line for line in run.stdout.splitlines() if line.startswith("RESULT"))[6:])


def places(folder: Path, url: str | None) -> dict[str, dict[str, str]]:
    """Return a fresh place for a ledger per database and version."""
    found = {"SQLite": {name: str(folder / f"{name}.sqlite") for name in ("base", "now")}}
    if url:
        import sqlalchemy as sa

        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in ("base", "now"):
                connection.execute(sa.text(f"DROP SCHEMA IF EXISTS bench_{name} CASCADE"))
                connection.execute(sa.text(f"CREATE SCHEMA bench_{name}"))
        engine.dispose()
        found["PostgreSQL"] = {name: f"{url}?options=-csearch_path%3Dbench_{name}" for name in ("base", "now")}
    return found


def main() -> None:
    """Measure and print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", default="94e09d2")
    options.add_argument(
        "--postgres", default=None, help="a database of its own; schemas bench_base, bench_now are made anew"
    )
    options.add_argument("--turns", type=int, default=9)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        code = {"base": unpacked(given.base, folder / "code"), "now": HERE}
        print("| database | what | base, ms (CPU) | now, ms (CPU) | difference |\n|---|---|--:|--:|--:|")
        for database, where in places(folder, given.postgres).items():
            seen: dict = {}
            for turn in range(given.turns):
                for name in ("base", "now") if turn % 2 else ("now", "base"):
                    for what, pair in once(code[name], where[name], turn).items():
                        seen.setdefault(what, {}).setdefault(name, []).append(pair)
            for what, both in seen.items():
                mid = {
                    name: [statistics.median(column) for column in zip(*pairs, strict=True)]
                    for name, pairs in both.items()
                }
                ratios = [now[0] / base[0] for now, base in zip(both["now"], both["base"], strict=True)]
                gained = mid["now"][0] - mid["base"][0]
                shown = [f"{mid[name][0]:.1f} ({mid[name][1]:.1f})" for name in ("base", "now")]
                print(
                    f"| {database} | {what} | {shown[0]} | {shown[1]} | {gained:+.1f} ms, × {statistics.median(ratios):.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
