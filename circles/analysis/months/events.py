"""What happened between two months: facilities that opened, closed, moved or changed their kind, and verdicts that turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from circles.analysis.compare import State, compare
from circles.analysis.months.book import Month

Kind = Literal["opened", "closed", "moved", "kind", "verdict"]


@dataclass(frozen=True)
class Event:
    """One thing that is otherwise than the month before.

    Attributes
    ----------
    id, name, category, township_code : of the facility; of a verdict the rule, '' , its kind and the township
    opened_on : ISO date as stated, '' where none is
    before, after : verdicts; '' of facilities
    why : of a verdict: rule, numbers or both
    """

    kind: Kind
    id: str
    name: str
    category: str
    township_code: str
    opened_on: str = ""
    before: str = ""
    after: str = ""
    why: str = ""


def events(before: Month, after: Month) -> list[Event]:
    """Return what happened, facilities first, by kind of event and id."""
    return [*of_facilities(_counted(before.state), _counted(after.state)), *_turned(before, after)]


def of_facilities(one: Mapping[str, Mapping[str, Any]], two: Mapping[str, Mapping[str, Any]]) -> list[Event]:
    """Return what happened to facilities, given as rows by id; one that moved and changed its kind did both."""
    found = []
    for id_ in sorted(one.keys() | two.keys()):
        old, new = one.get(id_), two.get(id_)
        row = new or old or {}
        about = (id_, str(row["name"]), str(row["category"]), str(row["township_code"]))
        if old is None:
            found.append(Event("opened", *about, opened_on=str(row.get("opened_on") or "")))
        elif new is None:
            found.append(Event("closed", *about))
        else:
            if (old["x"], old["y"]) != (new["x"], new["y"]):
                found.append(Event("moved", *about))
            if old["category"] != new["category"]:
                found.append(Event("kind", *about))
    return found


def _counted(state: State) -> dict[str, dict[str, Any]]:
    table = state.facilities
    rows = table[table["is_counted"].astype(bool)]
    return {str(row["id"]): {str(key): value for key, value in row.items()} for row in rows.to_dict("records")}


def _turned(before: Month, after: Month) -> list[Event]:
    table = compare(before.state, after.state, any_parameters=True).compare_rules
    rows = table[
        table["why"].ne("") & table["rule_id"].ne("overall") & table["verdict_before"].ne(table["verdict_after"])
    ]
    return [
        Event("verdict", str(row["rule_id"]), "", str(row["category"]), str(row["township_code"]),
              before=str(row["verdict_before"]), after=str(row["verdict_after"]), why=str(row["why"]))
        for row in rows.to_dict("records")
    ]  # fmt: skip
