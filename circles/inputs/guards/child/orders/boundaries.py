"""Administrative boundaries of OpenStreetMap files, and the part of a file within a box, by libosmium."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer


_EDITED_BYTES = 50_000_000
"""A file that an editor saved is smaller; one of a provider holds only what was uploaded."""


def load() -> None:
    """Import the library, which takes 0.05 s."""
    import osmium  # noqa: F401, PLC0415


def osm_boundaries(order: dict[str, Any], answer: Answer) -> None:
    """Send every administrative boundary relation of ``file``, its polygon as WKB (hex) where it is whole, and the data's date.

    Of a file in which ways have negative numbers only their count is sent: clipping would leave them out.
    """
    import osmium  # noqa: PLC0415

    file = order["file"]
    negative = _negative(file)
    if negative:
        answer.head({"negative": negative})
        return
    found: dict[int, dict[str, Any]] = {}
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.TagFilter(("boundary", "administrative"))
    # filtered in compiled code: most of a file is nodes without a tag
    for item in osmium.FileProcessor(file).with_areas(wanted).with_filter(osmium.filter.KeyFilter("boundary")):
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
    header = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING).header()
    stamp = header.get("osmosis_replication_timestamp", "")[:10]
    answer.head({"boundaries": list(found.values()), "date": stamp or _newest(file)})


def _newest(file: str) -> str:
    """Return the day of the newest way or fiftieth object, for a file that does not say of which day it is."""
    import osmium  # noqa: PLC0415

    newest = ""
    for count, item in enumerate(osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY), 1):
        if count % 50 == 0 or item.is_way():
            newest = max(newest, item.timestamp.strftime("%Y-%m-%d"))
    return newest


def osm_clip(order: dict[str, Any], answer: Answer) -> None:
    """Write to ``out`` the ways with a node in ``box``, whole, the places in it, and the relations that they outline.

    Administrative boundaries above ``level`` are left out; what is there only as a part of something loses its tags.
    Sends the counts of nodes and ways.
    """
    import osmium  # noqa: PLC0415
    from osmium import osm  # noqa: PLC0415

    file, folder = order["file"], Path(order["out"]).parent  # the only folder in which this process may write
    bare_nodes = osmium.filter.EmptyTagFilter().enable_for(osm.NODE)
    inside, ways, relations = _inside(file, folder / "nodes.bin", order["box"]), set(), set()
    tracked = osmium.IdTracker()
    for number in inside:
        tracked.add_node(number)
    needed = osmium.IdTracker()
    for node in osmium.FileProcessor(file, osm.NODE).with_filter(bare_nodes):
        if node.id in inside:
            needed.add_node(node.id)
    for way in osmium.FileProcessor(file, osm.WAY).with_filter(tracked.contains_filter()):
        ways.add(way.id)
        needed.add_way(way.id)
    for relation in osmium.FileProcessor(file, osm.RELATION):
        if _is_wanted(relation, ways, inside, order["level"]):
            relations.add(relation.id)
            needed.add_relation(relation.id)
            needed.add_references(relation)
    needed.complete_backward_references(file)
    whole = folder / "whole.osm.pbf"
    plain = osmium.io.File(str(whole), "pbf,pbf_compression=none")
    with osmium.SimpleWriter(plain, overwrite=True) as writer, osmium.io.Reader(file) as reader:
        osmium.apply(reader, needed.id_filter(), writer)
    with osmium.SimpleWriter(order["out"], overwrite=True) as writer:
        own = {"n": inside, "w": ways, "r": relations}
        bare = osmium.filter.EmptyTagFilter()  # written as they stand, by compiled code
        for item in osmium.FileProcessor(plain).with_filter(bare).handler_for_filtered(writer):
            writer.add(item if item.id in own[item.type_str()] else item.replace(tags={}))
    whole.unlink()
    answer.head({"nodes": len(inside), "ways": len(ways)})


def _negative(file: str) -> int:
    """Return how many ways have a negative number, as editors give to what they have not uploaded; large files are not asked."""
    import osmium  # noqa: PLC0415

    if Path(file).stat().st_size > _EDITED_BYTES:
        return 0
    return sum(way.id < 0 for way in osmium.FileProcessor(file, osmium.osm.WAY))


def _inside(file: str, index: Path, box: list[float]) -> set[int]:
    """Return the nodes of a file in a box (west, south, east, north); ``index`` is written meanwhile."""
    import numpy as np  # noqa: PLC0415
    import osmium  # noqa: PLC0415

    places = osmium.NodeLocationsForWays(osmium.index.create_map(f"sparse_file_array,{index}"))
    places.ignore_errors()
    with osmium.io.Reader(file, osmium.osm.NODE) as reader:
        osmium.apply(reader, places)
    del places
    nodes = np.fromfile(index, np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")]))
    index.unlink()
    low, high = np.ceil(np.array(box).reshape(2, 2) * 1e7)[0], np.floor(np.array(box).reshape(2, 2) * 1e7)[1]
    within = (nodes["x"] >= low[0]) & (nodes["x"] <= high[0]) & (nodes["y"] >= low[1]) & (nodes["y"] <= high[1])
    return set(nodes["id"][within].tolist())


def _is_wanted(relation: Any, ways: set[int], inside: set[int], level: int) -> bool:
    kind = relation.tags.get("type", "")
    if kind not in ("multipolygon", "boundary", "site"):
        return False
    if relation.tags.get("boundary") == "administrative":
        text = relation.tags.get("admin_level", "")
        if not text.isdigit() or int(text) < level:
            return False
    return any((m.type == "w" and m.ref in ways) or (m.type == "n" and m.ref in inside) for m in relation.members)
