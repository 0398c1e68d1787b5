"""An engine that tests tell what to do, and rules that they write."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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


def rule_file(folder: Path, body: str, name: str = "mine.py") -> str:
    """Write a rule whose update has this body, and return how to ask for it."""
    file = folder / name
    file.write_text(
        "class Mine:\n"
        "    def init(self, params, layout):\n"
        "        with open(__file__ + '.log', 'a') as log: log.write('begun\\n')\n"
        "        return {}\n"
        f"    def update(self, grad, params, state, lr):\n        {body}\n"
    )
    return f"{file}:Mine"


def begun(rule: str) -> int:
    log = Path(rule.rpartition(":")[0] + ".log")
    return log.read_text().count("begun") if log.is_file() else 0
