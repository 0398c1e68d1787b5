"""How an evaluation and a run show themselves in a notebook: fragments that take its colours."""

from ..evaluation import Evaluation
from ..history import best_epoch
from ..runs import Run
from . import about_evaluation
from .about_run import fold, time_taken
from .curves import curves
from .document import styles
from .headline import run_notes
from .markup import Html, element
from .wording import counted, interval_text, number, percent


def evaluation_html(evaluation: Evaluation) -> str:
    """Return an evaluation's headline, and its tables behind folds."""
    right = f"{evaluation.correct:,} of {counted(len(evaluation), 'image')} right"
    said = (
        f"95% interval {interval_text(evaluation.interval)}; {right}; loss {number(evaluation.loss)} nats; "
        f"calibration error {percent(evaluation.calibration_error)}"
    )
    return _fragment(
        element("b", f"{evaluation.split} accuracy {percent(evaluation.accuracy)}"),
        element("div", said),
        *(element("div", note, class_="note") for note in evaluation.notes),
        fold("Classes", about_evaluation.per_class(evaluation)),
        fold("Confusion matrix", about_evaluation.confusion(evaluation)),
        fold("Most confused", about_evaluation.confused_pairs(evaluation)),
        fold("Surest wrong images", about_evaluation.wrong_images(evaluation, None)),
        fold("Calibration", about_evaluation.calibration(evaluation)),
    )


def run_html(run: Run) -> str:
    """Return a run's name, how far it is, and its curves."""
    config, rows = run.config, run.metrics
    done = f"{run.epochs_done} of {counted(config.epochs, 'epoch')}"
    drawn = [curves(rows, best_epoch(rows))] if rows else []
    return _fragment(
        element("b", f"{config.model} on {config.data}"),
        element("div", f"run {run.name}: {config.optimizer}, {done}, {time_taken(run)}"),
        *(element("div", note, class_="note") for note in run_notes(run)),
        *drawn,
    )


def _fragment(*children: Html) -> str:
    style = element("style", styles("charts.css"), styles("notebook.css"))
    return element("div", style, *children, class_="steepest")
