"""Evaluations, epochs and runs as plain text for a terminal."""

from collections.abc import Iterable, Sequence
from shutil import get_terminal_size

from ..errors import SteepestError
from ..evaluation import ConfusedPair, Evaluation, WrongImage
from ..history import best_epoch
from ..runs import Run
from .columns import aligned, columns_of, shortened
from .wording import counted, duration, interval_text, number, percent, printable

BAR = 20  # columns: a twentieth is 5 %
NAME = 24  # columns of a class's name
CELL = 5  # columns of a count in the matrix: up to 9,999 images and a gap
PAIRS, WRONG = 5, 5  # how many to show


def evaluation_text(evaluation: Evaluation, width: int | None = None) -> str:
    """Return an evaluation for a person to read.

    Args:
        evaluation: of any split.
        width: columns of the terminal; None asks the terminal, and takes 80 where there is none.
    """
    width = width or get_terminal_size().columns
    parts = [
        _headline(evaluation),
        _score_lines(evaluation, width),
        _matrix(evaluation, width),
        _pairs(evaluation),
        _wrong(evaluation),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _headline(evaluation: Evaluation) -> list[str]:
    right = f"{evaluation.correct:,} of {counted(len(evaluation), 'image')} right"
    interval = f"95% interval {interval_text(evaluation.interval)}"
    return [
        f"{evaluation.split} accuracy {percent(evaluation.accuracy)}  ({right})",
        interval,
        f"loss {number(evaluation.loss)} nats, calibration error {percent(evaluation.calibration_error)}",
        *(f"note: {printable(note)}" for note in evaluation.notes),
    ]


def _score_lines(evaluation: Evaluation, width: int) -> list[str]:
    rows: list[tuple[str, ...]] = [("class", "precision", "recall", "F1", "images", "")]
    rows += [
        (
            _short(row.name),
            *(percent(share, 1) for share in (row.precision, row.recall, row.f1)),
            f"{row.images:,}",
            bar(row.f1, BAR),
        )
        for row in [*evaluation.class_scores, *evaluation.mean_scores]
    ]
    lines = aligned(rows, words=1)
    if max(map(columns_of, lines)) > width:
        lines = aligned([row[:-1] for row in rows], words=1)
    means = len(lines) - 2
    return [*lines[:means], "", *lines[means:]]


def bar(share: float, columns: int = BAR) -> str:
    """Return a fraction in [0, 1] as a bar of plain characters; only all of it fills it.

    >>> bar(0.5, 8), bar(0.999, 8)
    ('####....', '#######.')
    """
    filled = int(share * columns + 1e-9)
    return "#" * filled + "." * (columns - filled)


def _matrix(evaluation: Evaluation, width: int) -> list[str]:
    names = [_short(name) for name in evaluation.classes]
    headings = names
    if max(map(columns_of, names)) > CELL - 1:  # then a column is headed by its class's number
        headings = [str(place) for place in range(len(names))]
        names = [f"{place} {name}" for place, name in enumerate(names)]
    # a zero is a dot: what is not zero can then be seen
    counts = [
        [str(count) if count else "." for count in row] for row in evaluation.confusion.tolist()
    ]
    rows = [("", *headings), *((name, *row) for name, row in zip(names, counts, strict=True))]
    lines = aligned(rows, words=1)
    if columns_of(lines[0]) > width:
        size = counted(len(names), "class", "classes")
        return [
            f"confusion matrix: {size} are too many for {width} columns;",
            "see confusion.csv or report.html in the run",
        ]
    return ["confusion matrix (a row: true class, a column: predicted)", *lines]


def _pairs(evaluation: Evaluation) -> list[str]:
    pairs = evaluation.confused_pairs(PAIRS)
    lines = _listed([(_taken(each), counted(each.count, "image")) for each in pairs])
    return ["most confused", *lines] if pairs else []


def _wrong(evaluation: Evaluation) -> list[str]:
    wrong = evaluation.wrong_images(WRONG)
    lines = _listed(
        [
            (_taken(each), f"{percent(each.probability, 1):>6}", each.name or f"row {each.row}")
            for each in wrong
        ]
    )
    return ["surest wrong images", *lines] if wrong else ["no image got another class than its own"]


def _taken(each: ConfusedPair | WrongImage) -> str:
    return f"{_short(each.true)} taken for {_short(each.predicted)}"


def epoch_line(row: dict[str, float], epochs: int, seconds: float) -> str:
    """Return an epoch as one line.

    Args:
        row: of ``Epoch``.
        epochs: how many there will be.
        seconds: what it took.

    >>> epoch_line({"epoch": 3, "lr": 0.001, "train_loss": 0.41, "train_accuracy": 0.9}, 12, 1.25)
    'epoch  3/12   loss 0.4100  accuracy 90.00%   lr 0.001  1.2 s'
    """
    epoch = f"epoch {row['epoch']:{len(str(epochs))}.0f}/{epochs}"
    parts = [epoch, f"loss {number(row['train_loss'])}  accuracy {percent(row['train_accuracy'])}"]
    if "val_loss" in row:
        parts.append(
            f"validation loss {number(row['val_loss'])}  accuracy {percent(row['val_accuracy'])}"
        )
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
