"""The three nearest places against the one nearest, at residents along the streets: ``python benchmarks/choice.py``.

Both questions are asked in turns of the same network, so that other work on the machine meets them alike. A figure is the
median of the rounds' processor times; the aim is a ratio of at most 3.5 within an hour's walk.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

HORIZON_S = 3600.0


def main() -> None:
    from engine import streets_of

    from circles.network import Network, Positions
    from circles.network.engine import warm_up

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("osm", nargs="?", type=Path, default=Path("../shared/osm/malta.osm.pbf"))
    asked.add_argument("--network", default="generated-90000", help="generated-N, or osm")
    asked.add_argument("--sites", type=int, nargs="+", default=[20, 100, 400])
    asked.add_argument("--repeat", type=int, default=9)
    options = asked.parse_args()
    warm_up()
    s = streets_of(options.network, options.osm)
    net = Network.from_arrays(s.tail, s.head, s.seconds, s.seconds, s.n_nodes, xy=s.xy)
    random = np.random.default_rng(3)
    people = _positions(Positions, random.integers(0, len(s.tail), s.n_nodes // 2), random)
    print("| places | nearest ms | three nearest ms | ratio |\n|---|---|---|---|")
    for count in options.sites:
        places = _positions(Positions, random.integers(0, len(s.tail), count), random)
        times: dict[str, list[float]] = {"one": [], "three": []}
        for _ in range(options.repeat + 1):
            for name, ask in (("one", net.nearest_at), ("three", net.ranked_at)):
                start = time.process_time()
                ask(places, people, limit_s=HORIZON_S)
                times[name].append((time.process_time() - start) * 1e3)
        one, three = (median(times[name][1:]) for name in ("one", "three"))
        print(f"| {count} | {one:.1f} | {three:.1f} | {three / one:.2f} |")


def _positions(kind, edges, random):
    return kind(edges, random.random(len(edges)), np.zeros(len(edges)))


if __name__ == "__main__":
    main()
