"""Worker processes on this machine, through joblib; and workers of a Dask cluster, on any number of machines."""

import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from ..errors import StoppedError, UserError, find_name
from ..plan import cores
from .engine import ENGINES, Engine, Report, Task, WorkersLost
from .working import attempt

PATIENCE = 10  # seconds for a scheduler to answer; dask's own is 30
_ONE_AT_A_TIME = Lock()  # in a process: torch's threads and precision are set for all of it


@dataclass(frozen=True)
class LocalEngine:
    """Processes on this machine, each with one thread; they stay for the next sweep.

    Args:
        workers: how many; None takes one a core. One works in the calling process itself.

    Raises:
        UserError: fewer than one.
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UserError(f"workers must be at least 1, not {self.workers}.")

    def run(self, tasks: Sequence[Task]) -> Generator[Report]:
        """Yield a report for each task as it ends.

        Raises:
            WorkersLost: a worker died, and joblib gave up the whole pool.
        """
        from joblib import Parallel, delayed, parallel_config

        # a worker that holds a large dataset is replaced by a fresh one: loky takes it for a leak, and says so
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given")
        here = os.getpid()
        calls = [delayed(attempt)(replace(task, driver=here)) for task in tasks]
        # one thread a process, said in the environment before a worker loads torch
        with parallel_config(backend="loky", inner_max_num_threads=1):
            pool = Parallel(self.workers or cores(), return_as="generator_unordered")
        reports = pool(calls)
        try:
            for report in reports:  # noqa: UP028  (`yield from` would close them, with a warning)
                yield report
        except BrokenProcessPool as error:
            raise WorkersLost(str(error).partition(". ")[0] + ".") from error
        finally:
            with warnings.catch_warnings():
                # whoever stops asking wants the workers stopped; joblib warns that there was more to come
                warnings.simplefilter("ignore")
                reports.close()


@dataclass(frozen=True)
class DaskEngine:
    """The workers of a Dask cluster: ``dask worker ADDRESS --nthreads 1`` on each machine, once a core.

    The sweep's folder, the data and the user's own files lie at the same paths for all of them. A worker that dies
    has its job taken over by another one, from the last finished epoch. When the driver stops, no further job
    is begun; those in hand are done to their end.

    Args:
        scheduler: its address, such as ``tcp://10.0.0.1:8786``.
    """

    scheduler: str

    def run(self, tasks: Sequence[Task]) -> Generator[Report]:
        """Yield a report for each task as it ends.

        Raises:
            WorkersLost: a task's workers died too often for Dask to try again.
            UserError: dask is not installed, here or at a worker, or no scheduler answers.
            StoppedError: the scheduler went away.
        """
        distributed = _distributed()
        with self._connected(distributed) as client:
            futures = client.map(attempt_alone, list(tasks), pure=False)
            try:
                for future in distributed.as_completed(futures, loop=client.loop):
                    yield self._report(distributed, future)
            finally:
                client.cancel(futures)

    @contextmanager
    def _connected(self, distributed: Any) -> Iterator[Any]:
        try:
            client = distributed.Client(self.scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise UserError(
                f"No Dask scheduler answers at {self.scheduler}. Start one with `dask scheduler`; it prints "
                "its address."
            ) from error
        try:
            yield client
        finally:
            client.close()

    def _report(self, distributed: Any, future: Any) -> Report:
        try:
            report: Report = future.result()
        except distributed.KilledWorker as error:
            raise WorkersLost(str(error).splitlines()[0]) from error
        except ModuleNotFoundError as error:
            raise UserError(
                f"A Dask worker cannot begin: {error}. Install the same steepest on every worker."
            ) from error
        except (distributed.CancelledError, OSError) as error:
            raise StoppedError(
                f"The scheduler at {self.scheduler} went away. What is finished is kept; the same call goes on."
            ) from error
        return report


def attempt_alone(task: Task) -> Report:
    """Do a task while no other thread of this process does one."""
    with _ONE_AT_A_TIME:
        return attempt(task)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UserError(
            "The engine dask needs the package distributed: pip install 'steepest[cluster]'."
        ) from error
    return distributed


def engine_of(name: str = "local", workers: int | None = None, scheduler: str | None = None) -> Engine:
    """Return the engine of a name.

    Args:
        name: ``local`` for processes on this machine, ``dask`` for a Dask cluster.
        workers: of ``local``; None takes one a core.
        scheduler: the address of a Dask cluster's scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises:
        UnknownName: there is no such engine.
        UserError: an engine lacks what it needs, or was given what only the other one takes.
    """
    name = find_name("engine", name, ENGINES)
    if name == "local":
        if scheduler is not None:
            raise UserError("A scheduler is for the engine dask: give --engine dask.")
        return LocalEngine(workers)
    if scheduler is None:
        raise UserError("The engine dask needs --scheduler ADDRESS, such as tcp://10.0.0.1:8786.")
    if workers is not None:
        raise UserError("The engine dask has as many workers as its cluster: leave --workers away.")
    return DaskEngine(scheduler)
