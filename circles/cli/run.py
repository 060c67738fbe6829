"""``circles run``, ``check`` and ``network``: one thin command per stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from circles.cli.console import EXIT_STRICT, LangOption, out, progress, reporting, say, spoken
from circles.foundation import words
from circles.foundation.errors import AreaError
from circles.inputs.guards.child import reading

AreaFile = Annotated[Path | None, typer.Argument(metavar="AREA.toml", help=words.text("cli.help_area", "zh"))]
Outside = Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))]
Strict = Annotated[bool, typer.Option("--strict", help=words.text("cli.help_strict", "zh"))]
ScenarioFile = Annotated[
    Path | None, typer.Option("--scenario", metavar="FILE|DIR", help=words.text("scenario.help_scenario", "zh"))
]
Format = Literal["table", "csv", "json"]


_STEPS = (
    "load",
    "scenario",
    "reach",
    "coverage",
    "check",
    "full",
    "sure",
    "gaps",
    "draw",
    "map",
    "files",
    "documents",
    "pdf",
)


def run(
    area: AreaFile = None,
    folder: Annotated[Path | None, typer.Option("--out", metavar="DIR", help=words.text("cli.help_out", "zh"))] = None,
    scenario: ScenarioFile = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help=words.text("cli.help_at", "zh"))] = None,
    strict: Strict = False,
    full: Annotated[bool, typer.Option("--full", help=words.text("cli.help_full", "zh"))] = False,
    sure: Annotated[int | None, typer.Option("--sure", metavar="N", help=words.text("cli.help_sure", "zh"))] = None,
    is_printed: Annotated[bool, typer.Option("--pdf", help=words.text("cli.help_pdf", "zh"))] = False,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Analyse an area and write the map, the tables and the documents."""
    speech = spoken(lang)
    from circles.outputs import documents  # noqa: PLC0415 - help and mistyped options answer at once
    from circles.outputs.clerk import Clerk  # noqa: PLC0415

    with reporting(speech), Clerk(*documents.LIBRARIES) as clerk, reading() as reader:
        import circles  # noqa: PLC0415
        from circles.cli.verdicts import verdicts_text  # noqa: PLC0415
        from circles.outputs import folder as folders  # noqa: PLC0415
        from circles.outputs import pdf, sureness  # noqa: PLC0415
        from circles.outputs.stated import stated  # noqa: PLC0415
        from circles.outputs.text import known_of  # noqa: PLC0415

        if sure is not None:
            from circles.analysis.certainty import checked  # noqa: PLC0415

            checked(sure)
        browser = pdf.find_browser() if is_printed else None
        loaded = circles.load_area(area, allow_outside=allow_outside)
        reader.load_for(name for _, name in circles.area.data_names(loaded))
        loaded = loaded if at is None else loaded.leaving(at)
        what = circles.load_scenario(scenario, loaded) if scenario else None
        target = folder or Path("maps") / (f"{loaded.id}-{what.id}" if what else loaded.id)
        folders.check(target, makes_parents=True)
        kept = target.with_name(f".{target.name}.sure") if sure is not None else None
        asked = {"scenario": what is not None, "full": full, "sure": sure is not None, "pdf": is_printed}
        with progress(speech, [name for name in _STEPS if asked.get(name, True)]) as report:
            result = circles.analyse(
                loaded, scenario=what, lang=speech, is_full=full, sure=sure, sure_kept=kept, progress=report
            )
            result.save(target, progress=report, browser=browser, clerk=clerk)
        if kept is not None:
            kept.unlink(missing_ok=True)
        out(verdicts_text(stated(result, speech), limit_min=loaded.walk.limit_min))
        if len(result.certainty):
            out(sureness.lines(result, speech))
        if what is not None:
            from circles.cli.changes import changed  # noqa: PLC0415

            out(changed(result, what, speech))
        if loaded.demonstration:
            out(words.text("cli.demonstration", speech))
        out(known_of(result.provenance, speech))
        counts = result.findings["severity"].value_counts()
        say(
            words.text("cli.findings", speech, warnings=int(counts.get("warning", 0)), notes=int(counts.get("info", 0)))
        )
        say(words.text("cli.written", speech, map=str(target / "index.html"), folder=str(target)))
        if strict and result.check["verdict"].eq("not_met").any():
            raise SystemExit(EXIT_STRICT)


def check(
    area: AreaFile = None,
    form: Annotated[Format, typer.Option("--format", help=words.text("cli.help_format", "zh"))] = "table",
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help=words.text("cli.help_rules", "zh"))
    ] = None,
    strict: Strict = False,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Print only the verdicts."""
    speech = spoken(lang)
    with reporting(speech), reading() as reader:
        import circles  # noqa: PLC0415
        from circles.analysis.access import walks_of  # noqa: PLC0415
        from circles.analysis.verdicts import clause_doubts, problems  # noqa: PLC0415
        from circles.analysis.verdicts.clauses import Clauses  # noqa: PLC0415
        from circles.cli.verdicts import verdicts_text  # noqa: PLC0415
        from circles.inputs.loading import load  # noqa: PLC0415
        from circles.outputs.stated import stated  # noqa: PLC0415
        from circles.pipeline.judging import judgement  # noqa: PLC0415

        loaded = circles.load_area(area, allow_outside=allow_outside, rules_file=rules)
        if wrong := problems(loaded):
            raise AreaError(wrong)
        reader.load_for(name for _, name in circles.area.data_names(loaded))
        with progress(speech) as report:
            report("load")
            inputs = load(loaded)
            report("check")
            walks = walks_of(inputs)
            found = judgement(inputs, walks)
        verdicts = found.check
        for item in clause_doubts(loaded, Clauses(inputs, walks), inputs.townships):
            say(item.line(speech))
        if form == "table":
            out(verdicts_text(stated(found, speech), limit_min=loaded.walk.limit_min))
        elif form == "csv":
            from circles.outputs.files import csv_text  # noqa: PLC0415

            out(csv_text(verdicts).rstrip("\n"))
        else:
            out(json.dumps(json.loads(verdicts.to_json(orient="records")), ensure_ascii=False, indent=2))
        if loaded.demonstration:  # below the table; beside data that a program reads
            (out if form == "table" else say)(words.text("cli.demonstration", speech))
        if strict and verdicts["verdict"].eq("not_met").any():
            raise SystemExit(EXIT_STRICT)


def network(
    area: Annotated[Path, typer.Argument(metavar="AREA.toml", help=words.text("cli.help_area_own", "zh"))],
    file: Annotated[Path, typer.Option("--out", metavar="FILE.gpkg", help=words.text("cli.help_network_out", "zh"))],
    *,
    node_crossings: Annotated[
        bool, typer.Option("--node-crossings", help=words.text("cli.help_network_crossings", "zh"))
    ] = False,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Read or download the walking network once and keep it."""
    speech = spoken(lang)
    with reporting(speech), reading() as reader:
        import circles  # noqa: PLC0415
        from circles.pipeline import keep_network  # noqa: PLC0415

        loaded = circles.load_area(area, allow_outside=allow_outside)
        reader.load_for(name for _, name in circles.area.data_names(loaded))
        with progress(speech) as report:
            report("network")
            count, made = keep_network(loaded, file, node_crossings=node_crossings)
        if node_crossings:
            say(words.text("cli.network_noded", speech, count=made))
        say(words.text("cli.network_kept", speech, count=count, file=str(file)))
