"""The streets of a large extract, block by block, each written to the regions within whose reach it lies.

libosmium filters the file in a process of its own; its text and its array of node places stay on disk. Memory holds
one block of ways, and at the end the nodes of one region: it does not grow with the extract.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.foundation import errors
from circles.foundation.errors import InputError
from circles.foundation.schema.tables import Streets
from circles.inputs.osm.areas import outer, outline
from circles.inputs.osm.child import ordered
from circles.inputs.osm.scan import Dump, Element, Keys, Places, refs_of, scanned
from circles.inputs.osm.streets import KEYS, StreetRows, is_street, streets
from circles.network import passability
from circles.network.noding import lengths

BLOCK_WAYS = 200_000
_SPECIAL = frozenset(" ,=@%\n\r\t")
_E7 = 1e7


@dataclass(frozen=True)
class Block:
    """Some ways in the order of their ids: as the table of streets, and as they stood in the file."""

    ways: list[Element]
    streets: Streets
    places: Places


@dataclass
class Scan:
    """An extract at hand: its squares (relations) and the ways that outline them, its gates, then its ways."""

    dump: Dump
    crs: str
    file: str
    squares: list[Element] = field(default_factory=list)
    outlines: dict[int, Element] = field(default_factory=dict)
    gates: dict[int, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Find what stands behind the ways in the file but is needed with them."""
        for element in self.dump.objects():
            if element.kind == "r" and "highway" in element.tags and element.tags.get("type") == "multipolygon":
                self.squares.append(element)
            elif element.kind == "n" and "barrier" in element.tags:
                x, _, y = element.body.partition(" y")
                self.gates[element.id] = f"n{element.id} v{element.version or 1} dV t T{_tags(element.tags)} x{x} y{y}"
        members = {way for relation in self.squares for way in outer(relation)}
        self.outlines = {way.id: way for way in self.dump.ways(members)}

    def blocks(self, *, size: int = BLOCK_WAYS) -> Iterator[Block]:
        """Yield all streets in the order of way ids, at most ``size`` at once.

        Raises
        ------
        InputError
            The file is not sorted by id.
        """
        square = {way: relation for relation in self.squares for way in outer(relation)}
        extra = sorted((way for way in self.outlines.values() if not is_street(way.tags)), key=_id)
        own = (e for e in self.dump.objects() if e.kind == "w" and is_street(e.tags))
        stream = iter(heapq.merge(own, extra, key=_id))
        last = -(2**63)
        while ways := list(islice(stream, size)):
            rows = StreetRows()
            for way in ways:
                if way.id < last:
                    raise InputError(errors.error("extract-unsorted", self.file, file=self.file))
                last = way.id
                plain = is_street(way.tags)
                rows.add(way, None if plain else {**square[way.id].tags, "area": "yes"})
            places = self.dump.places(rows.refs()[0])
            lines, _ = streets(rows, places, crs=self.crs, file=self.file)
            yield Block(ways, lines, places)


def scan(path: Path, crs: str) -> tuple[Path, Keys, str]:
    """Return what `circles.inputs.osm.scan.scanned` needs to read the streets of an extract."""
    return path, Keys(frozenset({"barrier"}), KEYS, frozenset({"highway"})), crs


@dataclass
class Spool:
    """One region's ways on disk while the extract goes by: ways as text, their nodes' places as an array."""

    folder: Path
    ways: set[int] = field(default_factory=set)
    box: tuple[float, float, float, float] = (math.inf, math.inf, -math.inf, -math.inf)

    def widen(self, shapes: npt.NDArray[np.object_]) -> None:
        """Let the box hold these lines too: what is kept whole may lead far out of reach."""
        west, south, east, north = shapely.total_bounds(shapes)
        a, b, c, d = self.box
        self.box = (min(a, west), min(b, south), max(c, east), max(d, north))

    def add(self, block: Block, rows: Iterable[int]) -> None:
        """Keep the ways of these rows."""
        chosen = [block.ways[row] for row in rows if block.ways[row].id not in self.ways]
        if not chosen:
            return
        self.ways.update(way.id for way in chosen)
        with self._text.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(_way_line(way) for way in chosen)
        refs = np.unique(refs_of([way.body for way in chosen])[0])
        lonlat = block.places.at(refs)
        known = np.isfinite(lonlat[:, 0])
        record = np.column_stack([refs[known], np.round(lonlat[known] * _E7).astype(np.int64)])
        with self._nodes.open("ab") as binary:
            binary.write(np.ascontiguousarray(record).tobytes())

    def close(self, squares: list[Element], gates: dict[int, str], target: Path) -> None:
        """Write the region's own extract: nodes, ways, and the squares of which a way is there."""
        raw = np.fromfile(self._nodes, dtype=np.int64).reshape(-1, 3)
        nodes = raw[np.unique(raw[:, 0], return_index=True)[1]]
        text = self.folder / "region.opl"
        with text.open("w", encoding="utf-8", newline="\n") as file:
            for number, x, y in nodes.tolist():
                gate = gates.get(number)
                file.write(f"{gate}\n" if gate else f"n{number} v1 dV t T x{x / _E7:.7f} y{y / _E7:.7f}\n")
            with self._text.open(encoding="utf-8", newline="\n") as ways:
                file.writelines(ways)
            for relation in squares:
                if self.ways.intersection(outline(relation)):
                    file.write(
                        f"r{relation.id} v{relation.version or 1} dV t T{_tags(relation.tags)} M{relation.body}\n"
                    )
        order = {"do": "osm-merge", "files": [str(text)], "target": str(target)}
        ordered(order, name=target.name, file=text, folder=target.parent)
        for item in (text, self._text, self._nodes):
            item.unlink()

    @property
    def _text(self) -> Path:
        return self.folder / "ways.opl"

    @property
    def _nodes(self) -> Path:
        return self.folder / "nodes.i64"


@dataclass
class PointStream:
    """Points along all residential streets laid end to end, made block by block: those of `homes.street_points`."""

    spacing_m: float
    crs: str
    _end_m: float = 0.0
    _count: int = 0
    _lines: int = 0

    def points(self, lines: Streets) -> gpd.GeoDataFrame:
        """Return the points on the next streets."""
        length = np.where(passability.residential(lines.lines), lengths(lines.offsets, lines.xy), 0.0)
        end = np.cumsum(np.concatenate([[self._end_m], length]))[1:]
        first, step = self.spacing_m / 2, (self.spacing_m / 2 + self.spacing_m) - self.spacing_m / 2
        last = float(end[-1]) if len(end) else self._end_m
        number = np.arange(self._count, max(self._count, int((last - first) // step) + 2))
        at = first + number * step
        at = at[at < last]
        line = np.searchsorted(end, at, side="right")
        whole = shapely.linestrings(
            lines.xy, indices=np.repeat(np.arange(len(lines.lines)), np.diff(lines.offsets))
        )  # fmt: skip
        points = shapely.line_interpolate_point(whole[line], at - (end[line] - length[line]))
        street = lines.lines["street_id"].to_numpy()[line]
        rank = pd.Series(line).groupby(line).cumcount().to_numpy()
        ids = [f"s{s}-{i + self._lines}-{r}" for s, i, r in zip(street, line, rank, strict=True)]
        self._end_m, self._count, self._lines = last, self._count + len(at), self._lines + len(lines.lines)
        frame = pd.DataFrame({"id": ids, "population": 1.0, "township_code": "", "village_code": ""})
        return gpd.GeoDataFrame(frame, geometry=points, crs=self.crs).to_crs("EPSG:4326")


def _id(way: Element) -> int:
    return way.id


def _way_line(way: Element) -> str:
    return f"w{way.id} v{way.version or 1} dV t T{_tags(way.tags)} N{way.body}\n"


def _tags(tags: dict[str, str]) -> str:
    return ",".join(f"{_escaped(key)}={_escaped(value)}" for key, value in tags.items())


def _escaped(text: str) -> str:
    """Return text as OPL writes it: what has a meaning there, and what cannot be seen, as ``%hex%``."""
    if text.isalnum():
        return text
    return "".join(f"%{ord(c):x}%" if c in _SPECIAL or not c.isprintable() else c for c in text)


__all__ = ["BLOCK_WAYS", "Block", "PointStream", "Scan", "Spool", "scan", "scanned"]
