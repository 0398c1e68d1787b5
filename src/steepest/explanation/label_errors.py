"""Which labels are likely wrong: every image is judged by networks that never saw it.

The training images are dealt into folds; for each fold the run's own training is repeated on the other folds,
and the network so made gives its probabilities. An image whose label gets little of them, while another class
gets much, is a suspect.

Source: Northcutt, Jiang and Chuang 2021, https://arxiv.org/abs/1911.00068 (confident learning): the ranking by
    the normalised margin, and the class thresholds. We count and name suspects; nothing is removed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..config import Config
from ..data import Dataset, Split
from ..errors import UserError
from ..evaluation import logits_of
from ..lazy import brief
from ..randomness import generator
from ..training.loops import loop
from ..training.preparation import Setup, prepare

FOLDS = 5  # each network then learns from four fifths of the images, and the work is four trainings' worth


@dataclass(frozen=True)
class Suspect:
    """A label that may be wrong.

    Args:
        row: of the training split.
        name: the file, where the image came from one.
        given: the class that the label says.
        suggested: the class that the other networks say.
        probability_given: of the label's class, by networks that never saw the image.
        probability_suggested: of the suggested class.
        confident: whether it passes the confident-learning test, see ``LabelRanking.confident``.
    """

    row: int
    name: str | None
    given: str
    suggested: str
    probability_given: float
    probability_suggested: float
    confident: bool


@dataclass(frozen=True)
class LabelRanking:
    """All labels of a split, from the most to the least doubtful.

    Args:
        probabilities: [N, K], out of sample.
        labels: [N], as given.
        classes: the K names.
        names: the images' files, where they came from files.
    """

    probabilities: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    names: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return brief(self)

    @cached_property
    def order(self) -> Tensor:
        """The rows [N], the most doubtful label first."""
        return rank_labels(self.probabilities, self.labels)

    @cached_property
    def confident(self) -> Tensor:
        """[N] bool: another class reaches its own usual probability, and is the likeliest that does.

        A class's usual probability is the mean, over the images labelled so, of what they get for it. The
        number of these images estimates how many labels are wrong.
        """
        return confident_errors(self.probabilities, self.labels)

    @property
    def accuracy(self) -> float:
        """The fraction of labels that the networks, out of sample, agree with."""
        return float((self.probabilities.argmax(dim=1) == self.labels).double().mean())

    def suspects(self, most: int) -> list[Suspect]:
        """Return the most doubtful labels, the most doubtful first."""
        return [self._suspect(row) for row in self.order[:most].tolist()]

    def _suspect(self, row: int) -> Suspect:
        shares, given = self.probabilities[row], int(self.labels[row])
        other = int(_rivals(shares[None], self.labels[row : row + 1]).argmax())
        return Suspect(
            row=row,
            name=None if self.names is None else self.names[row],
            given=self.classes[given],
            suggested=self.classes[other],
            probability_given=float(shares[given]),
            probability_suggested=float(shares[other]),
            confident=bool(self.confident[row]),
        )

    def to_dict(self, most: int) -> dict[str, Any]:
        """Return the counts and the most doubtful labels, for ``--json``."""
        return {
            "images": len(self.labels),
            "agreement": self.accuracy,
            "confident_errors": int(self.confident.sum()),
            "suspects": [vars(each) for each in self.suspects(most)],
        }


def rank_labels(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the rows [N] by margin, ``probability of the label - probability of the likeliest other class``.

    Args:
        probabilities: [N, K], from networks that never saw the image.
        labels: [N].

    >>> rank_labels(torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]]), torch.tensor([0, 1, 1]))
    tensor([1, 2, 0])
    """
    own = probabilities.gather(1, labels[:, None])[:, 0]
    return (own - _rivals(probabilities, labels).amax(dim=1)).argsort(stable=True)


def confident_errors(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return [N] bool: which labels the confident joint counts as wrong; see ``LabelRanking.confident``."""
    kinds = probabilities.shape[1]
    members = F.one_hot(labels, kinds).to(probabilities)
    counts = members.sum(dim=0)
    usual = (members * probabilities).sum(dim=0) / counts
    # a class without an image has no usual probability, and no label can be taken for it
    reached = (probabilities >= usual) & (counts > 0)
    likeliest = probabilities.masked_fill(~reached, -1).argmax(dim=1)
    return reached.any(dim=1) & (likeliest != labels)


def _rivals(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the probabilities [N, K] with the label's own class struck out."""
    return probabilities.scatter(1, labels[:, None], -1.0)


def deal_folds(labels: Tensor, folds: int, seed: int) -> Tensor:
    """Return each image's fold [N], every class dealt evenly: a function of labels and seed.

    Raises:
        UserError: there are fewer than 2 folds, or fewer images than folds.
    """
    if not 2 <= folds <= len(labels):
        raise UserError(f"--folds must lie between 2 and the number of images, {len(labels):,}; {folds} came.")
    shuffled = torch.randperm(len(labels), generator=generator(seed, "label folds"))
    by_class = shuffled[labels[shuffled].argsort(stable=True)]
    dealt = torch.empty_like(labels)
    dealt[by_class] = torch.arange(len(labels)) % folds
    return dealt


def out_of_sample(
    config: Config, dataset: Dataset, folds: int = FOLDS, note: Callable[[str], None] = lambda line: None
) -> LabelRanking:
    """Train once a fold, and return the ranking of the training labels.

    Args:
        config: of the run; its training is repeated without a validation split, for all its epochs.
        dataset: its training images are judged.
        folds: how many; more learn from more images each, and take longer.
        note: takes a line as each fold is done.

    Raises:
        UserError: the folds do not fit the images.
        DivergedError: a training diverged.
    """
    train = dataset.train
    dealt = deal_folds(train.labels, folds, config.seed)
    logits = torch.empty(len(train), len(dataset.classes))
    for fold in range(folds):
        held = dealt == fold
        rest = train.take((~held).nonzero().flatten())
        logits[held] = _judged(config, dataset, rest, train.images[held])
        right = logits[held].argmax(dim=1) == train.labels[held]
        note(f"fold {fold + 1}/{folds}: agrees with {float(right.double().mean()):.2%} of the labels")
    return LabelRanking(F.softmax(logits, dim=1), train.labels, dataset.classes, train.names)


def _judged(config: Config, dataset: Dataset, rest: Split, images: Tensor) -> Tensor:
    """Return the logits [M, K] of images by a network trained on the rest."""
    wanted, count = config.batch_size, len(rest)
    # batch norm cannot take a batch of one image: the next size that leaves none
    size = next((size for size in range(wanted, wanted + count) if count % size != 1), wanted)
    # what a run kept of another run's weights has seen all the images
    alone = config.with_(val=0.0, patience=None, init_from="", batch_size=size)
    setup: Setup = prepare(alone, replace(dataset, train=rest, validation=None, test=None))
    for _ in loop(setup):
        pass
    with setup.plan.applied():
        return logits_of(setup.network, images, setup.plan)
