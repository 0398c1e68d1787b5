import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_fakes import context_of, leaning_bar
from fakes import stripe_dataset
from steepest.byhand.windows import convolution
from steepest.content.content import Figure, Images, Table, Text
from steepest.experiments.mlp_and_convnets import parts
from steepest.experiments.mlp_and_convnets.parts import (
    KINDS,
    _moments,
    _vectors,
    _verdict,
    classical_baselines,
    convolution_by_hand,
    deslanted,
    drawn_kernel,
    measured,
    pooling_by_hand,
    surplus_sums,
    truncated_sums,
    zoom_windows,
)

CASE = '[[case]]\nname = "net"\ntitle = "Net"\nconfig = { model = "F3", epochs = 1 }'


def test_both_methods_learn_stripes_in_both_forms():
    found = list(measured(stripe_dataset(count=90, classes=3, side=12), trees=20))
    assert [(each.images, each.method) for each in found] == [
        ("pixels", "neighbours"),
        ("pixels", "forest"),
        ("upright", "neighbours"),
        ("upright", "forest"),
    ]
    assert min(each.accuracy for each in found[:2]) > 0.6  # one in three by chance


def test_set_upright_bars_of_different_slants_become_neighbours():
    leaning = torch.cat([leaning_bar(slant=each) for each in (-0.5, 0.5)])
    pixels, upright = (_vectors(leaning, kind) for kind in KINDS)
    apart, near = (float(np.abs(one - other).mean()) for one, other in (pixels, upright))
    assert near < apart / 4


def test_the_baselines_stand_in_the_table_and_are_measured_once(tmp_path, monkeypatch):
    context = context_of(CASE, tmp_path, monkeypatch)
    made = classical_baselines(context, case="net", trees=10)
    figures, table = made[:-1], made[-1]
    assert len(figures) == 4
    assert all(isinstance(each, Figure) and each.published is None for each in figures)
    assert isinstance(table, Table)
    assert [row[2] for row in table.rows] == [f"{each.ours[0]:.2%}" for each in figures]
    assert "10 trees" in table.note

    def again(*_: object) -> None:
        raise AssertionError("measured twice")

    monkeypatch.setattr(parts, "measured", again)
    assert classical_baselines(context, case="net", trees=10) == made
    with pytest.raises(AssertionError, match="measured twice"):
        classical_baselines(context, case="net", trees=11)


@pytest.mark.parametrize(
    ("accuracy", "networks", "words"),
    [
        (0.983, (0.981, 0.983, 0.984), "yes"),
        (0.969, (0.981, 0.983, 0.984), "no"),
        (0.999, (0.981, 0.983, 0.984), "no, it is better"),
        (0.983, (0.983,), "one run cannot say"),
    ],
)
def test_matching_is_lying_within_the_networks_spread(accuracy, networks, words):
    assert _verdict(accuracy, networks) == words


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.7, 0.7))
def test_a_leaning_bar_stands_upright_in_the_middle(slant: float) -> None:
    right, down, lean = _moments(deslanted(leaning_bar(slant=slant))[:, 0])
    assert abs(float(right)) < 0.15
    assert abs(float(down)) < 0.15
    assert abs(float(lean)) < 0.05


def test_the_bar_did_lean_before():
    _, _, lean = _moments(leaning_bar(slant=0.4)[:, 0])
    assert float(lean) == pytest.approx(-0.4, abs=0.08)


def test_ink_that_is_upright_and_centred_stays_bit_for_bit():
    image = torch.zeros(1, 1, 10, 10)
    image[..., 2:8, 4:6] = 200.0
    assert torch.equal(deslanted(image), image)


def test_an_empty_image_and_a_single_row_of_ink_stay_finite():
    images = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    images[1, 0, 3] = 255
    upright = deslanted(images)
    assert upright.isfinite().all()
    assert torch.equal(upright[0], images[0].float())


def test_many_images_are_the_same_as_one_by_one(monkeypatch):
    images = torch.cat([leaning_bar(slant=each) for each in (-0.3, 0.0, 0.2, 0.5, 0.6)])
    together = deslanted(images)
    monkeypatch.setattr(parts, "AT_ONCE", 2)
    torch.testing.assert_close(deslanted(images), together)


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
def test_by_hand_is_the_library_with_the_bias_and_off_by_it_without(context, kernel, stride, places):
    pictures, differences, worked = convolution_by_hand(context, case="net", kernel=kernel, stride=stride)
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
