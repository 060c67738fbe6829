"""The workbook report.xlsx."""

from __future__ import annotations

import dataclasses
import math
import re
import time
import zipfile
from typing import get_args

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hostile_names import NAMES
from pydantic import BaseModel
from report_example import example_tables, with_full_analysis

import circles
from circles.area import BUILT_IN_CATEGORIES
from circles.area import model as model_of
from circles.area.sure import Sure
from circles.foundation import words
from circles.foundation.schema.tables import TABLES, Reason
from circles.inputs.osm.facilities import UNNAMED
from circles.outputs import text, workbook
from circles.outputs.map import data as page_data
from circles.outputs.report import Report
from circles.testing import area_toml, lattice_city, places, write_city


@pytest.fixture(scope="module")
def tables():
    return example_tables()


@pytest.fixture(scope="module")
def file(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    workbook.write(tables, path)
    return path


@pytest.fixture(scope="module")
def book(file):
    return openpyxl.load_workbook(file)


def _values(sheet):
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


def _with_names(tables):
    """The example with hostile names for every facility, township and category, and as many facilities as names."""
    facilities = tables.facilities.sample(len(NAMES), replace=True, random_state=1).reset_index(drop=True)
    facilities = gpd.GeoDataFrame(facilities.assign(name=pd.Series(NAMES, dtype=object)), crs=4326)
    townships = tables.townships.assign(name=pd.Series(NAMES[: len(tables.townships)], dtype=object))
    names = dict(zip(townships["code"], townships["name"], strict=True))
    seen = pd.Series([names[code] for code in tables.check["township_code"]], dtype=object)
    check = tables.check.assign(township=seen)
    categories = tuple(
        item.model_copy(update={"name": name}) for item, name in zip(tables.area.categories, NAMES[:4], strict=True)
    )
    area = dataclasses.replace(tables.area, name="=1+1&P\x01", categories=categories)
    return dataclasses.replace(tables, facilities=facilities, townships=townships, check=check, area=area)


def test_sheets_are_all_there(book, tables):
    """Cover, matrix, one sheet per service, islands, villages, minutes, gaps, facilities, rules, findings, parameters."""
    services = [item.title for item in tables.area.categories]
    assert book.sheetnames == [
        "封面", "各乡镇结果", *services, "服务缺口", "服务跟着人口走", "各岛覆盖", "各村覆盖", "各村步行时间", "设施清单", "标准与参考值",
        "数据疑点", "运行参数", "多类服务不可达", "直线估算对照", "设施规模可达", "均衡程度", "主要数字",
    ]  # fmt: skip
    links = [cell.hyperlink.location for row in book["封面"].iter_rows() for cell in row if cell.hyperlink]
    assert [link.strip("'").removesuffix("'!A1") for link in links] == book.sheetnames[1:]


def _fields(model):
    """The names of a model's fields and of all models within it."""
    for name, field in model.model_fields.items():
        yield name
        parts = [field.annotation, *get_args(field.annotation)]
        for part in [*parts, *(inner for outer in parts for inner in get_args(outer))]:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _fields(part)


def test_every_parameter_has_its_words(book, tables, tmp_path):
    """No key of run.json stands on the sheet of parameters: whatever an area file may say is named, in both languages."""
    known = words.catalogue("parameters")
    for model in (model_of.Walk, model_of.Category, model_of.MapOptions, model_of.HoursWords, model_of.PopulationOf,
                  model_of.Journey, model_of.Moment, model_of.Profile, Sure):  # fmt: skip
        assert not {name for name in _fields(model) if name != "tianditu_key"} - set(known)  # a secret: in no run
    workbook.write(tables, tmp_path / "en.xlsx", lang="en")
    for sheet, walkers in (
        (book["运行参数"], "步行者"),
        (openpyxl.load_workbook(tmp_path / "en.xlsx")["Parameters"], "walkers"),
    ):
        said = list(sheet.iter_rows(min_row=5, max_col=3, values_only=True))
        assert walkers in {subject for subject, _, _ in said}
        labels = {text for subject, _, label in said if subject and label for text in (subject, label)}
        assert not [text for text in labels if re.search(r"[a-z]_[a-z]|\.\d", text) and "SHA" not in text]


def test_unnamed_places_are_called_by_their_kind(tables, tmp_path):
    """A place out of OpenStreetMap without a name is called by its kind in the reader's language, never by two at once."""
    for category in BUILT_IN_CATEGORIES:
        for values in category.osm_tags.values():
            assert set(values) <= set(words.catalogue("osm_kinds"))
    changed = tables.facilities.assign(kind="pitch")
    changed.loc[changed.index[0], "name"] = f"{UNNAMED}pitch"
    renamed = dataclasses.replace(tables, facilities=changed)
    for lang, sheet, name, kind in (
        ("zh", "设施清单", "未命名球场", "球场"),
        ("en", "Facilities", "unnamed pitch", "pitch"),
    ):
        workbook.write(renamed, tmp_path / f"{lang}.xlsx", lang=lang)
        said = _values(openpyxl.load_workbook(tmp_path / f"{lang}.xlsx")[sheet])
        assert name in said
        shown = page_data(renamed, lang=lang)["facilities"]
        assert shown["name"][0] == name
        assert set(shown["kind"]) == {kind}


def test_gaps_are_called_in_words(book):
    """No id of a gap and no key of a column stands on the sheet of gaps: gaps are numbered within their service."""
    rows = list(book["服务缺口"].iter_rows(values_only=True))
    said = {str(value) for row in rows for value in row if value is not None}
    assert not [text for text in said if re.search(r"^(any|all)-\d|[a-z]+-\d+|gaps", text)]


def test_two_writes_are_byte_identical(tables, file, tmp_path, monkeypatch):
    """The same tables give the same bytes at another time, in another time zone."""
    monkeypatch.setenv("TZ", "Pacific/Apia")
    time.sleep(1.1)
    workbook.write(tables, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_sheet_is_set_up_for_print(book):
    """Each sheet has a title row, repeats its head, is one page wide on A4, and numbers its pages."""
    for sheet in book:
        assert sheet["A1"].value
        assert sheet.page_setup.paperSize in ("9", 9)
        assert sheet.page_setup.fitToWidth in (1, None)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "第&P页共&N页" in sheet.oddFooter.right.text.replace("Page", "") or "&P" in _raw_footer(sheet)
        if sheet.title != "封面":
            assert sheet.freeze_panes
            assert sheet.print_title_rows
            assert sheet.page_setup.orientation == "landscape" or sheet.max_row > 60, "upright only where long"
            assert any(merged.min_row == 1 for merged in sheet.merged_cells.ranges)


def _raw_footer(sheet):
    return f"{sheet.oddFooter.left.text}{sheet.oddFooter.center.text}{sheet.oddFooter.right.text}".replace(
        "&[Page]", "&P"
    )


def test_demonstration_is_said_on_every_sheet(file, book, tmp_path):
    """A demonstration says so on each sheet, in its header and in each verdict; a real area never does."""
    for sheet in book:
        assert "演示数据" in sheet["A2"].value
        assert "演示数据" in sheet.oddHeader.center.text
    verdicts = [v for v in _values(book["各乡镇结果"]) if isinstance(v, str) and v[0] in "●▲"]
    assert verdicts
    assert not any("达标" in v for v in verdicts)
    workbook.write(example_tables(demonstration=False), tmp_path / "real.xlsx")
    real = openpyxl.load_workbook(tmp_path / "real.xlsx")
    assert not any("演示数据" in str(v) for v in [*_values(real["封面"]), *_values(real["各乡镇结果"])])
    assert "▲ 低于参考值" in _values(real["各乡镇结果"])  # its rules are only assumed


def test_matrix_is_in_the_countys_order_and_agrees_with_check(book, tables):
    """Townships stand in the order of their file, and each value in the matrix is the very number that is judged."""
    report = Report(tables)
    rows = list(book["各乡镇结果"].iter_rows(min_row=6, max_row=5 + len(report.matrix) + 1, values_only=True))
    assert [row[0] for row in rows] == [*tables.townships["name"], "全县"]
    values = tables.check.set_index(["township", "category"])["value"]
    for row in rows[:-1]:
        for number, category in enumerate(item.id for item in tables.area.categories):
            expected = values[row[0], category]
            assert row[2 + number] == expected or (math.isnan(expected) and row[2 + number] == "◇–")


def test_services_follow_people_adds_up(book):
    """The shares of people and of places add up to 100 % as they are shown, per township and per island."""
    rows = [row for row in book["服务跟着人口走"].iter_rows(min_row=5, values_only=True) if row[0]]
    totals = [at for at, row in enumerate(rows) if row[0] == "合计"]
    assert len(totals) == 2
    for start, end in ((0, totals[0]), (totals[0] + 3, totals[1])):
        for column in range(1, 4):
            shown = [round(100 * row[column], 1) for row in rows[start:end] if isinstance(row[column], float | int)]
            assert round(math.fsum(shown), 6) == 100.0


def test_every_documented_cause_has_words():
    """What the tables document as a cause is said in words, never as the code itself."""
    meaning = next(item.meaning for item in TABLES["missing"].columns if item.name == "cause")
    codes = {*meaning.split(" | "), *map(str, Reason)}
    assert len(codes) >= 7
    assert {f"reason_{code}" for code in codes} <= set(words.catalogue("report"))


def test_numbers_are_numbers_and_people_are_conserved(book, tables):
    """On each service's sheet inside plus outside is everyone, as numbers, and villages add up to the area."""
    for category in tables.area.categories:
        rows = [r for r in book[category.title].iter_rows(min_row=5, values_only=True) if r[1] == "常住人口"]
        assert len(rows) == len(tables.townships) + 1
        assert all(isinstance(v, int | float) for row in rows for v in row[4:8])
        assert all(row[4] == row[5] + row[6] for row in rows)
        assert sum(row[4] for row in rows[:-1]) == rows[-1][4]
    minutes = list(book["各村步行时间"].iter_rows(min_row=4, values_only=True))
    total = math.fsum(row[3] for row in minutes) / len(tables.area.categories)
    assert total == tables.residents["population"].sum()


def test_hostile_names_stay_text(tables, tmp_path):
    """Two hundred hostile names read back as plain text: no formula, no link, changes visible and told on the cover."""
    path = tmp_path / "hostile.xlsx"
    workbook.write(_with_names(tables), path)
    sheet = openpyxl.load_workbook(path)["设施清单"]
    cells = [row[1] for row in sheet.iter_rows(min_row=4, max_row=3 + len(NAMES))]
    assert len(cells) == 200
    for cell, name in zip(cells, NAMES, strict=True):
        assert cell.data_type == "s", name
        assert cell.hyperlink is None
        assert _unescaped(cell.value) == text.cell_text(name, "zh")
        assert len(cell.value.encode("utf-16-le")) // 2 <= text.CELL_MAX_CHARS + 10
    cover = _values(openpyxl.load_workbook(path)["封面"])
    assert any("控制字符" in str(value) for value in cover)
    with zipfile.ZipFile(path) as archive:
        sheets = b"".join(archive.read(n) for n in archive.namelist() if "sheet" in n)
        assert b"<f>" not in sheets
        links = re.findall(rb"<hyperlink [^>]*>", sheets)
        assert all(b"r:id" not in link for link in links)  # only to the workbook's own sheets
        assert not any("externalLink" in n for n in archive.namelist())


def _unescaped(value):
    """What a sheet shows: openpyxl leaves Excel's escape of a literal ``_x0041_`` as it stands in the file."""
    return re.sub(r"_x005F(?=_x[0-9A-Fa-f]{4}_)", "", value)


def test_absent_tables_leave_a_whole_book(tables, tmp_path):
    """No rules, no gaps, no findings, no villages: every sheet is there and says so; cells are numbers under 未设标准."""
    bare = dataclasses.replace(
        tables,
        area=dataclasses.replace(tables.area, rules=(), demonstration=False),
        **{name: getattr(tables, name).iloc[:0] for name in ("gaps", "findings", "villages", "check")},
    )
    workbook.write(bare, tmp_path / "bare.xlsx")
    book = openpyxl.load_workbook(tmp_path / "bare.xlsx")
    assert "无" in _values(book["服务缺口"])
    assert any("未设标准" in str(value) for value in _values(book["各乡镇结果"]))
    assert "87.4%" in {cell.number_format.strip('"') for row in book["各乡镇结果"].iter_rows() for cell in row}


def test_full_analysis_adds_its_sheets(tables, tmp_path):
    """Stability and least change get a sheet each where the full analysis made them; English is complete."""
    workbook.write(with_full_analysis(tables), tmp_path / "en.xlsx", lang="en")
    book = openpyxl.load_workbook(tmp_path / "en.xlsx")
    assert {"Stability", "Least change", "Results"} <= set(book.sheetnames)
    seen = " ".join(str(v) for v in [*_values(book["Cover"]), *_values(book["Stability"])])
    assert "Demonstration data" in seen
    assert "菜园镇" in seen
    assert "stably below the reference value" in seen
    assert "below the reference value" in seen
    assert "speed × 0.8" in seen


def test_totals_that_were_met_have_a_sheet(tables, tmp_path):
    """Where residents were scaled to totals, the workbook says by how much; the sum of the area is named 合计."""
    rows = [
        ("ALL", "", "population", 3, 10.0, 12.0, 1.2, 12.0),
        ("330922100", "菜园镇", "population", 2, 5.0, None, None, 5.0),
    ]
    table = pd.DataFrame(rows, columns=TABLES["reconciliation"].names)
    workbook.write(dataclasses.replace(tables, reconciliation=table), tmp_path / "met.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "met.xlsx")["人口平差"]
    shown = list(sheet.iter_rows(min_row=4, values_only=True))
    assert shown[0] == ("合计", "常住人口", 3, 10, 12, 1.2, 12)
    assert shown[1][:4] == ("菜园镇", "常住人口", 2, 5)


def test_text_helpers_keep_every_length():
    """Shortened text fits a cell whatever its characters, says how long it was, and text that fits is untouched."""
    for name in NAMES:
        shown = text.cell_text(name, "zh")
        assert len(shown.encode("utf-16-le")) // 2 <= text.CELL_MAX_CHARS
        if not text.is_changed(name):
            assert shown == name.replace("\r\n", "\n")
    assert text.cell_text("长" * 32_767, "zh") == "长" * 32_767
    assert text.cell_text("长" * 32_768, "zh").endswith("〔已截短，原文 32768 字〕")


def test_shares_never_show_across_their_threshold(tables, tmp_path):
    """A share just below its threshold, or below everyone, shows rounded down; the cell holds the exact number."""
    check = tables.check.copy()
    at = check.index[(check["measure"] == "population_share") & (check["verdict"] == "not_met")][0]
    check.loc[at, "value"] = check.loc[at, "threshold"] - 1e-5
    coverage = tables.coverage.assign(share=tables.coverage["share"].where(tables.coverage["share"] < 0.9, 0.99999))
    workbook.write(dataclasses.replace(tables, check=check, coverage=coverage), tmp_path / "near.xlsx")
    cells = [c for sheet in openpyxl.load_workbook(tmp_path / "near.xlsx") for row in sheet.iter_rows() for c in row]
    shown = f'"{(check.loc[at, "threshold"] - 0.001):.1%}"'
    assert any(c.value == check.loc[at, "value"] and c.number_format == shown for c in cells)
    assert {c.number_format for c in cells if c.value == 0.99999} == {'"99.9%"'}


CHINESE = re.compile(r"[\u2e80-\u2fff\u3001-\u9fff\uff01-\uffef]")
RUN_TOGETHER = re.compile(r"[a-z)%]\.[A-Z]")


def test_english_products_of_a_latin_area_hold_no_chinese_sign(tmp_path):
    """Workbook and brief of an area whose names are Latin: no Chinese letter or punctuation, and a space after each sentence."""
    shops = places([
        {"id": "a", "name": "Clinic A", "category": "clinic", "x": 0, "y": 0, "capacity": 5, "opening_hours": "Mo-Fr 08:00-17:00"},
        {"id": "b", "name": "Hall B", "category": "sports", "x": 300, "y": 200, "capacity": 9, "opening_hours": ""},
    ])  # fmt: skip
    homes = places([
        {"id": str(n), "x": 100.0 * (n % 5), "y": 100.0 * (n // 5), "population": 10 + n, "age_60_plus": n,
         "village_code": f"v{n % 3}", "township_code": f"t{n % 2}"}
        for n in range(15)
    ])  # fmt: skip
    kinds = {"clinic": {"name": "Clinics", "profile": "plain"}, "sports": {"name": "Sports", "profile": "plain"}}
    rules = [
        {"id": f"{kind}-share", "category": kind, "measure": "population_share", "group": group, "threshold": 0.7}
        for kind, group in (("clinic", "population"), ("sports", "age_60_plus"))
    ]
    content = area_toml(kinds, rules=rules, walk={"limit_min": 4.0}).replace("案例", "Case")
    file = write_city(tmp_path, lattice_city(), shops, homes, content)
    circles.analyse(circles.load_area(file), lang="en").save(tmp_path / "out")
    texts = {}
    for sheet in openpyxl.load_workbook(tmp_path / "out" / "report.xlsx").worksheets:
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
        texts[f"sheet {sheet.title}"] = "\n".join([sheet.title, *cells])
    document = docx.Document(str(tmp_path / "out" / "report.docx"))
    tables = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    texts["brief"] = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *tables])
    assert len(texts) > 10
    for where, said in texts.items():
        found = CHINESE.search(said)
        assert found is None, (where, said[max(0, found.start() - 60) : found.end() + 20])
        assert not RUN_TOGETHER.search(said), (where, RUN_TOGETHER.search(said))
