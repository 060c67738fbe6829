"""A Dask cluster to work on: our own workers on this machine, or a scheduler that runs already."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from circles.foundation import cpu, errors
from circles.foundation.errors import CallError

LOOPBACK = "127.0.0.1"
_OURS: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": 0,  # how often to try again is decided here, with more knowledge
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-ttl": None,  # compiled code may be silent for longer than a heartbeat
    "distributed.admin.tick.limit": "1h",
    "distributed.worker.profile.enabled": False,  # looks at the stack a hundred times a second
    "distributed.worker.daemon": False,  # libosmium runs in a child of the worker
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.comm.timeouts.connect": "60s",
    "distributed.deploy.lost-worker-timeout": "60s",  # a worker that starts again on a busy machine takes its time
}
_STARTS = 3
"""How often the workers of this machine are started before that is given up."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_GIVE_BACK = "MALLOC_TRIM_THRESHOLD_"
"""By which Dask has memory given back at once: a tenth of a region's seconds. A region gives back its own at its end."""
_CORES = "CIRCLES_CORES"
"""Environment variables that limit a worker to its share of the cores."""


@dataclass(frozen=True)
class Cluster:
    """An open cluster.

    Attributes
    ----------
    client : Dask's client
    dashboard : address of the dashboard, '' where there is none
    has_pages : whether the dashboard has its pages (they need bokeh, which is not ours to require)
    exits : worker address -> exit code of workers that ended; only of our own
    is_own : whether the workers are ours
    refill : starts workers anew in the place of those that could not be started again
    """

    client: Any
    dashboard: str
    has_pages: bool
    is_own: bool
    exits: dict[str, int] = field(default_factory=dict)
    refill: Callable[[], object] = lambda: None


@contextmanager
def opened(*, workers: int | None = None, scheduler: str | None = None) -> Iterator[Cluster]:
    """Yield a cluster: ``scheduler`` by address, or else ``workers`` processes of one thread on this machine alone.

    Raises
    ------
    CallError
        Dask is not installed, no scheduler answers at the address, or the workers do not start.
    """
    if find_spec("distributed") is None:
        raise CallError(errors.error("batch-no-dask"))
    import dask  # noqa: PLC0415 - a county user never notices that it is there
    import distributed  # noqa: F401, PLC0415 - its defaults must stand before ours are put over them, else both go together

    for name in ("distributed", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # lost workers are reported by us, once
    with dask.config.set(_OURS | {"logging.distributed": "critical"}):
        if scheduler is not None:
            with _connected(scheduler) as cluster:
                yield cluster
        else:
            with _own(workers or cpu.usable_cores()) as cluster:
                yield cluster


@contextmanager
def _own(workers: int) -> Iterator[Cluster]:
    from distributed import Client, LocalCluster, Nanny  # noqa: PLC0415

    exits: dict[str, int] = {}

    class RecordingNanny(Nanny):
        """A nanny that keeps its worker's exit code, by which a crash differs from a kill from outside."""

        def _on_worker_exit_sync(self, exitcode: int) -> None:
            if self.worker_address is not None:
                exits[self.worker_address] = exitcode
            super()._on_worker_exit_sync(exitcode)

    share = dict.fromkeys(_ONE_THREAD, 1) | {_CORES: max(1, cpu.usable_cores() // workers)}
    given = share | {_GIVE_BACK: None}
    environ = {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in given.items()}
    import dask  # noqa: PLC0415

    def start() -> Any:
        return LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host=LOOPBACK, memory_limit=0,
            dashboard_address=f"{LOOPBACK}:0", worker_class=RecordingNanny, silence_logs=logging.CRITICAL,
        )  # fmt: skip

    with (
        dask.config.set(environ),
        _tried(start) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        client.register_plugin(_collecting_rarely())
        yield Cluster(
            client,
            str(cluster.dashboard_link or ""),
            find_spec("bokeh") is not None,
            True,
            exits,
            lambda: cluster.scale(workers),
        )


def _collecting_rarely() -> Any:
    """Return a plugin that makes garbage collection rare in all workers, those that start later included."""
    from distributed import WorkerPlugin  # noqa: PLC0415

    class CollectingRarely(WorkerPlugin):
        """Set at the worker's start, before it is given a region."""

        def setup(self, worker: Any) -> None:  # noqa: ARG002 - Dask's way of calling
            cpu.collect_rarely()

    return CollectingRarely()


def _tried(start: Callable[[], Any]) -> Any:
    """Return a cluster; where a worker was killed before it was ready, all are started again."""
    attempt = 1
    while True:
        try:
            return start()
        except (RuntimeError, OSError, TimeoutError) as e:
            if attempt == _STARTS:
                raise CallError(errors.error("batch-no-workers", count=_STARTS, detail=str(e)[:200])) from e
            attempt += 1


@contextmanager
def _connected(address: str) -> Iterator[Cluster]:
    from distributed import Client  # noqa: PLC0415

    try:
        client = Client(address, set_as_default=False, timeout="20s")
    except (OSError, ValueError, TimeoutError) as e:
        raise CallError(errors.error("batch-no-scheduler", id=address, address=address, detail=str(e)[:200])) from e
    try:
        yield Cluster(client, str(client.dashboard_link or ""), find_spec("bokeh") is not None, False)
    finally:
        client.close(timeout=2)
