"""Read single cells of a returned form: numbers, dates, choices, texts; what cannot be read is a finding at its cell."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from circles.foundation import errors, words
from circles.plan import forms
from circles.plan.chain import number_text
from circles.plan.forms import ENTRIES, cell
from circles.plan.rules import Kind, Outlook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from circles.foundation.errors import Finding
    from circles.plan.indicators import Measure
    from circles.plan.returned import Returned

_MAGNITUDES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
MAX_TEXT = 500
"""Characters in a cell of text."""


def unread(form: Returned, addresses: Iterable[str]) -> list[Finding]:
    """Return an error for each cell that reads as empty and is not: an error value, or a formula without a result."""
    return [
        errors.error("form-cell-error", form.place(at), value=form.unread[at])
        if form.unread[at]
        else errors.error("form-formula-empty", form.place(at))
        for at in addresses
        if at in form.unread
    ]


def read_date(given: Any) -> dt.date | None:
    """Return a cell's date: a date cell, or text such as 2024-06-03, 2024/6/3, 2024.6.3, 2024年6月3日."""
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text(given))
    try:
        return dt.date(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    except ValueError:
        return None


@cache
def _choices(prefix: str, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the keys of a list of choices by their words in each language."""
    return {words.text(f"plan.{prefix}_{key}", lang): key for key in keys for lang in words.LANGS}


def choice(form: Returned, row: int, measure: Measure, found: list[Finding], *, column: str) -> str:
    """Return what was chosen from a list; '' where nothing was, or nothing that is known.

    Parameters
    ----------
    form, row : the returned form and the number of its row
    measure : what the row is about
    found : a finding is appended to it where the choice is not on the list
    column : ``entry`` or ``outlook``
    """
    prefix, keys = ("entry", ENTRIES) if column == "entry" else ("outlook", tuple(map(str, Outlook)))
    given, known = text(form.at(cell(column, row))), _choices(prefix, keys)
    if given and given not in known:
        valid = "、".join(words.text(f"plan.{prefix}_{key}", "zh") for key in keys)
        place = form.place(cell(column, row))
        found.append(errors.error(f"form-{column}", place, id=measure.id, value=given[:40], valid=valid))
    return known.get(given, "")


def number(
    measure: Measure, given: Any, place: str, found: list[Finding], *, is_percent: bool = False
) -> Decimal | None:
    """Return a cell's number; anything else, or one out of range, is a finding, with the number it was probably meant to be.

    A cell formatted as a percentage holds a hundredth of what it shows; what it shows is what was meant.

    Parameters
    ----------
    measure : gives the kind, the unit, the range and the decimals that are allowed
    given : the cell's content
    place : where the cell stands, for the message
    found : what is wrong is appended to it
    is_percent : whether the cell is formatted as a percentage
    """
    if measure.kind is Kind.DONE:
        answers = {words.text(f"plan.{key}", lang): key for key in ("yes", "no") for lang in words.LANGS}
        if text(given) in answers:
            return (measure.target or Decimal(1)) if answers[text(given)] == "yes" else Decimal(0)
        found.append(errors.error("form-yes-no", place, id=measure.id, value=text(given)[:40]))
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        found.append(errors.error("form-text", place, id=measure.id, value=text(given)[:40], meant=meant(given)))
        return None
    if is_percent and measure.unit != "%":
        shown = f"{100 * given:.15g}%"
        found.append(errors.error("form-percent", place, id=measure.id, value=shown, unit=measure.unit or "–"))
        return None
    value = Decimal(f"{given:.15g}") * (100 if is_percent else 1)
    low, high = measure.range or (Decimal(0), None)
    if value < low or (high is not None and value > high):
        limits = f"{forms.number(low)} … {'' if high is None else forms.number(high)}".strip(" …")
        found.append(errors.error("form-range", place, id=measure.id, value=forms.number(value), limits=limits))
    if measure.decimals is not None and value != round(value, measure.decimals):
        shown = forms.number(value)
        found.append(errors.error("form-decimals", place, id=measure.id, value=shown, decimals=measure.decimals))
    return value


def meant(written: Any) -> str:
    """Return the number that a text probably stands for: full-width digits, thousands, 万, a unit or a sign glued on."""
    plain = unicodedata.normalize("NFKC", text(written))[:MAX_TEXT].replace(",", "").replace(" ", "")
    match = re.search(r"(-?\d+(?:\.\d+)?)(亿|万|千|百)?", plain)
    try:
        return (number_text(Decimal(match[1]) * _MAGNITUDES.get(match[2] or "", 1)) or "–") if match else "–"
    except InvalidOperation:
        return "–"


def text(given: Any) -> str:
    """Return a cell as text: a whole number without its decimal point."""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def text_problems(form: Returned, address: str, content: str) -> list[Finding]:
    """Return what no cell of text may be: too long, or with control characters."""
    if len(content) > MAX_TEXT:
        return [errors.error("form-text-long", form.place(address), value=len(content), limit=MAX_TEXT)]
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in content):
        return [errors.error("form-control", form.place(address), value=ascii(content)[:60])]
    return []
