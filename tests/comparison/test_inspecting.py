import pytest

from comparison_fakes import BASE
from fakes import stripe_dataset
from steepest.comparison.inspecting import WATCHED_STEPS, inspect, refuse_uncounted
from steepest.optimizers import RULES
from steepest.preparation import prepare


@pytest.mark.parametrize("name", [*RULES, "torch.optim.LBFGS", "torch.optim.RAdam"])
def test_no_honest_rule_is_suspected(name):
    found = inspect(prepare(BASE.with_(optimizer=name), stripe_dataset()))
    assert found.seen == found.counted >= WATCHED_STEPS


@pytest.mark.parametrize("model", ["4C3p1-B-R-M2-F8-D0.5-R-F2", "F2"])
def test_networks_of_every_kind_are_counted_alike(model):
    found = inspect(prepare(BASE.with_(model=model, optimizer="sam"), stripe_dataset()))
    assert found.seen == found.counted == 2 * WATCHED_STEPS


def test_a_network_with_a_layer_that_runs_twice_a_pass_is_no_suspicion(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "from torch import nn\n"
        "class Twice(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.inner, self.last = nn.Linear(36, 36), nn.Linear(36, 2)\n"
        "    def forward(self, x):\n"
        "        return self.last(self.inner(self.inner(x.flatten(1))))\n"
    )
    refuse_uncounted("twice", prepare(BASE.with_(model=f"{file}:Twice"), stripe_dataset()))
