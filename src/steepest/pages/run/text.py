"""Evaluations, epochs and runs as plain text for a terminal."""

from collections.abc import Iterable, Sequence
from shutil import get_terminal_size

from ...content.text import (
    NAME,
    aligned,
    counted,
    duration,
    interval_text,
    matrix_lines,
    number,
    percent,
    shortened,
    table_lines,
)
from ...errors import SteepestError, printable
from ...evaluation import ConfusedPair, Evaluation, WrongImage
from ...runs.run import Run
from ...training.history import best_epoch
from .evaluation import confusion, per_class

PAIRS, WRONG = 5, 5  # how many to show


def evaluation_text(evaluation: Evaluation, width: int | None = None) -> str:
    """Return an evaluation for a person to read.

    Args:
        evaluation: of any split.
        width: columns of the terminal; None asks the terminal, and takes 80 where there is none.
    """
    width = width or get_terminal_size().columns
    scores = table_lines(per_class(evaluation), width, NAME)
    scores.insert(len(scores) - 2, "")  # above the means
    told = _matrix(evaluation, width), _pairs(evaluation), _wrong(evaluation)
    return "\n\n".join("\n".join(lines) for lines in (_headline(evaluation), scores, *told) if lines)


def _headline(evaluation: Evaluation) -> list[str]:
    right = f"{evaluation.correct:,} of {counted(len(evaluation), 'image')} right"
    return [
        f"{evaluation.split} accuracy {percent(evaluation.accuracy)}  ({right})",
        f"95% interval {interval_text(evaluation.interval)}",
        f"loss {number(evaluation.loss)} nats, calibration error {percent(evaluation.calibration_error)}",
        *(f"note: {printable(note)}" for note in evaluation.notes),
    ]


def _matrix(evaluation: Evaluation, width: int) -> list[str]:
    lines = matrix_lines(confusion(evaluation), width)
    if len(lines) > 1:
        return ["confusion matrix (a row: true class, a column: predicted)", *lines]
    return [f"confusion matrix: {lines[0]};", "see confusion.csv or report.html in the run"]


def _pairs(evaluation: Evaluation) -> list[str]:
    pairs = evaluation.confused_pairs(PAIRS)
    lines = _listed([(_taken(each), counted(each.count, "image")) for each in pairs])
    return ["most confused", *lines] if pairs else []


def _wrong(evaluation: Evaluation) -> list[str]:
    wrong = evaluation.wrong_images(WRONG)
    lines = _listed(
        [(_taken(each), f"{percent(each.probability, 1):>6}", each.name or f"row {each.row}") for each in wrong]
    )
    return ["surest wrong images", *lines] if wrong else ["no image got another class than its own"]


def _taken(each: ConfusedPair | WrongImage) -> str:
    return f"{_short(each.true)} taken for {_short(each.predicted)}"


def epoch_line(row: dict[str, float], epochs: int, seconds: float) -> str:
    """Return an epoch, of so many, and the seconds that it took as one line.

    >>> epoch_line({"epoch": 3, "lr": 0.001, "train_loss": 0.41, "train_accuracy": 0.9}, 12, 1.25)
    'epoch  3/12   loss 0.4100  accuracy 90.00%   lr 0.001  1.2 s'
    """
    epoch = f"epoch {row['epoch']:{len(str(epochs))}.0f}/{epochs}"
    parts = [epoch, f"loss {number(row['train_loss'])}  accuracy {percent(row['train_accuracy'])}"]
    if "val_loss" in row:
        parts.append(f"validation loss {number(row['val_loss'])}  accuracy {percent(row['val_accuracy'])}")
    parts.append(f"lr {row['lr']:.4g}  {duration(seconds)}")
    return "   ".join(parts)


def runs_table(runs: Iterable[Run]) -> str:
    """Return a line per run; of a run that cannot be read, what is wrong with it."""
    headings = ("run", "model", "data", "optimizer", "epochs", "loss", "val accuracy", "time")
    readable, broken = [], []
    for run in runs:
        try:
            readable.append(_run_cells(run))
        except (SteepestError, KeyError, ValueError) as error:
            broken.append(f"{run.name}: {printable(error)}")
    lines = aligned([headings, *readable], words=4) if readable else []
    return "\n".join([*lines, *broken])


def _run_cells(run: Run) -> tuple[str, ...]:
    rows, config = run.metrics, run.config
    best = rows[best_epoch(rows) - 1] if rows else {}
    return (
        printable(run.name),
        *(_short(each) for each in (config.model, config.data, config.optimizer)),
        f"{len(rows)}/{config.epochs}",
        number(best["train_loss"]) if best else "-",
        percent(best["val_accuracy"]) if "val_accuracy" in best else "-",
        duration(sum(row.get("seconds", 0.0) for row in rows)),
    )


def _listed(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows of words as indented lines."""
    plain = [[printable(cell) for cell in row] for row in rows]
    return [f"  {line}" for line in aligned(plain, words=len(plain[0]))] if plain else []


def _short(name: str) -> str:
    return shortened(printable(name), NAME)
