"""What a rule is called where people read: its services, whom it counts, what it measures and where it applies; never its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from circles.analysis.verdicts.measures import MEASURES
from circles.area import Area, Rule
from circles.foundation import words
from circles.foundation.words import Lang


def area_rule_names(area: Area, lang: Lang) -> dict[str, str]:
    """Return the names of an area's own rules, see `rule_names`."""
    return rule_names(area.rules, {category.id: category.title for category in area.categories}, lang)


def rule_names(rules: Iterable[Rule | Mapping[str, Any]], titles: Mapping[str, str], lang: Lang) -> dict[str, str]:
    """Return the name of each rule by its id, as 「老年助餐·60岁及以上·人口覆盖率（镇）」; no two are alike.

    Rules that only differ in their limit, walker or threshold are numbered in their order.

    Parameters
    ----------
    rules : the rules of an area, or as plain data, as ``run.json`` holds them
    titles : what each category is called in products, by id
    lang : language of the names
    """
    plain = [rule.model_dump(mode="json") if isinstance(rule, Rule) else rule for rule in rules]
    names = [_name(rule, titles, lang) for rule in plain]
    alike, seen = Counter(names), Counter[str]()
    found = {}
    for rule, name in zip(plain, names, strict=True):
        seen[name] += 1
        found[str(rule["id"])] = (
            words.text("statement.rule_of", lang, name=name, number=seen[name]) if alike[name] > 1 else name
        )
    return found


def _name(rule: Mapping[str, Any], titles: Mapping[str, str], lang: Lang) -> str:
    kinds = (rule["category"],) if rule.get("category") else rule.get("categories") or [
        kind for item in rule.get("at_least") or () for kind in item["of"]
    ]  # fmt: skip
    measure, group = str(rule["measure"]), str(rule.get("group") or "population")
    parts = [" + ".join(titles.get(kind, kind) for kind in dict.fromkeys(kinds))]
    if measure not in MEASURES or MEASURES[measure].is_of_people:
        parts.append(words.group(group, lang))
    parts.append(words.measure(measure, lang))
    name = words.text("statement.rule_dot", lang).join(part for part in parts if part)
    where = str(rule.get("applies_to") or "all")
    if where == "all":
        return name
    return words.text("statement.rule_where", lang, name=name, where=words.text(f"statement.head_{where}", lang))
