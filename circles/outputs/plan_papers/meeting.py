"""The papers of the four meetings as Word documents that stay editable: 周调度单, 月份通报, 推进情况分析, 年考核表."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt

from circles.foundation import words
from circles.outputs.plan_papers import brief
from circles.outputs.plan_papers.files import write_whole
from circles.plan import forms
from circles.plan.chain import Status
from circles.plan.papers import Meeting, Paper, date_text, span
from circles.plan.rules import Light
from circles.plan.status import project_standings
from circles.plan.view import PlanView, gap_text, summary_sentence, why_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from circles.foundation.words import Lang
    from circles.plan.missing import Item
    from circles.plan.status import Standing

MAX_WEEKLY_ROWS = 9
"""As many as fit on one A4 with four lines each."""
_TABLE_PT = 9.0


class _Writer:
    """One paper being written: its document, what it is about, its language."""

    def __init__(self, view: PlanView, paper: Paper, items: Sequence[Item], lang: Lang) -> None:
        self.document = docx.Document()
        self.view, self.paper, self.items, self.lang = view, paper, items, lang
        brief.set_page(self.document)
        brief.add_title(self.document, paper.title(view.plan, lang))

    def word(self, key: str, **values: Any) -> str:
        """Return a text of the plan's catalogue."""
        return words.text(f"plan.{key}", self.lang, **values)

    def section(self, key: str, **values: Any) -> None:
        """Write a heading."""
        brief.add_section(self.document, self.word(key, **values))

    def line(self, text: str) -> None:
        """Write a paragraph."""
        brief.add_paragraph(self.document, text)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]) -> None:
        """Write a table of 9 pt whose heading repeats on every page; 「无」 where there are no rows."""
        if not rows:
            self.line(self.word("paper_none"))
            return
        table = self.document.add_table(rows=1, cols=len(heads), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths_mm, strict=True):
            column.width = Mm(width)  # LibreOffice and WPS go by the grid, Word by the cells
        for cells in (heads, *rows):
            row = table.rows[0] if cells is heads else table.add_row()
            for cell, text, width in zip(row.cells, cells, widths_mm, strict=True):
                cell.width = Mm(width)
                _cell(cell, text, is_head=cells is heads)
        brief.repeat_heading(table.rows[0])

    def landscape(self) -> None:
        """Begin a page laid across, for a wide table."""
        section = self.document.add_section()
        if section.orientation != WD_ORIENT.LANDSCAPE:
            section.orientation = WD_ORIENT.LANDSCAPE
            section.page_width, section.page_height = section.page_height, section.page_width

    def figure(self, item: Standing) -> str:
        """Return value and target with their unit and the day they are of."""
        measure = item.measure
        value = forms.value_text(measure, item.value, self.lang) or "–"
        target = forms.target_text(measure, self.lang)
        return f"{value}／{target} {measure.unit}".strip() + (f"（{item.figure.period.text}）" if item.figure else "")

    def light(self, item: Standing) -> str:
        """Return a light; hollow, with 「未审定」, where nobody has accepted the figure."""
        text = self.word(f"light_{item.light}")
        return text if self.view.is_accepted(item) else f"◇{text}（{self.word('not_accepted')}）"

    def foot(self) -> None:
        """Write who made the paper and when, and the line for the signature, which stays empty."""
        for text in (
            self.word("paper_office", office=self.view.plan.plan.office),
            self.word("paper_dates", day=date_text(self.paper.written_on, self.lang),
                      data=date_text(min(self.paper.as_of.day, self.paper.written_on), self.lang)),
            self.word("paper_sign"),
            self.word("head_line", seq=self.view.head.seq, hash=self.view.head.hash[:16]),
        ):  # fmt: skip
            paragraph = self.document.add_paragraph(text)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def rows(self, items: Sequence[Standing]) -> list[list[str]]:
        """Return 事项·进展/目标·原因·措施·单位·时限·状态 of standings."""
        return [
            [
                f"{forms.number_label(item.measure)} {forms.full_name(item.measure)}".strip(), self.figure(item),
                gap_text(item, self.lang) or why_text(item, self.lang), _own_words(item),
                item.measure.lead, date_text(item.due, self.lang), self.light(item),
            ]
            for item in items
        ]  # fmt: skip

    def matters(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the table of matters."""
        keys = ("matter", "progress", "reason", "measures", "unit", "due", "state")
        self.table([self.word(f"paper_{key}") for key in keys], rows, (40, 26, 19, 36, 20, 21, 12))

    def actions(self) -> list[list[str]]:
        """Return what was decided before, as rows of matters."""
        names = {item.measure.id: forms.full_name(item.measure) for item in self.view.standings}
        day = self.paper.written_on
        return [
            [
                f"{item.id} {names.get(item.subject, item.subject)}", "", item.problem, item.note, item.unit,
                date_text(item.due, self.lang), self.word(f"action_{item.state(day)}"),
            ]
            for item in self.view.actions
        ]  # fmt: skip


def write_paper(
    view: PlanView, paper: Paper, path: Path | str, *, items: Sequence[Item] = (), lang: Lang = "zh"
) -> Path:
    """Write the paper of a meeting.

    Parameters
    ----------
    view : the plan's state at ``paper.as_of``
    paper : from :func:`circles.plan.papers.paper_of`
    items : the missing items known then
    path : the ``.docx`` to write
    lang : language of the paper
    """
    writer = _Writer(view, paper, items, lang)
    _PAPERS[paper.meeting](writer)
    properties = writer.document.core_properties
    properties.title, properties.author = paper.title(view.plan, lang), view.plan.plan.office
    file = Path(path)
    write_whole(file, brief.fixed_bytes(writer.document, view))
    return file


def _weekly(writer: _Writer) -> None:
    page = writer.document.sections[0]
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(18)
    for style in ("Normal", "Heading 1"):
        writer.document.styles[style].paragraph_format.line_spacing = Pt(18)
    blocks = [
        ("weekly_1", writer.actions()),
        ("weekly_2", writer.rows(writer.view.red)),
        ("weekly_3", writer.rows(_to_settle(writer.view))),
    ]
    left, rest = MAX_WEEKLY_ROWS, []
    for key, rows in blocks:
        writer.section(f"paper_{key}")
        writer.matters(rows[:left])
        rest += rows[left:]
        left = max(0, left - len(rows))
    if rest:
        writer.line(writer.word("paper_more", count=len(rest)))
    writer.foot()
    if rest:
        writer.document.add_page_break()  # type: ignore[no-untyped-call]
        writer.section("paper_annex")
        writer.matters(rest)


def _monthly(writer: _Writer) -> None:
    view = writer.view
    writer.section("paper_monthly_1")
    writer.line(summary_sentence(view.rollups, writer.lang))
    writer.section("paper_monthly_2")
    writer.line(
        writer.word("paper_red_line", red=len(view.red), late=len(view.unreported), names=_names(_main(view.red)))
    )
    writer.section("paper_monthly_3")
    for row in writer.actions():
        writer.line(f"{row[0]}：{row[2]}（{row[4]}，{row[5]}前，{row[6]}）{row[3]}")
    if not view.actions:
        writer.line(writer.word("paper_none"))
    writer.section("paper_monthly_4")
    writer.line(_missing_line(writer))
    writer.section("paper_monthly_5")
    resources = view.find("resources-reported")
    writer.line(
        writer.word("paper_none") if resources is None or resources.figure is None else writer.figure(resources)
    )
    writer.section("paper_monthly_6")
    for item in _main(_to_settle(view)):
        writer.line(
            f"{forms.full_name(item.measure)}（{item.measure.lead}）：{_own_words(item) or why_text(item, writer.lang)}"
        )
    if not _to_settle(view):
        writer.line(writer.word("paper_none"))
    writer.foot()
    _annexes(writer)


def _annexes(writer: _Writer) -> None:
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
            "col_gap",
            "col_light",
            "col_lead",
        )
    ]
    rows = [
        [
            forms.number_label(item.measure), item.measure.field, forms.full_name(item.measure), item.measure.unit,
            forms.target_text(item.measure, writer.lang), forms.value_text(item.measure, item.value, writer.lang),
            gap_text(item, writer.lang), writer.light(item), item.measure.lead,
        ]
        for item in view.standings
        if item.group == "indicator"
    ]  # fmt: skip
    writer.table(heads, rows, (12, 22, 74, 18, 22, 22, 26, 20, 24))
    writer.section("paper_annex_2")
    rows = [
        [
            project.project.name,
            part.measure.name.partition("：")[2],
            writer.figure(part),
            why_text(part, writer.lang),
            writer.light(part),
        ]
        for top in project_standings(view.plan, view.standings)
        for project in (top, *top.children)
        for part in project.parts
    ]
    writer.table(
        [writer.word(key) for key in ("col_name", "paper_matter", "paper_progress", "paper_reason", "col_light")],
        rows,
        (70, 34, 50, 60, 26),
    )
    writer.section("paper_annex_3")
    writer.matters(writer.rows(view.red))
    writer.section("paper_annex_4")
    rows = [
        [item.id, str(item.detail["township"]), str(item.detail["category"]), writer.word(f"missing_{item.state}"),
         f"{item.detail['people_uncovered']:g}", str(item.detail["lead"]), str(item.detail.get("due_bound", ""))]
        for item in writer.items
    ]  # fmt: skip
    keys = ("id", "township", "category", "state", "people", "lead", "due")
    writer.table([writer.word(f"missing_col_{key}") for key in keys], rows, (44, 30, 30, 26, 26, 40, 30))
    writer.section("paper_annex_5")
    rows = [
        [item.name, item.period, item.before, item.after, item.reason]
        for item in view.changes
        if item.kind in {"correction", "withdrawal"}
    ]
    writer.table(
        [writer.word(key) for key in ("col_name", "col_period", "change_before", "change_after", "change_reason")],
        rows,
        (80, 24, 28, 28, 70),
    )


def _quarterly(writer: _Writer) -> None:
    view, paper = writer.view, writer.paper
    writer.section("paper_quarterly_1")
    writer.line(summary_sentence(view.rollups, writer.lang))
    if paper.compared is not None:
        ids = {item.measure.id for item in _main(view.standings)}
        shown = [item for item in view.changes if item.kind == "light" and item.id in ids]
        writer.line(writer.word("paper_compared", span=span(paper.compared, writer.lang), count=len(shown)))
        rows = [
            [item.name, item.lead, *(_changed(writer, item.kind, text) for text in (item.before, item.after))]
            for item in shown
        ]
        heads = [
            writer.word("col_name"),
            writer.word("col_lead"),
            span(paper.compared, writer.lang),
            span(paper.period, writer.lang),
        ]
        writer.table(heads, rows, (80, 28, 24, 24))
    writer.section("paper_quarterly_2")
    for group in view.rollups:
        if group.by == "field":
            counts = {str(light): count for light, count in group.counts.items()}
            writer.line(writer.word("brief_field_line", field=group.name, total=group.total, **counts))
    writer.section("paper_quarterly_3")
    for item in [
        item
        for item in _main(view.standings)
        if item.light is Light.RED or (item.light is Light.YELLOW and _own_words(item))
    ]:
        writer.line(
            f"{forms.full_name(item.measure)}：{writer.figure(item)}，{why_text(item, writer.lang)}。{_own_words(item)}"
        )
    writer.section("paper_quarterly_4")
    writer.line(writer.word("paper_more", count=len(view.red)))
    writer.foot()
    writer.document.add_page_break()  # type: ignore[no-untyped-call]
    writer.section("paper_annex")
    writer.matters(writer.rows(view.red))


def _changed(writer: _Writer, kind: str, text: str) -> str:
    return writer.word(f"light_{text}") if kind == "light" else text or "–"


def _yearly(writer: _Writer) -> None:
    view, scoring = writer.view, writer.view.plan.scoring
    trial = scoring.status == "assumed" or not view.is_frozen
    writer.line(
        writer.word(
            "paper_trial" if trial else "paper_final",
            version=view.assessment.rules,
            total=view.assessment.total,
            base=view.assessment.base,
        )
    )
    measures = view.plan.measures
    for unit in dict.fromkeys(measures[item.id].lead for item in view.assessment.scores):
        brief.add_section(writer.document, unit)
        rows = []
        for score in view.assessment.scores:
            if measures[score.id].lead == unit:
                standing = view.find(score.id)
                why = why_text(standing, writer.lang) if standing and score.points < score.weight else ""
                rows.append(
                    [forms.full_name(measures[score.id]), f"{score.weight:f}", f"{score.points:f}", why, "", ""]
                )
        keys = ("col_name", "score_weight", "score_points", "paper_lost", "paper_self", "paper_second")
        writer.table([writer.word(key) for key in keys], rows, (54, 14, 16, 36, 20, 20))
    writer.line(writer.word("paper_yearly_signs"))
    writer.foot()


def _to_settle(view: PlanView) -> list[Standing]:
    """Return what needs coordination: reported as difficult, waiting for a decision, or not reported."""
    hard = [item for item in view.standings if item.why in {"hard", "cannot", "equal"} and item.light is not Light.RED]
    return [*hard, *view.unreported]


def _main(items: Sequence[Standing]) -> list[Standing]:
    """Return indicators and projects: tasks are counted and listed in the annex."""
    return [item for item in items if item.group != "commitment"]


def _own_words(item: Standing) -> str:
    """Return the unit's own 存在问题及下步措施, whole."""
    return (
        ""
        if item.figure is None or item.figure.entry.status == Status.WITHDRAWN
        else str(item.figure.entry.details.get("problem", ""))
    )


def _names(items: Sequence[Standing]) -> str:
    return "、".join(forms.full_name(item.measure) for item in items) or "–"


def _missing_line(writer: _Writer) -> str:
    counts = dict.fromkeys(("open", "assigned", "to_confirm", "closed", "excused"), 0)
    for item in writer.items:
        counts[item.state] += 1
    fresh = sum(item.since > writer.paper.since and item.state == "open" for item in writer.items)
    closed = sum(item.since > writer.paper.since and item.state == "closed" for item in writer.items)
    return writer.word("paper_missing_line", total=len(writer.items), fresh=fresh, gone=closed, **counts)


def _cell(cell: Any, text: str, *, is_head: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = Pt(13)
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(_TABLE_PT), is_head


_PAPERS: dict[Meeting, Callable[[_Writer], None]] = {
    Meeting.WEEKLY: _weekly, Meeting.MONTHLY: _monthly, Meeting.QUARTERLY: _quarterly, Meeting.YEARLY: _yearly,
}  # fmt: skip
