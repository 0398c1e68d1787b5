"""``steepest verify``: is a claim, or a run, what it says?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CannotBeJudgedHere, IntegrityError, printable
from ..portable import follow_record
from ..verbs import verify as verbs
from .ending import load_torch
from .options import AsJson, command, print_json

if TYPE_CHECKING:
    from ..verification.findings import Finding, Verification


@command(verbs.verify, work=verbs.events, what=str)
def verify(events: "Iterator[Finding | Verification]", *, what: str, sample: int, json: AsJson = False) -> None:
    """Print each finding as it is made; fail where something is refuted."""
    if sample or not verbs.is_claim(what):
        follow_record(Path(what))
        load_torch()  # nothing has happened yet
    from ..verification.findings import Verification

    for found in events:
        if isinstance(found, Verification):
            break
        if not json:
            print(found, flush=True)
    assert isinstance(found, Verification)
    if json:
        print_json("verify", {**found.to_dict(), "subject": str(Path(found.subject).absolute())})
    if found.refuted:
        raise IntegrityError(f"{what} is {found.verdict}.")
    if found.unjudged:
        raise CannotBeJudgedHere(f"{what} {found.verdict}.")
    if not json:
        print(f"{printable(what)} is accepted.")
