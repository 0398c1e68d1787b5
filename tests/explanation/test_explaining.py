import json
import sys

import pytest
import torch

from steepest.errors import UnknownName, UserError
from steepest.explanation import explain
from steepest.explanation.findings import focus_of


@pytest.fixture(scope="module")
def explanation(run, dataset):
    return explain(run, ["0,1"], dataset=dataset)


def test_every_number_agrees_with_the_evaluation(explanation, run, dataset):
    evaluation = run.evaluate("test", dataset=dataset)
    assert explanation.wrong_count == len(evaluation) - evaluation.correct
    assert [each.subject.row for each in explanation.wrong] == [
        each.row for each in evaluation.wrong_images(12)
    ]
    for each in (*explanation.images, *explanation.wrong):
        shares = evaluation.probabilities[each.subject.row]
        assert each.ranking[0][1] == pytest.approx(float(shares.max()), abs=1e-5)
        own = float(shares[each.subject.label])
        assert each.probability_true == pytest.approx(own, abs=1e-5)
        assert each.wrong == (each.true != each.predicted)


def test_the_neighbours_of_a_wrong_image_side_with_what_it_shows(explanation):
    # the wrong images of the set-up are rightly drawn stripes under a wrong label
    assert all(each.wrong for each in explanation.wrong)
    sided = [each.votes[0][0] == each.predicted for each in explanation.wrong]
    assert sum(sided) > 0.8 * len(sided)
    for each in explanation.wrong:
        assert each.alike_true.label == each.true
        assert each.alike_predicted.label == each.predicted
        assert max(each.alike_true.cosine, each.alike_predicted.cosine) <= each.alike[0].cosine


def test_a_training_image_is_not_its_own_neighbour(run, dataset):
    (found,) = explain(run, ["4"], split="train", wrong=0, dataset=dataset).images
    assert 4 not in [each.row for each in found.alike]
    assert found.alike_true.row != 4


def test_only_the_layers_asked_for_are_kept_and_only_of_the_images_asked_for(run, dataset):
    found = explain(run, layers=["fc1", "conv1"], wrong=1, dataset=dataset)
    assert list(found.images[0].maps) == ["conv1", "fc1"]
    assert found.images[0].subject.row == 0
    assert found.wrong[0].maps == {}


def test_the_occlusion_map_shows_the_stripe_of_its_class(explanation):
    pytest.importorskip("captum")
    (image, *_) = (each for each in explanation.images if not each.wrong)
    by_row = image.occlusion.sum(dim=1)
    # a cover is two rows high, so what hides the stripe reaches one row beyond it
    assert by_row[: image.subject.label + 2].sum() > 0.9 * by_row.sum()
    assert image.focus == focus_of(image.occlusion)
    assert image.saliency.shape == (6, 6)


def test_it_can_be_written_as_json(explanation):
    read = json.loads(json.dumps(explanation.to_dict()))
    first = read["images"][0]
    assert first["layers"]["conv1"] == [4, 6, 6]
    assert len(first["nearest"]) == 10
    assert read["weights"] == {"conv1": [4, 1, 3, 3], "fc1": [8, 4, 3, 3], "fc2": [1, 1, 3, 8]}


def test_the_run_and_its_files_stay_as_they_were(run, dataset, state):
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    explain(run, dataset=dataset)
    assert {p.name: p.read_bytes() for p in run.path.iterdir() if p.is_file()} == before
    assert all(torch.equal(v, state[name]) for name, v in run.network().state_dict().items())


def test_without_captum_a_note_says_what_is_missing(run, dataset, monkeypatch):
    monkeypatch.setattr("steepest.explanation.explaining.captum_installed", lambda: False)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    found = explain(run, dataset=dataset)
    assert found.notes[-1].endswith("need captum: pip install 'steepest[explain]'.")
    assert found.images[0].occlusion is None
    assert found.images[0].alike


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"layers": ["conv9"]}, UnknownName, "No layer is called `conv9`"),
        ({"split": "validation"}, UserError, "has no validation split"),
        ({"wrong": -1}, UserError, "--wrong must be 0 or more, not -1"),
    ],
)
def test_what_is_not_there_is_refused_in_words(run, dataset, asked, kind, message):
    with pytest.raises(kind, match=message):
        explain(run, dataset=dataset, **asked)
