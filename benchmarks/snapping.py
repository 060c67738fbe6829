"""W5: 100,000 residents snapped to the exact nearest point of a street: edge, share of its length, metres of the access leg.

    python benchmarks/snapping.py [../shared/osm/malta.osm.pbf] [--residents 100000] [--repeat 5]

Each contestant runs in a process of its own on the same edges; the network and its index are built beforehand by all
(``index s`` says how long that took). The lengths of the access legs must agree before speeds are shown; ``nearest node`` is what
tools without exact snapping answer, and its access legs are longer: by how much is reported. Medians of processor time; the peak is
that of the whole process.
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

CRS = "EPSG:32633"
SNAP_M = 200.0


def edges_of(file: Path):
    """Return the walked network of an extract, as the analysis builds it."""
    from circles.inputs.osm.extract import read_streets
    from circles.network import build, islands

    streets, _ = read_streets(file, crs=CRS)
    return build(streets, islands(None), crs=CRS)


def people(net, n: int) -> np.ndarray:
    """Return places scattered around the streets' vertices, most within 100 m."""
    random = np.random.default_rng(5)
    return net.xy[random.integers(0, len(net.xy), n)] + random.normal(0, 40, (n, 2))


def circles(net):
    from circles.area.walkers import BUILT_IN

    at = np.zeros
    net.snap(net.node_xy[:2], at(2, np.int64), BUILT_IN["adult"], snap_max_m=SNAP_M)  # builds the index, compiles

    def snap(xy):
        return net.snap(xy, at(len(xy), np.int64), BUILT_IN["adult"], snap_max_m=SNAP_M).leg_m

    return snap


def _lines(net):
    import shapely

    return shapely.linestrings(net.xy, indices=np.repeat(np.arange(len(net.edges)), np.diff(net.offsets)))


def strtree(net):
    import shapely

    lines = _lines(net)
    tree = shapely.STRtree(lines)
    tree.query(lines[0])

    def snap(xy):
        points = shapely.points(xy)
        row, edge = tree.query_nearest(points, max_distance=SNAP_M, all_matches=False)
        leg = np.full(len(xy), np.nan)
        shapely.line_locate_point(lines[edge], points[row], normalized=True)
        leg[row] = shapely.distance(lines[edge], points[row])
        return leg

    return snap


def geopandas(net):
    import geopandas as gpd

    streets = gpd.GeoDataFrame(geometry=_lines(net), crs=CRS)
    _ = streets.sindex

    def snap(xy):
        homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=CRS)
        found = homes.sjoin_nearest(streets, how="left", max_distance=SNAP_M, distance_col="leg_m")
        return found[~found.index.duplicated()]["leg_m"].to_numpy()

    return snap


def osmnx(net):
    import networkx as nx
    import osmnx as ox

    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_nodes_from((i, {"x": x, "y": y}) for i, (x, y) in enumerate(net.node_xy.tolist()))
    rows = zip(net.edges["tail"].tolist(), net.edges["head"].tolist(), _lines(net), strict=True)
    graph.add_edges_from((tail, head, {"geometry": line}) for tail, head, line in rows)

    def snap(xy):
        return np.asarray(ox.distance.nearest_edges(graph, xy[:, 0], xy[:, 1], return_dist=True)[1])

    return snap


def nearest_node(net):
    from scipy.spatial import cKDTree

    tree = cKDTree(net.node_xy)
    return lambda xy: tree.query(xy, distance_upper_bound=SNAP_M)[0]


def pandana(net):
    import pandana as pdna
    import pandas as pd

    e = net.edges
    x, y = pd.Series(net.node_xy[:, 0]), pd.Series(net.node_xy[:, 1])
    graph = pdna.Network(x, y, e["tail"], e["head"], e[["length_m"]])

    def snap(xy):
        node = graph.get_node_ids(pd.Series(xy[:, 0]), pd.Series(xy[:, 1])).to_numpy()
        return np.hypot(*(xy - net.node_xy[node]).T)

    return snap


PEERS = {
    "circles": circles, "shapely STRtree": strtree, "geopandas": geopandas, "OSMnx": osmnx,
    "pandana (nearest node)": pandana, "scipy KD-tree (nearest node)": nearest_node,
}  # fmt: skip


def one(name: str, file: Path, residents: int, repeat: int) -> dict:
    """Be one contestant."""
    import measure

    net = edges_of(file)
    xy = people(net, residents)
    begin = time.process_time()
    snap = PEERS[name](net)
    index_s = time.process_time() - begin
    seconds = []
    for _ in range(repeat):
        begin = time.process_time()
        leg = snap(xy)
        seconds.append(time.process_time() - begin)
        if seconds[0] > measure.MOST_S / 4:
            break
    leg = np.where(leg <= SNAP_M, leg, np.nan)
    return {
        "seconds": seconds, "index_s": index_s, "peak_mb": measure.peak_mb(), "snapped": int(np.isfinite(leg).sum()),
        "leg_m": float(np.nanmean(leg)), "edges": len(net.edges), "sample": leg[:2000].tolist(),
    }  # fmt: skip


def main() -> None:
    import measure

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=measure.MALTA)
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=PEERS)
    args = parser.parse_args()
    if args.only:
        measure.report(one(args.only, args.file, args.residents, args.repeat))
        return
    common = [str(args.file), "--residents", str(args.residents), "--repeat", str(args.repeat)]
    found = {name: measure.alone(__file__, [*common, "--only", name]) for name in PEERS}
    ours = found["circles"]
    print(f"\n**W5: {args.residents:,} residents snapped to {ours['edges']:,} streets**\n")
    print(
        "| | s | times circles | index s | peak MB | mean access leg m | snapped |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for name, row in found.items():
        is_exact = "nearest node" not in name
        if row is None or (is_exact and not np.allclose(row["sample"], ours["sample"], atol=1e-6, equal_nan=True)):
            print(f"| {name} | — | | | | | |")
            continue
        s = median(row["seconds"])
        times = s / median(ours["seconds"])
        print(
            f"| {name} | {s:.2f} | {times:.1f} | {row['index_s']:.2f} | {row['peak_mb']:.0f} | {row['leg_m']:.2f} |"
            f" {row['snapped']:,} |"
        )


if __name__ == "__main__":
    main()
