import pytest

import steepest.data
from steepest.data.table import TABLE
from steepest.errors import MissingDataset, UnknownName, UserError


def test_the_call_leaves_what_the_command_leaves(left_by):
    shown = []
    by_command, by_call = left_by(
        ["data", "show", "mnist5k", "--samples", "6", "--split", "test", "--seed", "1"],
        lambda: shown.append(steepest.data.show("mnist5k", samples=6, split="test", seed=1)),
    )
    assert set(by_command) == {"mnist5k-test.png"}
    assert by_command == by_call
    assert repr(shown[0]).startswith("<mnist5k: ")


def test_every_dataset_is_listed_with_its_state(tmp_path):
    rows = steepest.data.list_datasets(tmp_path)
    assert [row["name"] for row in rows] == list(TABLE)
    assert {row["state"] for row in rows} == {"embedded", "to fetch"}


def test_what_is_embedded_is_there_at_once_and_a_lost_one_tells_the_ways_out(tmp_path, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(TABLE, "mnist", replace(TABLE["mnist"], mirrors=()))
    assert len(steepest.data.fetch("MNIST5k", data_dir=tmp_path).train) == 4000
    with pytest.raises(MissingDataset, match="Three ways out"):
        steepest.data.fetch("mnist", data_dir=tmp_path)


def test_files_of_a_stick_are_taken(tmp_path):
    (tmp_path / "stick").mkdir()
    with pytest.raises(UserError):
        steepest.data.add("mnist", origin=tmp_path / "stick", data_dir=tmp_path / "data")


def test_another_word_for_a_split_is_understood(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName, match=r"No split is called `val`\. Did you mean `validation`"):
        steepest.data.show("mnist5k", split="val")
    with pytest.raises(UserError, match=r"no validation split\. It has: train, test"):
        steepest.data.show("mnist5k", split="validation")
