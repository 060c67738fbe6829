"""A paper being written: its document, its tables of 9 pt, and how it says a figure, a light, a matter."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from circles.foundation import words
from circles.outputs.plan_papers import brief
from circles.outputs.plan_papers.steps import Red
from circles.plan import forms
from circles.plan.chain import Status
from circles.plan.papers import date_text
from circles.plan.view import gap_text, sample_text, why_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circles.foundation.words import Lang
    from circles.plan.missing import Item
    from circles.plan.papers import Paper
    from circles.plan.status import Standing
    from circles.plan.view import PlanView

_BEFORE_YEAR = re.compile(r"(?=（?\d{4}年)")
_TABLE_PT = 9.0
_SIGN_MM, _PADDING_MM = 3.2, 4.0
"""The width of a Chinese sign of 9 pt, and what the edges of a cell take."""
MATTER_WIDTHS = (38, 26, 19, 36, 19, 20, 16)
"""The columns 事项·进展/目标·原因·措施·单位·时限·状态, in parts of the page's width."""


class Writer:
    """One paper being written: its document, what it is about, its language."""

    def __init__(self, view: PlanView, paper: Paper, items: Sequence[Item], lang: Lang) -> None:
        self.document = docx.Document()
        self.view, self.paper, self.items, self.lang = view, paper, items, lang
        brief.set_page(self.document, lang)
        # a heading breaks before the year, never within 10月份
        brief.add_title(self.document, _BEFORE_YEAR.sub("\n", paper.title(view.plan, lang), count=1))

    def word(self, key: str, **values: Any) -> str:
        """Return a text of the plan's catalogue."""
        return words.text(f"plan.{key}", self.lang, **values)

    def section(self, key: str, **values: Any) -> None:
        """Write a heading."""
        brief.add_section(self.document, self.word(key, **values))

    def line(self, text: str) -> None:
        """Write a paragraph."""
        brief.add_paragraph(self.document, text)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]) -> None:
        """Write a table of 9 pt whose heading repeats on every page; 「无」 where there are no rows."""
        if rows:
            add_table(self.document, heads, rows, widths_mm)
        else:
            self.line(self.word("paper_none"))

    def landscape(self) -> None:
        """Begin a page laid across, for a wide table."""
        section = self.document.add_section()
        if section.orientation != WD_ORIENT.LANDSCAPE:
            lay_across(section)

    def widths(self, parts: Sequence[float]) -> list[float]:
        """Return the widths in mm of columns that share the width of the page in these parts."""
        return shared_widths(self.document, parts)

    def fitting(
        self, rows: Sequence[list[str]], widths_mm: Sequence[float], *, lines: int
    ) -> tuple[list[list[str]], list[list[str]], int]:
        """Return the rows of a table that fit into so many lines, the rows after them, and the lines left."""
        for number, row in enumerate(rows):
            taken = max(_lines(text, width) for text, width in zip(row, widths_mm, strict=True))
            if taken > lines:
                return list(rows[:number]), list(rows[number:]), lines
            lines -= taken
        return list(rows), [], lines

    def figure(self, item: Standing, *, in_line: bool = False) -> str:
        """Return value and target with their unit, and what they are of: on a line of its own, or behind them."""
        measure = item.measure
        value = forms.value_text(measure, item.value, self.lang) or "–"
        target = forms.target_text(measure, self.lang)
        known = (item.figure.period.text if item.figure else "", sample_text(item, self.lang))
        base = words.text("plan.comma", self.lang).join(part for part in known if part)
        stroke = "／" if self.lang == "zh" else " / "
        text = f"{value}{stroke}{target} {measure.unit}".strip()
        if not base:
            return text
        return text + words.aside(base, self.lang) if in_line else f"{text}\n{words.aside(base, self.lang).strip()}"

    def light(self, item: Standing) -> str:
        """Return a light; hollow, with 「未审定」, where nobody has accepted the figure."""
        text = self.word(f"light_{item.light}")
        return text if self.view.is_accepted(item) else f"◇{text}{words.aside(self.word('not_accepted'), self.lang)}"

    def foot(self) -> None:
        """Write who made the paper and when, and the line for the signature, which stays empty."""
        for text in (
            self.word("paper_office", office=self.view.plan.plan.office),
            self.word("paper_dates", day=date_text(self.paper.written_on, self.lang),
                      data=date_text(min(self.paper.as_of.day, self.paper.written_on), self.lang)),
            self.word("paper_sign"),
            self.word("head_line", seq=self.view.head.seq, hash=self.view.head.hash[:16]),
        ):  # fmt: skip
            paragraph = self.document.add_paragraph(text)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def rows(self, items: Sequence[Standing]) -> list[list[str]]:
        """Return 事项·进展/目标·原因·措施·单位·时限·状态 of standings."""
        return [
            [
                f"{forms.number_label(item.measure)} {forms.full_name(item.measure)}".strip(), self.figure(item),
                gap_text(item, self.lang) or why_text(item, self.lang), own_words(item),
                item.measure.lead, date_text(item.due, self.lang), self.light(item),
            ]
            for item in items
        ]  # fmt: skip

    def matters(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the table of matters."""
        keys = ("matter", "progress", "reason", "measures", "unit", "due", "state")
        self.table([self.word(f"paper_{key}") for key in keys], rows, self.widths(MATTER_WIDTHS))

    def actions(self) -> list[list[str]]:
        """Return what was decided before, as rows of matters."""
        names = {item.measure.id: forms.full_name(item.measure) for item in self.view.standings}
        day = self.paper.written_on
        return [
            [
                f"{item.id} {names.get(item.subject, item.subject)}", "", item.problem, item.note, item.unit,
                date_text(item.due, self.lang), self.word(f"action_{item.state(day)}"),
            ]
            for item in self.view.actions
        ]  # fmt: skip


def add_table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]) -> None:
    """Write a table of 9 pt whose heading repeats on every page and whose rows no page cuts.

    Parameters
    ----------
    document : the Word document being written (python-docx)
    heads, rows : texts of the heading and of the rows, one per column
    widths_mm : widths of the columns
    """
    table = document.add_table(rows=1, cols=len(heads), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)  # LibreOffice and WPS go by the grid, Word by the cells
    for cells in (heads, *rows):
        row = table.rows[0] if cells is heads else table.add_row()
        _keep_whole(row)
        for cell, text, width in zip(row.cells, cells, widths_mm, strict=True):
            cell.width = Mm(width)
            _cell(cell, text, is_head=cells is heads)
    brief.repeat_heading(table.rows[0])


def lay_across(section: Any) -> None:
    """Turn a section's pages sideways, with margins of 20 mm at the sides, and of 14 mm above and below: 28 rows on one."""
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(14)


def shared_widths(document: Any, parts: Sequence[float]) -> list[float]:
    """Return the widths in mm of columns that share the width of a document's last page in these parts."""
    page = document.sections[-1]
    sides = (page.left_margin, page.right_margin)
    whole = (int(page.page_width or 0) - sum(int(side or 0) for side in sides)) / Mm(1)
    return [whole * part / sum(parts) for part in parts]


def _lines(text: str, width_mm: float) -> int:
    """Return how many lines of 9 pt a text takes in a column, a letter or digit counted as half a sign, cautiously."""
    room = max(1.0, (width_mm - _PADDING_MM) / _SIGN_MM)
    return sum(
        max(1, math.ceil(sum(1 if ord(sign) > 255 else 0.6 for sign in part) / room)) for part in text.split("\n")
    )


def main(items: Sequence[Standing]) -> list[Standing]:
    """Return indicators and projects: tasks are counted and listed in the annex."""
    return [item for item in items if item.group != "commitment"]


def own_words(item: Standing) -> str:
    """Return the unit's own 存在问题及下步措施, whole."""
    return (
        ""
        if item.figure is None or item.figure.entry.status == Status.WITHDRAWN
        else str(item.figure.entry.details.get("problem", ""))
    )


def _cell(cell: Any, text: str, *, is_head: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = Pt(13)
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(_TABLE_PT), is_head
    if isinstance(text, Red):
        run.font.color.rgb = RGBColor(0xB3, 0x26, 0x1E)


def _keep_whole(row: Any) -> None:
    """Keep a row on one page: no page break may cut it."""
    mark = OxmlElement("w:cantSplit")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - python-docx offers no other way
