"""Models: a notation or a name becomes a network, and a table of its layers."""

from .composite import expand, write
from .modules import Dropout, Normalization, normalization
from .network import Network, build
from .notation import parse
from .shapes import LayerTable, Row, layer_table, show
from .table import MODELS, NamedModel

__all__ = [
    "MODELS",
    "Dropout",
    "LayerTable",
    "NamedModel",
    "Network",
    "Normalization",
    "Row",
    "build",
    "expand",
    "layer_table",
    "normalization",
    "parse",
    "show",
    "write",
]
