"""What the workbook and the brief both say: the verdict matrix and the headline numbers, worked out once.

Nothing here measures reach: shares, verdicts and minutes are taken from the tables, people are summed with ``fsum``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.results import Tables
from circles.analysis.verdicts import is_share
from circles.foundation import words
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, NONE, Verdict
from circles.foundation.types import F64
from circles.foundation.words import Lang

OVERALL, NO_RULE = "overall", "none"
"""``rule_id`` of a township's overall row, and of a row that says that no rule applies."""
WORST_FIRST = (Verdict.NOT_MET, Verdict.NO_DATA, Verdict.NO_RULE, Verdict.MET, Verdict.EXEMPT)
"""Verdicts from worst to best, the order of the matrix; of several rules of one service the worst is shown."""
SHAPES = {Verdict.MET: "●", Verdict.NOT_MET: "▲", Verdict.NO_DATA: "◇", Verdict.NO_RULE: "○", Verdict.EXEMPT: "□"}
"""A shape per verdict, so that colour is never needed to read one."""
COLOURS = {
    Verdict.MET: ("#BFE3C8", "#123D22"),
    Verdict.NOT_MET: ("#B3261E", "#FFFFFF"),
    Verdict.NO_DATA: ("#E6E9EC", "#2B333B"),
    Verdict.NO_RULE: ("#FFFFFF", "#2B333B"),
    Verdict.EXEMPT: ("#FFFFFF", "#2B333B"),
}
"""Ground and ink of each verdict; both pairs have a contrast above 4.5."""


@dataclass(frozen=True)
class Judged:
    """A verdict, and whether it rests on an assumed rule: then it says so wherever it stands."""

    verdict: Verdict
    is_assumed: bool = False


_NOTHING = (Judged(Verdict.NO_RULE), math.nan, math.nan, "")


@dataclass(frozen=True)
class Cell:
    """One service of one township: the worst verdict of its rules with what that rule measured, and everyone's share.

    ``value``, ``threshold`` and ``measure`` are those of the rule that decides; empty where none judges.
    """

    judged: Judged
    share: float
    population: float
    covered: float
    value: float = math.nan
    threshold: float = math.nan
    measure: str = ""

    @property
    def uncovered(self) -> float:
        """People beyond the limit."""
        return self.population - self.covered


@dataclass(frozen=True)
class Row:
    """One township of the matrix: its overall verdict, a cell per category, and the verdicts of combined rules."""

    code: str
    name: str
    klass: str
    overall: Judged
    cells: dict[str, Cell]
    combined: dict[str, Judged]

    @property
    def not_met(self) -> int:
        """Number of services not met."""
        return sum(cell.judged.verdict == Verdict.NOT_MET for cell in self.cells.values())


class Report:
    """The tables of a run with what is derived from them for people, in one language."""

    def __init__(self, tables: Tables, lang: Lang = "zh") -> None:
        self.tables, self.lang = tables, lang
        self.area = tables.area
        self.categories = {item.id: item.name for item in tables.area.categories}

    def word(self, key: str, /, **values: object) -> str:
        """Return a text of the catalogue ``report``; in a demonstration ``demo_<key>`` where there is one.

        So nothing that people read in a demonstration says 达标 of a place.
        """
        is_distinct = self.is_demonstration and f"demo_{key}" in self.catalogue
        return words.text(f"report.{'demo_' if is_distinct else ''}{key}", self.lang, **values)

    @property
    def catalogue(self) -> dict[str, dict[str, str]]:
        """Return the entries of the catalogue ``report``."""
        return words.catalogue("report")

    @property
    def is_demonstration(self) -> bool:
        """Whether every page must say 演示数据."""
        return self.area.demonstration

    @property
    def run_id(self) -> str:
        """The run's id, '' where the run has none."""
        return str(self.tables.run.get("run_id", ""))

    @property
    def people(self) -> str:
        """The unit of population: 人, or 点 where residents are points of streets."""
        return self.word("points" if self.area.counts_points else "people")

    @cached_property
    def people_decimals(self) -> int:
        """0 where every resident point holds whole people, else 1."""
        values = self.tables.residents["population"].to_numpy(dtype=float)
        return int(bool((values != np.round(values)).any()))

    @property
    def date(self) -> str:
        """The area's date as a person writes it."""
        day = self.area.as_of
        return self.word("date", year=day.year, month=day.month, day=day.day)

    @property
    def limit(self) -> str:
        """The limit in minutes, without needless decimals."""
        return f"{self.area.walk.limit_min:g}"

    def verdict(self, judged: Judged) -> str:
        """Return shape and word; in a demonstration the word is no verdict, and says so."""
        head = self.verdict_short(judged.verdict)
        if self.is_demonstration:
            return f"{head}\n{self.word('no_verdict')}"
        return f"{head}\n{self.word('by_assumed')}" if judged.is_assumed else head

    def verdict_short(self, verdict: Verdict) -> str:
        """Return shape and word alone, for tables that say 演示，不作达标结论 in their caption."""
        return f"{SHAPES[verdict]} {self.word(f'verdict_{verdict}')}"

    def category_name(self, category: str) -> str:
        """Return the name of a category, of several separated by '+', or the id where it has no name."""
        ids = category.split("+")
        if len(ids) > 1 and set(ids) == set(self.categories):
            return self.word("all_kinds", count=len(ids))
        return "＋".join(self.categories.get(item, item) for item in ids)

    def measure_name(self, measure: str) -> str:
        """Return what a rule measure is called, '' where there is none."""
        return words.measure(measure, self.lang) if measure else ""

    def group_name(self, group: str) -> str:
        """Return the name of a group of residents; an unknown column is shown as it is."""
        return self.word(f"group_{group}") if f"group_{group}" in self.catalogue else group

    @cached_property
    def combined(self) -> list[str]:
        """Combinations of categories that some rule asks for, in the order of the rules."""
        found = self.tables.check["category"]
        return list(dict.fromkeys(item for item in found if isinstance(item, str) and "+" in item))

    @cached_property
    def matrix(self) -> list[Row]:
        """Townships, worst first: by overall verdict, services not met, least share, code."""
        rows = [self._row(code, name, klass) for code, name, klass in self._townships()]
        return sorted(
            rows, key=lambda row: (WORST_FIRST.index(row.overall.verdict), -row.not_met, _least(row), row.code)
        )

    @cached_property
    def total(self) -> dict[str, Cell]:
        """The whole area, per category; the verdict is not used."""
        return {category: self._cell(ALL, category) for category in self.categories}

    @cached_property
    def population(self) -> float:
        """Everyone, snapped or not."""
        return math.fsum(self.tables.residents["population"])

    @cached_property
    def overall_counts(self) -> dict[Verdict, int]:
        """Number of townships per overall verdict."""
        return {verdict: sum(row.overall.verdict == verdict for row in self.matrix) for verdict in WORST_FIRST}

    @cached_property
    def lacking(self) -> list[float]:
        """People by the number of kinds of service that they lack within the limit: index 0 lacks none."""
        access, residents = self.tables.access, self.tables.residents
        is_reached = reached(access["minutes"], self.area.walk.limit_min)
        kinds = access["resident_id"][is_reached].value_counts()
        lacks = len(self.categories) - residents["id"].map(kinds).fillna(0).to_numpy(dtype=int)
        people = residents["population"].to_numpy(dtype=float)
        return [math.fsum(people[lacks == number]) for number in range(len(self.categories) + 1)]

    @cached_property
    def counted(self) -> dict[str, int]:
        """Facilities that count, per category."""
        facilities = self.tables.facilities
        counted = facilities[facilities["is_counted"].astype(bool)]
        found = counted["category"].value_counts()
        return {category: int(found.get(category, 0)) for category in self.categories}

    @cached_property
    def severities(self) -> dict[str, int]:
        """Findings per severity."""
        found = self.tables.findings["severity"].value_counts()
        return {key: int(found.get(key, 0)) for key in ("error", "warning", "info")}

    def facility_statuses(self) -> dict[str, int]:
        """Facilities per status, in the order of the vocabulary, absent ones left out."""
        found = self.tables.facilities["status"].value_counts()
        order = ("existing", "example", "under_construction", "planned", "closed")
        return {key: int(found[key]) for key in order if key in found}

    def _townships(self) -> list[tuple[str, str, str]]:
        """Return code, name and class of every township of the verdicts, those without residents included."""
        frame = self.tables.townships
        known = {c: (n, k) for c, n, k in frame[["code", "name", "class"]].itertuples(index=False, name=None)}
        for code, name in self.tables.check[["township_code", "township"]].itertuples(index=False, name=None):
            known.setdefault(code, (name, ""))
        return [(code, str(name), str(klass or "")) for code, (name, klass) in known.items() if code not in (ALL, NONE)]

    def _row(self, code: str, name: str, klass: str) -> Row:
        verdicts = self._verdicts
        combined = {item: verdicts.get((code, item), _NOTHING)[0] for item in self.combined}
        cells = {category: self._cell(code, category) for category in self.categories}
        return Row(code, name, klass, verdicts.get((code, ""), _NOTHING)[0], cells, combined)

    def _cell(self, code: str, category: str) -> Cell:
        people, covered, share = self._shares.get((code, category), (0.0, 0.0, math.nan))
        judged, value, threshold, measure = self._verdicts.get((code, category), _NOTHING)
        return Cell(judged, share, people, covered, value, threshold, measure)

    @cached_property
    def _shares(self) -> dict[tuple[str, str], tuple[float, float, float]]:
        frame = self.tables.coverage
        frame = frame[frame["group"] == "population"]
        return {
            (row.township_code, row.category): (row.population, row.covered, _number(row.share))
            for row in rows_of(frame)
        }

    @cached_property
    def _verdicts(self) -> dict[tuple[str, str], tuple[Judged, float, float, str]]:
        """The worst verdict per township and category with its value, threshold and measure, proposed rules left out.

        Category '' holds the overall one.
        """
        worst: dict[tuple[str, str], tuple[Judged, float, float, str]] = {}
        for row in rows_of(self.tables.check):
            if row.rule_status == "proposed":
                continue
            key = (row.township_code, "" if row.rule_id == OVERALL else row.category)
            judged = Judged(Verdict(row.verdict), row.rule_status == "assumed")
            found = (judged, _number(row.value), _number(row.threshold), str(row.measure))
            worst[key] = min(worst.get(key, found), found, key=lambda item: WORST_FIRST.index(item[0].verdict))
        return worst

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as a sheet shows it: thousands apart, halves rounded up; '–' where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        return f"{_rounded(value, decimals):,}"

    def number_of_people(self, value: float) -> str:
        """Return a number of people with the decimals of this report."""
        return self.number(value, self.people_decimals)

    def percent(self, value: float, threshold: float | None = None) -> str:
        """Return a share as `coverage.shown_percent` shows it; '–' where there is none."""
        return shown_percent(value, threshold)

    def measured(self, cell: Cell) -> str:
        """Return what the deciding rule measured, a share in percent; '–' where nothing was."""
        if is_share(cell.measure):
            return self.percent(cell.value, cell.threshold)
        return self.number(cell.value, 0 if math.isfinite(cell.value) and cell.value.is_integer() else 1)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table as named tuples; a column's type is what ``tables.TABLES`` says."""
    yield from frame.itertuples(index=False)


def weighted_quantile(values: F64, weights: F64, share: float) -> float:
    """Return the least value within which at least ``share`` of the weight lies; NaN where that part has no value.

    ``values`` holds NaN for those who have none (they come last); ``weights`` are people.
    """
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    total = np.cumsum(weights[order])
    if not len(total) or total[-1] <= 0:
        return math.nan
    return float(sorted_values[min(np.searchsorted(total, share * total[-1] - 1e-9), len(total) - 1)])


def _least(row: Row) -> float:
    shares = [cell.share for cell in row.cells.values() if math.isfinite(cell.share)]
    return min(shares, default=math.inf)


def _number(value: object) -> float:
    return math.nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]


def _rounded(value: float | Decimal, decimals: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
