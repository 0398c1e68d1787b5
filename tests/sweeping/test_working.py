"""A worker leaves its task finished, from whatever state the folder is in."""

from pathlib import Path

import pytest
import torch

from code_fakes import RULE, RUNS, files
from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError
from steepest.sweeping import Job, LocalEngine, Outcome, ready, sweep, working
from steepest.sweeping.engine import Task
from steepest.sweeping.finishing import begun_at, mark_begun
from steepest.sweeping.ready import Place
from steepest.sweeping.rounds import tasks_of
from steepest.sweeping.working import attempt, work
from sweeping_fakes import begun, jobs_of, rule_file

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


def test_a_rule_that_changes_under_the_sweep_is_found(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, "return params.sub_(grad, alpha=lr)")
    outcomes = sweep(jobs_of(config.with_(optimizer=rule), 2), folder, engine=HERE)
    next(outcomes)
    rule_file(folder.parent, "return params")
    with pytest.raises(IntegrityError, match="was changed since the sweep began"):
        list(outcomes)


def test_a_job_that_was_broken_off_goes_on_after_its_last_epoch(config: Config, folder: Path) -> None:
    stop = folder.parent / "stop"
    body = (
        f"state['step'] = state.get('step', 0) + 1; stop = __import__('pathlib').Path({str(stop)!r})\n"
        "        if stop.exists() and state['step'] == 11: stop.unlink(); raise KeyboardInterrupt\n"
        "        return params.sub_(grad, alpha=lr)"
    )
    job = Job(config.with_(optimizer=rule_file(folder.parent, body)))
    (calm,) = sweep([job], folder.parent / "calm", engine=HERE)
    stop.write_text("in the third epoch")
    with pytest.raises(KeyboardInterrupt):
        list(sweep([job], folder, engine=HERE))
    assert not (folder / job.key / "outcome.json").exists()
    (broken,) = sweep([job], folder, engine=HERE)
    assert begun(job.config.optimizer) == 2  # the calm one, and the broken one once
    assert broken.hashes == calm.hashes


def task_of(job: Job, folder: Path) -> Task:
    """Return the task that the driver makes of a job."""
    (task,) = tasks_of([job], folder, Place(), [])
    return task


def test_a_task_that_is_finished_already_is_left_alone_but_for_its_leftovers(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(Job(config), folder)
    assert attempt(task).failure is None
    before = {each.name: each.read_bytes() for each in task.path.iterdir()}
    (task.path / "last.safetensors").write_text("a worker was killed before it removed this")
    mark_begun(task, 3)
    monkeypatch.setattr(working, "setup_of", None)  # nothing is prepared again
    assert attempt(task).failure is None
    assert {each.name: each.read_bytes() for each in task.path.iterdir()} == before
    assert begun_at(task) is None


def test_what_goes_wrong_comes_back_as_a_value_and_what_stops_the_process_does_not(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(Job(config), folder)

    def raise_in_work(error: BaseException) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(working, "_opened", fail)

    raise_in_work(RuntimeError("no good"))
    report = attempt(task)
    assert report.key == task.key
    assert report.failure is not None
    assert report.failure.line.startswith("RuntimeError: no good, in ")
    raise_in_work(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        attempt(task)


def test_a_run_that_diverges_keeps_its_labels_and_no_logits(config: Config, folder: Path) -> None:
    job = Job(config.with_(lr=1e30), ("test", "train"))
    work(task_of(job, folder))
    outcome, dataset = Outcome(job, folder / job.key), stripe_dataset()
    assert "became" in str(outcome.diverged)
    assert not (outcome.path / "weights.safetensors").exists()
    for split in ("test", "train"):
        assert torch.equal(outcome.labels(split), dataset.splits[split].labels)


def test_every_event_of_the_loop_asks_whether_the_driver_is_still_there(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(working, "leave_if_abandoned", lambda task: asked.append(task.key))
    job = Job(config.with_(epochs=3))
    work(task_of(job, folder))
    assert len(asked) >= 3
    assert set(asked) == {job.key}


def test_a_begun_run_on_other_images_is_refused(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(Job(config), folder)
    monkeypatch.setattr(working, "write_outcome", lambda *_: None)  # it is never finished
    work(task)
    for cache in (ready._held, ready._loaded):
        cache.cache_clear()
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda name, **_: stripe_dataset(count=80))
    with pytest.raises(IntegrityError, match=r"The images of stripes are not those that .* was begun"):
        work(task)


@pytest.mark.parametrize("exchanged", ["mine_py", "helper_py"])
def test_a_worker_runs_no_byte_that_its_driver_did_not_run(
    exchanged: str, config: Config, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rule = files(tmp_path, mine_py="import helper\n" + RULE, helper_py="")
    task = task_of(Job(config.with_(optimizer=f"{rule}:Mine")), folder)
    assert set(task.files["optimizer"]) == {str(rule), str(tmp_path / "helper.py")}
    before = {each: each.read_bytes() for each in tmp_path.glob("*.py")}
    files(tmp_path, **{exchanged: RUNS + RULE})
    failure = attempt(task).failure
    assert failure is not None
    assert failure.exit_code == IntegrityError.exit_code
    assert "was changed since the sweep began" in failure.line
    assert not Path("PWNED").exists()
    for path, content in before.items():
        path.write_bytes(content)
    monkeypatch.setattr(
        working, "changed_files", lambda *_, **__: files(tmp_path, **{exchanged: RUNS + RULE}) and []
    )
    failure = attempt(task).failure  # exchanged after it was looked at
    assert failure is not None
    assert "was changed since the sweep was written" in failure.line
    assert not Path("PWNED").exists()


def test_a_file_that_is_edited_while_a_job_trains_is_evaluated_as_it_was_trained(
    config: Config, folder: Path, tmp_path: Path
) -> None:
    text = (
        "from pathlib import Path\nfrom torch import nn\nclass Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(nn.Flatten(), nn.Linear(36, 2))\n"
        "        Path(__file__).write_text('1 / 0')\n"
    )
    net = files(tmp_path, net_py=text)
    job = Job(config.with_(model=f"{net}:Net"))
    assert job.files
    task = task_of(job, folder)
    net.write_text(text)  # the driver has made the network too
    assert attempt(task).failure is None
    assert net.read_text() == "1 / 0"
