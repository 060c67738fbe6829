"""The Word brief report.docx."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import time
import zipfile

import docx
import openpyxl
import pandas as pd
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from hostile_names import NAMES
from report_example import example_tables, with_full_analysis
from test_workbook import _with_names

from circles.foundation import words
from circles.outputs import brief, figures, fonts, sentences, text, workbook
from circles.outputs.report import Report


@pytest.fixture(scope="module")
def tables():
    return example_tables()


@pytest.fixture(scope="module")
def file(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("brief") / "report.docx"
    brief.write(tables, path)
    return path


@pytest.fixture(scope="module")
def document(file):
    return docx.Document(file)


def _texts(document):
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs] + cells


def _book_numbers(file):
    """Every number of the workbook as it is shown: whole, with one decimal, in percent; and numbers inside its texts."""
    shown = set()
    for sheet in openpyxl.load_workbook(file):
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    is_share = "%" in cell.number_format
                    decimals = len(cell.number_format.partition(".")[2].rstrip("#"))
                    own = Report.percent(None, cell.value) if is_share else Report.number(None, cell.value, decimals)
                    shown |= {own, own.replace(",", "")}  # sentences in Chinese have no commas
                    shown |= set(_numbers(cell.number_format.strip('"')))
                    shown.add(f"{cell.value:g}")
                elif cell.value is not None:
                    shown |= set(_numbers(str(cell.value)))
    return shown


def _numbers(value):
    return re.findall(r"(?<![\w])\d[\d,]*(?:\.\d+)?%?", re.sub(r"[\u4e00-\u9fff]", " ", value))


@pytest.mark.parametrize("is_full", [False, True])
def test_every_number_equals_the_workbooks(tables, document, tmp_path, is_full):
    """Every number in the brief stands in the workbook, with the same digits; so it is with the full analysis."""
    if is_full:
        tables = with_full_analysis(tables)
        brief.write(tables, tmp_path / "full.docx")
        document = docx.Document(tmp_path / "full.docx")
    workbook.write(tables, tmp_path / "report.xlsx")
    known = _book_numbers(tmp_path / "report.xlsx")
    found = [number for value in _texts(document) for number in _numbers(value)]
    speeds = {f"{v:g}" for w in tables.area.walkers.values() for v in (w.speed_m_per_s, w.steps_m_per_s)}
    allowed = speeds | {
        "200",
        str(len(tables.facilities)),
        str(len(tables.area.rules)),
        str(len(tables.area.categories)),
    }
    assert len(found) > 100
    assert sorted({number for number in found if number not in known | allowed}) == []


def test_page_follows_gb_t_9704(document):
    """A4, margins 37/35/28/26 mm, body 16 pt at exactly 28.95 pt, a Chinese font and language set per style."""
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(m.mm) for m in margins] == [37, 35, 28, 26]
    normal = document.styles["Normal"]
    assert normal.font.size == Pt(16)
    assert abs(normal.paragraph_format.line_spacing - Pt(28.95)) < Pt(0.06)
    for name, font in (("Normal", "仿宋"), ("Heading 1", "黑体")):
        properties = document.styles[name].element.rPr
        assert properties.rFonts.get(qn("w:eastAsia")) == font
        assert properties.find(qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"
    assert section.page_width - section.left_margin - section.right_margin == pytest.approx(Mm(156), abs=Mm(0.5))


def test_demonstration_stands_in_the_header(document, tmp_path):
    """A demonstration says so on every page and nowhere calls a verdict 达标; a real area has no such header."""
    assert "演示数据" in document.sections[0].header.paragraphs[0].text
    seen = re.sub("不作达标结论|“达标[^”]*”", "", "".join(_texts(document)))  # the names of the workbook's sheets stay
    assert "达标" not in seen
    assert "低于参考值" in seen
    brief.write(example_tables(demonstration=False), tmp_path / "real.docx")
    real = docx.Document(tmp_path / "real.docx")
    assert real.sections[0].header.paragraphs[0].text == ""
    assert "▲ 低于参考值" in "".join(_texts(real))  # its rules are only assumed


def test_two_writes_are_byte_identical(tables, file, tmp_path, monkeypatch):
    """The same tables give the same bytes, the picture included, at another time in another time zone."""
    monkeypatch.setenv("TZ", "Pacific/Apia")
    time.sleep(1.1)
    brief.write(tables, tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2024-12-31" in archive.read("docProps/core.xml")


def test_the_map_is_a_picture_of_the_area(tables):
    """The map is a PNG, drawn also for an area without land, townships, facilities or people."""
    picture = figures.county_map(tables)
    assert picture.startswith(b"\x89PNG")
    assert b"tEXtSoftware" not in picture
    bare = dataclasses.replace(
        tables,
        **{n: getattr(tables, n).iloc[:0] for n in ("land", "townships", "facilities", "residents", "access", "check")},
    )
    assert figures.county_map(bare).startswith(b"\x89PNG")


def test_kinds_reached_add_up(tables):
    """The kinds counted for the map are those of the sentences: people by kinds lacked add up to everyone."""
    kinds, people = figures.kinds_reached(tables), tables.residents["population"]
    report = Report(tables)
    for lacking, expected in enumerate(report.lacking):
        assert people[kinds == len(tables.area.categories) - lacking].sum() == expected
    assert sum(report.lacking) == report.population


def test_hostile_names_stay_text(tables, tmp_path):
    """Hostile names of townships, services and the area are plain text in the brief, shortened where very long."""
    for start in (0, 9, 18, 49):
        part = tables.townships.assign(name=pd.Series(NAMES[start : start + 7], dtype=object))
        hostile = dataclasses.replace(_with_names(tables), townships=part)
        brief.write(hostile, tmp_path / "hostile.docx")
        shown = "\n".join(_texts(docx.Document(tmp_path / "hostile.docx")))
        for name in part["name"]:
            expected = text.short(name, "zh", most=brief.NAME_MAX).replace("\n", " ")
            assert re.sub(r"\s", " ", expected) in re.sub(r"\s", " ", shown)
        with zipfile.ZipFile(tmp_path / "hostile.docx") as archive:
            assert b"w:hyperlink" not in archive.read("word/document.xml")


def test_every_hostile_name_survives_a_paragraph(tables):
    """Each of the two hundred names, run through a paragraph of the brief, is read back as the text that was shown."""
    document = brief._Writer(Report(tables))
    for name in NAMES:
        document.paragraph(document.name(name))
    buffer = io.BytesIO()
    document.document.save(buffer)
    back = [paragraph.text for paragraph in docx.Document(io.BytesIO(buffer.getvalue())).paragraphs][-len(NAMES) :]
    assert back == [document.name(name) for name in NAMES]


def test_least_changes_and_stability_are_reported(tables, tmp_path):
    """A full analysis adds a section: how many verdicts are stable, what turns others, and the least changes."""
    brief.write(with_full_analysis(tables), tmp_path / "full.docx")
    seen = _texts(docx.Document(tmp_path / "full.docx"))
    assert {"七、结论稳定性与最小改变", "八、方法与数据状况", "增设设施", "东海社区", "1,234"} <= set(seen)
    whole = "".join(seen)
    assert "使临界各项翻转的主要是步速" in whole
    assert "稳定低于参考值" in whole


def test_circle_capacity_and_evenness_are_reported(tables, document):
    """The brief sets circle beside walk, says what capacity reaches whom, and how uneven townships are; '' without."""
    whole = "".join(_texts(document))
    row = tables.straight_line.query("township_code == 'ALL' and group == 'population'").iloc[0]
    assert f"{Report.percent(None, row['circle_share'])}，实际步行可达{Report.percent(None, row['share'])}" in whole
    assert "每千人（0—2岁）" in whole
    assert "基尼系数" in whole
    bare = Report(dataclasses.replace(tables, **dict.fromkeys(("straight_line", "capacity", "equity"), pd.DataFrame())))
    assert [make(bare, str) for make in (sentences.circle, sentences.capacity, sentences.equity)] == [""] * 3


@pytest.mark.long
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_on_three_to_nine_pages(file, tmp_path):
    """LibreOffice opens the brief and lays it out on three to nine pages."""
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/lo", "--convert-to", "pdf", "--outdir", tmp_path, file],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    pages = len(re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "report.pdf").read_bytes()))
    assert 3 <= pages <= 9


def test_pictures_are_the_same_with_and_without_fonts(tables, monkeypatch):
    """The bundled font draws every sign that is asked of it, whatever fonts the machine has: the same bytes, no empty box."""
    from matplotlib import font_manager

    picture = figures.county_map(tables)
    bundled = [font for font in font_manager.fontManager.ttflist if font.name in (fonts.FAMILY, fonts.FALLBACK)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", bundled)
    assert figures.county_map(tables) == picture
    assert fonts.drawable("嵊泗县 Ħaż-Żabbar ✔▲") == "嵊泗县 Ħaż-Żabbar ✔▲"
    assert fonts.drawable("龘\n岛") == "〓\n岛"
    known = fonts._known()
    for entry in (*words.catalogue("report").values(), *words.catalogue("statement").values()):
        assert all(ord(sign) in known for sign in entry["zh"] if not sign.isspace())
