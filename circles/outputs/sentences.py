"""Sentences of the brief on results beyond coverage, with the numbers of the workbook."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from circles.foundation import words
from circles.foundation.schema.tables import ALL, NONE
from circles.outputs import headline
from circles.outputs.analysis_sheets import variant
from circles.outputs.blocks import place, reason
from circles.outputs.report import OVERALL, Report

CAUSES_MAX = 3
"""Variants that a sentence names; the workbook has them all."""
NAMES_MAX = 4
"""Names of a list in a sentence; the workbook has them all."""
VILLAGES_MAX = 3
"""Villages of a gap that a sentence names."""
_Name = Callable[[str], str]


def conclusion(report: Report) -> list[str]:
    """Return the sentences that stand first: the headline, the figures of each kind, what is still to be covered, gaps."""
    said, tables = report.stated, report.tables
    parts = [
        f"{name} {value}" + (words.aside(base, report.lang) if base else "")
        for name, value, base in headline.figures(said)
    ]
    lines = [
        headline.headline(said, limit_min=report.area.walk.limit_min), report.word("list_semicolon").join(parts) + report.word("full_stop"),
        headline.short_line(said), *headline.foot_lines(said, tables.gaps, lambda code: place(report, code)),
    ]  # fmt: skip
    stop = report.word("full_stop")
    return [line if line.endswith(stop) else line + stop for line in lines if line]


def kinds_lacked(report: Report) -> str:
    """Return how many people lack one kind, two kinds …; '' with fewer than three kinds."""
    lacking = report.lacking
    if len(lacking) < 4:
        return ""
    parts = [
        report.word("brief_lacks", count=k, number=report.said_people(lacking[k]), people=report.people)
        for k in range(1, len(lacking) - 1)
    ]
    return report.word("brief_lacks_line", parts=report.word("list_comma").join(parts))


def lacking_by_township(report: Report) -> dict[str, tuple[float, float]]:
    """Return, per township and for ALL, people who lack any kind and people who lack every kind; empty without the table."""
    table = report.tables.poverty
    if not len(table):
        return {}
    own = table[(table["level"] == "township") & (table["group"] == "population")]
    found = {}
    for code, part in own.groupby("code"):
        people = part.sort_values("kinds_lacking")["people"].tolist()
        found[str(code)] = (float(part["population"].iloc[0]) - people[0], people[-1])
    return found


def largest_gaps(report: Report, categories: Sequence[str], name: _Name) -> str:
    """Return one sentence per service on its gap of most people, and one on that of people who lack every kind."""
    gaps, together = report.tables.gaps, report.tables.gaps_any
    shown = []
    for category in categories:
        own = gaps[gaps["category"] == category].sort_values("population", ascending=False, kind="stable")
        if len(own):
            first = own.iloc[0].to_dict()
            shown.append(
                report.word(
                    "brief_gap_line", name=name(report.category_name(category)), people=report.people,
                    town=_where(report, first, name), population=report.said_people(first["population"]),
                    reason=reason(report, first["reason"]),
                )
            )  # fmt: skip
    own = together[together["category"] == "all"] if len(together) else together
    if len(own):
        first = own.sort_values("population", ascending=False, kind="stable").iloc[0].to_dict()
        number = report.said_people(first["population"])
        shown.append(
            report.word("brief_gap_all", town=_where(report, first, name), population=number, people=report.people)
        )
    return words.in_a_row(shown, report.lang)


def _where(report: Report, gap: dict[str, Any], name: _Name) -> str:
    """Return a gap's township, and its first villages in brackets."""
    town = name(place(report, gap["township_code"]))
    names = [part for part in str(gap.get("villages") or "").split("、") if part]
    if not names:
        return town
    shown = report.word("list_comma").join(name(part) for part in names[:VILLAGES_MAX])
    return town + report.word("brief_villages" if len(names) <= VILLAGES_MAX else "brief_villages_more", names=shown)


def circle(report: Report, name: _Name) -> str:
    """Return, per service, the share of the circle beside the walked one; '' without the table."""
    table = report.tables.straight_line
    if not len(table):
        return ""
    whole = table[(table["township_code"] == ALL) & (table["group"] == "population")]
    parts = [
        report.word(
            "brief_circle_part", name=name(report.category_name(row["category"])),
            radius=report.said(row["radius_m"]), circle=report.percent(row["circle_share"]),
            share=report.percent(row["share"]), more=report.said_people(row["overstated"]), people=report.people,
        )
        for row in whole.to_dict("records")
    ]  # fmt: skip
    return report.word(
        "brief_circle", base=report.group_name("population"), parts=report.word("list_semicolon").join(parts)
    )


def capacity(report: Report, name: _Name) -> str:
    """Return, per service, the places that reach a thousand people of the group it is for; '' without the table."""
    table, parts = report.tables.capacity, []
    if not len(table):
        return ""
    for category in dict.fromkeys(table["category"]):
        group = _group(report, category)
        own = table[(table["category"] == category) & (table["method"] == "2sfca") & (table["group"] == group)]
        whole = own[own["township_code"] == ALL]
        towns = own[~own["township_code"].isin([ALL, NONE]) & own["access_per_1000"].notna()]
        if not len(whole) or not len(towns):
            continue
        first = whole.iloc[0].to_dict()
        least = towns.loc[towns["access_per_1000"].idxmin()].to_dict()
        unit = report.area.category(category).capacity_unit or report.word("places_unit")
        parts.append(
            report.word(
                "brief_capacity_part", name=name(report.category_name(category)), supply=_plain(report, first["supply"]),
                reached=_plain(report, first["supply_reached"]), unit=unit, group=report.group_name(group),
                mean=report.said(first["access_per_1000"], 2), town=name(str(least["township"])),
                least=report.said(least["access_per_1000"], 2),
            )
        )  # fmt: skip
    return words.in_a_row(parts, report.lang)


def choice(report: Report, name: _Name) -> str:
    """Return, per service, how many people have a second place within the limit; '' without the table."""
    table = report.tables.choice_by_township
    if not len(table):
        return ""
    whole = table[(table["township_code"] == ALL) & (table["group"] == "population")]
    parts = [
        report.word(
            "brief_choice_part", name=name(report.category_name(row["category"])), people=report.people,
            two=report.said_people(row["with_two"]), lost=report.said_people(row["lost_if_nearest_closes"]),
        )
        for row in whole.to_dict("records")
    ]  # fmt: skip
    return report.word("brief_choice", parts=report.word("list_semicolon").join(parts)) if parts else ""


def equity(report: Report, name: _Name) -> str:
    """Return, per service, how unevenly townships are covered; '' without the table."""
    table = report.tables.equity
    if not len(table):
        return ""
    chosen = table[(table["level"] == "townships") & (table["group"] == "population") & table["gini"].notna()]
    parts = [
        report.word(
            "brief_equity_part", name=name(report.category_name(row["category"])), gini=report.said(row["gini"], 3),
            variation=report.said(row["variation"], 3),
        )
        for row in chosen.to_dict("records")
    ]  # fmt: skip
    return report.word("brief_equity", parts=report.word("list_semicolon").join(parts)) if parts else ""


def stability(report: Report, name: _Name) -> str:
    """Return how many verdicts are stable, and which townships' overall verdicts turn by what; '' without the table."""
    table = report.tables.stability
    if not len(table):
        return ""
    single = table.drop_duplicates(["township_code", "rule_id"])
    of_rules = single[single["rule_id"] != OVERALL]
    counts = {key: int((of_rules["stability"] == key).sum()) for key in ("stable_met", "borderline", "stable_not_met")}
    found = [report.word("brief_stability", count=sum(counts.values()), **counts)]
    turning = _turning(report, of_rules[of_rules["stability"] == "borderline"])
    if turning:
        found.append(report.word("brief_turning", parts=report.word("list_comma").join(turning)))
    doubtful = single[(single["rule_id"] == OVERALL) & (single["stability"] == "borderline")]
    towns: dict[Any, str] = {row.code: row.name for row in report.matrix}
    if len(doubtful):
        names = [name(towns.get(code, code)) for code in doubtful["township_code"]]
        found.append(report.word("brief_borderline", towns=report.word("list_comma").join(names)))
    return words.in_a_row(found, report.lang)


def _turning(report: Report, borderline: pd.DataFrame) -> list[str]:
    """Return the kinds of assumption that turn verdicts, most often first."""
    kinds: dict[str, int] = {}
    for turned_by in borderline["turned_by"]:
        for kind in {item.partition("=")[0] for item in str(turned_by).split("+") if item}:
            kinds[kind] = kinds.get(kind, 0) + 1
    order = sorted(kinds, key=lambda kind: (-kinds[kind], kind))[:CAUSES_MAX]
    return [report.word(f"cause_{kind}") if f"cause_{kind}" in report.catalogue else variant(report, kind) for kind in order]  # fmt: skip


def _group(report: Report, category: str) -> str:
    """Return the group of people that the first rule of a service counts: whom it is for."""
    known = set(report.tables.capacity["group"])
    groups = [rule.group for rule in report.area.rules if rule.category == category and rule.group in known]
    return next((group for group in groups if group != "population"), "population")


def _plain(report: Report, value: float) -> str:
    return report.said(value, 0 if math.isfinite(value) and float(value).is_integer() else 1)


def few(report: Report, names: str, name: _Name) -> str:
    """Return names, given with 、 between them, as a sentence can hold them: the first ones and how many there are."""
    own = names.split("、")
    shown = words.listed((name(part) for part in own[:NAMES_MAX]), report.lang)
    return shown if len(own) <= NAMES_MAX else report.word("brief_step_more", names=shown, count=len(own))
