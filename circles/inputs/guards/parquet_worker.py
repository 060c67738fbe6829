"""Unfolds a Parquet file in a process of its own: ``python parquet_worker.py`` with one order as JSON on standard input.

A Parquet file may say little of what it unfolds to: pages that shrink a thousandfold, one long text named a million
times. Here that ends only this child, which may use so much memory and no more.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def unfolded(order: dict[str, Any]) -> dict[str, Any]:
    """Read ``file`` piece by piece; return its bytes in memory, or ``swollen`` where they exceed ``limit_bytes``."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - the module can be imported where Arrow is missing

    _limit(int(order["memory_bytes"]))
    total = 0
    with pq.ParquetFile(order["file"]) as file:
        for batch in file.iter_batches(batch_size=4096, use_threads=False):
            total += batch.nbytes
            if total > order["limit_bytes"]:
                return {"swollen": total}
    return {"bytes": total}


def _limit(memory_bytes: int) -> None:
    """Let this process take so much memory more, where the system can say so."""
    try:
        import resource  # noqa: PLC0415 - not on every system

        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a child that imports little
            used = int(file.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))


def main() -> None:
    """Carry out one order and print its result, or ``{"error": …}``; leave without taking anything apart."""
    order = json.load(sys.stdin)
    try:
        result = unfolded(order)
    except MemoryError:
        result = {"swollen": int(order["memory_bytes"])}
    except Exception as e:  # noqa: BLE001 - whatever Arrow raises is told to the parent
        result = {"error": " ".join(str(e).split())[:200] or type(e).__name__}
    sys.stdout.buffer.write(json.dumps(result).encode())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
