"""``steepest explain``: take a run apart."""

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..errors import UserError

if TYPE_CHECKING:
    from ..data import Dataset
    from ..runs import Run

IMAGES_HELP = (
    "Rows (0,5,17), file names of the split, or picture files; by default row 0. May be repeated."
)
LAYER_HELP = "Whose feature maps: names such as conv1,fc1, or all. May be repeated."


def explain(
    run: Annotated[str, Parameter(help="A run's folder, or its name under runs/.")],
    /,
    *,
    images: Annotated[list[str] | None, Parameter(help=IMAGES_HELP, negative="")] = None,
    split: Annotated[
        Literal["test", "validation", "train"], Parameter(help="Which images rows belong to.")
    ] = "test",
    layer: Annotated[list[str] | None, Parameter(help=LAYER_HELP, negative="")] = None,
    wrong: Annotated[
        int, Parameter(help="How many wrong images to explain, the surest first.")
    ] = 12,
    label_errors: Annotated[
        bool,
        Parameter(
            help="Rank the training labels by doubt instead; trains once a fold.", negative=""
        ),
    ] = False,
    folds: Annotated[int, Parameter(help="Of --label-errors.")] = 5,
    top: Annotated[int, Parameter(help="How many doubtful labels to show.")] = 40,
    out: Annotated[
        Path | None, Parameter(help="Where files go; by default explanation/ in the run.")
    ] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Take a run apart: feature maps, weights as images, what answers lean on, and why images are wrong.

    Writes explanation.html and PNG pictures, and puts the chief ones into the run's report.html. With
    --label-errors, every training image is judged by networks that never saw it, and the labels they doubt most
    are ranked in label-errors.html and .csv.

    Example:  steepest explain runs/mnist5k-digits-cnn-adam-1 --images 0,5,17 --layer conv1
    """
    from ..reporting.explanation_summary import FOLDER
    from ..runs import Run

    opened = Run.open(run)
    folder = out or opened.path / FOLDER
    if label_errors:
        asked = {"--images": images, "--layer": layer}
        for flag, value in asked.items():
            if value:
                raise UserError(f"--label-errors ranks all training images: leave {flag} away.")
        _rank_labels(opened, folder, folds=folds, top=top, data_dir=data_dir, json=json)
        return
    _take_apart(
        opened,
        folder,
        images=images or [],
        split=split,
        layers=layer or ["all"],
        wrong=wrong,
        data_dir=data_dir,
        json=json,
    )


def _take_apart(
    run: "Run",
    folder: Path,
    *,
    images: list[str],
    split: str,
    layers: list[str],
    wrong: int,
    data_dir: Path | None,
    json: bool,
) -> None:
    from ..explanation import explain as explained
    from ..reporting.explanation_files import write_explanation
    from ..reporting.explanation_text import explanation_text

    dataset = run.dataset(data_dir)
    explanation = explained(run, images, split=split, layers=layers, wrong=wrong, dataset=dataset)
    written = write_explanation(explanation, folder)
    written += _reported(run, folder, split, dataset)
    if json:
        _print_json({**explanation.to_dict(), "files": list(map(str, written))})
        return
    print(explanation_text(explanation, written))


def _reported(run: "Run", folder: Path, split: str, dataset: "Dataset") -> list[Path]:
    """Show the explanation in the run's report, unless it was put elsewhere, where no report looks."""
    from ..reporting.explanation_summary import FOLDER
    from ..reporting.report import show_explanation, write_report

    if folder.resolve() != (run.path / FOLDER).resolve():
        return []
    if report := show_explanation(run):
        return [report]
    evaluation = run.evaluate(split, dataset=dataset)
    return write_report(run, evaluation, dataset.splits[split])[:1]


def _rank_labels(
    run: "Run", folder: Path, *, folds: int, top: int, data_dir: Path | None, json: bool
) -> None:
    from ..explanation import out_of_sample
    from ..reporting.explanation_files import write_label_errors
    from ..reporting.explanation_text import label_errors_text

    if top < 1:
        raise UserError(f"--top must be at least 1, not {top}.")
    dataset = run.source(data_dir)
    note = f"training {folds} times on {run.config.data}, each time without one of {folds} folds"
    print(note, file=sys.stderr)
    ranking = out_of_sample(
        run.config, dataset, folds, note=lambda line: print(line, file=sys.stderr)
    )
    title = f"{run.config.model} on {run.config.data}"
    written = write_label_errors(ranking, dataset.train, folder, title, top)
    if json:
        _print_json(
            {"run": str(run.path), **ranking.to_dict(top), "files": list(map(str, written))}
        )
        return
    print(label_errors_text(ranking, top, written))


def _print_json(values: dict[str, object]) -> None:
    print(json_format.dumps(values))
