"""The text form reads and prints back; a whole augmentation is a function of its generator."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steepest.data.affine import resample
from steepest.data.augmentation import Augmentation
from steepest.data.operations import Crop, Erase, Flip, Rotate, Scale, Shift
from steepest.errors import ShapeError, UnknownName, UserError

EVERYTHING = "shift:2+rotate:15+scale:0.1+crop:22,probability=0.1+flip+erase:8"


def noise(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, generator=draw, dtype=torch.uint8)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


probabilities = st.floats(0, 1)
operations = st.one_of(
    st.builds(Shift, st.integers(0, 20), probabilities),
    st.builds(Rotate, st.floats(0, 180), probabilities),
    st.builds(Scale, st.floats(0, 0.9), probabilities),
    st.builds(Crop, st.integers(1, 28), probabilities),
    st.builds(Flip, probabilities),
    st.builds(Erase, st.integers(1, 28), st.sampled_from(["zero", "mean"]), probabilities),
)


@given(st.lists(operations, max_size=6))
def test_what_is_printed_reads_back_as_the_same(chosen):
    augmentation = Augmentation(tuple(chosen))
    assert Augmentation.parse(str(augmentation)) == augmentation


def test_short_and_long_text_and_every_separator_mean_the_same():
    short = Augmentation.parse(EVERYTHING)
    assert short == Augmentation((Shift(2), Rotate(15), Scale(0.1), Crop(22, 0.1), Flip(0.5), Erase(8)))
    assert short == Augmentation.parse(EVERYTHING.replace("+", " "))
    assert short == Augmentation.parse(EVERYTHING.replace("+", ","))
    assert short == Augmentation.parse(EVERYTHING.replace("+", ", "))
    assert short == Augmentation.parse(str(short))
    assert str(short) == (
        "shift:pixels=2+rotate:degrees=15+scale:amount=0.1+crop:size=22,probability=0.1+flip+erase:size=8"
    )


def test_an_empty_text_changes_nothing():
    images = noise(4, 1, 5, 5)
    unchanged = Augmentation.parse(" ")(images, seeded(0))
    assert unchanged.dtype == torch.float32
    assert torch.equal(unchanged, images.float())


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("rotat:15", UnknownName, "No augmentation is called `rotat`. Did you mean `rotate`?"),
        ("rotate:angle=3", UnknownName, "No setting of rotate is called `angle`."),
        ("flip+crop", UserError, "`crop` does not say its size. Write crop:size=... with a number."),
        ("rotate:200", UserError, "`rotate` came with degrees=200; degrees is a number from 0 to"),
        ("shift:2.5", UserError, "`shift` came with pixels=2.5; pixels is a whole number"),
        ("rotate:15,20", UserError, "`20` in `rotate:degrees=15,20` is no setting."),
        ("shift:2,far", UserError, "`far` in `shift:pixels=2,far` is no setting."),
    ],
)
def test_a_text_that_cannot_be_read_says_what_can(text, error, sentence):
    with pytest.raises(error) as caught:
        Augmentation.parse(text)
    assert str(caught.value).startswith(sentence)


def test_the_generator_decides_everything():
    augmentation, images = Augmentation.parse(EVERYTHING), noise(64, 3, 32, 32)
    first = augmentation(images, seeded(1))
    torch.rand(3)  # the global generator has no say
    assert torch.equal(first, augmentation(images, seeded(1)))
    assert not torch.equal(first, augmentation(images, seeded(2)))


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    Augmentation.parse(EVERYTHING)(noise(8, 1, 28, 28), seeded(1))
    assert torch.equal(before, torch.get_rng_state())


def test_the_images_given_are_not_changed():
    for images in (noise(16, 1, 28, 28), noise(16, 1, 28, 28).float()):
        before = images.clone()
        Augmentation.parse(EVERYTHING)(images, seeded(1))
        assert torch.equal(images, before)


@pytest.mark.parametrize("text", ["shift:3", "rotate:40", "crop:20,probability=0.3", "erase:4"])
def test_the_same_image_comes_out_differently_in_each_place(text):
    images = noise(1, 1, 28, 28).expand(32, 1, 28, 28)
    changed = Augmentation.parse(text)(images, seeded(0))
    assert len({each.numpy().tobytes() for each in changed}) > 1


def test_as_many_numbers_are_drawn_whatever_comes_of_them():
    images = noise(10, 1, 28, 28)
    after = []
    for probability in (0, 0.5, 1):
        generator = seeded(3)
        text = f"shift:2,probability={probability}+rotate:9,probability={probability}"
        Augmentation.parse(text)(images, generator)
        after.append(torch.rand(1, generator=generator).item())
    assert after[0] == after[1] == after[2]


def test_an_image_is_changed_alike_in_a_shorter_batch():
    augmentation, images = Augmentation.parse("rotate:30+shift:2+flip"), noise(20, 1, 28, 28)
    longer, shorter = augmentation(images, seeded(4)), augmentation(images[:7], seeded(4))
    assert torch.allclose(longer[:7], shorter, atol=1e-3)


def test_shift_and_flip_on_their_own_are_exact():
    images = noise(64, 1, 28, 28)
    changed = Augmentation.parse("shift:2+flip")(images, seeded(5))
    assert torch.equal(changed, changed.round())
    originals = {each.numpy().tobytes() for each in images.float()[:, :, 2:-2, 2:-2]}
    # every image's inner part is found again, at one of the 25 places, mirrored or not
    for image in changed:
        places = [
            window[:, row : row + 24, column : column + 24].contiguous().numpy().tobytes()
            for window in (image, image.flip(2))
            for row in range(5)
            for column in range(5)
        ]
        assert originals.intersection(places)


def test_neighbouring_affine_operations_interpolate_once():
    images = noise(32, 1, 28, 28)
    rotate, shift = Rotate(40), Shift(6)
    together = Augmentation((rotate, shift))(images, seeded(6))
    first, second = torch.rand(32, 5, generator=seeded(6)).split([2, 3], dim=1)
    turn, move = rotate.maps(first, 28, 28), shift.maps(second, 28, 28)
    assert torch.allclose(together, resample(images.float(), turn @ move), atol=1e-3)


@given(st.lists(operations, min_size=1, max_size=4), st.integers(0, 99))
def test_every_value_stays_in_the_range_of_pixels(chosen, seed):
    images = noise(6, 2, 28, 30, seed=seed)
    changed = Augmentation(tuple(chosen))(images, seeded(seed))
    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_images_too_small_for_an_operation_are_refused_before_training():
    augmentation = Augmentation.parse("shift:2+crop:22")
    augmentation.check(28, 28)
    for refuse in (lambda: augmentation.check(20, 28), lambda: augmentation(noise(2, 1, 20, 28), seeded(0))):
        with pytest.raises(ShapeError, match="`crop:22` does not fit images of 20x28"):
            refuse()
