"""A statement in one language: the texts that every product prints, made here and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.verdicts import MEASURES, is_share
from circles.analysis.verdicts.measures import is_lower_better
from circles.foundation import words
from circles.foundation.schema.tables import ALL, TABLES, Verdict
from circles.foundation.words import Lang
from circles.outputs.statement import (
    BELOW_COLOURS,
    COLOURS,
    SYMBOLS,
    Head,
    Judgement,
    Row,
    Statement,
    Town,
    county,
    statement,
)

_WHOLE = {"县": "county", "市": "city", "区": "district"}
_ORDER = (Verdict.MET, Verdict.NOT_MET, Verdict.NO_DATA, Verdict.EXEMPT, Verdict.NO_RULE)


@dataclass(frozen=True)
class Stated:
    """A statement with its words.

    ``area_name`` names the county's row (全县, 全市, 全域); ``unit`` is what residents count, 人 or 点.
    """

    found: Statement
    lang: Lang
    area_name: str
    unit: str

    def word(self, key: str, /, **values: object) -> str:
        """Return an entry of the catalogue ``statement``."""
        return words.text(f"statement.{key}", self.lang, **values)

    @cached_property
    def cells(self) -> dict[tuple[str, str], Row]:
        """The cells by township code (``ALL`` for the county) and category."""
        return {(row.code, row.category): row for row in self.found.rows}

    @cached_property
    def heads(self) -> dict[str, Head]:
        """The heads by category."""
        return {head.category: head for head in self.found.heads}

    def value(self, row: Row) -> str:
        """Return a cell's value as people read it: a share by `shown_percent`, another number with at most two decimals."""
        return value_text(row.value, row.threshold, is_share=row.is_share)

    def cell(self, row: Row) -> str:
        """Return symbol and value, as 「▲54.4%」; a cell that no rule judges has its value alone."""
        mark = "" if row.verdict == Verdict.NO_RULE else row.symbol
        return mark + self.value(row)

    def verdict(self, row: Row | Town) -> str:
        """Return the word of a cell or of a township's overall verdict; '' for the county, which no rule judges."""
        return self.word(row.word) if row.word else ""

    def base(self, row: Row | Head) -> str:
        """Return of whom a value is: a group of people, or what its measure counts."""
        return self._base(row.measure, row.group)

    def bar(self, row: Row) -> str:
        """Return the threshold of a cell as 「≥90%」, 「未设标准」 where there is none; '' for the county."""
        if row.code == ALL:
            return ""
        return self.word("no_bar") if row.threshold is None else _bar(row.threshold, row.measure)

    def bars(self, head: Head) -> tuple[str, ...]:
        """Return the thresholds of a category by class of township, as 「镇≥90%」."""
        return tuple(self._where(where) + _bar(bar, head.measure) for where, bar in head.thresholds)

    def head(self, head: Head) -> str:
        """Return a column's head, as 「老年助餐（60岁及以上）镇≥90% 乡≥80%」."""
        return self.word("head", name=head.name, base=self.base(head), bars=" ".join(self.head_bars(head)))

    def head_bars(self, head: Head) -> tuple[str, ...]:
        """Return each threshold of a head as text, then those of rules on another base; 「未设标准」 alone where there is none."""
        others = tuple(
            self.word("head_other", where=self._where(where).strip(), base=self._base(measure, group), bar=_bar(bar, measure)).strip()
            for where, measure, group, bar in head.others
        )  # fmt: skip
        return (*self.bars(head), *others) or (self.word("no_bar"),)

    def kinds(self, town: Town) -> str:
        """Return how many kinds meet their value, as 「1/4」; '' where no rule judges."""
        return self.word("kinds", met=town.met, judged=town.judged) if town.judged else ""

    @property
    def county_name(self) -> str:
        """Return what the county's row is called: 全县, 全市, 全区, else 全域."""
        return whole_name(self.area_name, self.lang)

    def place(self, row: Row) -> str:
        """Return the name of a row's place."""
        return self.county_name if row.code == ALL else row.name

    def legend(self) -> tuple[str, ...]:
        """Return symbol and word of each verdict that occurs, once each."""
        keys = {(row.verdict, row.word) for row in self.found.rows if row.word}
        ordered = sorted(keys, key=lambda key: (_ORDER.index(Verdict(key[0])), key[1]))
        return tuple(self.word("legend", symbol=SYMBOLS[Verdict(v)], word=self.word(word)) for v, word in ordered)

    def table(self) -> pd.DataFrame:
        """Return the table ``statement``: a row per cell, the county's last, with numbers and with texts."""
        rows = [
            (
                row.code, self.place(row), row.category, self.heads[row.category].name, row.rule_id, row.measure, row.group,
                row.numerator, row.denominator, row.value, row.threshold, row.rule_status, row.uncovered, row.needed,
                row.verdict, row.symbol, row.colour, self.verdict(row), self.cell(row), self.base(row), self.bar(row),
            )
            for row in self.found.rows
        ]  # fmt: skip
        columns = TABLES["statement"].columns
        frame = pd.DataFrame(rows, columns=[column.name for column in columns])
        return frame.astype({column.name: column.dtype for column in columns})

    def as_data(self) -> dict[str, Any]:
        """Return the statement as plain data with its texts, for pages."""
        found = self.found
        return {
            "heads": [
                {**asdict(head), "base": self.base(head), "bars": list(self.head_bars(head)), "text": self.head(head)}
                for head in found.heads
            ],
            "towns": [{**asdict(town), "text": self.kinds(town), "said": self.verdict(town)} for town in found.towns],
            "rows": [
                {
                    **asdict(row), "place": self.place(row), "text": self.value(row), "cell": self.cell(row),
                    "said": self.verdict(row), "base": self.base(row), "bar": self.bar(row),
                }
                for row in found.rows
            ],
            "allKinds": found.all_kinds,
            "noKind": found.no_kind,
            "people": found.people,
            "below": list(BELOW_COLOURS),
            "colours": dict(COLOURS),
            "county": county(found),
            "countyName": self.county_name,
            "legend": list(self.legend()),
        }  # fmt: skip

    def _base(self, measure: str, group: str) -> str:
        if measure in MEASURES and not MEASURES[measure].is_of_people:
            return words.measure(measure, self.lang)
        if group == "population" and self.unit == words.text("report.points", self.lang):
            return self.word("base_points")
        return words.group(group, self.lang)

    def _where(self, where: str) -> str:
        if where == "all":
            return ""
        return self.word(f"head_{where}") + ("" if self.lang == "zh" else " ")


def stated(tables: Judgement, lang: Lang) -> Stated:
    """Return the statement of an analysis in one language."""
    unit = words.text("report.points" if tables.area.counts_points else "report.people", lang)
    return Stated(statement(tables), lang, tables.area.name, unit)


def whole_name(area_name: str, lang: Lang) -> str:
    """Return what the row of a whole area is called: 全县, 全市, 全区, else 全域."""
    return words.text(f"statement.{_WHOLE.get(area_name[-1:], 'area')}", lang)


def value_text(value: float | None, threshold: float | None, *, is_share: bool) -> str:
    """Return a value of a rule as people read it; '–' where there is none."""
    if value is None:
        return "–"
    return shown_percent(value, threshold) if is_share else number_text(value, decimals=2)


def number_text(value: float, *, decimals: int) -> str:
    """Return a number with thousands apart and no needless decimals, halves to even.

    >>> number_text(1234.5, decimals=2), number_text(3.0, decimals=2)
    ('1,234.5', '3')
    """
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    shown = f"{rounded:,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _bar(bar: float, measure: str) -> str:
    sign = "≤" if is_lower_better(measure) else "≥"
    return sign + (shown_percent(bar).replace(".0%", "%") if is_share(measure) else number_text(bar, decimals=2))
