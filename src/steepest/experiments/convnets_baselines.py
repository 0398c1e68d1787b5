"""Nearest neighbours and a random forest beside the ConvNets, on pixels as they are and on digits set upright."""

from collections.abc import Iterator
from statistics import fmean
from time import process_time
from typing import Any, NamedTuple

from numpy.typing import NDArray
from torch import Tensor

from ..data import Dataset
from ..plan import cores
from .agreement import AGREES, agreement
from .content import Content, Figure, Table
from .context import Context
from .convnets_slant import deslanted
from .parts import part

NEIGHBOURS = (
    3  # the best of 1, 3 and 5 in LeCun et al. 1998, section III; an odd number seldom ties
)
TREES = 200  # from 50 to 200 trees a forest gains half a point; more gain less than they cost
QUICK_TREES = 50
KINDS = {"pixels": "pixels as they are", "upright": "digits set upright"}
METHODS = {"neighbours": "nearest neighbours", "forest": "random forest"}


class Measured(NamedTuple):
    """What a method did on the test split, and the processor time of learning and testing together."""

    images: str
    method: str
    accuracy: float
    seconds: float


@part("classical-baselines")
def classical_baselines(context: Context, *, case: str, trees: int = TREES) -> list[Content]:
    """Return nearest neighbours and a random forest on a case's data, beside the case's own accuracy.

    Args:
        context: of the experiment.
        case: the network that the two are claimed to match; they learn from its training images.
        trees: of the forest.
    """
    trees = min(trees, QUICK_TREES) if context.quick else trees
    key = {"part": "classical-baselines", "data": context.config(case).to_dict(), "trees": trees}
    found = [
        Measured(*each) for each in context.remembered(key, lambda: _measure(context, case, trees))
    ]
    networks = tuple(each.accuracy("test") for each in context.outcomes(case))
    title = context.experiment.case(case).title
    return [
        *(_figure(each) for each in found),
        _table(found, networks, title, trees),
    ]


def _measure(context: Context, case: str, trees: int) -> list[Measured]:
    context.note("nearest neighbours and random forests learn")
    return list(measured(context.dataset(case), trees))


def measured(dataset: Dataset, trees: int, neighbours: int = NEIGHBOURS) -> Iterator[Measured]:
    """Yield both methods' test accuracy, on pixels as they are and on digits set upright.

    Settings are fixed in advance, so nothing was chosen on the test split: 3 neighbours weighted by nearness,
    and a forest of scikit-learn's defaults but for its number of trees.

    Args:
        dataset: with a test split.
        trees: of the forest.
        neighbours: whose labels are counted.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier

    for kind in KINDS:
        for method in METHODS:
            model = (
                KNeighborsClassifier(neighbours, weights="distance", algorithm="brute")
                if method == "neighbours"
                else RandomForestClassifier(trees, random_state=0, n_jobs=cores())
            )
            yield _tested(model, dataset, kind, method)


def _tested(model: Any, dataset: Dataset, kind: str, method: str) -> Measured:
    assert dataset.test is not None  # every dataset of an experiment has one
    began = process_time()
    model.fit(_vectors(dataset.train.images, kind), dataset.train.labels.numpy())
    predicted = model.predict(_vectors(dataset.test.images, kind))
    right = predicted == dataset.test.labels.numpy()
    return Measured(kind, method, float(right.mean()), process_time() - began)


def _vectors(images: Tensor, kind: str) -> NDArray[Any]:
    shown = deslanted(images) if kind == "upright" else images.float()
    vectors: NDArray[Any] = (shown / 255).flatten(1).numpy()
    return vectors


def _figure(each: Measured) -> Figure:
    return Figure(
        f"{METHODS[each.method]}, {KINDS[each.images]}: test accuracy",
        None,
        (each.accuracy,),
        unit="%",
        seconds=each.seconds,
    )


def _table(found: list[Measured], networks: tuple[float, ...], title: str, trees: int) -> Table:
    mean = fmean(networks)
    rows = [
        (
            f"{METHODS[each.method]}",
            KINDS[each.images],
            f"{each.accuracy:.2%}",
            f"{100 * (each.accuracy - mean):+.2f}",
            _verdict(each.accuracy, networks),
            f"{each.seconds:.0f}",
        )
        for each in found
    ]
    return Table(
        f"Do they match {title}?",
        ("method", "images", "test accuracy", "points beside the network", "matches it", "seconds"),
        tuple(rows),
        f"{title} gives {mean:.2%} (mean of {len(networks)}). {NEIGHBOURS} neighbours, weighted by nearness; "
        f"{trees} trees. Nothing was tuned, so nothing was chosen on the test split.",
    )


def _verdict(accuracy: float, networks: tuple[float, ...]) -> str:
    """Say whether one more run of the network might have given this accuracy; see ``agreement``."""
    if len(networks) == 1:
        return "one run cannot say"
    figure = Figure("baseline", accuracy, networks, unit="%", digits=4)
    if agreement(figure).verdict == AGREES:
        return "yes"
    return "no, it is better" if accuracy > fmean(networks) else "no"
