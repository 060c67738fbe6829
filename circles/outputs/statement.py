"""What each verdict says, once, for every product: one row per township × category, and one for the county.

A product prints from these rows and from nothing else, so that map, brief, workbook and terminal show the same number
on the same base, with the same threshold, in the same order, words and colours. Nothing is computed here that the
tables do not hold: the county's row adds up what its townships' rows show, or takes the ``ALL`` row of the coverage.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from circles.analysis.verdicts import MEASURES, is_share
from circles.analysis.verdicts.measures import Improvement
from circles.analysis.verdicts.words import word_key
from circles.area import Area, Rule
from circles.foundation.schema.tables import ALL, NONE, Verdict

WORST_FIRST = (Verdict.NOT_MET, Verdict.NO_DATA, Verdict.MET, Verdict.EXEMPT, Verdict.NO_RULE)
"""Which of several rules speaks for a cell."""
SYMBOLS = {
    Verdict.MET: "●", Verdict.NOT_MET: "▲", Verdict.NO_DATA: "◇", Verdict.EXEMPT: "□", Verdict.NO_RULE: "–"
}  # fmt: skip
COLOURS = {
    Verdict.MET: "#0b5cad",
    Verdict.NOT_MET: "#b84300",
    Verdict.NO_DATA: "#5c5c5c",
    Verdict.EXEMPT: "#5c5c5c",
    Verdict.NO_RULE: "#5c5c5c",
}
GROUNDS = {
    Verdict.MET: "#eaf3fc",
    Verdict.NOT_MET: "#fdeee4",
    Verdict.NO_DATA: "#f0f0f0",
    Verdict.EXEMPT: "#ffffff",
    Verdict.NO_RULE: "#ffffff",
}
"""What stands behind a verdict in its colour: contrast at least 4.5."""
BELOW_COLOURS = ("#2f79b9", "#fbe3c0", "#f7bd7f", "#e8894a", COLOURS[Verdict.NOT_MET], "#7f2704")
"""Colour of a township by the number of kinds below their value: blue where there is none, then darker and darker."""
_COUNTY_OF = frozenset(item.id for item in MEASURES.values() if item.adds_up)
"""Measures whose numerators and denominators add up over townships."""
_OF_PEOPLE = frozenset({"", *(item.id for item in MEASURES.values() if item.is_of_people)})
"""Measures whose base are people; no rule at all shows people too."""
_REST_COUNTS = frozenset(
    item.id for item in MEASURES.values() if item.adds_up and item.improved_by != Improvement.REACH_VILLAGES
)
"""Measures of which the rest, denominator − numerator, says something."""


def style_variables() -> str:
    """Return the colours as CSS variables, ``--met`` and ``--met-ground`` for each verdict, for every page."""
    inks = "".join(f"--{verdict}:{ink};--{verdict}-ground:{GROUNDS[verdict]};" for verdict, ink in COLOURS.items())
    return f":root{{{inks}}}\n"


class Judgement(Protocol):
    """What a statement is made of: the tables of an analysis, or the few of them that were worked out."""

    @property
    def area(self) -> Area:
        """The area, with its rules and categories."""

    @property
    def check(self) -> pd.DataFrame:
        """The table ``check``."""

    @property
    def coverage(self) -> pd.DataFrame:
        """The table ``coverage``."""

    @property
    def townships(self) -> pd.DataFrame:
        """The townships, in the county's own order."""

    @property
    def residents(self) -> pd.DataFrame:
        """The residents; only ``population`` is read."""

    @property
    def poverty(self) -> pd.DataFrame:
        """The table ``poverty``; may be empty."""


@dataclass(frozen=True)
class Row:
    """One cell: a township (or the county, ``ALL``) and a category.

    ``group`` and ``measure`` name the base; ``uncovered`` counts everybody of the group who is not reached, ``needed``
    those still to be covered for the threshold (None where nobody knows). ``word`` is a key of the catalogue
    ``statement_<word>``; ``order`` the place of the township in the county's own order, the county last.
    """

    code: str
    name: str
    category: str
    rule_id: str
    measure: str
    group: str
    numerator: float | None
    denominator: float | None
    value: float | None
    is_share: bool
    threshold: float | None
    rule_status: str
    uncovered: float | None
    needed: float | None
    verdict: str
    word: str
    symbol: str
    colour: str
    order: int


@dataclass(frozen=True)
class Head:
    """A category's column: its group of people, and the thresholds by class of township in the order of the rules.

    ``others`` are rules on another base: class of township, measure, group and threshold.
    """

    category: str
    name: str
    group: str
    measure: str
    thresholds: tuple[tuple[str, float], ...]
    is_share: bool
    others: tuple[tuple[str, str, str, float], ...] = ()


@dataclass(frozen=True)
class Town:
    """A township's summary: kinds that meet their value, of how many with a rule, and whether every rule is met."""

    code: str
    name: str
    met: int
    judged: int
    below: int
    verdict: str
    word: str
    order: int


Covered = tuple[float | None, float | None]
"""Covered and all people of a cell."""
_UNSAID: Covered = (None, None)


@dataclass(frozen=True)
class Statement:
    """Everything the first screen says."""

    heads: tuple[Head, ...]
    towns: tuple[Town, ...]
    rows: tuple[Row, ...]
    all_kinds: float | None
    no_kind: float | None
    people: float


def statement(tables: Judgement) -> Statement:
    """Return what the tables of one analysis say, cell by cell; pure, the tables are left as they are."""
    area = tables.area
    order = _order(tables)
    rows_of_rules = tables.check[
        ~tables.check["rule_id"].isin(("overall", "none")) & tables.check["rule_status"].ne("proposed")
    ]
    checks = {
        (str(code), str(category)): _speaking(own)
        for (code, category), own in rows_of_rules.groupby(["township_code", "category"], sort=False)
    }
    heads = tuple(_head(area, category.id) for category in area.categories)
    people = _people(tables)
    rows = [
        _row(
            tables, code, name, head, checks.get((code, head.category)),
            covered=people.get((code, head.category, head.group), _UNSAID), order=place,
        )
        for place, (code, name) in enumerate(order)
        for head in heads
    ]  # fmt: skip
    rows += [
        _county_row(
            tables, head, [r for r in rows if r.category == head.category],
            covered=people.get((ALL, head.category, head.group), _UNSAID), order=len(order),
        )
        for head in heads
    ]  # fmt: skip
    lacking = _lacking(tables.poverty)
    return Statement(
        heads=heads,
        towns=tuple(_town(tables, code, name, [r for r in rows if r.code == code], i) for i, (code, name) in enumerate(order)),
        rows=tuple(rows),
        all_kinds=lacking[0] if lacking else None,
        no_kind=lacking[-1] if lacking else None,
        people=_sum(tables.residents["population"]) if "population" in tables.residents else 0.0,
    )  # fmt: skip


def county(found: Statement) -> dict[str, Any]:
    """Return what the headline says: townships, those that meet everything, the widest and the largest shortage."""
    judged = [town for town in found.towns if town.judged]
    rows = [row for row in found.rows if row.code != ALL]
    below = {
        h.category: sum(r.category == h.category and r.verdict == Verdict.NOT_MET for r in rows) for h in found.heads
    }
    whole = {row.category: row for row in found.rows if row.code == ALL}
    missing = {  # people are compared with people, not with metres of street
        category: row.uncovered for category, row in whole.items() if row.uncovered and row.measure in _OF_PEOPLE
    }
    return {
        "townships": len(judged),
        "met": [town.name for town in judged if town.verdict == Verdict.MET],
        "below": below,
        "belowTowns": sum(town.verdict == Verdict.NOT_MET for town in judged),
        "widest": max(below, key=lambda key: below[key]) if any(below.values()) else "",
        "largest": max(missing, key=lambda key: missing[key] or 0.0) if missing else "",
    }


def _order(tables: Judgement) -> list[tuple[str, str]]:
    """Return the townships in the order of their file; those of the verdicts alone come after."""
    named = dict(zip(map(str, tables.check["township_code"]), map(str, tables.check["township"]), strict=True))
    own = dict(zip(map(str, tables.townships["code"]), map(str, tables.townships["name"]), strict=True))
    people = set(map(str, tables.coverage["township_code"])) | set(named)
    return [
        (code, name)
        for code, name in {**own, **{code: named[code] for code in named if code not in own}}.items()
        if code in people and code not in {ALL, NONE}
    ]


def _speaking(own: pd.DataFrame) -> dict[str, Any]:
    """Return the rule that speaks for a cell, and the status of all its rules: the worst, of equals the first."""
    rows = own.to_dict("records")
    first = min(
        rows, key=lambda row: WORST_FIRST.index(Verdict(row["verdict"])) if row["verdict"] in WORST_FIRST else 9
    )
    return {
        **{str(key): value for key, value in first.items()},
        "statuses": tuple(str(row["rule_status"]) for row in rows),
    }


def _head(area: Area, category: str) -> Head:
    rules = [rule for rule in area.rules if rule.category_ids == (category,) and rule.status != "proposed"]
    main: Rule | None = next((rule for rule in rules if is_share(rule.measure)), rules[0] if rules else None)
    same = [rule for rule in rules if main is not None and (rule.measure, rule.group) == (main.measure, main.group)]
    return Head(
        category=category,
        name=area.category(category).title,
        group=main.group if main is not None else "population",
        measure=str(main.measure) if main is not None else "",
        thresholds=tuple((rule.applies_to, rule.threshold) for rule in same if not math.isnan(rule.threshold)),
        is_share=main is None or is_share(main.measure),
        others=tuple(
            (rule.applies_to, str(rule.measure), rule.group, rule.threshold) for rule in rules if rule not in same
        ),
    )


def _row(
    tables: Judgement, code: str, name: str, head: Head, check: dict[str, Any] | None, *, covered: Covered, order: int
) -> Row:
    if check is None:
        verdict, numerator, denominator = Verdict.NO_RULE.value, *covered
        value = None if not denominator or numerator is None else numerator / denominator
        return Row(
            code=code, name=name, category=head.category, rule_id="", measure="", group="population", numerator=numerator,
            denominator=denominator, value=value, is_share=True, threshold=None, rule_status="",
            uncovered=_less(denominator, numerator), needed=None, verdict=verdict, word=word_key(verdict, (), is_demonstration=tables.area.demonstration),
            symbol=SYMBOLS[Verdict.NO_RULE], colour=COLOURS[Verdict.NO_RULE], order=order,
        )  # fmt: skip
    verdict = str(check["verdict"])
    rule = next((rule for rule in tables.area.rules if rule.id == check["rule_id"]), None)
    is_people = str(check["measure"]) in _REST_COUNTS
    numerator, denominator = _number(check["numerator"]), _number(check["denominator"])
    return Row(
        code=code, name=name, category=head.category, rule_id=str(check["rule_id"]), measure=str(check["measure"]),
        group=rule.group if rule is not None else "population", numerator=numerator, denominator=denominator,
        value=_number(check["value"]), is_share=is_share(str(check["measure"])), threshold=_number(check["threshold"]),
        rule_status=str(check["rule_status"]), uncovered=_less(denominator, numerator) if is_people else _less(*covered[::-1]),
        needed=_number(check["shortfall"]), verdict=verdict, word=word_key(verdict, check["statuses"], is_demonstration=tables.area.demonstration),
        symbol=SYMBOLS.get(Verdict(verdict), "–"), colour=COLOURS.get(Verdict(verdict), "#5c5c5c"), order=order,
    )  # fmt: skip


def _county_row(tables: Judgement, head: Head, rows: Sequence[Row], *, covered: Covered, order: int) -> Row:
    """Return the county's cell, on its own base, without a verdict of its own: rules judge townships."""
    judged = [row for row in rows if row.measure == head.measure and row.group == head.group]
    numerator, denominator = covered
    if head.measure in _COUNTY_OF and head.measure not in _OF_PEOPLE:
        numerator, denominator = (
            _sum(getattr(row, name) or 0.0 for row in judged) for name in ("numerator", "denominator")
        )
    needed = [row.needed for row in rows if row.needed is not None and row.measure == head.measure]
    return Row(
        code=ALL, name=tables.area.name, category=head.category, rule_id="",
        measure=head.measure if head.measure in _COUNTY_OF else "", group=head.group,
        numerator=numerator, denominator=denominator,
        value=None if not denominator or numerator is None else numerator / denominator, is_share=True, threshold=None,
        rule_status="", uncovered=_less(denominator, numerator), needed=_sum(needed) if needed else None,
        verdict=Verdict.NO_RULE.value, word="", symbol="", colour="", order=order,
    )  # fmt: skip


def _town(tables: Judgement, code: str, name: str, rows: Sequence[Row], order: int) -> Town:
    overall = tables.check[(tables.check["rule_id"] == "overall") & (tables.check["township_code"] == code)]
    judged = [row for row in rows if row.verdict != Verdict.NO_RULE]
    own = tables.check[(tables.check["township_code"] == code) & ~tables.check["rule_status"].isin(("", "proposed"))]
    verdict = str(overall["verdict"].iloc[0]) if len(overall) else Verdict.NO_RULE.value
    return Town(
        code=code,
        name=name,
        met=sum(row.verdict == Verdict.MET for row in judged),
        judged=len(judged),
        below=sum(row.verdict == Verdict.NOT_MET for row in judged),
        verdict=verdict,
        word=word_key(
            verdict, [str(status) for status in own["rule_status"]], is_demonstration=tables.area.demonstration
        ),
        order=order,
    )


def _people(tables: Judgement) -> dict[tuple[str, str, str], Covered]:
    """Return the covered and all of each township, category and group at the category's own walker and limit."""
    own = tables.coverage[tables.coverage["limit_min"] == tables.area.walk.limit_min]
    keys = zip(own["township_code"], own["category"], own["group"], strict=True)
    values = zip(map(_number, own["covered"]), map(_number, own["population"]), strict=True)
    found: dict[tuple[str, str, str], Covered] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, value)
    return found


def _lacking(poverty: pd.DataFrame) -> list[float]:
    """Return people of the whole area by the number of kinds they lack, from none to all; empty without the table."""
    if poverty.empty:
        return []
    own = poverty[(poverty["level"] == "township") & (poverty["code"] == ALL) & (poverty["group"] == "population")]
    return [float(v) for v in own.sort_values("kinds_lacking")["people"]]


def _less(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else whole - part


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _sum(values: Iterable[float]) -> float:
    return math.fsum(pd.Series(values, dtype=float).dropna().tolist())
