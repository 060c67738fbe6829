"""The verdict table as a terminal shows it."""

from __future__ import annotations

from circles.cli.console import width
from circles.foundation import words
from circles.foundation.schema.tables import ALL
from circles.outputs.headline import headline
from circles.outputs.stated import Stated
from circles.outputs.statement import Head

COLUMNS_MAX = 100
"""A terminal's width; kinds that do not fit stand in a second table below."""


def verdicts_text(stated: Stated, *, limit_min: float) -> str:
    """Return what a terminal shows of a run: the sentence that stands first in every product, and the table below it."""
    first = words.labelled(stated.area_name, headline(stated, limit_min=limit_min), stated.lang)
    return f"{first}\n\n{matrix(stated)}"


def matrix(stated: Stated) -> str:
    """Return township × category as text: heads with base and thresholds, symbol and value, the county's row, the words."""
    heads = list(stated.found.heads)
    lead = _lead(stated)
    parts: list[str] = []
    while heads:
        taken = next(
            (n for n in range(len(heads), 1, -1) if _wide(_table(stated, lead, heads[:n], is_last=n == len(heads))) <= COLUMNS_MAX), 1
        )  # fmt: skip
        parts.append(_text(_table(stated, lead, heads[:taken], is_last=taken == len(heads))))
        heads = heads[taken:]
    legend = "　".join(stated.legend())
    return "\n\n".join(parts) + f"\n{legend}"


def _lead(stated: Stated) -> list[tuple[str, str]]:
    """Return code and name of each row: townships in the county's own order, then the county."""
    return [*((town.code, town.name) for town in stated.found.towns), (ALL, stated.county_name)]


def _table(stated: Stated, lead: list[tuple[str, str]], heads: list[Head], *, is_last: bool) -> list[list[str]]:
    """Return lines of heads, an empty line for the rule below them, then rows of cells."""
    columns = [[head.name, stated.base(head), *stated.head_bars(head)] for head in heads]
    depth = max(len(column) for column in columns)
    own = {town.code: stated.kinds(town) for town in stated.found.towns}
    has_kinds = is_last and any(own.values())
    lines = []
    for line in range(depth):
        cells = [column[line] if line < len(column) else "" for column in columns]
        ends = [stated.word("kinds_head") if line == 0 else ""] if has_kinds else []
        lines.append([words.text("cli.township", stated.lang) if line == 0 else "", *cells, *ends])
    lines.append([])
    for code, name in lead:
        cells = [stated.cell(stated.cells[code, head.category]) for head in heads]
        lines.append([name, *cells, *([own.get(code, "")] if has_kinds else [])])
    return lines


def _widths(lines: list[list[str]]) -> list[int]:
    return [max(width(line[at]) for line in lines if line) for at in range(len(lines[0]))]


def _wide(lines: list[list[str]]) -> int:
    widths = _widths(lines)
    return sum(widths) + 2 * len(widths) - 2


def _text(lines: list[list[str]]) -> str:
    widths = _widths(lines)
    return "\n".join(
        "  ".join(_padded(cell, wide) for cell, wide in zip(line, widths, strict=True)).rstrip() if line else "─" * _wide(lines)
        for line in lines
    )  # fmt: skip


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
