"""典型案例: what the ledger and two runs know of an item that was mended: how it was found, what was done, what came of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import PlanError
from circles.foundation.limits import reached
from circles.plan.chain import Topic
from circles.plan.missing import items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from circles.plan.chain import Entry
    from circles.plan.computed import Run
    from circles.plan.ledger import Ledger
    from circles.plan.missing import Item

Done = Literal["found", "assigned", "extended", "applied", "closed"]


@dataclass(frozen=True)
class Step:
    """One thing that was done about an item, by whom and when; ``detail`` is the item's detail from then on."""

    kind: Done
    on: dt.date
    by: str
    evidence: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Sight:
    """A township in one run: its people of the group that the item counts, those within the limit, and where they are.

    ``residents`` (WGS 84) has the column ``is_within``; ``facilities`` are the counted ones of the category.
    """

    run_id: str
    as_of: str
    people: float
    covered: float
    residents: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    land: gpd.GeoDataFrame

    @property
    def share(self) -> float:
        """Return the part of the people within the limit, 0 to 1."""
        return self.covered / self.people if self.people else 0.0


@dataclass(frozen=True)
class Case:
    """An item that was mended: its steps, and its township before and after."""

    item: Item
    heading: str
    group: str
    limit_min: float
    steps: tuple[Step, ...]
    before: Sight
    after: Sight

    @property
    def added(self) -> tuple[str, ...]:
        """Return the names of the facilities that are counted after and were not before."""
        known = set(self.before.facilities["id"])
        fresh = self.after.facilities[~self.after.facilities["id"].isin(known)]
        return tuple(sorted(str(name or code) for name, code in zip(fresh["name"], fresh["id"], strict=True)))


def build_case(ledger: Ledger, name: str, *, before: Run, after: Run) -> Case:
    """Return the case of a closed item.

    Parameters
    ----------
    ledger : read only
    name : id of the item
    before : the run that found it
    after : the run that no longer found it

    Raises
    ------
    PlanError
        No such item; it is not 已销号; it was met because a position, a population, a rule, a parameter or the streets
        changed; the runs are not those that the ledger names, or their files were changed.
    """
    rows = ledger.entries(topic=Topic.MISSING)
    known = items(rows)
    item = known.get(name)
    if item is None:
        raise PlanError(errors.error("missing-item", id=name, value=name, valid=tuple([*known][:5]) or "–"))
    if item.state != "closed":
        raise PlanError(errors.error("case-not-closed", id=name, value=item.state))
    if not item.detail.get("is_effect"):
        raise PlanError(errors.error("case-not-effect", id=name, value=tuple(item.detail.get("met_by", [])) or "–"))
    cycle = _cycle([row for row in rows if row.subject == name])
    found_by = [str(row.details["run"]) for row in cycle if row.details["state"] in {"open", "assigned", "excused"}]
    problems = [*_other_run(name, before, found_by), *_other_run(name, after, [str(item.detail["run"])])]
    if problems:
        raise PlanError(problems)
    code, _, category = name.rpartition(".")
    group = _group(before, code, category)
    row = _coverage(before, code, category, group).iloc[0]
    profile, limit = str(row["profile"]), float(row["limit_min"])
    sights = [_sight(run, code, category, group, profile=profile, limit_min=limit) for run in (before, after)]
    return Case(item, _heading(after, category), group, limit, tuple(_steps(cycle)), *sights)


def _cycle(rows: Sequence[Entry]) -> list[Entry]:
    """Return an item's rows since it was found the last time: what comes back keeps its number."""
    closed = [number for number, row in enumerate(rows[:-1]) if row.details["state"] == "closed"]
    return list(rows[closed[-1] + 1 :] if closed else rows)


def _other_run(name: str, run: Run, expected: Sequence[str]) -> list[errors.Finding]:
    given = str(run.about.get("run_id", run.folder.name))
    return (
        []
        if given in expected
        else [errors.error("case-run", run.folder.name, id=name, value=given, expected=tuple(expected))]
    )


def _table(run: Run, name: str) -> pd.DataFrame:
    run.hash(name)
    try:
        return pd.read_csv(run.file(name), dtype={"township_code": str, "group": str}, encoding="utf-8-sig")
    except (ValueError, OSError) as e:
        raise PlanError(errors.error("plan-run-missing", run.folder.name, value=name)) from e


def _lacking(run: Run, name: str) -> PlanError:
    return PlanError(errors.error("plan-run-missing", run.folder.name, value=name))


def _group(run: Run, code: str, category: str) -> str:
    """Return the group of the item's rule with most people uncovered."""
    table = _table(run, "missing.csv")
    mine = table[(table["township_code"] == code) & (table["category"] == category)]
    if mine.empty:
        raise _lacking(run, f"missing.csv {code}.{category}")
    return str(mine.sort_values("people_uncovered", ascending=False, kind="stable")["group"].iloc[0])


def _coverage(run: Run, code: str, category: str, group: str) -> pd.DataFrame:
    table = _table(run, "coverage.csv")
    mine = table[(table["township_code"] == code) & (table["category"] == category) & (table["group"] == group)]
    if mine.empty:
        raise _lacking(run, f"coverage.csv {code} {category} {group}")
    return mine


def _sight(run: Run, code: str, category: str, group: str, *, profile: str, limit_min: float) -> Sight:
    rows = _coverage(run, code, category, group)
    rows = rows[(rows["profile"] == profile) & (rows["limit_min"] == limit_min)]
    if rows.empty:
        raise _lacking(run, f"coverage.csv {code} {category} {profile}")
    for name in ("residents.parquet", "access.parquet"):
        run.hash(name)
    homes = gpd.read_parquet(run.file("residents.parquet"))
    homes = homes[(homes["township_code"].astype(str) == code) & (homes[group] > 0 if group in homes else True)]
    access = pd.read_parquet(run.file("access.parquet"))
    access = access[(access["category"] == category) & (access["profile"] == profile)]
    minutes = homes["id"].map(access.set_index("resident_id")["minutes"])
    return Sight(
        str(run.about.get("run_id", run.folder.name)), str((run.about.get("parameters") or {}).get("as_of", "")),
        float(rows["population"].iloc[0]), float(rows["covered"].iloc[0]),
        homes.assign(is_within=reached(minutes.to_numpy(dtype=float), limit_min)), run.of_category(category), run.layer("land"),
    )  # fmt: skip


def _heading(run: Run, category: str) -> str:
    for item in (run.about.get("parameters") or {}).get("categories") or []:
        if isinstance(item, dict) and item.get("id") == category:
            return str(item.get("heading") or item.get("name") or category)
    return category


def _steps(rows: Sequence[Entry]) -> list[Step]:
    """Return what was done, read from what each row changed."""
    found: list[Step] = []
    before: Mapping[str, Any] = {}
    for row in rows:
        kind, detail = _kind(before, row.details), row.details
        if kind is not None:
            found.append(Step(kind, dt.date.fromisoformat(row.reported_on), row.reporter, row.evidence, detail))
        before = detail
    return found


def _kind(before: Mapping[str, Any], after: Mapping[str, Any]) -> Done | None:
    if not before:
        return "found"
    if after["state"] == "closed":
        return "closed"
    if after["state"] == "assigned" and before["state"] == "open":
        return "assigned"
    if after.get("applied_by") and after.get("applied_by") != before.get("applied_by"):
        return "applied"
    if after.get("due_bound") != before.get("due_bound"):
        return "extended"
    return None
