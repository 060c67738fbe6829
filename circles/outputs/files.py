"""The tables of a run as files: CSV, Parquet, GeoJSON, GeoPackage and ``run.json``. Same tables, same bytes.

Every table is written in the order in which it comes; no clock and no random number enters a file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from circles.analysis.coverage import groups
from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.schema.tables import TABLES
from circles.foundation.words import Lang
from circles.outputs import text, waypoints
from circles.outputs.folder import CONTRACT, MARK, PROGRAM
from circles.outputs.stated import stated

WGS84 = "EPSG:4326"
GEOJSON_DECIMALS = 6
"""Decimals of a degree in GeoJSON: a decimetre, as fine as anything drawn is true."""
CSV_TABLES = (
    "coverage",
    "coverage_by_island",
    "coverage_by_village",
    "coverage_variants",
    "check",
    "missing",
    "findings",
)
"""Tables beside ``access`` that are always written."""
EXTRA_TABLES = (
    "poverty",
    "straight_line",
    "capacity",
    "equity",
    "fairness",
    "choice",
    "choice_by_township",
    "served_otherwise",
    "elder_child",
    "elder_child_coverage",
    "competition",
    "reconciliation",
    "stability",
    "least_change",
    "certainty",
    "certainty_shares",
    "survey",
    "coverage_by_time",
    "coverage_by_hour",
    "by_boat",
    "boats_by_place",
    "boats_by_line",
    "coverage_by_population",
    "facility_people",
    "provenance",
    "entrances",
)
"""Tables that are written where they have rows: ``capacity`` where facilities state one, ``reconciliation`` where there are
totals, ``stability`` and ``least_change`` where the full analysis made them."""
FACILITY_COLUMNS = ("id", "name", "category", "status", "source", "position", "capacity", "leg_m", "reason")
"""The columns that lead the layer ``facilities``."""
_LAYERS = {
    "facilities": "Point",
    "service_areas": "MultiPolygon",
    "reached_streets": "MultiLineString",
    "gaps": "Unknown",
    "townships": "MultiPolygon",
    "land": "MultiPolygon",
    "entrances": "Point",
}
"""Layers of ``circles.gpkg`` in order, with the geometry type of each where every geometry is of that family."""
_ONLY_WITH_ROWS = frozenset({"entrances"})


def write_tables(tables: Tables, folder: Path, *, lang: Lang = "zh") -> None:
    """Write every table of ``tables`` into ``folder``, which exists.

    Raises
    ------
    OSError
        A file could not be written.
    """
    write_access(tables, folder)
    write_sheets(tables, folder)
    write_places(tables, folder)
    write_gpkg(tables, folder / "circles.gpkg", lang=lang)


def write_access(tables: Tables, folder: Path) -> None:
    """Write the minutes of every resident, the longest table of all."""
    write_csv(tables.access, folder / "access.csv")
    text.each_text(tables.access, text.without_surrogates).to_parquet(folder / "access.parquet", index=False)


def write_sheets(tables: Tables, folder: Path) -> None:
    """Write all other tables without geometry."""
    for name in (*CSV_TABLES, *EXTRA_TABLES):
        if name in CSV_TABLES or not getattr(tables, name).empty:
            write_csv(getattr(tables, name), folder / f"{name}.csv")
    lang: Lang = tables.run.get("parameters", {}).get("lang", "zh")
    write_csv(stated(tables, lang).table(), folder / "statement.csv")


def write_places(tables: Tables, folder: Path) -> None:
    """Write residents and gaps with their geometry; of gaps of several services a point: their streets are in ``gaps``."""
    _residents(tables).to_parquet(folder / "residents.parquet", index=False)
    if len(tables.certainty_residents):
        likely = text.each_text(tables.certainty_residents, text.without_surrogates)
        likely.to_parquet(folder / "certainty_residents.parquet", index=False)
    if len(tables.survey):
        waypoints.write(tables.survey, folder / "survey.gpx", as_of=tables.area.as_of)
    write_geojson(tables.gaps, folder / "gaps.geojson")
    if len(tables.gaps_any):
        shapes = tables.gaps_any.geometry.to_numpy()
        is_line = shapely.get_dimensions(shapes) == 1
        points = np.where(is_line, shapely.point_on_surface(shapes), shapes)
        write_geojson(tables.gaps_any.set_geometry(points, crs=tables.gaps_any.crs), folder / "gaps_any.geojson")


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Write a table as UTF-8 with BOM, floats so that they read back as the same number, no cell a formula."""
    file.write_bytes(csv_text(frame).encode("utf-8-sig"))


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as the text of a CSV file: see `write_csv`."""
    safe = text.each_text(frame.drop(columns="geometry", errors="ignore"), text.steady)
    columns = [text.csv_cells(safe.iloc[:, position]) for position in range(safe.shape[1])]
    if len(columns) == 1:  # a line without any sign is none
        columns = [[cell or '""' for cell in columns[0]]]
    head = ",".join(text.csv_cell(text.steady(str(name))) for name in safe.columns)
    return "\n".join([head, *map(",".join, zip(*columns, strict=True)), ""])


def write_geojson(frame: gpd.GeoDataFrame, file: Path) -> None:
    """Write a table as RFC 7946 GeoJSON: WGS 84, six decimals, absent numbers as null."""
    geometries = shapely.transform(_wgs84(frame).geometry.to_numpy(), lambda xy: np.round(xy, GEOJSON_DECIMALS))
    properties = frame.drop(columns=frame.geometry.name)
    lines = []
    for row, geometry in zip(properties.itertuples(index=False, name=None), geometries, strict=True):
        cell_text = json.dumps(
            _plain(dict(zip(properties.columns, row, strict=True))), ensure_ascii=False, allow_nan=False
        )
        place = "null" if geometry is None else shapely.to_geojson(geometry)
        lines.append(f'{{"type": "Feature", "properties": {cell_text}, "geometry": {place}}}')
    body = ",\n".join(lines)
    content = f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n'
    file.write_bytes(text.without_surrogates(content).encode("utf-8"))


def write_gpkg(tables: Tables, file: Path, *, lang: Lang = "zh") -> None:
    """Write the layers of ``circles.gpkg`` in EPSG:4326, dated with the area's date instead of the clock.

    Raises
    ------
    OSError
        The file could not be written.
    """
    facilities = tables.facilities
    lead = [name for name in FACILITY_COLUMNS if name in facilities.columns]
    rest = [name for name in facilities.columns if name not in lead]
    with gdal_date(tables.area.as_of):
        for number, (name, kind) in enumerate(_LAYERS.items()):
            frame = facilities[lead + rest] if name == "facilities" else getattr(tables, name)
            if name in _ONLY_WITH_ROWS and frame.empty:
                continue
            _write_layer(frame, file, name, kind, _description(tables, name, lang), append=number > 0)


def write_run(run: Mapping[str, Any], folder: Path) -> None:
    """Write ``run.json`` last: ``run`` and the SHA-256 of every other file in ``folder``."""
    outputs = {
        item.relative_to(folder).as_posix(): digest(item)
        for item in sorted(folder.rglob("*"))
        if item.is_file() and item.relative_to(folder).as_posix() != MARK
    }
    content = _plain({**run, "program": PROGRAM, "contract": CONTRACT, "outputs": outputs})
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2)
    (folder / MARK).write_bytes(text.without_surrogates(body + "\n").encode("utf-8"))


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _residents(tables: Tables) -> gpd.GeoDataFrame:
    """Return the residents as the contract orders them: id, population, groups, then where they live."""
    frame = _wgs84(tables.residents)
    named = TABLES["residents"].names
    ordered = [*named[:2], *groups(frame)[1:], *named[2:]]
    return gpd.GeoDataFrame(text.each_text(frame[ordered], text.without_surrogates), geometry="geometry", crs=WGS84)


def _wgs84(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)
    return frame.set_crs(WGS84) if frame.crs is None else frame.to_crs(WGS84)


def _description(tables: Tables, name: str, lang: Lang) -> str:
    title = words.text(f"report.layer_{name}", lang)
    mark = words.text("report.demonstration", lang)
    mark = words.text("report.bracketed", lang, text=mark) if tables.area.demonstration else ""
    return f"{mark}{title} {tables.area.as_of.isoformat()}"


def _write_layer(frame: gpd.GeoDataFrame, file: Path, name: str, kind: str, description: str, *, append: bool) -> None:
    safe = text.each_text(frame, lambda value: text.without_surrogates(value).replace("\x00", "␀"))
    layer = _wgs84(gpd.GeoDataFrame(safe, geometry="geometry", crs=getattr(frame, "crs", None) or WGS84))
    family = kind.removeprefix("Multi")
    uniform = kind != "Unknown" and layer.geometry.geom_type.dropna().isin([family, kind]).all()
    try:
        pyogrio.write_dataframe(
            layer, file, layer=name, driver="GPKG", append=append, promote_to_multi=uniform and kind != family,
            geometry_type=kind if uniform else "Unknown", layer_options={"DESCRIPTION": description},
            dataset_options=None if append else {"VERSION": "1.3"},
        )  # fmt: skip
    except (DataSourceError, DataLayerError) as e:
        raise OSError(str(e)) from e


@contextmanager
def gdal_date(day: dt.date) -> Iterator[None]:
    """Let GDAL take ``day`` for now, and give the clock back afterwards."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON knows it; what is not a number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if isinstance(value, str | bool | int | float) else str(value)
