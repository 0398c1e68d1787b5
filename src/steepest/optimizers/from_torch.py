"""Any ``torch.optim`` class, used where a rule of ours can be used."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..layout import Layout
from ..objective import Objective
from .arithmetic import pieces, shapes_of
from .rule import LearningRate, State, Step, gradient


@dataclass
class _Live:
    """The torch optimizer that the last step used, so that the next one need not build it anew."""

    params: Tensor
    state: State
    grouped: bool
    parameters: list[nn.Parameter]
    optimizer: torch.optim.Optimizer


@dataclass(frozen=True)
class FromTorch:
    """A ``torch.optim`` class as a rule; its state travels as a nest of tensors like any other.

    A learning rate per weight must be constant within each tensor: each tensor becomes a parameter group, and
    one whose rate is 0 is left out of the step altogether.

    Args:
        optimizer_class: a subclass of ``torch.optim.Optimizer``.
        settings: its keyword arguments other than the learning rate.
    """

    optimizer_class: type[torch.optim.Optimizer]
    settings: dict[str, Any] = field(default_factory=dict)
    _cache: list[_Live] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        if issubclass(self.optimizer_class, torch.optim.SparseAdam):
            raise UserError(
                f"{self.name} takes sparse gradients only, and the gradients here are dense. Use "
                "torch.optim.Adam, or our own `adam`."
            )
        # one weight, so that settings are refused here and not after the data has been read
        self._construct([nn.Parameter(torch.zeros(1, 1))], lr=1.0)

    @property
    def name(self) -> str:
        """How it is called where optimizers are named."""
        module, name = self.optimizer_class.__module__, self.optimizer_class.__qualname__
        return f"torch.optim.{name}" if module.startswith("torch.optim.") else f"{module}.{name}"

    @property
    def gradient_only(self) -> bool:
        """Whether one gradient is all that a step asks for: for all of torch's own but LBFGS."""
        return not issubclass(self.optimizer_class, torch.optim.LBFGS)

    def init(self, params: Tensor, layout: Layout) -> State:
        """Return the state before the first step: torch fills it in by itself."""
        return {"shapes": shapes_of(layout), "tensors": {}}

    def step(
        self, objective: Objective, params: Tensor, state: State, lr: LearningRate, generator: torch.Generator
    ) -> Step:
        """Return one ``step`` of the torch optimizer, with a closure for those that ask for one."""
        rates = self._rates(lr, state["shapes"])
        live = self._live(params, state, rates)
        each_rate = _each(rates, len(live.parameters))
        losses: list[Tensor] = []

        def closure() -> Any:  # a tensor, as torch's own closures give; its annotation says float
            loss, grad = gradient(objective, params, lr)
            for parameter, piece, rate in zip(
                live.parameters, pieces(grad, state["shapes"]), each_rate, strict=True
            ):
                parameter.grad = piece if rate else None
            losses.append(loss)
            return loss

        live.optimizer.step(closure)
        live.state = {"shapes": state["shapes"], "tensors": self._state_of(live)}
        return Step(params, live.state, losses[0])

    def weights(self, params: Tensor, state: State) -> Tensor:
        """Return params: torch's optimizers evaluate where they step."""
        return params

    @staticmethod
    def _state_of(live: _Live) -> dict[str, Any]:
        kept = live.optimizer.state
        return {str(n): kept[each] for n, each in enumerate(live.parameters) if each in kept}

    def _rates(self, lr: LearningRate, shapes: list[list[int]]) -> float | list[float]:
        """Return one rate, or one a tensor."""
        if not isinstance(lr, Tensor):
            return lr
        if lr.dim() == 0:
            return float(lr)
        rates = []
        for piece in pieces(lr, shapes):
            if not bool((piece == piece.flatten()[0]).all()):
                raise UserError(
                    f"{self.name} takes one learning rate per tensor; this one has several within a tensor of "
                    f"shape {list(piece.shape)}. A rule of steepest's own takes one per weight."
                )
            rates.append(float(piece.flatten()[0]))
        return rates

    def _live(self, params: Tensor, state: State, rates: float | list[float]) -> _Live:
        known = self._cache[0] if self._cache else None
        grouped = isinstance(rates, list)
        if known is None or not (known.params is params and known.state is state and known.grouped == grouped):
            known = self._build(params, state, rates)
            self._cache[:] = [known]
        groups = known.optimizer.param_groups
        for group, rate in zip(groups, _each(rates, len(groups)), strict=True):
            group["lr"] = rate
        return known

    def _build(self, params: Tensor, state: State, rates: float | list[float]) -> _Live:
        parameters = [nn.Parameter(view) for view in pieces(params, state["shapes"])]
        grouped = isinstance(rates, list)
        asked: Any = [{"params": [each]} for each in parameters] if grouped else parameters
        # a rate of 0 is refused by some classes; the true one is set before every step
        placeholder = 1.0 if isinstance(rates, list) or not rates else rates
        optimizer = self._construct(asked, placeholder)
        for number, values in state["tensors"].items():
            optimizer.state[parameters[int(number)]] = values
        return _Live(params, state, grouped, parameters, optimizer)

    def _construct(self, parameters: Any, lr: float) -> torch.optim.Optimizer:
        try:
            return self.optimizer_class(parameters, lr=lr, **self.settings)  # type: ignore[call-arg]
        except (TypeError, ValueError) as error:
            raise UserError(f"{self.name} cannot be used so: {error}.") from error


def _each(rates: float | list[float], count: int) -> list[float]:
    """Return ``count`` rates, be they given once or one by one."""
    return rates if isinstance(rates, list) else [rates] * count
