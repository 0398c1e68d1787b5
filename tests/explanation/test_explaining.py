import json
import sys

import pytest
import torch

from steepest.data import Split
from steepest.errors import UnknownName, UserError
from steepest.explanation import cosines, embeddings, explain, nearest, occlusion, saliency
from steepest.explanation.explaining import covering_colour
from steepest.explanation.findings import focus_of
from steepest.models import build


@pytest.fixture(scope="module")
def explanation(run, dataset):
    return explain(run, ["0,1"], dataset=dataset)


def test_every_number_agrees_with_the_evaluation(explanation, run, dataset):
    evaluation = run.evaluate("test", dataset=dataset)
    assert explanation.wrong_count == len(evaluation) - evaluation.correct
    assert [each.subject.row for each in explanation.wrong] == [each.row for each in evaluation.wrong_images(12)]
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


IMAGES = torch.randint(1, 256, (2, 1, 10, 10), dtype=torch.uint8)
CLASSES = torch.tensor([1, 0])


@pytest.fixture
def corner_network():
    """A network whose class 1 looks at the upper left pixel alone."""
    pytest.importorskip("captum")
    network = build("F2", (1, 10, 10), 2, init="zeros")
    with torch.no_grad():
        network.body.fc1.weight[1, 0] = 3.0
    return network


def test_occlusion_finds_the_pixel_that_the_answer_leans_on(corner_network):
    covered = occlusion(corner_network, IMAGES, CLASSES, torch.zeros(1))
    bright = IMAGES[:, 0, 0, 0] / 255 * 3
    lost = torch.sigmoid(bright) - 0.5
    # one cover hides the corner alone: its pixel's value is that cover's loss, for class 0 a gain
    torch.testing.assert_close(covered[0, 0, 0], lost[0])
    torch.testing.assert_close(covered[1, 0, 0], -lost[1])
    assert not covered[:, 2:, 2:].any()


def test_a_cover_in_the_image_s_own_colour_hides_nothing(corner_network):
    flat = torch.full((1, 1, 10, 10), 90, dtype=torch.uint8)
    covered = occlusion(corner_network, flat, torch.tensor([1]), torch.tensor([90.0]))
    assert covered.abs().max() < 1e-6


def test_saliency_is_the_size_of_the_gradient(corner_network):
    found = saliency(corner_network, IMAGES, CLASSES)
    assert found.shape == (2, 10, 10)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor(3 / 255))
    assert int((found > 0).sum()) == 1
    assert corner_network.body.fc1.weight.grad is None


def test_the_network_keeps_its_mode(corner_network):
    corner_network.train()
    occlusion(corner_network, IMAGES, CLASSES, torch.zeros(1))
    saliency(corner_network, IMAGES, CLASSES)
    assert corner_network.training
    assert corner_network.body.fc1.training


def test_the_cover_has_the_colour_of_the_background():
    images = torch.zeros(5, 3, 4, 4, dtype=torch.uint8)
    images[:, 1, :2] = 200
    images[:, 2] = 77
    images[:, 0, 0] = 255
    assert covering_colour(Split(images, torch.zeros(5, dtype=torch.int64))).tolist() == [0, 0, 77]


def test_without_captum_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(UserError, match=r"need captum: pip install 'steepest\[explain\]'\."):
        saliency(build("F2", (1, 10, 10), 2), IMAGES, CLASSES)


EMBEDDED = torch.randint(0, 256, (7, 1, 8, 8), dtype=torch.uint8)


def test_an_embedding_is_what_the_last_layer_is_given():
    network = build("F12-R-F3", (1, 8, 8), 3)
    embedded = embeddings(network, EMBEDDED)
    hidden = network.body.relu1(network.body.fc1(network.input(EMBEDDED)))
    torch.testing.assert_close(embedded, hidden)
    torch.testing.assert_close(network.body.fc2(embedded), network(EMBEDDED))
    assert not network.body.fc2._forward_pre_hooks


def test_of_one_layer_the_embedding_is_the_image():
    embedded = embeddings(build("F3", (1, 8, 8), 3), EMBEDDED)
    torch.testing.assert_close(embedded, EMBEDDED.flatten(1) / 255)


def test_cosines_do_not_care_for_length():
    references = torch.tensor([[5.0, 0.0], [0.0, 2.0], [-5.0, 0.0], [0.0, -2.0]])  # their mean is 0
    found = cosines(torch.tensor([[3.0, 0.0]]), references)
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0, -1.0, 0.0]]))


def test_cosines_are_taken_from_the_references_mean():
    draw = torch.Generator().manual_seed(0)
    spread = torch.randn(40, 5, generator=draw)
    queries, references = spread[:10], spread[10:] - spread[10:].mean(dim=0)
    far = torch.full((5,), 100.0)  # all into one corner, where cosines from zero are above 0.99
    found = cosines(queries + far, references + far)
    torch.testing.assert_close(found, cosines(queries, references), rtol=0, atol=1e-4)
    assert found.min() < -0.5
    at_mean = cosines(references.mean(dim=0)[None] + far, references + far)
    assert at_mean.isfinite().all()


def test_of_a_single_reference_nothing_is_alike():
    assert cosines(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]])).tolist() == [[0.0]]


def test_the_nearest_are_taken_among_the_eligible_only():
    likeness = torch.tensor([0.9, 0.1, 0.9, 0.5])
    assert nearest(likeness, 2).tolist() == [0, 2]
    eligible = torch.tensor([False, True, True, False])
    assert nearest(likeness, 5, eligible).tolist() == [2, 1]
    assert nearest(likeness, 5, torch.zeros(4, dtype=torch.bool)).tolist() == []


def test_a_network_without_weights_embeds_nothing():
    with pytest.raises(UserError, match="no fully connected layer and no convolution"):
        embeddings(build("G", (3, 8, 8), 3), torch.zeros(2, 3, 8, 8))
