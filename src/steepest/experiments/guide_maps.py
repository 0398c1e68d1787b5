"""What the layers of a convolutional network make of one image: one map through all, and all maps of each."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from ..explanation.activations import Pass, passes
from .content import Array, Content, Images
from .context import Context
from .guide_images import picture_of
from .parts import part

MAPS_A_ROW = 16


class Step(NamedTuple):
    """One layer's map of one image.

    Args:
        name: of the layer, such as ``conv1``.
        map: which of its maps, counted from 0.
        values: [H, W].
    """

    name: str
    map: int
    values: Tensor


@part("feature-maps")
def feature_maps(context: Context, *, case: str, row: int = 0) -> list[Content]:
    """Return the picture after each layer of a trained network, and all feature maps of each convolution.

    Args:
        context: of the experiment.
        case: whose first run it is.
        row: of the test split.
    """
    dataset = context.dataset(case)
    assert dataset.test is not None  # every dataset of an experiment has one
    image = dataset.test.images[row]
    seen = passes(context.network(case), image[None])
    label = dataset.classes[int(dataset.test.labels[row])]
    return [_through(image, label, seen), *_sheets(seen)]


def _through(image: Tensor, label: str, seen: list[Pass]) -> Images:
    steps = list(one_map_through(seen))
    height, width = image.shape[1:]
    pictures: list[Array] = [picture_of(image), *(picture_of(each.values[None]) for each in steps)]
    captions = [
        f"image of a {label}, {height}x{width}",
        *(
            f"{each.name}, map {each.map + 1}: {'x'.join(map(str, each.values.shape))}"
            for each in steps
        ),
    ]
    return Images(
        "The picture after each layer",
        tuple(pictures),
        tuple(captions),
        columns=7,
        note="Of each convolution the map that varies most, followed through activation and pooling; each picture "
        "from its own least to its greatest value.",
    )


def one_map_through(seen: list[Pass]) -> Iterator[Step]:
    """Yield one map of every layer that gives maps: of each convolution the one that varies most.

    Args:
        seen: the calls of one image's forward pass, in order.
    """
    chosen = 0
    for each in seen:
        if each.gave.ndim != 4:
            continue
        if isinstance(each.module, nn.Conv2d):
            chosen = int(each.gave[0].var(dim=(1, 2)).argmax())
        yield Step(each.name, chosen, each.gave[0, chosen])


def _sheets(seen: list[Pass]) -> Iterator[Images]:
    """Yield all maps of each convolution, behind its activation where one follows directly."""
    for place, each in enumerate(seen):
        if not isinstance(each.module, nn.Conv2d):
            continue
        after = seen[place + 1] if place + 1 < len(seen) else each
        shown = after if isinstance(after.module, nn.ReLU) else each
        maps = shown.gave[0]
        yield Images(
            f"The {len(maps)} feature maps of {each.name}",
            tuple(picture_of(one[None]) for one in maps),
            tuple(str(number + 1) for number in range(len(maps))),
            columns=MAPS_A_ROW,
            note=f"Behind {shown.name}, {maps.shape[1]}x{maps.shape[2]} each, every one from its own least to its "
            f"greatest value; {_silent(maps)} of them are 0 everywhere on this image.",
        )


def _silent(maps: Tensor) -> int:
    return int((maps.flatten(1).abs().amax(dim=1) == 0).sum())
