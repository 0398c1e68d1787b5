"""What a part of a page may ask for: the experiment's runs, their data, and a place to keep slow results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from ..config import Config
from ..errors import IntegrityError, UserError
from ..storage import json_hash, sealed, unsealed, write_durably
from .experiment import Case, Experiment

if TYPE_CHECKING:
    from ..data import Dataset
    from ..models import Network
    from ..sweeping import Outcome


class NotTrained(UserError):
    """A case that a quick run leaves out was asked for."""


@dataclass(frozen=True)
class Context:
    """What a part is given.

    Args:
        experiment: whose part it is.
        quick: whether this is the short version.
        seeds: how many seeds; of a case that has a number of its own, see ``case_seeds``.
        cache: a folder for slow results; it exists.
        data_dir: where datasets are; None for the usual place.
        asked_seeds: the number that the user asked for, which wins over all others; None for none.
        unverified: names of datasets to take although their files do not have the published hash.
        note: takes a line about what is going on, for a part that works for long.
    """

    experiment: Experiment
    quick: bool
    seeds: int
    cache: Path
    data_dir: Path | None = None
    asked_seeds: int | None = None
    unverified: frozenset[str] = frozenset()
    note: Callable[[str], None] = lambda line: None
    _outcomes: dict[str, list["Outcome"]] = field(default_factory=dict)
    _datasets: dict[str, "Dataset"] = field(default_factory=dict)
    _took: dict[str, float] = field(default_factory=dict)

    def config(self, case: str, seed: int = 0) -> Config:
        """Return the config of a case's run: of the quick one with ``quick``.

        Args:
            seed: counted from 0; it is added to the config's own.
        """
        found = self.experiment.case(case)
        config = found.quick if self.quick else found.config
        taken = config.unverified or config.data in self.unverified
        return config.with_(seed=config.seed + seed, unverified=taken)

    def case_seeds(self, case: Case) -> int:
        """Return at how many seeds a case is trained."""
        if self.asked_seeds is not None:
            return self.asked_seeds
        own = case.seeds or self.seeds
        return min(own, self.seeds) if self.quick else own

    def outcomes(self, case: str) -> list["Outcome"]:
        """Return the finished runs of a case, by seed."""
        name = self.experiment.case(case).name
        if name not in self._outcomes:
            raise NotTrained(f"The case `{name}` was left out of this quick run.")
        return self._outcomes[name]

    def keep(self, case: str, outcomes: list["Outcome"]) -> None:
        """Take the finished runs of a case, by seed."""
        self._outcomes[case] = outcomes

    def has(self, case: str) -> bool:
        """Say whether a case was trained: a quick run leaves some out."""
        return case in self._outcomes

    def data_notes(self, case: str) -> list[str]:
        """Return what must be known of a case's data, such as that its files are not the published ones."""
        first = self.outcomes(case)[0]
        return list(first.environment["data"]["notes"])

    def dataset(self, case: str) -> "Dataset":
        """Return the data of a case, with its validation split."""
        from ..training.preparation import with_validation

        config = self.config(case)
        return with_validation(config, self.source(config))

    def source(self, config: Config) -> "Dataset":
        """Return the data that a config names, before any validation split is drawn; loaded once."""
        from ..data import load

        key = f"{config.data} {config.image_size} {config.unverified}"
        if key not in self._datasets:
            self._datasets[key] = load(
                config.data, data_dir=self.data_dir, image_size=config.size, unverified=config.unverified
            )
        return self._datasets[key]

    def network(self, case: str, seed: int = 0) -> "Network":
        """Return the trained network of a case at the ``seed``-th of its seeds, counted from 0."""
        return self.outcomes(case)[seed].network()

    def comparable(self, case: str | None = None) -> bool:
        """Say whether this run may be held against what was published: no other data, no fewer epochs.

        Args:
            case: None asks it of all cases together.
        """
        cases = self.experiment.cases if case is None else (self.experiment.case(case),)
        return not self.quick or all(each.comparable for each in cases)

    def remembered(self, key: dict[str, Any], compute: Callable[[], Any]) -> Any:
        """Return what ``compute`` gives, from the cache where it was computed before.

        Args:
            key: everything the result depends on; it must be JSON, as the result must.
            compute: called without arguments where the cache has nothing.
        """
        name = json_hash(key)[:16]
        path = self.cache / f"{name}.json"
        try:
            found = unsealed(path, older=True)
        except (FileNotFoundError, IntegrityError):  # a damaged one is computed again
            started = process_time()
            record = {"key": key, "value": compute(), "seconds": process_time() - started}
            write_durably(path, sealed(record))
            found = unsealed(path)  # the first time as every other
        self._took[name] = float(found["seconds"])
        return found["value"]

    @property
    def seconds(self) -> float:
        """What the runs took, and the remembered results on one core, when they were made."""
        runs = {each.key: each for outcomes in self._outcomes.values() for each in outcomes}
        return sum(each.seconds for each in runs.values()) + sum(self._took.values())
