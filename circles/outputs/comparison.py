"""A comparison as a folder: tables, a workbook, the three-way map."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from circles.analysis.compare import Comparison, sentences, verdict_word
from circles.foundation import words
from circles.foundation.errors import InputError
from circles.foundation.words import Lang
from circles.outputs import files, folder, text
from circles.outputs import map as html_map

TABLES = ("compare", "compare_rules")


def write(found: Comparison, runs: tuple[Path, Path], out: Path, *, lang: Lang) -> str:
    """Write a comparison; ``out`` is replaced atomically.

    Parameters
    ----------
    found : the comparison
    runs : the folders of the two runs, for their maps
    out : the folder
    lang : language of files and sentences

    Returns
    -------
    str
        Why there is no map; '' where there is one.

    Raises
    ------
    CallError
        ``out`` may not be replaced.
    """
    with folder.replaced(out, makes_parents=True) as target:
        for name in TABLES:
            files.write_csv(getattr(found, name), target / f"{name}.csv")
        workbook(found, target / "compare.xlsx", lang=lang)
        reason = _map(found, runs, target / "index.html", lang)
        before, after = found.before.run, found.after.run
        run: dict[str, Any] = {
            "kind": "comparison", "area": after["area"], "area_name": after.get("area_name", after["area"]),
            "before": {"run_id": before["run_id"], "version": before["version"]},
            "after": {"run_id": after["run_id"], "version": after["version"]},
            "parameters_that_differ": [list(item) for item in found.parameters],
        }  # fmt: skip
        files.write_run(run, target)
    return reason


def _map(found: Comparison, runs: tuple[Path, Path], file: Path, lang: Lang) -> str:
    if found.parameters:
        return words.text("compare.no_map", lang, names="、".join(name for name, _, _ in found.parameters))
    pages = [run / "index.html" for run in runs]
    if missing := [str(page) for page in pages if not page.is_file()]:
        return words.text("compare.map_failed", lang, detail=", ".join(missing))
    try:
        html_map.compared(pages[0], pages[1], file, lang=lang)
    except InputError as e:
        return words.text("compare.map_failed", lang, detail=e.render(lang))
    return ""


def workbook(found: Comparison, file: Path, *, lang: Lang) -> None:
    """Write the tables of a comparison and its sentences as a workbook; texts stay texts, numbers numbers."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(file), options)
    run = found.after.run
    book.set_properties({"created": dt.datetime.fromisoformat(str(run["parameters"]["as_of"]))})
    note = words.text("cli.demonstration", lang) if run.get("demonstration") else ""
    title = {"area": run.get("area_name", run["area"]), "before": found.before.run["run_id"], "after": run["run_id"]}
    head = text.cell_text(words.text("compare.title", lang, **title), lang)
    _notes_sheet(book, found, head, note, lang)
    for name in TABLES:
        sheet = _sheet(book, f"sheet_{name}", note, lang)
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        _fill(book, sheet, _readable(getattr(found, name), found, lang), lang)
    book.close()


def _sheet(book: xlsxwriter.Workbook, name: str, note: str, lang: Lang) -> Any:
    sheet = book.add_worksheet(words.text(f"compare.{name}", lang))
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if note:
        sheet.set_header("&C" + note[:200].replace("&", "&&"))
    return sheet


def _notes_sheet(book: xlsxwriter.Workbook, found: Comparison, head: str, note: str, lang: Lang) -> None:
    sheet = _sheet(book, "sheet_sentences", note, lang)
    sheet.set_column(0, 0, 120, book.add_format({"text_wrap": True, "valign": "top"}))
    sheet.write_string(0, 0, head, book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, note)
    lines = sentences(found.compare, found.compare_rules, found.before, found.after, lang)
    for row, line in enumerate(lines or [words.text("compare.same", lang)], 3):
        sheet.write_string(row, 0, text.cell_text(line, lang))


def _readable(table: pd.DataFrame, found: Comparison, lang: Lang) -> pd.DataFrame:
    """Return a table with verdicts, services and causes in words."""
    out = table.copy()
    names = {id_: str(item["name"]) for id_, item in found.after.categories.items()}
    out["category"] = ["+".join(names.get(part, part) for part in ids.split("+")) for ids in out["category"]]
    for name, state in (("verdict_before", found.before), ("verdict_after", found.after)):
        out[name] = [verdict_word(value, state, lang) for value in out[name]]
    if "why" in out:
        out["why"] = [words.text(f"compare.told_{value}", lang) if value else "" for value in out["why"]]
        causes = [
            [words.text(f"compare.cause_{cause}", lang) for cause in value.split("+") if cause]
            for value in out["causes"]
        ]
        out["causes"] = ["、".join(part) for part in causes]
    return out


def _fill(book: xlsxwriter.Workbook, sheet: Any, table: pd.DataFrame, lang: Lang) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    share, number = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "#,##0.###"})
    sheet.set_column(0, len(table.columns) - 1, 12)
    for column, (name, values) in enumerate(table.items()):
        sheet.write_string(0, column, words.text(f"compare.column_{name}", lang), bold)
        style = share if str(name).startswith("share") else number
        for row, value in enumerate(values.tolist(), 1):
            if isinstance(value, str):
                sheet.write_string(row, column, text.cell_text(value, lang))
            elif not math.isnan(value):
                sheet.write_number(row, column, value, style)
