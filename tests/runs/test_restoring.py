"""What a run keeps comes back as it was: weights, the checkpoint to the bit, and the table of epochs."""

from pathlib import Path

import pytest
import torch

from fakes import stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, ShapeError
from steepest.runs.restoring import (
    described,
    put_together,
    put_weights,
    read_table,
    taken_apart,
    untrained,
    write_table,
)
from steepest.training.history import Checkpoint


def test_a_checkpoint_taken_apart_is_put_together_to_the_bit():
    state = {"step": 3, "mean": torch.tensor([0.1, 0.2])}
    buffers, weights = {"norm.mean": torch.tensor([1 / 3])}, {"fc1.weight": torch.tensor([[0.7]])}
    history = [{"epoch": 1.0, "train_loss": 0.5}]
    tensors, record = taken_apart(Checkpoint(1, torch.tensor([0.7]), buffers, state, weights, history))
    again = put_together(tensors, record)
    assert (again.epoch, again.history, again.state["step"]) == (1, history, 3)
    assert torch.equal(again.params, torch.tensor([0.7]))
    assert torch.equal(again.state["mean"], state["mean"])
    assert torch.equal(again.buffers["norm.mean"], buffers["norm.mean"])
    assert torch.equal(again.weights["fc1.weight"], weights["fc1.weight"])


def test_a_table_is_read_as_it_was_written_and_an_epoch_without_seconds_has_none(tmp_path: Path):
    rows = [{"epoch": 1, "train_loss": 1 / 3}, {"epoch": 2, "train_loss": 0.25}]
    write_table(tmp_path / "metrics.csv", rows, {2: 1.5})
    assert read_table(tmp_path / "metrics.csv") == [rows[0], rows[1] | {"seconds": 1.5}]
    assert read_table(tmp_path / "none.csv") == []


def test_a_table_with_a_word_for_a_number_is_named(tmp_path: Path):
    (tmp_path / "metrics.csv").write_text("epoch,train_loss,seconds\n1,low,1\n")
    with pytest.raises(IntegrityError, match=r"metrics\.csv is not as it was written: .*low"):
        read_table(tmp_path / "metrics.csv")


def test_a_network_is_made_again_from_what_is_kept_of_the_data():
    config, data = Config(model="4C3-F2", normalize="unit", seed=2), described(stripe_dataset())
    first, second = untrained(config, data), untrained(config, data)
    weights = {name: torch.full_like(each, 0.5) for name, each in first.state_dict().items()}
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    put_weights(second, weights, "a run")
    assert all(bool((each == 0.5).all()) for each in second.parameters())
    with pytest.raises(ShapeError, match="The weights of a run do not fit this network: size mismatch"):
        put_weights(untrained(config.with_(model="5C3-F2"), data), weights, "a run")
