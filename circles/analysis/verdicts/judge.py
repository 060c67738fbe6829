"""Rules × what is measured → the table ``check``: one verdict per township and rule, and one overall.

Definitions: contract, sections 3.10 and 3.11; ``docs/verdicts.md`` says them for readers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from circles.analysis.coverage.share import groups
from circles.analysis.verdicts.facts import AccessLookup, Facts, StreetShare, township_of_rows
from circles.analysis.verdicts.measures import MEASURES, Measured, Needs, measure
from circles.area import Area, Rule
from circles.foundation.errors import Finding, info, warning
from circles.foundation.schema.tables import NONE, TABLES, Verdict

NO_RULE = "none"
"""``rule_id`` of the row of a category that no adopted or assumed rule judges."""
OVERALL = "overall"
"""``rule_id`` of a township's overall verdict."""
_COUNTED_STATUS = frozenset({"adopted", "assumed"})
_Row = tuple[str, str, str, str, str, float, float, float, float, str, float, str]


def check(  # noqa: PLR0917 - seven tables and callables, all of them data
    area: Area,
    residents: pd.DataFrame,
    access_lookup: AccessLookup,
    facilities: pd.DataFrame,
    townships: pd.DataFrame,
    villages: pd.DataFrame,
    street_share: StreetShare,
) -> pd.DataFrame:
    """Return the table ``check``.

    Parameters
    ----------
    area : rules, categories, limits
    residents, facilities, townships, villages : tables of these names
    access_lookup : ``(category, profile)`` → minutes, indexed by resident id, NaN where there are none
    street_share : ``(township_code, category_ids, limit_min, profile)`` → ``(reached_m, total_m)``; the profile is
        None where several categories have different walkers: each its own

    Returns
    -------
    DataFrame
        Per township, in the order of ``townships``: one row per rule that applies, in the order of the area file; one
        row ``none`` per category without an adopted or assumed rule; the row ``overall``, where proposed rules do
        not count. Residents outside every township are in no row.
    """
    facts = Facts(area, residents, access_lookup, facilities, villages, street_share)
    rows: list[_Row] = []
    for code, name, township_class in township_of_rows(residents, townships):
        applying = [rule for rule in area.rules if applies(rule, township_class)]
        judged = [_judged(code, name, rule, measure(rule, code, facts)) for rule in applying]
        rows += judged
        rows += [_no_rule(code, name, category) for category in _without_rule(area, applying)]
        rows.append(_overall(code, name, judged))
    columns = TABLES["check"].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return frame.astype({column.name: column.dtype for column in columns})


def applies(rule: Rule, township_class: str) -> bool:
    """Return whether ``rule`` applies to a township of this class; one without a class has only rules for all."""
    return rule.applies_to in ("all", township_class)


def verdict(value: float, threshold: float) -> Verdict:
    """Return met where ``value`` ≥ ``threshold`` − 1e-12, no_data where it is NaN.

    >>> str(verdict(0.1 + 0.2, 0.3)), str(verdict(0.3, 0.1 + 0.2))
    ('met', 'met')
    """
    if math.isnan(value):
        return Verdict.NO_DATA
    return Verdict.MET if value >= threshold - 1e-12 else Verdict.NOT_MET


def shortfall(numerator: float, denominator: float, threshold: float) -> float:
    """Return what is missing, in whole people, villages, facilities or places: at least 1.

    >>> shortfall(85, 100, 0.9)
    5.0
    """
    return float(max(1, math.ceil(threshold * denominator - numerator - 1e-9)))


def _judged(code: str, name: str, rule: Rule, got: Measured) -> _Row:
    decision = verdict(got.deciding, got.bar)
    missing = math.nan
    if decision is Verdict.MET:
        missing = 0.0
    elif decision is Verdict.NOT_MET:
        missing = shortfall(got.numerator, got.denominator, got.bar)
    return (
        code, name, rule.id, "+".join(rule.category_ids), rule.measure, got.numerator, got.denominator, got.value,
        rule.threshold, str(decision), missing, rule.status,
    )  # fmt: skip


def _without_rule(area: Area, applying: Iterable[Rule]) -> list[str]:
    ruled = {category for rule in applying if rule.status in _COUNTED_STATUS for category in rule.category_ids}
    return [category.id for category in area.categories if category.id not in ruled]


def _no_rule(code: str, name: str, category: str) -> _Row:
    nan = math.nan
    return code, name, NO_RULE, category, "", nan, nan, nan, nan, str(Verdict.NO_RULE), nan, ""


def _overall(code: str, name: str, judged: list[_Row]) -> _Row:
    """Return the overall row: rules met of rules judged met or not met; the worst verdict decides."""
    counted = [(row[9], row[11]) for row in judged if row[11] in _COUNTED_STATUS]
    verdicts = [decision for decision, _ in counted]
    if not verdicts:
        nan = math.nan
        return code, name, OVERALL, "", "", 0.0, 0.0, nan, nan, str(Verdict.NO_RULE), nan, ""
    met, failed = verdicts.count(str(Verdict.MET)), verdicts.count(str(Verdict.NOT_MET))
    unknown = len(verdicts) - met - failed
    decision = Verdict.NOT_MET if failed else Verdict.NO_DATA if unknown else Verdict.MET
    status = "assumed" if any(status == "assumed" for _, status in counted) else "adopted"
    value = met / (met + failed) if met + failed else math.nan
    missing = math.nan if decision is Verdict.NO_DATA else float(failed)
    return (
        code, name, OVERALL, "", "", float(met), float(met + failed), value, 1.0, str(decision), missing, status,
    )  # fmt: skip


def doubts(area: Area, residents: pd.DataFrame, facilities: pd.DataFrame, townships: pd.DataFrame) -> list[Finding]:
    """Return what makes a rule unanswerable or a verdict weak: unknown groups, limits beyond the horizon, and so on."""
    file, valid, found = area.file.name, groups(residents), []
    for rule in area.rules:
        if rule.group not in valid:
            found.append(warning("rule-group-unknown", file, id=rule.id, value=rule.group, valid=", ".join(valid)))
        limit = rule.limit_min or area.walk.limit_min
        if limit > area.horizon_min:
            found.append(warning("rule-limit-beyond-horizon", file, id=rule.id, limit=limit, horizon=area.horizon_min))
        if Needs.CAPACITY in MEASURES[rule.measure].depends_on:
            found += _capacity_doubts(rule, facilities)
    classes = {str(code): c for code, c in zip(townships["code"], townships["class"], strict=True)}
    if any(rule.applies_to != "all" for rule in area.rules):
        found += [
            warning("township-without-class", "townships", id=code, place=code)
            for code, township_class in classes.items()
            if code != NONE and township_class not in ("town", "rural")
        ]
    assumed = [rule.id for rule in area.rules if rule.status == "assumed"]
    if assumed:
        found.append(info("rules-assumed", file, count=len(assumed), rules=", ".join(assumed)))
    return found


def _capacity_doubts(rule: Rule, facilities: pd.DataFrame) -> list[Finding]:
    asked = facilities["is_counted"].astype(bool) & facilities["category"].isin(rule.category_ids)
    missing = facilities[asked & facilities["capacity"].isna()]
    return [
        warning("capacity-missing", "facilities", id=str(facility), name=str(name), rule=rule.id)
        for facility, name in zip(missing["id"], missing["name"], strict=True)
    ]
