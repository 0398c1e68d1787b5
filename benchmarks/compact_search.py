"""The smallest change to compact-net's published recipe that reaches 99.4 %, looked for on a validation split.

    python benchmarks/compact_search.py [--seeds 1] [--only published lr-0.1] [--data-dir PATH] [--folder PATH]

Every candidate differs from the published recipe in a few settings; network, epochs and augmentation stay. Each is
trained on 50,000 of MNIST's training images and measured on the other 10,000; the test split is not touched. Of
those that reach the target on average the one with the fewest changes is chosen; where none does, the best.

One run takes about ten minutes of one core. What is in the folder is not trained again: the same command goes on
where it was stopped.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from steepest.config import Config
from steepest.experiments import open_experiment
from steepest.experiments.compact_recipes import changes, reaches
from steepest.sweeping import Job, Outcome, sweep

TARGET = 0.994
HELD_OUT = 1 / 6  # 10,000 of 60,000: as many as the test split has
CANDIDATES: dict[str, dict[str, Any]] = {
    "published": {},
    "lr-0.03": {"lr": 0.03},
    "lr-0.1": {"lr": 0.1},
    "batch-128": {"batch_size": 128},
    "one-cycle": {"lr": 0.1, "schedule": "one-cycle"},
    "one-cycle-nesterov": {
        "lr": 0.1,
        "schedule": "one-cycle",
        "optimizer": "momentum:beta=0.9,nesterov=true",
    },
}


@dataclass
class Candidate:
    """A recipe, and what it reached on the validation split."""

    name: str
    config: Config
    reached: list[float] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many settings it changes."""
        return len(CANDIDATES[self.name])


def candidates(names: Iterable[str], **settings: Any) -> list[Candidate]:
    """Return the candidates of these names, each with part of the training images held out.

    Args:
        names: keys of ``CANDIDATES``.
        settings: what else to change in all of them, to try the search on little data.
    """
    base = open_experiment("compact-net").case("published").config
    base = base.with_(val=HELD_OUT, **settings)
    return [Candidate(name, base.with_(**CANDIDATES[name])) for name in names]


def measure(
    found: list[Candidate], seeds: int, folder: Path, data_dir: Path | None
) -> list[Candidate]:
    """Train what is not yet trained, fill in what each candidate reached, and print each run as it is done."""
    jobs = {
        Job(each.config.with_(seed=seed), splits=("validation",)): each
        for seed in range(seeds)
        for each in found
    }
    for outcome in sweep(list(jobs), folder, data_dir=data_dir):
        candidate = jobs[outcome.job]
        candidate.reached.append(outcome.accuracy("validation"))
        print(_told(candidate, outcome), flush=True)
    return found


def _told(candidate: Candidate, outcome: Outcome) -> str:
    accuracy = outcome.accuracy("validation")
    return f"{candidate.name}, seed {outcome.config.seed}: {accuracy:.2%}, {outcome.seconds:.0f} s"


def choose(found: list[Candidate], target: float = TARGET) -> Candidate:
    """Return the one with the fewest changes that reaches the target on average; the best where none does."""
    enough = [each for each in found if reaches(each.reached, target)]
    if not enough:
        return max(found, key=lambda each: fmean(each.reached))
    return min(enough, key=lambda each: (each.size, -fmean(each.reached)))


def report(found: list[Candidate]) -> None:
    """Print what each reached, and which was chosen."""
    for each in found:
        spread = f" ± {stdev(each.reached):.2%}" if len(each.reached) > 1 else ""
        words = changes(found[0].config, each.config) or "as published"
        print(
            f"{each.name:<20} {fmean(each.reached):.2%}{spread:<10} n={len(each.reached)}  {words}"
        )
    chosen = choose(found)
    verb = "reaches" if reaches(chosen.reached, TARGET) else "does not reach"
    print(f"chosen: {chosen.name}, which {verb} {TARGET:.1%} on the validation split")


def main() -> None:
    """Search, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(CANDIDATES), default=list(CANDIDATES))
    parser.add_argument("--folder", type=Path, default=Path("reproductions/compact-search"))
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    names = list(dict.fromkeys(["published", *given.only]))
    found = candidates(names, data=given.data, epochs=given.epochs)
    report(measure(found, given.seeds, given.folder, given.data_dir))


if __name__ == "__main__":
    main()
