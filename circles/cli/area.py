"""``circles area new``: the folder of a new area out of an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circles.cli.area_use import use
from circles.cli.console import LangOption, out, progress, reporting, say, spoken
from circles.cli.spoken import SpokenGroup
from circles.foundation import words
from circles.foundation.errors import CallError, error

group = typer.Typer(cls=SpokenGroup, no_args_is_help=True)


@group.callback()
def _areas() -> None:
    """Commands about areas."""


group.command(help=words.text("cli.help_area_use", "zh"))(use)


@group.command(help=words.text("cli.help_area_new", "zh"))
def new(
    extract: Annotated[Path, typer.Option("--from", metavar="EXTRACT", help=words.text("cli.help_area_from", "zh"))],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help=words.text("cli.help_area_out", "zh"))],
    name: Annotated[str | None, typer.Option("--name", help=words.text("cli.help_area_name", "zh"))] = None,
    admin_level: Annotated[
        int | None, typer.Option("--admin-level", help=words.text("cli.help_area_level", "zh"))
    ] = None,
    relation: Annotated[
        int | None, typer.Option("--relation", min=1, help=words.text("cli.help_area_relation", "zh"))
    ] = None,
    bbox: Annotated[
        str | None, typer.Option("--bbox", metavar="W,S,E,N", help=words.text("cli.help_area_bbox", "zh"))
    ] = None,
    lang: LangOption = "zh",
) -> None:
    """Make the folder of a new area: clipped extract, townships, boundary, ``area.toml``."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.foundation.words import text  # noqa: PLC0415 - help answers at once
        from circles.inputs.new_area import new_area  # noqa: PLC0415

        box = None if bbox is None else _box(bbox, extract)
        with progress(speech) as report:
            report("read")
            made = new_area(extract, folder, name=name, admin_level=admin_level, relation=relation, bbox=box)
        for item in made.findings:
            say(item.line(speech))
        kinds = "、".join(f"{text(f'cli.area_kind_{kind}', speech)} {count}" for kind, count in made.facilities.items())
        out(
            text(
                "cli.area_made", speech, name=made.name, crs=made.crs, as_of=made.as_of, km=f"{made.street_km:.1f}",
                towns=made.townships, kinds=kinds, file=str(folder / "area.toml"),
            )
        )  # fmt: skip


def _box(given: str, extract: Path) -> tuple[float, float, float, float]:
    """Return the four numbers of ``W,S,E,N``."""
    try:
        west, south, east, north = (float(part) for part in given.replace("，", ",").split(","))
    except ValueError:
        raise CallError(error("new-area-box", str(extract), value=given)) from None
    return west, south, east, north
