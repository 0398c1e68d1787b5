"""A run that is ready to begin: everything filled in, or refused before the first step."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fakes import stripe_dataset
from steepest.config import Config
from steepest.data import Dataset, Split
from steepest.errors import ShapeError, UserError
from steepest.optimizers import choose
from steepest.optimizers.rule import RULES
from steepest.plan import Plan
from steepest.training.preparation import Setup, class_weights_of, cross_entropy, prepare, with_validation


def setup_of(dataset: Dataset | None = None, **settings: object) -> Setup:
    values = {"model": "F5-R-F2", "data": "stripes", "epochs": 3, "batch_size": 16, "lr": 0.01}
    return prepare(Config.of({**values, **settings}), dataset or stripe_dataset())


def test_standard_normalisation_is_written_out_as_the_training_pixels_mean_and_deviation() -> None:
    dataset = stripe_dataset()
    setup = setup_of(dataset, normalize="standard", val=0.25)
    pixels = with_validation(setup.config, dataset).train.images.double() / 255
    mean, deviation = map(float, setup.config.normalize.split("/"))
    assert mean == pytest.approx(float(pixels.mean()), rel=1e-5)
    assert deviation == pytest.approx(float(pixels.std()), rel=1e-5)
    seen = setup.network.input(setup.dataset.train.images)
    assert float(seen.mean()) == pytest.approx(0, abs=1e-4)
    assert float(seen.std()) == pytest.approx(1, rel=1e-3)


def test_standard_normalisation_of_images_of_one_colour_is_refused() -> None:
    flat = Split(torch.full((8, 1, 6, 6), 3, dtype=torch.uint8), torch.arange(8) % 2)
    with pytest.raises(UserError, match="one value throughout: normalize unit"):
        setup_of(Dataset("flat", ("a", "b"), flat), normalize="standard")


def test_validation_images_come_from_training_and_never_from_the_test() -> None:
    dataset = stripe_dataset()
    setup = setup_of(dataset, val=0.25)
    assert setup.dataset.test is dataset.test
    held = setup.dataset.validation
    assert held is not None
    assert (len(setup.dataset.train), len(held)) == (48, 16)
    both = torch.cat([setup.dataset.train.images, held.images]).flatten(1).tolist()
    assert sorted(both) == sorted(dataset.train.images.flatten(1).tolist())


def test_the_setup_has_every_automatic_value_filled_in() -> None:
    setup = setup_of(lr=None, optimizer="adam")
    assert setup.config.lr == choose("adam").lr == RULES["adam"].default_lr


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"augment": "crop:22"}, UserError, "crop"),
        ({"optimizer": "adm"}, UserError, "Did you mean `adam`"),
        ({"schedule": "cosin"}, UserError, "Did you mean `cosine`"),
        ({"augment": "shft:2"}, UserError, "Did you mean `shift`"),
        ({"model": "F5"}, ShapeError, "end the notation with F2"),
        ({"val": 0.001}, UserError, "one side would be empty"),
        ({"class_weights": "1,2,3"}, UserError, "2 classes need 2"),
        ({"normalize": "0.1/0.2/0.3"}, UserError, "0.1/0.2/0.3"),
        ({"model": "F8-B-F2", "batch_size": 21}, UserError, "64 images in batches of 21 end with"),
        ({"model": "F8-B-F2", "batch_size": 1}, UserError, "Give another --batch-size"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_first_step(
    settings: dict[str, object], kind: type[Exception], words: str
) -> None:
    # prepare() alone must refuse it: no run folder is made yet
    with pytest.raises(kind, match=words):
        setup_of(**settings)


def test_standard_normalisation_has_its_own_numbers_for_every_channel() -> None:
    draw = torch.Generator().manual_seed(0)
    # more than a piece of the sum, and with channels that differ
    images = torch.randint(0, 256, (1100, 3, 4, 4), generator=draw, dtype=torch.uint8)
    images[:, 1] //= 2
    images[:, 2] = images[:, 2] // 4 + 150
    dataset = Dataset("colours", ("a", "b"), Split(images, torch.arange(1100) % 2))
    text = setup_of(dataset, normalize="standard", batch_size=550).config.normalize
    means, deviations = ([float(each) for each in side.split(",")] for side in text.split("/"))
    pixels = images.numpy() / 255
    assert means == pytest.approx(pixels.mean(axis=(0, 2, 3)).tolist(), rel=1e-5)
    assert deviations == pytest.approx(pixels.std(axis=(0, 2, 3), ddof=1).tolist(), rel=1e-5)


def test_what_is_written_out_prepares_the_same_run_again() -> None:
    first = setup_of(normalize="standard", optimizer="adam", lr=None, val=0.25)
    again = prepare(first.config, stripe_dataset())
    assert again.config == first.config
    state = first.network.state_dict()
    assert all(torch.equal(each, state[key]) for key, each in again.network.state_dict().items())


def test_initial_weights_are_a_function_of_the_seed_and_not_of_the_rule() -> None:
    weights = [
        torch.cat([each.flatten() for each in setup_of(**changes).network.parameters()])
        for changes in ({"seed": 1}, {"seed": 1, "optimizer": "sgd", "lr": 3.0}, {"seed": 2})
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_without_a_fraction_the_dataset_stays_what_it_is() -> None:
    dataset = stripe_dataset()
    assert with_validation(Config(), dataset) is dataset
    assert setup_of(dataset).dataset.validation is None


def test_an_augmentation_is_read_and_one_that_does_not_fit_is_refused() -> None:
    assert setup_of().augmentation is None
    images = stripe_dataset().train.images[:8]
    augmentation = setup_of(augment="flip").augmentation
    assert augmentation is not None
    flipped = augmentation(images, torch.Generator().manual_seed(0))
    assert all(
        torch.equal(after, before) or torch.equal(after, before.flip(2))
        for after, before in zip(flipped, images, strict=True)
    )
    assert not torch.equal(flipped, images)


def test_a_plan_that_is_given_is_taken_as_it_is() -> None:
    chosen = setup_of().plan
    other = Plan(**{**vars(chosen), "threads": chosen.threads + 1})
    assert prepare(setup_of().config, stripe_dataset(), other).plan is other


LOGITS = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])


def test_plain_cross_entropy_is_the_mean_of_minus_the_log_probability() -> None:
    shares = torch.softmax(LOGITS, dim=1)[torch.arange(12), LABELS]
    assert torch.allclose(cross_entropy()(LOGITS, LABELS), -shares.log().mean())


def test_smoothing_spreads_its_share_over_all_classes() -> None:
    targets = 0.7 * F.one_hot(LABELS, 3) + 0.3 / 3
    wanted = -(targets * LOGITS.log_softmax(dim=1)).sum(dim=1).mean()
    assert torch.allclose(cross_entropy(0.3)(LOGITS, LABELS), wanted)


def test_class_weights_weight_the_mean() -> None:
    weights = torch.tensor([1.0, 2.0, 5.0])
    each = F.cross_entropy(LOGITS, LABELS, reduction="none") * weights[LABELS]
    wanted = each.sum() / weights[LABELS].sum()
    assert torch.allclose(cross_entropy(0.0, weights)(LOGITS, LABELS), wanted)


def test_balanced_weights_give_every_class_the_same_total() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    weights = class_weights_of("balanced", LABELS, 3)
    assert weights is not None
    totals = weights * LABELS.bincount()
    assert torch.allclose(totals, totals[0].expand(3))
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=LABELS.numpy())
    assert weights.tolist() == pytest.approx(wanted.tolist())


def test_balanced_weights_are_finite_where_a_class_has_no_image() -> None:
    weights = class_weights_of("balanced", LABELS, 4)
    assert weights is not None
    assert bool(weights.isfinite().all())


def test_numbers_and_none_are_read() -> None:
    assert class_weights_of("none", LABELS, 3) is None
    weights = class_weights_of("1, 2.5,3e-1", LABELS, 3)
    assert weights is not None
    assert weights.tolist() == pytest.approx([1, 2.5, 0.3])


@pytest.mark.parametrize("text", ["1,2", "1,2,3,4", "1,0,2", "1,-1,2", "1,nan,2", "1,inf,2"])
def test_a_wrong_count_or_a_number_not_above_zero_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="3 classes need 3, each above 0"):
        class_weights_of(text, LABELS, 3)


@pytest.mark.parametrize("text", ["", "balance", "1;2;3", "a,b,c"])
def test_a_text_that_is_no_weights_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="class_weights must be none, balanced, or numbers"):
        class_weights_of(text, LABELS, 3)
