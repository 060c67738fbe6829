"""The sheets of the workbook as plain tables: a title, headed columns with a kind each, and rows of values."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from circles.analysis.verdicts import margin
from circles.foundation import words
from circles.foundation.schema.tables import ALL, NONE, Verdict
from circles.outputs.analysis_sheets import analysis_sheets, gap_columns, gap_rows, stable_counts
from circles.outputs.annex_sheets import choice, fairness, missing, remedy, services_follow_people
from circles.outputs.blocks import (
    COUNT,
    MINUTES,
    NUMBER,
    PEOPLE,
    SHARE,
    TEXT,
    Block,
    Column,
    Said,
    Share,
    Sheet,
    kinds_word,
    known,
    of_measure,
    reason,
    said,
)
from circles.outputs.parameter_sheet import parameters
from circles.outputs.report import OVERALL, Judged, Report, rows_of, weighted_quantile
from circles.outputs.service_sheets import service_sheets
from circles.outputs.statement import WORST_FIRST
from circles.outputs.time_sheets import time_sheets

ROWS_MAX = 20_000
"""Rows of findings in the workbook; all of them stand in ``findings.csv``."""
RULE_STATUSES = ("adopted", "proposed", "assumed")


def sheets(report: Report) -> list[Sheet]:
    """Return every sheet after the cover, in order."""
    found = [matrix(report), *missing(report), *(service(report, item) for item in report.categories), gaps(report)]
    found += [*services_follow_people(report), by_island(report), by_village(report), minutes_by_village(report)]
    found += [facilities(report), rules(report), *time_sheets(report), findings(report), parameters(report)]
    annex = [*analysis_sheets(report), *service_sheets(report), *choice(report), *fairness(report), numbers(report)]
    return [*found, *(replace(sheet, is_annex=True) for sheet in annex)]


def numbers(report: Report) -> Sheet:
    """Return the headline numbers; every number of the brief's sentences stands here or in the other sheets."""
    return Sheet(report.word("sheet_numbers"), (headline(report),))


def headline(report: Report) -> Block:
    """Return the numbers of the cover; every number of the brief's sentences stands here or in the other sheets."""
    word, counts = report.word, report.overall_counts
    rows: list[tuple[Any, ...]] = [
        (word("townships"), len(report.matrix), word("unit_townships")),
        (word("population"), report.population, report.people),
    ]
    rows += [
        (
            word("overall_of", name=report.verdict(report.judged(verdict, _statuses(report)))),
            counts[verdict],
            word("unit_townships"),
        )
        for verdict in WORST_FIRST
        if verdict is not Verdict.EXEMPT  # a rule may exempt a township; its overall verdict never does
    ]
    for category, cell in report.total.items():
        name = report.category_name(category)
        rows += [
            (word("covered_of", name=name, limit=report.limit), cell.covered, report.people),
            (word("uncovered_of", name=name, limit=report.limit), cell.uncovered, report.people),
            (word("share_of", name=name, limit=report.limit), Share(cell.share), ""),
            (word("counted_of", name=name), report.counted[category], word("unit_places")),
        ]
    everyone = report.population
    for number, people in enumerate(report.lacking):
        rows.append((kinds_word(report, "lacking_of", number), people, report.people))
        rows.append(
            (kinds_word(report, "lacking_share", number), Share(people / everyone if everyone else math.nan), "")
        )
    rows += [(word("stable_of", name=name), count, word("unit_rules")) for name, count in stable_counts(report)]
    rows.append((word("gaps_count"), len(report.tables.gaps), word("unit_places")))
    rows += [
        (word("finding_of", name=word(f"severity_{key}")), count, word("unit_rows"))
        for key, count in report.severities.items()
    ]
    rows += [
        (word("facility_of", name=known(report, "status", key)), count, word("unit_places"))
        for key, count in report.facility_statuses().items()
    ]
    statuses: list[str] = [rule.status for rule in report.area.rules]
    rows += [
        (word("rule_of", name=word(f"rule_status_{key}")), statuses.count(key), word("unit_rules"))
        for key in RULE_STATUSES
    ]
    return Block((Column(word("item")), Column(word("value"), NUMBER), Column(word("unit"))), rows)


def matrix(report: Report) -> Sheet:
    """Return townships × services in the county's own order, then every cell with its numbers, in full."""
    word, stated = report.word, report.stated
    columns = [Column(word("township")), Column(word("class"))]
    columns += [
        Column("\n".join([stated.base(head), *stated.head_bars(head)]), SHARE, group=head.name)
        for head in stated.found.heads
    ]
    columns += [Column(f"{report.category_name(item)}\n{word('verdict')}") for item in report.combined]
    columns += [Column(stated.word("kinds_head")), Column(word("overall"))]
    rows: list[tuple[Any, ...]] = [
        (
            row.name,
            _class(report, row.klass),
            *map(said, row.cells.values()),
            *row.combined.values(),
            row.kinds,
            row.overall,
        )
        for row in report.matrix
    ]
    rows.append((stated.county_name, "", *map(said, report.total.values()), *("" for _ in report.combined), "", ""))
    first = Block(tuple(columns), rows, word("matrix_caption", legend="　".join(stated.legend())))
    return Sheet(word("sheet_matrix"), (first, cells(report)), word("matrix_note", limit=report.limit))


def cells(report: Report) -> Block:
    """Return every cell of the statement in full: base, threshold, numbers, verdict, gap villages and next step."""
    word, stated = report.word, report.stated
    columns = (
        Column(word("township")), Column(word("category")), Column(stated.word("base")), Column(stated.word("threshold")),
        Column(word("check_numerator"), NUMBER), Column(word("check_denominator"), NUMBER),
        Column(stated.word("value"), NUMBER), Column(stated.word("verdict")), Column(stated.word("uncovered"), NUMBER),
        Column(stated.word("needed"), NUMBER), Column(word("rule_status")), Column(word("missing_villages")),
        Column(word("missing_remedy")),
    )  # fmt: skip
    lacking = {(row["township_code"], row["rule_id"]): row for row in report.tables.missing.to_dict("records")}
    rows = []
    for row in stated.found.rows:
        item = lacking.get((row.code, row.rule_id), {})
        rows.append(
            (
                stated.place(row), stated.heads[row.category].name, stated.base(row), stated.bar(row), row.numerator,
                row.denominator, Said(row.value, stated.cell(row), Verdict(row.verdict)),
                Judged(Verdict(row.verdict), row.word) if row.word else "", row.uncovered, row.needed,
                known(report, "rule_status", row.rule_status) if row.rule_status else "", report.names(item.get("villages", "")),
                remedy(report, str(item.get("remedy") or "")),
            )
        )  # fmt: skip
    return Block(columns, rows, word("cells_caption"))


def service(report: Report, category: str) -> Sheet:
    """Return one service: coverage of every group per township, then every verdict with its numbers and source."""
    word, tables = report.word, report.tables
    coverage = tables.coverage[tables.coverage["category"] == category]
    verdicts = tables.check[[category in str(item).split("+") for item in tables.check["category"]]]
    name = report.category_name(category)
    profile = report.area.category(category).profile
    note = word("service_note", name=name, limit=report.limit, profile=_profile(report, profile))
    blocks = (
        Block(
            _coverage_columns(report, word("township")), _coverage_rows(report, coverage, "township"), word("coverage")
        ),
        Block(_check_columns(report), _check_rows(report, verdicts), word("verdicts")),
    )
    return Sheet(name, blocks, note, is_wide=True)


def by_island(report: Report) -> Sheet:
    """Return coverage per island."""
    frame = report.tables.coverage_by_island
    columns = _coverage_columns(report, report.word("island"), with_category=True)
    rows = _coverage_rows(report, frame, "island", with_category=True)
    return Sheet(report.word("sheet_islands"), (Block(columns, rows),))


def by_village(report: Report) -> Sheet:
    """Return coverage per village."""
    frame = report.tables.coverage_by_village
    columns = _coverage_columns(report, report.word("village"), with_category=True)
    rows = _coverage_rows(report, frame, "village", with_category=True)
    return Sheet(report.word("sheet_villages"), (Block(columns, rows),))


def minutes_by_village(report: Report) -> Sheet:
    """Return, per village and service, the minutes within which half and nine tenths of the people arrive."""
    word, tables = report.word, report.tables
    homes = tables.residents[["id", "population", "township_code", "village_code"]]
    merged = tables.access[["resident_id", "category", "minutes"]].merge(homes, left_on="resident_id", right_on="id")
    minutes, people = (merged[name].to_numpy(dtype=float) for name in ("minutes", "population"))
    order = list(report.categories)
    kind = pd.Index(order).get_indexer(pd.Index(merged["category"]))
    towns: dict[Any, str] = {row.code: row.name for row in report.matrix}
    villages: dict[Any, str] = dict(zip(tables.villages.get("code", []), tables.villages.get("name", []), strict=True))
    columns = (
        Column(word("township")), Column(word("village")), Column(word("category")),
        Column(word("population") + words.aside(report.people, report.lang), PEOPLE), Column(word("median_minutes"), MINUTES),
        Column(word("p90_minutes"), MINUTES), Column(word("without_minutes") + words.aside(report.people, report.lang), PEOPLE),
    )  # fmt: skip
    rows = []
    places = merged[["township_code", "village_code"]].groupby(
        ["township_code", "village_code"], sort=True, dropna=False
    )
    for (town, village), part in places:
        here = part.index.to_numpy()
        for number, category in enumerate(order):
            own = here[kind[here] == number]
            rows.append(
                (
                    towns.get(town, word("outside")), villages.get(village, village), report.category_name(category),
                    math.fsum(people[own]), weighted_quantile(minutes[own], people[own], 0.5),
                    weighted_quantile(minutes[own], people[own], 0.9), math.fsum(people[own][np.isnan(minutes[own])]),
                )
            )  # fmt: skip
    horizon = f"{report.area.horizon_min:g}"
    return Sheet(word("sheet_minutes"), (Block(columns, rows),), word("minutes_note", horizon=horizon))


def gaps(report: Report) -> Sheet:
    """Return the gaps, most people first within a service; then those of people who lack any service, and all."""
    word, tables = report.word, report.tables
    of_each = Block(gap_columns(report, tables.gaps), gap_rows(report, tables.gaps), word("gaps_of_each"))
    if not len(tables.gaps_any):
        return Sheet(word("sheet_gaps"), (replace(of_each, caption=""),), word("gaps_note"), is_wide=True)
    together = Block(gap_columns(report, tables.gaps_any), gap_rows(report, tables.gaps_any), word("gaps_together"))
    return Sheet(word("sheet_gaps"), (together, of_each), word("gaps_note"), is_wide=True)


def facilities(report: Report) -> Sheet:
    """Return every facility, those that do not count included, and why."""
    word = report.word
    towns = {row.code: row.name for row in report.matrix}
    keys = (
        "id",
        "name",
        "category",
        "township",
        "island",
        "status",
        "counted",
        "capacity",
        "position",
        "leg_m",
        "reason",
        "source",
    )
    kinds = {"capacity": NUMBER, "leg_m": MINUTES}
    columns = tuple(Column(word(f"facility_{key}"), kinds.get(key, TEXT)) for key in keys)
    rows = [
        (
            row.id, row.name, report.category_name(row.category), towns.get(row.township_code, word("outside")), row.island,
            known(report, "status", row.status), word("yes" if row.is_counted else "no"), row.capacity,
            known(report, "position", row.position), getattr(row, "leg_m", None), reason(report, getattr(row, "reason", "")),
            row.source,
        )
        for row in rows_of(report.tables.facilities)
    ]  # fmt: skip
    return Sheet(word("sheet_facilities"), (Block(columns, rows),), is_wide=True)


def rules(report: Report) -> Sheet:
    """Return every rule with its source and status."""
    word = report.word
    keys = ("id", "category", "applies_to", "measure", "group", "threshold", "limit_min", "status", "source")
    kinds = {"threshold": NUMBER, "limit_min": NUMBER}
    columns = tuple(Column(word(f"rule_{key}"), kinds.get(key, TEXT)) for key in keys)
    rows = [
        (
            report.rule_names[rule.id], report.category_name("+".join(rule.category_ids)), word(f"applies_{rule.applies_to}"),
            report.measure_name(rule.measure), report.group_name(rule.group), of_measure(rule.threshold, rule.measure),
            report.area.walk.limit_min if rule.limit_min is None else rule.limit_min, word(f"rule_status_{rule.status}"),
            rule.source,
        )
        for rule in report.area.rules
    ]  # fmt: skip
    return Sheet(word("sheet_rules"), (Block(columns, rows),), "" if rows else word("no_rules"))


def findings(report: Report) -> Sheet:
    """Return what is wrong or doubtful in the inputs."""
    word, frame = report.word, report.tables.findings
    keys = ("severity", "code", "table", "row", "id", "message", "fix")
    columns = tuple(Column(word(f"finding_{key}"), COUNT if key == "row" else TEXT) for key in keys)
    rows = [
        (word(f"severity_{row[0]}"), *(None if item is pd.NA else item for item in row[1:]))
        for row in frame[list(keys)].head(ROWS_MAX).itertuples(index=False, name=None)
    ]
    note = word("findings_cut", shown=len(rows), count=len(frame)) if len(frame) > len(rows) else ""
    return Sheet(word("sheet_findings"), (Block(columns, rows),), note)


def _statuses(report: Report) -> list[str]:
    """Return the status of every rule that judges."""
    return [rule.status for rule in report.area.rules if rule.status != "proposed"]


def _profile(report: Report, profile: str) -> str:
    return known(report, "profile", profile)


def _class(report: Report, klass: str) -> str:
    return known(report, "class", klass) if klass else ""


def _coverage_columns(report: Report, place: str, *, with_category: bool = False) -> tuple[Column, ...]:
    word, people = report.word, report.people
    lead = (Column(place), Column(word("category"))) if with_category else (Column(place),)
    return (
        *lead, Column(word("group")), Column(word("profile")), Column(word("limit_min"), NUMBER),
        Column(word("population") + words.aside(people, report.lang), PEOPLE), Column(word("covered") + words.aside(people, report.lang), PEOPLE),
        Column(word("uncovered") + words.aside(people, report.lang), PEOPLE), Column(word("share"), SHARE),
    )  # fmt: skip


def _coverage_rows(
    report: Report, frame: pd.DataFrame, place: str, *, with_category: bool = False
) -> list[tuple[Any, ...]]:
    rows = []
    key = f"{place}_code" if f"{place}_code" in frame else place
    for row in frame.to_dict("records"):
        code = row[key]
        where = {ALL: report.word("total"), NONE: report.word("outside")}.get(code, row[place])
        lead = (where, report.category_name(row["category"])) if with_category else (where,)
        rows.append(
            (
                *lead, report.group_name(row["group"]), _profile(report, row["profile"]), row["limit_min"],
                row["population"], row["covered"], row["population"] - row["covered"], row["share"],
            )
        )  # fmt: skip
    return rows


def _check_columns(report: Report) -> tuple[Column, ...]:
    keys = ("township", "rule", "measure", "numerator", "denominator", "value", "threshold", "margin", "verdict", "shortfall",
            "rule_status", "source")  # fmt: skip
    numeric = {"numerator", "denominator", "value", "threshold", "margin", "shortfall"}
    columns = tuple(Column(report.word(f"check_{key}"), NUMBER if key in numeric else TEXT) for key in keys)
    return (*columns, Column(report.word("check_walked"), NUMBER)) if _measures_metres(report) else columns


def _measures_metres(report: Report) -> bool:
    """Whether some rule counts metres, so that its value in minutes of walking stands beside."""
    return any(rule.within is not None for rule in report.area.rules)


def _check_rows(report: Report, frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    sources = {rule.id: rule.source for rule in report.area.rules}
    rows = []
    for row in rows_of(frame):
        if row.rule_id == OVERALL:
            continue
        measure = str(row.measure)
        spare = margin(row.value, row.threshold, measure)
        rows.append(
            (
                row.township, report.rule_names.get(str(row.rule_id), ""), report.measure_name(measure), row.numerator, row.denominator,
                of_measure(row.value, measure, row.threshold), of_measure(row.threshold, measure),
                of_measure(spare, measure, 0.0), report.judged(row.verdict, [row.rule_status] if row.rule_status else []), row.shortfall,
                known(report, "rule_status", row.rule_status) if row.rule_status else "", sources.get(row.rule_id, ""),
                *((of_measure(row.walked_value, measure),) if _measures_metres(report) else ()),
            )
        )  # fmt: skip
    return rows
