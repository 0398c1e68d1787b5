"""Engines go by name; what breaks under them is said in their words."""

import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from steepest.config import Config
from steepest.errors import StoppedError, UnknownName, UserError
from steepest.sweeping import DaskEngine, Engine, Job, LocalEngine, engine_of, local
from steepest.sweeping.engine import Report, Task, WorkersLost
from steepest.sweeping.ready import Place


def test_engines_go_by_name() -> None:
    engines: list[Engine] = [engine_of(), engine_of("local", 3), engine_of("dask", None, "tcp://x")]
    assert engines == [LocalEngine(), LocalEngine(3), DaskEngine("tcp://x")]
    with pytest.raises(UnknownName, match=r"No engine is called `dusk`\. Did you mean `dask`\?"):
        engine_of("dusk")
    with pytest.raises(UserError, match="needs --scheduler ADDRESS"):
        engine_of("dask")
    with pytest.raises(UserError, match="A scheduler is for the engine dask"):
        engine_of("local", scheduler="tcp://x")
    with pytest.raises(UserError, match="as many workers as its cluster"):
        engine_of("dask", 2, "tcp://x")
    with pytest.raises(UserError, match="workers must be at least 1, not 0"):
        LocalEngine(0)


def tasks_for(folder: Path, count: int) -> list[Task]:
    jobs = [Job(Config(seed=seed)) for seed in range(count)]
    return [Task(job, job.key, folder, Place(), {}) for job in jobs]


def test_one_worker_is_this_process_and_knows_its_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    seen: list[Task] = []
    monkeypatch.setattr(local, "attempt", lambda task: seen.append(task) or Report(task.key))
    tasks = tasks_for(tmp_path, 3)
    assert [report.key for report in LocalEngine(1).run(tasks)] == [task.key for task in tasks]
    assert {task.driver for task in seen} == {os.getpid()}


def test_a_pool_that_breaks_is_workers_lost_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(task: Task) -> Report:
        raise BrokenProcessPool("A process was killed. It had the exit code 9. Much more.")

    monkeypatch.setattr(local, "attempt", die)
    with pytest.raises(WorkersLost) as caught:
        list(LocalEngine(1).run(tasks_for(tmp_path, 2)))
    assert str(caught.value) == "A process was killed."


class Cluster:
    """What the engine uses of the package distributed, with futures that come to what a test says."""

    class KilledWorker(Exception):
        pass

    class CancelledError(Exception):
        pass

    def __init__(self, deed: Any) -> None:
        self.deed, self.cancelled, self.closed = deed, 0, 0

    def Client(  # noqa: N802  # its name there
        self, address: str, **_: Any
    ) -> "Cluster":
        if address == "tcp://nobody":
            raise TimeoutError
        self.loop = None
        return self

    def map(self, function: Any, tasks: list[Task], pure: bool) -> list[Any]:
        assert not pure  # a task that is asked for again is done again
        return [SimpleNamespace(result=lambda task=task: self.deed(task)) for task in tasks]

    def as_completed(self, futures: list[Any], loop: object) -> Any:
        return reversed(futures)

    def cancel(self, futures: list[Any]) -> None:
        self.cancelled += len(futures)

    def close(self) -> None:
        self.closed += 1


def reports_of(cluster: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    monkeypatch.setitem(sys.modules, "distributed", cluster)
    return list(DaskEngine("tcp://x").run(tasks_for(folder, 2)))


def test_a_cluster_s_reports_come_as_they_end_and_the_client_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(lambda task: Report(task.key))
    keys = [report.key for report in reports_of(cluster, tmp_path, monkeypatch)]
    assert keys == [task.key for task in reversed(tasks_for(tmp_path, 2))]
    assert (cluster.cancelled, cluster.closed) == (2, 1)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (Cluster.KilledWorker("Attempted to run\nthree times"), WorkersLost, "^Attempted to run$"),
        (ModuleNotFoundError("No module named 'steepest'"), UserError, "Install the same steepest"),
        (Cluster.CancelledError(), StoppedError, "at tcp://x went away.*the same call goes on"),
        (ConnectionError(), StoppedError, "at tcp://x went away"),
    ],
)
def test_what_goes_wrong_in_a_cluster_is_said_and_the_client_is_closed(
    error: Exception, kind: type[Exception], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(task: Task) -> Report:
        raise error

    cluster = Cluster(fail)
    with pytest.raises(kind, match=words):
        reports_of(cluster, tmp_path, monkeypatch)
    assert (cluster.cancelled, cluster.closed) == (2, 1)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", Cluster(None))
    with pytest.raises(UserError, match=r"No Dask scheduler answers at tcp://nobody\. Start one"):
        list(DaskEngine("tcp://nobody").run([]))


def test_one_task_at_a_time_is_done_in_a_process_of_several_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from time import sleep

    inside, most = [], []

    def attempt(task: Task) -> Report:
        inside.append(task)
        most.append(len(inside))
        sleep(0.01)
        inside.remove(task)
        return Report(task.key)

    monkeypatch.setattr(local, "attempt", attempt)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(local.attempt_alone, tasks_for(tmp_path, 4)))
    assert most == [1, 1, 1, 1]
