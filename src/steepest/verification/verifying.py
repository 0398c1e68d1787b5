"""Is it true? A claim is held against its design and in part run again; a run is trained again and compared."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..comparison.claims import comparison_of, read_claim, same_program
from ..comparison.comparison import Comparison
from ..comparison.results import Result
from ..comparison.tuning import TrialResult
from ..errors import UserError
from ..runs.environment import named_files
from ..runs.run import Run
from ..storage import sha256, tensors_hash
from .checks import Finding, check_claim
from .rerunning import differing_fields, first_difference, rerun, retrace

DEFAULT_SAMPLE = 3


@dataclass(frozen=True)
class Verification:
    """What came of it.

    Args:
        subject: the claim's or the run's path.
        findings: in the order in which they were made.
    """

    subject: str
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing was refuted."""
        return all(each.accepted for each in self.findings)

    @property
    def refuted(self) -> list[Finding]:
        """What does not hold."""
        return [each for each in self.findings if not each.accepted]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        rows = [vars(each) for each in self.findings]
        return {"subject": self.subject, "accepted": self.accepted, "findings": rows}

    def __repr__(self) -> str:
        names = ", ".join(dict.fromkeys(each.name for each in self.refuted))
        return f"<verification of {self.subject}: {f'refuted: {names}' if names else 'accepted'}>"


def claim_findings(
    path: Path, *, sample: int = DEFAULT_SAMPLE, data_dir: Path | None = None, draw: random.Random | None = None
) -> Iterator[Finding]:
    """Yield what a claim's rules come to and, where all of them hold, a random part of its runs made again.

    Args:
        sample: how many runs to train again; 0 checks the records alone.
        draw: what chooses the runs; None is not to be foreseen by whoever wrote the claim.

    Raises:
        UserError: there is no such file, or a file of the user's that it needs is missing.
        IntegrityError: it is no claim.
    """
    claim = read_claim(path)
    comparison = comparison_of(claim)
    findings = [_files(claim, comparison), *check_claim(claim, comparison), _program(claim)]
    yield from findings
    if all(each.accepted for each in findings):
        runs: list[TrialResult | Result] = [*comparison.trials, *comparison.results]
        draw = draw or random.SystemRandom()
        drawn = draw.sample(runs, min(sample, len(runs)))
        yield from (rerun(claim, comparison, each, data_dir) for each in drawn)
        yield from _reach(comparison, len(drawn), len(runs))


def _reach(comparison: Comparison, drawn: int, runs: int) -> Iterator[Finding]:
    """Yield what running a part again cannot see."""
    text = (
        f"{drawn} of {runs} runs were run again: one changed number would be found with a chance of "
        f"{drawn / runs:.1%}; --sample {runs} runs all of them"
    )
    if drawn < runs:
        yield Finding("sample", True, text)
    if comparison.question.criterion.metric == "seconds":
        text = "seconds are those of another time and machine: nobody can check them"
        yield Finding("seconds", True, text)


def _files(claim: Mapping[str, Any], comparison: Comparison) -> Finding:
    """Refuse to judge a rule that is not the one of the claim."""
    sides = comparison.question.sides
    named = {str(path) for side in sides for path in named_files(side.config)}
    if named != set(claim["files"]):
        odd = ", ".join(sorted(named ^ set(claim["files"])))
        return Finding("files", False, f"the claim's hashes are not those of its sides' files: {odd}.")
    for path, claimed in claim["files"].items():
        if not Path(path).is_file():
            raise UserError(
                f"The claim is about {path}, which is not here. Put the file with SHA-256 {claimed[:16]}... there."
            )
        if sha256(Path(path).read_bytes()) != claimed:
            return Finding("files", False, f"{path} is not the file that was compared.")
    count = len(claim["files"])
    return Finding(
        "files", True, f"{count} of the user's own files, as compared" if count else "none of the user's"
    )


def _program(claim: Mapping[str, Any]) -> Finding:
    """Return how the program that made a claim is related to this one, and what that means for the checks."""
    weaker = "its runs are not held to the byte but to the spread over their seeds, which is a far weaker check"
    if isinstance(claim["program"], str):
        text = f"it has one hash for all of steepest, as claims had before format 3: {weaker}"
    elif not same_program(claim, "runs"):
        text = f"another version of steepest made it: {weaker}"
    elif not same_program(claim, "verdicts"):
        text = (
            "what decides its runs is as it was, and they are held to the byte; what finds verdicts was changed "
            "since, and they are found anew"
        )
    else:
        text = "this steepest made it"
    return Finding("program", True, text)


def verify_run(run: Run, *, data_dir: Path | None = None) -> Verification:
    """Train a run again and compare the bytes of its weights.

    Raises:
        UserError: no epoch of it is done.
        IntegrityError: its files or the data are not what they were.
    """
    epochs = run.epochs_done
    if not epochs:
        raise UserError(f"{run.path} has no epoch that could be trained again.")
    run.source(data_dir)  # refused where the images are not those of the run
    fields = differing_fields(run.environment)
    changed = run.changed_files("model", "optimizer")
    again = retrace(run.config, run.plan, data_dir, epochs)
    findings, counted = [], f"{epochs} epoch{'' if epochs == 1 else 's'}"
    for which, now in (("last", again.last), ("best", again.best)):
        same = tensors_hash(run.weights(which)) == tensors_hash(now)
        text = f"the same to the byte after {counted}" if same else "other bytes"
        findings.append(Finding(f"{which} weights", same, text))
    parted = first_difference(run.metrics, again.history)
    findings.append(Finding("history", parted is None, parted or f"the same numbers in {counted}"))
    if not all(each.accepted for each in findings):
        findings += _reasons(fields, changed, run)
    return Verification(str(run.path), tuple(findings))


def _reasons(fields: Sequence[str], changed: Sequence[str], run: Run) -> list[Finding]:
    """Return what differs between then and now, as far as the run recorded it."""
    found = [Finding("differs", False, field) for field in fields]
    found += [Finding("differs", False, f"{path} was changed since") for path in changed]
    if not found:
        text = (
            "torch, processor capability, plan, data and your files are those of the run: then the program "
            "or a file of the run was changed."
        )
        found = [Finding("differs", False, text)]
    return found
