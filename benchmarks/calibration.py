"""Is `circles run --sure` right about how sure it is? Worlds drawn by a known law, and what the program says of each.

    python benchmarks/calibration.py [malta.osm.pbf] [--tables 10] [--worlds 20] [--draws 240] [--whole] [--out FILE.svg]

Malta's second island, Gozo (``--whole``: all of Malta), with each service at the nearest street. A table of services
is made by moving each along the streets once, and says that it may be off by 100, 250 or 400 m. The program is given
the table, the streets, and the law; its probabilities and 90 % intervals are then held against true counties that it
never sees. In each of them, drawn from a table by the law,

- every path, track, footway and flight of steps is missing with probability 0.15,
- people walk at 0.7–1.3 times the stated speed (normal about 1, standard deviation 0.1), one factor for all,
- places are joined to streets up to 100–300 m away (uniform),
- each service stands somewhere else on the streets within its stated accuracy.

Nothing of the program's own drawing is used to make a true county: places are drawn among points every 2 m of street,
speeds by rejection; each is walked once, by the ordinary verdicts. Standard errors are over worlds, since the verdicts
of one world share its speed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

PRESENT = 0.85
SNAP_M = (100.0, 300.0)
ACCURACY_M = (100.0, 250.0, 400.0)
GOZO = 14.0, 36.005, 14.345, 36.1
DOUBTFUL = ("bridleway", "cycleway", "footway", "path", "steps", "track")
HOMES_EACH = 5
AREA = """\
[area]
id = "worlds"
name = "Malta"
crs = "EPSG:32633"
as_of = 2018-08-27
[data]
network = "{osm}"
facilities = [{{ osm = "{osm}" }}]
land = {{ osm = "{osm}" }}
townships = {{ osm = "{osm}", admin_level = 8 }}
residents = {{ streets = 50 }}
[walk]
limit_min = 15
snap_max_m = 200
[[categories]]
id = "childcare"
name = "childcare"
profile = "carer"
osm_tags = {{ amenity = ["childcare", "kindergarten", "school"] }}
[[categories]]
id = "clinic"
name = "clinic"
profile = "adult"
osm_tags = {{ amenity = ["clinic", "doctors", "hospital", "pharmacy"] }}
[[categories]]
id = "sports"
name = "sports"
profile = "adult"
osm_tags = {{ leisure = ["fitness_centre", "pitch", "playground", "sports_centre", "stadium"] }}
[sure]
leave_out = ["people", "heights", "hours"]
[sure.paths]
present = {{ doubtful = {present} }}
near_misses_joined = 0.0
"""
RULE = """\
[[rules]]
id = "{category}-{percent}"
category = "{category}"
applies_to = "all"
measure = "street_share"
threshold = {threshold}
source = "benchmark"
status = "assumed"
"""
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)


def true_county(osm: Path, *, whole: bool):
    """The inputs of the true county, services on streets, and points every 2 m of its streets."""
    import circles
    from circles.inputs.loading import load
    from circles.network import altered

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "area.toml"
        shutil.copyfile(osm, Path(folder) / osm.name)
        rules = [
            RULE.format(category=c, percent=round(100 * t), threshold=t)
            for c in ("childcare", "clinic", "sports") for t in THRESHOLDS
        ]  # fmt: skip
        file.write_text(AREA.format(osm=osm.name, present=PRESENT) + "".join(rules), encoding="utf-8")
        inputs = load(circles.load_area(file))
    lines = inputs.streets.lines
    streets = replace(
        inputs.streets, lines=lines.assign(confidence=np.where(lines["highway"].isin(DOUBTFUL), "doubtful", ""))
    )
    homes, shops, towns, network = inputs.residents, inputs.facilities, inputs.townships, inputs.network
    at_home = np.arange(len(homes)) % HOMES_EACH == 0
    at_shop = shops["is_counted"].to_numpy(dtype=bool) & (inputs.facility_island >= 0)
    keep = np.ones(len(network.edges), dtype=bool)
    if not whole:
        west, south, east, north = GOZO
        inside = [
            ((f.geometry.representative_point().x < east) & (f.geometry.representative_point().y > south)
             & (f.geometry.representative_point().x > west) & (f.geometry.representative_point().y < north)).to_numpy()
            for f in (homes, shops, towns)
        ]  # fmt: skip
        at_home, at_shop, towns = at_home & inside[0], at_shop & inside[1], towns[inside[2]].reset_index(drop=True)
        islands = np.unique(inputs.resident_island[at_home & (inputs.resident_island >= 0)])
        first = network.island_indptr[:-1]
        keep = (np.diff(network.island_indptr) > 0) & np.isin(
            network.island_index[np.minimum(first, len(network.island_index) - 1)], islands
        )
    found = replace(
        inputs, streets=streets, network=altered.only(network, keep), townships=towns,
        residents=homes[at_home].reset_index(drop=True), facilities=shops[at_shop].reset_index(drop=True),
        facility_xy=inputs.facility_xy[at_shop], facility_island=inputs.facility_island[at_shop],
        resident_xy=inputs.resident_xy[at_home], resident_island=inputs.resident_island[at_home],
    )  # fmt: skip
    points, island = points_of(found.network)
    xy = found.facility_xy.copy()
    for k in range(len(xy)):
        own = np.flatnonzero(island == found.facility_island[k])
        if len(own):
            xy[k] = points[own[np.argmin(((points[own] - xy[k]) ** 2).sum(axis=1))]]
    return replace(found, facility_xy=xy), points, island


def points_of(network, step_m: float = 2.0):
    """Points every so many metres of street, and the (first) island of each."""
    points, island = [], []
    for k in range(len(network.edges)):
        xy = network.xy[network.offsets[k] : network.offsets[k + 1]]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        at = np.arange(step_m / 2, along[-1], step_m)
        points.append(np.column_stack([np.interp(at, along, xy[:, i]) for i in (0, 1)]))
        island.append(np.full(len(at), network.island_index[network.island_indptr[k]]))
    return np.concatenate(points), np.concatenate(island)


def doubtful_edges(county):
    """Which edges may be missing, and the line of each."""
    word = dict(zip(county.streets.lines["street_id"], county.streets.lines["confidence"], strict=True))
    edges = county.network.edges
    return edges["street_id"].map(word).eq("doubtful").to_numpy(), edges["line_id"].to_numpy()


def moved(xy, accuracy_m, streets, random):
    """Each place somewhere on its island's streets within its accuracy; services of one place stay together."""
    points, island, tree = streets
    places, first, of_place = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    fresh = places.copy()
    for k, row in enumerate(first):
        own = island[tree.query(places[k])[1]]
        near = np.array(tree.query_ball_point(places[k], accuracy_m[row]))
        fresh[k] = points[random.choice(near[island[near] == own])]
    return fresh[of_place.ravel()]


def table_of(county, streets, *, number):
    """A table of services: each moved once, with an accuracy per place."""
    random = np.random.default_rng([24, number])
    _, of_place = np.unique(county.facility_xy, axis=0, return_inverse=True)
    accuracy_m = random.choice(ACCURACY_M, of_place.max() + 1)[of_place.ravel()]
    xy = moved(county.facility_xy, accuracy_m, streets, random)
    table = county.facilities.assign(position="approximate", position_accuracy_m=accuracy_m)
    return replace(county, facilities=table, facility_xy=xy)


def said(told, *, draws):
    """What the program says of each verdict."""
    from circles.analysis import certainty
    from circles.analysis.access import walks_of
    from circles.analysis.verdicts.of_area import Verdicts

    walks = walks_of(told)
    check = Verdicts(told, walks).judged()
    runs = certainty.run(told, walks, certainty.doubts_of(told, walks), check, n_runs=draws)
    return certainty.certainty(runs, check)[
        ["township_code", "rule_id", "p_met", "value_p05", "value_p50", "value_p95"]
    ]


def truth(told, streets, *, table, number):
    """The verdicts of one true county."""
    from circles.analysis.access import Walks, walks_of
    from circles.analysis.verdicts.of_area import Verdicts
    from circles.network import altered

    random = np.random.default_rng([24, table, number])
    speed = 0.0
    while not 0.7 <= speed <= 1.3:
        speed = random.normal(1.0, 0.1)
    snap_m = random.uniform(*SNAP_M)
    doubtful, line = doubtful_edges(told)
    missing = random.random(line.max() + 1) >= PRESENT
    network = altered.only(told.network, ~(doubtful & missing[line]))
    xy = moved(told.facility_xy, told.facilities["position_accuracy_m"].to_numpy(), streets, random)
    base = walks_of(told)
    area = replace(told.area, walk=told.area.walk.model_copy(update={"snap_max_m": snap_m}))
    walks = Walks(area, network, told.facilities, told.residents, replace(base.facility_at, xy=xy), base.resident_at)
    found = Verdicts(replace(told, network=network, facility_xy=xy), walks).judged(speed_factor=speed)
    return found[["township_code", "rule_id", "value", "verdict"]]


def over_worlds(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """The mean of a column and its standard error, worlds being what is independent."""
    mean = float(table[column].mean())
    by = table.groupby("world")[column].agg(["sum", "size"])
    rest = by["sum"] - mean * by["size"]
    n = len(by)
    return mean, float(np.sqrt((rest**2).sum() * n / max(n - 1, 1)) / len(table))


def intervals(table: pd.DataFrame) -> pd.DataFrame:
    """One row per township and service whose value is in doubt: its interval is not cut off by 0 or 1."""
    one = table.assign(kind=table["rule_id"].str.split("-").str[0]).drop_duplicates(["world", "township_code", "kind"])
    open_ended = one[(one["value_p05"] > 0.0) & (one["value_p95"] < 1.0) & (one["value_p95"] - one["value_p05"] > 1e-3)]
    return open_ended.assign(
        holds=open_ended["value"].between(open_ended["value_p05"] - 1e-12, open_ended["value_p95"] + 1e-12)
    )


def reliability(table: pd.DataFrame) -> pd.DataFrame:
    """Per decile of the stated probability: how often it was so, with its standard error over worlds."""
    met = table.assign(met=(table["verdict"] == "met").astype(float))
    decile = np.minimum((met["p_met"] * 10).astype(int), 9)
    rows = []
    for k, own in met.groupby(decile):
        apart = own.assign(off=own["met"] - own["p_met"])
        off, error = over_worlds(apart, "off")
        rows.append((k, len(own), own["world"].nunique(), own["p_met"].mean(), own["met"].mean(), off, error))
    return pd.DataFrame(rows, columns=["decile", "verdicts", "worlds", "stated", "seen", "off", "error"])


def picture(rows: pd.DataFrame, file: Path, *, title: str) -> None:
    """The reliability diagram, readable in black and white."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "calibration", "font.size": 9})
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(4.6, 4.4))
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    axes.fill_between([0, 1], [-0.05, 0.95], [0.05, 1.05], color="0.92", linewidth=0)
    axes.errorbar(
        rows["stated"],
        rows["seen"],
        yerr=2 * rows["error"],
        fmt="o",
        color="black",
        markersize=4,
        capsize=2,
        linewidth=1,
    )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="P(met) as stated", ylabel="share that is met", title=title)
    axes.set_aspect("equal")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("osm", nargs="?", type=Path, default=HERE.parents[1] / "shared" / "osm" / "malta.osm.pbf")
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--worlds", type=int, default=20, help="true counties per table")
    parser.add_argument("--draws", type=int, default=240)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--kept", type=Path, help="write what each world gave as a table")
    options = parser.parse_args()
    from scipy.spatial import cKDTree

    county, points, island = true_county(options.osm, whole=options.whole)
    streets = points, island, cKDTree(points)
    sizes = len(county.townships), len(county.facilities), len(county.network.edges)
    print("{} townships, {} services, {} edges".format(*sizes), flush=True)
    kept = pd.DataFrame()
    for table in range(options.tables):
        began = time.process_time()
        told = table_of(county, streets, number=table)
        stated = said(told, draws=options.draws)
        for number in range(options.worlds):
            true = truth(told, streets, table=table, number=number)
            both = stated.merge(true, on=["township_code", "rule_id"], validate="one_to_one")
            kept = pd.concat([kept, both.assign(world=table * options.worlds + number)], ignore_index=True)
        if options.kept:
            kept.to_csv(options.kept, index=False)
        print(f"table {table}: {time.process_time() - began:.1f} s of processor", flush=True)
    inside = intervals(kept)
    share, error = over_worlds(inside, "holds")
    rows = reliability(kept)
    print(
        f"90 % intervals hold the truth in {100 * share:.1f} % ± {100 * error:.1f} of {len(inside)} ({inside['world'].nunique()} worlds)"
    )
    rows["fine"] = rows["off"].abs() <= np.maximum(0.05, 2 * rows["error"])
    print(rows.round(3).to_string(index=False))
    if options.out:
        title = f"{kept['world'].nunique()} worlds, {len(kept)} verdicts"
        picture(rows, options.out, title=title)
    return int(not (0.85 <= share <= 0.95 and rows["fine"].all()))


if __name__ == "__main__":
    sys.exit(main())
