import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_fakes import context_of
from steepest.byhand.windows import convolution
from steepest.experiments.content import Images, Table, Text
from steepest.experiments.convnets_windows import (
    convolution_by_hand,
    drawn_kernel,
    output_sizes,
    pooling_by_hand,
    surplus_sums,
    truncated_sums,
    zoom_windows,
)

CASE = '[[case]]\nname = "net"\nconfig = { model = "F3", epochs = 1 }'


@pytest.fixture
def context(tmp_path, monkeypatch):
    return context_of(CASE, tmp_path, monkeypatch, seeds=1)


@settings(max_examples=10)
@given(st.integers(1, 6), st.integers(0, 50))
def test_a_kernel_is_drawn_as_the_library_draws_it(side: int, seed: int) -> None:
    weights, bias = drawn_kernel(side, seed)
    values = np.append(np.array(weights[0]).ravel(), bias)
    assert values.shape == (side * side + 1,)
    assert np.abs(values).max() <= 1 / side
    assert drawn_kernel(side, seed) == (weights, bias)
    assert drawn_kernel(side, seed + 1)[1] != bias


@pytest.mark.parametrize(("kernel", "stride", "places"), [(2, 1, 11), (4, 4, 3)])
def test_by_hand_is_the_library_with_the_bias_and_off_by_it_without(
    context, kernel, stride, places
):
    pictures, differences, worked = convolution_by_hand(
        context, case="net", kernel=kernel, stride=stride
    )
    assert isinstance(pictures, Images)
    image, weights, ours, library = pictures.images
    assert image.shape == (12, 12)
    assert ours.shape == (places, places)
    module = torch.nn.Conv2d(1, 1, kernel, stride).double()
    _, bias = drawn_kernel(kernel)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(weights)[None, None])
        module.bias.fill_(bias)
        by_module = module(torch.tensor(image)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(ours, by_module, atol=1e-12)
    np.testing.assert_allclose(library, by_module, atol=1e-12)
    assert isinstance(differences, Images)
    assert differences.diverging
    right, without = differences.images
    assert np.abs(right).max() < 1e-12
    np.testing.assert_allclose(without, -bias, atol=1e-12)
    assert f"off by the bias, {abs(bias):.4f}" in differences.note
    assert isinstance(worked, Table)
    assert len(worked.rows) == (3 if kernel == 2 else 1)
    assert all(float(row[2]) == pytest.approx(_result(row[1]), rel=1e-8) for row in worked.rows)


def _result(cell: str) -> float:
    return float(cell.rpartition(" = ")[2].replace("−", "-"))


def test_pooling_by_hand_takes_the_largest_of_each_block(context):
    pictures, worked = pooling_by_hand(context, case="net", kernel=4)
    image, ours, library = pictures.images
    blocks = image.reshape(3, 4, 3, 4).max(axis=(1, 3))
    np.testing.assert_array_equal(ours, blocks)
    np.testing.assert_array_equal(library, blocks)
    assert len(worked.rows) == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 7), st.integers(1, 3), st.integers(0, 9))
def test_the_zoom_sums_more_windows_than_fit(size: int, side: int, seed: int) -> None:
    draw = np.random.default_rng(seed).random((size, size))
    image = (tuple(map(tuple, draw.tolist())),)
    weights, _ = drawn_kernel(side, seed)
    sums = np.array(truncated_sums(image, weights))
    fits = size - side + 1
    inside = np.array(convolution(image, [weights]).result[0])
    np.testing.assert_allclose(sums[:fits, :fits], inside, atol=1e-12)
    assert len(surplus_sums(image, weights)) == size**2 - fits**2
    assert sums[-1, -1] == pytest.approx(draw[-1, -1] * weights[0][0][0])


def test_a_black_edge_hides_the_zooms_slip_and_the_negative_shows_it(context):
    test = context.dataset("net").test
    test.images[0, :, -1, :] = test.images[0, :, :, -1] = 0
    pictures, text = zoom_windows(context, case="net", kernel=2)
    assert isinstance(pictures, Images)
    assert [each.shape[0] for each in pictures.images] == [12, 11, 12, 12, 11, 12]
    assert isinstance(text, Text)
    assert "23 of its windows hang over" in text.paragraphs[0]
    assert "sums is 0: its edge is black, so the picture hides the slip" in text.paragraphs[1]


def test_without_a_black_edge_nothing_is_said_to_hide_it(context):
    context.dataset("net").test.images[0] = 200
    _, text = zoom_windows(context, case="net", kernel=2)
    assert "hides" not in text.paragraphs[1]


def test_sizes_are_those_of_the_library(context):
    windows = [[28, 2, 1, 0], [28, 4, 4, 0], [28, 5, 2, 1], [224, 11, 4, 2]]
    typed, network = output_sizes(context, windows=windows, models=["lenet-5"])
    for (size, kernel, stride, padding), row in zip(windows, typed.rows, strict=True):
        module = torch.nn.MaxPool2d(kernel, stride, padding)
        assert row[4].endswith(f"= {module(torch.zeros(1, 1, size, size)).shape[-1]}")
    assert network.title == "The sizes of lenet-5"
    assert network.rows[0][2] == "(28 - 5 + 2 x 2) // 1 + 1 = 28"
