"""``circles area use``: an area takes its facilities from a table, with that table's columns and words, and a set of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import LangOption, reporting, say, spoken
from circles.foundation import words
from circles.foundation.errors import CallError, error


def _help(name: str) -> str:
    return words.text(f"cli.help_area_use_{name}", "zh")


def use(
    area: Annotated[Path, typer.Argument(metavar="AREA.toml", help=words.text("cli.help_area_own", "zh"))],
    table: Annotated[Path | None, typer.Option("--facilities", metavar="FILE", help=_help("facilities"))] = None,
    columns: Annotated[list[str] | None, typer.Option("--column", metavar="OURS=THEIRS", help=_help("column"))] = None,
    values: Annotated[
        list[str] | None, typer.Option("--value", metavar="OURS:THEIRS=OURS", help=_help("value"))
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help=_help("sheet"))] = None,
    crs: Annotated[str | None, typer.Option("--crs", metavar="CRS", help=words.text("doctor.help_crs", "zh"))] = None,
    is_beside: Annotated[bool, typer.Option("--beside", help=_help("beside"))] = False,
    rules: Annotated[str | None, typer.Option("--rules", metavar="SET|FILE", help=_help("rules"))] = None,
    lang: LangOption = "zh",
) -> None:
    """Change what an area uses, and nothing else in its file."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.area import editing  # noqa: PLC0415 - help answers at once

        file = area / "area.toml" if area.is_dir() else area
        text = editing.text_of(file)
        if table is not None:
            own = _beside(table, file)
            text = editing.with_table(
                text,
                own,
                sheet=sheet,
                crs=crs,
                columns=dict(_pair(item) for item in columns or ()),
                is_beside=is_beside,
            )
        if values:
            text = editing.with_words(text, _words(values))
        if rules is not None:
            text = editing.with_rules(text, _kept_rules(rules, file))
        editing.rewrite(file, text)
        say(words.text("cli.area_used", speech, file=str(file)))


def _pair(given: str) -> tuple[str, str]:
    """Return what stands before and after the first ``=``."""
    ours, equals, theirs = given.partition("=")
    if not equals or not ours.strip() or not theirs.strip():
        raise CallError(error("area-use-pair", "--column", value=given[:80], form="OURS=THEIRS"))
    return ours.strip(), theirs.strip()


def _words(given: list[str]) -> dict[str, dict[str, str]]:
    """Return column → the file's word → ours; the last ``=`` parts them, so that a word may hold one."""
    found: dict[str, dict[str, str]] = {}
    for item in given:
        column, colon, rest = item.partition(":")
        theirs, equals, ours = rest.rpartition("=")
        if not colon or not equals or not theirs.strip():
            raise CallError(error("area-use-pair", "--value", value=item[:80], form="OURS:THEIRS=OURS"))
        found.setdefault(column.strip(), {})[theirs.strip()] = ours.strip()
    return found


def _beside(table: Path, file: Path) -> str:
    """Return a table's name relative to the area file, where it lies in the area's folder."""
    try:
        return table.resolve().relative_to(file.parent.resolve()).as_posix()
    except ValueError:
        raise CallError(error("area-use-outside", str(table), value=str(file.parent))) from None


def _kept_rules(rules: str, file: Path) -> str:
    """Return the name of a set of rules beside the area file; one of the program's own is copied there, over nothing."""
    from circles.area import editing  # noqa: PLC0415 - help answers at once
    from circles.foundation import atomic  # noqa: PLC0415 - as above

    ready = editing.ready_rules()
    if rules not in ready:
        if not Path(rules).is_file():
            raise CallError(error("area-use-no-rules", rules[:80], value=rules[:80], valid=" ".join(ready)))
        return _beside(Path(rules), file)
    target = file.with_name(f"{rules}.toml")
    if not target.exists():
        atomic.write_file(target, ready[rules].encode("utf-8"))
    return target.name
