"""``regions.toml`` → the regions of a batch, with every problem of every area file at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from circles.area import Area, OsmFile, load_area
from circles.area.base import Frozen, Text
from circles.area.paths import is_file, path_problem
from circles.foundation import errors, toml
from circles.foundation.errors import AreaError, Finding, InputError
from circles.inputs.dispatch import is_extract

_CODE = re.compile(r"[^\W][\w\-]*(\.[\w\-]+)*")
_TAKEN_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MAX_CODE = 80


@dataclass(frozen=True)
class Region:
    """One region: its code (a folder's name and a partition's value), its name for people, its area."""

    code: str
    name: str
    area: Area


@dataclass(frozen=True)
class ExtractPlan:
    """One large area to be cut into regions.

    Attributes
    ----------
    area : the whole, as one area; its ``[data] network`` is the OpenStreetMap extract
    boundaries : file of the regions' polygons, or boundary relations of an extract
    code, name : the columns of ``boundaries`` that hold the region's code and name; rows of one code are one region
    """

    area: Area
    boundaries: Path | OsmFile
    code: str
    name: str


@dataclass(frozen=True)
class Regions:
    """A batch: either the regions themselves or a plan to cut them out of one extract."""

    file: Path
    name: str
    regions: tuple[Region, ...] = ()
    extract: ExtractPlan | None = None


class _Batch(Frozen):
    name: str = ""


class _Region(Frozen):
    code: Text
    area: Text
    name: str = ""


class _Extract(Frozen):
    area: Text
    boundaries: str | OsmFile
    code: Text = "code"
    name: Text = "name"


class _File(Frozen):
    batch: _Batch = _Batch()
    regions: tuple[_Region, ...] = Field(default=())
    extract: _Extract | None = None


def load_regions(file: str | Path, *, allow_outside: bool = False) -> Regions:
    """Read and validate ``regions.toml``.

    Parameters
    ----------
    file : the regions file; paths in it are relative to it
    allow_outside : areas and data may lie outside its folder

    Raises
    ------
    InputError
        With every problem: of the file itself, codes given twice or unfit for a folder's name, and every problem of
        every area file named.
    """
    path = Path(file).resolve()
    content = _parsed(path)
    if bool(content.regions) == (content.extract is not None):
        raise InputError(errors.error("regions-none" if content.extract is None else "regions-both", path.name))
    if content.extract is not None:
        return Regions(path, content.batch.name, extract=_plan(content.extract, path, allow_outside=allow_outside))
    problems = check_codes([item.code for item in content.regions], path.name)
    regions = []
    for item in content.regions:
        try:
            area = load_area(_inside(path, item.area, allow_outside=allow_outside), allow_outside=allow_outside)
        except InputError as e:
            problems += [_of_region(found, item.code) for found in e.findings]
        else:
            regions.append(Region(item.code, item.name or area.name, area))
    if problems:
        raise InputError(problems)
    return Regions(path, content.batch.name, tuple(regions))


def check_codes(codes: list[str], file: str) -> list[Finding]:
    """Return an error for every code that cannot name a folder, and for codes given twice (in any case of letters)."""
    found = [
        errors.error("region-code-bad", file, id=code, value=code[:_MAX_CODE])
        for code in dict.fromkeys(codes)
        if not _CODE.fullmatch(code) or _TAKEN_ON_WINDOWS.fullmatch(code) or len(code) > _MAX_CODE
    ]
    seen: dict[str, str] = {}
    for code in codes:
        if code.casefold() in seen:
            found.append(errors.error("region-code-twice", file, id=code, value=code, other=seen[code.casefold()]))
        seen.setdefault(code.casefold(), code)
    return found


def _plan(given: _Extract, path: Path, *, allow_outside: bool) -> ExtractPlan:
    problems: list[Finding] = []
    area: Area | None = None
    try:
        area = load_area(_inside(path, given.area, allow_outside=allow_outside), allow_outside=allow_outside)
    except InputError as e:
        problems += e.findings
    name = given.boundaries if isinstance(given.boundaries, str) else given.boundaries.osm
    try:
        file = _inside(path, name, allow_outside=allow_outside)
        if not is_file(file):
            problems.append(errors.error("data-file-missing", path.name, id="extract.boundaries", path=name))
    except InputError as e:
        problems += e.findings
    if isinstance(given.boundaries, OsmFile) and given.boundaries.admin_level is None:
        problems.append(errors.error("regions-no-level", path.name, id="extract.boundaries"))
    if area is not None and not is_extract(area):
        problems.append(errors.error("regions-not-extract", area.file.name, id="data.network"))
    if problems or area is None:
        raise InputError(problems)
    boundaries = file if isinstance(given.boundaries, str) else given.boundaries.model_copy(update={"osm": str(file)})
    return ExtractPlan(area, boundaries, given.code, given.name)


def _inside(path: Path, name: str, *, allow_outside: bool) -> Path:
    if problem := path_problem(path.parent, name, allow_outside=allow_outside, file=path.name):
        raise AreaError(problem)
    return path.parent / name


def _of_region(found: Finding, code: str) -> Finding:
    """Return a finding of an area file with its region named in front of its table."""
    return Finding(found.severity, found.code, f"{code}: {found.table}", found.row, found.id, found.values)


def _parsed(path: Path) -> _File:
    try:
        return _File.model_validate(toml.loads(toml.read(path)))
    except FileNotFoundError as e:
        raise InputError(errors.error("regions-file-missing", str(path), path=str(path))) from e
    except OSError as e:
        raise InputError(errors.error("area-file-unreadable", str(path), detail=e.strerror or str(e))) from e
    except toml.BrokenTomlError as e:
        if e.is_large:
            raise InputError(toml.too_large(path.name)) from e
        if e.is_encoding:
            raise InputError(errors.error("area-file-not-utf8", path.name)) from e
        raise InputError(errors.error("area-file-syntax", path.name, e.line, detail=str(e))) from e
    except ValidationError as e:
        wrong = {".".join(str(p) for p in item["loc"] if p not in ("str", "OsmFile")): item for item in e.errors()}
        raise InputError(
            [
                errors.error("regions-bad-key", path.name, id=key, key=key, detail=item["msg"])
                for key, item in wrong.items()
            ]
        ) from e
