import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, SteepestError, UnknownName, UserError
from steepest.sweeping import Job, LocalEngine, ready, rounds, sweep
from steepest.sweeping.engine import Report, Task, WorkersLost
from steepest.sweeping.finishing import mark_begun
from steepest.sweeping.ready import Place
from steepest.sweeping.rounds import tasks_of
from steepest.sweeping.working import attempt
from steepest.verbs.train import train
from sweeping_fakes import Told, begun, jobs_of, rule_file

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


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


def test_deaths_between_which_epochs_are_finished_are_no_blame(config: Config, folder: Path) -> None:
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


def test_equal_jobs_are_trained_and_yielded_once(config: Config, folder: Path) -> None:
    config = config.with_(optimizer=rule_file(folder.parent, "return params.sub_(grad, alpha=lr)"))
    outcomes = list(sweep([Job(config), Job(config), *jobs_of(config, 2)], folder, engine=HERE))
    assert [outcome.config.seed for outcome in outcomes] == [0, 1]
    assert begun(config.optimizer) == 2


def test_what_is_on_disk_comes_first_and_is_not_trained_again(config: Config, folder: Path) -> None:
    config = config.with_(optimizer=rule_file(folder.parent, "return params.sub_(grad, alpha=lr)"))
    jobs = jobs_of(config, 4)
    list(sweep(jobs[2:], folder, engine=HERE))
    assert [o.key for o in sweep(jobs, folder, engine=HERE)][:2] == [job.key for job in jobs[2:]]
    assert begun(config.optimizer) == 4


def test_no_jobs_are_no_outcomes(folder: Path) -> None:
    assert list(sweep([], folder)) == []


def test_a_file_in_the_folder_s_place_is_refused(config: Config, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(UserError, match="cannot be a folder: there is a file"):
            sweep([Job(config)], path)


def test_a_worker_that_wrote_elsewhere_is_found(config: Config, folder: Path) -> None:
    class Elsewhere:
        def run(self, tasks: Sequence[Task]) -> Generator[Report]:
            yield Report(tasks[0].key)

    with pytest.raises(UserError, match="the workers must share the folder"):
        list(sweep([Job(config)], folder, engine=Elsewhere()))


MISTAKES = {
    "rule": ({"optimizer": "adm"}, UnknownName, "Did you mean `adam`"),
    "hyperparameter": ({"optimizer": "adam:beta1=2"}, UserError, "beta1"),
    "model": ({"model": "F5-R-F3"}, UserError, "2"),
    "schedule": ({"schedule": "cosin"}, UserError, "cosine"),
    "augmentation": ({"augment": "shift:99"}, UserError, "shift"),
    "file": ({"optimizer": "nowhere.py:Rule"}, UserError, "There is no file"),
    "run to start from": ({"init_from": "nowhere"}, UserError, "no run"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_refused_before_anything_is_trained(what: str, config: Config, folder: Path) -> None:
    changes, kind, words = MISTAKES[what]
    with pytest.raises(kind, match=words):
        sweep([*jobs_of(config, 2), Job(config.with_(**changes))], folder, engine=HERE)
    assert list(folder.iterdir()) == []


def test_a_split_that_the_run_has_not_is_refused_before(config: Config, folder: Path) -> None:
    with pytest.raises(UserError, match=r"stripes has no validation split to evaluate.*It has: train, test"):
        sweep([Job(config, ("test", "validation"))], folder)


def test_long_jobs_are_begun_first_and_equals_in_their_order(config: Config, folder: Path) -> None:
    short, deep = config.with_(epochs=1), config.with_(model="F200-R-F200-R-F2")
    jobs = [Job(short), Job(config), Job(config.with_(seed=1)), Job(deep)]
    engine = Told(lambda task: None)
    list(sweep(jobs, folder, engine=engine))
    assert engine.given == [[jobs[3].key, jobs[1].key, jobs[2].key, jobs[0].key]]


def test_images_that_changed_are_not_mixed_with_those_of_before(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(sweep(jobs_of(config, 1), folder, engine=HERE))
    ready._held.cache_clear()
    ready._loaded.cache_clear()
    other = stripe_dataset(count=80)
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda name, **_: other)
    with pytest.raises(IntegrityError, match="images of stripes are not those"):
        sweep(jobs_of(config, 2), folder, engine=HERE)


def test_tasks_carry_what_a_worker_needs_and_nothing_relative(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = rule_file(folder.parent, "return params")
    monkeypatch.chdir(folder.parent)
    job = Job(config.with_(optimizer="mine.py:Mine"), ("train",))
    place = Place(folder.parent)
    (task,) = tasks_of([job], folder, place, [])
    assert task.job == Job(job.config.with_(optimizer=rule, threads=1), ("train",))
    assert (task.key, task.path, task.place, task.driver) == (job.key, folder / job.key, place, None)
    content = hashlib.sha256((folder.parent / "mine.py").read_bytes()).hexdigest()
    assert task.files == {"model": {}, "optimizer": {rule.partition(":")[0]: content}}


def test_configs_that_differ_in_rule_rate_seed_and_epochs_alone_are_checked_once(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = rounds.setup_of
    monkeypatch.setattr(rounds, "setup_of", lambda *each: asked.append(each) or real(*each))
    others = [{"seed": 3}, {"lr": 0.5}, {"optimizer": "adam"}, {"epochs": 9}, {"val": 0.25}]
    tasks = tasks_of([Job(config.with_(**each)) for each in others], folder, Place(), [])
    assert len(tasks) == 5
    assert [config.val for config, _ in asked] == [0.0, 0.25]


def test_a_deeper_network_and_more_epochs_are_longer_in_proportion(config: Config, folder: Path) -> None:
    # 36 x 5 + 5 x 2 multiply-adds an image against 36 x 50 + 50 x 2: ten times as many, and as many steps
    small, large = (
        rounds._epoch_seconds(ready.setup_of(config.with_(model=model), Place()))
        for model in ("F5-R-F2", "F50-R-F2")
    )
    steps = 64 / 16 * rounds.SECONDS_A_STEP
    assert small - steps == pytest.approx(64 * 190 * rounds.SECONDS_A_MULTIPLY_ADD)
    assert (large - steps) / (small - steps) == pytest.approx(10)
    epochs = [Job(config.with_(model=m, epochs=n)) for m, n in (("F50-R-F2", 1), ("F5-R-F2", 2))]
    assert [task.key for task in tasks_of(epochs, folder, Place(), [])] == [epochs[1].key, epochs[0].key]


def test_finished_runs_on_another_split_of_changed_images_are_no_hindrance(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = list(sweep([Job(config.with_(val=0.25))], folder, engine=HERE))
    for cache in (ready._held, ready._loaded):
        cache.cache_clear()
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda name, **_: stripe_dataset(count=80))
    assert len(tasks_of([Job(config)], folder, Place(), done)) == 1
    with pytest.raises(IntegrityError, match=r"of stripes are not those .* saw\. Put them back"):
        tasks_of([Job(config.with_(val=0.25, seed=1))], folder, Place(), done)
