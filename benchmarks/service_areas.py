"""W4: isochrones of 100 facilities, against shapely's exact union and the usual OSMnx recipe.

    python benchmarks/service_areas.py [../shared/osm/malta.osm.pbf] [--facilities 100] [--limit 900] [--repeat 5]

``circles`` draws the union of discs of min(60 m, what is left of the time) along the reached streets. ``shapely union``
is the same union from buffers at steps of 2 m: the truth that areas must agree with, by the area of the symmetric
difference; each contestant runs in a process of its own. ``OSMnx recipe`` is the isochrone of its gallery: an ego graph of the network by
travel time, buffers of its nodes (by 10 m) and edges (by 60 m), united; a coarser shape, the network already loaded.
``per edge buffers`` is what a careful shapely user writes: whole reached edges buffered by 60 m and united. Figures are
medians of processor time per area in milliseconds, search included; the slow ones are measured on fewer facilities.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import shapely

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from circles.network import Network, Positions  # noqa: E402
from circles.network.engine import driver  # noqa: E402
from circles.network.isochrones import Edges, facility_areas, part_lines, pieces_within, time_profile  # noqa: E402

SPEED_M_PER_S = 1.2
FEW = 8


class Town:
    """The network in the forms that the contestants want, built outside the clock."""

    def __init__(self, file: Path, n_facilities: int, limit_s: float) -> None:
        import networkx as nx
        import street_data

        found = street_data.from_osm(file)
        m = found.tail.size
        xy = np.stack([found.xy[found.tail], found.xy[found.head]], axis=1).reshape(-1, 2)
        self.net = Network.from_arrays(found.tail, found.head, found.seconds, found.seconds, found.n_nodes)
        self.edges = Edges(found.tail, found.head, found.seconds, found.seconds, np.arange(m + 1) * 2, xy)
        self.seconds, self.xy, self.limit_s = found.seconds, found.xy, limit_s
        self.nodes = np.sort(np.random.default_rng(7).choice(found.n_nodes, n_facilities, replace=False))
        incident = self.edges.at_node
        edge = incident[1][incident[0][self.nodes]]
        self.points = Positions(edge, (self.edges.head[edge] == self.nodes).astype(float))
        self.graph = nx.Graph()
        self.graph.add_weighted_edges_from(
            zip(found.tail.tolist(), found.head.tolist(), found.seconds.tolist(), strict=True)
        )

    def some(self, n: int) -> Positions:
        return Positions(self.points.edge[:n], self.points.fraction[:n])

    def circles(self, n: int) -> list:
        points = self.some(n)
        reached = self.net.reach(points, limit_s=self.limit_s, direction="to")
        return [
            a
            for (a,) in facility_areas(
                self.edges, reached, points, limits_s=[self.limit_s], speed_m_per_s=SPEED_M_PER_S
            )
        ]

    def shapely_union(self, n: int) -> list:
        points = self.some(n)
        indptr, nodes, seconds = self.net.reach(points, limit_s=self.limit_s, direction="to")
        areas = []
        for i in range(n):
            node_s = np.full(len(self.xy), np.inf)
            node_s[nodes[indptr[i] : indptr[i + 1]]] = seconds[indptr[i] : indptr[i + 1]]
            point = Positions(points.edge[[i]], points.fraction[[i]])
            profile = time_profile(self.edges, node_s[self.edges.tail], node_s[self.edges.head], point)
            within = pieces_within(profile, limit_s=self.limit_s)
            lines = part_lines(self.edges, within)
            steps = np.maximum(2, np.ceil(shapely.length(lines) / 2)).astype(int)
            of = np.repeat(np.arange(len(lines)), steps)
            share = (np.arange(of.size) - np.repeat(np.cumsum(steps) - steps, steps)) / (steps[of] - 1)
            left = (self.limit_s - within.from_s[of] - share * (within.to_s - within.from_s)[of]) * SPEED_M_PER_S
            at = shapely.line_interpolate_point(lines[of], share, normalized=True)
            areas.append(shapely.union_all(shapely.buffer(at, np.minimum(60.0, left), quad_segs=16)))
        return areas

    def per_edge_buffers(self, n: int) -> list:
        points = self.some(n)
        indptr, nodes, _ = self.net.reach(points, limit_s=self.limit_s, direction="to")
        lines = shapely.linestrings(self.edges.xy.reshape(-1, 2, 2))
        areas = []
        for i in range(n):
            is_reached = np.zeros(len(self.xy), bool)
            is_reached[nodes[indptr[i] : indptr[i + 1]]] = True
            whole = is_reached[self.edges.tail] & is_reached[self.edges.head]
            areas.append(shapely.union_all(shapely.buffer(lines[whole], 60.0)))
        return areas

    def osmnx_recipe(self, n: int) -> list:
        import geopandas as gpd
        import networkx as nx

        areas = []
        for node in self.nodes[:n].tolist():
            near = nx.ego_graph(self.graph, node, radius=self.limit_s, distance="weight")
            dots = gpd.GeoSeries([shapely.Point(self.xy[v]) for v in near.nodes]).buffer(10)
            lines = gpd.GeoSeries([shapely.LineString([self.xy[a], self.xy[b]]) for a, b in near.edges]).buffer(60)
            areas.append(shapely.union_all([*dots, *lines]))
        return areas


CONTESTANTS = {
    "circles": Town.circles,
    "per edge buffers": Town.per_edge_buffers,
    "OSMnx recipe": Town.osmnx_recipe,
    "shapely union": Town.shapely_union,
}


def one(name: str, args: argparse.Namespace) -> dict:
    """Be one contestant: milliseconds per area and the first few areas."""
    import measure

    town = Town(args.file, args.facilities, args.limit)
    is_slow = name in {"OSMnx recipe", "shapely union"}
    n, repeat = (min(FEW, args.facilities), 1) if is_slow else (args.facilities, args.repeat)
    draw = CONTESTANTS[name]
    if name == "circles":
        driver.usable_cores = lambda: 1  # one thread, as the others
        draw(town, min(FEW, n))  # compiles
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        areas = draw(town, n)
        times.append((time.process_time() - begin) * 1000 / n)
    return {
        "ms": median(times), "peak_mb": measure.peak_mb(), "valid": all(area.is_valid for area in areas),
        "vertices": int(median(shapely.get_num_coordinates(areas))), "edges": len(town.edges),
        "areas": [area.wkt for area in areas[:FEW]],
    }  # fmt: skip


def main() -> None:
    import measure

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=measure.MALTA)
    parser.add_argument("--facilities", type=int, default=100)
    parser.add_argument("--limit", type=float, default=900.0, help="seconds")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=CONTESTANTS)
    args = parser.parse_args()
    if args.only:
        measure.report(one(args.only, args))
        return
    common = [str(args.file), "--facilities", str(args.facilities), "--limit", str(args.limit)]
    common += ["--repeat", str(args.repeat)]
    found = {name: measure.alone(__file__, [*common, "--only", name]) for name in CONTESTANTS}
    truth = shapely.from_wkt(found["shapely union"]["areas"])
    ours = found["circles"]
    print(f"\n**W4: isochrones of {args.facilities} facilities, {args.limit:g} s, {ours['edges']:,} streets**\n")
    print("| | ms per area | times circles | off the union, % | vertices | valid | peak MB |")
    print("|---|---:|---:|---:|---:|---|---:|")
    for name, row in found.items():
        if row is None:
            print(f"| {name} | — | | | | | |")
            continue
        areas = shapely.from_wkt(row["areas"])
        off = [a.symmetric_difference(b).area / b.area for a, b in zip(areas, truth, strict=True) if b.area]
        print(
            f"| {name} | {row['ms']:.1f} | {row['ms'] / ours['ms']:.1f} | {100 * median(off):.2f} | {row['vertices']:,} |"
            f" {'yes' if row['valid'] else 'no'} | {row['peak_mb']:.0f} |"
        )


if __name__ == "__main__":
    main()
