"""OpenStreetMap files, by libosmium: matching objects as text and nodes' places as an array, both written to a folder.

Damaged files can make libosmium end the process it lives in (text with a zero byte, text that is no UTF-8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer


def load() -> None:
    """Import the library, which takes 0.05 s."""
    import osmium  # noqa: F401, PLC0415


def osm_dump(order: dict[str, Any], answer: Answer) -> None:
    """Write the matching objects of ``file`` as OPL to ``text`` and, if asked, every node's place to ``index``.

    ``keys`` gives, for each kind of object wanted, the tag keys of which one must be present (none = all objects);
    ``ids`` the only ids wanted. Sends ``box`` (west, south, east, north or None) and ``is_history`` of the header.
    """
    import osmium  # noqa: PLC0415
    from osmium import osm  # noqa: PLC0415

    bits = {"node": osm.NODE, "way": osm.WAY, "relation": osm.RELATION}
    source = osmium.io.File(order["file"], order["format"])
    with osmium.io.Reader(source, osm.NOTHING) as reader:
        header = reader.header()
    box = header.box()
    found = {
        "box": [box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat]
        if box.valid()
        else None,
        "is_history": header.has_multiple_object_versions,
    }
    handlers: list[Any] = []
    wanted = osm.NOTHING
    if order.get("index"):
        places = osmium.NodeLocationsForWays(osmium.index.create_map(f"sparse_file_array,{order['index']}"))
        places.ignore_errors()
        places.apply_nodes_to_ways = False
        handlers.append(places)
    for kind, keys in order["keys"].items():
        wanted |= bits[kind]
        if keys:
            only = osmium.filter.KeyFilter(*keys)
            only.enable_for(bits[kind])
            handlers.append(only)
    if order.get("ids"):
        handlers.append(osmium.filter.IdFilter(order["ids"]))
    if order.get("index") and "node" not in order["keys"]:
        handlers.append(osmium.filter.EntityFilter(wanted))
        wanted |= osm.NODE
    writer = osmium.SimpleWriter(osmium.io.File(order["text"], "opl,add_metadata=version+timestamp"), overwrite=True)
    with osmium.io.Reader(source, wanted) as reader:
        osmium.apply(reader, *handlers, writer)
    writer.close()
    answer.head(found)


def osm_merge(order: dict[str, Any], answer: Answer) -> None:
    """Write the objects of several ``files`` to ``target``, each once, in order."""
    import osmium  # noqa: PLC0415

    merger = osmium.MergeInputReader()
    for file in order["files"]:
        merger.add_file(file)
    writer = osmium.SimpleWriter(order["target"], overwrite=True)
    merger.apply(writer, simplify=True)
    writer.close()
    answer.head({})
