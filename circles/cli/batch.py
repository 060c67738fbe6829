"""``circles batch``: many areas on Dask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from circles.cli.console import EXIT_INPUT, LangOption, out, reporting, say, spoken
from circles.foundation import words
from circles.foundation.words import Lang

EXIT_FAILED = 3


def batch(
    regions: Annotated[Path, typer.Argument(metavar="REGIONS.toml", help=words.text("batch.help_regions", "zh"))],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help=words.text("batch.help_out", "zh"))],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=1024, help=words.text("batch.help_workers", "zh"))
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help=words.text("batch.help_scheduler", "zh"))
    ] = None,
    full: Annotated[bool, typer.Option("--full", help=words.text("cli.help_full", "zh"))] = False,
    allow_outside: Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))] = False,
    lang: LangOption = "zh",
) -> None:
    """Run the analysis of many areas and put their tables together."""
    speech = spoken(lang)
    with reporting(speech):
        if workers is not None and scheduler is not None:
            say(words.text("batch.scheduler_and_workers", speech))
            raise SystemExit(EXIT_INPUT)
        from circles.batch import load_regions, run_batch  # noqa: PLC0415 - Dask is asked for only here

        planned = load_regions(regions, allow_outside=allow_outside)
        with _progress(speech) as report:
            summary = run_batch(
                planned, folder, workers=workers, scheduler=scheduler, lang=speech, is_full=full, report=report
            )
        out(_counts(summary.out, speech))
        if summary.skipped:
            say(words.text("batch.skipped", speech, count=len(summary.skipped)))
        for doubt in (item for item in summary.findings if item.severity != "info"):
            say(doubt.line(speech))
        for item in summary.failed:
            say(words.text("batch.region_failed", speech, code=item.code, name=item.name, error=item.error))
        say(words.text("batch.written", speech, page=str(folder / "index.html"), folder=str(folder)))
        if summary.failed:
            say(words.text("batch.some_failed", speech, count=len(summary.failed)))
            raise SystemExit(EXIT_FAILED)


def _counts(folder: Path, lang: Lang) -> str:
    """Return one line per region: code, name and overall verdicts of its townships, in the words of its statement."""
    import pandas as pd  # noqa: PLC0415

    from circles.batch.publish import record  # noqa: PLC0415

    regions = pd.read_csv(folder / "regions.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    lines = []
    for code, name, state in regions[["region_code", "region", "status"]].itertuples(index=False):
        if state == "left_out":
            continue
        said = Counter(town["said"] for town in record(folder, code)["statement"]["towns"]) if state == "done" else {}
        counts = [f"{word} {n}" for word, n in sorted(said.items())]
        lines.append("  ".join([code, name, *(counts or [words.text("batch.failed", lang)])]))
    return "\n".join(lines)


@contextmanager
def _progress(lang: Lang) -> Iterator[Callable[[str, str, str], None]]:
    """Yield the callback for a batch's progress: a bar with every running region and its stage, on a terminal only."""
    from rich.console import Console  # noqa: PLC0415 - other commands need not wait for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words.text("batch.working", lang), total=None)
        at_work: dict[str, str] = {}

        def report(what: str, code: str, detail: str) -> None:
            if what == "dashboard":
                key = "batch.dashboard_without_pages" if code == "no-bokeh" else "batch.dashboard"
                console.print(words.text(key, lang, address=detail), markup=False, highlight=False, soft_wrap=True)
            elif what == "cut":
                stage = words.text(f"batch.stage_{detail}", lang) if detail else ""
                bar.update(task, description=f"{words.text('batch.cutting', lang)} {stage}")
            elif what == "total":
                bar.update(task, total=int(detail), description=words.text("batch.working", lang))
            elif what == "stage":
                at_work[code] = words.text(
                    f"batch.stage_{detail}" if detail == "tables" else f"cli.stage_{detail}", lang
                )
            elif what in ("done", "failed", "skipped"):
                at_work.pop(code, None)
                bar.update(task, advance=1)
            elif what == "lost" and console.is_terminal:
                at_work.pop(code, None)
                console.print(words.text("batch.retrying", lang, code=code, status=detail or "–"), markup=False)
            if at_work:
                shown = " · ".join(f"{name} {stage}" for name, stage in sorted(at_work.items()))
                bar.update(task, description=shown[:100].replace("[", "("))

        yield report
