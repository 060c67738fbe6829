"""Which files an area names."""

from __future__ import annotations

from pathlib import PurePosixPath

from circles.area.model import DataFiles, PlacesFile
from circles.area.paths import is_folder, path_problem
from circles.area.validated import Area


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
