import pytest
import torch
from torch import nn

from steepest.errors import ShapeError
from steepest.layout import Layout


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Linear(4, 5))


def test_the_vector_holds_the_parameters_in_the_modules_order(model: nn.Module) -> None:
    layout = Layout.of(model)
    params = layout.flatten(dict(model.named_parameters()))
    assert layout.count == params.numel() == sum(each.numel() for each in model.parameters())
    assert torch.equal(params, torch.cat([each.flatten() for each in model.parameters()]))


def test_unflatten_gives_views_that_move_with_the_vector(model: nn.Module) -> None:
    layout = Layout.of(model)
    params = layout.flatten(dict(model.named_parameters()))
    named = layout.unflatten(params)
    params.zero_()
    assert all(bool((each == 0).all()) for each in named.values())
    assert {name: tuple(each.shape) for name, each in named.items()} == {
        name: tuple(each.shape) for name, each in model.named_parameters()
    }


def test_frozen_parameters_are_no_part_of_the_vector(model: nn.Module) -> None:
    model[0].weight.requires_grad_(False)  # type: ignore[index, union-attr]
    assert "0.weight" not in Layout.of(model).names


def test_sizes_say_how_many_numbers_each_tensor_has() -> None:
    layout = Layout(("a", "b", "c"), ((2, 2), (), (3,)))
    assert layout.sizes == (4, 1, 3)


def test_map_sees_each_tensor_in_its_own_shape() -> None:
    layout = Layout(("a", "b"), ((2, 2), (3,)))
    seen: list[tuple[int, ...]] = []

    def double(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(tensor.shape))
        return tensor + other

    params = torch.arange(7.0)
    assert torch.equal(layout.map(double, params, params), 2 * params)
    assert seen == [(2, 2), (3,)]


def test_tensors_that_do_not_fit_are_refused_by_name(model: nn.Module) -> None:
    layout = Layout.of(model)
    tensors = dict(model.named_parameters())
    with pytest.raises(ShapeError, match=r"2\.bias"):
        layout.flatten({name: each for name, each in tensors.items() if name != "2.bias"})
    with pytest.raises(ShapeError, match=r"`2\.bias` has shape \[7\]; the model takes \[5\]"):
        layout.flatten({**tensors, "2.bias": torch.zeros(7)})
