"""``steepest runs``: what has been trained here."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ..errors import SteepestError

if TYPE_CHECKING:
    from ..runs import Run

app = App(name="runs", help="List the runs there are.")


@app.command(name="list")
def list_(
    folder: Annotated[Path, Parameter(help="The folder that holds the runs.")] = Path("runs"),
    /,
    *,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """List the runs of a folder, the newest first.

    Example:  steepest runs list
    """
    from ..reporting.text import runs_table
    from ..runs import list_runs

    runs = list_runs(folder)
    if json:
        print(json_format.dumps({"runs": [_told(run) for run in runs]}))
    elif runs:
        print(runs_table(runs))
    else:
        print(
            f"There are no runs in {folder}/ yet. Make one: steepest train digits-cnn --data mnist5k"
        )


def _told(run: "Run") -> dict[str, Any]:
    """Return a run's summary; of a run that cannot be read, what is wrong with it."""
    from ..runs import summary

    try:
        return summary(run)
    except SteepestError as error:
        return {"run": str(run.path), "error": str(error)}
