"""The published results that steepest reproduces: each is a TOML file, with as little code as it needs.

TOML -> Experiment -> its cases are trained in a sweep -> its parts make tables and pictures -> Reproduction
"""

from pathlib import Path

from ..errors import UnknownName
from .experiment import Experiment

FOLDER = Path(__file__).parent
# from the simplest to the most demanding, as a course would take them
ORDER = (
    "gradient-descent",
    "backprop",
    "linear-optimizers",
    "mlp-and-convnets",
    "cnn-guide",
    "compact-net",
    "blind-descent",
)


def names() -> list[str]:
    """Return the names of the experiments that come with the package."""
    found = {path.stem for path in FOLDER.glob("*.toml")}
    return [*(name for name in ORDER if name in found), *sorted(found - set(ORDER))]


def open_experiment(name: str | Path) -> Experiment:
    """Return an experiment of the package by its name, or a user's own by its file.

    Raises:
        UnknownName: the package has no experiment of this name.
        UserError: the file cannot be used.

    >>> open_experiment("backprop").name
    'backprop'
    """
    text = str(name)
    if text.endswith(".toml") or "/" in text:
        return Experiment.read(Path(text).expanduser())
    if text not in names():
        raise UnknownName("experiment", text, names(), "A file of your own ends in .toml.")
    return Experiment.read(FOLDER / f"{text}.toml")
