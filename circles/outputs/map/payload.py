"""Everything the page shows, as plain JSON: the numbers of the tables, and no others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.coverage import groups
from circles.analysis.results import Tables
from circles.area import Area, OsmFile, OsmPlace
from circles.foundation import words
from circles.foundation.crs import WGS84, projected
from circles.foundation.schema.tables import Reason
from circles.foundation.types import F64, I64
from circles.foundation.words import Lang
from circles.outputs.headline import first_screen
from circles.outputs.map import finding, frames, lists, shapes, sureness, times, verdicts, walked
from circles.outputs.osm_names import readable

SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "star", "hexagon", "cross")
COLOURS = ("#6A3D9A", "#B2182B", "#08519C", "#5D4037", "#00695C", "#AD1457", "#37474F", "#827717")
REASONS = tuple(Reason)
_FACILITY_TEXT = (
    "id", "name", "kind", "island", "status", "service_mode", "opened_on", "opening_hours", "updated_on", "reported_by",
    "source", "position", "reason",
)  # fmt: skip
_FACILITY_NUMBER = ("capacity", "position_accuracy_m", "leg_m")
_GROUPS_COLUMNS = ("population", "covered", "share", "limit_min")
_TILES = (
    "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILECOL={x}&TILEROW={y}&TILEMATRIX={z}&tk={key}"
)
_EXACT = 2.0**53
"""Below this every whole number has a float64 of its own."""
_TOLERANCE = 2e-5
_MANY = 60_000
"""Vertices above which what is only drawn is simplified to about two metres."""


def payload(tables: Tables, lang: Lang) -> dict[str, Any]:
    """Return the page's data: texts, tables as columns, geometry packed; of the search index only the names.

    NumPy arrays reach the page as typed arrays, everything else as JSON (:mod:`circles.outputs.map.form`).
    """
    area = tables.area
    townships = _strings(tables.townships, "code")
    categories = [c.id for c in area.categories]
    places = readable(tables.facilities, lang)
    facilities = _strings(places, "id")
    islands, streets = _islands(tables), _streets(tables)
    return {
        "lang": lang,
        "words": _words(lang),
        "area": _area(tables, lang),
        "categories": [_category(area, i, lang) for i in range(len(categories))],
        "townships": _townships(tables, lang),
        "islands": islands,
        "villages": _villages(tables),
        "land": shapes.pack(tables.land.geometry, tolerance=_tolerance(tables.land.geometry)),
        "streets": streets,
        "serviceAreas": _service_areas(tables, categories, facilities),
        "gaps": _gaps(tables, categories, townships),
        "facilities": _facilities(tables, places, categories, townships),
        "residents": _residents(tables, categories, townships, facilities),
        "coverage": [
            _coverage(tables.coverage, "township", categories),
            _coverage(tables.coverage_by_island, "island", categories),
            _coverage(tables.coverage_by_village, "village", categories),
            _coverage(tables.coverage_variants, "variant", categories),
        ],
        "verdicts": verdicts.table(tables, lang),
        "statement": first_screen(tables, lang),
        "missing": lists.missing(tables, lang),
        "known": lists.known(tables, lang),
        "frames": frames.frames(tables),
        "search": finding.names(tables, places["name"], islands["name"], streets["name"]["values"]),
        "walked": None if tables.places is None else walked.walked(tables.places),
        **times.layers(tables),
        **sureness.layers(tables),
    }


def _words(lang: Lang) -> dict[str, str]:
    entries = words.catalogue("statement") | words.catalogue("atlas")
    return {key: entry[lang] for key, entry in entries.items()} | _measure_words(lang)


def _measure_words(lang: Lang) -> dict[str, str]:
    """Return the words of the rule measures, under the names by which the page asks for them."""
    parts: tuple[Literal["unit_", "short_"], ...] = ("unit_", "short_")
    names = {f"measure_{key}": words.measure(key, lang) for key in words.catalogue("measures")}
    names = {key: name[:1].upper() + name[1:] for key, name in names.items()}
    return names | {part + key: words.measure(key, lang, part) for part in parts for key in words.catalogue("measures")}


def _area(tables: Tables, lang: Lang) -> dict[str, Any]:
    area = tables.area
    points = area.counts_points
    return {
        "id": area.id,
        "name": area.name,
        "asOf": area.as_of.isoformat(),
        "demonstration": area.demonstration,
        "limit": area.walk.limit_min,
        "breaks": list(area.walk.breaks_min),
        "horizon": area.horizon_min,
        "boundaries": area.map.boundaries,
        "review": area.map.review_number,
        "crs": area.crs,
        "walking": _walking(area),
        "run": str(tables.run.get("run_id", "")),
        "version": str(tables.run.get("version", "")),
        "unit": words.text("atlas.points" if points else "atlas.people", lang),
        "credits": _credits(tables),
        "bounds": _whole(tables),
        **({"tianditu": area.map.tianditu_key, "tiles": _TILES} if area.map.tianditu_key else {}),
    }


def _walking(area: Area) -> dict[str, Any]:
    """Return what two runs must share for their minutes to be compared."""
    return {
        "crs": area.crs,
        "walk": {
            "limit_min": area.walk.limit_min,
            "snap_max_m": area.walk.snap_max_m,
            "direction": str(area.walk.direction),
        },
        "categories": {c.id: {"profile": c.profile} for c in area.categories},
        "walkers": {
            c.profile: {
                "speed_m_per_s": area.walker(c.id).speed_m_per_s,
                "steps_m_per_s": area.walker(c.id).steps_m_per_s,
                "uses_slope": area.walker(c.id).uses_slope,
            }
            for c in area.categories
        },
    }


def _whole(tables: Tables) -> list[float]:
    """Return what the page shows at first: where people and facilities are, else the land."""
    for frame in (tables.residents, tables.facilities, tables.land, tables.streets):
        if len(frame) and np.isfinite(frame.total_bounds).all():
            return [round(float(v), 5) for v in frame.total_bounds]
    return [-180.0, -60.0, 180.0, 60.0]


def _credits(tables: Tables) -> list[str]:
    """Return the credits that sources demand: those that files carry, and OpenStreetMap's where it is a source."""
    area, found = tables.area, set[str]()
    names = [area.data.network, area.data.land, area.data.townships, *area.data.facilities]
    uses_osm = any(isinstance(item, OsmFile | OsmPlace) for item in names)
    for item in names:
        if isinstance(item, str) and item.endswith((".geojson", ".json")) and area.path(item).is_file():
            with area.path(item).open(encoding="utf-8", errors="replace") as stream:
                head = stream.read(4000)
            found |= {m[1] for m in re.finditer(r'"attribution"\s*:\s*"([^"\\]*)"', head)}
    sources = {text for frame in (tables.streets, tables.facilities) for text in _strings(frame, "source")}
    uses_osm |= any(re.search("OpenStreetMap|^osm", text, re.IGNORECASE) for text in sources)
    if uses_osm and not any("OpenStreetMap" in text for text in found):
        found.add("© OpenStreetMap contributors, ODbL 1.0")
    return sorted(found)


def _category(area: Area, i: int, lang: Lang) -> dict[str, Any]:
    category, walker = area.categories[i], area.walker(area.categories[i].id)
    return {
        "id": category.id,
        "name": category.title,
        "shape": SHAPES[(i + i // len(COLOURS)) % len(SHAPES)],  # the ninth has the first's colour, not its shape
        "colour": COLOURS[i % len(COLOURS)],
        "unit": category.capacity_unit,
        "walker": walker_name(walker.id, lang),
        "profile": walker.id,
        "speed": walker.speed_m_per_s,
    }


def walker_name(profile: str, lang: Lang) -> str:
    """Return the walker's name: ours for the built-in ones, else its id."""
    key = f"walker_{profile}"
    return words.text(f"atlas.{key}", lang) if key in words.catalogue("atlas") else profile


def _townships(tables: Tables, lang: Lang) -> dict[str, Any]:
    frame = tables.townships
    shown = frame.geometry if tables.area.map.boundaries else gpd.GeoSeries([None] * len(frame), crs=frame.crs)
    kinds = words.catalogue("atlas")
    return {
        "code": _strings(frame, "code"),
        "name": _strings(frame, "name"),
        "class": [kinds[f"class_{c}"][lang] if f"class_{c}" in kinds else c for c in _strings(frame, "class")],
        "box": shapes.bounds(frame.geometry),
        "at": shapes.inside(frame.geometry),
        "shape": shapes.pack(shown, tolerance=_tolerance(frame.geometry)),
        "borders": shapes.pack(shapes.borders(shown), tolerance=_tolerance(frame.geometry)),
    }


def _islands(tables: Tables) -> dict[str, Any]:
    """Return islands where somebody lives or something is; the others have no name on the map."""
    used = set(_strings(tables.residents, "island")) | set(_strings(tables.facilities, "island"))
    land = tables.land.loc[[name in used and bool(name) for name in _strings(tables.land, "island")]]
    return {
        "name": _strings(land, "island"),
        "box": shapes.bounds(land.geometry),
        "at": shapes.inside(land.geometry),
    }


def _villages(tables: Tables) -> dict[str, Any]:
    frame = tables.villages
    if "geometry" not in frame or not len(frame):
        return {"code": [], "name": [], "township": [], "at": []}
    return {
        "code": _strings(frame, "code"),
        "name": _strings(frame, "name"),
        "township": _strings(frame, "township_code"),
        "at": shapes.inside(frame.geometry),
    }


def _streets(tables: Tables) -> dict[str, Any]:
    """Return the walked edges first, in the network's order, then roads where nobody walks; ferries are no streets."""
    frame, network = tables.streets, tables.network
    if network is None:
        shape = shapes.pack(frame.geometry, tolerance=_tolerance(frame.geometry))
        highway, names = _indexed(_strings(frame, "highway")), _indexed(_strings(frame, "name"))
        return {"shape": shape, "highway": highway, "name": names}
    closed = frame.loc[~frame["is_passable"].astype(bool) & (frame["highway"].fillna("").astype(str) != "")]
    more, line = shapely.get_coordinates(closed.geometry.to_crs(WGS84).to_numpy(), return_index=True)
    ends = network.offsets[-1] + np.searchsorted(line, np.arange(1, len(closed) + 1), side="left")
    xy = np.concatenate([projected(network.xy, network.crs, WGS84), more])
    tolerance = _TOLERANCE if len(xy) > _MANY else 0.0
    return {
        "shape": shapes.pack_lines(xy, np.concatenate([network.offsets, ends]), tolerance=tolerance),
        **{name: _indexed_columns(network.edges[name], closed[name]) for name in ("highway", "name")},
    }


def _indexed_columns(*columns: pd.Series) -> dict[str, Any]:
    """Return columns of texts one after another as a list of the different ones and a place in it for each."""
    together = pd.concat([column.astype("str").fillna("") for column in columns], ignore_index=True)
    at, values = pd.factorize(together)
    return {"values": [str(value) for value in values], "at": at.astype(np.int64)}


def _service_areas(tables: Tables, categories: Sequence[str], facilities: Sequence[str]) -> dict[str, Any]:
    frame = tables.service_areas
    if tables.network is not None:  # the page draws a facility's own circles from the streets
        frame = frame.loc[np.array(_strings(frame, "facility_id")) == ""]
    place = {name: i for i, name in enumerate(facilities)}
    return {
        "category": _places(frame, "category", categories),
        "facility": [place.get(name, -1) for name in _strings(frame, "facility_id")],
        "limit": _numbers(frame, "limit_min"),
        "shape": shapes.pack(frame.geometry, tolerance=3e-5),
    }


def _gaps(tables: Tables, categories: Sequence[str], townships: Sequence[str]) -> dict[str, Any]:
    frame = tables.gaps
    return {
        "id": _strings(frame, "gap_id"),
        "category": _places(frame, "category", categories),
        "township": _places(frame, "township_code", townships),
        "population": _numbers(frame, "population"),
        "median": _numbers(frame, "nearest_minutes_median"),
        "reason": _strings(frame, "reason"),
        "box": shapes.bounds(frame.geometry),
        "shape": shapes.pack(frame.geometry, tolerance=_tolerance(frame.geometry)),
    }


def _facilities(
    tables: Tables, frame: gpd.GeoDataFrame, categories: Sequence[str], townships: Sequence[str]
) -> dict[str, Any]:
    return {
        **{name: _strings(frame, name) for name in _FACILITY_TEXT},
        **{name: _numbers(frame, name) for name in _FACILITY_NUMBER},
        "category": _places(frame, "category", categories),
        "township": _places(frame, "township_code", townships),
        "counted": [bool(v) for v in frame["is_counted"]] if "is_counted" in frame else [True] * len(frame),
        "at": shapes.pack_points(_xy(frame.geometry)),
        "inside": tables.inside(),
    }


def _residents(
    tables: Tables, categories: Sequence[str], townships: Sequence[str], facilities: Sequence[str]
) -> dict[str, Any]:
    frame = tables.residents
    place = pd.Series(np.arange(len(facilities)), index=pd.Index(facilities))
    minutes, nearest = [], []
    for category in categories:
        rows = tables.access.loc[tables.access["category"] == category]
        if not np.array_equal(rows["resident_id"], frame["id"]):
            rows = rows.set_index("resident_id").reindex(pd.Index(frame["id"]))
        minutes.append(_hundredths(rows))
        found = rows["facility_id"].astype("object").map(place).fillna(-1)
        nearest.append(found.to_numpy(dtype=np.int64))
    villages = _strings(tables.villages, "code")
    return {
        "at": shapes.pack_points(_xy(frame.geometry)),
        "population": _float64(frame, "population"),
        "groups": {name: _float64(frame, name) for name in groups(frame) if name != "population"},
        "township": np.array(_places(frame, "township_code", townships), dtype=np.int64),
        "village": np.array(_places(frame, "village_code", villages), dtype=np.int64),
        "island": _indexed(_strings(frame, "island")),
        "minutes": minutes,
        "nearest": nearest,
        "reasons": [str(reason) for reason in REASONS],
    }


def _hundredths(rows: pd.DataFrame) -> I64:
    """Return minutes in hundredths, rounded up so that nobody moves inside a limit; -1, -2 … name the reason for none."""
    minutes = pd.to_numeric(rows["minutes"], errors="coerce").to_numpy(dtype=np.float64)
    codes = {str(reason): -1 - i for i, reason in enumerate(REASONS)}
    reasons = rows["reason"].astype("object").map(codes).fillna(codes[Reason.NO_ROUTE]).to_numpy(dtype=np.float64)
    return np.where(np.isfinite(minutes), np.ceil(minutes * 100 - 1e-5), reasons).astype(np.int64)


def _coverage(frame: pd.DataFrame, kind: str, categories: Sequence[str]) -> dict[str, Any]:
    place = "township" if kind == "variant" else kind
    return {
        "kind": kind,
        "code": _strings(frame, f"{place}_code"),
        "place": _strings(frame, place),
        "category": _places(frame, "category", categories),
        "profile": _strings(frame, "profile"),
        "group": _strings(frame, "group"),
        **{name: _numbers(frame, name) for name in _GROUPS_COLUMNS},
    }


def _tolerance(geometry: gpd.GeoSeries) -> float:
    return _TOLERANCE if shapely.get_num_coordinates(np.asarray(geometry.values, dtype=object)).sum() > _MANY else 0.0


def _xy(geometry: gpd.GeoSeries) -> Any:
    values = np.asarray(geometry.values, dtype=object)
    return np.column_stack([shapely.get_x(values), shapely.get_y(values)]).reshape(len(values), 2)


def _strings(frame: pd.DataFrame, name: str) -> list[str]:
    if name not in frame:
        return [""] * len(frame)
    values = frame[name]
    if isinstance(values.dtype, pd.StringDtype):
        return values.fillna("").to_numpy(dtype=object).tolist()
    pairs = zip(values.astype(object).tolist(), values.isna().tolist(), strict=True)
    return ["" if is_missing else str(value) for value, is_missing in pairs]


def _numbers(frame: pd.DataFrame, name: str) -> list[float | None]:
    if name not in frame:
        return [None] * len(frame)
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
    if (values == np.rint(values)).all() and (np.abs(values) < _EXACT).all():  # as most are
        return [*values.astype(np.int64).tolist()]
    return [None if not np.isfinite(v) else int(v) if v == int(v) else v for v in values.tolist()]


def _float64(frame: pd.DataFrame, name: str) -> F64:
    """Return a column as float64, NaN where a number is missing."""
    return np.asarray(pd.to_numeric(frame[name], errors="coerce"), dtype=np.float64)


def _places(frame: pd.DataFrame, name: str, order: Sequence[str]) -> list[int]:
    place = {value: i for i, value in enumerate(order)}
    return [place.get(value, -1) for value in _strings(frame, name)]


def _indexed(values: Sequence[str]) -> dict[str, Any]:
    """Return repeated texts as a list of the different ones and a place in it for each."""
    order = {value: i for i, value in enumerate(dict.fromkeys(values))}
    return {"values": list(order), "at": np.array([order[value] for value in values], dtype=np.int64)}
