"""``steepest evaluate``: measure a run on images that it has not seen."""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def evaluate(
    run: Annotated[str, Parameter(help="A run's folder, or its name under runs/.")],
    /,
    *,
    split: Annotated[
        Literal["test", "validation", "train"], Parameter(help="Which images.")
    ] = "test",
    weights: Annotated[Literal["best", "last"], Parameter(help="Which weights.")] = "best",
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Measure a run on images it has not seen, and write its report.

    Prints loss, accuracy with a 95 % interval, precision and recall per class, the confusion matrix, the
    calibration error and the surest wrong images; writes report.html and its pictures into the run.

    Example:  steepest evaluate runs/mnist5k-digits-cnn-adam-1
    """
    from ..reporting.report import write_report
    from ..reporting.text import evaluation_text
    from ..runs import Run

    opened = Run.open(run)
    dataset = opened.dataset(data_dir)
    evaluation = opened.evaluate(split, weights, dataset)
    if json:
        told = {"run": str(opened.path), "weights": weights, **evaluation.to_dict()}
        print(json_format.dumps(told), flush=True)
    else:
        print(evaluation_text(evaluation), flush=True)
    # last: where nothing can be written, the numbers are there all the same
    write_report(opened, evaluation, dataset.splits[split])
    print(f"Report: {opened.path / 'report.html'}", file=sys.stderr)
