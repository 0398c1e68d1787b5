"""Who trains many runs, as flags."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from ..sweeping import Engine


@dataclass(frozen=True)
class Workers:
    """Who trains."""

    engine: Annotated[
        Literal["local", "dask"], Parameter(help="Processes here, or a Dask cluster.")
    ] = "local"
    workers: Annotated[
        int | None, Parameter(help="Processes of the local engine; by default one a core.")
    ] = None
    scheduler: Annotated[
        str | None, Parameter(help="Address of a Dask scheduler, with --engine dask.")
    ] = None

    def ready(self) -> "Engine":
        """Return the engine."""
        from ..sweeping import engine_of

        return engine_of(self.engine, self.workers, self.scheduler)
