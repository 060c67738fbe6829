"""What the workbook and the brief both say: the verdict matrix and the headline numbers, worked out once.

Nothing here measures reach: shares, verdicts and minutes are taken from the tables, people are summed with ``fsum``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.results import Tables
from circles.analysis.verdicts.naming import area_rule_names
from circles.analysis.verdicts.words import word_key
from circles.foundation import words
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, Verdict
from circles.foundation.types import F64
from circles.foundation.words import Lang
from circles.outputs.osm_names import readable
from circles.outputs.stated import Stated, stated
from circles.outputs.statement import COLOURS as COLOURS_OF
from circles.outputs.statement import GROUNDS, SYMBOLS, WORST_FIRST, Town
from circles.outputs.statement import Row as StatedRow

OVERALL, NO_RULE = "overall", "none"
"""``rule_id`` of a township's overall row, and of a row that says that no rule applies."""
COLOURS = {verdict: (GROUNDS[verdict], COLOURS_OF[verdict]) for verdict in COLOURS_OF}
"""Ground and ink of each verdict: those of the map."""


@dataclass(frozen=True)
class Judged:
    """A verdict, and the key of the word it is said with."""

    verdict: Verdict
    word: str


@dataclass(frozen=True)
class Cell:
    """One service of one township: what the statement says of it, and everyone within the limit.

    ``population`` and ``covered`` count everybody, whomever the rule is for.
    """

    stated: Stated
    row: StatedRow
    population: float
    covered: float

    @property
    def uncovered(self) -> float:
        """People beyond the limit."""
        return self.population - self.covered

    @property
    def share(self) -> float:
        """Everybody's share within the limit, NaN where nobody lives."""
        return self.covered / self.population if self.population else math.nan

    @property
    def text(self) -> str:
        """Symbol and value, as every product shows them."""
        return self.stated.cell(self.row)


@dataclass(frozen=True)
class Row:
    """One township of the matrix: its overall verdict, a cell per category, the verdicts of combined rules, kinds met."""

    code: str
    name: str
    klass: str
    overall: Judged
    cells: dict[str, Cell]
    combined: dict[str, Judged]
    kinds: str


class Report:
    """The tables of a run with what is derived from them for people, in one language."""

    def __init__(self, tables: Tables, lang: Lang = "zh") -> None:
        places = readable(tables.facilities, lang)
        self.tables = tables if places is tables.facilities else replace(tables, facilities=places)
        self.lang = lang
        self.area = tables.area
        self.categories = {item.id: item.title for item in tables.area.categories}

    @cached_property
    def stated(self) -> Stated:
        """The statement, from which every verdict is printed."""
        return stated(self.tables, self.lang)

    def word(self, key: str, /, **values: object) -> str:
        """Return a text of the catalogue ``report``; ``reference_<key>`` where there is one and 达标 may not be said.

        So nothing that people read of a demonstration, or of rules that nobody adopted, says 达标.
        """
        is_distinct = f"reference_{key}" in self.catalogue and not self.is_binding
        return words.text(f"report.{'reference_' if is_distinct else ''}{key}", self.lang, **values)

    @cached_property
    def is_binding(self) -> bool:
        """Whether 达标 may be said: outside demonstrations, where every rule that judges is adopted."""
        statuses = [rule.status for rule in self.area.rules if rule.status != "proposed"]
        return word_key("", statuses, is_demonstration=self.is_demonstration).startswith("verdict")

    def judged(self, verdict: str, statuses: Iterable[str]) -> Judged:
        """Return a verdict that rests on rules of these statuses."""
        return Judged(Verdict(verdict), word_key(verdict, statuses, is_demonstration=self.is_demonstration))

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

    def names(self, joined: str) -> str:
        """Return names that a table holds with 、 between them, as the language lists them."""
        return words.listed(joined.split("、"), self.lang)

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
        return self.day(self.area.as_of)

    def day(self, day: dt.date) -> str:
        """Return a date as a person writes it."""
        return self.word("date", year=day.year, month=day.month, day=day.day)

    @property
    def limit(self) -> str:
        """The limit in minutes, without needless decimals."""
        return f"{self.area.walk.limit_min:g}"

    def verdict(self, judged: Judged) -> str:
        """Return shape and word, as 「▲ 低于参考值」."""
        return self.stated.word("legend", symbol=SYMBOLS[judged.verdict], word=self.stated.word(judged.word))

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
        return words.group(group, self.lang)

    @cached_property
    def rule_names(self) -> dict[str, str]:
        """What each rule is called, by its id."""
        return area_rule_names(self.area, self.lang)

    @cached_property
    def combined(self) -> list[str]:
        """Combinations of categories that some rule asks for, in the order of the rules."""
        found = self.tables.check["category"]
        return list(dict.fromkeys(item for item in found if isinstance(item, str) and "+" in item))

    @cached_property
    def matrix(self) -> list[Row]:
        """Townships in the county's own order, so that two months compare."""
        classes = dict(zip(map(str, self.tables.townships["code"]), self.tables.townships["class"], strict=True))
        return [self._row(town, str(classes.get(town.code) or "")) for town in self.stated.found.towns]

    @cached_property
    def total(self) -> dict[str, Cell]:
        """The whole area, per category, on its own base."""
        return {category: self._cell(ALL, category) for category in self.categories}

    @cached_property
    def population(self) -> float:
        """Everyone, snapped or not."""
        return math.fsum(self.tables.residents["population"])

    @cached_property
    def overall_counts(self) -> dict[Verdict, int]:
        """Number of townships per overall verdict."""
        return {verdict: sum(row.overall.verdict == verdict for row in self.matrix) for verdict in Verdict}

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

    def _row(self, town: Town, klass: str) -> Row:
        combined = {item: self._combined(town.code, item) for item in self.combined}
        cells = {category: self._cell(town.code, category) for category in self.categories}
        overall = Judged(Verdict(town.verdict), town.word)
        return Row(town.code, town.name, klass, overall, cells, combined, self.stated.kinds(town))

    def _cell(self, code: str, category: str) -> Cell:
        people, covered = self._shares.get((code, category), (0.0, 0.0))
        return Cell(self.stated, self.stated.cells[code, category], people, covered)

    def _combined(self, code: str, category: str) -> Judged:
        """Return the worst verdict of the rules that ask for several categories at once."""
        check = self.tables.check
        own = check[(check["township_code"] == code) & (check["category"] == category)]
        own = own[own["rule_status"] != "proposed"]
        order = [str(verdict) for verdict in WORST_FIRST]
        worst = min(map(str, own["verdict"]), key=order.index, default=str(Verdict.NO_RULE))
        return self.judged(worst, map(str, own["rule_status"]))

    @cached_property
    def _shares(self) -> dict[tuple[str, str], tuple[float, float]]:
        frame = self.tables.coverage
        frame = frame[frame["group"] == "population"]
        return {(row.township_code, row.category): (row.population, row.covered) for row in rows_of(frame)}

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as a sheet shows it: thousands apart, halves rounded up; '–' where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        return f"{_rounded(value, decimals):,}"

    def number_of_people(self, value: float) -> str:
        """Return a number of people with the decimals of this report."""
        return self.number(value, self.people_decimals)

    def said(self, value: float, decimals: int = 0) -> str:
        """Return a number as a sentence holds it: in Chinese without commas."""
        shown = self.number(value, decimals)
        return shown.replace(",", "") if self.lang == "zh" else shown

    def said_people(self, value: float) -> str:
        """Return a number of people as a sentence holds it."""
        return self.said(value, self.people_decimals)

    def percent(self, value: float, threshold: float | None = None) -> str:
        """Return a share as `coverage.shown_percent` shows it; '–' where there is none."""
        return shown_percent(value, threshold)


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


def _rounded(value: float | Decimal, decimals: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
