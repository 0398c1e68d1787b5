"""``steepest compare`` and ``steepest tune``: does this one beat that one, and at which settings?"""

import json as json_format
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..comparison.design import DEFAULT_TRIALS
from ..errors import UserError, printable
from ..portable import start_portable
from ..verbs.settings import sides_from
from .ending import load_torch
from .options import AllowCode, AsJson, ConfigFile, DataDir, Model, Portable, print_json
from .settings import FINER, OF_EACH_RUN, WORKERS, Asked, Settings, Workers, config_of, given

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..comparison.tuned import Tuned


def compare(
    *sides: Annotated[str, Parameter(help="VALUE, or VALUE@setting=value@setting=value for this side alone.")],
    asked: Annotated[Asked | None, Parameter(name="*")] = None,
    against: Annotated[str | None, Parameter(help="Further sides with commas between, for --candidate.")] = None,
    out: Annotated[
        Path | None, Parameter(help="The folder of the runs and the page; by default in comparisons/.")
    ] = None,
    claim: Annotated[Path | None, Parameter(help="Write a file that `steepest verify` can check.")] = None,
    json: AsJson = False,
    model: Annotated[Model, Parameter(group=OF_EACH_RUN)] = None,
    settings: Annotated[Settings | None, Parameter(name="*", group=OF_EACH_RUN)] = None,
    config: Annotated[ConfigFile, Parameter(group=OF_EACH_RUN)] = None,
    data_dir: Annotated[DataDir, Parameter(group=OF_EACH_RUN)] = None,
    allow_code: Annotated[AllowCode, Parameter(group=OF_EACH_RUN)] = False,
    portable: Annotated[Portable, Parameter(group=OF_EACH_RUN)] = False,
    curve: Annotated[
        bool, Parameter(help="Also report what smaller tuning budgets would have chosen.", group=FINER)
    ] = True,
    who: Annotated[Workers | None, Parameter(name="*", group=WORKERS)] = None,
) -> None:
    """Say whether one optimizer, or value of any setting, beats another: better, worse, equivalent or undecided.

    Unless --fixed is given, every side is tuned alike: in each of 10 independent studies it tries 16 settings,
    spread quasi-randomly over its learning rate (and over what its rule declares), the best is chosen on
    validation images, and runs with two other seeds are measured on the test split. A study is then one unit of
    the statistics. With --fixed the settings are taken as they are given, and a seed is a unit.

    The sides of a pair share initial weights, batches and augmentation. What was trained before is not trained
    again: a stopped command goes on when it is repeated.

    Example:  steepest compare adam momentum sgd --data mnist5k --model mlp

    Example:  steepest compare --candidate my_rule.py:MyRule --against sgd,adam --until-decided --claim claim.json

    Example:  steepest compare mlp lenet5 --vary model --optimizer adam --fixed --seeds 20
    """
    asked = asked or Asked()
    flags = given(model, settings)
    texts = sides_from(sides, against, asked.vary, asked.candidate, flags)
    base = config_of(config, flags, allow_code)

    if portable:
        start_portable()
    load_torch()  # not before all flags are read
    from ..comparison.folder import PAGE, default_folder
    from ..comparison.question import question_of
    from ..verbs.compare import events
    from .progress import watched

    question = question_of(texts, base, **asdict(asked))
    folder = out or default_folder(question)
    engine = (who or Workers()).ready()
    _announce(question, folder)
    made = events(question, folder, claim=claim, engine=engine, data_dir=data_dir, curve=curve, portable=portable)
    watched(made, lambda comparison: _show(comparison, folder, json))
    told = [f"page: {folder / PAGE}", *([f"claim: {claim}"] if claim else [])]
    print("\n".join(map(printable, told)), file=sys.stderr)


def _announce(question: Any, folder: Path) -> None:
    from ..comparison.question import out_of_reach
    from ..pages.comparison.text import design_line, subject

    names = ", ".join(side.name for side in question.sides)
    lines = [f"{names}: {subject(question)}", design_line(question), f"runs: {folder}"]
    note = out_of_reach(question.design, len(question.pairs))
    lines += [f"note: {note}"] if note else []
    print("\n".join(map(printable, lines)), file=sys.stderr, flush=True)


def _show(comparison: "Comparison", folder: Path, json: bool) -> None:
    from ..comparison.folder import RECORD
    from ..pages.comparison.text import comparison_text

    if json:
        record = json_format.loads((folder / RECORD).read_text())
        record.pop("format")  # that of the file
        print_json("compare", {"folder": str(folder.absolute()), **record})
    else:
        print(comparison_text(comparison), flush=True)


def tune(
    optimizer: Annotated[
        str, Parameter(help="A rule, torch.optim.CLASS or file.py:Class; :key=value,... sets it.")
    ],
    /,
    *,
    trials: Annotated[int, Parameter(help="Settings that each study tries.")] = DEFAULT_TRIALS,
    studies: Annotated[
        int, Parameter(help="Independent tunings, to see how much the choice depends on luck.")
    ] = 1,
    out: Annotated[
        Path | None, Parameter(help="The folder of the runs and the page; by default in comparisons/.")
    ] = None,
    json: AsJson = False,
    model: Annotated[Model, Parameter(group=OF_EACH_RUN)] = None,
    settings: Annotated[Settings | None, Parameter(name="*", group=OF_EACH_RUN)] = None,
    config: Annotated[ConfigFile, Parameter(group=OF_EACH_RUN)] = None,
    data_dir: Annotated[DataDir, Parameter(group=OF_EACH_RUN)] = None,
    allow_code: Annotated[AllowCode, Parameter(group=OF_EACH_RUN)] = False,
    portable: Annotated[Portable, Parameter(group=OF_EACH_RUN)] = False,
    who: Annotated[Workers | None, Parameter(name="*", group=WORKERS)] = None,
) -> None:
    """Tune an optimizer's learning rate, and what its rule declares, as `steepest compare` tunes each side.

    The trials are spread quasi-randomly over four decades around the rule's default learning rate; where the best
    lies at the edge the range is widened. The best is chosen on validation images; the test split is not touched.

    Example:  steepest tune momentum --model mlp --data mnist5k --epochs 3
    """
    flags = given(model, settings)
    if "optimizer" in flags:
        raise UserError("The optimizer is named first: steepest tune adam")
    base = config_of(config, flags, allow_code)

    if portable:
        start_portable()
    load_torch()  # not before all flags are read
    from ..comparison.folder import default_folder
    from ..comparison.tuned import question_to_tune
    from ..verbs.compare import TUNING_PAGE, tuning_events
    from .progress import watched

    question = question_to_tune(optimizer, base, studies=studies, trials=trials)
    folder = out or default_folder(question)
    engine = (who or Workers()).ready()
    print(f"runs: {folder}", file=sys.stderr, flush=True)
    made = tuning_events(question, folder, engine=engine, data_dir=data_dir, portable=portable)
    watched(made, lambda tuned: _show_tuned(tuned, folder, json))
    print(f"page: {folder / TUNING_PAGE}", file=sys.stderr)


def _show_tuned(tuned: "Tuned", folder: Path, json: bool) -> None:
    from ..pages.comparison.tuning import tuned_record, tuned_text

    if json:
        print_json("tune", {**tuned_record(tuned), "folder": str(folder.absolute())})
    else:
        print(tuned_text(tuned), flush=True)
