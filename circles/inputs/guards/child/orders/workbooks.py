"""Workbooks, by calamine: sheets as rows of cells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circles.inputs.guards.child.worker import Answer

_PIECE_ROWS = 2000


def load() -> None:
    """Import the library."""
    import python_calamine  # noqa: F401, PLC0415


def workbook(order: dict[str, Any], answer: Answer) -> None:
    """Send the names of all sheets, then the rows of those in ``sheets`` that there are (the first where none is named).

    Each piece is one JSON list: the sheet's number in ``sheets`` and some of its rows.
    """
    import python_calamine  # noqa: PLC0415

    with python_calamine.load_workbook(order["file"]) as book:
        names = list(book.sheet_names)
        answer.head(names)
        wanted = order["sheets"] or names[:1]
        for number, name in enumerate(wanted):
            if name not in names:
                continue
            rows: list[list[Any]] = []
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False):
                rows.append(row)
                if len(rows) == _PIECE_ROWS:
                    _send(answer, number, rows)
                    rows = []
            _send(answer, number, rows)


def _send(answer: Answer, number: int, rows: list[list[Any]]) -> None:
    answer.write(json.dumps([number, rows], ensure_ascii=False, default=_dated).encode("utf-8", "surrogatepass"))


def _dated(cell: Any) -> dict[str, Any]:
    """Return a date, a time or a span of time as its name and its text."""
    kind = type(cell).__name__
    return {kind: cell.total_seconds() if kind == "timedelta" else cell.isoformat()}
