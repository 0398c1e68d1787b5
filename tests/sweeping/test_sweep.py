import errno
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, SteepestError, UnknownName, UserError
from steepest.recording import train
from steepest.sweeping import DaskEngine, Engine, Job, LocalEngine, engine_of, ready, sweep
from steepest.sweeping.engine import Report, Task
from sweeping_fakes import Told, jobs_of

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


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


def test_a_finished_sweep_needs_no_images(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [outcome.accuracy("test") for outcome in sweep(jobs_of(config, 2), folder, engine=HERE)]
    ready._held.cache_clear()
    monkeypatch.setattr("steepest.sweeping.ready.load", None)
    again = [outcome.accuracy("test") for outcome in sweep(jobs_of(config, 2), str(folder))]
    assert again == first


def test_no_jobs_are_no_outcomes(folder: Path) -> None:
    assert list(sweep([], folder)) == []


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
def test_a_mistake_is_refused_before_anything_is_trained(
    what: str, config: Config, folder: Path
) -> None:
    changes, kind, words = MISTAKES[what]
    with pytest.raises(kind, match=words):
        sweep([*jobs_of(config, 2), Job(config.with_(**changes))], folder, engine=HERE)
    assert list(folder.iterdir()) == []


def test_a_split_that_the_run_has_not_is_refused_before(config: Config, folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"stripes has no validation split to evaluate.*It has: train, test"
    ):
        sweep([Job(config, ("test", "validation"))], folder)


def test_a_file_in_the_folder_s_place_is_refused(config: Config, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(UserError, match="cannot be a folder: there is a file"):
            sweep([Job(config)], path)


def test_long_jobs_are_begun_first_and_equals_in_their_order(config: Config, folder: Path) -> None:
    short, deep = config.with_(epochs=1), config.with_(model="F200-R-F200-R-F2")
    jobs = [Job(short), Job(config), Job(config.with_(seed=1)), Job(deep)]
    engine = Told(lambda task: None)
    list(sweep(jobs, folder, engine=engine))
    assert engine.given == [[jobs[3].key, jobs[1].key, jobs[2].key, jobs[0].key]]


def test_the_settings_of_the_folder_s_runs_name_everything_absolutely(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = rule_file(folder.parent, "return params")
    monkeypatch.chdir(folder.parent)
    (outcome,) = sweep([Job(config.with_(optimizer="mine.py:Mine"))], "sweep", engine=HERE)
    assert outcome.config.optimizer == rule
    assert outcome.path.is_absolute()
    assert outcome.config.threads == 1


def test_a_job_may_start_from_another_run(config: Config, folder: Path) -> None:
    source = train(config, dataset=stripe_dataset(), out=folder.parent / "source")
    still = config.with_(init_from=str(source.path), optimizer="sgd", lr=1e-30, epochs=1)
    (outcome,) = sweep([Job(still)], folder, engine=HERE)
    for name, tensor in source.weights("best").items():
        assert outcome.weights()[name].equal(tensor)


def test_what_a_user_s_rule_raises_names_its_run_and_line(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, "raise ZeroDivisionError('by hand')")
    outcomes = sweep([Job(config.with_(optimizer=rule, seed=7))], folder, engine=HERE)
    with pytest.raises(SteepestError) as caught:
        list(outcomes)
    line = str(caught.value)
    assert line.startswith("The run with model F5-R-F2, data stripes, optimizer ")
    assert "seed 7 failed. ZeroDivisionError: by hand, in " in line
    assert line.endswith("mine.py, line 6")
    assert "Traceback" in caught.value.__notes__[0]
    assert type(caught.value).exit_code == 1


def test_an_error_of_ours_in_a_worker_keeps_its_kind(config: Config, folder: Path) -> None:
    rule = rule_file(
        folder.parent, "from steepest.errors import UserError; raise UserError('not like this')"
    )
    with pytest.raises(UserError, match=r"seed 0 failed\. not like this"):
        list(sweep([Job(config.with_(optimizer=rule))], folder, engine=HERE))


def test_a_full_disk_in_a_worker_is_a_full_disk_here(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, f"raise OSError({errno.ENOSPC}, 'No space left on device')")
    with pytest.raises(OSError, match="No space left") as caught:
        list(sweep([Job(config.with_(optimizer=rule))], folder, engine=HERE))
    assert caught.value.errno == errno.ENOSPC


def test_a_rule_that_changes_under_the_sweep_is_found(config: Config, folder: Path) -> None:
    rule = rule_file(folder.parent, "return params.sub_(grad, alpha=lr)")
    outcomes = sweep(jobs_of(config.with_(optimizer=rule), 2), folder, engine=HERE)
    next(outcomes)
    rule_file(folder.parent, "return params")
    with pytest.raises(IntegrityError, match="was changed since the sweep began"):
        list(outcomes)


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


def test_a_begun_run_with_another_config_is_refused(config: Config, folder: Path) -> None:
    job = Job(config)
    train(config.with_(seed=9, threads=1), dataset=stripe_dataset(), out=folder / job.key)
    with pytest.raises(IntegrityError, match=r"config\.toml is not the config that this job asks"):
        list(sweep([job], folder, engine=HERE))


def test_a_job_that_another_driver_is_at_is_waited_for(config: Config, folder: Path) -> None:
    job = Job(config)
    (folder / ".work").mkdir(parents=True)
    other = FileLock(folder / ".work" / f"{job.key}.lock")
    other.acquire()
    found: list[str] = []
    ours = threading.Thread(
        target=lambda: found.extend(o.key for o in sweep([job], folder, engine=HERE))
    )
    ours.start()
    ours.join(0.5)
    assert found == []
    other.release()
    ours.join(20)
    assert found == [job.key]


def test_a_job_that_was_broken_off_goes_on_after_its_last_epoch(
    config: Config, folder: Path
) -> None:
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


def test_a_worker_that_wrote_elsewhere_is_found(config: Config, folder: Path) -> None:
    class Elsewhere:
        def run(self, tasks: Sequence[Task]) -> Generator[Report]:
            yield Report(tasks[0].key)

    with pytest.raises(UserError, match="the workers must share the folder"):
        list(sweep([Job(config)], folder, engine=Elsewhere()))


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
