"""Record a pool of real studies, from which ``make calibration`` draws its A/A comparisons.

    python benchmarks/record_pool.py [--studies 40] [--out comparisons/pool] [--pool benchmarks/pool]

Every study is a complete tuning of a rule and two reporting runs, independent of all other studies but for the
data. What was trained before is not trained again.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from steepest import Comparison, compare
from steepest.comparison.results import unpacked

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # calibration/ stands beside the package
from calibration.pool import Line, write_pool  # noqa: E402

RULES = ("sgd", "momentum", "adam")
TARGET = 0.85  # validation accuracy that tuned runs reach in most studies and not in all
WORKLOADS: dict[str, dict[str, Any]] = {
    "softmax regression on mnist5k": {"model": "softmax-regression", "epochs": 4},
    "mlp on mnist5k": {"model": "mlp", "epochs": 3},
}


def main() -> None:
    """Train the studies that are missing, and write the pool."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("comparisons/pool"))
    parser.add_argument("--pool", type=Path, default=ROOT / "benchmarks/pool")
    asked = parser.parse_args()
    lines: list[Line] = []
    correct: dict[tuple[str, str, int, int], Any] = {}
    for workload, settings in WORKLOADS.items():
        made = compare(
            RULES,
            out=asked.out / str(settings["model"]),
            data="mnist5k",
            batch_size=64,
            studies=asked.studies,
            trials=asked.trials,
            target=TARGET,
            test_images=True,
            curve=False,
            **settings,
        )
        lines += lines_of(made, workload)
        correct |= correct_of(made, workload)
        print(f"{workload}: {made.units} studies of {', '.join(made.sides)}", flush=True)
    write_pool(asked.pool, lines, correct)


def lines_of(made: Comparison, workload: str) -> list[Line]:
    """Return a row for each reporting run."""
    return [
        Line(
            workload,
            each.side,
            each.unit,
            each.seed,
            each.accuracy,
            None if each.arrival is None else each.arrival.steps,
            each.steps,
        )
        for each in made.results
    ]


def correct_of(made: Comparison, workload: str) -> dict[tuple[str, str, int, int], Any]:
    """Return which test images each reporting run was right on."""
    images = made.circumstances.test_images
    return {(workload, each.side, each.unit, each.seed): unpacked(each.correct, images) for each in made.results}


if __name__ == "__main__":
    main()
