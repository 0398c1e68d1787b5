"""The sweep: many runs side by side, each done once, whatever stops on the way.

    jobs = [Job(Config(optimizer=rule, seed=seed)) for rule in ("adam", "sgd") for seed in range(20)]
    for outcome in sweep(jobs, "comparisons/first"):
        outcome.accuracy("test")

``job`` says what is wanted, ``rounds`` refuses what cannot be done before anything is trained and hands the rest
to an engine until all is done, ``working`` does one job in a worker, ``finishing`` seals what it leaves,
``outcome`` reads that. The names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .engine import Engine as Engine
    from .job import Job as Job
    from .local import DaskEngine as DaskEngine
    from .local import LocalEngine as LocalEngine
    from .local import engine_of as engine_of
    from .outcome import Outcome as Outcome
    from .rounds import sweep as sweep

_HOMES = {
    "DaskEngine": "local",
    "Engine": "engine",
    "Job": "job",
    "LocalEngine": "local",
    "Outcome": "outcome",
    "engine_of": "local",
    "sweep": "rounds",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
