"""The verbs of a run that has been trained: list, evaluate, predict, explain, report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from ..errors import SteepestError, printable
from ..verbs import runs as verbs
from .options import AllowCode, AsJson, DataDir, RunName, command, print_json, print_note

if TYPE_CHECKING:
    from ..explanation import Explanation, LabelRanking
    from ..runs.predicting import Predictions
    from ..runs.run import Run

app = App(name="runs", help="List the runs there are.")
Split = Literal["test", "validation", "train"]


@app.command(name="list")
def list_(
    folder: Annotated[Path, Parameter(help="The folder that holds the runs.")] = Path("runs"),
    /,
    *,
    json: AsJson = False,
) -> None:
    """List the runs of a folder, the newest first.

    Example:  steepest runs list
    """
    from ..pages.run.text import runs_table
    from ..runs.run import list_runs

    runs = list_runs(folder)
    if json:
        print_json("runs list", {"runs": [_told(run) for run in runs]})
    elif runs:
        print(runs_table(runs))
    else:
        print(f"There are no runs in {folder}/ yet. Make one: steepest train digits-cnn --data mnist5k")


def _told(run: "Run") -> dict[str, Any]:
    """Return a run's summary; of a run that cannot be read, what is wrong with it."""
    from ..runs.run import summary

    try:
        return summary(run)
    except SteepestError as error:
        return {"run": str(run.path.absolute()), "error": str(error)}


def evaluate(
    run: RunName,
    /,
    *,
    split: Annotated[Split, Parameter(help="Which images.")] = "test",
    weights: Annotated[Literal["best", "last"], Parameter(help="Which weights.")] = "best",
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
    json: AsJson = False,
) -> None:
    """Measure a run on images it has not seen, and write its report.

    Prints loss, accuracy with a 95 % interval, precision and recall per class, the confusion matrix, the
    calibration error and the surest wrong images; writes report.html and its pictures into the run.

    Example:  steepest evaluate runs/mnist5k-digits-cnn-adam-1
    """
    from ..evaluation import Evaluation
    from ..pages.run.text import evaluation_text
    from ..runs.run import Run

    opened = Run.open(run, allow_code=allow_code, note=print_note)
    for event in verbs.evaluating(opened, split, weights, data_dir):
        if not isinstance(event, Evaluation):
            print_note(f"Report: {event[0]}")
        elif json:
            print_json("evaluate", {"run": _place(run), "weights": weights, **event.to_dict()})
        else:
            print(evaluation_text(event), flush=True)


def _place(run: str) -> str:
    from ..runs.run import Run

    return str(Run.open(run).path.absolute())


@command(verbs.report, split=Literal[Split, "none"])
def report(paths: list[Path], *, run: str, json: AsJson = False) -> None:
    """Print where a report and its pictures are."""
    if json:
        print_json("report", {"run": _place(run), "files": [str(path.absolute()) for path in paths]})
    else:
        print("\n".join(map(printable, paths[:4])))


@command(
    verbs.predict,
    images=Annotated[list[Path], Parameter(help="Image files, or one folder: its answer is a CSV.")],
    out=Annotated[Path | None, Parameter(help="Where the CSV goes; by default standard output.")],
)
def predict(
    found: "Predictions", *, run: str, images: list[Path], top: int, out: Path | None, json: AsJson = False
) -> None:
    """Print what is on images."""
    if json:
        print_json("predict", {"run": _place(run), **found.to_dict(top)})
    elif out:
        return
    elif any(path.is_dir() for path in images):
        sys.stdout.write(found.to_csv(top))
    else:
        for path, ranking in zip(found.files or (), found.rankings(top), strict=True):
            print(printable(f"{path}: " + "  ".join(f"{name} {share:.1%}" for name, share in ranking)))


@command(verbs.explain, work=verbs.take_apart, images=list[str] | None, layer=list[str] | None, split=Split)
def explain(
    answer: "tuple[Explanation | LabelRanking, list[Path]]", *, run: str, top: int, json: AsJson = False
) -> None:
    """Print what was found in a run, and where it is written."""
    from ..explanation import Explanation
    from ..pages.explanation.words import explanation_text, label_errors_text

    found, written = answer
    if json:
        told = found.to_dict() if isinstance(found, Explanation) else found.to_dict(top)
        print_json("explain", {"run": _place(run), **told, "files": [str(p.absolute()) for p in written]})
    elif isinstance(found, Explanation):
        print(explanation_text(found, written))
    else:
        print(label_errors_text(found, top, written))
