"""What an explanation holds: of a run, of each image, and of its neighbours among the training images."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..lazy import brief, html_of
from .activations import WeightMaps
from .subjects import Subject


@dataclass(frozen=True)
class Neighbour:
    """A training image that the network finds like another.

    Args:
        row: of the training split.
        name: its file, or ``row 5``.
        label: the name of its class.
        cosine: between the two embeddings, less their mean over the training images, in [-1, 1].
        image: [C, H, W] raw pixels.
    """

    row: int
    name: str
    label: str
    cosine: float
    image: Tensor

    def to_dict(self) -> dict[str, Any]:
        """Return all but the pixels."""
        return {key: getattr(self, key) for key in ("row", "name", "label", "cosine")}


@dataclass(frozen=True)
class Focus:
    """Where a cover takes most of the predicted class's probability away.

    Args:
        vertical: the pixel's place from the top edge (0) to the bottom edge (1).
        horizontal: from the left edge (0) to the right edge (1).
        loss: of probability there, at most 1; 0 or less where no cover takes anything.
    """

    vertical: float
    horizontal: float
    loss: float


@dataclass(frozen=True)
class ImageExplanation:
    """What the network makes of one image.

    Args:
        subject: the image.
        true: the name of its class; None where nobody says.
        ranking: (class, probability), the likeliest first, at least two where there are two classes.
        probability_true: of its own class.
        maps: what the layers asked for give, [C, H, W] or [F] each, by name.
        occlusion: [H, W], the predicted class's probability lost under a cover; None without captum.
        saliency: [H, W], the size of its logit's gradient.
        focus: where the occlusion map is largest.
        alike: the nearest training images.
        alike_true: the nearest of its own class; None where it is unknown or has none.
        alike_predicted: the nearest of the predicted class.
    """

    subject: Subject
    true: str | None
    ranking: tuple[tuple[str, float], ...]
    probability_true: float | None
    maps: dict[str, Tensor]
    occlusion: Tensor | None
    saliency: Tensor | None
    focus: Focus | None
    alike: tuple[Neighbour, ...]
    alike_true: Neighbour | None
    alike_predicted: Neighbour | None

    def __repr__(self) -> str:
        return brief(self)

    @property
    def predicted(self) -> str:
        """The class that the network gives it."""
        return self.ranking[0][0]

    @property
    def wrong(self) -> bool:
        """Whether the network gives it another class than its own."""
        return self.true is not None and self.true != self.predicted

    @property
    def votes(self) -> list[tuple[str, int]]:
        """How many of the nearest training images are of each class, the most frequent first."""
        return Counter(each.label for each in self.alike).most_common()

    def to_dict(self) -> dict[str, Any]:
        """Return every number but the maps."""
        twins = {"nearest_of_true": self.alike_true, "nearest_of_predicted": self.alike_predicted}
        return {
            "name": self.subject.name,
            "row": self.subject.row,
            "true": self.true,
            "predicted": self.predicted,
            "probability_true": self.probability_true,
            "ranking": [{"class": name, "probability": share} for name, share in self.ranking],
            "nearest": [each.to_dict() for each in self.alike],
            **{key: each.to_dict() if each else None for key, each in twins.items()},
            "occlusion_focus": vars(self.focus) if self.focus else None,
            "layers": {name: list(each.shape) for name, each in self.maps.items()},
        }


@dataclass(frozen=True)
class Explanation:
    """A run taken apart.

    Args:
        run: its path.
        weights_sha256: of the file of weights that was read.
        title: model and data.
        split: which images.
        images: those asked for, or one for a start.
        wrong: the surest wrong ones.
        wrong_count: how many there are in all.
        count: how many images the split has.
        weights: of every layer that has a matrix of them.
        notes: sentences that must stand beside it.
    """

    run: Path
    weights_sha256: str
    title: str
    split: str
    images: tuple[ImageExplanation, ...]
    wrong: tuple[ImageExplanation, ...]
    wrong_count: int
    count: int
    weights: tuple[WeightMaps, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Return every number, for ``--json``: fractions in [0, 1]."""
        return {
            "run": str(self.run.absolute()),
            "weights_sha256": self.weights_sha256,
            "split": self.split,
            "images_in_split": self.count,
            "wrong_in_split": self.wrong_count,
            "images": [each.to_dict() for each in self.images],
            "wrong": [each.to_dict() for each in self.wrong],
            "weights": {each.layer: list(each.values.shape) for each in self.weights},
            "notes": list(self.notes),
        }


def focus_of(covered: Tensor) -> Focus:
    """Return where an occlusion map [H, W] is largest, the first place among equals.

    >>> import torch
    >>> focus_of(torch.tensor([[0.0, 0.0, 0.5]]))
    Focus(vertical=0.5, horizontal=0.8333333333333334, loss=0.5)
    """
    height, width = covered.shape
    row, column = divmod(int(covered.argmax()), width)
    return Focus((row + 0.5) / height, (column + 0.5) / width, float(covered.max()))
