"""One explained image as a figure: itself, its maps, and the training images most like it."""

from typing import TYPE_CHECKING

from ..explanation.findings import ImageExplanation
from .canvas import canvas
from .columns import shortened
from .explanation_tiles import image_picture, occlusion_picture, saliency_picture
from .explanation_words import verdict
from .wording import percent, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

COLUMNS = 4
NAME = 22  # characters of a caption: as wide as its picture


def subject_figure(image: ImageExplanation) -> "Figure":
    """Return an image with its occlusion and saliency maps and its neighbours, each under its caption."""
    views = _views(image)
    rows = -(-len(views) // COLUMNS)
    figure = canvas(1.75 * COLUMNS, 2.05 * rows + 0.45)
    sure = percent(image.ranking[0][1], 1)
    title = shortened(printable(f"{image.subject.name}: {verdict(image)}, {sure}"), 80)
    figure.suptitle(title, fontsize=10, parse_math=False)
    axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, (picture, caption) in zip(axes, views, strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(shortened(printable(caption), NAME), fontsize=8, parse_math=False)
    return figure


def _views(image: ImageExplanation) -> list[tuple["Image", str]]:
    pixels = image.subject.image
    views = [(image_picture(pixels), "the image")]
    if image.occlusion is not None:
        caption = f"speaks for {image.predicted}"
        views.append((occlusion_picture(pixels, image.occlusion), caption))
    if image.saliency is not None:
        views.append((saliency_picture(image.saliency), "saliency"))
    twins = [image.alike_predicted, image.alike_true] if image.wrong else []
    views += [
        (image_picture(each.image), f"nearest {each.label}, {each.cosine:.2f}")
        for each in twins
        if each is not None
    ]
    drawn = {each.row for each in twins if each is not None}
    alike = [each for each in image.alike if each.row not in drawn][: 2 * COLUMNS - len(views)]
    return [
        *views,
        *((image_picture(each.image), f"alike: {each.label}, {each.cosine:.2f}") for each in alike),
    ]
