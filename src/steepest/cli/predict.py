"""``steepest predict``: what a trained network sees on image files."""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import UserError


def predict(
    run: Annotated[str, Parameter(help="A run's folder, or its name under runs/.")],
    images: Annotated[
        list[Path], Parameter(help="Image files, or one folder: its answer is a CSV.")
    ],
    /,
    *,
    top: Annotated[int, Parameter(help="How many classes to name, the likeliest first.")] = 3,
    out: Annotated[
        Path | None, Parameter(help="Where a folder's CSV goes; by default standard output.")
    ] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Tell what is on image files.

    Every picture is first made into what the network saw in training: its size, its colours, and for digits
    cropped, scaled to 20x20 and centred by mass as MNIST was.

    Example:  steepest predict runs/mnist5k-digits-cnn-adam-1 my-seven.png
    """
    from ..predicting import as_csv, predict_files
    from ..runs import Run

    if top < 1:
        raise UserError(f"--top must be at least 1, not {top}.")
    opened = Run.open(run)
    folder = any(path.is_dir() for path in images)
    predictions = predict_files(opened, images, top, note=lambda line: print(line, file=sys.stderr))
    if json:
        print(
            json_format.dumps(
                {"run": str(opened.path), "images": [p.to_dict() for p in predictions]}
            )
        )
    elif folder or out:
        _put(as_csv(predictions, top), out)
    else:
        for prediction in predictions:
            ranking = "  ".join(f"{name} {share:.1%}" for name, share in prediction.ranking)
            print(f"{prediction.path}: {ranking}")


def _put(table: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(table)
        return
    try:
        out.write_text(table)
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from error
