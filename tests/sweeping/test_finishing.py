"""What a finished job leaves is sealed, and who is at which job is known."""

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from steepest.config import Config
from steepest.errors import IntegrityError
from steepest.sweeping import Job, LocalEngine, finishing, sweep
from steepest.sweeping.engine import Task
from steepest.sweeping.finishing import (
    alone,
    begun_at,
    check_file,
    clear_marks,
    forget,
    is_finished,
    leave_if_abandoned,
    mark_begun,
    read_outcome,
    tidy,
)
from steepest.sweeping.ready import Place

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


def test_a_job_that_another_driver_is_at_is_waited_for(config: Config, folder: Path) -> None:
    job = Job(config)
    (folder / ".work").mkdir(parents=True)
    other = FileLock(folder / ".work" / f"{job.key}.lock")
    other.acquire()
    found: list[str] = []
    ours = threading.Thread(target=lambda: found.extend(o.key for o in sweep([job], folder, engine=HERE)))
    ours.start()
    ours.join(0.5)
    assert found == []
    other.release()
    ours.join(20)
    assert found == [job.key]


@pytest.fixture
def task(config: Config, folder: Path) -> Task:
    job = Job(config)
    (folder / job.key).mkdir(parents=True)
    return Task(job, job.key, folder, Place(), {})


def write_sealed(path: Path, record: dict[str, object]) -> None:
    """Write a record as a finished job's, with the seal that the format asks for."""
    content = json.dumps(record, sort_keys=True).encode()
    whole = {**record, "sha256": hashlib.sha256(content).hexdigest()}
    (path / "outcome.json").write_text(json.dumps(whole, indent=2) + "\n")


def test_a_record_is_read_when_its_seal_is_the_hash_of_the_rest(task: Task) -> None:
    assert not is_finished(task.path)
    record = {"key": task.key, "rows": [{"epoch": 1, "val_loss": 0.1}]}
    write_sealed(task.path, record)
    assert is_finished(task.path)
    assert read_outcome(task.path) == record


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda text: text.replace("0.1", "0.2"), "does not have the hash it was written with"),
        (lambda text: text.replace('"rows"', '"row"'), "does not have the hash"),
        (lambda text: text[:-9], "is damaged or no file of steepest"),
        (lambda text: "[1]", "is damaged or no file of steepest"),
    ],
)
def test_a_record_that_was_changed_is_refused(task: Task, harm, words: str) -> None:  # type: ignore[no-untyped-def]
    write_sealed(task.path, {"rows": [{"val_loss": 0.1}]})
    file = task.path / "outcome.json"
    file.write_text(harm(file.read_text()))
    with pytest.raises(IntegrityError, match=words) as caught:
        read_outcome(task.path)
    assert f"Take the folder {task.key} away" in str(caught.value)


def test_a_file_is_held_against_the_hash_in_the_record(task: Task) -> None:
    record = {"files": {"config.toml": hashlib.sha256(b"seed = 1").hexdigest()}}
    file = task.path / "config.toml"
    with pytest.raises(IntegrityError, match=r"config\.toml is missing\. Take the folder"):
        check_file(task.path, "config.toml", record)
    file.write_text("seed = 1")
    check_file(task.path, "config.toml", record)
    file.write_text("seed = 2")
    with pytest.raises(IntegrityError, match=r"changed: it does not have the hash in outcome\.json"):
        check_file(task.path, "config.toml", record)
    (task.path / "other").write_text("that nobody vouches for")
    with pytest.raises(IntegrityError, match="other is damaged or was changed"):
        check_file(task.path, "other", record)


def test_only_what_a_run_that_goes_on_needs_is_tidied_away(task: Task) -> None:
    kept = {"config.toml", "weights.safetensors", "part", "x.part"}
    gone = {"last.safetensors", "best.safetensors", ".lock", ".metrics.csv.x7.part"}
    for name in kept | gone:
        (task.path / name).write_text("")
    for _ in range(2):  # a second time there is nothing to do
        tidy(task.path)
        assert {each.name for each in task.path.iterdir()} == kept


def test_a_mark_says_after_how_many_epochs_a_job_was_begun(task: Task) -> None:
    assert begun_at(task) is None
    mark_begun(task, 7)
    assert begun_at(task) == 7
    clear_marks([task, task])
    assert begun_at(task) is None
    mark_begun(task, 12)
    (mark,) = (task.folder / ".work").glob("*.begun")
    mark.write_text("")  # the worker was killed as it wrote
    assert begun_at(task) is None
    forget(task)
    assert list((task.folder / ".work").iterdir()) == []


def test_a_job_s_lock_is_given_back_when_its_work_ends_or_fails(task: Task) -> None:
    lock = FileLock(task.folder / ".work" / f"{task.key}.lock")

    def fail() -> None:
        with pytest.raises(TimeoutError):
            lock.acquire(timeout=0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), alone(task):
        fail()
    lock.acquire(timeout=0)
    lock.release()


def test_who_waits_for_a_lock_leaves_when_its_driver_is_gone(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(abandoned: Task) -> None:
        raise InterruptedError(abandoned.key)

    monkeypatch.setattr(finishing, "GLANCE", 0.01)
    monkeypatch.setattr(finishing, "leave_if_abandoned", leave)
    with alone(task), pytest.raises(InterruptedError, match=task.key), alone(task):
        pass


def test_a_worker_ends_only_when_neither_it_nor_its_parent_is_the_driver(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(finishing.os, "_exit", ended.append)
    for driver in (None, os.getpid(), os.getppid()):
        leave_if_abandoned(Task(task.job, task.key, task.folder, task.place, {}, driver))
    assert ended == []
    leave_if_abandoned(Task(task.job, task.key, task.folder, task.place, {}, -1))
    assert ended == [0]
