"""An engine that tests tell what to do."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from steepest.config import Config
from steepest.sweeping import Job
from steepest.sweeping.engine import Report, Task
from steepest.sweeping.working import attempt


@dataclass
class Told:
    """An engine that does what it is told with each task, and keeps what it was given."""

    deed: Callable[[Task], None]
    given: list[list[str]] = field(default_factory=list)

    def run(self, tasks: Sequence[Task]) -> Generator[Report]:
        self.given.append([task.key for task in tasks])
        for task in tasks:
            self.deed(task)
            yield attempt(task)


def jobs_of(config: Config, seeds: int) -> list[Job]:
    return [Job(config.with_(seed=seed)) for seed in range(seeds)]
