"""``report.docx``: a brief of a few pages, set as GB/T 9704-2012 asks. Its numbers are those of the workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.shared import Mm, Pt, RGBColor

from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.schema.tables import ALL, Verdict
from circles.foundation.words import Lang
from circles.outputs import analysis_sheets, annex_sheets, blocks, figures, sentences, sheets, sureness, text
from circles.outputs.headline import counted
from circles.outputs.office import midnight, restamped
from circles.outputs.official import (
    BODY_PT,
    HEAD_FONT,
    LINE_PT,
    TABLE_PT,
    TITLE_FONT,
    TITLE_PT,
    VERDICT_PT,
    header,
    keep_whole,
    layout,
    page_number,
    run_of,
    shade,
)
from circles.outputs.plan_papers.files import write_whole
from circles.outputs.report import COLOURS, Judged, Report
from circles.outputs.time_sheets import boat_sentence, worst_hour_sentence

ROWS_MAX = 10
"""Rows of a table in the brief; the workbook has them all."""
NAME_MAX = 40
"""Characters of a name in the brief; the workbook has them all."""
_WIDTH_MM = 156.0
_LEAST_COLUMNS = (0, 1, 4, 5, 7, 6)
"""Columns of the sheet of least changes that fit a page; the workbook has them all."""
STEPS_MAX = 6
"""Next steps in the brief; the workbook has them all."""
_SERVICES_MAX = 6
_LEAST_MAX = 12
_DOUBTS_MAX = 15
_KEEP_ROWS = 14
"""Tables of so many rows stay on one page; longer ones break."""


def write(tables: Tables, file: Path | str, *, lang: Lang = "zh") -> None:
    """Write the brief.

    Raises
    ------
    CallError
        The file could not be written; what was there is unchanged.
    """
    report = Report(tables, lang)
    writer = _Writer(report)
    writer.title()
    writer.conclusion()
    writer.verdicts()
    writer.map(figures.county_map(tables, lang=lang))
    writer.gaps()
    writer.follow()
    writer.steps()
    writer.least_change()
    writer.certainty()
    writer.method()
    writer.annex()
    properties = writer.document.core_properties
    properties.title, properties.author, properties.language = (
        writer.headline,
        "circles",
        "zh-CN" if lang == "zh" else "en",
    )
    properties.comments = report.word("demonstration") if report.is_demonstration else ""
    properties.created = properties.modified = midnight(tables.area.as_of)
    buffer = io.BytesIO()
    writer.document.save(buffer)
    write_whole(Path(file), restamped(buffer.getvalue()))


class _Writer:
    """One document being written, in one language."""

    def __init__(self, report: Report) -> None:
        self.report, self.word = report, report.word
        self.document: Any = docx.Document()
        self.section = 0
        self.headline = self.word("brief_title", area=self.name(report.area.name), limit=report.limit)
        layout(self.document, report.lang)
        page_number(self.document)
        if report.is_demonstration:
            header(self.document, self.word("demonstration_mark"))

    def name(self, value: str) -> str:
        """Return a name as it can stand in a sentence."""
        return text.short(value, self.report.lang, most=NAME_MAX).replace("\n", " ")

    def title(self) -> None:
        """Write the title and, below it, date and run."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(36)
        run_of(paragraph, self.headline, TITLE_PT, font=TITLE_FONT, bold=True)
        word, area = self.word, self.report.area
        issuer = self.document.add_paragraph()
        issuer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        issued = self.report.day(area.issued_on) if area.issued_on else word("blank_issued")
        run_of(issuer, word("brief_issuer", issuer=self.name(area.issuer) or word("blank_issuer"), issued=issued), 12)
        stamp = self.document.add_paragraph()
        stamp.alignment = WD_ALIGN_PARAGRAPH.CENTER
        stamp.paragraph_format.space_after = Pt(LINE_PT / 2)
        run_of(stamp, self.word("brief_stamp", date=self.report.date, run=self.report.run_id or "–"), 12)

    def heading(self, key: str) -> None:
        """Write the heading of the next section."""
        self.section += 1
        value = self.word("brief_heading", number=self.word(f"brief_number_{self.section}"), title=self.word(key))
        self.document.add_paragraph(text.visible(value), style="Heading 1")

    def paragraph(self, *sentences_: str) -> None:
        """Write sentences as a paragraph, two characters in."""
        paragraph = self.document.add_paragraph(text.visible(words.in_a_row(sentences_, self.report.lang)))
        paragraph.paragraph_format.first_line_indent = Pt(2 * BODY_PT)
        paragraph.paragraph_format.widow_control = True

    def caption(self, value: str, *, is_below: bool = False) -> None:
        """Write the title above a table, on the same page, or below a picture."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = not is_below
        run_of(paragraph, text.visible(value), 12, font=HEAD_FONT)

    def conclusion(self) -> None:
        """Write what is so, first of all, then the sentences with the numbers of the workbook."""
        report, word, people = self.report, self.word, self.report.said_people
        self.heading("brief_conclusion")
        for line in sentences.conclusion(report):
            self.paragraph(line)
        self.paragraph(
            word("brief_scope", area=self.name(report.area.name), townships=len(report.matrix),
                 population=people(report.population), people=report.people),
            word("brief_counts", townships=len(report.matrix), **{str(v): n for v, n in report.overall_counts.items()}),
        )  # fmt: skip
        lacking, everyone = report.lacking, report.population or float("nan")
        self.paragraph(
            word(
                "brief_lacking", kinds=counted(len(report.categories), report.lang), limit=report.limit, people=report.people, all=people(lacking[0]),
                all_share=report.percent(lacking[0] / everyone), no=people(lacking[-1]), no_share=report.percent(lacking[-1] / everyone),
            ),
            sentences.kinds_lacked(report),
        )  # fmt: skip

    def verdicts(self) -> None:
        """Write the table of the statement in the county's own order, heads with base and thresholds."""
        report, word, said = self.report, self.word, self.report.stated
        self.heading("brief_verdicts")
        self.caption(word("brief_table", limit=report.limit))
        chosen = list(report.categories)[:_SERVICES_MAX]
        heads = [word("township"), *("\n".join(self.head(item)) for item in chosen), said.word("kinds_head")]
        rows: list[list[Any]] = [
            [self.name(row.name), *(blocks.said(row.cells[item]) for item in chosen), row.kinds]
            for row in report.matrix[:ROWS_MAX]
        ]
        rows.append([said.county_name, *(blocks.said(report.total[item]) for item in chosen), ""])
        self.table(heads, rows)
        legend = "　".join(said.legend())
        if legend:
            self.caption(legend, is_below=True)
        if len(report.matrix) > ROWS_MAX:
            self.paragraph(word("brief_table_more", sheet=word("sheet_matrix")))

    def head(self, category: str) -> list[str]:
        """Return the lines of a column's head: service, base, thresholds."""
        said = self.report.stated
        head = said.heads[category]
        return [self.name(head.name), self.name(said.base(head)), *said.head_bars(head)]

    def map(self, picture: bytes) -> None:
        """Write the map with its caption."""
        self.heading("brief_map")
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(picture), width=Mm(_WIDTH_MM - 2))
        caption = self.word("brief_map_caption", limit=self.report.limit)
        shape._inline.docPr.set("descr", caption)  # noqa: SLF001 - python-docx offers no other way
        shape._inline.docPr.set("name", "map")  # noqa: SLF001
        self.caption(caption, is_below=True)

    def gaps(self) -> None:
        """Write people beyond the limit per township, and the largest gap of each service."""
        report, word, gaps = self.report, self.word, self.report.tables.gaps
        self.heading("brief_gaps")
        if not len(gaps):
            self.paragraph(word("brief_no_gaps"))
            return
        self.paragraph(word("brief_gap_intro", count=report.said(len(gaps))))
        chosen = list(report.categories)[:_SERVICES_MAX]
        heads = [word("township"), *(self.name(report.category_name(item)) for item in chosen)]
        together = sentences.lacking_by_township(report)
        heads += [word("kinds_any"), word("kinds_all")] if together else []
        places = [(row.code, row.name, row.cells) for row in report.matrix[:ROWS_MAX]]
        rows: list[list[Any]] = [
            [
                self.name(name),
                *(report.number_of_people(n) for n in (*(cells[i].uncovered for i in chosen), *together.get(code, ()))),
            ]
            for code, name, cells in [*places, (ALL, word("total"), report.total)]
        ]
        base = report.group_name("population")
        self.caption(word("brief_gap_table", base=base, limit=report.limit, people=report.people))
        self.table(heads, rows)
        self.paragraph(sentences.largest_gaps(report, chosen, self.name))

    def follow(self) -> None:
        """Write the shares of people beside the shares of places, township by township."""
        found = annex_sheets.follow_blocks(self.report)
        if not found or len(found[0].rows) > ROWS_MAX + 1:
            return
        self.heading("brief_follow")
        self.caption(self.word("brief_follow_table"))
        rows = [[self.name(str(row[0])), *(self.report.percent(v) for v in row[1:])] for row in found[0].rows]
        self.table([self.name(column.title) for column in found[0].columns], rows)

    def steps(self) -> None:
        """Write what to do first: the items that lack most, each with its least change where the full analysis found one."""
        report, word, said = self.report, self.word, self.report.stated
        found = report.tables.missing
        self.heading("brief_steps")
        if not len(found):
            self.paragraph(word("brief_steps_none"))
            return
        self.paragraph(word("brief_steps_intro"))
        first = found.sort_values("people_uncovered", ascending=False, kind="stable").head(STEPS_MAX)
        for row in first.to_dict("records"):
            cell = said.cells[row["township_code"], row["category"]]
            step = annex_sheets.remedy(report, sentences.few(report, str(row["remedy"] or ""), self.name))
            self.paragraph(
                word(
                    "brief_step", town=self.name(row["township"]), service=self.name(said.heads[row["category"]].name),
                    base=report.group_name(row["group"]), remedy=word("brief_step_remedy", remedy=step) if step else "", villages=sentences.few(report, row["villages"] or "–", self.name),
                    needed=report.said_people(row["people_short"]), value=said.cell(cell),
                    uncovered=report.said_people(row["people_uncovered"]), people=report.people,
                )
            )  # fmt: skip
        if not first["remedy"].astype(bool).any():
            self.paragraph(word("brief_step_later"))
        if len(found) > STEPS_MAX:
            self.paragraph(word("brief_more", sheet=word("sheet_missing")))

    def annex(self) -> None:
        """Write, on a page of its own, how far a circle overstates, what reaches people, and how even it is."""
        evenness = (sentences.circle, sentences.capacity, sentences.choice, sentences.equity)
        made = (*evenness, worst_hour_sentence, boat_sentence)
        shown = [value for value in (make(self.report, self.name) for make in made) if value]
        if not shown:
            return
        heading = self.document.add_paragraph(self.word("brief_annex"), style="Heading 1")
        heading.paragraph_format.page_break_before = True
        for value in shown:
            self.paragraph(value)

    def certainty(self) -> None:
        """Write how sure the verdicts are: the counts, and one sentence for each that is in doubt."""
        tables, lang = self.report.tables, self.report.lang
        if tables.certainty.empty:
            return
        self.heading("brief_sure")
        stop = self.word("full_stop")
        self.paragraph(sureness.summary(tables, lang) + stop)
        doubtful = sureness.in_doubt(tables, lang)
        for one in doubtful[:_DOUBTS_MAX]:
            self.paragraph(sureness.sentence(self.report, one) + stop)
        if (more := len(doubtful) - _DOUBTS_MAX) > 0:
            self.paragraph(words.text("sure.more", lang, n=more, sheet=words.text("sure.sheet", lang)))

    def least_change(self) -> None:
        """Write how stable the verdicts are and what would turn them, where the full analysis found out."""
        report, word = self.report, self.word
        shown = sentences.stability(report, self.name)
        has_changes = len(report.tables.least_change) > 0
        if not shown and not has_changes:
            return
        self.heading("brief_least")
        if shown:
            self.paragraph(shown)
        if not has_changes:
            return
        block = analysis_sheets.least_change(report).blocks[0]
        found = (report.tables.least_change["change"] != "none").tolist()
        rows = [[row[i] for i in _LEAST_COLUMNS] for row, has in zip(block.rows, found, strict=True) if has]
        if rows:
            self.paragraph(word("brief_least_intro"))
            heads = [self.name(block.columns[column].title) for column in _LEAST_COLUMNS]
            self.table(heads, [self.plain(row) for row in rows[:_LEAST_MAX]], shares=(4, 4, 3, 2, 3, 9))
        if len(rows) > _LEAST_MAX:
            self.paragraph(word("brief_more", sheet=word("sheet_least_change")))
        if not all(found):
            self.paragraph(word("brief_least_none", sheet=word("sheet_least_change")))

    def plain(self, row: Sequence[Any]) -> list[Any]:
        """Return the values of a row of the workbook as text."""
        values: list[Any] = []
        for value in row:
            if isinstance(value, Judged):
                values.append(value)
            elif isinstance(value, blocks.Share):
                values.append(self.report.percent(value.value, value.threshold))
            elif isinstance(value, int | float):
                values.append(self.report.number(value, 0 if float(value).is_integer() else 3))
            else:
                values.append("" if value is None else self.name(str(value)))
        return values

    def method(self) -> None:
        """Write how minutes were found, and the state of the data."""
        report, word, area = self.report, self.word, self.report.area
        self.heading("brief_method")
        self.paragraph(word("brief_method_1", limit=report.limit, snap=f"{area.walk.snap_max_m:g}"))
        walkers = []
        for category in area.categories:
            walker = area.walkers[category.profile]
            profile = self.name(blocks.known(report, "profile", category.profile))
            name = self.name(category.title)
            walkers.append(
                word(
                    "brief_walker",
                    name=name,
                    profile=profile,
                    speed=f"{walker.speed_m_per_s:g}",
                    steps=f"{walker.steps_m_per_s:g}",
                )
            )
        self.paragraph(word("brief_method_2", walkers=word("list_semicolon").join(walkers)))
        statuses = [
            self.word("brief_status", status=blocks.known(report, "status", key), count=count)
            for key, count in report.facility_statuses().items()
        ]
        facilities = len(report.tables.facilities)
        self.paragraph(word("brief_method_3", count=facilities, statuses=word("list_comma").join(statuses)))
        ruled = [rule.status for rule in area.rules]
        counts = {status: ruled.count(status) for status in sheets.RULE_STATUSES}  # type: ignore[arg-type]
        self.paragraph(word("brief_method_4", count=len(ruled), sheet=word("sheet_rules"), **counts))
        self.paragraph(word("brief_method_5", sheet=word("sheet_findings"), **report.severities))
        self.paragraph(word("status_demonstration" if report.is_demonstration else "status_real") + word("full_stop"))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[Any]], *, shares: Sequence[float] = ()) -> None:
        """Write a table: a head that repeats on each page, verdicts with colour, shape and word.

        ``shares`` are the relative widths of the columns; without them the first is 26 mm wide, the others alike.
        """
        table = self.document.add_table(rows=0, cols=len(heads))
        table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
        parts: Sequence[float] = shares or (26.0, *((_WIDTH_MM - 26.0) / (len(heads) - 1) for _ in heads[1:]))
        widths = [Mm(_WIDTH_MM * part / sum(parts[: len(heads)])) for part in parts[: len(heads)]]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for number, values in enumerate([list(heads), *rows]):
            row = table.add_row()
            keep_whole(row, repeats=number == 0)
            for cell, value, width in zip(row.cells, values, widths, strict=True):
                cell.width = width
                self.cell(cell, value, is_head=number == 0)
                cell.paragraphs[0].paragraph_format.keep_with_next = number < len(rows) <= _KEEP_ROWS or number == 0
        self.document.add_paragraph().paragraph_format.line_spacing = Pt(8)

    def cell(self, cell: Any, value: Any, *, is_head: bool) -> None:
        """Write one cell: text, or a verdict with its share on the next line."""
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(15)
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        if not isinstance(value, Judged | blocks.Said):
            run_of(paragraph, text.visible(value), TABLE_PT, bold=is_head)
            if is_head:
                shade(cell, "D5E1EC")
            return
        if isinstance(value, Judged):
            self.coloured(cell, value.verdict, self.report.verdict(value))
        else:
            self.coloured(cell, value.verdict, value.text)

    def coloured(self, cell: Any, verdict: Verdict, shown: str) -> None:
        """Write a verdict's text in its ink on its ground, as on the map."""
        ground, ink = COLOURS[verdict]
        run = run_of(cell.paragraphs[0], shown, VERDICT_PT, bold=True)
        run.font.color.rgb = RGBColor.from_string(ink.lstrip("#").upper())
        shade(cell, ground.lstrip("#").upper())
