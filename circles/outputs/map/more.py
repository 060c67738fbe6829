"""What stands behind a verdict besides the rule: how sure it is, the least that would turn it, capacity, poverty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from circles.analysis.coverage import shown_percent
from circles.analysis.results import Tables
from circles.analysis.verdicts import area_rule_names, is_share
from circles.analysis.verdicts.words import word_key
from circles.foundation import words
from circles.foundation.schema.tables import Verdict
from circles.foundation.words import Lang
from circles.outputs.map.plain import rows_of

Note = tuple[str, str, str, str]


def notes(tables: Tables, lang: Lang) -> list[Note]:
    """Return ``(township_code, category key, title, sentence)``; '' as key belongs to the whole township.

    Tables that a run does not have leave no note.
    """
    found = [
        *_stability(tables, lang),
        *_least_change(tables, lang),
        *_capacity(tables, lang),
        *_straight_line(tables, lang),
        *_poverty(tables, lang),
    ]
    return [(code, key, words.text(f"atlas.more_{title}", lang), text) for code, key, title, text in found]


def verdict_word(verdict: str, tables: Tables, lang: Lang) -> str:
    """Return a verdict as people may read it: 达标 only outside demonstrations, and where every rule is adopted."""
    statuses = [rule.status for rule in tables.area.rules if rule.status != "proposed"]
    key = word_key(str(verdict), statuses, is_demonstration=tables.area.demonstration)
    return words.text(f"statement.{key}", lang)


def _stability(tables: Tables, lang: Lang) -> Iterator[Note]:
    keys = {(r["township_code"], r["rule_id"]): r for r in rows_of(tables.check)}
    shares = {rule.id for rule in tables.area.rules if is_share(rule.measure)}
    if tables.stability.empty:
        return
    names = area_rule_names(tables.area, lang)
    for (code, rule), own in tables.stability.groupby(["township_code", "rule_id"], sort=False):
        check = keys.get((str(code), str(rule)))
        sure = str(own["stability"].iloc[0] or "")
        if check is None or not sure:
            continue
        low, high = own["value"].min(), own["value"].max()
        bar = check["threshold"]
        ends = [shown_percent(v, bar) if rule in shares else _number(v) for v in (low, high)] if pd.notna(low) else []
        turned = words.listed(
            (_variant(name, lang) for name in str(own["turned_by"].iloc[0] or "").split("+") if name), lang
        )
        met, unmet = (verdict_word(v, tables, lang) for v in (Verdict.MET, Verdict.NOT_MET))
        text = words.text(f"atlas.stability_{sure}", lang, met=met, unmet=unmet, turned=turned)
        span = words.text("atlas.stability_span", lang, low=ends[0], high=ends[1]) if ends else ""
        yield str(code), check["category"], "stability", _ruled(names.get(str(rule), ""), check, text + span, lang)


def _variant(name: str, lang: Lang) -> str:
    kind, _, value = name.partition("=")
    key = f"variant_{kind}_{value}" if kind == "slope" else f"variant_{kind}"
    return words.text(f"atlas.{key}", lang, value=value) if key in words.catalogue("atlas") else name


def _least_change(tables: Tables, lang: Lang) -> Iterator[Note]:
    names = area_rule_names(tables.area, lang)
    for row in rows_of(tables.least_change):
        change = row["change"]
        share = is_share(str(row["measure"]))
        value = "–" if row["value"] is None else shown_percent(row["value"]) if share else _number(row["value"])
        text = words.text(
            f"atlas.change_{change}", lang, count=_number(row["count"]), names=row["names"] or row["sites"],
            people=_number(row["newly_covered"]), value=value, verdict=verdict_word(row["verdict"], tables, lang),
        )  # fmt: skip
        doubt = "" if row["is_proven"] or change == "none" else words.text("atlas.change_unproven", lang)
        yield (
            row["township_code"],
            row["category"],
            "least_change",
            _ruled(names.get(str(row["rule_id"]), ""), row, text + doubt, lang),
        )


def _capacity(tables: Tables, lang: Lang) -> Iterator[Note]:
    for row in rows_of(tables.capacity):
        if row["method"] != "2sfca" or row["norm_per_1000"] is None:
            continue
        yield (
            row["township_code"], row["category"], "capacity",
            words.text(
                "atlas.capacity_line", lang, group=words.group(row["group"], lang), has=_number(row["access_per_1000"]),
                norm=_number(row["norm_per_1000"]), below=_number(row["below_norm"]), short=_number(row["places_short"]),
                unknown=row["without_capacity"],
            ),
        )  # fmt: skip


def _straight_line(tables: Tables, lang: Lang) -> Iterator[Note]:
    for row in rows_of(tables.straight_line):
        if row["group"] == "population" and row["limit_min"] == tables.area.walk.limit_min and row["overstated"]:
            text = words.text(
                "atlas.straight_line", lang, over=_number(row["overstated"]), circle=shown_percent(row["circle_share"]),
                walked=shown_percent(row["share"]),
            )  # fmt: skip
            yield row["township_code"], row["category"], "straight_line", text


def _poverty(tables: Tables, lang: Lang) -> Iterator[Note]:
    if tables.poverty.empty:
        return
    frame = tables.poverty[(tables.poverty["level"] == "township") & (tables.poverty["group"] == "population")]
    parts: dict[str, list[str]] = {}
    for row in rows_of(frame):
        own = parts.setdefault(str(row["code"]), [])
        if row["people"]:
            share = shown_percent(row["share"])
            own.append(words.text("atlas.poverty_part", lang, kinds=row["kinds_lacking"], share=share))
    for code, texts in parts.items():
        yield code, "", "poverty", ("；" if lang == "zh" else "; ").join(texts)


def _ruled(rule: str, row: dict[str, Any], text: str, lang: Lang) -> str:
    return words.text("atlas.ruled", lang, text=text, rule=rule) if row["category"] and rule else text


def _number(value: float | None) -> str:
    return (
        "–" if value is None or pd.isna(value) else f"{round(float(value), 1):,g}" if value < 1e6 else f"{value:,.0f}"
    )
