"""``area.toml`` → one frozen, validated :class:`Area`."""

from __future__ import annotations

import contextlib
import datetime as dt
import html
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from circles.area.base import Frozen
from circles.area.model import (
    HORIZON_MIN,
    AreaFile,
    Category,
    DataFiles,
    HoursWords,
    Journey,
    MapOptions,
    Moment,
    PlacesFile,
    PopulationOf,
    StreetPoints,
    Walk,
)  # fmt: skip
from circles.area.moments import Instant, instant, zone
from circles.area.paths import is_file, is_folder, path_problem
from circles.area.reserved import CATEGORY_IDS, RULE_IDS, is_reserved
from circles.area.rules import Rule
from circles.area.translating import translated, without_union_noise
from circles.area.walkers import BUILT_IN, Walker
from circles.foundation import errors, toml
from circles.foundation.errors import AreaError, Finding
from circles.foundation.nearest_word import near


@dataclass(frozen=True, repr=False)
class Area:
    """A validated area: what every room is given.

    ``file`` is the area file, ``root`` its folder; ``paths`` resolves the names in ``data``. ``walkers`` holds the
    built-in walkers and those of the file, by id. ``allow_outside`` lifts the rule that data stay inside ``root``.
    ``borrowed_categories`` are those that only a set of rules brought along.
    """

    id: str
    name: str
    crs: str
    as_of: dt.date
    demonstration: bool
    data: DataFiles
    walk: Walk
    categories: tuple[Category, ...]
    rules: tuple[Rule, ...]
    map: MapOptions
    walkers: dict[str, Walker]
    file: Path
    allow_outside: bool = False
    extra_inputs: tuple[Path, ...] = field(default=())
    time_zone: str = "Asia/Shanghai"
    hours: HoursWords = field(default_factory=HoursWords)
    moments: tuple[Instant, ...] = ()
    journeys: tuple[Journey, ...] = ()
    populations: tuple[PopulationOf, ...] = ()
    borrowed_categories: frozenset[str] = frozenset()
    issuer: str = ""
    issued_on: dt.date | None = None

    def __repr__(self) -> str:
        counts = f"{len(self.categories)} categories, {len(self.rules)} rules"
        return f"<Area {self.id}, {self.name}, {self.as_of}: {counts}>"

    def _repr_html_(self) -> str:
        """Return the area as a notebook shows it."""
        parts = {
            "id": self.id, "crs": self.crs, "as_of": self.as_of.isoformat(),
            "limit_min": f"{self.walk.limit_min:g}",
            "categories": "、".join(c.name for c in self.categories), "rules": str(len(self.rules)),
            "demonstration": "演示数据" if self.demonstration else "–",
        }  # fmt: skip
        rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in parts.items())
        return f"<div><strong>{html.escape(self.name)}</strong><table>{rows}</table></div>"

    @property
    def root(self) -> Path:
        """Return the folder of the area file."""
        return self.file.parent

    @property
    def horizon_min(self) -> float:
        """Return the horizon in minutes: the longer of 60 and the limit."""
        return max(HORIZON_MIN, self.walk.limit_min)

    @property
    def counts_points(self) -> bool:
        """Return whether residents are points of weight 1 along streets, to be called 点 and never 人."""
        given = self.data.residents
        are_points = isinstance(given, StreetPoints) or (isinstance(given, PlacesFile) and given.are_points)
        return are_points and self.data.totals is None

    def path(self, name: str) -> Path:
        """Return the file that ``name`` in the area file means."""
        return self.root / name

    def leaving(self, said: str) -> Area:
        """Return the area with one more moment, at which people leave.

        Raises
        ------
        AreaError
            ``said`` is no time, or none that exists once in the area's time zone.
        """
        found = instant(said, self.time_zone, id=said, file="--at")
        if isinstance(found, Finding):
            raise AreaError(found)
        return replace(self, moments=(*(m for m in self.moments if m.id != said), found))

    def moment(self, said: str) -> Instant | Finding:
        """Return the moment of this id, or at this time; a finding where it is neither."""
        named = next((one for one in self.moments if one.id == said), None)
        return named or instant(said, self.time_zone, id=said, file=self.file.name)

    def category(self, category_id: str) -> Category:
        """Return the category of this id."""
        return next(item for item in self.categories if item.id == category_id)

    def walker(self, category_id: str) -> Walker:
        """Return the walker of a category."""
        return self.walkers[self.category(category_id).profile]


def load_area(
    file: str | Path | None = None, *, allow_outside: bool = False, rules_file: str | Path | None = None
) -> Area:
    """Read and validate an area file; None is the embedded Shengsi.

    Parameters
    ----------
    file : the area file or its folder
    allow_outside : whether data may lie outside the area's folder
    rules_file : a set of rules that takes the place of the area's own, with the categories it brings along

    Raises
    ------
    AreaError
        With every problem of the file: syntax, unknown or missing keys, bad values, files that do not exist, paths
        that leave the area's folder, rules and categories that name something unknown.
    """
    path = Path(file) if file is not None else embedded_area("shengsi")
    with contextlib.suppress(OSError):  # a name too long is told where it is opened
        path = path / "area.toml" if path.is_dir() else path
    content = _parse(path, _read(path))
    if rules_file is not None:
        own = _read_rules(Path(rules_file))
    else:
        own = _rules(content.rules, path, allow_outside=allow_outside)
    rules, extra, problems = own.rules, own.files, list(own.problems)
    known = {category.id for category in content.categories}
    borrowed = tuple(category for category in own.categories if category.id not in known)
    walkers = BUILT_IN | {
        name: Walker(name, p.speed_m_per_s, p.steps_m_per_s, p.uses_slope) for name, p in content.walk.profiles.items()
    }
    a = content.area
    moments, wrong = _moments(content.moments, a.time_zone, path.name)
    area = Area(
        a.id, a.name, a.crs, a.as_of, a.demonstration, content.data, content.walk, content.categories + borrowed,
        tuple(rule.in_force(a.as_of) for rule in rules), content.map, walkers, path.resolve(), allow_outside, extra,
        a.time_zone, content.hours, moments, content.journeys, content.populations,
        frozenset(category.id for category in borrowed), a.issuer, a.issued_on,
    )  # fmt: skip
    problems += [*wrong, *_names(area), *_at_times(area), *_paths(area), *_crs(area)]
    if problems:
        raise AreaError(problems)
    return area


def embedded_area(name: str) -> Path:
    """Return the area file that travels with the program: in the wheel, or beside the package in a checkout."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "data" / "gis" / name / "area.toml"
    return installed if installed.is_file() else here.parent / "data" / "gis" / name / "area.toml"


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of ``area.toml``, for editors."""
    return AreaFile.model_json_schema()


def _read(path: Path) -> dict[str, Any]:
    name = path.name
    try:
        return toml.loads(toml.read(path))
    except FileNotFoundError as e:
        raise AreaError(errors.error("area-file-missing", str(path), path=str(path))) from e
    except (IsADirectoryError, PermissionError, OSError) as e:
        raise AreaError(errors.error("area-file-unreadable", str(path), detail=e.strerror or str(e))) from e
    except toml.BrokenTomlError as e:
        if e.is_encoding:
            raise AreaError(errors.error("area-file-not-utf8", name)) from e
        raise AreaError(errors.error("area-file-syntax", name, e.line, detail=str(e))) from e


def _parse(path: Path, content: dict[str, Any]) -> AreaFile:
    try:
        return AreaFile.model_validate(content)
    except ValidationError as e:
        found = {(f.code, f.id): f for f in (translated(path.name, item) for item in e.errors())}
        raise AreaError(without_union_noise(list(found.values()))) from e


@dataclass(frozen=True)
class _Rules:
    """Rules as they stand in the area file, or in a file of their own with the categories they need."""

    rules: tuple[Rule, ...] = ()
    categories: tuple[Category, ...] = ()
    files: tuple[Path, ...] = ()
    problems: tuple[Finding, ...] = ()


class RuleFile(Frozen):
    """A set of rules in a file of its own, with the kinds of places that its documents name."""

    rules: tuple[Rule, ...]
    categories: tuple[Category, ...] = ()


def _rules(given: str | tuple[Rule, ...], path: Path, *, allow_outside: bool) -> _Rules:
    if not isinstance(given, str):
        return _Rules(given)
    if problem := path_problem(path.parent, given, allow_outside=allow_outside):
        return _Rules(problems=(problem,))
    return _read_rules(path.parent / given)


def _read_rules(file: Path) -> _Rules:
    try:
        content = RuleFile.model_validate(_read(file))
    except ValidationError as e:
        found = without_union_noise([translated(file.name, item) for item in e.errors()])
        return _Rules(files=(file,), problems=tuple(found))
    return _Rules(content.rules, content.categories, (file,))


_MOST_SHOWN = 100
"""Ids that a finding lists as valid."""


def _moments(given: tuple[Moment, ...], time_zone: str, file: str) -> tuple[tuple[Instant, ...], list[Finding]]:
    if zone(time_zone) is None:
        return (), [errors.error("time-zone-unknown", file, id="area.time_zone", value=time_zone)]
    read = [instant(one.at, time_zone, id=one.id, file=file, name=one.name) for one in given]
    return tuple(one for one in read if isinstance(one, Instant)), [one for one in read if isinstance(one, Finding)]


def _at_times(area: Area) -> list[Finding]:
    """Return what is wrong with ``when`` of the rules."""
    said = [(rule.id, area.moment(rule.when)) for rule in area.rules if rule.when is not None]
    return [replace(problem, id=name) for name, problem in said if isinstance(problem, Finding)]


def _names(area: Area) -> list[Finding]:
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
    known = [c.id for c in area.categories]
    shown, defined = ", ".join(known[:_MOST_SHOWN]), set(known)
    for category in area.categories:
        found += _unknown_profile(area, category.id, category.profile)
    found += _journeys(area, known)
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


def _crs(area: Area) -> list[Finding]:
    from pyproj import CRS  # noqa: PLC0415 - an area without problems is read before PROJ is needed
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        crs = CRS.from_user_input(area.crs)
    except CRSError:
        return [errors.error("area-crs-unknown", area.file.name, id="area.crs", value=area.crs)]
    metric = crs.is_projected and all(axis.unit_name in ("metre", "meter") for axis in crs.axis_info)
    return [] if metric else [errors.error("area-crs-not-metric", area.file.name, id="area.crs", value=area.crs)]


def data_names(area: Area) -> list[tuple[str, str]]:
    """Return ``(key, name)`` of every file that ``[data]`` names, in the order of the file."""
    found: list[tuple[str, str]] = []
    for key in DataFiles.model_fields:
        value = getattr(area.data, key)
        for item in value if isinstance(value, tuple) else (value,):
            names = (
                (item,) if isinstance(item, str) else (getattr(item, part, None) for part in ("file", "osm", "gtfs"))
            )
            name = next((one for one in names if one is not None), None)
            if name is not None:
                found += [(f"data.{key}", one) for one in (_of_feed(area, name) if key == "boats" else [name])]
    for one in area.populations:
        table = one.factors.file if isinstance(one.factors, PlacesFile) else one.factors
        found += [(f"populations.{one.id}", name) for name in (table, one.raster) if name is not None]
    if area.data.piers is None and (beside := piers_name(area)) is not None:
        found.append(("data.piers", beside))
    return found


def _of_feed(area: Area, name: str) -> list[str]:
    """Return the tables of a feed that is a folder, else the file itself."""
    folder = area.path(name)
    if path_problem(area.root, name, allow_outside=area.allow_outside) or not is_folder(folder):
        return [name]
    return [f"{name.rstrip('/')}/{file.name}" for file in sorted(folder.glob("*.txt"))] or [name]


def piers_name(area: Area) -> str | None:
    """Return the file of piers: the one named, else ``piers.csv`` beside the first table of boats; None without such."""
    given = area.data.piers
    if given is not None:
        return given if isinstance(given, str) else given.file
    for item in area.data.boats:
        name = item if isinstance(item, str) else getattr(item, "file", None)
        if name and not name.lower().endswith(".zip") and not is_folder(area.path(name)):
            return str(PurePosixPath(name.replace("\\", "/")).with_name("piers.csv"))
    return None


def _paths(area: Area) -> list[Finding]:
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
