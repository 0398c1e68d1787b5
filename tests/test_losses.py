import numpy as np
import pytest
import torch
from torch.nn import functional as F

from steepest.errors import UserError
from steepest.losses import class_weights_of, cross_entropy

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
