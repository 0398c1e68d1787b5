"""The loop, and everything it stands on: a run made ready, its draws, its losses and schedules.

setup = prepare(Config(model="mlp"), load("mnist5k"))
for event in loop(setup):
    ...                              # Progress a few times a second, an Epoch at each epoch's end
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .history import Checkpoint as Checkpoint
    from .history import Epoch as Epoch
    from .history import Progress as Progress
    from .loops import loop as loop
    from .loops import steps as steps
    from .preparation import Setup as Setup
    from .preparation import prepare as prepare

_HOMES = {
    "Checkpoint": "history",
    "Epoch": "history",
    "Progress": "history",
    "Setup": "preparation",
    "loop": "loops",
    "prepare": "preparation",
    "steps": "loops",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
