"""A file format as a value: its endings, what a file of it can hold, and who reads it in which form.

Each reader registers the formats it reads as ``FORMATS``; :mod:`circles.inputs.dispatch` gathers them and alone says
which reader takes which file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import geopandas as gpd

from circles.area import PlacesFile
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import Streets

Kind = Literal[
    "facilities", "residents", "villages", "townships", "land", "network", "terrain", "osm", "boats", "piers", "gtfs"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TABLES: tuple[Kind, ...] = ("facilities", "residents", "villages")
"""What a table of rows can hold."""
SAILINGS: tuple[Kind, ...] = ("boats", "piers")
"""What a table of rows can hold beside: a timetable and its piers."""
FEATURES: tuple[Kind, ...] = (*TABLES, "townships", "land", "network")
"""What a file of geographic features can hold."""

PACKED = (".gz", ".zst", ".zip")
"""Endings behind which another one names what is compressed: .csv.gz, .shp.zip."""

GridReader = Callable[[Path, PlacesFile], tuple[list[list[str]], list[Finding]]]
"""File and its entry → the cells of every row as text."""
FeatureReader = Callable[..., tuple[gpd.GeoDataFrame, tuple[Finding, ...]]]
"""File, its name for findings, a layer (and ``encoding`` where the format does not fix it) → features with their CRS."""
StreetReader = Callable[[Path, str, str | None], tuple[Streets, tuple[Finding, ...]]]
"""File, metric CRS wanted, a layer → streets."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One file format; exactly the forms in which it can be read have a reader.

    Attributes
    ----------
    name : for people who read code
    endings : of a file's name, in small letters; compared without regard to case
    kinds : what a file of this format can hold, likeliest first
    grid, features, streets : readers of its rows of cells, its geographic features, or the streets of a network
    companions : endings of the files beside it that belong to it
    is_encoded : the format does not fix the encoding of its text: one may be declared
    """

    name: str
    endings: tuple[str, ...]
    kinds: tuple[Kind, ...]
    grid: GridReader | None = None
    features: FeatureReader | None = None
    streets: StreetReader | None = None
    companions: tuple[str, ...] = ()
    is_encoded: bool = False


def match(file: str | Path, formats: Iterable[Format]) -> Format | None:
    """Return the format that a file's name ends in, in capital or small letters; the longest ending wins."""
    name = Path(file).name.lower()
    packed = next((ending for ending in PACKED if name.endswith(ending)), "")
    inner = name.removesuffix(packed)
    hits = [(len(ending), each) for each in formats for ending in each.endings if name.endswith(ending)]
    if packed:  # .csv.gz is longer than .gz, and .shp.zip than .zip
        own = [(len(ending), each) for each in formats for ending in each.endings if inner.endswith(ending)]
        hits += [(length + len(packed), each) for length, each in own]
    return max(hits, key=lambda hit: hit[0])[1] if hits else None


def endings(formats: Iterable[Format]) -> tuple[str, ...]:
    """Return the endings of all formats, in their order."""
    return tuple(ending for each in formats for ending in each.endings)


_WAYS = {
    ".o5m": "osmium cat {name} -o {stem}.osm.pbf", ".o5c": "osmium cat {name} -o {stem}.osc.gz",
    ".gdb": "ogr2ogr {stem}.gpkg {name}", ".gml": "ogr2ogr {stem}.gpkg {name}", ".topojson": "ogr2ogr {stem}.gpkg {name}",
    ".dgn": "ogr2ogr {stem}.gpkg {name}", ".dwg": "dwg2dxf {name}; ogr2ogr {stem}.gpkg {stem}.dxf",
    ".mdb": "ogr2ogr {stem}.gpkg {name}", ".sqlite": "ogr2ogr {stem}.gpkg {name}", ".vct": "ogr2ogr {stem}.gpkg {name}",
    ".numbers": "soffice --convert-to xlsx {name}", ".docx": "soffice --convert-to csv {name}",
    ".wps": "soffice --convert-to docx {name}", ".e00": "ogr2ogr {stem}.gpkg {name}",
}  # fmt: skip


def way_out(file: str | Path) -> str:
    """Return the command that makes a file of a known format out of this one, '' where none is known."""
    path = Path(file)
    command = _WAYS.get(path.suffix.lower(), "")
    return "；" + command.format(name=path.name, stem=path.stem) if command else ""
