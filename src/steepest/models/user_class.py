"""A user's own module, from ``file.py:Class`` to a checked body."""

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ShapeError, UserError
from ..randomness import seed_of
from ..specification import Specification, load_file_class
from .initialisation import initialise


def build_user_class(
    model: str, shape: tuple[int, int, int], classes: int, *, init: str, seed: int
) -> nn.Module:
    """Return the module that ``file.py:Class`` or ``file.py:Class:key=value`` makes.

    Its constructor gets the settings and, where it names them, ``shape=`` and ``classes=``. Its own draws
    come from torch's global generator, which is forked and seeded for it and then put back.

    Raises:
        UserError: the file, the class or its constructor fails, or it makes no ``nn.Module``.
        ShapeError: it does not give logits [B, classes] for images [B, *shape].
    """
    wanted = Specification.parse(model)
    kind = load_file_class(wanted.name)
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
    accepted = inspect.signature(kind).parameters
    settings = {name: value for name, value in offered.items() if name in accepted}
    try:
        module = kind(**(settings | wanted.settings))
    except Exception as error:
        raise UserError(
            f"`{wanted}` fails as it is made: {type(error).__name__}: {error}"
        ) from error
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
        raise ShapeError(
            f"`{name}` gives a {type(came).__name__}; logits [B, {classes}] are needed."
        )
    if list(came.shape) != [2, classes]:
        raise ShapeError(
            f"`{name}` gives {list(came.shape)} for a batch {[2, *shape]}; "
            f"logits {[2, classes]} are needed, one for each class."
        )
