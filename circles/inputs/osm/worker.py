"""Runs libosmium in a process of its own: ``python osm_worker.py`` with one order as JSON on its standard input.

Damaged files can make libosmium end the process it lives in (text with a zero byte, text that is no UTF-8). Here that
ends only this child, and the parent reports a damaged file. The child imports nothing but osmium, which takes 0.05 s.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

Order = dict[str, Any]


def dump(order: Order) -> dict[str, Any]:
    """Write the matching objects of ``file`` as OPL to ``text`` and, if asked, every node's place to ``index``.

    ``keys`` gives, for each kind of object wanted, the tag keys of which one must be present (none = all objects);
    ``ids`` the only ids wanted. Returns ``box`` (west, south, east, north or None) and ``is_history`` of the header.
    """
    import osmium  # noqa: PLC0415 - the module can be imported where libosmium is missing
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
    return found


def merge(order: Order) -> dict[str, Any]:
    """Write the objects of several ``files`` to ``target``, each once, in order."""
    import osmium  # noqa: PLC0415

    merger = osmium.MergeInputReader()
    for file in order["files"]:
        merger.add_file(file)
    writer = osmium.SimpleWriter(order["target"], overwrite=True)
    merger.apply(writer, simplify=True)
    writer.close()
    return {}


def main() -> None:
    """Carry out one order and print its result, or ``{"error": …}``; leave without taking anything apart."""
    order = json.load(sys.stdin)
    try:
        result = {"dump": dump, "merge": merge}[order["do"]](order)
    except Exception as e:  # noqa: BLE001 - whatever libosmium raises is told to the parent
        result = {"error": str(e)[:200] or type(e).__name__}
    sys.stdout.buffer.write(json.dumps(result).encode())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
