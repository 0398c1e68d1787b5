"""A worker prepares the run that a driver would, and loads the images once."""

from pathlib import Path
from typing import Any

import pytest
import torch

from fakes import stripe_dataset
from steepest.config import Config
from steepest.data import Dataset
from steepest.errors import UserError
from steepest.plan import Plan
from steepest.sweeping import LocalEngine, ready, sweep
from steepest.sweeping.ready import KEPT, Place, setup_of
from steepest.training.preparation import prepare
from sweeping_fakes import jobs_of

pytestmark = pytest.mark.usefixtures("stripes_known")
HERE = LocalEngine(1)


def test_a_finished_sweep_needs_no_images(config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [outcome.accuracy("test") for outcome in sweep(jobs_of(config, 2), folder, engine=HERE)]
    ready._held.cache_clear()
    monkeypatch.setattr("steepest.sweeping.ready.load", None)
    again = [outcome.accuracy("test") for outcome in sweep(jobs_of(config, 2), str(folder))]
    assert again == first


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the list of the calls that load images."""
    calls: list[dict[str, Any]] = []

    def load(name: str, **asked: Any) -> Dataset:
        calls.append({"name": name, **asked})
        return stripe_dataset()

    monkeypatch.setattr(ready, "load", load)
    return calls


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"val": 0.25, "patience": 2, "split_seed": 3},
        {"val": 0.25, "stratified": False, "normalize": "standard"},
        {"optimizer": "adam", "lr": None, "augment": "shift:1", "schedule": "cosine"},
    ],
)
def test_a_setup_is_the_one_that_prepare_makes(config: Config, changes: dict[str, Any]) -> None:
    config = config.with_(**changes)
    for _ in range(2):  # the second from memory
        ours, theirs = setup_of(config, Place()), prepare(config, stripe_dataset())
        assert ours.config == theirs.config
        assert (ours.choice, ours.schedule, ours.plan) == (theirs.choice, theirs.schedule, theirs.plan)
        assert ours.dataset.hashes == theirs.dataset.hashes
        assert list(ours.dataset.splits) == list(theirs.dataset.splits)
        state = theirs.network.state_dict()
        for name, tensor in ours.network.state_dict().items():
            assert torch.equal(tensor, state[name])


def test_images_are_loaded_once_and_split_once_for_all_jobs_of_a_split(
    config: Config, loads: list[dict[str, Any]]
) -> None:
    jobs = [config.with_(seed=seed, val=0.25, optimizer=rule) for seed in (0, 1) for rule in ("sgd", "adam")]
    setups = [setup_of(each, Place()) for each in jobs]
    assert len(loads) == 1
    assert len({id(each.dataset.train) for each in setups}) == 1
    other = setup_of(config.with_(val=0.5), Place())
    assert len(loads) == 1
    assert len(other.dataset.train) == 32


def test_the_training_pixels_are_measured_once_a_split(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    first = setup_of(config.with_(normalize="standard"), Place()).config.normalize
    monkeypatch.setattr("steepest.training.preparation._moments", None)
    assert setup_of(config.with_(normalize="standard", seed=1), Place()).config.normalize == first
    with pytest.raises(TypeError):  # another split is measured for itself
        setup_of(config.with_(normalize="standard", val=0.25), Place())


def test_only_so_many_splits_are_kept(config: Config, loads: list[dict[str, Any]]) -> None:
    kept = [setup_of(config.with_(val=0.25, split_seed=seed), Place()) for seed in range(KEPT + 1)]
    again = [setup_of(config.with_(val=0.25, split_seed=seed), Place()) for seed in (KEPT, 0)]
    assert again[0].dataset.train is kept[KEPT].dataset.train
    assert again[1].dataset.train is not kept[0].dataset.train


def test_a_folder_of_images_is_read_anew_by_another_sweep_and_a_named_dataset_is_not(
    config: Config, loads: list[dict[str, Any]], tmp_path: Path
) -> None:
    for moment in (1, 1, 2):
        setup_of(config, Place(tmp_path, moment))
    assert len(loads) == 1
    for moment in (1, 1, 2):
        setup_of(config.with_(data=str(tmp_path)), Place(tmp_path, moment))
    assert [each["name"] for each in loads] == ["stripes", str(tmp_path), str(tmp_path)]
    assert all(each["data_dir"] == tmp_path.resolve() for each in loads)


def test_a_plan_that_is_given_is_kept(config: Config) -> None:
    chosen = setup_of(config, Place()).plan
    other = Plan(**{**vars(chosen), "threads": chosen.threads + 1})
    assert setup_of(config, Place(), other).plan == other


def test_patience_without_a_validation_split_is_refused_as_ever(config: Config) -> None:
    with pytest.raises(UserError, match="patience"):
        setup_of(config.with_(patience=2), Place())
