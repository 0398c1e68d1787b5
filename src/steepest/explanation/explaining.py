"""A run taken apart: its weights, what its layers make of images, and the wrong images with their reasons.

Which pixels an answer leans on is asked by occlusion and saliency maps, which captum draws; which training images
a network finds most alike, by the cosine between what its last layer is given, less its mean.
"""

from collections.abc import Sequence
from importlib import import_module
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data import Dataset, Split
from ..errors import UserError
from ..evaluation import logits_of
from ..models import Network
from ..runs.run import BEST, Run
from ..storage import sha256
from .activations import ALL, activations, chosen_layers, evaluating, layer_names, passes, weight_maps
from .findings import Explanation, ImageExplanation, Neighbour, focus_of
from .subjects import Subject, choose_subjects, subject_of

ALIKE = 10  # nearest training images that are counted
WRONG = 12  # wrong images explained, the surest first
RANKS = 3  # classes named, the likeliest first
ATTRIBUTED = 16  # images attributed at once: their gradients and covered copies must fit into memory


def explain(
    run: Run,
    images: Sequence[str] = (),
    *,
    split: str = "test",
    layers: Sequence[str] = (ALL,),
    wrong: int = WRONG,
    dataset: Dataset | None = None,
) -> Explanation:
    """Return a run taken apart; the run is read and not changed.

    Args:
        run: with at least one epoch done.
        images: rows of the split, names of its files, or picture files; none takes the split's first image.
        split: ``test``, ``validation`` or ``train``.
        layers: whose feature maps to keep; ``all`` stands for every one.
        wrong: how many of the surest wrong images to explain, 0 or more.
        dataset: None loads the run's own.

    Raises:
        UserError: an image, a layer or a split is not there.
    """
    if wrong < 0:
        raise UserError(f"--wrong must be 0 or more, not {wrong}.")
    dataset = dataset or run.dataset()
    network = run.network()
    chosen = chosen_layers(layers, layer_names(network, dataset.shape))
    evaluation = run.evaluate(split, dataset=dataset)
    subjects = choose_subjects(images or ["0"], dataset, split)
    missed = evaluation.wrong_images(wrong)
    missed_subjects = [subject_of(dataset.splits[split], each.row) for each in missed]
    with run.plan.applied():
        work = _Reading(network, dataset, in_training=split == "train")
        return Explanation(
            run=run.path,
            weights_sha256=sha256((run.path / BEST).read_bytes()),
            title=f"{run.config.model} on {run.config.data}",
            split=split,
            images=tuple(work.explained(subjects, chosen)),
            wrong=tuple(work.explained(missed_subjects, ())),
            wrong_count=len(evaluation) - evaluation.correct,
            count=len(evaluation),
            weights=weight_maps(network, dataset.shape),
            notes=(*evaluation.notes, *(() if captum_installed() else (f"{MISSING}.",))),
        )


class _Reading:
    """A network with the training images as it sees them, ready to explain images one after the other."""

    def __init__(self, network: Network, dataset: Dataset, in_training: bool) -> None:
        self.network, self.classes = network, dataset.classes
        self.train: Split = dataset.train
        self.embedded = embeddings(network, dataset.train.images)
        self.cover = covering_colour(dataset.train)
        self.in_training = in_training  # then an image is not to be its own neighbour

    def explained(self, subjects: Sequence[Subject], layers: Sequence[str]) -> list[ImageExplanation]:
        """Return the explanation of each image."""
        found: list[ImageExplanation] = []
        for start in range(0, len(subjects), ATTRIBUTED):
            found += self._together(subjects[start : start + ATTRIBUTED], layers)
        return found

    def _together(self, subjects: Sequence[Subject], layers: Sequence[str]) -> list[ImageExplanation]:
        images = torch.stack([each.image for each in subjects])
        shares = logits_of(self.network, images).softmax(dim=1)
        classes = shares.argmax(dim=1)
        maps = activations(self.network, images, layers) if layers else {}
        likeness = cosines(embeddings(self.network, images), self.embedded)
        covered = gradients = None
        if captum_installed():
            covered = occlusion(self.network, images, classes, self.cover)
            gradients = saliency(self.network, images, classes)
        return [
            ImageExplanation(
                subject=subject,
                true=None if subject.label is None else self.classes[subject.label],
                ranking=self._ranking(shares[place]),
                probability_true=None if subject.label is None else float(shares[place, subject.label]),
                maps={name: each[place] for name, each in maps.items()},
                occlusion=None if covered is None else covered[place],
                saliency=None if gradients is None else gradients[place],
                focus=None if covered is None else focus_of(covered[place]),
                **self._neighbours(likeness[place], subject, int(classes[place])),
            )
            for place, subject in enumerate(subjects)
        ]

    def _ranking(self, shares: Tensor) -> tuple[tuple[str, float], ...]:
        values, order = shares.sort(descending=True, stable=True)
        pairs = zip(order[:RANKS].tolist(), values[:RANKS].tolist(), strict=True)
        return tuple((self.classes[place], share) for place, share in pairs)

    def _neighbours(self, likeness: Tensor, subject: Subject, predicted: int) -> dict[str, Any]:
        """Return the nearest training images of all classes, of the image's own, and of the predicted one."""
        others = torch.ones(len(self.train), dtype=torch.bool)
        if self.in_training and subject.row is not None:
            others[subject.row] = False

        def of_class(label: int | None) -> Neighbour | None:
            if label is None:
                return None
            rows = nearest(likeness, 1, others & (self.train.labels == label)).tolist()
            return self._neighbour(rows[0], likeness) if rows else None

        rows = nearest(likeness, ALIKE, others).tolist()
        return {
            "alike": tuple(self._neighbour(row, likeness) for row in rows),
            "alike_true": of_class(subject.label),
            "alike_predicted": of_class(predicted),
        }

    def _neighbour(self, row: int, likeness: Tensor) -> Neighbour:
        one = subject_of(self.train, row)
        label = self.classes[int(self.train.labels[row])]
        return Neighbour(row, one.name, label, float(likeness[row]), one.image)


WINDOW = 5  # a cover's side is a fifth of the image's: a stroke of a digit, an eye of a face
OVERLAP = 3  # covers lie a third of their side apart, so that a pixel is covered about nine times
AT_ONCE = 64  # covered copies a forward pass: enough to fill a core, few enough for its cache
MISSING = "Occlusion and saliency maps need captum: pip install 'steepest[explain]'"


def captum_installed() -> bool:
    """Say whether captum, which draws the maps, is there."""
    from importlib.util import find_spec

    return find_spec("captum") is not None


def occlusion(network: Network, images: Tensor, classes: Tensor, cover: Tensor) -> Tensor:
    """Return how much of a class's probability is lost where a part of the image is covered, [B, H, W] in [-1, 1].

    A square cover slides over the image; a pixel's value is the mean loss over the covers that hide it. Above
    0 the pixel speaks for the class, below 0 against it.

    Args:
        network: raw pixels -> logits.
        images: [B, C, H, W].
        classes: [B], whose probability is watched.
        cover: [C], the colour of the cover; see ``covering_colour``.

    Raises:
        UserError: captum is not installed.

    Source: Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, section 4.2; here a class's probability
        is watched under a cover of the data's own background.
    """
    _, channels, height, width = images.shape
    sides = [ceil(size / WINDOW) for size in (height, width)]
    steps = [ceil(side / OVERLAP) for side in sides]
    rule = _captum("Occlusion")(lambda pixels: F.softmax(network(pixels), dim=1))
    with evaluating(network), torch.no_grad():
        maps: Tensor = rule.attribute(
            images.float(),
            sliding_window_shapes=(channels, *sides),
            strides=(channels, *steps),
            baselines=cover.float().view(1, -1, 1, 1).expand(1, *images.shape[1:]),
            target=classes,
            perturbations_per_eval=max(1, AT_ONCE // len(images)),
        )
    return maps[:, 0].float()


def saliency(network: Network, images: Tensor, classes: Tensor) -> Tensor:
    """Return the size of a class's logit's gradient at each pixel, the largest over the channels, [B, H, W].

    A large value says that a small change of this pixel changes the logit most.

    Raises:
        UserError: captum is not installed.

    Source: Simonyan, Vedaldi and Zisserman 2014, https://arxiv.org/abs/1312.6034, section 3.1.
    """
    rule = _captum("Saliency")(network)
    with evaluating(network), torch.enable_grad():
        pixels = images.detach().float().requires_grad_()
        grads: Tensor = rule.attribute(pixels, target=classes, abs=True)
    return grads.detach().amax(dim=1)


def covering_colour(split: Split) -> Tensor:
    """Return the median of each channel over a split's pixels, [C]: the background, where images have one.

    On digits that is black, so a cover takes strokes away and adds none; on photos it is a middling colour.
    """
    pixels = split.images[:: max(1, len(split) // 1000)]  # a thousand images tell a median
    return pixels.transpose(0, 1).flatten(1).float().median(dim=1).values


def _captum(name: str) -> Any:
    try:
        methods = import_module("captum.attr")
    except ImportError as error:
        raise UserError(f"{MISSING}.") from error
    return getattr(methods, name)


BATCH = 500  # images a forward pass


def embeddings(network: Network, images: Tensor) -> Tensor:
    """Return what the last layer with weights is given for each image, [N, E]: the penultimate layer.

    Args:
        network: of one fully connected layer, it gives the normalised pixels themselves.
        images: [N, C, H, W] raw pixels.

    Raises:
        UserError: the network has no such layer.
    """
    last = _last_layer(network, images[:1])
    kept: list[Tensor] = []
    hook = last.register_forward_pre_hook(lambda _, given: kept.append(given[0].detach().flatten(1).clone()))
    try:
        with evaluating(network), torch.no_grad():
            for batch in torch.split(images, BATCH):
                network(batch)
    finally:
        hook.remove()
    return torch.cat(kept)


def _last_layer(network: Network, image: Tensor) -> nn.Module:
    weighted = [each.module for each in passes(network, image) if isinstance(each.module, nn.Linear | nn.Conv2d)]
    if not weighted:
        raise UserError("The network has no fully connected layer and no convolution: nothing embeds its images.")
    return weighted[-1]


def cosines(queries: Tensor, references: Tensor) -> Tensor:
    """Return the cosine between each query and each reference, both seen from the references' mean.

    cosine = (q - m) . (r - m) / (|q - m| |r - m|),  m = mean of the references

    Behind a ReLU no value is negative, so all embeddings point into one corner; seen from zero, any two have a
    cosine near 1, which tells nothing apart.

    Args:
        queries: [M, E].
        references: [N, E].

    Returns:
        [M, N] in [-1, 1]; 0 for what lies at the mean itself.
    """
    mean = references.mean(dim=0)
    return F.normalize(queries - mean, dim=1) @ F.normalize(references - mean, dim=1).T


def nearest(likeness: Tensor, most: int, eligible: Tensor | None = None) -> Tensor:
    """Return the rows of the largest values, the largest first and among equals the first.

    Args:
        likeness: [N], of one query.
        most: how many rows, at most; fewer where fewer are eligible.
        eligible: [N] bool; None takes all.

    >>> nearest(torch.tensor([0.2, 0.9, 0.9]), 2).tolist()
    [1, 2]
    """
    rows = torch.arange(len(likeness)) if eligible is None else eligible.nonzero().flatten()
    return rows[likeness[rows].argsort(descending=True, stable=True)[:most]]
