"""Measure the reach engine against everything it can be compared with: ``python benchmarks/engine.py``.

W1  seconds to the nearest of K facilities, for all nodes, within 15 minutes (K = 10, 100, 1000)
W2  everything that each of 100 facilities reaches within 15 minutes
W3  seconds between 2000 and 2000 places within 15 minutes

Every peer lives in a process of its own and must agree with the engine before its time is shown. The peers take turns,
so that other work on the machine meets them all alike: 5 rounds (one, for a peer that takes more than 10 s), in each of
which a peer repeats its work for 20 ms, and three times if that takes less than a second. A figure is the median over the rounds in milliseconds of processor time;
``circles ×2`` is wall time on two threads. The number behind it is the peak memory of the whole process in MB.
A second table is cold: one call each after 128 MB of other memory went through the caches, median of the rounds.
``—``: not installed, no such question, a wrong answer, more than 60 s or more than 8 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

LIMIT_S = 900.0
ROUNDS = 5
MOST_S, MOST_BYTES = 60.0, 8 << 30
COLD_BYTES, COLD_MOST_S = 128 << 20, 5.0
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


def questions_sources(n_nodes: int) -> dict:
    """Return the nodes that are asked about."""
    import numpy as np

    rng = np.random.default_rng(7)
    sets = {k: np.sort(rng.choice(n_nodes, k, replace=False)) for k in (10, 100, 1000)}
    return sets | {name: np.sort(rng.choice(n_nodes, 2000, replace=False)) for name in ("origins", "goals")}


def questions(n_nodes: int):
    """Return each work's call and its comparable answer."""
    sets = questions_sources(n_nodes)
    origins, goals = sets["origins"], sets["goals"]
    asked = {f"W1 K={k}": (lambda peer, k=k: peer.nearest(sets[k], LIMIT_S), lambda _, a: a) for k in (10, 100, 1000)}
    asked["W1 K=1000 ∞"] = (lambda peer: peer.nearest(sets[1000], 1e9), lambda _, a: a)
    asked["W2 K=100"] = (lambda peer: peer.reach(sets[100], LIMIT_S), lambda peer, a: peer.reach_sums(a))
    asked["W3 2000²"] = (lambda peer: peer.matrix(origins, goals, LIMIT_S), lambda peer, a: peer.matrix_sums(a))
    return asked


def met(peer, work: str, n_nodes: int) -> int | None:
    """Return how many nodes the engine's searches of a work reach, all sources together; None for other peers."""
    import engine_peers
    import numpy as np

    if type(peer) is not engine_peers.Circles:
        return None
    sets = questions_sources(n_nodes)
    if work.startswith("W1"):
        k = int(work.split("=")[1].split(" ", maxsplit=1)[0])
        return int(np.isfinite(peer.nearest(sets[k], 1e9 if "∞" in work else LIMIT_S)).sum())
    return int(peer.reach(sets[100] if work.startswith("W2") else sets["origins"], LIMIT_S)[1].size)


def serve(peer_name: str, network: str, osm: Path, folder: Path) -> None:
    """Be one peer: read the name of a work, do it, answer with one JSON line; again."""
    import resource

    import engine_peers
    import numpy as np

    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES + (4 << 30),) * 2)
    signal.alarm(int(3 * MOST_S))  # the default action ends this process, whatever it is computing
    streets = streets_of(network, osm)
    peer = engine_peers.PEERS[peer_name](streets)
    signal.alarm(0)
    asked = questions(streets.n_nodes)
    clock = time.perf_counter if peer_name.endswith("×2") else time.process_time
    other = np.zeros(COLD_BYTES // 8)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        work = line.strip()
        ask, comparable = asked[work]
        saved = folder / f"{peer_name}-{WORKS.index(work)}.npy"
        Path("/proc/self/clear_refs").write_text("5")
        signal.alarm(int(1.5 * MOST_S))
        seconds = []
        while sum(seconds) < 0.02 or (len(seconds) < 3 and sum(seconds) < 1.0):
            start = clock()
            answer = ask(peer)
            seconds.append(clock() - start)
        cold = []
        while sum(seconds) < COLD_MOST_S and len(cold) < 3:
            other += 1  # a pass over more memory than the caches hold
            start = clock()
            ask(peer)
            cold.append(clock() - start)
        signal.alarm(0)
        peak = peak_mb()
        if not saved.exists():
            np.save(saved, comparable(peer, answer))
        del answer
        said = {"s": median(seconds), "cold_s": median(cold) if cold else None, "mb": peak}
        print(json.dumps({**said, "met": met(peer, work, streets.n_nodes)}), flush=True)


class Peer:
    """A peer's process, and what it answered."""

    def __init__(self, name: str, network: str, args, folder: Path) -> None:
        command = [
            sys.executable,
            __file__,
            "--serve",
            name,
            "--network",
            network,
            "--osm",
            str(args.osm),
            "--folder",
            str(folder),
        ]
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        err = None if args.verbose else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True, env=os.environ | one
        )
        self.alive = True
        self.met: dict[str, int] = {}
        self.seconds: dict[str, list[float]] = {}
        self.cold_s: dict[str, list[float]] = {}
        self.mb: dict[str, float] = {}

    def _line(self) -> str:
        """Return the next JSON line; libraries may print others."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return line
        return ""

    def wait(self) -> None:
        """Wait until the peer has prepared itself."""
        self.alive = bool(self._line())

    def ask(self, work: str) -> None:
        seconds = self.seconds.setdefault(work, [])
        if not self.alive or (seconds and max(seconds) > 10):
            return
        try:
            self.process.stdin.write(work + "\n")
            self.process.stdin.flush()
            line = self._line()
        except BrokenPipeError:
            line = ""
        if not line:
            self.alive = False
            return
        row = json.loads(line)
        seconds.append(row["s"])
        self.cold_s.setdefault(work, []).extend([row["cold_s"]] if row["cold_s"] is not None else [])
        self.met[work] = row["met"]
        self.mb[work] = max(row["mb"], self.mb.get(work, 0.0))

    def figure(self, work: str) -> tuple[float, float] | None:
        """Return milliseconds and megabytes, if within the bounds."""
        seconds = self.seconds.get(work)
        if not seconds or median(seconds) > MOST_S or self.mb[work] * 2**20 > MOST_BYTES:
            return None
        return median(seconds) * 1e3, self.mb[work]


def agrees(peer: str, work: str, folder: Path) -> bool:
    import numpy as np

    ours, theirs = (np.load(folder / f"{name}-{WORKS.index(work)}.npy") for name in ("circles", peer))
    if theirs.ndim == 0:
        ours = ours.sum()
    # pandana keeps thousandths of a second, so a node at the limit may fall on either side of it
    rough = peer in ("pandana", "pandarm")
    close = np.isclose(ours, theirs, rtol=0.02 if rough else 1e-9, atol=0.01 if rough else 1e-6)
    return bool(close.mean() > 0.99) if rough else bool(close.all())


def table(network: str, args) -> tuple[dict, dict]:
    """Measure all peers on one network and print the table and the ratios to this engine.

    Returns the figures (ms, MB) by peer and work, and the nodes that the engine met by work.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peers = {peer: Peer(peer, network, args, folder) for peer in args.peers}
        for peer in peers.values():
            peer.wait()
        for work in args.works:
            for _ in range(ROUNDS):
                for peer in peers.values():
                    peer.ask(work)
        for peer in peers.values():
            peer.process.stdin.close()
            peer.process.wait()
        figures = {
            (peer, work): peers[peer].figure(work)
            if peers[peer].seconds.get(work) and agrees(peer, work, folder)
            else None
            for peer in peers
            for work in args.works
        }
    streets = streets_of(network, args.osm)
    print(
        f"\n**{network}**, {streets.n_nodes:,} nodes, {streets.tail.size:,} streets; ms (MB), and times this engine's\n"
    )
    print("| | " + " | ".join(args.works) + " |\n|---|" + "---:|" * len(args.works))
    for peer in peers:
        cells = []
        for work in args.works:
            row, ours = figures[peer, work], figures.get(("circles", work))
            times = "" if peer == "circles" or not (row and ours) else f" {row[0] / ours[0]:.3g}×"
            cells.append(
                f"{row[0]:.3g} ({row[1]:.0f}){times}"
                if row and row[0] < 100
                else f"{row[0]:,.0f} ({row[1]:.0f}){times}"
                if row
                else "—"
            )
        print(f"| {peer} | " + " | ".join(cells) + " |", flush=True)
    print_cold(peers, figures, args.works)
    return figures, peers["circles"].met if "circles" in peers else {}


def print_cold(peers: dict[str, Peer], figures: dict, works: list[str]) -> None:
    """Print what one call takes whose arrays are not in the caches, of the peers whose answers agree."""
    print("\ncold, ms, and times this engine's\n\n| | " + " | ".join(works) + " |\n|---|" + "---:|" * len(works))
    for name, peer in peers.items():
        cells = []
        for work in works:
            own, ours = (
                median(found) * 1e3 if (found := one.cold_s.get(work)) else 0.0 for one in (peer, peers["circles"])
            )
            times = "" if name == "circles" or not ours else f" {own / ours:.3g}×"
            cells.append(f"{own:.3g}{times}" if own and figures[name, work] else "—")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


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
    parser.add_argument("--verbose", action="store_true")
    for hidden in ("--serve", "--network"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve, args.network, args.osm, args.folder)
        return
    networks = args.networks if args.osm.is_file() else []
    if args.networks and not networks:
        print(f"no {args.osm}: give Malta's extract with --osm", file=sys.stderr)
    for network in [*networks, *(["generated-1e5", "generated-1e6", "generated-1e7"] if args.large else [])]:
        table(network, args)


if __name__ == "__main__":
    main()
