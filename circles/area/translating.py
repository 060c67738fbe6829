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
    StreetPoints,
    VillagePeople,
    Walk,
)  # fmt: skip
from circles.area.rules import Exempt, Kinds, Rule, Within
from circles.area.sure import Spread, Sure, SureHeights, SureHours, SurePaths, SurePositions
from circles.foundation import errors, words
from circles.foundation.errors import Finding
from circles.foundation.nearest_word import near


def without_union_noise(found: list[Finding]) -> list[Finding]:
    """Keep one finding per key: pydantic reports every alternative of a union, and what is inside one."""
    by_key: dict[str, Finding] = {}
    for item in found:
        by_key.setdefault(item.id or "", item)
    return [
        item
        for key, item in by_key.items()
        if item.code != "area-bad-value" or not any(other.startswith(f"{key}.") for other in by_key)
    ]


_UNION_TAGS = re.compile(
    r"^(str|PlacesFile|LayerFile|OsmFile|OsmPlace|StreetPoints|VillagePeople|Feed|Distance|tuple\[.*|bool|nullable)$"
)


def translated(file: str, item: ErrorDetails) -> Finding:
    """Return the finding that says one of pydantic's errors."""
    parts = [str(part) for part in item["loc"] if not _UNION_TAGS.match(str(part))]
    key = ".".join(parts)
    if item["type"] == "extra_forbidden":
        return errors.error("area-unknown-key", file, id=key, key=key, near=near(parts[-1], _keys()))
    if item["type"] == "missing":
        return errors.error("area-missing-key", file, id=key, key=key)
    if item["type"] in words.finding_codes():  # said by the model itself, with its values
        values = {"id": key, **item.get("ctx", {})}
        return errors.error(item["type"], file, **values)
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
        Kinds,
        Within,
        Exempt,
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
        Sure,
        Spread,
        SurePositions,
        SurePaths,
        SureHeights,
        SureHours,
    )
    return sorted({name for model in models for name in model.model_fields})
