from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
import torch
from torch import nn

from experiment_fakes import context_of
from steepest.experiments.content import Images, Matrix, Panels, Table
from steepest.experiments.guide_curves import best_epochs, confusion, epoch_curves
from steepest.experiments.guide_images import first_misses, labelled_images, picture_of
from steepest.experiments.guide_maps import feature_maps, one_map_through
from steepest.explanation.activations import passes
from steepest.history import best_epoch

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
def context(tmp_path, monkeypatch):
    return context_of(CASES, tmp_path, monkeypatch)


def test_samples_are_those_of_the_first_batch_with_their_labels(context):
    (sheet,) = labelled_images(context, case="all", count=6, columns=3)
    assert isinstance(sheet, Images)
    assert len(sheet.images) == 6
    assert len(set(sheet.captions)) > 1
    train = context.dataset("all").train
    for image, caption in zip(sheet.images, sheet.captions, strict=True):
        same = (train.images[:, 0].double().numpy() == image).all(axis=(1, 2)).nonzero()[0]
        assert [f"row {train.labels[row]}" for row in same] == [caption]


def test_augmented_samples_stand_beside_those_they_come_from(context):
    plain, changed = labelled_images(context, case="watched", count=8, augmented=True)
    assert changed.note.startswith("`shift:2`")
    assert changed.captions == plain.captions
    pairs = list(zip(plain.images, changed.images, strict=True))
    assert any((a != b).any() for a, b in pairs)
    assert len(labelled_images(context, case="all", augmented=True)) == 1


def test_a_split_has_its_own_images_in_their_order(context):
    (sheet,) = labelled_images(context, case="all", count=999, split="test")
    test = context.dataset("all").test
    np.testing.assert_array_equal(np.stack(sheet.images), test.images[:, 0].double().numpy())


def test_a_colour_image_has_its_channels_last():
    image = torch.arange(24.0).view(3, 2, 4)
    assert picture_of(image)[1, 3].tolist() == image[:, 1, 3].tolist()
    np.testing.assert_array_equal(picture_of(image[:2]), image[0].numpy())


def test_misses_are_the_wrong_images_titled_true_as_predicted(context):
    outcome, test = context.outcomes("all")[0], context.dataset("all").test
    outcome.evaluation = replace(outcome.evaluation, logits=torch.eye(3)[torch.zeros(24).long()])
    (sheet,) = first_misses(context, case="all", count=5)
    assert sheet.captions == ("row 1 as row 0", "row 2 as row 0") * 2 + ("row 1 as row 0",)
    assert sheet.title == "The first 5 of 16 misses among 24 test images"
    rows = (test.labels != 0).nonzero().flatten()[:5]
    np.testing.assert_array_equal(np.stack(sheet.images), test.images[rows, 0].double().numpy())


def test_one_map_runs_through_the_layers_and_changes_at_a_convolution(context):
    network, image = context.network("watched"), context.dataset("watched").test.images[:1]
    seen = passes(network, image)
    steps = list(one_map_through(seen))
    assert [each.name for each in steps] == ["conv1", "relu1", "pool1", "conv2"]
    assert len({each.map for each in steps[:3]}) == 1
    maps = seen[0].gave[0]
    assert torch.equal(maps, network.body.conv1(seen[0].given)[0])
    assert steps[0].map == int(maps.flatten(1).var(dim=1).argmax())
    assert torch.equal(steps[1].values, steps[0].values.relu())
    assert torch.equal(
        steps[2].values, nn.functional.max_pool2d(steps[1].values[None, None], 2)[0, 0]
    )


def test_every_map_of_each_convolution_is_drawn_behind_its_activation(context):
    through, first, second = feature_maps(context, case="watched", row=1)
    assert len(through.images) == 5  # the image and four layers
    assert through.captions[0] == "image of a row 1, 12x12"
    assert (len(first.images), len(second.images)) == (4, 6)
    assert min(each.min() for each in first.images) >= 0
    assert "Behind relu1, 12x12 each" in first.note
    assert "Behind conv2, 4x4 each" in second.note


def test_maps_without_a_spark_are_counted(context):
    network = context.outcomes("watched")[0].trained
    with torch.no_grad():
        network.body.conv1.bias.copy_(torch.tensor([-1e3, 1e3, -1e3, 1e3]))
    first = feature_maps(context, case="watched")[1]
    assert "2 of them are 0 everywhere" in first.note


def test_curves_are_means_over_the_seeds(context):
    (panels,) = epoch_curves(context, cases=["watched", "all"])
    assert isinstance(panels, Panels)
    assert [each.title for each in panels.panels] == [
        "Training loss",
        "Validation loss",
        "Training accuracy",
        "Validation accuracy",
    ]
    assert [line.name for line in panels.panels[0].lines] == ["Watched", "All"]
    assert [line.name for line in panels.panels[1].lines] == ["Watched"]
    runs = context.outcomes("watched")
    means = tuple(fmean(run.rows[epoch]["val_loss"] for run in runs) for epoch in (0, 1))
    assert panels.panels[1].lines[0].y == pytest.approx(means)
    assert panels.panels[1].lines[0].x == (1.0, 2.0)
    assert "the mean of 2 runs" in panels.note


def test_a_diverged_run_has_no_part_in_the_curves(context):
    first, second = context.outcomes("all")
    second.diverged, second.rows = "The loss became nan", []
    (panels,) = epoch_curves(context, cases=["all"])
    assert len(panels.panels) == 2
    assert panels.panels[0].lines[0].y == tuple(row["train_loss"] for row in first.rows)


def test_the_best_epoch_is_told_for_each_seed(context):
    first, second = context.outcomes("watched")
    second.diverged = "The loss became nan"
    first.rows[0]["val_accuracy"], first.rows[1]["val_accuracy"] = 0.9, 0.8
    (table,) = best_epochs(context, case="watched")
    assert isinstance(table, Table)
    assert best_epoch(first.rows) == 1
    assert table.rows[0][:4] == (0, 1, "90.00%", "80.00%")
    assert table.rows[1] == (1, None, None, None, "diverged")


def test_the_confusion_matrix_is_the_evaluations(context):
    outcome = context.outcomes("all")[0]
    outcome.evaluation = replace(outcome.evaluation, logits=torch.eye(3)[torch.arange(24) // 9])
    (matrix,) = confusion(context, case="all")
    assert isinstance(matrix, Matrix)
    found = outcome.evaluation
    assert not torch.equal(found.confusion, found.confusion.T)
    np.testing.assert_array_equal(matrix.values, found.confusion.numpy())
    assert matrix.note == f"{24 - found.correct} of 24 test images are wrong; seed 0."
