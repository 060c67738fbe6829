"""What a sheet is made of: headed columns with a kind each, rows of values, and words for codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from circles.analysis.verdicts import is_share
from circles.foundation.schema.tables import ALL, NONE, Verdict
from circles.outputs.headline import counted
from circles.outputs.report import Cell, Report

PEOPLE, COUNT, SHARE, MINUTES, NUMBER, TEXT = "people", "count", "share", "minutes", "number", "text"
RATE, RATIO = "rate", "ratio"
"""Kinds of columns: how their numbers look; rates have two decimals, ratios three."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its title and kind; neighbours of one ``group`` stand under one upper head."""

    title: str
    kind: str = TEXT
    group: str = ""


@dataclass(frozen=True)
class Said:
    """A cell of the statement: a number that shows symbol and value as every product does."""

    value: float | None
    text: str
    verdict: Verdict


@dataclass(frozen=True)
class Block:
    """One table on a sheet, with a caption where a sheet holds several."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    caption: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its tables below each other, notes under its title, whether it is wide, and an annex."""

    name: str
    blocks: tuple[Block, ...]
    note: str = ""
    is_wide: bool = False
    is_annex: bool = False


@dataclass(frozen=True)
class Share:
    """A number that is a share wherever it stands; one below its threshold never shows as reaching it."""

    value: float
    threshold: float | None = None


def said(cell: Cell) -> Said:
    """Return a cell of the matrix as a sheet holds it."""
    return Said(cell.row.value, cell.text, Verdict(cell.row.verdict))


def reason(report: Report, code: Any) -> str:
    """Return why people or facilities have no minutes, in words."""
    if not isinstance(code, str) or f"reason_{code}" not in report.catalogue:
        return code if isinstance(code, str) else ""
    area = report.area
    return report.word(f"reason_{code}", limit=f"{area.walk.limit_min:g}", horizon=f"{area.horizon_min:g}")


def reasons(report: Report, codes: Any) -> str:
    """Return several causes, given with spaces between them, in words."""
    return report.word("list_comma").join(reason(report, code) for code in str(codes).split())


def of_measure(value: float, measure: str, threshold: float | None = None) -> Any:
    """Return a value of a rule as it is shown: a share for measures of shares."""
    return Share(value, threshold) if is_share(measure) else value


def place(report: Report, code: str, name: str = "") -> str:
    """Return the name of a township or other place; ALL and NONE have words of their own."""
    towns = {row.code: row.name for row in report.matrix}
    return {ALL: report.word("total"), NONE: report.word("outside")}.get(code) or name or towns.get(code, code)


def known(report: Report, kind: str, code: Any) -> str:
    """Return the word for a code of the vocabulary; an unknown code is shown as it is."""
    try:
        return report.word(f"{kind}_{code}")
    except KeyError:
        return str(code)


def title(report: Report, column: str) -> str:
    """Return the title of a column of any table."""
    return known(report, "col", column).removeprefix("col_")


def kinds_word(report: Report, key: str, count: int) -> str:
    """Return ``key`` for a number of kinds; none and all of several kinds have words of their own (``…_none``, ``…_all``)."""
    total = len(report.categories)
    if total < 2 or count not in (0, total):
        return report.word(key, count=count)
    return report.word(f"{key}_{'all' if count else 'none'}", kinds=counted(total, report.lang))
