"""Everything that a user may have got wrong, refused in the driver before anything is trained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from ..config import Config
from ..errors import IntegrityError, UserError
from ..models import layer_table
from ..optimizers import choose
from ..preparation import Setup
from ..recording import placed
from ..user_files import hashes_of_files
from .engine import Task
from .job import Job
from .outcome import Outcome
from .ready import Place, setup_of

# What an epoch costs, to put the longest jobs first: seconds of a multiply-add forward and twice backward, and
# of a step of the tiniest network. Measured with F10, mlp, convnet and digits-cnn: right within a factor of two.
SECONDS_A_MULTIPLY_ADD, SECONDS_A_STEP = 1.5e-10, 3e-4


def tasks_of(
    jobs: Iterable[Job], folder: Path, place: Place, done: Sequence[Outcome]
) -> list[Task]:
    """Return a task for each job, the longest first, once all of them can be done.

    Args:
        jobs: what is not finished yet.
        folder: the sweep's.
        place: where the data is.
        done: what is finished, and must have seen the same images.

    Raises:
        UserError: a job asks for something that cannot be done.
        IntegrityError: the images are not those that finished jobs saw.
    """
    tasks: list[tuple[float, Task]] = []
    checked: dict[Config, _Checked] = {}
    rules: set[tuple[str, float | None]] = set()
    for job in jobs:
        config = placed(job.config.with_(threads=1))
        if (config.optimizer, config.lr) not in rules:
            choose(config.optimizer, config.lr)
            rules.add((config.optimizer, config.lr))
        rest = config.with_(seed=0, lr=None, optimizer="sgd", epochs=1)
        if rest not in checked:
            checked[rest] = _checked(rest, place, done)
        _check_splits(job, checked[rest].splits)
        absolute = Job(config, job.splits, job.which)
        task = Task(absolute, job.key, folder, place, hashes_of_files(config))
        tasks.append((checked[rest].epoch_seconds * config.epochs, task))
    return [task for _, task in sorted(tasks, key=lambda pair: -pair[0])]


@dataclass(frozen=True)
class _Checked:
    """What all configs that differ in rule, learning rate, seed and epochs alone have in common."""

    splits: tuple[str, ...]
    epoch_seconds: float


def _checked(config: Config, place: Place, done: Sequence[Outcome]) -> _Checked:
    setup = setup_of(config, place)
    _check_images(setup, done)
    return _Checked(tuple(setup.dataset.splits), _epoch_seconds(setup))


def _check_splits(job: Job, there: Sequence[str]) -> None:
    lacking = [split for split in job.splits if split not in there]
    if lacking:
        raise UserError(
            f"{job.config.data} has no {' and no '.join(lacking)} split to evaluate the run with {job} on. "
            f"It has: {', '.join(there)}."
        )


def _check_images(setup: Setup, done: Sequence[Outcome]) -> None:
    """Refuse to train on other images than the finished jobs with the same split saw."""
    hashes = setup.dataset.hashes
    for outcome in done:
        if _images_of(outcome.config) != _images_of(setup.config):
            continue
        if outcome.environment["data"]["hashes"] != hashes:
            raise IntegrityError(
                f"The images of {setup.config.data} are not those that the finished runs in "
                f"{outcome.path.parent} saw. Put them back, or start a sweep in another folder."
            )


def _images_of(config: Config) -> tuple[object, ...]:
    return (config.data, config.image_size, config.val, config.split_seed, config.stratified)


def _epoch_seconds(setup: Setup) -> float:
    """Return about what an epoch takes when the rule asks for one gradient a step."""
    config, network, images = setup.config, setup.network, len(setup.dataset.train)
    if network.layers is None:
        multiply_adds = sum(each.numel() for each in network.parameters())
    else:
        classes = len(setup.dataset.classes)
        multiply_adds = layer_table(config.model, setup.dataset.shape, classes).multiply_adds
    steps = ceil(images / config.batch_size)
    return images * multiply_adds * SECONDS_A_MULTIPLY_ADD + steps * SECONDS_A_STEP
