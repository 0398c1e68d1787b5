import pytest
import torch

from steepest.errors import ShapeError, UserError
from steepest.models import build

PLAIN = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images):
        return self.body(images)
"""

OPEN = """
class Net(nn.Module):
    def __init__(self, shape, classes, hidden=4):
        super().__init__()
        self.settings = (shape, classes, hidden)
        self.norm = nn.BatchNorm2d(shape[0])
        self.hidden = nn.LazyLinear(hidden)
        self.last = nn.Linear(hidden, classes)

    def forward(self, images):
        return self.last(self.hidden(self.norm(images).flatten(1)))
"""


def net_with(forward):
    return f"class Net(nn.Module):\n    def forward(self, images):\n        {forward}\n"


def test_a_class_without_arguments_becomes_the_body(model_file):
    network = build(model_file(PLAIN), (1, 8, 8), 10)
    assert network.layers is None
    assert network(torch.zeros(3, 1, 8, 8, dtype=torch.uint8)).shape == (3, 10)


@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_a_class_gets_shape_classes_and_settings_where_it_names_them(model_file):
    network = build(model_file(OPEN) + ":hidden=6", (3, 8, 8), 5)
    assert network.body.settings == ((3, 8, 8), 5, 6)
    assert network.body.training
    assert network.body.norm.num_batches_tracked == 0


def test_its_weights_are_a_function_of_the_seed_and_the_global_generator_is_left_alone(model_file):
    name = model_file(PLAIN)
    before = torch.get_rng_state()
    first, second, other = (build(name, (1, 8, 8), 10, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    weight = first.body.body[1].weight
    assert torch.equal(weight, second.body.body[1].weight)
    assert not torch.equal(weight, other.body.body[1].weight)


def test_its_weights_can_be_zeros(model_file):
    network = build(model_file(PLAIN), (1, 8, 8), 10, init="zeros")
    assert all(each.eq(0).all() for each in network.parameters())


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (
            net_with("return images.flatten(1)"),
            ShapeError,
            r"`.*my_net.py:Net` gives \[2, 64\] for a batch "
            r"\[2, 1, 8, 8\]; logits \[2, 10\] are needed, one for each class.",
        ),
        (
            net_with("return (images, images)"),
            ShapeError,
            r"gives a tuple; logits \[B, 10\] are needed.",
        ),
        (
            net_with("return images @ torch.ones(9, 9)"),
            ShapeError,
            r"fails on a batch \[2, 1, 8, 8\] of float32: Run",
        ),
        ("class Net:\n    pass", UserError, "makes a Net; an nn.Module is needed."),
        ("Net = 3", UserError, "is no class. Name a class that makes an nn.Module."),
        (
            "def Net():\n    raise KeyError('size')",
            UserError,
            "fails as it is made: KeyError: 'size'",
        ),
        (
            "class Net(nn.Module):\n    def __init__(self, width): ...",
            UserError,
            "fails as it is made: TypeError: .*missing 1 required positional argument: 'width'",
        ),
        ("class Other: ...", UserError, "has no `Net`. It has: "),
    ],
)
def test_a_class_that_cannot_serve_is_refused_by_name(model_file, body, kind, message):
    with pytest.raises(kind, match=message):
        build(model_file(body), (1, 8, 8), 10)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"There is no file .*absent\.py"):
        build(f"{tmp_path}/absent.py:Net", (1, 8, 8), 10)
