"""A run watched step by step: the losses that its rule looks at, and how many units still answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..data import batch_order, batch_slices
from ..layout import Layout
from ..losses import cross_entropy
from ..objective import ModelObjective, Objective
from ..plan import in_memory_format
from ..preparation import Setup
from ..randomness import seed_of


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


def walk(setup: Setup, steps: int) -> Iterator[Taken]:
    """Yield the first steps of the run that ``setup`` describes: the same weights as the loop's, bit for bit.

    Args:
        setup: without augmentation, dropout and batch norm.
        steps: how many, over as many epochs as that takes.
    """
    config, train, rule = setup.config, setup.dataset.train, setup.choice.rule
    network, slices = setup.network.train(), batch_slices(len(train), config.batch_size)
    model = ModelObjective(network, cross_entropy(config.label_smoothing, None))
    layout, tensors = model.layout, dict(network.named_parameters())
    params = layout.flatten({name: tensors[name] for name in layout.names})
    state, noise = rule.init(params, layout), torch.Generator()
    with setup.plan.applied(), _Live(network) as live:
        for number in range(steps):
            epoch, place = divmod(number, len(slices))
            if place == 0:
                order = batch_order(len(train), config.seed, epoch)
                images, labels = (
                    in_memory_format(train.images[order], setup.plan),
                    train.labels[order],
                )
            rows = slices[place]
            model.begin(images[rows], labels[rows], params)
            noise.manual_seed(seed_of(config.seed, "optimizer", number))
            listening = _Listening(model)
            live.shares.clear()
            params, state, _ = rule.step(listening, params, state, setup.choice.lr, noise)
            model.finish(params)
            before, *tried = listening.losses
            yield Taken(before, tuple(tried), live.shares[0] if live.shares else 1.0, params)


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
