"""Sheets of what goes beyond coverage: poverty, gaps of several services, the circle, capacity, equity, stability, changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from circles.foundation import words
from circles.outputs import sureness
from circles.outputs.blocks import (
    COUNT,
    MINUTES,
    NUMBER,
    PEOPLE,
    RATE,
    RATIO,
    SHARE,
    Block,
    Column,
    Share,
    Sheet,
    kinds_word,
    known,
    of_measure,
    place,
    reasons,
)
from circles.outputs.report import OVERALL, Report

BASE = "base"
"""The variant that is the analysis as it is."""


def analysis_sheets(report: Report) -> Iterator[Sheet]:
    """Yield a sheet for each of these tables that has rows, those of the full analysis last."""
    tables = report.tables
    for name, make in (
        ("poverty", poverty), ("straight_line", straight_line), ("capacity", capacity), ("equity", equity),
        ("reconciliation", reconciliation),
        ("stability", stability), ("least_change", least_change),
    ):  # fmt: skip
        if len(getattr(tables, name)):
            yield make(report)
    yield from sureness.sheets(report)


def gap_columns(report: Report, frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a table of gaps: what it is, where, how many people of each group, and why."""
    word = report.word
    groups = [Column(report.group_name(g) + words.aside(report.people, report.lang), PEOPLE) for g in gap_groups(frame)]
    return (
        Column(word("gap_id")), Column(word("category")), Column(word("township")), Column(word("col_villages")),
        Column(word("population") + words.aside(report.people, report.lang), PEOPLE), *groups, Column(word("nearest_minutes"), MINUTES),
        Column(word("reason")),
    )  # fmt: skip


def gap_rows(report: Report, frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return the rows of a table of gaps."""
    rows = []
    for row in pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).to_dict("records"):
        groups = [row[group] for group in gap_groups(frame)]
        where = report.names(row.get("villages") or row.get("islands") or "")
        kind = row["category"]
        name = report.word(f"kinds_{kind}") if kind in ("any", "all") and kind not in report.categories else ""
        rows.append(
            (
                f"{name or report.category_name(kind)}{str(row['gap_id']).rpartition('-')[2]}", name or report.category_name(kind), place(report, row["township_code"]), where,
                row["population"], *groups, row["nearest_minutes_median"], reasons(report, row.get("reasons") or row["reason"]),
            )
        )  # fmt: skip
    return rows


def gap_groups(frame: pd.DataFrame) -> list[str]:
    """Return the groups of people that a table of gaps counts besides everyone."""
    names = list(frame.columns)
    after = names[names.index("villages") + 1 :] if "villages" in names else []
    return [name for name in after if name not in ("gaps", "geometry")]


def poverty(report: Report) -> Sheet:
    """Return people by the number of kinds that they lack: townships and islands by group, villages for everyone."""
    word, table = report.word, report.tables.poverty
    kinds = sorted(set(table["kinds_lacking"]))
    blocks = []
    for level in ("township", "island", "village"):
        own = table[table["level"] == level]
        own = own[own["group"] == "population"] if level == "village" else own
        lead = [Column(word(level))] if level == "village" else [Column(word(level)), Column(word("group"))]
        columns = (
            *lead, Column(word("population") + words.aside(report.people, report.lang), PEOPLE),
            *(Column(kinds_word(report, "lacking_kinds", k), PEOPLE) for k in kinds),
            Column(word("lacking_any"), PEOPLE), Column(word("lacking_any_share"), SHARE),
            Column(word("lacking_all_share"), SHARE),
        )  # fmt: skip
        rows = []
        for (code, group), part in own.groupby(["code", "group"], sort=False):
            people = dict(zip(part["kinds_lacking"], part["people"], strict=True))
            population = float(part["population"].iloc[0])
            name = place(report, str(code), str(part["name"].iloc[0]))
            shares = (
                [(population - people[0]) / population, people[kinds[-1]] / population] if population else [None] * 2
            )
            head = [name] if level == "village" else [name, report.group_name(str(group))]
            lacking = population - float(people[0])
            rows.append((*head, population, *(float(people[k]) for k in kinds), lacking, *shares))
        blocks.append(Block(columns, rows, word(f"poverty_{level}")))
    return Sheet(word("sheet_poverty"), tuple(blocks), word("poverty_note", limit=report.limit))


def straight_line(report: Report) -> Sheet:
    """Return people within the straight-line distance beside those within the travel time."""
    word, people = report.word, report.people
    columns = (
        Column(word("township")), Column(word("category")), Column(word("group")), Column(word("col_radius_m"), COUNT),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("walked") + words.aside(people, report.lang), PEOPLE),
        Column(word("walked_share"), SHARE), Column(word("in_circle") + words.aside(people, report.lang), PEOPLE),
        Column(word("circle_share"), SHARE), Column(word("overstated") + words.aside(people, report.lang), PEOPLE),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), report.category_name(row["category"]),
            report.group_name(row["group"]), row["radius_m"], row["population"], row["covered"], row["share"],
            row["in_circle"], row["circle_share"], row["overstated"],
        )
        for row in report.tables.straight_line.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_straight_line"), (Block(columns, rows),), word("straight_line_note"), is_wide=True)


def capacity(report: Report) -> Sheet:
    """Return places that reach people, and what is short of a norm."""
    word, people = report.word, report.people
    columns = (
        Column(word("township")), Column(word("category")), Column(word("col_method")), Column(word("group")),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("access_per_1000"), RATE),
        Column(word("norm_per_1000"), NUMBER), Column(word("below_norm") + words.aside(people, report.lang), PEOPLE),
        Column(word("places_short"), MINUTES), Column(word("supply"), NUMBER), Column(word("supply_reached"), NUMBER),
        Column(word("facilities"), COUNT), Column(word("without_capacity"), COUNT),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), _with_unit(report, row["category"]),
            known(report, "method", row["method"]), report.group_name(row["group"]), row["people"],
            row["access_per_1000"], row["norm_per_1000"], row["below_norm"], row["places_short"], row["supply"],
            row["supply_reached"], row["facilities"], row["without_capacity"],
        )
        for row in report.tables.capacity.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_capacity"), (Block(columns, rows),), word("capacity_note"), is_wide=True)


def equity(report: Report) -> Sheet:
    """Return how evenly minutes are spread over people, and shares over townships and islands."""
    word = report.word
    table = report.tables.equity
    tail = (
        Column(word("mean"), RATE), Column(word("gini"), RATIO), Column(word("palma"), RATIO),
        Column(word("variation"), RATIO),
    )  # fmt: skip
    blocks = []
    for quantity in ("minutes", "share"):
        kind = MINUTES if quantity == "minutes" else SHARE
        is_people = quantity == "minutes"
        lead = [Column(word("category")), Column(word("group"))]
        lead = lead if is_people else [Column(word("equity_level")), *lead, Column(word("equity_units"), COUNT)]
        without = (
            [Column(word("without_minutes") + words.aside(report.people, report.lang), PEOPLE)] if is_people else []
        )
        columns = (
            *lead, Column(word("population") + words.aside(report.people, report.lang), PEOPLE), *without,
            *(Column(word(f"{quantity}_{cut}"), kind) for cut in ("p10", "p50", "p90")),
            *((tail[0] if is_people else Column(word("mean"), SHARE)), *tail[1:]),
        )  # fmt: skip
        rows = []
        for row in table[table["quantity"] == quantity].to_dict("records"):
            head = [report.category_name(row["category"]), report.group_name(row["group"])]
            if not is_people:
                head = [word(f"equity_{row['level']}"), *head, row["units"]]
            middle = [row["without"]] if is_people else []
            numbers = [row[name] for name in ("p10", "p50", "p90", "mean", "gini", "palma", "variation")]
            rows.append((*head, row["population"], *middle, *numbers))
        blocks.append(Block(columns, rows, word(f"equity_of_{quantity}")))
    return Sheet(word("sheet_equity"), tuple(blocks), word("equity_note"), is_wide=True)


def reconciliation(report: Report) -> Sheet:
    """Return how the residents were made to meet the totals of townships."""
    word, people = report.word, report.people
    columns = (
        Column(word("township")), Column(word("group")), Column(word("points_used"), COUNT),
        Column(word("before_control") + words.aside(people, report.lang), PEOPLE), Column(word("control_total") + words.aside(people, report.lang), PEOPLE),
        Column(word("control_factor"), RATIO), Column(word("after_control") + words.aside(people, report.lang), PEOPLE),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), report.group_name(row["group"]), row["points"],
            row["before"], row["control"], row["factor"], row["after"],
        )
        for row in report.tables.reconciliation.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_reconciliation"), (Block(columns, rows),), word("reconciliation_note"))


def stable_counts(report: Report) -> list[tuple[str, int]]:
    """Return how many verdicts of rules are stable, on the edge or stably not met, and how many in all; none without."""
    table = report.tables.stability
    if not len(table):
        return []
    single = table[table["rule_id"] != OVERALL].drop_duplicates(["township_code", "rule_id"])["stability"]
    found = {key: int((single == key).sum()) for key in ("stable_met", "borderline", "stable_not_met")}
    return [(report.word("total"), sum(found.values()))] + [
        (report.word(f"stability_{k}"), n) for k, n in found.items()
    ]


def stability(report: Report) -> Sheet:
    """Return one row per verdict: its stability, what turns it, and its value under every variant."""
    word, table = report.word, report.tables.stability
    variants = list(dict.fromkeys(table["variant"]))
    measures = {rule.id: rule.measure for rule in report.area.rules}
    statuses = {rule.id: [rule.status] for rule in report.area.rules}
    whole = [rule.status for rule in report.area.rules if rule.status != "proposed"]
    columns = (
        Column(word("township")), Column(word("check_rule")), Column(word("verdict")), Column(word("col_stability")),
        Column(word("col_turned_by")), *(Column(variant(report, name), NUMBER) for name in variants),
    )  # fmt: skip
    rows = []
    for (code, rule), part in table.groupby(["township_code", "rule_id"], sort=False):
        values = part.set_index("variant")["value"]
        measure = measures.get(str(rule), "")
        base = part[part["variant"] == BASE].iloc[0]
        rows.append(
            (
                place(report, str(code)), word("overall") if rule == OVERALL else report.rule_names.get(str(rule), ""), report.judged(base["verdict"], statuses.get(str(rule), whole)),
                word(f"stability_{base['stability']}") if base["stability"] else "", _turned(report, base["turned_by"]),
                *(Share(float(values[name])) if rule == OVERALL else of_measure(float(values[name]), measure) for name in variants),
            )
        )  # fmt: skip
    return Sheet(word("sheet_stability"), (Block(columns, rows),), word("stability_note"), is_wide=True)


def variant(report: Report, name: str) -> str:
    """Return a variant's name in words: ``speed=0.8`` is 步速×0.8."""
    kind, _, value = name.partition("=")
    return known(report, "variant", name) if f"variant_{kind}" not in report.catalogue else report.word(f"variant_{kind}", value=value)  # fmt: skip


def _turned(report: Report, turned_by: str) -> str:
    return report.word("list_comma").join(variant(report, name) for name in turned_by.split("+") if name)


def least_change(report: Report) -> Sheet:
    """Return, for each verdict not met, the least changes that would turn it."""
    word = report.word
    columns = (
        Column(word("township")), Column(word("category")), Column(word("check_rule")), Column(word("check_measure")),
        Column(word("col_change")), Column(word("col_count"), NUMBER), Column(word("col_names")),
        Column(word("col_newly_covered") + words.aside(report.people, report.lang), PEOPLE), Column(word("value_after"), NUMBER),
        Column(word("verdict_after")), Column(word("col_is_proven")),
    )  # fmt: skip
    statuses = {rule.id: [rule.status] for rule in report.area.rules}
    rows = [
        (
            row["township"], report.category_name(row["category"]), report.rule_names.get(row["rule_id"], ""),
            report.measure_name(row["measure"]), known(report, "change", row["change"]), row["count"], report.names(row["names"]),
            row["newly_covered"], of_measure(row["value"], row["measure"]), report.judged(row["verdict"], statuses.get(row["rule_id"], [])),
            word("yes" if row["is_proven"] else "no"),
        )
        for row in report.tables.least_change.to_dict("records")
    ]  # fmt: skip
    return Sheet(word("sheet_least_change"), (Block(columns, rows),), word("least_change_note"), is_wide=True)


def _with_unit(report: Report, category: str) -> str:
    unit = report.area.category(category).capacity_unit
    return report.category_name(category) + words.aside(unit, report.lang) if unit else report.category_name(category)
