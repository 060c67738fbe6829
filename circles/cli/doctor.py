"""``circles doctor``: what is wrong or doubtful in an area's inputs, or in files by themselves."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from circles.cli.console import EXIT_INPUT, LangOption, out, reporting, say, spoken
from circles.foundation import words
from circles.foundation.control import on_one_line
from circles.foundation.words import Lang
from circles.inputs.guards.child import reading

if TYPE_CHECKING:
    import pandas as pd

    from circles.foundation.errors import Finding
    from circles.inputs.dispatch import Kind

Format = Literal["table", "csv", "json"]
_MARK = {"error": "✘", "warning": "▲", "info": "·"}
_STYLE = {"error": "bold red", "warning": "yellow", "info": "dim"}
_MOST = 300
"""Findings that a terminal shows; the rest are counted, and stand in the CSV."""
_ORDER = ("error", "warning", "info")


def _help(name: str) -> str:
    return words.text(f"doctor.help_{name}", "zh")


def doctor(
    files: Annotated[list[Path] | None, typer.Argument(metavar="AREA.toml|FILE", help=_help("files"))] = None,
    form: Annotated[Format, typer.Option("--format", help=words.text("cli.help_format", "zh"))] = "table",
    fix_to: Annotated[Path | None, typer.Option("--fix-to", metavar="FILE.csv", help=_help("fix"))] = None,
    cells: Annotated[str | None, typer.Option("--cells", metavar="ROW:COLUMN,…", help=_help("cells"))] = None,
    kind: Annotated[str | None, typer.Option("--as", metavar="KIND", help=_help("as"))] = None,
    against: Annotated[Path | None, typer.Option("--area", metavar="AREA.toml", help=_help("area"))] = None,
    crs: Annotated[str | None, typer.Option("--crs", metavar="CRS", help=_help("crs"))] = None,
    layer: Annotated[str | None, typer.Option("--layer", metavar="NAME", help=_help("layer"))] = None,
    allow_outside: Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Print what is wrong or doubtful in the inputs, row by row, with the fix."""
    speech = spoken(lang)
    with reporting(speech), reading() as reader:
        reader.load_for(map(str, files or []))
        asked = _asked(files or [], kind, against, crs, layer, allow_outside=allow_outside, lang=speech)
        found = _looked_at(asked)
        _print(found, form, speech, with_file=len(asked.areas) + len(asked.files) > 1)
        if fix_to is not None:
            _fix(asked, fix_to, cells, speech)
        if any(item.severity == "error" for _, item in found):
            raise SystemExit(EXIT_INPUT)


@dataclass(frozen=True)
class _Asked:
    """What is to be looked at: area files (None is the embedded one), or data files and what was said of them."""

    areas: list[Path | None]
    files: list[Path]
    kind: Kind | None
    against: Path | None
    crs: str | None
    layer: str | None
    allow_outside: bool


def _asked(
    files: list[Path], kind: str | None, against: Path | None, crs: str | None, layer: str | None, *,
    allow_outside: bool, lang: Lang,
) -> _Asked:  # fmt: skip
    from circles.inputs.examine import KINDS  # noqa: PLC0415 - help and mistyped options answer at once

    areas: list[Path | None] = [file for file in files if file.suffix.lower() == ".toml" or file.is_dir()]
    plain = [file for file in files if file not in areas]
    if areas and (plain or against is not None):
        say(words.text("doctor.mixed", lang, area=areas[0]))
        raise SystemExit(EXIT_INPUT)
    own = next((item for item in KINDS if item == kind), None)
    if kind is not None and own is None:
        say(words.text("doctor.unknown_kind", lang, value=kind, valid="|".join(KINDS)))
        raise SystemExit(EXIT_INPUT)
    return _Asked(areas if files else [None], plain, own, against, crs, layer, allow_outside)


def _looked_at(asked: _Asked) -> list[tuple[str, Finding]]:
    """Return every finding with the file it was asked for."""
    import circles  # noqa: PLC0415
    from circles.inputs import examine  # noqa: PLC0415

    found: list[tuple[str, Finding]] = []
    for file in asked.areas:
        found += [(str(file or ""), item) for item in _of_area(file, allow_outside=asked.allow_outside)]
    if not asked.files:
        return found
    against = asked.against
    ground = None if against is None else circles.load_area(against, allow_outside=asked.allow_outside)
    for file in asked.files:
        own = examine.examine(file, kind=asked.kind, area=ground, crs=asked.crs, layer=asked.layer)
        found += [(str(file), item) for item in own.findings]
    return found


def _of_area(file: Path | None, *, allow_outside: bool) -> list[Finding]:
    import circles  # noqa: PLC0415
    from circles.foundation.errors import InputError  # noqa: PLC0415
    from circles.inputs import examine  # noqa: PLC0415

    try:
        area = circles.load_area(file, allow_outside=allow_outside)
    except InputError as e:
        return list(e.findings)
    return examine.of_area(area)


# --- printing --------------------------------------------------------------------------------------------------------


def _print(found: list[tuple[str, Finding]], form: Format, lang: Lang, *, with_file: bool) -> None:
    found.sort(key=lambda pair: _ORDER.index(pair[1].severity))
    if form == "csv":
        from circles.outputs.files import csv_text  # noqa: PLC0415

        out(csv_text(_frame(found, lang, with_file=with_file)).rstrip("\n"))
    elif form == "json":
        table = _frame(found, lang, with_file=with_file).to_json(orient="records")
        out(json.dumps(json.loads(table), ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        _table(found, lang)
    else:
        for _, item in found:
            out("  ".join(part for part in (item.line(lang), item.why(lang)) if part))
    count = [sum(item.severity == severity for _, item in found) for severity in _ORDER]
    counted = words.text("doctor.done", lang, errors=count[0], warnings=count[1], notes=count[2])
    say(counted if found else words.text("doctor.clean", lang))


def _frame(found: list[tuple[str, Finding]], lang: Lang, *, with_file: bool) -> pd.DataFrame:
    """Return the findings as the table ``findings``, what each costs, and its file where there are several."""
    import pandas as pd  # noqa: PLC0415

    from circles.foundation.schema.tables import findings_frame  # noqa: PLC0415

    table = pd.concat([findings_frame([item], lang) for _, item in found] or [findings_frame([], lang)])
    table["why"] = [item.why(lang) for _, item in found]
    if with_file:
        table["file"] = [file for file, _ in found]
    return table.reset_index(drop=True)


def _table(found: list[tuple[str, Finding]], lang: Lang) -> None:
    """Show the findings as a terminal reads best: worst first, a rule between two."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(show_lines=True, expand=True)
    for name, ratio in (("severity", None), ("place", 3), ("matter", 6), ("fix", 5)):
        table.add_column(words.text(f"doctor.{name}", lang), ratio=ratio, no_wrap=name == "severity", overflow="fold")
    for _, item in found[:_MOST]:
        style = _STYLE[item.severity]
        head = f"{_MARK[item.severity]} {words.text(f'cli.severity_{item.severity}', lang)}"
        place = [on_one_line(item.table)]
        if item.row is not None:
            place.append(words.text("doctor.row", lang, row=item.row))
        if item.id:
            place.append(on_one_line(item.id))
        matter = Text(item.message(lang))
        if why := item.why(lang):
            matter.append("\n" + why, style="italic")
        matter.append("\n" + item.code, style="dim")
        table.add_row(Text(head, style=style), Text("\n".join(place)), matter, Text(item.fix(lang)))
    console = Console()
    if found:
        console.print(table)
    if len(found) > _MOST:
        say(words.text("doctor.more", lang, count=len(found) - _MOST))


# --- corrected copies ------------------------------------------------------------------------------------------------


def _fix(asked: _Asked, target: Path, cells: str | None, lang: Lang) -> None:
    """Write a corrected copy of the one table that was named, or of the area's one that needs it."""
    import circles  # noqa: PLC0415
    from circles.inputs import examine  # noqa: PLC0415

    file = asked.areas[0] if asked.areas else asked.against
    area = circles.load_area(file, allow_outside=asked.allow_outside) if asked.areas or file is not None else None
    only = None if cells is None else [_cell(text) for text in cells.replace("，", ",").split(",") if text.strip()]
    changes, log = examine.fix(
        asked.files, target, kind=asked.kind, area=area, crs=asked.crs, layer=asked.layer, only=only
    )
    say(words.text("doctor.fixed", lang, count=len(changes), file=str(target), log=str(log)))


def _cell(text: str) -> tuple[int, str]:
    """Return row and column of ``3:lon``."""
    from circles.foundation.errors import CallError, error  # noqa: PLC0415

    row, colon, column = text.strip().partition(":")
    if not colon or not row.isdecimal() or len(row) > 9 or not column:
        raise CallError(error("fix-cell", "--cells", value=text[:80]))
    return int(row), column
