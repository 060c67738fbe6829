"""``circles survey``: what was walked and measured, held against the streets, and saved once somebody has looked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from circles.cli.console import LangOption, aligned, out, progress, reporting, say, spoken
from circles.cli.spoken import SpokenGroup
from circles.foundation import words
from circles.foundation.words import Lang

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import pandas as pd

    from circles.analysis.surveyed import Matched
    from circles.area import Area
    from circles.inputs.loading import Inputs

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
_LONGEST = 24


def _help(name: str) -> str:
    return words.text(f"survey.help_{name}", "zh")


Files = Annotated[list[Path], typer.Argument(metavar="FILE", help=_help("files"))]
AreaFile = Annotated[Path | None, typer.Option("--area", metavar="AREA.toml", help=_help("area"))]
Day = Annotated[str | None, typer.Option("--surveyed-on", metavar="DATE", help=_help("day"))]
Outside = Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))]


@app.command(help=_help("match"))
def match(
    files: Files,
    *,
    area: AreaFile = None,
    surveyed_on: Day = None,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help=_help("match_out"))] = None,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help=words.text("cli.help_format", "zh"))
    ] = "table",
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Show which pieces of a survey agree with the streets, are new, or contradict them."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.foundation import atomic, errors  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.outputs import files as written  # noqa: PLC0415

        if file is not None and not file.absolute().parent.is_dir():
            raise errors.CallError(errors.error("out-no-parent", str(file), path=str(file.parent)))
        _, found = _matched(files, area, surveyed_on, speech, allow_outside=allow_outside)
        table = _as_csv(found.table)
        if file is not None:
            atomic.write_file(file, written.csv_text(table).encode("utf-8-sig"))
        if form == "csv":
            out(written.csv_text(table).rstrip("\n"))
        elif form == "json":
            out(json.dumps(json.loads(table.to_json(orient="records")), ensure_ascii=False, indent=2))
        else:
            _print(found.table, speech)
        if file is not None:
            say(words.text("survey.written", speech, file=str(file)))


@app.command(help=_help("apply"))
def apply(
    files: Files,
    *,
    target: Annotated[Path, typer.Option("--out", metavar="FILE.toml|FILE.gpkg", help=_help("apply_out"))],
    area: AreaFile = None,
    surveyed_on: Day = None,
    contradicting: Annotated[bool, typer.Option("--contradicting", help=_help("contradicting"))] = False,
    name: Annotated[str | None, typer.Option("--name", help=_help("name"))] = None,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Save what is new as a scenario, or as a network that has it."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.outputs import surveyed  # noqa: PLC0415 - as above

        surveyed.check_target(target)
        inputs, found = _matched(files, area, surveyed_on, speech, allow_outside=allow_outside)
        _print(found.table, speech)
        titled = name or words.text("survey.scenario_name", speech)
        saved = surveyed.save(inputs, found, target, name=titled, takes_contradicting=contradicting)
        for note in saved.notes:
            say(note.line(speech))
        counts = {"added": saved.added, "removed": saved.removed}
        say(words.text("survey.saved", speech, file=str(target), **counts))
        if target.suffix.lower() == ".toml":
            say(words.text("survey.next_scenario", speech, file=str(target)))
        else:
            say(words.text("survey.next_network", speech, file=target.name))


def _matched(
    files: Sequence[Path], area: Path | None, surveyed_on: str | None, lang: Lang, *, allow_outside: bool
) -> tuple[Inputs, Matched]:
    """Return the area's inputs and the survey held against them; findings are said."""
    from circles import load_area  # noqa: PLC0415 - as above
    from circles.analysis import surveyed  # noqa: PLC0415
    from circles.inputs.guards.child import reading  # noqa: PLC0415
    from circles.inputs.loading import load  # noqa: PLC0415
    from circles.inputs.survey import read_survey  # noqa: PLC0415

    day = _day(surveyed_on)
    with progress(lang) as report, reading():
        report("load")
        loaded: Area = load_area(area, allow_outside=allow_outside)
        inputs = load(loaded)
        report("survey")
        lines, notes = read_survey(files, loaded, surveyed.named_places(inputs), day=day)
        found = surveyed.match(inputs, lines)
    for note in (*notes, *found.findings):
        say(note.line(lang))
    return inputs, found


def _day(text: str | None) -> dt.date | None:
    from circles.foundation import errors  # noqa: PLC0415 - as above
    from circles.foundation.dates import as_date  # noqa: PLC0415

    day = None if text is None else as_date(text)
    if text is not None and day is None:
        raise errors.CallError(errors.error("survey-date", "--surveyed-on", value=text))
    return day


def _as_csv(table: gpd.GeoDataFrame) -> pd.DataFrame:
    plain: pd.DataFrame = table.to_wkt()
    return plain.rename(columns={"geometry": "wkt"})


def _print(table: gpd.GeoDataFrame, lang: Lang) -> None:
    """Print one line per piece, and how many there are of each state."""

    def said(key: str) -> str:
        return words.text(f"survey.{key}", lang)

    def metres(value: float) -> str:
        return said("no_way") if value == float("inf") else "–" if value != value else f"{value:.0f}"  # noqa: PLR0124 - NaN

    heads = [
        said(f"col_{key}") for key in ("file", "row", "name", "state", "why", "length", "network", "off", "streets")
    ]
    rows = [heads]
    for row in table.to_dict("records"):
        streets = row["street_ids"].replace(";", " ")
        rows.append(
            [
                row["file"][-_LONGEST:], f"{row['row']}.{row['part']}", (row["name"] or row["id"])[:_LONGEST],
                said(f"state_{row['state']}"), said(f"why_{row['why']}"), metres(row["length_m"]),
                metres(row["network_m"]), metres(row["off_m"]), streets if len(streets) <= _LONGEST else streets[:_LONGEST] + "…",
            ]
        )  # fmt: skip
    out(aligned(rows))
    counted: Callable[[str], int] = lambda state: int(table["state"].eq(state).sum())  # noqa: E731
    counts = {state: counted(state) for state in ("agree", "new", "contradict", "apart")}
    metres_new = float(table.loc[table["state"].eq("new"), "length_m"].sum())
    out(words.text("survey.summary", lang, metres=f"{metres_new:.0f}", **counts))
