"""Workers of a Dask cluster, on any number of machines that share the sweep's folder."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ..errors import StoppedError, UserError
from .engine import Report, Task, WorkersLost
from .working import attempt

PATIENCE = 10  # seconds for a scheduler to answer; dask's own is 30
_ONE_AT_A_TIME = Lock()  # in a process: torch's threads and precision are set for all of it


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
