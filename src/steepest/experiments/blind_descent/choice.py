"""A run watched step by step, and what the choice between candidates decides: how often a noisy one wins.

Of each step the losses that its rule looks at are kept, and how many units still answer.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import comb
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...content.content import Content, Table, Text
from ...data import batch_slices
from ...layout import Layout
from ...objective import Objective
from ...optimizers import LearningRate, Optimizer, State, Step
from ...training.loops import steps
from ...training.preparation import Setup
from ...training.schedules import choose_schedule
from ..context import Context


@dataclass(frozen=True)
class Taken:
    """One step.

    Args:
        before: the loss where it began, in nats.
        tried: the losses at the candidates, in the order in which the rule asked for them.
        alive: the fraction of the ReLU layer's outputs above 0, on the step's batch before it; 1 without one.
        params: [P] after the step.
    """

    before: float
    tried: tuple[float, ...]
    alive: float
    params: Tensor


def walk(setup: Setup, count: int) -> Iterator[Taken]:
    """Yield the first steps of a run at its constant learning rate, as the loop takes them.

    Args:
        setup: what is trained.
        count: how many steps, over as many epochs as that takes.
    """
    epochs = -(-count // len(batch_slices(len(setup.dataset.train), setup.config.batch_size)))
    with _Live(setup.network) as live:
        rule = _Watched(setup.choice.rule, live)
        watched = replace(
            setup,
            config=setup.config.with_(epochs=epochs, patience=None),
            choice=replace(setup.choice, rule=rule),
            schedule=choose_schedule("constant"),
        )
        for _ in islice(steps(watched, every=1), count):
            yield rule.taken


class _Watched:
    """A rule that keeps what its last step saw."""

    taken: Taken

    def __init__(self, rule: Optimizer, live: "_Live") -> None:
        self.rule, self.live = rule, live
        self.init, self.weights = rule.init, rule.weights

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return the rule's step."""
        listening = _Listening(objective)
        self.live.shares.clear()
        made = self.rule.step(listening, params, state, lr, generator)
        before, *tried = listening.losses
        alive = self.live.shares[0] if self.live.shares else 1.0
        self.taken = Taken(before, tuple(tried), alive, made.params)
        return made


class _Listening:
    """An objective that remembers every loss it was asked for."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.losses: list[float] = []

    @property
    def layout(self) -> Layout:
        return self.objective.layout

    def loss(self, params: Tensor) -> Tensor:
        loss = self.objective.loss(params)
        self.losses.append(float(loss))
        return loss

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        loss, grad = self.objective.loss_and_grad(params)
        self.losses.append(float(loss))
        return loss, grad


class _Live:
    """Listens to a network's first ReLU: of each forward pass, the share of outputs above 0."""

    def __init__(self, network: nn.Module) -> None:
        self.shares: list[float] = []
        self._layer = next((each for each in network.modules() if isinstance(each, nn.ReLU)), None)

    def __enter__(self) -> "_Live":
        def listen(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.shares.append(float((output > 0).float().mean()))

        self._handle = self._layer.register_forward_hook(listen) if self._layer else None
        return self

    def __exit__(self, *error: object) -> None:
        if self._handle:
            self._handle.remove()


CANDIDATES = 8  # noisy ones that are watched: choices among fewer are worked out from them
FEWER = (1, 2, 4, CANDIDATES)
FORMAT = 1  # of what is remembered; raised when the calculation changes


@dataclass(frozen=True)
class Choosing:
    """What was seen over some steps of the mended rule with ``CANDIDATES`` noisy candidates.

    Args:
        lower, same, higher: fractions of the noisy candidates, by their loss against the noiseless one's.
        accepted: for each number in ``FEWER``, the fraction of steps in which a noisy candidate would win.
        step: by how much the noiseless step lowers the batch's loss, mean in nats.
        gain: by how much the best of all candidates lies below the noiseless one, mean in nats.
        spacing: between neighbouring float32 numbers at that loss, mean in nats.
    """

    lower: float
    same: float
    higher: float
    accepted: tuple[float, ...]
    step: float
    gain: float
    spacing: float


def choosing(taken: list[Taken]) -> Choosing:
    """Return the counts over some steps.

    Of ``n`` noisy candidates that are alike, ``m`` have a lower loss: k of them, drawn at random, hold one of
    these with probability ``1 - C(n - m, k) / C(n, k)``.

    Args:
        taken: of the mended rule: the noiseless candidate's loss first, then those of the noisy ones.
    """
    plain = np.array([each.tried[0] for each in taken])
    noisy = np.array([each.tried[1:] for each in taken])
    below = (noisy < plain[:, None]).sum(axis=1)
    count = noisy.shape[1]

    def wins(number: int) -> float:
        return fmean(1 - comb(count - int(m), number) / comb(count, number) for m in below)

    return Choosing(
        lower=float((noisy < plain[:, None]).mean()),
        same=float((noisy == plain[:, None]).mean()),
        higher=float((noisy > plain[:, None]).mean()),
        accepted=tuple(wins(number) for number in FEWER if number <= count),
        step=float(np.mean([each.before - each.tried[0] for each in taken])),
        gain=float(np.maximum(plain - noisy.min(axis=1), 0).mean()),
        spacing=float(np.spacing(plain.astype(np.float32)).mean()),
    )


def blind_choice(context: Context, *, cases: list[str], steps: int) -> list[Content]:
    """Return how often a noisy candidate wins, and what the choice is worth beside the step.

    Args:
        cases: of the mended rule; each is watched from its start, and from its trained weights on.
        steps: how many to watch each time, at the first seed; a quarter of them in a quick run.
    """
    steps = steps // 4 if context.quick else steps
    found = {
        f"{context.experiment.case(case).title}, {when}": _watched(context, case, steps, late=late)
        for case in cases
        if context.has(case)
        for when, late in (("at the start", False), ("after training", True))
    }
    rows = tuple(
        (name, *(f"{share:.1%}" for share in (each.lower, each.same, each.higher, *each.accepted)))
        for name, each in found.items()
    )
    wins = tuple(f"wins with {number}" for number in FEWER)
    columns = ("", "lower", "same to the last bit", "higher", *wins)
    prices = tuple(
        (name, f"{each.step:.1e}", f"{each.gain:.1e}", _share(each), f"{each.spacing:.1e}")
        for name, each in found.items()
    )
    price_columns = ("", "the step", f"the choice of {CANDIDATES}", "choice / step", "float32 spacing")
    return [
        Table(
            "Loss of a noisy candidate against the noiseless one",
            columns,
            rows,
            f"Over {steps} steps at the first seed. Were the noise neither good nor bad and never rounded away, "
            "1, 2, 4 and 8 candidates would win in 50, 75, 94 and 99.6 % of the steps, as coins do.",
        ),
        Table("By how much each lowers the batch's loss, in nats", price_columns, prices),
        Text("", (told_choice(list(found.values())),)),
    ]


def _share(found: Choosing) -> str:
    return f"{found.gain / found.step:.3%}" if found.step > 0 else ""


def told_choice(found: list[Choosing]) -> str:
    """Return in words how much the choice adds to the step."""
    shares = [each.gain / each.step for each in found if each.step > 0]
    rounded = sum(each.gain < 2 * each.spacing for each in found)
    words = (
        "The noise is 1 % of each gradient, drawn for each weight on its own, so that its effects on the loss "
        "cancel. "
    )
    if shares:
        words += (
            f"Choosing the best of {CANDIDATES} adds {min(shares):.2%} to {max(shares):.2%} of what the step "
            "itself gains. "
        )
    if rounded:
        words += (
            f"In {rounded} of {len(found)} stretches that is below two units in the last place of a float32 loss: "
            "there it is rounding that chooses."
        )
    return words.strip()


def _watched(context: Context, case: str, steps: int, *, late: bool) -> Choosing:
    from ...training.preparation import prepare

    config = context.config(case).with_(optimizer=f"blind-descent:candidates={CANDIDATES}")

    def compute() -> dict[str, object]:
        context.note(f"watching {steps} choices of {case}")
        setup = prepare(config, context.source(config))
        if late:
            setup.network.load_state_dict(context.network(case).state_dict())
        return asdict(choosing(list(walk(setup, steps))))

    key = {"part": "blind-choice", "config": config.to_toml(), "steps": steps, "format": FORMAT}
    key |= {"from": context.outcomes(case)[0].hashes if late else None}
    found = context.remembered(key, compute)
    return Choosing(**(found | {"accepted": tuple(found["accepted"])}))
