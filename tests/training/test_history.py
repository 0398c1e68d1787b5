"""Which epoch was best, and when a run is done."""

from hypothesis import given, settings
from hypothesis import strategies as st

from steepest.config import Config
from steepest.training.history import Checkpoint, best_epoch, is_done


def test_the_best_epoch_has_the_highest_accuracy_then_the_lowest_loss_then_comes_first() -> None:
    def rows(*pairs: tuple[float, float]) -> list[dict[str, float]]:
        return [{"epoch": n, "val_accuracy": a, "val_loss": x} for n, (a, x) in enumerate(pairs, 1)]

    assert best_epoch([]) == 0
    assert best_epoch(rows((0.5, 0.1), (0.9, 2.0), (0.8, 0.0))) == 2
    assert best_epoch(rows((0.9, 2.0), (0.9, 1.0), (0.9, 1.5))) == 2
    assert best_epoch(rows((0.9, 1.0), (0.9, 1.0))) == 1
    assert best_epoch([{"epoch": 1.0}, {"epoch": 2.0}]) == 2


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_no_epoch_is_better_than_the_best_and_none_before_it_as_good(pairs: list[tuple[int, int]]) -> None:
    history = [{"epoch": n, "val_accuracy": a / 3, "val_loss": x / 3} for n, (a, x) in enumerate(pairs, 1)]
    best = best_epoch(history)
    accuracy, loss = pairs[best - 1]
    for epoch, (other_accuracy, other_loss) in enumerate(pairs, 1):
        assert accuracy >= other_accuracy
        if accuracy == other_accuracy:
            assert loss < other_loss or (loss == other_loss and best <= epoch)


def rows(*accuracies: float) -> list[dict[str, float]]:
    return [{"epoch": n, "val_accuracy": each, "val_loss": 1.0} for n, each in enumerate(accuracies, 1)]


def test_a_run_is_done_after_its_last_epoch() -> None:
    config = Config(epochs=3)
    assert not is_done(config, [])
    assert not is_done(config, [{"epoch": 1}, {"epoch": 2}])
    assert is_done(config, [{"epoch": 1}, {"epoch": 2}, {"epoch": 3}])


def test_a_run_is_done_when_it_has_waited_as_long_as_it_is_patient() -> None:
    config = Config(epochs=100, val=0.2, patience=2)
    assert not is_done(config, rows(0.5, 0.4))
    assert is_done(config, rows(0.5, 0.4, 0.4))
    assert not is_done(config, rows(0.5, 0.4, 0.6))
    # an equal is no improvement
    assert is_done(config, rows(0.5, 0.5, 0.5))
    assert not is_done(config.with_(patience=None), rows(0.5, 0.4, 0.4))


def test_two_checkpoints_share_no_history() -> None:
    first, second = (Checkpoint(0, None, {}, {}, {}) for _ in range(2))  # type: ignore[arg-type]
    first.history.append({"epoch": 1})
    assert second.history == []
