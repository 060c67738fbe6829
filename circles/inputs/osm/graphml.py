"""OSMnx GraphML → streets: each edge once, both ways open, ends meeting at the graph's nodes.

OSMnx writes a walking graph with an edge for each direction, and a simplified one with several OSM values in one
attribute. Edges that are the same line drawn twice are kept once. Of several values the first is taken; where one of
them is ``steps`` the edge counts as steps, since the time must not be understated, and a finding says how many.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.schema.tables import Streets
from circles.inputs.osm.streets import ATTRIBUTES
from circles.inputs.readers import line_values

if TYPE_CHECKING:
    import numpy.typing as npt

_NS = "{http://graphml.graphdrawing.org/xmlns}"
Record = dict[str, str]


def read_graphml(path: str | Path, *, crs: str) -> tuple[Streets, tuple[Finding, ...]]:
    """Read an OSMnx GraphML file as streets in the metric CRS ``crs``.

    ``vertex_id`` are the graph's node ids at the ends; vertices inside an edge meet nothing. ``oneway`` binds vehicles,
    not walkers; ``oneway:foot`` binds walkers.

    Raises
    ------
    InputError
        No GraphML, damaged or hostile XML, nodes without places, edges to unknown nodes, an unknown CRS.
    """
    path = Path(path)
    graph, nodes, edges = _parsed(path)
    if not nodes or not edges:
        raise InputError(errors.error("graphml-empty", path.name))
    numbers = _numbers(nodes)
    xy = _places(nodes, path)
    lines = [_line(edge, xy, path) for edge in edges]
    keep = _once(lines, edges)
    frame, mixed = _frame([edges[i] for i in keep])
    found = [errors.warning("graphml-mixed-values", path.name, n=mixed)] if mixed else []
    counts = np.array([len(lines[i]) for i in keep], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    vertex_id = np.min(list(numbers.values()), initial=0) - 1 - np.arange(offsets[-1])
    vertex_id[offsets[:-1]] = [numbers[edges[i]["source"]] for i in keep]
    vertex_id[offsets[1:] - 1] = [numbers[edges[i]["target"]] for i in keep]
    metric = _projected(np.concatenate([lines[i] for i in keep]), graph.get("crs", "EPSG:4326"), crs, path)
    return Streets(frame, offsets, metric, vertex_id.astype(np.int64), is_noded=True), tuple(found)


def _parsed(path: Path) -> tuple[Record, dict[str, Record], list[Record]]:
    """Return the graph's own attributes, nodes by id, and edges with ``source`` and ``target``."""
    keys: Record = {}
    graph: Record = {}
    nodes: dict[str, Record] = {}
    edges: list[Record] = []
    try:
        items = iterparse(str(path), events=("start", "end"), forbid_dtd=True)
        _, root = next(items)
        for event, item in items if root.tag == f"{_NS}graphml" else ():
            if event == "start":
                continue
            tag, own = item.tag.removeprefix(_NS), dict(item.attrib)
            if tag == "key":
                keys[own.get("id", "")] = own.get("attr.name", "")
            elif tag == "node":
                nodes[own.get("id", "")] = _data(item, keys)
            elif tag == "edge":
                edges.append(_data(item, keys) | {"source": own.get("source", ""), "target": own.get("target", "")})
            elif tag == "graph":
                graph = _data(item, keys)
    except OSError as e:
        raise InputError(errors.error("osm-unreadable", path.name, detail=e.strerror or str(e))) from e
    except (ParseError, DefusedXmlException, ValueError, LookupError, StopIteration) as e:
        raise InputError(errors.error("graphml-broken", path.name, detail=str(e)[:200])) from e
    return graph, nodes, edges


def _data(item: Any, keys: Record) -> Record:
    """Return the attributes of an element by name, and free what it holds."""
    found = {keys.get(data.get("key", ""), ""): data.text or "" for data in item.findall(f"{_NS}data")}
    item.clear()
    return found


def _numbers(nodes: dict[str, Record]) -> dict[str, int]:
    """Return a number per node: its own where all are integers, else the order."""
    try:
        own = {key: int(key) for key in nodes}
    except ValueError:
        own = {}
    fits = len(own) == len(set(own.values())) == len(nodes) and all(abs(number) < 2**62 for number in own.values())
    return own if fits else {key: order for order, key in enumerate(nodes)}


def _places(nodes: dict[str, Record], path: Path) -> dict[str, tuple[float, float]]:
    xy, bad = {}, []
    for key, data in nodes.items():
        try:
            place = float(data["x"]), float(data["y"])
        except (KeyError, ValueError):
            place = (float("nan"), float("nan"))
        if not np.isfinite(place).all():
            bad.append(errors.error("graphml-node-nowhere", path.name, id=key))
        xy[key] = place
    if bad:
        raise InputError(bad[:100])
    return xy


def _line(edge: Record, xy: dict[str, tuple[float, float]], path: Path) -> npt.NDArray[np.float64]:
    """Return the vertices of an edge, from its source to its target."""
    tail, head = edge["source"], edge["target"]
    if tail not in xy or head not in xy:
        raise InputError(errors.error("graphml-edge-nowhere", path.name, id=f"{tail} – {head}"))
    inner = np.empty((0, 2))
    if edge.get("geometry"):
        try:
            shape = shapely.from_wkt(edge["geometry"])
        except shapely.errors.GEOSException:
            shape = None
        if shape is None or shape.geom_type != "LineString" or not np.isfinite(shapely.get_coordinates(shape)).all():
            raise InputError(errors.error("graphml-edge-geometry", path.name, id=f"{tail} – {head}"))
        inner = shapely.get_coordinates(shape)
        if np.hypot(*(inner[0] - xy[tail])) > np.hypot(*(inner[-1] - xy[tail])):
            inner = inner[::-1]
        inner = inner[1:-1]
    return np.vstack([xy[tail], inner, xy[head]])


def _once(lines: list[npt.NDArray[np.float64]], edges: list[Record]) -> list[int]:
    """Return the edges to keep: of those that are one line, whatever the direction, the first."""
    seen: dict[tuple[str, bytes], int] = {}
    for i, line in enumerate(lines):
        rounded = np.round(line, 7) + 0.0
        key = (_first(edges[i].get("osmid", "")), min(rounded.tobytes(), rounded[::-1].tobytes()))
        seen.setdefault(key, i)
    return list(seen.values())


def _first(text: str) -> str:
    return line_values.listed(text)[0]


def _frame(edges: list[Record]) -> tuple[pd.DataFrame, int]:
    ids = [_first(edge.get("osmid", "")) for edge in edges]
    numbers = [int(i) if i.lstrip("-").isdigit() and len(i) < 19 else order for order, i in enumerate(ids)]
    data: dict[str, Any] = {"street_id": np.array(numbers, dtype=np.int64)}
    for column, key in ATTRIBUTES.items():
        of_cell = line_values.highway if column == "highway" else _first
        cells = ["" if (text := edge.get(key, "")) in ("", "nan", "None") else of_cell(text) for edge in edges]
        data[column] = pd.array(cells, dtype="str")
    mixed = sum(len(set(line_values.highways(edge.get("highway", "")))) > 1 for edge in edges)
    return pd.DataFrame(data).assign(source="openstreetmap"), mixed


def _projected(xy: npt.NDArray[np.float64], given: str, crs: str, path: Path) -> npt.NDArray[np.float64]:
    try:
        transformer = Transformer.from_crs(CRS.from_user_input(given), crs, always_xy=True)
    except CRSError as e:
        raise InputError(errors.error("graphml-crs", path.name, value=given[:80])) from e
    metric = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    if not np.isfinite(metric).all():
        raise InputError(errors.error("graphml-crs", path.name, value=given[:80]))
    return np.asarray(metric, dtype=np.float64)
