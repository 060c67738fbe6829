"""``report.xlsx``: the results as a workbook that a bureau can print, sort and hand in.

Every sheet has a merged title row, a line that says what and when, headed columns that stay in sight and repeat in
print, and numbers that are numbers. No text can become a formula or a link.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from circles.analysis.coverage import shown_percent
from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.words import Lang
from circles.outputs import blocks, sheets, text
from circles.outputs.blocks import Block, Column, Said, Share, Sheet
from circles.outputs.office import midnight, restamped
from circles.outputs.plan_papers.files import write_whole
from circles.outputs.report import COLOURS, Judged, Report
from circles.outputs.sentences import conclusion

FONT = "Microsoft YaHei"
"""Comes with Windows; Excel, WPS and LibreOffice fall back by themselves where it is missing."""
_A4 = 9
_WIDTH_MIN, _WIDTH_MAX = 8.0, 44.0
_HEAD_ROWS, _PAGE_ROWS = 2, 30
_TALL_ROWS = 60
"""Longer lists stand on upright pages, where their columns can be made to fit: half as many."""
_UPRIGHT, _ACROSS = 101.0, 149.0
"""Widths that A4 holds, upright and across, at 90 % of the size on the screen: 9 points in print."""
_NUMBER_MIN, _TEXT_MIN = 9.5, 16.0
"""What a column keeps when a sheet is too wide for its page: its numbers in one line, text in a few."""
_LINE_PT, _HEIGHT_MAX = 14.0, 400.0
_INVALID_NAME = re.compile(r"[\[\]:*?/\\]")
_OPTIONS = {
    "in_memory": True,
    "constant_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def write(tables: Tables, file: Path | str, *, lang: Lang = "zh") -> None:
    """Write the workbook.

    Raises
    ------
    CallError
        The file could not be written; what was there is unchanged.
    """
    report = Report(tables, lang)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties(
        {
            "title": text.short(report.word("title", area=tables.area.name, limit=report.limit), lang, most=200),
            "comments": report.word("demonstration") if report.is_demonstration else "",
            "created": midnight(tables.area.as_of),
        }
    )
    writer = _Writer(book, report)
    cover = writer.new_sheet(report.word("sheet_cover"))
    listed = [(writer.sheet(sheet), sheet) for sheet in sheets.sheets(report)]
    writer.cover(cover, listed)
    book.close()
    write_whole(Path(file), restamped(buffer.getvalue()))


class _Writer:
    """One workbook being written: its formats, its sheet names, and how many cells had to be changed."""

    def __init__(self, book: Any, report: Report) -> None:
        self.book, self.report = book, report
        self.names: set[str] = {"history"}
        self.changed = 0
        self.cleaned: dict[str, tuple[bool, str]] = {}
        self.formats = _formats(book, report)

    def new_sheet(self, name: str) -> Any:
        """Return a new sheet under a name that Excel accepts and no other sheet has."""
        clean = _INVALID_NAME.sub("_", text.visible(name).replace("\n", " ")).strip("' ")[:28] or "_"
        unique, number = clean, 2
        while unique.lower() in self.names:
            unique, number = f"{clean[:26]}~{number}", number + 1
        self.names.add(unique.lower())
        return self.book.add_worksheet(unique)

    def sheet(self, sheet: Sheet) -> str:
        """Write one sheet and return its name: title, line, tables; what heads them stays in sight and repeats in print."""
        page = self.new_sheet(sheet.name)
        span = max(len(block.columns) for block in sheet.blocks)
        length = sum(len(block.rows) for block in sheet.blocks)
        row, (widths, is_tall) = _HEAD_ROWS, _fitted(sheet.blocks, span, is_long=length > _TALL_ROWS)
        self.head(page, sheet.name, sheet.note, widths)
        for index, width in enumerate(widths):
            page.set_column(index, index, width)
        for number, block in enumerate(sheet.blocks):
            if block.caption:
                self.merged(page, row, span, block.caption, "caption")
                row += 1
            deep = int(any(column.group for column in block.columns))
            if number == 0:
                fixed = row + 1 + deep if len(sheet.blocks) == 1 else _HEAD_ROWS  # a second table has a head of its own
                page.freeze_panes(fixed, 1)
                page.repeat_rows(0, fixed - 1)
            if len(sheet.blocks) == 1 and block.rows:
                page.autofilter(row + deep, 0, row + deep + len(block.rows), len(block.columns) - 1)
            row = self.block(page, row, block, widths) + 1
            if number == 0 and len(sheet.blocks) > 1 and sum(len(item.rows) for item in sheet.blocks) > _PAGE_ROWS:
                page.set_h_pagebreaks([row])
        self.page(page, is_tall=is_tall)
        return str(page.get_name())

    def cover(self, page: Any, listed: Sequence[tuple[str, Sheet]]) -> None:
        """Write the cover: who and when, the conclusion, the state of the data, and what is where."""
        report, word, area = self.report, self.report.word, self.report.area
        stated, widths = report.stated, (18.0, 62.0)
        self.head(page, word("title", area=area.name, limit=report.limit), "", widths)
        issued = area.issued_on
        lines = [
            (word("issuer"), area.issuer or word("blank_issuer")),
            (word("issued"), report.day(issued) if issued else word("blank_issued")),
            (word("brief_conclusion"), "\n".join(conclusion(report))),
            (word("as_of"), report.date), (word("status"), word(_status(report))),
            (word("reading"), word("reading_long", legend="　".join(stated.legend()) or stated.word("no_bar"))),
            (word("run_id"), f"{report.run_id or '–'}　{word('version')} {report.tables.run.get('version', '–')}"),
        ]  # fmt: skip
        if self.changed:
            lines.append((word("changed"), word("changed_cells", count=self.changed)))
        row = _HEAD_ROWS
        for label, value in lines:
            self.string(page, row, 0, label, "label")
            self.string(page, row, 1, value, "text")
            page.set_row(row, _height([value], (60.0,)) + 4)
            row += 1
        for key, wanted in (("contents_main", False), ("contents_annex", True)):
            row += 1
            self.merged(page, row, 2, words.labelled(word("contents"), word(key), report.lang), "caption")
            for name, sheet in listed:
                if sheet.is_annex is wanted:
                    row += 1
                    page.write_url(row, 0, f"internal:'{name}'!A1", self.formats["link"], self.clean(name))
        for index, width in enumerate(widths):
            page.set_column(index, index, width)
        self.page(page, is_portrait=True)

    def head(self, page: Any, name: str, note: str, widths: Sequence[float]) -> None:
        """Write the merged title row and the line below it."""
        report, span = self.report, len(widths)
        self.merged(page, 0, span, name, "title")
        page.set_row(0, 30)
        known = report.word("as_of_line", date=report.date), report.word("run_line", run=report.run_id or "–")
        line = "　".join([report.area.name, *known])
        if report.is_demonstration:
            line = report.word("bracketed", text=report.word("demonstration_mark")) + line
        line += f"\n{note}" if note else ""
        self.merged(page, 1, span, line, "banner" if report.is_demonstration else "line")
        page.set_row(1, _height([line], [sum(widths)]) + 4)

    def block(self, page: Any, row: int, block: Block, widths: Sequence[float]) -> int:
        """Write a table, each row as high as its text, and return the number of the next free row."""
        row = self.heads(page, row, block, widths)
        for values in block.rows:
            row += 1
            page.set_row(row, _height([self.shown(value) for value in values], widths))
            for index, (value, column) in enumerate(zip(values, block.columns, strict=True)):
                self.cell(page, row, index, value, column)
        if not block.rows:
            row += 1
            self.string(page, row, 0, self.report.word("none"), "text")
        return row + 1

    def heads(self, page: Any, row: int, block: Block, widths: Sequence[float]) -> int:
        """Write the heads of a table, on two levels where columns stand in groups, and return the row of the last."""
        columns = block.columns
        if any(column.group for column in columns):
            index = 0
            while index < len(columns):
                group = columns[index].group
                span = next((n for n in range(index, len(columns)) if columns[n].group != group), len(columns)) - index
                if group:
                    self.merged(page, row, span, group, "head", first=index)
                else:
                    for own in range(index, index + span):
                        page.merge_range(row, own, row + 1, own, "", self.formats["head"])
                        self.string(page, row, own, columns[own].title, "head")
                index += span
            row += 1
        page.set_row(row, _height([column.title for column in columns], widths))
        for index, column in enumerate(columns):
            if column.group or not any(item.group for item in columns):
                self.string(page, row, index, column.title, "head")
        return row

    def cell(self, page: Any, row: int, index: int, value: Any, column: Column) -> None:
        """Write a value as what it is: a verdict, a share, a number, or text that is never a formula."""
        kind, threshold = column.kind, None
        if isinstance(value, Share):
            value, threshold, kind = value.value, value.threshold, blocks.SHARE
        if isinstance(value, Said):
            self.said(page, row, index, value)
        elif isinstance(value, Judged):
            page.write_string(row, index, self.report.verdict(value), self.formats[f"verdict_{value.verdict}"])
        elif isinstance(value, bool):
            self.string(page, row, index, self.report.word("yes" if value else "no"), "text")
        elif isinstance(value, int | float | np.number) and not isinstance(value, bool):
            if math.isfinite(value):
                page.write_number(row, index, float(value), self.number_format(float(value), kind, threshold))
            else:
                page.write_blank(row, index, None, self.formats["text"])
        elif value is None or value is pd.NA or value == "":
            page.write_blank(row, index, None, self.formats["text"])
        else:
            self.string(page, row, index, str(value), "text")

    def said(self, page: Any, row: int, index: int, value: Said) -> None:
        """Write a cell of the statement: a number that shows the very text of every other product, in its colour."""
        key = f"said_{value.verdict}_{value.text}"
        if key not in self.formats:
            shown = value.text.replace('"', "”")
            style = _styles(self.report)[f"verdict_{value.verdict}"] | {"num_format": f'"{shown}"'}
            self.formats[key] = self.book.add_format(style)
        if value.value is None:
            page.write_string(row, index, value.text, self.formats[key])
        else:
            page.write_number(row, index, value.value, self.formats[key])

    def number_format(self, value: float, kind: str, threshold: float | None) -> Any:
        """Return the format of a number; a share that its format would round across a line shows its own text."""
        if kind != blocks.SHARE:
            return self.formats[blocks.NUMBER if kind == blocks.TEXT else kind]
        shown = shown_percent(value, threshold)
        rounded = (Decimal(repr(value)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
        if shown == f"{rounded}%":
            return self.formats[blocks.SHARE]
        key = f"share_{shown}"
        if key not in self.formats:
            style = _styles(self.report)[blocks.SHARE] | {"num_format": f'"{shown}"'}
            self.formats[key] = self.book.add_format(style)
        return self.formats[key]

    def shown(self, value: Any) -> str:
        """Return the text that a cell of this value shows; '' for numbers, which never need a second line."""
        if isinstance(value, Said):
            return value.text
        return self.report.verdict(value) if isinstance(value, Judged) else value if isinstance(value, str) else ""

    def string(self, page: Any, row: int, index: int, value: str, style: str) -> None:
        """Write text as text."""
        page.write_string(row, index, self.clean(value), self.formats[style])

    def merged(self, page: Any, row: int, span: int, value: str, style: str, *, first: int = 0) -> None:
        """Write text over ``span`` columns."""
        if span > 1:
            page.merge_range(row, first, row, first + span - 1, "", self.formats[style])
        self.string(page, row, first, value, style)

    def clean(self, value: str) -> str:
        """Return text that a cell can hold, and count what had to be changed."""
        if value not in self.cleaned:  # most names and kinds stand in many cells
            self.cleaned[value] = text.is_changed(value), text.cell_text(value, self.report.lang)
        is_changed, cleaned = self.cleaned[value]
        self.changed += is_changed
        return cleaned

    def page(self, page: Any, *, is_portrait: bool = False, is_tall: bool = False) -> None:
        """Set a sheet up for print: A4, one page wide, numbered, what it is worth at its head.

        ``is_portrait``: the whole sheet on one upright page; ``is_tall``: a long list, on upright pages; else landscape.
        """
        report = self.report
        if is_portrait or is_tall:
            page.set_portrait()
        else:
            page.set_landscape()
        page.set_paper(_A4)
        page.fit_to_pages(1, int(is_portrait))
        page.set_margins(0.5, 0.5, 0.7, 0.7)
        name = _header_text(text.short(report.area.name, report.lang, most=40))
        mark = report.word("demonstration_mark")
        page.set_header(f"&L{name}{f'&C&B{mark}' if report.is_demonstration else ''}&R{report.area.as_of.isoformat()}")
        page.set_footer(f"&L{_header_text(report.run_id)[:40]}&R{report.word('page')}")
        page.hide_gridlines(2)


def _formats(book: Any, report: Report) -> dict[str, Any]:
    return {name: book.add_format(style) for name, style in _styles(report).items()}


def _styles(report: Report) -> dict[str, dict[str, Any]]:
    base: dict[str, Any] = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "text_wrap": True}
    boxed = {**base, "border": 1, "border_color": "#C5CDD5"}
    right = {**boxed, "align": "right"}
    people = "#,##0" if report.people_decimals == 0 else "#,##0.0"
    styles: dict[str, dict[str, Any]] = {
        "title": {**base, "font_size": 16, "bold": True, "align": "center"},
        "line": {**base, "align": "center", "font_color": "#3A444D"},
        "banner": {**base, "align": "center", "bold": True, "font_color": "#FFFFFF", "bg_color": "#7f2704"},
        "caption": {**base, "bold": True, "font_size": 12},
        "head": {**boxed, "bold": True, "bg_color": "#D5E1EC", "align": "center"},
        "label": {**boxed, "bold": True, "bg_color": "#EEF3F7"},
        "text": {**boxed, "indent": 1},
        "link": {**base, "font_color": "#0b4f8a", "underline": 1},
        blocks.PEOPLE: {**right, "num_format": people},
        blocks.COUNT: {**right, "num_format": "#,##0"},
        blocks.SHARE: {**right, "num_format": "0.0%"},
        blocks.MINUTES: {**right, "num_format": "#,##0.0"},
        blocks.RATE: {**right, "num_format": "#,##0.00"},
        blocks.RATIO: {**right, "num_format": "0.000"},
        blocks.NUMBER: {**right, "num_format": "#,##0.######"},
    }
    for verdict, (ground, ink) in COLOURS.items():
        styles[f"verdict_{verdict}"] = {**boxed, "align": "center", "bold": True, "bg_color": ground, "font_color": ink}
    return styles


def _widths(tables: Sequence[Block], span: int) -> list[float]:
    """Return a width per column that fits most of its text; longer text wraps."""
    widths = [_WIDTH_MIN] * span
    for block in tables:
        for index, column in enumerate(block.columns):
            lengths = [_length(line) * 1.15 for line in column.title.split("\n")]
            lengths += [_length(str(row[index])) for row in block.rows[:2000] if isinstance(row[index], str)]
            if any(isinstance(row[index], Judged) for row in block.rows):
                lengths.append(14)
            widths[index] = min(_WIDTH_MAX, max(widths[index], max(lengths) + 2.5))
    return widths


def _fitted(tables: Sequence[Block], span: int, *, is_long: bool) -> tuple[list[float], bool]:
    """Return widths with which a sheet is legible on A4, and whether it stands upright: columns give what they can."""
    widths = _widths(tables, span)
    least = [min(width, _least(tables, index)) for index, width in enumerate(widths)]
    is_tall = is_long and sum(least) <= _UPRIGHT
    over = sum(widths) - (_UPRIGHT if is_tall else _ACROSS)
    room = sum(widths) - sum(least)
    part = min(1.0, over / room) if over > 0 and room > 0 else 0.0
    return [width - part * (width - low) for width, low in zip(widths, least, strict=True)], is_tall


def _least(tables: Sequence[Block], index: int) -> float:
    """Return the width below which a column cannot be read: of its longest word or number, and of text a few words."""
    least = _WIDTH_MIN
    for block in tables:
        if index >= len(block.columns):
            continue
        least = max(least, _NUMBER_MIN, *(_word(line) + 2.0 for line in block.columns[index].title.split("\n")))
        for row in block.rows[:2000]:
            if isinstance(row[index], Judged):
                least = max(least, 14.0)
            elif isinstance(row[index], str):
                text_least, word_least = _length(row[index]) + 2.5, _word(row[index]) + 2.0
                least = max(least, min(_TEXT_MIN, text_least), min(word_least, 2 * _TEXT_MIN))
    return least


@lru_cache(4096)
def _word(value: str) -> int:
    """Return the length of the longest run that no line breaks: Latin words and numbers; Chinese breaks anywhere."""
    return max((len(run) for run in re.findall(r"[\x21-\x2c\x2e-\x7e\u00c0-\u024f]+", value[:1000])), default=2)


def _height(values: Sequence[str], widths: Sequence[float]) -> float:
    """Return the height of a row in points, so that wrapped text is seen; spreadsheets do not all work it out."""
    lines = 1
    for value, width in zip(values, widths, strict=False):
        if value:
            lines = max(lines, sum(max(1, math.ceil(_length(part) / (width - 1))) for part in value.split("\n")[:20]))
    return min(_HEIGHT_MAX, _LINE_PT * lines + 3)


@lru_cache(4096)
def _length(value: str) -> int:
    """Return the width of text in digits: a Chinese character is two wide."""
    seen = value[:1000]
    return len(seen) if seen.isascii() else sum(2 if character > "\u2e80" else 1 for character in seen)


def _header_text(value: str) -> str:
    return value.replace("&", "&&").replace("\n", " ")


def _status(report: Report) -> str:
    return "status_demonstration" if report.is_demonstration else "status_real"
