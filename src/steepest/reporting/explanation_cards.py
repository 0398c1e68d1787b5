"""An explanation's images, maps and weights made into cards and pictures with words."""

from typing import TYPE_CHECKING

from torch import Tensor

from ..explanation.findings import ImageExplanation, Neighbour
from ..explanation.weights import WeightMaps
from .explanation_tiles import (
    image_picture,
    maps_picture,
    occlusion_picture,
    saliency_picture,
    weights_picture,
)
from .explanation_words import answer, maps_caption, reasons, verdict, weights_caption
from .image_cards import ImageCard, View
from .pictures import data_uri, full_uri
from .wording import percent

if TYPE_CHECKING:
    from PIL.Image import Image

SHOWN_ALIKE = 8  # nearest training images drawn for each image


def asked_card(image: ImageExplanation) -> ImageCard:
    """Return an image that was asked for: itself and its maps."""
    return ImageCard(_said(image), image.subject.name, _views(image), tuple(reasons(image)))


def wrong_card(image: ImageExplanation) -> ImageCard:
    """Return a wrong image: itself, its maps, and the nearest of the two classes it lies between."""
    details = f"{image.subject.name}: {answer(image)}"
    twins = (_twin(each) for each in (image.alike_predicted, image.alike_true) if each is not None)
    return ImageCard(_said(image), details, (*_views(image), *twins), tuple(reasons(image)))


def alike_views(image: ImageExplanation) -> list[View]:
    """Return the nearest training images, of which the first eight are drawn."""
    return [
        _view(f"{each.label}, {each.cosine:.2f}", image_picture(each.image))
        for each in image.alike[:SHOWN_ALIKE]
    ]


def maps_view(layer: str, values: Tensor) -> View:
    """Return what a layer gives for one image, at full size: a thumbnail would blur its blocks."""
    return View(maps_caption(layer, tuple(values.shape)), full_uri(maps_picture(values)))


def weights_view(maps: WeightMaps) -> View:
    """Return a layer's weights, at full size."""
    return View(weights_caption(maps), full_uri(weights_picture(maps)))


def _said(image: ImageExplanation) -> str:
    return f"{verdict(image)}, {percent(image.ranking[0][1], 1)}"


def _views(image: ImageExplanation) -> tuple[View, ...]:
    pixels = image.subject.image
    shown = [_view("the image", image_picture(pixels))]
    if image.occlusion is not None:
        caption = f"occlusion: what speaks for {image.predicted}"
        shown.append(_view(caption, occlusion_picture(pixels, image.occlusion)))
    if image.saliency is not None:
        shown.append(_view("saliency", saliency_picture(image.saliency)))
    return tuple(shown)


def _twin(each: Neighbour) -> View:
    caption = f"nearest {each.label}: {each.name}, cosine {each.cosine:.2f}"
    return _view(caption, image_picture(each.image))


def _view(caption: str, picture: "Image") -> View:
    return View(caption, data_uri(picture))
