from pathlib import Path

import pytest

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError
from steepest.sweeping import Job, LocalEngine, sweep
from steepest.verbs.train import train
from sweeping_fakes import rule_file

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


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


def test_a_begun_run_with_another_config_is_refused(config: Config, folder: Path) -> None:
    job = Job(config)
    train(config.with_(seed=9, threads=1), dataset=stripe_dataset(), out=folder / job.key)
    with pytest.raises(IntegrityError, match=r"config\.toml is not the config that this job asks"):
        list(sweep([job], folder, engine=HERE))
