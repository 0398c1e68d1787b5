import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_fakes import leaning_bar
from steepest.experiments import convnets_slant
from steepest.experiments.convnets_slant import _moments, deslanted


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
    monkeypatch.setattr(convnets_slant, "AT_ONCE", 2)
    torch.testing.assert_close(deslanted(images), together)
