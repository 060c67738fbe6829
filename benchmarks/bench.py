"""All measurements of the engine, W1 to W6 and whole runs, in one command: ``make bench`` (about a quarter of an hour).

    python benchmarks/bench.py [--osm ../shared/osm/malta.osm.pbf] [--all] [--before ../older]

Prints Markdown: a table per work, then the aims and what was measured. ``--all`` also asks every peer on the generated
network of a million nodes, and measures Malta with a node at every vertex: half an hour more. What each benchmark does
is said at its head: engine.py (W1–W3), service_areas.py (W4), snapping.py (W5), load.py (W6), whole.py (compilation and
whole runs), choice.py (three nearest against one), installed.py (what an installation holds). ``--before`` names a checkout of
older code: whole commands of both in turns, see rows.py (a quarter of an hour more, with counties of 300,000 nodes).
"""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import engine  # noqa: E402
import engine_peers  # noqa: E402
import measure  # noqa: E402
import whole  # noqa: E402

FEW = ["circles", "circles ×2", "C", "scipy"]
OTHERS = [name for name in engine_peers.PEERS if not name.startswith("circles") and name != "C"]


def script(name: str, *arguments: Path | str) -> str:
    """Run one of the other benchmarks, print what it prints, and return it."""
    run = subprocess.run(
        [sys.executable, str(HERE / name), *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False
    )
    print(run.stdout, flush=True)
    return run.stdout


def cells(table: str, row: str) -> list[float]:
    """Return the numbers of a row of a printed table, NaN for what is none."""
    line = next((line for line in table.splitlines() if line.startswith(f"| {row} |")), "")
    found = [re.sub(r"[^\d.]", "", cell) for cell in line.split("|")[2:-1]]
    return [float(cell) if cell else float("nan") for cell in found] or [float("nan")] * 8


def aims(figures: dict) -> list[tuple[str, str, float, bool]]:
    """Return the aims of W1 to W3 on Malta: what, aim, measured ratio, whether met."""

    def ms(peer: str, work: str) -> float:
        found = figures.get((peer, work))
        return found[0] if found else float("nan")

    def times(peer: str, work: str) -> float:
        return ms(peer, work) / ms("circles", work)

    works = [work for work in engine.WORKS if "∞" not in work]
    rows = [(f"{w}: scipy", 2.0, times("scipy", w)) for w in ("W1 K=10", "W1 K=100")]
    best = min(times(peer, "W1 K=1000") for peer in OTHERS if figures.get((peer, "W1 K=1000")))
    rows += [("W1 K=1000: the best peer", 2.5, best)]
    rows += [(f"{w}: scipy", 5.0, times("scipy", w)) for w in ("W2 K=100", "W3 2000²")]
    for peer, least in (("pandana", 10.0), ("networkx", 20.0)):
        found = [times(peer, w) for w in works if figures.get((peer, w))]
        rows += [(f"all: {peer}", least, min(found, default=float("nan")))]
    rows += [("W3 on two threads", 1.6, ms("circles", "W3 2000²") / ms("circles ×2", "W3 2000²"))]
    out = [(what, f"≥ {least:g}×", ratio, ratio >= least) for what, least, ratio in rows]
    mb = figures["circles", "W3 2000²"][1]
    out.append(("W3: peak MB", "≤ 250", mb, mb <= 250))
    for w in works:
        most = 3.0 if w.startswith("W1") else 2.0
        ratio = 1 / times("C", w)
        out.append((f"{w}: C, the limit", f"≤ {most:g}×", ratio, ratio <= most))
    return out


def scale(osm: Path, peers: list[str]) -> list[tuple[str, str, float, bool]]:
    """Measure on generated networks and return how the cost of a reached node grows from the least to the largest."""
    per_node: dict[str, dict[str, float]] = {}
    for size in ("1e5", "1e6", "1e7"):
        args = argparse.Namespace(osm=osm, peers=peers if size == "1e6" else FEW, works=engine.WORKS[2:], verbose=False)
        figures, met = engine.table(f"generated-{size}", args)
        for work in args.works:
            ours = figures.get(("circles", work))
            if ours and met.get(work):
                per_node.setdefault(work, {})[size] = ours[0] * 1e6 / met[work]
    print("\n**Nanoseconds per node reached**\n\n| | 1e5 | 1e6 | 1e7 | grows |\n|---|---:|---:|---:|---:|")
    out = []
    for work, row in per_node.items():
        grows = row.get("1e7", float("nan")) / row["1e5"]
        print(
            f"| {work} | "
            + " | ".join(f"{row.get(s, float('nan')):.0f}" for s in ("1e5", "1e6", "1e7"))
            + f" | {grows:.2f}× |"
        )
        if work != "W1 K=1000":  # there half of the time goes into an answer for every node, reached or not
            out.append((f"{work}: a reached node, 1e5 → 1e7 nodes", "≤ 2×", grows, grows <= 2.0))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--osm", type=Path, default=measure.MALTA)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--before", type=Path, help="a checkout of older code, to compare whole commands with")
    args = parser.parse_args()
    if not args.osm.is_file():
        sys.exit(f"no {args.osm}: give Malta's extract with --osm")
    print(f"{platform.machine()}, Python {platform.python_version()}; figures are explained in docs/engine.md")
    asked = argparse.Namespace(osm=args.osm, peers=list(engine_peers.PEERS), works=engine.WORKS, verbose=False)
    figures, _ = engine.table("malta", asked)
    rows = aims(figures)
    if args.all:
        engine.table("malta-vertices", argparse.Namespace(**vars(asked) | {"peers": FEW}))
    w4 = cells(script("service_areas.py", args.osm), "circles")
    rows += [("W4: ms per area", "≤ 10", w4[0], w4[0] <= 10), ("W4: off the union, %", "≤ 3", w4[2], w4[2] <= 3)]
    w5 = cells(script("snapping.py", args.osm), "circles")
    rows += [("W5: s for 100,000 residents", "≤ 1", w5[0], w5[0] <= 1)]
    text = script("load.py", args.osm)
    w6, pyrosm, osmnx = (cells(text, name) for name in ("circles", "pyrosm", "osmnx"))
    rows += [
        ("W6: s from extract to network", "≤ 1.5", w6[0], w6[0] <= 1.5),
        ("W6: pyrosm → igraph", "≥ 2×", pyrosm[1], pyrosm[1] >= 2),
        ("W6: OSMnx", "≥ 6×", osmnx[1], osmnx[1] >= 6),
    ]
    waited = script("whole.py", args.osm)
    for what, aim_s in whole.AIMS_S.items():
        wall_s = cells(waited, what)[0]
        rows.append((f"{what}, s", f"≤ {aim_s:g}", wall_s, wall_s <= aim_s))
    rows += scale(args.osm, asked.peers if args.all else FEW)
    print("\n**Aims**\n\n| | aim | measured | |\n|---|---:|---:|---|")
    for what, aim, value, is_met in rows:
        print(f"| {what} | {aim} | {value:.3g} | {'met' if is_met else 'missed'} |")
    print("\n**Three nearest places**\n")
    script("choice.py", args.osm)
    print("\n**What is installed**\n")
    script("installed.py")
    if args.before:
        script("rows.py", "--before", args.before, "--osm", args.osm)


if __name__ == "__main__":
    main()
