"""steepest: train, compare and take apart small image classifiers.

    import steepest

    run = steepest.train(model="digits-cnn", data="mnist5k", epochs=8)
    steepest.evaluate(run)
    steepest.predict(run, "my-seven.png").classes
    steepest.compare(["adam", "momentum", "sgd"], model="mlp")
    steepest.byhand.backprop(sizes=(2, 3, 2), html="net.html")
    steepest.Classifier(model="mlp").fit(X, y).predict(X)

The names are loaded when they are first used: importing steepest does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .lazy import VIEW_HOMES, lazy_names

if TYPE_CHECKING:
    from .classifier import Classifier as Classifier
    from .comparison import Comparison as Comparison
    from .config import Config as Config
    from .data import Dataset as Dataset
    from .data import Split as Split
    from .data import load as load
    from .errors import SteepestError as SteepestError
    from .evaluation import Evaluation as Evaluation
    from .models import build as build
    from .runs.predicting import Predictions as Predictions
    from .runs.run import Run as Run
    from .verbs.compare import compare as compare
    from .verbs.compare import tune as tune
    from .verbs.reproduce import reproduce as reproduce
    from .verbs.runs import evaluate as evaluate
    from .verbs.runs import explain as explain
    from .verbs.runs import predict as predict
    from .verbs.runs import report as report
    from .verbs.train import train as train
    from .verbs.verify import verify as verify

_HOMES = {
    "Classifier": "classifier",
    "Comparison": "comparison.comparison",
    "Config": "config",
    "Dataset": "data",
    "Evaluation": "evaluation",
    "Predictions": "runs.predicting",
    "Run": "runs.run",
    "Split": "data",
    "SteepestError": "errors",
    "build": "models",
    "compare": "verbs.compare",
    "evaluate": "verbs.runs",
    "explain": "verbs.runs",
    "load": "data",
    "predict": "verbs.runs",
    "report": "verbs.runs",
    "reproduce": "verbs.reproduce",
    "train": "verbs.train",
    "tune": "verbs.compare",
    "verify": "verbs.verify",
}
_ROOMS = ("byhand", "data", "judge", "models", "optimizers", "runs")  # their verbs are theirs
__all__ = sorted([*_HOMES, *_ROOMS, "__version__"])  # noqa: PLE0605  # a list, sorted from the one table above


_load = lazy_names(__name__, _HOMES)
VIEW_HOMES.append(f"{__name__}.pages.notebook")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("steepest")
    value = globals()[name] = import_module(f".{name}", __name__) if name in _ROOMS else _load(name)
    return value


def __dir__() -> list[str]:
    return __all__
