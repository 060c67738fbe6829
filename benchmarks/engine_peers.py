"""The engine and everything it is compared with, behind three questions.

Each peer has ``prepare`` in its constructor (not timed) and ``nearest``, ``reach``, ``matrix`` (timed), and answers with
arrays that can be compared: seconds per node (inf beyond the limit), seconds summed per source, seconds summed per row.
Nodes are the caller's. A question that a peer has no way to ask raises NotImplementedError.
"""

from __future__ import annotations

import ctypes
import importlib
import subprocess
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
CHUNK = 100


def _both_ways(streets):
    """Arcs both ways without loops, the least of parallel ones."""
    tail = np.concatenate([streets.tail, streets.head])
    head = np.concatenate([streets.head, streets.tail])
    seconds = np.concatenate([streets.seconds, streets.seconds])
    order = np.lexsort((seconds, head, tail))
    tail, head, seconds = tail[order], head[order], seconds[order]
    keep = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0)) & (tail != head)
    return tail[keep], head[keep], seconds[keep]


class Circles:
    """This engine, one thread."""

    threads = 1

    def __init__(self, streets):
        from circles.network import Network
        from circles.network.engine import warm_up

        warm_up()
        s = streets
        self.net = Network.from_arrays(s.tail, s.head, s.seconds, s.seconds, s.n_nodes, xy=s.xy)
        self.net.nearest([0], limit_s=1.0)

    def nearest(self, sources, limit_s):
        return self.net.nearest(sources, limit_s=limit_s)[0]

    def reach(self, sources, limit_s):
        return self.net.reach(sources, limit_s=limit_s, threads=self.threads)

    def reach_sums(self, answer):
        return np.add.reduceat(answer[2], answer[0][:-1])

    def matrix(self, origins, goals, limit_s):
        return self.net.matrix(origins, goals, limit_s=limit_s, threads=self.threads)

    def matrix_sums(self, answer):
        return np.asarray(answer.sum(axis=1)).ravel()


class CirclesTwo(Circles):
    """This engine, two threads."""

    threads = 2


class Limit(Circles):
    """The same search by hand in C."""

    def __init__(self, streets):
        super().__init__(streets)
        library = Path(tempfile.mkdtemp()) / "limit.so"
        subprocess.run(
            ["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, HERE / "limit.c", "-lm"], check=True
        )
        self.c = ctypes.CDLL(str(library))
        self.c.prepare.restype = ctypes.c_void_p
        self.c.reach.restype = self.c.matrix.restype = ctypes.c_int64
        rows = self.net.out_rows
        ring = 64
        while ring < rows.cost.max() / rows.width_s + 2:
            ring *= 2
        self.kept = [rows.first, rows.other, rows.onward, rows.cost]
        pointers = [self.p(array) for array in self.kept]
        per_s = ctypes.c_double(1 / rows.width_s)
        self.handle = ctypes.c_void_p(self.c.prepare(*pointers, streets.n_nodes, per_s, ctypes.c_int64(ring)))
        self.node = np.empty(max(50_000_000, streets.n_nodes), np.int32)
        self.secs = np.empty(self.node.size)

    @staticmethod
    def p(array):
        return array.ctypes.data_as(ctypes.c_void_p)

    def _inner(self, nodes):
        return np.ascontiguousarray(self.net.inner[nodes], np.int32)

    def nearest(self, sources, limit_s):
        seconds, source = np.empty(self.net.n_nodes), np.empty(self.net.n_nodes, np.int64)
        inner = self._inner(sources)
        self.c.nearest(
            self.handle, self.p(self.net.outer), self.p(inner), inner.size, ctypes.c_double(limit_s), self.p(seconds),
            self.p(source),
        )  # fmt: skip
        return seconds

    def reach(self, sources, limit_s):
        inner, count = self._inner(sources), np.empty(len(sources), np.int64)
        filled = self.c.reach(
            self.handle, self.p(self.net.outer), self.p(inner), inner.size, ctypes.c_double(limit_s), self.p(count),
            self.p(self.node), self.p(self.secs),
        )  # fmt: skip
        return np.append(0, np.cumsum(count)), self.node[:filled], self.secs[:filled]

    def matrix(self, origins, goals, limit_s):
        a, b, count = self._inner(origins), self._inner(goals), np.empty(len(origins), np.int64)
        filled = self.c.matrix(
            self.handle, self.p(a), a.size, self.p(b), b.size, ctypes.c_double(limit_s), self.p(count),
            self.p(self.node), self.p(self.secs),
        )  # fmt: skip
        return np.repeat(np.arange(count.size), count), self.secs[:filled], count.size

    def matrix_sums(self, answer):
        return np.bincount(answer[0], answer[1], minlength=answer[2])


class Scipy:
    """scipy.sparse.csgraph.dijkstra; reach and matrix in chunks of 100 sources."""

    def __init__(self, streets):
        from scipy.sparse import csr_matrix

        tail, head, seconds = _both_ways(streets)
        # csgraph drops explicit zeros
        self.graph = csr_matrix((np.maximum(seconds, 1e-12), (tail, head)), shape=(streets.n_nodes,) * 2)

    def nearest(self, sources, limit_s):
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.graph, indices=sources, min_only=True, limit=limit_s)

    def _chunks(self, sources, limit_s):
        from scipy.sparse.csgraph import dijkstra

        for i in range(0, len(sources), CHUNK):
            yield dijkstra(self.graph, indices=sources[i : i + CHUNK], limit=limit_s)

    def reach(self, sources, limit_s):
        return list(self._chunks(sources, limit_s))

    def reach_sums(self, answer):
        return np.concatenate([np.where(np.isinf(part), 0, part).sum(axis=1) for part in answer])

    def matrix(self, origins, goals, limit_s):
        return [part[:, goals] for part in self._chunks(origins, limit_s)]

    matrix_sums = reach_sums


class Networkx:
    """networkx, its Dijkstra with a cutoff."""

    def __init__(self, streets):
        import networkx as nx

        self.graph = nx.Graph()
        self.graph.add_nodes_from(range(streets.n_nodes))
        tail, head, seconds = _both_ways(streets)
        self.graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), seconds.tolist(), strict=True))

    def nearest(self, sources, limit_s):
        import networkx as nx

        found = nx.multi_source_dijkstra_path_length(self.graph, set(sources.tolist()), cutoff=limit_s)
        out = np.full(len(self.graph), np.inf)
        out[list(found)] = list(found.values())
        return out

    def reach(self, sources, limit_s):
        import networkx as nx

        return [nx.single_source_dijkstra_path_length(self.graph, s, cutoff=limit_s) for s in sources.tolist()]

    def reach_sums(self, answer):
        return np.array([sum(found.values()) for found in answer])

    def matrix(self, origins, goals, limit_s):
        wanted = goals.tolist()
        return [[found.get(g, 0.0) for g in wanted] for found in self.reach(origins, limit_s)]

    def matrix_sums(self, answer):
        return np.array(answer).sum(axis=1)


class _NoLimit:
    """A peer without a limit: it searches everything, and what lies beyond is cut afterwards."""

    def reach(self, sources, limit_s):
        return [np.where(row <= limit_s, row, 0.0) for row in self._rows(sources)]

    def reach_sums(self, answer):
        return np.array([part.sum() for part in answer])

    def matrix(self, origins, goals, limit_s):
        return [np.where(row[goals] <= limit_s, row[goals], 0.0) for row in self._rows(origins)]

    matrix_sums = reach_sums


class Igraph(_NoLimit):
    """igraph; nearest through one more node that is tied to all sources."""

    def __init__(self, streets):
        import igraph

        tail, head, seconds = _both_ways(streets)
        one = tail < head
        self.edges, self.seconds, self.n = np.stack([tail[one], head[one]], axis=1), seconds[one], streets.n_nodes
        self.graph = igraph.Graph(n=self.n + 1, edges=self.edges.tolist())
        self.weights = self.seconds.tolist()

    def nearest(self, sources, limit_s):
        graph = self.graph.copy()
        graph.add_edges([(self.n, s) for s in sources.tolist()])
        row = np.array(graph.distances(source=self.n, weights=self.weights + [0.0] * len(sources))[0])[:-1]
        return np.where(row <= limit_s, row, np.inf)

    def _rows(self, sources):
        for s in sources.tolist():
            yield np.array(self.graph.distances(source=s, weights=self.weights)[0])


class Rustworkx(_NoLimit):
    """rustworkx; nearest through one more node that is tied to all sources."""

    def __init__(self, streets):
        import rustworkx

        tail, head, seconds = _both_ways(streets)
        one = tail < head
        self.n = streets.n_nodes
        self.graph = rustworkx.PyGraph()
        self.graph.add_nodes_from(range(self.n))
        self.graph.add_edges_from(list(zip(tail[one].tolist(), head[one].tolist(), seconds[one].tolist(), strict=True)))

    def _row(self, graph, source):
        import rustworkx

        found = rustworkx.dijkstra_shortest_path_lengths(graph, source, float)
        out = np.full(self.n + 1, np.inf)
        out[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(found.values(), float, len(found))
        out[source] = 0.0
        return out[: self.n]

    def nearest(self, sources, limit_s):
        graph = self.graph.copy()
        extra = graph.add_node(None)
        graph.add_edges_from([(extra, s, 0.0) for s in sources.tolist()])
        row = self._row(graph, extra)
        return np.where(row <= limit_s, row, np.inf)

    def _rows(self, sources):
        for s in sources.tolist():
            yield self._row(self.graph, s)


class Networkit(_NoLimit):
    """networkit; nearest through one more node that is tied to all sources."""

    def __init__(self, streets):
        import networkit as nk

        nk.setNumberOfThreads(1)
        tail, head, seconds = _both_ways(streets)
        one = tail < head
        self.n = streets.n_nodes
        self.graph = nk.GraphFromCoo((seconds[one], (tail[one], head[one])), n=self.n + 1, weighted=True)

    def _row(self, graph, source):
        import networkit as nk

        search = nk.distance.Dijkstra(graph, source, storePaths=False)
        search.run()
        return np.asarray(search.getDistances())[: self.n]

    def nearest(self, sources, limit_s):
        for s in sources.tolist():
            self.graph.addEdge(self.n, s, 0.0)
        row = self._row(self.graph, self.n)
        for s in sources.tolist():
            self.graph.removeEdge(self.n, s)
        return np.where(row <= limit_s, row, np.inf)

    def _rows(self, sources):
        for s in sources.tolist():
            yield self._row(self.graph, s)


class Pandana:
    """pandana: contraction hierarchies (their preparation is not timed)."""

    module = "pandana"

    def __init__(self, streets):
        import pandas as pd

        pandana = importlib.import_module(self.module)

        tail, head, seconds = _both_ways(streets)
        one = tail < head
        xy = pd.DataFrame(streets.xy, columns=["x", "y"])
        edges = pd.DataFrame({"a": tail[one], "b": head[one], "s": seconds[one]})
        self.net = pandana.Network(xy.x, xy.y, edges.a, edges.b, edges[["s"]], twoway=True)
        self.xy = xy

    def nearest(self, sources, limit_s):
        at = self.xy.loc[sources]
        self.net.set_pois("sources", limit_s, 1, at.x, at.y)
        found = self.net.nearest_pois(limit_s, "sources", num_pois=1)[1].to_numpy()
        return np.where(found < limit_s, found, np.inf)

    def reach(self, sources, limit_s):
        return self.net.nodes_in_range(sources.tolist(), limit_s)

    def reach_sums(self, answer):
        return answer.groupby("source", sort=False)["s"].sum().to_numpy()

    def matrix(self, origins, goals, limit_s):
        found = self.net.nodes_in_range(origins.tolist(), limit_s)
        return found[found["destination"].isin(goals)]

    def matrix_sums(self, answer):
        return answer["s"].sum()


class Pandarm(Pandana):
    """pandarm, which goes on from pandana."""

    module = "pandarm"


PEERS = {
    "circles": Circles,
    "circles ×2": CirclesTwo,
    "C": Limit,
    "scipy": Scipy,
    "igraph": Igraph,
    "networkit": Networkit,
    "rustworkx": Rustworkx,
    "pandana": Pandana,
    "pandarm": Pandarm,
    "networkx": Networkx,
}
