"""``plan.docx``: the quarterly analysis, set as GB/T 9704-2012 asks."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from circles.foundation import words
from circles.outputs.plan_papers.files import write_whole
from circles.plan import forms, periods
from circles.plan.periods import Frequency
from circles.plan.view import PlanView, summary_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from circles.foundation.words import Lang
    from circles.plan.status import Standing

BODY_FONT, TITLE_FONT, HEAD_FONT = "仿宋", "宋体", "黑体"
"""Fonts that come with Chinese Windows; Word falls back by itself where they are missing."""
_LINE_PT = 28.95
_STAMP = (1980, 1, 1, 0, 0, 0)


def write_brief(view: PlanView, path: Path | str, *, lang: Lang = "zh") -> Path:
    """Write the quarterly analysis as of the view's date."""
    document = docx.Document()
    set_page(document, lang)
    head, day = view.plan.plan, view.as_of.day
    ended = [item for item in periods.of_year(head.year, Frequency.QUARTER) if item.end <= day]
    quarter = ended[-1].text[-1] if ended else "1"
    name = words.text("plan.brief_quarter", lang, n=quarter)
    add_title(document, words.text("plan.brief_title", lang, county=head.county, year=head.year, quarter=name))
    _overall(document, view, lang)
    _by_field(document, view, lang)
    add_section(document, words.text("plan.brief_red", lang))
    _table(document, view.red, lang, late=False)
    add_section(document, words.text("plan.brief_unreported", lang))
    _table(document, view.unreported, lang, late=True)
    _changes(document, view, lang)
    _actions(document, view, lang)
    add_section(document, words.text("plan.brief_notes", lang))
    for number, note in enumerate(view.plan.notes, start=1):
        add_paragraph(document, f"{number}. [{words.text(f'plan.note_{note.kind}', lang)}] {note.text}")
    lights = view.plan.lights
    status = words.text(f"plan.rule_{lights.status}", lang)
    rules = words.text("plan.rules_line", lang, version=lights.version, status=status, source=lights.source)
    head_line = words.text("plan.head_line", lang, seq=view.head.seq, hash=view.head.hash[:16])
    add_paragraph(document, words.text("plan.brief_foot", lang, head=head_line, rules=rules))
    properties = document.core_properties
    properties.title, properties.author = head.title, head.office
    file = Path(path)
    write_whole(file, fixed_bytes(document, view))
    return file


def fixed_bytes(document: Any, view: PlanView) -> bytes:
    """Return a document's bytes with fixed times: the same content gives the same bytes."""
    properties = document.core_properties
    properties.created = properties.modified = dt.datetime(view.plan.plan.year, 1, 1)  # noqa: DTZ001 - a fixed stamp
    buffer = io.BytesIO()
    document.save(buffer)
    return _restamped(buffer.getvalue())


def _restamped(data: bytes) -> bytes:
    """Return the document with fixed times in its zip, so that the same content gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, date_time=_STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()


def _font(style: Any, name: str, size_pt: float, lang: Lang) -> None:
    style.font.name, style.font.size = name, Pt(size_pt)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), name)
    latin = "zh-CN" if lang == "zh" else "en-GB"  # as Chinese, English words break across lines
    properties.append(properties.makeelement(qn("w:lang"), {qn("w:val"): latin, qn("w:eastAsia"): "zh-CN"}))


def set_page(document: Any, lang: Lang = "zh") -> None:
    """Set the page and the styles as GB/T 9704-2012 asks."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.left_margin = Mm(37), Mm(28)
    section.right_margin, section.bottom_margin = Mm(26), Mm(35)
    normal = document.styles["Normal"]
    _font(normal, BODY_FONT, 16, lang)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    normal.paragraph_format.line_spacing = Pt(_LINE_PT)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    heading = document.styles["Heading 1"]
    _font(heading, HEAD_FONT, 16, lang)
    heading.font.bold, heading.font.color.rgb = False, docx.shared.RGBColor(0, 0, 0)
    heading.paragraph_format.space_before = heading.paragraph_format.space_after = Pt(0)
    heading.paragraph_format.first_line_indent = Pt(32)
    heading.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    heading.paragraph_format.line_spacing = Pt(_LINE_PT)


def add_title(document: Any, text: str) -> None:
    """Write the title of a paper."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(_LINE_PT)
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.name = Pt(22), True, TITLE_FONT
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), TITLE_FONT)  # noqa: SLF001 - python-docx offers no other way
    paragraph.paragraph_format.line_spacing = Pt(36)


def add_section(document: Any, text: str) -> None:
    """Write a heading."""
    document.add_paragraph(text, style="Heading 1")


def add_paragraph(document: Any, text: str) -> None:
    """Write a paragraph."""
    paragraph = document.add_paragraph(text)
    paragraph.paragraph_format.first_line_indent = Pt(32)


def repeat_heading(row: Any) -> None:
    """Repeat a table's first row on every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - python-docx offers no other way


def _overall(document: Any, view: PlanView, lang: Lang) -> None:
    head = view.plan.plan
    add_section(document, words.text("plan.brief_overall", lang))
    text = words.text("plan.brief_total", lang, county=head.county, summary=summary_sentence(view, lang))
    add_paragraph(document, text)
    parts = [view.find(f"{item.id}/investment") for item in view.plan.leaf_projects()]
    values = [item.value for item in parts if item is not None and item.value is not None]
    if values and head.investment is not None:
        value, planned = forms.number(sum(values, Decimal(0))), forms.number(head.investment)
        add_paragraph(document, words.text("plan.brief_investment", lang, value=value, planned=planned))


def _by_field(document: Any, view: PlanView, lang: Lang) -> None:
    add_section(document, words.text("plan.brief_fields", lang))
    for item in view.rollups:
        if item.by == "field":
            counts = {str(light): count for light, count in item.counts.items()}
            line = words.text("plan.brief_field_line", lang, field=item.name, total=item.total, **counts)
            add_paragraph(document, line)


def _table(document: Any, items: Sequence[Standing], lang: Lang, *, late: bool) -> None:
    if not items:
        add_paragraph(document, words.text("plan.brief_none", lang))
        return
    keys: tuple[str, ...] = ("col_name", "col_lead", "col_target", "col_value")
    keys += ("col_missing_period", "col_report_overdue_days") if late else ("col_gap_points", "col_days_overdue")
    table = document.add_table(rows=1, cols=len(keys))
    table.style = "Table Grid"
    table.autofit = False
    rows = [[words.text(f"plan.{key}", lang) for key in keys]]
    for item in items:
        gap = "" if item.gap_points is None else str(round(item.gap_points, 1))
        tail = [item.missing_period, str(item.report_overdue_days)] if late else [gap, str(item.days_overdue or "")]
        value = forms.value_text(item.measure, item.value, lang)
        rows.append(
            [forms.full_name(item.measure), item.measure.lead, forms.target_text(item.measure, lang), value, *tail]
        )
    widths = (Mm(58), Mm(28), Mm(18), Mm(18), Mm(18), Mm(16))
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for index, texts in enumerate(rows):
        cells = (table.rows[0] if index == 0 else table.add_row()).cells
        for cell, text, width in zip(cells, texts, widths, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.line_spacing = Pt(15)
            run = paragraph.add_run(text)
            run.font.size, run.font.bold = Pt(10.5), index == 0


def _changes(document: Any, view: PlanView, lang: Lang) -> None:
    add_section(document, words.text("plan.brief_changes", lang))
    lights = [item for item in view.changes if item.kind == "light"]
    for item in lights:
        before, after = (words.text(f"plan.light_{state}", lang) for state in (item.before, item.after))
        add_paragraph(document, words.text("plan.brief_change_line", lang, name=item.name, before=before, after=after))
    if not lights:
        add_paragraph(document, words.text("plan.brief_none", lang))


def _actions(document: Any, view: PlanView, lang: Lang) -> None:
    add_section(document, words.text("plan.brief_actions", lang))
    for item in view.actions:
        state = words.text(f"plan.action_{item.state(view.as_of.day)}", lang)
        note = words.aside(item.note, lang) if item.note else ""
        add_paragraph(document, f"{item.id}　{item.problem}　{item.unit}　{item.due.isoformat()}　{state}{note}")
    if not view.actions:
        add_paragraph(document, words.text("plan.brief_none", lang))
