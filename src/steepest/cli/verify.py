"""``steepest verify``: is a claim, or a run, what it says?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import IntegrityError
from ..verbs import verify as verbs
from .ending import load_torch
from .options import AsJson, command, print_json

if TYPE_CHECKING:
    from ..verification.checks import Finding
    from ..verification.verifying import Verification


@command(verbs.verify, work=verbs.events, what=str)
def verify(events: "Iterator[Finding | Verification]", *, what: str, json: AsJson = False) -> None:
    """Print each finding as it is made; fail where something is refuted."""
    load_torch()  # nothing has happened yet
    from ..verification.verifying import Verification

    for found in events:
        if isinstance(found, Verification):
            break
        if not json:
            print(found, flush=True)
    assert isinstance(found, Verification)
    if json:
        print_json("verify", {**found.to_dict(), "subject": str(Path(found.subject).absolute())})
    if not found.accepted:
        names = ", ".join(dict.fromkeys(each.name for each in found.refuted))
        raise IntegrityError(f"{what} is refuted: {names}.")
    if not json:
        print(f"{what} is accepted.")
