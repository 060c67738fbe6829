"""口径待明确事项: what in the plan's document is unclear, a working paper of its own for the office to put to the county."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import docx

from circles.foundation import words
from circles.outputs.plan_papers import brief
from circles.outputs.plan_papers.files import write_whole
from circles.outputs.plan_papers.writing import add_table, lay_across, shared_widths
from circles.plan import forms
from circles.plan.papers import date_text

if TYPE_CHECKING:
    import datetime as dt

    from circles.foundation.words import Lang
    from circles.plan.view import PlanView

_WIDTHS = (8, 50, 24, 100, 34, 36)


def write_unclear(view: PlanView, path: Path | str, *, written_on: dt.date, lang: Lang = "zh") -> Path:
    """Write what is to be settled: doubts in the document, figures equal to a strict target, assumed rules.

    Parameters
    ----------
    view : the plan's state
    path : the ``.docx`` to write
    written_on : the date that the paper bears
    lang : language of the paper
    """
    document = docx.Document()
    brief.set_page(document, lang)
    lay_across(document.sections[0])
    title = words.text("plan.unclear_title", lang, county=view.plan.plan.county, year=view.plan.plan.year)
    brief.add_title(document, title)
    brief.add_paragraph(document, words.text("plan.unclear_lead", lang, document=view.plan.plan.document))
    keys = ("col_no", "unclear_matter", "note_kind", "note_text", "unclear_units", "unclear_opinion")
    rows = [[str(number), *row, ""] for number, row in enumerate(unclear_rows(view, lang), start=1)]
    add_table(document, [words.text(f"plan.{key}", lang) for key in keys], rows, shared_widths(document, _WIDTHS))
    for text in (
        words.text("plan.paper_office", lang, office=view.plan.plan.office),
        words.text("plan.paper_dates", lang, day=date_text(written_on, lang), data=date_text(min(view.as_of.day, written_on), lang)),
    ):  # fmt: skip
        brief.add_paragraph(document, text)
    document.core_properties.title, document.core_properties.author = title, view.plan.plan.office
    file = Path(path)
    write_whole(file, brief.fixed_bytes(document, view))
    return file


def unclear_rows(view: PlanView, lang: Lang) -> list[list[str]]:
    """Return a row per matter: what it is, of which kind, the doubt, the units it concerns."""
    plan = view.plan
    rows = []
    for note in plan.notes:
        about = [plan.measures[name] for name in note.about if name in plan.measures]
        names = words.listed((f"{forms.number_label(item)} {forms.full_name(item)}".strip() for item in about), lang)
        leads = words.listed(dict.fromkeys(item.lead for item in about), lang)
        rows.append([names or "–", words.text(f"plan.note_{note.kind}", lang), note.text, leads or plan.plan.office])
    for item in view.standings:
        if item.why == "equal":
            target, value = forms.target_text(item.measure, lang), forms.value_text(item.measure, item.value, lang)
            text = words.text("plan.unclear_equal", lang, target=target, value=value, unit=item.measure.unit,
                              period=item.figure.period.text if item.figure else "–")  # fmt: skip
            name = f"{forms.number_label(item.measure)} {forms.full_name(item.measure)}".strip()
            rows.append([name, words.text("plan.unclear_kind_equal", lang), text, item.measure.lead])
    for key, rules in (("unclear_lights", plan.lights), ("unclear_scoring", plan.scoring)):
        if rules.status == "assumed":
            text = words.text(
                "plan.rules_line",
                lang,
                version=rules.version,
                status=words.text("plan.rule_assumed", lang),
                source=rules.source,
            )
            rows.append(
                [words.text(f"plan.{key}", lang), words.text("plan.rule_assumed", lang), text, plan.plan.office]
            )
    return rows
