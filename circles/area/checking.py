"""Checks across an area file: unknown or ambiguous names, the CRS, the files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from circles.area.files import data_names
from circles.area.paths import is_file, path_problem
from circles.area.reserved import CATEGORY_IDS, RULE_IDS, is_reserved
from circles.area.validated import Area
from circles.foundation import errors
from circles.foundation.errors import Finding
from circles.foundation.nearest_word import near
from circles.foundation.schema.tables import TABLES, Position, ServiceMode, Status

_MOST_SHOWN = 100
"""Ids that a finding lists as valid."""


def time_problems(area: Area) -> list[Finding]:
    """Return what is wrong with ``when`` of the rules."""
    said = [(rule.id, area.moment(rule.when)) for rule in area.rules if rule.when is not None]
    return [replace(problem, id=name) for name, problem in said if isinstance(problem, Finding)]


_WORDS_OF = ("facilities", "residents", "villages", "townships")
"""Tables whose words ``[data] values`` may give."""
_CHOICES = {"status": Status, "service_mode": ServiceMode, "position": Position, "class": ("town", "rural")}


def _values(area: Area) -> list[Finding]:
    """Return what is wrong with ``[data] values``: columns that no table has, and words that are none of ours."""
    file, found = area.file.name, []
    columns = {name for table in _WORDS_OF for name in TABLES[table].names} | {"crs", "township", "village"}
    columns -= {"file", "row", "geometry", "is_counted"}
    kinds = [text for one in area.categories for text in (one.id, one.name)]
    for column, words in area.data.values.items():
        if column not in columns:
            where: dict[str, Any] = {
                "value": column,
                "valid": ", ".join(sorted(columns)),
                "near": near(column, sorted(columns)),
            }
            found.append(errors.error("values-column", file, id="data.values", **where))
            continue
        valid = kinds if column == "category" else [str(item) for item in _CHOICES.get(column, ())]
        for theirs, ours in words.items():
            if valid and ours and ours not in valid:  # '' leaves the word's rows out
                shown: dict[str, Any] = {"column": column, "word": theirs[:40], "value": ours[:40]}
                known: dict[str, Any] = {"valid": ", ".join(valid[:_MOST_SHOWN]), "near": near(ours, valid)}
                found.append(errors.error("values-word", file, id=f"data.values.{column}", **shown, **known))
    return found


def names_problems(area: Area) -> list[Finding]:
    """Return what is named but not defined, or defined twice."""
    file, found = area.file.name, []
    for kind, ids in (
        ("categories", [c.id for c in area.categories]),
        ("rules", [r.id for r in area.rules]),
        ("moments", [m.id for m in area.moments]),
        ("journeys", [j.id for j in area.journeys]),
        ("populations", [p.id for p in area.populations]),
    ):
        found += [
            errors.error("area-duplicate-id", file, id=i, key=kind, value=i)
            for i, count in sorted(Counter(ids).items())
            if count > 1
        ]
        reserved = {"categories": CATEGORY_IDS, "rules": RULE_IDS}.get(kind, frozenset())
        found += [
            errors.error("area-reserved-id", file, id=i, key=kind, value=i, valid=", ".join(sorted(reserved)))
            for i in dict.fromkeys(ids)
            if is_reserved(i, reserved)
        ]
    found += _values(area)
    known = [c.id for c in area.categories]
    shown, defined = ", ".join(known[:_MOST_SHOWN]), set(known)
    for category in area.categories:
        found += _unknown_profile(area, category.id, category.profile)
    found += _journeys(area, known)
    for name in area.sure.speeds:
        found += _unknown_profile(area, f"sure.speeds.{name}", name)
    for rule in area.rules:
        variants = [rule, *(rule.of_class(name) for name in rule.by_class)]
        named = dict.fromkeys(category for item in variants for category in item.category_ids)
        found += [
            errors.error("unknown-category", file, id=rule.id, value=c, valid=shown, near=near(c, known))
            for c in named
            if c not in defined
        ]
        for profile in dict.fromkeys(item.profile for item in variants if item.profile):
            found += _unknown_profile(area, rule.id, profile)
    return found


def _journeys(area: Area, known: list[str]) -> list[Finding]:
    """Return what is wrong with the journeys."""
    file, found = area.file.name, []
    for journey in area.journeys:
        to = journey.to.category
        if to is not None and to not in known:
            shown = ", ".join(known[:_MOST_SHOWN])
            found.append(
                errors.error("unknown-category", file, id=journey.id, value=to, valid=shown, near=near(to, known))
            )
        found += _unknown_profile(area, journey.id, journey.profile) if journey.profile else []
        if not area.data.boats:
            found.append(errors.error("journey-without-boats", file, id=journey.id))
        if not journey.leave and not area.moments:
            found.append(errors.error("journey-without-time", file, id=journey.id))
    return found


def _unknown_profile(area: Area, owner: str, profile: str) -> list[Finding]:
    if profile in area.walkers:
        return []
    valid = sorted(area.walkers)
    return [
        errors.error(
            "unknown-profile",
            area.file.name,
            id=owner,
            value=profile,
            valid=", ".join(valid),
            near=near(profile, valid),
        )
    ]


def crs_problems(area: Area) -> list[Finding]:
    """Return what is wrong with the CRS: unknown to PROJ, or not in metres."""
    from pyproj import CRS  # noqa: PLC0415 - an area without problems is read before PROJ is needed
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        crs = CRS.from_user_input(area.crs)
    except CRSError:
        return [errors.error("area-crs-unknown", area.file.name, id="area.crs", value=area.crs)]
    metric = crs.is_projected and all(axis.unit_name in ("metre", "meter") for axis in crs.axis_info)
    return [] if metric else [errors.error("area-crs-not-metric", area.file.name, id="area.crs", value=area.crs)]


def path_problems(area: Area) -> list[Finding]:
    """Return what is wrong with the files that the area names: outside its folder, missing, or folders."""
    found = []
    for key, name in data_names(area):
        if problem := path_problem(area.root, name, allow_outside=area.allow_outside):
            found.append(problem)
        elif area.path(name).is_dir():
            way = f"；ogr2ogr {Path(name).stem}.gpkg {name}" if name.lower().endswith(".gdb") else ""
            kind = Path(name).suffix.lower() or name
            valid = ".gpkg .geojson .shp .parquet .csv .xlsx"
            found.append(errors.error("file-format", name, kind=kind, valid=valid, way=way))
        elif not is_file(area.path(name)):
            found.append(errors.error("data-file-missing", area.file.name, id=key, path=name))
    return found
