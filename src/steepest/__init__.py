"""steepest: train, compare and take apart small image classifiers.

    import steepest

    run = steepest.train(model="digits-cnn", data="mnist5k", epochs=8)
    run.evaluate()
    steepest.compare(["adam", "momentum", "sgd"], model="mlp")
    steepest.Classifier(model="mlp").fit(X, y).predict(X)

The names are loaded when they are first used: importing steepest does not import torch.
"""

from typing import TYPE_CHECKING, Any

from .lazy import lazy_names

if TYPE_CHECKING:
    from .classifier import Classifier as Classifier
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .config import Config as Config
    from .data import Dataset as Dataset
    from .data import Split as Split
    from .data import load as load
    from .errors import SteepestError as SteepestError
    from .evaluation import Evaluation as Evaluation
    from .evaluation import evaluate as evaluate
    from .models import build as build
    from .recording import train as train
    from .runs import Run as Run

_HOMES = {
    "Classifier": "classifier",
    "Comparison": "comparison",
    "Config": "config",
    "Dataset": "data",
    "Evaluation": "evaluation",
    "Run": "runs",
    "Split": "data",
    "SteepestError": "errors",
    "build": "models",
    "compare": "comparison",
    "evaluate": "evaluation",
    "load": "data",
    "train": "recording",
}
__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605  # a list, sorted from the one table above


_load = lazy_names(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("steepest")
    value = globals()[name] = _load(name)
    return value


def __dir__() -> list[str]:
    return __all__
