"""Figures that the map can compute, from the folder of a finished run, set beside those that units report.

Each formula is one registered value (``FORMULAS``) with its words in ``foundation/words/formulas.toml``; the plan file
says which measure uses which. To add one: its function, its :class:`Formula`, its words. A run on demonstration
data gives values to look at, never to store: what is stored can be traced to the run and to the hash of each table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circles.foundation import errors, words
from circles.foundation.budgets import OWN
from circles.foundation.errors import Finding, InputError, PlanError
from circles.foundation.limits import reached as is_reached
from circles.foundation.schema.counted import counted_statuses
from circles.inputs.guards.files import check_file
from circles.inputs.readers import raw
from circles.plan.chain import Basis, Draft, Entry, Status, Topic, number_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger


@dataclass(frozen=True)
class Computed:
    """One computed figure; ``value`` None with the ``reason`` why it could not be computed.

    ``formula`` is the text that the ledger keeps beside the figure; :meth:`why` says it to a person.
    """

    id: str
    value: Decimal | None
    formula: str
    inputs: tuple[tuple[str, str], ...]
    reason: str = ""
    formula_id: str = ""
    category: str | None = None
    unknown: _Unknown | None = None

    def why(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return how the figure was computed, or why it could not be."""
        if self.unknown is not None:
            return self.unknown.text(lang)
        return _formula_text(self.formula_id, self.category, lang)


@dataclass(frozen=True)
class Run:
    """The folder of a finished run, read as needed."""

    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        """Return ``run.json``.

        Raises
        ------
        PlanError
            ``run.json`` is missing or cannot be read.
        """
        file = self.file("run.json")
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, OSError) as e:
            raise PlanError(errors.error("plan-run-missing", self.folder.name, value="run.json")) from e
        if not isinstance(found, dict):
            raise PlanError(errors.error("plan-run-missing", self.folder.name, value="run.json"))
        return found

    def file(self, name: str) -> Path:
        """Return a file of the run.

        Raises
        ------
        PlanError
            The run has no such file.
        """
        file = self.folder / name
        if not file.is_file():
            raise PlanError(errors.error("plan-run-missing", self.folder.name, value=name))
        return file

    def hash(self, name: str) -> str:
        """Return the SHA-256 of a file of the run, which must be the one that ``run.json`` gives.

        Raises
        ------
        PlanError
            The file is missing, or was changed after the run.
        """
        found = hashlib.sha256(self.file(name).read_bytes()).hexdigest()
        stated = {value for key, value in _leaves(self.about) if _is_about(key, name) and _is_hash(value)}
        if stated and found not in stated:
            raise PlanError(errors.error("plan-run-changed", self.folder.name, value=name))
        return found

    @cached_property
    def is_demonstration(self) -> bool:
        """Return whether the run is a demonstration; a run that does not say so either way counts as one."""
        stated = [value for key, value in _leaves(self.about) if key and key[-1] == "demonstration"]
        return any(value is not False for value in stated) if stated else True

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of ``circles.gpkg``, once it is seen to be the kind of file that its name says.

        Raises
        ------
        PlanError
            The file is missing, no GeoPackage, or cannot be read.
        """
        file = self.file("circles.gpkg")
        with file.open("rb") as stream:
            if stream.read(16) != b"SQLite format 3\0":
                raise PlanError(errors.error("plan-run-missing", self.folder.name, value="circles.gpkg"))
        try:
            check_file(file, file.name)
            return raw.layer(file, file.name, layer=name, budget=OWN, IMMUTABLE="YES")
        except InputError as e:
            raise PlanError(e.findings) from e

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Return ``coverage.csv``."""
        return pd.read_csv(self.file("coverage.csv"), dtype={"township_code": str, "group": str}, encoding="utf-8-sig")

    @cached_property
    def facilities(self) -> gpd.GeoDataFrame:
        """Return the facilities that the run counts: existing ones, and examples in a demonstration."""
        found = self.layer("facilities")
        counted = counted_statuses(is_demonstration=self.is_demonstration)
        return found[found["status"].isin(counted)] if "status" in found else found

    @cached_property
    def residents(self) -> Decimal:
        """Return the number of residents.

        Raises
        ------
        PlanError
            The coverage table lacks the row of everybody.
        """
        rows = self.coverage[(self.coverage["township_code"] == "ALL") & (self.coverage["group"] == "population")]
        if rows.empty:
            raise PlanError(errors.error("plan-run-missing", self.folder.name, value="coverage.csv ALL"))
        return Decimal(str(rows["population"].iloc[0]))

    def of_category(self, category: str | None) -> gpd.GeoDataFrame:
        """Return the counted facilities of a category."""
        return self.facilities[self.facilities["category"] == category]


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, value


def _is_about(key: tuple[str, ...], name: str) -> bool:
    return name in key[-2:]


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")


class _Unknown(Exception):
    """A value that cannot be computed from the run, and why: an entry ``why_…`` of the words of formulas."""

    def __init__(self, key: str, **values: str | None) -> None:
        super().__init__(key)
        self.key, self.values = key, values

    def text(self, lang: words.Lang) -> str:
        """Return why, as a sentence."""
        return words.text(f"formulas.why_{self.key}", lang, **self.values)


Compute = Callable[[Run, str | None, Run | None], Decimal]


@dataclass(frozen=True)
class Formula:
    """A formula of the plan.

    Attributes
    ----------
    id : what stands in the plan file as ``formula``; its words stand under it in ``words/formulas.toml``
    compute : ``(run, category, earlier run)`` → the figure
    reads : the files of the run that it reads, whose hashes are kept with the figure
    """

    id: str
    compute: Compute
    reads: tuple[str, ...] = ("coverage.csv", "circles.gpkg")


def _formula_text(formula: str, category: str | None, lang: words.Lang) -> str:
    return words.text(f"formulas.{formula}", lang) + (f" ({category})" if category else "")


def compute(plan: Plan, run: Run, *, earlier: Run | None = None) -> list[Computed]:
    """Return every figure of the plan that the run can compute.

    Parameters
    ----------
    earlier
        A run at the beginning of the year, which new facilities are counted against.
    """
    found = []
    for measure in plan.measures.values():
        if measure.computed is None:
            continue
        formula, category = measure.computed.formula, measure.computed.category
        known = FORMULAS[formula]
        unknown, value = None, None
        try:
            value = round(known.compute(run, category, earlier), 4)
        except _Unknown as e:
            unknown = e
        inputs = tuple((name, run.hash(name)) for name in known.reads)
        text, reason = _formula_text(formula, category, "en"), unknown.text("en") if unknown else ""
        found.append(Computed(measure.id, value, text, inputs, reason, formula, category, unknown))
    return found


def _share(part: Decimal, whole: Decimal) -> Decimal:
    if whole <= 0:
        raise _Unknown("nobody")
    return 100 * part / whole


def _capacity(run: Run, category: str | None) -> Decimal:
    places = run.of_category(category)
    if "capacity" not in places or places["capacity"].isna().any():
        raise _Unknown("no_capacity")
    if run.residents <= 0:
        raise _Unknown("nobody")
    return sum((Decimal(str(value)) for value in places["capacity"]), Decimal(0))


def _per_1000(run: Run, category: str | None, _earlier: Run | None) -> Decimal:
    return 1000 * _capacity(run, category) / run.residents


def _per_person(run: Run, category: str | None, _earlier: Run | None) -> Decimal:
    return _capacity(run, category) / run.residents


def _count(run: Run, category: str | None, _earlier: Run | None) -> Decimal:
    return Decimal(len(run.of_category(category)))


def _new(run: Run, category: str | None, earlier: Run | None) -> Decimal:
    if earlier is None:
        raise _Unknown("no_earlier")
    before = set(earlier.of_category(category)["id"])
    return Decimal(sum(1 for name in run.of_category(category)["id"] if name not in before))


def _covered(run: Run, category: str | None, _earlier: Run | None) -> Decimal:
    table = run.coverage
    rows = table[(table["township_code"] == "ALL") & (table["category"] == category) & (table["group"] == "population")]
    if rows.empty:
        raise _Unknown("no_category", category=category)
    return _share(Decimal(str(rows["covered"].iloc[0])), Decimal(str(rows["population"].iloc[0])))


def _all_kinds(run: Run, _category: str | None, _earlier: Run | None) -> Decimal:
    rows = run.coverage[(run.coverage["township_code"] == "ALL") & (run.coverage["group"] == "population")]
    access = pd.read_csv(run.file("access.csv"), dtype={"resident_id": str}, encoding="utf-8-sig")
    limits = access["category"].map(dict(zip(rows["category"], rows["limit_min"], strict=True)))
    reached = (
        access.assign(reached=is_reached(access["minutes"], limits.to_numpy(dtype=np.float64)))
        .groupby("resident_id")["reached"]
        .all()
    )
    residents = run.file("residents.parquet")
    try:
        people = raw.plain_parquet(residents, residents.name, budget=OWN)
    except InputError as e:
        raise PlanError(e.findings) from e
    there = people[people["id"].astype(str).isin(reached.index[reached])]
    total, covered = (sum(map(_exact, table["population"]), Decimal(0)) for table in (people, there))
    return _share(covered, total)


def _exact(value: Any) -> Decimal:
    return Decimal(str(value))


def _townships(run: Run, category: str | None, _earlier: Run | None) -> Decimal:
    codes = set(run.coverage["township_code"]) - {"ALL", "NONE"}
    places = run.of_category(category)
    if category not in set(run.coverage["category"]):
        raise _Unknown("no_category", category=category)
    if "township_code" in places:
        there = set(places["township_code"].dropna().astype(str))
    else:
        townships = run.layer("townships")
        within = gpd.sjoin(places, townships.to_crs(places.crs), predicate="within", lsuffix="place", rsuffix="town")
        there = set(within["code" if "code" in within else "township_code"].astype(str))
    return _share(Decimal(len(codes & there)), Decimal(len(codes)))


_REGISTERED = (
    Formula("capacity_per_1000", _per_1000),
    Formula("capacity_per_person", _per_person),
    Formula("facility_count", _count),
    Formula("new_facilities", _new),
    Formula("covered_share", _covered),
    Formula("all_kinds_share", _all_kinds, ("coverage.csv", "circles.gpkg", "access.csv", "residents.parquet")),
    Formula("township_share", _townships),
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({item.id: item for item in _REGISTERED})
"""Every formula by its id."""


def storable(run: Run, earlier: Run | None = None) -> Finding | None:
    """Return why nothing of a run may be stored: it, or the run it is compared with, is a demonstration."""
    if run.is_demonstration or (earlier is not None and earlier.is_demonstration):
        return errors.error("plan-run-demonstration", run.folder.name)
    return None


def store(
    ledger: Ledger, plan: Plan, run: Run, figures: list[Computed], *, period: str, reported_on: dt.date,
    earlier: Run | None = None,
) -> list[Entry]:  # fmt: skip
    """Put computed figures into the ledger beside the reported ones; unchanged ones are not stored again.

    Parameters
    ----------
    ledger : appended to
    plan : the plan that the figures belong to
    run : the run they were computed from
    figures : what `compute` returns; those without a value are left out
    period : the period they stand for, as ``2024-Q2``
    reported_on : date of the entries
    earlier : the run that the figures compare with, where they do

    Raises
    ------
    PlanError
        The run is a demonstration, or does not say whether it is one.
    """
    problem = storable(run, earlier)
    if problem is not None:
        raise PlanError(problem)
    before = {
        row.subject: row
        for row in ledger.entries(topic=Topic.OBSERVATION)
        if row.basis == Basis.COMPUTED and row.period == period
    }
    name = str(run.about.get("run_id") or run.about.get("id") or run.folder.name)
    drafts = []
    for item in figures:
        old = before.get(item.id)
        if item.value is None or (old is not None and old.value == number_text(item.value)):
            continue
        drafts.append(
            Draft(
                subject=item.id,
                period=period,
                reported_on=reported_on,
                value=item.value,
                unit=plan.measures[item.id].unit,
                status=Status.CORRECTED if old else Status.COMPUTED,
                basis=Basis.COMPUTED,
                plan=plan.plan.id,
                evidence=f"run {name}",
                evidence_sha256=run.hash("run.json"),
                reason=f"run {name}" if old else "",
                detail={"formula": item.formula, "inputs": dict(item.inputs)},
            )
        )
    return ledger.append(drafts)
