"""``steepest report``: write a run's report again."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def report(
    run: Annotated[str, Parameter(help="A run's folder, or its name under runs/.")],
    /,
    *,
    split: Annotated[
        Literal["test", "validation", "train", "none"],
        Parameter(help="Which images to measure; none reports the training alone."),
    ] = "test",
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
) -> None:
    """Write a run's report.html and pictures again.

    Example:  steepest report runs/mnist5k-digits-cnn-adam-1 --split validation
    """
    from ..reporting.report import write_report
    from ..runs import Run

    opened = Run.open(run)
    if split == "none":
        paths = write_report(opened, None, None)
    else:
        dataset = opened.dataset(data_dir)
        evaluation = opened.evaluate(split, dataset=dataset)
        paths = write_report(opened, evaluation, dataset.splits[split])
    print("\n".join(str(path) for path in paths[:4]))
