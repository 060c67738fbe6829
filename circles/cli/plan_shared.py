"""What the commands of ``circles plan`` share: options, dates, messages, tables."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from circles.cli.console import spoken
from circles.foundation import errors, words
from circles.foundation.errors import CallError, CirclesError, PlanError
from circles.plan import exchange, meetings
from circles.plan.figures import AsOf
from circles.plan.ledger import Ledger, open_ledger
from circles.plan.recovery import last_export_note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from circles.foundation.words import Lang
    from circles.plan.indicators import Plan

PlanOption = Annotated[Path | None, typer.Option("--plan", help=words.text("plan.opt_plan", "zh"))]
LedgerOption = Annotated[
    str, typer.Option("--ledger", envvar="CIRCLES_LEDGER", help=words.text("plan.opt_ledger", "zh"))
]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help=words.text("plan.opt_as_of", "zh"))]
KnownOption = Annotated[str | None, typer.Option("--known-on", help=words.text("plan.opt_known_on", "zh"))]
SeqOption = Annotated[int | None, typer.Option("--up-to", help=words.text("plan.opt_up_to", "zh"))]
OnOption = Annotated[str | None, typer.Option("--on", help=words.text("plan.opt_on", "zh"))]
ByOption = Annotated[str, typer.Option("--by", help=words.text("plan.opt_by", "zh"))]
FormatOption = Annotated[str, typer.Option("--format", help="table | csv | json")]
LEDGER = "plan-ledger.sqlite"


@contextmanager
def errors_shown(lang: str) -> Iterator[Lang]:
    """Turn an error into its message on stderr and exit code 2."""
    language = spoken(lang)
    try:
        yield language
    except CirclesError as e:
        typer.echo(e.render(language), err=True)
        raise typer.Exit(2) from e
    except OSError as e:
        failed = errors.error("plan-output-failed", value=str(e.filename or ""), detail=e.strerror or str(e))
        typer.echo(failed.line(language), err=True)
        raise typer.Exit(2) from e


def unit_of(plan: Plan, unit: str | None) -> str | None:
    """Return the unit of an option.

    Raises
    ------
    CallError
        The plan has no such unit; the units are listed.
    """
    names = [item.name for item in plan.units]
    if unit is not None and unit not in names:
        raise CallError(errors.error("plan-unknown-unit", "--unit", value=unit[:80], valid=tuple(names)))
    return unit


def field_of(plan: Plan, field: str | None) -> str | None:
    """Return the field of an option.

    Raises
    ------
    CallError
        The plan has no such field; the fields are listed.
    """
    known = plan.plan.fields
    if field is not None and field not in known:
        raise CallError(errors.error("plan-unknown-field", "--field", value=field[:80], valid=tuple(known)))
    return field


def expanded(files: list[Path]) -> list[Path]:
    """Return files with patterns as ``*.xlsx`` replaced by what they match, where the shell did not.

    Raises
    ------
    CallError
        A pattern matches nothing.
    """
    found: list[Path] = []
    for file in files:
        if file.exists() or not any(sign in file.name for sign in "*?["):
            found.append(file)
            continue
        own = sorted(file.parent.glob(file.name))
        if not own:
            raise CallError(errors.error("form-no-match", file.name))
        found += own
    return found


@contextmanager
def opened(location: str, lang: Lang, *, create: bool = True) -> Iterator[Ledger]:
    """Open a ledger whose rows are an unbroken chain; what else is doubtful about it is said on stderr.

    Raises
    ------
    PlanError
        It cannot be opened, or rows were changed: nothing may be read from it then.
    """
    waiting = partial(say, "cli_waiting", lang)
    with closing(open_ledger(location, create=create, waiting=waiting)) as book:
        problems = book.contents_problems()
        if problems:
            raise PlanError([*book.findings, *problems, *last_export_note(book.engine)])
        for item in book.findings:
            typer.echo(item.line(lang), err=True)
        yield book


def say(key: str, lang: Lang, **values: Any) -> None:
    """Say something that is not data: on stderr."""
    typer.echo(words.text(f"plan.{key}", lang, **values), err=True)


def today() -> dt.date:
    """Return today, where the user is."""
    return dt.datetime.now().astimezone().date()


def read_day(text: str | None, *, option: str) -> dt.date:
    """Return the day given with an option; today if it is left out."""
    if text is None:
        return today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError as e:
        raise CallError(errors.error("plan-bad-date", option, value=text)) from e


def read_as_of(plan: Plan, as_of: str | None, known_on: str | None, up_to: int | None) -> AsOf:
    """Return the date to look from; by default today, or shortly after the plan's year."""
    day = read_day(as_of, option="--as-of") if as_of else min(today(), plan.last_day + dt.timedelta(days=31))
    return AsOf(day, None if known_on is None else read_day(known_on, option="--known-on"), up_to)


def measure_id(plan: Plan, name: str) -> str:
    """Return an id of the plan; a near miss is suggested, never taken."""
    if name not in plan.measures:
        raise PlanError(errors.error("plan-unknown-measure", id=name, value=name, valid=meetings.nearest(plan, name)))
    return name


def print_table(
    rows: list[dict[Any, Any]], format_: str, lang: Lang, *, key: str, narrow: tuple[str, ...] | None = None
) -> None:
    """Print rows as a table for people, or as CSV or JSON for programs."""
    if format_ == "json":
        plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    if format_ == "csv":
        _print_csv(rows)
        return
    if format_ != "table":
        raise CallError(errors.error("plan-format", "--format", value=format_))
    shown = list(narrow or rows[0].keys()) if rows else []
    table = Table(box=None, pad_edge=False)
    heads = words.catalogue("plan")
    for name in shown:
        entry = heads.get(f"{key}_{name}" if key else name) or heads.get(f"rollup_{name}") or {}
        table.add_column(entry.get(lang, str(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in shown))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200).print(table)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _print_csv(rows: list[dict[Any, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows[0].keys() if rows else [])
    for row in rows:
        writer.writerow([exchange.guarded(value) if isinstance(value, str) else value for value in row.values()])
