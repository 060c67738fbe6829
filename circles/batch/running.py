"""A batch from beginning to end: what is finished is skipped, the rest is spread over workers, all is published."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from circles.batch import cluster as clusters
from circles.batch import cut, keys, left_out, publish
from circles.batch.regions import Region, Regions
from circles.batch.schedule import MAX_TRIES, Event, Scheduler, SchedulerLostError
from circles.batch.task import PARTS, REGIONS, TRIES, Done, Job, is_finished, run_region
from circles.foundation import errors, words
from circles.foundation.errors import CallError, Finding
from circles.foundation.version import __version__
from circles.foundation.words import DEFAULT_LANG, Lang
from circles.outputs import folder as folders


@dataclass(frozen=True)
class Failure:
    """A region without a result, and why."""

    code: str
    name: str
    error: str


@dataclass(frozen=True)
class Summary:
    """What a batch did: codes of regions analysed now, of those that stood finished, and those that failed.

    ``findings`` say what is doubtful in a large extract and what of it lies in no region.
    """

    out: Path
    done: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[Failure, ...]
    findings: tuple[Finding, ...] = ()


def run_batch(
    regions: Regions,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    lang: Lang = DEFAULT_LANG,
    is_full: bool = False,
    report: Event = lambda _what, _code, _detail: None,
    work: Callable[[Job], Done] = run_region,
) -> Summary:
    """Run every region and publish the tables of all.

    Parameters
    ----------
    regions : from `load_regions`
    out : the batch's folder; a region's own files come to ``out/regions/<code>``
    workers : worker processes on this machine, one per core if left out
    scheduler : address of a Dask scheduler to use instead (``tcp://…``); its workers must see the same folders
    lang, is_full : as in `circles.analyse`
    report : called with what happens: see `circles.batch.schedule.Event`; also ``dashboard`` with its address, ``cut`` while a
        large extract is cut, ``total`` and ``skipped``
    work : what is done for each region

    Raises
    ------
    CallError
        ``out`` is somebody else's, another batch is at work in it, Dask is missing, no scheduler answers.
    InputError
        The extract or its boundaries cannot be read.
    """
    target = Path(out).resolve()
    with _held(target):
        _clean(target)
        parts = regions.regions
        findings: tuple[Finding, ...] = ()
        if regions.extract is not None:
            report("cut", "", "")
            parts = cut.cut(regions.extract, target / "areas", report=lambda stage: report("cut", "", stage))
            findings = left_out.findings_of(target / "areas")
        jobs = [_job(item, target, lang=lang, is_full=is_full, is_remote=scheduler is not None) for item in parts]
        skipped = tuple(job.code for job in jobs if is_finished(job))
        for code in skipped:
            report("skipped", code, "")
        todo = [job for job in jobs if job.code not in skipped]
        report("total", "", str(len(jobs)))
        ended = _worked(todo, workers=workers, scheduler=scheduler, report=report, work=work) if todo else []
        _clean(target)
        names = {item.code: item.name for item in parts}
        failed = tuple(Failure(d.code, names[d.code], said(d.error, lang)) for d in ended if d.error)
        publish.publish(
            target, regions.name or regions.file.stem, parts, failed={f.code: f.error for f in failed},
            findings=findings, lang=lang,
        )  # fmt: skip
        return Summary(target, tuple(d.code for d in ended if not d.error), skipped, failed, findings)


def said(error: tuple[str, ...], lang: Lang) -> str:
    """Return why a region failed, for people."""
    if error[:1] == ("scheduler-lost",):
        return words.text("batch.scheduler_lost", lang)
    if error[:1] != ("worker-lost",):
        return "\n".join(error)
    stage, status = (*error[1:], "", "")[:2]
    return words.text("batch.worker_lost", lang, tries=MAX_TRIES, stage=stage or "–", status=status or "–")


def _worked(
    jobs: list[Job], *, workers: int | None, scheduler: str | None, report: Event, work: Callable[[Job], Done]
) -> list[Done]:
    count = None if workers is None else min(workers, len(jobs))
    with clusters.opened(workers=count, scheduler=scheduler) as cluster:
        report("dashboard", "" if cluster.has_pages else "no-bokeh", cluster.dashboard)
        ended: list[Done] = []

        def noted(what: str, code: str, detail: str) -> None:
            if what in ("done", "failed"):
                ended.append(Done(code, tuple(detail.splitlines())))
            report(what, code, detail)

        try:
            return Scheduler(cluster, work, noted).run(jobs)
        except SchedulerLostError:
            known = {item.code for item in ended}
            lost = [Done(job.code, ("scheduler-lost",)) for job in jobs if job.code not in known]
            return sorted([*ended, *lost], key=lambda item: item.code)


def _job(region: Region, out: Path, *, lang: Lang, is_full: bool, is_remote: bool) -> Job:
    area = region.area
    return Job(
        region.code, str(area.file), area.allow_outside, keys.key_of(area, lang=lang, is_full=is_full), str(out), lang,
        is_full, keys.size_bytes(area), MAX_TRIES if is_remote else 0,
    )  # fmt: skip


@contextmanager
def _held(target: Path) -> Iterator[None]:
    """Make the batch's folder and keep every other batch out of it."""
    folders.check(target, makes_parents=True)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if not (target / folders.MARK).exists():
            mark = {
                "program": folders.PROGRAM,
                "contract": folders.CONTRACT,
                "version": __version__,
                "batch": {},
            }
            publish.write_text(target / folders.MARK, json.dumps(mark, indent=2) + "\n")
        lock = (target / ".lock").open("w", encoding="ascii")
    except OSError as e:
        raise CallError(
            errors.error("out-not-written", str(target), path=str(target), detail=e.strerror or str(e))
        ) from e
    with lock:
        if not _locked(lock.fileno()):
            raise CallError(errors.error("batch-at-work", str(target), path=str(target)))
        yield


def _locked(number: int) -> bool:
    """Take the lock, which the system lets go of when this process ends, however it ends; say whether it was free."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        with contextlib.suppress(OSError):
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
            return True
        return False
    import fcntl  # noqa: PLC0415

    with contextlib.suppress(OSError):
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _clean(target: Path) -> None:
    """Remove what killed workers left half-written, and the notes of earlier tries."""
    for folder in (target, target / REGIONS, target / PARTS):
        for item in sorted(folder.glob(".*.*")) if folder.is_dir() else ():
            if item.is_dir() and not os.path.islink(item):  # noqa: PTH114 - a link is not ours to follow
                shutil.rmtree(item, ignore_errors=True)
    for item in target.glob(f".{folders.MARK}.*"):
        item.unlink(missing_ok=True)
    shutil.rmtree(target / TRIES, ignore_errors=True)
