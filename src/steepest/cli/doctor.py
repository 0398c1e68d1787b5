"""``steepest doctor``: what this machine has and lacks."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from ..diagnosis import Finding


def doctor(
    *,
    data_dir: Annotated[Path | None, Parameter(help="Where datasets are.")] = None,
    json: Annotated[
        bool, Parameter(help="Print one JSON object on standard output.", negative="")
    ] = False,
) -> None:
    """Say what this machine has and lacks.

    Example:  steepest doctor
    """
    from ..diagnosis import diagnose

    findings = diagnose(data_dir)
    if json:
        print(json_format.dumps({"findings": [vars(each) for each in findings]}))
    else:
        _show(findings)
    if any(each.state == "bad" for each in findings):
        raise SystemExit(1)


def _show(findings: "list[Finding]") -> None:
    width = max(len(each.what) for each in findings)
    marks = {"good": "✓", "note": "·", "bad": "✗"}
    for each in findings:
        print(f"{marks[each.state]} {each.what:<{width}}  {each.found}")
        if each.advice:
            print(f"  {'':<{width}}  → {each.advice}")
