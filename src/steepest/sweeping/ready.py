"""From a config to a run that is ready to begin, with the images kept in memory from one job to the next."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..config import Config
from ..data import Dataset, load
from ..data.source import data_directory
from ..plan import Plan
from ..training.preparation import Setup, prepare, with_validation

KEPT = 3  # splits of datasets in memory: CIFAR-10 takes 180 MB, twice that with a validation split


@dataclass(frozen=True)
class Place:
    """Where a sweep finds its data.

    Args:
        directory: the folder of datasets; None takes the process's own.
        moment: tells two sweeps apart, since a folder of images may change between them.
    """

    directory: Path | None = None
    moment: int = 0


@dataclass(frozen=True)
class _Wanted:
    """What decides the images of a config."""

    data: str
    size: tuple[int, int] | None
    unverified: bool
    directory: Path
    moment: int


@dataclass
class _Held:
    """A dataset with its validation split, and what each ``normalize`` came to on it."""

    dataset: Dataset
    normalized: dict[str, str] = field(default_factory=dict)


def setup_of(config: Config, place: Place, plan: Plan | None = None) -> Setup:
    """Return what ``prepare`` returns, without loading, splitting or measuring the same images twice.

    Raises:
        UserError: something asked for cannot be done.
    """
    held = _held(_wanted(config, place), config.val, config.split_seed, config.stratified)
    normalize = held.normalized.get(config.normalize, config.normalize)
    # the validation split is there already, and patience is refused without one
    plain = config.with_(val=0.0, patience=None, normalize=normalize)
    setup = prepare(plain, held.dataset, plan)
    held.normalized[config.normalize] = setup.config.normalize
    return replace(setup, config=setup.config.with_(val=config.val, patience=config.patience))


def images_of(config: Config, place: Place) -> Dataset:
    """Return the dataset of a config with its validation split, kept in memory as for ``setup_of``."""
    return _held(_wanted(config, place), config.val, config.split_seed, config.stratified).dataset


def _wanted(config: Config, place: Place) -> _Wanted:
    folder = Path(config.data).is_absolute()  # as ``placed`` left it
    return _Wanted(
        data=config.data,
        size=config.size,
        unverified=config.unverified,
        directory=data_directory(place.directory).resolve(),
        moment=place.moment if folder else 0,
    )


@lru_cache(maxsize=KEPT)
def _held(wanted: _Wanted, val: float, split_seed: int, stratified: bool) -> _Held:
    asked = Config(val=val, split_seed=split_seed, stratified=stratified)
    return _Held(with_validation(asked, _loaded(wanted)))


@lru_cache(maxsize=1)
def _loaded(wanted: _Wanted) -> Dataset:
    return load(wanted.data, data_dir=wanted.directory, image_size=wanted.size, unverified=wanted.unverified)
