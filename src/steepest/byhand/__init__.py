"""Everything worked by hand: plain arithmetic with its formulas shown, and checked against the machine.

formulas -> a table of cells -> check against autograd, the library or the rule itself
exercises -> answer key -> students' answers -> grades

The names below are those of the command `steepest byhand`; they stand in the room of the verbs.
"""

from ..lazy import lazy_names

_HOMES = {
    "backprop": ".verbs.byhand",
    "convolution": ".verbs.byhand",
    "count": ".verbs.byhand",
    "grade": ".verbs.byhand",
    "pooling": ".verbs.byhand",
    "size": ".verbs.byhand",
    "softmax": ".verbs.byhand",
    "step": ".verbs.byhand",
    "worksheet": ".verbs.byhand",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
