"""What is asked of a comparison, as flags."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter


@dataclass(frozen=True)
class Asked:
    """What is asked of a comparison, as flags."""

    vary: Annotated[
        str, Parameter(help="The setting whose values the sides are, such as model or schedule.")
    ] = "optimizer"
    candidate: Annotated[
        str | None, Parameter(help="The side that the claim is about; only its pairs are judged.")
    ] = None
    fixed: Annotated[
        bool, Parameter(help="Compare at the settings given; the unit is the seed.", negative="")
    ] = False
    studies: Annotated[
        int | None, Parameter(help="Independent tunings of every side, at least 6. [default: 10]")
    ] = None
    seeds: Annotated[
        int | None,
        Parameter(
            help="Reporting seeds in all: two for each study or, with --fixed, each one a unit. [default: 20]"
        ),
    ] = None
    trials: Annotated[
        int | None, Parameter(help="Settings that each study of each side tries. [default: 16]")
    ] = None
    budget: Annotated[
        Literal["trials", "passes"],
        Parameter(
            help="What each side's tuning gets as much of: trials, or passes through the network."
        ),
    ] = "trials"
    until_decided: Annotated[
        bool, Parameter(help="Add studies or seeds until every pair is decided.", negative="")
    ] = False
    max_seeds: Annotated[
        int | None,
        Parameter(
            help="Give up after so many seeds, with --until-decided; at least 14, with --fixed 7. [default: 100]"
        ),
    ] = None
    metric: Annotated[
        Literal["accuracy", "loss", "steps", "passes", "seconds"],
        Parameter(help="On the test split; the last three are the time to --target."),
    ] = "accuracy"
    target: Annotated[
        float | None, Parameter(help="A validation accuracy to be reached, such as 0.95.")
    ] = None
    margin: Annotated[
        float | None,
        Parameter(
            help="The largest difference that does not matter: an accuracy (0.005 is half a point), nats of loss, "
            "or a share of the time. [default: 0.005, 0.02, 0.05]"
        ),
    ] = None
    test_images: Annotated[
        bool, Parameter(help="Let the verdict hold for new test images too.", negative="")
    ] = False
