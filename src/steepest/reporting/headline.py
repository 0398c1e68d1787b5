"""The top of a report: what was trained, how well it did, and what must be known with that number."""

from ..evaluation import Evaluation
from ..runs import Run
from .about_run import time_taken
from .commands import verb_command
from .markup import Html, element, joined, markup
from .wording import counted, interval_text, number, percent

CAUTIONS = {
    "validation": "The kept weights were chosen on these images, so this accuracy is a little too high.",
    "train": "The network was trained on these images: this says nothing about images it has not seen.",
}


def headline(run: Run, evaluation: Evaluation | None) -> Html:
    """Return the title, the accuracy with its interval, the main numbers, and the notes."""
    config = run.config
    title = element("h1", config.model, element("small", " on "), config.data)
    described = (
        f"Run {run.name}: {config.optimizer}, batches of {config.batch_size}, seed {config.seed}."
    )
    notes = [element("p", note, class_="note", role="note") for note in _notes(run, evaluation)]
    number_first = [] if evaluation is None else [_accuracy(evaluation)]
    return element(
        "header",
        title,
        element("p", described, class_="quiet"),
        *number_first,
        _facts(run, evaluation),
        *notes,
    )


def _accuracy(evaluation: Evaluation) -> Html:
    right = f"{evaluation.correct:,} of {counted(len(evaluation), 'image')} right"
    interval = f"95% interval {interval_text(evaluation.interval)}; {right}"
    return element(
        "p",
        element("b", percent(evaluation.accuracy), class_="number"),
        element("span", f"{evaluation.split} accuracy"),
        element("span", interval, class_="quiet"),
        class_="accuracy",
    )


def _facts(run: Run, evaluation: Evaluation | None) -> Html:
    facts = {
        "epochs": f"{run.epochs_done} of {run.config.epochs}",
        "training time": time_taken(run),
    }
    if evaluation is not None:
        facts = {
            f"{evaluation.split} loss": f"{number(evaluation.loss)} nats",
            "calibration error": percent(evaluation.calibration_error),
            **facts,
        }
    pairs = (
        element("div", element("dt", said), element("dd", what)) for said, what in facts.items()
    )
    return element("dl", *pairs, class_="facts")


def run_notes(run: Run) -> list[Html]:
    """Return what must be known of a run: notes of its data, and whether it is finished."""
    notes = [markup(note) for note in run.environment["data"]["notes"]]
    if not run.finished:
        command = element("code", verb_command("train --resume", run))
        notes.append(joined(["The training is not finished. Go on with ", command]))
    return notes


def _notes(run: Run, evaluation: Evaluation | None) -> list[Html]:
    """Return every sentence that must stand beside the numbers."""
    notes = run_notes(run)
    if evaluation is not None:
        said = (*evaluation.notes, CAUTIONS.get(evaluation.split, ""))
        notes += [markup(each) for each in said if each and markup(each) not in notes]
    if evaluation is None or evaluation.split != "test":
        command = element("code", verb_command("evaluate", run))
        notes.append(joined(["The test split is not in this report. Measure it with ", command]))
    return notes
