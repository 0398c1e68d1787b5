import csv
from pathlib import Path

import pytest
import torch

import steepest
from fakes import stripe_dataset
from steepest.errors import UnknownName, UserError
from steepest.explanation import Explanation, LabelRanking


def test_evaluate_leaves_what_the_command_leaves(left_by):
    by_command, by_call = left_by(["evaluate", "run"], lambda: steepest.evaluate("run"))
    assert {"run/report.html", "run/confusion.png", "run/confusion.csv"} <= set(by_command)
    assert by_command == by_call


def test_it_takes_the_settings_of_the_command(left_by):
    by_command, by_call = left_by(
        ["evaluate", "run", "--split", "validation", "--weights", "last"],
        lambda: steepest.evaluate("run", split="validation", weights="last"),
    )
    assert by_command == by_call


def test_a_run_and_its_name_are_measured_alike(stage):
    run = steepest.Run.open(stage / "run")
    found = steepest.evaluate(run)
    assert found.logits.equal(steepest.evaluate(str(stage / "run")).logits)
    assert found.logits.equal(run.evaluate().logits)


def test_a_network_is_measured_on_a_split():
    made = stripe_dataset()
    network = steepest.build("F2", made.shape, 2)
    found = steepest.evaluate(network, made.test, made.classes, kind="mine")
    assert (found.split, len(found)) == ("mine", len(made.test))
    with torch.no_grad():
        assert found.logits.equal(network(made.test.images))


def test_what_does_not_belong_together_is_refused(stage):
    made = stripe_dataset()
    with pytest.raises(UserError, match="A network is measured on a Split"):
        steepest.evaluate(steepest.build("F2", made.shape, 2))
    with pytest.raises(UserError, match="A run is measured on a split of its own"):
        steepest.evaluate(stage / "run", made.test)
    with pytest.raises(UnknownName, match=r"called `splt`\. Did you mean `split`"):
        steepest.evaluate(stage / "run", splt="test")


@pytest.mark.parametrize("split", ["test", "validation", "none"])
def test_report_leaves_what_the_command_leaves(split, left_by):
    paths = []
    by_command, by_call = left_by(
        ["report", "run", "--split", split], lambda: paths.extend(steepest.report("run", split=split))
    )
    assert "run/report.html" in by_command
    assert by_command == by_call
    assert paths[0] == Path("run/report.html")


def test_predict_leaves_what_the_command_leaves(left_by, stage):
    pictures = stage / "pictures" / "test"
    by_command, by_call = left_by(
        ["predict", "run", str(pictures), "--top", "1", "--out", "table.csv"],
        lambda: steepest.predict("run", pictures, top=1, out="table.csv"),
    )
    assert set(by_command) == {"table.csv"}
    assert by_command == by_call


def test_arrays_can_be_written_as_a_table_too(stage, tmp_path):
    images = steepest.load(stage / "pictures").test.images
    found = steepest.predict(stage / "run", images, out=tmp_path / "table.csv")
    assert len(found) == len(images)
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [row["class_1"] for row in rows] == list(found.classes)


def test_wrong_arguments_get_a_sentence(stage):
    with pytest.raises(UserError, match="top must be at least 1, not 0"):
        steepest.predict(stage / "run", stage / "pictures", top=0)
    with pytest.raises(UnknownName, match=r"No argument of steepest.predict is called `output`\. Did you mean"):
        steepest.predict(stage / "run", stage / "pictures", output="x.csv")


SETTINGS = ["--images", "0,3", "--layer", "conv1", "--wrong", "2", "--split", "train"]


def test_explain_leaves_what_the_command_leaves(left_by):
    by_command, by_call = left_by(
        ["explain", "run", *SETTINGS],
        lambda: steepest.explain("run", [0, 3], layer="conv1", wrong=2, split="train"),
    )
    assert {"run/report.html", "run/explanation/explanation.html"} <= set(by_command)
    assert any("maps-" in name for name in by_command)
    assert by_command == by_call


def test_labels_are_ranked_alike(left_by):
    lines: list[str] = []
    by_command, by_call = left_by(
        ["explain", "run", "--label-errors", "--folds", "2", "--top", "3", "--out", "labels"],
        lambda: steepest.explain("run", label_errors=True, folds=2, top=3, out="labels", note=lines.append),
    )
    assert set(by_command) == {f"labels/label-errors.{kind}" for kind in ("html", "csv", "png")}
    assert by_command == by_call
    assert lines[0].startswith("training 2 times on ")


def test_it_returns_what_it_found(stage, tmp_path):
    found = steepest.explain(stage / "run", wrong=0, out=tmp_path)
    assert isinstance(found, Explanation)
    assert found.to_dict()["run"] == str(stage / "run")
    ranked = steepest.explain(stage / "run", label_errors=True, folds=2, out=tmp_path)
    assert isinstance(ranked, LabelRanking)


def test_what_cannot_be_asked_is_refused(stage):
    with pytest.raises(UserError, match="label_errors ranks all training images: leave images away"):
        steepest.explain(stage / "run", [1], label_errors=True)
    with pytest.raises(UnknownName, match=r"called `layers`\. Did you mean `layer`"):
        steepest.explain(stage / "run", layers="all")
