"""Which region is begun when, on which worker, and when it is given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from circles.batch import memory
from circles.batch.cluster import Cluster
from circles.batch.task import TOPIC, Done, Job

MAX_TRIES = 3
"""Tries of a region before it is named and left."""
MAX_KILLS = 20
"""How often a region is begun again because its worker was killed from outside, which is not the region's fault."""
_POLL_S = 0.5
_EXIT_CODE_WAIT_S = 5.0
_OUTSIDE = (-9, -15, -2)
"""Exit codes of workers that somebody killed: SIGKILL, SIGTERM, SIGINT."""
Event = Callable[[str, str, str], None]
"""Called with ``(what, code, detail)``: ``stage`` and its name, ``done``, ``failed`` and why, ``lost`` and the exit code."""


class SchedulerLostError(Exception):
    """The scheduler is gone; what is finished stays, and a rerun goes on from there."""


@dataclass
class _Running:
    job: Job
    worker: str | None


@dataclass
class _Tally:
    """Tries of one region that ended on its own account, and those ended from outside."""

    own: int = 0
    kills: int = 0
    reason: tuple[str, ...] = ()


@dataclass
class Scheduler:
    """One batch's bookkeeping: at most one region per worker at a time, so that a dead worker names one region."""

    cluster: Cluster
    work: Callable[[Job], Done]
    report: Event
    stages: dict[str, str] = field(default_factory=dict)
    _tally: dict[str, _Tally] = field(default_factory=dict)
    _oom: int = field(default_factory=memory.out_of_memory_kills)

    def run(self, jobs: Iterable[Job]) -> list[Done]:
        """Run every job, largest first; return what became of each, in order of their codes.

        Raises
        ------
        SchedulerLostError
            The scheduler no longer answers.
        """
        waiting = sorted(jobs, key=lambda job: (job.size_bytes, job.code))
        running: dict[Any, _Running] = {}
        done: list[Done] = []
        client = self.cluster.client
        client.subscribe_topic(TOPIC, self._staged)
        with client.as_current():
            while waiting or running:
                self._fill(waiting, running)
                for future in self._finished(running):
                    ended = running.pop(future)
                    outcome = self._outcome(future, ended)
                    if outcome is None:
                        waiting.append(ended.job)
                        continue
                    done.append(outcome)
                    self.report("failed" if outcome.error else "done", outcome.code, "\n".join(outcome.error))
        return sorted(done, key=lambda item: item.code)

    def _staged(self, event: tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict) and {"code", "stage"} <= message.keys():
            self.stages[str(message["code"])] = str(message["stage"])
            self.report("stage", str(message["code"]), str(message["stage"]))

    def _fill(self, waiting: list[Job], running: dict[Any, _Running]) -> None:
        """Begin a region on every free worker."""
        threads: dict[str, int] = self._asked(self.cluster.client.nthreads)
        busy = [item.worker for item in running.values()]
        free = [address for address in sorted(threads) if address not in busy]
        if not self.cluster.is_own:
            free = free[: max(0, len(threads) - len(running))]
        for address in free[: len(waiting)]:
            job = waiting.pop()
            tally = self._tally.setdefault(job.code, _Tally())
            own = self.cluster.is_own
            future = self.cluster.client.submit(
                self.work, job, key=f"{job.code}-{tally.own}-{tally.kills}-{time.monotonic_ns()}", pure=False,
                workers=[address] if own else None, allow_other_workers=False if own else None, retries=0,
            )  # fmt: skip
            running[future] = _Running(job, address if own else None)

    def _finished(self, running: dict[Any, _Running]) -> list[Any]:
        from distributed import wait  # noqa: PLC0415

        if not running:
            time.sleep(_POLL_S)  # every worker is starting again
            self.cluster.refill()
            return []
        try:
            return list(wait(list(running), timeout=_POLL_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            self._asked(self.cluster.client.nthreads)
            # a future whose worker vanished before the scheduler took it up waits for an address that never returns
            return [f for f, item in running.items() if item.worker in self.cluster.exits and not f.done()]

    def _asked(self, question: Callable[[], Any]) -> Any:
        if self.cluster.client.status != "running":
            raise SchedulerLostError
        try:
            return question()
        except (OSError, TimeoutError, RuntimeError) as e:
            raise SchedulerLostError from e

    def _outcome(self, future: Any, ended: _Running) -> Done | None:
        """Return what became of a region, None where it is to be begun again."""
        tally = self._tally[ended.job.code]
        if not future.done():
            future.cancel(force=True)
            return self._lost(ended, tally)
        if future.status == "finished":
            outcome: Done = future.result()
            if not outcome.error or outcome.is_final:
                return self._named(outcome, ended.job.code)
            return self._again(outcome.error, ended.job.code, tally)
        if future.cancelled() or future.status == "lost":
            raise SchedulerLostError
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return self._lost(ended, tally)
        return self._again((f"{type(error).__name__}: {error}"[:2000],), ended.job.code, tally)

    def _lost(self, ended: _Running, tally: _Tally) -> Done | None:
        code = ended.job.code
        status = self._exit_code(ended.worker)
        stage = self.stages.get(code, "")
        self.report("lost", code, str(status) if status is not None else "")
        killed = memory.out_of_memory_kills()
        if status in _OUTSIDE and killed == self._oom and tally.kills < MAX_KILLS:
            tally.kills += 1
            return None
        self._oom = killed
        return self._again(("worker-lost", stage, "" if status is None else str(status)), code, tally)

    def _again(self, reason: tuple[str, ...], code: str, tally: _Tally) -> Done | None:
        tally.own += 1
        tally.reason = reason
        return None if tally.own < MAX_TRIES else Done(code, reason)

    def _named(self, outcome: Done, code: str) -> Done:
        """Return the outcome with the stage at which a worker of somebody else's was lost."""
        if outcome.error[:1] == ("worker-lost",):
            return Done(code, ("worker-lost", self.stages.get(code, ""), ""))
        return outcome

    def _exit_code(self, worker: str | None) -> int | None:
        """Return the exit code of one of our own workers, None where it is not known."""
        if worker is None:
            return None
        end = time.monotonic() + _EXIT_CODE_WAIT_S
        while worker not in self.cluster.exits and time.monotonic() < end:
            time.sleep(0.05)
        return self.cluster.exits.get(worker)
