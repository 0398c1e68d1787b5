"""Training a run again in memory, and where it leaves the first one's path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..config import Config
from ..environment import environment
from ..errors import DivergedError
from ..evaluation import Evaluation, evaluate
from ..history import Epoch, Row
from ..plan import Plan
from ..preparation import Setup
from ..restoring import put_weights
from ..runs import Run
from ..sweeping.ready import Place, setup_of
from ..training import loop

# What decides bytes beside config, data and program: torch's version, the processor's capability, and the plan.
DECISIVE = ("cpu_capability", "plan")


@dataclass(frozen=True)
class Retraced:
    """A run trained again.

    Args:
        setup: what it was trained with.
        history: a row an epoch, without seconds.
        last: the last epoch's tensors by name; empty where training diverged at once.
        best: the best epoch's.
        diverged: the line that says where training diverged, or None.
    """

    setup: Setup
    history: list[Row]
    last: dict[str, Tensor]
    best: dict[str, Tensor]
    diverged: str | None

    def evaluation(self, split: str) -> Evaluation:
        """Return the evaluation of the last weights on a split; training did not diverge."""
        dataset = self.setup.dataset
        self.setup.network.load_state_dict(self.last)
        with self.setup.plan.applied():
            return evaluate(
                self.setup.network.eval(),
                dataset.splits[split],
                dataset.classes,
                kind=split,
                plan=self.setup.plan,
            )

    @property
    def forwards(self) -> int:
        """Forward passes in all."""
        return int(sum(row["forwards"] for row in self.history))

    @property
    def backwards(self) -> int:
        """Backward passes in all."""
        return int(sum(row["backwards"] for row in self.history))


def retrace(
    config: Config, plan: Plan | None, data_dir: Path | None = None, epochs: int | None = None
) -> Retraced:
    """Train a config again, in memory.

    Args:
        config: of the run.
        plan: as recorded; None chooses as training does.
        data_dir: where datasets are.
        epochs: stop after so many; None trains all of them.
    """
    setup = setup_of(config, Place(data_dir), plan)
    if config.init_from:
        source = Run.open(config.init_from)
        put_weights(setup.network, source.weights("best"), source.name)
    history: list[Row] = []
    last: dict[str, Tensor] = {}
    best: dict[str, Tensor] = {}
    diverged = None
    try:
        for event in loop(setup):
            if not isinstance(event, Epoch):
                continue
            history, last = event.checkpoint.history, event.checkpoint.weights
            best = last if event.improved else best
            if epochs is not None and len(history) >= epochs:
                break
    except DivergedError as error:
        diverged = str(error)
    return Retraced(setup, history, last, best, diverged)


def differing_fields(recorded: Mapping[str, Any]) -> list[str]:
    """Return in words which of the fields that decide a run's bytes differ between a record and this machine."""
    here = environment(Plan.of(recorded["plan"]))
    then = (recorded.get("packages") or {}).get("torch")
    now = here["packages"]["torch"]
    found = [f"torch was {then}, here it is {now}"] if then != now else []
    for key in DECISIVE:
        if recorded.get(key) != here[key]:
            name = key.replace("_", " ")
            found.append(f"{name} was {recorded.get(key)}, here it is {here[key]}")
    if recorded.get("processes", 1) != 1:
        found.append(f"{recorded['processes']} processes trained it together, here it is one")
    return found


def first_difference(then: Sequence[Row], now: Sequence[Row]) -> str | None:
    """Return where two histories part, in words, or None where they do not.

    >>> first_difference([{"epoch": 1, "train_loss": 0.5}], [{"epoch": 1, "train_loss": 0.25}])
    'epoch 1: train_loss was 0.5, now it is 0.25'
    """
    for before, after in zip(then, now, strict=False):
        for key, value in before.items():
            if key != "seconds" and value != after.get(key):
                return f"epoch {before['epoch']:g}: {key} was {value}, now it is {after.get(key)}"
    if len(then) != len(now):
        return f"there were {len(then)} epochs, now there are {len(now)}"
    return None
