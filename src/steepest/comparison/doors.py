"""The easy doors: ask, train what is missing, and have the answer, in one call."""

import inspect
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..config import Config
from ..sweeping import Engine
from .comparing import comparing
from .comparison import Comparison
from .folder import conclude, default_folder
from .question import question_of

Answer = TypeVar("Answer")


def compare(
    sides: Sequence[str],
    base: Config | None = None,
    *,
    out: Path | str | None = None,
    claim: Path | str | None = None,
    engine: Engine | None = None,
    data_dir: Path | str | None = None,
    curve: bool = True,
    **asked: Any,
) -> Comparison:
    """Compare optimizers, or values of any other setting, and return the verdicts.

    By default each side is tuned anew in ten independent studies; ``fixed=True`` compares at given settings.

    Args:
        sides: such as ``["adam", "momentum", "sgd"]``, each ``VALUE`` or ``VALUE@setting=value``.
        base: what the sides have in common.
        out: the folder of the runs and the record; None takes one under ``comparisons/``.
        claim: where to write the record too, for others to verify.
        engine: what does the work; None takes processes on this machine.
        data_dir: where datasets are.
        curve: whether smaller tuning budgets are reported on too.
        asked: by name, what ``question_of`` takes (vary, candidate, fixed, studies, seeds, trials,
            until_decided, max_seeds, budget, metric, target, margin, test_images), and values of ``Config``,
            which win over ``base``.

    Raises:
        UserError: something asked for cannot be done; nothing is trained then.
    """
    words = {name: asked.pop(name) for name in _words() if name in asked}
    config = Config.of({**(base or Config()).to_dict(), **asked})
    question = question_of(sides, config, **words)
    folder = default_folder(question) if out is None else Path(out)
    making = comparing(
        question,
        folder,
        engine=engine,
        data_dir=None if data_dir is None else Path(data_dir),
        curve=curve,
    )
    return conclude(drained(making), folder, None if claim is None else Path(claim))


def _words() -> list[str]:
    parameters = inspect.signature(question_of).parameters.values()
    return [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]


def drained(making: Generator[Any, None, Answer]) -> Answer:
    """Return what a generator returns, whatever it yields before."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
