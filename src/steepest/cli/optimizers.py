"""``steepest optimizers``: list the rules, explain one, race some over a surface, check a stranger's."""

import dataclasses
import json
from pathlib import Path
from textwrap import fill, indent, shorten
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ..errors import UserError

if TYPE_CHECKING:
    from ..optimizers.describing import Description

app = App(name="optimizers", help="List, explain, race and check optimizers.")

Json = Annotated[bool, Parameter(name="--json", negative="")]
WIDTH = 100  # columns of text


@app.command(name="list")
def list_optimizers(*, as_json: Json = False) -> None:
    """List the rules, with what a step costs: forward passes, backward passes, vectors of state.

    Example: `steepest optimizers list`

    Args:
        as_json: Print one JSON object instead of the table.
    """
    from ..optimizers.describing import describe, registered

    found = [describe(name) for name in registered()]
    if as_json:
        print(json.dumps({"optimizers": [dataclasses.asdict(each) for each in found]}, indent=2))
        return
    print(f"{'name':20} {'lr':>7}  {'fwd':>4} {'bwd':>4} {'state':>6}  what it is")
    for each in found:
        cost = f"{each.cost.forwards:>4g} {each.cost.backwards:>4g} {each.cost.vectors:>6.3g}"
        print(
            f"{each.name:20} {each.lr:>7g}  {cost}  {shorten(each.summary, WIDTH - 46, placeholder=' …')}"
        )
    print(
        "\nExplain one with `steepest optimizers show NAME`. torch.optim.CLASS and my_rule.py:MyRule work too,"
        '\nand a rule around a rule: --optimizer "sam:rho=0.1 of momentum:beta=0.8".'
    )


@app.command
def show(name: str, *, as_json: Json = False) -> None:
    """Explain a rule: formula, idea, hyperparameters with their ranges, source, and what a step costs.

    Example: `steepest optimizers show adam`

    Args:
        name: A rule's name, or FILE.py:CLASS.
        as_json: Print one JSON object instead of the text.
    """
    from ..optimizers.describing import describe

    found = describe(name)
    if as_json:
        print(json.dumps(dataclasses.asdict(found), indent=2))
        return
    print(_explained(found))


@app.command
def race(
    *,
    on: str = "rosenbrock",
    rules: str = "sgd,momentum,rmsprop,adam",
    out: Path = Path("race.png"),
    steps: int = 200,
    seed: int = 0,
    as_json: Json = False,
) -> None:
    """Race rules over a surface; write a picture, and beside it a moving one (.gif).

    Each rule runs with the learning rate that takes it lowest, unless its own lr is given.

    Example: `steepest optimizers race --on rosenbrock --rules sgd,adam,muon:lr=0.01 --out race.png`

    Args:
        on: The surface: ravine, rosenbrock, himmelblau, beale, saddle or rastrigin.
        rules: With commas between; settings as everywhere.
        out: Where to write the picture; it must end in .png.
        steps: How many each rule takes.
        seed: Of the noise of the rules that draw.
        as_json: Print one JSON object instead of the table.
    """
    from ..optimizers.racing import race as run_race
    from ..optimizers.surfaces import surface
    from ..reporting.race import png, race_figure, race_gif
    from ..storage import write_durably

    if out.suffix != ".png" or not out.parent.is_dir():
        raise UserError(f"--out must be a .png file in a folder that exists, not {out}.")
    if steps < 1:
        raise UserError(f"A race takes at least 1 step; --steps {steps} came.")
    ground = surface(on)
    paths = run_race(ground, separated(rules), steps, seed)
    moving = out.with_suffix(".gif")
    pictures = {out: png(race_figure(ground, paths)), moving: race_gif(ground, paths)}
    for path, content in pictures.items():
        write_durably(path, content)
    rows = [
        {"rule": each.text, "lr": each.lr, "height": float(each.heights[-1])}
        for each in sorted(paths, key=lambda each: float(each.heights[-1]))
    ]
    if as_json:
        files = [str(out), str(moving)]
        print(json.dumps({"surface": on, "steps": steps, "rules": rows, "files": files}, indent=2))
        return
    print(f"After {steps} steps on {on}, from height {float(paths[0].heights[0]):.4g}:")
    for row in rows:
        print(f"  {row['height']:<12.4g} {row['rule']}  (lr {row['lr']:.3g})")
    print(f"{out}\n{moving}")


@app.command
def check(rule: str, *, lr: float | None = None, as_json: Json = False) -> None:
    """Hold a rule, yours too, to what every rule must do; say in words what fails.

    Example: `steepest optimizers check my_rule.py:MyRule`

    Args:
        rule: FILE.py:CLASS, or anything that --optimizer takes.
        lr: The learning rate to check it with; by default its own.
        as_json: Print one JSON object instead of the lines.
    """
    from ..optimizers import choose
    from ..optimizers.conformance import check as run_checks

    findings = run_checks(choose(rule, lr))
    if as_json:
        rows = [{"check": f.name, "passed": f.passed, "complaint": f.complaint} for f in findings]
        print(json.dumps({"rule": rule, "checks": rows}, indent=2))
    else:
        for each in findings:
            print(fill(str(each), WIDTH, subsequent_indent=" " * 6, break_long_words=False))
    failed = [each for each in findings if not each.passed]
    if failed:
        raise UserError(f"{len(failed)} of {len(findings)} checks fail for {rule}.")


def separated(rules: str) -> list[str]:
    """Return the rules of a list with commas, some of which belong to a rule's own settings.

    >>> separated("sgd,adam:beta1=0.8,eps=1e-7,sam of sgd")
    ['sgd', 'adam:beta1=0.8,eps=1e-7', 'sam of sgd']
    """
    texts: list[str] = []
    for part in filter(None, (each.strip() for each in rules.split(","))):
        # `eps=1e-7` names no rule: it goes on with the settings of the one before
        if texts and "=" in part and ":" not in part.partition("=")[0]:
            texts[-1] += f",{part}"
        else:
            texts.append(part)
    if not texts:
        raise UserError("--rules names no rule. Write some with commas between: --rules sgd,adam.")
    return texts


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
    lines += [
        f"{'':25}{each.name} is tuned by compare: {each.tuned}"
        for each in found.parameters
        if each.tuned
    ]
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
