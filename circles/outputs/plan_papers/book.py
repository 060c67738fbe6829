"""``plan.xlsx``: the same state of the plan as the dashboard, for those who work in sheets."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from circles.foundation import words
from circles.outputs.plan_papers import steps
from circles.outputs.plan_papers.files import write_whole
from circles.outputs.plan_papers.steps import Red
from circles.plan import forms
from circles.plan.rules import Light, light_of
from circles.plan.view import (
    STATUS_COLUMNS,
    Change,
    PlanView,
    Rollup,
    change_name,
    status_table,
    summary_sentence,
    why_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circles.foundation.words import Lang
    from circles.plan.status import Standing

COLOURS = {
    Light.DONE: ("#14663A", "#FFFFFF"), Light.GREEN: ("#BFE3C8", "#123D22"), Light.YELLOW: ("#FFE9A8", "#4D3800"),
    Light.RED: ("#B3261E", "#FFFFFF"), Light.UNREPORTED: ("#D9D3EC", "#2F2459"), Light.PENDING: ("#DCE6EE", "#23465E"),
    Light.NOT_DUE: ("#E6E9EC", "#3A444D"), Light.MONITORED: ("#F1F3F5", "#3A444D"),
}  # fmt: skip
"""Ground and ink of each light; the word always stands in the cell, so that colour alone says nothing."""
_WIDTHS = {
    "name": 38,
    "why": 24,
    "due": 11,
    "forecast_method": 13,
    "id": 20,
    "lead": 14,
    "target": 11,
    "field": 13,
    "computed_from": 12,
    "problem": 34,
    "progress": 34,
    "gap": 14,
    "also": 24,
}
_LONG = 60
_SHORT = (
    "no", "name", "field", "lead", "unit", "target", "value", "period", "attainment_pct", "expected_pct", "gap",
    "light", "why", "due", "days_overdue", "missing_period", "report_overdue_days", "problem",
)  # fmt: skip
"""The columns of the lists that a weekly meeting goes through."""
_A3, _A4 = 8, 9


@dataclass(frozen=True)
class Hollow:
    """A light that rests on a figure nobody has accepted (未审定)."""

    light: Light


def write_book(view: PlanView, path: Path | str, *, lang: Lang = "zh") -> Path:
    """Write the workbook: overview, status, red list, missing, actions, changes, quarters, assessment, doubts."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": dt.datetime(view.plan.plan.year, 1, 1), "title": view.plan.plan.title})  # noqa: DTZ001 - a fixed stamp
    writer = _Writer(book, view, lang)
    writer.overview()
    writer.standings("sheet_status", view.standings, STATUS_COLUMNS)
    writer.standings("sheet_red", view.red, _SHORT)
    writer.standings("sheet_unreported", view.unreported, _SHORT)
    writer.projects()
    writer.resources()
    writer.actions()
    writer.changes()
    writer.quarters()
    writer.assessment()
    writer.notes()
    book.close()
    file = Path(path)
    write_whole(file, buffer.getvalue())
    return file


class _Writer:
    """One workbook being written: its formats and its language."""

    def __init__(self, book: Any, view: PlanView, lang: Lang) -> None:
        self.book, self.view, self.lang = book, view, lang
        base: dict[str, Any] = {
            "font_name": "Microsoft YaHei", "font_size": 10, "valign": "top", "border": 1, "border_color": "#C5CDD5", "text_wrap": True,
        }  # fmt: skip
        self.title = book.add_format({"font_name": "Microsoft YaHei", "font_size": 15, "bold": True})
        self.plain = book.add_format({"font_name": "Microsoft YaHei", "font_size": 10})
        self.head = book.add_format(
            {**base, "bold": True, "bg_color": "#D5E1EC", "align": "center", "valign": "vcenter"}
        )
        self.text = book.add_format(base)
        self.number = book.add_format({**base, "align": "right", "num_format": "0.######"})
        self.lights = {
            light: book.add_format({**base, "bg_color": ground, "font_color": ink, "align": "center", "bold": True})
            for light, (ground, ink) in COLOURS.items()
        }
        self.hollow = book.add_format({**base, "align": "center", "border": 4, "border_color": "#3A444D"})
        self.late = book.add_format({**base, "font_color": "#B3261E", "bold": True})

    def word(self, key: str, **values: Any) -> str:
        """Return a text of the plan's catalogue."""
        return words.text(f"plan.{key}", self.lang, **values)

    def sheet(self, key: str, heads: Sequence[str], widths: Sequence[float], *, first: int = 2) -> Any:
        """Return a new sheet with its title, date and frozen header."""
        sheet = self.book.add_worksheet(self.word(key))
        day = self.view.as_of.day.isoformat()
        sheet.write_string(0, 0, self.word(key) + words.aside(self.word("as_of", day=day), self.lang), self.title)
        sheet.set_row(0, 26)
        for column, text in enumerate(heads):
            sheet.write_string(first, column, text, self.head)
            sheet.set_column(column, column, widths[column])
        sheet.freeze_panes(first + 1, 0)
        sheet.repeat_rows(first)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{day}&R{words.text('plan.form_page', self.lang)}")
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: Any) -> None:
        """Write a value as what it is: a number, a light, or text that is never a formula."""
        if value is None or value == "":
            sheet.write_blank(row, column, None, self.text)
        elif isinstance(value, Light):
            sheet.write_string(row, column, self.word(f"light_{value}"), self.lights[value])
        elif isinstance(value, Hollow):
            text = f"◇{self.word(f'light_{value.light}')}{words.aside(self.word('not_accepted'), self.lang)}"
            sheet.write_string(row, column, text, self.hollow)
        elif isinstance(value, Red):
            sheet.write_string(row, column, value, self.late)
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            sheet.write_number(row, column, float(value), self.number)
        else:
            sheet.write_string(row, column, str(value), self.text)

    def rows(self, sheet: Any, rows: Iterable[Sequence[Any]], *, first: int = 3) -> int:
        """Write rows and return the number of the next free one."""
        number = first
        for values in rows:
            for column, value in enumerate(values):
                self.cell(sheet, number, column, value)
            number += 1
        return number

    def why(self, change: Change) -> str:
        """Return why a light changed, or the reason given for a correction."""
        item = self.view.find(change.id) if change.kind == "light" else None
        return change.reason if item is None else why_text(item, self.lang)

    def rollup_name(self, item: Rollup) -> str:
        """Return what a line of the overview counts."""
        return self.word(f"group_{item.name}") if item.by == "group" else item.name

    def overview(self) -> None:
        """Write the overview: the sentence, then lights by county, field and unit."""
        view = self.view
        heads = [self.word("rollup_by"), self.word("rollup_name"), *(self.word(f"light_{light}") for light in Light)]
        heads += [self.word("rollup_total"), self.word("rollup_on_track")]
        sheet = self.sheet("sheet_overview", heads, [10, 36, *([9] * len(Light)), 8, 10], first=5)
        lights = view.plan.lights
        status = self.word(f"rule_{lights.status}")
        lines = [
            f"{self.word('title', county=view.plan.plan.county, year=view.plan.plan.year)}　{view.plan.plan.document}",
            summary_sentence(view, self.lang),
            self.word("rules_line", version=lights.version, status=status, source=lights.source),
            self.word("head_line", seq=view.head.seq, hash=view.head.hash),
        ]
        for row, text in enumerate(lines):
            sheet.write_string(row + 1, 0, text, self.plain)
        self.rows(
            sheet,
            (
                [
                    self.word(f"rollup_{item.by}"), self.rollup_name(item) or view.plan.plan.county,
                    *(item.counts[light] for light in Light), item.total, item.on_track_pct,
                ]
                for item in view.rollups
                if item.by != "county"
            ),
            first=6,
        )  # fmt: skip

    def standings(self, key: str, items: Sequence[Standing], columns: Sequence[str]) -> None:
        """Write one row per measure with the columns asked for."""
        heads = [self.word(f"col_{column}") for column in columns]
        sheet = self.sheet(key, heads, [_WIDTHS.get(column, 8.5) for column in columns])
        sheet.set_paper(_A3 if len(columns) > len(_SHORT) else _A4)
        table = status_table(items, lang=self.lang)[list(columns)]
        light, value = columns.index("light"), columns.index("value")
        rows = [list(row) for row in table.itertuples(index=False, name=None)]
        for row, item in zip(rows, items, strict=True):
            row[light] = item.light if self.view.is_accepted(item) else Hollow(item.light)
            if item.measure.kind == "done":
                row[value] = forms.value_text(item.measure, item.value, self.lang)
        last = self.rows(sheet, rows)
        sheet.freeze_panes(3, columns.index("name") + 1)
        sheet.autofilter(2, 0, max(last - 1, 3), len(columns) - 1)

    def projects(self) -> None:
        """Write the projects with their five steps on one A4, late steps red."""
        sheet = self.sheet("sheet_projects", steps.heads(self.lang), [34, 20, *([13] * 5), 30, 12])
        self.rows(sheet, steps.rows(self.view, self.lang))
        sheet.fit_to_pages(1, 1)

    def resources(self) -> None:
        """Write 应报尽报 per department: 应报, 已报, 过期, 催报."""
        keys = ("col_lead", "resources_expected", "resources_registered", "resources_stale", "resources_urged")
        sheet = self.sheet("sheet_resources", [self.word(key) for key in keys], [34, 12, 12, 12, 12])
        self.rows(
            sheet,
            (
                [item.unit or self.word("resources_nobody"), item.expected, item.registered, item.stale, item.urged]
                for item in self.view.resources
            ),
        )

    def actions(self) -> None:
        """Write the list of actions: 问题、责任单位、期限、销号."""
        keys = ("id", "subject", "problem", "unit", "due", "state", "note")
        sheet = self.sheet("sheet_actions", [self.word(f"action_{key}") for key in keys], [8, 34, 44, 16, 12, 12, 34])
        names = {item.measure.id: forms.full_name(item.measure) for item in self.view.standings}
        day = self.view.as_of.day
        self.rows(
            sheet,
            (
                [
                    item.id, names.get(item.subject, item.subject), item.problem, item.unit, item.due.isoformat(),
                    self.word(f"action_{item.state(day)}"), item.note,
                ]
                for item in self.view.actions
            ),
        )  # fmt: skip

    def changes(self) -> None:
        """Write what changed since the last meeting."""
        heads = [self.word(key) for key in ("col_name", "col_lead", "col_period", "change_kind", "change_before")]
        heads += [self.word("change_after"), self.word("change_reason")]
        sheet = self.sheet("sheet_changes", heads, [44, 14, 10, 12, 12, 12, 36])
        sheet.write_string(1, 0, self.word("change_since", day=self.view.since.isoformat()), self.plain)
        self.rows(
            sheet,
            (
                [
                    change_name(self.view.plan, item, self.lang), item.lead, item.period, self.word(f"change_{item.kind}"),
                    Light(item.before) if item.kind == "light" else item.before,
                    Light(item.after) if item.kind == "light" else item.after,
                    self.why(item),
                ]
                for item in self.view.changes
            ),
        )  # fmt: skip

    def quarters(self) -> None:
        """Write the lights at the end of each quarter, by county, field and unit."""
        heads = [self.word("col_period"), self.word("rollup_by"), self.word("rollup_name")]
        heads += [*(self.word(f"light_{light}") for light in Light), self.word("rollup_on_track")]
        sheet = self.sheet("sheet_rollup", heads, [12, 10, 36, *([9] * len(Light)), 10])
        sheet.write_string(1, 0, self.word("rollup_counted"), self.plain)
        self.rows(
            sheet,
            (
                [
                    quarter, self.word(f"rollup_{item.by}"), item.name or self.view.plan.plan.county,
                    *(item.counts[light] for light in Light), item.on_track_pct,
                ]
                for quarter, items in self.view.quarters
                for item in items
            ),
        )  # fmt: skip

    def assessment(self) -> None:
        """Write the yearly assessment: as frozen, or as it would be today."""
        view, scoring = self.view, self.view.plan.scoring
        keys = (
            "col_no",
            "col_name",
            "col_lead",
            "col_value",
            "col_unit",
            "col_period",
            "col_light",
            "score_weight",
            "score_points",
        )
        sheet = self.sheet("sheet_score", [self.word(key) for key in keys], [8, 46, 14, 12, 8, 10, 10, 8, 10])
        status = self.word(f"rule_{scoring.status}")
        rule = self.word("score_rule", version=view.assessment.rules, status=status, source=scoring.source)
        state = self.word("score_frozen" if view.is_frozen else "score_draft")
        sheet.write_string(1, 0, f"{rule}　{state}", self.plain)
        measures = view.plan.measures
        periods = {item.measure.id: item.figure.period.text for item in view.standings if item.figure}
        rows: list[list[Any]] = [
            [
                forms.number_label(measures[item.id]), forms.full_name(measures[item.id]), measures[item.id].lead,
                forms.value_text(measures[item.id], item.value, self.lang) if measures[item.id].kind == "done" else item.value,
                "" if measures[item.id].kind == "done" else measures[item.id].unit, periods.get(item.id, ""),
                light_of(item.light), item.weight, item.points,
            ]
            for item in view.assessment.scores
        ]  # fmt: skip
        total = self.word("score_total", base=view.assessment.base)
        self.rows(sheet, [*rows, ["", total, "", "", "", "", "", "", view.assessment.total]])

    def notes(self) -> None:
        """Write the places where the plan disagrees with itself or leaves something out."""
        heads = [self.word("note_kind"), self.word("note_about"), self.word("note_text")]
        sheet = self.sheet("sheet_notes", heads, [16, 36, _LONG + 30])
        self.rows(
            sheet,
            (
                [self.word(f"note_{note.kind}"), words.listed(note.about, self.lang), note.text]
                for note in self.view.plan.notes
            ),
        )
