"""Rules × what is measured → the table ``check``: one verdict per township and rule, and one overall.

Definitions: contract, sections 3.10 and 3.11; ``docs/verdicts.md`` says them for readers.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from circles.analysis.coverage.share import groups, total
from circles.analysis.verdicts.clauses import Clauses, Origin, is_exempt
from circles.analysis.verdicts.facts import AccessLookup, Facts, StreetShare, TimedLookup, township_of_rows
from circles.analysis.verdicts.measures import MEASURES, Asks, Measured, Needs, is_lower_better, measure
from circles.area import Area, Rule
from circles.foundation import errors
from circles.foundation.errors import Finding, info, warning
from circles.foundation.schema.tables import NONE, TABLES, Verdict

NO_RULE = "none"
"""``rule_id`` of the row of a category that no adopted or assumed rule judges."""
OVERALL = "overall"
"""``rule_id`` of a township's overall verdict."""
_COUNTED_STATUS = frozenset({"adopted", "assumed"})
_Row = tuple[str, str, str, str, str, float, float, float, float, str, float, str, float, str, float, float]
_NO_MORE = (math.nan, "", math.nan, math.nan)
"""No next target, and nothing measured beside."""


def check(  # noqa: PLR0917 - seven tables and callables, all of them data
    area: Area,
    residents: pd.DataFrame,
    access_lookup: AccessLookup,
    facilities: pd.DataFrame,
    townships: pd.DataFrame,
    villages: pd.DataFrame,
    street_share: StreetShare,
    *,
    clauses: Clauses | None = None,
    timed: TimedLookup | None = None,
) -> pd.DataFrame:
    """Return the table ``check``.

    Parameters
    ----------
    area : rules, categories, limits
    residents, facilities, townships, villages : tables of these names
    access_lookup : ``(category, profile)`` → minutes, indexed by resident id, NaN where there are none
    street_share : ``(township_code, category_ids, limit_min, profile)`` → ``(reached_m, total_m)``; the profile is
        None where several categories have different walkers: each its own
    clauses : answers rules that ask more than the nearest place of each category; without it they have no data
    timed : minutes at a moment, for rules with ``when``

    Returns
    -------
    DataFrame
        Per township, in the order of ``townships``: one row per rule that applies, in the order of the area file; one
        row ``none`` per category without an adopted or assumed rule; the row ``overall``, where proposed rules do
        not count. Residents outside every township are in no row.
    """
    facts = Facts(area, residents, access_lookup, facilities, villages, street_share, timed, clauses=clauses)
    rows: list[_Row] = []
    for code, name, township_class in township_of_rows(residents, townships):
        applying = [rule.of_class(township_class) for rule in area.rules if applies(rule, township_class)]
        judged = [_judged(code, name, rule, facts) for rule in applying]
        rows += judged
        rows += [_no_rule(code, name, category) for category in _without_rule(area, applying)]
        rows.append(_overall(code, name, judged))
    return TABLES["check"].frame(rows)


def applies(rule: Rule, township_class: str) -> bool:
    """Return whether ``rule`` applies to a township of this class; one without a class has only rules for all."""
    return rule.applies_to in ("all", township_class)


def verdict(value: float, threshold: float) -> Verdict:
    """Return met where ``value`` ≥ ``threshold`` − 1e-12, no_data where either is NaN.

    >>> str(verdict(0.1 + 0.2, 0.3)), str(verdict(0.3, 0.1 + 0.2))
    ('met', 'met')
    """
    if math.isnan(value) or math.isnan(threshold):
        return Verdict.NO_DATA
    return Verdict.MET if value >= threshold - 1e-12 else Verdict.NOT_MET


def shortfall(numerator: float, denominator: float, threshold: float) -> float:
    """Return what is missing, in whole people, villages, facilities or places: at least 1.

    >>> shortfall(85, 100, 0.9)
    5.0
    """
    return float(max(1, math.ceil(threshold * denominator - numerator - 1e-9)))


def _judged(code: str, name: str, rule: Rule, facts: Facts) -> _Row:
    head = code, name, rule.id, "+".join(rule.category_ids), rule.measure
    got = measure(rule, code, facts)
    numbers = got.numerator, got.denominator, got.value, rule.threshold
    beside = _next_target(rule, got, facts.area.as_of), _walked(rule, code, facts)
    decision, missing = _decision(rule, code, got, facts)
    return (*head, *numbers, str(decision), missing, rule.status, *beside[0], beside[1])


def judged_value(rule: Rule, code: str, facts: Facts) -> tuple[Measured, Verdict]:
    """Return what a rule, as it is for townships of this class, measures in a township, and its verdict there."""
    got = measure(rule, code, facts)
    return got, _decision(rule, code, got, facts)[0]


def _decision(rule: Rule, code: str, got: Measured, facts: Facts) -> tuple[Verdict, float]:
    if is_exempt(rule, code, total(facts.people("population"), facts.rows(code))):
        return Verdict.EXEMPT, math.nan
    has_bar = not math.isnan(rule.threshold)  # targets by year may not be in force yet
    return _decided(got) if has_bar else (Verdict.NO_DATA, math.nan)


def _decided(got: Measured) -> tuple[Verdict, float]:
    """Return the verdict and what is missing: 0 when met, NaN without data."""
    decision = verdict(got.deciding, got.bar)
    if decision is Verdict.NOT_MET:
        return decision, shortfall(got.numerator, got.denominator, got.bar)
    return decision, 0.0 if decision is Verdict.MET else math.nan


def _next_target(rule: Rule, got: Measured, as_of: dt.date) -> tuple[float, str, float]:
    """Return the rule's next target by year, the day it falls due, and what is missing of it."""
    coming = rule.next_target(as_of)
    if coming is None:
        return _NO_MORE[:3]
    bar = got.bar if is_lower_better(rule.measure) else coming[0]
    return coming[0], coming[1].isoformat(), _decided(replace(got, bar=bar))[1]


def _walked(rule: Rule, code: str, facts: Facts) -> float:
    """Return the value of a rule with a distance as people walk it, within the limit in minutes; NaN for others."""
    if rule.within is None:
        return math.nan
    return measure(facts.in_minutes(rule), code, facts).value


def _without_rule(area: Area, applying: Iterable[Rule]) -> list[str]:
    ruled = {category for rule in applying if rule.status in _COUNTED_STATUS for category in rule.category_ids}
    return [category.id for category in area.categories if category.id not in ruled]


def _no_rule(code: str, name: str, category: str) -> _Row:
    nan = math.nan
    return code, name, NO_RULE, category, "", nan, nan, nan, nan, str(Verdict.NO_RULE), nan, "", *_NO_MORE


def _overall(code: str, name: str, judged: list[_Row]) -> _Row:
    """Return the overall row: rules met of rules judged met or not met, exempt ones left out; the worst decides."""
    counted = [(row[9], row[11]) for row in judged if row[11] in _COUNTED_STATUS and row[9] != Verdict.EXEMPT]
    verdicts = [decision for decision, _ in counted]
    if not verdicts:
        nan = math.nan
        return code, name, OVERALL, "", "", 0.0, 0.0, nan, nan, str(Verdict.NO_RULE), nan, "", *_NO_MORE
    met, failed = verdicts.count(str(Verdict.MET)), verdicts.count(str(Verdict.NOT_MET))
    unknown = len(verdicts) - met - failed
    decision = Verdict.NOT_MET if failed else Verdict.NO_DATA if unknown else Verdict.MET
    status = "assumed" if any(status == "assumed" for _, status in counted) else "adopted"
    value = met / (met + failed) if met + failed else math.nan
    missing = math.nan if decision is Verdict.NO_DATA else float(failed)
    return (
        code, name, OVERALL, "", "", float(met), float(met + failed), value, 1.0, str(decision), missing, status, *_NO_MORE,
    )  # fmt: skip


def doubts(area: Area, residents: pd.DataFrame, facilities: pd.DataFrame, townships: pd.DataFrame) -> list[Finding]:
    """Return a finding for whatever makes a rule unanswerable or a verdict weak, such as unknown groups.

    Parameters
    ----------
    area : gives the rules
    residents : table ``residents``; its numeric columns are the known groups
    facilities : table ``facilities``; its capacities are looked at
    townships : table ``townships``; its classes are looked at
    """
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


def problems(area: Area) -> list[Finding]:
    """Return the errors of rules that contradict themselves: clauses beside a measure that asks nobody."""
    found = []
    for rule in area.rules:
        for item in (rule, *(rule.of_class(name) for name in rule.by_class)):
            asks = MEASURES[item.measure].asks
            if item.when is not None and Needs.MINUTES not in MEASURES[item.measure].depends_on:
                found.append(errors.error("rule-when-measure", area.file.name, id=rule.id, value=item.measure))
                break
            is_wrong = asks is Asks.NOTHING and not item.is_plain
            is_wrong |= asks is Asks.LAND and item.origins != "residents"
            if is_wrong:
                takes = sorted(name for name, one in MEASURES.items() if one.asks is not Asks.NOTHING)
                found.append(
                    errors.error(
                        "rule-clause-measure", area.file.name, id=rule.id, value=item.measure, valid=", ".join(takes)
                    )
                )
                break
    return found


def clause_doubts(area: Area, clauses: Clauses, townships: pd.DataFrame) -> list[Finding]:
    """Return what leaves clauses without data: tables that are missing, targets not yet in force, unknown exemptions."""
    found, file = [], area.file.name
    known = {"township": set(townships["code"].astype(str)), "island": set(clauses.walks.network.islands.names)}
    for rule in area.rules:
        is_land = MEASURES[rule.measure].asks is Asks.LAND
        if missing := clauses.missing(rule, Origin.LAND if is_land else Origin.RESIDENTS):
            found.append(warning("rule-needs-table", file, id=rule.id, table_name=missing))
        if rule.when is not None and not rule.is_plain:
            found.append(warning("rule-when-clause", file, id=rule.id, when=rule.when))
        if rule.targets and math.isnan(rule.threshold):
            found.append(
                warning("rule-no-target-yet", file, id=rule.id, day=area.as_of.isoformat(), year=min(rule.targets))
            )
        if rule.exempt is not None:
            found += [
                warning("rule-exempt-unknown", file, id=rule.id, value=code)
                for code in rule.exempt.codes
                if code not in known[rule.exempt.of]
            ]
    return found


def _capacity_doubts(rule: Rule, facilities: pd.DataFrame) -> list[Finding]:
    asked = facilities["is_counted"].astype(bool) & facilities["category"].isin(rule.category_ids)
    missing = facilities[asked & facilities["capacity"].isna()]
    return [
        warning("capacity-missing", "facilities", id=str(facility), name=str(name), rule=rule.id)
        for facility, name in zip(missing["id"], missing["name"], strict=True)
    ]
