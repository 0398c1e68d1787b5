from dataclasses import replace
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from experiment_fakes import context_of
from steepest.content.content import Images, Matrix, Panels, Text
from steepest.errors import DivergedError, StoppedError, UnknownName, UserError
from steepest.experiments import open_experiment
from steepest.experiments.context import Context
from steepest.experiments.experiment import Experiment, PartUse
from steepest.experiments.parts import (
    confusion,
    epoch_curves,
    find_part,
    first_misses,
    labelled_images,
    layer_rows,
    make_part,
    output_sizes,
    parameter_counts,
    picture_of,
    why_failed,
)
from steepest.experiments.reading import read_experiment
from steepest.experiments.reproduction import agreement

FILE = """
name = "mine"
title = "Mine"

[[case]]
name = "one"
title = "One"

[[case]]
name = "two"
title = "Two"
"""
PARTS_FILE = """
from steepest.content.content import Text

def show(context, *, case):
    return [Text(case, ())]

def bare(context):
    return ["runs"]
"""


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    (tmp_path / "mine.toml").write_text(FILE)
    (tmp_path / "my_parts.py").write_text(PARTS_FILE)
    return read_experiment(tmp_path / "mine.toml")


@pytest.fixture
def context(experiment: Experiment, tmp_path: Path) -> Context:
    return Context(experiment, quick=False, seeds=2, cache=tmp_path)


def test_a_part_of_the_users_own_is_looked_for_beside_the_experiments_file(context) -> None:
    made = make_part(PartUse("my_parts.py:show", "Shown", {"case": "one"}), context)
    assert made == [Text("one", ())]


def test_a_part_of_ours_is_loaded_as_the_module_that_it_is() -> None:
    from steepest.experiments.backprop.parts import worksheet_rows

    experiment = open_experiment("backprop")
    (use,) = (each for each in experiment.parts if each.use == "parts.py:worksheet_rows")
    assert find_part(use, experiment) is worksheet_rows


def test_a_shared_part_is_named_without_a_file_by_users_too(experiment) -> None:
    assert find_part(PartUse("confusion", "", {"case": "one"}), experiment) is confusion


def test_an_unknown_part_is_told_with_the_nearest_ones(experiment) -> None:
    words = r"No part is called `output-size`. Did you mean `output-sizes`"
    with pytest.raises(UnknownName, match=words):
        find_part(PartUse("output-size", ""), experiment)


def test_arguments_that_a_part_does_not_take_are_told(experiment) -> None:
    with pytest.raises(UserError, match=r"my_parts.py:show` in .* cannot be called: .*depth"):
        find_part(PartUse("my_parts.py:show", "", {"case": "one", "depth": 2}), experiment)


def test_what_is_no_list_of_contents_is_refused(context) -> None:
    with pytest.raises(UserError, match=r"`my_parts.py:bare` must return a list of: Figure, Table"):
        make_part(PartUse("my_parts.py:bare", ""), context)


def test_a_failure_is_told_by_kind_and_place_and_one_of_ours_by_its_sentence(context) -> None:
    use = PartUse("my_parts.py:show", "")
    with pytest.raises(KeyError) as caught:
        {}["val"]
    said = why_failed(caught.value, use, context)
    assert said.startswith("KeyError: 'val' (test_parts.py, line ")
    assert why_failed(UserError("No such thing."), use, context) == "No such thing."


def test_a_failure_of_runs_that_diverged_names_them(context) -> None:
    error, use = DivergedError("It is NaN. Try a smaller --lr."), PartUse("my_parts.py:show", "")
    assert why_failed(error, use, context) == "It is NaN."
    for case, diverged in (("one", [None, "NaN"]), ("two", ["NaN"])):
        runs = [SimpleNamespace(config=SimpleNamespace(seed=n), diverged=d) for n, d in enumerate(diverged)]
        context.keep(case, runs)  # type: ignore[arg-type]
    assert why_failed(error, use, context) == "seed 1 of One, seed 0 of Two diverged."
    asked = PartUse("my_parts.py:show", "", {"case": "two"})
    assert why_failed(error, asked, context) == "seed 0 of Two diverged."


def test_what_stops_everything_is_no_failure_of_a_part(context) -> None:
    use = PartUse("my_parts.py:show", "")
    with pytest.raises(StoppedError):
        why_failed(StoppedError("later"), use, context)
    with pytest.raises(OSError, match="full"):
        why_failed(OSError(28, "full"), use, context)


CASES = """
[[case]]
name = "watched"
title = "Watched"
which = "best"
config = { model = "4C3p1-R-M2-6C3-F3", val = 0.25, augment = "shift:2" }

[[case]]
name = "all"
title = "All"
config = { model = "F3" }
"""


@pytest.fixture
def trained(tmp_path, monkeypatch):
    return context_of(CASES, tmp_path, monkeypatch)


def test_samples_are_those_of_the_first_batch_with_their_labels(trained):
    (sheet,) = labelled_images(trained, case="all", count=6, columns=3)
    assert isinstance(sheet, Images)
    assert len(sheet.images) == 6
    assert len(set(sheet.captions)) > 1
    train = trained.dataset("all").train
    for image, caption in zip(sheet.images, sheet.captions, strict=True):
        same = (train.images[:, 0].double().numpy() == image).all(axis=(1, 2)).nonzero()[0]
        assert [f"row {train.labels[row]}" for row in same] == [caption]


def test_augmented_samples_stand_beside_those_they_come_from(trained):
    plain, changed = labelled_images(trained, case="watched", count=8, augmented=True)
    assert changed.note.startswith("`shift:2`")
    assert changed.captions == plain.captions
    pairs = list(zip(plain.images, changed.images, strict=True))
    assert any((a != b).any() for a, b in pairs)
    assert len(labelled_images(trained, case="all", augmented=True)) == 1


def test_a_split_has_its_own_images_in_their_order(trained):
    (sheet,) = labelled_images(trained, case="all", count=999, split="test")
    test = trained.dataset("all").test
    np.testing.assert_array_equal(np.stack(sheet.images), test.images[:, 0].double().numpy())


def test_a_colour_image_has_its_channels_last():
    image = torch.arange(24.0).view(3, 2, 4)
    assert picture_of(image)[1, 3].tolist() == image[:, 1, 3].tolist()
    np.testing.assert_array_equal(picture_of(image[:2]), image[0].numpy())


def test_misses_are_the_wrong_images_titled_true_as_predicted(trained):
    outcome, test = trained.outcomes("all")[0], trained.dataset("all").test
    outcome.evaluation = replace(outcome.evaluation, logits=torch.eye(3)[torch.zeros(24).long()])
    (sheet,) = first_misses(trained, case="all", count=5)
    assert sheet.captions == ("row 1 as row 0", "row 2 as row 0") * 2 + ("row 1 as row 0",)
    assert sheet.title == "The first 5 of 16 misses among 24 test images"
    rows = (test.labels != 0).nonzero().flatten()[:5]
    np.testing.assert_array_equal(np.stack(sheet.images), test.images[rows, 0].double().numpy())


def test_curves_are_means_over_the_seeds(trained):
    (panels,) = epoch_curves(trained, cases=["watched", "all"])
    assert isinstance(panels, Panels)
    assert [each.title for each in panels.panels] == [
        "Training loss",
        "Validation loss",
        "Training accuracy",
        "Validation accuracy",
    ]
    assert [line.name for line in panels.panels[0].lines] == ["Watched", "All"]
    assert [line.name for line in panels.panels[1].lines] == ["Watched"]
    runs = trained.outcomes("watched")
    means = tuple(fmean(run.rows[epoch]["val_loss"] for run in runs) for epoch in (0, 1))
    assert panels.panels[1].lines[0].y == pytest.approx(means)
    assert panels.panels[1].lines[0].x == (1.0, 2.0)
    assert "the mean of 2 runs" in panels.note


def test_a_diverged_run_has_no_part_in_the_curves(trained):
    first, second = trained.outcomes("all")
    second.diverged, second.rows = "The loss became nan", []
    (panels,) = epoch_curves(trained, cases=["all"])
    assert len(panels.panels) == 2
    assert panels.panels[0].lines[0].y == tuple(row["train_loss"] for row in first.rows)


def test_the_confusion_matrix_is_the_evaluations(trained):
    outcome = trained.outcomes("all")[0]
    outcome.evaluation = replace(outcome.evaluation, logits=torch.eye(3)[torch.arange(24) // 9])
    (matrix,) = confusion(trained, case="all")
    assert isinstance(matrix, Matrix)
    found = outcome.evaluation
    assert not torch.equal(found.confusion, found.confusion.T)
    np.testing.assert_array_equal(matrix.values, found.confusion.numpy())
    assert matrix.note == f"{24 - found.correct} of 24 test images are wrong; seed 0."


def test_a_wrong_count_of_parameters_differs(trained):
    right, wrong, table = parameter_counts(trained, models={"mlp": 109386, "convnet": 789719})
    assert agreement(right).verdict == "agrees"
    assert agreement(wrong).verdict == "differs"
    assert table.rows[0][2] == "100,480 + 8,256 + 650 = 109,386"


def test_alexnet_is_written_in_the_notation(trained):
    (table,) = layer_rows(trained, model="alexnet")
    assert table.rows[0][:4] == ("64C11s4p2", "convolution", "64x55x55", "23,296")
    assert table.rows[-1][2] == "1000"
    assert "61,100,840 parameters" in table.note


def test_sizes_are_those_of_the_library(trained):
    windows = [[28, 2, 1, 0], [28, 4, 4, 0], [28, 5, 2, 1], [224, 11, 4, 2]]
    typed, network = output_sizes(trained, windows=windows, models=["lenet-5"])
    for (size, kernel, stride, padding), row in zip(windows, typed.rows, strict=True):
        module = torch.nn.MaxPool2d(kernel, stride, padding)
        assert row[4].endswith(f"= {module(torch.zeros(1, 1, size, size)).shape[-1]}")
    assert network.title == "The sizes of lenet-5"
    assert network.rows[0][2] == "(28 - 5 + 2 x 2) // 1 + 1 = 28"
