"""Are missing paths found again? Paths are taken out of a county, and proposed by links and by surveys.

    python benchmarks/missing_paths.py [malta.osm.pbf] [--paths 100] [--seed 24] [--noise 4]

A path is what lies between two junctions. Among paths of the county drawn at random, the first ``--paths`` are taken
whose loss changes who is within the limit of some kind of service (each tried alone, by the closure test), and which
lie 300 m apart. All are then taken out at once, and sought again in what is left:

- **links**: among the near misses that least change tries (an end of a street and the nearest points of other streets,
  up to 150 m), one leads from within 10 m of one end of the path to within 10 m of the other;
- **surveys**: somebody walks about 150 m of street, the path, and 150 m of street, with a receiver that is off by
  ``--noise`` metres (standard deviation of each axis, correlated over 30 s, a point every 3 s). The track goes through
  `circles survey match`; what it calls new, or contradicting, must cover 80 % of the path within 15 m.

Beside it: how many metres of what is called new are no path that was taken out, and how many of those who dropped out
are covered again once `circles survey apply` has saved the tracks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import shapely

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

KINDS = {
    "footway", "path", "steps", "pedestrian", "residential", "living_street", "service", "track", "unclassified",
}  # fmt: skip
APART_M, LEAST_M, LEAD_M = 300.0, 10.0, 150.0
SPEED_M_PER_S, EVERY_S, CORRELATED_S = 1.2, 3.0, 30.0
TRIED_AT_ONCE = 400


def kept_area(osm: Path, folder: Path):
    """Malta with every edge as a street of its own, as inputs that a scenario can take streets from."""
    import circles
    from circles.inputs.loading import load

    text = (HERE.parent / "data" / "gis" / "malta" / "area.toml").read_text(encoding="utf-8")
    (folder / "malta.osm.pbf").write_bytes(osm.read_bytes())
    file = folder / "area.toml"
    file.write_text(text, encoding="utf-8")
    kept = load(circles.load_area(file)).network.kept()
    kept["street_id"] = np.arange(1, len(kept) + 1)
    kept.to_file(folder / "streets.gpkg", layer="streets", driver="GPKG", engine="pyogrio")
    file.write_text(text.replace('network = "malta.osm.pbf"', 'network = "streets.gpkg"'), encoding="utf-8")
    return load(circles.load_area(file))


def covered(inputs) -> dict[str, np.ndarray]:
    """Who is within the limit of each kind of service."""
    from circles.analysis.access import walks_of
    from circles.analysis.scenario.walked import Walked

    walks = walks_of(inputs)
    return {c.id: Walked(walks, c.id).is_covered for c in inputs.area.categories}


def chosen_paths(inputs, *, count: int, rng: np.random.Generator) -> np.ndarray:
    """Edges whose loss alone changes coverage, far apart, in the order drawn."""
    from circles.analysis.access import walks_of
    from circles.analysis.scenario import closing
    from circles.analysis.scenario.walked import Walked

    edges = inputs.network.edges
    may = edges["highway"].isin(KINDS).to_numpy() & (edges["length_m"] >= LEAST_M).to_numpy()
    may &= ~edges["is_level"].to_numpy(dtype=bool)
    walks = walks_of(inputs)
    walked = {c.id: Walked(walks, c.id) for c in inputs.area.categories}
    used = np.any([item.is_used for item in walked.values()], axis=0)
    order = rng.permutation(np.flatnonzero(may & used))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines_of(inputs.network), 0.5, normalized=True))
    gone = np.zeros(len(edges), dtype=bool)
    taken: list[int] = []
    tried = 0
    for start in range(0, len(order), TRIED_AT_ONCE):
        part = order[start : start + TRIED_AT_ONCE]
        things = [closing.Thing("road", str(edge), "", -1, np.array([edge])) for edge in part.tolist()]
        closing._aim(inputs, walked, things)  # noqa: SLF001
        for number, thing in enumerate(things):
            edge = int(thing.edges[0])
            if taken and np.hypot(*(middle[taken] - middle[edge]).T).min() < APART_M:
                continue
            tried += 1
            gone[edge] = True
            found = closing._case(thing, walked, gone, number=number)  # noqa: SLF001
            gone[edge] = False
            if any(len(lost) or len(won) for lost, won in found.values()):
                taken.append(edge)
            if len(taken) == count:
                print(f"{tried} paths tried alone, {len(taken)} of them change coverage", flush=True)
                return np.array(taken)
    return np.array(taken)


def lines_of(network) -> np.ndarray:
    """The edges as lines."""
    size = np.diff(network.offsets)
    return shapely.linestrings(network.xy, indices=np.repeat(np.arange(len(size)), size))


class Streets:
    """The streets as somebody walks them at random."""

    def __init__(self, network, gone: set[int], rng: np.random.Generator) -> None:
        self.network, self.lines, self.gone, self.rng = network, lines_of(network), gone, rng
        self.tail, self.head = network.edges["tail"].to_numpy(), network.edges["head"].to_numpy()
        self.at_node: dict[int, list[int]] = {}
        for edge, pair in enumerate(zip(self.tail.tolist(), self.head.tolist(), strict=True)):
            for node in set(pair):
                self.at_node.setdefault(node, []).append(edge)

    def away_from(self, edge: int, node: int) -> np.ndarray:
        """About 150 m of streets away from one end of a path, as points that end at the path."""
        xy, seen, at, walked = [self.network.node_xy[node][None]], {edge}, node, 0.0
        while walked < LEAD_M:
            ways = [e for e in self.at_node.get(at, ()) if e not in seen and e not in self.gone]
            if not ways:
                break
            way = int(self.rng.choice(ways))
            seen.add(way)
            own = shapely.get_coordinates(self.lines[way])
            own = own if self.tail[way] == at else own[::-1]
            at = int(self.head[way] if self.tail[way] == at else self.tail[way])
            xy.append(own[1:])
            walked += float(shapely.length(self.lines[way]))
        return np.vstack(xy)[::-1]

    def over(self, edge: int) -> np.ndarray:
        """A walk over streets, a path, and streets."""
        before, after = (self.away_from(edge, int(node)) for node in (self.tail[edge], self.head[edge]))
        return np.vstack([before, shapely.get_coordinates(self.lines[edge])[1:-1], after[::-1]])


def track(xy: np.ndarray, noise_m: float, rng) -> np.ndarray:
    """Points of a receiver along a walk."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    at = np.arange(0.0, along[-1], SPEED_M_PER_S * EVERY_S)
    true = np.column_stack([np.interp(at, along, xy[:, k]) for k in (0, 1)])
    rho = np.exp(-EVERY_S / CORRELATED_S)
    off = np.empty_like(true)
    off[0] = rng.normal(0, noise_m, 2)
    for k in range(1, len(off)):
        off[k] = rho * off[k - 1] + rng.normal(0, noise_m * np.sqrt(1 - rho**2), 2)
    return true + off


def proposed_by_links(network, ends: np.ndarray) -> np.ndarray:
    """Which paths a near miss leads over: from within 10 m of one end to within 10 m of the other."""
    from circles.analysis.robustness import missing_links

    near = missing_links._near_misses(network, fragment_max_m=0.0)  # noqa: SLF001
    out = []
    for a, b in ends:
        there = (np.hypot(*(near.start_xy - a).T) < 10) & (np.hypot(*(near.foot_xy - b).T) < 10)
        back = (np.hypot(*(near.start_xy - b).T) < 10) & (np.hypot(*(near.foot_xy - a).T) < 10)
        out.append(bool((there | back).any()))
    print(f"{len(near)} near misses in all", flush=True)
    return np.array(out)


def main() -> None:
    """Print how many paths are proposed again."""
    from measure import MALTA

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("osm", nargs="?", type=Path, default=MALTA)
    parser.add_argument("--paths", type=int, default=100)
    parser.add_argument("--seed", type=int, default=24)
    parser.add_argument("--noise", type=float, default=4.0)
    args = parser.parse_args()
    from circles.analysis import scenario as room
    from circles.analysis import surveyed
    from circles.foundation.crs import WGS84, projected
    from circles.inputs.survey import Surveyed

    rng = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        inputs = kept_area(args.osm.resolve(), Path(folder))
    network, crs = inputs.network, inputs.area.crs
    print(f"{len(network.edges)} edges, {len(inputs.residents)} residents", flush=True)
    paths = chosen_paths(inputs, count=args.paths, rng=rng)
    lines = lines_of(network)
    ids = network.edges["street_id"].to_numpy()[paths].tolist()
    content = {"scenario": {"id": "gone", "name": "gone"}, "remove_streets": [{"street_id": int(i)} for i in ids]}
    less = room.apply(inputs, room.read_scenario(content, inputs.area))
    ends = np.array([shapely.get_coordinates(lines[edge])[[0, -1]] for edge in paths])
    by_links = proposed_by_links(less.network, ends)

    streets = Streets(network, set(paths.tolist()), rng)
    walks = []
    for number, edge in enumerate(paths.tolist(), 1):
        xy = track(streets.over(edge), args.noise, rng)
        lon_lat = projected(xy, crs, WGS84)
        walks.append(Surveyed("t.gpx", number, f"{number}.1", "", lon_lat, dt.date(2024, 5, 3), is_track=True))
    began = time.process_time()
    found = surveyed.match(less, walks)
    spent = time.process_time() - began
    new = found.table[found.table["state"].isin(["new", "contradict"])]
    shapes = np.array([shapely.LineString(projected(shapely.get_coordinates(g), WGS84, crs)) for g in new.geometry])
    by_survey, false_m = [], 0.0
    near_gone = shapely.union_all(shapely.buffer(lines[paths], 20.0))
    for number, edge in enumerate(paths.tolist(), 1):
        own = shapely.union_all(shapely.buffer(shapes[new["row"].to_numpy() == number], 15.0))
        by_survey.append(shapely.length(shapely.intersection(lines[edge], own)) >= 0.8 * shapely.length(lines[edge]))
    by_survey = np.array(by_survey)
    false_m = float(shapely.length(shapely.difference(shapes, near_gone)).sum())
    either = by_links | by_survey
    n = len(paths)
    km = sum(shapely.length(shapely.LineString(projected(w.lon_lat, WGS84, crs))) for w in walks) / 1000
    print(f"by links {by_links.sum()} of {n}, by surveys {by_survey.sum()} of {n}, by either {either.sum()} of {n}")
    print(
        f"surveys: {len(new)} new pieces over {km:.1f} km walked, {false_m:.0f} m of them no path that was taken out; {spent:.1f} s of processor time"
    )
    kinds = network.edges["highway"].to_numpy()[paths]
    for number in np.flatnonzero(~either).tolist():
        own = found.table[found.table["row"] == number + 1]
        said = ", ".join(f"{r.state}/{r.why} {r.length_m:.0f}" for r in own.itertuples())
        print(f"  not found: {kinds[number]} of {shapely.length(lines[paths[number]]):.0f} m: {said}")

    saved, _ = surveyed.as_scenario(found, scenario_id="survey", name="survey", takes_contradicting=True)
    again = room.apply(less, room.read_scenario(saved, less.area))
    whole, lost, back = covered(inputs), covered(less), covered(again)
    dropped = sum(int((whole[c] & ~lost[c]).sum()) for c in whole)
    mended = sum(int((whole[c] & ~lost[c] & back[c]).sum()) for c in whole)
    beyond = sum(int((back[c] & ~whole[c] & ~lost[c]).sum()) for c in whole)
    print(
        f"points that dropped out (over all kinds) {dropped}, covered again {mended}, covered that never were {beyond}"
    )


if __name__ == "__main__":
    main()
