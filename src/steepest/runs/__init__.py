"""The run directory: durable, verified, resumable; and the training that is recorded into it."""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .run import Run as Run
    from .run import list_runs as list_runs

_HOMES = {"Run": "run", "list_runs": "run"}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
