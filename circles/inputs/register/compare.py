"""Two editions of a register → what is new, gone, closed, moved, resized, renamed; every row is in exactly one class."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.tables import ALL, TABLES, Status
from circles.foundation.types import F64
from circles.inputs.locating import project
from circles.inputs.register.names import plain_name

Pairs = list[tuple[int, int, str]]
CHANGES = ("new", "reopened", "changed", "closed", "gone", "same")
"""Classes, in the order in which they are shown; the rows of both editions are in exactly one each."""
ASPECTS = ("moved", "renamed", "resized", "recategorised", "other_township", "other_status", "renumbered")
"""What a row that stands in both editions may differ in; several at once."""


@dataclass(frozen=True)
class Compared:
    """The difference of two editions.

    Attributes
    ----------
    differences : columns of ``tables.TABLES["register_differences"]``, one row per facility of either edition
    summary : ``township_code, township, category`` and one column per class and aspect, last row ``ALL``
    findings : rows that were taken for the same facility on other grounds than their id
    """

    differences: pd.DataFrame
    summary: pd.DataFrame
    findings: tuple[Finding, ...]


def compare(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    crs: str,
    townships: dict[str, str],
    moved_m: float,
    same_place_m: float,
) -> Compared:
    """Compare two editions of a register.

    Rows are the same facility where they have the same id; else where category and name are the same and neither name
    stands twice; else where they are of one category, each other's nearest and no further apart than ``same_place_m``.
    The last two are reported, since a person must judge them.

    Parameters
    ----------
    before, after : tables ``facilities`` in EPSG:4326, townships filled in
    crs : metric CRS in which distances are measured
    townships : code → name
    moved_m : a place further from its old one has moved
    same_place_m : 0 never takes two rows with other ids and names for one facility
    """
    old, new = before.reset_index(drop=True), after.reset_index(drop=True)
    old_xy, new_xy = project(old, crs), project(new, crs)
    pairs = _pairs(old, new, old_xy, new_xy, same_place_m)
    rows = [
        _pair(old.loc[a], new.loc[b], float(np.hypot(*(new_xy[b] - old_xy[a]))), how, moved_m) for a, b, how in pairs
    ]
    rows += [_single(old.loc[a], "gone") for a in sorted(set(range(len(old))) - {a for a, _, _ in pairs})]
    rows += [_single(new.loc[b], "new") for b in sorted(set(range(len(new))) - {b for _, b, _ in pairs})]
    table = pd.DataFrame(rows, columns=TABLES["register_differences"].names)
    table["_class"] = table["change"].map({name: at for at, name in enumerate(CHANGES)})
    keys = ["_class", "township_code", "category", "id", "id_before"]
    table = table.sort_values(keys, kind="stable", ignore_index=True).drop(columns="_class")
    return Compared(table, _summary(table, townships), tuple(_guesses(table)))


def _pairs(old: pd.DataFrame, new: pd.DataFrame, old_xy: F64, new_xy: F64, same_place_m: float) -> Pairs:
    """Return the rows of both editions that are one facility, and on what grounds."""
    by_id = {id_: at for at, id_ in enumerate(new["id"])}
    pairs: Pairs = [(at, by_id[id_], "id") for at, id_ in enumerate(old["id"]) if id_ in by_id]
    pairs += _by_name(*_left(old, new, pairs))
    if same_place_m > 0:
        pairs += _by_place(*_left(old, new, pairs), old_xy, new_xy, same_place_m)
    return pairs


def _left(old: pd.DataFrame, new: pd.DataFrame, pairs: Pairs) -> tuple[pd.DataFrame, pd.DataFrame]:
    return old.drop(index=[a for a, _, _ in pairs]), new.drop(index=[b for _, b, _ in pairs])


def _by_name(old: pd.DataFrame, new: pd.DataFrame) -> Pairs:
    def unique(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
        seen: dict[tuple[str, str], list[int]] = {}
        for at, kind, name in zip(frame.index, frame["category"], frame["name"], strict=True):
            seen.setdefault((str(kind), plain_name(name)), []).append(int(at))
        return {key: rows[0] for key, rows in seen.items() if len(rows) == 1 and key[1]}

    ours, theirs = unique(old), unique(new)
    return [(at, theirs[key], "name") for key, at in ours.items() if key in theirs]


def _by_place(old: pd.DataFrame, new: pd.DataFrame, old_xy: F64, new_xy: F64, same_place_m: float) -> Pairs:
    """Return rows of one category that are each other's nearest within ``same_place_m``."""
    pairs: Pairs = []
    for kind in sorted(set(old["category"]) & set(new["category"])):
        a = old.index[old["category"] == kind].to_numpy()
        b = new.index[new["category"] == kind].to_numpy()
        far, there = cKDTree(new_xy[b]).query(old_xy[a])
        _, back = cKDTree(old_xy[a]).query(new_xy[b])
        mutual = (back[there] == np.arange(len(a))) & (far <= same_place_m)
        pairs += [(int(a[at]), int(b[there[at]]), "place") for at in np.flatnonzero(mutual).tolist()]
    return pairs


def _pair(old: pd.Series, new: pd.Series, metres: float, how: str, moved_m: float) -> dict[str, object]:
    was, now = float(old["capacity"]), float(new["capacity"])
    differs = {
        "moved": metres > moved_m,
        "renamed": str(old["name"]).strip() != str(new["name"]).strip(),
        "resized": was != now and not (np.isnan(was) and np.isnan(now)),
        "recategorised": old["category"] != new["category"],
        "other_township": old["township_code"] != new["township_code"],
        "other_status": old["status"] != new["status"],
        "renumbered": old["id"] != new["id"],
    }
    closed = [row["status"] == Status.CLOSED.value for row in (old, new)]
    change = "closed" if closed == [False, True] else "reopened" if closed == [True, False] else "same"
    aspects = "+".join(name for name in ASPECTS if differs[name])
    return {
        **_side(new, ""), **_side(old, "_before"), "metres": metres, "matched_by": how, "aspects": aspects,
        "change": "changed" if change == "same" and aspects else change,
    }  # fmt: skip


def _single(row: pd.Series, change: str) -> dict[str, object]:
    own, other = ("", "_before") if change == "new" else ("_before", "")
    blank = {f"{name}{other}": np.nan if name == "capacity" else "" for name in _SIDES}
    place = {name: row[name] for name in ("category", "township_code")}
    return {**blank, **_side(row, own), **place, "metres": np.nan, "matched_by": "", "aspects": "", "change": change}


_SIDES = ("id", "name", "category", "township_code", "status", "capacity")


def _side(row: pd.Series, suffix: str) -> dict[str, object]:
    return {f"{name}{suffix}": row[name] for name in _SIDES}


def _summary(table: pd.DataFrame, townships: dict[str, str]) -> pd.DataFrame:
    """Return the number of each class and aspect by township and category; classes of a row add up to its rows."""
    keys = ["township_code", "category"]
    flags = {name: table["change"].eq(name) for name in CHANGES}
    flags |= {
        name: table["aspects"].str.split("+").map(lambda parts, n=name: n in parts).astype(bool) for name in ASPECTS
    }
    counted = pd.DataFrame(flags).astype("int64").groupby([table[key] for key in keys], sort=True).sum().reset_index()
    whole = {name: int(flag.sum()) for name, flag in flags.items()} | {"township_code": ALL, "category": ""}
    out = pd.concat([counted, pd.DataFrame([whole])], ignore_index=True)
    out.insert(1, "township", [townships.get(code, "") for code in out["township_code"]])
    return out


def _guesses(table: pd.DataFrame) -> list[Finding]:
    found = []
    for row in table[table["matched_by"].isin(["name", "place"])].to_dict("records"):
        values = {"other": row["id_before"], "name": row["name"], "name_before": row["name_before"]}
        code = f"register-matched-{row['matched_by']}"
        found.append(errors.info(code, "register", None, str(row["id"]), metres=f"{row['metres']:.0f}", **values))
    return found
