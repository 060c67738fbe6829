"""The annexes of the papers: indicators, projects with their steps, red lights, missing items, corrections, tasks, resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circles.area import BUILT_IN_CATEGORIES
from circles.foundation import words
from circles.outputs.plan_papers import steps
from circles.plan import forms
from circles.plan.rules import worst
from circles.plan.view import change_name, gap_text, said

if TYPE_CHECKING:
    from circles.outputs.plan_papers.writing import Writer


def monthly(writer: Writer) -> None:
    """Write the annexes of the monthly paper, on pages laid across."""
    view = writer.view
    writer.landscape()
    writer.section("paper_annex_1")
    heads = [
        writer.word(key)
        for key in (
            "col_no",
            "col_field",
            "col_name",
            "col_unit",
            "paper_target",
            "paper_value",
            "col_period",
            "col_gap",
            "col_light",
            "col_lead",
        )
    ]
    rows = [
        [
            forms.number_label(item.measure), item.measure.field, forms.full_name(item.measure), item.measure.unit,
            forms.target_text(item.measure, writer.lang), forms.value_text(item.measure, item.value, writer.lang),
            item.figure.period.text if item.figure else "", gap_text(item, writer.lang), writer.light(item), item.measure.lead,
        ]
        for item in view.standings
        if item.group == "indicator"
    ]  # fmt: skip
    writer.table(heads, rows, writer.widths((10, 17, 72, 15, 28, 16, 20, 25, 18, 22)))
    writer.document.add_page_break()  # type: ignore[no-untyped-call]
    writer.section("paper_annex_2")
    writer.table(steps.heads(writer.lang), steps.rows(view, writer.lang), writer.widths((44, 32, *([24] * 5), 34, 24)))
    writer.document.add_page_break()  # type: ignore[no-untyped-call]
    writer.section("paper_annex_3")
    writer.matters(writer.rows(view.red))
    writer.section("paper_annex_4")
    kinds = {item.id: item.title for item in BUILT_IN_CATEGORIES}
    rows = [
        [item.id, str(item.detail["township"]), kinds.get(str(item.detail["category"]), str(item.detail["category"])), writer.word(f"missing_{item.state}"),
         f"{item.detail['people_uncovered']:g}", str(item.detail["lead"]), str(item.detail.get("due_bound", ""))]
        for item in writer.items
    ]  # fmt: skip
    keys = ("id", "township", "category", "state", "people", "lead", "due")
    writer.table([writer.word(f"missing_col_{key}") for key in keys], rows, writer.widths((44, 30, 30, 26, 26, 40, 30)))
    writer.section("paper_annex_5")
    corrections(writer)


def corrections(writer: Writer) -> None:
    """Write the table of figures that were corrected or withdrawn: 原值, 现值, 原因."""
    frozen = writer.view.frozen_on
    rows = [
        [change_name(writer.view.plan, item, writer.lang), item.lead, item.period, item.before or "–",
         item.after or writer.word("status_withdrawn"), item.reason + (writer.word("paper_no_effect") if frozen and item.on > frozen else "")]
        for item in writer.view.changes
        if item.kind in {"correction", "withdrawal"}
    ]  # fmt: skip
    keys = ("col_name", "col_lead", "col_period", "paper_was", "paper_now", "change_reason")
    writer.table([writer.word(key) for key in keys], rows, writer.widths((34, 12, 10, 10, 10, 24)))


def resources(writer: Writer) -> None:
    """Write 应报尽报 per department: 应报, 已报, 过期, 催报."""
    rows = [
        [
            item.unit or writer.word("resources_nobody"),
            *(str(n) for n in (item.expected, item.registered, item.stale, item.urged)),
        ]
        for item in writer.view.resources
    ]
    keys = ("col_lead", "resources_expected", "resources_registered", "resources_stale", "resources_urged")
    writer.table([writer.word(key) for key in keys], rows, writer.widths((40, 15, 15, 15, 15)))


def tasks(writer: Writer) -> None:
    """Write the numbered tasks of the document, one row each: its figures, its progress in words, its worst light."""
    found = {item.measure.id: item for item in writer.view.standings}
    rows = []
    for task in writer.view.plan.tasks:
        own = [item for item in writer.view.plan.commitments if item.section == task.section]
        items = [
            item
            for name in dict.fromkeys(item.same_as or item.id for item in own)
            if (item := found.get(name)) is not None
        ]
        figures = "\n".join(
            words.labelled(forms.full_name(item.measure), writer.figure(item, in_line=True), writer.lang)
            for item in items
        )
        progress = "\n".join(dict.fromkeys(text for item in items if (text := said(item, "progress"))))
        light = worst(item.light for item in items)
        lead = words.listed(dict.fromkeys(item.measure.lead for item in items), writer.lang)
        rows.append([f"{task.section} {task.title}", figures, progress or "–", lead, writer.word(f"light_{light}")])
    keys = ("paper_task", "paper_progress", "col_progress", "col_lead", "col_light")
    writer.table([writer.word(key) for key in keys], rows, writer.widths((44, 92, 62, 28, 14)))
