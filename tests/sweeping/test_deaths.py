from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import SteepestError
from steepest.recording import train
from steepest.sweeping import Job, sweep
from steepest.sweeping.engine import Report, Task, WorkersLost
from steepest.sweeping.marks import mark_begun
from steepest.sweeping.working import attempt
from sweeping_fakes import Told, jobs_of

pytestmark = pytest.mark.usefixtures("stripes_known")


def lost_at(key: str, deaths: int, epoch: Callable[[int], int]) -> Told:
    """Return an engine whose workers die with the job of that key in hand, so many times."""
    died = 0

    def deed(task: Task) -> None:
        nonlocal died
        if task.key == key and died < deaths:
            died += 1
            mark_begun(task, epoch(died))
            raise WorkersLost("A process was killed.")

    return Told(deed)


def test_a_sweep_outlives_its_workers(config: Config, folder: Path) -> None:
    jobs = jobs_of(config, 3)
    engine = lost_at(jobs[1].key, 4, lambda died: 0)
    assert {outcome.key for outcome in sweep(jobs, folder, engine=engine)} == {j.key for j in jobs}
    keys = [job.key for job in jobs]
    assert engine.given == [keys, keys[1:], keys[1:], [keys[1]], [keys[1]], [keys[2]]]


def test_a_job_that_kills_its_worker_again_and_again_is_named(config: Config, folder: Path) -> None:
    jobs = jobs_of(config, 3)
    outcomes = sweep(jobs, folder, engine=lost_at(jobs[1].key, 9, lambda died: 0))
    assert next(outcomes).key == jobs[0].key
    words = "at the run with model F5-R-F2, data stripes.*seed 1 died 5 times without finishing"
    with pytest.raises(SteepestError, match=words):
        next(outcomes)


def test_deaths_between_which_epochs_are_finished_are_no_blame(
    config: Config, folder: Path
) -> None:
    job = Job(config)
    train(config.with_(threads=1), dataset=stripe_dataset(), out=folder / job.key)
    engine = lost_at(job.key, 9, lambda died: 2)  # it has three
    assert [outcome.key for outcome in sweep([job], folder, engine=engine)] == [job.key]


def test_workers_that_never_begin_end_the_sweep(config: Config, folder: Path) -> None:
    def die(task: Task) -> None:
        raise WorkersLost("No memory.")

    with pytest.raises(SteepestError, match=r"died 10 times before they began a job\. No memory\."):
        list(sweep([Job(config)], folder, engine=Told(die)))


def test_what_was_finished_as_a_pool_broke_is_an_outcome(config: Config, folder: Path) -> None:
    class Late:
        def run(self, tasks: Sequence[Task]) -> Generator[Report]:
            attempt(tasks[0])
            (tasks[0].path / "last.safetensors").write_text("killed before it was removed")
            raise WorkersLost("gone")
            yield

    (outcome,) = sweep([Job(config)], folder, engine=Late())
    assert not (outcome.path / "last.safetensors").exists()
