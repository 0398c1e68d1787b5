"""Hold 10,000 random cases worked by hand against autograd, torch.nn.functional and the rules' own steps.

python scripts/byhand_properties.py [CASES] [SEED]

Prints a line a topic: cases, compared values, the largest deviation. Exits with 1 where one exceeds 1e-12.
"""

import sys
from collections.abc import Callable
from random import Random
from time import perf_counter

from steepest.byhand.backpropagation import backprop, check_backprop
from steepest.byhand.cross_entropy import softmax
from steepest.byhand.dense import ACTIVATIONS, OUTPUTS, DenseNetwork, counts
from steepest.byhand.maps import Maps
from steepest.byhand.stepping import LINES, Bowl, stepping
from steepest.byhand.table import TOLERANCE, Check
from steepest.byhand.windows import check_windows, convolution, pooling


def random_network(draw: Random) -> DenseNetwork:
    """Return a network of 1 to 3 layers of 1 to 4 neurons with any activation, with or without biases."""
    sizes = tuple(draw.randint(1, 4) for _ in range(draw.randint(2, 4)))
    amount = counts(sizes)
    numbers = {name: tuple(draw.uniform(-2, 2) for _ in range(count)) for name, count in amount.items()}
    output = draw.choice(OUTPUTS)
    if output == "softmax":
        shares = [draw.uniform(0.1, 1) for _ in range(sizes[-1])]
        numbers["targets"] = tuple(share / sum(shares) for share in shares)
    if draw.random() < 0.5:
        numbers.pop("biases")
    return DenseNetwork(sizes, activation=draw.choice(ACTIVATIONS), output=output, **numbers)


def backprop_case(draw: Random) -> Check:
    """Return two steps of a random network, checked."""
    return check_backprop(backprop(random_network(draw), lr=draw.uniform(0, 1), steps=2))


def random_maps(draw: Random, channels: int, height: int, width: int) -> Maps:
    """Return maps of numbers in [-2, 2]."""
    return tuple(
        tuple(tuple(draw.uniform(-2, 2) for _ in range(width)) for _ in range(height)) for _ in range(channels)
    )


def convolution_case(draw: Random) -> Check:
    """Return a convolution of a random image, kernel and geometry, checked."""
    channels, filters = draw.randint(1, 3), draw.randint(1, 2)
    kernel = (draw.randint(1, 3), draw.randint(1, 3))
    dilation = draw.randint(1, 2)
    reach = [dilation * (side - 1) + 1 for side in kernel]
    padding = draw.randint(0, min(reach) - 1)
    height, width = (draw.randint(each, each + 4) for each in reach)
    done = convolution(
        random_maps(draw, channels, height, width),
        [random_maps(draw, channels, *kernel) for _ in range(filters)],
        bias=[draw.uniform(-1, 1) for _ in range(filters)] if draw.random() < 0.7 else [],
        stride=draw.randint(1, 3),
        padding=padding,
        dilation=dilation,
    )
    return check_windows(done)


def pooling_case(draw: Random) -> Check:
    """Return pooling of a random image, checked."""
    kernel = draw.randint(1, 4)
    done = pooling(
        random_maps(draw, draw.randint(1, 2), draw.randint(kernel, 8), draw.randint(kernel, 8)),
        kernel,
        kind=draw.choice(("max", "average")),
        stride=draw.randint(0, 3),
        padding=draw.randint(0, kernel // 2),
    )
    return check_windows(done)


def softmax_case(draw: Random) -> Check:
    """Return the cross-entropy of random logits, some of them huge, checked."""
    size = draw.choice((1, 10, 1000))
    logits = [draw.uniform(-size, size) for _ in range(draw.randint(2, 10))]
    return softmax(logits, draw.randint(1, len(logits))).check


def step_case(draw: Random) -> Check:
    """Return a few steps of a random rule with random settings on a random bowl, checked."""
    weights = draw.randint(1, 3)
    bowl = Bowl(
        tuple(draw.uniform(-3, 3) for _ in range(weights)),
        tuple(draw.uniform(0.1, 5) for _ in range(weights)),
        tuple(draw.uniform(-1, 1) for _ in range(weights)),
    )
    rule = draw.choice(sorted(LINES))
    settings = {
        "momentum": [f"beta={draw.uniform(0, 0.95)}", f"nesterov={draw.choice(('true', 'false'))}"],
        "rmsprop": [f"centred={draw.choice(('true', 'false'))}", f"momentum={draw.choice((0.0, 0.5))}"],
        "adam": [f"beta1={draw.uniform(0, 0.95)}", f"beta2={draw.uniform(0.5, 0.999)}"],
        "adamw": [f"weight_decay={draw.uniform(0, 1)}"],
        "lion": [f"weight_decay={draw.uniform(0, 1)}"],
    }.get(rule)
    text = f"{rule}:{','.join(settings)}" if settings else rule
    return stepping(text, bowl, steps=draw.randint(1, 5), lr=draw.uniform(0.001, 0.1)).check


CASES: dict[str, Callable[[Random], Check]] = {
    "backprop": backprop_case,
    "convolution": convolution_case,
    "pooling": pooling_case,
    "softmax": softmax_case,
    "step": step_case,
}


def main(cases: int = 10_000, seed: int = 0) -> int:
    """Run an equal share of the cases on every topic; return 1 if a deviation is too large."""
    worst = 0.0
    began = perf_counter()
    for number, (topic, case) in enumerate(CASES.items()):
        share = cases // len(CASES) + (number < cases % len(CASES))
        draw = Random(f"{seed}/{topic}")
        checks = [case(draw) for _ in range(share)]
        values = sum(len(check.deviations) for check in checks)
        largest = max((check.largest for check in checks), default=0.0)
        worst = max(worst, largest)
        print(f"{topic:<12} {share:>6,} cases {values:>10,} values  largest deviation {largest:.1e}")
    print(f"{'in all':<12} {cases:>6,} cases in {perf_counter() - began:.1f} s  largest deviation {worst:.1e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
