"""Why a verdict turned: the rule, or the numbers it judges, and what changed those."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from circles.analysis.compare.parts import CAUSES, Attribution
from circles.analysis.compare.state import State
from circles.analysis.verdicts.judge import verdict
from circles.analysis.verdicts.measures import MEASURES, Needs, is_lower_better
from circles.foundation.schema.tables import TABLES, Verdict

_RANK = {Verdict.NOT_MET: 0, Verdict.NO_DATA: 1, Verdict.MET: 2, Verdict.EXEMPT: 3, Verdict.NO_RULE: 4}
_WORDING = ("source", "status")
"""What may change in a rule without changing what it asks."""


def worst(state: State) -> dict[tuple[str, str], str]:
    """Return (township, category) → the worst verdict of the rules for that category alone."""
    found: dict[tuple[str, str], str] = {}
    table = state.check
    for code, category, now in zip(table["township_code"], table["category"], table["verdict"], strict=True):
        key = (str(code), str(category))
        if key not in found or _RANK[Verdict(now)] < _RANK[Verdict(found[key])]:
            found[key] = str(now)
    return found


def rules_table(found: Attribution) -> pd.DataFrame:
    """Return the table ``compare_rules``: every township × rule of either state, in the later one's order."""
    keyed = [_keyed(state) for state in (found.before, found.after)]
    rows = []
    for key in dict.fromkeys([*keyed[1], *keyed[0]]):
        old, new = (side.get(key) for side in keyed)
        named = new or old or {}
        why, by = ("", "") if _verdict(old) == _verdict(new) else _why(found, key, old, new)
        rows.append(
            (key[0], named["township"], key[1], named["category"], named["measure"],
             *(_number(row, name) for name in ("value", "threshold") for row in (old, new)), _verdict(old), _verdict(new),
             why, by)
        )  # fmt: skip
    columns = TABLES["compare_rules"].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    frame = _with_overall(frame)
    return frame.astype({column.name: column.dtype for column in columns})


def _keyed(state: State) -> dict[tuple[str, str], Any]:
    rows = state.check.to_dict("records")
    names = [r["rule_id"] if r["rule_id"] != "none" else f"none:{r['category']}" for r in rows]
    return {(str(r["township_code"]), name): r for r, name in zip(rows, names, strict=True)}


def _verdict(row: Any) -> str:
    return "" if row is None else str(row["verdict"])


def _number(row: Any, name: str) -> float:
    return math.nan if row is None else float(row[name])


def _why(found: Attribution, key: tuple[str, str], old: Any, new: Any) -> tuple[str, str]:
    """Return ``rule``, ``numbers`` or ``both``, and the causes behind the numbers."""
    rules = [state.rules.get(key[1]) for state in (found.before, found.after)]
    if old is None or new is None or rules[0] is None or rules[1] is None:
        return ("", "") if key[1] == "overall" else ("rule", "")
    asked = [{k: v for k, v in rule.items() if k not in _WORDING} for rule in rules if rule is not None]
    if asked[0] == asked[1]:
        return "numbers", _causes(found, key[0], asked[1], old, new)
    if _but_threshold(asked[0]) == _but_threshold(asked[1]) and not is_lower_better(str(asked[1]["measure"])):
        if str(verdict(float(new["value"]), float(old["threshold"]))) == str(new["verdict"]):
            return "numbers", _causes(found, key[0], asked[1], old, new)
        is_rule = str(verdict(float(old["value"]), float(new["threshold"]))) == str(new["verdict"])
        return ("rule", "") if is_rule else ("both", _causes(found, key[0], asked[1], old, new))
    by = "" if _same(float(old["value"]), float(new["value"])) else _causes(found, key[0], asked[1], old, new)
    return ("both", by) if by else ("rule", "")


def _but_threshold(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "threshold"}


def _same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))


def _causes(found: Attribution, township: str, rule: dict[str, Any], old: Any, new: Any) -> str:
    """Return what changed the numbers of a rule, separated by '+', the greatest first."""
    measure = str(rule["measure"])
    needs = MEASURES[measure].depends_on if measure in MEASURES else ()
    if Needs.MINUTES not in needs:
        changed = [str(need) for need in needs if str(need) in CAUSES] or ["other"]
        kept = [
            c for c in changed if c != "residents" or not _same(float(old["denominator"]), float(new["denominator"]))
        ]
        if kept[:1] == ["facilities"] and _same(float(old["numerator"]), float(new["numerator"])):
            kept = kept[1:]
        return "+".join(kept or ["other"])
    sizes = dict.fromkeys(CAUSES, 0.0)
    limits = [float(rule.get("limit_min") or state.limit_min) for state in (found.before, found.after)]
    group = str(rule["group"])
    kinds = [kind for item in rule.get("at_least", ()) for kind in item["of"]]
    categories = [rule["category"]] if rule.get("category") else list(rule["categories"]) or list(dict.fromkeys(kinds))
    for category in categories:
        own = found.after.categories.get(category)
        if own is None or group not in found.sides.weights or category not in found.before.categories:
            continue
        taken = found.taken(category, group, (limits[0], limits[1]))
        for cause in CAUSES:
            sizes[cause] += abs(taken.causes[cause].get(township, 0.0))
    if not _same(float(old["denominator"]), float(new["denominator"])):
        sizes["residents"] = max(sizes["residents"], 1e-9)
    named = sorted((c for c in CAUSES if sizes[c] > 0), key=lambda c: -sizes[c])
    return "+".join(named or ["other"])


def _with_overall(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill in why an overall verdict turned: for the reasons of the rules that turned."""
    out = frame.copy()
    for code, part in frame.groupby("township_code", sort=False):
        turned = part[(part["rule_id"] != "overall") & part["why"].ne("")]
        overall = (out["township_code"] == code) & (out["rule_id"] == "overall")
        overall &= out["verdict_before"] != out["verdict_after"]
        kinds = sorted(set(turned["why"]))
        causes = sorted({cause for text in turned["causes"] for cause in text.split("+") if cause}, key=CAUSES.index)
        out.loc[overall, "why"] = kinds[0] if len(kinds) == 1 else "both" if kinds else "rule"
        out.loc[overall, "causes"] = "+".join(causes)
    return out
