"""A step of our rules against torch's implementations of the same, timed in turn on one thread.

    python benchmarks/optimizer_step.py [REPEATS]

Only the update is timed, with the gradient given (ours overwrites it, so it gets a copy, which is timed too).
torch has one parameter per tensor of the network, we one vector.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from steepest.layout import Layout
from steepest.models import MODELS, build
from steepest.optimizers import choose

REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
STEPS = 10  # a repeat
LR = 1e-3
MODELS_TIMED = ("softmax-regression", "digits-cnn", "convnet4")
RULES: dict[str, tuple[type[torch.optim.Optimizer], dict[str, Any]]] = {
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}


def ours(rule: str, layout: Layout, params: Tensor, grad: Tensor) -> Callable[[], object]:
    """Return a step of one of our rules."""
    chosen: Any = choose(rule).rule
    weights = params.clone()
    state = chosen.init(weights, layout)
    return lambda: chosen.update(grad.clone(), weights, state, LR)


def theirs(rule: str, kind: str, layout: Layout, params: Tensor, grad: Tensor) -> Callable[[], object]:
    """Return a step of torch's implementation: ``foreach`` or ``fused``."""
    parameters = [torch.nn.Parameter(view.clone()) for view in layout.views(params)]
    for parameter, piece in zip(parameters, layout.views(grad), strict=True):
        parameter.grad = piece.clone()
    made, settings = RULES[rule]
    make: Any = made
    step: Callable[[], object] = make(parameters, lr=LR, **{kind: True}, **settings).step
    return step


def milliseconds(step: Callable[[], object]) -> float:
    """Return the mean time of a step over a repeat."""
    began = perf_counter()
    for _ in range(STEPS):
        step()
    return (perf_counter() - began) / STEPS * 1e3


def main() -> None:
    """Time every rule on every model, and print medians and ratios."""
    torch.set_num_threads(1)
    for model in MODELS_TIMED:
        network = build(model, MODELS[model].shape, 10)
        layout = Layout.of(network)
        params = layout.flatten(dict(network.named_parameters()))
        grad = torch.randn(params.shape, generator=torch.Generator().manual_seed(0))
        for rule in RULES:
            steps = {
                "ours": ours(rule, layout, params, grad),
                "foreach": theirs(rule, "foreach", layout, params, grad),
                "fused": theirs(rule, "fused", layout, params, grad),
            }
            times: dict[str, list[float]] = {name: [] for name in steps}
            for _ in range(REPEATS):
                for name, step in steps.items():
                    times[name].append(milliseconds(step))
            ratio = median(a / b for a, b in zip(times["ours"], times["foreach"], strict=True))
            shown = "  ".join(f"{name} {median(each):.3f} ms" for name, each in times.items())
            print(f"{layout.count:>9,}  {rule:<9} {shown}  ours / foreach {ratio:.2f}")


if __name__ == "__main__":
    main()
