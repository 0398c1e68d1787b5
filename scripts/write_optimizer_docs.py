"""Write docs/optimizers.md and its pictures from the registry: nothing on that page is written by hand.

PYTHONPATH=src python scripts/write_optimizer_docs.py            what is stale
PYTHONPATH=src python scripts/write_optimizer_docs.py --all      every picture anew
"""

import ast
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/optimizers.md"
PICTURES = ROOT / "docs/pictures"
ROOM = ROOT / "src/steepest/optimizers"
SURFACES = ("ravine", "rosenbrock")
STEPS = 100

INTRODUCTION = """\
# The optimizers

<!-- Written by scripts/write_optimizer_docs.py from the rules themselves; `make docs` writes it again. -->

In every formula `w` are the weights, `g` is the gradient of the batch's loss at `w`, `lr` the learning rate and
`t` the number of the step, counted from 1. All of it acts on each weight alone unless it says otherwise.

Wherever an optimizer is named (`--optimizer`, TOML, Python) this works:

| written | means |
|---|---|
| `adam` | a rule with its defaults, and its own learning rate |
| `adam:beta1=0.8,eps=1e-7` | with other hyperparameters; `lr` may be among them |
| `sam:rho=0.1 of momentum:beta=0.8` | a rule around a rule, each with settings of its own |
| `torch.optim.RAdam:weight_decay=0.01` | a class of `torch.optim` |
| `my_rule.py:MyRule` | a rule, or a torch optimizer, in a file of yours |

`steepest optimizers show NAME` prints a rule's section of this page,
`steepest optimizers race --on rosenbrock --rules sgd,adam` draws a race, and
`steepest optimizers check my_rule.py:MyRule` holds your own rule to the same contract as ours.

In a training loop of your own every rule is a `torch.optim.Optimizer`, with parameter groups, schedulers and
`state_dict`; rules that evaluate more than one gradient take a closure:

```python
from steepest.optimizers import ToTorch

optimizer = ToTorch(model.parameters(), "ema:decay=0.99 of adam", lr=1e-3)
...
optimizer.step()  # or step(closure)
with optimizer.averaged():  # the weights to evaluate, where they are others than those that step
    evaluate(model)
```

Each picture shows 100 steps over a ravine, fifty times steeper across than along, and in Rosenbrock's curved
valley, at that one of fifteen learning rates which takes the rule lowest there. They show what a rule does, not
which one is best: two weights and no noise say nothing about training a network.

What a step costs was counted by running it: forward and backward passes, and the state's size in units of the
weights' (on a small network)."""

AMBIGUOUS = """\
## Where the source left a choice

| rule | what we chose |
|---|---|
"""


def page() -> str:
    """Return the whole page."""
    from steepest.optimizers.describing import describe, registered

    found = [describe(name) for name in registered()]
    rows = [
        f"| [`{each.name}`](#{each.name}) | {each.summary.rstrip('.')} | {each.cost.forwards:g} | "
        f"{each.cost.backwards:g} | {each.cost.vectors:g} |"
        for each in found
    ]
    heading = ["| rule | what it is | forwards | backwards | state |", "|---|---|---|---|---|"]
    table = "\n".join([*heading, *rows])
    choices = [f"| `{each.name}` | {_cell(each.choice)} |" for each in found if each.choice]
    sections = [section(each) for each in found]
    return "\n\n".join([INTRODUCTION, table, *sections, AMBIGUOUS + "\n".join(choices)]) + "\n"


def section(found) -> str:
    """Return one rule's section."""
    also = [f"`{each}`" for each in found.names if each != found.name]
    title = f"## {found.name}" + (f"\n\nAlso called {', '.join(also)}." if also else "")
    settings = [
        f"`{each.name}` = {_spelled(each.default)}, {each.range}"
        + (f": {each.why}" if each.why else "")
        + (f" (tuned by compare: {each.tuned})" if each.tuned else "")
        for each in found.parameters
    ]
    if found.wraps:
        settings.append(f"`of RULE`: what it wraps, `{found.wraps}` when none is named")
    parts = [
        title,
        found.summary,
        f"```\n{found.formula}\n```",
        f"**Idea.** {found.idea}",
        f"**Fails.** {found.fails}",
        f"![paths of {found.name}](pictures/{picture_name(found.name)})\n{mark_of(found)}",
        "\n".join(f"- {each}" for each in [f"`lr` = {found.lr:g}, above 0", *settings]),
        f"**Source.** {found.source}",
        f"**Choice.** {found.choice}" if found.choice else "",
    ]
    return "\n\n".join(part for part in parts if part)


def picture_name(name: str) -> str:
    """Return the file name of a rule's picture."""
    return f"optimizer-{name}.png"


def mark_of(found) -> str:
    """Return the comment that says of which code a rule's picture was made."""
    return f"<!-- picture of {found.name}, code {fingerprint(found.family)} -->"


def fingerprint(family: str) -> str:
    """Return eight hexadecimal digits of a file's code, to which its docstrings and comments do not count."""
    tree = ast.parse((ROOM / f"{family}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return sha256(ast.dump(tree).encode()).hexdigest()[:8]


def picture(name: str) -> bytes:
    """Return a rule's picture: its paths on the two surfaces."""
    from steepest.optimizers.surfaces import race, surface
    from steepest.pages.race import path_figure, small_png

    grounds = [surface(each) for each in SURFACES]
    return small_png(path_figure([(each, race(each, [name], STEPS)[0]) for each in grounds]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def main() -> int:
    """Write the page, and the pictures that are missing or of older code."""
    from steepest.optimizers.describing import describe, registered

    PICTURES.mkdir(exist_ok=True)
    before = PAGE.read_text() if PAGE.exists() else ""
    for name in registered():
        file = PICTURES / picture_name(name)
        if "--all" in sys.argv or not file.exists() or mark_of(describe(name)) not in before:
            file.write_bytes(picture(name))
    PAGE.write_text(page())
    sizes = [(PICTURES / picture_name(name)).stat().st_size for name in registered()]
    print(f"{PAGE.relative_to(ROOT)}: {len(sizes)} rules, {sum(sizes) / 1e3:.0f} kB of pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
