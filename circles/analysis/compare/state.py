"""One side of a comparison: what a run found, from its tables or from the folder it left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circles.analysis.results import Tables
from circles.foundation import errors
from circles.foundation.budgets import OWN
from circles.foundation.errors import CallError, Finding
from circles.foundation.schema.counted import is_counted
from circles.foundation.schema.tables import TABLES
from circles.inputs.guards.child import reading
from circles.inputs.guards.files import check_file
from circles.inputs.readers import raw

MARK = "run.json"
_CONTRACT = 1
_FORMULA = ("'=", "'+", "'-", "'@", "'\t", "'\r")
_NEEDED = {
    "access": ("resident_id", "category", "minutes", "facility_id"), "residents": ("id", "population", "township_code"),
    "facilities": ("id", "category", "is_counted"),
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """What a comparison looks at.

    Attributes
    ----------
    run : ``run.json``
    check, coverage, access : tables of these names
    residents : ``id``, groups, ``township_code`` and ``x, y`` (degrees)
    facilities : ``id, category, is_counted, capacity`` and ``x, y`` (degrees)
    """

    run: Mapping[str, Any]
    check: pd.DataFrame
    coverage: pd.DataFrame
    access: pd.DataFrame
    residents: pd.DataFrame
    facilities: pd.DataFrame

    @property
    def limit_min(self) -> float:
        """Return the limit of the run."""
        return float(self.run["parameters"]["walk"]["limit_min"])

    @property
    def categories(self) -> dict[str, dict[str, Any]]:
        """Return the kinds of service by id, in the run's order."""
        return {str(item["id"]): item for item in self.run["parameters"]["categories"]}

    @property
    def headings(self) -> dict[str, str]:
        """Return what each kind of service is called in products, by id."""
        return {id_: str(item.get("heading") or item["name"]) for id_, item in self.categories.items()}

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """Return the rules by id."""
        return {str(item["id"]): item for item in self.run["parameters"]["rules"]}


def state_of(tables: Tables) -> State:
    """Return the side of a comparison that an analysis in memory is."""
    return State(
        tables.run, tables.check, tables.coverage, tables.access, _located(tables.residents),
        _located(tables.facilities),
    )  # fmt: skip


@reading()
def read(folder: str | Path) -> State:
    """Return the side of a comparison that the folder of a run is.

    Raises
    ------
    CallError
        No folder, no run of this program, a comparison instead of a run, or a file missing or spoilt; all at once.
    """
    where = Path(folder)
    run = _run(where)
    tables: dict[str, pd.DataFrame] = {}
    wrong: list[Finding] = []
    readers: dict[str, tuple[str, Callable[[Path], pd.DataFrame]]] = {
        "check": ("check.csv", lambda file: _csv(file, "check")),
        "coverage": ("coverage.csv", lambda file: _csv(file, "coverage")),
        "access": ("access.parquet", lambda file: raw.plain_parquet(file, file.name, budget=OWN)),
        "residents": ("residents.parquet", lambda file: _located(raw.parquet(file, file.name, budget=OWN))),
        "facilities": ("circles.gpkg", lambda file: _facilities(file, run)),
    }
    for name, (file, reader) in readers.items():
        path = where / file
        if not path.is_file():
            wrong.append(errors.error("compare-file-missing", str(where), id=file, value=file))
            continue
        try:
            tables[name] = _with_columns(reader(path), name)
        except Exception as e:  # noqa: BLE001 - several libraries, each with its own errors for a spoilt file
            wrong.append(errors.error("compare-file-broken", str(where), id=file, value=file, detail=str(e)[:200]))
    if wrong:
        raise CallError(wrong)
    return State(run, **tables)


def changed_files(folder: str | Path, state: State) -> list[Finding]:
    """Return a warning for each file a comparison reads that is no longer what the run wrote."""
    written = state.run.get("outputs", {})
    found = []
    for name in ("check.csv", "coverage.csv", "access.parquet", "residents.parquet", "circles.gpkg"):
        with (Path(folder) / name).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if name in written and written[name] != digest:
            found.append(errors.warning("compare-file-changed", str(folder), id=name, value=name))
    return found


def _run(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise CallError(errors.error("compare-no-folder", str(folder), value=str(folder)))
    try:
        run = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        run = None
    if not isinstance(run, dict) or run.get("program") != "circles":
        raise CallError(errors.error("compare-not-a-run", str(folder), value=str(folder)))
    if run.get("contract") != _CONTRACT:
        found = errors.error("compare-contract", str(folder), value=run.get("contract"), own=_CONTRACT)
        raise CallError(found)
    parameters = run.get("parameters")
    if not isinstance(parameters, dict) or not {"walk", "categories", "rules", "walkers"} <= parameters.keys():
        raise CallError(errors.error("compare-not-a-run", str(folder), value=str(folder)))
    return run


def _csv(file: Path, table: str) -> pd.DataFrame:
    frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for column in TABLES[table].columns:
        if column.dtype == "float64":
            frame[column.name] = np.array([float(cell) if cell else np.nan for cell in frame[column.name]])
        else:
            frame[column.name] = [cell[1:] if cell.startswith(_FORMULA) else cell for cell in frame[column.name]]
    return frame


def _facilities(file: Path, run: Mapping[str, Any]) -> pd.DataFrame:
    check_file(file)
    if "facilities" not in raw.layers(file, file.name):
        raise CallError(errors.error("layer-unknown", file.name, value="facilities", layers="–"))
    frame = raw.layer(file, file.name, layer="facilities", budget=OWN, IMMUTABLE="YES")
    if "is_counted" not in frame:
        frame["is_counted"] = is_counted(frame, is_demonstration=bool(run.get("demonstration")))
    return _located(frame)


def _with_columns(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    lacking = [column for column in _NEEDED.get(name, ()) if column not in frame]
    if lacking:
        raise KeyError(", ".join(lacking))
    return frame


def _located(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    points = frame.geometry.to_numpy()
    return pd.DataFrame(frame.drop(columns="geometry")).assign(x=shapely.get_x(points), y=shapely.get_y(points))
