"""What a finished job leaves, read from its folder when it is asked for."""

from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ..config import Config
from ..errors import DivergedError, IntegrityError, UserError
from ..models import Network
from ..runs.restoring import put_weights, read_table, untrained
from ..runs.run import CONFIG, ENVIRONMENT, METRICS, Run
from ..storage import read_tensors
from .finishing import LOGITS, OUTCOME, WEIGHTS, check_file, read_outcome
from .job import Job


@dataclass(frozen=True)
class Outcome:
    """A finished job; everything is read, and checked against its hash, when it is first asked for."""

    job: Job
    path: Path

    @property
    def key(self) -> str:
        """The job's key, which is the folder's name."""
        return self.job.key

    @cached_property
    def config(self) -> Config:
        """The config as trained: the job's, with every default replaced by what was chosen."""
        check_file(self.path, CONFIG, self._record)
        return Config.read(self.path / CONFIG)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, processor, plan and data hashes."""
        check_file(self.path, ENVIRONMENT, self._record)
        return Run(self.path).environment

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file that does not depend on the clock."""
        return dict(self._record["files"])

    @property
    def diverged(self) -> str | None:
        """The line that says where training diverged, or None where it did not."""
        line: str | None = self._record["diverged"]
        return line

    @cached_property
    def rows(self) -> list[dict[str, float]]:
        """The numbers of each finished epoch: epoch, lr, train_loss, train_accuracy, forwards, backwards, seconds
        and, with a validation split, val_loss and val_accuracy.

        Raises:
            IntegrityError: metrics.csv is missing or was changed.
        """
        table, rows = read_table(self.path / METRICS), self._record["rows"]
        if [{k: v for k, v in row.items() if k != "seconds"} for row in table] != rows:
            raise IntegrityError(
                f"{self.path / METRICS} does not say what {OUTCOME} does: it was changed, cut off or taken away. "
                f"Take the folder {self.key} away, and the same call trains it again."
            )
        return table

    def accuracy(self, split: str) -> float:
        """Return the fraction of a split's images that got their own class; 1/K where training diverged."""
        self._check_split(split)
        if self.diverged is not None:
            return 1 / len(self.environment["data"]["classes"])
        return float(self._record["splits"][split]["accuracy"])

    def loss(self, split: str) -> float:
        """Return the mean cross-entropy in nats; infinite where training diverged."""
        self._check_split(split)
        return inf if self.diverged is not None else float(self._record["splits"][split]["loss"])

    def correct(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say of each image whether it got its own class, [N].

        Where training diverged every image counts as the first class: that is the answer of a network whose
        logits are all NaN.
        """
        labels = self.labels(split)
        if self.diverged is not None:
            return (labels == 0).numpy()
        return (self.logits(split).argmax(dim=1) == labels).numpy()

    def labels(self, split: str) -> Tensor:
        """Return the classes of a split's images, [N]."""
        self._check_split(split)
        return self._tensors[f"labels/{split}"]

    def logits(self, split: str) -> Tensor:
        """Return a split's logits, [N, K].

        Raises:
            DivergedError: training diverged: there are none.
        """
        self._check_split(split)
        self._refuse_diverged("logits")
        return self._tensors[f"logits/{split}"]

    def weights(self) -> dict[str, Tensor]:
        """Return the network's tensors by name.

        Raises:
            DivergedError: training diverged: there are none.
        """
        self._refuse_diverged("weights")
        check_file(self.path, WEIGHTS, self._record)
        tensors, _ = read_tensors(self.path / WEIGHTS)
        return tensors

    def network(self) -> Network:
        """Return the trained network: raw pixels [B, C, H, W] -> logits [B, K]."""
        network = untrained(self.config, self.environment["data"])
        put_weights(network, self.weights(), self.path.name)
        return network.eval()

    @property
    def seconds(self) -> float:
        """What its finished epochs took, their validation included, the final evaluation not."""
        return sum(row.get("seconds", 0.0) for row in self.rows)

    @property
    def forwards(self) -> int:
        """How many batches its finished epochs sent forward."""
        return int(sum(row["forwards"] for row in self._record["rows"]))

    @property
    def backwards(self) -> int:
        """How many batches its finished epochs sent backward."""
        return int(sum(row["backwards"] for row in self._record["rows"]))

    @cached_property
    def _record(self) -> dict[str, Any]:
        record = read_outcome(self.path)
        if record.get("key") != self.key:
            raise IntegrityError(
                f"{self.path / OUTCOME} belongs to the job {record.get('key')}, not to {self.key}: "
                "a folder was renamed or copied."
            )
        return record

    @cached_property
    def _tensors(self) -> dict[str, Tensor]:
        check_file(self.path, LOGITS, self._record)
        tensors, _ = read_tensors(self.path / LOGITS)
        return tensors

    def _check_split(self, split: str) -> None:
        if split not in self.job.splits:
            raise UserError(
                f"The job {self.key} was not evaluated on its {split} split, only on: "
                f"{', '.join(self.job.splits)}."
            )

    def _refuse_diverged(self, what: str) -> None:
        if self.diverged is not None:
            raise DivergedError(f"The run {self.key} has no {what}. {self.diverged}")

    def __repr__(self) -> str:
        state = "diverged" if self.diverged else f"{self.accuracy(self.job.splits[0]):.2%}"
        return f"<outcome {self.key}: {self.job}: {state}>"
