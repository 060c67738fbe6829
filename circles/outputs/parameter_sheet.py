"""The sheet of parameters: everything that a run was made with, in words; ``run.json`` has the keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from circles.foundation import words
from circles.outputs.blocks import Block, Column, Sheet, known
from circles.outputs.report import Report

_ELSEWHERE = ("rules",)
"""Parameters that have a sheet of their own."""
_OF_RUN = ("run_id", "version", "area_name", "counts_points", "network_sha256")


def parameters(report: Report) -> Sheet:
    """Return the sheet: parameters by subject in words, without those that were left empty, and the digests of the inputs."""
    word, run = report.word, report.tables.run
    said = [(name, "", named(name, report.lang), shown(report, name, run[name])) for name in _OF_RUN if name in run]
    of_run = [(label, "", value) for _, _, label, value in said]
    given = {key: value for key, value in run.get("parameters", {}).items() if key not in _ELSEWHERE}
    flat = {key: value for key, value in given.items() if not isinstance(value, Mapping | list | tuple)}
    of_run += [
        (named(key, report.lang), "", shown(report, key, value)) for key, value in flat.items() if not _empty(value)
    ]
    rows = [(word("parameters_of_run"), item, label, value) for label, item, value in of_run]
    for subject, content in given.items():
        if subject not in flat:
            rows += [(named(subject, report.lang), *row) for row in _of_subject(report, subject, content)]
    columns = tuple(Column(word(key)) for key in ("parameter_subject", "parameter_of", "parameter", "value"))
    rows += [
        (word("parameters_inputs"), name, "SHA-256", digest) for name, digest in sorted(run.get("inputs", {}).items())
    ]
    return Sheet(word("sheet_parameters"), (Block(columns, rows),), word("parameters_note"))


def _of_subject(report: Report, subject: str, content: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (whose, label, value) of one subject: a mapping of values, a mapping or list of things with values each."""
    if isinstance(content, Mapping) and not any(isinstance(value, Mapping) for value in content.values()):
        yield from (("", label, value) for label, value in _values(report, content))
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if isinstance(value, Mapping):
                item = known(report, "profile", key) if subject == "walkers" else named(key, report.lang)
                yield from ((item, label, one) for label, one in _values(report, value))
            else:
                yield from (("", label, one) for label, one in _values(report, {key: value}))
    else:
        for number, entry in enumerate(content, start=1):
            item = str(entry.get("heading") or entry.get("name") or number) if isinstance(entry, Mapping) else ""
            found = entry if isinstance(entry, Mapping) else {subject: entry}
            kept = {key: value for key, value in found.items() if key not in ("id", "heading")}
            yield from ((item, label, one) for label, one in _values(report, kept))


def _values(report: Report, content: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (label, value) of everything in a mapping that is not empty; labels of what lies deeper name the way there."""
    for key, value in content.items():
        label = f"{within}{named(key, report.lang)}"
        if isinstance(value, Mapping):
            yield from _values(report, value, f"{label} · ")
        elif not _empty(value):
            yield label, shown(report, key, value)


def named(key: str, lang: words.Lang) -> str:
    """Return what a parameter is called; a key of the area's own (a tag, a walker) is shown as it is."""
    entry = words.catalogue("parameters").get(key)
    return entry[lang] if entry else key


def shown(report: Report, key: str, value: Any) -> Any:
    """Return a parameter's value as people read it: codes in words, several parted by commas, numbers as text without needless zeros, since one column holds both."""
    if isinstance(value, list | tuple):
        return report.word("list_comma").join(str(shown(report, key, item)) for item in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, float | int):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if key == "profile":
        return known(report, "profile", value)
    if key == "category":
        return next((c.title for c in report.area.categories if c.id == value), value)
    entry = words.catalogue("parameters").get(f"{key}={value}")
    return entry[report.lang] if entry else value


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value)
