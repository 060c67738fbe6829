"""``circles plan template | import | drafts``: forms go out, come back, and what is wrong goes back again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circles.cli.console import LangOption
from circles.cli.plan_shared import (
    LEDGER,
    FormatOption,
    LedgerOption,
    PlanOption,
    errors_shown,
    expanded,
    opened,
    print_table,
    say,
    today,
    unit_of,
)
from circles.foundation import errors, words
from circles.foundation.errors import CallError, Finding, PlanError
from circles.plan import exchange, figures, forms
from circles.plan.chain import Topic
from circles.plan.figures import AsOf, Known
from circles.plan.pending import hold, pending
from circles.plan.reading import load_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from circles.foundation.words import Lang
    from circles.plan.chain import Entry
    from circles.plan.form_checks import Checked
    from circles.plan.indicators import Plan
    from circles.plan.ledger import Ledger
    from circles.plan.returned import Returned

form_app = typer.Typer()


@form_app.command("template", help=words.text("plan.cli_help_template", "zh"))
def template(
    *,
    unit: Annotated[str | None, typer.Option("--unit", help=words.text("plan.opt_unit", "zh"))] = None,
    month: Annotated[str | None, typer.Option("--month", help="2024-05")] = None,
    week: Annotated[str | None, typer.Option("--week", help="2024-W21")] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", help="2024-Q2")] = None,
    year: Annotated[str | None, typer.Option("--year", help="2024")] = None,
    out: Annotated[Path, typer.Option("--out", help=words.text("plan.opt_out_forms", "zh"))] = Path(),
    replace: Annotated[bool, typer.Option("--replace", help=words.text("plan.opt_replace", "zh"))] = False,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Write the form of one unit, or of every unit that reports, for one period."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        unit = unit_of(data, unit)
        shown = [text for text in (month, week, quarter, year) if text]
        if len(shown) != 1:
            raise CallError(errors.error("plan-one-period"))
        period = forms.plan_period(data, shown[0])
        reporting = [item.name for item in data.units if forms.asked_for(data, item.name, period)]
        known, kept = _known(data, ledger, AsOf(period.end, known_on=dt.date.max), language)
        single = out.suffix.lower() == ".xlsx"
        if single and unit is None:
            raise CallError(errors.error("plan-one-file", "--out", value=out.name))
        units = [unit] if unit else reporting
        named = [out if single else out / forms.file_name(forms.SHEET[language], name, period) for name in units]
        taken = [file for file in named if file.exists() and not replace]
        if taken:
            raise CallError([errors.error("plan-form-exists", file.name) for file in taken])
        (out.parent if single else out).mkdir(parents=True, exist_ok=True)
        from circles.outputs.plan_papers.form import write_form  # noqa: PLC0415 - the other commands need not wait for it

        for name, file in zip(units, named, strict=True):
            write_form(forms.build_form(data, known, unit=name, period=period.text, kept=kept), file, lang=language)
            typer.echo(str(file))
        say("cli_next_import", language, path=str(named[-1]))


def _known(plan: Plan, location: str, as_of: AsOf, lang: Lang) -> tuple[Known, Mapping[tuple[str, str], Entry]]:
    """Return the figures in force and the cells that are kept; none where there is no ledger yet."""
    if "://" not in location and not Path(location).exists():
        return Known(as_of, {}, {}, 0), {}
    with opened(location, lang, create=False) as book:
        return figures.read_known(book, plan, as_of), pending(book.entries())


@form_app.command("import", help=words.text("plan.cli_help_import", "zh"))
def import_(
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=words.text("plan.arg_files", "zh"))],
    unit: Annotated[str | None, typer.Option("--unit", help=words.text("plan.opt_unit", "zh"))] = None,
    month: Annotated[str | None, typer.Option("--month", help="2024-05")] = None,
    slips: Annotated[Path | None, typer.Option("--slips", help=words.text("plan.opt_slips", "zh"))] = None,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Check returned forms cell by cell: all become figures, or the good cells are kept and slips written; or restore an export."""
    with errors_shown(lang) as language:
        files = expanded(files)
        if len(files) == 1 and files[0].suffix.lower() in {".json", ".csv"}:
            rows = exchange.read_export(files[0])
            with opened(ledger, language) as book:
                head = book.restore(rows)
            say(
                "cli_restored",
                language,
                count=len(rows),
                head=words.text("plan.cli_head", language, seq=head.seq, hash=head.hash),
            )
            return
        from circles.plan.form_checks import check_forms  # noqa: PLC0415 - the other commands need not wait for it

        data = load_plan(plan)
        unit = unit_of(data, unit)
        returned, problems = _read(files)
        with opened(ledger, language) as book:
            history = book.entries(
                topic=Topic.OBSERVATION, ended_from=data.first_day.isoformat(), ended_to=data.last_day.isoformat()
            )
            checked = check_forms(data, history, returned, today=today(), unit=unit, period=month)
            problems += checked.findings
            for item in problems:
                typer.echo(item.line(language), err=True)
            if any(item.severity == "error" for item in problems):
                _send_back(book, data, returned, checked, slips, language)
                say("cli_errors", language, count=sum(item.severity == "error" for item in problems))
                raise typer.Exit(2)
            book.append(checked.drafts)
            head = book.head()
        last = max((item.reported_on for item in checked.drafts), default=today())
        shown = words.text("plan.cli_head", language, seq=head.seq, hash=head.hash)
        counts = {"files": len(files), "rows": len(checked.drafts), "unchanged": checked.unchanged}
        say("cli_imported", language, head=shown, **counts)
        say("cli_next_status", language, day=last.isoformat())


def _read(files: Sequence[Path]) -> tuple[list[Returned], list[Finding]]:
    """Read forms; files of one name in different folders are named with their folder."""
    from circles.plan.returned import read_form  # noqa: PLC0415 - the other commands need not wait for it

    names = Counter(file.name for file in set(files))
    returned: list[Returned] = []
    problems: list[Finding] = []
    for file in files:
        label = f"{file.parent.name}/{file.name}" if names[file.name] > 1 else file.name
        try:
            returned.append(read_form(file, label=label))
        except PlanError as e:
            problems += e.findings
    return returned, problems


def _send_back(
    book: Ledger, data: Plan, returned: Sequence[Returned], checked: Checked, slips: Path | None, lang: Lang
) -> None:
    """Keep the good cells as 暂存 and write a 退回单 for every form with which something is wrong."""
    from circles.outputs.plan_papers.form import write_form  # noqa: PLC0415 - the other commands need not wait for it
    from circles.plan.slips import slip_of  # noqa: PLC0415 - as above

    hold(book, checked.held)
    if checked.held:
        say("cli_held", lang, count=len(checked.held))
    known = figures.read_known(book, data, AsOf(data.last_day, known_on=dt.date.max))
    for form in {item.sha256: item for item in returned}.values():
        own = [item for item in checked.findings if item.severity == "error" and _is_of(item, form)]
        if not own:
            continue
        slip = slip_of(data, known, form, own)
        if slip is None:
            continue
        folder = slips or form.folder / words.text("plan.returned_name", lang)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = next(name for name in _free(folder, slip.form, lang) if not name.exists())
            write_form(slip.form, file, lang=lang, slip=slip)
        except (CallError, OSError) as e:
            detail = e.render(lang) if isinstance(e, CallError) else e.strerror or str(e)
            typer.echo(errors.error("plan-output-failed", value=str(folder), detail=detail).line(lang), err=True)
            continue
        typer.echo(str(file))


def _is_of(item: Finding, form: Returned) -> bool:
    return item.table == form.file or item.table.startswith(f"{form.file} {form.sheet}!")


def _free(folder: Path, form: forms.Form, lang: Lang) -> Iterator[Path]:
    """Yield names for a slip: an earlier slip may be the very file that is being filled in."""
    first = folder / forms.file_name(words.text("plan.returned_name", lang), form.unit, form.period)
    yield first
    for number in range(2, 10_000):
        yield first.with_stem(f"{first.stem}-{number}")


@form_app.command("drafts", help=words.text("plan.cli_help_drafts", "zh"))
def drafts(
    *,
    unit: Annotated[str | None, typer.Option("--unit", help=words.text("plan.opt_unit", "zh"))] = None,
    format_: FormatOption = "table",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show the good cells of forms that were sent back: kept, and no figures yet."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        unit = unit_of(data, unit)
        with opened(ledger, language, create=False) as book:
            kept = pending(book.entries())
        rows: list[dict[Any, Any]] = [
            {"col_id": row.subject, "col_name": forms.full_name(data.measures[row.subject]), "col_lead": row.organisation,
             "col_period": row.period, "col_value": row.number, "col_unit": row.unit, "history_reported_on": row.reported_on}
            for row in kept.values()
            if row.subject in data.measures and (unit is None or row.organisation == unit)
        ]  # fmt: skip
        print_table(rows, format_, language, key="")
