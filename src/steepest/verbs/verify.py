"""``verify``: is a claim, or a run, what it says? Nothing heavy is imported here."""

from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ..errors import UserError
from .progress import last_of, shown
from .settings import path_or_none, takes

if TYPE_CHECKING:
    from ..runs.run import Run
    from ..verification.findings import Finding, Verification

SAMPLE = 3  # runs of a claim


def events(
    what: "Run | Path | str",
    *,
    sample: int = SAMPLE,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> "Generator[Finding | Verification]":
    """Yield each finding as it is made, and at last what all of them come to; arguments as of ``verify``."""
    from ..verification.claims import claim_findings
    from ..verification.findings import Verification

    if sample < 0:
        raise UserError(f"--sample must be at least 0, not {sample}.")
    place = path_or_none(data_dir)
    if is_claim(what):
        found = []
        for each in claim_findings(Path(what), sample=sample, data_dir=place, allow_code=allow_code, note=note):
            found.append(each)
            yield each
        yield Verification(str(what), tuple(found))
    else:
        from ..runs.run import Run
        from ..verification.whole_run import run_findings

        run, found = Run.open(what, allow_code=allow_code, note=note), []
        for each in run_findings(run, data_dir=place):
            found.append(each)
            yield each
        yield Verification(str(run.path), tuple(found))


def is_claim(what: "Run | Path | str") -> "TypeGuard[Path | str]":
    """Say whether this is meant as a claim: whatever is there and no folder, or called as one."""
    if not isinstance(what, Path | str):
        return False
    path = Path(what)
    return path.suffix == ".json" or (path.exists() and not path.is_dir())


@takes()
def verify(
    what: "Run | Path | str",
    *,
    sample: int = SAMPLE,
    data_dir: Path | str | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
    progress: bool | None = None,
) -> "Verification":
    """Accept or refute a claim of `steepest compare --claim`, or a run; exit with 3 where something is refuted.

    Of a claim, every rule of its design is checked (seeds, trials, what was chosen by what), the verdicts are
    found anew from its numbers, and some of its runs are trained again. A run is trained again as a whole. The
    same bytes are accepted; other ones refute it on a processor, torch and variables like those recorded, and
    elsewhere they cannot be judged: exit 5, with how far they are apart. Portable runs have the same bytes on any
    x86-64 with AVX2.

    Example:  steepest verify claim.json --sample 3

    Example:  steepest verify runs/mnist5k-mlp-adam-1

    Args:
        what: A claim's file, or a run's folder or name.
        sample: How many runs of a claim to train again, drawn at random; 0 for none.
        data_dir: where datasets are.
        allow_code: Run the code that the claim or run names, though it was never run or confirmed here.
        note: takes a line for each file of that code.
        progress: False is silence; None shows a bar in a terminal and in a notebook.

    Raises:
        UserError: there is neither a claim nor a run, or something that it needs is missing.
        IntegrityError: it is no claim, or files are not what they were.
    """
    from ..verification.claims import RULES
    from ..verification.findings import Finding

    number, most = count(1), RULES + sample

    def place(event: object) -> tuple[str, int, int] | None:
        return ("verified", next(number), most) if isinstance(event, Finding) else None

    verification: Verification = last_of(
        shown(
            events(what, sample=sample, data_dir=data_dir, allow_code=allow_code, note=note),
            place,
            progress,
            "findings",
        )
    )
    return verification
