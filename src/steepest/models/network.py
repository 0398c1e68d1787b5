"""A model's text becomes a network: raw pixels [B, C, H, W] in, logits [B, K] out."""

import inspect
import os
from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import NotationError, ShapeError, UserError, find_name, nearest_names, spelled
from ..randomness import generator, seed_of
from ..specification import Specification, is_file_class
from ..usercode import is_users, load
from .composite import MOST_PARAMETERS, Item, assemble, check_size, expand, shape_behind
from .convolution import Convolution
from .layer import Layer, Shape, set_zeros
from .modules import Normalization, normalization
from .notation import parse
from .pointwise import Dense
from .table import MODELS, named_model

TRAINED = 16  # bytes a parameter: itself, its gradient, and Adam's two means

Weights = nn.Conv2d | nn.Linear


class Network(nn.Module):
    """Normalisation, then a body.

    Args:
        input: takes raw pixels, gives float32.
        body: takes float32 [B, C, H, W], gives logits [B, K].
        layers: the body's layers in the order of its modules; None for a user's class.
    """

    def __init__(self, input: Normalization, body: nn.Module, layers: tuple[Layer, ...] | None = None) -> None:
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
    if len(shape_behind(layers, shape)) > 1:
        body.add_module("flatten", nn.Flatten())  # maps of one pixel become logits
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
    if named := spelled(model, MODELS):
        items = parse(MODELS[named].notation)
        return items if classes is None else with_outputs(items, classes)
    try:
        return parse(model)
    except NotationError:
        # a notation begins with a digit, a bracket or a capital
        if model[:1].islower() or nearest_names(model, MODELS):
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
    named = spelled(model, MODELS)
    try:
        last = shape_behind(layers, shape)
    except ShapeError as error:
        raise _misfit(named, shape, str(error)) if named else error from None
    check_size(model, layers, shape, min(MOST_PARAMETERS, _memory() // TRAINED))
    if last[0] == classes and set(last[1:]) <= {1}:
        return
    if named:
        raise _misfit(named, shape, f"Its last layer then gives {list(last)}, not [{classes}].")
    if set(last[1:]) <= {1}:
        raise ShapeError(
            f"The model gives {last[0]} outputs; the dataset has {classes} classes: "
            f"end the notation with F{classes}."
        )
    raise ShapeError(
        f"The model gives maps {list(last)} where {classes} logits are needed: end the notation with F{classes}."
    )


def _memory() -> int:
    """Return the bytes of memory that this machine has, or without end where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return TRAINED * MOST_PARAMETERS


def _misfit(model: str, shape: Shape, why: str) -> ShapeError:
    natural = list(MODELS[model].shape)
    return ShapeError(
        f"The images are {list(shape)}; {model} is written for {natural}. {why} "
        f"Resize the images, or choose another model."
    )


def build_user_class(model: str, shape: tuple[int, int, int], classes: int, *, init: str, seed: int) -> nn.Module:
    """Return the module that ``file.py:Class`` or ``file.py:Class:key=value`` makes.

    Its constructor gets the settings and, where it names them, ``shape=`` and ``classes=``. Its own draws
    come from torch's global generator, which is forked and seeded for it and then put back.

    Raises:
        UserError: the file, the class or its constructor fails, or it makes no ``nn.Module``.
        ShapeError: it does not give logits [B, classes] for images [B, *shape].
    """
    wanted = Specification.parse(model)
    kind = load(wanted.name)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_of(seed, "initial weights"))
        module = _construct(wanted, kind, {"shape": shape, "classes": classes})
        _check_logits(wanted.name, module, shape, classes)
    if init != "default":
        initialise(module, init, seed)
    return module


def _construct(wanted: Specification, kind: Any, offered: dict[str, Any]) -> nn.Module:
    if not callable(kind):
        raise UserError(f"`{wanted.name}` is no class. Name a class that makes an nn.Module.")
    # one that the file merely imports is not even made: a stranger may have said so, and with which settings
    if isinstance(kind, type) and not issubclass(kind, nn.Module) and not is_users(kind):
        raise UserError(f"`{wanted.name}` makes a {kind.__name__}; an nn.Module is needed.")
    accepted = inspect.signature(kind).parameters
    settings = {name: value for name, value in offered.items() if name in accepted}
    try:
        module = kind(**(settings | wanted.settings))
    except Exception as error:
        raise UserError(f"`{wanted}` fails as it is made: {type(error).__name__}: {error}") from error
    if not isinstance(module, nn.Module):
        raise UserError(f"`{wanted.name}` makes a {type(module).__name__}; an nn.Module is needed.")
    return module


def _check_logits(name: str, module: nn.Module, shape: tuple[int, int, int], classes: int) -> None:
    """Run two black images through the module, once, without moving its statistics."""
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            came = module(torch.zeros(2, *shape))
    except Exception as error:
        raise ShapeError(
            f"`{name}` fails on a batch {[2, *shape]} of float32: {type(error).__name__}: {error}"
        ) from error
    module.train(training)
    if not isinstance(came, Tensor):
        raise ShapeError(f"`{name}` gives a {type(came).__name__}; logits [B, {classes}] are needed.")
    if list(came.shape) != [2, classes]:
        raise ShapeError(
            f"`{name}` gives {list(came.shape)} for a batch {[2, *shape]}; "
            f"logits {[2, classes]} are needed, one for each class."
        )


def initialise(network: nn.Module, init: str, seed: int) -> None:
    """Give every convolution and fully connected layer its initial weights, in the order of construction.

    Args:
        network: changed in place; other layers (batch norm: scale 1, shift 0) stay as they are.
        seed: of the draw; the same seed gives the same weights.

    Raises:
        UnknownName: there is no such initialisation.
    """
    init = find_name("initialisation", init, INITIALISATIONS)
    draws = generator(seed, "initial weights")
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Weights):
                INITIALISATIONS[init](module, draws)


def _default(module: Weights, draws: torch.Generator) -> None:
    """Draw weights and biases from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as torch does."""
    bound = 1 / sqrt(_fans(module.weight)[0])
    module.weight.uniform_(-bound, bound, generator=draws)
    if module.bias is not None:
        module.bias.uniform_(-bound, bound, generator=draws)


def _glorot(module: Weights, draws: torch.Generator) -> None:
    """Draw weights from U(-b, b) with b = sqrt(6 / (fan_in + fan_out)); biases are 0.

    Source: Glorot and Bengio 2010, equation 16.
    """
    bound = sqrt(6 / sum(_fans(module.weight)))
    module.weight.uniform_(-bound, bound, generator=draws)
    _zero_bias(module)


def _he(module: Weights, draws: torch.Generator) -> None:
    """Draw weights from N(0, 2 / fan_in); biases are 0.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852, equation 10.
    """
    module.weight.normal_(0, sqrt(2 / _fans(module.weight)[0]), generator=draws)
    _zero_bias(module)


def _zero_bias(module: Weights) -> None:
    if module.bias is not None:
        module.bias.zero_()


def _fans(weight: Tensor) -> tuple[int, int]:
    """Return fan_in and fan_out of a weight [out, in, ...]."""
    places = weight[0, 0].numel()
    return weight.shape[1] * places, weight.shape[0] * places


INITIALISATIONS: dict[str, Callable[[Weights, torch.Generator], None]] = {
    "default": _default,
    "zeros": lambda module, draws: set_zeros(module),
    "glorot": _glorot,
    "he": _he,
}
"""Name -> rule."""
