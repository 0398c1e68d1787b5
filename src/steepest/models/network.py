"""A model's text becomes a network: raw pixels [B, C, H, W] in, logits [B, K] out."""

from collections.abc import Sequence
from difflib import get_close_matches

from torch import Tensor, nn

from ..errors import NotationError, ShapeError, UserError
from ..specification import is_file_class
from .composite import Item, assemble, expand, place, shape_behind
from .convolution import Convolution
from .dense import Dense
from .initialisation import initialise
from .layer import Layer, Shape, parameter_count
from .modules import Normalization, normalization
from .notation import parse
from .table import MODELS, named_model
from .user_class import build_user_class

MOST_PARAMETERS = 1_000_000_000  # 4 GB of weights, and four times that to train them with Adam


class Network(nn.Module):
    """Normalisation, then a body.

    Args:
        input: takes raw pixels, gives float32.
        body: takes float32 [B, C, H, W], gives logits [B, K].
        layers: the body's layers in the order of its modules; None for a user's class.
    """

    def __init__(
        self, input: Normalization, body: nn.Module, layers: tuple[Layer, ...] | None = None
    ) -> None:
        super().__init__()
        self.input = input
        self.body = body
        self.layers = layers

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits [B, K] for raw pixels [B, C, H, W]."""
        logits: Tensor = self.body(self.input(pixels))
        return logits


def build(
    model: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    init: str = "default",
    seed: int = 0,
    normalize: str = "unit",
) -> Network:
    """Return a network with its initial weights.

    Args:
        model: a named model, a notation, or ``file.py:Class``.
        shape: [C, H, W] of the images.
        classes: K, how many logits it must give; a named model adapts its last layer.
        init: a key of ``INITIALISATIONS``; a user's class keeps its own under ``default``.
        seed: of the initial weights.
        normalize: see ``normalization``.

    Raises:
        UnknownName: no model is called so.
        NotationError: the notation cannot be read.
        ShapeError: the model does not fit the images or the classes.

    >>> build("F10", (1, 28, 28), 10).body.fc1.weight.shape
    torch.Size([10, 784])
    """
    pixels = normalization(normalize, shape[0])
    if is_file_class(model):
        return Network(pixels, build_user_class(model, shape, classes, init=init, seed=seed))
    layers = expand(items_of(model, classes))
    _check_fit(model, layers, shape, classes)
    body = assemble(layers, shape)
    body.add_module("flatten", nn.Flatten())  # maps of one pixel become logits; a vector stays
    initialise(body, init, seed)
    return Network(pixels, body, layers)


def items_of(model: str, classes: int | None = None) -> tuple[Item, ...]:
    """Return the items of a named model, adapted to a number of classes, or of a notation as it is.

    Raises:
        UnknownName: it reads as a name, and no model is called so.
        NotationError: it reads as a notation, and a token cannot be read.
        UserError: it is a user's class, whose layers only the class knows.
    """
    if is_file_class(model):
        raise UserError(f"`{model}` is a class of yours: give a named model or a notation here.")
    if model in MODELS:
        items = parse(MODELS[model].notation)
        return items if classes is None else with_outputs(items, classes)
    try:
        return parse(model)
    except NotationError:
        # a notation begins with a digit, a bracket or a capital
        if model[:1].islower() or get_close_matches(model.lower(), MODELS):
            named_model(model)  # raises UnknownName with the nearest names
        raise


def with_outputs(items: Sequence[Item], outputs: int) -> tuple[Item, ...]:
    """Return the items with another number of outputs in the last layer that has one.

    >>> from .composite import write
    >>> write(with_outputs(parse("8C3-R-10C1n-A2"), 5))
    '8C3-R-5C1n-A2'
    """
    for index in reversed(range(len(items))):
        match items[index]:
            case Dense(bias=bias):
                last: Item = Dense(outputs, bias)
            case Convolution(_, kernel, stride, padding, groups, bias):
                last = Convolution(outputs, kernel, stride, padding, groups, bias)
            case _:
                continue
        return (*items[:index], last, *items[index + 1 :])
    return tuple(items)


def _check_fit(model: str, layers: Sequence[Layer], shape: Shape, classes: int) -> None:
    named = MODELS.get(model)
    try:
        last = shape_behind(layers, shape)
    except ShapeError as error:
        raise _misfit(model, shape, str(error)) if named else error from None
    count = sum(parameter_count(each.layer, each.before) for each in place(layers, shape))
    if count > MOST_PARAMETERS:
        raise ShapeError(
            f"The model would learn {count:,} numbers on {list(shape)} images; at most "
            f"{MOST_PARAMETERS:,} are built. Pool more, or write smaller layers."
        )
    if last[0] == classes and set(last[1:]) <= {1}:
        return
    if named:
        raise _misfit(model, shape, f"Its last layer then gives {list(last)}, not [{classes}].")
    if set(last[1:]) <= {1}:
        raise ShapeError(
            f"The model gives {last[0]} outputs; the dataset has {classes} classes: "
            f"end the notation with F{classes}."
        )
    raise ShapeError(
        f"The model gives maps {list(last)} where {classes} logits are needed: "
        f"end the notation with F{classes}."
    )


def _misfit(model: str, shape: Shape, why: str) -> ShapeError:
    natural = list(MODELS[model].shape)
    return ShapeError(
        f"The images are {list(shape)}; {model} is written for {natural}. {why} "
        f"Resize the images, or choose another model."
    )
