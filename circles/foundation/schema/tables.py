"""The vocabulary: every table that passes between rooms, with the columns, types, units and meaning of each.

The same quantity has the same name everywhere. Tables are long, never wide with coded column names. ``docs/tables.md``
is generated from this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from circles.foundation.errors import Finding
from circles.foundation.schema.analyses import ANALYSES
from circles.foundation.schema.columns import Column, Table, table
from circles.foundation.schema.comparisons import COMPARISONS, REGISTER
from circles.foundation.schema.doubts import CERTAINTY
from circles.foundation.schema.statements import STATEMENT
from circles.foundation.schema.surveyed import SURVEY_MATCH
from circles.foundation.words import DEFAULT_LANG, Lang

__all__ = [
    "ALL",
    "NONE",
    "RESERVED",
    "TABLES",
    "Column",
    "Finding",
    "Position",
    "Reason",
    "Rings",
    "ServiceMode",
    "Status",
    "Streets",
    "Table",
    "Verdict",
    "findings_frame",
    "group_columns",
]

ALL = "ALL"
"""``township_code`` of the row that sums all townships."""
NONE = "NONE"
"""``township_code`` of residents who belong to no township."""


class Status(StrEnum):
    """Whether a facility works. Only ``EXISTING`` counts, and ``EXAMPLE`` in a demonstration area."""

    EXISTING = "existing"
    UNDER_CONSTRUCTION = "under_construction"
    PLANNED = "planned"
    EXAMPLE = "example"
    CLOSED = "closed"


class ServiceMode(StrEnum):
    """How a facility serves. Only ``FIXED`` makes reach."""

    FIXED = "fixed"
    DELIVERY = "delivery"
    MOBILE = "mobile"


class Position(StrEnum):
    """How well a place is known."""

    SURVEYED = "surveyed"
    EXACT = "exact"
    APPROXIMATE = "approximate"
    MODELLED = "modelled"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a resident has no minutes to a kind of service (contract, section 3.8)."""

    NOT_JOINED = "not_joined"
    NO_FACILITY_ON_ISLAND = "no_facility_on_island"
    NO_ROUTE = "no_route"
    BEYOND_HORIZON = "beyond_horizon"


class Verdict(StrEnum):
    """达标 verdicts."""

    MET = "met"
    NOT_MET = "not_met"
    NO_DATA = "no_data"
    NO_RULE = "no_rule"
    EXEMPT = "exempt"


_COVERAGE_TAIL = (
    ("category", "str", "", "category id"),
    ("profile", "str", "", "walker"),
    ("limit_min", "float64", "min", "limit within which one counts as covered"),
    ("group", "str", "", "'population' or a group column of residents"),
    ("population", "float64", "people", "people of the group, snapped or not"),
    ("covered", "float64", "people", "those within the limit"),
    ("share", "float64", "", "covered / population; empty where population is 0"),
)

TABLES: dict[str, Table] = {
    item.name: item
    for item in (
        table(
            "facilities",
            "one row per facility, geometry in EPSG:4326; loaded by sources, completed by the doctor",
            ("id", "str", "", "unique id"),
            ("name", "str", "", "name as published"),
            ("category", "str", "", "category id"),
            ("township_code", "str", "", "township code, by code, polygon or nearness; NONE otherwise"),
            ("island", "str", "", "island name; empty at sea"),
            ("kind", "str", "", "finer kind, free text"),
            ("site_id", "str", "", "building shared by several services"),
            ("capacity", "float64", "seats, beds or m²", "capacity; empty where unknown"),
            ("status", "str", "", "see Status"),
            ("service_mode", "str", "", "see ServiceMode"),
            ("serves", "str", "", "villages, by code or name, that a delivery or mobile service serves"),
            ("opened_on", "str", "", "ISO date or empty"),
            ("opening_hours", "str", "", "free text"),
            ("updated_on", "str", "", "ISO date or empty"),
            ("reported_by", "str", "", "reporting unit"),
            ("source", "str", "", "where the row comes from"),
            ("position", "str", "", "see Position"),
            ("position_accuracy_m", "float64", "m", "stated accuracy of the place; empty where unknown"),
            ("is_counted", "bool", "", "existing (or example in a demonstration) and fixed"),
            ("file", "str", "", "input file"),
            ("row", "int64", "", "row in the input file, as its reader counts"),
            ("geometry", "geometry", "", "point"),
        ),
        table(
            "residents",
            "one row per resident point, geometry in EPSG:4326; group columns (age_0_2 …) follow `population`",
            ("id", "str", "", "unique id"),
            ("population", "float64", "people", "people at the point (weight 1 per street point by default)"),
            ("township_code", "str", "", "township code; NONE otherwise"),
            ("village_code", "str", "", "village code or empty"),
            ("island", "str", "", "island name; empty at sea"),
            ("geometry", "geometry", "", "point"),
        ),
        table(
            "villages",
            "one row per village, geometry in EPSG:4326",
            ("code", "str", "", "statistical code"),
            ("name", "str", "", "name"),
            ("township_code", "str", "", "township code"),
            ("island", "str", "", "island name"),
            ("position", "str", "", "see Position"),
            ("position_accuracy_m", "float64", "m", "stated accuracy"),
            ("geometry", "geometry", "", "point"),
        ),
        table(
            "townships",
            "one row per township, geometry in EPSG:4326",
            ("code", "str", "", "code, text"),
            ("name", "str", "", "name"),
            ("class", "str", "", "town | rural | empty"),
            ("geometry", "geometry", "", "polygon"),
        ),
        table(
            "land",
            "one row per island, geometry in EPSG:4326",
            ("island", "str", "", "island name"),
            ("geometry", "geometry", "", "polygon or multipolygon"),
        ),
        table(
            "reconciliation",
            "only where [data] totals is given: one row per township × group, and ALL",
            ("township_code", "str", "", "code, NONE or ALL"),
            ("township", "str", "", "name"),
            ("group", "str", "", "'population' or a group column of residents"),
            ("points", "int64", "", "resident points in the township"),
            ("before", "float64", "people", "sum of the residents as read, spread or counted"),
            ("control", "float64", "people", "total that the township must have; empty where none is known"),
            ("factor", "float64", "", "after / before; empty where before is 0"),
            ("after", "float64", "people", "sum of the residents used"),
        ),
        table(
            "access",
            "exactly one row per resident × category",
            ("resident_id", "str", "", "resident"),
            ("category", "str", "", "category id"),
            ("profile", "str", "", "walker of the category"),
            (
                "minutes",
                "float64",
                "min",
                "access leg + streets + access leg to the nearest counted facility, up to the horizon",
            ),
            ("facility_id", "str", "", "that facility; the id least as text among ties"),
            ("leg_m", "float64", "m", "length of the resident's access leg to the street; empty where not snapped"),
            ("reason", "str", "", "see Reason; empty where there are minutes"),
        ),
        table(
            "coverage",
            "one row per township × category × group",
            ("township_code", "str", "", "code, NONE or ALL"),
            ("township", "str", "", "name"),
            *_COVERAGE_TAIL,
        ),
        STATEMENT,
        table(
            "coverage_by_island",
            "one row per island × category × group",
            ("island", "str", "", "island"),
            *_COVERAGE_TAIL,
        ),
        table(
            "coverage_by_village",
            "one row per village × category × group",
            ("village_code", "str", "", "village code, NONE or ALL"),
            ("village", "str", "", "name"),
            *_COVERAGE_TAIL,
        ),
        table(
            "coverage_variants",
            "coverage at other limits and for other walkers",
            ("township_code", "str", "", "code, NONE or ALL"),
            ("township", "str", "", "name"),
            *_COVERAGE_TAIL,
        ),
        table(
            "check",
            "one row per township × rule that applies, and one overall row per township (rule_id 'overall')",
            ("township_code", "str", "", "code"),
            ("township", "str", "", "name"),
            ("rule_id", "str", "", "rule, or 'overall'"),
            ("category", "str", "", "category id, several joined by '+', empty for the overall row"),
            ("measure", "str", "", "rule measure, see docs/verdicts.md; empty for the overall row"),
            ("numerator", "float64", "", "people, villages, places … that count"),
            ("denominator", "float64", "", "people, villages … in question"),
            ("value", "float64", "", "numerator / denominator in the measure's unit"),
            ("threshold", "float64", "", "threshold of the rule"),
            ("verdict", "str", "", "see Verdict"),
            ("shortfall", "float64", "", "0 when met, empty for no_data, else people or places missing"),
            ("rule_status", "str", "", "adopted | proposed | assumed"),
            ("next_threshold", "float64", "", "the rule's next target by year; empty where it has none"),
            ("next_due", "str", "", "the day on which that target falls due"),
            ("next_shortfall", "float64", "", "what is missing of that target, as `shortfall`"),
            ("walked_value", "float64", "", "rules with `within`: the same clause within the limit in minutes"),
        ),
        table(
            "gaps",
            "one row per gap, geometry in EPSG:4326; people by group (age_0_2 …) follow `villages`",
            ("gap_id", "str", "", "<category>-<number>, ranked by people"),
            ("township_code", "str", "", "township with most people of the gap"),
            ("category", "str", "", "category id"),
            ("population", "float64", "people", "people in the gap"),
            ("nearest_minutes_median", "float64", "min", "their population-weighted median; empty where none reaches"),
            (
                "reason",
                "str",
                "",
                "too_far | not_joined | no_facility_on_island | no_route | beyond_horizon: of most people",
            ),
            ("townships", "str", "", "codes of all its townships, most people first"),
            ("residents", "int64", "", "resident points"),
            ("reasons", "str", "", "all reasons, most people first"),
            ("islands", "str", "", "names of its islands, most people first"),
            ("villages", "str", "", "names of its villages, most people first"),
            ("geometry", "geometry", "", "streets beyond the limit, or the points of those not snapped"),
        ),
        table(
            "service_areas",
            "drawn, never measured; geometry in EPSG:4326",
            ("category", "str", "", "category id"),
            ("facility_id", "str", "", "facility, or empty for the whole category"),
            ("limit_min", "float64", "min", "limit"),
            ("geometry", "geometry", "", "polygon or multipolygon"),
        ),
        table(
            "reached_streets",
            "streets within a break and not within the one before, cut exactly where time runs out; geometry in EPSG:4326",
            ("category", "str", "", "category id"),
            ("limit_min", "float64", "min", "break within which the streets lie"),
            ("geometry", "geometry", "", "multiline, chained through crossings"),
        ),
        table(
            "findings",
            "everything wrong or doubtful",
            ("severity", "str", "", "error | warning | info"),
            ("code", "str", "", "stable code, documented in docs/findings.md"),
            ("table", "str", "", "file or table"),
            ("row", "Int64", "", "row as the file's reader counts"),
            ("id", "str", "", "id of the row"),
            ("message", "str", "", "what is wrong"),
            ("fix", "str", "", "what to do"),
        ),
        *ANALYSES,
        *CERTAINTY,
        *COMPARISONS,
        *REGISTER,
        SURVEY_MATCH,
    )
}


RESERVED = frozenset(
    {
        *(name for table in ("residents", "gaps", "gaps_any") for name in TABLES[table].names), "file", "row", "residents", "facilities",
        "lon", "lat", "x", "y", "leg_m", "fid", "ogc_fid",
    }
)  # fmt: skip
"""Columns of ours that stand beside the groups of people in a table or a layer: none of them is ever a group."""


def group_columns(residents: pd.DataFrame) -> list[str]:
    """Return the groups of a table of residents: its columns of numbers that are none of our own, in column order."""
    return [
        str(name)
        for name in residents.columns
        if name not in RESERVED
        and pd.api.types.is_numeric_dtype(residents[name])
        and not pd.api.types.is_bool_dtype(residents[name])
    ]


@dataclass(frozen=True)
class Rings:
    """Closed rings as flat arrays: of ring i the vertices ``xy[offsets[i]:offsets[i + 1]]``, the last one as the first."""

    offsets: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float64]
    vertex_id: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def each(self) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]]:
        """Return vertices and numbers of each ring."""
        for low, high in pairwise(self.offsets.tolist()):
            yield self.xy[low:high], self.vertex_id[low:high]

    def polygons(self) -> list[shapely.Polygon]:
        """Return each ring as a polygon."""
        return [shapely.Polygon(xy) for xy, _ in self.each()]

    def chosen(self, rows: list[int]) -> Rings:
        """Return some of the rings."""
        parts = list(self.each())
        own = [parts[row] for row in rows]
        offsets = np.concatenate([[0], np.cumsum([len(xy) for xy, _ in own])]).astype(np.int64)
        return Rings(offsets, np.concatenate([xy for xy, _ in own]), np.concatenate([ids for _, ids in own]))


@dataclass(frozen=True)
class Streets:
    """Lines of the walking network as flat arrays, in the area's metric CRS: what sources hand to the network.

    Attributes
    ----------
    lines : one row per line, index 0 … n-1; columns ``street_id`` (int64), and where the input has them ``name``,
        ``highway``, ``bridge``, ``tunnel``, ``foot``, ``access``, ``route``, ``oneway_foot``, ``conveying``, ``layer``,
        ``source``, ``confidence`` (str, '' = absent) and ``ele_from_m``, ``ele_to_m`` (float64, NaN = absent)
    offsets : (n + 1,) int64; vertices of line i are ``xy[offsets[i]:offsets[i + 1]]``
    xy : (v, 2) float64, metres
    vertex_id : (v,) int64 or None. Where given, lines meet at equal ids (OSM node ids); otherwise at equal coordinates.
    is_noded : the lines are whole edges already: only their first and last vertices meet others
    holes : the inner rings of squares (``area`` = yes), which are no streets; None where none are known
    """

    lines: pd.DataFrame
    offsets: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float64]
    vertex_id: npt.NDArray[np.int64] | None = None
    is_noded: bool = False
    holes: Rings | None = None


def findings_frame(findings: Iterable[Finding], lang: Lang = DEFAULT_LANG) -> pd.DataFrame:
    """Return findings as the table ``findings``, worst first, then by table, row, id and code."""
    order = {"error": 0, "warning": 1, "info": 2}
    items = sorted(
        findings, key=lambda f: (order[f.severity], f.table, f.row or 0, f.id or "", f.code, f.message(lang))
    )
    rows = [(f.severity, f.code, f.table, f.row, f.id or "", f.message(lang), f.fix(lang)) for f in items]
    frame = pd.DataFrame(rows, columns=TABLES["findings"].names)
    return frame.astype({"row": "Int64"})
