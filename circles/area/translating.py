"""What pydantic says of an area file, as findings: one per key, with the likeliest key where one is not known."""

from __future__ import annotations

import re

from pydantic_core import ErrorDetails

from circles.area.model import (
    AreaFile,
    AreaSection,
    Category,
    DataFiles,
    Feed,
    Goal,
    HoursWords,
    Journey,
    LayerFile,
    MapOptions,
    Moment,
    OsmFile,
    OsmPlace,
    PlacesFile,
    PopulationOf,
    Profile,
    Rule,
    StreetPoints,
    VillagePeople,
    Walk,
)  # fmt: skip
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.nearest_word import near


def without_union_noise(found: list[Finding]) -> list[Finding]:
    """Keep one finding per key: pydantic tells, for each alternative of a union, why it does not fit."""
    by_key: dict[str, Finding] = {}
    for item in found:
        by_key.setdefault(item.id or "", item)
    return list(by_key.values())


_UNION_TAGS = re.compile(
    r"^(str|PlacesFile|LayerFile|OsmFile|OsmPlace|StreetPoints|VillagePeople|Feed|tuple\[.*|bool|nullable)$"
)


_OWN_CODES = {
    "rule_category": ("area-rule-category", ""), "residents_villages": ("area-residents-villages", "data.residents"),
    "rule_overall": ("area-rule-overall", ""), "journey_to": ("journey-to", ""), "population_of": ("population-of", ""),
}  # fmt: skip
"""Errors of our own validators: their finding, and the key where it is not the place of the error."""


def translated(file: str, item: ErrorDetails) -> Finding:
    """Return the finding that says one of pydantic's errors."""
    parts = [str(part) for part in item["loc"] if not _UNION_TAGS.match(str(part))]
    key = ".".join(parts)
    if item["type"] == "extra_forbidden":
        return errors.error("area-unknown-key", file, id=key, key=key, near=near(parts[-1], _keys()))
    if item["type"] == "missing":
        return errors.error("area-missing-key", file, id=key, key=key)
    if item["type"] in _OWN_CODES:
        code, place = _OWN_CODES[item["type"]]
        return errors.error(code, file, id=place or key)
    return errors.error("area-bad-value", file, id=key, key=key, value=repr(item["input"])[:80], detail=item["msg"])


def _keys() -> list[str]:
    models = (
        AreaFile,
        AreaSection,
        DataFiles,
        Walk,
        Profile,
        Category,
        Rule,
        MapOptions,
        HoursWords,
        Moment,
        Journey,
        Goal,
        Feed,
        PopulationOf,
        PlacesFile,
        LayerFile,
        OsmFile,
        OsmPlace,
        StreetPoints,
        VillagePeople,
    )
    return sorted({name for model in models for name in model.model_fields})
