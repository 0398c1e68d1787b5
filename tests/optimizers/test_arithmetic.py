"""The vector operations that rules share, against the formulas in numpy and plain numbers."""

import numpy as np
import pytest
import torch

from steepest.layout import Layout
from steepest.optimizers.arithmetic import (
    counted,
    counter,
    decay,
    descend,
    descend_ratio,
    follow,
    pieces,
    shapes_of,
    take_exact_roots,
    zeros,
)


def test_one_rate_and_a_rate_per_weight_move_alike():
    above, below = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 8.0])
    rates = torch.tensor([0.5, 0.0, 0.25])
    assert descend(torch.zeros(3), above, rates).tolist() == [-0.5, 0.0, -0.75]
    assert descend(torch.zeros(3), above, 0.5).tolist() == [-0.5, -1.0, -1.5]
    assert descend_ratio(torch.zeros(3), above, below, rates, 2.0).tolist() == [-0.5, 0, -0.1875]
    assert descend_ratio(torch.zeros(3), above, below, 0.5, 2.0).tolist() == [-0.5, -0.5, -0.375]


def test_a_decay_shrinks_by_the_rate_times_its_share_weight_by_weight():
    weights = torch.tensor([4.0, 4.0, 4.0])
    decay(weights, 0.5, torch.tensor([0.5, 0.0, 1.0]))
    assert weights.tolist() == [3.0, 4.0, 2.0]
    decay(weights, 0.0, 1.0)
    assert weights.tolist() == [3.0, 4.0, 2.0]


def test_a_move_happens_in_the_vector_that_was_given():
    params = torch.ones(2)
    for moved in (
        descend(params, torch.ones(2), 0.25),
        descend_ratio(params, torch.ones(2), torch.full((2,), 2.0), torch.full((2,), 0.5)),
    ):
        assert moved is params
    assert params.tolist() == [0.5, 0.5]


def test_a_running_square_is_the_weighted_sum_of_all_squares():
    grads = np.sin(np.arange(1, 13) * 1.7).reshape(4, 3)
    square = torch.zeros(3, dtype=torch.float64)
    for grad in grads:
        follow(square, torch.from_numpy(grad), 0.8)
    weights = 0.2 * 0.8 ** np.arange(3, -1, -1)
    assert np.allclose(square.numpy(), weights @ grads**2, rtol=1e-14)


def test_steps_are_counted_from_one_beside_zeros_of_the_weights_kind():
    state = zeros(torch.ones(3, dtype=torch.float64), "mean", "square")
    assert [counted(state) for _ in range(3)] == [1, 2, 3]
    assert set(state) == {"step", "mean", "square"}
    assert state["mean"].dtype == torch.float64
    assert state["square"].tolist() == [0, 0, 0]
    state["mean"].add_(1)
    assert state["square"].tolist() == [0, 0, 0]  # no shared memory
    assert counter().dtype == torch.int64


def test_the_pieces_of_a_vector_are_views_in_the_layouts_order():
    layout = Layout(("a", "scalar", "b"), ((2, 3), (), (4,)))
    vector = torch.arange(11.0)
    matrix, scalar, last = pieces(vector, shapes_of(layout))
    assert shapes_of(layout) == [[2, 3], [], [4]]
    assert matrix.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (scalar.item(), last.tolist()) == (6, [7, 8, 9, 10])
    last.zero_()
    assert vector[7:].tolist() == [0, 0, 0, 0]
    with pytest.raises(RuntimeError, match="split_with_sizes"):
        pieces(torch.zeros(12), shapes_of(layout))


@pytest.fixture
def exact():
    library = take_exact_roots()
    yield
    library._destroy()
    take_exact_roots.cache_clear()


EVERY_ROOT = {
    "sqrt": torch.sqrt,
    "in place": lambda each: each.clone().sqrt_(),
    "out": lambda each: torch.sqrt(each, out=torch.empty(0, dtype=each.dtype)),
    "strided": lambda each: torch.stack([each, each], 1)[:, 0].sqrt(),
    "power": lambda each: each**0.5,
    "power in place": lambda each: each.clone().pow_(0.5),
    "power out": lambda each: torch.pow(each, 0.5, out=torch.empty(0, dtype=each.dtype)),
    "foreach": lambda each: torch._foreach_sqrt([each])[0],
}


@pytest.mark.parametrize("root", EVERY_ROOT.values(), ids=EVERY_ROOT)
def test_an_exact_root_is_the_one_of_ieee_for_small_and_large_numbers(root, exact):
    """All 32-bit floats by 4,093: zero to infinity; a root in 64 bits that is rounded again is the exact one."""
    bits = torch.cat([torch.arange(0, 0x7F800000, 4093), torch.tensor([0x7F800000, 1, 2, 3])]).to(torch.int32)
    squares = bits.view(torch.float32)
    wanted = np.sqrt(squares.numpy().astype(np.float64)).astype(np.float32)
    assert (root(squares).numpy() == wanted).all()


def test_roots_keep_what_torch_promises_of_them(exact):
    square = torch.tensor([4.0, 9.0], requires_grad=True)
    square.sqrt().sum().backward()
    assert square.grad is not None
    assert square.grad.tolist() == [0.25, torch.tensor(1.0).div(6).item()]
    assert torch.tensor([4, 9]).sqrt().tolist() == [2.0, 3.0]
    assert torch.tensor(16.0).sqrt().item() == 4
    assert torch.tensor([-1.0]).sqrt().isnan().all()
    assert torch.tensor([-4 + 0j]).sqrt().tolist() == [2j]
    halves = torch.rand(500).bfloat16()
    assert halves.sqrt().equal(halves.double().sqrt().bfloat16())
    last = torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    assert last.sqrt().stride() == last.stride()
    assert (torch.tensor([3.0]) ** 2).tolist() == [9.0]
