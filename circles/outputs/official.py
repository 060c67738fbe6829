"""The form of an official letter in Word: page, fonts and page numbers of GB/T 9704-2012."""

from __future__ import annotations

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from circles.foundation.words import Lang

BODY_FONT, HEAD_FONT, TITLE_FONT = "仿宋", "黑体", "宋体"
"""Fonts of Chinese Windows and WPS; Word and LibreOffice fall back by themselves where they are missing."""
LATIN_FONT = "Times New Roman"
LINE_PT, BODY_PT, TITLE_PT, TABLE_PT, VERDICT_PT, PAGE_NUMBER_PT = 28.95, 16, 22, 10.5, 9, 14


def run_of(paragraph: Any, value: str, size_pt: float, *, font: str = "", bold: bool = False) -> Any:
    """Append text to a paragraph and return its run, in a Chinese font if one is named.

    Parameters
    ----------
    paragraph : a python-docx paragraph; changed
    value : the text
    size_pt : size of the letters in points
    font : name of the Chinese font; that of the paragraph where empty
    bold : whether the text is bold
    """
    run = paragraph.add_run(value)
    run.font.size, run.font.bold = Pt(size_pt), bold
    if font:
        run.font.name = LATIN_FONT
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - python-docx offers no other way
    return run


def _font(style: Any, east_asian: str, size_pt: float, language: str) -> None:
    """Set both fonts of a style: python-docx alone leaves the Chinese one as it was."""
    style.font.name, style.font.size = LATIN_FONT, Pt(size_pt)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    fonts.set(qn("w:eastAsia"), east_asian)
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(properties.makeelement(qn("w:lang"), {qn("w:val"): language, qn("w:eastAsia"): "zh-CN"}))


def layout(document: Any, lang: Lang) -> None:
    """Set page, margins and styles as GB/T 9704-2012 asks."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(20), Mm(25)
    language = "en-US" if lang == "zh" else "en-GB"  # of digits and Latin text: as Chinese, numbers break across lines
    for name, font in (("Normal", BODY_FONT), ("Heading 1", HEAD_FONT), ("Header", BODY_FONT), ("Footer", TITLE_FONT)):
        style = document.styles[name]
        _font(style, font, BODY_PT, language)
        form = style.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_PT)
        form.space_before = form.space_after = Pt(0)
    heading = document.styles["Heading 1"]
    heading.font.bold, heading.font.color.rgb = False, RGBColor(0, 0, 0)
    heading.paragraph_format.first_line_indent = Pt(2 * BODY_PT)
    heading.paragraph_format.keep_with_next = True


def header(document: Any, value: str) -> None:
    """Write a line at the head of each page."""
    paragraph = document.sections[0].header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = run_of(paragraph, value, 12, font=HEAD_FONT)
    run.font.color.rgb = RGBColor(0x9A, 0x34, 0x12)


def page_number(document: Any) -> None:
    """Write 「— 1 —」 at the foot of each page."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run_of(paragraph, "— ", PAGE_NUMBER_PT)
    run = run_of(paragraph, "", PAGE_NUMBER_PT)
    for kind, content in (("begin", ""), ("", "PAGE"), ("separate", ""), ("shown", "1"), ("end", "")):
        if kind in ("begin", "separate", "end"):
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:t" if kind else "w:instrText")
            element.text = content
        run._element.append(element)  # noqa: SLF001 - python-docx knows no fields
    run_of(paragraph, " —", PAGE_NUMBER_PT)


def keep_whole(row: Any, *, repeats: bool) -> None:
    """Keep a table's row on one page; a head repeats on every page."""
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx knows no repeated heads
    properties.append(OxmlElement("w:cantSplit"))
    if repeats:
        properties.append(OxmlElement("w:tblHeader"))


def shade(cell: Any, ground: str) -> None:
    """Give a cell its ground colour, six hexadecimal digits."""
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", ground)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - python-docx knows no shading
