"""Tuning one side for its own sake: its trials, the setting chosen, and the config to train with."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import UserError
from ..lazy import brief, html_of
from ..sweeping import Engine
from .design import Design
from .question import Question, with_validation
from .sides import Side, read_sides
from .space import Space, lr_is_given, space_of, with_settings
from .tuning import TrialResult, best
from .work import Made, Work


@dataclass(frozen=True)
class Tuned:
    """A side that was tuned."""

    side: Side
    design: Design
    trials: tuple[TrialResult, ...]
    folder: Path

    def __repr__(self) -> str:
        return brief(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    @property
    def space(self) -> Space:
        """What was tuned."""
        return space_of(self.side.name, self.side.config)

    @property
    def chosen(self) -> TrialResult:
        """The best trial of all studies."""
        return best(self.trials)

    @property
    def by_study(self) -> list[TrialResult]:
        """The best trial of each study."""
        studies = range(self.design.units)
        return [best([t for t in self.trials if t.trial.study == study]) for study in studies]

    @property
    def config(self) -> Config:
        """The config to train with: the side's, at the chosen setting."""
        return with_settings(self.side.config, self.space, self.chosen.trial.settings)


def question_to_tune(text: str, base: Config, *, studies: int = 1, trials: int = 16) -> Question:
    """Return the question of a single side.

    Args:
        text: an optimizer, as ``read_sides`` takes it.
        base: everything else; its seed is added to the tuning seeds.
        studies: how often to tune, each time at other points, on other validation images, with another seed.
        trials: in each study, before any widening.

    Raises:
        UserError: it cannot be tuned.
    """
    (side,) = read_sides([text], base.with_(seed=0, split_seed=0))
    design = Design(units=studies, trials=trials, first_seed=base.seed, split_seed=base.split_seed)
    if lr_is_given(side.config):
        raise UserError(
            f"`{side.name}` has its learning rate given, and that is what tuning is to find. Leave lr out, or "
            "train with it: steepest train."
        )
    space_of(side.name, side.config)
    return Question((with_validation(side),), design)


def tuning(
    question: Question, folder: Path, *, engine: Engine | None = None, data_dir: Path | None = None
) -> Generator[Made, None, Tuned]:
    """Run a side's trials, yield each finished run, and return what they came to; the test split is not touched.

    Args:
        question: of ``question_to_tune``.
        engine: what does the work; None takes processes on this machine.
    """
    work = Work(question, folder, engine, data_dir, curve=False)
    work.begin()
    yield from work.tune(range(question.design.units))
    found = [each for done in work.trials.values() for each in done]
    return Tuned(question.sides[0], question.design, tuple(found), folder)
