import pytest
import torch

from steepest.errors import UserError
from steepest.models import normalization

PIXELS = torch.arange(256, dtype=torch.uint8).repeat(3).view(1, 3, 16, 16)


def expected(means, deviations):
    column = [
        torch.tensor(each, dtype=torch.float64).view(-1, 1, 1) for each in (means, deviations)
    ]
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


@pytest.mark.parametrize(
    "text", ["", "unity", "0.1", "a/b", "0.1/0", "0.1/-1", "nan/1", "1/2/3", "0/inf"]
)
def test_what_is_no_normalisation_is_refused_with_the_forms(text):
    with pytest.raises(
        UserError, match=r"is no normalisation. Write unit, raw, or MEAN/STD such as"
    ):
        normalization(text, 1)


def test_another_number_of_channels_is_refused():
    with pytest.raises(UserError, match="has 2 means and 2 deviations; the images have 3 channels"):
        normalization("0.1,0.2/0.3,0.4", 3)
