"""Worker processes on this machine, through joblib."""

import os
import warnings
from collections.abc import Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

from ..errors import UserError
from ..plan import cores
from .engine import Report, Task, WorkersLost
from .working import attempt


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
