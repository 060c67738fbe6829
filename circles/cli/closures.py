"""``circles closures``: who drops out when one facility, bridge or road is gone."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from circles.cli.console import LangOption, aligned, out, progress, reporting, say, spoken
from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.foundation.words import Lang

if TYPE_CHECKING:
    import pandas as pd

    from circles.area import Area

_LONGEST = 40


class _Kind(StrEnum):
    """What is removed."""

    FACILITY = "facility"
    BRIDGE = "bridge"
    ROAD = "road"


def closures(
    area: Annotated[Path | None, typer.Argument(metavar="AREA.toml", help=words.text("cli.help_area", "zh"))] = None,
    kind: Annotated[
        list[_Kind] | None,
        typer.Option("--kind", help=words.text("closures.help_kind", "zh")),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", metavar="FILE|DIR", help=words.text("closures.help_scenario", "zh"))
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help=words.text("closures.help_top", "zh"))] = 20,
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help=words.text("closures.help_out", "zh"))
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help=words.text("cli.help_format", "zh"))
    ] = "table",
    allow_outside: Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Remove each facility, bridge and road in turn and rank them by the people who drop out."""
    speech = spoken(lang)
    with reporting(speech):
        from circles import load_area  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.analysis import scenario as room  # noqa: PLC0415
        from circles.inputs.loading import load  # noqa: PLC0415
        from circles.outputs import files  # noqa: PLC0415

        if file is not None and not file.absolute().parent.is_dir():
            raise CallError(errors.error("out-no-parent", str(file), path=str(file.parent)))
        loaded = load_area(area, allow_outside=allow_outside)
        what = room.load_scenario(scenario, loaded) if scenario else None
        with progress(speech) as report:
            report("load")
            inputs = load(loaded)
            inputs = room.apply(inputs, what) if what else inputs
            report("closures")
            table = room.closures(inputs, kinds=[item.value for item in kind or _Kind])
        if file is not None:
            files.write_csv(table, file)
        if form == "csv":
            out(files.csv_text(table).rstrip("\n"))
        elif form == "json":
            out(json.dumps(json.loads(table.to_json(orient="records")), ensure_ascii=False, indent=2))
        else:
            _print(table, inputs.area, speech, top=top)
        if file is not None:
            say(words.text("closures.written", speech, file=str(file)))


def _print(table: pd.DataFrame, area: Area, lang: Lang, *, top: int) -> None:
    """Print the things that matter most: people who lose each kind of service, and the township that loses most."""
    from circles.analysis.compare import amount  # noqa: PLC0415

    everyone = table[table["group"] == "population"]
    whole = everyone[everyone["township_code"] == "ALL"]
    ranked = whole[whole["category"] == "any"]
    matter = ranked[ranked["lost"] > 0]
    unit = words.text("compare.points" if area.counts_points else "compare.people", lang)
    counts = {"count": table.attrs.get("tested", len(ranked)), "matter": len(matter)}
    out(words.text("closures.head", lang, limit=f"{area.walk.limit_min:g}", unit=unit, **counts))
    if matter.empty:
        out(words.text("closures.none", lang))
        return
    heads = [words.text(f"closures.col_{name}", lang) for name in ("rank", "kind", "thing", "any")]
    rows = [[*heads, *(c.title for c in area.categories), words.text("closures.col_where", lang)]]
    for rank, thing, id_, name, people in matter.head(top)[["rank", "kind", "id", "name", "lost"]].to_numpy().tolist():
        own: dict[str, float] = whole[whole["rank"] == rank].set_index("category")["lost"].to_dict()
        towns = everyone[(everyone["rank"] == rank) & (everyone["township_code"] != "ALL")]
        worst = towns[towns["category"] == "any"].sort_values("lost", ascending=False, kind="stable")["township"]
        lost = [amount(own.get(c.id, 0.0)) if own.get(c.id, 0.0) else "·" for c in area.categories]
        named = str(name) or words.text("closures.street", lang, ids=id_)
        rows.append(
            [str(rank), words.text(f"closures.kind_{thing}", lang), named[:_LONGEST], amount(people), *lost,
             str(worst.iloc[0])]
        )  # fmt: skip
    out(aligned(rows))
    if area.demonstration:
        out(words.text("cli.demonstration", lang))
    if len(matter) > top:
        say(words.text("closures.more", lang, count=len(matter) - top))
