import pytest

from steepest.byhand.cross_entropy import softmax
from steepest.errors import UserError


def test_the_gradient_is_found_three_ways():
    done = softmax([2.0, 1.0, 0.1], label=2)
    assert done.check.agrees
    assert not done.check.unchecked
    for k in range(3):
        by_hand = done.table.values[f"dE_do{k + 1}"]
        assert by_hand == pytest.approx(done.machine[k], abs=1e-14)
        assert by_hand == pytest.approx(done.differences[k], abs=1e-9)
    assert sum(done.machine) == pytest.approx(0, abs=1e-15)


def test_huge_logits_are_no_trouble():
    done = softmax([1000.0, 0.0, -1000.0], label=3)
    assert done.table.values["E"] == 2000.0
    assert done.check.agrees


@pytest.mark.parametrize(
    ("logits", "label", "said"),
    [
        ([1.0], 1, "at least 2 classes; 1 logits"),
        ([1.0, 2.0], 0, "must be 1 to 2, not 0"),
        ([1.0, 2.0], 3, "must be 1 to 2, not 3"),
        ([1.0, float("inf")], 1, "finite"),
    ],
)
def test_what_is_no_choice_is_refused(logits, label, said):
    with pytest.raises(UserError, match=said):
        softmax(logits, label)
