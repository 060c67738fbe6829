"""退回单: a returned form with which something is wrong, made anew with what was given, its wrong cells and the reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from circles.foundation.errors import PlanError
from circles.plan import forms
from circles.plan.form_cells import read_date, text
from circles.plan.forms import COLUMNS, DATE_CELL, FIRST_ROW, INPUTS, REPORTER_CELL, Form, build_form, cell
from circles.plan.returned import data_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from circles.foundation.errors import Finding
    from circles.plan.figures import Known
    from circles.plan.indicators import Plan
    from circles.plan.returned import Returned

Given = str | float | dt.date


@dataclass(frozen=True)
class Slip:
    """What a form is filled with when it goes back.

    ``given`` is what was filled in, by cell of the new form; ``wrong`` the findings by cell of the new form; ``others`` the
    findings that lie in no cell of it.
    """

    form: Form
    given: Mapping[str, Given]
    wrong: Mapping[str, tuple[Finding, ...]]
    others: tuple[Finding, ...]


def slip_of(plan: Plan, known: Known, returned: Returned, findings: Sequence[Finding]) -> Slip | None:
    """Return the slip for a returned form; None where it does not say for whom and when it was sent out.

    Parameters
    ----------
    plan : the plan
    returned : the form as read
    known
        The figures in force, for 上期值 and 灯号.
    findings
        What is wrong with this form.
    """
    issued = {text(row[0]): text(row[1]) for row in returned.dictionary if len(row) > 1}
    unit, period = (
        issued.get(key) or text(returned.at(at))
        for key, at in (("unit", forms.UNIT_CELL), ("period", forms.PERIOD_CELL))
    )
    try:
        also = {text(returned.at(cell("id", row))) for row in data_rows(returned)}
        form = build_form(plan, known, unit=unit, period=period, also=also)
    except PlanError:
        return None
    moved = _moved(returned, form)
    given = {at: value for old, at in moved.items() if (value := _given(returned, old)) != ""}
    wrong: dict[str, list[Finding]] = {}
    others: list[Finding] = []
    for item in findings:
        at = moved.get(item.table.removeprefix(f"{returned.file} {returned.sheet}!"))
        if at is None:
            others.append(item)
        else:
            wrong.setdefault(at, []).append(item)
    return Slip(form, given, {at: tuple(items) for at, items in wrong.items()}, tuple(others))


def _moved(returned: Returned, form: Form) -> dict[str, str]:
    """Return where each cell of the returned form stands in the new one: rows are known by their id."""
    rows = {item.measure.id: FIRST_ROW + index for index, item in enumerate(form.rows)}
    found = {at: at for at in (forms.UNIT_CELL, forms.PERIOD_CELL, REPORTER_CELL, DATE_CELL)}
    for row in data_rows(returned):
        number = rows.pop(text(returned.at(cell("id", row))), None)
        if number is not None:
            found |= {cell(column, row): cell(column, number) for column in COLUMNS}
    return found


def _given(returned: Returned, at: str) -> Given:
    """Return what was filled in, as it was seen: a percentage as its number, an error as its text."""
    column = {cell(column, 1)[0]: column for column in COLUMNS}[at[0]]
    is_head = at in {REPORTER_CELL, DATE_CELL}
    if not is_head and (column not in INPUTS or int(at[1:]) < FIRST_ROW):
        return ""
    if at in returned.unread:
        return returned.unread[at]
    value = returned.at(at)
    if at == DATE_CELL:
        return read_date(value) or text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(100 * value, 10) if at in returned.percent else float(value)
    return text(value)
