"""Parts of a page: functions that make tables and pictures from an experiment's runs.

    @part("ten-images")
    def ten_images(context: Context, *, case: str) -> list[Content]:
        ...

An experiment uses one by its name, ``use = "ten-images"``, with arguments beside it; or one of the user's own
by its file, ``use = "my_parts.py:function"``, which is looked for beside the experiment's file.
"""

import inspect
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ..errors import DISK_FULL, DivergedError, SteepestError, StoppedError, UnknownName, UserError
from ..specification import is_file_class, load_file_class
from .content import KINDS, Content
from .context import Context
from .experiment import Experiment, PartUse

__all__ = ["PARTS", "Context", "Part", "find_part", "load_all", "make_part", "part", "why_failed"]

Part = Callable[..., list[Content]]
PARTS: dict[str, Part] = {}


def part(name: str) -> Callable[[Part], Part]:
    """Register a function as a part.

    Args:
        name: as ``use`` in an experiment's file calls it.

    Raises:
        UserError: another function has the name.
    """

    def register(function: Part) -> Part:
        holder = PARTS.setdefault(name, function)
        if (holder.__module__, holder.__qualname__) != (function.__module__, function.__qualname__):
            raise UserError(f"The name `{name}` is taken by {holder.__module__}.")
        PARTS[name] = function
        return function

    return register


def find_part(use: PartUse, experiment: Experiment) -> Part:
    """Return the function that makes a part, with its arguments checked.

    Raises:
        UnknownName: no part has this name.
        UserError: the user's file fails, or the arguments do not fit.
    """
    function: Part
    if is_file_class(use.use):
        function = load_file_class(str(experiment.path.parent / use.use))
    else:
        load_all()
        if use.use not in PARTS:
            hint = f"It stands in {experiment.path}; a function of your own is FILE.py:NAME."
            raise UnknownName("part", use.use, PARTS, hint)
        function = PARTS[use.use]
    try:
        inspect.signature(function).bind(None, **use.arguments)
    except TypeError as error:
        raise UserError(
            f"The part `{use.use}` in {experiment.path} cannot be called: {error}."
        ) from error
    return function


def load_all() -> None:
    """Import every file of this room, so that each registers its parts."""
    package = __package__ or ""
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")


def make_part(use: PartUse, context: Context) -> list[Content]:
    """Return what a part makes.

    Raises:
        UserError: a user's function returns something else than a list of contents.
    """
    made: Any = find_part(use, context.experiment)(context, **use.arguments)
    if not isinstance(made, list) or not all(isinstance(each, KINDS) for each in made):
        kinds = ", ".join(each.__name__ for each in KINDS)
        raise UserError(f"The part `{use.use}` must return a list of: {kinds}.")
    return made


def why_failed(error: Exception, use: PartUse, context: Context) -> str:
    """Return a sentence about what ended a part, so that the page can be written without it.

    Raises:
        StoppedError: it was asked to stop, and so is all else.
        OSError: the disk is full, and the page would not fit on it either.
    """
    if isinstance(error, StoppedError) or (isinstance(error, OSError) and error.errno in DISK_FULL):
        raise error
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, DivergedError):
        said = (
            _diverged(use, context) or said.partition(" Try ")[0]
        )  # what to try are flags of `train`
    elif not isinstance(error, SteepestError):
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        said = f"{': '.join(filter(None, [type(error).__name__, said]))} ({place})"
    return f"{said.removesuffix('.')}."


def _diverged(use: PartUse, context: Context) -> str:
    """Name the runs without weights among a part's cases, or among all where it names none."""
    known = context.experiment.cases
    cases = [context.experiment.case(name) for name in use.cases] or known
    runs = [
        f"seed {outcome.config.seed} of {case.title}"
        for case in cases
        if context.has(case.name)
        for outcome in context.outcomes(case.name)
        if outcome.diverged is not None
    ]
    return f"{', '.join(runs)} diverged" if runs else ""
