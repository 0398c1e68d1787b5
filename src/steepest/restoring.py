"""A run's network made again: what is kept of the dataset, the network built from that, the weights put in."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from .config import Config
from .data import Dataset
from .errors import ShapeError
from .models import Network, build


def described(dataset: Dataset) -> dict[str, Any]:
    """Return what a run keeps of its dataset: enough to use the network without it."""
    return {
        "classes": list(dataset.classes),
        "shape": list(dataset.shape),
        "style": dataset.style,
        "notes": list(dataset.notes),
        "hashes": dataset.hashes,
    }


def untrained(config: Config, data: Mapping[str, Any]) -> Network:
    """Return a config's network with its initial weights.

    Args:
        config: as trained, with every default replaced by what was chosen.
        data: what ``described`` says of the dataset.
    """
    return build(
        config.model,
        tuple(data["shape"]),
        len(data["classes"]),
        init=config.init,
        seed=config.seed,
        normalize=config.normalize,
    )


def put_weights(network: Network, weights: dict[str, Tensor], source: str) -> None:
    """Put a run's weights into a network.

    Args:
        network: what gets them.
        weights: by the names of its tensors.
        source: the run's name, for the error.

    Raises:
        ShapeError: the network is another one; a user's class may have changed since.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ShapeError(f"The weights of {source} do not fit this network: {reason}") from error
