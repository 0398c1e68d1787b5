"""From a config and a dataset to a run that is ready to begin, with everything checked before the first step.

The loss of logits against labels, as a config asks for it, stands here too.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config import NONE, Config
from ..data import Augmentation, Dataset, hold_out
from ..errors import UserError
from ..models import MODELS, Network, build
from ..objective import LossFunction
from ..optimizers import RULES, Choice, choose
from ..plan import Plan, choose_plan
from ..specification import in_known_spelling
from .schedules import SCHEDULES, Schedule, choose_schedule
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
        dataset: what to learn from; ``config.val`` is held out of its training images.
        plan: how to execute; None chooses by the fixed rule.

    Raises:
        UserError: a name is unknown, a value outside its range, or the model does not fit the images.
    """
    choice = choose(config.optimizer, config.lr)
    dataset = with_validation(config, dataset)
    normalize = _normalize_text(config.normalize, dataset)
    network = build(
        config.model, dataset.shape, len(dataset.classes), init=config.init, seed=config.seed, normalize=normalize
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
        config=config.with_(
            lr=choice.lr,
            normalize=normalize,
            model=in_known_spelling(config.model, MODELS),
            optimizer=in_known_spelling(config.optimizer, RULES),
            schedule=in_known_spelling(config.schedule, SCHEDULES),
            data=in_known_spelling(config.data, [dataset.name]),
        ),
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
        raise UserError("A channel of the training images has one value throughout: normalize unit.")
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


def cross_entropy(label_smoothing: float = 0.0, class_weights: Tensor | None = None) -> LossFunction:
    """Return the mean cross-entropy of logits [B, K] against labels [B], in nats.

    Args:
        label_smoothing: the share of the target that is spread evenly over all K classes
            (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).
        class_weights: [K]; the mean is then weighted by each image's class, as in torch.
    """

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits, targets, weight=class_weights, label_smoothing=label_smoothing)

    return loss


def class_weights_of(text: str, labels: Tensor, classes: int) -> Tensor | None:
    """Return the [K] class weights that ``text`` asks for.

    Args:
        text: ``none``; ``balanced``, which gives every class the same total weight,
            ``N / (K * count)``; or K numbers with commas.
        labels: [N], of the training images.
        classes: K.

    Raises:
        UserError: the text is none of these, or names another number of classes.
    """
    if text == NONE:
        return None
    if text == "balanced":
        counts = labels.bincount(minlength=classes)
        return len(labels) / (classes * counts.clamp(min=1)).float()
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        raise UserError(
            f"class_weights must be none, balanced, or numbers with commas between, not `{text}`."
        ) from None
    # with a weight of 0, a batch of that class alone would have no mean
    if len(numbers) != classes or not all(0 < each < float("inf") for each in numbers):
        raise UserError(
            f"class_weights gives {len(numbers)} numbers; {classes} classes need {classes}, each above 0."
        )
    return torch.tensor(numbers)
