"""The command that asks a comparison again, whoever asked it, and from where."""

import shlex
from typing import Any

from ..comparison.question import Question
from ..comparison.results import Criterion
from ..comparison.sides import Side
from ..config import NONE, Config
from .commands import flag


def compare_command(question: Question) -> str:
    """Return the command that asks a question."""
    common = _common(question)
    sides = {side.name: _written(side, question.vary, common) for side in question.sides}
    words = ["steepest compare", *_sides(question, sides), *_base(question, common)]
    return " ".join([*words, *_design(question), *_criterion(question.criterion)])


def _common(question: Question) -> dict[str, Any]:
    """Return what every side has that says nothing else of itself."""
    common = {}
    for key in Config().to_dict():
        plain = [side for side in question.sides if f"@{key}=" not in side.name]
        common[key] = getattr((plain or question.sides)[0].config, key)
    return common


def _written(side: Side, vary: str, common: dict[str, Any]) -> str:
    mine = side.config.to_dict()
    own = [
        f"@{key}={_value(mine[key])}" for key in mine if key != vary and mine[key] != common[key]
    ]
    return shlex.quote(_value(mine[vary]) + "".join(own))


def _value(value: Any) -> str:
    if value is None:
        return NONE
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sides(question: Question, sides: dict[str, str]) -> list[str]:
    if question.candidate is None:
        return list(sides.values())
    others = [text for name, text in sides.items() if name != question.candidate]
    return [*others, f"--candidate {sides[question.candidate]}"]


def _base(question: Question, common: dict[str, Any]) -> list[str]:
    defaults, design = Config().to_dict(), question.design
    said = {key: value for key, value in common.items() if value != defaults[key]}
    said = {"model": common["model"], "data": common["data"], **said}
    said |= {"seed": design.first_seed} if design.first_seed else {}
    said |= {"split_seed": design.split_seed} if design.split_seed else {}
    vary = [] if question.vary == "optimizer" else [f"--vary {question.vary}"]
    return [
        *vary,
        *(
            flag(key, each)
            for key, each in said.items()
            if key != question.vary and each is not None
        ),
    ]


def _design(question: Question) -> list[str]:
    design = question.design
    seeds = design.units * design.seeds_each
    if design.until_decided:
        words = [f"--until-decided --max-seeds {seeds}"]
    elif design.tuned:
        words = [f"--studies {design.units} --seeds {seeds}"]
    else:
        words = [f"--seeds {seeds}"]
    if not design.tuned:
        return ["--fixed", *words]
    budget = [] if design.budget == "trials" else [f"--budget {design.budget}"]
    return [*words, f"--trials {design.trials}", *budget]


def _criterion(criterion: Criterion) -> list[str]:
    plain = Criterion.asked(criterion.metric, criterion.target, None, criterion.images)
    words = [] if criterion.metric == "accuracy" else [f"--metric {criterion.metric}"]
    words += [] if criterion.target is None else [f"--target {criterion.target:g}"]
    words += [] if criterion.margin == plain.margin else [f"--margin {criterion.margin:g}"]
    return [*words, *(["--test-images"] if criterion.images else [])]
