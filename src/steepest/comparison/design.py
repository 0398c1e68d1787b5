"""The design of a comparison: which seeds, how many studies and trials; all of it fixed before the first run.

A **study** is one complete tuning and the reporting runs that follow it. Studies share nothing but the data:
each has its own quasi-random points, its own draw of validation images, its own tuning seed and its own
reporting seeds. Within a study all sides have the same of each, and are therefore paired. At fixed settings
nothing is tuned, and a unit is a seed.

    unit 0             unit 1             ...
    tuning seed 1e6    tuning seed 1e6 + 1      the trials run with it
    reporting 0, 1     reporting 2, 3           only these runs are measured on the test split
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import UserError

# Tuning seeds lie beyond any reporting seed: more than a million reporting runs are refused.
TUNING_SEEDS_FROM = 1_000_000
# Better and worse at 5 % need so many: the exact sign-flip test of n pairs has the floor 2 ** (1 - n), 0.0625 at 5
# and 0.03125 at 6, and the anytime test 0.052 at 6 and 0.027 at 7. Equivalence is one-sided and needs one fewer.
FEWEST_UNITS, FEWEST_UNTIL_DECIDED = 6, 7
DEFAULT_STUDIES, DEFAULT_EACH, DEFAULT_TRIALS, DEFAULT_SEEDS = 10, 2, 16, 20
DEFAULT_MOST = 100  # seeds in all, where they are added until decided
MOST_UNITS = 10_000  # so many take the judge a minute
MOST_TRIALS = 1024  # far beyond what 16 cores do in a night; a slip of the finger is meant here

Budget = Literal["trials", "passes"]


@dataclass(frozen=True)
class Design:
    """Everything about a comparison that is decided before it begins.

    Args:
        tuned: whether every side is tuned; else all run at their given settings.
        units: studies, or at fixed settings seeds; the most there will be where they are added until decided.
        trials: of each side in each study.
        first_seed: reporting seeds count from here.
        split_seed: of the first study's validation images.
        until_decided: whether units are added until every pair is decided.
        budget: what every side gets as much of, ``trials`` or ``passes``: forward and backward passes.

    >>> Design(units=10).report_seeds(3)
    (6, 7)
    """

    tuned: bool = True
    units: int = DEFAULT_STUDIES
    seeds_each: int = DEFAULT_EACH
    trials: int = DEFAULT_TRIALS
    first_seed: int = 0
    split_seed: int = 0
    until_decided: bool = False
    budget: Budget = "trials"

    def __post_init__(self) -> None:
        if self.units < 1:
            raise UserError(f"A design has at least 1 {self.unit}, not {self.units}.")
        if self.units > MOST_UNITS:
            raise UserError(f"A design has at most {MOST_UNITS:,} units ({self.unit} each), not {self.units:,}.")
        if self.seeds_each < 1:
            raise UserError("A unit has at least 1 reporting seed.")
        if self.tuned and not 1 <= self.trials <= MOST_TRIALS:
            raise UserError(f"--trials must be between 1 and {MOST_TRIALS:,}, not {self.trials:,}.")
        if self.first_seed + self.units * self.seeds_each > TUNING_SEEDS_FROM:
            raise UserError(f"Reporting seeds must stay below {TUNING_SEEDS_FROM:,}, where tuning seeds begin.")

    def report_seeds(self, unit: int) -> tuple[int, ...]:
        """Return the seeds of a unit's reporting runs, the same for every side."""
        first = self.first_seed + unit * self.seeds_each
        return tuple(range(first, first + self.seeds_each))

    def tuning_seed(self, study: int) -> int:
        """Return the seed of a study's trials: one for all, so that they differ by their settings alone."""
        return TUNING_SEEDS_FROM + self.first_seed + study

    def study_split_seed(self, study: int) -> int:
        """Return the seed that draws a study's validation images: luck with them is part of tuning luck."""
        return self.split_seed + (self.first_seed + study if self.tuned else 0)

    @property
    def unit(self) -> str:
        """What the statistics count."""
        return "study" if self.tuned else "seed"

    def to_dict(self) -> dict[str, Any]:
        """Return every value by name."""
        return asdict(self)


def design_of(
    *,
    fixed: bool = False,
    studies: int | None = None,
    seeds: int | None = None,
    trials: int | None = None,
    until_decided: bool = False,
    max_seeds: int | None = None,
    budget: Budget = "trials",
    first_seed: int = 0,
    split_seed: int = 0,
) -> Design:
    """Return the design that a user's numbers ask for.

    ``seeds`` counts reporting seeds in all. Tuned, they are spread over the studies: without a number of studies
    two go into each.

    Raises:
        UserError: the numbers do not fit together.

    >>> design_of(seeds=20) == Design(units=10, seeds_each=2)
    True
    >>> design_of(seeds=20, fixed=True).units
    20
    """
    if max_seeds is not None and not until_decided:
        raise UserError("--max-seeds goes with --until-decided; a fixed number is --seeds.")
    if until_decided and (seeds is not None or studies is not None):
        raise UserError("--until-decided adds seeds by itself: give --max-seeds alone.")
    if fixed and (studies is not None or trials is not None):
        raise UserError("--fixed tunes nothing: leave --studies and --trials out.")
    if fixed and budget != "trials":
        raise UserError("--budget is a tuning budget, and --fixed tunes nothing.")
    wanted = _most_seeds(max_seeds, fixed) if until_decided else seeds
    units, each = _spread(wanted, studies, fixed)
    return Design(
        tuned=not fixed,
        units=units,
        seeds_each=each,
        trials=0 if fixed else DEFAULT_TRIALS if trials is None else trials,
        first_seed=first_seed,
        split_seed=split_seed,
        until_decided=until_decided,
        budget=budget,
    )


def _most_seeds(max_seeds: int | None, fixed: bool) -> int:
    """Return how many seeds may be added until decided, once better or worse could come of them."""
    fewest = FEWEST_UNTIL_DECIDED * (1 if fixed else DEFAULT_EACH)
    if max_seeds is None:
        return DEFAULT_MOST
    if max_seeds < fewest:
        units = f"{FEWEST_UNTIL_DECIDED} seeds" if fixed else f"{FEWEST_UNTIL_DECIDED} studies of {DEFAULT_EACH}"
        raise UserError(
            f"--max-seeds must be at least {fewest} ({units}), not {max_seeds}: with fewer the anytime test can "
            "never decide better or worse."
        )
    return max_seeds


def _spread(seeds: int | None, studies: int | None, fixed: bool) -> tuple[int, int]:
    """Return the number of units, and of seeds in each."""
    if fixed:
        return (DEFAULT_SEEDS if seeds is None else seeds), 1
    if seeds is None:
        return (DEFAULT_STUDIES if studies is None else studies), DEFAULT_EACH
    studies = seeds // DEFAULT_EACH if studies is None else studies
    if studies < 1 or seeds % studies:
        raise UserError(
            f"{seeds} seeds cannot be spread evenly over {studies} studies. Give a multiple of the studies "
            f"(of {DEFAULT_EACH}, where no number of studies is given), or compare at fixed settings: --fixed."
        )
    return studies, seeds // studies
