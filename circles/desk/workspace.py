"""The workspace: one folder with the files of the command line, found by name and never left."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from circles.foundation import atomic, errors, toml
from circles.foundation.errors import CallError
from circles.foundation.file_names import FORBIDDEN, bearable
from circles.outputs import folder as folders

OWN = ".circles-desk"
"""The desk's own notes in a workspace: its lock, and what became of the commands it ran."""
AREA, LEDGER, PLAN = "area.toml", "plan-ledger.sqlite", "plan.toml"
RUNS, FORMS, RETURNED, PAPERS, EXTRACTS = "runs", "forms", "returned", "papers", "extracts"
_RUN_FOLDERS = (RUNS, "maps")


@dataclass(frozen=True)
class AreaFolder:
    """An area of the workspace: the name by which pages know it, its file, and what its file says of itself."""

    slug: str
    file: Path
    id: str
    name: str
    as_of: str
    crs: str
    is_broken: bool = False


_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}(?:-\d{1,3}(?!\d))?")


@dataclass(frozen=True)
class RunFolder:
    """What a run left: the name by which pages know it, its folder, and what its ``run.json`` says."""

    slug: str
    folder: Path
    area_id: str
    run_id: str
    kind: str
    as_of: str
    changed: float
    area_name: str = ""

    @property
    def title(self) -> str:
        """How pages call it: the area by its name and not its id, then the days and numbers of the folder; its own name where it has none."""
        name = self.folder.name
        days = _DAYS.findall(name)
        if not (self.area_id and self.area_name and days and f"{self.area_id}-" in name):
            return name
        return f"{self.area_name} {' → '.join(days)}"


class Workspace:
    """One folder; whatever a page names is looked up in it, and what leads out of it is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.own = self.root / OWN

    # --- the lock ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def locked(self, said: str) -> Iterator[None]:
        """Keep other desks out of the workspace while the block lasts; ``said`` is where this one is, for their message.

        Raises
        ------
        CallError
            Another desk works on it, or nothing can be written in it.
        """
        try:
            self.own.mkdir(parents=True, exist_ok=True)
            inside = self.own.resolve().is_relative_to(self.root)
        except OSError as e:
            raise CallError(
                errors.error("desk-folder", str(self.root), path=str(self.root), detail=e.strerror or str(e))
            ) from e
        if not inside:
            raise CallError(errors.error("desk-folder", str(self.root), path=str(self.root), detail=OWN))
        note = self.own / "desk.json"
        lock = FileLock(self.own / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as e:
            raise CallError(errors.error("desk-locked", str(self.root), place=_said(note))) from e
        except OSError as e:
            raise CallError(
                errors.error("desk-folder", str(self.root), path=str(self.root), detail=e.strerror or str(e))
            ) from e
        try:
            atomic.write_file(note, json.dumps({"desk": said}).encode("ascii"))
            yield
        finally:
            with contextlib.suppress(OSError):
                note.unlink()
            lock.release()

    # --- what is there -----------------------------------------------------------------------------------------------

    def areas(self) -> list[AreaFolder]:
        """Return the areas: the workspace itself, and the folders in it that hold an ``area.toml``."""
        found = [self._area(".", self.root)] if (self.root / AREA).is_file() else []
        found += [self._area(item.name, item) for item in self._folders(self.root) if (item / AREA).is_file()]
        return found

    def area(self, slug: str) -> AreaFolder | None:
        """Return the area of this name."""
        return next((item for item in self.areas() if item.slug == slug), None)

    def runs(self) -> list[RunFolder]:
        """Return the results of runs, the newest first."""
        found = []
        for base in _RUN_FOLDERS:
            if self.holds(self.root / base):
                for item in self._folders(self.root / base):
                    found += _run(f"{base}-{item.name}", item)
        return sorted(found, key=lambda run: (-run.changed, run.slug))

    def run(self, slug: str) -> RunFolder | None:
        """Return the result of this name."""
        return next((item for item in self.runs() if item.slug == slug), None)

    def files(self, folder: Path, endings: Iterable[str]) -> list[Path]:
        """Return the plain files of a folder of the workspace with one of these endings, by name."""
        if not folder.is_dir() or not self.holds(folder):
            return []
        ends = tuple(ending.lower() for ending in endings)
        return [item for item in sorted(folder.iterdir()) if self._is_ours(item) and item.name.lower().endswith(ends)]

    def file(self, folder: Path, name: str, endings: Iterable[str]) -> Path | None:
        """Return the file of this name, where :meth:`files` has it."""
        return next((item for item in self.files(folder, endings) if item.name == name), None)

    def holds(self, path: Path) -> bool:
        """Return whether a path, links followed, lies in the workspace."""
        try:
            return path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            return False

    def shown(self, path: Path) -> str:
        """Return a path as commands name it, from the workspace, with ``/`` on every system."""
        return path.relative_to(self.root).as_posix()

    # --- what is put there -------------------------------------------------------------------------------------------

    def free_name(self, folder: Path, wanted: str) -> Path:
        """Return a path in a folder of the workspace that nothing has yet: the name wanted, or one with a number."""
        path = folder / wanted
        stem, dot, ending = wanted.partition(".")
        count = 2
        while path.exists() or path.is_symlink():
            path = folder / f"{stem}-{count}{dot}{ending}"
            count += 1
        return path

    def new_run(self, area_id: str, day: dt.date) -> Path:
        """Return a folder for one more run of an area, named by the day."""
        return self.free_name(self.root / RUNS, f"{area_id}-{day.isoformat()}")

    def keep(self, source: BinaryIO, folder: Path, name: str) -> Path:
        """Keep what was sent as a new file of a folder of the workspace, whole or not at all; nothing is ever replaced.

        Raises
        ------
        CallError
            The folder leads out of the workspace, or the file could not be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not self.holds(folder):
                raise CallError(errors.error("desk-folder", folder.name, path=folder.name, detail=folder.name))
            target = self.free_name(folder, name)
            fresh = self.own / f"incoming-{id(source)}"
            try:
                with fresh.open("xb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                atomic.place_file(fresh, target)
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as e:
            raise CallError(errors.error("out-not-written", name, path=name, detail=e.strerror or str(e))) from e
        return target

    # --- private -----------------------------------------------------------------------------------------------------

    def _folders(self, folder: Path) -> list[Path]:
        if not folder.is_dir():
            return []
        return [item for item in sorted(folder.iterdir()) if item.is_dir() and self._is_ours(item, is_folder=True)]

    def _is_ours(self, item: Path, *, is_folder: bool = False) -> bool:
        if item.name.startswith((".", "-", "~")) or not self.holds(item):
            return False
        return item.is_dir() if is_folder else item.is_file()

    def _area(self, slug: str, folder: Path) -> AreaFolder:
        file = folder / AREA
        try:
            said = toml.loads(toml.read(file)).get("area", {})
            own = {key: str(said.get(key, "")) for key in ("id", "name", "as_of", "crs")}
        except (OSError, ValueError, AttributeError):
            return AreaFolder(slug, file, slug, slug, "", "", is_broken=True)
        return AreaFolder(slug, file, own["id"], own["name"] or slug, own["as_of"], own["crs"])


def safe_name(given: str, endings: Iterable[str]) -> str | None:
    """Return the name under which a file that was sent is kept: no path, nothing a system reserves; None where it has no ending of these."""
    name = FORBIDDEN.sub("", given.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .").lstrip("-~.")
    ending = next((end for end in sorted(endings, key=len, reverse=True) if name.lower().endswith(end)), None)
    if ending is None:
        return None
    stem = name[: -len(ending)].replace("%", "_").replace("#", "_").strip(" .")
    return bearable(stem or "file") + ending


def _run(slug: str, folder: Path) -> list[RunFolder]:
    if not folders.is_ours(folder):
        return []
    mark = folder / folders.MARK
    said = json.loads(mark.read_text(encoding="utf-8"))
    own = {key: str(said.get(key, "")) for key in ("area", "run_id", "as_of", "area_name")}
    kind = "run" if (folder / "check.csv").is_file() else "compare" if (folder / "compare.csv").is_file() else "other"
    changed = mark.stat().st_mtime
    return [RunFolder(slug, folder, own["area"], own["run_id"], kind, own["as_of"], changed, own["area_name"][:60])]


def _said(note: Path) -> str:
    """Return where the other desk is, as far as its note says."""
    try:
        return str(json.loads(note.read_text(encoding="ascii"))["desk"])[:60]
    except (OSError, ValueError, KeyError, TypeError):
        return "–"
