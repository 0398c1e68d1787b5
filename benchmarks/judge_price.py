"""What a comparison costs: ten optimizers by ten paired seeds, and what the driver adds to the runs themselves.

    python benchmarks/judge_price.py [--data mnist] [--data-dir DIR] [--optimizers 10] [--seeds 10] [--tuning]

Trains the MLP for 3 epochs at batch 128, untuned, one thread a run and one run a core; then judges every pair and
writes the record and the page. With ``--tuning`` one study of 16 trials of each optimizer comes first. Times
are of a folder that is new: nothing is found there. The target on two cores: 5 minutes untuned, 20 with tuning.
"""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

import steepest
from steepest.comparison.comparison import Comparison
from steepest.comparison.folder import conclude
from steepest.comparison.question import question_of
from steepest.comparison.work import Making, comparing
from steepest.config import Config
from steepest.pages.comparison.page import comparison_page
from steepest.pages.comparison.text import comparison_text
from steepest.pages.document import document
from steepest.plan import cores

OPTIMIZERS = [*("sgd", "momentum", "nesterov", "adagrad", "rmsprop"), *("adam", "adamw", "nadam", "radam", "lion")]


def main() -> None:
    """Print the seconds of each part."""
    asked = arguments()
    names = OPTIMIZERS[: asked.optimizers]
    base = Config(model="mlp", data=asked.data, epochs=3, batch_size=128)
    with tempfile.TemporaryDirectory() as folder:
        tuned = tune(names, base, Path(folder), asked.data_dir) if asked.tuning else 0.0
        made = compare(names, base, asked.seeds, Path(folder), asked.data_dir)
    print(f"all together      {tuned + made:7.1f} s")


def arguments() -> argparse.Namespace:
    """Return what was asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--optimizers", type=int, default=len(OPTIMIZERS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tuning", action="store_true")
    return parser.parse_args()


def tune(names: list[str], base: Config, folder: Path, data_dir: Path | None) -> float:
    """Tune each optimizer once; print and return the seconds."""
    began = perf_counter()
    runs = 0.0
    for name in names:
        found = steepest.tune(name, base, out=folder, data_dir=data_dir)
        runs += sum(each.seconds for each in found.trials)
    return told("one tuning study", perf_counter() - began, runs)


def compare(names: list[str], base: Config, seeds: int, folder: Path, data_dir: Path | None) -> float:
    """Compare the optimizers at their default learning rates; print and return the seconds."""
    began = perf_counter()
    question = question_of(names, base, fixed=True, seeds=seeds)
    comparison = finished(comparing(question, folder, data_dir=data_dir))
    made = told("paired runs", perf_counter() - began, sum(r.seconds for r in comparison.results))
    began = perf_counter()
    comparison = conclude(comparison, folder)
    text = comparison_text(comparison)
    judged = perf_counter() - began
    began = perf_counter()
    document(comparison_page(comparison))
    drawn = perf_counter() - began
    print(f"verdicts, record  {judged:7.1f} s   {len(comparison.verdicts)} pairs")
    print(f"page              {drawn:7.1f} s")
    print(text)
    return made + judged + drawn


def finished(making: Making) -> Comparison:
    """Return what the generator returns."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            comparison: Comparison = end.value
            return comparison


def told(what: str, wall: float, runs: float) -> float:
    """Print wall time beside the runs' own, and return the wall time."""
    share = runs / (wall * cores())
    print(f"{what:16}  {wall:7.1f} s   {runs:.1f} s of training on {cores()} cores: {share:.0%} busy")
    return wall


if __name__ == "__main__":
    main()
