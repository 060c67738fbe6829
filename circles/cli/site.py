"""``circles site``: where so many new facilities should go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from circles.cli.console import LangOption, out, progress, reporting, say, spoken
from circles.foundation import words
from circles.foundation.words import Lang

if TYPE_CHECKING:
    import pandas as pd

    from circles.area import Area
    from circles.pipeline import Siting


def _help(name: str) -> str:
    return words.text(f"placement.help_{name}", "zh")


def site(
    area: Annotated[Path, typer.Argument(metavar="AREA.toml", help=words.text("cli.help_area_own", "zh"))],
    category: Annotated[str, typer.Option("--category", metavar="ID", help=_help("category"))],
    add: Annotated[int | None, typer.Option("--add", metavar="P", help=_help("add"))] = None,
    objective: Annotated[
        Literal["cover", "all", "mean", "worst"], typer.Option("--objective", help=_help("objective"))
    ] = "cover",
    folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help=_help("out"))] = None,
    group: Annotated[str, typer.Option("--group", metavar="COLUMN", help=_help("group"))] = "population",
    candidates: Annotated[
        str, typer.Option("--candidates", metavar="corners|places|FILE", help=_help("candidates"))
    ] = "corners",
    spacing_m: Annotated[float, typer.Option("--spacing-m", metavar="M", help=_help("spacing"))] = 100.0,
    in_gaps: Annotated[bool, typer.Option("--in-gaps", help=_help("in_gaps"))] = False,
    budget: Annotated[float | None, typer.Option("--budget", metavar="MONEY", help=_help("budget"))] = None,
    costs: Annotated[str | None, typer.Option("--costs", metavar="MONEY|FILE", help=_help("costs"))] = None,
    per_island: Annotated[bool, typer.Option("--per-island", help=_help("per_island"))] = False,
    per_township: Annotated[bool, typer.Option("--per-township", help=_help("per_township"))] = False,
    forbid: Annotated[list[str] | None, typer.Option("--forbid", metavar="ID,…", help=_help("forbid"))] = None,
    must: Annotated[list[str] | None, typer.Option("--must", metavar="ID,…", help=_help("must"))] = None,
    min_distance_m: Annotated[
        float | None, typer.Option("--min-distance-m", metavar="M", help=_help("min_distance"))
    ] = None,
    closable: Annotated[int, typer.Option("--closable", metavar="N", help=_help("closable"))] = 0,
    capacity: Annotated[float | None, typer.Option("--capacity", metavar="PLACES", help=_help("capacity"))] = None,
    combine_with: Annotated[
        str | None, typer.Option("--combine-with", metavar="ID[:COLUMN]", help=_help("combine_with"))
    ] = None,
    alternatives: Annotated[int, typer.Option("--alternatives", metavar="N", help=_help("alternatives"))] = 5,
    differ_m: Annotated[float | None, typer.Option("--differ-m", metavar="M", help=_help("differ"))] = None,
    time_limit_s: Annotated[float, typer.Option("--time-limit-s", metavar="S", help=_help("time_limit"))] = 60.0,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help=words.text("cli.help_format", "zh"))
    ] = "table",
    allow_outside: Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Say where so many new facilities of a category are best built, and what they bring."""
    speech = spoken(lang)
    with reporting(speech):
        import circles  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.outputs import folder as folders  # noqa: PLC0415
        from circles.pipeline import study  # noqa: PLC0415
        from circles.siting.study import Objective, Wish  # noqa: PLC0415

        loaded = circles.load_area(area, allow_outside=allow_outside)
        if folder is not None:
            folders.check(folder, makes_parents=True)
        other, _, other_group = (combine_with or "").partition(":")
        wish = Wish(
            category=category, add=add, objective=Objective(objective), group=group,
            candidates=candidates if candidates in ("corners", "places") else Path(candidates), spacing_m=spacing_m,
            only_in_gaps=in_gaps, budget=budget, costs=_costs(costs), per_island=per_island, per_township=per_township,
            forbid=_ids(forbid), must=_ids(must), min_distance_m=min_distance_m, closable=closable, capacity=capacity,
            combine_with=other or None, combine_group=other_group or "population", time_limit_s=time_limit_s,
            alternatives=alternatives, differ_m=differ_m,
        )  # fmt: skip
        with progress(speech) as report:
            found = study(loaded, wish, lang=speech, progress=report)
            if folder is not None:
                found.save(folder, progress=report)
        _say_doubts(found, loaded, speech)
        _print(found, form)
        if folder is not None:
            say(words.text("cli.written", speech, map=str(folder / "index.html"), folder=str(folder)))


def _ids(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())


def _costs(given: str | None) -> float | Path | None:
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        return Path(given)


def _say_doubts(found: Siting, area: Area, lang: Lang) -> None:
    """Say what the reader must know before the answer: doubts, and that rules look at another group."""
    if area.demonstration:
        say(words.text("cli.demonstration", lang))
    for item in found.findings:
        say(item.line(lang))
    wish = found.wish
    ruled = sorted({rule.group for rule in area.rules if rule.category == wish.category} - {wish.group})
    if ruled:
        say(words.text("placement.rules_count_others", lang, groups=", ".join(ruled), group=wish.group))
    if not found.is_complete:
        say(words.text("placement.incomplete", lang, seconds=f"{wish.time_limit_s:g}"))


def _print(found: Siting, form: str) -> None:
    if form == "csv":
        from circles.outputs.files import csv_text  # noqa: PLC0415 - only where it is wanted

        out(csv_text(found.sites).rstrip("\n"))
    elif form == "json":
        names = ("sites", "gain", "gain_by_township", "alternatives", "verdict_changes")
        tables = {name: _records(getattr(found, name)) for name in names}
        out(json.dumps({**found.run()["answer"], **tables}, ensure_ascii=False, indent=2))
    else:
        out(found.text())


def _records(frame: pd.DataFrame) -> list[object]:
    plain = frame.drop(columns="geometry", errors="ignore")
    records: list[object] = json.loads(plain.to_json(orient="records", force_ascii=False))
    return records
