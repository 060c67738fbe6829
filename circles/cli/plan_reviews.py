"""``circles plan submit | check | accept | return`` and ``circles plan missing …``: who answers for what, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from circles.cli.console import LangOption
from circles.cli.plan_shared import (
    LEDGER,
    AsOfOption,
    FormatOption,
    LedgerOption,
    OnOption,
    PlanOption,
    errors_shown,
    opened,
    print_table,
    read_as_of,
    read_day,
    say,
)  # fmt: skip
from circles.cli.spoken import SpokenGroup
from circles.foundation import words
from circles.foundation.file_names import bearable
from circles.outputs.plan_papers.files import whole_folder, write_whole
from circles.plan import exchange, missing, review, view
from circles.plan.chain import Topic
from circles.plan.figures import AsOf
from circles.plan.reading import load_plan

review_app = typer.Typer()
missing_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, help=words.text("plan.cli_help_missing", "zh"))
UnitArgument = Annotated[str, typer.Argument(metavar="UNIT", help=words.text("plan.opt_unit", "zh"))]
PeriodOption = Annotated[str, typer.Option("--period", help="2024-05")]
ByOption = Annotated[str, typer.Option("--by", envvar="CIRCLES_USER", help=words.text("plan.opt_by_user", "zh"))]
ReasonOption = Annotated[str, typer.Option("--reason", help=words.text("plan.opt_reason", "zh"))]
ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help=words.text("plan.arg_item", "zh"))]


def _review(action: review.Action) -> Any:
    def command(
        *,
        unit: UnitArgument,
        period: PeriodOption,
        by: ByOption = "",
        reason: ReasonOption = "",
        on: OnOption = None,
        plan: PlanOption = None,
        ledger: LedgerOption = LEDGER,
        lang: LangOption = "zh",
    ) -> None:
        """Take one step of the review of a unit's figures of a period."""
        with errors_shown(lang) as language:
            data = load_plan(plan)
            with opened(ledger, language, create=False) as book:
                day = read_day(on, option="--on")
                found = review.take(book, data, action, unit=unit, period=period, by=by, reported_on=day, reason=reason)
            state = words.text(f"plan.review_{found.step}", language)
            say("cli_reviewed", language, unit=unit, period=period, state=state, seq=found.seq)

    return command


for _action in ("submit", "check", "accept", "return"):
    review_app.command(_action, help=words.text(f"plan.cli_help_{_action}", "zh"))(_review(_action))


@missing_app.command("import", help=words.text("plan.cli_help_missing_import", "zh"))
def missing_import(
    *,
    run: Annotated[Path, typer.Argument(help=words.text("plan.arg_run", "zh"))],
    by: ByOption = "",
    on: OnOption = None,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Take the items that a run finds missing; those that it no longer finds are to be confirmed."""
    with errors_shown(lang) as language:
        data, found = load_plan(plan), missing.read_run(run)
        with opened(ledger, language) as book:
            rows = missing.import_run(book, data, found, reported_on=read_day(on, option="--on"), reporter=by)
        say("cli_missing_imported", language, items=len(found.items), rows=len(rows))


@review_app.command("case", help=words.text("plan.cli_help_case", "zh"))
def case(
    *,
    item: ItemArgument,
    before: Annotated[Path, typer.Option("--before", help=words.text("plan.opt_case_before", "zh"))],
    after: Annotated[Path, typer.Option("--after", help=words.text("plan.opt_case_after", "zh"))],
    out: Annotated[Path, typer.Option("--out", help=words.text("plan.opt_out_report", "zh"))] = Path("plan-case"),
    on: OnOption = None,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Write an item that was mended as a paper of one page."""
    from circles.outputs.plan_papers.case import title, write_case  # noqa: PLC0415 - drawing is slow to import
    from circles.plan.case import build_case  # noqa: PLC0415 - so are maps
    from circles.plan.computed import Run  # noqa: PLC0415

    with errors_shown(lang) as language:
        data, day = load_plan(plan), read_day(on, option="--on")
        with opened(ledger, language, create=False) as book:
            found = build_case(book, item, before=Run(before), after=Run(after))
            state = view.build_view(book, data, AsOf(day))
        name = f"{bearable(title(found, language))}.docx"
        with whole_folder(out) as folder:
            write_case(found, state, folder / name, written_on=day, lang=language)
            write_whole(
                folder / exchange.MARK, (json.dumps({"item": item, "head": str(state.head)}) + "\n").encode("utf-8")
            )
        typer.echo(str(out / name))


@review_app.command("unclear", help=words.text("plan.cli_help_unclear", "zh"))
def unclear(
    *,
    as_of: AsOfOption = None,
    out: Annotated[Path, typer.Option("--out", help=words.text("plan.opt_out_report", "zh"))] = Path("plan-unclear"),
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Write what is to be settled in the plan's document as a working paper."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        at = read_as_of(data, as_of, None, None)
        with opened(ledger, language, create=False) as book:
            state = view.build_view(book, data, at)
        from circles.outputs.plan_papers.unclear import write_unclear  # noqa: PLC0415 - the other commands need not wait for it

        name = f"{words.text('plan.unclear_name', language)}.docx"
        with whole_folder(out) as folder:
            write_unclear(state, folder / name, written_on=at.day, lang=language)
            write_whole(
                folder / exchange.MARK,
                (json.dumps({"as_of": at.day.isoformat(), "head": str(state.head)}) + "\n").encode("utf-8"),
            )
        typer.echo(str(out / name))


@missing_app.command("list", help=words.text("plan.cli_help_missing_list", "zh"))
def missing_list(
    *,
    as_of: AsOfOption = None,
    format_: FormatOption = "table",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show every item with its state, its units and its deadline."""
    with errors_shown(lang) as language:
        at = read_as_of(load_plan(plan), as_of, None, None)
        with opened(ledger, language, create=False) as book:
            known = missing.items(book.entries(topic=Topic.MISSING), day=at.day)
        rows: list[dict[Any, Any]] = [
            {"id": item.id, "township": item.detail["township"], "category": item.detail["category"],
             "state": words.text(f"plan.missing_{item.state}", language), "since": item.since.isoformat(),
             "lead": item.detail["lead"], "support": item.detail["support"], "due": item.detail.get("due_bound", ""),
             "overdue": "yes" if item.is_overdue(at.day) else "", "people": item.detail["people_uncovered"],
             "met_by": "、".join(words.text(f"plan.met_by_{key}", language) for key in item.detail.get("met_by", []))}
            for item in known.values()
        ]  # fmt: skip
        print_table(rows, format_, language, key="missing_col")


def _step(action: Literal["assign", "extend", "apply", "close", "excuse"]) -> Any:
    def command(
        *,
        item: ItemArgument,
        by: ByOption = "",
        due: Annotated[str | None, typer.Option("--due", help="2024-12-31")] = None,
        evidence: Annotated[str, typer.Option("--evidence", help=words.text("plan.opt_evidence", "zh"))] = "",
        reason: ReasonOption = "",
        on: OnOption = None,
        plan: PlanOption = None,
        ledger: LedgerOption = LEDGER,
        lang: LangOption = "zh",
    ) -> None:
        """Take one step with an item."""
        with errors_shown(lang) as language:
            data = load_plan(plan)
            digest = exchange.file_hash(Path(evidence)) if evidence else ""
            with opened(ledger, language, create=False) as book:
                found = missing.step(
                    book, data, item, action, reported_on=read_day(on, option="--on"), reporter=by, reason=reason,
                    due=None if due is None else read_day(due, option="--due"),
                    evidence=Path(evidence).name if digest else evidence, evidence_sha256=digest,
                )  # fmt: skip
            say("cli_missing_step", language, id=found.id, state=words.text(f"plan.missing_{found.state}", language))

    return command


for _name in ("assign", "extend", "apply", "close", "excuse"):
    missing_app.command(_name, help=words.text(f"plan.cli_help_missing_{_name}", "zh"))(_step(_name))
