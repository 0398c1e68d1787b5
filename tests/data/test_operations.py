"""Each operation does by its draws what its sentence says, and refuses amounts that make no sense."""

import pytest
import torch
import torch.nn.functional as F

from steepest.data.affine import resample
from steepest.data.operations import OPERATIONS, Affine, Crop, Erase, Exact, Flip, Rotate, Scale, Shift
from steepest.errors import ShapeError, UserError

SAMPLES = [Shift(2), Rotate(15), Scale(0.2), Crop(22), Flip(), Erase(8), Erase(8, fill="mean")]


def noise(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(1, 256, shape, generator=draw).float()


def drawn(operation, count=64, seed=1):
    return torch.rand(count, operation.draws, generator=torch.Generator().manual_seed(seed))


def done(operation, images, draws):
    if isinstance(operation, Exact):
        return operation.apply(images, draws)
    return resample(images, operation.maps(draws, *images.shape[2:]))


def rolled_with_zeros(image, down, right):
    """Shift one image [C, H, W] the slow way: roll it, then blank what came round."""
    moved = image.roll((down, right), (1, 2))
    rows, columns = torch.arange(image.shape[1]), torch.arange(image.shape[2])
    inside_rows = (rows - down >= 0) & (rows - down < len(rows))
    inside_columns = (columns - right >= 0) & (columns - right < len(columns))
    return moved * (inside_rows[:, None] & inside_columns)


def test_every_operation_of_the_table_is_tested_here():
    assert {each.name for each in SAMPLES} == set(OPERATIONS)


@pytest.mark.parametrize("operation", SAMPLES, ids=str)
def test_every_operation_is_affine_or_exact(operation):
    assert isinstance(operation, (Affine, Exact))


@pytest.mark.parametrize("kind", SAMPLES, ids=str)
def test_probability_nought_changes_nothing_and_one_changes_something(kind):
    settings = {key: value for key, value in vars(kind).items() if key != "probability"}
    images = noise(64, 3, 28, 28)
    never = type(kind)(**settings, probability=0.0)
    always = type(kind)(**settings, probability=1.0)
    assert torch.equal(done(never, images, drawn(never)), images)
    assert not torch.equal(done(always, images, drawn(always)), images)


@pytest.mark.parametrize("kind", SAMPLES, ids=str)
def test_a_probability_is_the_share_of_images_that_change(kind):
    settings = {key: value for key, value in vars(kind).items() if key != "probability"}
    rare = type(kind)(**settings, probability=0.1)
    images = noise(2000, 1, 28, 28)
    changed = (done(rare, images, drawn(rare, 2000)) != images).flatten(1).any(1)
    # standard error 0.0067; a shift by (0, 0) changes nothing, one time in 25
    assert 0.065 < changed.float().mean() < 0.135


def test_a_shift_equals_rolling_with_zeros_by_the_drawn_amounts():
    images, shift = noise(200, 2, 9, 7), Shift(3)
    draws = drawn(shift, 200)
    down, right = ((draws[:, 1:] * 7).floor().int() - 3).T.tolist()
    expected = [rolled_with_zeros(*each) for each in zip(images, down, right, strict=True)]
    assert torch.equal(shift.apply(images, draws), torch.stack(expected))
    assert {*down} == {*right} == {-3, -2, -1, 0, 1, 2, 3}


def test_a_shift_as_a_map_is_the_same_shift():
    images, shift = noise(50, 1, 12, 10), Shift(4)
    draws = drawn(shift, 50)
    mapped = resample(images, shift.maps(draws, 12, 10))
    assert torch.allclose(mapped, shift.apply(images, draws), atol=1e-2)


def test_the_largest_draw_stays_within_a_shift():
    largest = torch.full((1, 3), 1 - 2**-24)
    for pixels in (1, 3, 100):
        image = noise(1, 1, pixels + 1, pixels + 1)
        moved = Shift(pixels).apply(image, largest * torch.tensor([0.0, 1.0, 1.0]))
        assert moved[0, 0, -1, -1] == image[0, 0, 0, 0]


def test_a_flip_mirrors_exactly_and_as_a_map():
    images, flip = noise(40, 3, 6, 9), Flip()
    draws = drawn(flip, 40)
    flipped = flip.apply(images, draws)
    chosen = draws[:, 0] < 0.5
    assert torch.equal(flipped[chosen], images[chosen].flip(3))
    assert torch.equal(flipped[~chosen], images[~chosen])
    assert torch.allclose(resample(images, flip.maps(draws, 6, 9)), flipped, atol=1e-2)


def test_no_rotation_is_the_identity():
    images = noise(8, 1, 28, 28)
    assert torch.equal(done(Rotate(0), images, drawn(Rotate(0), 8)), images)


def test_angles_and_factors_reach_from_one_end_to_the_other():
    low, high = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    for draws, degrees, factor in ((low, -30.0, 0.75), (high, 30.0, 1.25)):
        turned = Rotate(30).maps(draws, 28, 28)[0]
        assert torch.rad2deg(torch.atan2(turned[0, 1], turned[0, 0])) == pytest.approx(degrees)
        assert 1 / Scale(0.25).maps(draws, 28, 28)[0, 0, 0] == pytest.approx(factor)


@pytest.mark.parametrize(("size", "shape"), [(22, (28, 28)), (20, (24, 32)), (10, (30, 30))])
def test_a_crop_equals_cutting_and_interpolating(size, shape):
    height, width = shape
    images = noise(4, 3, height, width)
    top, left = (height - size) // 2, (width - size) // 2
    cut = images[:, :, top : top + size, left : left + size]
    expected = F.interpolate(cut, shape, mode="bilinear", align_corners=False)
    cropped = done(Crop(size), images, drawn(Crop(size), 4))
    # the rim, where the interpolation would look beyond the cut, repeats the last pixel there and not here
    rim_down, rim_right = -(-height // size // 2) + 1, -(-width // size // 2) + 1
    inner = (..., slice(rim_down, -rim_down), slice(rim_right, -rim_right))
    assert torch.allclose(cropped[inner], expected[inner], atol=1e-2)
    assert cropped.shape == images.shape


def test_an_erased_square_has_its_size_and_lies_anywhere_inside():
    images, erase = torch.full((3000, 1, 6, 5), 9.0), Erase(3)
    erased = erase.apply(images, drawn(erase, 3000))[:, 0] == 0
    assert torch.all(erased.sum((1, 2)) == 9)
    rows, columns = erased.any(2).float().argmax(1), erased.any(1).float().argmax(1)
    places = torch.bincount(rows * 3 + columns, minlength=12)
    assert len(places) == 12
    # 250 are expected in each place, standard deviation 15; five of them allow for bad luck
    assert torch.all((places - 250).abs() < 76)


def test_an_erased_square_can_take_each_channels_mean():
    images = noise(5, 2, 8, 8)
    erase = Erase(8, fill="mean")
    erased = erase.apply(images, drawn(erase, 5))
    assert torch.allclose(erased, images.mean((2, 3), keepdim=True).expand_as(images))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Shift(-1), "`shift` came with pixels=-1; pixels is a whole number from 0 up."),
        (lambda: Shift(1.5), "`shift` came with pixels=1.5; pixels is a whole number from 0 up."),
        (lambda: Shift(True), "`shift` came with pixels=True; pixels is a whole number"),
        (lambda: Rotate(181), "`rotate` came with degrees=181; degrees is a number from 0 to 180."),
        (lambda: Rotate("far"), "`rotate` came with degrees=far; degrees is a number"),
        (lambda: Rotate(float("nan")), "`rotate` came with degrees=nan; degrees is a number"),
        (lambda: Scale(0.95), "`scale` came with amount=0.95; amount is a number from 0 to 0.9."),
        (lambda: Crop(0), "`crop` came with size=0; size is a whole number from 1 up."),
        (lambda: Erase(0), "`erase` came with size=0; size is a whole number from 1 up."),
        (lambda: Erase(3, fill="red"), "`erase` came with fill=red; fill is `zero` or `mean`."),
        (lambda: Flip(1.5), "`flip` came with probability=1.5; probability is a number from 0 to 1."),
    ],
)
def test_an_amount_out_of_range_is_refused_with_its_range(make, sentence):
    with pytest.raises(UserError) as caught:
        make()
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        (Shift(8), "`shift:8` does not fit images of 8x10; at most shift:7 does."),
        (Crop(9), "`crop:9` does not fit images of 8x10; at most crop:8 does."),
        (Erase(9), "`erase:9` does not fit images of 8x10; at most erase:8 does."),
    ],
)
def test_an_amount_that_the_image_cannot_hold_is_refused(operation, sentence):
    with pytest.raises(ShapeError) as caught:
        operation.check(8, 10)
    assert str(caught.value) == sentence
    operation.check(10, 10)
