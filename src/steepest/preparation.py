"""From a config and a dataset to a run that is ready to begin, with everything checked before the first step."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .config import Config
from .data import Augmentation, Dataset, hold_out
from .errors import UserError
from .losses import class_weights_of
from .models import Network, build
from .optimizers import Choice, choose
from .plan import Plan, choose_plan
from .schedules import Schedule, choose_schedule
from .stochastic import check_last_batch


@dataclass(frozen=True)
class Setup:
    """A run that is ready to begin: nothing in it is left open.

    Args:
        config: what was asked for, with every ``auto`` and default replaced by what was chosen.
        dataset: with its validation split, where the config asks for one.
        network: built, with its initial weights.
        plan: how to execute.
    """

    config: Config
    dataset: Dataset
    network: Network
    choice: Choice
    schedule: Schedule
    augmentation: Augmentation | None
    plan: Plan


def prepare(config: Config, dataset: Dataset, plan: Plan | None = None) -> Setup:
    """Return what the loop needs, with everything checked before the first step.

    Args:
        config: what is asked for.
        dataset: what to learn from; ``config.val`` is held out of its training images.
        plan: how to execute; None chooses by the fixed rule.

    Raises:
        UserError: a name is unknown, a value outside its range, or the model does not fit the images.
    """
    choice = choose(config.optimizer, config.lr)
    dataset = with_validation(config, dataset)
    normalize = _normalize_text(config.normalize, dataset)
    network = build(
        config.model,
        dataset.shape,
        len(dataset.classes),
        init=config.init,
        seed=config.seed,
        normalize=normalize,
    )
    if not any(each.requires_grad for each in network.parameters()):
        raise UserError(f"`{config.model}` has no weights to train.")
    # refused here, the run's folder is not made yet
    class_weights_of(config.class_weights, dataset.train.labels, len(dataset.classes))
    check_last_batch(network, len(dataset.train), config.batch_size, dataset.shape)
    plan = plan or choose_plan(
        network,
        dataset.shape,
        config.batch_size,
        device=config.device,
        threads=config.threads,
        precision=config.precision,
    )
    return Setup(
        config=config.with_(lr=choice.lr, normalize=normalize),
        dataset=dataset,
        network=network,
        choice=choice,
        schedule=choose_schedule(config.schedule),
        augmentation=_augmentation(config, dataset),
        plan=plan,
    )


def _augmentation(config: Config, dataset: Dataset) -> Augmentation | None:
    if not config.augment:
        return None
    augmentation = Augmentation.parse(config.augment)
    augmentation.check(*dataset.shape[1:])
    return augmentation


def with_validation(config: Config, dataset: Dataset) -> Dataset:
    """Return the dataset with the validation split that the config asks for."""
    if not config.val:
        return dataset
    return hold_out(dataset, config.val, seed=config.split_seed, stratified=config.stratified)


def _normalize_text(text: str, dataset: Dataset) -> str:
    """Return ``standard`` as the numbers it stands for: the training pixels' mean and deviation."""
    if text != "standard":
        return text
    images = dataset.train.images
    if bool((images.amin(dim=(0, 2, 3)) == images.amax(dim=(0, 2, 3))).any()):
        raise UserError(
            "A channel of the training images has one value throughout: normalize unit."
        )
    mean, deviation = _moments(images)
    return "/".join(",".join(f"{float(each):.6g}" for each in side) for side in (mean, deviation))


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return each channel's mean and standard deviation, of pixels divided by 255."""
    count = images.numel() // images.shape[1]
    pieces = torch.split(images, 1000)  # all of CIFAR-10 in float64 would take more than a gigabyte
    sums = torch.stack([each.double().sum(dim=(0, 2, 3)) for each in pieces])
    mean = sums.sum(dim=0) / count
    centre = mean.view(-1, 1, 1)
    squares = torch.stack([(each - centre).square().sum(dim=(0, 2, 3)) for each in pieces])
    return mean / 255, (squares.sum(dim=0) / (count - 1)).sqrt() / 255
