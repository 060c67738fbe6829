"""The folder ``months/``: one small folder per run, by date, and a list of them with the digest of every table."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from shapely.errors import GEOSException

from circles.analysis.compare import State, differing, read
from circles.foundation import errors
from circles.foundation.budgets import OWN
from circles.foundation.errors import CallError, Finding, InputError
from circles.inputs.guards.child import reading
from circles.inputs.guards.files import check_file
from circles.inputs.readers import raw

MARK = "months.json"
KIND = "months"
TABLES = ("check", "coverage", "access", "residents", "facilities")
_KEPT = {
    "access": ["resident_id", "category", "minutes", "facility_id"],
    "facilities": [
        "id",
        "name",
        "category",
        "status",
        "township_code",
        "opened_on",
        "capacity",
        "is_counted",
        "x",
        "y",
    ],
}
_RUN = (
    "program", "contract", "area", "area_name", "version", "run_id", "demonstration", "counts_points", "parameters",
    "network_sha256",
)  # fmt: skip
_FILES = frozenset({"run.json", "shapes.json", *(f"{name}.parquet" for name in TABLES)})
_FOLDER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9A-Za-z_-]{1,64}")
_NEEDED_RUN = ("area", "run_id", "parameters")
_NEEDED = {
    "check": ("township_code", "township", "rule_id", "category", "measure", "value", "threshold", "verdict"),
    "coverage": ("township_code", "township", "category"), "access": ("resident_id", "category", "minutes", "facility_id"),
    "residents": ("id", "population", "township_code", "x", "y"),
    "facilities": ("id", "name", "category", "township_code", "is_counted", "x", "y"),
}  # fmt: skip
_GROUND = ("townships", "land")


@dataclass(frozen=True)
class Shapes:
    """What the map of a month is drawn on: outlines in degrees, as WKB, by township's code and by island."""

    townships: Mapping[str, shapely.Geometry]
    land: tuple[shapely.Geometry, ...]


@dataclass(frozen=True)
class Month:
    """One run as it is kept.

    Attributes
    ----------
    as_of : the date of its data
    state : the tables that a comparison looks at; facilities with name, status and ``opened_on``
    shapes : townships and land
    computed : id of a measure of the plan -> the figure that the map computes for it
    differs : names of the walking parameters that differ from the month before
    """

    as_of: dt.date
    state: State
    shapes: Shapes
    computed: Mapping[str, float]
    differs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Book:
    """All months that are kept, by date; ``folder`` is where."""

    folder: Path
    months: tuple[Month, ...]
    index: Mapping[str, Any]


def month_of(run: str | Path, *, computed: Mapping[str, float] | None = None) -> Month:
    """Return what is kept of the folder of a run.

    Raises
    ------
    CallError
        It is no run of this program, or a file of it is missing or spoilt; or it is the run of a scenario.
    """
    folder = Path(run)
    state = read(folder)
    if state.run.get("scenario"):
        raise CallError(errors.error("months-scenario", str(folder), value=str(folder)))
    ground = {name: _layer(folder / "circles.gpkg", name) for name in _GROUND}
    towns = dict(zip(ground["townships"]["code"].astype(str), ground["townships"].geometry, strict=True))
    kept = {name: _kept(getattr(state, name), name) for name in TABLES}
    slim = State({key: state.run[key] for key in _RUN if key in state.run}, **kept)
    as_of = dt.date.fromisoformat(str(state.run["parameters"]["as_of"]))
    return Month(as_of, slim, Shapes(towns, tuple(ground["land"].geometry)), dict(computed or {}))


def _kept(table: pd.DataFrame, name: str) -> pd.DataFrame:
    wanted = _KEPT.get(name, list(table.columns))
    return table[[column for column in wanted if column in table]].reset_index(drop=True)


@reading()
def _layer(file: Path, name: str) -> Any:
    check_file(file)
    if name not in raw.layers(file, file.name):
        raise CallError(errors.error("layer-unknown", file.name, value=name, layers="–"))
    return raw.layer(file, file.name, layer=name, budget=OWN, IMMUTABLE="YES")


def admitted(month: Month, book: Book | None, *, any_parameters: bool = False, replaces: bool = False) -> Month:
    """Return the month with what differs from the one before it, where it may be the next one.

    Parameters
    ----------
    month : the run that is to be added
    book : the months there are, None where there are none
    any_parameters : runs that walk under other parameters are taken too, and the page says so
    replaces : the last month is taken out again, if it is of the same date

    Raises
    ------
    CallError
        It is of another area; its date is there already, or lies before the last one; a demonstration among real
        runs or the reverse; other parameters, each of them named.
    """
    earlier = [] if book is None else list(book.months)
    if replaces and earlier and earlier[-1].as_of == month.as_of:
        earlier.pop()
    if not earlier:
        return month
    last, day = earlier[-1], month.as_of.isoformat()
    one, two = last.state.run, month.state.run
    if one["area"] != two["area"]:
        raise CallError(errors.error("months-area", id=str(two["area"]), value=two["area"], own=one["area"]))
    if any(item.as_of == month.as_of for item in earlier):
        raise CallError(errors.error("months-twice", id=day, value=day))
    if month.as_of < last.as_of:
        raise CallError(errors.error("months-order", id=day, value=day, last=last.as_of.isoformat()))
    if any(item.state.run["run_id"] == two["run_id"] for item in earlier):
        raise CallError(errors.error("months-twice", id=str(two["run_id"]), value=two["run_id"]))
    if bool(one.get("demonstration")) != bool(two.get("demonstration")):
        raise CallError(errors.error("months-demonstration", id=day, value=day))
    if bool(one.get("counts_points")) != bool(two.get("counts_points")):
        raise CallError(errors.error("months-points", id=day, value=day))
    found = tuple(differing(last.state, month.state))
    if found and not any_parameters:
        raise CallError(
            [errors.error("months-parameter", id=name, value=name, before=a, after=b) for name, a, b in found]
        )
    return Month(month.as_of, month.state, month.shapes, month.computed, found)


def read_book(folder: str | Path) -> Book | None:
    """Return the months of a folder; None where there is no such folder, or an empty one.

    Raises
    ------
    CallError
        The folder holds something else, or what it holds is not what was written.
    """
    where = Path(folder)
    if where.exists() and not where.is_dir():
        raise CallError(errors.error("out-is-file", str(where), path=str(where)))
    if not where.is_dir() or (
        not (where / MARK).exists() and all(_FOLDER.fullmatch(item.name) for item in where.iterdir())
    ):
        return None  # none yet; or the very first was interrupted before the list was written
    index = _index(where)
    wrong: list[Finding] = []
    months = []
    for entry in index["months"]:
        try:
            months.append(_month(where / entry["folder"], entry))
        except CallError as e:
            wrong += e.findings
    if wrong:
        raise CallError(wrong)
    return Book(where, tuple(months), index)


def _index(where: Path) -> dict[str, Any]:
    try:
        found = json.loads((where / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    ours = isinstance(found, dict) and found.get("program") == "circles" and found.get("kind") == KIND
    entries = found.get("months") if ours and isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise CallError(errors.error("months-not-ours", str(where), value=str(where)))
    days = [str(entry["as_of"]) for entry in entries]
    if days != sorted(set(days)):
        raise CallError(errors.error("months-not-ours", str(where), value=str(where)))
    return found


def _is_entry(entry: object) -> bool:
    """Return whether an entry of the list is one that `keep` writes; its folder is a plain name within ours."""
    if not isinstance(entry, dict) or not {"as_of", "run_id", "folder", "files", "differs"} <= entry.keys():
        return False
    folder, files, differs = entry["folder"], entry["files"], entry["differs"]
    if not isinstance(folder, str) or not _FOLDER.fullmatch(folder) or not isinstance(files, dict):
        return False
    if not isinstance(differs, list) or not all(isinstance(part, list) and len(part) == 3 for part in differs):
        return False
    if set(files) != _FILES:
        return False
    try:
        return dt.date.fromisoformat(str(entry["as_of"])).isoformat() == str(entry["as_of"])
    except ValueError:
        return False


@reading()
def _month(folder: Path, entry: Mapping[str, Any]) -> Month:
    """Return one month, once its files are seen to be those that were written."""
    day = str(entry["as_of"])
    for name, digest in sorted(entry["files"].items()):
        file = folder / Path(str(name)).name
        try:
            own = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError:
            own = ""
        if own != digest:
            raise CallError(errors.error("months-changed", f"{day}/{name}", id=day, value=f"{day}/{name}"))
    try:
        run, shapes = (json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("run", "shapes"))
        tables = {
            name: raw.plain_parquet(folder / f"{name}.parquet", f"{day}/{name}.parquet", budget=OWN) for name in TABLES
        }
        towns = {code: shapely.from_wkt(text) for code, text in shapes["townships"].items()}
        land = tuple(shapely.from_wkt(text) for text in shapes["land"])
        _require(run, tables)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        InputError,
        GEOSException,
    ) as e:
        raise CallError(errors.error("months-changed", day, id=day, value=f"{day}: {str(e)[:100]}")) from e
    differs = tuple((str(a), str(b), str(c)) for a, b, c in entry["differs"])
    return Month(
        dt.date.fromisoformat(day), State(run, **tables), Shapes(towns, land), dict(run.get("computed", {})), differs
    )


def _require(run: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Raise KeyError for what a month lacks: keys of its run, columns of its tables."""
    lacking = [key for key in _NEEDED_RUN if key not in run]
    lacking += [
        key for key in ("as_of", "walk", "categories", "rules", "walkers") if key not in run.get("parameters", {})
    ]
    for name, columns in _NEEDED.items():
        lacking += [f"{name}.{column}" for column in columns if column not in tables[name]]
    if lacking:
        raise KeyError(", ".join(lacking))
