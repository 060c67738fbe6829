"""``circles months``: runs kept by date, and all of them on one page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from circles.cli.console import LangOption, out, progress, reporting, say, spoken
from circles.cli.spoken import SpokenGroup
from circles.foundation import words
from circles.foundation.words import Lang

if TYPE_CHECKING:
    from circles.analysis.months import Month
    from circles.outputs.months.payload import Measured
    from circles.plan.indicators import Plan

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
_PAGE = "months.html"


def _help(name: str) -> str:
    return words.text(f"months.help_{name}", "zh")


Folder = Annotated[Path, typer.Option("--in", metavar="DIR", help=_help("in"))]
PlanFile = Annotated[Path | None, typer.Option("--plan", metavar="PLAN.toml", help=_help("plan"))]


@app.command(help=_help("add"))
def add(
    run: Annotated[Path, typer.Argument(metavar="RUN", help=_help("run"))],
    folder: Folder = Path("months"),
    *,
    any_parameters: Annotated[bool, typer.Option("--any-parameters", help=_help("any"))] = False,
    replaces: Annotated[bool, typer.Option("--replace", help=_help("replace"))] = False,
    plan: PlanFile = None,
    lang: LangOption = "zh",
) -> None:
    """Keep a run under the date of its data."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.analysis import compare, months  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.outputs.months import keeping  # noqa: PLC0415

        with progress(speech) as report:
            report("read")
            book = months.read_book(folder)
            month = months.month_of(run, computed={} if plan is None else _computed(plan, run))
            for doubt in compare.changed_files(run, month.state):
                say(doubt.line(speech))
            month = months.admitted(month, book, any_parameters=any_parameters, replaces=replaces)
            keeping.keep(month, folder, book)
        kept = months.read_book(folder)
        for name, before, after in month.differs:
            say(words.text("months.differs", speech, name=name, before=before, after=after))
        n = 0 if kept is None else len(kept.months)
        out(words.text("months.added", speech, day=month.as_of.isoformat(), n=n, folder=str(folder)))


@app.command(help=_help("report"))
def report(
    folder: Folder = Path("months"),
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE.html", help=_help("out"))] = None,
    *,
    plan: PlanFile = None,
    ledger: Annotated[str | None, typer.Option("--ledger", help=_help("ledger"))] = None,
    lang: LangOption = "zh",
) -> None:
    """Write all months that are kept as one page."""
    speech = spoken(lang)
    with reporting(speech):
        from circles.analysis import months  # noqa: PLC0415 - as above
        from circles.foundation import errors  # noqa: PLC0415
        from circles.outputs.months import page  # noqa: PLC0415

        book = months.read_book(folder)
        if book is None:
            raise errors.CallError(errors.error("months-none", str(folder), value=str(folder)))
        measured = [] if plan is None and ledger is None else _measured(plan, ledger, book.months, speech)
        target = folder / _PAGE if file is None else file
        page.write(book, target, measured=measured, lang=speech)
        out(words.text("months.written", speech, file=str(target)))


def _computed(plan: Path, run: Path) -> dict[str, float]:
    """Return the figures of the plan that the map computes on a run."""
    from circles.plan import computed  # noqa: PLC0415 - geographic libraries, slow to load and needed only here
    from circles.plan.reading import load_plan  # noqa: PLC0415

    found = computed.compute(load_plan(plan), computed.Run(run))
    return {item.id: float(item.value) for item in found if item.value is not None}


def _measured(plan: Path | None, ledger: str | None, months: Iterable[Month], lang: Lang) -> list[Measured]:
    """Return, of every measure of which there is anything, what units reported and what the map computed."""
    from circles.outputs.months.payload import Measured  # noqa: PLC0415 - as above
    from circles.plan import forms  # noqa: PLC0415
    from circles.plan.reading import load_plan  # noqa: PLC0415

    data = load_plan(plan)
    kept = list(months)
    said = {} if ledger is None else _reported(data, ledger, kept[-1], lang)
    found = []
    for name, measure in data.measures.items():
        own = [month.computed.get(name) for month in kept]
        series = said.get(name, ())
        if series or any(value is not None for value in own):
            shown = tuple(None if value is None else f"{value:.10g}" for value in own)
            target = forms.target_text(measure, lang)
            found.append(Measured(f"{forms.full_name(measure)} ({measure.unit})", target, tuple(series), shown))
    return found


def _reported(plan: Plan, ledger: str, last: Month, lang: Lang) -> dict[str, list[tuple[str, str]]]:
    """Return the reported figures in force on the last month's date: period and value of each."""
    from circles.cli.plan_shared import opened  # noqa: PLC0415 - as above
    from circles.plan import forms  # noqa: PLC0415
    from circles.plan.figures import AsOf, read_known  # noqa: PLC0415

    with opened(ledger, lang, create=False) as book:
        known = read_known(book, plan, AsOf(last.as_of))
    return {
        name: [(figure.period.text, forms.value_text(plan.measures[name], figure.value, lang)) for figure in series]
        for name, series in known.reported.items()
        if name in plan.measures
    }
