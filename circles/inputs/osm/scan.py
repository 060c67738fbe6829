"""Reading the raw objects of an OpenStreetMap file: one pass in compiled code, then text and arrays.

Making a Python object of every node, way and tag is what makes readers slow. Here libosmium itself, in a process of its
own, filters the file and writes what is left into a temporary folder: the matching objects as OPL text (one object a line), the places of
all nodes as an array of 16-byte records. Python then reads lines and numpy reads the array in blocks, so that memory
grows with what is kept, never with the file.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from circles.foundation import errors
from circles.foundation.errors import Finding, InputError
from circles.foundation.types import F64, I64
from circles.inputs.osm.child import ordered
from circles.inputs.osm.open import Source, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


Box = tuple[float, float, float, float]

_NODE_RECORD = np.dtype([("id", "<u8"), ("x", "<i4"), ("y", "<i4")])
_UNDEFINED = 2147483647
_BODY = {"n": " x", "w": " N", "r": " M"}
_WORLD = np.array([180.0, 90.0])
_BLOCK = 4_000_000


class Keys(NamedTuple):
    """Which tag keys make an object worth keeping, by kind of object; none = no object of the kind."""

    node: frozenset[str]
    way: frozenset[str]
    relation: frozenset[str]


class Element(NamedTuple):
    """A node, way or relation. ``body`` is its last fields as OPL writes them: refs, members, or ``x y<y>``."""

    kind: str
    id: int
    version: int
    updated_on: str
    tags: dict[str, str]
    body: str


@dataclass(frozen=True)
class Places:
    """Where the asked nodes are.

    Attributes
    ----------
    id : (n,) int64, sorted, unique: the ids asked for
    lonlat : (n, 2) float64 degrees; NaN where the file lacks the node
    twice : ids that the file holds more than once at different places
    """

    id: I64
    lonlat: F64
    twice: I64

    def at(self, refs: I64) -> F64:
        """Return (m, 2) degrees of ``refs``, all of which were asked for."""
        return self.lonlat[np.searchsorted(self.id, refs)]


class Dump:
    """What one pass over a file left in a temporary folder."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._text = folder / "objects.opl"
        self._index = folder / "nodes.bin"
        self.box: Box | None = None
        """The extract's box in degrees as its header states it: west, south, east, north."""

    def run(self, keys: Keys) -> None:
        """Filter the file once: matching objects to text, every node's place to the array.

        Raises
        ------
        InputError
            The file is a history file, or cannot be read.
        """
        header = self._dump(
            self._text,
            {kind: sorted(names) for kind, names in keys._asdict().items() if names},
            index=str(self._index),
        )
        if header["is_history"]:
            raise InputError(errors.error("osm-history-file", self._source.name))
        self.box = self._source.box or (tuple(header["box"]) if header["box"] else None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was taken out of the file before it was read."""
        return self._source.findings

    def ways(self, ids: Iterable[int]) -> Iterator[Element]:
        """Return the ways of these ids, whatever their tags (a second pass; none when ``ids`` is empty)."""
        numbers = sorted(set(ids))
        if not numbers:
            return
        if numbers[0] < 0:
            yield from (e for e in self._all("way") if e.id in set(numbers))
            return
        text = self._folder / "members.opl"
        self._dump(text, {"way": []}, ids=numbers)
        yield from elements(text)

    def objects(self) -> Iterator[Element]:
        """Return the matching objects in file order."""
        return elements(self._text)

    def places(self, refs: I64) -> Places:
        """Return where the nodes ``refs`` (any order, repeated) are."""
        ids = sorted_unique(refs)
        xy = np.full((len(ids), 2), _UNDEFINED, dtype=np.int32)
        twice: list[I64] = []
        count = self._index.stat().st_size // _NODE_RECORD.itemsize if self._index.is_file() else 0
        for start in range(0, count, _BLOCK):
            block = np.fromfile(
                self._index, _NODE_RECORD, min(_BLOCK, count - start), offset=start * _NODE_RECORD.itemsize
            )
            twice.append(_fill(xy, ids, block[block["x"] != _UNDEFINED]))
        if len(ids) and ids[0] < 0:  # editors number unsaved objects downwards; the array has no place for them
            negative = [(e.id, *lonlat_e7(e.body)) for e in self._all("node") if e.id < 0]
            block = np.array([(-i, x, y) for i, x, y in negative if x != _UNDEFINED], dtype=_NODE_RECORD)
            low = int(np.searchsorted(ids, 0))
            flipped = np.ascontiguousarray(xy[:low][::-1])
            twice.append(-_fill(flipped, -ids[:low][::-1], block))
            xy[:low] = flipped[::-1]
        lonlat = np.where(xy == _UNDEFINED, np.nan, xy / 1e7)
        lonlat[(np.abs(lonlat) > _WORLD).any(axis=1)] = np.nan
        return Places(ids, lonlat, np.unique(np.concatenate([*twice, np.empty(0, np.int64)])))

    def _all(self, kind: str) -> Iterator[Element]:
        text = self._folder / f"{kind}.opl"
        if not text.exists():
            self._dump(text, {kind: []})
        return elements(text)

    def _dump(self, text: Path, keys: dict[str, list[str]], **more: Any) -> dict[str, Any]:
        file = self._source.path
        order = {"do": "osm-dump", "format": self._source.format, "text": str(text), "keys": keys}
        return ordered(order | more, name=self._source.name, file=file, folder=self._folder)


@contextmanager
def scanned(path: Path, keys: Keys) -> Iterator[Dump]:
    """Scan a file once for the objects that carry one of ``keys``.

    Raises
    ------
    InputError
        The file is no OpenStreetMap file, is cut off or corrupt, unfolds to far more than it could honestly hold, or
        holds several versions of its objects.
    """
    with opened(path) as source, tempfile.TemporaryDirectory(prefix="circles-", ignore_cleanup_errors=True) as folder:
        dump = Dump(source, Path(folder))
        dump.run(keys)
        try:
            yield dump
        except InputError:
            raise
        except (ValueError, OverflowError) as e:  # text of damaged objects, which libosmium passed on
            raise InputError(errors.error("osm-broken-file", source.name, detail=str(e)[:200])) from e


def elements(text: Path) -> Iterator[Element]:
    """Read OPL lines as libosmium writes them: ``w1 v2 dV t2018-08-27T20:14:02Z Tkey=value,… Nn1,n2``."""
    with text.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            head, _, rest = line.partition(" T")
            number, version, state, stamp = head.split(" ")
            if state == "dD":
                continue
            tags, _, body = rest[:-1].partition(_BODY[line[0]])
            yield Element(line[0], int(number[1:]), int(version[1:] or 0), stamp[1:11], _tags(tags), body)


def refs_of(bodies: list[str]) -> tuple[I64, I64]:
    """Return the node refs of several ways, concatenated, and how many each has."""
    counts = np.array([body.count("n") for body in bodies], dtype=np.int64)
    all_refs = ",".join(body for body in bodies if body).replace("n", "")
    refs = np.fromstring(all_refs, dtype=np.int64, sep=",") if all_refs else np.empty(0, np.int64)
    return refs, counts


def sorted_unique(ids: I64) -> I64:
    """Return the distinct ids in order (faster than ``np.unique`` on ids that are nearly sorted)."""
    ids = np.sort(ids, kind="stable")
    fresh = np.ones(len(ids), dtype=bool)
    fresh[1:] = ids[1:] != ids[:-1]
    return ids[fresh]


def members_of(body: str) -> list[tuple[str, int, str]]:
    """Return a relation's members: kind (n, w, r), id, role."""
    found = []
    for item in body.split(",") if body else []:
        head, _, role = item.partition("@")
        found.append((head[0], int(head[1:]), unescape(role)))
    return found


def lonlat_of(body: str) -> tuple[float, float]:
    """Return a node's longitude and latitude; NaN where it has none on the Earth."""
    x, y = lonlat_e7(body)
    is_on_earth = abs(x) <= _WORLD[0] * 1e7 and abs(y) <= _WORLD[1] * 1e7
    return (x / 1e7, y / 1e7) if is_on_earth else (float("nan"), float("nan"))


def lonlat_e7(body: str) -> tuple[int, int]:
    """Return a node's longitude and latitude as OSM stores them, in 1e-7 degrees."""
    x, _, y = body.partition(" y")
    return (round(float(x) * 1e7), round(float(y) * 1e7)) if x and y else (_UNDEFINED, _UNDEFINED)


def unescape(text: str) -> str:
    """Undo OPL's ``%hex%`` escapes; every ``%`` is the beginning or end of one."""
    if "%" not in text:
        return text
    parts = text.split("%")
    parts[1::2] = [_character(int(code, 16)) for code in parts[1::2]]
    return "".join(parts)


def _character(number: int) -> str:
    """Return the character, and the replacement character for what damaged text may hold instead of one."""
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"


def _tags(text: str) -> dict[str, str]:
    if "%" in text:
        pairs = [item.split("=") for item in text.split(",")]
        return {unescape(key): unescape(value) for key, value in pairs}
    return dict([item.split("=") for item in text.split(",")]) if text else {}


def _fill(xy: npt.NDArray[np.int32], ids: I64, block: npt.NDArray[np.void]) -> I64:
    """Write the block's places of ``ids`` into ``xy``; return the ids met twice at different places."""
    if not len(block) or not len(ids):
        return np.empty(0, np.int64)
    if not (block["id"][1:] >= block["id"][:-1]).all():
        block = block[np.argsort(block["id"], kind="stable")]
    known = block["id"].astype(np.int64)
    places = np.column_stack([block["x"], block["y"]])
    low, high = np.searchsorted(ids, [known[0], known[-1] + 1])
    asked = np.arange(low, high)
    first = np.searchsorted(known, ids[asked])
    asked, first = asked[known[first] == ids[asked]], first[known[first] == ids[asked]]
    again = np.searchsorted(known, ids[asked], side="right") - 1
    twice = (places[first] != places[again]).any(axis=1)
    filled = xy[asked, 0] != _UNDEFINED
    twice |= filled & (xy[asked] != places[first]).any(axis=1)
    xy[asked[~filled]] = places[first[~filled]]
    return np.asarray(ids[asked[twice]], dtype=np.int64)
