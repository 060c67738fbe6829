"""``area.toml`` → one frozen, validated :class:`Area`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from circles.area.base import Frozen
from circles.area.checking import crs_problems, names_problems, path_problems, time_problems
from circles.area.model import (
    AreaFile,
    Category,
    Moment,
)  # fmt: skip
from circles.area.moments import Instant, instant, zone
from circles.area.paths import path_problem
from circles.area.rules import Rule
from circles.area.translating import translated, without_union_noise
from circles.area.validated import Area
from circles.area.walkers import BUILT_IN, Walker
from circles.foundation import errors, toml
from circles.foundation.errors import AreaError, Finding


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
    with contextlib.suppress(OSError):  # a name too long is reported where it is opened
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
        frozenset(category.id for category in borrowed), a.issuer, a.issued_on, content.sure,
            a.terrain_source,
    )  # fmt: skip
    problems += [*wrong, *names_problems(area), *time_problems(area), *path_problems(area), *crs_problems(area)]
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


def _read(path: Path, *, missing: str = "area-file-missing") -> dict[str, Any]:
    name = path.name
    try:
        return toml.loads(toml.read(path))
    except FileNotFoundError as e:
        raise AreaError(errors.error(missing, str(path), path=str(path))) from e
    except (IsADirectoryError, PermissionError, OSError) as e:
        raise AreaError(errors.error("area-file-unreadable", str(path), detail=e.strerror or str(e))) from e
    except toml.BrokenTomlError as e:
        if e.is_large:
            raise AreaError(toml.too_large(name)) from e
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
        content = RuleFile.model_validate(_read(file, missing="rules-file-missing"))
    except ValidationError as e:
        found = without_union_noise([translated(file.name, item) for item in e.errors()])
        return _Rules(files=(file,), problems=tuple(found))
    return _Rules(content.rules, content.categories, (file,))


def _moments(given: tuple[Moment, ...], time_zone: str, file: str) -> tuple[tuple[Instant, ...], list[Finding]]:
    if zone(time_zone) is None:
        return (), [errors.error("time-zone-unknown", file, id="area.time_zone", value=time_zone)]
    read = [instant(one.at, time_zone, id=one.id, file=file, name=one.name) for one in given]
    return tuple(one for one in read if isinstance(one, Instant)), [one for one in read if isinstance(one, Finding)]
