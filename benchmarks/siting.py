"""How long the siting models take: ``python benchmarks/siting.py [orlib-folder] [--large]``.

Prints one line per problem: model, size, objective, status, seconds of processor and of the clock. Without a folder of OR-Library files, instances made
the way Beasley (1985) made his are used: a path of n vertices plus random edges, n²/50 in all, costs 1 to 100, the
candidates and demands being all vertices, cost the shortest path.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from circles import siting

MADE = [(100, 5), (100, 33), (200, 5), (200, 20), (300, 5), (300, 60), (400, 10), (400, 80)]
LARGE = [(500, 5), (600, 60), (700, 10), (800, 80), (900, 5), (900, 10), (900, 90)]


def beasley(n, p, seed):
    random = np.random.default_rng(seed)
    edges = {(i, i + 1): int(random.integers(1, 101)) for i in range(n - 1)}
    while len(edges) < n * n // 50:
        i, j = sorted(int(v) for v in random.integers(0, n, 2))
        if i != j:
            edges[i, j] = int(random.integers(1, 101))
    return shortest(n, edges), p


def orlib(path):
    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=int)
    n, m, p = (int(v) for v in numbers[:3])
    rows = numbers[3 : 3 + 3 * m].reshape(-1, 3)
    return shortest(n, {(min(i, j) - 1, max(i, j) - 1): c for i, j, c in rows.tolist()}), p  # the last cost counts


def shortest(n, edges):
    ends, costs = np.array(list(edges)), np.array(list(edges.values()), dtype=float)
    return dijkstra(sparse.csr_array((costs, (ends[:, 0], ends[:, 1])), shape=(n, n)), directed=False)


def county(n_demand, n_sites, share, seed, *, clustered):
    random = np.random.default_rng(seed)
    if clustered:
        centres = random.random((20, 2))
        demand = centres[random.integers(0, 20, n_demand)] + random.normal(0, 0.08, (n_demand, 2))
        sites = centres[random.integers(0, 20, n_sites)] + random.normal(0, 0.08, (n_sites, 2))
    else:
        demand, sites = random.random((n_demand, 2)), random.random((n_sites, 2))
    cost = np.linalg.norm(demand[:, None] - sites[None], axis=2)
    return cost, float(np.quantile(cost, share)), random.integers(1, 100, n_demand).astype(float)


def show(label, solve):
    started = time.process_time()
    answer = solve()
    cpu = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    line = f"{answer.model:22} {label:28} {answer.objective:12g} {answer.status:11} gap {answer.gap:.2%}"
    print(f"{line} {cpu:7.2f} s CPU {answer.seconds:7.2f} s wall  peak {peak} MB", flush=True)


def main():
    folders = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    started, started_cpu = time.perf_counter(), time.process_time()
    if folders:
        files = sorted(folders[0].glob("pmed*.txt"), key=lambda path: (len(path.name), path.name))
        problems = [(path.stem, *orlib(path)) for path in files]
    else:
        sizes = MADE + (LARGE if "--large" in sys.argv else [])
        problems = [(f"made n={n} p={p}", *beasley(n, p, n + p)) for n, p in sizes]
    for label, cost, p in problems:
        show(label, lambda: siting.p_median(cost, p))
        show(label, lambda: siting.p_center(cost, p))
    print(f"together {time.process_time() - started_cpu:.1f} s CPU, {time.perf_counter() - started:.1f} s wall")
    for clustered in (False, True):
        for seed in (0, 1):
            cost, limit, weights = county(5000, 2000, 0.05, seed, clustered=clustered)
            label = f"5000 x 2000 {'clustered' if clustered else 'even'} {seed}"
            show(label, lambda: siting.max_cover(cost, 10, limit, weights))
    cost, limit, weights = county(1000, 200, 0.05, 0, clustered=True)
    capacity = np.random.default_rng(0).integers(500, 4000, 200)
    patience = siting.Options(time_limit_s=60)
    show("1000 x 200", lambda: siting.capacitated_max_cover(cost, 8, limit, capacity, weights, options=patience))
    show("1000 x 200", lambda: siting.cover_all(cost, 3 * limit, options=patience))


if __name__ == "__main__":
    main()
