import pytest
import torch

from steepest.errors import UserError
from steepest.explanation import cosines, embeddings, nearest
from steepest.models import build

IMAGES = torch.randint(0, 256, (7, 1, 8, 8), dtype=torch.uint8)


def test_an_embedding_is_what_the_last_layer_is_given():
    network = build("F12-R-F3", (1, 8, 8), 3)
    embedded = embeddings(network, IMAGES)
    hidden = network.body.relu1(network.body.fc1(network.input(IMAGES)))
    torch.testing.assert_close(embedded, hidden)
    torch.testing.assert_close(network.body.fc2(embedded), network(IMAGES))
    assert not network.body.fc2._forward_pre_hooks


def test_of_one_layer_the_embedding_is_the_image():
    embedded = embeddings(build("F3", (1, 8, 8), 3), IMAGES)
    torch.testing.assert_close(embedded, IMAGES.flatten(1) / 255)


def test_cosines_do_not_care_for_length():
    found = cosines(torch.tensor([[3.0, 0.0]]), torch.tensor([[5.0, 0.0], [0.0, 2.0], [-1.0, 0.0]]))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0, -1.0]]))


def test_the_nearest_are_taken_among_the_eligible_only():
    likeness = torch.tensor([0.9, 0.1, 0.9, 0.5])
    assert nearest(likeness, 2).tolist() == [0, 2]
    eligible = torch.tensor([False, True, True, False])
    assert nearest(likeness, 5, eligible).tolist() == [2, 1]
    assert nearest(likeness, 5, torch.zeros(4, dtype=torch.bool)).tolist() == []


def test_a_network_without_weights_embeds_nothing():
    with pytest.raises(UserError, match="no fully connected layer and no convolution"):
        embeddings(build("G", (3, 8, 8), 3), torch.zeros(2, 3, 8, 8))
