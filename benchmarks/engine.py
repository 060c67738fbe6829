"""Measure the reach engine against everything it can be compared with: ``python benchmarks/engine.py``.

W1  seconds to the nearest of K facilities, for all nodes, within 15 minutes (K = 10, 100, 1000)
W2  everything that each of 100 facilities reaches within 15 minutes
W3  seconds between 2000 and 2000 places within 15 minutes

Every peer runs in a process of its own and must agree with the engine before its time is shown. A figure is the median
of 5 runs (of one, where a run takes more than 10 s) in milliseconds of processor time, so that other work on the
machine counts little; ``circles ×2`` is wall time on two threads. The number behind it is the peak memory of the whole
process in MB. ``—``: not installed, no such question, a wrong answer, more than 60 s or more than 8 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

LIMIT_S = 900.0
MOST_S, MOST_BYTES = 60.0, 8 << 30
WORKS = ["W1 K=10", "W1 K=100", "W1 K=1000", "W1 K=1000 ∞", "W2 K=100", "W3 2000²"]


def streets_of(name: str, osm: Path, seed: int = 1):
    import street_data

    if name.startswith("generated"):
        return street_data.generated(int(float(name.split("-")[1])), seed)
    return street_data.from_osm(osm, every_vertex=name.endswith("vertices"))


def peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def questions(n_nodes: int):
    """Return each work's call and its comparable answer."""
    import numpy as np

    rng = np.random.default_rng(7)
    sets = {k: np.sort(rng.choice(n_nodes, k, replace=False)) for k in (10, 100, 1000)}
    origins, goals = (np.sort(rng.choice(n_nodes, 2000, replace=False)) for _ in range(2))
    asked = {f"W1 K={k}": (lambda peer, k=k: peer.nearest(sets[k], LIMIT_S), lambda _, a: a) for k in sets}
    asked["W1 K=1000 ∞"] = (lambda peer: peer.nearest(sets[1000], 1e9), lambda _, a: a)
    asked["W2 K=100"] = (lambda peer: peer.reach(sets[100], LIMIT_S), lambda peer, a: peer.reach_sums(a))
    asked["W3 2000²"] = (lambda peer: peer.matrix(origins, goals, LIMIT_S), lambda peer, a: peer.matrix_sums(a))
    return asked


def work_alone(peer_name: str, network: str, osm: Path, folder: Path, only: list[str]) -> None:
    """Run one peer in this process; print one JSON line per work."""
    import resource

    import engine_peers
    import numpy as np

    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES + (4 << 30),) * 2)
    streets = streets_of(network, osm)
    peer = engine_peers.PEERS[peer_name](streets)
    clock = time.perf_counter if peer_name.endswith("×2") else time.process_time
    for work, (ask, comparable) in questions(streets.n_nodes).items():
        if work not in only:
            continue
        Path("/proc/self/clear_refs").write_text("5")
        seconds = []
        while len(seconds) < 5 and not (seconds and max(seconds) > 10):
            start = clock()
            answer = ask(peer)
            seconds.append(clock() - start)
        peak = peak_mb()
        np.save(folder / f"{peer_name}-{WORKS.index(work)}.npy", comparable(peer, answer))
        print(json.dumps({"work": work, "ms": median(seconds) * 1e3, "mb": peak}), flush=True)
        if max(seconds) > MOST_S:
            break
        del answer


def run_peer(peer: str, network: str, args, folder: Path) -> dict[str, dict]:
    """Run one peer in a process of its own; return its figures by work."""
    command = [
        sys.executable,
        __file__,
        "--worker",
        peer,
        "--network",
        network,
        "--osm",
        str(args.osm),
        "--folder",
        str(folder),
    ]
    command += ["--works", *args.works]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        out = subprocess.run(
            command, capture_output=True, text=True, timeout=args.patience_s, env=os.environ | one, check=False
        )
        lines, err = out.stdout, out.stderr
    except subprocess.TimeoutExpired as late:
        lines, err = (late.stdout or b"").decode(), "out of time"
    found = {row["work"]: row for row in map(json.loads, filter(lambda x: x.startswith("{"), lines.splitlines()))}
    if args.verbose and len(found) < len(args.works):
        print(peer, err[-600:], file=sys.stderr)
    return {work: row for work, row in found.items() if row["ms"] < MOST_S * 1e3 and row["mb"] * 2**20 < MOST_BYTES}


def agrees(peer: str, work: str, folder: Path) -> bool:
    import numpy as np

    ours, theirs = (np.load(folder / f"{name}-{WORKS.index(work)}.npy") for name in ("circles", peer))
    if theirs.ndim == 0:
        ours = ours.sum()
    # pandana keeps thousandths of a second, so a node at the limit may fall on either side of it
    rough = peer == "pandana"
    close = np.isclose(ours, theirs, rtol=0.02 if rough else 1e-9, atol=0.01 if rough else 1e-6)
    return bool(close.mean() > 0.99) if rough else bool(close.all())


def table(network: str, args) -> None:
    """Measure all peers on one network and print the table and the ratios to this engine."""
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        for peer in args.peers:
            found = run_peer(peer, network, args, Path(name))
            rows[peer] = {work: row for work, row in found.items() if agrees(peer, work, Path(name))}
            for work in set(found) - set(rows[peer]):
                print(f"{peer}: {work} does not agree", file=sys.stderr)
    streets = streets_of(network, args.osm)
    print(f"\n{network}: {streets.n_nodes:,} nodes, {streets.tail.size:,} streets; ms (MB), × = times this engine's")
    print(f"{'':11}" + "".join(f"{work:>24}" for work in args.works))
    for peer, found in rows.items():
        cells = []
        for work in args.works:
            row, ours = found.get(work), rows["circles"].get(work)
            cells.append(f"{row['ms']:.2f} ({row['mb']:.0f}) {row['ms'] / ours['ms']:5.2f}×" if row and ours else "—")
        print(f"{peer:11}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def main() -> None:
    import engine_peers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osm", type=Path, default=HERE.parents[1] / "shared" / "osm" / "malta.osm.pbf")
    parser.add_argument("--networks", nargs="*", default=["malta", "malta-vertices"])
    parser.add_argument(
        "--large", action="store_true", help="also generated networks of 100 thousand to 10 million nodes"
    )
    parser.add_argument("--peers", nargs="*", default=list(engine_peers.PEERS))
    parser.add_argument("--works", nargs="*", default=WORKS)
    parser.add_argument("--patience-s", type=float, default=600.0)
    parser.add_argument("--verbose", action="store_true")
    for hidden in ("--worker", "--network"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work_alone(args.worker, args.network, args.osm, args.folder, args.works)
        return
    networks = args.networks if args.osm.is_file() else []
    if args.networks and not networks:
        print(f"no {args.osm}: give Malta's extract with --osm", file=sys.stderr)
    for network in [*networks, *(["generated-1e5", "generated-1e6", "generated-1e7"] if args.large else [])]:
        table(network, args)


if __name__ == "__main__":
    main()
