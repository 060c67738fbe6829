"""What libosmium does for a new area, in a process of its own: list boundaries, and clip an extract to a box.

Reads one order as JSON on stdin and answers as JSON on stdout. A standalone program: it imports nothing of this package.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import osmium


def boundaries(file: str) -> dict[str, Any]:
    """Return every administrative boundary relation, with its polygon as WKB (hex) where it is whole."""
    found: dict[int, dict[str, Any]] = {}
    newest, count = "", 0
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.TagFilter(("boundary", "administrative"))
    for item in osmium.FileProcessor(file).with_areas(wanted):
        if item.is_relation() or item.is_area():
            if item.tags.get("boundary") != "administrative":
                continue
            number = item.orig_id() if item.is_area() else item.id
            if item.is_area() and item.from_way():
                continue
            entry = found.setdefault(number, {"id": number, "names": [], "level": "", "wkb": ""})
            entry["names"] = sorted({tag.v for tag in item.tags if tag.k == "name" or tag.k.startswith("name:")})
            entry["name"] = item.tags.get("name", "")
            entry["level"] = item.tags.get("admin_level", "")
            entry["ref"] = item.tags.get("ref", "")
            if item.is_area():
                entry["wkb"] = factory.create_multipolygon(item)
        elif item.is_way() or item.is_node():
            count += 1
            if count % 50 == 0 or item.is_way():
                newest = max(newest, item.timestamp.strftime("%Y-%m-%d"))
    header = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING).header()
    stamp = header.get("osmosis_replication_timestamp", "")[:10]
    return {"boundaries": list(found.values()), "date": stamp or newest}


def clip(file: str, out: str, box: list[float], level: int) -> dict[str, Any]:
    """Write the ways with a node in the box, whole, the places in it, and the relations that they outline."""
    west, south, east, north = box
    inside: set[int] = set()
    for node in osmium.FileProcessor(file, osmium.osm.NODE):
        where = node.location
        if where.valid() and west <= where.lon <= east and south <= where.lat <= north:
            inside.add(node.id)
    ways: set[int] = set()
    for way in osmium.FileProcessor(file, osmium.osm.WAY):
        if any(ref.ref in inside for ref in way.nodes):
            ways.add(way.id)
    counts = {"nodes": len(inside), "ways": len(ways)}
    with osmium.BackReferenceWriter(out, ref_src=file, overwrite=True, relation_depth=0) as writer:
        for item in osmium.FileProcessor(file):
            if item.is_node() and item.id in inside and len(item.tags):
                writer.add_node(item)
            elif item.is_way() and item.id in ways:
                writer.add_way(item)
            elif item.is_relation() and _wanted(item, ways, inside, level):
                writer.add_relation(item)
    return counts


def _wanted(relation: Any, ways: set[int], inside: set[int], level: int) -> bool:
    kind = relation.tags.get("type", "")
    if kind not in ("multipolygon", "boundary", "site"):
        return False
    if relation.tags.get("boundary") == "administrative":
        text = relation.tags.get("admin_level", "")
        if not text.isdigit() or int(text) < level:
            return False
    return any((m.type == "w" and m.ref in ways) or (m.type == "n" and m.ref in inside) for m in relation.members)


def main() -> None:
    """Carry out one order."""
    order = json.loads(sys.stdin.buffer.read())
    try:
        done = (
            boundaries(order["file"])
            if order["do"] == "boundaries"
            else clip(order["file"], order["out"], order["box"], order["level"])
        )
    except (RuntimeError, OSError, ValueError) as e:
        done = {"error": str(e)}
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main()
