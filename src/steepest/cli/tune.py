"""``steepest tune``: find an optimizer's settings on validation images."""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import UserError
from .loading import load_torch
from .settings import Settings, config_of
from .workers import Workers

PAGE = "tuning.html"


def tune(
    optimizer: Annotated[
        str, Parameter(help="A rule, torch.optim.CLASS or file.py:Class; :key=value,... sets it.")
    ],
    /,
    *,
    model: Annotated[
        str | None, Parameter(help="A named model, a notation, or file.py:Class.")
    ] = None,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
    config: Annotated[
        Path | None, Parameter(help="A TOML file of settings; flags win over it.")
    ] = None,
    trials: Annotated[int, Parameter(help="Settings that each study tries.")] = 16,
    studies: Annotated[
        int, Parameter(help="Independent tunings, to see how much the choice depends on luck.")
    ] = 1,
    out: Annotated[
        Path | None,
        Parameter(help="The folder of the runs and the page; by default in comparisons/."),
    ] = None,
    who: Annotated[Workers | None, Parameter(name="*")] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are, or are put.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Tune an optimizer's learning rate, and what its rule declares, as `steepest compare` tunes each side.

    The trials are spread quasi-randomly over four decades around the rule's default learning rate; where the best
    lies at the edge the range is widened. The best is chosen on validation images; the test split is not touched.

    Example:  steepest tune momentum --model mlp --data mnist5k --epochs 3
    """
    if settings is not None and settings.optimizer is not None:
        raise UserError("The optimizer is named first: steepest tune adam")
    base = config_of(config, model, settings)

    load_torch()  # not before all flags are read
    from ..comparison.folder import default_folder
    from ..comparison.tuned import question_to_tune, tuning
    from ..reporting.tuning_page import write_page
    from ..reporting.tuning_text import tuned_record, tuned_text
    from .making import watched

    question = question_to_tune(optimizer, base, studies=studies, trials=trials)
    folder = out or default_folder(question)
    engine = (who or Workers()).ready()
    print(f"runs: {folder}", file=sys.stderr, flush=True)
    tuned = watched(tuning(question, folder, engine=engine, data_dir=data_dir))
    print(json_format.dumps(tuned_record(tuned)) if json else tuned_text(tuned), flush=True)
    write_page(tuned, folder / PAGE)
    print(f"page: {folder / PAGE}", file=sys.stderr)
