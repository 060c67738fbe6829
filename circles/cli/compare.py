"""``circles compare``: what changed between two runs, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from circles.cli.console import LangOption, out, progress, reporting, say, spoken
from circles.foundation import words


def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help=words.text("compare.help_before", "zh"))],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help=words.text("compare.help_after", "zh"))],
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=words.text("compare.help_out", "zh"))
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help=words.text("cli.help_format", "zh"))
    ] = "table",
    any_parameters: Annotated[
        bool, typer.Option("--any-parameters", help=words.text("compare.help_any", "zh"))
    ] = False,
    lang: LangOption = "zh",
) -> None:
    """Say what changed between two runs, per township and kind of service, and why."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.analysis import compare as room  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.cli.changes import changes_matrix  # noqa: PLC0415
        from circles.outputs import comparison, files  # noqa: PLC0415
        from circles.outputs import folder as folders  # noqa: PLC0415

        if folder is not None:
            folders.check(folder, makes_parents=True)
        with progress(speech) as report:
            report("read")
            states = room.read(before), room.read(after)
            for run, state in zip((before, after), states, strict=True):
                for doubt in room.changed_files(run, state):
                    say(doubt.line(speech))
            report("compare")
            found = room.compare(*states, any_parameters=any_parameters)
            reason = "" if folder is None else comparison.write(found, (before, after), folder, lang=speech)
        if form == "csv":
            out(files.csv_text(found.compare).rstrip("\n"))
        elif form == "json":
            rows = json.loads(found.compare.to_json(orient="records"))
            out(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            ids = {"before": states[0].run["run_id"], "after": states[1].run["run_id"]}
            out(words.text("compare.head", speech, unit=room.unit_of(states[1], speech), **ids))
            out(changes_matrix(found, speech))
            for line in room.sentences(found.compare, found.compare_rules, *states, speech):
                out(line)
            if states[1].run.get("demonstration"):
                out(words.text("cli.demonstration", speech))
        if reason:
            say(reason)
        if folder is not None:
            say(words.text("compare.written", speech, folder=str(folder)))
