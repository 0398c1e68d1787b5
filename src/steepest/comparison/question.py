"""What is asked of a comparison, complete before the first run: sides, pairs, design and criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ..config import Config
from ..errors import UserError
from ..judge import anytime, signflip
from ..judge.sizing import units_needed
from ..storage import json_hash
from ..usercode import foreign
from .design import Budget, Design, design_of
from .results import Criterion, Metric
from .sides import Side, pairs_of, read_sides
from .space import space_of
from .tuning import SideTuning

DEFAULT_VAL = 0.2  # of the training images, held out to tune on: the customary fifth
LEVEL = 0.05  # of all verdicts of a comparison together


@dataclass(frozen=True)
class Question:
    """A comparison that has not begun.

    Args:
        sides: at least two; one where it is only tuned.
        vary: the setting whose values the sides are.
        candidate: the side that the claim is about; None judges every pair.
        claimed: how each side is tuned, by a claim's own word; None asks the rules.
    """

    sides: tuple[Side, ...]
    design: Design
    criterion: Criterion = field(default_factory=Criterion)
    vary: str = "optimizer"
    candidate: str | None = None
    claimed: Mapping[str, SideTuning] | None = field(default=None, compare=False)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs to judge: (candidate, reference)."""
        return pairs_of(self.sides, self.candidate)

    @property
    def pair_count(self) -> int:
        """How many pairs there are to judge."""
        sides = len(self.sides)
        return sides * (sides - 1) // 2 if self.candidate is None else sides - 1

    def side(self, name: str) -> Side:
        """Return the side of a name."""
        return next(each for each in self.sides if each.name == name)

    def trials(self) -> dict[str, int]:
        """Return how many trials each side has in one study, before any widening.

        With the budget ``passes`` the cheapest side has ``design.trials`` of them, and every other one as many as
        the same forward and backward passes pay for, at least one. A step's passes are counted by running the rule
        on a small network; what the runs took is in the table of costs.
        """
        asked = self.design.trials
        if self.claimed is not None:
            return {name: each.trials for name, each in self.claimed.items()}
        if self.design.budget == "trials":
            return {side.name: asked for side in self.sides}
        prices = {side.name: _passes(side.config) for side in self.sides}
        cheapest = min(prices.values())
        return {name: max(1, int(asked * cheapest / price)) for name, price in prices.items()}

    def tunings(self) -> dict[str, SideTuning]:
        """Return how each side is tuned; nothing at fixed settings."""
        if not self.design.tuned:
            return {}
        if self.claimed is not None:
            return dict(self.claimed)
        trials = self.trials()
        return {
            side.name: SideTuning(side.name, space_of(side.name, side.config), trials[side.name], self.design)
            for side in self.sides
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything asked, as JSON holds it."""
        return {
            "vary": self.vary,
            "candidate": self.candidate,
            "sides": {side.name: side.config.to_dict() for side in self.sides},
            "design": self.design.to_dict(),
            "criterion": asdict(self.criterion),
        }

    @classmethod
    def of(cls, values: Mapping[str, Any], where: Path | str) -> Self:
        """Return the question that ``to_dict`` wrote into a file, the code that it names marked as foreign."""
        configs = {name: Config.of(foreign(each, where), str(where)) for name, each in values["sides"].items()}
        return cls(
            sides=tuple(Side(name, config) for name, config in configs.items()),
            design=Design(**values["design"]),
            criterion=Criterion(**values["criterion"]),
            vary=values["vary"],
            candidate=values["candidate"],
        )

    @property
    def subject(self) -> str:
        """Eight digits to name a folder by, the same for every number of seeds, studies and trials."""
        told = self.to_dict()
        told.pop("criterion")
        told["design"] = {"tuned": self.design.tuned}
        return json_hash(told)[:8]


def question_of(
    sides: Sequence[str],
    base: Config,
    *,
    vary: str = "optimizer",
    candidate: str | None = None,
    fixed: bool = False,
    studies: int | None = None,
    seeds: int | None = None,
    trials: int | None = None,
    until_decided: bool = False,
    max_seeds: int | None = None,
    budget: Budget = "trials",
    metric: Metric = "accuracy",
    target: float | None = None,
    margin: float | None = None,
    test_images: bool = False,
) -> Question:
    """Return the question that a user's words and numbers ask, once it can be answered.

    Args:
        sides: as ``read_sides`` takes them.
        base: what they have in common; its seed is the first reporting seed.
        vary: the setting that they are values of.
        candidate: one of ``sides``, or a further one, about which the claim is.
        fixed: compare at the settings given, instead of tuning each side.
        studies, seeds, trials, until_decided, max_seeds, budget: of ``design_of``.
        metric, target, margin, test_images: of ``Criterion``.

    Raises:
        UserError: it cannot be answered; the line says why.
    """
    if base.threads not in {None, 1}:
        raise UserError(
            f"Every run of a comparison has one thread, not {base.threads}. --workers runs several at once."
        )
    texts = list(sides)
    if candidate is not None and candidate not in texts:
        texts.insert(0, candidate)
    found = read_sides(texts, base.with_(seed=0, split_seed=0, threads=None), vary)
    design = design_of(
        fixed=fixed,
        studies=studies,
        seeds=seeds,
        trials=trials,
        until_decided=until_decided,
        max_seeds=max_seeds,
        budget=budget,
        first_seed=base.seed,
        split_seed=base.split_seed,
    )
    criterion = Criterion.asked(metric, target, margin, test_images)
    about = None if candidate is None else found[texts.index(candidate)].name
    return checked(Question(found, design, criterion, vary, about))


def _refuse_other_splits(sides: Sequence[Side]) -> None:
    """Refuse sides that would be tuned on different validation images."""
    for setting in ("val", "stratified"):
        if len({getattr(side.config, setting) for side in sides}) > 1:
            raise UserError(
                f"The sides differ in {setting}, and so would be tuned on different validation images. Compare "
                "them at the settings given: --fixed."
            )


def checked(question: Question) -> Question:
    """Return the question with a validation split where it needs one, once it can be answered.

    Raises:
        UserError: it cannot.
    """
    design, criterion = question.design, question.criterion
    if len(question.sides) < 2:
        raise UserError("A comparison needs two sides or more, such as: steepest compare adam sgd")
    refuse_too_few(design)
    if design.until_decided and (criterion.is_time or criterion.images):
        raise UserError(
            "--until-decided judges accuracy or loss on this test split. For times and for new images give a "
            "number of seeds."
        )
    needs = design.tuned or criterion.target is not None
    sides = tuple(with_validation(side) if needs else side for side in question.sides)
    if design.tuned:
        _refuse_other_splits(sides)
        for side in sides:
            space_of(side.name, side.config)
    return replace(question, sides=sides)


def with_validation(side: Side) -> Side:
    """Return the side with validation images, where its config asks for none."""
    if side.config.val:
        return side
    return Side(side.name, side.config.with_(val=DEFAULT_VAL))


def _passes(config: Config) -> float:
    """Return what a run costs in passes over the training images."""
    from ..optimizers import choose
    from ..optimizers.describing import measure_cost

    cost = measure_cost(choose(config.optimizer, config.lr).rule)
    return (cost.forwards + cost.backwards) * config.epochs


def floor_of(units: int, until_decided: bool) -> float:
    """Return what p of better or worse cannot fall below with so many units.

    Equivalence needs one unit fewer: each of its two tests is one-sided, and their floor is half as high.
    """
    return anytime.floor(units) if until_decided else signflip.floor(units)


def refuse_too_few(design: Design) -> None:
    """Refuse a design in which better or worse can never be reached, not even for a single pair.

    Raises:
        UserError: says how many units there must be, and why.
    """
    fewest = units_needed(LEVEL, design.until_decided)
    if design.units >= fewest:
        return
    test = "anytime" if design.until_decided else "exact"
    floor = floor_of(design.units, design.until_decided)
    raise UserError(
        f"{_counted(design, design.units)} can never decide better or worse: the {test} test of "
        f"{design.units} pairs has no p below {floor:.3g}, and {LEVEL:g} is asked. Give at least "
        f"{_counted(design, fewest)}."
    )


def out_of_reach(design: Design, pairs: int) -> str:
    """Return what to say before training where no pair can come out better or worse; else nothing.

    Args:
        design: with enough units for one pair.
        pairs: judged together; the first that is found different must reach the level divided by their number.
    """
    floor = floor_of(design.units, design.until_decided)
    if floor * pairs <= LEVEL:
        return ""
    least = units_needed(LEVEL / pairs, design.until_decided)
    flag = f"--studies {least}" if design.tuned else f"--seeds {least}"
    if design.until_decided:
        flag = f"--max-seeds {least * design.seeds_each}"
    return (
        f"With {_counted(design, design.units)} none of the {pairs} pairs can come out better or worse: after "
        f"Holm over {pairs} comparisons p cannot fall below {floor * pairs:.3g}, and {LEVEL:g} is asked. "
        f"It takes at least {_counted(design, least)} ({flag}), or fewer pairs."
    )


def _counted(design: Design, units: int) -> str:
    noun = "studies" if design.tuned else "seeds"
    return f"{units} {noun if units != 1 else design.unit}"
