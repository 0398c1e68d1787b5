"""The commands that make a run, its numbers, its report and a comparison again."""

import shlex
from typing import Any

from ..comparison.question import Question
from ..comparison.results import Criterion
from ..comparison.sides import Side
from ..config import NONE, Config
from ..runs.run import Run

POSITIONAL = "model"


def changed(config: Config) -> dict[str, object]:
    """Return the settings that differ from the defaults, by name.

    >>> changed(Config(epochs=3))
    {'epochs': 3}
    """
    defaults = Config().to_dict()
    return {key: value for key, value in config.to_dict().items() if value != defaults[key]}


def train_command(config: Config) -> str:
    """Return the command that trains with this config, as short as its defaults allow.

    >>> train_command(Config(model="convnet", batch_size=32, stratified=False))
    'steepest train convnet --data mnist5k --batch-size 32 --no-stratified'
    """
    said = {"data": config.data, **changed(config)}
    flags = [flag(key, value) for key, value in said.items() if key != POSITIONAL]
    return " ".join(["steepest train", shlex.quote(config.model), *flags])


def flag(key: str, value: object) -> str:
    """Return a setting as a flag of the command line.

    >>> flag("batch_size", 32), flag("stratified", False)
    ('--batch-size 32', '--no-stratified')
    """
    name = key.replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    words = NONE if value is None else str(value)
    # a value that begins with a dash would be read as another flag
    return f"--{name}={shlex.quote(words)}" if words.startswith("-") else f"--{name} {shlex.quote(words)}"


def exact_command(run: Run) -> str:
    """Return the command that repeats a run byte for byte: its whole config, on its own plan."""
    plan = run.plan
    config = shlex.quote(str(run.path / "config.toml"))
    device = f"--device {plan.device} --threads {plan.threads} --precision {plan.precision}"
    return f"steepest train --config {config} {device}"


def verb_command(verb: str, run: Run, *options: str) -> str:
    """Return the command that applies a verb to a run.

    >>> from pathlib import Path
    >>> verb_command("evaluate", Run(Path("runs/my run")))
    "steepest evaluate 'runs/my run'"
    """
    return " ".join([f"steepest {verb}", shlex.quote(str(run.path)), *options])


def compare_command(question: Question) -> str:
    """Return the command that asks a question."""
    common = _common(question)
    sides = {side.name: _written(side, question.vary, common) for side in question.sides}
    words = ["steepest compare", *(text for name, text in sides.items() if name != question.candidate)]
    words += [] if question.candidate is None else [f"--candidate {sides[question.candidate]}"]
    return " ".join([*words, *_base(question, common), *_design(question), *_criterion(question.criterion)])


def _common(question: Question) -> dict[str, Any]:
    """Return what every side has that says nothing else of itself."""
    common = {}
    for key in Config().to_dict():
        plain = [side for side in question.sides if f"@{key}=" not in side.name]
        common[key] = getattr((plain or question.sides)[0].config, key)
    return common


def _written(side: Side, vary: str, common: dict[str, Any]) -> str:
    mine = side.config.to_dict()
    own = [f"@{key}={_value(mine[key])}" for key in mine if key != vary and mine[key] != common[key]]
    return shlex.quote(_value(mine[vary]) + "".join(own))


def _value(value: Any) -> str:
    if value is None:
        return NONE
    return str(value).lower() if isinstance(value, bool) else str(value)


def _base(question: Question, common: dict[str, Any]) -> list[str]:
    defaults, design = Config().to_dict(), question.design
    said = {key: value for key, value in common.items() if value != defaults[key]}
    said = {"model": common["model"], "data": common["data"], **said}
    said |= {"seed": design.first_seed} if design.first_seed else {}
    said |= {"split_seed": design.split_seed} if design.split_seed else {}
    vary = [] if question.vary == "optimizer" else [f"--vary {question.vary}"]
    return [*vary, *(flag(key, each) for key, each in said.items() if key != question.vary and each is not None)]


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
