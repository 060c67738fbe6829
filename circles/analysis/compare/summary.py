"""A comparison in sentences."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from circles.analysis.compare.parts import CAUSES
from circles.analysis.compare.state import State
from circles.analysis.verdicts.naming import rule_names
from circles.analysis.verdicts.words import word_key
from circles.foundation import words
from circles.foundation.schema.tables import ALL
from circles.foundation.words import Lang


def sentences(compared: pd.DataFrame, rules: pd.DataFrame, before: State, after: State, lang: Lang) -> list[str]:
    """Return what changed as one sentence per township and category, the greatest changes first.

    Only the group ``population`` is worded; townships come before the area's total. Empty where nothing changed.

    Parameters
    ----------
    compared : table ``coverage`` of a comparison: both runs' shares and verdicts side by side
    rules : table ``rules`` of a comparison: one row per township and rule
    before, after : the two runs
    lang : language of the sentences
    """
    names = after.headings
    rows = compared[(compared["group"] == "population")]
    is_shown = rows["gained"].ne(0) | rows["lost"].ne(0) | rows["covered_change"].ne(0)
    is_shown |= rows["verdict_before"].ne(rows["verdict_after"])
    rows = rows[is_shown].assign(size=lambda t: t["covered_change"].abs(), is_all=lambda t: t["township_code"].eq(ALL))
    rows = rows.sort_values(["is_all", "size"], ascending=[True, False], kind="stable")
    unit = unit_of(after, lang)
    shown = [_sentence(row, names[row["category"]], unit, lang) for row in rows.to_dict("records")]
    turned = rules[rules["why"].ne("") & rules["rule_id"].ne("overall")].to_dict("records")
    return shown + [_turned(row, before, after, lang) for row in turned]


def unit_of(state: State, lang: Lang) -> str:
    """Return what residents count: people, or points along streets."""
    return words.text("compare.points" if state.run.get("counts_points") else "compare.people", lang)


def amount(value: float, *, signed: bool = False) -> str:
    """Return a number of people as it is read: whole where it is whole, else with one decimal."""
    whole = abs(value - round(value)) < 1e-6
    sign = "+" if signed and value > 0 else ""
    return sign + (f"{round(value):,}" if whole else f"{value:,.1f}")


def verdict_word(verdict: str, state: State, lang: Lang, rule_id: str = "") -> str:
    """Return the word for a verdict: 达标 only outside demonstrations, of a rule (or of rules) that somebody adopted.

    Parameters
    ----------
    verdict : a value of ``Verdict``; '' reads –
    state : the run that it is of
    lang : language of the word
    rule_id : the rule that was judged; '' where it rests on all rules that judge
    """
    if not verdict:
        return "–"
    rules = [state.rules[rule_id]] if rule_id in state.rules else [*state.rules.values()]
    statuses = [str(rule["status"]) for rule in rules if rule_id in state.rules or rule["status"] != "proposed"]
    key = word_key(verdict, statuses, is_demonstration=bool(state.run.get("demonstration")))
    return words.text(f"statement.{key}", lang)


def _sentence(row: Mapping[Hashable, Any], category: str, unit: str, lang: Lang) -> str:
    before, after = amount(row["covered_before"]), amount(row["covered_after"])
    values = {
        "town": row["township"], "category": category, "unit": unit, "before": before, "after": after,
        "change": amount(row["covered_change"], signed=True),
    }  # fmt: skip
    text = words.text("compare.row" if row["covered_change"] else "compare.row_even", lang, **values)
    parts = [
        words.text(f"compare.cause_{cause}", lang) + " " + amount(row[f"by_{cause}"], signed=True)
        for cause in CAUSES
        if row[f"by_{cause}"]
    ]
    if parts:
        text += words.text("compare.because", lang, parts=("、" if lang == "zh" else ", ").join(parts))
    return text + words.text("compare.stop", lang)


def _turned(row: Mapping[Hashable, Any], before: State, after: State, lang: Lang) -> str:
    causes = [words.text(f"compare.cause_{cause}", lang) for cause in str(row["causes"]).split("+") if cause]
    why = words.text(f"compare.why_{row['why']}", lang, causes=("、" if lang == "zh" else ", ").join(causes))
    values = {name: "–" if math.isnan(row[name]) else f"{row[name]:.4g}"
              for name in ("value_before", "value_after", "threshold_before", "threshold_after")}  # fmt: skip
    state = after if row["rule_id"] in after.rules else before
    name = rule_names(state.rules.values(), state.headings, lang).get(str(row["rule_id"]), "")
    return words.text(
        "compare.turned", lang, town=row["township"], rule=name, why=why,
        before=verdict_word(row["verdict_before"], before, lang, row["rule_id"]), after=verdict_word(row["verdict_after"], after, lang, row["rule_id"]),
        **values,
    )  # fmt: skip
