"""``steepest compare``: does this one beat that one?"""

import json as json_format
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import UserError
from .asking import Asked
from .loading import load_torch
from .settings import Settings, config_of
from .workers import Workers

if TYPE_CHECKING:
    from ..comparison import Comparison

# `eps=1e-7` names no side: it belongs to the one before
CONTINUES = re.compile(r"\s*[A-Za-z_]\w*=")


def compare(
    *sides: Annotated[
        str, Parameter(help="VALUE, or VALUE@setting=value@setting=value for this side alone.")
    ],
    asked: Annotated[Asked | None, Parameter(name="*")] = None,
    against: Annotated[
        str | None, Parameter(help="Further sides with commas between, for --candidate.")
    ] = None,
    model: Annotated[
        str | None, Parameter(help="A named model, a notation, or file.py:Class.")
    ] = None,
    settings: Annotated[Settings | None, Parameter(name="*")] = None,
    config: Annotated[
        Path | None, Parameter(help="A TOML file of settings; flags win over it.")
    ] = None,
    curve: Annotated[
        bool, Parameter(help="Also report what smaller tuning budgets would have chosen.")
    ] = True,
    out: Annotated[
        Path | None,
        Parameter(help="The folder of the runs and the page; by default in comparisons/."),
    ] = None,
    claim: Annotated[
        Path | None, Parameter(help="Write a file that `steepest verify` can check.")
    ] = None,
    who: Annotated[Workers | None, Parameter(name="*")] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are, or are put.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
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
    texts = [*sides, *separated(against or "")]
    if asked.vary == "optimizer" and settings is not None and settings.optimizer is not None:
        raise UserError("The sides are optimizers here: leave --optimizer out, or give --vary.")
    if against is not None and asked.candidate is None:
        raise UserError("--against needs --candidate: the side that the claim is about.")
    base = config_of(config, model, settings)

    load_torch()  # not before all flags are read
    from ..comparison.comparing import comparing
    from ..comparison.folder import conclude, default_folder
    from ..comparison.question import question_of
    from .making import watched

    question = question_of(texts, base, **asdict(asked))
    folder = out or default_folder(question)
    engine = (who or Workers()).ready()
    _announce(question, folder)
    made = watched(comparing(question, folder, engine=engine, data_dir=data_dir, curve=curve))
    _show(conclude(made, folder, claim), claim, json)


def separated(texts: str) -> list[str]:
    """Return sides from a list with commas, some of which belong to a side's own settings.

    >>> separated("sgd,adam:beta1=0.8,eps=1e-7,sam of sgd@lr=0.1")
    ['sgd', 'adam:beta1=0.8,eps=1e-7', 'sam of sgd@lr=0.1']
    """
    found: list[str] = []
    for part in filter(None, (each.strip() for each in texts.split(","))):
        if found and CONTINUES.match(part):
            found[-1] += f",{part}"
        else:
            found.append(part)
    return found


def _announce(question: Any, folder: Path) -> None:
    from ..comparison.reach import out_of_reach
    from ..reporting.comparison_words import design_line, subject

    names = ", ".join(side.name for side in question.sides)
    lines = [f"{names}: {subject(question)}", design_line(question), f"runs: {folder}"]
    note = out_of_reach(question.design, len(question.pairs))
    lines += [f"note: {note}"] if note else []
    print("\n".join(lines), file=sys.stderr, flush=True)


def _show(comparison: "Comparison", claim: Path | None, json: bool) -> None:
    from ..comparison.folder import PAGE, RECORD
    from ..reporting.comparison_page import write_page
    from ..reporting.comparison_text import comparison_text

    folder = comparison.folder or Path()
    if json:
        record = json_format.loads((folder / RECORD).read_text())
        print(json_format.dumps({"folder": str(folder), **record}), flush=True)
    else:
        print(comparison_text(comparison), flush=True)
    # last: where nothing can be written, the numbers are there all the same
    write_page(comparison, folder / PAGE)
    told = [f"page: {folder / PAGE}", *([f"claim: {claim}"] if claim else [])]
    print("\n".join(told), file=sys.stderr)
