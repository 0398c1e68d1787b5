"""The optimizers: each rule a formula, correct to machine precision, and open to yours."""

from . import gradient_descent as gradient_descent  # isort: skip  # the order of the list shown to users
from . import adaptive as adaptive  # isort: skip
from . import adam as adam  # isort: skip
from . import adam_variants as adam_variants  # isort: skip
from . import sign as sign  # isort: skip
from . import layerwise as layerwise  # isort: skip
from . import muon as muon  # isort: skip
from . import soap as soap  # isort: skip
from . import sharpness as sharpness  # isort: skip
from . import averaging as averaging  # isort: skip
from . import schedule_free as schedule_free  # isort: skip
from . import linesearch as linesearch  # isort: skip
from . import blind as blind  # isort: skip
from ..lazy import lazy_names
from .choosing import Choice, choose
from .descending import descend
from .from_torch import FromTorch
from .hyperparameter import hyperparameter
from .packing import pack, unpack
from .rule import RULES, LearningRate, Optimizer, State, Step, rule
from .to_torch import ToTorch

__all__ = [
    "RULES",
    "Choice",
    "FromTorch",
    "LearningRate",
    "Optimizer",
    "State",
    "Step",
    "ToTorch",
    "choose",
    "descend",
    "hyperparameter",
    "pack",
    "rule",
    "unpack",
]

# the verbs of `steepest optimizers`, loaded when they are first used
__getattr__ = lazy_names(
    __name__, {"check": "conformance", "race": ".verbs.optimizers", "show": "describing:describe"}
)
