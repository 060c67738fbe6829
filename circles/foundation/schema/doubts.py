"""Columns of the tables that say how sure the verdicts are."""

from __future__ import annotations

from enum import StrEnum

from circles.foundation.schema.columns import Table, table


class Confidence(StrEnum):
    """可信度: how sure it is that the verdict is as it stands."""

    HIGH = "high"
    FAIR = "fair"
    TO_CHECK = "to_check"


CERTAINTY: tuple[Table, ...] = (
    table(
        "certainty",
        "only with --sure or --full; one row per verdict met or not met, overall rows left out: all doubts drawn together",
        ("township_code", "str", "", "code"),
        ("township", "str", "", "name"),
        ("rule_id", "str", "", "rule"),
        ("p_met", "float64", "", "share of the runs with data in which the rule is met"),
        ("value_p05", "float64", "", "5 % of the runs have no greater value"),
        ("value_p50", "float64", "", "the value's median"),
        ("value_p95", "float64", "", "95 % of the runs have no greater value"),
        (
            "decides",
            "str",
            "",
            "speed | snap | positions | people | paths | heights | hours: the source of the largest total share; nothing",
        ),
        ("decides_share", "float64", "", "its total share of the variance; empty with less than one block of runs"),
        ("draws", "int64", "", "runs evaluated in all"),
    ),
    table(
        "certainty_shares",
        "only with --sure or --full; one row per verdict × source of doubt",
        ("township_code", "str", "", "code"),
        ("rule_id", "str", "", "rule"),
        ("verdict", "str", "", "verdict, as in check"),
        ("confidence", "str", "", "high | fair | to_check: how sure this verdict is, by the bounds of [sure]"),
        ("p_met", "float64", "", "as in certainty"),
        ("p_met_se", "float64", "", "its standard error"),
        ("source", "str", "", "speed | snap | positions | people | paths | heights | hours"),
        ("first_order", "float64", "", "share of the variance that goes if this alone is known"),
        ("first_order_se", "float64", "", "its standard error"),
        ("total", "float64", "", "share of the variance that stays if all else is known"),
        ("total_se", "float64", "", "its standard error"),
    ),
    table(
        "certainty_residents",
        "only with --sure or --full; one row per resident × category",
        ("resident_id", "str", "", "resident"),
        ("category", "str", "", "category id"),
        ("profile", "str", "", "walker"),
        ("p_within", "float64", "", "share of the runs in which the nearest place is within the area's limit"),
    ),
    table(
        "survey",
        "only with --sure or --full; per verdict that is not of high certainty what to survey, the greatest gain first",
        ("township_code", "str", "", "code"),
        ("township", "str", "", "name"),
        ("rule_id", "str", "", "rule"),
        ("rank", "int64", "", "1 = the greatest gain"),
        ("kind", "str", "", "speed | position | people | path | hours"),
        ("item_id", "str", "", "id of the facility, code of the village, number of the street; speed"),
        ("name", "str", "", "its name"),
        ("lon", "float64", "degrees", "where to go; empty for speed"),
        ("lat", "float64", "degrees", "where to go; empty for speed"),
        ("metres", "float64", "m", "how far the place may be off, or how long the street is; else empty"),
        ("certainty_now", "float64", "", "probability of the verdict's likelier outcome"),
        ("certainty_then", "float64", "", "what is expected of it once this is known"),
        ("gain", "float64", "", "the difference"),
    ),
)
"""Tables of ``--sure``."""
