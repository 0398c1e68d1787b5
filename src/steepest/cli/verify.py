"""``steepest verify``: is a claim, or a run, what it says?"""

import json as json_format
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import IntegrityError, UserError
from .loading import load_torch

DEFAULT_SAMPLE = 3


def verify(
    what: Annotated[str, Parameter(help="A claim's file, or a run's folder or name.")],
    /,
    *,
    sample: Annotated[
        int, Parameter(help="How many runs of a claim to train again, drawn at random; 0 for none.")
    ] = DEFAULT_SAMPLE,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Accept or refute a claim of `steepest compare --claim`, or a run; exit with 3 where something is refuted.

    Of a claim, every rule of its design is checked (seeds, trials, what was chosen by what), the verdicts are
    found anew from its numbers, and some of its runs are trained again: on the same kind of processor with the
    same torch and plan their weights must be the same to the byte, elsewhere their accuracy must lie within the
    spread over the claim's seeds. A run is trained again as a whole.

    Example:  steepest verify claim.json --sample 3

    Example:  steepest verify runs/mnist5k-mlp-adam-1
    """
    if sample < 0:
        raise UserError(f"--sample must be at least 0, not {sample}.")
    load_torch()
    from ..comparison.verifying import verify_claim, verify_run
    from ..runs import Run

    path = Path(what)
    if path.is_file() or path.suffix == ".json":
        found = verify_claim(path, sample=sample, data_dir=data_dir)
    else:
        found = verify_run(Run.open(what), data_dir=data_dir)
    if json:
        print(json_format.dumps(found.to_dict()), flush=True)
    else:
        print("\n".join(map(str, found.findings)), flush=True)
    if not found.accepted:
        names = ", ".join(dict.fromkeys(each.name for each in found.refuted))
        raise IntegrityError(f"{what} is refuted: {names}.")
    if not json:
        print(f"{what} is accepted.")
