"""The commands that make a run, its numbers and its report again."""

import shlex

from ..config import NONE, Config
from ..runs import Run

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
    return (
        f"--{name}={shlex.quote(words)}"
        if words.startswith("-")
        else f"--{name} {shlex.quote(words)}"
    )


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
