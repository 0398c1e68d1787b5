from dataclasses import replace

import pytest
import torch

from steepest.config import Config
from steepest.errors import UserError
from steepest.explanation import LabelRanking, out_of_sample, rank_labels
from steepest.explanation.label_errors import confident_errors, deal_folds

SHARES = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.3, 0.1], [0.1, 0.7, 0.2]])
LABELS = torch.tensor([0, 0, 0, 1])


def test_labels_are_ranked_by_how_far_another_class_lies_above():
    assert rank_labels(SHARES, LABELS).tolist() == [1, 2, 3, 0]


def test_a_label_is_doubted_where_another_class_reaches_its_usual_share():
    # usual for class 0: (0.9 + 0.2 + 0.6) / 3 = 0.57; for class 1: 0.7; class 2 has no image
    assert confident_errors(SHARES, LABELS).tolist() == [False, True, False, False]


def test_a_suspect_says_both_probabilities():
    ranking = LabelRanking(SHARES, LABELS, ("a", "b", "c"), ("0.png", "1.png", "2.png", "3.png"))
    (first,) = ranking.suspects(1)
    assert (first.row, first.name, first.given, first.suggested) == (1, "1.png", "a", "b")
    assert first.probability_given == pytest.approx(0.2)
    assert first.probability_suggested == pytest.approx(0.8)
    assert first.confident
    assert ranking.accuracy == 0.75
    assert ranking.to_dict(2)["confident_errors"] == 1


def test_folds_deal_every_class_evenly_and_alike_for_a_seed():
    labels = torch.tensor([0] * 23 + [1] * 10 + [2] * 5)
    dealt = deal_folds(labels, 5, seed=1)
    for label in range(3):
        counts = torch.bincount(dealt[labels == label], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert torch.equal(dealt, deal_folds(labels, 5, seed=1))
    assert not torch.equal(dealt, deal_folds(labels, 5, seed=2))


@pytest.mark.parametrize("folds", [1, 97])
def test_folds_that_do_not_fit_are_refused(dataset, folds):
    with pytest.raises(UserError, match=f"between 2 and the number of images, 96; {folds} came"):
        out_of_sample(Config(), dataset, folds)


def test_flipped_labels_come_first(dataset):
    flipped = torch.tensor([3, 40, 77])
    labels = dataset.train.labels.clone()
    labels[flipped] = (labels[flipped] + 1) % 3
    noisy = replace(dataset, train=replace(dataset.train, labels=labels))
    # 77 images a fold: batches of 19 would leave one image alone, which batch norm refuses
    config = Config(model="F16-B-R-F3", epochs=15, batch_size=19, lr=0.01, val=0.2, threads=1)
    lines: list[str] = []
    ranking = out_of_sample(config, noisy, 5, lines.append)
    assert set(ranking.order[:3].tolist()) == set(flipped.tolist())
    assert ranking.accuracy > 0.9
    assert [line.split(":")[0] for line in lines] == [f"fold {n}/5" for n in range(1, 6)]
    again = out_of_sample(config, noisy, 5)
    assert torch.equal(again.probabilities, ranking.probabilities)
