"""Compare the locked cells of a returned form with what was sent out: a protected sheet is opened in a minute."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from circles.foundation import errors, words
from circles.plan import forms
from circles.plan.form_cells import text
from circles.plan.forms import ISSUED, ISSUED_COLUMN, cell
from circles.plan.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from circles.foundation.errors import Finding
    from circles.plan.indicators import Measure
    from circles.plan.returned import Returned

_NEAR = Decimal("0.0005")
"""By how much a percentage may differ from what it is worked out to be."""


def locked_cells(form: Returned, row: int, measure: Measure) -> list[Finding]:
    """Return the cells of a row that were locked and yet say something else than was sent out."""
    return [
        errors.error("form-locked", form.place(cell(key, row)), id=measure.id, value=given[:80], expected=right or "–")
        for key, given, right in [
            *_texts(form, row, measure),
            *_issued(form, row, measure),
            *_formulas(form, row, measure),
        ]
    ]


Wrong = tuple[str, str, str]
"""A column, what stands there, and what should."""


def _texts(form: Returned, row: int, measure: Measure) -> Iterator[Wrong]:
    """Yield what the plan itself says otherwise, in either language."""
    expected = {
        "name": [forms.full_name(measure)], "no": [forms.number_label(measure)], "unit": [measure.unit], "lead": [measure.lead],
        "target": [forms.target_text(measure, lang) for lang in words.LANGS],
        "kind": [words.text(f"plan.kind_{measure.kind}", lang) for lang in words.LANGS],
    }  # fmt: skip
    for key, right in expected.items():
        given = text(form.at(cell(key, row)))
        if given not in right:
            yield key, given, right[0]


def _issued(form: Returned, row: int, measure: Measure) -> Iterator[Wrong]:
    """Yield 上期值, 灯号 and 时序进度 where they differ from the hidden list of what was sent out; older forms have none."""
    for line in form.dictionary:
        if len(line) <= ISSUED_COLUMN + len(ISSUED) or text(line[ISSUED_COLUMN]) != measure.id:
            continue
        for key, right in zip(ISSUED, line[ISSUED_COLUMN + 1 :], strict=False):
            given = form.at(cell(key, row))
            if cell(key, row) not in form.unread and not _same(given, right):
                yield key, _shown(given), _shown(right)


def _same(given: Any, right: Any) -> bool:
    one, other = _number(given), _number(right)
    return _shown(given) == _shown(right) or (one is not None and other is not None and abs(one - other) <= _NEAR)


def _shown(given: Any) -> str:
    """Return a number as people write it, whether it stands as a number or as text."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return forms.number(Decimal(f"{given:.15g}"))
    return text(given)


def _number(given: Any) -> Decimal | None:
    return Decimal(f"{given:.15g}") if isinstance(given, int | float) and not isinstance(given, bool) else None


def _formulas(form: Returned, row: int, measure: Measure) -> Iterator[Wrong]:
    """Yield a formula that was altered, and a constant in a formula's place that is not what the formula gives."""
    if form.formulas is None:
        return
    has_pace = _number(form.at(cell("pace", row))) is not None
    gives = _results(form, row, measure, has_pace=has_pace)
    for key, right in forms.formulas(measure, row, has_pace=has_pace).items():
        at = cell(key, row)
        formula, given = form.formulas.get(at), _number(form.at(at))
        if formula and _plain(formula) != _plain(right):
            yield key, f"={formula.lstrip('=')}", right
        elif formula is None and given is not None and (key not in gives or abs(given - gives[key]) > _NEAR):
            yield key, _shown(form.at(at)), right


def _plain(formula: str) -> str:
    return formula.lstrip("=+").replace(" ", "").replace("$", "").upper()


def _results(form: Returned, row: int, measure: Measure, *, has_pace: bool) -> Mapping[str, Decimal]:
    """Return what the formulas of a row give; nothing where the value is none."""
    value = _number(form.at(cell("value", row)))
    if measure.kind is Kind.DONE:
        value = Decimal(1) if text(form.at(cell("value", row))) in {"是", "yes"} else Decimal(0)
    share = None if value is None else measure.attainment(value)
    if share is None:
        return {}
    against = (_number(form.at(cell("pace", row))) or Decimal(0)) if has_pace else Decimal(1)
    return {"attainment": share / 100, "gap": share / 100 - against}
