"""One statement, eight products: what each prints of a cell is read back out of it and compared."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import docx
import openpyxl
import pytest
from report_example import example_tables

import circles
from circles.batch import overview
from circles.batch.regions import Region
from circles.cli.console import width
from circles.cli.verdicts import COLUMNS_MAX, matrix
from circles.foundation.schema.tables import ALL
from circles.outputs import brief, comparison, files, notebook, public, workbook
from circles.outputs.headline import first_screen
from circles.outputs.map import data, form, write_data
from circles.outputs.stated import Stated, stated
from circles.outputs.statement import COLOURS

LANGS = ("zh", "en")
Cells = dict[tuple[str, str], tuple[str, ...]]
"""(place, service) → text and, where a product shows them, colour or word."""


def without_rules(tables):
    """The same area with no rule at all."""
    check = tables.check[tables.check["rule_id"] == "overall"].assign(verdict="no_rule", rule_status="")
    return dataclasses.replace(
        tables,
        area=dataclasses.replace(tables.area, rules=(), demonstration=False),
        check=check,
        missing=tables.missing.iloc[:0],
    )


def adopted(tables):
    """The same area as a real one whose every rule is adopted."""
    rules = tuple(rule.model_copy(update={"status": "adopted"}) for rule in tables.area.rules)
    area = dataclasses.replace(tables.area, rules=rules, demonstration=False)
    status = tables.check["rule_status"].where(tables.check["rule_status"] == "", "adopted")
    return dataclasses.replace(tables, area=area, check=tables.check.assign(rule_status=status))


MADE = {"demonstration": lambda tables: tables, "without rules": without_rules, "adopted": adopted}


def expected(said: Stated) -> Cells:
    """What the statement says, in its order."""
    rows = [*(r for r in said.found.rows if r.code != ALL), *(r for r in said.found.rows if r.code == ALL)]
    return cells_of((said.place(r), said.heads[r.category].name, said.cell(r)) for r in rows)


def cells_of(read: Iterable[tuple[str, str, str]]) -> Cells:
    """Cells by place and service; townships of one name, as Malta's two Ir-Rabat, are told apart by their order."""
    cells: Cells = {}
    for place, service, text in read:
        name = place
        while (name, service) in cells:
            name += "′"
        cells[name, service] = (text,)
    return cells


def rows_to_cells(rows, services, first=1):
    """Cells of a table whose first column is the place."""
    return cells_of((row[0], name, row[first + at]) for row in rows for at, name in enumerate(services))


def of_terminal(said: Stated) -> tuple[Cells, list[str]]:
    shown = matrix(said)
    assert max(map(width, shown.splitlines())) <= COLUMNS_MAX
    names, heads = [head.name for head in said.found.heads], []
    read: dict[int, list[str]] = {}
    for part in shown.split("\n\n"):  # kinds that do not fit stand in a second table
        lines = part.splitlines()
        rule = next(at for at, line in enumerate(lines) if set(line) == {"─"})
        own = [name for name in re.split(r" {2,}", lines[0]) if name in names]
        heads.append(" ".join(" ".join(lines[:rule]).split()))
        rows = [re.split(r" {2,}", line) for line in lines[rule + 1 :] if "▲ " not in line and "● " not in line]
        for at, row in enumerate(row for row in rows if len(row) > 1):
            read.setdefault(at, [row[0]]).extend(row[1 : 1 + len(own)])
    return rows_to_cells(list(read.values()), names), heads


def of_map(tables, lang, folder: Path) -> tuple[Cells, list[str]]:
    write_data(data(tables, lang=lang), folder / "index.html", lang=lang)
    found = form.read((folder / "index.html").read_text(encoding="utf-8"))["statement"]
    names = {head["category"]: head["name"] for head in found["heads"]}
    cells = cells_of((row["place"], names[row["category"]], row["cell"]) for row in found["rows"])
    assert all(row["colour"] == COLOURS[row["verdict"]] for row in found["rows"] if row["code"] != ALL)
    return cells, [head["text"] for head in found["heads"]]


def of_brief(tables, lang, folder: Path) -> tuple[Cells, list[str]]:
    brief.write(tables, folder / "b.docx", lang=lang)
    table = docx.Document(folder / "b.docx").tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    services = [head.split("\n")[0] for head in rows[0][1:-1]]
    return rows_to_cells(rows[1:], services), rows[0]


def of_workbook(tables, lang, folder: Path) -> tuple[Cells, list[str]]:
    workbook.write(tables, folder / "r.xlsx", lang=lang)
    sheet = openpyxl.load_workbook(folder / "r.xlsx").worksheets[1]
    start = next(row for row in range(1, 9) if sheet.cell(row, 3).value == stated(tables, lang).found.heads[0].name)
    services = [sheet.cell(start, column).value for column in range(3, 3 + len(tables.area.categories))]
    heads = [f"{name} {sheet.cell(start + 1, at + 3).value}" for at, name in enumerate(services)]
    rows = []
    for number in range(start + 2, start + 2 + len(stated(tables, lang).found.towns) + 1):
        cells = [sheet.cell(number, column) for column in range(3, 3 + len(services))]
        rows.append(
            [
                sheet.cell(number, 1).value,
                *(cell.number_format.strip('"') if cell.data_type == "n" else cell.value for cell in cells),
            ]
        )
    return rows_to_cells(rows, services), heads


def of_notebook(tables, lang) -> tuple[Cells, list[str]]:
    shown = notebook.matrix_html(tables, lang)
    rows = [
        [
            html.unescape(re.sub(r"<br>", "\n", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
    ]
    services = [head.split("\n")[0] for head in rows[0][1:-1]]
    return rows_to_cells(rows[1:], services), rows[0][1:-1]


def of_comparison(tables, lang, folder: Path) -> tuple[Cells, list[str]]:
    run = dataclasses.replace(tables, run={**tables.run, "parameters": {"lang": lang}})
    files.write_sheets(run, folder)
    said = comparison.statements((folder, folder))
    assert said is not None
    cells = cells_of((row.township, row.service, row.text) for row in said[1].itertuples())
    return cells, [f"{row.service} {row.base} {row.bar}" for row in said[1].itertuples()]


def of_batch(tables, lang) -> tuple[Cells, list[str]]:
    record = {
        "statement": first_screen(tables, lang), "categories": {c.id: c.title for c in tables.area.categories},
        "demonstration": tables.area.demonstration, "as_of": "2024-12-31",
    }  # fmt: skip
    check = tables.check.assign(region_code="01")
    shown = overview.page(
        "甲", [Region("01", "嵊泗县", tables.area)], records={"01": record}, failed={}, check=check, lang=lang
    )
    found = json.loads(re.search(r'id="data">(.*?)</script>', shown, re.DOTALL)[1])["rows"][0]
    services = [category.title for category in tables.area.categories]
    rows = [[town["name"], *(cell["text"] for cell in town["cells"])] for town in found["towns"]]
    whole = [cell["value"] for cell in found["cells"][:-1]]
    said = stated(tables, lang)
    assert whole == [
        f"{said.value(said.cells[ALL, c.id])}（{said.base(said.cells[ALL, c.id])}）" for c in tables.area.categories
    ]
    return rows_to_cells(rows, services), found["towns"][0]["heads"]


def of_public(tables, lang) -> tuple[Cells, list[str]]:
    shown = public.page(first_screen(tables, lang), public.about(tables.area), lang=lang)
    table = re.search(r'<table id="statement">(.*?)</table>', shown, re.DOTALL)[1]
    rows = [
        [
            html.unescape(re.sub(r"<br>", "\n", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]
    services = [head.split("\n")[0] for head in rows[0][1:-1]]
    return rows_to_cells(rows[1:], services), rows[0][1:-1]


@pytest.mark.parametrize(
    ("kind", "lang"),
    [
        pytest.param(kind, lang, marks=[] if (kind, lang) == ("demonstration", "zh") else pytest.mark.long)
        for kind in MADE
        for lang in LANGS
    ],
)
def test_eight_products_say_one_thing(kind, lang, tmp_path):
    """Terminal, map, brief, workbook, notebook, comparison, batch overview and public page show the same cells and heads."""
    held(MADE[kind](example_tables()), lang, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGS)
def test_eight_products_say_one_thing_of_shengsi(lang, tmp_path):
    """The same for the embedded county as it is analysed."""
    held(circles.analyse(circles.load_area(), lang=lang), lang, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGS)
def test_eight_products_say_one_thing_of_malta(lang, shared_dir, repository, tmp_path):
    """The same for Malta's 67 councils, whose residents are points."""
    text = (repository / "data" / "gis" / "malta" / "area.toml").read_text(encoding="utf-8")
    (tmp_path / "area.toml").write_text(text, encoding="utf-8")
    shutil.copy(shared_dir / "osm" / "malta.osm.pbf", tmp_path)
    held(circles.analyse(circles.load_area(tmp_path / "area.toml"), lang=lang), lang, tmp_path)


def held(tables, lang, folder: Path) -> None:
    """Read all eight products back; each shows the statement's cells, in its order, under its heads."""
    said = stated(tables, lang)
    wanted = expected(said)
    products = {
        "terminal": of_terminal(said),
        "map": of_map(tables, lang, folder),
        "brief": of_brief(tables, lang, folder),
        "workbook": of_workbook(tables, lang, folder),
        "notebook": of_notebook(tables, lang),
        "comparison": of_comparison(tables, lang, folder),
        "batch": of_batch(tables, lang),
        "public": of_public(tables, lang),
    }
    screen = first_screen(tables, lang)["rows"]
    masked = cells_of((row["place"], said.heads[row["category"]].name, public.cell_text(row, lang)) for row in screen)
    few = {key for key, text in masked.items() if text != wanted[key]}
    numbers = zip(masked, screen, strict=True)
    assert all(
        0 < min(r["numerator"], r["uncovered"]) < 10 or r["denominator"] < 10 for key, r in numbers if key in few
    )
    for name, (found, heads) in products.items():
        cells = found
        if name == "brief" and len(said.found.towns) > brief.ROWS_MAX:
            cells = {key: found.get(key, wanted[key]) for key in wanted}  # the workbook has the others
        assert cells == (masked if name == "public" else wanted), name
        assert list(cells) == list(wanted), f"{name}: order"
        together = " ".join(heads)
        for head in said.found.heads:
            assert head.name in together, name
            assert said.base(head) in together, name
            assert all(re.search("[≥≤].*", bar)[0] in together for bar in said.bars(head)), name
    if not said.found.towns[0].judged:
        assert all("–" not in text and text.endswith("%") for (text,) in wanted.values())
        assert all(said.word("no_bar") in " ".join(heads) for _, heads in products.values())


def test_small_groups_are_given_away_by_no_number():
    """Neither a count nor a share of the public page lets anybody reckon a group of fewer than ten people."""
    row = {"measure": "population_share", "cell": "▲87.9%", "text": "87.9%", "numerator": 58.0, "denominator": 66.0}
    assert public.cell_text(row, "zh") == "▲高于84.8%"
    assert public.cell_text({**row, "numerator": 4.0}, "zh") == "▲低于15.2%"
    assert public.cell_text({**row, "denominator": 9.0, "numerator": 9.0}, "zh") == "▲少于10人"
    assert public.cell_text({**row, "numerator": 66.0}, "en") == "▲87.9%"
    assert public.people(9.0, "人", "zh") == "少于10人"
    assert public.people(0.0, "人", "zh") == "0人"
