"""What a notebook shows of a result: the verdict matrix as HTML, and the map in a frame."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from circles.analysis.results import Tables
from circles.foundation.schema.tables import Verdict
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
    """Return townships × services as an HTML table: the heads, cells, colours and words of the statement."""
    report = Report(tables, lang)
    said = report.stated
    heads = ["\n".join([head.name, said.base(head), *said.head_bars(head)]) for head in said.found.heads]
    rows = [
        _row([_cell(visible(title), tag="th") for title in [report.word("township"), *heads, said.word("kinds_head")]])
    ]
    for row in report.matrix:
        cells = [_cell(visible(row.name), tag="th")]
        cells += [
            _cell(cell.text, colours=COLOURS[Verdict(cell.row.verdict)], title=said.verdict(cell.row))
            for cell in row.cells.values()
        ]
        rows.append(_row([*cells, _cell(row.kinds)]))
    rows.append(
        _row([_cell(said.county_name, tag="th"), *(_cell(cell.text) for cell in report.total.values()), _cell("")])
    )
    notes = ["　".join(said.legend()), report.word("matrix_note", limit=report.limit)]
    if report.is_demonstration:
        notes.append(report.word("demonstration_mark"))
    title = f"{tables.area.name} · {report.date} · {report.run_id}"
    body = "".join(rows)
    return (
        f"<div><strong>{html.escape(visible(title))}</strong>"
        f'<table style="border-collapse:collapse">{body}</table>'
        f"<p>{html.escape(' '.join(notes))}</p></div>"
    )


def _row(cells: list[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, *, tag: str = "td", colours: tuple[str, str] | None = None, title: str = "") -> str:
    more = f"background:{colours[0]};color:{colours[1]}" if colours else ""
    said = f' title="{html.escape(title, quote=True)}"' if title else ""
    return f"<{tag} {_CELL.format(more=more)}{said}>{html.escape(text).replace(chr(10), '<br>')}</{tag}>"
