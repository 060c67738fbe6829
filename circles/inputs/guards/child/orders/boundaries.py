"""Administrative boundaries of OpenStreetMap files, and the part of a file within a box, by libosmium."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer


def load() -> None:
    """Import the library, which takes 0.05 s."""
    import osmium  # noqa: F401, PLC0415


def osm_boundaries(order: dict[str, Any], answer: Answer) -> None:
    """Send every administrative boundary relation of ``file``, its polygon as WKB (hex) where it is whole, and the data's date."""
    import osmium  # noqa: PLC0415

    file = order["file"]
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
                with contextlib.suppress(RuntimeError):  # rings cut off by the file's edge: a boundary without a shape
                    entry["wkb"] = factory.create_multipolygon(item)
        elif item.is_way() or item.is_node():
            count += 1
            if count % 50 == 0 or item.is_way():
                newest = max(newest, item.timestamp.strftime("%Y-%m-%d"))
    header = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING).header()
    stamp = header.get("osmosis_replication_timestamp", "")[:10]
    answer.head({"boundaries": list(found.values()), "date": stamp or newest})


def osm_clip(order: dict[str, Any], answer: Answer) -> None:
    """Write to ``out`` the ways with a node in ``box``, whole, the places in it, and the relations that they outline.

    Administrative boundaries above ``level`` are left out. Sends the counts of nodes and ways.
    """
    import osmium  # noqa: PLC0415

    file, (west, south, east, north) = order["file"], order["box"]
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
    tempfile.tempdir = str(Path(order["out"]).parent)  # the only folder in which this process may write
    with osmium.BackReferenceWriter(order["out"], ref_src=file, overwrite=True, relation_depth=0) as writer:
        bare_nodes = osmium.filter.EmptyTagFilter().enable_for(osmium.osm.NODE)  # sorted out before they cost anything
        for item in osmium.FileProcessor(file).with_filter(bare_nodes):
            if item.is_node() and item.id in inside:
                writer.add_node(item)
            elif item.is_way() and item.id in ways:
                writer.add_way(item)
            elif item.is_relation() and _is_wanted(item, ways, inside, order["level"]):
                writer.add_relation(item)
    answer.head(counts)


def _is_wanted(relation: Any, ways: set[int], inside: set[int], level: int) -> bool:
    kind = relation.tags.get("type", "")
    if kind not in ("multipolygon", "boundary", "site"):
        return False
    if relation.tags.get("boundary") == "administrative":
        text = relation.tags.get("admin_level", "")
        if not text.isdigit() or int(text) < level:
            return False
    return any((m.type == "w" and m.ref in ways) or (m.type == "n" and m.ref in inside) for m in relation.members)
