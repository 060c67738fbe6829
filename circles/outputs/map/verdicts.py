"""The table township × service, worst first, as the page's panel shows it."""

from __future__ import annotations

import math
from typing import Any

from circles.analysis.results import Tables
from circles.analysis.verdicts import area_rule_names, is_share
from circles.area import Rule
from circles.foundation import words
from circles.foundation.schema.tables import Verdict
from circles.foundation.words import Lang
from circles.outputs.map import more
from circles.outputs.map.plain import rows_of
from circles.outputs.statement import WORST_FIRST


def table(tables: Tables, lang: Lang) -> dict[str, Any]:
    """Return ``columns``, ``rows`` (in the county's own order), ``checks`` (the rows of check.csv) and ``rules``.

    A cell is the list of its checks, worst first; its verdict is that of the first. Townships stand in the order of
    their file, so that two months compare.
    """
    checks = rows_of(tables.check)
    columns = _columns(tables, checks, lang)
    rows = []
    for code in dict.fromkeys(check["township_code"] for check in checks):
        own = [(i, check) for i, check in enumerate(checks) if check["township_code"] == code]
        cells = [_cell([(i, c) for i, c in own if c["category"] == column["key"]]) for column in columns]
        overall = next((c["verdict"] for _, c in own if c["rule_id"] == "overall"), str(Verdict.NO_RULE))
        shown = [checks[cell[0]]["verdict"] if cell else str(Verdict.NO_RULE) for cell in cells]
        rows.append({"code": code, "name": own[0][1]["township"], "overall": overall, "cells": cells, "shown": shown})
    place = {str(code): i for i, code in enumerate(tables.townships["code"])}
    rows.sort(key=lambda row: place.get(row["code"], len(place)))
    return {
        "columns": columns,
        "rows": rows,
        "checks": checks,
        "rules": _rules(tables, lang),
        "more": more.notes(tables, lang),
    }


def _cell(checks: list[tuple[int, dict[str, Any]]]) -> list[int]:
    return [i for i, check in sorted(checks, key=lambda item: WORST_FIRST.index(Verdict(item[1]["verdict"])))]


def _columns(tables: Tables, checks: list[dict[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    names = {category.id: category.title for category in tables.area.categories}
    keys = [*names, *sorted({c["category"] for c in checks if c["category"] and c["category"] not in names})]
    together = words.text("atlas.together", lang)
    return [{"key": k, "name": names.get(k, together), "all": [names.get(c, c) for c in k.split("+")]} for k in keys]


def _within(rule: Rule, lang: Lang) -> str:
    """Return how a rule measures, where it does not count minutes: 「半径1000米」; else ''."""
    if rule.within is None:
        return ""
    kind = "radius" if rule.within.radius_m is not None else "network"
    metres = rule.within.radius_m if kind == "radius" else rule.within.network_m
    return words.text(f"atlas.within_{kind}", lang, metres=f"{metres or 0:g}")


def _rules(tables: Tables, lang: Lang) -> dict[str, Any]:
    area = tables.area
    names = area_rule_names(area, lang)
    return {
        rule.id: {
            "name": names[rule.id],
            "measure": words.measure(rule.measure, lang)[:1].upper() + words.measure(rule.measure, lang)[1:],
            "isShare": is_share(rule.measure),
            "kind": rule.measure,
            "group": rule.group,
            "limit": rule.limit_min or area.walk.limit_min,
            "within": _within(rule, lang),
            "source": rule.source,
            "state": str(rule.status),
            "status": words.text(f"atlas.rule_{rule.status}", lang),
            "threshold": None if math.isnan(rule.threshold) else rule.threshold,
        }
        for rule in area.rules
    }
