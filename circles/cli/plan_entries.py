"""``circles plan record | compute | lock | freeze | action``: what is put into the ledger without a form."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circles.cli.console import LangOption
from circles.cli.plan_shared import (
    LEDGER,
    AsOfOption,
    ByOption,
    FormatOption,
    LedgerOption,
    OnOption,
    PlanOption,
    errors_shown,
    measure_id,
    opened,
    print_table,
    read_as_of,
    read_day,
    say,
)  # fmt: skip
from circles.cli.spoken import SpokenGroup
from circles.foundation import errors, words
from circles.foundation.errors import CallError, PlanError
from circles.plan import exchange, forms, meetings, resources
from circles.plan.chain import Draft, Status, Topic
from circles.plan.ledger import Ledger
from circles.plan.plausible import Past
from circles.plan.reading import load_plan
from circles.plan.scoring import assess
from circles.plan.status import status as status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from circles.plan.indicators import Plan

entry_app = typer.Typer()
action_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, help=words.text("plan.cli_help_action", "zh"))


@entry_app.command("record", help=words.text("plan.cli_help_record", "zh"))
def record(
    *,
    name: Annotated[str, typer.Argument(metavar="ID", help=words.text("plan.arg_id", "zh"))],
    value: Annotated[str | None, typer.Argument(help=words.text("plan.arg_value", "zh"))] = None,
    period: Annotated[str, typer.Option("--period", help="2024-05")],
    correct: Annotated[str, typer.Option("--correct", help=words.text("plan.opt_correct", "zh"))] = "",
    withdraw: Annotated[str, typer.Option("--withdraw", help=words.text("plan.opt_withdraw", "zh"))] = "",
    confirmed: Annotated[str, typer.Option("--confirmed", help=words.text("plan.opt_confirmed", "zh"))] = "",
    internal: Annotated[str, typer.Option("--internal", help=words.text("plan.opt_internal", "zh"))] = "",
    outlook: Annotated[str, typer.Option("--outlook", help=words.text("plan.opt_outlook", "zh"))] = "",
    evidence: Annotated[str, typer.Option("--evidence", help=words.text("plan.opt_evidence", "zh"))] = "",
    on: OnOption = None,
    by: ByOption = "",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Put one figure, one correction or one withdrawal into the ledger."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        measure = data.measures[measure_id(data, name)]
        digest = exchange.file_hash(Path(evidence)) if evidence else ""
        about = forms.plan_period(data, period)
        number = None if withdraw else _number(value, data, measure.id)
        draft = Draft(
            subject=measure.same_as or measure.id,
            period=about.text,
            reported_on=read_day(on, option="--on"),
            value=number,
            unit=measure.unit,
            status=Status.WITHDRAWN if withdraw else Status.CORRECTED if correct else Status.REPORTED,
            plan=data.plan.id,
            evidence=Path(evidence).name if digest else evidence,
            evidence_sha256=digest,
            organisation=measure.lead,
            reporter=by,
            reason=withdraw or correct or confirmed,
            detail={name: text for name, text in (("outlook", outlook), ("internal", internal)) if text},
        )
        with opened(ledger, language) as book:
            if number is not None:
                past = Past(data, book.entries(subject=draft.subject, topic=Topic.OBSERVATION))
                asked = data.measures[draft.subject]
                problems = past.problems_at(asked, about, number, sure=bool(confirmed), place=book.name)
                if problems:
                    raise PlanError(problems)
            row = book.append([draft])[0]
        say("cli_recorded", language, seq=row.seq)


def _number(text: str | None, plan: Plan, name: str) -> Decimal:
    measure = plan.measures[name]
    try:
        value = Decimal(text or "")
    except InvalidOperation as e:
        raise CallError(errors.error("plan-bad-number", id=name, value=text or "")) from e
    low, high = measure.range or (Decimal(0), None)
    if not value.is_finite() or value < low or (high is not None and value > high):
        limits = f"{low} … {'' if high is None else high}".strip()
        raise CallError(errors.error("plan-value-range", id=name, value=text, limits=limits))
    return value


@entry_app.command("compute", help=words.text("plan.cli_help_compute", "zh"))
def compute(
    *,
    run: Annotated[Path, typer.Argument(help=words.text("plan.arg_run", "zh"))],
    month: Annotated[str | None, typer.Option("--month", help="2024-05")] = None,
    earlier: Annotated[Path | None, typer.Option("--earlier", help=words.text("plan.opt_earlier", "zh"))] = None,
    on: OnOption = None,
    format_: FormatOption = "table",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show what a run of the map gives for the plan; with --month, store it beside the reported figures."""
    from circles.plan import computed  # noqa: PLC0415 - geographic libraries, slow to load and needed only here

    with errors_shown(lang) as language:
        data = load_plan(plan)
        now, then = computed.Run(run), computed.Run(earlier) if earlier else None
        found = computed.compute(data, now, earlier=then)
        rows: list[dict[Any, Any]] = [
            {"col_id": item.id, "col_value": item.value, "col_unit": data.measures[item.id].unit,
             "col_name": forms.full_name(data.measures[item.id]), "col_why": item.why(language)}
            for item in found
        ]  # fmt: skip
        print_table(rows, format_, language, key="")
        if month is None:
            problem = computed.storable(now, then)
            if problem is not None:
                typer.echo(problem.line(language), err=True)
            return
        period = forms.plan_period(data, month).text
        with opened(ledger, language) as book:
            stored = computed.store(
                book, data, now, found, period=period, reported_on=read_day(on, option="--on"), earlier=then
            )
        say("cli_stored", language, count=len(stored))


@entry_app.command("resources", help=words.text("plan.cli_help_resources", "zh"))
def resources_(
    *,
    file: Annotated[Path, typer.Argument(metavar="CHECK.json", help=words.text("plan.arg_check", "zh"))],
    period: Annotated[str, typer.Option("--period", help="2024-Q3 | 2024-10")],
    on: OnOption = None,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Take 应报尽报 per department from ``circles register check --format json``."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        about, found = forms.plan_period(data, period), resources.read_check(file)
        with opened(ledger, language) as book:
            day = read_day(on, option="--on")
            value = resources.store(book, data, found, period=about.text, reported_on=day, file=file)
        urged = "、".join(f"{item.unit or '–'} {item.urged}" for item in found if item.urged) or "–"
        say("cli_resources", language, value=value, count=len(found), urged=urged)


@entry_app.command("lock", help=words.text("plan.cli_help_lock", "zh"))
def lock(
    *,
    month: Annotated[str, typer.Argument(help="2024-05")],
    on: OnOption = None,
    by: ByOption = "",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Lock a month after its meeting: from then on it takes corrections only."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        with opened(ledger, language, create=False) as book:
            meetings.lock_month(book, data, month=month, reported_on=read_day(on, option="--on"), reporter=by)
        say("cli_locked", language, month=month)


@entry_app.command("freeze", help=words.text("plan.cli_help_freeze", "zh"))
def freeze(
    *,
    as_of: AsOfOption = None,
    by: ByOption = "",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Store the yearly assessment as it stands on a date, and freeze the year."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        at = read_as_of(data, as_of, None, None)
        with opened(ledger, language, create=False) as book:
            result = assess(data, status_of(book, data, at))
            meetings.freeze_year(book, data, result, reported_on=at.day, reporter=by)
        say("cli_frozen", language, year=data.plan.year, points=result.total)


@action_app.command("open", help=words.text("plan.cli_help_action_open", "zh"))
def action_open(
    *,
    name: Annotated[str, typer.Argument(metavar="ID", help=words.text("plan.arg_id", "zh"))],
    problem: Annotated[str, typer.Option("--problem", help=words.text("plan.action_problem", "zh"))],
    unit: Annotated[str, typer.Option("--unit", help=words.text("plan.action_unit", "zh"))],
    due: Annotated[str, typer.Option("--due", help=words.text("plan.action_due", "zh"))],
    on: OnOption = None,
    by: ByOption = "",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Put an action on the list."""
    _act(
        lambda book, data: meetings.open_action(
            book, data, subject=measure_id(data, name), problem=problem, unit=unit, due=read_day(due, option="--due"),
            reported_on=read_day(on, option="--on"), reporter=by,
        ),
        plan, ledger, lang,
    )  # fmt: skip


@action_app.command("close", help=words.text("plan.cli_help_action_close", "zh"))
def action_close(
    *,
    name: Annotated[str, typer.Argument(metavar="A001")],
    note: Annotated[str, typer.Option("--note", help=words.text("plan.action_note", "zh"))],
    on: OnOption = None,
    by: ByOption = "",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Close an action (销号)."""
    _act(
        lambda book, _data: meetings.close_action(
            book, name, note=note, reported_on=read_day(on, option="--on"), reporter=by
        ),
        plan, ledger, lang,
    )  # fmt: skip


def _act(do: Callable[[Ledger, Plan], meetings.Action], plan: Path | None, ledger: str, lang: str) -> None:
    with errors_shown(lang) as language:
        data = load_plan(plan)
        with opened(ledger, language) as book:
            action = do(book, data)
        state = words.text("plan.action_closed" if action.closed_on else "plan.action_open", language)
        typer.echo(action.id)
        say("cli_action", language, id=action.id, state=state)


@action_app.command("list", help=words.text("plan.cli_help_action_list", "zh"))
def action_list(
    *,
    as_of: AsOfOption = None,
    format_: FormatOption = "table",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show the list of actions."""
    with errors_shown(lang) as language:
        at = read_as_of(load_plan(plan), as_of, None, None)
        with opened(ledger, language, create=False) as book:
            found = meetings.actions(book.entries(topic=Topic.ACTION), at)
        rows: list[dict[Any, Any]] = [
            {"id": item.id, "subject": item.subject, "problem": item.problem, "unit": item.unit,
             "due": item.due.isoformat(), "state": words.text(f"plan.action_{item.state(at.day)}", language), "note": item.note}
            for item in found
        ]  # fmt: skip
        print_table(rows, format_, language, key="action")
