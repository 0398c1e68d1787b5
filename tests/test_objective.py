import pytest
import torch
from torch import nn
from torch.nn import functional as F

from steepest.layout import Layout
from steepest.objective import ClippedNorm, FunctionObjective, L2Penalty, ModelObjective


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3)).train()


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(8, 4, generator=draw), torch.randint(0, 3, (8,), generator=draw)


def begun(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> tuple[ModelObjective, torch.Tensor]:
    objective = ModelObjective(model, F.cross_entropy)
    params = objective.layout.flatten(dict(model.named_parameters()))
    objective.begin(*batch, params)
    return objective, params


def test_loss_and_gradient_equal_autograd_on_the_module(
    model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    expected = F.cross_entropy(model(batch[0]), batch[1])
    expected.backward()  # type: ignore[no-untyped-call]
    grads = torch.cat([each.grad.flatten() for each in model.parameters()])  # type: ignore[union-attr]
    objective, params = begun(model, batch)
    loss, grad = objective.loss_and_grad(params)
    assert torch.equal(loss, expected.detach())
    assert torch.equal(grad, grads)
    assert not loss.requires_grad
    assert not grad.requires_grad


def test_the_modules_parameters_are_views_of_the_vector(
    model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    objective, params = begun(model, batch)
    before = objective.loss(params)
    params.mul_(2)
    assert not torch.equal(objective.loss(params), before)
    assert model[0].weight.data_ptr() == params.data_ptr()  # type: ignore[index, union-attr]


def test_any_vector_can_be_asked_without_disturbing_the_current_one(
    model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    objective, params = begun(model, batch)
    kept = params.clone()
    loss = objective.loss(params)
    objective.loss_and_grad(params + 1)
    assert torch.equal(params, kept)
    assert torch.equal(objective.loss(params), loss)


def statistics(model: nn.Module) -> torch.Tensor:
    return model[1].running_mean.clone()  # type: ignore[index, union-attr, operator]


def test_batch_statistics_move_once_a_step_and_at_the_current_weights(
    model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    objective, params = begun(model, batch)
    start = statistics(model)
    objective.loss(params + 1)
    assert torch.equal(statistics(model), start)
    objective.loss_and_grad(params)
    moved = statistics(model)
    assert not torch.equal(moved, start)
    objective.loss_and_grad(params)
    objective.finish(params)
    assert torch.equal(statistics(model), moved)


def test_batch_statistics_move_at_the_end_where_no_evaluation_was_at_the_current_weights(
    model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]
) -> None:
    objective, params = begun(model, batch)
    start = statistics(model)
    objective.loss(params + 1)
    objective.finish(params)
    assert not torch.equal(statistics(model), start)


def test_forwards_and_backwards_are_counted(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    objective, params = begun(model, batch)
    objective.loss(params)
    objective.loss_and_grad(params)
    assert (objective.forwards, objective.backwards) == (2, 1)


def test_a_parameter_that_the_loss_does_not_use_has_gradient_zero(
    batch: tuple[torch.Tensor, torch.Tensor],
) -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(4, 3), nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(x)  # type: ignore[no-any-return]

    objective, params = begun(Idle(), batch)
    _, grad = objective.loss_and_grad(params)
    assert bool((objective.layout.unflatten(grad)["idle.weight"] == 0).all())


@pytest.fixture
def bowl() -> FunctionObjective:
    return FunctionObjective(lambda w: (w**2).sum(), Layout(("w",), ((2,),)))


def test_weight_decay_adds_its_penalty_to_loss_and_gradient_alike(bowl: FunctionObjective) -> None:
    params = torch.tensor([1.0, -2.0])
    loss, grad = L2Penalty(bowl, 0.5).loss_and_grad(params)
    assert float(loss) == pytest.approx(5 + 0.25 * 5)
    assert grad.tolist() == pytest.approx([2.5, -5.0])
    assert float(L2Penalty(bowl, 0.5).loss(params)) == pytest.approx(float(loss))


def test_clipping_equals_torchs_and_leaves_short_gradients_alone(bowl: FunctionObjective) -> None:
    parameter = nn.Parameter(torch.tensor([3.0, 4.0]))
    parameter.grad = 2 * parameter.detach()
    nn.utils.clip_grad_norm_([parameter], 1.0)
    _, clipped = ClippedNorm(bowl, 1.0).loss_and_grad(parameter.detach())
    assert torch.allclose(clipped, parameter.grad, rtol=1e-6)
    _, whole = ClippedNorm(bowl, 100.0).loss_and_grad(parameter.detach())
    assert torch.equal(whole, 2 * parameter.detach())
