"""Build the embedded demonstration data of Shengsi county from the committed facts.

``python scripts/build_shengsi.py [OUT]`` reads ``data/gis/shengsi/facts`` and ``land.geojson`` and writes the derived
files to OUT (default: the same folder). Nothing is downloaded; the same facts give the same files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shengsi_build import anchors, facilities, people, residents, streets, terrain, townships, write
from shengsi_build.facts import read_facts

SOURCE = Path(__file__).resolve().parents[1] / "data" / "gis" / "shengsi"


def build(source: Path, out: Path) -> dict[str, int]:
    """Write all derived files of the area to ``out``; return what they hold.

    Parameters
    ----------
    source : folder with ``area.toml``, ``land.geojson`` and ``facts/``
    out : folder to write to, made if missing

    Returns
    -------
    Numbers of streets, resident points, facilities and people.
    """
    out.mkdir(parents=True, exist_ok=True)
    facts = read_facts(source)
    settlements = people.places(facts)
    shores = terrain.empty_grid(facts.land)
    grounds = anchors.settle(facts, shores, settlements)
    grid = terrain.build(facts, shores, grounds)
    network = streets.build(facts, grid, settlements, grounds)
    points = residents.build(facts, network.planes, settlements, grounds)
    places = facilities.build(facts, network.planes, settlements, grounds)
    if out.resolve() != source.resolve():
        for name in ("area.toml", "land.geojson"):
            shutil.copyfile(source / name, out / name)
    write.villages(out / "villages.csv", facts)
    write.links(out / "links.csv", facts)
    write.townships(out / "townships.geojson", townships.build(facts))
    write.terrain(out / "dem.tif", grid)
    write.streets(out / "streets.gpkg", network.streets)
    write.residents(out / "residents.csv", points, settlements)
    write.rows(out / "facilities.csv", facilities.COLUMNS, places)
    return {
        "streets": len(network.streets),
        "resident points": len(points),
        "facilities": len(places),
        "people": sum(point.people for point in points),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=SOURCE, help="folder to write to")
    for what, number in build(SOURCE, parser.parse_args().out).items():
        print(f"{what}: {number}")


if __name__ == "__main__":
    main()
