"""A run taken apart: its weights, what its layers make of images, and the wrong images with their reasons."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..data import Dataset, Split
from ..errors import UserError
from ..evaluation import logits_of
from ..models import Network
from ..run_folder import BEST
from ..runs import Run
from ..storage import sha256
from .activations import ALL, activations, chosen_layers, layer_names
from .attribution import MISSING, captum_installed, covering_colour, occlusion, saliency
from .findings import Explanation, ImageExplanation, Neighbour, focus_of
from .neighbours import cosines, embeddings, nearest
from .subjects import Subject, choose_subjects, subject_of
from .weights import weight_maps

ALIKE = 10  # nearest training images that are counted
WRONG = 12  # wrong images explained, the surest first
RANKS = 3  # classes named, the likeliest first
ATTRIBUTED = (
    16  # images attributed at once: their gradients and covered copies must fit into memory
)


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

    def explained(
        self, subjects: Sequence[Subject], layers: Sequence[str]
    ) -> list[ImageExplanation]:
        """Return the explanation of each image."""
        found: list[ImageExplanation] = []
        for start in range(0, len(subjects), ATTRIBUTED):
            found += self._together(subjects[start : start + ATTRIBUTED], layers)
        return found

    def _together(
        self, subjects: Sequence[Subject], layers: Sequence[str]
    ) -> list[ImageExplanation]:
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
                probability_true=None
                if subject.label is None
                else float(shares[place, subject.label]),
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
