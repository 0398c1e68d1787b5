"""A batch's loss as a function of the parameters: all that an optimizer may see.

    params [P] -> ModelObjective -> the module's parameters become views of params -> loss -> grad [P]

What comes before an update rule wraps the objective: ``L2Penalty``, ``ClippedNorm``.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from .layout import Layout

LossFunction = Callable[[Tensor, Tensor], Tensor]


class Objective(Protocol):
    """One batch's loss as a function of a flat vector of P parameters.

    Both methods may be called any number of times in one step, at any vector: they see the same batch,
    the same augmentation and the same dropout mask.
    """

    @property
    def layout(self) -> Layout:
        """Which tensors the vector spells."""

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss [] at params [P]."""

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] and its gradient [P] at params [P]; the gradient is the caller's own."""


class FunctionObjective:
    """Any differentiable function of a [P] vector, for test surfaces and by-hand examples.

    >>> bowl = FunctionObjective(lambda w: (w**2).sum())
    >>> bowl.loss_and_grad(torch.tensor([3.0]))
    (tensor(9.), tensor([6.]))
    """

    def __init__(self, function: Callable[[Tensor], Tensor], layout: Layout | None = None) -> None:
        self.function = function
        self._layout = layout

    @property
    def layout(self) -> Layout:
        """The layout given, or one vector called ``w`` of unstated length."""
        return self._layout or Layout(("w",), ((-1,),))

    def loss(self, params: Tensor) -> Tensor:
        """Return the function's value at params [P]."""
        with torch.no_grad():
            return self.function(params)

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the value [] and the gradient [P] at params."""
        point = params.detach().requires_grad_()
        with torch.enable_grad():
            loss = self.function(point)
            (grad,) = torch.autograd.grad(loss, point)
        # a sum's gradient is one number spread over P places, which nobody can step in place
        return loss.detach(), grad.contiguous()


class ModelObjective:
    """The loss of a module on one batch; the only place where the flat vector meets the module.

    The module's parameters are made views of whichever vector was asked for last, so a rule that steps in
    place costs no copy. Buffers (batch-norm statistics) move once a step, at the current weights.

    Args:
        model: takes a batch of inputs, returns logits [B, K].
        loss_function: ``(logits [B, K], targets) -> loss []``.
        autocast: the reduced precision for the forward pass, or None.
        draws: gives a context for each forward pass in which the module's random draws are this step's.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_function: LossFunction,
        autocast: torch.dtype | None = None,
        draws: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.model = model
        self.loss_function = loss_function
        self.layout = Layout.of(model)
        self.logits = torch.empty(0)  # [B, K], of the step's first evaluation at the current weights
        self.forwards = 0
        self.backwards = 0
        self._autocast = autocast
        self._draws = draws
        self._parameters = [each for each in model.parameters() if each.requires_grad]
        self._buffers = list(model.buffers())
        self._bound: Tensor | None = None
        self._current: Tensor | None = None
        self._settled = True

    def bind(self, params: Tensor) -> None:
        """Make the module's parameters views of params [P]."""
        if self._bound is params:
            return
        for parameter, view in zip(self._parameters, self.layout.views(params), strict=True):
            parameter.data = view
        self._bound = params

    def begin(self, inputs: Tensor, targets: Tensor, params: Tensor) -> None:
        """Take the next batch; params is the current vector, where the buffers are to move."""
        self._inputs, self._targets = inputs, targets
        self._current = params
        self._settled = False

    def finish(self, params: Tensor) -> None:
        """End the step at its new params [P], and move the buffers if no evaluation did."""
        if not self._settled:
            self._current = params
            self.loss(params)
        self.bind(params)

    def loss(self, params: Tensor) -> Tensor:
        """Return the batch's loss [] at params [P]."""
        kept = self._enter(params)
        with torch.no_grad():
            loss = self._forward()
        self._leave(kept)
        return loss

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the batch's loss [] and a new gradient [P] at params."""
        kept = self._enter(params)
        with torch.enable_grad():
            loss = self._forward()
            grads = torch.autograd.grad(loss, self._parameters, allow_unused=True, materialize_grads=True)
        self.backwards += 1
        self._leave(kept)  # not sooner: the backward pass still reads the buffers
        return loss.detach(), torch.cat([grad.reshape(-1) for grad in grads])

    def _enter(self, params: Tensor) -> list[Tensor] | None:
        """Return copies of the buffers, or None where this evaluation is the one that moves them."""
        self.forwards += 1
        self.bind(params)
        if not self._settled and params is self._current:
            return None
        return [each.clone() for each in self._buffers]

    def _leave(self, kept: list[Tensor] | None) -> None:
        if kept is None:
            self._settled, self.logits = True, self._last_logits
            return
        for buffer, value in zip(self._buffers, kept, strict=True):
            buffer.copy_(value)

    def _forward(self) -> Tensor:
        with self._draws():
            return self._loss()

    def _loss(self) -> Tensor:
        if self._autocast is None:
            logits = self.model(self._inputs)
        else:
            with torch.autocast(self._inputs.device.type, self._autocast):
                logits = self.model(self._inputs)
            logits = logits.float()
        self._last_logits = logits.detach()
        return self.loss_function(logits, self._targets)


@contextmanager
def passes_counted(modules: Sequence[nn.Module]) -> Iterator[Counter[int]]:
    """Count the forward passes of each module, by its place, while the block runs, whoever makes them."""
    passes: Counter[int] = Counter()

    def counting(place: int) -> Callable[[nn.Module, object], None]:
        return lambda module, inputs: passes.update([place])

    # a copy of a module that is made meanwhile takes these along, so its passes count too
    hooks = [each.register_forward_pre_hook(counting(k)) for k, each in enumerate(modules)]
    try:
        yield passes
    finally:
        for hook in hooks:
            hook.remove()


@dataclass(frozen=True)
class L2Penalty:
    """The objective plus ``weight_decay / 2 * |params|^2``: weight decay as every rule's gradient sees it.

    Source: Krogh and Hertz 1991, "A simple weight decay can improve generalization".
    """

    objective: Objective
    weight_decay: float

    @property
    def layout(self) -> Layout:
        """The wrapped objective's layout."""
        return self.objective.layout

    def loss(self, params: Tensor) -> Tensor:
        """Return the penalised loss [] at params [P]."""
        return self.objective.loss(params) + self._penalty(params)

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the penalised loss [] and its gradient [P]."""
        loss, grad = self.objective.loss_and_grad(params)
        return loss + self._penalty(params), grad.add_(params.detach(), alpha=self.weight_decay)

    def _penalty(self, params: Tensor) -> Tensor:
        return self.weight_decay / 2 * params.detach().square().sum()


@dataclass(frozen=True)
class ClippedNorm:
    """The objective with its gradient scaled down to Euclidean norm ``max_norm`` where it is longer.

    Source: Pascanu, Mikolov and Bengio 2013, https://arxiv.org/abs/1211.5063
    """

    objective: Objective
    max_norm: float

    @property
    def layout(self) -> Layout:
        """The wrapped objective's layout."""
        return self.objective.layout

    def loss(self, params: Tensor) -> Tensor:
        """Return the loss [] at params [P], which clipping does not change."""
        return self.objective.loss(params)

    def loss_and_grad(self, params: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss [] and the clipped gradient [P]."""
        loss, grad = self.objective.loss_and_grad(params)
        # 1e-6 as in torch.nn.utils.clip_grad_norm_, so that both give the same numbers
        return loss, grad.mul_((self.max_norm / (grad.norm() + 1e-6)).clamp(max=1.0))
