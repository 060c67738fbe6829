"""Write the form that a unit fills in, laid out as :mod:`circles.plan.forms` says."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from circles.foundation import words
from circles.outputs.plan_papers import signing
from circles.outputs.plan_papers.files import write_whole
from circles.plan import forms
from circles.plan.forms import COLUMNS, ENTRIES, FIRST_ROW, INPUTS, Form, FormRow, cell
from circles.plan.rules import Kind, Outlook

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.slips import Slip

WIDTHS = {
    "id": 17, "no": 7, "name": 40, "unit": 8, "lead": 13, "target": 9, "kind": 10, "last": 9, "value": 12, "entry": 10,
    "evidence": 18, "reason": 18, "attainment": 9, "pace": 9, "gap": 9, "light": 8, "problem": 26, "outlook": 9, "progress": 30, "internal": 24,
}  # fmt: skip
_FONT = "Microsoft YaHei"
_LABELS = {
    "A2": "form_unit_label", "F2": "form_period_label", "H2": "form_reporter_label", "K2": "form_date_label",
}  # fmt: skip


def write_form(form: Form, path: Path | str, *, lang: Lang = "zh", slip: Slip | None = None) -> Path:
    """Write ``form`` as a workbook: input cells unlocked, drop-downs from the hidden sheet 字典, nothing executable.

    The sheet is protected without a password: it guards against slips, and the import checks the locked cells anyway. The
    sheet 签字页 is for printing. With ``slip`` it is the 退回单: filled in as it came, wrong cells red, the reasons beside.

    Parameters
    ----------
    form : what is asked for, row by row
    path : the ``.xlsx`` to write
    lang : language of the form
    slip : what came back and what is wrong with it, where the form is sent back
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": dt.datetime(form.plan.plan.year, 1, 1), "title": form.plan.plan.title})  # noqa: DTZ001 - a fixed stamp
    sheet = book.add_worksheet(forms.SHEET[lang])
    _dictionary(book, form, lang)
    styles = _styles(book)
    _head(sheet, form, styles, lang)
    for index, row in enumerate(form.rows):
        _row(sheet, row, FIRST_ROW + index, styles, lang)
    _page(sheet, form, lang)
    signing.signature_page(book, form, lang)
    if slip is not None:
        signing.returned(book, sheet, slip, styles, lang)
    book.close()
    file = Path(path)
    write_whole(file, buffer.getvalue())
    return file


def _styles(book: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "font_name": _FONT,
        "font_size": 10,
        "valign": "vcenter",
        "border": 1,
        "border_color": "#999999",
    }
    made: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 16, "align": "center", "border": 0},
        "label": {"bold": True, "bg_color": "#E8EEF4", "align": "center"},
        "head": {"bold": True, "bg_color": "#D5E1EC", "align": "center", "text_wrap": True},
        "note": {"font_size": 9, "font_color": "#444444", "text_wrap": True},
        "text": {"text_wrap": True},
        "centre": {"align": "center", "text_wrap": True},
        "id": {"font_size": 8, "font_color": "#555555", "text_wrap": True},
        "number": {"align": "right", "num_format": "0.######"},
        "percent": {"align": "right", "num_format": "0.0%"},
        "input": {"locked": False, "bg_color": "#FFF8DC", "align": "right", "num_format": "0.######"},
        "input_text": {"locked": False, "bg_color": "#FFF8DC", "text_wrap": True, "num_format": "@"},
        "input_date": {"locked": False, "bg_color": "#FFF8DC", "align": "center", "num_format": "yyyy-mm-dd"},
        "mark": {"bg_color": "#B3261E", "font_color": "#FFFFFF"},
        "wrong": {"locked": False, "bg_color": "#B3261E", "font_color": "#FFFFFF", "num_format": "0.######"},
        "wrong_text": {
            "locked": False,
            "bg_color": "#B3261E",
            "font_color": "#FFFFFF",
            "num_format": "@",
            "text_wrap": True,
        },
        "wrong_date": {"locked": False, "bg_color": "#B3261E", "font_color": "#FFFFFF", "num_format": "yyyy-mm-dd"},
    }
    return {name: book.add_format(extra if name == "mark" else {**base, **extra}) for name, extra in made.items()}


def _dictionary(book: Any, form: Form, lang: Lang) -> None:
    """Write the hidden sheet: what form this is, then the lists of the drop-downs."""
    sheet = book.add_worksheet(forms.DICTIONARY)
    about = {"plan": form.plan.plan.id, "unit": form.unit, "period": form.period.text, "layout": "2"}
    for row, (key, value) in enumerate(about.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    for row, key in enumerate(ENTRIES):
        sheet.write_string(row, 3, words.text(f"plan.entry_{key}", lang))
    for row, key in enumerate(("yes", "no")):
        sheet.write_string(row, 4, words.text(f"plan.{key}", lang))
    for row, key in enumerate(Outlook):
        sheet.write_string(row, 5, words.text(f"plan.outlook_{key}", lang))
    for row, item in enumerate(form.rows):
        sheet.write_string(row, forms.ISSUED_COLUMN, item.measure.id)
        for at, text in enumerate((_last(item, lang), words.text(f"plan.light_{item.light}", lang)), start=1):
            sheet.write_string(row, forms.ISSUED_COLUMN + at, text)
        if item.expected_pct is not None:
            sheet.write_number(row, forms.ISSUED_COLUMN + len(forms.ISSUED), float(item.expected_pct) / 100)
    sheet.hide()
    sheet.protect()


def _last(row: FormRow, lang: Lang) -> str:
    return "" if row.last is None else forms.value_text(row.measure, row.last.value, lang)


def _head(sheet: Any, form: Form, styles: dict[str, Any], lang: Lang) -> None:
    head = form.plan.plan
    last = chr(ord("A") + len(COLUMNS) - 1)
    title = words.text("plan.form_title", lang, county=head.county, year=head.year)
    sheet.merge_range(f"A{forms.TITLE_ROW}:{last}{forms.TITLE_ROW}", "", styles["title"])
    sheet.write_string(f"A{forms.TITLE_ROW}", title, styles["title"])
    sheet.set_row(forms.TITLE_ROW - 1, 30)
    for address, key in _LABELS.items():
        sheet.write_string(address, words.text(f"plan.{key}", lang), styles["label"])
    for span, text, style in (
        ("A2:B2", words.text("plan.form_unit_label", lang), "label"),
        ("C2:E2", form.unit, "centre"),
        ("I2:J2", "", "input_text"),
        ("L2:M2", "", "input_date"),
        (f"A{forms.NOTE_ROW}:{last}{forms.NOTE_ROW}", words.text("plan.form_note", lang), "note"),
    ):
        sheet.merge_range(span, text, styles[style])
    sheet.write_string(forms.PERIOD_CELL, form.period.text, styles["centre"])
    sheet.data_validation(
        forms.DATE_CELL,
        {
            "validate": "date",
            "criteria": ">=",
            "value": form.period.start,
            "input_message": words.text("plan.form_date_prompt", lang),
        },
    )
    sheet.set_row(forms.HEAD_ROW - 1, 24)
    sheet.set_row(forms.NOTE_ROW - 1, 34)
    sheet.set_row(forms.HEADER_ROW - 1, 32)
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, WIDTHS[column])
        sheet.write_string(forms.HEADER_ROW - 1, index, words.text(f"plan.form_{column}", lang), styles["head"])


def _row(sheet: Any, row: FormRow, number: int, styles: dict[str, Any], lang: Lang) -> None:
    measure = row.measure
    locked = {
        "id": (measure.id, "id"),
        "no": (forms.number_label(measure), "centre"),
        "name": (forms.full_name(measure), "text"),
        "unit": (measure.unit, "centre"),
        "lead": (measure.lead, "centre"),
        "target": (forms.target_text(measure), "centre"),
        "kind": (words.text(f"plan.kind_{measure.kind}", lang), "centre"),
        "light": (words.text(f"plan.light_{row.light}", lang), "centre"),
    }
    for column, (text, style) in locked.items():
        sheet.write_string(cell(column, number), text, styles[style])
    is_done = measure.kind is Kind.DONE
    _known(sheet, cell("last", number), row.last, styles["number"], lang, is_done=is_done)
    _known(sheet, cell("value", number), row.current, styles["input"], lang, is_done=is_done)
    for column in ("entry", "outlook", *forms.TEXTS):
        sheet.write_blank(cell(column, number), None, styles["input_text"])
    entries = f"='{forms.DICTIONARY}'!$D$1:$D${len(ENTRIES)}"
    sheet.data_validation(cell("entry", number), {"validate": "list", "source": entries})
    outlooks = f"='{forms.DICTIONARY}'!$F$1:$F${len(Outlook)}"
    sheet.data_validation(cell("outlook", number), {"validate": "list", "source": outlooks})
    sheet.data_validation(cell("value", number), _allowed(row))
    _formulas(sheet, row, number, styles)
    sheet.set_row(number - 1, 30)


def _known(sheet: Any, address: str, figure: Any, style: Any, lang: Lang, *, is_done: bool) -> None:
    if figure is None:
        sheet.write_blank(address, None, style)
    elif is_done:
        sheet.write_string(address, words.text("plan.yes" if figure.value > 0 else "plan.no", lang), style)
    else:
        sheet.write_number(address, float(figure.value), style)


def _allowed(row: FormRow) -> dict[str, Any]:
    """Return what Excel lets a person type into the value cell."""
    measure = row.measure
    if measure.kind is Kind.DONE:
        return {"validate": "list", "source": f"='{forms.DICTIONARY}'!$E$1:$E$2"}
    low, high = measure.range or (0, 10**9)
    sort = "integer" if measure.decimals == 0 else "decimal"
    return {"validate": sort, "criteria": "between", "minimum": float(low), "maximum": float(high)}


def _formulas(sheet: Any, row: FormRow, number: int, styles: dict[str, Any]) -> None:
    """Write 完成率, 时序进度 and 差距: formulas over the value cell, with what they give for the form as sent."""
    measure = row.measure
    pace = None if row.expected_pct is None else float(row.expected_pct) / 100
    if pace is None:
        sheet.write_blank(cell("pace", number), None, styles["percent"])
    else:
        sheet.write_number(cell("pace", number), pace, styles["percent"])
    made = forms.formulas(measure, number, has_pace=pace is not None)
    current = row.current
    now = None if current is None or not made else float(measure.attainment(current.value) or 0) / 100
    results = {"attainment": now, "gap": None if now is None else now - (1 if pace is None else pace)}
    for column, result in results.items():
        if column in made:
            sheet.write_formula(cell(column, number), made[column], styles["percent"], "" if result is None else result)
        else:
            sheet.write_blank(cell(column, number), None, styles["percent"])


def _page(sheet: Any, form: Form, lang: Lang) -> None:
    last = cell("progress", 1)[0]  # the internal note, behind it, is not printed
    sheet.freeze_panes(forms.HEADER_ROW, 3)
    sheet.repeat_rows(0, forms.HEADER_ROW - 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3: the columns at a readable size
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.6)
    sheet.set_footer(f"&L{form.unit} {form.period.text}&R{words.text('plan.form_page', lang)}")
    sheet.print_area(f"A1:{last}{FIRST_ROW + max(len(form.rows), 1) - 1}")
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})


__all__ = ["INPUTS", "write_form"]
