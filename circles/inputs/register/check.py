"""Is a register complete and fresh? Entries against what is expected, against a stated age, and for empty fields."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.schema.counted import counted_statuses
from circles.foundation.schema.tables import ALL, TABLES, Status
from circles.inputs.register.expected import KEYS
from circles.inputs.register.names import plain_name

MANY = 200
"""More findings of one code than this become one that counts them."""


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    completeness : columns of ``tables.TABLES["register_completeness"]``, last row ``ALL``
    entries : columns of ``tables.TABLES["register_entries"]``, one row per entry of the register
    missing : ``township_code, category, kind, reported_by, id, name, row``: listed facilities that are not registered
    findings : warnings and notes
    """

    completeness: pd.DataFrame
    entries: pd.DataFrame
    missing: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def is_complete_and_fresh(self) -> bool:
        """Return whether nothing expected is missing and nothing is too old."""
        total = self.completeness[self.completeness["township_code"] == ALL]
        return not (total["missing"].gt(0).any() or total["stale"].gt(0).any())


def check(
    facilities: pd.DataFrame,
    *,
    townships: dict[str, str],
    as_of: dt.date,
    counts_examples: bool = False,
    expected: pd.DataFrame | None = None,
    max_age_days: int | None = None,
    required: Sequence[str] = (),
) -> Checked:
    """Check an edition of a register.

    Entries count as registered where they exist (and examples where ``counts_examples``); planned, unfinished and
    closed ones do not. Each entry belongs to one row of the completeness: the most specific expectation that it fits,
    or else its own combination of township, category, kind and reporting unit. In every row
    ``registered = expected - missing + surplus``.

    Parameters
    ----------
    facilities : the table ``facilities``, townships filled in
    townships : code → name
    as_of : the day on which ages are reckoned; never the clock
    counts_examples : whether the area is a demonstration
    expected : from `read_expected`; None where nothing is known of it
    max_age_days : entries not updated for longer are stale; None asks for no age
    required : columns that no entry may leave empty
    """
    entries = _entries(facilities, as_of=as_of, max_age_days=max_age_days, required=required)
    is_counted = entries["status"].isin(counted_statuses(is_demonstration=counts_examples)).to_numpy()
    wanted = _no_wishes() if expected is None else expected.reset_index(drop=True)
    wish, overlaps = _wishes_of(entries, wanted)
    found_of = _listed(entries, wanted, is_counted)
    listed = found_of[found_of >= 0]
    wish[listed] = np.flatnonzero(found_of >= 0)
    rows = _rows(entries, wanted, wish=wish, found_of=found_of, is_counted=is_counted, townships=townships)
    is_list = wanted["name"].ne("") | wanted["id"].ne("")
    missing = wanted[is_list & (found_of < 0)]
    doubts = [*overlaps, *_shortfalls(rows, missing, townships), *_of_entries(entries, as_of, max_age_days)]
    if is_list.any():
        strange = is_counted & ~np.isin(np.arange(len(entries)), listed)
        doubts += _reported(entries[strange], "register-unlisted", "info")
    columns = [*KEYS, "id", "name", "row"]
    return Checked(rows, entries, missing[columns].reset_index(drop=True), tuple(doubts))


def _no_wishes() -> pd.DataFrame:
    texts = {name: pd.Series(dtype="str") for name in (*KEYS, "id", "name", "file")}
    return pd.DataFrame(texts | {"expected": pd.Series(dtype=float), "row": pd.Series(dtype="int64")})


def _entries(
    facilities: pd.DataFrame, *, as_of: dt.date, max_age_days: int | None, required: Sequence[str]
) -> pd.DataFrame:
    names = [name for name in TABLES["register_entries"].names if name in facilities]
    out = pd.DataFrame(facilities)[names].reset_index(drop=True)
    days = pd.to_datetime(out["updated_on"], format="%Y-%m-%d", errors="coerce")
    out["age_days"] = (pd.Timestamp(as_of) - days).dt.days.astype("Int64")
    is_open = out["status"].ne(Status.CLOSED.value)
    out["is_undated"] = days.isna() & is_open
    limit = math.inf if max_age_days is None else max_age_days
    out["is_stale"] = out["age_days"].gt(limit).fillna(value=False).astype(bool) & is_open
    empty = [_blank(facilities[name]) for name in required]
    out["empty_fields"] = [
        "、".join(name for name, column in zip(required, empty, strict=True) if column[at]) if still else ""
        for at, still in enumerate(is_open)
    ]
    return out[TABLES["register_entries"].names]


def _blank(column: pd.Series) -> list[bool]:
    return [value is None or value != value or str(value).strip() in ("", "unknown") for value in column]  # noqa: PLR0124 - NaN


def _wishes_of(entries: pd.DataFrame, wanted: pd.DataFrame) -> tuple[np.ndarray, list[Finding]]:
    """Return, for each entry, the first row of the most specific expectation that it fits (-1 = none), and overlaps."""
    best = np.full(len(entries), -1, dtype=np.int64)
    rank = np.full(len(entries), -1, dtype=np.int64)
    given = {name: entries[name].astype(str).str.strip().to_numpy(dtype=object) for name in KEYS}
    unique = wanted.drop_duplicates(list(KEYS))
    clash: dict[tuple[int, int], int] = {}
    for at, *key in unique[list(KEYS)].itertuples(name=None):
        fits = np.ones(len(entries), dtype=bool)
        for name, value in zip(KEYS, key, strict=True):
            fits &= (given[name] == value) if value else True
        specific = sum(bool(value) for value in key)
        for other in np.unique(best[fits & (rank == specific)]).tolist():
            clash[other, at] = int((fits & (rank == specific) & (best == other)).sum())
        better = fits & (rank < specific)
        best[better], rank[better] = at, specific
    found = [
        errors.warning(
            "expected-overlap", str(wanted["file"].iloc[b]), int(wanted["row"].iloc[b]),
            other_row=int(wanted["row"].iloc[a]), n=n,
        )
        for (a, b), n in sorted(clash.items())
    ]  # fmt: skip
    return best, found


def _listed(entries: pd.DataFrame, wanted: pd.DataFrame, is_counted: np.ndarray) -> np.ndarray:
    """Return, for each row of a list, the entry it names (-1 = none), by id, else by name; an entry answers one row."""
    found = np.full(len(wanted), -1, dtype=np.int64)
    free = is_counted.copy()
    by_id = {id_: at for at, id_ in enumerate(entries["id"]) if is_counted[at]}
    for at, id_ in enumerate(wanted["id"]):
        hit = by_id.get(id_, -1) if id_ else -1
        if hit >= 0 and free[hit]:
            found[at], free[hit] = hit, False
    by_name: dict[str, list[int]] = {}
    for at, name in enumerate(entries["name"]):
        by_name.setdefault(plain_name(name), []).append(at)
    towns, kinds = entries["township_code"].to_numpy(dtype=object), entries["category"].to_numpy(dtype=object)
    for at, (name, town, kind) in enumerate(
        zip(wanted["name"], wanted["township_code"], wanted["category"], strict=True)
    ):
        for hit in by_name.get(plain_name(name), []) if name and found[at] < 0 else []:
            if free[hit] and town in ("", towns[hit]) and kind in ("", kinds[hit]):
                found[at], free[hit] = hit, False
                break
    return found


def _rows(
    entries: pd.DataFrame,
    wanted: pd.DataFrame,
    *,
    wish: np.ndarray,
    found_of: np.ndarray,
    is_counted: np.ndarray,
    townships: dict[str, str],
) -> pd.DataFrame:
    """Return one row per combination that is expected or registered, and ``ALL``."""
    keys = list(KEYS)
    own = entries[keys].astype(str).apply(lambda column: column.str.strip())
    has_wish = wish >= 0
    own.loc[has_wish] = wanted[keys].to_numpy(dtype=object)[wish[has_wish]]
    flags = {
        "registered": is_counted, "undated": entries["is_undated"].to_numpy(), "stale": entries["is_stale"].to_numpy(),
        "incomplete": entries["empty_fields"].ne("").to_numpy(),
    }  # fmt: skip
    registered = own.assign(**flags).groupby(keys, sort=True)[list(flags)].sum().astype("int64")
    is_list = wanted["name"].ne("") | wanted["id"].ne("")
    by_wish = wanted.assign(found=found_of >= 0, is_list=is_list).groupby(keys, sort=True)
    asked = by_wish.agg({"expected": "sum", "found": "sum", "is_list": "any"})
    frame = asked.join(registered, how="outer").sort_index().reset_index()
    frame[list(flags)] = frame[list(flags)].fillna(0)
    there = frame["found"].where(
        frame["is_list"].eq(other=True), frame[["expected", "registered"]].min(axis=1, skipna=False)
    )
    frame["missing"], frame["surplus"] = frame["expected"] - there, frame["registered"] - there
    numbers = ["expected", "registered", "missing", "surplus", "undated", "stale", "incomplete"]
    total = frame[numbers].sum(min_count=1).to_dict() | dict.fromkeys(keys, "") | {"township_code": ALL}
    frame = pd.concat([frame[[*keys, *numbers]], pd.DataFrame([total])], ignore_index=True)
    frame["township"] = [townships.get(str(code), "") for code in frame["township_code"]]
    frame["share"] = (frame["expected"] - frame["missing"]) / frame["expected"].where(frame["expected"] > 0)
    whole = frame.fillna(dict.fromkeys(flags, 0)).astype(dict.fromkeys(flags, "int64"))
    return pd.DataFrame(whole[TABLES["register_completeness"].names])


def _shortfalls(rows: pd.DataFrame, missing: pd.DataFrame, townships: dict[str, str]) -> list[Finding]:
    """Return a warning per listed facility that is not registered, or per expected number that is not met."""
    found = []
    for row in missing.to_dict("records"):
        where = townships.get(row["township_code"], "")
        values = {"name": row["name"] or row["id"], "township": where, "category": row["category"] or "–"}
        place = (str(row["file"]), int(row["row"]), str(row["id"]) or None)
        found.append(errors.warning("register-missing", *place, unit=row["reported_by"] or "–", **values))
    if len(missing):
        return found
    for row in rows[rows["missing"].gt(0) & rows["township_code"].ne(ALL)].to_dict("records"):
        parts = (row["township"], row["category"], row["kind"], row["reported_by"])
        numbers = {"expected": f"{row['expected']:g}", "missing": f"{row['missing']:g}"}
        numbers |= {"registered": str(row["registered"]), "what": " · ".join(part for part in parts if part) or ALL}
        found.append(errors.warning("register-short", "register", None, row["township_code"] or None, **numbers))
    return found


def _of_entries(entries: pd.DataFrame, as_of: dt.date, max_age_days: int | None) -> list[Finding]:
    """Return findings on the dates and the empty fields of entries."""
    day = as_of.isoformat()
    future = entries["age_days"].lt(0).fillna(value=False).astype(bool)
    found = _reported(entries[entries["is_stale"]], "register-stale", "warning", limit=max_age_days, as_of=day)
    found += _reported(entries[entries["is_undated"]], "register-undated", "warning")
    found += _reported(entries[future], "register-future", "warning", as_of=day)
    return found + _reported(entries[entries["empty_fields"].ne("")], "register-fields", "warning")


def _reported(entries: pd.DataFrame, code: str, severity: str, **values: Any) -> list[Finding]:
    """Return one finding per entry, or one for all where they are very many."""
    report = errors.info if severity == "info" else errors.warning
    if len(entries) > MANY:
        sample = ", ".join(entries["id"].astype(str).iloc[:5])
        return [
            report(f"{code}-many", str(entries["file"].iloc[0]), None, None, n=len(entries), sample=sample, **values)
        ]
    found = []
    for e in entries.to_dict("records"):
        own = {
            "name": e["name"],
            "updated_on": e["updated_on"],
            "fields": e["empty_fields"],
            "unit": e["reported_by"] or "–",
        }
        own["days"] = "" if pd.isna(e["age_days"]) else str(e["age_days"])
        row = int(e["row"]) if e["row"] > 0 else None
        found.append(report(code, str(e["file"]), row, str(e["id"]), **{**own, **values}))
    return found
