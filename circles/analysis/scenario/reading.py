"""``scenario.toml`` → one frozen, validated :class:`Scenario`, or everything that is wrong with it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pyproj import Transformer

from circles.analysis.scenario import model
from circles.analysis.scenario.model import FILE, Cell, ProfileChange, Scenario, ScenarioFile, WalkChange
from circles.area import Area, Profile, Walk
from circles.area.walkers import Walker
from circles.foundation import errors, nearest_word, toml
from circles.foundation.errors import Finding, InputError, ScenarioError
from circles.foundation.schema.tables import TABLES
from circles.inputs.readers import cells, places
from circles.inputs.readers.columns import as_points, choices, code_column, id_column
from circles.inputs.readers.coordinates import locate
from circles.inputs.readers.numbers import numeric
from circles.inputs.readers.sheets import Sheet
from circles.network import passability

_PLACE = ("lon", "lat", "x", "y", "crs")
_ADD_COLUMNS = (
    *(n for n in TABLES["facilities"].names if n not in ("island", "is_counted", "file", "row", "geometry")),
    "township", *_PLACE,
)  # fmt: skip
_MOVE_COLUMNS = ("id", *_PLACE, "township_code", "position", "position_accuracy_m", "note")
_ALWAYS = ("id", "name", "category", "lon", "lat")
"""Columns that a table of places always has, so that what is missing is reported by entry."""


def load_scenario(path: str | Path, area: Area) -> Scenario:
    """Read and validate a scenario for an area.

    Parameters
    ----------
    path : a TOML file, or a folder that holds ``scenario.toml``
    area : from `circles.load_area`

    Raises
    ------
    ScenarioError
        With every problem that the file alone shows: syntax, unknown or missing keys, bad values, unknown categories,
        ids that are missing, out of shape or there twice, coordinates that will not do. What only the area's data can
        show (ids that do not exist, links that start nowhere near a street), `apply` reports.
    """
    file = Path(path)
    if file.is_dir():
        file /= FILE
    content, digest = _read(file)
    return read_scenario(content, area, file=file.name, digest=digest)


def read_scenario(content: Mapping[str, Any], area: Area, *, file: str = FILE, digest: str | None = None) -> Scenario:
    """Validate a scenario given as a mapping, as TOML would hold it; see `load_scenario`.

    Parameters
    ----------
    content : the keys of ``scenario.toml``
    area : the area that the scenario changes
    file : name of the file, for findings
    digest : SHA-256 of the file in hex; computed from ``content`` where None

    Raises
    ------
    ScenarioError
        The content does not fit the schema or the area; holds every finding.
    """
    try:
        parsed = ScenarioFile.model_validate(content)
    except ValidationError as e:
        raise ScenarioError(_distinct([_translate(file, item, content) for item in e.errors()])) from e
    wrong: list[Finding] = []
    added, notes = _added(parsed, area, file, wrong)
    moved = _moved(parsed, area, file, wrong)
    wrong += _doubles(parsed, file) + _closed_links(parsed, file)
    link_xy = _link_xy(parsed, area, file, wrong)
    walk, walkers = _walking(parsed.walk, area, file, wrong)
    if wrong:
        raise ScenarioError(_distinct(wrong))
    own = digest or hashlib.sha256(_canonical(parsed).encode()).hexdigest()
    return Scenario(parsed, file, own, added, moved, link_xy, walk, walkers, tuple(notes))


def place(file: str, block: str) -> str:
    """Return where an entry stands, as findings name it; the entry's number is their row."""
    return f"{file} [[{block}]]"


def _read(file: Path) -> tuple[dict[str, Any], str]:
    try:
        raw = toml.read(file)
        return toml.loads(raw), hashlib.sha256(raw).hexdigest()
    except FileNotFoundError as e:
        raise ScenarioError(errors.error("scenario-missing", str(file), path=str(file))) from e
    except OSError as e:
        raise ScenarioError(errors.error("scenario-unreadable", str(file), detail=e.strerror or str(e))) from e
    except toml.BrokenTomlError as e:
        if e.is_encoding or e.is_large:
            code = "scenario-not-utf8" if e.is_encoding else "scenario-too-large"
            raise ScenarioError(errors.error(code, file.name)) from e
        raise ScenarioError(errors.error("scenario-syntax", file.name, e.line, detail=str(e))) from e


def _canonical(content: ScenarioFile) -> str:
    return json.dumps(content.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


def _distinct(found: Sequence[Finding]) -> list[Finding]:
    """Keep one finding per place: pydantic reports every alternative of a union."""
    kept: dict[tuple[Any, ...], Finding] = {}
    for item in found:
        kept.setdefault((item.code, item.table, item.row, item.id, str(dict(item.values).get("key"))), item)
    return list(kept.values())


def _translate(file: str, item: ErrorDetails, content: Mapping[str, Any]) -> Finding:
    """Return what pydantic says about a key as a finding that names block, entry, id and key."""
    loc = [part for part in item["loc"] if part not in ("str", "bool", "int", "float", "date", "[key]")]
    table, row, id_, rest = file, None, None, loc
    if len(loc) > 1 and isinstance(loc[1], int):
        table, row, rest = place(file, str(loc[0])), loc[1] + 1, loc[2:]
        entry = content[str(loc[0])][loc[1]]
        named = entry.get("id", entry.get("street_id")) if isinstance(entry, Mapping) else None
        id_ = None if named is None else str(named)[:80]
    elif len(loc) > 1:
        table, rest = f"{file} [{'.'.join(str(part) for part in loc[:-1])}]", loc[-1:]
    key = ".".join(str(part) for part in rest) or str(loc[0] if loc else "")
    if item["type"] == "extra_forbidden":
        return errors.error("scenario-unknown-key", table, row, id_, key=key, near=nearest_word.near(key, _keys()))
    if item["type"] == "missing":
        return errors.error("scenario-missing-key", table, row, id_, key=key)
    if item["type"].startswith("link_"):
        return errors.error("scenario-" + item["type"].replace("_", "-"), table, row, id_)
    value = repr(item["input"])[:80]
    return errors.error("scenario-bad-value", table, row, id_, key=key, value=value, detail=item["msg"])


def _keys() -> list[str]:
    models = (
        ScenarioFile, model.Head, model.Close, model.Resize, model.Link, model.RemoveStreet, model.Relocate, model.Where, WalkChange, ProfileChange,
    )  # fmt: skip
    return sorted({name for item in models for name in item.model_fields})


def _sheet(rows: Sequence[Mapping[str, Cell]], where: str, known: Sequence[str], wrong: list[Finding]) -> Sheet:
    """Return entries as the table that a file would hold; keys that are no column go to ``wrong``."""
    for number, row in enumerate(rows, 1):
        wrong += [
            errors.error("scenario-unknown-key", where, number, _text(row.get("id", "")), key=key, near=nearest_word.near(key, known))
            for key in row
            if key not in known
        ]  # fmt: skip
    names = [name for name in known if name in _ALWAYS or any(name in row for row in rows)]
    columns = {name: [_text(row.get(name, "")) for row in rows] for name in names}
    return Sheet(where, columns, {}, np.arange(1, len(rows) + 1, dtype=np.int64))


def _text(value: Cell) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else str(value).strip()


def _added(
    content: ScenarioFile, area: Area, file: str, wrong: list[Finding]
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    where = place(file, "add")
    if not content.add:
        empty = pd.DataFrame(columns=[*TABLES["facilities"].names[:-1], "lon", "lat"])
        return as_points(empty), ()
    sheet = _sheet(content.add, where, _ADD_COLUMNS, wrong)
    try:
        return places.facility_rows(sheet, area)
    except InputError as e:
        wrong += e.findings
        return gpd.GeoDataFrame(), ()


def _moved(content: ScenarioFile, area: Area, file: str, wrong: list[Finding]) -> gpd.GeoDataFrame:
    sheet = _sheet(content.move, place(file, "move"), _MOVE_COLUMNS, wrong)
    if not content.move:
        names = ["id", "township_code", "position", "position_accuracy_m", "row", "lon", "lat"]
        return as_points(pd.DataFrame(columns=names))
    found: list[Finding] = []
    ids = id_column(sheet, found)
    lon, lat, bad = locate(sheet, ids, crs=None, area_crs=area.crs)
    found += bad
    table = {
        "id": ids, "township_code": code_column(sheet, "township_code", found),
        "position": choices(sheet, "position", ids, found),
        "position_accuracy_m": numeric(sheet, "position_accuracy_m", ids, found, is_positive=True),
        "row": sheet.rows, "lon": lon, "lat": lat,
    }  # fmt: skip
    wrong += [item for item in found if item.severity == "error"]
    return as_points(pd.DataFrame(table))


def _doubles(content: ScenarioFile, file: str) -> list[Finding]:
    """Return an error for each entry that says again, or contradicts, what an earlier one says of the same thing."""
    found = []
    for block in ("move", "close", "resize", "links", "remove_streets"):
        ids = [_id(entry) for entry in getattr(content, block)]
        seen: set[str] = set()
        for number, id_ in enumerate(ids, 1):
            if id_ in seen:
                found.append(errors.error("scenario-twice", place(file, block), number, id_, value=id_))
            seen.add(id_)
    added = Counter(_id(entry) for entry in content.add)
    closed = {entry.id for entry in content.close}
    for block in ("move", "close", "resize"):
        for number, entry in enumerate(getattr(content, block), 1):
            id_ = _id(entry)
            if id_ and id_ in added:
                found.append(errors.error("scenario-added-changed", place(file, block), number, id_, value=id_))
            if block != "close" and id_ in closed:
                found.append(errors.error("scenario-closed-changed", place(file, block), number, id_, value=id_))
    return found


def _id(entry: Any) -> str:
    if isinstance(entry, dict):
        return cells.plain(_text(entry.get("id", "")))
    return str(getattr(entry, "street_id", getattr(entry, "id", "")))


def _closed_links(content: ScenarioFile, file: str) -> list[Finding]:
    """Return an error for each link that the walking rules close, so that it could change nothing."""
    table = pd.DataFrame({"highway": [link.highway for link in content.links]})
    is_open = passability.passable(table) if len(table) else np.empty(0, dtype=bool)
    return [
        errors.error("scenario-link-closed", place(file, "links"), number, link.id, value=link.highway)
        for number, (link, good) in enumerate(zip(content.links, is_open, strict=True), 1)
        if not good
    ]


def _link_xy(content: ScenarioFile, area: Area, file: str, wrong: list[Finding]) -> tuple[npt.NDArray[np.float64], ...]:
    to = Transformer.from_crs("EPSG:4326", area.crs, always_xy=True)
    found = []
    for number, link in enumerate(content.links, 1):
        points = np.array(link.coordinates or link.xy, dtype=np.float64)
        if link.coordinates:
            if (np.abs(points) > (180.0, 90.0)).any():
                wrong.append(errors.error("scenario-link-degrees", place(file, "links"), number, link.id))
                points = np.zeros_like(points)
            points = np.column_stack(to.transform(points[:, 0], points[:, 1]))
        found.append(points)
    return tuple(found)


def _walking(change: WalkChange, area: Area, file: str, wrong: list[Finding]) -> tuple[Walk, dict[str, Walker]]:
    walkers, profiles = dict(area.walkers), dict(area.walk.profiles)
    for name, new in change.profiles.items():
        old = area.walkers.get(name)
        values = _profile(old) if old is not None else {}
        values |= {key: getattr(new, key) for key in new.model_fields_set if getattr(new, key) is not None}
        lacking = [key for key in ("speed_m_per_s", "steps_m_per_s") if key not in values]
        wrong += [
            errors.error("scenario-missing-key", f"{file} [walk.profiles.{name}]", id=name, key=key) for key in lacking
        ]
        if not lacking:
            profiles[name] = Profile.model_validate(values)
            walkers[name] = Walker(name, **_profile(profiles[name]))
    updated = {key: getattr(change, key) for key in ("limit_min", "direction", "breaks_min")}
    updated = {key: value for key, value in updated.items() if value is not None}
    if change.profiles:
        updated["profiles"] = profiles
    return area.walk.model_copy(update=updated), walkers


def _profile(of: Walker | Profile) -> dict[str, Any]:
    return {key: getattr(of, key) for key in Profile.model_fields}
