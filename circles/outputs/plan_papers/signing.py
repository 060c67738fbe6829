"""The form's other sheets: 签字页 to print and sign, and, when a form goes back, its red cells and the reasons."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from circles.foundation import words
from circles.plan import forms
from circles.plan.forms import COLUMNS, FIRST_ROW, cell

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.forms import Form
    from circles.plan.slips import Given, Slip

_FONT = "Microsoft YaHei"
_SIGNERS = ("sign_reporter", "sign_checker", "sign_head", "sign_seal")


def signature_page(book: Any, form: Form, lang: Lang) -> None:
    """Write the page that is printed and signed: every figure as the form has it, then who filled in, checked and answers."""

    def word(key: str, **values: Any) -> str:
        return words.text(f"plan.{key}", lang, **values)

    base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter", "border": 1, "text_wrap": True}
    title = book.add_format({"font_name": _FONT, "font_size": 16, "bold": True, "align": "center"})
    head = book.add_format({**base, "bold": True, "align": "center", "bg_color": "#E8EEF4"})
    text, number = book.add_format(base), book.add_format({**base, "align": "right", "num_format": "0.######"})
    sheet = book.add_worksheet(word("sheet_sign"))
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, 46)
    sheet.set_column(2, 3, 12)
    sheet.set_column(4, 4, 14)
    sheet.merge_range("A1:E1", word("sign_title", county=form.plan.plan.county, year=form.plan.plan.year), title)
    sheet.set_row(0, 30)
    sheet.merge_range("A2:E2", word("sign_about", unit=form.unit, period=form.period.text, count=len(form.rows)), text)
    for column, key in enumerate(("form_no", "form_name", "form_unit", "form_value", "form_entry")):
        sheet.write_string(2, column, word(key), head)
    source = forms.SHEET[lang]
    for index, row in enumerate(form.rows):
        at = 3 + index
        sheet.write_string(at, 0, forms.number_label(row.measure), text)
        sheet.write_string(at, 1, forms.full_name(row.measure), text)
        sheet.write_string(at, 2, row.measure.unit, text)
        for column, key in ((3, "value"), (4, "entry")):
            seen = f"'{source}'!{cell(key, FIRST_ROW + index)}"
            sheet.write_formula(at, column, f'=IF({seen}="","",{seen})', number if column == 3 else text, "")
    last = 3 + len(form.rows)
    for index, key in enumerate(_SIGNERS):
        sheet.set_row(last + index, 34)
        sheet.merge_range(last + index, 0, last + index, 1, word(key), head)
        sheet.merge_range(last + index, 2, last + index, 4, word("sign_line"), text)
    sheet.repeat_rows(2)
    sheet.set_paper(9)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{form.unit} {form.period.text}&R{word('form_page')}")
    sheet.protect()


def returned(book: Any, sheet: Any, slip: Slip, styles: dict[str, Any], lang: Lang) -> None:
    """Fill a form in as it came, mark its wrong cells red, and list the reasons on a sheet of their own.

    Parameters
    ----------
    book, sheet : the workbook being written and its sheet with the form (xlsxwriter)
    slip : what came back and what is wrong with it
    styles : the workbook's formats by name
    lang : language of the form
    """
    for at, value in slip.given.items():
        if at not in slip.wrong:
            _put(sheet, at, value, styles, "input")
    for at, items in slip.wrong.items():
        if at in slip.given or _is_input(at):
            _put(sheet, at, slip.given.get(at, ""), styles, "wrong")
        else:  # a locked cell keeps what it was sent out with
            sheet.conditional_format(at, {"type": "formula", "criteria": "=TRUE", "format": styles["mark"]})
        reasons = "\n".join(
            words.text("plan.semicolon", lang).join((item.message(lang), item.fix(lang))) for item in items
        )
        sheet.write_comment(at, reasons, {"x_scale": 2, "y_scale": 1.5, "author": ""})
    page = book.add_worksheet(words.text("plan.sheet_returned", lang))
    for column, width in enumerate((14, 70, 60)):
        page.set_column(column, column, width)
        key = ("returned_cell", "returned_why", "returned_fix")[column]
        page.write_string(1, column, words.text(f"plan.{key}", lang), styles["head"])
    page.write_string(
        0, 0, words.text("plan.returned_note", lang, count=sum(map(len, slip.wrong.values())) + len(slip.others))
    )
    lines = [
        *((at, item) for at, items in slip.wrong.items() for item in items),
        *(("–", item) for item in slip.others),
    ]
    for row, (at, item) in enumerate(lines, start=2):
        for column, text in enumerate((at, item.message(lang), item.fix(lang))):
            page.write_string(row, column, text, styles["text"])
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _is_input(at: str) -> bool:
    column = COLUMNS[ord(at[0]) - ord("A")]
    return at in {forms.REPORTER_CELL, forms.DATE_CELL} or (int(at[1:]) >= FIRST_ROW and column in forms.INPUTS)


def _put(sheet: Any, at: str, value: Given, styles: dict[str, Any], kind: str) -> None:
    if isinstance(value, dt.date):
        sheet.write_datetime(at, dt.datetime.combine(value, dt.time()), styles[f"{kind}_date"])
    elif isinstance(value, float):
        sheet.write_number(at, value, styles[kind])
    elif value:
        sheet.write_string(at, value, styles[f"{kind}_text"])
    else:
        sheet.write_blank(at, None, styles[f"{kind}_text"])
