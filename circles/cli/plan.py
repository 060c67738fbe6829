"""``circles plan …``: the plan's ledger. Thin commands; everything they say comes from the word catalogue."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circles.cli.console import LangOption
from circles.cli.plan_entries import action_app, entry_app
from circles.cli.plan_forms import form_app
from circles.cli.plan_people import people_app
from circles.cli.plan_reviews import missing_app, review_app
from circles.cli.plan_shared import (
    LEDGER,
    AsOfOption,
    FormatOption,
    KnownOption,
    LedgerOption,
    PlanOption,
    SeqOption,
    errors_shown,
    field_of,
    measure_id,
    opened,
    print_table,
    read_as_of,
    read_day,
    say,
    today,
    unit_of,
)  # fmt: skip
from circles.cli.spoken import SpokenGroup
from circles.foundation import errors, words
from circles.foundation.errors import CallError
from circles.foundation.file_names import bearable
from circles.outputs.plan_papers.files import whole_folder, write_whole
from circles.plan import exchange, figures, missing, papers, view
from circles.plan.chain import Topic
from circles.plan.heads import read_head
from circles.plan.ledger import opened as opened_alone
from circles.plan.papers import Meeting
from circles.plan.reading import load_plan, schema_text
from circles.plan.rules import Light
from circles.plan.status import status as status_of

if TYPE_CHECKING:
    from circles.foundation.words import Lang
    from circles.plan.indicators import Plan

plan_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
plan_app.add_typer(form_app)
plan_app.add_typer(entry_app)
plan_app.add_typer(review_app)
plan_app.add_typer(people_app)
plan_app.add_typer(action_app, name="action")
plan_app.add_typer(missing_app, name="missing")


@plan_app.command("status", help=words.text("plan.cli_help_status", "zh"))
def status(
    *,
    as_of: AsOfOption = None,
    known_on: KnownOption = None,
    up_to: SeqOption = None,
    unit: Annotated[str | None, typer.Option("--unit", help=words.text("plan.opt_unit", "zh"))] = None,
    field: Annotated[str | None, typer.Option("--field", help=words.text("plan.opt_field", "zh"))] = None,
    by: Annotated[str | None, typer.Option("--by", help="county | field | unit")] = None,
    format_: FormatOption = "table",
    strict: Annotated[bool, typer.Option("--strict", help=words.text("plan.opt_strict", "zh"))] = False,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show where every figure stands on a date."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        unit, field = unit_of(data, unit), field_of(data, field)
        at = read_as_of(data, as_of, known_on, up_to)
        with opened(ledger, language, create=False) as book:
            known = figures.read_known(book, data, at)
            items = status_of(book, data, at)
        chosen = [i for i in items if (not unit or i.measure.lead == unit) and (not field or i.measure.field == field)]
        if by and by not in {"county", "field", "unit"}:
            raise CallError(errors.error("plan-by", "--by", value=by))
        if by:
            _print_rollups([item for item in view.rollups(chosen) if item.by == by], data, format_, language)
        else:
            rows = view.status_rows(chosen, lang=language if format_ == "table" else None)
            print_table(rows, format_, language, key="col", narrow=_NARROW)
        if known.late:
            say("cli_late", language, count=known.late, day=at.day.isoformat())
        if strict and any(item.light is Light.RED for item in chosen):
            raise typer.Exit(1)


_NARROW = ("light", "no", "name", "value", "unit", "target", "period", "gap_points", "days_overdue", "lead")


def _print_rollups(items: list[view.Rollup], plan: Plan, format_: str, lang: Lang) -> None:
    rows: list[dict[Any, Any]] = [
        {
            "name": item.name or plan.plan.county,
            **{f"light_{light}": item.counts[light] for light in Light},
            "rollup_total": item.total,
            "rollup_on_track": item.on_track_pct,
        }
        for item in items
    ]
    print_table(rows, format_, lang, key="")


@plan_app.command("report", help=words.text("plan.cli_help_report", "zh"))
def report(
    *,
    as_of: AsOfOption = None,
    out: Annotated[Path, typer.Option("--out", help=words.text("plan.opt_out_report", "zh"))] = Path("plan-report"),
    since: Annotated[str | None, typer.Option("--since", help=words.text("plan.opt_since", "zh"))] = None,
    meeting: Annotated[
        Meeting | None, typer.Option("--meeting", help=words.text("plan.opt_meeting", "zh"), case_sensitive=False)
    ] = None,
    period: Annotated[str | None, typer.Option("--period", help="2024-W21 | 2024-05 | 2024-Q3 | 2024")] = None,
    map_link: Annotated[str, typer.Option("--map", help=words.text("plan.opt_map", "zh"))] = "",
    known_on: KnownOption = None,
    up_to: SeqOption = None,
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Write plan.html, plan.xlsx and plan.docx for the meetings."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        if meeting is not None:
            day = read_day(as_of, option="--as-of") if as_of else min(today(), data.last_day + dt.timedelta(days=31))
            _meeting_paper(data, ledger, out, papers.paper_of(data, meeting, day, period=period), up_to, language)
            return
        at = read_as_of(data, as_of, known_on, up_to)
        with opened(ledger, language, create=False) as book:
            found = view.build_view(book, data, at, since=read_day(since, option="--since") if since else None)
        from circles.outputs.plan_papers.book import write_book  # noqa: PLC0415 - the other commands need not wait for it
        from circles.outputs.plan_papers.brief import write_brief  # noqa: PLC0415 - as above
        from circles.outputs.plan_papers.page import write_page  # noqa: PLC0415 - as above

        with whole_folder(out) as folder:
            write_page(found, folder / "plan.html", lang=language, map_link=map_link)
            write_book(found, folder / "plan.xlsx", lang=language)
            write_brief(found, folder / "plan.docx", lang=language)
            write_whole(folder / exchange.MARK, _mark(found).encode("utf-8"))
        for name in ("plan.html", "plan.xlsx", "plan.docx"):
            typer.echo(str(out / name))
        if found.late:
            say("cli_late", language, count=found.late, day=at.day.isoformat())


def _meeting_paper(data: Plan, ledger: str, out: Path, paper: papers.Paper, up_to: int | None, lang: Lang) -> None:
    """Write the paper of one meeting into a folder of its own."""
    from circles.outputs.plan_papers.meeting import write_paper  # noqa: PLC0415 - the other commands need not wait for it

    at = replace(paper.as_of, up_to_seq=up_to)
    with opened(ledger, lang, create=False) as book:
        found = view.build_view(book, data, at, since=paper.since)
        items = missing.items(book.entries(topic=Topic.MISSING, up_to_seq=up_to), day=paper.written_on)
    name = f"{bearable(paper.title(data, lang))}.docx"
    with whole_folder(out) as folder:
        write_paper(found, paper, folder / name, items=tuple(items.values()), lang=lang)
        write_whole(folder / exchange.MARK, _mark(found).encode("utf-8"))
    typer.echo(str(out / name))


def _mark(found: view.PlanView) -> str:
    about = {
        "plan": found.plan.plan.id,
        "as_of": found.as_of.day.isoformat(),
        "known_on": found.as_of.known_on.isoformat() if found.as_of.known_on else None,
        "head": str(found.head),
        "lights": found.plan.lights.version,
        "scoring": found.plan.scoring.version,
    }
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


@plan_app.command("history", help=words.text("plan.cli_help_history", "zh"))
def history(
    *,
    name: Annotated[str, typer.Argument(metavar="ID", help=words.text("plan.arg_id", "zh"))],
    format_: FormatOption = "table",
    plan: PlanOption = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Show every figure ever given for a measure, by whom, on what evidence, and why it changed."""
    with errors_shown(lang) as language:
        data = load_plan(plan)
        measure = data.measures[measure_id(data, name)]
        with opened(ledger, language, create=False) as book:
            rows = book.entries(subject=measure.same_as or measure.id)
        table: list[dict[Any, Any]] = [
            {
                "col_seq": row.seq,
                "col_period": row.period,
                "col_value": row.number,
                "col_unit": row.unit,
                "history_status": words.text(f"plan.status_{row.status}", language),
                "history_basis": words.text(f"plan.history_basis_{row.basis}", language),
                "history_supersedes": row.supersedes,
                "change_reason": row.reason,
                "history_note": str(row.details.get("internal", "")),
                "history_evidence": row.evidence,
                "history_reporter": f"{row.organisation} {row.reporter}".strip(),
                "history_reported_on": row.reported_on,
                "history_time": row.recorded_at[:19],
            }
            for row in rows
        ]
        print_table(table, format_, language, key="")
        if not rows:
            say("history_none", language)


@plan_app.command("verify", help=words.text("plan.cli_help_verify", "zh"))
def verify(
    *,
    anchor: Annotated[list[str] | None, typer.Option("--anchor", help=words.text("plan.opt_anchor", "zh"))] = None,
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Check every row's hash, the guards, and the heads that are known from elsewhere."""
    with errors_shown(lang) as language:
        anchors = []
        for text in anchor or []:
            head = read_head(text)
            if head is None:
                raise CallError(errors.error("plan-anchor", "--anchor", value=text))
            anchors.append(head)
        with opened_alone(ledger, create=False) as book:
            found = book.verify(anchors=anchors)
            for item in found:
                typer.echo(item.line(language), err=True)
            if any(item.severity == "error" for item in found):
                raise typer.Exit(2)
            head = book.head()
        shown = words.text("plan.cli_head", language, seq=head.seq, hash=head.hash)
        typer.echo(words.text("plan.cli_verified", language, count=head.seq, head=shown))
        say("cli_limits", language)


@plan_app.command("export", help=words.text("plan.cli_help_export", "zh"))
def export(
    *,
    out: Annotated[Path, typer.Option("--out", help=words.text("plan.opt_out_export", "zh"))] = Path("plan-export"),
    ledger: LedgerOption = LEDGER,
    lang: LangOption = "zh",
) -> None:
    """Write the whole ledger as ledger.json and ledger.csv."""
    with errors_shown(lang) as language:
        with opened(ledger, language, create=False) as book:
            rows, head = book.entries(), book.head()
        with whole_folder(out) as folder:
            write_whole(folder / "ledger.json", exchange.to_json(rows).encode("utf-8"), private=True)
            write_whole(folder / "ledger.csv", exchange.to_csv(rows).encode("utf-8"), private=True)
            write_whole(folder / exchange.MARK, (json.dumps({"head": str(head)}) + "\n").encode("utf-8"))
        with opened_alone(ledger, create=False) as book:
            book.note_export(out / "ledger.json", head)
        shown = words.text("plan.cli_head", language, seq=head.seq, hash=head.hash)
        say("cli_exported", language, count=len(rows), path=str(out), head=shown)


@plan_app.command("schema", help=words.text("plan.cli_help_schema", "zh"))
def schema() -> None:
    """Print the JSON schema of a plan file."""
    typer.echo(schema_text(), nl=False)
