"""Sheets beside the verdicts: what is missing, whether services follow people, choice, fairness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from circles.analysis.coverage.follow import follow
from circles.foundation import words
from circles.foundation.schema.tables import NONE
from circles.outputs.blocks import PEOPLE, RATIO, SHARE, TEXT, Block, Column, Sheet, known, of_measure, place, reasons
from circles.outputs.report import Report


def missing(report: Report) -> Iterator[Sheet]:
    """Yield the list of what is missing: a row per township and rule that is not met; none where nothing is."""
    table, word = report.tables.missing, report.word
    if not len(table):
        return
    keys = ("township", "category", "group", "value", "threshold", "people_short", "people_uncovered", "villages", "cause",
            "remedy", "alternative", "lead", "support", "due")  # fmt: skip
    kinds = {"people_short": PEOPLE, "people_uncovered": PEOPLE}
    columns = tuple(Column(word(f"missing_{key}"), kinds.get(key, TEXT)) for key in keys)
    measures = {rule.id: rule.measure for rule in report.area.rules}
    rows = [
        (
            row["township"], report.category_name(row["category"]), report.group_name(row["group"]),
            of_measure(row["value"], measures.get(row["rule_id"], ""), row["threshold"]),
            of_measure(row["threshold"], measures.get(row["rule_id"], "")), row["people_short"], row["people_uncovered"],
            report.names(row["villages"]), reasons(report, row["cause"]), remedy(report, str(row["remedy"] or "")), row["alternative"],
            row["lead"], row["support"], row["due"],
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    yield Sheet(word("sheet_missing"), (Block(columns, rows),), word("missing_note"))


def remedy(report: Report, value: str) -> str:
    """Return the least change of an item as a phrase: ``facility×2 甲村、乙村`` is 增设设施2处：甲村、乙村."""
    head, _, names = value.partition(" ")
    change, _, count = head.partition("×")
    if not count:
        return value
    return (
        report.word(f"remedy_{change}", count=count, names=names) if f"remedy_{change}" in report.catalogue else value
    )


def services_follow_people(report: Report) -> Iterator[Sheet]:
    """Yield the shares of people beside the shares of places, per township and island; each column adds up to 100 %."""
    blocks = follow_blocks(report)
    if blocks:
        yield Sheet(report.word("sheet_follow"), blocks, report.word("follow_note"))


def follow_blocks(report: Report) -> tuple[Block, ...]:
    """Return the two tables of :func:`services_follow_people`; none where nobody lives."""
    tables, word = report.tables, report.word
    table = follow(pd.DataFrame(tables.residents), pd.DataFrame(tables.facilities), report.area)
    blocks = []
    for level in ("township", "island"):
        own = table[(table["level"] == level) & table["share"].notna()]  # nobody of a group: there is nothing to share
        if not len(own):
            continue
        heads = [Column(_quantity(report, name), SHARE) for name in dict.fromkeys(own["quantity"])]
        grid = own.pivot_table(index="code", columns="quantity", values="share", sort=False)
        grid = grid[list(dict.fromkeys(own["quantity"]))].fillna(0.0)
        order = [code for code in (*(row.code for row in report.matrix), *grid.index) if code in grid.index]
        grid = grid[(grid != 0).any(axis=1)]
        rows: list[tuple[Any, ...]] = [
            (_where(report, level, code), *grid.loc[code].tolist())
            for code in dict.fromkeys(order)
            if code in grid.index
        ]
        rows.append((word("total"), *(round(float(total), 9) for total in grid.sum())))
        blocks.append(Block((Column(word(level)), *heads), rows, word(f"follow_{level}")))
    return tuple(blocks)


def choice(report: Report) -> Iterator[Sheet]:
    """Yield how many people have a second and a third place within the limit; none without the table."""
    table, word, people = report.tables.choice_by_township, report.word, report.people
    if not len(table):
        return
    numbers = ("population", "with_one", "with_two", "with_three", "lost_if_nearest_closes")
    columns = (
        Column(word("township")), Column(word("category")), Column(word("group")),
        *(Column(word(f"choice_{name}") + words.aside(people, report.lang), PEOPLE) for name in numbers),
    )  # fmt: skip
    rows = [
        (
            place(report, row["township_code"], row["township"]), report.category_name(row["category"]),
            report.group_name(row["group"]), *(row[name] for name in numbers),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    yield Sheet(word("sheet_choice"), (Block(columns, rows),), word("choice_note", limit=report.limit))


def fairness(report: Report) -> Iterator[Sheet]:
    """Yield the indices of unequal minutes; none without the table."""
    table, word = report.tables.fairness, report.word
    if not len(table):
        return
    numbers = ("theil", "theil_within", "theil_between", "concentration", "fgt_0", "fgt_1", "fgt_2")
    drawn = [name for name in numbers if f"{name}_p05" in table and table[f"{name}_p05"].notna().all()]
    whose = (Column(word("category")), Column(word("group")), Column(word("equity_level")))
    columns = (
        *whose, Column(word("population") + words.aside(report.people, report.lang), PEOPLE),
        Column(word("without_minutes") + words.aside(report.people, report.lang), PEOPLE),
        *(Column(word(f"fairness_{name}"), RATIO) for name in numbers),
    )  # fmt: skip
    found = table.to_dict("records")
    rows = [
        (*_whose(report, row), row["population"], row["without"], *(row[name] for name in numbers)) for row in found
    ]
    blocks = [Block(columns, rows, word("fairness_values") if drawn else "")]
    if drawn:  # a table of its own: side by side they would not be readable on paper
        bounds = (*whose, *(Column(word(f"fairness_{name}")) for name in drawn))
        drawn_rows = [
            (*_whose(report, row), *(f"{row[f'{name}_p05']:.3f}—{row[f'{name}_p95']:.3f}" for name in drawn))
            for row in found
        ]
        blocks.append(Block(bounds, drawn_rows, word("fairness_bounds")))
    yield Sheet(word("sheet_fairness"), tuple(blocks), word("fairness_note", limit=report.limit))


def _whose(report: Report, row: Mapping[Any, Any]) -> tuple[str, str, str]:
    return report.category_name(row["category"]), report.group_name(row["group"]), known(report, "equity", row["by"])


def _where(report: Report, level: str, code: str) -> str:
    if code == NONE:
        return report.word("outside" if level == "township" else "at_sea")
    return place(report, code) if level == "township" else code


def _quantity(report: Report, name: str) -> str:
    if name not in report.categories:
        return report.group_name(name)
    unit = report.area.category(name).capacity_unit.lstrip("个张")
    head = report.category_name(name)
    return f"{head}\n{words.aside(unit, report.lang).strip()}" if unit else head
