"""暂存: the good cells of forms that were sent back. They are rows of the same chain, and no figures until the form is whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from circles.plan.chain import Status, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from circles.plan.chain import Draft, Entry
    from circles.plan.ledger import Ledger

REASON = "暂存"


def hold(ledger: Ledger, drafts: Sequence[Draft]) -> list[Entry]:
    """Keep good cells in the ledger; what is already kept with the same value is not written again."""
    if not drafts:
        return []
    kept = {(row.subject, row.period): row for row in ledger.entries(topic=Topic.DRAFT)}
    fresh = []
    for draft in drafts:
        before = kept.get((draft.subject, draft.period))
        if before is None:
            fresh.append(replace(draft, expects=None))
        elif before.number != draft.value:
            reason = draft.reason or REASON
            fresh.append(replace(draft, status=Status.CORRECTED, reason=reason, expects=before.seq))
    return ledger.append(fresh) if fresh else []


def pending(rows: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    """Return the cells that are kept and have not become figures since, by measure and period; rows in order."""
    found: dict[tuple[str, str], Entry] = {}
    for row in rows:
        if row.topic == Topic.DRAFT:
            found[row.subject, row.period] = row
        elif row.topic == Topic.OBSERVATION:
            found.pop((row.subject, row.period), None)
    return found
