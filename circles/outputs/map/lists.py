"""Tables that the page shows as they stand: what is missing, and how surely the inputs are known."""

from __future__ import annotations

from typing import Any

from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.words import Lang
from circles.outputs.annex_sheets import remedy
from circles.outputs.blocks import reasons
from circles.outputs.map.plain import rows_of
from circles.outputs.report import Report
from circles.outputs.stated import number_text, value_text
from circles.outputs.text import known_kind

_MISSING = ("township", "category", "group", "value", "threshold", "people_short", "people_uncovered", "villages", "cause",
            "remedy", "lead", "due")  # fmt: skip


def missing(tables: Tables, lang: Lang) -> dict[str, Any]:
    """Return the heads and rows of ``missing.csv`` in words; a row names its township and category for the page."""
    report = Report(tables, lang)
    shares = {row.rule_id: row.is_share for row in report.stated.found.rows}
    rows = []
    for row in rows_of(tables.missing):
        is_share = shares.get(row["rule_id"], True)
        cells = {
            **row, "category": report.category_name(row["category"]), "group": words.group(row["group"], lang),
            "value": value_text(row["value"], row["threshold"], is_share=is_share),
            "threshold": value_text(row["threshold"], None, is_share=is_share),
            "people_short": _people(row["people_short"]), "people_uncovered": _people(row["people_uncovered"]),
            "cause": reasons(report, row["cause"]), "remedy": remedy(report, str(row["remedy"] or "")),
        }  # fmt: skip
        rows.append(
            {
                "code": row["township_code"],
                "category": row["category"],
                "cells": [str(cells[k] or "") for k in _MISSING],
            }
        )
    return {"heads": [words.text(f"report.missing_{key}", lang) for key in _MISSING], "rows": rows}


def known(tables: Tables, lang: Lang) -> dict[str, Any]:
    """Return, per subject of the inputs, what share of it is surveyed, approximate, modelled or not said."""
    rows = [
        [
            words.text(f"report.known_{row['subject']}", lang).strip(),
            known_kind(str(row["kind"]), lang),
            f"{100 * float(row['share']):.1f}%",
        ]
        for row in rows_of(tables.provenance)
    ]
    heads = ("known_subject", "known_how", "known_share")
    return {"heads": [words.text(f"report.{key}", lang) for key in heads], "rows": rows}


def _people(value: float | None) -> str:
    return "" if value is None else number_text(value, decimals=1)
