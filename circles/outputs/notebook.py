"""What a notebook shows of a result: the verdict matrix as HTML, and the map in a frame."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from circles.analysis.results import Tables
from circles.foundation.words import Lang
from circles.outputs.report import COLOURS, Report
from circles.outputs.text import visible

_CELL = 'style="padding:4px 10px;text-align:left;border:1px solid #C9CED3;{more}"'


@dataclass(frozen=True)
class Page:
    """A page of its own that a notebook shows in a frame; it brings everything along and loads nothing."""

    text: str = field(repr=False)
    height_px: int = 640

    def _repr_html_(self) -> str:
        page = html.escape(self.text, quote=True)
        return (
            f'<iframe srcdoc="{page}" style="width:100%;height:{self.height_px}px;border:1px solid #C9CED3"></iframe>'
        )


def matrix_html(tables: Tables, lang: Lang) -> str:
    """Return townships × services as an HTML table: shape, word, colour and share, worst township first."""
    report = Report(tables, lang)
    head = [report.word("township"), *report.categories.values(), report.word("overall")]
    rows = [_row([_cell(visible(title), tag="th") for title in head])]
    for row in report.matrix:
        cells = [_cell(visible(row.name), tag="th")]
        for cell in row.cells.values():
            text = f"{report.verdict_short(cell.judged.verdict)} {report.percent(cell.share)}"
            cells.append(_cell(text, colours=COLOURS[cell.judged.verdict]))
        cells.append(_cell(report.verdict_short(row.overall.verdict), colours=COLOURS[row.overall.verdict]))
        rows.append(_row(cells))
    notes = [report.word("matrix_note", limit=report.limit)]
    if report.is_demonstration:
        notes.append(report.word("no_verdict"))
    title = f"{tables.area.name} · {report.date} · {report.run_id}"
    body = "".join(rows)
    return (
        f"<div><strong>{html.escape(visible(title))}</strong>"
        f'<table style="border-collapse:collapse">{body}</table>'
        f"<p>{html.escape(' '.join(notes))}</p></div>"
    )


def _row(cells: list[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, *, tag: str = "td", colours: tuple[str, str] | None = None) -> str:
    more = f"background:{colours[0]};color:{colours[1]}" if colours else ""
    return f"<{tag} {_CELL.format(more=more)}>{html.escape(text)}</{tag}>"
