"""The exception tree, and `Finding`, the form of every error, warning and note.

::

    CirclesError
    ├── InputError (ValueError)      the input is wrong: exit code 2, carries every finding, not only the first
    │   ├── AreaError                the area file itself
    │   ├── NetworkError             arrays or lines that are no walking network
    │   ├── PlanError                the plan file, its forms or its ledger
    │   └── ScenarioError            a scenario that does not fit its area
    ├── CallError (ValueError)       the call is wrong: a folder that is not ours, an unknown option; exit code 2
    ├── DownloadError (OSError)      a download failed; says which file to use instead; exit code 2
    └── Infeasible (ValueError)      no set of sites can satisfy the constraints; says which one makes it so

Every error says what is wrong, where (file, row, id) and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from circles.foundation import words
from circles.foundation.control import on_one_line

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or doubtful, with its place and its remedy.

    ``code`` is the entry in ``words/findings/``; ``values`` fill its sentence. ``table`` is the file (relative to
    the area's folder) or the table; ``row`` counts as the reader of the file counts (the header of a CSV is row 1;
    features of a geographic file are numbered from 1); ``id`` is the row's id. None where there is none.
    """

    severity: Severity
    code: str
    table: str = ""
    row: int | None = None
    id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return what is wrong, as a sentence."""
        return words.finding(self.code, lang, **self._shown(lang))[0]

    def fix(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return what to do about it, as a sentence."""
        return words.finding(self.code, lang, **self._shown(lang))[1]

    def why(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return why it matters, in minutes or people where that can be said, '' where nothing can."""
        return words.finding_why(self.code, lang, **self._shown(lang))

    def _shown(self, lang: words.Lang) -> dict[str, Any]:
        """Return what fills a sentence: the finding's own place and the values; what steers a terminal or breaks the line, as signs."""
        place = {"table": self.table or "–", "row": "–" if self.row is None else self.row, "id": self.id or "–"}
        filled = {**place, **self.values}
        if isinstance(detail := filled.get("detail"), str):
            filled["detail"] = words.system(detail, lang)
        return {key: _said(value, lang) for key, value in filled.items()}

    def line(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return severity, code, message, place and fix on one line, as the command line prints it."""
        message = self.message(lang)
        place = on_one_line(self.table)
        if self.row is None and self.id is None and place in message:
            place = ""  # said already
        if self.row is not None:
            place += words.text("cli.place_row", lang, row=self.row)
        if self.id is not None:
            place += words.text("cli.place_id", lang, id=on_one_line(self.id))
        head = words.text(f"cli.severity_{self.severity}", lang)
        parts = [f"{head} {self.code}" + ("：" if lang == "zh" else ": ") + message, place, self.fix(lang)]
        return "  ".join(part for part in parts if part)


def _said(value: Any, lang: words.Lang) -> Any:
    """Return a value as a sentence holds it: names one after the other, as the language sets them apart."""
    if isinstance(value, tuple | list):
        return words.listed((on_one_line(str(name)) for name in value), lang)
    return on_one_line(value) if isinstance(value, str) else value


class CirclesError(Exception):
    """Base of all errors of this package."""

    def render(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return the message for a person, in ``lang``."""
        del lang
        return str(self)


class _FindingsError(CirclesError):
    """An error made of findings; the first one's code is the error's own."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__(self.render())

    def render(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return one line per finding."""
        return "\n".join(item.line(lang) for item in self.findings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes with the findings."""
        return type(self), (self.findings,), self.__dict__


class InputError(_FindingsError, ValueError):
    """The input is wrong. ``findings`` holds every problem found, not only the first."""


class AreaError(InputError):
    """The area file is wrong."""


class NetworkError(InputError):
    """The arrays or lines given are no walking network."""


class PlanError(InputError):
    """The plan file, a returned form or the ledger is wrong."""


class ScenarioError(InputError):
    """The scenario does not fit its area."""


class CallError(_FindingsError, ValueError):
    """The call is wrong: an output folder that is not ours, an option that does not exist."""


class DownloadError(_FindingsError, OSError):
    """A download failed; the finding says which file to use instead."""


class Infeasible(CirclesError, ValueError):
    """No set of sites can satisfy the constraints.

    ``rows`` are the demand rows that no site reaches (empty when another constraint is the cause); ``constraints``
    names what is to blame (``reach``, ``count``, ``budget``, ``region:<label>`` …).
    """

    def __init__(
        self,
        message: str,
        rows: Iterable[int] = (),
        *,
        constraints: Iterable[str] = (),
        finding: Finding | None = None,
    ) -> None:
        self.rows = tuple(int(row) for row in rows)
        self.constraints = tuple(constraints)
        self.finding = finding
        super().__init__(message)

    def render(self, lang: words.Lang = words.DEFAULT_LANG) -> str:
        """Return what cannot be had, and the remedy, in ``lang``."""
        return str(self) if self.finding is None else self.finding.line(lang)


def few(names: Iterable[object], *, most: int = 5) -> str:
    """Return the first of some ids or rows as a finding lists them, with … behind where there are more.

    >>> few(["a", "b"]), few(range(9))
    ('a, b', '0, 1, 2, 3, 4 …')
    """
    every = [str(name) for name in names]
    return ", ".join(every[:most]) + (" …" if len(every) > most else "")


def error(code: str, table: str = "", row: int | None = None, id: str | None = None, **values: Any) -> Finding:  # noqa: A002 - the column's name
    """Return a finding of severity ``error``.

    Parameters
    ----------
    code : key of the message in ``words/findings``
    table : file or table that the finding is about
    row : number of the row in the file, header included; None where there is none
    id : id of the row; None where there is none
    values : what the message names
    """
    return Finding("error", code, table, row, id, values)


def warning(code: str, table: str = "", row: int | None = None, id: str | None = None, **values: Any) -> Finding:  # noqa: A002 - the column's name
    """Return a finding of severity ``warning``.

    Parameters
    ----------
    code : key of the message in ``words/findings``
    table : file or table that the finding is about
    row : number of the row in the file, header included; None where there is none
    id : id of the row; None where there is none
    values : what the message names
    """
    return Finding("warning", code, table, row, id, values)


def info(code: str, table: str = "", row: int | None = None, id: str | None = None, **values: Any) -> Finding:  # noqa: A002 - the column's name
    """Return a finding of severity ``info``.

    Parameters
    ----------
    code : key of the message in ``words/findings``
    table : file or table that the finding is about
    row : number of the row in the file, header included; None where there is none
    id : id of the row; None where there is none
    values : what the message names
    """
    return Finding("info", code, table, row, id, values)
