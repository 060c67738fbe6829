"""One region as one task: the whole analysis, its folder of files, its share of the batch's tables."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import circles
from circles.batch import memory, parts
from circles.foundation.errors import CirclesError
from circles.foundation.words import Lang
from circles.outputs import folder as folders
from circles.outputs.headline import first_screen

TOPIC = "circles-stage"
"""Topic under which workers report the stage they have begun."""
REGIONS, PARTS, TRIES = "regions", ".parts", ".tries"
"""Folders of a batch: the regions' results, their shares of the tables, and notes of tries begun."""


@dataclass(frozen=True)
class Job:
    """What a worker needs to know. ``max_starts``: how often the region may be begun at all, 0 = not counted."""

    code: str
    area_file: str
    allow_outside: bool
    key: str
    out: str
    lang: Lang
    is_full: bool
    size_bytes: int
    max_starts: int = 0

    @property
    def region_folder(self) -> Path:
        """Return where the region's own files go."""
        return Path(self.out) / REGIONS / self.code

    @property
    def parts_folder(self) -> Path:
        """Return where the region's share of the tables waits."""
        return Path(self.out) / PARTS / self.code


@dataclass(frozen=True)
class Done:
    """What became of one try: no error, or its lines, and whether another try might do better."""

    code: str
    error: tuple[str, ...] = ()
    is_final: bool = True
    record: dict[str, Any] = field(default_factory=dict)


def run_region(job: Job) -> Done:
    """Analyse one region and leave its files; never raises but for an interruption.

    The folder of files and the share of the tables are written atomically, the record of both last.
    """
    try:
        if job.max_starts and _starts(job) > job.max_starts:
            return Done(job.code, ("worker-lost",))
        return Done(job.code, record=_run(job))
    except CirclesError as e:
        return Done(job.code, tuple(e.render(job.lang).splitlines()))
    except MemoryError:
        return Done(job.code, ("MemoryError",), is_final=False)
    except Exception as e:  # noqa: BLE001 - a region's defect must not stop the others
        return Done(job.code, (f"{type(e).__name__}: {e}"[:2000],), is_final=False)
    finally:
        memory.forget_peak()


def _run(job: Job) -> dict[str, Any]:
    memory.restart_peak()
    stages = _Stages(job.code)
    area = circles.load_area(job.area_file, allow_outside=job.allow_outside)
    result = circles.analyse(area, lang=job.lang, is_full=job.is_full, progress=stages)
    job.region_folder.parent.mkdir(parents=True, exist_ok=True)
    result.save(job.region_folder, progress=stages)
    stages("tables")
    tables = parts.tables_of(result)
    stages.end()
    counts = dict(result.run["counts"])
    record = {
        "code": job.code,
        "key": job.key,
        "run_id": result.run["run_id"],
        "area": area.id,
        "demonstration": area.demonstration,
        "as_of": area.as_of.isoformat(),
        "categories": {c.id: c.title for c in area.categories},
        "statement": first_screen(result, job.lang),
        "counts": counts,
        "seconds": round(sum(row["seconds"] for row in stages.rows), 3),
        "peak_memory_mb": round(memory.peak_mb(), 1),
        "files": parts.sizes(job.region_folder),
    }
    runs = pd.DataFrame(stages.rows).assign(run_id=record["run_id"], **{k: counts[k] for k in _COUNTED})
    parts.write(
        {**tables, "runs": runs[["run_id", "stage", "seconds", "peak_memory_mb", *_COUNTED]]}, record, job.parts_folder
    )
    return record


_COUNTED = ("nodes", "edges", "residents", "facilities", "access")


def is_finished(job: Job) -> bool:
    """Return whether the region stands finished with these inputs, parameters and version."""
    record = parts.record_of(job.parts_folder)
    if record is None or record["key"] != job.key or not folders.is_ours(job.region_folder):
        return False
    return bool(parts.sizes(job.region_folder) == record["files"])


def _starts(job: Job) -> int:
    """Note that the region is begun and return how often it has been, this time included."""
    notes = Path(job.out) / TRIES / job.code
    notes.parent.mkdir(parents=True, exist_ok=True)
    with notes.open("a", encoding="ascii") as file:
        file.write("begun\n")
    return len(notes.read_text(encoding="ascii").splitlines())


class _Stages:
    """Seconds and peak memory per stage; reports to the batch which stage has begun."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.rows: list[dict[str, Any]] = []
        self._name = ""
        self._start = 0.0
        self._report = _reporter()

    def __call__(self, stage: str) -> None:
        self.end()
        self._name, self._start = stage, time.perf_counter()
        self._report({"code": self.code, "stage": stage})

    def end(self) -> None:
        if self._name:
            seconds = round(time.perf_counter() - self._start, 3)
            peak = round(memory.peak_mb(), 1)
            self.rows.append({"stage": self._name, "seconds": seconds, "peak_memory_mb": peak})
        self._name = ""


def _reporter() -> Callable[[dict[str, str]], None]:
    """Return how to report a stage: as an event of the worker; outside of a worker a function that does nothing."""
    with contextlib.suppress(ImportError, ValueError):
        from distributed import get_worker  # noqa: PLC0415 - only this room knows Dask, and only when it runs

        worker = get_worker()
        return lambda event: worker.log_event(TOPIC, event)
    return lambda _event: None
