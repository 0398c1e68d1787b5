import copy

import pytest
import torch

from steepest.errors import UserError
from steepest.models import Dropout, normalization

COUNT = 1_000_000  # the standard deviation of a fraction of these is at most 0.0005


PIXELS = torch.arange(256, dtype=torch.uint8).repeat(3).view(1, 3, 16, 16)


def mask(dropout, seed, like):
    dropout.reseed(seed)
    return dropout(torch.ones_like(like)) != 0


def test_the_same_seed_gives_the_same_mask_and_another_seed_another():
    dropout, values = Dropout(0.5), torch.rand(3, 5, 7)
    assert torch.equal(mask(dropout, 1, values), mask(dropout, 1, values))
    assert not torch.equal(mask(dropout, 1, values), mask(dropout, 2, values))


def test_without_reseeding_the_next_mask_is_another():
    dropout, ones = Dropout(0.5), torch.ones(100)
    assert not torch.equal(dropout(ones), dropout(ones))


@pytest.mark.parametrize("p", [0.01, 0.25, 0.5, 0.9])
def test_each_of_the_four_lanes_of_a_word_drops_with_probability_p(p):
    dropped = ~mask(Dropout(p), 3, torch.empty(COUNT))
    for lane in range(4):
        assert dropped[lane::4].float().mean().item() == pytest.approx(p, abs=0.005)


def test_neighbours_are_dropped_independently():
    dropped = (~mask(Dropout(0.5), 4, torch.empty(COUNT))).double() - 0.5
    for distance in (1, 2, 3, 4):
        correlation = 4 * (dropped[distance:] * dropped[:-distance]).mean().item()
        assert abs(correlation) < 0.005


def test_the_expectation_is_kept_exactly_by_the_rounded_probability():
    dropout = Dropout(1 / 3)
    dropout.reseed(0)
    kept = dropout(torch.ones(1000)).max().item()
    rounded = round(65536 / 3) / 65536
    assert kept == pytest.approx(1 / (1 - rounded), rel=1e-7)


def test_the_gradient_passes_where_the_value_passed():
    dropout = Dropout(0.5)
    values = torch.rand(50, requires_grad=True)
    out = dropout(values)
    out.sum().backward()
    assert torch.equal(values.grad, torch.where(out != 0, 2.0, 0.0))


def test_outside_training_and_at_probability_zero_values_pass_as_they_are():
    values = torch.rand(10)
    assert Dropout(0.5).eval()(values) is values
    assert Dropout(0)(values) is values


def test_a_probability_close_to_one_still_keeps_some_finite_scale():
    assert Dropout(0.9999999)(torch.ones(10)).isfinite().all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8])
def test_any_number_of_values_is_served(count):
    assert Dropout(0.5)(torch.ones(count)).shape == (count,)


def test_the_mask_lies_in_memory_as_the_values_do():
    values = torch.ones(2, 8, 4, 4).to(memory_format=torch.channels_last)
    dropout = Dropout(0.5)
    dropout.reseed(1)
    out = dropout(values)
    dropout.reseed(1)
    in_memory_order = dropout(torch.ones(2, 4, 4, 8))
    assert out.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(out.permute(0, 2, 3, 1), in_memory_order)


@pytest.mark.parametrize(
    "values", [torch.ones(6, 4)[:, ::2], torch.ones(1, 4).expand(6, 4), torch.ones(6, 4)[2:, 1:]]
)
def test_values_with_gaps_or_repeats_in_memory_are_served(values):
    out = Dropout(0.5)(values)
    assert out.shape == values.shape
    assert set(out.unique().tolist()) <= {0.0, 2.0}


def test_reduced_precision_stays_reduced():
    assert Dropout(0.5)(torch.ones(4, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    Dropout(0.5)(torch.ones(100))
    assert torch.equal(before, torch.get_rng_state())


def test_a_copy_draws_as_its_original_would():
    dropout = Dropout(0.5)
    twin = copy.deepcopy(dropout)
    assert torch.equal(dropout(torch.ones(99)), twin(torch.ones(99)))


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, float("nan")])
def test_a_probability_outside_its_range_is_refused(p):
    with pytest.raises(UserError, match=r"probability in \[0, 1\); .* came"):
        Dropout(p)


def expected(means, deviations):
    column = [torch.tensor(each, dtype=torch.float64).view(-1, 1, 1) for each in (means, deviations)]
    return (PIXELS.double() / 255 - column[0]) / column[1]


@pytest.mark.parametrize(
    ("text", "means", "deviations"),
    [
        ("unit", [0.0], [1.0]),
        ("raw", [0.0], [1 / 255]),
        ("0.1307/0.3081", [0.1307], [0.3081]),
        ("0.49,0.48,0.45/0.25,0.24,0.26", [0.49, 0.48, 0.45], [0.25, 0.24, 0.26]),
        ("0.5/0.25,0.24,0.26", [0.5], [0.25, 0.24, 0.26]),
    ],
)
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_pixels_become_what_the_text_says(text, means, deviations, kind):
    out = normalization(text, 3)(PIXELS.to(kind))
    assert out.dtype == torch.float32
    torch.testing.assert_close(out.double(), expected(means, deviations), rtol=1e-5, atol=1e-6)


def test_the_constants_are_not_saved_with_the_weights():
    layer = normalization("0.49,0.48,0.45/0.25,0.24,0.26", 3)
    assert layer.state_dict() == {}
    assert {name for name, _ in layer.named_buffers()} == {"scale", "shift"}


def test_one_number_for_all_channels_needs_no_buffer():
    assert not list(normalization("0.1307/0.3081", 3).buffers())


@pytest.mark.parametrize("text", ["unit", "raw", "0.1/0.3"])
def test_float_pixels_are_not_changed_in_place_and_get_a_gradient(text):
    pixels = torch.full((1, 1, 2, 2), 7.0, requires_grad=True)
    normalization(text, 1)(pixels).sum().backward()
    assert (pixels == 7).all()
    assert (pixels.grad > 0).all()


@pytest.mark.parametrize("text", ["", "unity", "0.1", "a/b", "0.1/0", "0.1/-1", "nan/1", "1/2/3", "0/inf"])
def test_what_is_no_normalisation_is_refused_with_the_forms(text):
    with pytest.raises(UserError, match=r"is no normalisation. Write unit, standard, raw, or MEAN/STD such as"):
        normalization(text, 1)


def test_another_number_of_channels_is_refused():
    with pytest.raises(UserError, match="has 2 means and 2 deviations; the images have 3 channels"):
        normalization("0.1,0.2/0.3,0.4", 3)
