"""A comparison as a folder: tables, a workbook, the three-way map."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

from circles import words
from circles.compare import Comparison, sentences
from circles.errors import InputError
from circles.outputs import atlas, files, folder, text
from circles.words import Lang

TABLES = ("compare", "compare_rules")


def write(found: Comparison, runs: tuple[Path, Path], out: Path, *, lang: Lang) -> str:
    """Write a comparison; ``out`` is replaced as a whole or not at all.

    Parameters
    ----------
    runs : the folders of the two runs, for their maps

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
        atlas.compared(pages[0], pages[1], file, lang=lang)
    except InputError as e:
        return words.text("compare.map_failed", lang, detail=e.render(lang))
    return ""


def workbook(found: Comparison, file: Path, *, lang: Lang) -> None:
    """Write the tables of a comparison and its sentences as a workbook; texts stay texts, numbers numbers."""
    book = xlsxwriter.Workbook(
        str(file), {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    )
    as_of = dt.datetime.fromisoformat(str(found.after.run["parameters"]["as_of"]))
    book.set_properties({"created": as_of})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    share, whole = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "#,##0.##"})
    told = book.add_worksheet(words.text("compare.sheet_sentences", lang))
    told.set_column(0, 0, 120)
    run = found.after.run
    title = {"area": run.get("area_name", run["area"]), "before": found.before.run["run_id"], "after": run["run_id"]}
    told.write_string(0, 0, text.cell_text(words.text("compare.title", lang, **title), lang), bold)
    lines = sentences(found.compare, found.compare_rules, found.before, found.after, lang)
    for row, line in enumerate(lines or [words.text("compare.same", lang)], 2):
        told.write_string(row, 0, text.cell_text(line, lang))
    for name in TABLES:
        sheet = book.add_worksheet(words.text(f"compare.sheet_{name}", lang))
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, len(getattr(found, name).columns), 14)
        for column, (title_, values) in enumerate(getattr(found, name).items()):
            sheet.write_string(0, column, str(title_), bold)
            style = share if str(title_).startswith("share") else whole
            for row, value in enumerate(values.tolist(), 1):
                if isinstance(value, str):
                    sheet.write_string(row, column, text.cell_text(value, lang))
                elif value == value:  # noqa: PLR0124 - not NaN
                    sheet.write_number(row, column, value, style)
    book.close()
