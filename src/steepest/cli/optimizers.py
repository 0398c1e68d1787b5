"""``steepest optimizers``: list the rules, explain one, race some over a surface, check a stranger's."""

import dataclasses
from pathlib import Path
from textwrap import fill, indent, shorten
from typing import TYPE_CHECKING, Any

from cyclopts import App

from ..errors import UserError
from ..verbs import optimizers as verbs
from .options import AsJson, command, print_json

if TYPE_CHECKING:
    from ..optimizers.describing import Description
    from ..optimizers.surfaces import Path as Course

app = App(name="optimizers", help="List, explain, race and check optimizers.")

WIDTH = 100  # columns of text


@app.command(name="list")
def list_optimizers(*, json: AsJson = False) -> None:
    """List the rules, with what a step costs: forward passes, backward passes, vectors of state.

    Example: `steepest optimizers list`
    """
    from ..optimizers.describing import describe, registered

    found = [describe(name) for name in registered()]
    if json:
        print_json("optimizers list", {"optimizers": [dataclasses.asdict(each) for each in found]})
        return
    print(f"{'name':20} {'lr':>7}  {'fwd':>4} {'bwd':>4} {'state':>6}  what it is")
    for each in found:
        cost = f"{each.cost.forwards:>4g} {each.cost.backwards:>4g} {each.cost.vectors:>6.3g}"
        print(f"{each.name:20} {each.lr:>7g}  {cost}  {shorten(each.summary, WIDTH - 46, placeholder=' …')}")
    print(
        "\nExplain one with `steepest optimizers show NAME`. torch.optim.CLASS and my_rule.py:MyRule work too,"
        '\nand a rule around a rule: --optimizer "sam:rho=0.1 of momentum:beta=0.8".'
    )


@app.command
def show(name: str, *, json: AsJson = False) -> None:
    """Explain a rule: formula, idea, hyperparameters with their ranges, source, and what a step costs.

    Example: `steepest optimizers show adam`

    Args:
        name: A rule's name, or FILE.py:CLASS.
    """
    from ..optimizers.describing import describe

    found = describe(name)
    if json:
        print_json("optimizers show", dataclasses.asdict(found))
        return
    print(_explained(found))


@app.command
@command(verbs.race)
def _race(courses: "list[Course]", *, on: str, out: Path, steps: int, json: AsJson = False) -> None:
    rows = [
        {"rule": each.text, "lr": each.lr, "height": float(each.heights[-1])}
        for each in sorted(courses, key=lambda each: float(each.heights[-1]))
    ]
    files = [out, out.with_suffix(".gif")]
    if json:
        told = {"surface": on, "steps": steps, "rules": rows}
        print_json("optimizers race", {**told, "files": [str(each.absolute()) for each in files]})
        return
    print(f"After {steps} steps on {on}, from height {float(courses[0].heights[0]):.4g}:")
    for row in rows:
        print(f"  {row['height']:<12.4g} {row['rule']}  (lr {row['lr']:.3g})")
    print("\n".join(map(str, files)))


@app.command
def check(rule: str, *, lr: float | None = None, json: AsJson = False) -> None:
    """Hold a rule, yours too, to what every rule must do; say in words what fails.

    Example: `steepest optimizers check my_rule.py:MyRule`

    Args:
        rule: FILE.py:CLASS, or anything that --optimizer takes.
        lr: The learning rate to check it with; by default its own.
    """
    from ..optimizers.conformance import check as run_checks

    findings = run_checks(rule, lr)
    if json:
        rows = [{"check": f.name, "passed": f.passed, "complaint": f.complaint} for f in findings]
        print_json("optimizers check", {"rule": rule, "checks": rows})
    else:
        for each in findings:
            print(fill(str(each), WIDTH, subsequent_indent=" " * 6, break_long_words=False))
    failed = [each for each in findings if not each.passed]
    if failed:
        raise UserError(f"{len(failed)} of {len(findings)} checks fail for {rule}.")


def _explained(found: "Description") -> str:
    also = [each for each in found.names if each != found.name]
    parts = [
        found.name + (f" (also {', '.join(also)})" if also else ""),
        fill(found.summary, WIDTH),
        indent(found.formula, "    "),
        _labelled("idea", found.idea),
        _labelled("fails", found.fails),
        _labelled("source", found.source),
        _labelled("choice", found.choice),
        _hyperparameters(found),
        _labelled("cost", _cost(found)),
    ]
    return "\n\n".join(part for part in parts if part)


def _labelled(label: str, text: str) -> str:
    if not text:
        return ""
    return fill(
        text,
        WIDTH,
        initial_indent=f"{label:8}",
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _hyperparameters(found: "Description") -> str:
    rows: list[tuple[str, Any, str]] = [
        ("lr", found.lr, "above 0"),
        *((each.name, each.default, f"{each.range}  {each.why}") for each in found.parameters),
    ]
    lines = [f"{name:14} {_spelled(default):>8}  {note}".rstrip() for name, default, note in rows]
    lines += [f"{'':25}{each.name} is tuned by compare: {each.tuned}" for each in found.parameters if each.tuned]
    if found.wraps:
        lines.append(f"{'of RULE':14} {found.wraps:>8}  the rule it wraps; its lr is the default")
    return "\n".join(lines)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _cost(found: "Description") -> str:
    cost = found.cost
    return (
        f"a step takes {cost.forwards:g} forward and {cost.backwards:g} backward; its state is {cost.vectors:g} "
        "times as large as the weights (counted on a small network)"
    )
