"""What to go back to when a ledger's file is damaged: the last export that is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from circles.foundation import errors
from circles.foundation.errors import Finding, PlanError
from circles.plan import database, exchange, heads

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

USUAL_EXPORT = Path("plan-export") / "ledger.json"
"""Where ``circles plan export`` writes by default."""


def last_export(ledger: Path) -> tuple[Path, int] | None:
    """Return the export of a SQLite ledger that is whole and has most rows, and how many; None if there is none."""
    noted = heads.read_noted(Path(f"{ledger}.heads"))
    named = [Path(path) for _, path in noted.exports] if noted else []
    found: tuple[Path, int] | None = None
    for file in dict.fromkeys([*reversed(named[-20:]), ledger.parent / USUAL_EXPORT]):
        try:
            count = len(exchange.read_export(file))
        except PlanError:
            continue
        if count and (found is None or count > found[1]):
            found = file, count
    return found


def with_last_export(error: PlanError, url: URL) -> PlanError:
    """Return an error about a damaged ledger with the last good export in its remedy; any other as it is."""
    if url.get_backend_name() != "sqlite" or error.findings[0].code != "ledger-damaged":
        return error
    found = last_export(Path(url.database or ""))
    if found is None:
        return error
    first = error.findings[0]
    values = {**first.values, "export": str(found[0]), "count": found[1]}
    return PlanError(Finding(first.severity, "ledger-damaged-export", first.table, values=values))


def last_export_note(engine: Engine) -> list[Finding]:
    """Return, as a finding, which export to go back to; nothing if there is none."""
    file = database.heads_file(engine)
    found = last_export(file.with_suffix("")) if file is not None else None
    return [] if found is None else [errors.info("ledger-last-export", value=str(found[0]), count=found[1])]
