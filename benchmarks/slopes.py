"""What slopes change: coverage of Monaco and Andorra with and without them, from OpenStreetMap and SRTM.

    python benchmarks/slopes.py [../shared/osm]

For each area, walker and kind of service: the share of points (one each 50 m of residential street) within 15 minutes of
the nearest one, on the flat and with slopes, walking there and walking home; the median of the minutes; and how many
points lose or gain their service. No clock: the figures are the same on every machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

AREAS = {
    "monaco": ("Monaco", "EPSG:32632", "monaco.osm.gz", "N43E007.hgt.zip"),
    "andorra": ("Andorra", "EPSG:32631", "andorra.osm.pbf", "N42E001.hgt.zip"),
}
"""id: name, metric CRS, extract, terrain."""
AREA = """\
[area]
id = "{id}"
name = "{name}"
crs = "{crs}"
as_of = 2014-01-01
[data]
network = "{osm}"
facilities = [{{ osm = "{osm}" }}]
residents = {{ streets = 50 }}
terrain = "{terrain}"
[walk]
limit_min = 15
snap_max_m = 200
direction = "{direction}"
[[categories]]
id = "schools"
name = "schools"
profile = "carer"
osm_tags = {{ amenity = ["school", "kindergarten", "childcare"] }}
[[categories]]
id = "health"
name = "pharmacies, doctors, hospitals"
profile = "elder"
osm_tags = {{ amenity = ["pharmacy", "doctors", "clinic", "hospital"] }}
[[categories]]
id = "sports"
name = "sports"
profile = "adult"
osm_tags = {{ leisure = ["pitch", "playground", "sports_centre", "stadium", "swimming_pool"] }}
"""


def area_of(id_: str, shared: Path, folder: Path, *, direction: str = "to_facility"):
    """Return the area, its files copied into ``folder``."""
    import circles

    name, crs, osm, terrain = AREAS[id_]
    for file in (osm, terrain):
        if not (folder / file).is_file():
            shutil.copy(shared / file, folder)
    text = AREA.format(id=id_, name=name, crs=crs, osm=osm, terrain=terrain, direction=direction)
    file = folder / f"{id_}-{direction}.toml"
    file.write_text(text, encoding="utf-8")
    return circles.load_area(file)


def minutes(walks, category: str, walker) -> np.ndarray:
    """Return each point's minutes to the nearest facility, inf where there is no way."""
    found = walks.to_category(category, walker)
    return np.where(np.isfinite(found.seconds), found.seconds / 60.0, np.inf)


def compared(area):
    """Yield per category: the walks, its id, the walker, minutes on the flat and minutes with slopes."""
    from circles.analysis.access import walks_of
    from circles.inputs.loading import load

    walks = walks_of(load(area))
    for category in area.categories:
        walker = area.walkers[category.profile]
        flat = replace(walker, id=f"{walker.id}-flat", uses_slope=False)
        yield walks, category.id, walker, minutes(walks, category.id, flat), minutes(walks, category.id, walker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shared", type=Path, nargs="?", default=HERE.parents[1] / "shared" / "osm")
    shared = parser.parse_args().shared
    print(
        "| | walking | service | walker | points | within 15 min, flat | with slopes | lose it | gain it |"
        " median min, flat | with slopes |\n|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    notes = []
    for id_ in AREAS:
        with tempfile.TemporaryDirectory() as folder:
            for direction in ("to_facility", "from_facility"):
                area = area_of(id_, shared, Path(folder), direction=direction)
                for found, category, walker, flat, hilly in compared(area):
                    network = found.network
                    limit = area.walk.limit_min + 1e-6 / 60
                    before, after = flat <= limit, hilly <= limit
                    both = np.isfinite(flat)
                    print(
                        f"| {area.name} | {'there' if direction == 'to_facility' else 'home'} | {category} | {walker.id} |"
                        f" {flat.size:,} | {100 * before.mean():.1f} % | {100 * after.mean():.1f} % |"
                        f" {(before & ~after).sum():,} | {(after & ~before).sum():,} |"
                        f" {np.median(flat[both]):.1f} | {np.median(hilly[both]):.1f} |"
                    )
            edges = network.edges
            slope = np.abs(edges["slope"].to_numpy())
            known, length = np.isfinite(slope), edges["length_m"].to_numpy()
            steep = length[known & (slope > 0.08)].sum() / length.sum()
            notes.append(
                f"{area.name}: {length.sum() / 1000:,.0f} km of streets, mean slope"
                f" {100 * np.average(slope[known], weights=length[known]):.1f} %, {100 * steep:.0f} % of them steeper than 8 %"
            )
    print("\n" + "; ".join(notes) + ".")


if __name__ == "__main__":
    main()
