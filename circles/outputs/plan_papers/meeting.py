"""The papers of the four meetings as Word documents that stay editable: 周调度单, 月份通报, 推进情况分析, 年考核表."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from docx.shared import Mm, Pt

from circles.foundation import words
from circles.outputs.plan_papers import annexes, brief
from circles.outputs.plan_papers.files import write_whole
from circles.outputs.plan_papers.writing import MATTER_WIDTHS, Writer, main, own_words
from circles.plan import forms
from circles.plan.papers import Meeting, Paper, date_text, span
from circles.plan.rules import Light
from circles.plan.view import PlanView, gap_text, lists_with, summary_sentence, why_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from circles.foundation.words import Lang
    from circles.plan.missing import Item
    from circles.plan.status import Standing

MAX_WEEKLY_ROWS, MAX_WEEKLY_LINES = 9, 26
"""As many as fit on one A4; what does not is annexed, whole."""
MAX_COMPARED_ROWS, MAX_PROBLEM_LINES = 14, 95
"""What the quarterly analysis holds of changes and of problems so that it stays within five pages; the rest is annexed."""


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
    writer = Writer(view, paper, items, lang)
    _PAPERS[paper.meeting](writer)
    properties = writer.document.core_properties
    properties.title, properties.author = paper.title(view.plan, lang), view.plan.plan.office
    file = Path(path)
    write_whole(file, brief.fixed_bytes(writer.document, view))
    return file


def _weekly(writer: Writer) -> None:
    page = writer.document.sections[0]
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(18)
    for style in ("Normal", "Heading 1"):
        writer.document.styles[style].paragraph_format.line_spacing = Pt(18)
    blocks = [
        ("weekly_1", writer.actions()),
        ("weekly_2", writer.rows(writer.view.red)),
        ("weekly_3", writer.rows(_to_settle(writer.view))),
    ]
    left, lines, rest = MAX_WEEKLY_ROWS, MAX_WEEKLY_LINES, list[list[str]]()
    for key, rows in blocks:
        writer.section(f"paper_{key}")
        shown, more, lines = writer.fitting(rows[:left], writer.widths(MATTER_WIDTHS), lines=lines)
        if shown or not rows:
            writer.matters(shown)
        rest += [*more, *rows[left:]]
        left -= len(shown)
    if rest:
        writer.line(writer.word("paper_more", count=len(rest)))
    writer.foot()
    if rest:
        writer.document.add_page_break()  # type: ignore[no-untyped-call]
        writer.section("paper_annex")
        writer.matters(rest)


def _monthly(writer: Writer) -> None:
    view = writer.view
    writer.section("paper_monthly_1")
    writer.line(summary_sentence(view, writer.lang))
    writer.section("paper_monthly_2")
    writer.line(
        writer.word(
            "paper_red_line",
            names=_names(main(view.red), writer.lang),
            red=lists_with(view, Light.RED, writer.lang),
            late=lists_with(view, Light.UNREPORTED, writer.lang),
        )
    )
    writer.section("paper_monthly_3")
    for row in writer.actions():
        writer.line(
            writer.word(
                "paper_action_line", about=row[0], problem=row[2], unit=row[4], due=row[5], state=row[6], note=row[3]
            )
        )
    if not view.actions:
        writer.line(writer.word("paper_none"))
    writer.section("paper_monthly_4")
    writer.line(_missing_line(writer) if writer.items else writer.word("paper_none"))
    writer.section("paper_monthly_5")
    if view.resources:
        writer.line(writer.word("resources_line", **_resource_sums(view)))
        annexes.resources(writer)
    else:
        writer.line(writer.word("paper_none"))
    writer.section("paper_monthly_6")
    for item in main(_to_settle(view)):
        writer.line(
            words.labelled(
                forms.full_name(item.measure) + words.aside(item.measure.lead, writer.lang),
                own_words(item) or why_text(item, writer.lang),
                writer.lang,
            )
        )
    if not _to_settle(view):
        writer.line(writer.word("paper_none"))
    writer.foot()
    annexes.monthly(writer)


def _quarterly(writer: Writer) -> None:
    view, paper = writer.view, writer.paper
    writer.section("paper_quarterly_1")
    writer.line(summary_sentence(view, writer.lang))
    compared = _compared(writer)
    if paper.compared is not None:
        writer.line(writer.word("paper_compared", span=span(paper.compared, writer.lang), count=len(compared)))
        _compared_table(writer, compared[:MAX_COMPARED_ROWS])
        if len(compared) > MAX_COMPARED_ROWS:
            writer.line(writer.word("paper_more", count=len(compared) - MAX_COMPARED_ROWS))
    writer.section("paper_quarterly_2")
    writer.table(*_fields(writer))
    writer.section("paper_quarterly_3")
    items = [i for i in main(view.standings) if i.light is Light.RED or (i.light is Light.YELLOW and own_words(i))]
    widths = writer.widths(_PROBLEM_WIDTHS)
    rows, rest, _ = writer.fitting([_problem(writer, item) for item in items], widths, lines=MAX_PROBLEM_LINES)
    heads = [writer.word(key) for key in ("paper_matter", "paper_progress", "paper_own_words", "paper_state")]
    writer.table(heads, rows, widths)
    if rest:
        writer.line(writer.word("paper_more", count=len(rest)))
    writer.section("paper_quarterly_4")
    heads_next = [writer.word(key) for key in ("paper_unit", "paper_matter", "paper_due")]
    writer.table(heads_next, _next_steps(writer, items), writer.widths((20, 64, 16)))
    writer.foot()
    writer.landscape()
    if len(compared) > MAX_COMPARED_ROWS:
        writer.section("paper_annex_compared")
        _compared_table(writer, compared[MAX_COMPARED_ROWS:])
    if rest:
        writer.section("paper_annex_problems")
        writer.table(heads, rest, writer.widths(_PROBLEM_WIDTHS))
    writer.section("paper_annex_tasks")
    annexes.tasks(writer)
    writer.section("paper_annex_corrections")
    annexes.corrections(writer)


_PROBLEM_WIDTHS = (26, 22, 42, 10)


def _compared(writer: Writer) -> list[list[str]]:
    """Return the indicators and projects whose light changed: name, unit, value and light then, value and light now."""
    ids = {item.measure.id for item in main(writer.view.standings)}
    values = {item.id: (item.before, item.after) for item in writer.view.changes if item.kind == "value"}
    rows = []
    for item in writer.view.changes:
        if item.kind == "light" and item.id in ids:
            now = writer.view.find(item.id)
            same = forms.value_text(now.measure, now.value, writer.lang) if now else ""
            then, new = values.get(item.id, (same, same))
            cells = [
                f"{value or '–'}　{writer.word(f'light_{light}')}"
                for value, light in ((then, item.before), (new, item.after))
            ]
            unit = words.aside(now.measure.unit, writer.lang) if now and now.measure.unit else ""
            rows.append([f"{item.name}{unit}", item.lead, *cells])
    return rows


def _compared_table(writer: Writer, rows: Sequence[Sequence[str]]) -> None:
    if writer.paper.compared is not None:
        spans = (span(period, writer.lang) for period in (writer.paper.compared, writer.paper.period))
        writer.table([writer.word("col_name"), writer.word("col_lead"), *spans], rows, writer.widths((48, 16, 18, 18)))


def _fields(writer: Writer) -> tuple[list[str], list[list[str]], Sequence[float]]:
    """Return the lights of each field, in the document's order, as a table."""
    heads = [writer.word("col_field"), *(writer.word(f"light_{light}") for light in Light), writer.word("rollup_total")]
    rows = [
        [item.name, *(str(item.counts[light]) for light in Light), str(item.total)]
        for item in writer.view.rollups
        if item.by == "field"
    ]
    return heads, rows, writer.widths((24, *([9] * len(Light)), 8))


def _problem(writer: Writer, item: Standing) -> list[str]:
    name = f"{forms.number_label(item.measure)} {forms.full_name(item.measure)}".strip()
    gap, said = _lost(item, writer.lang), own_words(item) or writer.word("paper_unsaid")
    about = name + words.aside(item.measure.lead, writer.lang)
    return [about, writer.figure(item), f"{gap}{writer.word('full_stop')}{said}", writer.light(item)]


def _next_steps(writer: Writer, items: Sequence[Standing]) -> list[list[str]]:
    """Return what each unit is to put right by which day; the measures stand beside their reasons, above."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in items:
        key = (item.measure.lead, date_text(item.due, writer.lang))
        found.setdefault(key, []).append(forms.full_name(item.measure))
    return [[unit, words.listed(names, writer.lang), due] for (unit, due), names in found.items()]


def _yearly(writer: Writer) -> None:
    view, scoring = writer.view, writer.view.plan.scoring
    trial = scoring.status == "assumed" or not view.is_frozen
    writer.line(
        writer.word(
            "paper_trial" if trial else "paper_final",
            version=view.assessment.rules,
            total=forms.number(view.assessment.total),
            base=forms.number(view.assessment.base),
            points=forms.number(sum((item.points for item in view.assessment.scores), Decimal(0))),
            weights=forms.number(sum((item.weight for item in view.assessment.scores), Decimal(0))),
        )
    )
    measures = view.plan.measures
    for unit in dict.fromkeys(measures[item.id].lead for item in view.assessment.scores):
        brief.add_section(writer.document, unit)
        rows = []
        for score in view.assessment.scores:
            if measures[score.id].lead == unit:
                standing = view.find(score.id)
                why = _lost(standing, writer.lang) if standing and score.points < score.weight else ""
                rows.append(
                    [
                        forms.full_name(measures[score.id]),
                        forms.number(score.weight),
                        forms.number(score.points),
                        why,
                        "",
                        "",
                    ]
                )
        keys = ("col_name", "score_weight", "score_points", "paper_lost", "paper_self", "paper_second")
        writer.table([writer.word(key) for key in keys], rows, (54, 14, 16, 36, 20, 20))
    writer.line(writer.word("paper_yearly_signs"))
    writer.foot()


def _lost(item: Standing, lang: Lang) -> str:
    return gap_text(item, lang) or why_text(item, lang)


def _resource_sums(view: PlanView) -> dict[str, object]:
    found = view.resources
    known = next(
        (
            item.figure.period.text
            for item in view.standings
            if item.measure.id == view.plan.register_id and item.figure
        ),
        "",
    )
    return {
        "expected": sum(item.expected for item in found), "registered": sum(item.registered for item in found), "period": known,
        "stale": sum(item.stale for item in found), "urged": sum(item.urged for item in found),
    }  # fmt: skip


def _to_settle(view: PlanView) -> list[Standing]:
    """Return what needs coordination: reported as difficult, waiting for a decision, or not reported."""
    hard = [item for item in view.standings if item.why in {"hard", "cannot", "equal"} and item.light is not Light.RED]
    return [*hard, *view.unreported]


def _names(items: Sequence[Standing], lang: Lang) -> str:
    return words.listed((forms.full_name(item.measure) for item in items), lang) or "–"


def _missing_line(writer: Writer) -> str:
    counts = dict.fromkeys(("open", "assigned", "to_confirm", "closed", "excused"), 0)
    for item in writer.items:
        counts[item.state] += 1
    fresh = sum(item.since > writer.paper.since and item.state == "open" for item in writer.items)
    closed = sum(item.since > writer.paper.since and item.state == "closed" for item in writer.items)
    return writer.word("paper_missing_line", total=len(writer.items), fresh=fresh, gone=closed, **counts)


_PAPERS: dict[Meeting, Callable[[Writer], None]] = {
    Meeting.WEEKLY: _weekly, Meeting.MONTHLY: _monthly, Meeting.QUARTERLY: _quarterly, Meeting.YEARLY: _yearly,
}  # fmt: skip
