"""The table ``statement``; part of ``tables.TABLES``."""

from __future__ import annotations

from circles.foundation.schema.columns import table

STATEMENT = table(
    "statement",
    "one row per township × category and for the whole area (ALL): what every product says of it, numbers and texts",
    ("township_code", "str", "", "township code, or ALL"),
    ("township", "str", "", "name, in the order of the townships' file"),
    ("category", "str", "", "category id"),
    ("service", "str", "", "heading or name of the category"),
    (
        "rule_id",
        "str",
        "",
        "the rule that speaks for the cell: the worst adopted or assumed one; empty without one",
    ),
    ("measure", "str", "", "measure of that rule"),
    ("group", "str", "", "group of people it counts"),
    ("numerator", "float64", "", "counted, as in check.csv; people covered where no rule judges"),
    ("denominator", "float64", "", "of how many"),
    ("value", "float64", "", "the judged value"),
    ("threshold", "float64", "", "what it is held to; empty without a rule"),
    ("rule_status", "str", "", "adopted or assumed"),
    ("uncovered", "float64", "", "denominator less numerator: the group's people beyond the limit"),
    ("needed", "float64", "", "still to be covered for the threshold; for ALL the sum"),
    ("verdict", "str", "", "met, not_met, no_data, exempt or no_rule"),
    ("symbol", "str", "", "shape of the verdict"),
    ("colour", "str", "", "colour of the verdict"),
    ("word", "str", "", "word of the verdict, in the language of the run"),
    ("text", "str", "", "symbol and value as every product shows them"),
    ("base", "str", "", "of whom"),
    ("bar", "str", "", "the threshold as every product shows it"),
)
