"""A small dense network as a person writes it down: sizes, inputs, targets, weights, biases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Self

from ..config import read_toml
from ..errors import UnknownName, UserError
from ..randomness import seed_of

ACTIVATIONS = ("sigmoid", "tanh", "relu")
OUTPUTS = ("sigmoid", "tanh", "relu", "linear", "softmax")
MOST_WEIGHTS = 2_000  # beyond that nobody reads the table, and each of its rows has a cell for every weight


@dataclass(frozen=True)
class DenseNetwork:
    """A fully connected network with one input and its target.

    Args:
        sizes: neurons of each layer, inputs first: ``(2, 2, 2)``.
        inputs: one for each input neuron.
        targets: one for each output neuron; for softmax they are probabilities that sum to 1.
        weights: w1, w2, ... layer by layer, neuron by neuron, input by input.
        biases: b1, b2, ... one for each neuron that is no input; empty for none.
        activation: of the hidden layers.
        output: of the last layer. ``softmax`` goes with the cross-entropy, the others with half squared errors.

    >>> DEFAULT.sizes, len(DEFAULT.weights), DEFAULT.output
    ((2, 2, 2), 8, 'sigmoid')
    """

    sizes: tuple[int, ...]
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    weights: tuple[float, ...]
    biases: tuple[float, ...] = ()
    activation: str = "sigmoid"
    output: str = "sigmoid"

    def __post_init__(self) -> None:
        check_sizes(self.sizes)
        for kind, name, known in (("activation", self.activation, ACTIVATIONS), ("output", self.output, OUTPUTS)):
            if name not in known:
                raise UnknownName(kind, name, known)
        for name, count in counts(self.sizes).items():
            came = len(getattr(self, name))
            if came != count and not (name == "biases" and came == 0):
                raise UserError(
                    f"A {written(self.sizes)} network has {count} {name}{_sum(name, self.sizes)}; {came} came."
                )
        if self.output == "softmax" and abs(sum(self.targets) - 1) > 1e-9:
            raise UserError(
                f"Softmax compares probabilities: the targets must sum to 1, not {sum(self.targets):g}."
            )

    def with_weights(self, weights: Sequence[float], biases: Sequence[float]) -> Self:
        """Return the same network with other weights and biases."""
        return replace(self, weights=tuple(weights), biases=tuple(biases))

    def __str__(self) -> str:
        biases = "with biases" if self.biases else "no biases"
        loss = "cross-entropy" if self.output == "softmax" else "half squared errors"
        return f"{written(self.sizes)} network, {self.activation}, output {self.output}, {loss}, {biases}"


def counts(sizes: Sequence[int]) -> dict[str, int]:
    """Return how many inputs, targets, weights and biases a network of these sizes has.

    >>> counts((2, 3, 2))
    {'inputs': 2, 'targets': 2, 'weights': 12, 'biases': 5}
    """
    weights = sum(before * behind for before, behind in pairwise(sizes))
    return {"inputs": sizes[0], "targets": sizes[-1], "weights": weights, "biases": sum(sizes[1:])}


def check_sizes(sizes: Sequence[int]) -> None:
    """Refuse sizes that make no network, or one that is too large to be read.

    Raises:
        UserError: says why.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise UserError(
            f"`{written(sizes)}` is no network: give at least two layers of at least one neuron, such as 2,3,2."
        )
    weights = counts(sizes)["weights"]
    if weights > MOST_WEIGHTS:
        raise UserError(
            f"A {written(sizes)} network has {weights:,} weights; by hand are at most {MOST_WEIGHTS:,}."
        )


# of the published worksheet behind the experiment `backprop`
DEFAULT = DenseNetwork((2, 2, 2), (0.05, 0.10), (0.5, 0.5), (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55))


def make_network(settings: Mapping[str, Any], *, seed: int = 0, where: str = "") -> DenseNetwork:
    """Return a network of the settings given; what is missing is drawn where the sizes are not the default's.

    Args:
        settings: by the fields' names; ``biases`` may also be true, to have them drawn.
        seed: of the drawn numbers, which are multiples of 0.05 in [-1, 1].
        where: the settings came from, for messages.

    Raises:
        UnknownName: a setting has another name.
        UserError: a setting has another kind, or the numbers do not fit the sizes.

    >>> make_network({"sizes": [1, 1], "inputs": [2], "targets": [1]}, seed=3).weights
    (-1.0,)
    """
    known = [field.name for field in fields(DenseNetwork)]
    for key in settings:
        if key not in known:
            raise UnknownName("setting of a network", key, known, f"It is in {where}." if where else "")
    kept = {key: _typed(key, value) for key, value in settings.items()}
    sizes: tuple[int, ...] = kept.get("sizes", DEFAULT.sizes)
    check_sizes(sizes)
    output = kept.setdefault("output", kept.get("activation", DEFAULT.output))
    drawn = _drawn(sizes, output, seed)
    if kept.get("biases") is not True:
        drawn.pop("biases")
    if kept.get("biases") in (True, False):
        kept.pop("biases")
    usual = {"inputs", "targets", "weights"} if sizes == DEFAULT.sizes else set()
    for name in usual - {"targets" if output == "softmax" else ""}:
        drawn[name] = getattr(DEFAULT, name)
    return DenseNetwork(**{**drawn, **kept, "sizes": sizes})


def read_network(path: Path) -> dict[str, Any]:
    """Return the settings of a TOML file with the fields of ``DenseNetwork``.

    Raises:
        UserError: there is no such file, or it is no TOML.
    """
    return read_toml(path)


def written(sizes: Sequence[int]) -> str:
    """Return sizes as people write them: ``2-3-2``."""
    return "-".join(map(str, sizes))


def _typed(key: str, value: Any) -> Any:
    if key in ("activation", "output"):
        return str(value)
    if key == "biases" and isinstance(value, bool):
        return value
    kind, words = (int, "whole numbers") if key == "sizes" else (float, "numbers")
    fitting = isinstance(value, list | tuple) and all(
        isinstance(each, int | kind) and not isinstance(each, bool) and abs(each) < float("inf") for each in value
    )
    if not fitting:
        raise UserError(f"{key} of a network must be a list of {words}, not {value!r}.")
    return tuple(kind(each) for each in value)


def _drawn(sizes: tuple[int, ...], output: str, seed: int) -> dict[str, tuple[float, ...]]:
    draw = Random(seed_of(seed, "by hand network"))
    numbers = {
        name: tuple(round(draw.randint(-20, 20) * 0.05, 2) for _ in range(count))
        for name, count in counts(sizes).items()
    }
    if output == "softmax":
        right = draw.randrange(sizes[-1])
        numbers["targets"] = tuple(float(k == right) for k in range(sizes[-1]))
    elif output != "linear":  # what a sigmoid and a ReLU can reach
        numbers["targets"] = tuple(abs(each) for each in numbers["targets"])
    return numbers


def _sum(name: str, sizes: Sequence[int]) -> str:
    if name != "weights":
        return ""
    return " (" + " + ".join(f"{before} x {behind}" for before, behind in pairwise(sizes)) + ")"
