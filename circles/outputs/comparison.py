"""A comparison as a folder: tables, a workbook, the three-way map."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from circles.analysis.compare import Comparison, sentences, verdict_word
from circles.analysis.verdicts import rule_names
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
        workbook(found, target / "compare.xlsx", lang=lang, said=statements(runs))
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
        return words.text("compare.no_map", lang, names=words.listed((name for name, _, _ in found.parameters), lang))
    pages = [run / "index.html" for run in runs]
    if missing := [str(page) for page in pages if not page.is_file()]:
        return words.text("compare.map_failed", lang, detail=", ".join(missing))
    try:
        html_map.compared(pages[0], pages[1], file, lang=lang)
    except InputError as e:
        return words.text("compare.map_failed", lang, detail=e.render(lang))
    return ""


def statements(runs: tuple[Path, Path]) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return what each run said of its cells (``statement.csv``); None where one is of a version that wrote none."""
    paths = [run / "statement.csv" for run in runs]
    if not all(path.is_file() for path in paths):
        return None
    before, after = (pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig") for path in paths)
    return before, after


def workbook(
    found: Comparison, file: Path, *, lang: Lang, said: tuple[pd.DataFrame, pd.DataFrame] | None = None
) -> None:  # fmt: skip
    """Write the tables of a comparison and its sentences as a workbook; texts stay texts, numbers numbers.

    Parameters
    ----------
    found : the comparison
    file : where it is written
    lang : language of its texts
    said : the statements of both runs, whose cells stand side by side on a sheet of their own; None without them
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(file), options)
    run = found.after.run
    book.set_properties({"created": dt.datetime.fromisoformat(str(run["parameters"]["as_of"]))})
    note = words.text("cli.demonstration", lang) if run.get("demonstration") else ""
    title = {"area": run.get("area_name", run["area"]), "before": found.before.run["run_id"], "after": run["run_id"]}
    head = text.cell_text(words.text("compare.title", lang, **title), lang)
    _notes_sheet(book, found, head, note, lang)
    if said is not None:
        _said_sheet(book, said, note, lang)
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


def _said_sheet(book: xlsxwriter.Workbook, said: tuple[pd.DataFrame, pd.DataFrame], note: str, lang: Lang) -> None:
    """Write each cell of both statements, in the county's own order, in its own words and colours."""
    sheet = _sheet(book, "sheet_statement", note, lang)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    sheet.set_column(0, 8, 14)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    keys = ("township", "service", "base", "bar", "text_before", "word_before", "text_after", "word_after")
    for column, key in enumerate(keys):
        sheet.write_string(0, column, words.text(f"compare.column_{key}", lang), bold)
    joined = said[1].merge(
        said[0][["township_code", "category", "text", "word", "colour"]], on=["township_code", "category"], how="left",
        suffixes=("_after", "_before"),
    ).fillna("–")  # fmt: skip
    for row, cell in enumerate(joined.to_dict("records"), 1):
        for column, key in enumerate(keys):
            side = key.rpartition("_")[2]
            colour = str(cell.get(f"colour_{side}", ""))
            style = book.add_format({"font_color": colour}) if column > 3 and colour.startswith("#") else None
            sheet.write_string(row, column, text.cell_text(str(cell[key]), lang), style)


def _readable(table: pd.DataFrame, found: Comparison, lang: Lang) -> pd.DataFrame:
    """Return a table with verdicts, services and causes in words."""
    out = table.copy()
    names = found.after.headings
    out["category"] = ["+".join(names.get(part, part) for part in ids.split("+")) for ids in out["category"]]
    for name, state in (("verdict_before", found.before), ("verdict_after", found.after)):
        rules = out["rule_id"] if "rule_id" in out else [""] * len(out)
        out[name] = [verdict_word(value, state, lang, str(rule)) for value, rule in zip(out[name], rules, strict=True)]
    if "rule_id" in out:
        of_both = {**found.before.rules, **found.after.rules}
        called = rule_names(of_both.values(), {**found.before.headings, **names}, lang)
        out["rule_id"] = [called.get(str(rule), "") for rule in out["rule_id"]]
    if "measure" in out:
        out["measure"] = [words.measure(str(measure), lang) for measure in out["measure"]]
    if "why" in out:
        out["why"] = [words.text(f"compare.told_{value}", lang) if value else "" for value in out["why"]]
        causes = [
            [words.text(f"compare.cause_{cause}", lang) for cause in value.split("+") if cause]
            for value in out["causes"]
        ]
        out["causes"] = [words.listed(part, lang) for part in causes]
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
