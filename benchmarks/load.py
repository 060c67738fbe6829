"""W6: from an extract on disk to a routable network with its attributes, against pyrosm → igraph and OSMnx.

    python benchmarks/load.py [../shared/osm/malta.osm.pbf] [--crs EPSG:32633] [--repeat 5]

Each reader runs in a process of its own, so that its peak memory is its own; imports are not timed, the first run warms
the disk cache and the compiled code and is not counted. OSMnx reads no PBF: it is given the same data as XML, converted
beforehand and not timed, which favours it. Kilometres are compared before speeds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import measure  # noqa: E402


def circles(file: Path, crs: str):
    """Streets with attributes, every vertex a node, seconds per street, both directions."""
    import numpy as np

    from circles.inputs.osm.extract import read_streets
    from circles.network import Network
    from circles.network.passability import passable

    def load():
        streets, _ = read_streets(file, crs=crs)
        line = np.repeat(np.arange(len(streets.lines)), np.diff(streets.offsets))
        same = (line[1:] == line[:-1]) & passable(streets.lines)[line[1:]]
        metres = np.hypot(*(streets.xy[1:] - streets.xy[:-1])[same].T)
        order = np.sort(streets.vertex_id)
        ids = order[np.append(True, order[1:] != order[:-1])]
        node = np.searchsorted(ids, streets.vertex_id)
        seconds = metres / 1.2
        net = Network.from_arrays(node[:-1][same], node[1:][same], seconds, seconds, len(ids))
        return net.n_nodes, int(same.sum()), metres.sum() / 1000

    return load


def pyrosm(file: Path, crs: str):
    """pyrosm's walking network as an igraph graph, all components."""
    del crs
    import pyrosm as reader

    def load():
        data = reader.OSM(str(file))
        nodes, edges = data.get_network("walking", nodes=True)
        graph = data.to_graph(nodes, edges, graph_type="igraph", retain_all=True, network_type="walking")
        return graph.vcount(), graph.ecount(), edges["length"].sum() / 1000

    return load


def osmnx(file: Path, crs: str):
    """OSMnx's graph of the same data as XML, both directions, all components."""
    del crs
    import osmnx as reader

    def load():
        graph = reader.graph_from_xml(file, bidirectional=True, simplify=False, retain_all=True)
        return len(graph), len(graph.edges), sum(d["length"] for *_, d in graph.edges(data=True)) / 2000

    return load


READERS = {"circles": circles, "pyrosm": pyrosm, "osmnx": osmnx}


def one(name: str, file: Path, crs: str, repeat: int) -> dict:
    """Run one reader in this process."""
    import warnings

    warnings.simplefilter("ignore")
    load = READERS[name](file, crs)
    seconds, result = [], ()
    for _ in range(repeat + 1):
        start = time.perf_counter()
        result = load()
        seconds.append(time.perf_counter() - start)
    peak = measure.peak_mb()
    return {"seconds": seconds[1:], "first_s": seconds[0], "peak_mb": peak, "result": [float(x) for x in result]}


def as_xml(file: Path, folder: Path) -> Path:
    """Write the streets of an extract as XML, with the nodes they need."""
    import osmium

    target = folder / "streets.osm"
    with osmium.BackReferenceWriter(str(target), ref_src=str(file), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(file), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway")):
            writer.add(way)
    return target


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path, nargs="?", default=measure.MALTA)
    parser.add_argument("--crs", default="EPSG:32633")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=READERS)
    arguments = parser.parse_args()
    if arguments.only:
        measure.report(one(arguments.only, arguments.file, arguments.crs, arguments.repeat))
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        xml = as_xml(arguments.file, Path(folder))
        for name in READERS:
            file = xml if name == "osmnx" else arguments.file
            call = [str(file), "--crs", arguments.crs, "--repeat", str(arguments.repeat), "--only", name]
            found[name] = measure.alone(__file__, call)
    ours = statistics.median(found["circles"]["seconds"])
    print("\n**W6: from the extract to a routable network**\n")
    print("| | s | times circles | first s | peak MB | nodes | edges | km |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, row in found.items():
        if row is None:
            print(f"| {name} | — | | | | | | |")
            continue
        s = statistics.median(row["seconds"])
        nodes, edges, km = row["result"]
        print(
            f"| {name} | {s:.2f} | {s / ours:.1f} | {row['first_s']:.2f} | {row['peak_mb']:.0f} | {nodes:,.0f} |"
            f" {edges:,.0f} | {km:,.1f} |"
        )


if __name__ == "__main__":
    main()
