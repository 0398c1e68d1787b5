"""``verify``: is a claim, or a run, what it says? Nothing heavy is imported here."""

from collections.abc import Generator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .progress import last_of, shown
from .settings import path_or_none, takes

if TYPE_CHECKING:
    from ..runs.run import Run
    from ..verification.checks import Finding
    from ..verification.verifying import Verification

SAMPLE = 3  # runs of a claim


def events(
    what: "Run | Path | str", *, sample: int = SAMPLE, data_dir: Path | str | None = None
) -> "Generator[Finding | Verification]":
    """Yield each finding as it is made, and at last what all of them come to; arguments as of ``verify``."""
    from ..runs.run import Run
    from ..verification.verifying import Verification, claim_findings, verify_run

    if sample < 0:
        raise UserError(f"--sample must be at least 0, not {sample}.")
    place = path_or_none(data_dir)
    if not isinstance(what, Run) and (Path(what).is_file() or Path(what).suffix == ".json"):
        found = []
        for each in claim_findings(Path(what), sample=sample, data_dir=place):
            found.append(each)
            yield each
        yield Verification(str(what), tuple(found))
    else:
        verification = verify_run(Run.open(what), data_dir=place)
        yield from verification.findings
        yield verification


@takes()
def verify(
    what: "Run | Path | str",
    *,
    sample: int = SAMPLE,
    data_dir: Path | str | None = None,
    progress: bool | None = None,
) -> "Verification":
    """Accept or refute a claim of `steepest compare --claim`, or a run; exit with 3 where something is refuted.

    Of a claim, every rule of its design is checked (seeds, trials, what was chosen by what), the verdicts are
    found anew from its numbers, and some of its runs are trained again: on the same kind of processor with the
    same torch and plan their weights must be the same to the byte, elsewhere their accuracy must lie within the
    spread over the claim's seeds. A run is trained again as a whole.

    Example:  steepest verify claim.json --sample 3

    Example:  steepest verify runs/mnist5k-mlp-adam-1

    Args:
        what: A claim's file, or a run's folder or name.
        sample: How many runs of a claim to train again, drawn at random; 0 for none.
        data_dir: where datasets are.
        progress: False is silence; None shows a bar in a terminal and in a notebook.

    Raises:
        UserError: there is neither a claim nor a run, or something that it needs is missing.
        IntegrityError: it is no claim, or files are not what they were.
    """
    from ..verification.checks import CHECKS, Finding

    number, most = count(1), len(CHECKS) + 2 + sample  # besides runs: a claim's rules, files and program

    def place(event: object) -> tuple[str, int, int] | None:
        return ("verified", next(number), most) if isinstance(event, Finding) else None

    verification: Verification = last_of(
        shown(events(what, sample=sample, data_dir=data_dir), place, progress, "findings")
    )
    return verification
