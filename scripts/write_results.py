"""Make the first published verdicts: docs/results.md, and beside it every reporting run as a table.

    python scripts/write_results.py [--out comparisons/results] [--data-dir DIR] [--workload NAME ...]

What was trained before is not trained again, so a stopped call goes on when it is repeated.
"""

import argparse
import csv
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from steepest import Comparison, compare
from steepest.comparison.costs import side_rows
from steepest.plan import cores
from steepest.runs.environment import package_version, processor

ROOT = Path(__file__).resolve().parent.parent
PAGE, TABLE = ROOT / "docs" / "results.md", ROOT / "docs" / "results.csv"
BLIND = ("blind-descent", "blind-descent:candidates=4")
RIVALS = ("sgd", "momentum", "adam")
RULES = (*RIVALS, "adamw", "rmsprop", "lion", "muon", "sam", *BLIND)
# ten rules are 45 pairs, and after Holm 10 studies could decide none of them: 2^(1 - 10) is above 0.05 / 45
STUDIES, TRIALS, MARGIN = 12, 6, 0.005
MARKS = {"better": "+", "worse": "−", "equivalent": "=", "undecided": "?"}


@dataclass(frozen=True)
class Workload:
    """What the rules are compared on.

    Args:
        name: for the reader.
        settings: of the config.
    """

    name: str
    settings: dict[str, Any]

    @property
    def command(self) -> str:
        """The command that makes this comparison."""
        sides = " ".join(RULES)
        flags = " ".join(f"--{key.replace('_', '-')} {value}" for key, value in self.settings.items())
        return f"steepest compare {sides} {flags} --studies {STUDIES} --trials {TRIALS} --no-curve"


WORKLOADS = {
    "softmax": Workload(
        "softmax regression, MNIST, 1 epoch",
        {"model": "softmax-regression", "data": "mnist", "epochs": 1, "batch_size": 128},
    ),
    "mlp": Workload("MLP, MNIST, 1 epoch", {"model": "mlp", "data": "mnist", "epochs": 1, "batch_size": 128}),
    "cnn": Workload(
        "Blind Descent's own CNN, 4,000 digits of MNIST, 1 epoch",
        {"model": "X3-32C5p2-M2-32C5-R-M2-10C5", "data": "mnist5k", "epochs": 1, "batch_size": 128},
    ),
    "norm": Workload(
        "MLP with batch norm, 4,000 digits of MNIST, 2 epochs",
        {"model": "F128-B-R-F64-B-R-F10", "data": "mnist5k", "epochs": 2, "batch_size": 64},
    ),
}


def main() -> None:
    """Make every comparison, and write the page and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("comparisons/results"))
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--workload", nargs="*", choices=list(WORKLOADS), default=list(WORKLOADS))
    asked = parser.parse_args()
    matrices = {name: made(name, asked) for name in asked.workload}
    PAGE.write_text(page(matrices))
    write_table(matrices)


def made(name: str, asked: argparse.Namespace) -> Comparison:
    """Return one comparison, trained where it is not yet."""
    print(f"{name}: {', '.join(RULES)}", file=sys.stderr, flush=True)
    return compare(
        RULES,
        out=asked.out / name,
        data_dir=asked.data_dir,
        studies=STUDIES,
        trials=TRIALS,
        margin=MARGIN,
        curve=False,
        **WORKLOADS[name].settings,
    )


def page(matrices: dict[str, Comparison]) -> str:
    """Return docs/results.md."""
    parts = [opening(matrices), "## Blind Descent against tuned SGD, momentum and Adam\n"]
    parts.append(blind_table(matrices))
    parts.append("## Ten optimizers, each pair on its own\n")
    parts += [matrix(WORKLOADS[name], made) for name, made in matrices.items()]
    return "\n".join(parts)


def opening(matrices: dict[str, Comparison]) -> str:
    """Return the page's head: what was done, with what, and how many pairs were decided."""
    pairs = [each for made in matrices.values() for each in made.verdicts.values()]
    decided = sum(each.decided for each in pairs)
    day, version, torch = (datetime.now(UTC).date(), package_version("steepest"), package_version("torch"))
    return f"""\
# The first verdicts

<!-- Written by scripts/write_results.py; `make results` writes it again. -->

{len(RULES)} optimizers on {len(matrices)} workloads, {STUDIES} independent tuning studies of {TRIALS} trials each,
2 reporting seeds a study. Test accuracy; a difference of {MARGIN:.1%} does not matter. Of {len(pairs)} pairs
{decided} are decided.

The pairs of a workload are corrected together, Holm for better and worse, Bonferroni for equivalent: the chance of
even one false verdict of either sort among them is at most 5 % where the differences are symmetric under "no
difference". Pairs of two different rules need not be: in recorded studies 6 to 14 % of the comparisons of one such
pair erred ([judge.md](judge.md)), so take a verdict near the limit for a hint. Every reporting run stands in
[results.csv](results.csv).

Ten optimizers make 45 pairs. With 10 studies the smallest p there can be is 0.00195, and 0.05 / 45 = 0.00111: no
optimizer could have been called better. Hence {STUDIES} studies. These are short trainings on small tuning
budgets; a verdict holds for them and not beyond.

{lacking(matrices)}Made by `make results` on {day.isoformat()}, with steepest {version} and torch {torch} on
{cores()} cores of {processor()}.
"""


def lacking(matrices: dict[str, Comparison]) -> str:
    """Return which workloads the page lacks, as a paragraph; nothing where it has all."""
    names = [each.name for key, each in WORKLOADS.items() if key not in matrices]
    return f"Not yet here: {'; '.join(names)}.\n\n" if names else ""


def blind_table(matrices: dict[str, Comparison]) -> str:
    """Return the verdicts on Blind Descent, counted and pair by pair: those of the matrices below."""
    rows, kinds = [], []
    for name, made in matrices.items():
        for rule, rival in product(BLIND, RIVALS):
            kind, mean, low, high, p = seen(made, rule, rival)
            kinds.append(kind)
            points = f"{100 * mean:+.2f} | {100 * low:+.2f} to {100 * high:+.2f}"
            count = rule.partition("=")[2] or "1"
            rows.append(f"| {WORKLOADS[name].name} | {count} | {rival} | {kind} | {points} | {p:.3g} |")
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in MARKS)
    return "\n".join(
        [
            f"In {len(kinds)} comparisons: {counts}. p is corrected for all {len(RULES)} optimizers' pairs; an",
            "interval is that of its pair alone.\n",
            "| workload | candidates | against | verdict | points | 95 % interval | p |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def seen(made: Comparison, rule: str, rival: str) -> tuple[str, float, float, float, float]:
    """Return a pair's verdict as the rule sees it: kind, mean, the interval's ends, and p."""
    told = made.seen_from(rule, rival)
    assert told is not None  # every pair of the matrix is judged
    verdict = made.verdicts.get((rule, rival)) or made.verdicts[rival, rule]
    low, high = verdict.low, verdict.high
    if (rule, rival) not in made.verdicts:
        low, high = -high, -low
    same = verdict.kind == "equivalent"
    return (*told, low, high, verdict.p_equivalent_adjusted if same else verdict.p_adjusted)


def matrix(workload: Workload, made: Comparison) -> str:
    """Return one workload's section: accuracies and costs, and the verdict of each pair."""
    rows = {each.side: each for each in side_rows(made)}
    order = sorted(made.sides, key=lambda side: -rows[side].mean)
    head = ["optimizer", "accuracy", "95 % interval", "forwards", "backwards", *map(str, range(1, len(order) + 1))]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for place, side in enumerate(order, 1):
        row = rows[side]
        verdicts = [made.seen_from(side, other) for other in order]
        marks = ["" if each is None else MARKS[each[0]] for each in verdicts]
        cells = [
            f"{place} `{side}`",
            f"{row.mean:.2%}",
            f"{row.low:.2%} to {row.high:.2%}",
            f"{row.forwards:,.0f}",
            f"{row.backwards:,.0f}",
            *marks,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    decided = sum(each.decided for each in made.verdicts.values())
    return "\n".join(
        [
            f"### {workload.name}\n",
            f"{decided} of {len(made.verdicts)} pairs decided. Against the one whose number heads the column,",
            "a row's optimizer is better (+), worse (−), equivalent (=) or it is undecided (?).\n",
            *lines,
            f"\n```\n{workload.command}\n```\n",
        ]
    )


def write_table(matrices: dict[str, Comparison]) -> None:
    """Write every reporting run as a row of docs/results.csv."""
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        head = ("workload", "optimizer", "study", "seed", "accuracy", "loss", "diverged")
        writer.writerow((*head, "forwards", "backwards", "seconds", "settings"))
        for name, made in matrices.items():
            for each in made.results:
                settings = ";".join(f"{key}={value:.6g}" for key, value in each.settings.items())
                numbers = (each.accuracy, f"{each.loss:.6g}", each.diverged)
                cost = (each.forwards, each.backwards, f"{each.seconds:.3f}")
                writer.writerow((name, each.side, each.unit, each.seed, *numbers, *cost, settings))


if __name__ == "__main__":
    main()
