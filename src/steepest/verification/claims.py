"""Is a claim true? What is cheap to check comes first: its files, its design and numbers; then some of its runs.

Nothing of a user's file is imported before every file is the one that was compared. What needs no rule of an
optimizer needs no torch, and where something is refuted nothing dearer is begun.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..comparison.claims import comparison_of, read_claim, same_program
from ..comparison.comparison import Comparison
from ..comparison.results import Result
from ..comparison.tuning import SideTuning, TrialResult
from ..errors import UserError
from ..specification import Specification, files_of
from ..usercode import CODE, placed, read, require
from .checks import CHECKS, FIRST, check, seconds_to_judge
from .findings import Finding

DEFAULT_SAMPLE = 3
FIRST_WITH_HELPERS = 4  # format; an earlier one has hashes of the files that its sides name, and of no other
RULES = 3 + len(FIRST) + len(CHECKS)  # that a claim is held against, with its program, files and search spaces
PATIENCE = 0.5  # seconds that finding verdicts anew may take where no run is made again
TOO_LONG = "to find the verdicts on {} pairs anew takes about {:.0f} s: --sample 1, or more, takes the time"
OWN_WORD = "ranges and trials are the claim's own word: --sample 1, or more, holds them against the rules"


def claim_findings(
    path: Path,
    *,
    sample: int = DEFAULT_SAMPLE,
    data_dir: Path | None = None,
    draw: random.Random | None = None,
    allow_code: bool = False,
    note: Callable[[str], None] = lambda line: None,
) -> Iterator[Finding]:
    """Yield what a claim's rules come to and, where all of them hold, a random part of its runs made again.

    Args:
        sample: how many runs to train again; 0 checks the records alone.
        draw: what chooses the runs; None is not to be foreseen by whoever wrote the claim.
        allow_code: run the user's files that it names, once they are those of the claim, though nobody here
            confirmed them.
        note: takes a line for each of these files.

    Raises:
        UserError: there is no such file, or a file of the user's that it needs is missing or not confirmed.
        IntegrityError: it is no claim.
    """
    claim = read_claim(path)
    comparison = comparison_of(claim, path)
    refuted = False
    confirm = partial(require, where=path, allow_code=allow_code, note=note, compared=claim["files"])
    for found in _found(claim, comparison, sample, confirm):
        refuted |= found.accepted is False
        yield found
    if refuted or not sample:
        return
    yield from _made_again(claim, comparison, data_dir, sample, draw or random.SystemRandom())


def _found(
    claim: Mapping[str, Any], comparison: Comparison, sample: int, confirm: Callable[[Iterable[Path]], None]
) -> Iterator[Finding]:
    """Yield what the records alone come to, the cheap first; nothing after a file that was not compared."""
    yield _program(claim)
    files = _files(claim, comparison)
    yield files
    if files.accepted is False:
        return
    if sample or (comparison.question.design.tuned and comparison.question.claimed is None):  # rules are loaded
        confirm(_named(comparison))
    sound = True
    for name, rule in FIRST.items():
        found = check(name, rule, claim, comparison)
        yield found
        if found.accepted is False and name == "data":
            return  # no number can be looked at without it
    for name, rule in CHECKS.items():
        if name == "verdicts" and not sound:
            continue  # they are of records that are not those of the design
        takes = seconds_to_judge(comparison) if name == "verdicts" and not sample else 0.0
        if takes > PATIENCE:
            yield Finding(name, None, TOO_LONG.format(comparison.question.pair_count, takes))
            continue
        found = check(name, rule, claim, comparison)
        yield found
        sound &= found.accepted is not False
    if comparison.question.design.tuned and sound:
        yield _spaces(comparison, bool(sample), same_program(claim, "runs"))


def _made_again(
    claim: Mapping[str, Any], comparison: Comparison, data_dir: Path | None, sample: int, draw: random.Random
) -> Iterator[Finding]:
    """Yield what a random part of a claim's runs comes to, made again."""
    from .rerunning import rerun

    runs: list[TrialResult | Result] = [*comparison.trials, *comparison.results]
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


def _named(comparison: Comparison) -> list[Path]:
    """Return the user's own files that the sides name, each once."""
    configs = [side.config for side in comparison.question.sides]
    texts = dict.fromkeys(getattr(config, setting) for config in configs for setting in CODE)
    return list(dict.fromkeys(path for text in texts for path in files_of(text)))


def _files(claim: Mapping[str, Any], comparison: Comparison) -> Finding:
    """Hold the user's own files, and what they import from beside them, against the claim's hashes; run none."""
    claimed, ours = claim["files"], dict[str, str]()
    try:
        named = {str(path): path for path in _named(comparison)}
    except UserError as error:
        return Finding("files", False, f"what a side is made of cannot be read: {error!s:.200}")
    if odd := [each for each in named if each not in claimed]:
        return Finding("files", False, f"the claim's hashes are not those of its sides' files: {', '.join(odd)}.")
    for each, path in named.items():
        if not placed(path).is_file():
            raise UserError(
                f"The claim is about {each}, which is not here. Put the file with SHA-256 {claimed[each]} there."
            )
        ours |= read(path).hashes
    for each, then in claimed.items():
        if each not in ours:
            return Finding("files", False, f"the claim has a hash of {each}, which no side names or imports.")
        if ours[each] != then:
            text = f"{each} is not the file that was compared: its SHA-256 is {ours[each]}, and was {then}."
            return Finding("files", False, text)
    if beside := [each for each in ours if each not in claimed]:
        text = f"{', '.join(beside)} is imported from beside them, and the claim has no hash of it."
        return Finding("files", None if claim["format"] < FIRST_WITH_HELPERS else False, text)
    count = len(claimed)
    return Finding(
        "files", True, f"{count} of the user's own files, as compared" if count else "none of the user's"
    )


def _spaces(comparison: Comparison, held: bool, same: bool) -> Finding:
    """Hold what the claim says of the rules' search spaces against the rules themselves, where they are loaded.

    Args:
        held: whether they are.
        same: whether this program decides runs as the claim's did: another one may have had other ranges.
    """
    claimed = comparison.question.claimed
    if claimed is None:
        return Finding("spaces", True, "they are those of the rules here")
    if not held:
        return Finding("spaces", True, OWN_WORD)
    try:
        ours = replace(comparison.question, claimed=None).tunings()
    except UserError as error:
        return Finding("spaces", False, f"the rules here cannot be tuned so: {error}")
    for side, tuning in ours.items():
        if tuning != claimed[side]:
            text = f"{side} is tuned by {_told(claimed[side])}, as is claimed, and its rule gives {_told(tuning)}"
            parts = len(Specification.chain(comparison.question.side(side).config.optimizer))
            if same or any(each.part >= parts for each in claimed[side].space.dimensions):
                return Finding("spaces", False, f"{text}.")
            return Finding("spaces", None, f"{text}; another version of steepest made it, and may have had others")
    return Finding("spaces", True, "every side's ranges and trials are those of its rule")


def _told(tuning: SideTuning) -> str:
    ranges = ", ".join(
        f"{e.name} {_short(e.low)} to {_short(e.high)} ({e.scale}{f', part {e.part}' if e.part else ''})"
        for e in tuning.space.dimensions
    )
    return f"{tuning.trials} trials over {ranges}"


def _short(value: float) -> str:
    """Return a number with few digits where they are all it has."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


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
